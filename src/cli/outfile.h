/* A file that a command writes for somebody: whole or not at all. */
#ifndef CLI_OUTFILE_H
#define CLI_OUTFILE_H

#include <stdbool.h>
#include <stdio.h>
#include "util/err.h"

struct outfile {
	FILE *stream; /* to write to; NULL: nothing is open */
	char *path, *part; /* part is the file until it is whole */
	bool replace;
};

#define OUTFILE_NONE                                                           \
	{                                                                      \
		NULL, NULL, NULL, false                                        \
	}

/*
 * Begin a file beside @path, readable by its owner alone. ERR_CONF when @path
 * is there already, unless @replace.
 */
int outfile_open(struct outfile *f, const char *path, bool replace,
		 struct err *err) must_check;
/* It is whole: bring it to the disk and to its name. What has the name by now
 * stays, unless it may be replaced. */
int outfile_commit(struct outfile *f, struct err *err) must_check;
/* Without a commit nothing is left behind. */
void outfile_release(struct outfile *f);

#endif
