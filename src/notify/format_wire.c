/*
 * URLs made longer, refusals made readable: see the header. Called by the
 * formats; knows none of them.
 *
 * tested with: test_format_opsgenie
 */
#include "notify/format_wire.h"

#include <stdio.h>
#include <string.h>
#include "util/jsonx.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

/* An answer is 64 KiB at most; some bytes of heap for each of them. */
#define REPLY_HEAP_MAX (4 << 20)
#define FIELDS_MAX 8
#define FIELD_MAX 100
#define EXPLANATION_MAX 150

void wire_extend_url(struct strbuf *url, const char *path)
{
	CLEANUP(free_ptr) char *own = NULL;
	size_t len = strcspn(url->buf, "?#");

	if (url->buf[len] == '?')
		own = xstrndup(url->buf + len + 1,
			       strcspn(url->buf + len + 1, "#"));
	while (len > 0 && url->buf[len - 1] == '/')
		len--;
	/* What was cut off may have been secret. */
	explicit_bzero(url->buf + len, url->len - len);
	strbuf_setlen(url, len);
	strbuf_addch(url, '/');
	strbuf_addstr(url, path);
	if (!own)
		return;
	strbuf_addch(url, strchr(path, '?') ? '&' : '?');
	strbuf_addstr(url, own);
	explicit_bzero(own, strlen(own));
}

void wire_add_escaped(struct strbuf *out, const char *s)
{
	static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "abcdefghijklmnopqrstuvwxyz"
					 "0123456789-._~";

	for (; *s; s++) {
		if (strchr(unreserved, *s))
			strbuf_addch(out, *s);
		else
			strbuf_addf(out, "%%%02X", (unsigned char)*s);
	}
}

json_t *wire_parse(const struct xfer_reply *reply)
{
	return jsonx_parse(reply->body.buf, reply->body.len, REPLY_HEAP_MAX,
			   NULL);
}

static void add_field(struct strbuf *out, const char *name, const json_t *value)
{
	const char *text = json_string_value(value);

	if (!text || !*text)
		return;
	strbuf_addstr(out, out->len > 0 ? "; " : "");
	if (name) {
		utf8_add_clean(out, name, FIELD_MAX, UTF8_LINE);
		strbuf_addstr(out, ": ");
	}
	utf8_add_clean(out, text, FIELD_MAX, UTF8_LINE);
}

/* A list of sentences, or a sentence for each field. */
static void add_fields(struct strbuf *out, json_t *errors)
{
	size_t n = 0;
	const char *name;
	json_t *value;

	for (; n < MIN(json_array_size(errors), (size_t)FIELDS_MAX); n++)
		add_field(out, NULL, json_array_get(errors, n));
	json_object_foreach(errors, name, value)
	{
		if (n++ == FIELDS_MAX)
			return;
		add_field(out, name, value);
	}
}

/* A page of a proxy in between says nothing in one line. */
static bool is_page(const struct xfer_reply *reply)
{
	return strstr(reply->content_type, "html") ||
	       (reply->body.len > 0 && reply->body.buf[0] == '<');
}

/* A receiver may repeat what it was sent. */
static void hide_secret(struct strbuf *text, const struct secret *hide)
{
	const char *word = hide ? secret_peek(hide) : "";
	CLEANUP(strbuf_release) struct strbuf clean = STRBUF_INIT;
	const char *from = text->buf;
	const char *at;

	if (!*word || !strstr(from, word))
		return;
	while ((at = strstr(from, word))) {
		strbuf_add(&clean, from, (size_t)(at - from));
		strbuf_addstr(&clean, SECRET_SHOWN);
		from = at + strlen(word);
	}
	strbuf_addstr(&clean, from);
	strbuf_reset(text);
	strbuf_addstr(text, clean.buf);
}

void wire_explain(struct outcome_report *ret, const struct xfer_reply *reply,
		  const json_t *root, const struct secret *hide)
{
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
	CLEANUP(free_ptr) char *cut = NULL;
	size_t len = strlen(ret->error);

	if (json_is_string(root))
		add_field(&why, NULL, root);
	else if (root) {
		add_field(&why, NULL, jsonx_get(root, "message"));
		add_fields(&why, jsonx_get(root, "errors"));
	} else if (!is_page(reply))
		utf8_add_clean(&why, reply->body.buf, EXPLANATION_MAX,
			       UTF8_LINE);
	hide_secret(&why, hide);
	if (why.len == 0)
		return;
	cut = utf8_clean_dup(why.buf, EXPLANATION_MAX, UTF8_LINE);
	snprintf(ret->error + len, sizeof(ret->error) - len, " (%s)", cut);
	utf8_clean_in_place(ret->error);
}
