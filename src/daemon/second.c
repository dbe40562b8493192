/*
 * See second.h. Called by the agenda: at the start, and after every commit and
 * every failed try. Knows no sender; that a target is in trouble is read from
 * the store.
 *
 * tested with: scenario/test_outbox
 */
#include "daemon/second.h"

#include <jansson.h>
#include <string.h>
#include "daemon/story.h"
#include "store/audit.h"
#include "store/outbox.h"
#include "store/drill_rows.h"
#include "store/targets.h"
#include "store/txn.h"
#include "triaged/messages.h"
#include "util/log.h"
#include "util/xmalloc.h"

/* As many at once; the rest at the next turn. */
#define SLICE 32

/* 0 when it is about a drill that runs no hooks, else 1. */
static int may_run_hooks(struct pipeline *p, const struct unheard *u,
			 struct err *err)
{
	CLEANUP(drill_release) struct drill d = { 0 };
	int rc = drill_rows_running(p->store, &d, err);

	if (rc < 0)
		return rc;
	return rc == 0 || d.alert_id != u->notice.alert_id || d.with_hooks;
}

/* 1 when @name can be asked to carry what the target of @u does not. */
static int can_carry(struct pipeline *p, const char *name,
		     const struct unheard *u, struct err *err)
{
	CLEANUP(target_state_release) struct target_state t = { 0 };
	const struct target_conf *c = name ? conf_target(p->conf, name) : NULL;
	int rc;

	if (!c || strcmp(name, u->notice.target) == 0)
		return 0;
	if (c->type == TARGET_EXEC) {
		rc = may_run_hooks(p, u, err);
		if (rc <= 0)
			return rc;
	}
	rc = targets_get(p->store, name, &t, err);
	return rc < 0 ? rc : t.disabled_ms == 0 && t.refused_ms == 0;
}

/* *ret is NULL when there is nobody else. */
static int choose(struct pipeline *p, const struct unheard *u,
		  const struct target_conf **ret, struct err *err)
{
	const struct conf *c = p->conf;
	const struct target_conf *own = conf_target(c, u->notice.target);
	const char *first[] = { own ? own->second : NULL, c->policy.fallback };
	size_t n = ARRAY_SIZE(first) + c->n_targets;

	*ret = NULL;
	for (size_t i = 0; i < n; i++) {
		const char *name =
			i < ARRAY_SIZE(first)
				? first[i]
				: c->targets[i - ARRAY_SIZE(first)].name;
		int rc = can_carry(p, name, u, err);

		if (rc < 0)
			return rc;
		if (rc > 0) {
			*ret = conf_target(c, name);
			return 0;
		}
	}
	return 0;
}

static const char *what_happened(const struct unheard *u)
{
	if (u->gone)
		return "is no longer configured";
	if (u->astray)
		return "has other recipients now";
	if (u->dead)
		return "could not be given this message";
	if (u->refused)
		return "refuses our credentials";
	if (u->waits)
		return "wants nothing for a while";
	return "failed three times";
}

/* Why the first one was owed, and why it goes elsewhere; of several changes of
 * the settings the last. */
static char *reason_of(const struct unheard *u)
{
	static const char joint[] = "; target ";
	const char *first = u->notice.reason ? u->notice.reason : "";
	const char *end = strstr(first, joint);
	int len = (int)(end ? (size_t)(end - first) : strlen(first));

	return xasprintf("%.*s%s%s %s; you are told instead", len, first,
			 len ? joint : joint + strlen("; "), u->notice.target,
			 what_happened(u));
}

/*
 * The key is made of the first message's, so that it is the same whenever this
 * is done, and differs by whom it is for. The time is that of the first too:
 * the message says how late it is.
 */
static int put_one(struct pipeline *p, const struct unheard *u,
		   const struct target_conf *to, const char *recipient,
		   int64_t now_ms, struct err *err)
{
	CLEANUP(free_ptr) char *reason = reason_of(u);
	struct notice n = {
		.alert_id = u->notice.alert_id,
		.bundle_id = u->notice.bundle_id,
		.episode = u->notice.episode,
		.target = to->name,
		.recipient = (char *)recipient,
		.kind = u->notice.kind,
		.step = u->notice.step,
		.severity = u->notice.severity,
		.reason = reason,
		.created_ms = u->notice.created_ms,
		.not_before_ms = now_ms,
		.expires_ms = u->notice.expires_ms,
	};

	notice_key(&(struct notice_subject){ .subject = u->notice.key,
					     .episode = n.episode,
					     .kind = n.kind,
					     .step = n.step,
					     .target = n.target,
					     .recipient = recipient },
		   n.key);
	return outbox_put_second(p->store, &n, u->notice.id, err);
}

/* Of a message that went astray its own target may have others, to whom it was
 * owed beside. */
static int put_new(struct pipeline *p, const struct unheard *u,
		   const struct target_conf *to, const char *recipient,
		   int64_t now_ms, struct err *err)
{
	int rc = 0;

	if (u->astray)
		rc = outbox_reader_has_news(p->store, &u->notice, to->name,
					    recipient, err);
	return rc != 0 ? rc : put_one(p, u, to, recipient, now_ms, err);
}

/* To every recipient of @to, unless it has this very news already: another
 * recipient of the same message failed too, or a route names both. */
static int put_all(struct pipeline *p, const struct unheard *u,
		   const struct target_conf *to, int64_t now_ms,
		   struct err *err)
{
	int rc = 0;

	if (!u->astray)
		rc = outbox_has_news(p->store, &u->notice, to->name, err);
	if (rc != 0)
		return rc;
	if (to->to.n == 0)
		rc = put_new(p, u, to, NULL, now_ms, err);
	for (size_t i = 0; i < to->to.n && rc >= 0; i++)
		rc = put_new(p, u, to, to->to.v[i], now_ms, err);
	return rc;
}

static int write_down(struct pipeline *p, const struct unheard *u,
		      const char *second, int64_t now_ms, struct err *err)
{
	CLEANUP(free_ptr)
	char *detail = story_detail("{s:I, s:s, s:s*, s:I, s:s*}", "delivery",
				    (json_int_t)u->notice.id, "target",
				    u->notice.target, "second", second,
				    "attempts", (json_int_t)u->notice.attempts,
				    "error", u->notice.last_error);

	return audit_add(p->store,
			 &(struct audit_event){
				 .alert_id = u->notice.alert_id,
				 .at_ms = now_ms,
				 .actor = "triaged",
				 .kind = second ? "told-instead"
						: "nobody-else-to-tell",
				 .detail = detail,
			 },
			 err);
}

/* Does it ask its reader to do something? Who else would, had they not been
 * told of the beginning, only wonder at the rest. */
static bool calls(const struct notice *n)
{
	switch (n->kind) {
	case NOTICE_OPENED:
	case NOTICE_REOPENED:
	case NOTICE_ESCALATED:
	case NOTICE_WARNING:
	case NOTICE_BREACHED:
	case NOTICE_DIGEST:
		return true;
	case NOTICE_UPDATED:
		return !notice_is_about_response(n->step);
	case NOTICE_ACKNOWLEDGED:
	case NOTICE_CLOSED:
	case NOTICE_TEST:
	case NOTICE_SILENCE:
	case NOTICE_RESPONSE:
		break;
	}
	return false;
}

/* It is owed to nobody any more. 1, 0: it was not before. */
static int bury(struct pipeline *p, const struct unheard *u,
		const struct target_conf *to, struct err *err)
{
	const char *what = u->astray ? "the target has other recipients now"
				     : "the target is no longer configured";
	CLEANUP(free_ptr)
	char *why =
		to ? xasprintf("%s; target %s is told instead", what, to->name)
		   : xstrdup(what);

	return outbox_drop(p->store, u->notice.id, why, err);
}

static int second_one(struct pipeline *p, const struct unheard *u,
		      int64_t now_ms, const struct target_conf **ret,
		      struct err *err)
{
	const struct target_conf *to = NULL;
	int rc = 0;

	*ret = NULL;
	if (u->gone && !calls(&u->notice))
		return MIN(bury(p, u, NULL, err), 0);
	rc = choose(p, u, &to, err);
	if (rc >= 0 && to)
		rc = put_all(p, u, to, now_ms, err);
	if (rc >= 0 && u->gone)
		rc = MIN(bury(p, u, to, err), 0);
	if (rc >= 0)
		rc = outbox_told_instead(p->store, u->notice.id,
					 to ? to->name : "", err);
	if (rc >= 0)
		rc = write_down(p, u, to ? to->name : NULL, now_ms, err);
	if (rc >= 0)
		*ret = to;
	return rc;
}

static void say(const struct unheard *u, const struct target_conf *to)
{
	if ((u->gone || u->astray) && !calls(&u->notice))
		return;
	if (u->gone || u->astray) {
		log_event(LOG_WARNING, MSG_TARGET_GONE,
			  u->gone ? "a target left the settings while it was "
				    "owed a notice"
				  : "a recipient left the settings while it "
				    "was owed a notice",
			  kv_str("TARGET", u->notice.target),
			  kv_str("SECOND", to ? to->name : NULL),
			  kv_int("DELIVERY", u->notice.id),
			  kv_int("ALERT_ID", u->notice.alert_id));
		return;
	}
	log_event(to ? LOG_WARNING : LOG_ERR,
		  to ? MSG_SECOND_CHANNEL : MSG_NOBODY_ELSE,
		  to ? "a critical notice does not arrive, another target is "
		       "told"
		     : "a critical notice does not arrive and there is no "
		       "other target to tell",
		  kv_str("TARGET", u->notice.target),
		  kv_str("SECOND", to ? to->name : NULL),
		  kv_int("DELIVERY", u->notice.id),
		  kv_int("ALERT_ID", u->notice.alert_id),
		  kv_str("ERROR", u->notice.last_error));
}

static int second_all(struct pipeline *p, const struct unheard *v, int n,
		      int64_t now_ms, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	const struct target_conf *to[SLICE];
	int rc = txn_begin(&txn, p->store, err);

	for (int i = 0; i < n && rc >= 0; i++)
		rc = second_one(p, &v[i], now_ms, &to[i], err);
	if (rc >= 0)
		rc = txn_commit(&txn, err);
	for (int i = 0; i < n && rc >= 0; i++)
		say(&v[i], to[i]);
	return rc;
}

/* Their messages wait for nobody: also when the daemon was down meanwhile. */
static int find_orphans(struct pipeline *p, struct unheard *ret,
			struct err *err)
{
	CLEANUP(strlist_release) struct strlist names = STRLIST_INIT;

	for (size_t i = 0; i < p->conf->n_targets; i++)
		strlist_add(&names, p->conf->targets[i].name);
	return outbox_orphans(p->store, &names, ret, SLICE, err);
}

int second_run(struct pipeline *p, int64_t now_ms, struct err *err)
{
	struct unheard v[SLICE];
	int n = outbox_unheard(p->store, SECOND_AFTER, now_ms, v, SLICE, err);
	int rc = 0;

	if (n == 0)
		n = find_orphans(p, v, err);
	if (n <= 0)
		return n;
	rc = second_all(p, v, n, now_ms, err);
	for (int i = 0; i < n; i++)
		notice_release(&v[i].notice);
	if (rc < 0)
		return rc;
	p->on_commit(p->arg);
	return n;
}

/* *ret: whose other recipients get it; NULL: nobody needs to. */
static int choose_own(struct pipeline *p, const struct unheard *u,
		      const struct target_conf **ret, struct err *err)
{
	const struct target_conf *own = conf_target(p->conf, u->notice.target);
	int rc = own && calls(&u->notice);

	if (rc > 0 && own->type == TARGET_EXEC)
		rc = may_run_hooks(p, u, err);
	*ret = rc > 0 ? own : NULL;
	return MIN(rc, 0);
}

/* The row goes first: one that ended while it was tried is owed to nobody. */
static int readdress(struct pipeline *p, const struct unheard *u,
		     int64_t now_ms, const struct target_conf **ret,
		     struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	const struct target_conf *to = NULL;
	int rc = txn_begin(&txn, p->store, err);

	if (rc >= 0)
		rc = choose_own(p, u, &to, err);
	if (rc >= 0)
		rc = bury(p, u, to, err);
	if (rc <= 0)
		return rc;
	if (to)
		rc = put_all(p, u, to, now_ms, err);
	if (rc >= 0 && to)
		rc = outbox_told_instead(p->store, u->notice.id, to->name, err);
	if (rc >= 0 && to)
		rc = write_down(p, u, to->name, now_ms, err);
	rc = rc < 0 ? rc : txn_commit(&txn, err);
	*ret = to;
	return rc < 0 ? rc : 1;
}

int second_readdress(struct pipeline *p, const struct notice *n, int64_t now_ms,
		     struct err *err)
{
	const struct unheard u = { .notice = *n, .astray = true };
	const struct target_conf *to = NULL;
	int rc = readdress(p, &u, now_ms, &to, err);

	if (rc <= 0)
		return rc;
	say(&u, to);
	p->on_commit(p->arg);
	return rc;
}
