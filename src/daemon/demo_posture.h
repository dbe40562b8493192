/* The posture that the demonstration shows. */
#ifndef DAEMON_DEMO_POSTURE_H
#define DAEMON_DEMO_POSTURE_H

#include "store/store.h"
#include "util/err.h"

/* Keep it, as read at @now_ms. Negative when the store refuses it. */
int demo_posture_keep(struct store *s, int64_t now_ms,
		      struct err *err) must_check;

#endif
