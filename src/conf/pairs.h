/*
 * A flat file of answers, YAML or JSON: "name: value", a list of values, or
 * "name: {file: PATH}". For who asks people and takes a file instead.
 */
#ifndef CONF_PAIRS_H
#define CONF_PAIRS_H

#include <stdbool.h>
#include "conf/conf.h"

struct pair {
	const struct mark *mark; /* of the value */
	const char *name;
	const char *text; /* elements of a list are joined by ", " */
	bool is_file; /* text is the path of a file */
};

/* Borrowed for the call. */
typedef void pair_fn(void *arg, const struct pair *p);

/*
 * Read @path and call @fn for each pair, in order. What has another shape, and
 * a name that stands there twice, is a fault. 0, or ERR_CONF.
 */
int pairs_load(const char *path, pair_fn *fn, void *arg,
	       struct faults *faults) must_check;

#endif
