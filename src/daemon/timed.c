/*
 * The timed jobs. An SLA is a row with the moment to look at it again; nothing
 * here ticks. What fell due while the daemon was down is done once, on start.
 * Called by the agenda; decisions are triage's, what they do is the book's.
 *
 * tested with: test_pipeline
 */
#include "daemon/timed.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/book.h"
#include "daemon/drilling.h"
#include "daemon/flush.h"
#include "daemon/hush.h"
#include "daemon/owe.h"
#include "daemon/pipeline_priv.h"
#include "daemon/silencing.h"
#include "store/bundles.h"
#include "store/cases.h"
#include "store/txn.h"
#include "triage/digest_plan.h"
#include "util/xmalloc.h"

/* Alerts done in one transaction, and so in one turn of the loop. */
#define SLICE 64

static int do_case(struct pipeline *p, int64_t id, int64_t now_ms,
		   struct err *err)
{
	CLEANUP(book_case_release) struct book_case c;
	int rc = book_case(p, id, now_ms, &c, err);

	return rc <= 0 ? rc : casework_tick(&c.work, err);
}

/* Alerts with a clock, a ladder or an acknowledgement that is due. */
static int do_cases(struct pipeline *p, int64_t now_ms, struct err *err)
{
	int64_t ids[SLICE];
	int n, rc;

	n = cases_due(p->store, now_ms, ids, SLICE, err);
	for (int i = 0; i < n; i++) {
		rc = do_case(p, ids[i], now_ms, err);
		if (rc < 0)
			return rc;
	}
	return n;
}

/* Returns how many were looked at: those that go on waiting are done too. */
static int do_bundles(struct pipeline *p, int64_t now_ms, struct err *err)
{
	size_t left = 0;
	int n = flush_due(p, now_ms, now_ms, &left, err);

	return n < 0 ? n : n + (int)left;
}

static int do_silences(struct pipeline *p, int64_t now_ms, struct err *err)
{
	return silencing_run(p, now_ms, err);
}

int timed_run(struct pipeline *p, int64_t now_ms, struct err *err)
{
	static int (*const jobs[])(struct pipeline *, int64_t, struct err *) = {
		drilling_run, /* what is over climbs no ladder */
		do_silences,
		do_cases,
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
	if (rc >= 0)
		rc = hush_refresh(p, err);
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
	n = flush_due(p, now_ms + IMPORT_PLAN_WAIT_MS, now_ms, NULL, err);
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
	const int64_t moments[] = { cases_next_ms(p->store),
				    bundles_next_ms(p->store),
				    silencing_next_ms(p), drilling_next_ms(p) };
	int64_t next_ms = 0;

	for (size_t i = 0; i < ARRAY_SIZE(moments); i++) {
		if (moments[i] && (!next_ms || moments[i] < next_ms))
			next_ms = moments[i];
	}
	return next_ms;
}
