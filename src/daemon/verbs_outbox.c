/*
 * The control verbs of the outbox: what was given up goes out again, what is
 * owed is dropped, a target that disabled itself gets another chance. Each is
 * one transaction with an entry in the history of every alert it is about.
 * Called by control.c.
 *
 * tested with: scenario/test_outbox
 */
#include "daemon/control_priv.h"

#include <stdlib.h>
#include "daemon/story.h"
#include "daemon/trouble.h"
#include "store/audit.h"
#include "store/outbox.h"
#include "store/targets.h"
#include "store/txn.h"
#include "triaged/ctl.h"
#include "util/clock.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

/* One request may not hold the loop for long; who wants more asks again. */
#define ROWS_MAX 500
/* Alerts of one message whose history tells of it. */
#define ABOUT_MAX 1000

/* One change of the rows that a request means. */
struct work {
	struct command *c;
	const char *kind; /* of the entry in the history */
	const char *reason; /* NULL none */
	char *why; /* of a drop: who and why, in the row; NULL: a retry */
	int64_t now_ms;
};

static const char *text_arg(const struct command *c, const char *name)
{
	return json_string_value(json_object_get(c->args, name));
}

static int work_note(const struct work *w, int64_t id, const char *target,
		     struct err *err)
{
	CLEANUP(free_ptr) int64_t *about = xcalloc(ABOUT_MAX, sizeof(*about));
	CLEANUP(free_ptr)
	char *detail =
		story_detail("{s:I, s:s, s:s*}", "delivery", (json_int_t)id,
			     "target", target, "reason", w->reason);
	struct audit_event e = {
		.at_ms = w->now_ms,
		.actor = w->c->peer->name,
		.kind = w->kind,
		.detail = detail,
	};
	int n = outbox_about(w->c->app->store, id, about, ABOUT_MAX, err);
	int rc = n;

	if (n == 0) /* a test, or the end of a silence */
		return audit_add(w->c->app->store, &e, err);
	for (int i = 0; i < n && rc >= 0; i++) {
		e.alert_id = about[i];
		rc = audit_add(w->c->app->store, &e, err);
	}
	return rc;
}

/* 1 done, 0 there is no such row to do it to. */
static int work_row(const struct work *w, int64_t id, struct err *err)
{
	const struct app *a = w->c->app;
	CLEANUP(free_ptr) char *target = NULL;
	int rc = outbox_target(a->store, id, &target, err);

	if (rc <= 0)
		return rc;
	if (w->why)
		rc = outbox_drop(a->store, id, w->why, err);
	else if (!conf_target(a->settings.conf, target))
		return err_set(err, ERR_CONFLICT,
			       "message %lld is for target %s, which is no "
			       "longer configured",
			       (long long)id, target);
	else
		rc = outbox_retry(a->store, id, w->now_ms, err);
	if (rc <= 0)
		return rc;
	rc = work_note(w, id, target, err);
	return rc < 0 ? rc : 1;
}

static int work_one(const struct work *w, int64_t id, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int rc = txn_begin(&txn, w->c->app->store, err);

	if (rc >= 0)
		rc = work_row(w, id, err);
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND,
			       w->why ? "there is no message %lld that is owed "
					"or dead (see triagectl outbox)"
				      : "there is no dead message %lld (see "
					"triagectl outbox)",
			       (long long)id);
	return rc < 0 ? rc : txn_commit(&txn, err);
}

/* Of @target, or of every target that is configured (NULL). */
static int work_list(const struct work *w, const char *target, int64_t *ids,
		     struct err *err)
{
	const struct app *a = w->c->app;
	const struct conf *c = a->settings.conf;
	size_t n = 0;
	int rc;

	if (target)
		return outbox_list(a->store, target, !w->why, ids, ROWS_MAX,
				   err);
	for (size_t i = 0; i < c->n_targets && n < ROWS_MAX; i++) {
		rc = outbox_list(a->store, c->targets[i].name, !w->why, ids + n,
				 ROWS_MAX - n, err);
		if (rc < 0)
			return rc;
		n += (size_t)rc;
	}
	return (int)n;
}

/* All of a target, or of any: how many were done, *ret_more when there may be
 * others. */
static int work_many(const struct work *w, const char *target, bool *ret_more,
		     struct err *err)
{
	CLEANUP(free_ptr) int64_t *ids = xcalloc(ROWS_MAX, sizeof(*ids));
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct store *s = w->c->app->store;
	int done = 0, n = 0, rc = txn_begin(&txn, s, err);

	if (rc >= 0)
		n = rc = work_list(w, target, ids, err);
	for (int i = 0; i < n && rc >= 0; i++) {
		rc = work_row(w, ids[i], err);
		done += rc > 0;
	}
	if (rc >= 0)
		rc = txn_commit(&txn, err);
	if (rc < 0)
		return rc;
	*ret_more = n == ROWS_MAX;
	return done;
}

static void work_answer(struct command *c, int rc, json_t *data,
			const struct err *err)
{
	if (rc < 0) {
		json_decref(data);
		command_fail(c, rc, err);
		return;
	}
	deliver_kick(c->app->deliver);
	ctl_reply(c->call, CTL_OK, NULL, data);
}

static void work_do(const struct work *w)
{
	const char *target = text_arg(w->c, "target");
	int64_t id = command_integer(w->c, "delivery");
	struct err err = ERR_INIT;
	bool more = false;
	int rc;

	if (id > 0) {
		rc = work_one(w, id, &err);
		work_answer(w->c, rc,
			    json_pack("{s:I}", "delivery", (json_int_t)id),
			    &err);
		return;
	}
	rc = work_many(w, target, &more, &err);
	work_answer(w->c, rc,
		    json_pack("{s:i, s:b}", "deliveries", MAX(rc, 0), "more",
			      more),
		    &err);
}

static void do_retry(struct command *c)
{
	const struct work w = {
		.c = c,
		.kind = "outbox-retry",
		.now_ms = clock_wall_ms(),
	};
	const char *target = text_arg(c, "target");
	bool some = command_integer(c, "delivery") > 0 ||
		    json_is_true(json_object_get(c->args, "dead"));

	if (!some)
		ctl_reply(c->call, CTL_USAGE,
			  "outbox-retry needs a delivery, or dead: true", NULL);
	else if (target && !conf_target(c->app->settings.conf, target))
		ctl_reply(c->call, CTL_NOT_FOUND, "there is no such target",
			  NULL);
	else
		work_do(&w);
}

static void do_drop(struct command *c)
{
	const char *typed = text_arg(c, "reason");
	CLEANUP(free_ptr)
	char *reason =
		utf8_clean_dup(typed ? typed : "", CTL_REASON_MAX, UTF8_LINE);
	CLEANUP(free_ptr)
	char *why = xasprintf("dropped by %s: %s", c->peer->name, reason);
	const struct work w = {
		.c = c,
		.kind = "outbox-drop",
		.reason = reason,
		.why = why,
		.now_ms = clock_wall_ms(),
	};

	if (!*reason)
		ctl_reply(c->call, CTL_USAGE, "outbox-drop needs a reason",
			  NULL);
	else if (command_integer(c, "delivery") <= 0 && !text_arg(c, "target"))
		ctl_reply(c->call, CTL_USAGE,
			  "outbox-drop needs a delivery or a target", NULL);
	else
		work_do(&w);
}

static int enable_in(struct command *c, const char *target, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	CLEANUP(free_ptr)
	char *detail = story_detail("{s:s}", "target", target);
	int rc = txn_begin(&txn, c->app->store, err);

	if (rc >= 0)
		rc = outbox_hasten(c->app->store, target, clock_wall_ms(), err);
	if (rc >= 0)
		rc = targets_enable(c->app->store, target, err);
	if (rc == 0)
		return err_set(err, ERR_CONFLICT, "target %s is not disabled",
			       target);
	if (rc > 0)
		rc = audit_add(c->app->store,
			       &(struct audit_event){
				       .at_ms = clock_wall_ms(),
				       .actor = c->peer->name,
				       .kind = "target-enabled",
				       .detail = detail,
			       },
			       err);
	return rc < 0 ? rc : txn_commit(&txn, err);
}

static void do_enable(struct command *c)
{
	const char *target = text_arg(c, "target");
	struct err err = ERR_INIT;
	int rc;

	if (!target || !conf_target(c->app->settings.conf, target)) {
		(void)err_set(&err, ERR_NOT_FOUND,
			      "there is no target '%.80s'; see targets: in %s",
			      target ? target : "", c->app->conf_path);
		command_fail(c, ERR_NOT_FOUND, &err);
		return;
	}
	rc = enable_in(c, target, &err);
	if (rc >= 0) {
		deliver_enable(c->app->deliver, target);
		trouble_end(c->app, target);
	}
	work_answer(c, rc, json_pack("{s:s}", "target", target), &err);
}

const struct verb verbs_outbox[] = {
	{ CTL_VERB_OUTBOX_RETRY, ROLE_OPERATE, do_retry },
	{ CTL_VERB_OUTBOX_DROP, ROLE_OPERATE, do_drop },
	{ CTL_VERB_OUTBOX_ENABLE, ROLE_OPERATE, do_enable },
	{ 0 },
};
