/*
 * Sign-in: OAuth 2 client credentials. One token per (login, tenant, client,
 * scope), shared, renewed at 80 % of its life, at most one request in flight.
 *
 * A failure is kept too: until its back-off is over, everybody who asks gets
 * the same error without a request (transient: 5 s doubling to 5 min, or what
 * Retry-After says; permanent: 5 min doubling to 1 h). A token that cannot be
 * renewed is handed out until it really ends.
 */
#ifndef NET_TOKEN_H
#define NET_TOKEN_H

#include "net/xfer.h"
#include "util/secret.h"

struct token_conf {
	const char *login; /* https://login.microsoftonline.com */
	const char *tenant, *client_id;
	const struct secret *client_secret;
	const char *scope; /* https://management.azure.com/.default */
	const char *ca_file;
	const char *proxy;
};

struct token_source;

/* Strings and the secret are copied. */
struct token_source *token_source_new(struct xfer_pool *p,
				      const struct token_conf *c);
/* Whoever waits is dropped without a call. Before its pool is freed, and not
 * from within a token_fn. */
struct token_source *token_source_free(struct token_source *ts); /* NULL */

struct token_wait;

/*
 * @token is borrowed for the call, NULL with @err filled on failure: ERR_AUTH
 * permanent (the text names the AADSTS code and what to do), other codes
 * transient, @retry_after_ms when the service said so.
 */
typedef void token_fn(void *arg, const char *token, const struct err *err,
		      int64_t retry_after_ms);

/* Ask for a token; @fn is called once, later, from the loop, unless cancelled.
 */
struct token_wait *token_get(struct token_source *ts, token_fn *fn, void *arg);
/* Harmless for the wait whose own call back runs. Returns NULL. */
struct token_wait *token_cancel(struct token_wait *w);
/* The service refused @token with 401: do not hand it out again. */
void token_reject(struct token_source *ts, const char *token);

/* The token endpoint's error body in words; for tests and fuzzing. Returns
 * ERR_AUTH (permanent) or ERR_THROTTLED / ERR_HTTP (transient). */
int token_explain_error(long status, const char *body, size_t len,
			struct err *err);

#endif
