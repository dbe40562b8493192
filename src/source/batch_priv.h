/* Items on their way to the ingest door. */
#ifndef SOURCE_BATCH_PRIV_H
#define SOURCE_BATCH_PRIV_H

#include "core/ingest.h"
#include "source/normalize.h"

/* An item whose key is known, while nobody has asked whether it changed. */
struct unread {
	struct span raw;
	enum door door;
};

struct batch {
	const struct ingest *ingest; /* borrowed, as the next two */
	enum door door;
	const char *tenant;
	struct item *items;
	struct unread *unread; /* of the item with the same number */
	size_t n, max;
};

/* Room for @max items. */
void batch_init(struct batch *b, size_t max);
void batch_release(struct batch *b);
bool batch_is_full(const struct batch *b);

/*
 * One item's bytes, borrowed until the batch is sent: known already, an alert,
 * or quarantined.
 */
void batch_add(struct batch *b, struct span raw);
void batch_add_bad(struct batch *b, struct span raw, const char *reason);

/*
 * Hand everything over as one page; the batch is empty afterwards. @cursor
 * goes with @last and may be NULL. 0 or the door's error.
 */
int batch_send(struct batch *b, int64_t poll, bool last, const char *cursor,
	       struct err *err) must_check;

#endif
