/*
 * What the fuzz targets share. A target is one file, fuzz_NAME.c, with one
 * function that aborts when something does not hold. By libFuzzer it is a
 * program of its own; with FUZZ_NAME it is one of many in replay.c, which runs
 * the inputs that are kept.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "util/err.h"
#include "util/strbuf.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

typedef int fuzz_fn(const uint8_t *data, size_t size);

/* replay.c: one more target. */
void replay_add(const char *name, fuzz_fn *fn);

#ifdef FUZZ_NAME
#define FUZZ_PASTE_NOW(a, b) a##b
#define FUZZ_PASTE(a, b) FUZZ_PASTE_NOW(a, b)
#define FUZZ_TEXT_NOW(a) #a
#define FUZZ_TEXT(a) FUZZ_TEXT_NOW(a)
#define LLVMFuzzerTestOneInput FUZZ_PASTE(fuzz_one_, FUZZ_NAME)
fuzz_fn LLVMFuzzerTestOneInput;
__attribute__((constructor)) static void fuzz_add(void)
{
	replay_add(FUZZ_TEXT(FUZZ_NAME), LLVMFuzzerTestOneInput);
}
#else
fuzz_fn LLVMFuzzerTestOneInput;
#endif

#define must(holds)                                                            \
	do {                                                                   \
		if (!(holds)) {                                                \
			fprintf(stderr, "%s:%d: does not hold: %s\n",          \
				__FILE__, __LINE__, #holds);                   \
			abort();                                               \
		}                                                              \
	} while (0)

/* Bytes of the input, dealt out. */
struct feed {
	const uint8_t *p;
	size_t left;
};

static inline unsigned feed_byte(struct feed *f)
{
	if (f->left == 0)
		return 0;
	f->left--;
	return *f->p++;
}

/* Up to the next zero byte, which is used up (heap). */
static inline char *feed_text(struct feed *f)
{
	size_t len = f->left ? strnlen((const char *)f->p, f->left) : 0;
	char *text = xstrndup((const char *)f->p, len);

	len += len < f->left;
	f->p += len;
	f->left -= len;
	return text;
}

/* All that is left, with a NUL behind it (heap). */
static inline char *feed_rest(struct feed *f)
{
	char *rest = xmalloc(f->left + 1);

	if (f->left)
		memcpy(rest, f->p, f->left);
	rest[f->left] = '\0';
	return rest;
}

/* Nothing in it moves a cursor, and it has at most @max characters; NULL is
 * fine. */
static inline bool is_clean(const char *s, size_t max, enum utf8_clean how)
{
	CLEANUP(free_ptr) char *clean = utf8_clean_dup(s, 0, how);

	return !s || (strcmp(clean, s) == 0 && utf8_length(s) <= max);
}

/* An error is a code and a sentence that can be printed. */
static inline bool is_said(int rc, const struct err *err)
{
	return rc < 0 && err->code == rc && err->text[0] &&
	       is_clean(err->text, sizeof(err->text), UTF8_LINE);
}

#endif
