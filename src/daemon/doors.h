/* One alert, several doors: finding its row, and what the doors say. */
#ifndef DAEMON_DOORS_H
#define DAEMON_DOORS_H

#include "daemon/pipeline_priv.h"

/*
 * The row @a belongs to, by its own identity or the one at the other door. Two
 * rows that prove to be one alert become one: the older keeps going, but for
 * one that its source closed while the younger is open and not older news; the
 * other is closed as its duplicate and what it still owed is withdrawn. 1
 * found, 0 none.
 */
int doors_find(struct pipeline *p, const struct alert *a,
	       const struct sighting *at, struct tracked *ret,
	       struct err *err) must_check;

/*
 * After a copy was written over another door's: an event when they differ in
 * severity or status and that is no mere delay. The newer one stands all the
 * same.
 */
int doors_compare(struct pipeline *p, const struct subject *s,
		  struct err *err) must_check;

#endif
