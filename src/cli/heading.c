/*
 * The first line of `show` and `timeline`. Knows no more of an alert.
 *
 * tested with: test_screens
 */
#include "cli/heading.h"

void say_heading(struct writer *w, const struct rows *alert)
{
	writer_line(w, NULL);
	writer_words(w, "Alert ");
	writer_value(w, AS_TEXT, rows_cell(alert, 0, "id"));
	writer_words(w, ", ");
	writer_value(w, AS_SEVERITY, rows_cell(alert, 0, "severity"));
	writer_words(w, ", ");
	writer_value(w, AS_TEXT, rows_cell(alert, 0, "state"));
	writer_words(w, ": ");
	writer_value(w, AS_TEXT, rows_cell(alert, 0, "title"));
}
