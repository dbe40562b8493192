/* Long answers through the reader's own pager, as man(1) and git(1) do. */
#ifndef CLI_PAGER_H
#define CLI_PAGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Does @text take more lines than the terminal behind @out has? Never when
 * that is none, or nobody sits at the keyboard. */
bool pager_is_needed(FILE *out, const char *text, size_t width);
/*
 * Show it with $PAGER (less, when unset) until the reader has seen enough.
 * False: there is no pager, and nothing has been shown.
 */
bool pager_show(const char *text, size_t len);

#endif
