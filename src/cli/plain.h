/* The marks of Markdown taken off text that a source wrote for its own page. */
#ifndef CLI_PLAIN_H
#define CLI_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include "util/strbuf.h"

/*
 * Append @len bytes of @text line by line: without marks of headings and
 * emphasis, a link as "words (address)", each kind of bullet as "- ", without
 * empty lines. At most @max_lines lines and @max_bytes bytes (0: no limit);
 * returns whether something was left out. Not made safe for a terminal.
 */
bool plain_add(struct strbuf *sb, const char *text, size_t len,
	       size_t max_lines, size_t max_bytes);

#endif
