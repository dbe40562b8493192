/*
 * The generic JSON webhook after Standard Webhooks 1.0. Called by deliver.c;
 * knows neither the store nor what the payload says. The URL is a secret: it
 * goes to the transfer and nowhere else.
 */
#include "notify/webhook.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "notify/sign.h"
#include "util/utf8.h"

#define REPLY_BYTES_MAX 65536

static void add_signature(struct strbuf *out, const struct secret *s,
			  const struct webhook_post *p, const struct notice *n,
			  int64_t now_ms)
{
	struct span body = { p->request.body, p->request.body_len };

	if (!s)
		return;
	/* Two live secrets give two signatures, either of which will do. */
	strbuf_addstr(out, out->len ? " " : "webhook-signature: ");
	sign_add(out, s, n->key, now_ms / 1000, body);
}

void webhook_post_init(struct webhook_post *ret, const struct target_conf *c,
		       const struct notice *n, const struct strbuf *body,
		       int64_t now_ms)
{
	size_t i = 0;

	memset(ret, 0, sizeof(*ret));
	strbuf_init(&ret->id);
	strbuf_init(&ret->timestamp);
	strbuf_init(&ret->signature);
	ret->request = (struct xfer_request){
		.method = "POST",
		.url = secret_peek(c->url.value),
		.headers = ret->headers,
		.body = body->buf,
		.body_len = body->len,
		.max_body = REPLY_BYTES_MAX,
		/* Nobody reads the rest of a chatty answer. */
		.cut_body = true,
		.ca_file = c->ca_file,
		.allow_private = c->allow_private,
		.allow_http = c->allow_private,
	};
	strbuf_addf(&ret->id, "webhook-id: %s", n->key);
	strbuf_addf(&ret->timestamp, "webhook-timestamp: %" PRId64,
		    now_ms / 1000);
	add_signature(&ret->signature, c->signing_secret.value, ret, n, now_ms);
	add_signature(&ret->signature, c->signing_secret_next.value, ret, n,
		      now_ms);
	ret->headers[i++] = "Content-Type: application/json";
	ret->headers[i++] = ret->id.buf;
	ret->headers[i++] = ret->timestamp.buf;
	if (ret->signature.len > 0)
		ret->headers[i++] = ret->signature.buf;
	ret->headers[i] = NULL;
}

void webhook_post_release(struct webhook_post *p)
{
	strbuf_release(&p->id);
	strbuf_release(&p->timestamp);
	strbuf_release(&p->signature);
}

bool webhook_is_paused_by(const struct xfer_reply *reply)
{
	return reply->status == 401 || reply->status == 403;
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
	if (webhook_is_paused_by(reply)) {
		ret->outcome = OUTCOME_RETRY;
		ret->retry_after_ms = WEBHOOK_PAUSE_MS;
	}
	snprintf(ret->error, sizeof(ret->error), "%.150s answered HTTP %ld: %s",
		 origin, reply->status, meaning_of(reply->status));
}
