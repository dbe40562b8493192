/*
 * Signatures of webhooks after Standard Webhooks 1.0. Called by webhook.c;
 * knows neither HTTP nor what a body says.
 */
#include "notify/sign.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "util/digest.h"

#define PREFIX "whsec_"
#define KEY_MIN 24
#define KEY_MAX 64

/* The key inside the text; wiped by key_release. */
struct key {
	uint8_t *bytes;
	size_t len;
};

static void key_release(struct key *k)
{
	if (k->bytes)
		explicit_bzero(k->bytes, k->len);
	free(k->bytes);
	k->bytes = NULL;
}

static int key_decode(const struct secret *s, struct key *ret)
{
	const char *text = secret_peek(s);

	/* The prefix is part of the text form, not of the key. */
	if (strncmp(text, PREFIX, strlen(PREFIX)) != 0)
		return ERR_SCHEMA;
	return digest_unbase64(text + strlen(PREFIX), &ret->bytes, &ret->len);
}

int sign_check_secret(const struct secret *s, struct err *err)
{
	CLEANUP(key_release) struct key key = { 0 };

	if (key_decode(s, &key) < 0)
		return err_set(err, ERR_CONF,
			       "a signing secret is \"" PREFIX
			       "\" and base64, and this one is not");
	if (key.len < KEY_MIN || key.len > KEY_MAX)
		return err_set(err, ERR_CONF,
			       "a signing secret holds %d to %d bytes, and "
			       "this one has %zu",
			       KEY_MIN, KEY_MAX, key.len);
	return 0;
}

void sign_add(struct strbuf *out, const struct secret *s, const char *id,
	      int64_t timestamp_s, struct span body)
{
	CLEANUP(key_release) struct key key = { 0 };
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	uint8_t sum[DIGEST_SIZE];
	char *base64;

	if (key_decode(s, &key) < 0)
		return; /* sign_check_secret said so before */
	strbuf_addf(&text, "%s.%" PRId64 ".", id, timestamp_s);
	strbuf_add(&text, body.p, body.len);
	digest_hmac_sha256(key.bytes, key.len, text.buf, text.len, sum);
	base64 = digest_base64(sum, sizeof(sum));
	strbuf_addf(out, "v1,%s", base64);
	free(base64);
}
