/* SHA-256, HMAC and the text forms of bytes (OpenSSL's EVP underneath). */
#ifndef UTIL_DIGEST_H
#define UTIL_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "util/compiler.h"

#define DIGEST_SIZE 32
#define DIGEST_HEX_SIZE (2 * DIGEST_SIZE + 1)

/* An incremental SHA-256. new never returns NULL; finish takes it back. */
struct digest;
struct digest *digest_new(void);
void digest_add(struct digest *d, const void *bytes, size_t len);
/*
 * Adds the length and the bytes, so that ("ab","c") differs from ("a","bc"),
 * and NULL from "".
 */
void digest_add_field(struct digest *d, const char *s);
/* The same of @s with its ASCII letters small. */
void digest_add_folded(struct digest *d, const char *s);
void digest_finish(struct digest *d, uint8_t ret[DIGEST_SIZE]);

void digest_sha256(const void *bytes, size_t len, uint8_t ret[DIGEST_SIZE]);

/*
 * Poly1305 as a keyed universal hash, an order of magnitude quicker than
 * SHA-256: who sees neither @key nor any hash made with it cannot find two
 * texts with one hash (for texts of n bytes it happens once in 2^107 / n). It
 * is no MAC here, since one key serves for many texts: hashes stay with their
 * key, inside one database. new never returns NULL; finish takes it back.
 */
#define DIGEST_QUICK_SIZE 16
#define DIGEST_QUICK_KEY_SIZE 32
struct digest_quick;
struct digest_quick *digest_quick_new(const uint8_t key[DIGEST_QUICK_KEY_SIZE]);
void digest_quick_add(struct digest_quick *d, const void *bytes, size_t len);
void digest_quick_finish(struct digest_quick *d,
			 uint8_t ret[DIGEST_QUICK_SIZE]);

void digest_hmac_sha256(const void *key, size_t key_len, const void *bytes,
			size_t len, uint8_t ret[DIGEST_SIZE]);

/* @ret has 2 * len + 1 bytes; returns it. */
char *digest_hex(const uint8_t *bytes, size_t len, char *ret);
/* Standard alphabet with padding; heap, free(). */
char *digest_base64(const void *bytes, size_t len) must_check;
/* Strict decode; *ret (heap, a NUL behind) and its length. 0 or ERR_SCHEMA. */
int digest_unbase64(const char *text, uint8_t **ret,
		    size_t *ret_len) must_check;
/* The alphabet for URLs, without padding; heap. */
char *digest_base64url(const void *bytes, size_t len) must_check;
/* Padded or not; *ret is heap with a NUL behind. 0 or ERR_SCHEMA. */
int digest_unbase64url(const char *text, char **ret,
		       size_t *ret_len) must_check;
/* As memcmp() == 0, in a time that tells nothing of where they differ. */
bool digest_equal(const void *a, const void *b, size_t len);
/* Bytes from the kernel; ends the process when there are none. */
void digest_random(void *ret, size_t len);

#endif
