/*
 * See silencing.h. Called by verbs_silence.c and by the timed job. The rules of
 * a silence are in triage/silences; what it holds back is the funnel's.
 *
 * tested with: test_silencing
 */
#include "daemon/silencing.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/hush.h"
#include "daemon/story.h"
#include "daemon/tidings.h"
#include "store/audit.h"
#include "store/bundles.h"
#include "store/cases.h"
#include "store/outbox.h"
#include "store/silence_rows.h"
#include "store/txn.h"
#include "triage/silences.h"
#include "triaged/messages.h"
#include "util/log.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

/* A preview looks at so many open alerts, the worst first. */
#define PREVIEW_MAX 20000

static int silencing_event(struct pipeline *p, const char *actor,
			   const char *kind, char *detail, int64_t now_ms,
			   struct err *err)
{
	return audit_add(p->store,
			 &(struct audit_event){
				 .at_ms = now_ms,
				 .actor = actor,
				 .kind = kind,
				 .detail = detail,
			 },
			 err);
}

/* --- what it covers --- */

static int count_alert(struct pipeline *p, const struct silence *s, int64_t id,
		       int64_t now_ms, struct silence_preview *ret,
		       struct err *err)
{
	CLEANUP(alert_view_release) struct alert_view v = { 0 };
	struct match_subject m = { .alert = &v.alert, .tags = &v.tags };
	int rc = alerts_load(p->store, id, &v, err);

	if (rc <= 0 || v.tracked.state != ALERT_OPEN)
		return rc;
	ret->n_open++;
	m.severity = v.tracked.severity;
	if (!silence_covers(s, &m, MAX(now_ms, s->starts_ms)))
		return 0;
	if (ret->n_covered < (int64_t)ARRAY_SIZE(ret->examples))
		ret->examples[ret->n_covered] = id;
	ret->n_covered++;
	ret->n_by_severity[m.severity]++;
	return 0;
}

int silencing_preview(struct pipeline *p, const struct silence *s,
		      int64_t now_ms, struct silence_preview *ret,
		      struct err *err)
{
	CLEANUP(free_ptr)
	int64_t *ids = xcalloc(PREVIEW_MAX, sizeof(*ids));
	struct silence_preview found = { .n_open = 0 };
	int n, rc = silence_check(s, now_ms, err);

	if (rc < 0)
		return rc;
	n = cases_open(p->store, ids, PREVIEW_MAX, err);
	for (int i = 0; i < n; i++) {
		rc = count_alert(p, s, ids[i], now_ms, &found, err);
		if (rc < 0)
			return rc;
	}
	if (n < 0)
		return n;
	*ret = found;
	return 0;
}

/* --- what people do --- */

/* A change was committed. What cannot be read again now is read before the next
 * message is judged. */
static void silencing_done(struct pipeline *p)
{
	struct err err = ERR_INIT;

	if (hush_refresh(p, &err) < 0)
		log_debug("silences: %s", err.text);
	p->on_commit(p->arg);
}

int silencing_add(struct pipeline *p, const struct silence *s, int64_t *ret_id,
		  struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	CLEANUP(free_ptr) char *detail = NULL;
	char from[TIMEFMT_MAX], until[TIMEFMT_MAX];
	int64_t id = 0;
	int rc = txn_begin(&txn, p->store, err);

	if (rc >= 0)
		rc = silence_rows_add(p->store, s, &id, err);
	if (rc < 0)
		return rc;
	detail = story_detail("{s:I, s:s, s:s, s:s, s:s, s:b}", "silence",
			      (json_int_t)id, "match", s->when_text, "reason",
			      s->reason, "from_at",
			      timefmt_utc(s->starts_ms, from), "until_at",
			      timefmt_utc(s->ends_ms, until), "covers_critical",
			      s->covers_critical);
	rc = silencing_event(p, s->author, "silence-added", detail,
			     s->created_ms, err);
	if (rc >= 0)
		rc = txn_commit(&txn, err);
	if (rc < 0)
		return rc;
	log_event(LOG_NOTICE, MSG_SILENCE_ADDED, "a silence was added",
		  kv_int("SILENCE", id), kv_str("MATCH", s->when_text),
		  kv_str("AUTHOR", s->author), kv_str("UNTIL", until));
	*ret_id = id;
	silencing_done(p);
	return 0;
}

/* Over, by @who or (NULL) by itself: what it holds is due now. */
static int silencing_over(struct pipeline *p, int64_t id, const char *who,
			  int64_t now_ms, struct err *err)
{
	CLEANUP(free_ptr)
	char *detail = story_detail("{s:I, s:b}", "silence", (json_int_t)id,
				    "early", who != NULL);
	char name[24];
	int rc = silence_rows_end(p->store, id, who, now_ms, err);

	if (rc <= 0)
		return rc;
	(void)snprintf(name, sizeof(name), "%" PRId64, id);
	rc = bundles_hasten(p->store, NOISE_SILENCE, name, now_ms, err);
	if (rc >= 0)
		rc = silencing_event(p, who ? who : "triaged", "silence-ended",
				     detail, now_ms, err);
	if (rc < 0)
		return rc;
	tidings_log(p->store, LOG_NOTICE, MSG_SILENCE_ENDED,
		    "a silence has ended", kv_int("SILENCE", id),
		    kv_str("BY", who ? who : "itself"));
	return 1;
}

static int silencing_check_open(struct pipeline *p, int64_t id, struct err *err)
{
	CLEANUP(silence_release) struct silence s = { 0 };
	int rc = silence_rows_get(p->store, id, &s, err);

	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND,
			       "there is no silence %" PRId64
			       " (see triagectl silence list)",
			       id);
	if (rc > 0 && s.ended_ms)
		return err_set(err, ERR_BAD_STATE,
			       "silence %" PRId64 " has ended already", id);
	return rc;
}

int silencing_end(struct pipeline *p, int64_t id, const char *who,
		  int64_t now_ms, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int rc = txn_begin(&txn, p->store, err);

	if (rc >= 0)
		rc = silencing_check_open(p, id, err);
	if (rc >= 0)
		rc = silencing_over(p, id, who, now_ms, err);
	if (rc >= 0)
		rc = txn_commit(&txn, err);
	if (rc < 0)
		return rc;
	silencing_done(p);
	return 0;
}

/* --- what happens at a time --- */

/* "silence 3 of ann (known scan) ends at 14:00 UTC ..." */
static char *announcement(const struct silence *s, int64_t n_held)
{
	char at[TIMEFMT_MAX];

	timefmt_minute(s->ends_ms, 0, at);
	return xasprintf("Silence %" PRId64 " of %s (%s) ends at %s UTC; it "
			 "matches %s and holds back %" PRId64 " alert%s.",
			 s->id, s->author, s->reason, at, s->when_text, n_held,
			 n_held == 1 ? "" : "s");
}

static int announce_to(struct pipeline *p, const struct silence *s,
		       const struct target_conf *t, const char *recipient,
		       struct notice *n, struct err *err)
{
	CLEANUP(free_ptr)
	char *subject = xasprintf("silence/%" PRId64, s->id);
	int rc;

	n->target = t->name;
	n->recipient = (char *)recipient;
	notice_key(&(struct notice_subject){ .subject = subject,
					     .kind = NOTICE_SILENCE,
					     .target = t->name,
					     .recipient = recipient },
		   n->key);
	rc = outbox_put(p->store, n, NULL, err);
	return rc < 0 ? rc : 0;
}

static int count_held(struct pipeline *p, int64_t id, int64_t *ret,
		      struct err *err)
{
	char name[24];

	(void)snprintf(name, sizeof(name), "%" PRId64, id);
	return bundles_count(p->store, NOISE_SILENCE, name, ret, err);
}

static int announce(struct pipeline *p, const struct silence *s, int64_t now_ms,
		    struct err *err)
{
	const char *name = s->notify ? s->notify : p->conf->policy.fallback;
	const struct target_conf *t = conf_target(p->conf, name);
	CLEANUP(free_ptr) char *reason = NULL;
	struct notice n = {
		.kind = NOTICE_SILENCE,
		.severity = SEVERITY_LOW,
		.created_ms = now_ms,
		.not_before_ms = now_ms,
		.expires_ms = s->ends_ms,
	};
	int64_t held = 0;
	int rc = silence_rows_announced(p->store, s->id, now_ms, err);

	if (rc >= 0)
		rc = count_held(p, s->id, &held, err);
	if (rc < 0)
		return rc;
	if (!t)
		t = conf_target(p->conf, p->conf->policy.fallback);
	if (!t)
		return 0;
	reason = announcement(s, held);
	n.reason = reason;
	if (t->type != TARGET_EMAIL)
		return announce_to(p, s, t, NULL, &n, err);
	for (size_t i = 0; i < t->to.n && rc >= 0; i++)
		rc = announce_to(p, s, t, t->to.v[i], &n, err);
	return rc;
}

static bool is_to_announce(const struct silence *s, int64_t now_ms)
{
	return !s->announced_ms && silence_announce_ms(s) <= now_ms &&
	       s->ends_ms > now_ms;
}

int silencing_run(struct pipeline *p, int64_t now_ms, struct err *err)
{
	size_t n;
	const struct silence *v = hush_silences(p, &n);
	int done = 0, rc = 0;

	for (size_t i = 0; i < n; i++) {
		if (v[i].ends_ms <= now_ms)
			rc = silencing_over(p, v[i].id, NULL, now_ms, err);
		else if (is_to_announce(&v[i], now_ms))
			rc = announce(p, &v[i], now_ms, err);
		else
			continue;
		if (rc < 0)
			return rc;
		done++;
	}
	return done;
}

int64_t silencing_next_ms(const struct pipeline *p)
{
	size_t n;
	const struct silence *v = hush_silences(p, &n);
	int64_t next_ms = 0;

	for (size_t i = 0; i < n; i++) {
		int64_t at_ms = v[i].announced_ms ? v[i].ends_ms
						  : silence_announce_ms(&v[i]);

		if (!next_ms || at_ms < next_ms)
			next_ms = at_ms;
	}
	return next_ms;
}
