/*
 * Allocation that cannot fail. Called by every room; knows nothing of any.
 */
#include "util/xmalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Allocates nothing: there is nothing left to allocate. */
never_returns void xmalloc_die(const char *what)
{
	fputs(what, stderr);
	fputs(", ending: restart continues from the database\n", stderr);
	abort();
}

static never_returns void die(void)
{
	xmalloc_die("out of memory");
}

/* malloc(0) may give NULL, which would look like a failure. */
static void *checked(void *p)
{
	if (!p)
		die();
	return p;
}

void *xmalloc(size_t size)
{
	return checked(malloc(size ? size : 1));
}

void *xcalloc(size_t n, size_t size)
{
	if (!n || !size)
		n = size = 1;
	return checked(calloc(n, size));
}

void *xreallocarray(void *p, size_t n, size_t size)
{
	if (!n || !size)
		n = size = 1;
	return checked(reallocarray(p, n, size));
}

char *xstrdup(const char *s)
{
	return s ? xmemdup(s, strlen(s) + 1) : NULL;
}

char *xstrndup(const char *s, size_t len)
{
	char *copy;

	if (!s)
		return NULL;
	len = strnlen(s, len);
	copy = xmalloc(len + 1);
	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

void *xmemdup(const void *p, size_t len)
{
	void *copy = xmalloc(len);

	/* memcpy(x, NULL, 0) is undefined. */
	if (len)
		memcpy(copy, p, len);
	return copy;
}

char *xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *text;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (len < 0)
		die();
	return text;
}

void free_ptr(void *pointer_to_pointer)
{
	void *p;

	/* The variable may be of any pointer type: copy, never cast. */
	memcpy(&p, pointer_to_pointer, sizeof(p));
	free(p);
	p = NULL;
	memcpy(pointer_to_pointer, &p, sizeof(p));
}
