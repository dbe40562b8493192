/*
 * What a decision, a person or the time do to one alert, in order: clocks,
 * acknowledgement, ladders. Called by daemon/ inside a transaction, by what-if
 * and by the simulation; knows no store and no target's address.
 */
#include "triage/casework.h"

#include <stdlib.h>
#include "triage/casework_priv.h"
#include "triage/sla.h"
#include "util/compiler.h"
#include "util/xmalloc.h"

/* Why the ladders of a decision start, for the line that each person reads. */
static void follow_cause(const struct decision *d, enum severity from,
			 struct strbuf *ret)
{
	const char *level = severity_name(d->severity);

	if (d->severity_rose)
		strbuf_addf(ret, "severity rose from %s to %s",
			    severity_name(from), level);
	else if (d->rule)
		strbuf_addf(ret, "severity %s by rule %s", level, d->rule);
	else
		strbuf_addf(ret, "severity %s", level);
}

static enum notice_kind follow_first(const struct decision *d)
{
	switch (d->transition) {
	case TRANSITION_REOPENED:
		return NOTICE_REOPENED;
	case TRANSITION_UPDATED:
		return NOTICE_UPDATED;
	case TRANSITION_NONE:
	case TRANSITION_OPENED:
	case TRANSITION_SEEN_CLOSED:
	case TRANSITION_CLOSED:
	case TRANSITION_STALE:
		break;
	}
	return NOTICE_OPENED;
}

int casework_follow(const struct casework *w, const struct decision *d,
		    enum severity from, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf cause = STRBUF_INIT;
	bool is_new = follow_first(d) != NOTICE_UPDATED;
	bool told = false;
	int rc = case_clocks_follow(w, d, from, err);

	if (rc >= 0 && d->ladder_stop)
		rc = case_ladders_stop(w, "stopped by the source", err);
	if (rc < 0 || !d->ladder_start)
		return rc;
	follow_cause(d, from, &cause);
	if (is_new)
		case_clocks_add_late(w, &cause);
	rc = case_ladders_start(w,
				&(struct case_cause){ cause.buf,
						      follow_first(d), &told },
				err);
	if (rc < 0 || told || !is_new)
		return rc;
	return case_clocks_tell_breach(w, err);
}

int casework_acknowledge(const struct casework *w, struct err *err)
{
	int rc = case_ladders_stop(w, "acknowledged", err);

	if (rc < 0 || !triage_policy(w->triage)->ack_counts)
		return rc;
	return case_clock_stop(w, CLOCK_TRIAGE, "acknowledged", err);
}

int casework_triaged(const struct casework *w, struct err *err)
{
	int rc = case_ladders_stop(w, "triaged", err);

	return rc < 0 ? rc : case_clock_stop(w, CLOCK_TRIAGE, "triaged", err);
}

int casework_close(const struct casework *w, const char *why, struct err *err)
{
	int rc = case_ladders_stop(w, why, err);

	for (int kind = 0; kind < CLOCK_KIND_MAX && rc >= 0; kind++)
		rc = case_clock_stop(w, (enum clock_kind)kind, why, err);
	return rc;
}

int casework_reopen(const struct casework *w, const char *who, struct err *err)
{
	enum severity severity = w->file->severity;
	struct decision d = { .transition = TRANSITION_REOPENED,
			      .severity = severity,
			      .ladder_start = true };
	CLEANUP(free_ptr) char *cause = xasprintf("%s re-opened it", who);
	int rc;

	if (severity == SEVERITY_INFO)
		return 0;
	rc = sla_plan(w->triage, severity, w->now_ms, &d.clock, err);
	if (rc < 0)
		return rc;
	d.clock_start = d.clock.due_ms != 0;
	rc = case_clocks_follow(w, &d, severity, err);
	if (rc < 0)
		return rc;
	return case_ladders_start(
		w,
		&(struct case_cause){ .text = cause, .first = NOTICE_REOPENED },
		err);
}

/* Nothing followed: it is open again, and the ladders say who had it. */
static int acknowledgement_end(const struct casework *w, struct err *err)
{
	struct casefile *c = w->file;
	const char *who = c->acknowledged_by ? c->acknowledged_by : "somebody";
	CLEANUP(free_ptr)
	char *cause = xasprintf("%s acknowledged it and nothing followed", who);
	const struct case_event e = {
		.file = c,
		.alert = w->alert,
		.kind = CASE_ACK_EXPIRED,
		.while_down = c->acknowledge_expires_ms < w->up_since_ms,
		.due_ms = c->acknowledge_expires_ms,
		.now_ms = w->now_ms,
	};
	int rc = w->book->unacknowledge(w->book->ctx, c, w->now_ms, err);

	if (rc < 0)
		return rc;
	c->state = ALERT_OPEN;
	c->acknowledge_expires_ms = 0;
	rc = w->book->event(w->book->ctx, &e, err);
	if (rc < 0)
		return rc;
	return case_ladders_start(w,
				  &(struct case_cause){
					  .text = cause,
					  .first = NOTICE_ESCALATED },
				  err);
}

static bool acknowledgement_ends(const struct casefile *c)
{
	return c->state == ALERT_ACKNOWLEDGED && c->acknowledge_expires_ms != 0;
}

int casework_tick(const struct casework *w, struct err *err)
{
	int rc = case_clocks_tick(w, err);

	if (rc >= 0 && acknowledgement_ends(w->file) &&
	    w->file->acknowledge_expires_ms <= w->now_ms)
		rc = acknowledgement_end(w, err);
	return rc < 0 ? rc : case_ladders_tick(w, err);
}

static int64_t sooner(int64_t a_ms, int64_t b_ms)
{
	if (a_ms == 0 || b_ms == 0)
		return a_ms ? a_ms : b_ms;
	return MIN(a_ms, b_ms);
}

int64_t casework_next_ms(const struct casefile *c)
{
	int64_t next_ms = 0;

	for (size_t i = 0; i < CLOCK_KIND_MAX; i++)
		next_ms = sooner(next_ms, c->clocks[i].next_ms);
	for (size_t i = 0; i < c->n_ladders; i++)
		next_ms = sooner(next_ms, c->ladders[i].next_ms);
	if (acknowledgement_ends(c))
		next_ms = sooner(next_ms, c->acknowledge_expires_ms);
	return next_ms;
}
