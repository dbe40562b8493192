/*
 * The database: one writer (the daemon), many readers. These headers speak of
 * alerts, clocks, outbox and ledger and never of an engine; the engine lives
 * in store/sqlite/, and a second one could stand beside it.
 *
 * Durability: a committed transaction survives a power cut. Readers work while
 * the writer is up, stopped or killed.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include "util/err.h"

struct store;
struct store_watch;

/*
 * For a process that writes and asks no questions of people (look.h): before
 * its first store. The engine then keeps no account of its memory, which costs
 * a lock at every step, and by which a greedy question is stopped.
 */
void store_for_no_questions(void);

/*
 * Open STATE_DIRECTORY/triaged.db for writing: takes the lock (ERR_BUSY names
 * the pid that holds it), creates it 0640 when the directory has none, runs
 * migrations (all of them or none, after a copy), refuses a newer schema
 * (ERR_STORE_NEWER) and a damaged or foreign file (ERR_STORE_DAMAGED, naming
 * the command that helps). Never makes a new database beside a bad one.
 */
int store_open(const char *state_directory, struct store **ret,
	       struct err *err) must_check;
/* The same; @watch hears again and again from a migration that takes long. */
int store_open_watched(const char *state_directory,
		       const struct store_watch *watch, struct store **ret,
		       struct err *err) must_check;
/* Open a database file for reading only. ERR_NOT_FOUND when there is none. */
int store_open_read(const char *database_file, struct store **ret,
		    struct err *err) must_check;
struct store *store_close(struct store *s); /* returns NULL */
void store_close_ptr(struct store **s);

/* Bytes of the database and of its journal of recent writes. */
int store_size(struct store *s, int64_t *ret_bytes, int64_t *ret_log_bytes);
#define STORE_READERS_MAX 16
/* The journal of recent writes, after a look at it. */
struct store_log {
	int64_t bytes; /* of the file */
	/* Written to it; of these, in the main file. 0 of a small one, which
	 * is left alone. */
	int64_t pages, moved;
	/* Other processes that read while some are not, as far as one sees. */
	int readers[STORE_READERS_MAX];
	size_t n_readers;
};
/*
 * Moves recent writes into the main file; when all of them are there and little
 * was written since the last call, the journal's room goes back to the disk.
 * Never waits for a reader, but for the disk: some 100 ms after many writes.
 */
void store_tend_log(struct store *s, struct store_log *ret);
/*
 * @fn is called within every commit that leaves enough recent writes to be
 * worth a call of store_tend_log(), which must not come from there. Without
 * one, or when none comes for long, it is the commit that moves them.
 */
void store_on_log(struct store *s, void (*fn)(void *arg), void *arg);
int store_schema_version(const struct store *s);
/* The schema the file had before it was opened for writing; the same when
 * nothing was to be done, or the file was made. */
int store_schema_found(const struct store *s);
/* A small setting of the daemon's own kept in the database ("last_up_ms" ...).
 * 1 found, 0 not. */
int store_meta_get(struct store *s, const char *name, int64_t *ret,
		   struct err *err) must_check;
int store_meta_set(struct store *s, const char *name, int64_t value,
		   struct err *err) must_check;

#endif
