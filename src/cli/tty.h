/*
 * The whole terminal for a while: keys as they are typed, and a screen that is
 * given back as it was, however the program ends. Plain sequences that every
 * terminal of the last thirty years knows; no library.
 */
#ifndef CLI_TTY_H
#define CLI_TTY_H

#include <stddef.h>
#include <stdint.h>
#include "util/err.h"

enum tty_key {
	TTY_NONE, /* time is up, or the size has changed */
	TTY_ENTER,
	TTY_ESCAPE,
	TTY_UP,
	TTY_DOWN,
	TTY_END, /* the terminal is gone */
	/* any other: its character */
};

/* ERR_CONF: no terminal, or one that cannot move its cursor. */
int tty_begin(struct err *err) must_check;
void tty_end(void);
void tty_size(size_t *ret_rows, size_t *ret_columns);
/* The next key within @ms, or TTY_NONE. */
int tty_key(int64_t ms);
/* Put @rows lines on the screen, each cut to @columns. @text is safe and may
 * have colours; line @marked (from 0; SIZE_MAX none) is shown reversed. */
void tty_show(const char *text, size_t rows, size_t columns, size_t marked);

#endif
