/*
 * Opsgenie and its successor in Jira Service Management, Alert API:
 * https://docs.opsgenie.com/docs/alert-api. Called through webhook_format.c.
 *
 * An alert is known there by its alias. A second create with the alias of an
 * open alert is counted on that one, and adds the note.
 *
 * tested with: test_format_opsgenie
 */
#include "notify/webhook_format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "notify/format_facts.h"
#include "notify/format_wire.h"
#include "notify/format_words.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

/* In characters; what the service takes. */
#define MESSAGE_MAX 130
#define DESCRIPTION_MAX 15000
#define ENTITY_MAX 512
#define SOURCE_MAX 100
#define USER_MAX 100
#define NOTE_MAX 1000
#define TAG_MAX 50
#define TAGS_MAX 20
#define RESPONDERS_MAX 50
/* 8,000 in all. */
static const struct facts_limits details = { 300, 0, 7900 };

static const char *const levels[SEVERITY_MAX] = {
	[SEVERITY_INFO] = "P5",	    [SEVERITY_LOW] = "P4",
	[SEVERITY_MEDIUM] = "P3",   [SEVERITY_HIGH] = "P2",
	[SEVERITY_CRITICAL] = "P1",
};

static void put(json_t *object, const char *name, json_t *value)
{
	(void)json_object_set_new(object, name, value);
}

static void put_responders(json_t *root, const struct strlist *teams)
{
	json_t *array;

	if (teams->n == 0)
		return;
	array = json_array();
	for (size_t i = 0; i < teams->n && i < RESPONDERS_MAX; i++)
		(void)json_array_append_new(array,
					    json_pack("{s:s, s:s}", "type",
						      "team", "name",
						      teams->v[i]));
	put(root, "responders", array);
}

static void put_tags(json_t *root, const struct strlist *tags)
{
	json_t *array;

	if (tags->n == 0)
		return;
	array = json_array();
	for (size_t i = 0; i < tags->n && i < TAGS_MAX; i++) {
		CLEANUP(strbuf_release) struct strbuf tag = STRBUF_INIT;

		words_add(&tag, tags->v[i], TAG_MAX);
		(void)json_array_append_new(array, json_string(tag.buf));
	}
	put(root, "tags", array);
}

/* Who did it; without a name the host that says so. */
static void put_who(json_t *root, const struct render_job *j)
{
	const struct render_alert *a = render_alert_of(j);
	const struct tracked *t = a ? &a->view.tracked : NULL;

	if (t && t->state == ALERT_ACKNOWLEDGED)
		format_put(root, "user", t->acknowledged_by, USER_MAX);
	if (t && t->state == ALERT_CLOSED)
		format_put(root, "user", t->closed_by, USER_MAX);
	format_put(root, "source", j->host, SOURCE_MAX);
}

static void put_note(json_t *root, const struct render_job *j)
{
	const struct render_alert *a = render_alert_of(j);
	CLEANUP(strbuf_release) struct strbuf note = STRBUF_INIT;

	if (a)
		words_add_news(&note, j, a);
	format_put(root, "note", note.buf, NOTE_MAX);
}

static void put_alert(json_t *root, const struct render_job *j)
{
	const struct render_alert *a = render_alert_of(j);
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	format_add_text(&text, j, DESCRIPTION_MAX);
	put(root, "description", json_string(text.buf));
	put(root, "details", format_facts(j, a, &details));
	format_put(root, "source", j->host, SOURCE_MAX);
	if (!a)
		return;
	format_put(root, "entity", words_where(a), ENTITY_MAX);
	put_tags(root, &a->view.tags);
	put_note(root, j);
}

static void add_message(struct strbuf *out, const struct render_job *j)
{
	const struct render_alert *a = render_alert_of(j);
	CLEANUP(strbuf_release) struct strbuf what = STRBUF_INIT;

	/* It keeps the first message it gets: news go into notes. */
	if (a && !format_add_own_title(j, &what))
		words_add_what(&what, a, MESSAGE_MAX);
	else if (!a)
		format_add_headline(&what, j, MESSAGE_MAX);
	words_add(out, what.buf, MESSAGE_MAX);
}

static json_t *make_create(const struct talk *t, const struct talk_view *v)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	json_t *root = json_object();

	add_message(&text, v->job);
	put(root, "message", json_string(text.buf));
	strbuf_reset(&text);
	format_add_key(v->job, &text);
	put(root, "alias", json_string(text.buf));
	put(root, "priority", json_string(format_level(v, levels)));
	put_responders(root, &v->target->webhook.responders);
	if (!t->shorten)
		put_alert(root, v->job);
	return root;
}

static json_t *make_change(const struct talk *t, const struct talk_view *v)
{
	json_t *root = json_object();

	if (t->shorten)
		return root;
	put_who(root, v->job);
	put_note(root, v->job);
	return root;
}

/* ALIAS/acknowledge?identifierType=alias */
static void extend_url(const char *alias, const char *verb,
		       struct webhook_request *ret)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	wire_add_escaped(&path, alias);
	strbuf_addf(&path, "/%s?identifierType=alias", verb);
	wire_extend_url(&ret->url, path.buf);
}

static void authorize(const struct secret *key, struct webhook_request *ret)
{
	CLEANUP(free_ptr)
	char *value = xasprintf("GenieKey %s", secret_peek(key));

	format_add_header(ret, "Authorization", value);
	explicit_bzero(value, strlen(value));
}

/*
 * One that is acknowledged there stays so whatever is added to it, and calls
 * nobody: behind the news its acknowledgement is taken back, and the service
 * calls as if it had just come.
 */
static int plan_opsgenie(const struct render_job *j)
{
	return j->was_taken ? 1 : format_n_endings(j);
}

/* What is done to the alert of that alias; NULL: it is opened. */
static const char *verb_of(const struct talk *t, enum format_act act)
{
	switch (act) {
	case ACT_ACKNOWLEDGE:
		return "acknowledge";
	case ACT_RESOLVE:
		return "close";
	case ACT_RAISE:
		return t->stage > 0 ? "unacknowledge" : NULL;
	case ACT_TELL:
		break;
	}
	return NULL;
}

static void ask_opsgenie(const struct talk *t, const struct talk_view *v,
			 struct webhook_request *ret)
{
	CLEANUP(strbuf_release) struct strbuf alias = STRBUF_INIT;
	const char *verb = verb_of(t, format_step(t, v->job, &alias));

	authorize(v->target->webhook.key.value, ret);
	if (verb) {
		extend_url(alias.buf, verb, ret);
		format_set_json(ret, make_change(t, v));
		return;
	}
	format_set_json(ret, make_create(t, v));
}

/* 202: it is queued there. Whether it worked can only be asked for later, and
 * an acknowledgement of an alert it does not have fails in silence. */
static bool hear_opsgenie(struct talk *t, const struct target_conf *target,
			  const struct xfer_reply *reply,
			  struct outcome_report *ret)
{
	CLEANUP(jsonx_unref) json_t *root = wire_parse(reply);

	if (ret->outcome == OUTCOME_SENT && reply->status != 202) {
		ret->outcome = OUTCOME_RETRY;
		snprintf(ret->error, sizeof(ret->error),
			 "HTTP %ld, but not as Opsgenie answers: something in "
			 "between did",
			 reply->status);
	}
	if (ret->outcome == OUTCOME_DEAD)
		wire_explain(ret, reply, root, target->webhook.key.value);
	return format_next_stage(t, ret);
}

const struct format format_opsgenie = {
	.url = "https://api.opsgenie.com/v2/alerts",
	.plan = plan_opsgenie,
	.ask = ask_opsgenie,
	.hear = hear_opsgenie,
};
