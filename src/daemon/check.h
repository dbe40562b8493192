/*
 * From files to settings that can run: read, validate, fetch secrets, compile
 * calendars, and say everything that is wrong with them.
 */
#ifndef DAEMON_CHECK_H
#define DAEMON_CHECK_H

#include <stdio.h>
#include "conf/conf.h"
#include "triage/triage.h"

/* Settings ready to run. */
struct settings {
	struct conf *conf;
	struct triage *triage; /* borrows conf->policy */
};

void settings_release(struct settings *s);

/*
 * Load @path, or @text (when not NULL) as if it stood in a file of that name.
 * All faults are collected. 0, or ERR_CONF and *ret untouched.
 */
int check_load(const char *path, const char *text, struct settings *ret,
	       struct faults *faults) must_check;
/* "file:line:column: text" a line. */
void check_print(FILE *out, const struct faults *faults);
/* The same into the journal. */
void check_log(const struct faults *faults);

/* triaged --check-config and --dump-config: the exit status. */
int check_main(const char *path);
int check_dump_main(const char *path);

#endif
