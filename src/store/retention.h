/*
 * The end of the life of rows: what may be removed, a bounded step at a time.
 *
 * Never removed: an alert that is not closed; a message that is owed, waits in
 * a bundle, or is about an alert that is not closed; an alert that such a
 * message is about, or whose events a destination of the log still lacks; an
 * item that is not understood, with the poll that brought it; which time polls
 * have proven. Events are never removed either: the log is a chain of hashes,
 * and verifying it from its first row is what it is for.
 */
#ifndef STORE_RETENTION_H
#define STORE_RETENTION_H

#include <stddef.h>
#include "core/alert.h"
#include "store/store.h"

/* In the order in which they are removed: a poll goes after what came with it,
 * a bundle after its messages. */
enum retention_class {
	RETENTION_RAW, /* what the source sent about closed alerts */
	RETENTION_QUARANTINE, /* items that were understood later */
	RETENTION_POLLS,
	RETENTION_DELIVERIES, /* finished */
	RETENTION_BUNDLES, /* finished; what was held back, and why */
	RETENTION_ALERTS, /* closed, with all that belongs to them */
	RETENTION_GONE, /* what is remembered of removed alerts */
};
#define RETENTION_MAX (RETENTION_GONE + 1)
/* A store_meta_get() value: messages older than this may have been removed. */
#define RETENTION_META_MESSAGES "messages_from_ms"

const char *retention_name(enum retention_class c);

/* A walk through the rows of a class that ended before a moment. */
struct retention_walk {
	enum retention_class class;
	int64_t before_ms;
	int64_t after_ms, after_id; /* where it stands; 0 at its beginning */
};

/*
 * Look at the next rows of a walk, oldest first, and remove those that may go.
 * A class's rows grow old from their own moment: the close of the alert, the
 * start of the poll, the making of the message. Counts what it removed in
 * @ret_removed and, for ever, in the database. Returns 1 when the walk goes on,
 * 0 at its end. Needs a transaction, whose failure undoes the rows but not @w:
 * begin the walk anew then.
 */
int retention_step(struct store *s, struct retention_walk *w, int64_t now_ms,
		   int64_t *ret_removed, struct err *err) must_check;

/* Rows removed of which no event tells yet, by class. 1 there are, 0 none. */
int retention_untold(struct store *s, int64_t ret[RETENTION_MAX],
		     struct err *err) must_check;
/* Now one does; in its transaction. */
int retention_told(struct store *s, struct err *err) must_check;

enum gone {
	GONE_NOT, /* nothing is known of it */
	GONE_STAYS, /* it was removed, and nothing has happened since */
	GONE_RETURNS, /* its source had closed it, and has it active again */
};
/*
 * A source shows an alert that is not stored: was it once? One that was is
 * remembered for longer; one that returns is forgotten, to be stored anew.
 * Returns an enum gone or a negative code. Needs a transaction.
 */
int retention_gone(struct store *s, const struct alert *a, int64_t now_ms,
		   struct err *err) must_check;

/* Bytes of the database's pages: in use, and free within the file. */
struct store_space {
	int64_t used, free;
	int64_t free_pages;
	bool shrinks; /* free pages can be given back in slices */
};
int store_space(struct store *s, struct store_space *ret,
		struct err *err) must_check;
/* Give back at most @pages to the file system. Own transaction. */
int store_shrink(struct store *s, int pages, struct err *err) must_check;

#endif
