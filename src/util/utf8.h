/* Text from strangers: made valid, cut on a code point, made harmless. */
#ifndef UTIL_UTF8_H
#define UTIL_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include "util/strbuf.h"

/* RFC 3629: no surrogates, no overlong forms, at most U+10FFFF. */
bool utf8_valid(const char *s, size_t len);
/* Code points of valid text. */
size_t utf8_length(const char *s);

enum utf8_clean {
	UTF8_LINE = 0, /* newlines and tabs become a blank */
	UTF8_KEEP_NEWLINES = 1, /* keep \n (CRLF folded to it) and \t */
};

/*
 * Append at most @max_chars code points of @s (0: all): invalid bytes become
 * U+FFFD; C0, DEL, C1, bidirectional overrides and line separators are
 * dropped; what was cut ends with U+2026.
 */
void utf8_add_clean(struct strbuf *sb, const char *s, size_t max_chars,
		    enum utf8_clean how);
/* Heap copy by utf8_add_clean; NULL gives NULL. */
char *utf8_clean_dup(const char *s, size_t max_chars, enum utf8_clean how);

#endif
