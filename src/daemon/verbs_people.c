/*
 * The control verbs for what people do to alerts: decode, bound what they
 * typed, call people.c, answer. Called by control.c.
 *
 * tested with: scenario/test_control scenario/test_people
 */
#include "daemon/control_priv.h"

#include <string.h>

#include "core/status.h"
#include "triage/casework.h"
#include "triaged/ctl.h"
#include "util/clock.h"
#include "util/timefmt.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

#define OWNER_MAX 128 /* bytes */

/* The human part of a request; *ret_note is heap and must outlive @ret. */
static void human_args(const struct command *c, struct human_change *ret,
		       char **ret_note)
{
	*ret_note = utf8_clean_dup(json_string_value(
					   json_object_get(c->args, "note")),
				   CTL_NOTE_MAX, UTF8_KEEP_NEWLINES);
	*ret = (struct human_change){
		.id = command_integer(c, "alert"),
		.version = command_integer(c, "version"),
		.who = c->peer->name,
		.note = *ret_note,
		.now_ms = clock_wall_ms(),
	};
}

/* Whose code was typed; the caller releases *ret. */
static int code_holder(struct command *c, const char *typed, int64_t alert_id,
		       struct told *ret, struct err *err)
{
	CLEANUP(tracked_release) struct tracked t = { 0 };
	struct acklink *l = &c->app->acklink;
	int64_t mono_ms = clock_mono_ms();
	char code[ACKCODE_SIZE];
	int64_t id;
	int rc;

	if (!ackcode_parse(typed, &id, code) || id != alert_id)
		return err_set(err, ERR_CONF,
			       "a code looks like %lld-K7PMX, as the message "
			       "has it",
			       (long long)alert_id);
	if (!acklink_may_try(l, mono_ms))
		return err_set(err, ERR_DENIED,
			       "too many wrong codes came within a minute; try "
			       "again in a minute, or with the number alone");
	rc = alerts_find_id(c->app->store, id, &t, err);
	if (rc > 0)
		rc = acklink_find_code(l, id, t.episode, code, ret, err);
	if (rc != 0)
		return rc;
	acklink_was_wrong(l, mono_ms);
	return err_set(err, ERR_NOT_FOUND,
		       "that is no code of alert %lld, or of one that was "
		       "re-opened since; see the newest message",
		       (long long)id);
}

static void acknowledge(struct command *c, const struct human_change *change)
{
	CLEANUP(free_ptr) char *text = NULL;
	struct err err = ERR_INIT;
	int rc = pipeline_acknowledge(&c->app->pipeline, change, &err);

	if (rc < 0) {
		command_fail(c, rc, &err);
		return;
	}
	if (change->way)
		text = xasprintf("in the name of %s", change->who);
	ctl_reply(c->call, CTL_OK, text,
		  json_pack("{s:I, s:s}", "alert", (json_int_t)change->id,
			    "acknowledged_by", change->who));
}

static void do_ack(struct command *c)
{
	const char *typed = json_string_value(json_object_get(c->args, "code"));
	CLEANUP(told_release) struct told holder = { 0 };
	CLEANUP(free_ptr) char *note = NULL;
	struct human_way way = { .by = "code", .typed_by = c->peer->name };
	struct human_change change;
	struct err err = ERR_INIT;
	int rc;

	human_args(c, &change, &note);
	if (typed) {
		rc = code_holder(c, typed, change.id, &holder, &err);
		if (rc < 0) {
			command_fail(c, rc, &err);
			return;
		}
		way.target = holder.target;
		change.who = acklink_name(&holder);
		change.way = &way;
	}
	acknowledge(c, &change);
}

static void do_close(struct command *c)
{
	CLEANUP(free_ptr) char *note = NULL;
	const char *as = json_string_value(json_object_get(c->args, "as"));
	struct human_change change;
	enum verdict verdict = VERDICT_NONE;
	struct err err = ERR_INIT;
	int rc;

	if (!as || !verdict_parse(as, &verdict)) {
		ctl_reply(c->call, CTL_USAGE,
			  "close needs as: true-positive, false-positive or "
			  "benign",
			  NULL);
		return;
	}
	human_args(c, &change, &note);
	rc = pipeline_close(&c->app->pipeline, &change, verdict, &err);
	if (rc < 0)
		command_fail(c, rc, &err);
	else
		ctl_reply(c->call, CTL_OK, NULL,
			  json_pack("{s:I}", "alert", (json_int_t)change.id));
}

/* What was typed as @name: heap and clean, or NULL when there is nothing. */
static char *text_arg(const struct command *c, const char *name,
		      enum utf8_clean how)
{
	const char *text = json_string_value(json_object_get(c->args, name));

	return text && *text ? utf8_clean_dup(text, CTL_NOTE_MAX, how) : NULL;
}

static void refuse(struct command *c, const char *text)
{
	ctl_reply(c->call, CTL_USAGE, text, NULL);
}

/* What came of an owner or a phase, and what is still missing. */
static void reply_work(struct command *c, int64_t id,
		       const struct work_outcome *o)
{
	const char *text = NULL;

	if (o->triaged && o->changed)
		text = "it is triaged now and escalates no more";
	else if (o->changed)
		text = "it is not triaged any more";
	else if (!o->triaged && !o->has_owner)
		text = "not triaged yet, nobody owns it";
	else if (!o->triaged)
		text = "not triaged yet, nobody has set its phase";
	ctl_reply(c->call, CTL_OK, text,
		  json_pack("{s:I, s:b}", "alert", (json_int_t)id, "triaged",
			    o->triaged));
}

static void do_assign(struct command *c)
{
	const char *typed =
		json_string_value(json_object_get(c->args, "owner"));
	CLEANUP(free_ptr) char *owner = text_arg(c, "owner", UTF8_LINE);
	CLEANUP(free_ptr) char *note = NULL;
	struct human_change change;
	struct work_outcome outcome;
	struct err err = ERR_INIT;
	int rc;

	if (!owner || strcmp(owner, typed) != 0 || strlen(owner) > OWNER_MAX) {
		refuse(c, "assign needs owner: a name of one line and at most "
			  "128 bytes, or - for nobody");
		return;
	}
	human_args(c, &change, &note);
	rc = pipeline_assign(&c->app->pipeline, &change,
			     strcmp(owner, "-") == 0 ? NULL : owner, &outcome,
			     &err);
	if (rc < 0)
		command_fail(c, rc, &err);
	else
		reply_work(c, change.id, &outcome);
}

static void do_phase(struct command *c)
{
	const char *word = json_string_value(json_object_get(c->args, "phase"));
	CLEANUP(free_ptr) char *note = NULL;
	struct human_change change;
	struct work_outcome outcome;
	enum phase phase = PHASE_DETECT;
	struct err err = ERR_INIT;
	int rc;

	if (!word || !phase_parse(word, &phase) || phase == PHASE_DETECT) {
		refuse(c, "phase needs phase: triage, investigate, contain, "
			  "remediate or document");
		return;
	}
	human_args(c, &change, &note);
	rc = pipeline_set_phase(&c->app->pipeline, &change, phase, &outcome,
				&err);
	if (rc < 0)
		command_fail(c, rc, &err);
	else
		reply_work(c, change.id, &outcome);
}

static void do_hold(struct command *c)
{
	bool end = json_is_true(json_object_get(c->args, "end"));
	int64_t for_ms = command_integer(c, "for_ms");
	CLEANUP(free_ptr)
	char *reason = text_arg(c, "reason", UTF8_KEEP_NEWLINES);
	CLEANUP(free_ptr) char *note = NULL;
	CLEANUP(free_ptr) char *text = NULL;
	char due[TIMEFMT_MAX];
	struct human_change change;
	struct work_outcome outcome;
	struct err err = ERR_INIT;
	int rc;

	if (end ? for_ms != 0
		: !reason || for_ms <= 0 || for_ms > CASEWORK_HOLD_MAX_MS) {
		refuse(c, "hold needs a reason and a time of at most 7 days, "
			  "or end alone");
		return;
	}
	human_args(c, &change, &note);
	change.note = reason;
	rc = pipeline_hold(&c->app->pipeline, &change, for_ms, &outcome, &err);
	if (rc < 0) {
		command_fail(c, rc, &err);
		return;
	}
	text = xasprintf("to be resolved by %s",
			 timefmt_utc(outcome.due_ms, due));
	ctl_reply(c->call, CTL_OK, text,
		  json_pack("{s:I, s:I}", "alert", (json_int_t)change.id,
			    "due_ms", (json_int_t)outcome.due_ms));
}

static void do_reopen(struct command *c)
{
	CLEANUP(free_ptr) char *note = NULL;
	struct human_change change;
	struct work_outcome outcome;
	struct err err = ERR_INIT;
	int rc;

	human_args(c, &change, &note);
	rc = pipeline_reopen(&c->app->pipeline, &change, &outcome, &err);
	if (rc < 0)
		command_fail(c, rc, &err);
	else
		ctl_reply(c->call, CTL_OK, NULL,
			  json_pack("{s:I, s:I}", "alert",
				    (json_int_t)change.id, "episode",
				    (json_int_t)outcome.episode));
}

static void do_note(struct command *c)
{
	CLEANUP(free_ptr)
	char *text = text_arg(c, "text", UTF8_KEEP_NEWLINES);
	struct human_change change = {
		.id = command_integer(c, "alert"),
		.who = c->peer->name,
		.note = text,
		.now_ms = clock_wall_ms(),
	};
	struct err err = ERR_INIT;
	int rc;

	if (!text) {
		refuse(c, "note needs text");
		return;
	}
	rc = pipeline_add_note(&c->app->pipeline, &change, &err);
	if (rc < 0)
		command_fail(c, rc, &err);
	else
		ctl_reply(c->call, CTL_OK, NULL,
			  json_pack("{s:I}", "alert", (json_int_t)change.id));
}

const struct verb verbs_people[] = {
	{ CTL_VERB_ACK, ROLE_OPERATE, do_ack },
	{ CTL_VERB_CLOSE, ROLE_OPERATE, do_close },
	{ CTL_VERB_ASSIGN, ROLE_OPERATE, do_assign },
	{ CTL_VERB_PHASE, ROLE_OPERATE, do_phase },
	{ CTL_VERB_HOLD, ROLE_OPERATE, do_hold },
	{ CTL_VERB_REOPEN, ROLE_OPERATE, do_reopen },
	{ CTL_VERB_NOTE, ROLE_OPERATE, do_note },
	{ 0 },
};
