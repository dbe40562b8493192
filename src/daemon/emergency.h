/*
 * The one message that does not come out of the database: that the database
 * refuses changes. Nothing else leaves then, since what is owed is kept there,
 * and silence would look like peace.
 */
#ifndef DAEMON_EMERGENCY_H
#define DAEMON_EMERGENCY_H

#include <stdbool.h>
#include <stdint.h>

struct app;
struct emergency_post;

struct emergency {
	int64_t since_mono_ms; /* it has refused since then; 0 it does not */
	bool told; /* the fallback was, of this time */
	struct emergency_post *post; /* on its way; NULL none */
};

/*
 * From the agenda: tells the fallback, once, when the database has refused
 * changes for a minute. The message waits in a small database of its own beside
 * the control socket, which is memory under systemd, and goes the way of every
 * other. Milliseconds until the next look; negative: when something happens.
 */
int64_t emergency_look(struct app *a, int64_t now_ms, int64_t mono_ms);
/* What is on its way is given up: the settings change, or we stop. */
void emergency_drop(struct app *a);

#endif
