/*
 * The one door between text from strangers and a terminal, a JSON reader or a
 * spreadsheet: what could drive them is shown as \u001b and the like. Also
 * measures and cuts what is safe.
 */
#ifndef CLI_ESCAPE_H
#define CLI_ESCAPE_H

#include <stddef.h>
#include "util/strbuf.h"

enum escape_how {
	ESCAPE_LINE, /* newline and tab are shown as \n and \t */
	ESCAPE_TEXT, /* newline stays; CR LF is one; tab is a blank */
};

/*
 * Append @len bytes made safe: C0, DEL, C1, bidirectional and invisible
 * controls and line separators as \uXXXX, bytes that are not UTF-8 as U+FFFD.
 * A backslash of the text stays alone: Windows paths are common in alerts.
 */
void escape_add(struct strbuf *sb, const char *s, size_t len,
		enum escape_how how);
/* The same for finished JSON text: its strings stay equal for a parser. */
void escape_add_json(struct strbuf *sb, const char *json);
/*
 * One field of CSV (RFC 4180): quoted where needed. A text that a spreadsheet
 * would take for a formula (= + - @ tab CR first) gets a ' before it.
 */
void escape_add_csv(struct strbuf *sb, const char *s, size_t len);

/* Columns that safe text takes on a terminal; our own colours take none. */
size_t escape_width(const char *s);
/* Append safe text cut to @width columns, the last one U+2026 when cut. */
void escape_add_cut(struct strbuf *sb, const char *s, size_t width);
/* The same, but the beginning goes and U+2026 is the first column: for paths,
 * whose beginnings are alike. */
void escape_add_cut_start(struct strbuf *sb, const char *s, size_t width);

#endif
