/* Between the files of the text writer. */
#ifndef CLI_WRITER_PRIV_H
#define CLI_WRITER_PRIV_H

#include "cli/writer.h"

/*
 * The lines of a table of at least one row, each ended by a newline, none
 * wider than @width (0: no limit) as far as flexible columns allow.
 */
void table_lines(struct strbuf *out, const struct table *t,
		 const struct rows *r, const struct screen *screen,
		 size_t width);
/* The same, each cell on a line of its own; one column for each cell. */
void record_lines(struct strbuf *out, const struct table *t,
		  const struct rows *r, const struct screen *screen);

#endif
