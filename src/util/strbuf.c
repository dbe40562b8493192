/*
 * A string that grows. Called by every room; knows nothing of any.
 */
#include "util/strbuf.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/xmalloc.h"

char strbuf_empty[1];

void strbuf_init(struct strbuf *sb)
{
	*sb = (struct strbuf)STRBUF_INIT;
}

void strbuf_release(struct strbuf *sb)
{
	if (sb->n_alloc)
		free(sb->buf);
	strbuf_init(sb);
}

void strbuf_reset(struct strbuf *sb)
{
	strbuf_setlen(sb, 0);
}

void strbuf_setlen(struct strbuf *sb, size_t len)
{
	assert(len <= sb->len);
	sb->len = len;
	/* The shared empty string is never written: threads share it too. */
	if (sb->n_alloc)
		sb->buf[len] = '\0';
}

char *strbuf_detach(struct strbuf *sb)
{
	char *bytes = sb->n_alloc ? sb->buf : xstrdup("");

	strbuf_init(sb);
	return bytes;
}

void strbuf_reserve(struct strbuf *sb, size_t extra)
{
	size_t need;
	char *p = sb->n_alloc ? sb->buf : NULL;

	/* Past the address space: let the allocator end the process. */
	if (__builtin_add_overflow(sb->len + 1, extra, &need))
		need = SIZE_MAX;
	if (need <= sb->n_alloc)
		return;
	/* Texts grow by small pieces: double, and begin with a line. */
	sb->n_alloc = MAX(need, MAX(sb->n_alloc * 2, (size_t)64));
	p = xreallocarray(p, sb->n_alloc, 1);
	sb->buf = p;
	sb->buf[sb->len] = '\0';
}

void strbuf_add(struct strbuf *sb, const void *bytes, size_t len)
{
	if (!len)
		return;
	strbuf_reserve(sb, len);
	memcpy(sb->buf + sb->len, bytes, len);
	sb->len += len;
	sb->buf[sb->len] = '\0';
}

void strbuf_addstr(struct strbuf *sb, const char *s)
{
	strbuf_add(sb, s, strlen(s));
}

void strbuf_addch(struct strbuf *sb, char c)
{
	strbuf_reserve(sb, 1);
	sb->buf[sb->len++] = c;
	sb->buf[sb->len] = '\0';
}

void strbuf_addf(struct strbuf *sb, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(sb, fmt, ap);
	va_end(ap);
}

void strbuf_vaddf(struct strbuf *sb, const char *fmt, va_list ap)
{
	size_t room = sb->n_alloc ? sb->n_alloc - sb->len : 0;
	va_list again;
	int len;

	va_copy(again, ap);
	len = vsnprintf(room ? sb->buf + sb->len : NULL, room, fmt, again);
	va_end(again);
	/* Only a wide character of ours or 2 GiB could do this. */
	assert(len >= 0);
	if (len <= 0)
		return;
	if ((size_t)len >= room) { /* cut: formatted again with room for it */
		strbuf_reserve(sb, (size_t)len);
		(void)vsnprintf(sb->buf + sb->len, (size_t)len + 1, fmt, ap);
	}
	sb->len += (size_t)len;
}
