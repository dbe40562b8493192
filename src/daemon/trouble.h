/*
 * Alerts about targets that do not take what they are sent. Raised by other
 * targets, ended when it works again; the same after a restart.
 */
#ifndef DAEMON_TROUBLE_H
#define DAEMON_TROUBLE_H

#include "daemon/app.h"

enum trouble {
	TROUBLE_DEAD, /* a notice about a critical alert was given up */
	TROUBLE_DISABLED, /* it answered that it is gone for good */
	TROUBLE_REFUSED, /* it refuses our credentials */
};
#define TROUBLE_MAX (TROUBLE_REFUSED + 1)

/* @error is what it said; may be NULL. */
void trouble_raise(struct app *a, const char *target, enum trouble what,
		   const char *error);
/* It takes messages again. What was given up stays an alert: somebody has to
 * send or drop it. */
void trouble_end(struct app *a, const char *target);
/* Raise and end what the store remembers of every target: a crash may have
 * come between a settlement and its alert, and a reload may have changed the
 * address of one, or have left one out. */
void trouble_recall(struct app *a);

#endif
