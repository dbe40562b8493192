/*
 * Errors as values. Rooms fill a struct err; only daemon/ and cli/ print it.
 * A code is negative: -errno for the system, -1000 and below for the domain.
 */
#ifndef UTIL_ERR_H
#define UTIL_ERR_H

#include "util/compiler.h"

enum err_code {
	ERR_AUTH = -1000, /* credentials refused, role missing */
	ERR_THROTTLED = -1001, /* told to wait */
	ERR_SCHEMA = -1002, /* foreign data not of the promised shape */
	ERR_LIMIT = -1003, /* larger, deeper or longer than allowed */
	ERR_CONF = -1004, /* configuration or usage */
	ERR_STORE = -1005, /* the database refused */
	ERR_STORE_FULL = -1006, /* no room on the disk, or over quota */
	ERR_STORE_DAMAGED = -1007,
	ERR_STORE_NEWER = -1008, /* schema of a later release */
	ERR_BUSY = -1009, /* held by somebody else */
	ERR_NET = -1010, /* transport: name, connection, TLS, timeout */
	ERR_HTTP = -1011, /* an answer that is not a success */
	ERR_REFUSED = -1012, /* we refuse: foreign host, private address */
	ERR_CONFLICT = -1013, /* somebody else changed it first */
	ERR_NOT_FOUND = -1014,
	ERR_DENIED = -1015,
	ERR_BAD_STATE = -1016, /* not possible in the present state */
	ERR_CANCELLED = -1017,
};

struct err {
	int code; /* 0: nothing happened */
	char text[512]; /* one line, UTF-8, safe to print */
};

#define ERR_INIT                                                               \
	{                                                                      \
		0, ""                                                          \
	}

/* Fill @err (which may be NULL) and return @code, for `return err_set(...)`. */
int err_set(struct err *err, int code, const char *fmt, ...) printf_like(3, 4);
/* Put "what: " before the text that is there. Returns err->code. */
int err_prefix(struct err *err, const char *fmt, ...) printf_like(2, 3);
/* A short English word for a code of either kind; never NULL. */
const char *err_text(int code);

#endif
