/*
 * A source that is read window by window: the plan, its cursor in the store,
 * gaps, and one listing after the other. What a window's request looks like is
 * the owner's.
 */
#ifndef SOURCE_READER_PRIV_H
#define SOURCE_READER_PRIV_H

#include "source/listing_priv.h"
#include "source/source_priv.h"
#include "source/window.h"

struct reader;

#define READER_IDENTITY_SIZE 17
/* Stands for what is read: the directory @where, and of it what @words name, in
 * any order (NULL or none: all). */
char *reader_identity(const char *where, const struct strlist *words,
		      char ret[READER_IDENTITY_SIZE]);

/* Everything is borrowed while the reader lives; text in it is copied. */
struct reader_conf {
	struct source *owner;
	const struct source_env *env;
	const char *scope; /* the ledger's word; the cursor's too */
	/* The cursor of another one is none: it is read anew, as in a first
	 * run. One that says nothing is taken. */
	const char *identity;
	struct window_limits limits;
	/*
	 * Fill url, door, endpoint and the like of the listing that reads @w;
	 * what they point to lives until the next call. env, source, scope,
	 * the window, the cursor and the callback are the reader's.
	 */
	void (*request)(void *self, const struct window *w,
			struct listing_conf *ret);
	/* It failed with @r: true when the same window is to be asked for again
	 * at once, in another way. NULL: never. */
	bool (*again)(void *self, const struct listing_result *r);
	/* The poll is over; its last act. NULL: source_finish() of the owner.
	 */
	void (*done)(void *self, const struct source_result *r);
	void *self;
};

struct reader *reader_new(const struct reader_conf *c);
/* Also in the middle of a poll. Returns NULL. */
struct reader *reader_free(struct reader *r);
/* A whole poll; done is called once, later, from the loop. */
void reader_poll(struct reader *r);

#endif
