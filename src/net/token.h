/*
 * Sign-in: OAuth 2 client credentials, and what stands in for them. One token
 * per (method, login, tenant, client, scope, secret), shared, renewed at 80 %
 * of its life, at most one request in flight.
 *
 * How many requests a fault can cost. A failure is kept: until its back-off is
 * over, everybody who asks gets the same error without a request.
 *
 *	permanent		one in 5 min, doubling to one in 1 h
 *	told to wait		when Retry-After says; without it as permanent
 *				(managed identity: as transient)
 *	transient		5 s doubling to 5 min, a quarter more or less
 *	token refused (401)	one at once for a new token; a second refusal
 *				makes none within 5 min of the first, doubling
 *				to 1 h: the new token goes on being handed out
 *	refused with claims	one at once with the claims; if that token is
 *				refused too, it is a permanent failure
 *	legacy token		none, ever; refused, it is a permanent failure
 *
 * (Azure Arc needs two requests for each of these.) A token that cannot be
 * renewed is handed out until it really ends. What an administrator mends is
 * seen at the next of these requests, or at once after a restart.
 */
#ifndef NET_TOKEN_H
#define NET_TOKEN_H

#include "core/auth.h"
#include "net/skew.h"
#include "net/xfer.h"
#include "util/secret.h"

struct token_conf {
	enum auth_method method;
	const char *login; /* https://login.microsoftonline.com */
	const char *tenant, *client_id;
	const struct secret *client_secret; /* or PEM, or the legacy token */
	const char *federated_token_file; /* read for every request */
	/* NULL: http://169.254.169.254, or what IDENTITY_ENDPOINT says, which
	 * Azure Arc sets. Port 40342 of this machine is Arc's, too. */
	const char *instance_metadata;
	const char *arc_folder; /* of Arc's key files; NULL: Arc's own */
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
/* When the certificate it signs with ends (wall clock); 0: it signs with none,
 * or with an unusable one. */
int64_t token_certificate_ends_ms(const struct token_source *ts);

/* By the Date of the last answer to a sign-in. */
struct skew token_skew(const struct token_source *ts);

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
/* The service refused @token with 401: get another one. */
void token_reject(struct token_source *ts, const char *token);
/*
 * The same, with the Bearer challenge of the 401 (xfer_reply.www_authenticate):
 * claims it holds go into the next request for a token, without which a new one
 * would be refused again. A challenge that is not understood is a plain
 * refusal.
 */
void token_challenge(struct token_source *ts, const char *token,
		     const char *www_authenticate);

/* The token endpoint's error body in words; for tests and fuzzing. Returns
 * ERR_AUTH (permanent) or ERR_THROTTLED / ERR_HTTP (transient). A missing
 * consent is not among them: such a token is issued, and opens nothing (403).
 */
int token_explain_error(long status, const char *body, size_t len,
			struct err *err);

#endif
