/*
 * Rows of a table (RFC 4180) with a header, as the flat JSON objects they
 * stand for: Log Analytics exports its alerts so.
 */
#ifndef SOURCE_FILE_CSV_PRIV_H
#define SOURCE_FILE_CSV_PRIV_H

#include <stdbool.h>
#include "source/file_window_priv.h"
#include "util/strbuf.h"
#include "util/strlist.h"

struct file_csv {
	char delimiter;
	struct strlist names; /* as in the header; "" skips the column */
};

enum csv_row {
	CSV_ROW, /* *ret_json is the row as an object */
	CSV_BAD, /* *ret_raw is the row, *ret_reason what is wrong with it */
	CSV_MORE, /* the row does not end in the window */
	CSV_CUT, /* the file ends inside quotes */
	CSV_END, /* no rows are left */
	CSV_BROKEN, /* as CSV_BAD, and nothing behind it can be told apart */
};

/* Is @header (a line) that of a table of alerts? Then @c is filled. */
bool file_csv_open(struct file_csv *c, struct span header);
void file_csv_release(struct file_csv *c);

/* The next row; the window is moved behind it. */
enum csv_row file_csv_next(const struct file_csv *c, struct file_window *w,
			   struct strbuf *ret_json, struct span *ret_raw,
			   const char **ret_reason) must_check;

#endif
