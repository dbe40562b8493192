/*
 * The quick way from plain JSON text to jansson's values, for jsonx.c alone.
 */
#ifndef UTIL_JSONREAD_H
#define UTIL_JSONREAD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include "util/compiler.h"

/*
 * The value that jansson would give for these bytes (strict: without a member
 * that stands twice in one object), or NULL: wrong or merely unusual, which is
 * for jansson to say. @stop, asked at each member, ends the reading early.
 */
json_t *jsonread(const char *text, size_t len, bool (*stop)(void)) must_check;

#endif
