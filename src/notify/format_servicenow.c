/*
 * ServiceNow: an incident for each alert, or an event for Event Management.
 * Called through webhook_format.c.
 *
 *	FIND -> CREATE		there is none that is open
 *	FIND -> UPDATE		news, or the end, of an open one
 *	EVENT			Event Management, which knows repeats itself
 *
 * The incident table does not, so an alert's name is its correlation_id and
 * every talk begins with a look for it, which also makes a second try after a
 * lost answer harmless. A work note may come twice.
 *
 * tested with: test_format_servicenow
 */
#include "notify/webhook_format.h"

#include <stdio.h>
#include <string.h>
#include "notify/format_words.h"
#include "util/jsonx.h"
#include "util/timefmt.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

#define SHORT_DESCRIPTION_MAX 160
#define TEXT_BYTES_MAX 16000
#define NOTE_BYTES_MAX 4000
#define TABLE "/api/now/table/incident"
#define SYS_ID_LEN 32

enum stage { FIND, CREATE, UPDATE };

/* States of the incident table: 6 7 8 are resolved, closed, cancelled. */
#define STATE_IN_PROGRESS "2"
#define STATE_RESOLVED "6"
#define STATES_OVER "6,7,8"

/* "IMPACT/URGENCY"; ServiceNow makes the priority of both. */
static const char *const incident_levels[SEVERITY_MAX] = {
	[SEVERITY_INFO] = "3/3",     [SEVERITY_LOW] = "3/3",
	[SEVERITY_MEDIUM] = "2/2",   [SEVERITY_HIGH] = "2/1",
	[SEVERITY_CRITICAL] = "1/1",
};
static const char *const event_levels[SEVERITY_MAX] = {
	[SEVERITY_INFO] = "5",	   [SEVERITY_LOW] = "4",
	[SEVERITY_MEDIUM] = "3",   [SEVERITY_HIGH] = "2",
	[SEVERITY_CRITICAL] = "1",
};
#define EVENT_CLEAR "0"

/* ---- what is asked ---- */

/* What stands between [code] and [/code] in a note is shown as HTML. */
static void defuse(struct strbuf *text)
{
	for (char *p = text->buf; (p = strcasestr(p, "[code")); p++)
		*p = '(';
}

static void add_words(struct strbuf *out, const struct render_job *j,
		      bool brief)
{
	CLEANUP(doc_release) struct doc d;

	format_build_doc(j, false, &d);
	if (brief)
		strbuf_addstr(out, d.v[0].text);
	else
		format_add_lines(&d, true, out);
	defuse(out);
}

static void put(json_t *object, const char *name, const char *value)
{
	/* NULL for a setting that is not there. */
	if (value)
		(void)json_object_set_new(object, name, json_string(value));
}

static void put_impact(json_t *o, const struct talk_view *v)
{
	const char *level = format_level(v, incident_levels);
	const char impact[] = { level[0], '\0' };
	const char urgency[] = { level[1] == '/' ? level[2] : level[0], '\0' };

	put(o, "impact", impact);
	put(o, "urgency", urgency);
}

static void ask_find(const struct talk_view *v, struct webhook_request *r)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	strbuf_addstr(&path, TABLE "?sysparm_query=correlation_id%3D");
	format_add_key(v->job, &path);
	strbuf_addstr(&path, "%5EstateNOT%20IN" STATES_OVER
			     "&sysparm_fields=sys_id,number,state"
			     "&sysparm_limit=1");
	r->method = "GET";
	format_add_path(r, path.buf);
}

static void ask_create(const struct talk *t, const struct talk_view *v,
		       struct webhook_request *r)
{
	const struct webhook_conf *w = &v->target->webhook;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf title = STRBUF_INIT;
	json_t *o = json_object();

	format_add_title(v->job, &title, SHORT_DESCRIPTION_MAX);
	defuse(&title);
	add_words(&text, v->job, t->shorten);
	format_cut(&text, TEXT_BYTES_MAX);
	format_add_key(v->job, &key);
	put(o, "short_description", title.buf);
	put(o, "description", text.buf);
	put(o, "correlation_id", key.buf);
	put(o, "correlation_display", "triaged");
	put_impact(o, v);
	put(o, "assignment_group", w->assignment_group);
	put(o, "caller_id", w->caller);
	format_add_path(r, TABLE "?sysparm_fields=sys_id,number,state");
	format_set_json(r, o);
}

static void ask_update(const struct talk *t, const struct talk_view *v,
		       struct webhook_request *r)
{
	const struct webhook_conf *w = &v->target->webhook;
	CLEANUP(strbuf_release) struct strbuf note = STRBUF_INIT;
	CLEANUP(free_ptr) char *path = xasprintf(TABLE "/%s", t->memo);
	json_t *o = json_object();

	add_words(&note, v->job, true);
	format_cut(&note, NOTE_BYTES_MAX);
	put(o, "work_notes", note.buf);
	switch (format_act_of(t->kind)) {
	case ACT_ACKNOWLEDGE:
		put(o, "state", STATE_IN_PROGRESS);
		break;
	case ACT_RESOLVE:
		put(o, "state", STATE_RESOLVED);
		put(o, "close_code", w->close_code);
		put(o, "close_notes", w->close_notes);
		break;
	case ACT_RAISE:
		put_impact(o, v);
		break;
	case ACT_TELL:
		break;
	}
	r->method = "PATCH";
	format_add_path(r, path);
	format_set_json(r, o);
}

/* What Event Management keeps beside its own fields, as text of JSON. */
static char *additional_info(const struct render_job *j)
{
	const struct render_alert *a = render_alert_of(j);
	CLEANUP(jsonx_unref) json_t *o = json_object();
	char number[24];

	if (!a)
		return jsonx_dump(o);
	snprintf(number, sizeof(number), "%lld", (long long)a->view.tracked.id);
	put(o, "triaged_id", number);
	put(o, "event", notice_kind_name(j->notice->kind));
	if (words_link_ok(a->view.alert.portal_url))
		put(o, "portal_url", a->view.alert.portal_url);
	return jsonx_dump(o);
}

static void put_clean(json_t *o, const char *name, const char *text, size_t max)
{
	CLEANUP(free_ptr) char *clean = utf8_clean_dup(text, max, UTF8_LINE);

	put(o, name, clean);
}

static void ask_event(const struct talk *t, const struct talk_view *v,
		      struct webhook_request *r)
{
	const struct render_alert *a = render_alert_of(v->job);
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	CLEANUP(free_ptr) char *info = additional_info(v->job);
	const char level[] = { format_level(v, event_levels)[0], '\0' };
	json_t *o = json_object();

	add_words(&text, v->job, t->shorten);
	format_cut(&text, NOTE_BYTES_MAX);
	format_add_key(v->job, &key);
	put(o, "source", "triaged");
	put_clean(o, "event_class", v->job->host, 100);
	put(o, "message_key", key.buf);
	put(o, "severity",
	    format_act_of(t->kind) == ACT_RESOLVE ? EVENT_CLEAR : level);
	put(o, "description", text.buf);
	put(o, "additional_info", info);
	if (a) {
		put_clean(o, "node", words_where(a), 100);
		put_clean(o, "resource", a->view.alert.resource_id, 400);
		put_clean(o, "type", a->view.alert.alert_type, 100);
	}
	format_add_path(r, "/api/global/em/jsonv2");
	format_set_json(r, json_pack("{s:[o]}", "records", o));
}

static void ask_servicenow(const struct talk *t, const struct talk_view *v,
			   struct webhook_request *ret)
{
	const struct secret *key = v->target->webhook.key.value;

	strlist_add(&ret->headers, "Accept: application/json");
	if (key)
		format_add_header(ret, "x-sn-apikey", secret_peek(key));
	if (v->target->webhook.events) {
		ask_event(t, v, ret);
		return;
	}
	switch ((enum stage)t->stage) {
	case FIND:
		ask_find(v, ret);
		break;
	case CREATE:
		ask_create(t, v, ret);
		break;
	case UPDATE:
		ask_update(t, v, ret);
		break;
	}
}

/* ---- what the answers mean ---- */

static bool sys_id_ok(const char *id)
{
	return strlen(id) == SYS_ID_LEN &&
	       strspn(id, "0123456789abcdef") == SYS_ID_LEN;
}

static bool hear_find(struct talk *t, json_t *answer,
		      struct outcome_report *ret)
{
	enum format_act act = format_act_of(t->kind);
	json_t *list = json_object_get(answer, "result");
	json_t *row = json_array_get(list, 0);
	const char *id = jsonx_str(row, "sys_id");

	if (!json_is_array(list) || (row && !(id && sys_id_ok(id)))) {
		ret->outcome = OUTCOME_RETRY;
		snprintf(ret->error, sizeof(ret->error),
			 "ServiceNow answered what could not be understood; is "
			 "the url the address of the instance alone?");
		return false;
	}
	t->stage = row ? UPDATE : CREATE;
	if (!row)
		return act == ACT_RAISE || act == ACT_TELL;
	snprintf(t->memo, sizeof(t->memo), "%s", id);
	/* It stands there already: an answer of before was lost. */
	return act != ACT_TELL && t->kind != NOTICE_OPENED &&
	       t->kind != NOTICE_REOPENED;
}

static bool hear_servicenow(struct talk *t, const struct target_conf *target,
			    const struct xfer_reply *reply,
			    struct outcome_report *ret)
{
	CLEANUP(jsonx_unref) json_t *answer = format_read_json(reply);
	const char *why;

	if (ret->outcome == OUTCOME_SENT)
		return !target->webhook.events && t->stage == FIND &&
		       hear_find(t, answer, ret);
	why = jsonx_str(json_object_get(answer, "error"), "message");
	if (why)
		format_explain(ret, why);
	return false;
}

const struct format format_servicenow = { .ask = ask_servicenow,
					  .hear = hear_servicenow };
