/*
 * Borders of JSON values where the text may be spoilt: one item that jscan
 * refuses (too deep, brackets of two kinds mixed up) must still have an end,
 * or it would take its neighbours with it.
 */
#ifndef SOURCE_SLICE_PRIV_H
#define SOURCE_SLICE_PRIV_H

#include <stdbool.h>
#include "util/jscan.h"

/* An item larger than this is quarantined unread. */
#define SLICE_ITEM_MAX ((size_t)4 << 20)
/* What is kept of an item that is too large to keep. */
#define SLICE_CLIP ((size_t)64 << 10)

enum slice {
	SLICE_VALUE, /* *ret_value is set; what is inside was not judged */
	SLICE_END, /* nothing but white space is left */
	SLICE_CUT, /* the text ends inside the value */
};

/*
 * The value at or after *@p, which is moved behind it (SLICE_VALUE). Strict as
 * jscan_value where that succeeds, else the end is a guess: a bracket of the
 * wrong kind is taken as mistyped, or as one behind some that were forgotten.
 * A stray comma, colon or closing bracket is a value of one byte.
 */
enum slice slice_value(const char **p, const char *end,
		       struct span *ret_value) must_check;

/* Does [p, end), which begins outside of one, end inside a string? */
bool slice_ends_in_string(const char *p, const char *end);

/* The same by counting, for a value that comes in pieces. */
struct slice_skip {
	size_t depth;
	bool in_string, in_escape;
};

/* @first is the value's first byte: a bracket or a quote. */
void slice_skip_begin(struct slice_skip *s, char first);
bool slice_skip_is_busy(const struct slice_skip *s);
/* Behind the value's end, or @end when it goes on in the next piece. */
const char *slice_skip_on(struct slice_skip *s, const char *p, const char *end);

/* White space skipped. */
const char *slice_blank(const char *p, const char *end);

/*
 * @all begins with an object whose line is no whole value: is that line one
 * spoilt line among JSON lines (@by_lines: some were seen)? @can_wait: more
 * bytes may complete the object. Then *ret_line is the line.
 */
bool slice_is_spoilt_line(struct span all, bool by_lines, bool can_wait,
			  struct span *ret_line);

#endif
