/*
 * A list that ends at its limit says so: who reads it takes it for all there
 * is. Called by the commands that list.
 *
 * tested with: scenario/test_control scenario/test_outbox
 */
#include "cli/shown.h"

void shown_limit(int64_t limit, struct selector *sel, struct rows *rows)
{
	int64_t max = limit > 0 ? limit : SHOWN_DEFAULT;

	if (limit < 0)
		max = INT32_MAX;
	rows->max = (size_t)max;
	sel->limit = max + 1;
}

void shown_say(struct writer *w, const struct rows *rows, const char *more)
{
	const struct cell n = cell_integer((int64_t)rows->n);

	writer_flag(w, "cut", rows->cut);
	if (!rows->cut)
		return;
	writer_gap(w);
	writer_line(w, NULL);
	writer_words(w, "Shown: the first ");
	writer_value(w, AS_TEXT, &n);
	writer_words(w, "; ");
	writer_words(w, more);
	writer_words(w, ".");
}
