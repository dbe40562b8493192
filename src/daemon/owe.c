/*
 * Which notices are owed, to whom, and why. See owe.h. Called by the pipeline,
 * by people.c, by the timed jobs, and by the book for what casework calls for.
 *
 * tested with: test_owe test_pipeline
 */
#include "daemon/owe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/bundles.h"
#include "store/outbox.h"
#include "triage/rotation.h"
#include "util/xmalloc.h"

#define TOLD_MAX 64
#define RECIPIENTS_MAX 64
/* What is still active goes sooner. */
#define IMPORT_URGENT_WAIT_MS (60 * 1000)

/* One row for one recipient. @ret_id may be NULL. */
static int owe_recipient(struct pipeline *p, const struct owing *o,
			 const char *target, const char *recipient,
			 struct err *err)
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
		.severity = o->severity,
		.reason = (char *)o->reason,
		.created_ms = o->now_ms,
		.not_before_ms = o->now_ms,
		.expires_ms = notice_expires_ms(o->severity, o->now_ms),
	};
	int rc;

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
	rc = outbox_put(p->store, &n, NULL, err);
	return rc < 0 ? rc : 0;
}

int owe_target(struct pipeline *p, const struct owing *o, const char *target,
	       struct err *err)
{
	const struct target_conf *c = conf_target(p->conf, target);
	int rc = 0;

	if (!c)
		c = conf_target(p->conf, p->conf->policy.fallback);
	if (!c)
		return err_set(err, ERR_CONF, "target %s does not exist",
			       target);
	if (c->type != TARGET_EMAIL)
		return owe_recipient(p, o, c->name, NULL, err);
	for (size_t i = 0; i < c->to.n && rc >= 0; i++)
		rc = owe_recipient(p, o, c->name, c->to.v[i], err);
	return rc;
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

int owe_told(struct pipeline *p, const struct owing *o, bool or_fallback,
	     struct err *err)
{
	struct told told[TOLD_MAX];
	int n, rc = 0;

	n = outbox_told(p->store, o->alert_id, o->episode, told, TOLD_MAX, err);
	if (n < 0)
		return n;
	if (n == 0 && or_fallback)
		return owe_target(p, o, p->conf->policy.fallback, err);
	for (int i = 0; i < n; i++) {
		if (rc >= 0)
			rc = owe_recipient(p, o, told[i].target,
					   told[i].recipient, err);
		free(told[i].target);
		free(told[i].recipient);
	}
	return rc;
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
				.severity = s->decision->severity,
				.kind = NOTICE_CLOSED,
				.transition = s->known ? s->known->version : 0,
				.reason = reason,
				.now_ms = s->at->now_ms,
			},
			false, err);
}

static int owe_collect(struct pipeline *p, const struct owing *o,
		       const struct bundle_place *place, struct err *err)
{
	struct bundle_entry e = {
		.alert_id = o->alert_id,
		.episode = o->episode,
		.kind = o->kind,
		.severity = o->severity,
		.step = o->step,
		.transition = o->transition,
		.reason = o->reason,
	};
	int rc = bundles_add(p->store, place, &e, o->now_ms, NULL, err);

	return rc < 0 ? rc : 0;
}

int owe_digest(struct pipeline *p, const struct owing *o, const char *route,
	       const char *target, int64_t due_ms, struct err *err)
{
	struct bundle_place place = {
		.cause = NOISE_DIGEST,
		.target = target,
		.due_ms = due_ms,
	};

	(void)snprintf(place.name, sizeof(place.name), "%s", route);
	return owe_collect(p, o, &place, err);
}

int owe_import_summary(struct pipeline *p, const struct subject *s,
		       struct err *err)
{
	const struct decision *d = s->decision;
	bool urgent = d->severity >= SEVERITY_HIGH &&
		      d->transition == TRANSITION_OPENED;
	struct bundle_place place = {
		.cause = NOISE_IMPORT,
		.target = p->conf->policy.fallback,
		.due_ms = s->at->now_ms +
			  (urgent ? IMPORT_URGENT_WAIT_MS : OWE_IMPORT_WAIT_MS),
	};

	if (d->severity == SEVERITY_INFO)
		return 0;
	(void)snprintf(place.name, sizeof(place.name), "%s",
		       urgent ? "still active from before the first run"
			      : "from before the first run");
	return owe_collect(p,
			   &(struct owing){
				   .alert_id = s->id,
				   .episode = s->episode,
				   .alert = s->alert,
				   .severity = d->severity,
				   .kind = NOTICE_OPENED,
				   .now_ms = s->at->now_ms,
			   },
			   &place, err);
}

static int bundle_notice(struct pipeline *p, const struct bundle_row *b,
			 const char *recipient, int64_t now_ms, int64_t *ret_id,
			 struct err *err)
{
	CLEANUP(free_ptr)
	char *subject = xasprintf("bundle/%lld", (long long)b->id);
	CLEANUP(free_ptr)
	char *reason =
		xasprintf("%s: %lld alert%s in one message", b->name,
			  (long long)b->n_alerts, b->n_alerts == 1 ? "" : "s");
	struct notice n = {
		.bundle_id = b->id,
		.target = b->target,
		.recipient = (char *)recipient,
		.kind = NOTICE_DIGEST,
		.severity = b->worst,
		.reason = reason,
		.created_ms = now_ms,
		.not_before_ms = now_ms,
		.expires_ms = notice_expires_ms(b->worst, now_ms),
	};
	int rc;

	notice_key(
		&(struct notice_subject){
			.subject = subject,
			.kind = NOTICE_DIGEST,
			.target = b->target,
			.recipient = recipient,
		},
		n.key);
	rc = outbox_put(p->store, &n, ret_id, err);
	return rc < 0 ? rc : 0;
}

int owe_bundle(struct pipeline *p, const struct bundle_row *b, int64_t now_ms,
	       struct err *err)
{
	const struct target_conf *c;
	struct bundle_row to = *b;
	int64_t ids[RECIPIENTS_MAX];
	struct duty duty;
	size_t n = 0;
	int rc = 0;

	/* Who has the duty when it is sent, not when it began to fill. */
	rotation_resolve(&p->conf->policy, b->target, now_ms, &duty);
	c = conf_target(p->conf, duty.target);
	if (!c)
		c = conf_target(p->conf, p->conf->policy.fallback);
	if (!c)
		return err_set(err, ERR_CONF, "target %s does not exist",
			       b->target);
	to.target = c->name;
	if (c->type != TARGET_EMAIL)
		rc = bundle_notice(p, &to, NULL, now_ms, &ids[n++], err);
	for (size_t i = 0; i < c->to.n && n < RECIPIENTS_MAX && rc >= 0; i++)
		rc = bundle_notice(p, &to, c->to.v[i], now_ms, &ids[n++], err);
	if (rc < 0)
		return rc;
	return bundles_send(p->store, b->id, ids, n, now_ms, err);
}
