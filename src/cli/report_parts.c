/*
 * What a report works out of the rows of an alert: its phases, how its clocks
 * ended, fingerprints of what its source said. Called by report_case. Says
 * nothing.
 *
 * tested with: test_report
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "cli/pick.h"
#include "cli/report_priv.h"
#include "util/digest.h"
#include "util/jsonx.h"
#include "util/strbuf.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

#define DETAIL_HEAP (1024 * 1024)

/* --- phases --- */

/* The phase it is in while the events are walked. */
struct stay {
	char *phase, *actor, *why; /* phase NULL: closed */
	int64_t since_ms, episode;
};

static void stay_end(struct rows *to, struct stay *s, int64_t until_ms,
		     int64_t now_ms)
{
	static const char *const names[] = { "phase",	 "episode", "since_ms",
					     "until_ms", "seconds", "actor",
					     "why" };
	int64_t end_ms = until_ms ? until_ms : now_ms;

	if (!s->phase)
		return;
	(void)rows_keep(to, ARRAY_SIZE(names), names,
			(const struct cell[]){
				cell_text(s->phase), cell_integer(s->episode),
				cell_integer(s->since_ms),
				until_ms ? cell_integer(until_ms) : cell_null(),
				cell_integer((end_ms - s->since_ms) / 1000),
				cell_text(s->actor), cell_text(s->why) });
	free(s->phase);
	free(s->actor);
	free(s->why);
	s->phase = s->actor = s->why = NULL;
}

/* The phase that begins with the event; NULL: none does. */
static const char *phase_of(const struct stay *s, const char *kind,
			    const json_t *detail)
{
	bool unseen = s->phase && strcmp(s->phase, "detect") == 0;

	if (strcmp(kind, "opened") == 0 || strcmp(kind, "reopened") == 0)
		return "detect";
	if (strcmp(kind, "phase") == 0)
		return jsonx_str(detail, "to");
	if (strcmp(kind, "imported") == 0)
		return jsonx_str(detail, "phase");
	if (strcmp(kind, "triaged") == 0)
		return unseen ? jsonx_str(detail, "phase") : NULL;
	if (strcmp(kind, "acknowledged") == 0)
		return unseen ? "triage" : NULL;
	return NULL;
}

static void stay_step(struct rows *to, struct stay *s,
		      const struct case_view *v, size_t row)
{
	const struct cell *cell = rows_cell(&v->events, row, "detail");
	const char *kind = rows_text(&v->events, row, "kind");
	int64_t at_ms = rows_integer(&v->events, row, "at_ms");
	CLEANUP(jsonx_unref)
	json_t *detail = cell->text ? jsonx_parse(cell->text, cell->len,
						  DETAIL_HEAP, NULL)
				    : NULL;
	const char *phase = kind ? phase_of(s, kind, detail) : NULL;

	if (kind && (strcmp(kind, "closed") == 0 ||
		     strcmp(kind, "imported-closed") == 0)) {
		stay_end(to, s, at_ms, v->now_ms);
		return;
	}
	if (!phase)
		return;
	stay_end(to, s, at_ms, v->now_ms);
	if (strcmp(kind, "reopened") == 0)
		s->episode++;
	s->phase = xstrdup(phase);
	s->actor = xstrdup(rows_text(&v->events, row, "actor"));
	s->why = xstrdup(jsonx_str(detail, "note"));
	s->since_ms = at_ms;
}

void report_phase_rows(struct rows *to, const struct case_view *v)
{
	struct stay s = { .episode = 1 };

	for (size_t i = 0; i < v->events.n; i++)
		stay_step(to, &s, v, i);
	stay_end(to, &s, 0, v->now_ms);
}

/* --- clocks --- */

/* What ran out stays so when another severity gives it more time. */
static char *breach_words(bool stopped, int64_t margin_ms, const char *span)
{
	if (margin_ms > 0)
		return xasprintf(
			stopped ? "breached, then moved; stopped %s before it "
				  "was due"
				: "breached, then moved; due in %s and not "
				  "stopped",
			span);
	return xasprintf(stopped ? "breached, stopped %s late"
				 : "breached, %s late and not stopped",
			 span);
}

static char *clock_words(const struct rows *r, size_t i, int64_t margin_ms)
{
	bool stopped = rows_integer(r, i, "stopped_ms") != 0;
	char span[TIMEFMT_MAX];

	timefmt_span(margin_ms < 0 ? -margin_ms : margin_ms, span);
	if (pick_is(r, i, "state", "breached"))
		return breach_words(stopped, margin_ms, span);
	if (pick_is(r, i, "state", "met"))
		return xasprintf("met, %s before it was due", span);
	if (pick_is(r, i, "state", "held"))
		return xstrdup("on hold");
	return xasprintf(margin_ms < 0 ? "running, %s late"
				       : "running, due in %s",
			 span);
}

void report_clock_rows(struct rows *to, const struct case_view *v)
{
	static const char *const names[] = { "episode", "clock", "state",
					     "margin_seconds", "text" };
	const struct rows *r = &v->clocks;

	for (size_t i = 0; i < r->n; i++) {
		int64_t stopped_ms = rows_integer(r, i, "stopped_ms");
		int64_t margin_ms = rows_integer(r, i, "due_ms") -
				    (stopped_ms ? stopped_ms : v->now_ms);
		CLEANUP(free_ptr) char *text = clock_words(r, i, margin_ms);

		(void)rows_keep(to, ARRAY_SIZE(names), names,
				(const struct cell[]){
					*rows_cell(r, i, "episode"),
					*rows_cell(r, i, "clock"),
					*rows_cell(r, i, "state"),
					cell_integer(margin_ms / 1000),
					cell_text(text) });
	}
}

/* --- what the source said --- */

void report_revision_rows(struct rows *to, const struct rows *contents)
{
	static const char *const names[] = { "revision",   "seen_at",
					     "seen_ms",	   "source",
					     "changed",	   "content_hash",
					     "raw_sha256", "raw_bytes" };
	struct cell cells[ARRAY_SIZE(names)];
	uint8_t hash[DIGEST_SIZE];
	char hex[2 * DIGEST_SIZE + 1];

	for (size_t i = 0; i < contents->n; i++) {
		const struct cell *raw = rows_cell(contents, i, "raw");
		bool kept = raw->type != CELL_NULL;

		for (size_t j = 0; j < ARRAY_SIZE(names); j++)
			cells[j] = *rows_cell(contents, i, names[j]);
		if (kept)
			digest_sha256(raw->text, raw->len, hash);
		cells[6] = kept ? cell_text(digest_hex(hash, DIGEST_SIZE, hex))
				: cell_null();
		cells[7] = kept ? cell_integer((int64_t)raw->len) : cell_null();
		(void)rows_keep(to, ARRAY_SIZE(names), names, cells);
	}
}
