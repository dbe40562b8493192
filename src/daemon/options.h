/* The command line of triaged. */
#ifndef DAEMON_OPTIONS_H
#define DAEMON_OPTIONS_H

#include <stdbool.h>
#include "util/err.h"

enum run_mode {
	RUN_DAEMON,
	RUN_ONCE,
	RUN_DEMO,
	RUN_CHECK_CONFIG,
	RUN_DUMP_CONFIG,
	RUN_CHECK_LIVE,
	RUN_TEST_NOTICE,
	RUN_VERSION,
	RUN_HELP,
};

struct options {
	const char *file; /* borrowed from argv */
	enum run_mode mode;
	const char *target; /* RUN_TEST_NOTICE: to it; borrowed */
	bool json; /* RUN_CHECK_LIVE, RUN_TEST_NOTICE: an object a line */
	bool debug;
};

/* 0, or ERR_CONF with @err in words (exit 2). */
int options_parse(int argc, char **argv, struct options *ret,
		  struct err *err) must_check;
/* The text of --help. */
const char *options_help(void);

#endif
