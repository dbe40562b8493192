/*
 * Finds the borders of JSON values in a byte buffer without building anything.
 * It is strict about structure (brackets, strings, commas, colons) and does
 * not judge what is inside strings, numbers or bad UTF-8: one spoilt item of
 * a page can be cut out as it is, while its neighbours live (jansson would
 * refuse the whole page; see engineering notes on libraries in CONTRIBUTING).
 */
#ifndef UTIL_JSCAN_H
#define UTIL_JSCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "util/compiler.h"
#include "util/strbuf.h"

#define JSCAN_MAX_DEPTH 256

struct span {
	const char *p; /* borrowed from the buffer */
	size_t len;
};

enum jscan_type {
	JSCAN_OBJECT,
	JSCAN_ARRAY,
	JSCAN_STRING,
	JSCAN_OTHER, /* number, true, false, null, or a word we do not judge */
};

struct jscan {
	const char *p, *end;
	bool in_object;
	bool is_unended; /* end is not its own, its last bracket tells */
	bool started;
	bool broken; /* an error was found; it stays */
};

/*
 * The value that starts at or after *@p (white space and a byte order mark
 * skipped). Moves *@p behind it. Returns 1 found, 0 nothing but white space
 * left, ERR_SCHEMA when brackets do not match or the text is cut, ERR_LIMIT
 * when it is nested deeper than JSCAN_MAX_DEPTH.
 */
int jscan_value(const char **p, const char *end,
		struct span *ret_value) must_check;
enum jscan_type jscan_type(struct span value);

/*
 * Iterate over the members of an object or the elements of an array; anything
 * else gives ERR_SCHEMA at the first step.
 */
void jscan_enter(struct jscan *it, struct span container);
/*
 * Next member. For an object *ret_key is the text between the quotes (still
 * escaped); for an array it is empty. Returns 1, 0 at the end, ERR_SCHEMA or
 * ERR_LIMIT as above; after an error the iteration is over.
 */
int jscan_next(struct jscan *it, struct span *ret_key,
	       struct span *ret_value) must_check;

/*
 * The first member @key (ASCII case ignored) of an object: 1, 0, or as
 * jscan_next. What follows that member is not looked at.
 */
int jscan_member(struct span object, const char *key,
		 struct span *ret_value) must_check;
/*
 * Go on inside the object that the next member @key holds, without having
 * looked for its end: for who wants a member near its beginning. 1, 0 there is
 * no such member, ERR_SCHEMA also when it holds something else; unless 1, the
 * iteration is over.
 */
int jscan_descend(struct jscan *it, const char *key) must_check;

bool span_eq_ci(struct span s, const char *text);
/* How many, as a number without sign, fraction or exponent says; -1 when it is
 * something else or beyond any count of ours (2^31). */
int64_t span_count(struct span value);
/* Unescaped copy of a JSON string value (heap), NULL when it is not a valid
 * string. */
char *jscan_string(struct span value);
/*
 * One escape of a string, @p behind its backslash: adds the character to @sb.
 * Returns what follows it, or NULL when it is none: a half of a surrogate pair
 * too, and NUL, which would end the text for every reader of it.
 */
const char *jscan_add_escape(struct strbuf *sb, const char *p, const char *end);

#endif
