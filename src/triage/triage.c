/*
 * The policy made ready. Called by daemon/ at start and reload, by
 * --check-config and by what-if. Decides nothing: see decide.c.
 */
#include "triage/triage.h"

#include <stdlib.h>
#include <string.h>
#include "util/compiler.h"
#include "util/xmalloc.h"

struct triage {
	const struct policy *policy;
	struct calendar **calendars; /* as policy->calendars */
	size_t n_calendars;
};

static void free_triage(struct triage **t)
{
	*t = triage_free(*t);
}

struct triage *triage_new(const struct policy *policy, int64_t now_ms,
			  struct mark *ret_mark, struct err *err)
{
	CLEANUP(free_triage) struct triage *t = xcalloc(1, sizeof(*t));

	t->policy = policy;
	t->calendars = xcalloc(policy->n_calendars + 1, sizeof(*t->calendars));
	for (size_t i = 0; i < policy->n_calendars; i++) {
		const struct calendar_def *def = &policy->calendars[i];

		t->calendars[i] = calendar_new(def, now_ms, err);
		if (!t->calendars[i]) {
			if (ret_mark)
				*ret_mark = def->mark;
			return NULL;
		}
		t->n_calendars++;
	}
	return take(t);
}

struct triage *triage_free(struct triage *t)
{
	if (!t)
		return NULL;
	for (size_t i = 0; i < t->n_calendars; i++)
		calendar_free(t->calendars[i]);
	free(t->calendars);
	free(t);
	return NULL;
}

const struct policy *triage_policy(const struct triage *t)
{
	return t->policy;
}

const struct calendar *triage_calendar(const struct triage *t, const char *name)
{
	for (size_t i = 0; name && i < t->n_calendars; i++) {
		if (strcmp(calendar_name(t->calendars[i]), name) == 0)
			return t->calendars[i];
	}
	return NULL;
}
