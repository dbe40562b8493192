/*
 * Targets that take turns: who has the duty at an instant. Pure functions of a
 * rotation and a time.
 */
#ifndef TRIAGE_ROTATION_H
#define TRIAGE_ROTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/policy.h"
#include "triage/calendar.h"
#include "util/err.h"

/* Whom a name of `notify` means. */
struct duty {
	const char *target; /* borrowed; NULL: nobody */
	const struct rotation *rotation; /* borrowed; NULL: a target's name */
	/* Of a rotation: when this ends, by hand-over or override. */
	int64_t until_ms;
};

/*
 * Who has the duty at @now_ms: the member whose turn it is, or whom an override
 * names. NULL: nobody, by an override or because the rotation has not begun. A
 * hand-over in the spring gap happens at the first instant after it, one in the
 * autumn fold at the first of both.
 */
const char *rotation_at(const struct rotation *r, int64_t now_ms);
void rotation_duty(const struct rotation *r, int64_t now_ms, struct duty *ret);

/* NULL: the policy has no such rotation. */
const struct rotation *rotation_named(const struct policy *p, const char *name);
/* The one way from a name of `notify` to a target. */
void rotation_resolve(const struct policy *p, const char *name, int64_t now_ms,
		      struct duty *ret);

#define DUTY_TEXT_MAX 256
/* "on call: anna (rotation primary until Mon 09:00)" in local time, in @buf; ""
 * when the name was a target's. */
const char *duty_text(const struct duty *d, int64_t now_ms,
		      char buf[DUTY_TEXT_MAX]);

/* 0, or ERR_CONF when its zone is unknown. */
int rotation_check(const struct rotation *r, struct err *err) must_check;
/* What can hardly be meant: it begins in the future, or a change of the clocks
 * swallows an override. */
void rotation_lint(const struct rotation *r, int64_t now_ms,
		   calendar_say_fn *say, void *arg);

#endif
