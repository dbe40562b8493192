/*
 * The timed jobs. An SLA is a row with the moment to look at it again; nothing
 * here ticks. What fell due while the daemon was down is done once, on start.
 * Called by the agenda; decisions are triage's, notices are owe's.
 *
 * tested with: test_pipeline
 */
#include "daemon/timed.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/owe.h"
#include "daemon/pipeline_priv.h"
#include "daemon/story.h"
#include "store/audit.h"
#include "store/bundles.h"
#include "store/clocks.h"
#include "store/txn.h"
#include "triage/sla.h"
#include "util/xmalloc.h"

/* Rows done in one transaction, and so in one turn of the loop. */
#define SLICE 64

static int clock_notice(struct pipeline *p, const struct alert_view *v,
			const struct sla_tick *tick, int64_t now_ms,
			struct err *err)
{
	bool breach = tick->event == SLA_BREACH;
	const char *reason = "you were told about it and its triage clock is "
			     "at 80 %";

	if (tick->event == SLA_WARN_50)
		return 0; /* an event in the log; the ladder speaks to people */
	if (breach)
		reason = tick->while_down
				 ? "its triage clock ran out while triaged was "
				   "down"
				 : "its triage clock ran out";
	return owe_told(p,
			&(struct owing){
				.alert_id = v->tracked.id,
				.episode = v->tracked.episode,
				.alert = &v->alert,
				.severity = v->tracked.severity,
				.kind = breach ? NOTICE_BREACHED
					       : NOTICE_WARNING,
				.reason = reason,
				.now_ms = now_ms,
			},
			breach, err);
}

static const char *const clock_events[] = {
	[SLA_NOTHING] = "",
	[SLA_WARN_50] = "sla-warning-50",
	[SLA_WARN_80] = "sla-warning-80",
	[SLA_BREACH] = "sla-breached",
};

static int clock_story(struct pipeline *p, const struct alert_view *v,
		       const struct clock_row *c, const struct sla_tick *tick,
		       int64_t now_ms, struct err *err)
{
	char due[TIMEFMT_MAX];
	CLEANUP(free_ptr)
	char *detail = story_detail("{s:s, s:I, s:b}", "due_at",
				    timefmt_utc(c->due_ms, due), "late_ms",
				    (json_int_t)MAX(now_ms - c->due_ms, 0),
				    "while_down", tick->while_down);
	int rc;

	rc = audit_add(p->store,
		       &(struct audit_event){
			       .alert_id = c->alert_id,
			       .at_ms = now_ms,
			       .actor = "triaged",
			       .kind = clock_events[tick->event],
			       .detail = detail,
		       },
		       err);
	if (rc < 0)
		return rc;
	story_tell(p, &(struct news){
			      .kind = tick->event == SLA_BREACH ? NEWS_BREACHED
								: NEWS_WARNING,
			      .alert_id = c->alert_id,
			      .alert = &v->alert,
			      .severity = v->tracked.severity,
			      .due_ms = c->due_ms,
			      .detail = tick->while_down ? "while down" : NULL,
		      });
	return 0;
}

static int do_clock(struct pipeline *p, const struct clock_row *c,
		    int64_t now_ms, struct err *err)
{
	static const int warned[] = { 0, 50, 80, 80 };
	CLEANUP(alert_view_release) struct alert_view v = { 0 };
	struct sla_tick tick;
	int rc;

	sla_tick(p->triage, c, now_ms, p->up_since_ms, &tick);
	rc = clocks_mark(p->store, c, MAX(c->warned, warned[tick.event]),
			 tick.event == SLA_BREACH ? c->due_ms : 0, tick.next_ms,
			 err);
	if (rc < 0 || tick.event == SLA_NOTHING)
		return rc;
	rc = alerts_load(p->store, c->alert_id, &v, err);
	if (rc <= 0)
		return rc;
	rc = clock_story(p, &v, c, &tick, now_ms, err);
	if (rc < 0)
		return rc;
	return clock_notice(p, &v, &tick, now_ms, err);
}

static int do_clocks(struct pipeline *p, int64_t now_ms, struct err *err)
{
	struct clock_row rows[SLICE];
	int n, rc;

	n = clocks_due(p->store, now_ms, rows, SLICE, err);
	for (int i = 0; i < n; i++) {
		rc = do_clock(p, &rows[i], now_ms, err);
		if (rc < 0)
			return rc;
	}
	return n;
}

static int do_ladder(struct pipeline *p, struct ladder_row *row, int64_t now_ms,
		     struct err *err)
{
	CLEANUP(alert_view_release) struct alert_view v = { 0 };
	int rc;

	rc = alerts_load(p->store, row->alert_id, &v, err);
	if (rc < 0)
		return rc;
	if (rc == 0 || v.tracked.state != ALERT_OPEN ||
	    v.tracked.episode != row->episode) {
		row->next_ms = 0;
		return ladders_save(p->store, row, err);
	}
	return owe_steps(p, &v, row, now_ms, err);
}

static int do_ladders(struct pipeline *p, int64_t now_ms, struct err *err)
{
	struct ladder_row rows[SLICE];
	int n, rc;

	n = ladders_due(p->store, now_ms, rows, SLICE, err);
	for (int i = 0; i < n; i++) {
		rc = do_ladder(p, &rows[i], now_ms, err);
		if (rc < 0)
			return rc;
	}
	return n;
}

/* Bundles due by @due_ms, sent at @now_ms. */
static int send_bundles(struct pipeline *p, int64_t due_ms, int64_t now_ms,
			struct err *err)
{
	struct bundle_row rows[SLICE];
	int n, rc = 0;

	n = bundles_due(p->store, due_ms, rows, SLICE, err);
	for (int i = 0; i < n; i++) {
		if (rc >= 0)
			rc = owe_bundle(p, &rows[i], now_ms, err);
		free(rows[i].name);
		free(rows[i].target);
	}
	return rc < 0 ? rc : n;
}

static int do_bundles(struct pipeline *p, int64_t now_ms, struct err *err)
{
	return send_bundles(p, now_ms, now_ms, err);
}

static int do_ack_end(struct pipeline *p, int64_t id, int64_t now_ms,
		      struct err *err)
{
	CLEANUP(alert_view_release) struct alert_view v = { 0 };
	CLEANUP(free_ptr) char *detail = NULL;
	const char *who;
	int rc;

	rc = alerts_load(p->store, id, &v, err);
	if (rc <= 0)
		return rc;
	who = v.tracked.acknowledged_by ? v.tracked.acknowledged_by
					: "somebody";
	detail = story_detail("{s:s}", "acknowledged_by", who);
	rc = alerts_unacknowledge(p->store, id, now_ms, err);
	if (rc < 0)
		return rc;
	rc = audit_add(p->store,
		       &(struct audit_event){
			       .alert_id = id,
			       .at_ms = now_ms,
			       .actor = "triaged",
			       .kind = "acknowledgement-expired",
			       .detail = detail,
		       },
		       err);
	if (rc < 0)
		return rc;
	story_tell(p, &(struct news){
			      .kind = NEWS_ACK_EXPIRED,
			      .alert_id = id,
			      .alert = &v.alert,
			      .severity = v.tracked.severity,
			      .detail = who,
		      });
	return owe_ladder_again(p, &v, who, now_ms, err);
}

static int do_ack_ends(struct pipeline *p, int64_t now_ms, struct err *err)
{
	int64_t ids[SLICE];
	int n, rc;

	n = alerts_ack_expired(p->store, now_ms, ids, SLICE, err);
	for (int i = 0; i < n; i++) {
		rc = do_ack_end(p, ids[i], now_ms, err);
		if (rc < 0)
			return rc;
	}
	return n;
}

int timed_run(struct pipeline *p, int64_t now_ms, struct err *err)
{
	static int (*const jobs[])(struct pipeline *, int64_t, struct err *) = {
		do_clocks,
		do_ack_ends,
		do_ladders,
		do_bundles,
	};
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int64_t next_ms = timed_next_ms(p);
	int done = 0;
	int rc;

	if (!next_ms || next_ms > now_ms)
		return 0;
	rc = txn_begin(&txn, p->store, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < ARRAY_SIZE(jobs); i++) {
		rc = jobs[i](p, now_ms, err);
		if (rc < 0)
			return rc;
		done += rc;
	}
	rc = txn_commit(&txn, err);
	if (rc < 0)
		return rc;
	if (done)
		p->on_commit(p->arg);
	return done;
}

int timed_flush(struct pipeline *p, int64_t now_ms, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int n, rc;

	rc = txn_begin(&txn, p->store, err);
	if (rc < 0)
		return rc;
	n = send_bundles(p, now_ms + OWE_IMPORT_WAIT_MS, now_ms, err);
	if (n < 0)
		return n;
	rc = txn_commit(&txn, err);
	if (rc < 0)
		return rc;
	if (n)
		p->on_commit(p->arg);
	return n;
}

int64_t timed_next_ms(struct pipeline *p)
{
	int64_t clocks = clocks_next_ms(p->store);
	int64_t acks = alerts_next_ack_expiry(p->store);

	if (!clocks || !acks)
		return clocks ? clocks : acks;
	return MIN(clocks, acks);
}
