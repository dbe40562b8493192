/*
 * A policy made ready: calendars compiled, names resolved. Decisions are pure:
 * (alert, what is known, policy, now) -> decision.
 */
#ifndef TRIAGE_TRIAGE_H
#define TRIAGE_TRIAGE_H

#include "core/decision.h"
#include "core/policy.h"
#include "triage/calendar.h"
#include "triage/rules.h"
#include "triage/windows.h"
#include "util/err.h"

struct triage;

/*
 * @policy is borrowed and must outlive the object. NULL with @err (and
 * *ret_mark where it stands, if not NULL) when a calendar does not compile, the
 * hours of one do not suffice for a clock that counts them, or the zone of a
 * rotation is unknown.
 */
struct triage *triage_new(const struct policy *policy, int64_t now_ms,
			  struct mark *ret_mark, struct err *err) must_check;
struct triage *triage_free(struct triage *t); /* returns NULL */
const struct policy *triage_policy(const struct triage *t);
const struct calendar *triage_calendar(const struct triage *t,
				       const char *name);

/* Those of policy->quiet and policy->maintenance. */
const struct windows *triage_windows(const struct triage *t);

/* What a decision is made from. All borrowed. */
struct triage_input {
	const struct alert *alert;
	const struct tracked *known; /* what is stored; NULL: first sight */
	/* No history, however old it is: it was stored, closed and removed, and
	 * is active again; or it was not there when its source was read whole
	 * before, so that nobody can have waited for it. */
	bool is_news;
	struct surroundings around;
	int64_t now_ms;
};
/* Returns 0, or a negative code when a calendar has no answer. */
int triage_decide_input(const struct triage *t, const struct triage_input *in,
			struct decision *ret, struct err *err) must_check;
/* The same for an alert that nothing is near to. */
int triage_decide(const struct triage *t, const struct alert *alert,
		  const struct tracked *known, int64_t now_ms,
		  struct decision *ret, struct err *err) must_check;

#endif
