/*
 * The gap door of the pipeline: a slice of time that a source gave up reading
 * for now is a row, an event and an alert about triaged itself, until a
 * complete listing covers it. Called by the sources through struct ingest, and
 * by the pipeline.
 *
 * Whatever listing reads it closes it, not only the one that was sent for it:
 * a source that was killed between opening the gap and storing its plan knows
 * of none afterwards, and reads that time as any other.
 *
 * tested with: test_pipeline
 */
#include <stdlib.h>

#include "daemon/pipeline_priv.h"
#include "daemon/story.h"
#include "store/audit.h"
#include "store/coverage.h"
#include "store/txn.h"
#include "util/clock.h"
#include "util/xmalloc.h"

/* The history's row about a gap. */
static int gap_event(struct pipeline *p, const struct poll_window *w,
		     const char *kind, const char *why, int64_t now_ms,
		     struct err *err)
{
	CLEANUP(free_ptr) char *detail = NULL;
	char from[TIMEFMT_MAX], to[TIMEFMT_MAX];

	detail = story_detail("{s:s, s:s, s:s, s:s, s:s*}", "source", w->source,
			      "scope", w->scope ? w->scope : "", "from_at",
			      timefmt_utc(w->from_ms, from), "to_at",
			      timefmt_utc(w->to_ms, to), "reason", why);
	return audit_add(p->store,
			 &(struct audit_event){
				 .at_ms = now_ms,
				 .actor = "triaged",
				 .kind = kind,
				 .detail = detail,
			 },
			 err);
}

/* A gap is an alert of its own: it stays open for as long as the gap. */
static int gap_alert(struct pipeline *p, const struct poll_window *w,
		     const char *why, int64_t now_ms, struct err *err)
{
	CLEANUP(free_ptr) char *slug = NULL;
	CLEANUP(free_ptr) char *title = NULL;
	CLEANUP(free_ptr) char *text = NULL;
	char from[TIMEFMT_MAX], to[TIMEFMT_MAX];

	timefmt_utc(w->from_ms, from);
	timefmt_utc(w->to_ms, to);
	slug = xasprintf("coverage-gap/%s/%s/%s", w->source,
			 w->scope ? w->scope : "", from);
	title = xasprintf("Source %s cannot be read for a slice of time",
			  w->source);
	text = xasprintf("What source %s has between %s and %s could not be "
			 "read, so alerts of that time may be missing. It is "
			 "tried again every hour; everything else goes on. "
			 "Reason: %s",
			 w->source, from, to, why ? why : "it was read");
	return self_accept(p,
			   &(struct self_alert){
				   .slug = slug,
				   .severity = SEVERITY_HIGH,
				   .title = title,
				   .description = text,
				   .remediation = "triagectl coverage\n"
						  "triagectl doctor",
				   .resolved = !why,
			   },
			   now_ms, err);
}

int gap_open(void *ctx, const struct poll_window *w, const char *why,
	     struct err *err)
{
	struct pipeline *p = ctx;
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int64_t now_ms = clock_wall_ms();
	int fresh, rc;

	rc = txn_begin(&txn, p->store, err);
	if (rc < 0)
		return rc;
	fresh = coverage_gap_open(p->store, w, why, now_ms, err);
	if (fresh < 0)
		return fresh;
	if (fresh) {
		rc = gap_event(p, w, "gap-opened", why, now_ms, err);
		if (rc < 0)
			return rc;
		rc = gap_alert(p, w, why, now_ms, err);
		if (rc < 0)
			return rc;
	}
	rc = txn_commit(&txn, err);
	if (rc >= 0 && fresh)
		p->on_commit(p->arg);
	return rc;
}

int gap_close_read(struct pipeline *p, const struct poll_window *w,
		   const struct sighting *at, struct err *err)
{
	struct poll_window gap = { 0 };
	int n = 0, rc;

	while ((rc = coverage_gap_close(p->store, at->poll, at->now_ms, &gap,
					err)) > 0) {
		gap.source = w->source;
		gap.scope = w->scope;
		rc = gap_event(p, &gap, "gap-closed", NULL, at->now_ms, err);
		if (rc < 0)
			return rc;
		rc = gap_alert(p, &gap, NULL, at->now_ms, err);
		if (rc < 0)
			return rc;
		n++;
	}
	return rc < 0 ? rc : n;
}
