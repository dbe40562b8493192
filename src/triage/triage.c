/*
 * The policy made ready. Called by daemon/ at start and reload, by
 * --check-config and by what-if. Decides nothing: see decide.c.
 */
#include "triage/triage.h"

#include <stdlib.h>
#include <string.h>
#include "triage/rotation.h"
#include "triage/sla.h"
#include "util/compiler.h"
#include "util/xmalloc.h"

/* A year, to the day that calendar_new() looks ahead. */
#define PROOF_MS (366 * INT64_C(86400000))

struct triage {
	const struct policy *policy;
	struct calendar **calendars; /* as policy->calendars */
	size_t n_calendars;
	struct windows *windows; /* quiet hours, maintenance */
};

static void free_triage(struct triage **t)
{
	*t = triage_free(*t);
}

/*
 * A clock that counts business hours must find its end whenever it starts: now,
 * and in a year, up to which calendar_new() has proven that business goes on.
 */
static int prove_clock(const struct triage *t, enum clock_kind clock,
		       enum severity severity, int64_t now_ms, struct err *err)
{
	const struct sla_target *target =
		sla_target_of(t->policy, clock, severity);
	struct clock_plan plan;
	int rc;

	if (target->kind != SLA_ELAPSED || !target->calendar)
		return 0;
	rc = sla_plan_clock(t, clock, severity, now_ms, &plan, err);
	if (rc < 0)
		return rc;
	return sla_plan_clock(t, clock, severity, now_ms + PROOF_MS, &plan,
			      err);
}

static int prove_clocks(const struct triage *t, int64_t now_ms,
			struct mark *ret_mark, struct err *err)
{
	int rc;

	for (int i = 0; i < CLOCK_KIND_MAX * SEVERITY_MAX; i++) {
		enum clock_kind clock = (enum clock_kind)(i / SEVERITY_MAX);
		enum severity level = (enum severity)(i % SEVERITY_MAX);

		rc = prove_clock(t, clock, level, now_ms, err);
		if (rc >= 0)
			continue;
		if (ret_mark)
			*ret_mark =
				sla_target_of(t->policy, clock, level)->mark;
		return rc;
	}
	return 0;
}

static int check_rotations(const struct policy *p, struct mark *ret_mark,
			   struct err *err)
{
	int rc;

	for (size_t i = 0; i < p->n_rotations; i++) {
		rc = rotation_check(&p->rotations[i], err);
		if (rc >= 0)
			continue;
		if (ret_mark)
			*ret_mark = p->rotations[i].mark;
		return rc;
	}
	return 0;
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
	if (check_rotations(policy, ret_mark, err) < 0)
		return NULL;
	t->windows = windows_new(policy, now_ms, ret_mark, err);
	if (!t->windows)
		return NULL;
	if (prove_clocks(t, now_ms, ret_mark, err) < 0)
		return NULL;
	return take(t);
}

struct triage *triage_free(struct triage *t)
{
	if (!t)
		return NULL;
	for (size_t i = 0; i < t->n_calendars; i++)
		calendar_free(t->calendars[i]);
	free(t->calendars);
	windows_free(t->windows);
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

const struct windows *triage_windows(const struct triage *t)
{
	return t->windows;
}
