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
	[DIFFERENCE_LET_THROUGH] = { "let through", "let through" },
	[DIFFERENCE_HELD_BACK] = { "held back", "held back" },
	[DIFFERENCE_HELD_OTHERWISE] = { "held otherwise", "held otherwise" },
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

static void say_left(struct writer *w, size_t n, const char *why)
{
	if (n == 0)
		return;
	writer_line(w, "Left out");
	say_count(w, n, n == 1 ? " alert" : " alerts");
	writer_words(w, why);
}

static void say_left_out(struct writer *w, const struct account *a)
{
	writer_object(w, "left_out");
	writer_field(w, "without_raw", size_cell(a->n_without_raw));
	writer_field(w, "not_whole", size_cell(a->n_not_whole));
	writer_field(w, "unreadable", size_cell(a->n_unreadable));
	writer_object_end(w);
	say_left(w, a->n_without_raw, " whose bytes are kept no longer");
	say_left(w, a->n_not_whole, " whose history is not whole");
	say_left(w, a->n_unreadable, " whose bytes cannot be read any more");
}

static void say_scope(struct writer *w, const struct account *a)
{
	writer_instant(w, "since", a->since_ms);
	writer_instant(w, "until", a->end_ms);
	writer_field(w, "alerts", size_cell(a->n_alerts));
	writer_field(w, "decisions", size_cell(a->n_decisions));
	writer_field(w, "pauses", size_cell(a->n_pauses));
	writer_field(w, "silences", size_cell(a->n_silences));
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

/* What nobody can know is said, not guessed. */
static void say_unknown(struct writer *w, const struct account *a)
{
	writer_object(w, "as_then");
	writer_field(w, "late", size_cell(a->n_late));
	writer_field(w, "never", size_cell(a->n_never));
	writer_object_end(w);
	if (!a->n_late && !a->n_never)
		return;
	writer_line(w, "Deliveries");
	say_count(w, a->n_late, " late by a minute or more, ");
	say_count(w, a->n_never, " that did not arrive: as then, for");
	writer_line(w, NULL);
	writer_words(w, "history does not tell what kept them");
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
		writer_words(w, a->n_alerts ? "none: this policy decides as "
					      "was decided"
					    : "none: nothing could be "
					      "compared");
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
	say_unknown(w, a);
	say_kinds(w, a);
	account_say_breaches(w, a);
	account_say_targets(w, a);
	account_say_held(w, a);
	account_say_hours(w, a);
	say_differences(w, a);
}
