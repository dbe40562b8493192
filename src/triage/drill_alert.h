/* The alert that a drill is. Pure. */
#ifndef TRIAGE_DRILL_ALERT_H
#define TRIAGE_DRILL_ALERT_H

#include "core/alert.h"
#include "core/drill.h"
#include "util/err.h"

/*
 * Fill in @ret, which is as after alert_init(), for @d: plainly a drill by its
 * kind, its source and the first word of its title. @match (NULL or "": none)
 * is "key=value ..." with the keys of a `when` block and says what rules and
 * routes are to see: resource=/subscriptions/..., entity=web-01. 0, or ERR_CONF
 * naming what cannot be in it: a glob, a negation, or a key that is not the
 * caller's to choose.
 */
int drill_alert_fill(struct alert *ret, const struct drill *d,
		     const char *match, struct err *err) must_check;
/* The same alert, over: @why is one word, the source's for its state. */
void drill_alert_end(struct alert *a, const char *why);

#endif
