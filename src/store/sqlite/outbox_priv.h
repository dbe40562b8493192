/* What the files of the outbox share. */
#ifndef STORE_SQLITE_OUTBOX_PRIV_H
#define STORE_SQLITE_OUTBOX_PRIV_H

#include "core/notice.h"
#include "store/sqlite/engine_priv.h"

/*
 * The table allows no kind above NOTICE_SILENCE, and is too large to be made
 * anew for one more. Neither is about a step of a ladder: this one makes a row
 * of that kind a NOTICE_RESPONSE. The view says so, too.
 */
#define NOTICE_STEP_RESPONSE 1

/* The row's columns as NOTICE_COLUMNS of statements_outbox.c lists them;
 * returns the number of the column behind them. */
int notice_read(struct notice *n, const struct query *q);

struct told;
/* Reads the pairs of target and recipient that @q gives, which is open and
 * bound; *ret is the caller's (told_free). Returns how many. */
int outbox_pairs(struct query *q, struct told **ret,
		 struct err *err) must_check;

#endif
