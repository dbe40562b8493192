/* Other programs, started by `triagectl setup`: no shell, no secret in words
 * or environment. */
#ifndef CLI_SETUP_RUN_H
#define CLI_SETUP_RUN_H

#include <stddef.h>
#include "util/err.h"
#include "util/secret.h"
#include "util/strbuf.h"

/* The exit status of a program that is not there, as a shell has it. */
#define SETUP_NO_PROGRAM 127

struct setup_program {
	const char *const *words; /* up to a NULL; [0] by the PATH */
	const char *credentials; /* its CREDENTIALS_DIRECTORY; NULL: none */
	const struct secret *input; /* its standard input; NULL: empty */
	/* Called with each line of output and standard error. NULL: the
	 * output is kept; where it fails, its complaints are instead. */
	void (*line)(void *arg, const char *line);
	void *arg;
};

/*
 * Run it to its end. Its exit status (from 0, or SETUP_NO_PROGRAM), or a
 * negative code. *output gets what it wrote when there is no line().
 */
int setup_run(const struct setup_program *p, struct strbuf *output,
	      struct err *err) must_check;
/* Is there a program @name on the PATH? */
int setup_run_exists(const char *name);
/* The triaged that belongs to this triagectl: beside it, or in the sbin beside
 * its bin; else the one of the PATH (heap). */
char *setup_run_daemon(void);

#endif
