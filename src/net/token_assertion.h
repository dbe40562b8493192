/*
 * Signing in with a certificate: a JWT that says who we are, signed with the
 * certificate's key (RFC 7523; Microsoft identity platform, "application
 * authentication certificate credentials": PS256, x5t#S256). Called by the
 * token files; it must not know what is asked for, nor when.
 */
#ifndef NET_TOKEN_ASSERTION_H
#define NET_TOKEN_ASSERTION_H

#include <stdint.h>
#include "util/err.h"
#include "util/secret.h"

struct token_certificate;

/*
 * Read a certificate and its RSA key, in any order, out of one PEM text; with
 * a chain, the certificate that fits the key is taken. Returns 0, or ERR_AUTH
 * with @err saying what is wrong with it and what to do; the dates are not
 * looked at here.
 */
int token_certificate_new(const struct secret *pem,
			  struct token_certificate **ret,
			  struct err *err) must_check;
struct token_certificate *token_certificate_free(
	struct token_certificate *c); /* NULL */
/* The wall-clock end of its validity. */
int64_t token_certificate_ends(const struct token_certificate *c);

/*
 * A fresh assertion for the token endpoint @audience, good for ten minutes
 * from @now_ms. Takes about a millisecond. 0, or ERR_AUTH: the certificate
 * has ended, or has not begun by this clock.
 */
int token_assertion_new(const struct token_certificate *c, const char *audience,
			const char *client_id, int64_t now_ms,
			struct secret **ret, struct err *err) must_check;

#endif
