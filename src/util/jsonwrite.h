/*
 * The quick way from jansson's values to their text, for jsonx.c alone.
 */
#ifndef UTIL_JSONWRITE_H
#define UTIL_JSONWRITE_H

#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include "util/compiler.h"
#include "util/strbuf.h"

/*
 * Add the text that jansson would write for @value (JSON_COMPACT and
 * JSON_ENCODE_ANY) to @out. False: it is deeper than a parser would take, or
 * memory ran out; what was added till then stays.
 */
bool jsonwrite(const json_t *value, struct strbuf *out) must_check;
/*
 * The text of one object from a format of json_pack() without building it:
 * members of the kinds s, s*, b, i and I alone. False: there is something else
 * in it, or a text is no UTF-8; what was added till then stays.
 */
bool jsonwrite_pack(struct strbuf *out, const char *format,
		    va_list ap) must_check;

#endif
