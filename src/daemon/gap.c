/*
 * The gap door of the pipeline: a slice of time that a source gave up reading
 * for now is a row, an event and an alert about triaged itself, until a
 * complete listing covers it. Called by the sources through struct ingest, and
 * by the pipeline.
 *
 * Whatever listing reads it closes it, not only the one that was sent for it:
 * a source that was killed between opening the gap and storing its plan knows
 * of none afterwards, and reads that time as any other. What the settings leave
 * out by now is read by nobody: such gaps end, and are opened again when it is
 * read once more and cannot be.
 *
 * tested with: test_pipeline
 */
#include <stdlib.h>
#include <string.h>

#include "conf/scope.h"
#include "daemon/pipeline_priv.h"
#include "daemon/story.h"
#include "store/audit.h"
#include "store/coverage.h"
#include "store/look.h"
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
		     const char *why, bool over, int64_t now_ms,
		     struct err *err)
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
			 w->source, from, to, why);
	return self_accept(p,
			   &(struct self_alert){
				   .slug = slug,
				   .severity = SEVERITY_HIGH,
				   .title = title,
				   .description = text,
				   .remediation = "triagectl coverage\n"
						  "triagectl doctor",
				   .resolved = over,
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
		rc = gap_alert(p, w, why, false, now_ms, err);
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
		rc = gap_alert(p, &gap, "it was read", true, at->now_ms, err);
		if (rc < 0)
			return rc;
		n++;
	}
	return rc < 0 ? rc : n;
}

/* --- of what the settings leave out by now --- */

/* Open ones that nobody reads any more; @why says why, for each. */
struct bygone_gaps {
	const struct conf *conf;
	struct bygone_gap {
		char *source, *scope;
		int64_t from_ms, to_ms;
		const char *why;
	} * v;
	size_t n, n_alloc;
};

static void bygone_gaps_release(struct bygone_gaps *b)
{
	for (size_t i = 0; i < b->n; i++) {
		free(b->v[i].source);
		free(b->v[i].scope);
	}
	free(b->v);
}

/* NULL: it is read. */
static const char *why_unread(const struct conf *c, const char *source,
			      const char *scope)
{
	for (size_t i = 0; i < c->n_sources; i++) {
		if (strcmp(c->sources[i].name, source) != 0)
			continue;
		return !*scope || conf_source_asks(&c->sources[i], scope)
			       ? NULL
			       : "the settings of the source leave it out by "
				 "now, so nobody reads it";
	}
	return "the settings do not name the source any more, so nobody reads "
	       "it";
}

static int add_unread(void *arg, size_t n, const char *const *columns,
		      const struct cell *cells)
{
	struct bygone_gaps *b = arg;
	struct bygone_gap g = { 0 };
	const char *source = "", *scope = "";

	for (size_t i = 0; i < n; i++) {
		if (strcmp(columns[i], "source") == 0)
			source = cells[i].text;
		else if (strcmp(columns[i], "scope") == 0)
			scope = cells[i].text;
		else if (strcmp(columns[i], "from_ms") == 0)
			g.from_ms = cells[i].integer;
		else if (strcmp(columns[i], "to_ms") == 0)
			g.to_ms = cells[i].integer;
	}
	g.why = why_unread(b->conf, source, scope);
	if (!g.why)
		return 0;
	g.source = xstrdup(source);
	g.scope = xstrdup(scope);
	GROW(b->v, b->n + 1, b->n_alloc);
	b->v[b->n++] = g;
	return 0;
}

static int end_unread(struct pipeline *p, const struct bygone_gap *g,
		      struct err *err)
{
	const struct poll_window w = { g->source, g->scope, g->from_ms,
				       g->to_ms };
	int64_t now_ms = clock_wall_ms();
	int rc = coverage_gap_end(p->store, &w, now_ms, err);

	if (rc <= 0)
		return rc;
	rc = gap_event(p, &w, "gap-closed", g->why, now_ms, err);
	return rc < 0 ? rc : gap_alert(p, &w, g->why, true, now_ms, err);
}

int gap_end_bygone(struct pipeline *p, struct err *err)
{
	CLEANUP(bygone_gaps_release) struct bygone_gaps b = { .conf = p->conf };
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	const struct selector sel = { .limit = INT64_MAX };
	int rc = txn_begin(&txn, p->store, err);

	if (rc >= 0)
		rc = look(p->store, LOOK_GAPS, &sel, add_unread, &b, err);
	for (size_t i = 0; i < b.n && rc >= 0; i++)
		rc = end_unread(p, &b.v[i], err);
	if (rc < 0 || b.n == 0)
		return rc;
	rc = txn_commit(&txn, err);
	if (rc >= 0)
		p->on_commit(p->arg);
	return rc;
}
