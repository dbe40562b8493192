/*
 * The account of what-if: totals first, then where the policies differ most.
 * Called by cmd_what_if.c. People see the beginning of each list, programs all
 * of it.
 *
 * tested with: scenario/test_what_if
 */
#include "cli/what_if_priv.h"

#include <inttypes.h>
#include <stdlib.h>
#include "util/strbuf.h"
#include "util/xmalloc.h"

#define DIFFERENCES_SHOWN 20
#define HOURS_SHOWN 10

/* What one kind is called where there is one, or are several. */
static const char *const kind_counts[][2] = {
	[DIFFERENCE_BREACH_GAINED] = { "breach gained", "breaches gained" },
	[DIFFERENCE_BREACH_LOST] = { "breach lost", "breaches lost" },
	[DIFFERENCE_SEVERITY] = { "other severity", "other severities" },
	[DIFFERENCE_OUTCOME] = { "other outcome", "other outcomes" },
	[DIFFERENCE_DUE] = { "other clock", "other clocks" },
	[DIFFERENCE_ROUTE_GAINED] = { "route gained", "routes gained" },
	[DIFFERENCE_ROUTE_LOST] = { "route lost", "routes lost" },
	[DIFFERENCE_PAGE_GAINED] = { "page gained", "pages gained" },
	[DIFFERENCE_PAGE_LOST] = { "page lost", "pages lost" },
	[DIFFERENCE_PAGE_MOVED] = { "page moved", "pages moved" },
	[DIFFERENCE_RULE] = { "other rule", "other rules" },
};

static struct cell size_cell(size_t n)
{
	return cell_integer((int64_t)n);
}

static struct cell ms_cell(int64_t ms)
{
	return ms ? cell_integer(ms) : cell_null();
}

static void say_count(struct writer *w, size_t n, const char *words)
{
	struct cell c = size_cell(n);

	writer_value(w, AS_TEXT, &c);
	writer_words(w, words);
}

static void say_moment(struct writer *w, int64_t ms)
{
	struct cell c = ms_cell(ms);

	writer_value(w, AS_LOCAL, &c);
}

static void say_left_out(struct writer *w, const struct account *a)
{
	writer_object(w, "left_out");
	writer_field(w, "without_raw", size_cell(a->n_without_raw));
	writer_field(w, "not_whole", size_cell(a->n_not_whole));
	writer_field(w, "unreadable", size_cell(a->n_unreadable));
	writer_object_end(w);
	if (a->n_without_raw) {
		writer_line(w, "Left out");
		say_count(w, a->n_without_raw,
			  " alerts whose bytes are kept no longer");
	}
	if (a->n_not_whole) {
		writer_line(w, "Left out");
		say_count(w, a->n_not_whole,
			  " alerts whose history is not whole");
	}
	if (a->n_unreadable) {
		writer_line(w, "Left out");
		say_count(w, a->n_unreadable,
			  " alerts whose bytes cannot be read any more");
	}
}

static void say_scope(struct writer *w, const struct account *a)
{
	writer_instant(w, "since", a->since_ms);
	writer_instant(w, "until", a->end_ms);
	writer_field(w, "alerts", size_cell(a->n_alerts));
	writer_field(w, "decisions", size_cell(a->n_decisions));
	writer_field(w, "pauses", size_cell(a->n_pauses));
	writer_field(w, "read_anew", size_cell(a->n_read_anew));
	writer_line(w, "Lived again");
	say_count(w, a->n_alerts, a->n_alerts == 1 ? " alert" : " alerts");
	writer_words(w, ", ");
	say_count(w, a->n_decisions,
		  a->n_decisions == 1 ? " decision" : " decisions");
	writer_words(w, ", from ");
	say_moment(w, a->since_ms);
	writer_words(w, " to ");
	say_moment(w, a->end_ms);
	say_left_out(w, a);
	if (a->n_read_anew) {
		writer_line(w, "Read anew");
		say_count(w, a->n_read_anew,
			  " revisions that this release reads otherwise than "
			  "the one that stored them");
	}
}

static void say_kinds(struct writer *w, const struct account *a)
{
	const char *gap = ": ";

	writer_object(w, "counts");
	for (int k = 0; k < DIFFERENCE_KIND_MAX; k++)
		writer_field(w, difference_kind_name((enum difference_kind)k),
			     size_cell(a->n_of[k]));
	writer_object_end(w);
	writer_line(w, "Differences");
	if (a->n == 0) {
		writer_words(w, "none: this policy decides as was decided");
		return;
	}
	say_count(w, a->n, "");
	for (int k = 0; k < DIFFERENCE_KIND_MAX; k++) {
		if (a->n_of[k] == 0)
			continue;
		writer_words(w, gap);
		say_count(w, a->n_of[k], " ");
		writer_words(w, kind_counts[k][a->n_of[k] != 1]);
		gap = ", ";
	}
}

static void say_breaches(struct writer *w, const struct account *a)
{
	static const char *const names[] = { "severity", "then", "now" };
	static const struct column columns[] = {
		{ "severity", "BREACHES", AS_SEVERITY, 0, NULL },
		{ "then", "THEN", AS_TEXT, COLUMN_RIGHT, NULL },
		{ "now", "NOW", AS_TEXT, COLUMN_RIGHT, NULL },
	};
	static const struct table table = {
		.key = "breaches",
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
	};
	CLEANUP(rows_release) struct rows rows = ROWS_INIT;

	for (int s = SEVERITY_MAX - 1; s >= 0; s--) {
		const struct cell cells[] = {
			cell_text(severity_name((enum severity)s)),
			size_cell(a->breaches_then[s]),
			size_cell(a->breaches_now[s]),
		};

		if (a->breaches_then[s] || a->breaches_now[s])
			(void)rows_keep(&rows, ARRAY_SIZE(names), names, cells);
	}
	if (rows.n)
		writer_gap(w);
	writer_table(w, &table, &rows);
}

/* Pages of one target, in one hour or in all of them. */
struct tally {
	size_t target;
	int64_t hour_ms;
	size_t then, now;
};

/* From sorted marks; @by_hour: else one for each target. */
static struct tally *tally_up(const struct account *a, bool by_hour,
			      size_t *ret_n)
{
	struct tally *v = NULL;
	size_t n = 0, n_alloc = 0;

	for (size_t i = 0; i < a->n_pages; i++) {
		const struct page_mark *p = &a->pages[i];
		bool same = n > 0 && v[n - 1].target == p->target &&
			    (!by_hour || v[n - 1].hour_ms == p->hour_ms);

		if (!same) {
			GROW(v, n + 1, n_alloc);
			v[n++] = (struct tally){ p->target, p->hour_ms, 0, 0 };
		}
		v[n - 1].then += !p->now;
		v[n - 1].now += p->now;
	}
	*ret_n = n;
	return v;
}

static size_t tally_gap(const struct tally *t)
{
	return t->then > t->now ? t->then - t->now : t->now - t->then;
}

static int tally_order(const void *pa, const void *pb)
{
	const struct tally *a = pa, *b = pb;
	size_t x = tally_gap(a), y = tally_gap(b);

	if (x != y)
		return x > y ? -1 : 1;
	return a->hour_ms < b->hour_ms ? -1 : a->hour_ms > b->hour_ms;
}

static void tally_row(struct rows *rows, const struct account *a,
		      const struct tally *t, bool by_hour)
{
	static const char *const names[] = { "target", "then", "now",
					     "hour_ms" };
	const struct cell cells[] = {
		cell_text(a->targets.v[t->target]),
		size_cell(t->then),
		size_cell(t->now),
		cell_integer(t->hour_ms),
	};

	(void)rows_keep(rows, by_hour ? 4 : 3, names, cells);
}

static void say_targets(struct writer *w, const struct account *a)
{
	static const struct column columns[] = {
		{ "target", "PAGES TO", AS_TEXT, COLUMN_FLEX, NULL },
		{ "then", "THEN", AS_TEXT, COLUMN_RIGHT, NULL },
		{ "now", "NOW", AS_TEXT, COLUMN_RIGHT, NULL },
	};
	static const struct table table = {
		.key = "targets",
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
	};
	CLEANUP(rows_release) struct rows rows = ROWS_INIT;
	CLEANUP(free_ptr) struct tally *v = NULL;
	size_t n;

	v = tally_up(a, false, &n);
	for (size_t i = 0; i < n; i++)
		tally_row(&rows, a, &v[i], false);
	if (n)
		writer_gap(w);
	writer_table(w, &table, &rows);
}

static void say_hours(struct writer *w, const struct account *a)
{
	static const struct column columns[] = {
		{ "hour_ms", "HOUR FROM", AS_LOCAL, 0, NULL },
		{ "target", "PAGES TO", AS_TEXT, COLUMN_FLEX, NULL },
		{ "then", "THEN", AS_TEXT, COLUMN_RIGHT, NULL },
		{ "now", "NOW", AS_TEXT, COLUMN_RIGHT, NULL },
	};
	static const struct table shown = {
		.title = "The hours that differ most:",
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
	};
	static const struct table data = { .key = "hours" };
	CLEANUP(rows_release) struct rows all = ROWS_INIT;
	CLEANUP(rows_release) struct rows most = ROWS_INIT;
	CLEANUP(free_ptr) struct tally *v = NULL;
	size_t n;

	v = tally_up(a, true, &n);
	for (size_t i = 0; i < n; i++)
		tally_row(&all, a, &v[i], true);
	writer_table(w, &data, &all);
	if (n)
		qsort(v, n, sizeof(*v), tally_order);
	for (size_t i = 0; i < MIN(n, (size_t)HOURS_SHOWN); i++) {
		if (tally_gap(&v[i]) > 0)
			tally_row(&most, a, &v[i], true);
	}
	if (most.n == 0)
		return;
	writer_gap(w);
	writer_table(w, &shown, &most);
}

static void difference_row(struct rows *rows, const struct difference *d)
{
	static const char *const names[] = {
		"kind", "alert_id", "episode", "at_ms",	 "severity",
		"then", "now",	    "then_ms", "now_ms",
	};
	const struct cell cells[] = {
		cell_text(difference_kind_name(d->kind)),
		cell_integer(d->alert_id),
		cell_integer(d->episode),
		ms_cell(d->at_ms),
		cell_text(severity_name(d->severity)),
		cell_text(d->then),
		cell_text(d->now),
		ms_cell(d->then_ms),
		ms_cell(d->now_ms),
	};

	(void)rows_keep(rows, ARRAY_SIZE(names), names, cells);
}

/* "critical 15m, breached, 2026-11-22 02:08 UTC" */
static void say_side(struct writer *w, const char *words, int64_t ms)
{
	struct cell c = cell_text(words ? words : "nothing");

	writer_value(w, AS_TEXT, &c);
	if (!ms)
		return;
	writer_words(w, ", ");
	say_moment(w, ms);
}

static void say_one(struct writer *w, const struct difference *d)
{
	CLEANUP(free_ptr)
	char *label = xasprintf("Alert %" PRId64, d->alert_id);

	writer_line(w, label);
	writer_words(w, kind_counts[d->kind][0]);
	writer_words(w, ": ");
	say_side(w, d->then, d->then_ms);
	writer_words(w, " -> ");
	say_side(w, d->now, d->now_ms);
	if (d->then_ms || d->now_ms)
		return;
	writer_words(w, " (");
	say_moment(w, d->at_ms);
	writer_words(w, ")");
}

static void say_differences(struct writer *w, const struct account *a)
{
	static const struct table data = { .key = "differences" };
	CLEANUP(rows_release) struct rows all = ROWS_INIT;
	size_t shown = MIN(a->n, (size_t)DIFFERENCES_SHOWN);

	for (size_t i = 0; i < a->n; i++)
		difference_row(&all, &a->v[i]);
	writer_table(w, &data, &all);
	if (a->n == 0)
		return;
	writer_gap(w);
	writer_line(w, NULL);
	writer_words(w, "The most important differences, then -> now:");
	for (size_t i = 0; i < shown; i++)
		say_one(w, &a->v[i]);
	if (shown == a->n)
		return;
	writer_line(w, NULL);
	say_count(w, a->n - shown,
		  " more; all of them: triagectl what-if --json ...");
}

void account_say(struct writer *w, const struct account *a)
{
	say_scope(w, a);
	say_kinds(w, a);
	say_breaches(w, a);
	say_targets(w, a);
	say_hours(w, a);
	say_differences(w, a);
}
