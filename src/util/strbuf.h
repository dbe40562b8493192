/*
 * A string that grows. Invariant: buf is never NULL and buf[len] is NUL, so
 * buf can always be read as a C string (it may also hold NUL bytes of its own).
 *
 * Life: STRBUF_INIT or strbuf_init, strbuf_add..., then strbuf_release, or
 * strbuf_detach to keep the bytes.
 */
#ifndef UTIL_STRBUF_H
#define UTIL_STRBUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include "util/compiler.h"

struct strbuf {
	char *buf;
	size_t len, n_alloc; /* n_alloc 0: buf is the shared empty string */
};

extern char strbuf_empty[1];
#define STRBUF_INIT                                                            \
	{                                                                      \
		strbuf_empty, 0, 0                                             \
	}

void strbuf_init(struct strbuf *sb);
/* Frees; the object is as after strbuf_init. Usable with CLEANUP. */
void strbuf_release(struct strbuf *sb);
/* Empties, keeps the memory. */
void strbuf_reset(struct strbuf *sb);
/* Shorten to @len (at most the present length). */
void strbuf_setlen(struct strbuf *sb, size_t len);
/* Gives the NUL-terminated bytes to the caller (free()); empties the object. */
char *strbuf_detach(struct strbuf *sb) must_check;

/* Room for @extra bytes more (and the NUL), for who knows how many come. */
void strbuf_reserve(struct strbuf *sb, size_t extra);
void strbuf_add(struct strbuf *sb, const void *bytes, size_t len);
void strbuf_addstr(struct strbuf *sb, const char *s);
void strbuf_addch(struct strbuf *sb, char c);
void strbuf_addf(struct strbuf *sb, const char *fmt, ...) printf_like(2, 3);
void strbuf_vaddf(struct strbuf *sb, const char *fmt, va_list ap)
	printf_like(2, 0);

#endif
