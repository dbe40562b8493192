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
#include "source/page_split_priv.h"
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

/* Whose requests have to wait when a listing was told to. */
enum listing_quota {
	QUOTA_OF_ALL, /* the tenant's, or it cannot sign in */
	QUOTA_UNSAID, /* the API does not tell */
	QUOTA_OF_SUBSCRIPTION, /* that it asked about */
};

struct listing_result {
	enum listing_end end;
	enum listing_quota whose; /* with LISTING_THROTTLED */
	int64_t retry_after_ms;
	long status; /* of the last answer; 0 there was none */
	size_t n_pages; /* that were read before it */
	char error[512]; /* one sentence; "" when complete */
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
	/* What a 403 asks the operator to do; NULL: the role of Defender for
	 * Cloud. */
	const char *needs;
	/* What a 401 for a new token asks for; NULL: ARM's words. */
	const char *refused;

	const char *method; /* NULL: GET */
	const char *const *headers; /* more of them, up to a NULL; or NULL */
	const char *body; /* of the first request; NULL none */
	const struct page_shape *shape; /* NULL: pages with links */
	/*
	 * For an API that is paged by the request's body: the next one, at the
	 * same URL, into @ret. 1, 0 when the page that was just opened (with
	 * @n_items) is the last, or an error: the listing is not complete.
	 * @arg is the shape's.
	 */
	int (*follow)(void *arg, size_t n_items, struct strbuf *ret,
		      struct err *err);

	/* Does the door open? One try, and of the answer the first page alone:
	 * complete is then whatever could be asked. */
	bool once;

	int64_t from_ms, to_ms; /* the slice of time it covers; 0 no slice */
	/* Member of an item with its last change, RFC 3339 or epoch
	 * milliseconds; NULL none. */
	const char *time_key;
	/* The last page is about to be handed over: the cursor to commit with
	 * it. @newest_ms: the newest change in the listing, 0 none. */
	void (*cursor)(void *arg, int64_t newest_ms, struct strbuf *out);

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

/* How many pages were read, and for how long the service lets it not ask; 0: it
 * asks, or waits by itself after a failure. */
size_t listing_progress(const struct listing *l, int64_t *ret_wait_ms);

/*
 * The code in an API's error body, in any of its shapes; cleaned and cut into
 * @ret (of @size bytes), "" for none. The message is left out: it names people.
 */
void listing_error_code(const char *body, size_t len, char *ret, size_t size);

/* Whose quota is spent, by the @code of a refusal (section 4.1 of the notes on
 * Resource Manager). */
enum listing_quota listing_quota(const char *code);

/* "@why; the service asks to wait 600 s, until 2026-11-22T23:10:00Z", cut into
 * @ret (of @size bytes). */
void listing_wait_words(const char *why, int64_t wait_ms, char *ret,
			size_t size);

/* What to do about a 401 for a new token, with its @challenge; @usual: the
 * API's own words, NULL: ARM's. */
const char *listing_refused(const char *challenge, const char *usual);

/* When @item last changed, by its member @key (RFC 3339 or epoch milliseconds),
 * else 0: what has no such time moves nothing. */
int64_t listing_item_time(struct span item, const char *key);

#endif
