/*
 * SHA-256, HMAC and the text forms of bytes. Called for identities, the audit
 * chain and webhook signatures. The only room that knows OpenSSL's EVP; a
 * failure there means no memory or a broken library, so it ends the process.
 */
#include "util/digest.h"

#include <endian.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "util/err.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

/*
 * Many small pieces make one digest: they are gathered here, since each call
 * into OpenSSL costs more than hashing the piece.
 */
struct digest {
	EVP_MD_CTX *ctx;
	size_t n_gathered;
	uint8_t gathered[1024];
};

/* Fails for want of memory, or in a libcrypto that lacks what it must have. */
static void must(bool ok, const char *what)
{
	char text[128];

	if (ok)
		return;
	snprintf(text, sizeof(text), "%s failed in libcrypto", what);
	xmalloc_die(text);
}

static EVP_MD *sha256;

static void fetch_sha256(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	must(sha256 != NULL, "SHA-256");
}

/* Looked up once: EVP_sha256() makes OpenSSL 3 look for it each time. */
static const EVP_MD *md_sha256(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, fetch_sha256); /* cannot fail */
	return sha256;
}

/* The last that was finished: to make one costs as much as a short digest. */
static _Atomic(struct digest *) spare;

struct digest *digest_new(void)
{
	struct digest *d = atomic_exchange(&spare, NULL);

	if (d) { /* no algorithm: begin the same one anew */
		must(EVP_DigestInit_ex(d->ctx, NULL, NULL) == 1, "SHA-256");
		return d;
	}
	d = xmalloc(sizeof(*d));
	d->n_gathered = 0;
	d->ctx = EVP_MD_CTX_new();
	must(d->ctx && EVP_DigestInit_ex(d->ctx, md_sha256(), NULL) == 1,
	     "SHA-256");
	return d;
}

static void update(struct digest *d, const void *bytes, size_t len)
{
	must(EVP_DigestUpdate(d->ctx, bytes, len) == 1, "SHA-256");
}

/* What was gathered may be a secret, and the struct is used again. */
static void flush(struct digest *d)
{
	update(d, d->gathered, d->n_gathered);
	explicit_bzero(d->gathered, d->n_gathered);
	d->n_gathered = 0;
}

void digest_add(struct digest *d, const void *bytes, size_t len)
{
	if (len > sizeof(d->gathered) - d->n_gathered)
		flush(d);
	if (len > sizeof(d->gathered)) {
		update(d, bytes, len);
	} else if (len > 0) {
		memcpy(d->gathered + d->n_gathered, bytes, len);
		d->n_gathered += len;
	}
}

static void add_length(struct digest *d, uint64_t len)
{
	len = htobe64(len);
	digest_add(d, &len, sizeof(len));
}

void digest_add_field(struct digest *d, const char *s)
{
	size_t len = s ? strlen(s) : 0;

	/* Absent differs from empty: no string is that long. */
	add_length(d, s ? len : UINT64_MAX);
	digest_add(d, s, len);
}

/* A byte of @word that is in 'A'..'Z' gets its bit 5; all eight at once. */
static uint64_t fold(uint64_t word)
{
	const uint64_t every = UINT64_C(0x0101010101010101);
	uint64_t low = word & every * 0x7f;
	uint64_t from_a = low + every * (0x80 - 'A');
	uint64_t behind_z = low + every * (0x7f - 'Z');

	return word | ((from_a & ~behind_z & ~word & every * 0x80) >> 2);
}

static void fold_bytes(char *to, const char *s, size_t len)
{
	uint64_t word = 0;
	size_t i;

	for (i = 0; i + sizeof(word) <= len; i += sizeof(word)) {
		memcpy(&word, s + i, sizeof(word));
		word = fold(word);
		memcpy(to + i, &word, sizeof(word));
	}
	memcpy(&word, s + i, len - i);
	word = fold(word);
	memcpy(to + i, &word, len - i);
}

void digest_add_folded(struct digest *d, const char *s)
{
	size_t len = strlen(s);
	char folded[256]; /* longer than nearly every id */

	add_length(d, len);
	for (size_t n; len > 0; s += n, len -= n) {
		n = MIN(len, sizeof(folded));
		fold_bytes(folded, s, n);
		digest_add(d, folded, n);
	}
}

void digest_finish(struct digest *d, uint8_t ret[DIGEST_SIZE])
{
	flush(d);
	must(EVP_DigestFinal_ex(d->ctx, ret, NULL) == 1, "SHA-256");
	d = atomic_exchange(&spare, d);
	if (d) { /* two were at work at a time */
		EVP_MD_CTX_free(d->ctx);
		free(d);
	}
}

void digest_sha256(const void *bytes, size_t len, uint8_t ret[DIGEST_SIZE])
{
	must(EVP_Digest(bytes, len, ret, NULL, md_sha256(), NULL) == 1,
	     "SHA-256");
}

static EVP_MAC *poly1305;

static void fetch_poly1305(void)
{
	poly1305 = EVP_MAC_fetch(NULL, "POLY1305", NULL);
	must(poly1305 != NULL, "Poly1305");
}

struct digest_quick {
	EVP_MAC_CTX *ctx;
	size_t n_gathered; /* as in struct digest; most alerts fit */
	uint8_t gathered[4096];
};

static _Atomic(struct digest_quick *) spare_quick;

static struct digest_quick *quick_make(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct digest_quick *d = xmalloc(sizeof(*d));

	(void)pthread_once(&once, fetch_poly1305); /* cannot fail */
	d->n_gathered = 0;
	d->ctx = EVP_MAC_CTX_new(poly1305);
	return d;
}

struct digest_quick *digest_quick_new(const uint8_t key[DIGEST_QUICK_KEY_SIZE])
{
	struct digest_quick *d = atomic_exchange(&spare_quick, NULL);

	if (!d)
		d = quick_make();
	must(d->ctx && EVP_MAC_init(d->ctx, key, DIGEST_QUICK_KEY_SIZE, NULL) ==
			       1,
	     "Poly1305");
	return d;
}

static void quick_update(struct digest_quick *d, const void *bytes, size_t len)
{
	must(EVP_MAC_update(d->ctx, bytes, len) == 1, "Poly1305");
}

void digest_quick_add(struct digest_quick *d, const void *bytes, size_t len)
{
	if (len > sizeof(d->gathered) - d->n_gathered) {
		quick_update(d, d->gathered, d->n_gathered);
		d->n_gathered = 0;
	}
	if (len > sizeof(d->gathered)) {
		quick_update(d, bytes, len);
	} else if (len > 0) {
		memcpy(d->gathered + d->n_gathered, bytes, len);
		d->n_gathered += len;
	}
}

void digest_quick_finish(struct digest_quick *d, uint8_t ret[DIGEST_QUICK_SIZE])
{
	size_t len;

	quick_update(d, d->gathered, d->n_gathered);
	must(EVP_MAC_final(d->ctx, ret, &len, DIGEST_QUICK_SIZE) == 1,
	     "Poly1305");
	d->n_gathered = 0;
	d = atomic_exchange(&spare_quick, d);
	if (d) {
		EVP_MAC_CTX_free(d->ctx);
		free(d);
	}
}

void digest_hmac_sha256(const void *key, size_t key_len, const void *bytes,
			size_t len, uint8_t ret[DIGEST_SIZE])
{
	/* A NULL key would mean "the key of the last call" to OpenSSL. */
	must(HMAC(md_sha256(), key ? key : "", (int)key_len, bytes, len, ret,
		  NULL) != NULL,
	     "HMAC-SHA-256");
}

char *digest_hex(const uint8_t *bytes, size_t len, char *ret)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		ret[2 * i] = digits[bytes[i] >> 4];
		ret[2 * i + 1] = digits[bytes[i] & 15];
	}
	ret[2 * len] = '\0';
	return ret;
}

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789+/";

char *digest_base64(const void *bytes, size_t len)
{
	const uint8_t *in = bytes;
	char *text = xmalloc((len / 3 + 1) * 4 + 1);
	char *to = text;

	for (size_t i = 0; i < len; i += 3) {
		size_t n = MIN(len - i, (size_t)3);
		uint32_t group = (uint32_t)in[i] << 16;

		if (n > 1)
			group |= (uint32_t)in[i + 1] << 8;
		if (n > 2)
			group |= in[i + 2];
		*to++ = base64_digits[group >> 18];
		*to++ = base64_digits[group >> 12 & 63];
		*to++ = n > 1 ? base64_digits[group >> 6 & 63] : '=';
		*to++ = n > 2 ? base64_digits[group & 63] : '=';
	}
	*to = '\0';
	return text;
}

/* Four digits to *ret_group and 1 to 3 bytes; 0 when they are none. */
static size_t unbase64_group(const char *text, bool last, uint32_t *ret_group)
{
	size_t n_pad = 0;
	uint32_t group = 0;

	if (last && text[3] == '=')
		n_pad = text[2] == '=' ? 2 : 1;
	for (size_t i = 0; i < 4; i++) {
		const char *digit = base64_digits;

		if (i < 4 - n_pad)
			digit = memchr(base64_digits, text[i], 64);
		if (!digit)
			return 0;
		group = group << 6 | (uint32_t)(digit - base64_digits);
	}
	/* Bits that are thrown away must be zero: one text for one value. */
	if (group & ((1u << 8 * n_pad) - 1))
		return 0;
	*ret_group = group;
	return 3 - n_pad;
}

int digest_unbase64(const char *text, uint8_t **ret, size_t *ret_len)
{
	size_t len = strlen(text);
	CLEANUP(free_ptr) uint8_t *bytes = xmalloc(len / 4 * 3 + 1);
	size_t n_bytes = 0;

	if (len % 4)
		return ERR_SCHEMA;
	for (size_t i = 0; i < len; i += 4) {
		uint32_t group;
		size_t n = unbase64_group(text + i, i + 4 == len, &group);

		if (n == 0)
			return ERR_SCHEMA;
		for (size_t k = 0; k < n; k++)
			bytes[n_bytes++] = (uint8_t)(group >> (16 - 8 * k));
	}
	bytes[n_bytes] = 0; /* text inside can be used as a string */
	*ret = take(bytes);
	*ret_len = n_bytes;
	return 0;
}

char *digest_base64url(const void *bytes, size_t len)
{
	char *text = digest_base64(bytes, len);
	char *p = text;

	for (; *p && *p != '='; p++) {
		if (*p == '+')
			*p = '-';
		else if (*p == '/')
			*p = '_';
	}
	*p = '\0';
	return text;
}

int digest_unbase64url(const char *text, char **ret, size_t *ret_len)
{
	CLEANUP(strbuf_release) struct strbuf plain = STRBUF_INIT;
	uint8_t *bytes;
	int rc;

	for (; *text && *text != '='; text++) {
		if (*text == '-')
			strbuf_addch(&plain, '+');
		else if (*text == '_')
			strbuf_addch(&plain, '/');
		else
			strbuf_addch(&plain, *text);
	}
	if (text[strspn(text, "=")])
		return ERR_SCHEMA;
	while (plain.len % 4)
		strbuf_addch(&plain, '=');
	rc = digest_unbase64(plain.buf, &bytes, ret_len);
	if (rc < 0)
		return rc;
	*ret = (char *)bytes;
	return 0;
}

bool digest_equal(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}

void digest_random(void *ret, size_t len)
{
	uint8_t *p = ret;

	while (len > 0) {
		ssize_t n = getrandom(p, len, 0);

		must(n > 0 || errno == EINTR, "getrandom");
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
}
