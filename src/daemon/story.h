/*
 * Event details as JSON text. Beside pipeline_priv.h, for everybody in
 * daemon/ who writes to the audit log.
 */
#ifndef DAEMON_STORY_H
#define DAEMON_STORY_H

#include "util/compiler.h"

/* As json_pack(), to text: heap, free(). Never NULL ("{}" when it cannot). */
char *story_detail(const char *format, ...) must_check;

#endif
