/* Typed fields of a log event: built on the stack, borrowed, never kept. */
#ifndef UTIL_KV_H
#define UTIL_KV_H

#include <stdint.h>

enum kv_type { KV_END, KV_STR, KV_INT };

struct kv {
	enum kv_type type;
	const char *name; /* UPPER_CASE; the journal field is TRIAGED_NAME */
	const char *str; /* borrowed; NULL prints as nothing at all */
	int64_t num;
};

static inline struct kv kv_str(const char *name, const char *value)
{
	return (struct kv){ KV_STR, name, value, 0 };
}

static inline struct kv kv_int(const char *name, int64_t value)
{
	return (struct kv){ KV_INT, name, 0, value };
}

#endif
