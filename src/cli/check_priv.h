/*
 * Between the files of `triagectl check`.
 *
 *	cmd_check.c     what is looked at
 *	check_limits.c  from which value on it is bad
 *	check_say.c     the lines that a monitoring system reads
 */
#ifndef CLI_CHECK_PRIV_H
#define CLI_CHECK_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "util/err.h"
#include "util/strbuf.h"

/* The exit statuses of the Monitoring Plugins Development Guidelines. */
enum verdict_code {
	CHECK_OK,
	CHECK_WARNING,
	CHECK_CRITICAL,
	CHECK_UNKNOWN,
};

enum check_unit { UNIT_COUNT, UNIT_TIME, UNIT_BYTES };

/* From here on; negative: never. */
struct limits {
	int64_t warning, critical;
};
#define LIMITS_OFF                                                             \
	(struct limits)                                                        \
	{                                                                      \
		-1, -1                                                         \
	}

/*
 * "WARNING", "WARNING,CRITICAL", ",CRITICAL" or "off", in @unit: numbers, times
 * such as 10m, sizes such as 18GiB. 0 or ERR_CONF with @err.
 */
int limits_parse(const char *text, enum check_unit unit, struct limits *ret,
		 struct err *err) must_check;
enum verdict_code limits_judge(const struct limits *l, int64_t value);

/* What was looked at. Without a value it is a state and no number. */
struct check_item {
	char *name; /* "poll-age azure" */
	char *text; /* "source azure: read whole 14 s ago"; a stranger's */
	enum verdict_code code;
	bool has_value, is_unknown; /* a number; one that is not there yet */
	enum check_unit unit;
	int64_t value; /* milliseconds for times */
	struct limits limits;
};

struct check_items {
	struct check_item *v; /* owned */
	size_t n, n_alloc;
};
void check_items_release(struct check_items *l);
/* Takes over the strings of @item. */
void check_items_add(struct check_items *l, const struct check_item *item);
/* The worst; a state that is known is worse than one that is not. */
enum verdict_code check_items_worst(const struct check_items *l);
const char *check_word(enum verdict_code code); /* "OK" ... */

/* The first line, with @summary for when all is well; a line for each item;
 * the numbers behind the first line. */
void check_say(const struct check_items *l, const char *summary,
	       struct strbuf *out);
/* "TRIAGED UNKNOWN - @text" */
void check_say_unknown(const char *text, struct strbuf *out);

#endif
