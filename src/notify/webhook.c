/*
 * Webhooks of every format: the rules that all of them share. Called by
 * deliver_send.c and deliver_target.c; knows neither the store nor what a
 * format says. URL and headers may be secrets: they go to the transfer and
 * nowhere else.
 */
#include "notify/webhook.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "notify/sign.h"
#include "util/digest.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

#define REPLY_BYTES_MAX 65536

static const char *url_of(const struct target_conf *c)
{
	const struct format *f = format_find(c->webhook.format);

	return c->url.value ? secret_peek(c->url.value) : f ? f->url : NULL;
}

int webhook_check_target(const struct target_conf *c, struct err *err)
{
	const struct secret *secrets[] = { c->signing_secret.value,
					   c->signing_secret_next.value };

	if (!format_find(c->webhook.format))
		return err_set(err, ERR_CONF,
			       "format %s is not supported by this version",
			       webhook_format_name(c->webhook.format));
	if (!url_of(c))
		return err_set(err, ERR_CONF, "its url was not read");
	for (size_t i = 0; i < ARRAY_SIZE(secrets); i++) {
		int rc = secrets[i] ? sign_check_secret(secrets[i], err) : 0;

		if (rc < 0)
			return rc;
	}
	return 0;
}

char *webhook_peer(const struct target_conf *c)
{
	return xfer_origin(url_of(c));
}

void talk_begin(struct talk *ret, enum webhook_format f, enum notice_kind kind)
{
	*ret = (struct talk){ .format = format_find(f), .kind = kind };
}

void talk_plan(struct talk *t, const struct render_job *j)
{
	t->n_more = t->format->plan ? t->format->plan(j) : 0;
}

static void wipe(struct strbuf *sb)
{
	explicit_bzero(sb->buf, sb->len);
	strbuf_release(sb);
}

static void add_authorization(const struct target_conf *c,
			      struct webhook_request *r)
{
	CLEANUP(wipe) struct strbuf line = STRBUF_INIT;
	CLEANUP(wipe) struct strbuf pair = STRBUF_INIT;
	char *base64;

	if (c->webhook.token.value) {
		strbuf_addf(&line, "Bearer %s",
			    secret_peek(c->webhook.token.value));
	} else if (c->username && c->password.value) {
		strbuf_addf(&pair, "%s:%s", c->username,
			    secret_peek(c->password.value));
		base64 = digest_base64(pair.buf, pair.len);
		strbuf_addf(&line, "Basic %s", base64);
		explicit_bzero(base64, strlen(base64));
		free(base64);
	}
	if (line.len > 0)
		format_add_header(r, "Authorization", line.buf);
}

static void fill_request(struct webhook_post *p, const struct target_conf *c)
{
	struct webhook_request *r = &p->asked;

	p->headers = xcalloc(r->headers.n + 1, sizeof(*p->headers));
	for (size_t i = 0; i < r->headers.n; i++)
		p->headers[i] = r->headers.v[i];
	p->request = (struct xfer_request){
		.method = r->method,
		.url = r->url.buf,
		.headers = p->headers,
		.body = r->body.len > 0 ? r->body.buf : NULL,
		.body_len = r->body.len,
		.max_body = REPLY_BYTES_MAX,
		/* Nobody reads the rest of a chatty answer. */
		.cut_body = true,
		.ca_file = c->ca_file,
		.proxy = c->webhook.proxy,
		.client_certificate = c->webhook.client_certificate.value,
		.allow_private = c->allow_private,
		.allow_http = c->allow_private,
	};
}

void webhook_post_init(struct webhook_post *ret, const struct talk *t,
		       const struct talk_view *v)
{
	memset(ret, 0, sizeof(*ret));
	ret->asked.method = "POST";
	strbuf_init(&ret->asked.url);
	strbuf_init(&ret->asked.body);
	strbuf_addstr(&ret->asked.url, url_of(v->target));
	add_authorization(v->target, &ret->asked);
	t->format->ask(t, v, &ret->asked);
	fill_request(ret, v->target);
}

void webhook_post_release(struct webhook_post *p)
{
	wipe(&p->asked.url);
	wipe(&p->asked.body); /* pagerduty's key stands in it */
	for (size_t i = 0; i < p->asked.headers.n; i++)
		explicit_bzero(p->asked.headers.v[i],
			       strlen(p->asked.headers.v[i]));
	strlist_release(&p->asked.headers);
	free(p->headers);
	p->headers = NULL;
}

static const char *meaning_of(long status)
{
	if (status >= 300 && status <= 399)
		return "a redirect, which is never followed";
	switch (status) {
	case 401:
	case 403:
		return "credentials refused, asked again every 15 min";
	case 404:
		return "no such address there";
	case 410:
		return "gone for good";
	case 413:
		return "too large for it";
	case 429:
		return "too many messages for it";
	default:
		return status >= 500 ? "trouble on its side" : "refused";
	}
}

/*
 * A whole answer counts by its status. Where the transfer failed the status
 * says nothing (a 200 whose body broke off may be a half-made receipt), so
 * the notice goes again under the same id.
 */
void webhook_judge(const char *origin, const struct xfer_reply *reply,
		   struct outcome_report *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->retry_after_ms = reply->retry_after_ms;
	if (reply->err.code != 0) {
		/* A refusal of ours (address, scheme) is for an operator to
		 * mend; the notice may wait for that. */
		ret->outcome = OUTCOME_RETRY;
		snprintf(ret->error, sizeof(ret->error), "%.80s: %.170s",
			 origin, reply->err.text);
		utf8_clean_in_place(ret->error);
		return;
	}
	ret->outcome = outcome_of_http(reply->status);
	if (ret->outcome == OUTCOME_SENT)
		return;
	/* The whole target waits, not this notice alone. */
	if (reply->status == 401 || reply->status == 403) {
		ret->outcome = OUTCOME_RETRY;
		ret->retry_after_ms = OUTCOME_REFUSED_PAUSE_MS;
		ret->refused = true;
	}
	snprintf(ret->error, sizeof(ret->error), "%.150s answered HTTP %ld: %s",
		 origin, reply->status, meaning_of(reply->status));
}

/* Refused for what it says: less may do. */
static bool is_about_body(long status)
{
	return status == 400 || status == 413 || status == 415 || status == 422;
}

static const char hidden[] = "[secret]";

/* Shorter ones than that would be found in any text. */
static void hide(const char *secret, struct strbuf *text)
{
	size_t len = strlen(secret);
	size_t mark = sizeof(hidden) - 1;
	char *end, *at;

	if (len < mark)
		return;
	while ((at = memmem(text->buf, text->len, secret, len))) {
		end = text->buf + text->len;
		memcpy(at, hidden, mark);
		memmove(at + mark, at + len, (size_t)(end - (at + len)));
		strbuf_setlen(text, text->len - (len - mark));
	}
}

/* Some receivers quote the request in their answers. What they say of it may
 * become an error text, our secrets in it may not. */
static void hide_secrets(const struct target_conf *c, struct strbuf *text)
{
	const struct secret *secrets[] = {
		c->webhook.key.value,
		c->webhook.token.value,
		c->password.value,
	};
	const char *host = url_of(c) ? strstr(url_of(c), "://") : NULL;
	const char *path = host ? strchr(host + 3, '/') : NULL;

	for (size_t i = 0; i < ARRAY_SIZE(secrets); i++)
		if (secrets[i] && strcmp(secret_peek(secrets[i]), hidden) != 0)
			hide(secret_peek(secrets[i]), text);
	if (path)
		hide(path, text);
}

bool webhook_hear(struct talk *t, const struct target_conf *c,
		  const char *origin, struct xfer_reply *reply,
		  struct outcome_report *ret)
{
	webhook_judge(origin, reply, ret);
	if (reply->err.code != 0)
		return false;
	if (c && reply->body.len > 0)
		hide_secrets(c, &reply->body);
	if (t->format->hear && t->format->hear(t, c, reply, ret))
		return true;
	if (ret->outcome != OUTCOME_DEAD || t->shorten ||
	    !is_about_body(reply->status))
		return false;
	t->shorten = true;
	t->stage = 0;
	return true;
}
