/*
 * sendMail of Microsoft Graph ("user: sendMail", with MIME content): the whole
 * message in base64, in the name of one mailbox. Called by deliver_mail.c.
 *
 * tested with: test_mail_graph
 */
#include "notify/mail_graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "notify/webhook.h"
#include "util/digest.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

#define REPLY_BYTES_MAX 65536
#define REPLY_HEAP ((size_t)1 << 20)
#define CODE_MAX 60
/* What a path segment may hold as it is (RFC 3986, 3.3), and the code of an
 * error too. */
#define UNRESERVED                                                             \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"

/* An address may hold a slash or a question mark. */
static void add_segment(struct strbuf *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '@' || strchr(UNRESERVED, *s))
			strbuf_addch(out, *s);
		else
			strbuf_addf(out, "%%%02X", (unsigned char)*s);
	}
}

static char *make_url(const struct target_conf *c)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addf(&sb, "%s/v1.0/users/", c->server);
	add_segment(&sb, c->username ? c->username : c->from);
	strbuf_addstr(&sb, "/sendMail");
	return strbuf_detach(&sb);
}

static char *make_body(const struct target_conf *c,
		       const struct mail_message *m)
{
	CLEANUP(strbuf_release) struct strbuf bytes = STRBUF_INIT;

	mail_compose(m, c->from, &bytes);
	return digest_base64(bytes.buf, bytes.len);
}

void graph_post_init(struct graph_post *ret, const struct target_conf *c,
		     const struct mail_message *m, const struct secret *token)
{
	memset(ret, 0, sizeof(*ret));
	ret->url = make_url(c);
	ret->body = make_body(c, m);
	ret->authorization =
		xasprintf("Authorization: Bearer %s", secret_peek(token));
	ret->headers[0] = ret->authorization;
	ret->headers[1] = "Content-Type: text/plain";
	ret->headers[2] = "Accept: application/json";
	ret->request = (struct xfer_request){
		.method = "POST",
		.url = ret->url,
		.headers = ret->headers,
		.body = ret->body,
		.body_len = strlen(ret->body),
		.max_body = REPLY_BYTES_MAX,
		.cut_body = true,
		.ca_file = c->ca_file,
		.allow_private = true, /* private links, simulators */
	};
}

void graph_post_release(struct graph_post *p)
{
	explicit_bzero(p->authorization, strlen(p->authorization));
	free(p->authorization);
	free(p->url);
	free(p->body);
	memset(p, 0, sizeof(*p));
}

/*
 * " ErrorAccessDenied", or "" when the body has none. The sentence beside it
 * names mailboxes, so it is left out, as is a code that is no word.
 */
static void error_code(const struct xfer_reply *reply, char *ret, size_t size)
{
	CLEANUP(jsonx_unref)
	json_t *root =
		jsonx_parse(reply->body.buf, reply->body.len, REPLY_HEAP, NULL);
	const char *code = jsonx_str(jsonx_get(root, "error"), "code");
	size_t len = code ? strlen(code) : 0;

	if (len > 0 && len <= CODE_MAX && strspn(code, UNRESERVED) == len)
		snprintf(ret, size, " %s", code);
	else
		snprintf(ret, size, "%s", "");
}

static const char *meaning_of(long status)
{
	switch (status) {
	case 401:
		return "the token is refused, asked again every 15 min";
	case 403:
		return "the application may not send as this mailbox, asked "
		       "again every 15 min; it needs the permission Mail.Send";
	case 404:
		return "no such mailbox; check username and from";
	case 413:
		return "too large for it";
	case 429:
		return "too many messages for it";
	default:
		return status >= 500 ? "trouble on its side" : "refused";
	}
}

void graph_judge(const char *origin, const struct xfer_reply *reply,
		 struct outcome_report *ret)
{
	char code[CODE_MAX + 2];

	webhook_judge(origin, reply, ret);
	if (reply->err.code != 0 || ret->outcome == OUTCOME_SENT)
		return;
	/* No answer about one message speaks for all of them. */
	if (ret->outcome == OUTCOME_DISABLE)
		ret->outcome = OUTCOME_DEAD;
	error_code(reply, code, sizeof(code));
	snprintf(ret->error, sizeof(ret->error),
		 "%.60s answered HTTP %ld%s: %s", origin, reply->status, code,
		 meaning_of(reply->status));
}
