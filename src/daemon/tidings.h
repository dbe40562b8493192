/*
 * What is told once it is true: lines of the log, and news, of a change that is
 * under way. They leave when its transaction is committed; when that is rolled
 * back, nobody has heard of what never was.
 */
#ifndef DAEMON_TIDINGS_H
#define DAEMON_TIDINGS_H

#include "daemon/pipeline.h"
#include "util/kv.h"

/* @p->on_news hears of it then. Copied as far as struct news says. */
void tidings_tell(struct pipeline *p, const struct news *n);

/* As log_event(), when the transaction of @s is committed, at once without one.
 */
#define tidings_log(s, level, message_id, text, ...)                           \
	tidings_log_kv((s), (level), (message_id), (text),                     \
		       (const struct kv[]){ __VA_ARGS__ __VA_OPT__(, ){        \
			       KV_END, 0, 0, 0 } })
void tidings_log_kv(struct store *s, int level, const char *message_id,
		    const char *text, const struct kv *fields);

#endif
