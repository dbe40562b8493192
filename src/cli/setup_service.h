/* The service of the machine, and the key that seals its secrets. */
#ifndef CLI_SETUP_SERVICE_H
#define CLI_SETUP_SERVICE_H

#include <stdbool.h>
#include "cli/setup_site.h"

/* Can secrets be sealed here with the key of the machine? */
bool setup_can_seal(const struct setup_site *s);

enum setup_service {
	SETUP_NO_SERVICE, /* no systemd, another site, or no such unit */
	SETUP_DOWN,
	SETUP_UP,
};
enum setup_service setup_service_state(const struct setup_site *s);
/*
 * Take what was written into use: start it now and at every boot, or reload,
 * or restart (secrets are read only at a start). What systemctl says goes to
 * the screen. 0, or a negative code.
 */
int setup_service_use(const struct setup_plan *p, enum setup_service state,
		      struct err *err) must_check;

#endif
