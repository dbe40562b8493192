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

/* How many were rolled back so far: who keeps in memory what he read or wrote
 * in one must forget it then. */
int64_t txn_rollbacks(const struct store *s);

#endif
