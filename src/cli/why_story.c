/*
 * The past of an alert in order: events of the audit log and messages, each
 * with its time and as a sentence. Called by cmd_why.
 *
 * tested with: test_why
 */
#include <stdlib.h>
#include <string.h>
#include "cli/why_priv.h"
#include "util/xmalloc.h"

/* A row of either kind and its place in time. */
struct moment {
	int64_t at_ms;
	bool is_delivery; /* what was owed comes behind why it was */
	size_t row;
};

static int compare(const void *a, const void *b)
{
	const struct moment *x = a, *y = b;

	if (x->at_ms != y->at_ms)
		return x->at_ms < y->at_ms ? -1 : 1;
	if (x->is_delivery != y->is_delivery)
		return x->is_delivery ? 1 : -1;
	return x->row < y->row ? -1 : x->row > y->row;
}

static const char *const names[] = { "at_ms", "actor", "kind", "target",
				     "text" };

static void keep_event(struct rows *to, const struct case_view *v, size_t row)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const struct rows *r = &v->events;

	why_add_event(&text, r, row);
	(void)rows_keep(to, ARRAY_SIZE(names), names,
			(const struct cell[]){ *rows_cell(r, row, "at_ms"),
					       *rows_cell(r, row, "actor"),
					       *rows_cell(r, row, "kind"),
					       cell_null(),
					       cell_text(text.buf) });
}

static void keep_delivery(struct rows *to, const struct case_view *v,
			  size_t row)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const struct rows *r = &v->deliveries;

	strbuf_addstr(&text, "to ");
	why_add_delivery(&text, r, row, v->now_ms);
	(void)rows_keep(to, ARRAY_SIZE(names), names,
			(const struct cell[]){ *rows_cell(r, row, "created_ms"),
					       cell_text("triaged"),
					       *rows_cell(r, row, "kind"),
					       *rows_cell(r, row, "target"),
					       cell_text(text.buf) });
}

static bool is_about(const struct case_view *v, size_t row, const char *target)
{
	const char *to = rows_text(&v->deliveries, row, "target");

	return !target || (to && strcmp(to, target) == 0);
}

void why_story_rows(struct rows *to, const struct case_view *v,
		    const char *target)
{
	size_t n = v->events.n + v->deliveries.n, used = 0;
	CLEANUP(free_ptr) struct moment *all = xcalloc(n + 1, sizeof(*all));

	for (size_t i = 0; i < v->events.n; i++)
		all[used++] =
			(struct moment){ rows_integer(&v->events, i, "at_ms"),
					 false, i };
	for (size_t i = 0; i < v->deliveries.n; i++) {
		if (is_about(v, i, target))
			all[used++] =
				(struct moment){ rows_integer(&v->deliveries, i,
							      "created_ms"),
						 true, i };
	}
	qsort(all, used, sizeof(*all), compare);
	for (size_t i = 0; i < used; i++) {
		if (all[i].is_delivery)
			keep_delivery(to, v, all[i].row);
		else
			keep_event(to, v, all[i].row);
	}
}
