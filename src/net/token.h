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

#include "core/auth.h"
#include "net/xfer.h"
#include "util/secret.h"

struct token_conf {
	enum auth_method method;
	const char *login; /* https://login.microsoftonline.com */
	const char *tenant, *client_id;
	const struct secret *client_secret; /* or PEM, or the legacy token */
	const char *federated_token_file;
	const char *instance_metadata; /* http://169.254.169.254 */
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

/*
 * All token sources of the process, one for each (method, login, tenant,
 * client, scope, secret): sources that sign in alike share one.
 */
struct token_cache;
struct token_cache *token_cache_new(struct xfer_pool *p);
/* Every source it gave out is gone too. Before the pool. Returns NULL. */
struct token_cache *token_cache_free(struct token_cache *c);
/* Borrowed; lives until token_cache_free(). */
struct token_source *token_cache_get(struct token_cache *c,
				     const struct token_conf *conf);
/* "Bearer", or "Token" for a legacy one: the word before it in Authorization.
 */
const char *token_scheme(const struct token_source *ts);
/* When the certificate it signs with ends; 0: it signs with none. */
int64_t token_certificate_ends_ms(const struct token_source *ts);

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
/*
 * The same, with the Bearer challenge of the 401 (xfer_reply.www_authenticate):
 * claims it holds go into the next request for a token, without which a new one
 * would be refused again.
 */
void token_challenge(struct token_source *ts, const char *token,
		     const char *www_authenticate);

/* The token endpoint's error body in words; for tests and fuzzing. Returns
 * ERR_AUTH (permanent) or ERR_THROTTLED / ERR_HTTP (transient). */
int token_explain_error(long status, const char *body, size_t len,
			struct err *err);

#endif
