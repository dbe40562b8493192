/* Text from strangers: made valid, cut on a code point, made harmless. */
#ifndef UTIL_UTF8_H
#define UTIL_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "util/strbuf.h"

/* RFC 3629: no surrogates, no overlong forms, at most U+10FFFF. */
bool utf8_valid(const char *s, size_t len);
/*
 * The code point at @s (@len > 0 bytes left) and how many bytes it takes;
 * 0 when they are not valid UTF-8.
 */
size_t utf8_decode(const char *s, size_t len, uint32_t *ret_point);
/* Append the UTF-8 of a code point that is one. */
void utf8_add_point(struct strbuf *sb, uint32_t point);
/* Would it move the cursor or reorder text? (C0, DEL, C1, bidi...) */
bool utf8_is_harmful(uint32_t point);
/* That, or does it show as nothing, so that two different names look the same?
 * It belongs to a text that is kept, but not to one that somebody reads. */
bool utf8_is_deceptive(uint32_t point);
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
/*
 * The same for one line where it lies, never longer: invalid bytes become '?',
 * but a code point cut at the very end is dropped.
 */
void utf8_clean_in_place(char *s);
/*
 * The same of @s into @to, which has room for @size bytes (at least 4): what
 * does not fit is cut between two code points and ends with U+2026.
 */
void utf8_clean_into(char *to, size_t size, const char *s);
/* Heap copy by utf8_add_clean; NULL gives NULL. */
char *utf8_clean_dup(const char *s, size_t max_chars, enum utf8_clean how);

#endif
