/*
 * What may stand in the arguments of a request, whatever its verb does with
 * it: how long what people type freely may be, and how large a time. Asked by
 * triagectl before it sends, so that the answer is there without the daemon,
 * and by daemon/control before a verb runs. Knows no verb's meaning.
 *
 * tested with: test_wire_args scenario/test_people scenario/test_noise
 */
#include "ctl/wire.h"

#include <string.h>
#include "util/compiler.h"
#include "util/utf8.h"

/* The end of the year 9999, the last instant that can be written. */
#define INSTANT_MAX_MS 253402300799999
#define HOURS_MAX 876000 /* 36500 days: what a duration may be anywhere */

struct text_limit {
	const char *verb; /* NULL: every other one */
	const char *name;
	const char *what; /* to the one who typed it */
	size_t max;
};

/* The first row that fits counts. */
static const struct text_limit texts[] = {
	{ NULL, "note", "note", CTL_NOTE_MAX },
	{ CTL_VERB_NOTE, "text", "note", CTL_NOTE_MAX },
	{ CTL_VERB_HOLD, "reason", "reason", CTL_NOTE_MAX },
	{ NULL, "reason", "reason", CTL_REASON_MAX },
};

static const struct time_limit {
	const char *name;
	int64_t max_ms;
	const char *says;
} times[] = {
	{ "for_ms", HOURS_MAX * 3600000LL, "at most 36500 days" },
	{ "around_ms", HOURS_MAX * 3600000LL, "at most 36500 days" },
	{ "starts_ms", INSTANT_MAX_MS, "before the year 10000" },
	{ "ends_ms", INSTANT_MAX_MS, "before the year 10000" },
};

static const struct text_limit *find_text(const char *verb, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (strcmp(texts[i].name, name) == 0 &&
		    (!texts[i].verb || strcmp(texts[i].verb, verb) == 0))
			return &texts[i];
	}
	return NULL;
}

static const struct time_limit *find_time(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		if (strcmp(times[i].name, name) == 0)
			return &times[i];
	}
	return NULL;
}

static int check_text(const struct text_limit *t, const json_t *value,
		      struct err *err)
{
	const char *typed = json_string_value(value);
	size_t n = typed ? utf8_length(typed) : 0;

	if (n <= t->max)
		return 0;
	return err_set(err, ERR_CONF,
		       "a %s has at most %zu characters, and this one has %zu; "
		       "shorten it, or say in it where the rest is",
		       t->what, t->max, n);
}

static int check_time(const struct time_limit *t, const json_t *value,
		      struct err *err)
{
	int64_t ms = json_integer_value(value);

	if (json_is_integer(value) && ms >= 0 && ms <= t->max_ms)
		return 0;
	return err_set(err, ERR_CONF,
		       "%s is a whole number of milliseconds, not below 0 and "
		       "%s",
		       t->name, t->says);
}

int wire_check_args(const char *verb, const json_t *args, struct err *err)
{
	const struct text_limit *text;
	const struct time_limit *when;
	const char *name;
	json_t *value;
	int rc = 0;

	json_object_foreach((json_t *)args, name, value)
	{
		text = find_text(verb, name);
		when = find_time(name);
		if (text)
			rc = check_text(text, value, err);
		else if (when)
			rc = check_time(when, value, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}
