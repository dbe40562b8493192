/*
 * PagerDuty, Events API v2: https://developer.pagerduty.com/docs/events-api-v2.
 * Called through webhook_format.c.
 *
 * The routing key in the body is the secret; it is written into the bytes
 * that are wiped, and never into a tree of a library that is not. An event
 * about an incident it does not have is accepted and dropped there.
 *
 * tested with: test_format_pagerduty
 */
#include "notify/webhook_format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "notify/format_facts.h"
#include "notify/format_wire.h"
#include "notify/render_priv.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

/* In characters. */
#define SUMMARY_MAX 1024
#define WORD_MAX 255
/* So that a body stays under 512 KB whatever the text: four bytes for a
 * character. */
static const struct facts_limits details = { 500, 4000, 20000 };

static const char *const levels[SEVERITY_MAX] = {
	[SEVERITY_INFO] = "info",	  [SEVERITY_LOW] = "info",
	[SEVERITY_MEDIUM] = "warning",	  [SEVERITY_HIGH] = "error",
	[SEVERITY_CRITICAL] = "critical",
};

static const char *const actions[] = {
	[ACT_RAISE] = "trigger",
	[ACT_ACKNOWLEDGE] = "acknowledge",
	[ACT_RESOLVE] = "resolve",
	[ACT_TELL] = "trigger",
};

static void put(json_t *object, const char *name, json_t *value)
{
	(void)json_object_set_new(object, name, value);
}

/* What is hit, else who tells it: required. */
static const char *source_of(const struct render_job *j)
{
	const struct render_alert *a = render_alert_of(j);
	const char *where = a ? words_where(a) : NULL;

	if (where && *where)
		return where;
	return j->host && *j->host ? j->host : "triaged";
}

static json_t *make_payload(const struct talk *t, const struct talk_view *v)
{
	const struct render_job *j = v->job;
	const struct render_alert *a = render_alert_of(j);
	CLEANUP(strbuf_release) struct strbuf summary = STRBUF_INIT;
	json_t *o = json_object();

	format_add_headline(&summary, j, SUMMARY_MAX);
	put(o, "summary", json_string(summary.buf));
	format_put(o, "source", source_of(j), WORD_MAX);
	put(o, "severity", json_string(format_level(v, levels)));
	format_put_instant(o, "timestamp", j->notice->created_ms);
	if (t->shorten) {
		put(o, "custom_details",
		    json_string("Left out: PagerDuty refused the whole event. "
				"See triagectl show."));
		return o;
	}
	if (a) {
		format_put(o, "component", a->view.alert.provider, WORD_MAX);
		format_put(o, "group", a->view.alert.resource_group, WORD_MAX);
		format_put(o, "class", a->view.alert.alert_type, WORD_MAX);
	}
	put(o, "custom_details", format_facts(j, a, &details));
	return o;
}

static void add_link(json_t *links, const char *url, const char *text)
{
	if (words_link_ok(url))
		(void)json_array_append_new(links,
					    json_pack("{s:s, s:s}", "href", url,
						      "text", text));
}

static void put_links(json_t *root, const struct render_job *j)
{
	const struct render_alert *a = render_alert_of(j);
	const char *portal = a ? a->view.alert.portal_url : NULL;
	json_t *links = json_array();

	if (words_link_ok(portal))
		put(root, "client_url", json_string(portal));
	add_link(links, j->ack_url, "Acknowledge in triaged");
	add_link(links, portal, "Show in the portal");
	if (json_array_size(links) > 0)
		put(root, "links", links);
	else
		json_decref(links);
}

/* An incident that is acknowledged there stays so whatever comes, and calls
 * nobody: it ends, and the trigger that follows opens another one. */
static int plan_pagerduty(const struct render_job *j)
{
	return j->was_taken ? 1 : format_n_endings(j);
}

static json_t *make_event(const struct talk *t, const struct talk_view *v)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	enum format_act act = format_step(t, v->job, &key);
	json_t *root = json_object();

	if (act == ACT_RAISE && v->job->was_taken && t->stage < t->n_more)
		act = ACT_RESOLVE;
	put(root, "event_action", json_string(actions[act]));
	put(root, "dedup_key", json_string(key.buf));
	if (act == ACT_ACKNOWLEDGE || act == ACT_RESOLVE)
		return root;
	put(root, "client", json_string("triaged"));
	if (!t->shorten)
		put_links(root, v->job);
	put(root, "payload", make_payload(t, v));
	return root;
}

/* Any bytes as ASCII JSON; a key is 32 letters and digits. */
static void add_secret(struct strbuf *out, const struct secret *s)
{
	for (const char *p = secret_peek(s); *p; p++) {
		unsigned char c = (unsigned char)*p;

		if (c <= ' ' || c > '~' || c == '"' || c == '\\')
			strbuf_addf(out, "\\u%04x", c);
		else
			strbuf_addch(out, (char)c);
	}
}

static void ask_pagerduty(const struct talk *t, const struct talk_view *v,
			  struct webhook_request *ret)
{
	const struct secret *key = v->target->webhook.key.value;
	CLEANUP(strbuf_release) struct strbuf rest = STRBUF_INIT;
	size_t from = ret->body.len;

	format_set_json(ret, make_event(t, v));
	if (ret->body.len == from)
		return; /* out of memory in the library: refused there */
	strbuf_add(&rest, ret->body.buf + 1, ret->body.len - 1);
	strbuf_reset(&ret->body);
	/* No copy is left behind by growing. */
	strbuf_reserve(&ret->body, rest.len + 6 * secret_len(key) + 64);
	strbuf_addstr(&ret->body, "{\"routing_key\":\"");
	add_secret(&ret->body, key);
	strbuf_addstr(&ret->body, "\",");
	strbuf_add(&ret->body, rest.buf, rest.len);
}

/* 202 and "success" is the one answer that means it; a 2xx of something in
 * between is not PagerDuty's, and asking again does no harm. */
static void hear_accepted(const struct xfer_reply *reply, const json_t *root,
			  struct outcome_report *ret)
{
	const char *word = root ? jsonx_str(root, "status") : NULL;

	if (reply->status == 202 && word && strcmp(word, "success") == 0)
		return;
	if (reply->status == 202 && word) {
		ret->outcome = OUTCOME_DEAD;
		snprintf(ret->error, sizeof(ret->error),
			 "PagerDuty answered HTTP 202, but refused the event");
		return;
	}
	ret->outcome = OUTCOME_RETRY;
	snprintf(ret->error, sizeof(ret->error),
		 "HTTP %ld, but not as PagerDuty answers: something in between "
		 "did",
		 reply->status);
}

static bool hear_pagerduty(struct talk *t, const struct target_conf *target,
			   const struct xfer_reply *reply,
			   struct outcome_report *ret)
{
	CLEANUP(jsonx_unref) json_t *root = wire_parse(reply);

	if (ret->outcome == OUTCOME_SENT)
		hear_accepted(reply, root, ret);
	if (ret->outcome == OUTCOME_DEAD)
		wire_explain(ret, reply, root, target->webhook.key.value);
	return format_next_stage(t, ret);
}

const struct format format_pagerduty = {
	.url = "https://events.pagerduty.com/v2/enqueue",
	.plan = plan_pagerduty,
	.ask = ask_pagerduty,
	.hear = hear_pagerduty,
};
