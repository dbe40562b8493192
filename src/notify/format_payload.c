/*
 * The documented payload, signed after Standard Webhooks 1.0
 * (https://www.standardwebhooks.com), and the same inside a CloudEvents 1.0
 * envelope (https://cloudevents.io). Called through webhook_format.c.
 *
 * tested with: test_format_payload
 */
#include "notify/webhook_format.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "notify/render_priv.h"
#include "notify/sign.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

/*
 * The id is the notice's key on every attempt, the timestamp is this
 * attempt's. Two live secrets give two signatures, either of which will do.
 */
static void sign(const struct talk_view *v, struct webhook_request *r)
{
	const struct secret *secrets[] = {
		v->target->signing_secret.value,
		v->target->signing_secret_next.value,
	};
	const char *id = v->job->notice->key;
	int64_t now_s = v->job->now_ms / 1000;
	struct span body = { r->body.buf, r->body.len };
	CLEANUP(free_ptr) char *seconds = xasprintf("%" PRId64, now_s);
	CLEANUP(strbuf_release) struct strbuf list = STRBUF_INIT;

	format_add_header(r, "webhook-id", id);
	format_add_header(r, "webhook-timestamp", seconds);
	for (size_t i = 0; i < ARRAY_SIZE(secrets); i++) {
		if (!secrets[i])
			continue;
		if (list.len > 0)
			strbuf_addch(&list, ' ');
		sign_add(&list, secrets[i], id, now_s, body);
	}
	if (list.len > 0)
		format_add_header(r, "webhook-signature", list.buf);
}

static void ask_json(const struct talk *t, const struct talk_view *v,
		     struct webhook_request *ret)
{
	struct render_job job = *v->job;

	job.brief = t->shorten;
	if (!render_custom(&job, SLOT_BODY, template_escape_json, &ret->body))
		render_json(&job, t->shorten, &ret->body);
	strlist_add(&ret->headers, "Content-Type: application/json");
	sign(v, ret);
}

const struct format format_json = { .ask = ask_json };

/* ---- CloudEvents ---- */

/* One attribute: a member of the envelope, or a header. */
static void put_attribute(const struct talk_view *v, json_t *envelope,
			  struct webhook_request *ret, const char *name,
			  const char *value)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;

	if (!v->target->webhook.binary) {
		/* NULL on bad UTF-8, which none of ours is. */
		(void)json_object_set_new(envelope, name, json_string(value));
		return;
	}
	strbuf_addf(&line, "ce-%s: ", name);
	for (const char *p = value; *p; p++) {
		unsigned char c = (unsigned char)*p;

		/* CloudEvents HTTP binding 3.1.3.2 */
		if (c <= ' ' || c > '~' || c == '"' || c == '%')
			strbuf_addf(&line, "%%%02X", c);
		else
			strbuf_addch(&line, (char)c);
	}
	strlist_add(&ret->headers, line.buf);
}

static void put_attributes(const struct talk_view *v, json_t *payload,
			   json_t *envelope, struct webhook_request *ret)
{
	const struct render_job *j = v->job;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const char *type = jsonx_str(payload, "type");
	const char *time = jsonx_str(payload, "timestamp");

	put_attribute(v, envelope, ret, "specversion", "1.0");
	put_attribute(v, envelope, ret, "id", j->notice->key);
	strbuf_addf(&text, "/triaged/%s", j->host ? j->host : "");
	put_attribute(v, envelope, ret, "source", text.buf);
	strbuf_reset(&text);
	strbuf_addf(&text, "triaged.%s.v%d", type ? type : "notice", 1);
	put_attribute(v, envelope, ret, "type", text.buf);
	strbuf_reset(&text);
	strbuf_addstr(&text, render_alert_of(j) ? "alert/" : "notice/");
	format_add_key(j, &text);
	put_attribute(v, envelope, ret, "subject", text.buf);
	if (time)
		put_attribute(v, envelope, ret, "time", time);
}

static void ask_cloudevents(const struct talk *t, const struct talk_view *v,
			    struct webhook_request *ret)
{
	json_t *payload = render_payload(v->job, t->shorten);
	json_t *envelope = json_object();
	json_t *data = json_incref(json_object_get(payload, "data"));

	put_attributes(v, payload, envelope, ret);
	json_decref(payload);
	if (v->target->webhook.binary) {
		json_decref(envelope);
		format_set_json(ret, data);
		sign(v, ret);
		return;
	}
	(void)json_object_set_new(envelope, "datacontenttype",
				  json_string("application/json"));
	(void)json_object_set_new(envelope, "data", data);
	format_set_json_as(ret, "application/cloudevents+json; charset=UTF-8",
			   envelope);
	sign(v, ret);
}

const struct format format_cloudevents = { .ask = ask_cloudevents };
