/*
 * Is a database file sound? Reading only, beside a running daemon or without
 * one. What is said is for an operator.
 */
#ifndef STORE_INSPECT_H
#define STORE_INSPECT_H

#include "store/store.h"
#include "store/watch.h"

enum inspect_result {
	INSPECT_GOOD,
	INSPECT_REMARK, /* worth knowing, nothing is wrong */
	INSPECT_BAD,
	INSPECT_SKIPPED, /* not possible after what is bad */
};

struct inspect_finding {
	const char *check; /* "file", "structure" ...: fixed text */
	enum inspect_result result;
	const char *text; /* borrowed for the call */
};

typedef void inspect_fn(void *arg, const struct inspect_finding *f);

/*
 * Look at @file in every way and tell @fn each finding, in order. @quick does
 * not compare the indices with their tables. Returns how many are bad;
 * ERR_DENIED when it may not be read, ERR_CANCELLED.
 */
int store_inspect(const char *file, bool quick, const struct store_watch *watch,
		  inspect_fn *fn, void *arg, struct err *err) must_check;

/*
 * The newest other database of triaged in the folder of @file, or in `backup`
 * or `backups` below it. 1 with its name (heap) and age, 0 none.
 */
int store_newest_backup(const char *file, char **ret_name, int64_t *ret_ms);

#endif
