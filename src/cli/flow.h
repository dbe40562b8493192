/* Words that flow into lines: wrapped between words, indented behind. */
#ifndef CLI_FLOW_H
#define CLI_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include "util/strbuf.h"

struct flow {
	struct strbuf *out; /* borrowed */
	size_t width; /* columns of a line; SIZE_MAX: no limit */
	size_t indent; /* where words begin */
	size_t column; /* where the cursor is */
	bool blank; /* a blank is owed before the next word */
};

/*
 * Add safe text word by word. A word that does not fit goes to the next line,
 * where it is never cut: a link must stay whole to be copied. What stood
 * without a blank before it stays with what it follows.
 */
void flow_add(struct flow *f, const char *text);
/*
 * Add a line for the shell: what goes to the next line is joined to it by a
 * backslash, so that the whole can be copied. Broken between its words only,
 * not within quotes, nor in a comment.
 */
void flow_add_command(struct flow *f, const char *text);
/* Add text as it is, at the indent of this line, or of the next one when this
 * one has words. */
void flow_add_line(struct flow *f, const char *text, size_t len);
/* The next word begins a line. */
void flow_break(struct flow *f);

#endif
