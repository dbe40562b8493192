/*
 * A plan of Defender for Cloud ("pricing"): is it on, and which of its parts
 * are. Called by parts.c.
 *
 * tested with: test_parts
 */
#include "posture/item_priv.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "util/jsonx.h"

/* A number of a duration has no more digits: a trial is a month. */
#define DURATION_DIGITS 6

static int64_t unit_ms(char unit, bool in_time)
{
	switch (unit) {
	case 'D':
		return in_time ? 0 : INT64_C(86400000);
	case 'H':
		return in_time ? 3600000 : 0;
	case 'M': /* of months nobody knows the length */
		return in_time ? 60000 : 0;
	case 'S':
		return in_time ? 1000 : 0;
	default:
		return 0;
	}
}

/* "P29DT23H59M1.5S" as milliseconds; 0 for what is no such thing. */
static int64_t duration_ms(const char *s)
{
	bool in_time = false;
	int64_t sum = 0;

	if (!s || *s++ != 'P')
		return 0;
	while (*s) {
		size_t digits, fraction = 0;
		int64_t unit;

		if (*s == 'T' && !in_time) {
			in_time = true;
			s++;
			continue;
		}
		digits = strspn(s, "0123456789");
		if (s[digits] == '.')
			fraction = 1 + strspn(s + digits + 1, "0123456789");
		unit = unit_ms(s[digits + fraction], in_time);
		if (digits == 0 || digits > DURATION_DIGITS || unit == 0)
			return 0;
		sum += strtol(s, NULL, 10) * unit;
		s += digits + fraction + 1;
	}
	return sum;
}

/* Those parts that are on, or those that are off, by name. */
static char *extensions(const json_t *properties, bool on)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	const json_t *one;
	size_t i;

	json_array_foreach(jsonx_get(properties, "extensions"), i, one)
	{
		if (jsonx_bool(one, "isEnabled") == on)
			item_add_word(&sb, jsonx_str(one, "name"));
	}
	return item_list(&sb);
}

int plan_read(const json_t *item, const json_t *properties, struct plan *ret,
	      struct err *err)
{
	const char *tier = jsonx_str(properties, "pricingTier");

	ret->name = item_word(item, "name");
	if (!ret->name)
		return err_set(err, ERR_SCHEMA, "the plan has no name");
	/* Taken for off, a plan nobody can judge would be one more alarm; taken
	 * for on, one less protection that anybody knows of. */
	if (!tier)
		return err_set(err, ERR_SCHEMA,
			       "it does not say whether the plan is on");
	ret->is_on = strcasecmp(tier, "Free") != 0;
	ret->tier = item_line(tier);
	ret->sub_plan = item_word(properties, "subPlan");
	ret->is_deprecated = jsonx_bool(properties, "deprecated");
	ret->replaced_by = item_words(properties, "replacedBy");
	ret->coverage = item_word(properties, "resourcesCoverageStatus");
	ret->extensions_on = extensions(properties, true);
	ret->extensions_off = extensions(properties, false);
	ret->enabled_ms = item_time(properties, "enablementTime");
	ret->trial_left_ms =
		duration_ms(jsonx_str(properties, "freeTrialRemainingTime"));
	return 0;
}
