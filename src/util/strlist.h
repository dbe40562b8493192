/* An ordered list of owned strings. */
#ifndef UTIL_STRLIST_H
#define UTIL_STRLIST_H

#include <stdbool.h>
#include <stddef.h>

struct strlist {
	char **v;
	size_t n, n_alloc;
};

#define STRLIST_INIT                                                           \
	{                                                                      \
		NULL, 0, 0                                                     \
	}

/* Appends a copy of @s. */
void strlist_add(struct strlist *l, const char *s);
void strlist_copy(struct strlist *to, const struct strlist *from);
bool strlist_has(const struct strlist *l, const char *s);
/* Same, ASCII case ignored. */
bool strlist_has_ci(const struct strlist *l, const char *s);
/* Elements joined by @sep; heap, the caller frees; "" for none. */
char *strlist_join(const struct strlist *l, const char *sep);
/* Frees; empty afterwards. Usable with CLEANUP. */
void strlist_release(struct strlist *l);

#endif
