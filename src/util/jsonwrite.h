/*
 * The quick way from jansson's values to their text, for jsonx.c alone.
 */
#ifndef UTIL_JSONWRITE_H
#define UTIL_JSONWRITE_H

#include <jansson.h>
#include <stdbool.h>
#include "util/compiler.h"
#include "util/strbuf.h"

/*
 * Add the text that jansson would write for @value (JSON_COMPACT and
 * JSON_ENCODE_ANY) to @out. False: it is deeper than a parser would take, or
 * memory ran out; what was added till then stays.
 */
bool jsonwrite(const json_t *value, struct strbuf *out) must_check;

#endif
