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

/*
 * When the first certificate of the PEM text @pem ends, in ms UTC: the one that
 * is shown to a peer. 0 when there is none, or it cannot be read; who connects
 * with it is told why. @pem may be NULL.
 */
int64_t certificate_ends_ms(const struct secret *pem);

#endif
