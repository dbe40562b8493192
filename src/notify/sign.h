/*
 * Standard Webhooks 1.0 signatures. https://www.standardwebhooks.com; test
 * vector in tests/notify/test_sign.c.
 */
#ifndef NOTIFY_SIGN_H
#define NOTIFY_SIGN_H

#include <stdint.h>
#include "util/err.h"
#include "util/jscan.h"
#include "util/secret.h"
#include "util/strbuf.h"

/* Check a "whsec_BASE64" secret of 24 to 64 bytes. 0 or ERR_CONF. */
int sign_check_secret(const struct secret *s, struct err *err) must_check;
/* Append "v1,BASE64" for id.timestamp.body; @s passed sign_check_secret. */
void sign_add(struct strbuf *out, const struct secret *s, const char *id,
	      int64_t timestamp_s, struct span body);

#endif
