/*
 * A copy of the whole database, made while it works: nobody waits for it,
 * neither the writer nor other readers.
 */
#ifndef STORE_BACKUP_H
#define STORE_BACKUP_H

#include "store/store.h"
#include "store/watch.h"

/* What a database file holds. */
struct store_facts {
	int64_t bytes;
	int schema;
	int64_t n_alerts;
	int64_t n_events; /* in the audit log */
	int64_t newest_ms; /* of the newest event; 0 none */
	int64_t head_id; /* number of the newest event; 0 none */
	char head[65]; /* its hash in hex; "" none */
};

/*
 * Copy @s, opened either way and outside of a transaction, to @file: as it is
 * at one moment, checked, on the disk, mode 0640 and of the database's group
 * when this returns. An existing @file is replaced at once and whole, and only
 * with @replace. Nothing is left behind by a failure: ERR_STORE_FULL,
 * ERR_BAD_STATE (@file is there, or is a database in use), ERR_CANCELLED.
 * Needs no write access to the database. @watch and @ret may be NULL.
 */
int store_backup(struct store *s, const char *file, bool replace,
		 const struct store_watch *watch, struct store_facts *ret,
		 struct err *err) must_check;

/* What the open database @s holds; works for an older schema too. */
int store_facts(struct store *s, struct store_facts *ret,
		struct err *err) must_check;

#endif
