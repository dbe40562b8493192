/*
 * What an operator reads. Under systemd an event is a journal entry with
 * MESSAGE_ID and TRIAGED_* fields; on a terminal it is one key=value line.
 * Only daemon/ logs events; other rooms may use log_debug. Foreign text is
 * escaped and cut; nothing depends on the log: the audit is in the database. It
 * never waits: an entry that nobody takes is lost, and the loss is told.
 */
#ifndef UTIL_LOG_H
#define UTIL_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <syslog.h>
#include "util/compiler.h"
#include "util/kv.h"

enum log_sink { LOG_SINK_STDERR, LOG_SINK_JOURNAL, LOG_SINK_NONE };

/* LOG_SINK_JOURNAL when $JOURNAL_STREAM names our standard error. */
enum log_sink log_detect_sink(void);
void log_init(enum log_sink sink, bool debug);
/* Entries since the start that nobody took. */
uint64_t log_lost(void);

/*
 * One event. @message_id is a MESSAGE_ID of include/triaged/messages.h or
 * NULL; @text is fixed English; fields follow.
 */
#define log_event(level, message_id, text, ...)                                \
	log_event_kv((level), (message_id), (text),                            \
		     (const struct kv[]){                                      \
			     __VA_ARGS__ __VA_OPT__(, ){ KV_END, 0, 0, 0 } })
void log_event_kv(int level, const char *message_id, const char *text,
		  const struct kv *fields);

void log_debug(const char *fmt, ...) printf_like(1, 2);

#endif
