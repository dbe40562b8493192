/*
 * Makes the file of a database as small as what is in it, and such that it
 * gives free room back by itself from then on. For databases that an older
 * release made, and after a great deal was removed.
 */
#ifndef STORE_COMPACT_H
#define STORE_COMPACT_H

#include <stdint.h>
#include "store/store.h"
#include "store/watch.h"

struct compact_report {
	int64_t before, after; /* bytes of the file with its write-ahead log */
	int64_t needed, there; /* bytes of disk: for the work, and free */
	/* The index of words was damaged: it was emptied, and the daemon makes
	 * it anew (store/search.h). */
	bool search_emptied;
};

/*
 * Rewrites @file whole, as one transaction: what fails, is stopped
 * (ERR_CANCELLED by @watch, which may be NULL) or killed leaves it as it was.
 * ERR_BUSY while the daemon has it or somebody reads; ERR_STORE_FULL when the
 * disk has too little room, before anything is done. @dry: only *ret is filled,
 * also beside the daemon.
 */
int store_compact(const char *file, bool dry, const struct store_watch *watch,
		  struct compact_report *ret, struct err *err) must_check;

#endif
