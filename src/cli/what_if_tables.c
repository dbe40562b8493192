/*
 * The tables of what-if: breaches, what each target gets, what is held back,
 * hour by hour. Called by what_if_report.c.
 *
 * tested with: scenario/test_what_if
 */
#include "cli/what_if_priv.h"

#include <stdlib.h>
#include "util/xmalloc.h"

#define HOURS_SHOWN 10

static struct cell size_cell(size_t n)
{
	return cell_integer((int64_t)n);
}

void account_say_breaches(struct writer *w, const struct account *a)
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

/* Of one target, in one hour or in all of them. */
struct tally {
	size_t target;
	int64_t hour_ms;
	size_t notices[2], messages[2]; /* then, now */
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
			v[n++] = (struct tally){ .target = p->target,
						 .hour_ms = p->hour_ms };
		}
		v[n - 1].notices[p->now] += p->message == 0;
		v[n - 1].messages[p->now] += p->message != 0;
	}
	*ret_n = n;
	return v;
}

static size_t gap(const size_t v[2])
{
	return v[0] > v[1] ? v[0] - v[1] : v[1] - v[0];
}

/* What people receive goes before what was decided. */
static int tally_order(const void *pa, const void *pb)
{
	const struct tally *a = pa, *b = pb;

	if (gap(a->messages) != gap(b->messages))
		return gap(a->messages) > gap(b->messages) ? -1 : 1;
	if (gap(a->notices) != gap(b->notices))
		return gap(a->notices) > gap(b->notices) ? -1 : 1;
	if (a->hour_ms != b->hour_ms)
		return a->hour_ms < b->hour_ms ? -1 : 1;
	return a->target < b->target ? -1 : a->target > b->target;
}

static void tally_row(struct rows *rows, const struct account *a,
		      const struct tally *t, bool by_hour)
{
	static const char *const names[] = { "target",	     "notices_then",
					     "notices_now",  "messages_then",
					     "messages_now", "hour_ms" };
	const struct cell cells[] = {
		cell_text(a->targets.v[t->target]), size_cell(t->notices[0]),
		size_cell(t->notices[1]),	    size_cell(t->messages[0]),
		size_cell(t->messages[1]),	    cell_integer(t->hour_ms),
	};

	(void)rows_keep(rows, ARRAY_SIZE(names) - !by_hour, names, cells);
}

#define TALLY_COLUMNS                                                          \
	{ "target", "TARGET", AS_TEXT, COLUMN_FLEX, NULL },                    \
		{ "notices_then", "NOTICES THEN", AS_TEXT, COLUMN_RIGHT,       \
		  NULL },                                                      \
		{ "notices_now", "NOW", AS_TEXT, COLUMN_RIGHT, NULL },         \
		{ "messages_then", "MESSAGES THEN", AS_TEXT, COLUMN_RIGHT,     \
		  NULL },                                                      \
	{                                                                      \
		"messages_now", "NOW", AS_TEXT, COLUMN_RIGHT, NULL             \
	}

void account_say_targets(struct writer *w, const struct account *a)
{
	static const struct column columns[] = { TALLY_COLUMNS };
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

void account_say_held(struct writer *w, const struct account *a)
{
	static const char *const names[] = { "cause", "then", "now" };
	static const struct column columns[] = {
		{ "cause", "NOTICES THAT WAITED FOR", AS_TEXT, 0, NULL },
		{ "then", "THEN", AS_TEXT, COLUMN_RIGHT, NULL },
		{ "now", "NOW", AS_TEXT, COLUMN_RIGHT, NULL },
	};
	static const struct table table = {
		.key = "held",
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
	};
	CLEANUP(rows_release) struct rows rows = ROWS_INIT;

	for (int c = NOISE_NONE + 1; c < NOISE_CAUSE_MAX; c++) {
		const struct cell cells[] = {
			cell_text(noise_cause_name((enum noise_cause)c)),
			size_cell(a->held_then[c]),
			size_cell(a->held_now[c]),
		};

		if (a->held_then[c] || a->held_now[c])
			(void)rows_keep(&rows, ARRAY_SIZE(names), names, cells);
	}
	if (rows.n)
		writer_gap(w);
	writer_table(w, &table, &rows);
}

static bool differs(const struct tally *t)
{
	return gap(t->messages) > 0 || gap(t->notices) > 0;
}

void account_say_hours(struct writer *w, const struct account *a)
{
	static const struct column columns[] = {
		{ "hour_ms", "HOUR FROM", AS_LOCAL, 0, NULL },
		TALLY_COLUMNS,
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
		if (differs(&v[i]))
			tally_row(&most, a, &v[i], true);
	}
	if (most.n == 0)
		return;
	writer_gap(w);
	writer_table(w, &shown, &most);
}
