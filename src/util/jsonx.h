/*
 * jansson for hostile text: bytes and heap bounded, keys found in any case,
 * wrong types read as absent.
 */
#ifndef UTIL_JSONX_H
#define UTIL_JSONX_H

#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "util/compiler.h"
#include "util/err.h"

/*
 * Route jansson's memory through the budget. Once, before any other use. From
 * then on what json_dumps gives must not be free()d: use jsonx_dump.
 */
void jsonx_init(void);

/*
 * Parse one value of @len bytes, spending at most @heap bytes (0: no limit);
 * the step of growth that passes them, a few times @len, is still made.
 * NULL with @err filled: ERR_LIMIT too large or too deep, ERR_SCHEMA what is
 * wrong, with line and column. The text never quotes the input. The escape of
 * NUL reads as U+FFFD.
 */
json_t *jsonx_parse(const char *text, size_t len, size_t heap,
		    struct err *err) must_check;
/*
 * The same for a stranger's record: ERR_SCHEMA also when a member stands twice
 * in one object. jansson keeps the last of the two, other readers the first:
 * which of two severities is meant cannot be known.
 */
json_t *jsonx_parse_unique(const char *text, size_t len, size_t heap,
			   struct err *err) must_check;

/*
 * For who parses a record, reads it and drops it: until the end of the scope
 * every value this thread makes is laid behind the one before and none is given
 * back by itself. The end takes all of it, @value (NULL: none) included; none
 * may be used later, while values from before may be dropped inside. Scopes do
 * not nest. Without jsonx_init() the end only drops @value.
 */
void jsonx_scope_begin(void);
void jsonx_scope_end(json_t *value);

/* Member of an object, ASCII case of the key ignored; NULL absent or null. */
json_t *jsonx_get(const json_t *object, const char *key);
/* String member; NULL when absent, null, empty or of another type. Borrowed. */
const char *jsonx_str(const json_t *object, const char *key);
/* Integer member, also from a string of decimal digits or a real. */
bool jsonx_int(const json_t *object, const char *key, int64_t *ret);
/* true, "true", "True", 1. Absent: false. */
bool jsonx_bool(const json_t *object, const char *key);
/* One-line text of a value (heap, free()); NULL out of memory or depth. */
char *jsonx_dump(const json_t *value);
/* The same of json_pack() with that format (heap, free()); NULL when it would
 * fail. */
char *jsonx_pack_text(const char *format, va_list ap);

/* For CLEANUP(jsonx_unref). */
void jsonx_unref(json_t **value);

#endif
