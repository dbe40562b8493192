/*
 * What a certificate says of itself, by X.509 (RFC 5280).
 */
#ifndef NET_CERTIFICATE_DATES_H
#define NET_CERTIFICATE_DATES_H

#include <openssl/asn1.h>
#include <stdbool.h>
#include <stdint.h>
#include "util/secret.h"

/* @t in ms UTC; false when it is no time. */
bool certificate_time(const ASN1_TIME *t, int64_t *ret_ms);

struct certificate_end {
	int64_t ends_ms; /* UTC; 0: there is no certificate */
	/* The name of the one that ends then, by RFC 2253, when it is not the
	 * one that is shown but one above it; else NULL. Owned. */
	char *above;
};
void certificate_end_release(struct certificate_end *e);

/*
 * When what is shown to a peer stops being good: the first certificate of the
 * PEM text @pem, or one of those in it that lead from there to an authority,
 * whichever ends first. A root is left out: the peer goes by its own. Nothing
 * when there is no certificate, or the first cannot be read; who connects with
 * it is told why. @pem may be NULL.
 */
void certificate_chain_end(const struct secret *pem,
			   struct certificate_end *ret);

#endif
