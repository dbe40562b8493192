/* What people had done to an imported alert where it comes from. */
#ifndef DAEMON_ADOPT_H
#define DAEMON_ADOPT_H

#include "daemon/pipeline_priv.h"

/*
 * Inside the transaction that stored the alert of @s: it gets the state, owner,
 * phase, verdict and notes of its import, once, with events that say so. No
 * clock starts or stops, and nobody is told.
 */
int adopt_work(struct pipeline *p, const struct subject *s,
	       struct err *err) must_check;

#endif
