/*
 * Selectors: words and moments checked here, so that a slip is an error and
 * not an empty list. Called by the commands that list. Knows no SQL.
 */
#include "cli/selectors.h"

#include <stdlib.h>
#include <string.h>
#include "cli/localtime.h"
#include "cli/values.h"
#include "util/xmalloc.h"

#define LIMIT_MOST 1000000

/* Every value of @option, each a list of words of @kind, as bits. */
static int parse_bits(const struct arguments *args, const char *option,
		      const char *kind, unsigned *ret, struct err *err)
{
	CLEANUP(free_ptr) char *where = xasprintf("--%s", option);
	const char *value;
	unsigned bits = 0;

	for (size_t n = 0; (value = arguments_nth(args, option, n)); n++) {
		CLEANUP(free_ptr) char *copy = xstrdup(value);
		char *rest = copy, *word;
		size_t i = 0;
		int rc;

		while ((word = strsep(&rest, ","))) {
			rc = values_pick(kind, where, word, &i, err);
			if (rc < 0)
				return rc;
			bits |= BIT(i);
		}
	}
	*ret = bits;
	return 0;
}

/* The words go from the worst down. */
static int parse_severities(const struct arguments *args, unsigned *ret,
			    struct err *err)
{
	unsigned bits, severities = 0;
	int rc = parse_bits(args, "severity", "SEVERITY", &bits, err);

	for (size_t i = 0; rc == 0 && i < SEVERITY_MAX; i++) {
		if (bits & BIT(i))
			severities |= BIT(SEVERITY_MAX - 1 - i);
	}
	if (rc == 0)
		*ret = severities;
	return rc;
}

static int parse_states(const struct arguments *args, unsigned *ret,
			struct err *err)
{
	unsigned bits;
	int rc = parse_bits(args, "state", "STATE", &bits, err);

	if (rc < 0)
		return rc;
	if (bits & BIT(ALERT_STATE_MAX)) /* "all" */
		bits = 0; /* the store's word for every one */
	else if (bits == 0)
		bits = BIT(ALERT_OPEN) | BIT(ALERT_ACKNOWLEDGED);
	*ret = bits;
	return 0;
}

int selectors_states(const struct arguments *args, const char *kind,
		     unsigned *ret, struct err *err)
{
	const struct value_kind *k = values_find(kind);
	unsigned bits;
	size_t last = 0;
	int rc = parse_bits(args, "state", kind, &bits, err);

	if (rc < 0)
		return rc;
	while (k->word(last + 1))
		last++;
	*ret = bits & BIT(last) ? 0 : bits;
	return 0;
}

static int parse_phase(const struct arguments *args, const char **ret,
		       struct err *err)
{
	const char *value = arguments_value(args, "phase");
	size_t i;
	int rc;

	if (!value)
		return 0;
	rc = values_pick("PHASE", "--phase", value, &i, err);
	if (rc == 0)
		*ret = phase_name((enum phase)i);
	return rc;
}

static int parse_sort(const struct arguments *args, const char **ret,
		      struct err *err)
{
	const char *value = arguments_value(args, "sort");
	size_t i = 0;
	int rc;

	if (!value)
		return 0;
	rc = values_pick("ORDER", "--sort", value, &i, err);
	if (rc == 0) /* the first, urgency, is the store's own */
		*ret = i == 0 ? NULL : values_find("ORDER")->word(i);
	return rc;
}

int selectors_moment(const struct arguments *args, const char *option,
		     int64_t now_ms, int64_t *ret, struct err *err)
{
	const char *value = arguments_value(args, option);
	bool is_end = strcmp(option, "until") == 0;

	if (!value || (is_end ? localtime_parse_end : localtime_parse)(
			      value, now_ms, ret) == 0)
		return 0;
	return err_set(err, ERR_CONF,
		       "--%s: '%s' is no moment; write how long ago (90s, 15m, "
		       "24h, 7d), a local date (2026-11-21), date and time "
		       "(\"2026-11-21 08:00\") or 2026-11-21T07:00:00Z",
		       option, value);
}

static int parse_times(const struct arguments *args, struct selector *sel,
		       struct err *err)
{
	int rc;

	rc = selectors_moment(args, "since", sel->now_ms, &sel->since_ms, err);
	if (rc < 0)
		return rc;
	rc = selectors_moment(args, "until", sel->now_ms, &sel->until_ms, err);
	if (rc < 0)
		return rc;
	if (sel->since_ms && sel->until_ms && sel->until_ms < sel->since_ms)
		return err_set(err, ERR_CONF, "--until is before --since");
	return 0;
}

/* A word without wildcards is looked for anywhere in the resource's path. */
static void take_resource(const struct arguments *args, struct selection *s)
{
	const char *value = arguments_value(args, "resource");

	if (!value)
		return;
	s->resource = strpbrk(value, "*?[") ? xstrdup(value)
					    : xasprintf("*%s*", value);
	s->sel.resource = s->resource;
}

static int parse_limit(const struct arguments *args, int64_t *ret,
		       struct err *err)
{
	int rc = arguments_number(args, "limit", 0, ret, err);

	if (rc == 0 && *ret > LIMIT_MOST)
		return err_set(err, ERR_CONF, "--limit is at most %d",
			       LIMIT_MOST);
	return rc;
}

static int parse_all(const struct arguments *args, struct selector *sel,
		     struct err *err)
{
	int rc;

	rc = parse_severities(args, &sel->severities, err);
	if (rc < 0)
		return rc;
	rc = parse_states(args, &sel->states, err);
	if (rc < 0)
		return rc;
	rc = parse_phase(args, &sel->phase, err);
	if (rc < 0)
		return rc;
	rc = parse_sort(args, &sel->sort, err);
	if (rc < 0)
		return rc;
	rc = parse_times(args, sel, err);
	if (rc < 0)
		return rc;
	return parse_limit(args, &sel->limit, err);
}

bool selectors_narrow(const struct arguments *args)
{
	static const char *const narrowing[] = { "severity", "state", "phase",
						 "source",   "owner", "overdue",
						 "resource" };

	for (size_t i = 0; i < ARRAY_SIZE(narrowing); i++) {
		if (arguments_has(args, narrowing[i]))
			return true;
	}
	return false;
}

int selectors_parse(const struct arguments *args, int64_t now_ms,
		    struct selection *ret, struct err *err)
{
	CLEANUP(selection_release)
	struct selection s = {
		.sel = { .now_ms = now_ms },
	};
	int rc = parse_all(args, &s.sel, err);

	if (rc < 0)
		return rc;
	s.sel.source = arguments_value(args, "source");
	s.sel.owner = arguments_value(args, "owner");
	s.sel.overdue = arguments_has(args, "overdue");
	take_resource(args, &s);
	s.narrowed = selectors_narrow(args) || arguments_has(args, "since") ||
		     arguments_has(args, "until");
	*ret = s;
	s.resource = NULL;
	return 0;
}

int selectors_parse_posture(const struct arguments *args, int64_t now_ms,
			    struct selection *ret, struct err *err)
{
	CLEANUP(selection_release)
	struct selection s = {
		.sel = { .now_ms = now_ms },
	};
	int rc = parse_severities(args, &s.sel.severities, err);

	if (rc >= 0)
		rc = parse_times(args, &s.sel, err);
	if (rc >= 0)
		rc = parse_limit(args, &s.sel.limit, err);
	if (rc < 0)
		return rc;
	s.sel.source = arguments_value(args, "source");
	s.sel.subscription = arguments_value(args, "subscription");
	take_resource(args, &s);
	s.narrowed = s.sel.severities || s.sel.source || s.sel.subscription ||
		     s.resource;
	*ret = s;
	s.resource = NULL;
	return 0;
}

void selection_release(struct selection *s)
{
	free(s->resource);
	s->resource = NULL;
	s->sel.resource = NULL;
}
