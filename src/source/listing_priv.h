/*
 * One paged listing of a Microsoft API, from its first page to its last: sign
 * in, ask, follow the links, try again what can be tried again. The same for
 * every API that answers {"value": [...], "nextLink": "..."}.
 *
 * It opens one ledger row and ends it, complete or with the reason why not.
 */
#ifndef SOURCE_LISTING_PRIV_H
#define SOURCE_LISTING_PRIV_H

#include "source/normalize.h"
#include "source/source.h"

struct listing;

enum listing_end {
	LISTING_COMPLETE,
	LISTING_INCOMPLETE, /* this one failed; others may do */
	LISTING_FORBIDDEN, /* 403: a role is missing here */
	LISTING_AUTH, /* nobody will get in with these credentials */
	LISTING_THROTTLED, /* the service asked us to stay away for long */
	LISTING_STORE, /* the ingest door refused */
};

struct listing_result {
	enum listing_end end;
	int64_t retry_after_ms;
	char error[256]; /* one sentence; "" when complete */
};

typedef void listing_done_fn(void *arg, const struct listing_result *r);

/* Everything is borrowed while the listing lives, but the URL. */
struct listing_conf {
	const struct source_env *env;
	const char *source, *scope; /* the ledger's words */
	const char *url; /* of the first page */
	const char *endpoint; /* the token goes to this origin only */
	const char *ca_file;
	enum door door;
	const char *tenant;
	int64_t backoff_ms; /* first wait before trying again; 0: 1 s */
	/* Called with each item instead of handing it over; NULL: alerts. */
	void (*collect)(void *arg, struct span item);
	listing_done_fn *fn; /* called once, last, from the loop */
	void *arg;
};

/* Begins in the next turn of the loop. */
struct listing *listing_new(const struct listing_conf *c);
/* Abandons it: the ledger row, if open, ends as cancelled. Not from within
 * listing_done_fn. Returns NULL. */
struct listing *listing_free(struct listing *l);

/*
 * The code in an API's error body, in any of its shapes; cleaned and cut into
 * @ret (of @size bytes), "" for none. The message is left out: it names people.
 */
void listing_error_code(const char *body, size_t len, char *ret, size_t size);

#endif
