/*
 * Which notices are owed, to whom, and why. See owe.h. Called by the pipeline,
 * by people.c, by the timed jobs, and by the book for what casework calls for.
 *
 * tested with: test_owe test_many_told test_pipeline
 */
#include "daemon/owe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/funnel.h"
#include "store/outbox.h"
#include "util/strlist.h"
#include "triage/digest_plan.h"
#include "triage/rotation.h"
#include "util/xmalloc.h"

int owe_target(struct pipeline *p, const struct owing *o, const char *target,
	       struct err *err)
{
	const struct target_conf *c = conf_target(p->conf, target);

	if (!c)
		c = conf_target(p->conf, p->conf->policy.fallback);
	if (!c)
		return err_set(err, ERR_CONF, "target %s does not exist",
			       target);
	return funnel_offer(p, o, c, NULL, err);
}

int owe_named(struct pipeline *p, const struct owing *o, const char *name,
	      struct err *err)
{
	CLEANUP(free_ptr) char *reason = NULL;
	char text[DUTY_TEXT_MAX];
	struct owing own = *o;
	struct duty duty;
	int rc;

	rotation_resolve(&p->conf->policy, name, o->now_ms, &duty);
	if (!duty.target)
		return 0;
	if (duty.rotation) {
		reason = xasprintf("%s; %s", o->reason,
				   duty_text(&duty, o->now_ms, text));
		own.reason = reason;
	}
	rc = owe_target(p, &own, duty.target, err);
	return rc < 0 ? rc : 1;
}

/*
 * To those of @to, who were told before, that target @c still has. When it has
 * none of them, because it has other recipients now or is of another type,
 * whoever it has hears of it.
 */
static int owe_again(struct pipeline *p, const struct owing *o,
		     const struct target_conf *c, const struct strlist *to,
		     struct err *err)
{
	CLEANUP(strlist_release) struct strlist left = STRLIST_INIT;

	for (size_t i = 0; i < to->n; i++) {
		if (strlist_has(&c->to, to->v[i]))
			strlist_add(&left, to->v[i]);
	}
	return funnel_offer(p, o, c, left.n > 0 ? &left : NULL, err);
}

int owe_those(struct pipeline *p, const struct owing *o,
	      const struct told *told, size_t n, struct err *err)
{
	int found = 0;

	for (size_t i = 0, from = 0; i < n; from = i) {
		const struct target_conf *c =
			conf_target(p->conf, told[from].target);
		CLEANUP(strlist_release) struct strlist to = STRLIST_INIT;
		int rc = 0;

		for (; i < n && strcmp(told[i].target, told[from].target) == 0;
		     i++) {
			if (told[i].recipient)
				strlist_add(&to, told[i].recipient);
		}
		if (c)
			rc = owe_again(p, o, c, &to, err);
		if (rc < 0)
			return rc;
		found |= c != NULL;
	}
	return found;
}

int owe_told(struct pipeline *p, const struct owing *o, bool or_fallback,
	     struct err *err)
{
	struct told *told = NULL;
	int n, rc;

	if (o->kind == NOTICE_CLOSED)
		n = outbox_maybe_told(p->store, o->alert_id, o->episode, &told,
				      err);
	else
		n = outbox_told(p->store, o->alert_id, o->episode, &told, err);
	if (n < 0)
		return n;
	rc = owe_those(p, o, told, (size_t)n, err);
	told_free(told, (size_t)n);
	if (rc == 0 && or_fallback)
		return owe_target(p, o, p->conf->policy.fallback, err);
	return MIN(rc, 0);
}

int owe_closed(struct pipeline *p, const struct subject *s, struct err *err)
{
	CLEANUP(free_ptr) char *reason = NULL;
	int rc;

	rc = outbox_supersede(p->store, s->id, s->episode,
			      "the alert was closed before this was sent",
			      s->at->now_ms, err);
	if (rc < 0)
		return rc;
	reason = xasprintf("you were told about it; source %s closed it (%s)",
			   s->alert->source,
			   s->alert->source_status ? s->alert->source_status
						   : "no status");
	return owe_told(p,
			&(struct owing){
				.alert_id = s->id,
				.episode = s->episode,
				.alert = s->alert,
				.tags = s->decision->tags,
				.severity = s->decision->severity,
				.kind = NOTICE_CLOSED,
				.transition = s->known ? s->known->version : 0,
				.reason = reason,
				.now_ms = s->at->now_ms,
			},
			false, err);
}

int owe_digest(struct pipeline *p, const struct owing *o, const char *route,
	       const char *target, int64_t due_ms, struct err *err)
{
	struct bundle_place place = {
		.cause = NOISE_DIGEST,
		.target = target,
		.due_ms = due_ms,
	};

	const struct target_conf *c = conf_target(p->conf, target);
	int rc = c ? funnel_leave_out(p, o, c, err) : 0;

	if (rc != 0)
		return MIN(rc, 0);
	(void)snprintf(place.name, sizeof(place.name), "%s", route);
	return funnel_hold(p, o, &place, NOISE_NONE, err);
}

int owe_import_summary(struct pipeline *p, const struct subject *s,
		       struct err *err)
{
	const struct decision *d = s->decision;
	struct bundle_place place;

	if (!digest_plan_import(d, p->conf->policy.fallback, s->at->now_ms,
				&place))
		return 0;
	return funnel_hold(p,
			   &(struct owing){
				   .alert_id = s->id,
				   .episode = s->episode,
				   .alert = s->alert,
				   .severity = d->severity,
				   .kind = NOTICE_OPENED,
				   .reason = "from before the first run",
				   .now_ms = s->at->now_ms,
			   },
			   &place, NOISE_NONE, err);
}
