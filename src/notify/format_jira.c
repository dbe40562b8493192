/*
 * Jira: an issue for each alert. Cloud with API 3, Data Center with API 2
 * (https://developer.atlassian.com/cloud/jira/platform/rest/v3). Called through
 * webhook_format.c.
 *
 *	FIND -> CREATE				there is none yet
 *	FIND -> COMMENT				news about an open one
 *	FIND -> TRANSITIONS -> MOVE		the alert is closed
 *
 * Jira does not know repeats, so every talk begins with FIND by a label, which
 * also makes a second try after a lost answer harmless. A comment may come
 * twice.
 *
 * tested with: test_format_jira
 */
#include "notify/webhook_format.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "notify/format_words.h"
#include "util/jsonx.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

#define SUMMARY_MAX 250
#define TEXT_BYTES_MAX 30000
#define KEY_MAX 40 /* leaves room for a transition behind it */

enum stage { FIND, CREATE, COMMENT, TRANSITIONS, MOVE };

static const char *const priorities[SEVERITY_MAX] = {
	[SEVERITY_INFO] = "Lowest",	 [SEVERITY_LOW] = "Low",
	[SEVERITY_MEDIUM] = "Medium",	 [SEVERITY_HIGH] = "High",
	[SEVERITY_CRITICAL] = "Highest",
};

/* ---- what is asked ---- */

/* Atlassian Document Format: a paragraph for each line, nothing in it is read
 * as anything but text. */
static void add_paragraph(json_t *content, const char *text)
{
	(void)json_array_append_new(content,
				    json_pack("{s:s, s:[{s:s, s:s}]}", "type",
					      "paragraph", "content", "type",
					      "text", "text", text));
}

static json_t *document_of(struct strbuf *lines)
{
	json_t *content = json_array();
	char *rest = lines->buf;
	char *line;

	while ((line = strsep(&rest, "\n"))) {
		if (*line)
			add_paragraph(content, line);
	}
	return json_pack("{s:s, s:i, s:o}", "type", "doc", "version", 1,
			 "content", content);
}

/* API 2 reads wiki markup, but not between these. */
static json_t *wiki_of(const struct strbuf *lines)
{
	static const char fence[] = "{noformat}";
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "%s\n", fence);
	for (const char *p = lines->buf; *p; p++) {
		strbuf_addch(&text, *p);
		/* Foreign text does not end it early, and mentions nobody: who
		 * is mailed is found without regard to the fence. */
		if (*p == '{' || (*p == '[' && p[1] == '~'))
			strbuf_addch(&text, ' ');
	}
	strbuf_addf(&text, "\n%s", fence);
	return json_string(text.buf);
}

/* The words of the message; @brief: its first line alone. */
static json_t *text_of(const struct talk_view *v, bool brief)
{
	CLEANUP(strbuf_release) struct strbuf lines = STRBUF_INIT;
	CLEANUP(doc_release) struct doc d;

	format_build_doc(v->job, false, &d);
	if (brief)
		strbuf_addstr(&lines, d.v[0].text);
	else
		format_add_lines(&d, true, &lines);
	format_cut(&lines, TEXT_BYTES_MAX);
	return v->target->webhook.plain_text ? wiki_of(&lines)
					     : document_of(&lines);
}

static void set_path(const struct talk_view *v, struct webhook_request *r,
		     const char *tail)
{
	CLEANUP(free_ptr)
	char *path = xasprintf("/rest/api/%d%s",
			       v->target->webhook.plain_text ? 2 : 3, tail);

	format_add_path(r, path);
	strlist_add(&r->headers, "Accept: application/json");
}

static void ask_find(const struct talk_view *v, struct webhook_request *r)
{
	CLEANUP(strbuf_release) struct strbuf jql = STRBUF_INIT;

	set_path(v, r,
		 v->target->webhook.plain_text ? "/search" : "/search/jql");
	strbuf_addstr(&jql, "labels = \"triaged-");
	format_add_key(v->job, &jql);
	strbuf_addstr(&jql, "\" ORDER BY created DESC");
	format_set_json(r, json_pack("{s:s, s:[s], s:i}", "jql", jql.buf,
				     "fields", "status", "maxResults", 1));
}

static void ask_create(const struct talk *t, const struct talk_view *v,
		       struct webhook_request *r)
{
	const struct webhook_conf *w = &v->target->webhook;
	CLEANUP(strbuf_release) struct strbuf summary = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf label = STRBUF_INIT;
	json_t *fields;

	format_add_title(v->job, &summary, SUMMARY_MAX);
	strbuf_addstr(&label, "triaged-");
	format_add_key(v->job, &label);
	fields =
		json_pack("{s:{s:s}, s:{s:s}, s:s, s:[s, s], s:o}", "project",
			  "key", w->project, "issuetype", "name", w->issue_type,
			  "summary", summary.buf, "labels", "triaged",
			  label.buf, "description", text_of(v, t->shorten));
	/* A project's screen may have none: then it is refused, and this is
	 * the second try. */
	if (!t->shorten)
		(void)json_object_set_new(fields, "priority",
					  json_pack("{s:s}", "name",
						    format_level(v,
								 priorities)));
	set_path(v, r, "/issue");
	format_set_json(r, json_pack("{s:o}", "fields", fields));
}

/* memo is "KEY" of the issue, in MOVE "KEY ID" with that of the transition. */
static void set_issue_path(const struct talk *t, const struct talk_view *v,
			   struct webhook_request *r, const char *what)
{
	CLEANUP(free_ptr)
	char *path = xasprintf("/issue/%.*s/%s", (int)strcspn(t->memo, " "),
			       t->memo, what);

	set_path(v, r, path);
}

static void ask_jira(const struct talk *t, const struct talk_view *v,
		     struct webhook_request *ret)
{
	switch ((enum stage)t->stage) {
	case FIND:
		ask_find(v, ret);
		break;
	case CREATE:
		ask_create(t, v, ret);
		break;
	case COMMENT:
		set_issue_path(t, v, ret, "comment");
		format_set_json(ret,
				json_pack("{s:o}", "body", text_of(v, true)));
		break;
	case TRANSITIONS:
		ret->method = "GET";
		set_issue_path(t, v, ret, "transitions");
		break;
	case MOVE:
		set_issue_path(t, v, ret, "transitions");
		format_set_json(ret, json_pack("{s:{s:s}}", "transition", "id",
					       strchr(t->memo, ' ') + 1));
		break;
	}
}

/* ---- what the answers mean ---- */

static bool goes_on(struct talk *t, enum stage next)
{
	t->stage = next;
	return true;
}

/* "SEC-12": it goes into a path. */
static bool key_ok(const char *key)
{
	size_t n = strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

	return n > 0 && strlen(key) <= KEY_MAX &&
	       isupper((unsigned char)key[0]) && key[n] == '-' && key[n + 1] &&
	       !key[n + 1 + strspn(key + n + 1, "0123456789")];
}

static bool odd_answer(struct outcome_report *ret)
{
	ret->outcome = OUTCOME_RETRY;
	snprintf(ret->error, sizeof(ret->error),
		 "Jira answered what could not be understood; is the url the "
		 "address of the site alone?");
	return false;
}

static bool hear_find(struct talk *t, json_t *answer,
		      struct outcome_report *ret)
{
	enum format_act act = format_act_of(t->kind);
	json_t *issues = json_object_get(answer, "issues");
	json_t *issue = json_array_get(issues, 0);
	json_t *status =
		json_object_get(json_object_get(issue, "fields"), "status");
	const char *key = jsonx_str(issue, "key");
	const char *category =
		jsonx_str(json_object_get(status, "statusCategory"), "key");
	bool done = category && strcmp(category, "done") == 0;

	if (!json_is_array(issues) || (issue && !(key && key_ok(key))))
		return odd_answer(ret);
	if (!issue || (done && act == ACT_RAISE && t->kind != NOTICE_OPENED))
		/* Nobody wants an issue that says it is over, and nobody looks
		 * at one that was closed while the alert is open. */
		return (act == ACT_RAISE || act == ACT_TELL) &&
		       goes_on(t, CREATE);
	snprintf(t->memo, sizeof(t->memo), "%s", key);
	if (done || act == ACT_TELL || t->kind == NOTICE_OPENED ||
	    t->kind == NOTICE_REOPENED)
		return false; /* it stands there already */
	return goes_on(t, act == ACT_RESOLVE ? TRANSITIONS : COMMENT);
}

static bool hear_transitions(struct talk *t, json_t *answer, const char *wanted,
			     struct outcome_report *ret)
{
	CLEANUP(strbuf_release) struct strbuf names = STRBUF_INIT;
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(answer, "transitions"), i, one)
	{
		const char *name = jsonx_str(one, "name");
		const char *id = jsonx_str(one, "id");
		size_t len = strlen(t->memo);

		if (!name || !id || id[strspn(id, "0123456789")])
			continue;
		strbuf_addf(&names, "%s%.30s", names.len > 0 ? ", " : "", name);
		if (strcasecmp(name, wanted) != 0)
			continue;
		snprintf(t->memo + len, sizeof(t->memo) - len, " %.10s", id);
		return goes_on(t, MOVE);
	}
	ret->outcome = OUTCOME_DEAD;
	snprintf(
		ret->error, sizeof(ret->error),
		"issue %.40s has no transition '%.40s'; set done-transition to "
		"one of its own",
		t->memo, wanted);
	format_explain(ret, names.buf);
	return false;
}

/* Which field it is that Jira does not take. */
static void explain_refusal(json_t *answer, struct outcome_report *ret)
{
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
	const char *field;
	json_t *text;
	size_t i;

	json_object_foreach(json_object_get(answer, "errors"), field, text)
	{
		if (json_is_string(text))
			strbuf_addf(&why, "%s: %s; ", field,
				    json_string_value(text));
	}
	json_array_foreach(json_object_get(answer, "errorMessages"), i, text)
	{
		if (json_is_string(text))
			strbuf_addf(&why, "%s; ", json_string_value(text));
	}
	format_explain(ret, why.buf);
}

static bool hear_jira(struct talk *t, const struct target_conf *target,
		      const struct xfer_reply *reply,
		      struct outcome_report *ret)
{
	CLEANUP(jsonx_unref) json_t *answer = format_read_json(reply);

	if (ret->outcome != OUTCOME_SENT) {
		explain_refusal(answer, ret);
		return false;
	}
	switch ((enum stage)t->stage) {
	case FIND:
		return hear_find(t, answer, ret);
	case TRANSITIONS:
		return hear_transitions(t, answer,
					target->webhook.done_transition, ret);
	case CREATE:
	case COMMENT:
	case MOVE:
		break;
	}
	return false;
}

const struct format format_jira = { .ask = ask_jira, .hear = hear_jira };
