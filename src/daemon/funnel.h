/*
 * The one way of a notice about an alert into the outbox: it goes now, or it
 * waits in a bundle with its reason. Nothing else puts such a notice there.
 * Inside the caller's transaction.
 */
#ifndef DAEMON_FUNNEL_H
#define DAEMON_FUNNEL_H

#include "core/bundle.h"
#include "daemon/owe.h"

/* Rows of the outbox, one for each recipient of a target. */
struct funnel_rows {
	int64_t ids[CONF_RECIPIENTS_MAX];
	size_t n;
};

/*
 * Tell @target of it, or hold it back: what noise_judge() says. @only names
 * the recipients when not all of the target's are meant (NULL: all).
 */
int funnel_offer(struct pipeline *p, const struct owing *o,
		 const struct target_conf *target, const struct strlist *only,
		 struct err *err) must_check;

/*
 * A hook that a drill does not run: the row in the outbox is given up at once
 * and says so. 1, or 0 and nothing done when @target may have it.
 */
int funnel_leave_out(struct pipeline *p, const struct owing *o,
		     const struct target_conf *target,
		     struct err *err) must_check;
/* Into the outbox now, asking nobody. *ret (may be NULL) is what was put. */
int funnel_put(struct pipeline *p, const struct owing *o,
	       const struct target_conf *target, const struct strlist *only,
	       struct funnel_rows *ret, struct err *err) must_check;
/* Into a bundle, asking nobody; written to the history of the alert. It left
 * the bundle of @leaves (NOISE_NONE: none). */
int funnel_hold(struct pipeline *p, const struct owing *o,
		const struct bundle_place *place, enum noise_cause leaves,
		struct err *err) must_check;
/* It was put into the outbox: remembered for groups and storms. */
void funnel_note(struct pipeline *p, const struct owing *o, const char *target,
		 enum noise_cause leaves);
/* What noise_judge() is to know of it. @group has NOISE_GROUP_MAX bytes and
 * must outlive the offer. */
struct noise_offer;
void funnel_describe(const struct owing *o, const char *target, char *group,
		     struct noise_offer *ret);

#endif
