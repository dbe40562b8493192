/* How many rows a command shows, and what it says of those that it does not. */
#ifndef CLI_SHOWN_H
#define CLI_SHOWN_H

#include "cli/rows.h"
#include "cli/writer.h"
#include "store/look.h"

/* Unless somebody asks for more. */
#define SHOWN_DEFAULT 1000

/*
 * At most @limit rows are kept of a question by @sel, and it is asked for one
 * more, so that rows->cut tells whether there are more. 0: SHOWN_DEFAULT,
 * negative: all of them.
 */
void shown_limit(int64_t limit, struct selector *sel, struct rows *rows);
/*
 * Member "cut", and for people a line that says how many are shown and, with
 * @more, how to have more: "all of them: --limit 0". Nothing when all are.
 */
void shown_say(struct writer *w, const struct rows *rows, const char *more);

#endif
