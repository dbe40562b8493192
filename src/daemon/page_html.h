/*
 * The HTML of the status page: headings and tables that a text browser shows
 * as well. All text is escaped, made valid and cut here.
 */
#ifndef DAEMON_PAGE_HTML_H
#define DAEMON_PAGE_HTML_H

#include <stdint.h>
#include "util/strbuf.h"

/* How a cell stands out. Never by colour alone: its text says it too. */
enum tone {
	TONE_PLAIN,
	TONE_DIM, /* of no interest now */
	TONE_GOOD,
	TONE_WARN,
	TONE_BAD,
};
#define TONE_MAX (TONE_BAD + 1)

void page_begin(struct strbuf *out, const char *title);
void page_end(struct strbuf *out);
void page_heading(struct strbuf *out, const char *text);
void page_paragraph(struct strbuf *out, enum tone tone, const char *text);
/* @columns ends with NULL; one that begins with '#' holds numbers, with '*'
 * long text. Then cells, as many as columns for each row. */
void page_table(struct strbuf *out, const char *const *columns);
void page_row(struct strbuf *out);
void page_cell(struct strbuf *out, enum tone tone, const char *text);
void page_long(struct strbuf *out, const char *text);
/* 0 is dim, anything else has @tone. */
void page_count(struct strbuf *out, enum tone tone, int64_t n);
void page_table_end(struct strbuf *out);

#endif
