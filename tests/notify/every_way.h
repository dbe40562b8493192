/*
 * One sample through every renderer there is, and what must hold of each
 * outcome, whatever strangers wrote into the alert. For the test of hostile
 * text and for the fuzzer: says what is wrong instead of failing.
 */
#ifndef TESTS_NOTIFY_EVERY_WAY_H
#define TESTS_NOTIFY_EVERY_WAY_H

#include <stdio.h>
#include "notify/mail.h"
#include "notify/sample.h"
#include "notify/webhook.h"
#include "util/jsonx.h"
#include "util/utf8.h"

#define WAY_URL "https://hooks.example.org:8443/in/canary-path"
#define WAY_SECRET "canary-secret-0123456789"
/* No format's body may be larger: the smallest limit of a receiver that takes
 * whole payloads is 64 KiB. */
#define WAY_BODY_MAX 65536
#define WAY_MAIL_MAX 1048576

struct way {
	struct target_conf conf;
	char fault[200]; /* "" none */
};

static inline void way_fault(struct way *w, const char *what, const char *where)
{
	if (!w->fault[0])
		snprintf(w->fault, sizeof(w->fault), "%s %d: %s: %.80s",
			 webhook_format_name(w->conf.webhook.format),
			 (int)w->conf.webhook.plain_text, what, where);
}

/* A settings' entry with all that a format may ask for. */
static inline void way_init(struct way *w, enum webhook_format f)
{
	struct webhook_conf *c = &w->conf.webhook;

	memset(w, 0, sizeof(*w));
	w->conf.name = (char *)"soc";
	w->conf.type = TARGET_WEBHOOK;
	w->conf.url.value = secret_new(WAY_URL, strlen(WAY_URL));
	c->format = f;
	c->key.value = secret_new(WAY_SECRET, strlen(WAY_SECRET));
	c->token.value = secret_new(WAY_SECRET, strlen(WAY_SECRET));
	c->topic = (char *)"security";
	c->project = (char *)"SEC";
	c->issue_type = (char *)"Task";
	c->done_transition = (char *)"Done";
	c->close_code = (char *)"Resolved";
	c->close_notes = (char *)"Closed";
}

static inline void way_release(struct way *w)
{
	secret_free(w->conf.url.value);
	secret_free(w->conf.webhook.key.value);
	secret_free(w->conf.webhook.token.value);
}

/* What a receiver of this format would take for more than text. */
static inline const char *way_live(const struct target_conf *c,
				   const char *text)
{
	static const char *const slack[] = { "<!", "<@", "<#" };

	if (c->webhook.format == FORMAT_SLACK)
		for (size_t i = 0; i < ARRAY_SIZE(slack); i++)
			if (strstr(text, slack[i]))
				return slack[i];
	/* Wiki markup, of API 2 alone, is between fences; a summary is plain.
	 */
	if (c->webhook.format == FORMAT_JIRA && c->webhook.plain_text &&
	    strncmp(text, "{noformat}", 10) == 0) {
		const char *end = strstr(text + 10, "{noformat}");

		if (strstr(text, "[~") || !end || end[10])
			return "a mention, or a fence that ends early";
	}
	if (c->webhook.format == FORMAT_SERVICENOW && strstr(text, "[code]"))
		return "[code]";
	return NULL;
}

static inline void way_check_text(struct way *w, const char *text)
{
	const char *live = way_live(&w->conf, text);

	for (const char *p = text; *p; p++)
		if (((unsigned char)*p < ' ' && !strchr("\n\t", *p)) ||
		    *p == 0x7f)
			way_fault(w, "a control character", text);
	/* The override of writing direction that hides an ending. */
	if (strstr(text, "\xe2\x80\xae"))
		way_fault(w, "a bidirectional override", text);
	if (live)
		way_fault(w, "live markup", live);
}

static inline void way_check_value(struct way *w, json_t *value)
{
	const char *name;
	json_t *inner;
	size_t i;

	if (json_is_string(value)) {
		if (strlen(json_string_value(value)) !=
		    json_string_length(value))
			way_fault(w, "a NUL", json_string_value(value));
		way_check_text(w, json_string_value(value));
		return;
	}
	json_object_foreach(value, name, inner)
	{
		way_check_text(w, name);
		way_check_value(w, inner);
	}
	json_array_foreach(value, i, inner) way_check_value(w, inner);
}

static inline void way_check_url(struct way *w, const char *url)
{
	size_t origin = strlen("https://hooks.example.org:8443");

	if (strncmp(url, WAY_URL, origin) != 0 ||
	    (url[origin] && url[origin] != '/'))
		way_fault(w, "another host", url);
	for (const char *p = url; *p; p++)
		if (*p <= ' ' || *p == 0x7f || strchr("<>\"\\^`{|}", *p))
			way_fault(w, "not a URL any more", url);
}

static inline void way_check_request(struct way *w,
				     const struct xfer_request *r)
{
	json_t *root;

	way_check_url(w, r->url);
	for (size_t i = 0; r->headers[i]; i++)
		for (const char *p = r->headers[i]; *p; p++)
			if ((unsigned char)*p < ' ' || *p == 0x7f)
				way_fault(w, "a control character in a header",
					  r->headers[i]);
	if (r->body_len > WAY_BODY_MAX)
		way_fault(w, "the body is too large", r->url);
	if (!r->body)
		return; /* a GET */
	root = jsonx_parse_unique(r->body, r->body_len, 0, NULL);
	if (root)
		way_check_value(w, root);
	else
		way_fault(w, "the body is no JSON", r->body);
	json_decref(root);
}

/* The hosts' own words in an error must not carry ours. */
static inline void way_check_answers(struct way *w, struct talk *t)
{
	static const char *const bodies[] = {
		"",
		"<html>\r\n\x1b[31m" WAY_SECRET " " WAY_URL,
		"{\"message\":\"\\u001b[31m\\r\\nSet-Cookie: x\"}",
		"{\"error\":{\"message\":\"\\u202e\\u0000\"}}",
		"{\"errors\":[\"\xff\"]}",
		"[[[[[[[[[[[[[[[[[[[[[[[[",
	};
	static const long statuses[] = { 200, 302, 400, 401, 404, 429, 500 };

	for (size_t i = 0; i < ARRAY_SIZE(bodies) * ARRAY_SIZE(statuses); i++) {
		struct xfer_reply reply = { .body = STRBUF_INIT };
		struct outcome_report r;
		struct talk copy = *t;

		reply.status = statuses[i / ARRAY_SIZE(bodies)];
		strbuf_addstr(&reply.body, bodies[i % ARRAY_SIZE(bodies)]);
		if (!webhook_hear(&copy, &w->conf, "https://hooks.example.org",
				  &reply, &r)) {
			way_check_text(w, r.error);
			if (strchr(r.error, '\n') ||
			    !utf8_valid(r.error, strlen(r.error)))
				way_fault(w, "an error of several lines",
					  r.error);
			if (strstr(r.error, "canary"))
				way_fault(w, "a secret in an error", r.error);
		}
		strbuf_release(&reply.body);
	}
}

/* How many requests a talk of this format can have. */
static inline int way_stages(enum webhook_format f)
{
	return f == FORMAT_JIRA ? 5 : f == FORMAT_SERVICENOW ? 3 : 1;
}

/* NULL, or what is wrong (in @w) with @s in the format of @w. */
static inline const char *way_webhook(struct way *w, const struct sample *s,
				      bool shorten)
{
	const struct talk_view view = { &w->conf, &s->job };
	bool jira = w->conf.webhook.format == FORMAT_JIRA;

	for (int i = 0; i < way_stages(w->conf.webhook.format); i++) {
		struct webhook_post p;
		struct talk t;

		talk_begin(&t, w->conf.webhook.format, s->notice.kind);
		t.shorten = shorten;
		t.stage = i;
		snprintf(t.memo, sizeof(t.memo), "%s",
			 i == 0		  ? ""
			 : jira && i == 4 ? "SEC-1 31"
			 : jira		  ? "SEC-1"
					  : "0123456789abcdef0123456789abcdef");
		webhook_post_init(&p, &t, &view);
		way_check_request(w, &p.request);
		webhook_post_release(&p);
		way_check_answers(w, &t);
	}
	return w->fault[0] ? w->fault : NULL;
}

/* The JSON of exec and folder; @w is of FORMAT_JSON. */
static inline const char *way_json(struct way *w, const struct sample *s,
				   bool brief)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	json_t *root;

	render_json(&s->job, brief, &out);
	if (out.len > (brief ? 2048u : 20480u))
		way_fault(w, "the payload is too large", "");
	root = jsonx_parse_unique(out.buf, out.len, 0, NULL);
	if (root)
		way_check_value(w, root);
	else
		way_fault(w, "the payload is no JSON", out.buf);
	json_decref(root);
	return w->fault[0] ? w->fault : NULL;
}

/* Mail and folder: ASCII, CRLF alone, short lines, one empty line before the
 * body and none of the headers from outside. */
static inline const char *way_mail(struct way *w, const struct sample *s)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	struct mail_message m = { .kind = "opened", .severity = "high" };
	struct render_mail r;
	const char *bcc;
	size_t line = 0;

	render_mail(&s->job, &r);
	m.recipient = s->notice.recipient;
	m.subject = r.subject;
	m.text = r.text;
	m.html = r.html;
	m.message_id = (char *)"x@example.org";
	m.importance = r.importance;
	m.alert_key = r.alert_key;
	mail_compose(&m, "triaged@example.org", &out);
	for (size_t i = 0; i < out.len; i++) {
		unsigned char c = (unsigned char)out.buf[i];
		bool ends = c == '\n';

		if (ends ? i == 0 || out.buf[i - 1] != '\r'
			 : c > 0x7e || (c < ' ' && c != '\r' && c != '\t'))
			way_fault(w, "mail: a raw byte", "");
		line = ends ? 0 : line + 1;
		if (line > 79)
			way_fault(w, "mail: a long line", "");
	}
	if (out.len > WAY_MAIL_MAX)
		way_fault(w, "mail: too large", "");
	/* Below the headers a line may say what it likes. */
	bcc = strstr(out.buf, "\r\nBcc:");
	if (bcc && bcc < strstr(out.buf, "\r\n\r\n"))
		way_fault(w, "mail: a header of a stranger", "");
	if (strstr(r.html, "<script") || strstr(r.html, "<img"))
		way_fault(w, "mail: live HTML", "");
	render_mail_release(&r);
	return w->fault[0] ? w->fault : NULL;
}

#endif
