/*
 * The journal of recent writes is kept small; a reader who prevents that for
 * long is told of.
 */
#ifndef DAEMON_TEND_H
#define DAEMON_TEND_H

#include <stdbool.h>
#include "store/store.h"

#define TEND_EVERY_MS 10000
/* When all of it was moved at the last look: the machine may sleep. */
#define TEND_REST_MS 30000
/* Pinned for so long, and so large: then it is worth a word. */
#define TEND_HELD_MS 60000
#define TEND_HELD_BYTES (INT64_C(8) << 20)

struct tend {
	/* At the last look; readers: who was there at each since it is held. */
	struct store_log log;
	int64_t held_mono_ms; /* since when nothing more could be moved; 0 */
	bool told;
};

/* Look at it; logs when a reader holds it for long, and when no more. */
void tend_look(struct tend *t, struct store *s, int64_t mono_ms);
/* Some of it could not be moved: to look again is worth waking up. */
bool tend_is_busy(const struct tend *t);
/* When to look again. */
int64_t tend_pause_ms(const struct tend *t);
/* For how long a reader has held it that was told of; 0 none does. */
int64_t tend_held_ms(const struct tend *t, int64_t mono_ms);
/* The process that holds it; 0 unknown. */
int tend_reader_pid(const struct tend *t);

#endif
