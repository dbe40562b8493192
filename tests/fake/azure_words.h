/* The texts of tokens: base64url, without padding. */
#ifndef FAKE_AZURE_WORDS_H
#define FAKE_AZURE_WORDS_H

#include <stddef.h>
#include <stdint.h>

/* Heap. */
char *azure_base64url(const void *bytes, size_t len);
/* Heap, a NUL behind; NULL when it is none. Padding is taken too. */
uint8_t *azure_unbase64url(const char *text, size_t len, size_t *ret_len);

#endif
