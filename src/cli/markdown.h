/* Text of strangers in a Markdown document: it stays text, whatever it says. */
#ifndef CLI_MARKDOWN_H
#define CLI_MARKDOWN_H

#include <stdbool.h>
#include <stddef.h>
#include "util/strbuf.h"

/*
 * Append @text (safe for a terminal, one line) such that a reader of CommonMark
 * 0.31, with the extensions of GitHub or without, shows it as it is: no tag, no
 * link, no emphasis, no table.
 */
void markdown_add_text(struct strbuf *sb, const char *text);
/* The same as a code span, which also keeps addresses whole. */
void markdown_add_code(struct strbuf *sb, const char *text);
/*
 * Append @word, made by one of the above, as the first of a line, where it
 * could begin a heading, a list, a quote or a rule.
 */
void markdown_add_first(struct strbuf *sb, const char *word, size_t len);

#endif
