/* Bytes to a stream, and what the terminal behind it can show. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "util/err.h"

/* All of it, flushed. 0, or -errno with @err: a full disk, a closed pipe. */
int output_write(FILE *out, const char *bytes, size_t len,
		 struct err *err) must_check;
/* Columns: $COLUMNS, else the terminal's, else 0 (no terminal). */
size_t output_width(FILE *out);
/* Is colour wanted: @word is auto, always, never or NULL (auto). Auto: a
 * terminal, and $NO_COLOR (no-color.org) is not set, nor
 * TERM=dumb. */
bool output_colour(FILE *out, const char *word);

#endif
