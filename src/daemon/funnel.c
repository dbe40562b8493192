/*
 * See funnel.h. Called by owe.c, and by flush.c when a wait is over. What may
 * go is decided in triage/noise.
 *
 * tested with: test_funnel
 */
#include "daemon/funnel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/hush.h"
#include "daemon/story.h"
#include "store/audit.h"
#include "store/bundles.h"
#include "store/drill_rows.h"
#include "store/outbox.h"
#include "util/xmalloc.h"

/* A shorter wait for others of a group is not worth a line of history. */
#define WORTH_TELLING_MS (60 * 1000)

/* One row for one recipient. 1 put, 0 it was there. */
static int put_recipient(struct pipeline *p, const struct owing *o,
			 const char *target, const char *recipient,
			 int64_t *ret_id, struct err *err)
{
	CLEANUP(free_ptr)
	char *subject = xasprintf("%s/%s", o->alert->kind, o->alert->native_id);
	struct notice n = {
		.alert_id = o->alert_id,
		.episode = o->episode,
		.target = (char *)target,
		.recipient = (char *)recipient,
		.kind = o->kind,
		.step = o->step,
		.transition = o->transition,
		.severity = o->severity,
		.reason = (char *)o->reason,
		.created_ms = o->now_ms,
		.not_before_ms = o->now_ms,
		.expires_ms = notice_expires_ms(o->severity, o->now_ms),
	};

	notice_key(
		&(struct notice_subject){
			.tenant = o->alert->tenant,
			.subject = subject,
			.episode = o->episode,
			.transition = o->transition,
			.kind = o->kind,
			.step = o->step,
			.target = target,
			.recipient = recipient,
		},
		n.key);
	return outbox_put(p->store, &n, ret_id, err);
}

int funnel_put(struct pipeline *p, const struct owing *o,
	       const struct target_conf *target, const struct strlist *only,
	       struct funnel_rows *ret, struct err *err)
{
	const struct strlist *to = only ? only : &target->to;
	struct funnel_rows rows = { .n = 0 };
	int put = 0, rc = 0;
	int64_t id;

	if (target->type != TARGET_EMAIL) {
		rc = put_recipient(p, o, target->name, NULL, &rows.ids[0], err);
		rows.n = 1;
		put = rc;
	}
	for (size_t i = 0; target->type == TARGET_EMAIL && i < to->n; i++) {
		rc = put_recipient(p, o, target->name, to->v[i], &id, err);
		if (rc < 0)
			return rc;
		put += rc;
		if (rows.n < ARRAY_SIZE(rows.ids))
			rows.ids[rows.n++] = id;
	}
	if (rc < 0)
		return rc;
	if (ret)
		*ret = rows;
	return put;
}

/* What is about a response is what somebody does now: it waits for no group and
 * is no part of a storm. */
static bool is_first(const struct owing *o)
{
	return noise_is_first(o->kind) && !notice_is_about_response(o->step);
}

void funnel_describe(const struct owing *o, const char *target, char *group,
		     struct noise_offer *ret)
{
	noise_group(o->alert, group);
	*ret = (struct noise_offer){
		.subject = { .alert = o->alert,
			     .severity = o->severity,
			     .tags = o->tags },
		.target = target,
		.kind = o->kind,
		.group = group,
		.first = is_first(o),
		.now_ms = o->now_ms,
	};
}

static void note(struct pipeline *p, const struct owing *o, const char *target,
		 enum noise_cause held, enum noise_cause leaves)
{
	char group[NOISE_GROUP_MAX];

	/* A drill makes no storm and adds to none. */
	if (alert_is_drill(o->alert))
		return;
	noise_group(o->alert, group);
	hush_note(p, &(struct noise_notice){
			     .target = target,
			     .group = group,
			     .severity = o->severity,
			     .tactics = o->alert->tactics,
			     .crown_jewel = noise_is_crown_jewel(o->tags),
			     .first = is_first(o),
			     .held = held,
			     .leaves = leaves,
			     .now_ms = o->now_ms,
		     });
}

void funnel_note(struct pipeline *p, const struct owing *o, const char *target,
		 enum noise_cause leaves)
{
	note(p, o, target, NOISE_NONE, leaves);
}

/* A digest is a route and no hindrance. */
static bool is_worth_telling(const struct bundle_place *place, int64_t now_ms)
{
	switch (place->cause) {
	case NOISE_NONE:
	case NOISE_DIGEST:
	case NOISE_IMPORT:
		return false;
	case NOISE_GROUP:
		return place->due_ms - now_ms >= WORTH_TELLING_MS;
	case NOISE_SILENCE:
	case NOISE_MAINTENANCE:
	case NOISE_QUIET:
	case NOISE_STORM:
		return true;
	}
	return true;
}

static int tell_held(struct pipeline *p, const struct owing *o,
		     const struct bundle_place *place, struct err *err)
{
	char until[TIMEFMT_MAX];
	CLEANUP(free_ptr)
	char *detail =
		story_detail("{s:s, s:s, s:s, s:s, s:s}", "cause",
			     noise_cause_name(place->cause), "name",
			     place->name, "target", place->target, "notice",
			     notice_kind_name(o->kind), "until_at",
			     timefmt_utc(place->due_ms, until));

	return audit_add(p->store,
			 &(struct audit_event){
				 .alert_id = o->alert_id,
				 .at_ms = o->now_ms,
				 .actor = "triaged",
				 .kind = "held-back",
				 .detail = detail,
			 },
			 err);
}

int funnel_hold(struct pipeline *p, const struct owing *o,
		const struct bundle_place *place, enum noise_cause leaves,
		struct err *err)
{
	const struct bundle_entry e = {
		.alert_id = o->alert_id,
		.episode = o->episode,
		.kind = o->kind,
		.severity = o->severity,
		.step = o->step,
		.transition = o->transition,
		.reason = o->reason,
	};
	int rc = bundles_add(p->store, place, &e, o->now_ms, NULL, err);

	if (rc <= 0)
		return rc;
	if (place->cause == NOISE_GROUP || place->cause == NOISE_STORM)
		note(p, o, place->target, place->cause, leaves);
	if (!is_worth_telling(place, o->now_ms))
		return 0;
	rc = tell_held(p, o, place, err);
	return rc < 0 ? rc : 0;
}

/*
 * It says something new about its group: others of the group that wait go at
 * once. A critical goes by itself all the same, since a message about several
 * is read later. 1 when it is in the group's message, 0 when not.
 */
static int break_out(struct pipeline *p, const struct noise_offer *offer,
		     const struct owing *o, struct err *err)
{
	CLEANUP(bundle_row_release) struct bundle_row waiting = { 0 };
	struct bundle_place place = { .cause = NOISE_GROUP,
				      .target = offer->target,
				      .due_ms = o->now_ms };
	int rc;

	(void)snprintf(place.name, sizeof(place.name), "%s", offer->group);
	rc = bundles_find(p->store, &place, &waiting, err);
	if (rc <= 0)
		return rc;
	if (o->severity == SEVERITY_CRITICAL)
		return bundles_defer(p->store, waiting.id, o->now_ms, err);
	rc = funnel_hold(p, o, &place, NOISE_NONE, err);
	return rc < 0 ? rc : 1;
}

/* 1 when @target is a hook that a drill does not run, 0 when it gets it. */
static int is_left_out(struct pipeline *p, const struct owing *o,
		       const struct target_conf *target, struct err *err)
{
	CLEANUP(drill_release) struct drill d = { 0 };
	int rc;

	if (target->type != TARGET_EXEC || !alert_is_drill(o->alert))
		return 0;
	rc = drill_rows_running(p->store, &d, err);
	return rc < 0 ? rc : !(rc > 0 && d.with_hooks);
}

int funnel_leave_out(struct pipeline *p, const struct owing *o,
		     const struct target_conf *target, struct err *err)
{
	struct funnel_rows rows = { .n = 0 };
	int rc = is_left_out(p, o, target, err);

	if (rc <= 0)
		return rc;
	rc = funnel_put(p, o, target, NULL, &rows, err);
	for (size_t i = 0; i < rows.n && rc >= 0; i++)
		rc = outbox_drop(p->store, rows.ids[i],
				 "left out: a drill runs no hooks unless it is "
				 "begun --with-hooks",
				 err);
	return rc < 0 ? rc : 1;
}

int funnel_offer(struct pipeline *p, const struct owing *o,
		 const struct target_conf *target, const struct strlist *only,
		 struct err *err)
{
	char group[NOISE_GROUP_MAX];
	struct noise_offer offer;
	struct noise_verdict v;
	int rc = funnel_leave_out(p, o, target, err);

	if (rc != 0)
		return MIN(rc, 0);
	rc = hush_recall(p, o->now_ms, err);
	if (rc < 0)
		return rc;
	funnel_describe(o, target->name, group, &offer);
	noise_judge(hush_noise(p), &offer, &v);
	if (v.place.cause != NOISE_NONE)
		return funnel_hold(p, o, &v.place, NOISE_NONE, err);
	if (v.breaks_out)
		rc = break_out(p, &offer, o, err);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	rc = funnel_put(p, o, target, only, NULL, err);
	if (rc > 0)
		funnel_note(p, o, target->name, NOISE_NONE);
	return rc < 0 ? rc : 0;
}
