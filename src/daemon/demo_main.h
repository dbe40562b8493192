/* triaged --demo: everything works, nothing is needed. */
#ifndef DAEMON_DEMO_MAIN_H
#define DAEMON_DEMO_MAIN_H

#include <stdbool.h>

/*
 * Plays alerts of all three products into a throw-away directory until Ctrl-C;
 * without a terminal it ends by itself after a minute. Returns the exit status.
 */
int demo_main(bool debug);

#endif
