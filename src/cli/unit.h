/*
 * What systemd knows about triaged.service, asked of systemctl: it is there
 * and answers while the daemon is not.
 */
#ifndef CLI_UNIT_H
#define CLI_UNIT_H

#include <stdbool.h>
#include <stdint.h>

#define UNIT_NAME "triaged"
#define UNIT_WORD_MAX 64

struct unit {
	char load[UNIT_WORD_MAX]; /* "loaded", "not-found" */
	char active[UNIT_WORD_MAX]; /* "active", "failed", "inactive" ... */
	char sub[UNIT_WORD_MAX]; /* "running", "auto-restart" ... */
	char result[UNIT_WORD_MAX]; /* "success", "exit-code", "watchdog" */
	char file[UNIT_WORD_MAX]; /* "enabled", "disabled" */
	int64_t exit_status; /* of its main process, when it ended last */
	int64_t n_restarts; /* by systemd itself, since it was started */
	int64_t pid; /* 0: it does not run */
};

/* False: there is no systemd, or it does not say. */
bool unit_look(struct unit *ret);

#endif
