/*
 * A transaction that rolls back unless committed:
 *
 *	CLEANUP(txn_end) struct txn txn = TXN_NONE;
 *	rc = txn_begin(&txn, store, err);
 *	...
 *	return txn_commit(&txn, err);
 *
 * They do not nest. Every writing function of store/ needs one open, unless it
 * says otherwise.
 */
#ifndef STORE_TXN_H
#define STORE_TXN_H

#include <stdbool.h>
#include "store/store.h"

struct txn {
	struct store *store; /* NULL: none open */
	bool joined; /* a part of somebody else's */
};
#define TXN_NONE                                                               \
	{                                                                      \
		0                                                              \
	}

int txn_begin(struct txn *t, struct store *s, struct err *err) must_check;
/* For a change that may be a part of a greater one: joins the transaction that
 * is open, whose owner must not commit when the part fails; else begins one. */
int txn_join(struct txn *t, struct store *s, struct err *err) must_check;
int txn_commit(struct txn *t, struct err *err) must_check;
void txn_end(struct txn *t);

/*
 * Something to be done once what is under way is true: @fn gets @arg when the
 * open transaction has been committed, after what was asked for before it, and
 * never when that is rolled back. Without one it is done now. @arg is the
 * store's until then, and is released by @release in any case. @fn may begin
 * another transaction.
 */
typedef void txn_then_fn(void *arg);
void txn_then(struct store *s, txn_then_fn *fn, void *arg,
	      txn_then_fn *release);

/* How many were rolled back so far: who keeps in memory what he read or wrote
 * in one must forget it then. */
int64_t txn_rollbacks(const struct store *s);

#endif
