/*
 * From which value on something is bad. Called by cmd_check.c; pure.
 */
#include "cli/check_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "util/compiler.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

static bool parse_number(const char *text, const char **ret_rest, int64_t *ret)
{
	char *end;

	if (!*text || !strchr("0123456789", *text))
		return false;
	errno = 0;
	*ret = strtoll(text, &end, 10);
	*ret_rest = end;
	return errno == 0;
}

static bool parse_size(const char *text, int64_t *ret)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	const char *rest;

	if (!parse_number(text, &rest, ret))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (strcmp(rest, units[i]) == 0 &&
		    *ret <= INT64_MAX >> (10 * i)) {
			*ret <<= 10 * i;
			return true;
		}
	return *rest == '\0';
}

static bool parse_one(const char *text, enum check_unit unit, int64_t *ret)
{
	const char *rest;

	switch (unit) {
	case UNIT_COUNT:
		return parse_number(text, &rest, ret) && *rest == '\0';
	case UNIT_TIME:
		return timefmt_parse_duration(text, ret) == 0;
	case UNIT_BYTES:
		return parse_size(text, ret);
	}
	return false;
}

static int refuse(const char *text, enum check_unit unit, struct err *err)
{
	static const char *const examples[] = {
		[UNIT_COUNT] = "1,10",
		[UNIT_TIME] = "10m,1h",
		[UNIT_BYTES] = "8GiB,10GiB",
	};

	return err_set(err, ERR_CONF,
		       "'%.60s' is no WARNING,CRITICAL such as %s, and not off",
		       text, examples[unit]);
}

int limits_parse(const char *text, enum check_unit unit, struct limits *ret,
		 struct err *err)
{
	size_t len = strcspn(text, ",");
	CLEANUP(free_ptr) char *first = xstrndup(text, len);
	const char *second = text[len] == ',' ? text + len + 1 : NULL;
	struct limits l = LIMITS_OFF;

	if (strcmp(text, "off") == 0) {
		*ret = l;
		return 0;
	}
	if ((!*first && !second) ||
	    (*first && !parse_one(first, unit, &l.warning)) ||
	    (second && !parse_one(second, unit, &l.critical)))
		return refuse(text, unit, err);
	if (l.warning >= 0 && l.critical >= 0 && l.critical < l.warning)
		return err_set(err, ERR_CONF,
			       "'%.60s': what is critical is below the warning",
			       text);
	*ret = l;
	return 0;
}

enum verdict_code limits_judge(const struct limits *l, int64_t value)
{
	if (l->critical >= 0 && value >= l->critical)
		return CHECK_CRITICAL;
	return l->warning >= 0 && value >= l->warning ? CHECK_WARNING
						      : CHECK_OK;
}
