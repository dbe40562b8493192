/*
 * Files that are not JSON: tables of alerts and lines of the SIEM agent are
 * read, every other line is quarantined with what it looks like.
 */
#ifndef SOURCE_FILE_TEXT_PRIV_H
#define SOURCE_FILE_TEXT_PRIV_H

#include <stdbool.h>
#include "source/file_csv_priv.h"
#include "source/file_split_priv.h"
#include "source/file_window_priv.h"

enum file_kind {
	FILE_UNKNOWN, /* nothing but blanks so far */
	FILE_JSON,
	FILE_TEXT, /* *ret_is_table is set */
	FILE_FOREIGN, /* *ret_reason is set */
};

/* By the file's first bytes; the window is moved to the first that counts. */
enum file_kind file_text_start(struct file_window *w, bool *ret_is_table,
			       const char **ret_reason) must_check;
/* The rest of a file that is text, line by line or row by row. */
struct file_text {
	bool is_table, in_line, is_alerts, is_broken;
	struct file_csv csv; /* is_alerts: its header was read */
	struct strbuf json;
};

void file_text_init(struct file_text *t);
void file_text_release(struct file_text *t);
/* After file_text_start gave FILE_TEXT. */
void file_text_open(struct file_text *t, struct file_window *w, bool is_table);
/* As file_split_next; @ret's bytes are kept in the window. */
enum split file_text_next(struct file_text *t, struct file_window *w,
			  struct split_found *ret) must_check;

/* What to say about one line of text that is neither. */
const char *file_text_reason(struct span line, bool is_row);
/*
 * The next line that is not blank, without its end and clipped; the window is
 * moved behind it. 1, 0 when more bytes are needed (or, at the end of the
 * file, none are left). *in_line is kept between calls for lines longer than
 * the window.
 */
int file_text_line(struct file_window *w, bool *in_line,
		   struct span *ret_line) must_check;

#endif
