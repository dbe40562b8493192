/*
 * The subscriptions of a source that the service asked to leave alone, each
 * until a moment of its own. What is asked sooner has to wait longer.
 */
#ifndef SOURCE_RECESS_PRIV_H
#define SOURCE_RECESS_PRIV_H

#include <stddef.h>
#include <stdint.h>

struct recess {
	char *subscription;
	int64_t until_ms; /* monotonic */
	char *error; /* what it was told, and until when by the wall clock */
};

struct recesses {
	struct recess *v;
	size_t n;
};
#define RECESSES_INIT                                                          \
	{                                                                      \
		NULL, 0                                                        \
	}

/* Copies @id and @error; one that waits already waits until then. */
void recess_begin(struct recesses *r, const char *id, int64_t until_ms,
		  const char *error);
/* Forget those that are over at @now_ms. */
void recesses_end(struct recesses *r, int64_t now_ms);
/* That of @id, as any case writes it; borrowed until the next call of the two
 * above. NULL: it may be asked. */
const struct recess *recess_of(const struct recesses *r, const char *id);
void recesses_release(struct recesses *r);

#endif
