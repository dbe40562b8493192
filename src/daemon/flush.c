/*
 * See flush.h. Called by the timed job. For each alert that waits: is there
 * still something to tell, and does anything else hold it now? What is left
 * becomes the ordinary notice when it is one alert, and one message when they
 * are several.
 *
 * tested with: test_funnel test_silencing
 */
#include "daemon/flush.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/funnel.h"
#include "daemon/hush.h"
#include "store/audit.h"
#include "store/bundles.h"
#include "store/outbox.h"
#include "triage/resurface.h"
#include "triage/rotation.h"
#include "util/strbuf.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

/* Bundles done in one transaction. */
#define SLICE 64
/* A shorter wait needs no excuse. */
#define LATE_MS (60 * 1000)
/* Tactics of a group are remembered up to here. */
#define TACTICS_MAX 512

/* One bundle on its way out. */
struct sift {
	struct pipeline *p;
	const struct bundle_row *bundle;
	const struct target_conf *target; /* who gets it */
	bool gone; /* for who waited, and is in the settings no more */
	const struct bundle_place *instead; /* all move there, if anywhere */
	int64_t now_ms;
	struct bundle_wait *waits;
	size_t n_waits;
	/* What goes: how many alerts, and the first of them. */
	size_t n_going, first;
	enum severity worst;
	bool crown_jewel;
	struct strbuf tactics;
	/* What waits on for the same thing; waits[stays[i]]. */
	size_t *stays, n_stays;
	struct bundle_place stay;
};

static void sift_release(struct sift *f)
{
	bundle_waits_free(f->waits, f->n_waits);
	free(f->stays);
	strbuf_release(&f->tactics);
}

static struct owing owing_of(const struct sift *f, const struct alert_view *v,
			     const struct bundle_entry *e)
{
	return (struct owing){
		.alert_id = e->alert_id,
		.episode = e->episode,
		.alert = &v->alert,
		.tags = &v->tags,
		.severity = v->tracked.severity,
		.kind = e->kind,
		.step = e->step,
		.transition = e->transition,
		.reason = e->reason,
		.now_ms = f->now_ms,
	};
}

static void judge(const struct sift *f, const struct owing *o,
		  struct bundle_place *ret)
{
	char group[NOISE_GROUP_MAX];
	struct noise_offer offer;

	funnel_describe(o, f->target->name, group, &offer);
	offer.leaves = f->bundle->cause;
	resurface_judge(hush_noise(f->p), &offer, f->instead, ret);
}

static bool is_own_place(const struct sift *f, const struct bundle_place *place)
{
	return place->cause == f->bundle->cause &&
	       strcmp(place->name, f->bundle->name) == 0 &&
	       strcmp(place->target, f->bundle->target) == 0;
}

static void sift_take(struct sift *f, size_t i, const struct alert_view *v)
{
	if (f->n_going++ == 0)
		f->first = i;
	f->worst = MAX(f->worst, v->tracked.severity);
	f->crown_jewel |= noise_is_crown_jewel(&v->tags);
	if (v->alert.tactics && f->tactics.len < TACTICS_MAX)
		strbuf_addf(&f->tactics, "%s%s", f->tactics.len ? "," : "",
			    v->alert.tactics);
}

/* Whoever gets it for another hears so. */
static void add_instead(struct strbuf *out, const struct sift *f)
{
	if (f->gone)
		strbuf_addf(out,
			    "; target %s is no longer configured, you are told "
			    "instead",
			    f->bundle->target);
}

static int sift_move(struct sift *f, size_t i, const struct alert_view *v,
		     const struct bundle_place *place, struct err *err)
{
	const struct bundle_wait *w = &f->waits[i];
	CLEANUP(strbuf_release) struct strbuf reason = STRBUF_INIT;
	struct owing o = owing_of(f, v, &w->entry);
	CLEANUP(free_ptr)
	char *why = xasprintf("%s %s holds it now",
			      noise_cause_name(place->cause), place->name);
	int rc = bundles_settle(f->p->store, w->id, BUNDLE_MOVED, why,
				f->now_ms, err);

	if (rc < 0)
		return rc;
	strbuf_addstr(&reason, w->entry.reason ? w->entry.reason : "");
	add_instead(&reason, f);
	o.reason = reason.buf;
	return funnel_hold(f->p, &o, place, f->bundle->cause, err);
}

/* "silence 3 ended", for the line that says why somebody gets it. */
static void add_cause(struct strbuf *out, const struct bundle_row *b)
{
	switch (b->cause) {
	case NOISE_NONE:
	case NOISE_DIGEST:
	case NOISE_IMPORT:
		strbuf_addstr(out, b->name);
		return;
	case NOISE_GROUP:
		strbuf_addf(out, "group %s", b->name);
		return;
	case NOISE_SILENCE:
		strbuf_addf(out, "silence %s ended", b->name);
		return;
	case NOISE_MAINTENANCE:
		strbuf_addf(out, "maintenance %s ended", b->name);
		return;
	case NOISE_QUIET:
		strbuf_addstr(out, "quiet hours ended");
		return;
	case NOISE_STORM:
		strbuf_addf(out, "storm summary%s%s", *b->name ? " of " : "",
			    *b->name ? "criticals" : "");
		return;
	}
}

static void add_excuse(struct strbuf *out, const struct sift *f,
		       const struct bundle_wait *w)
{
	char since[TIMEFMT_MAX];

	add_instead(out, f);
	if (f->now_ms - w->added_ms < LATE_MS)
		return;
	timefmt_minute(w->added_ms, 0, since);
	strbuf_addf(out, "; held back since %s UTC: ", since);
	if (f->bundle->cause == NOISE_GROUP)
		strbuf_addstr(out, "it waited for others of its group");
	else
		add_cause(out, f->bundle);
}

/* What somebody is to do is in no message that lists alerts, nor in the one
 * that tells of its own. */
static int sift_alone(struct sift *f, size_t i, const struct alert_view *v,
		      struct err *err)
{
	const struct bundle_wait *w = &f->waits[i];
	CLEANUP(strbuf_release) struct strbuf reason = STRBUF_INIT;
	struct owing o = owing_of(f, v, &w->entry);
	int rc;

	strbuf_addstr(&reason, w->entry.reason ? w->entry.reason : "");
	add_excuse(&reason, f, w);
	o.reason = reason.buf;
	rc = funnel_put(f->p, &o, f->target, NULL, NULL, err);
	if (rc < 0)
		return rc;
	return bundles_settle(f->p->store, w->id, BUNDLE_MOVED,
			      "it goes by itself", f->now_ms, err);
}

/* Entries [@from, @to) are of one alert. */
static int sift_alert(struct sift *f, size_t from, size_t to, struct err *err)
{
	CLEANUP(alert_view_release) struct alert_view v = { 0 };
	struct bundle_place place = { .cause = NOISE_NONE };
	bool judged = false, taken = false;
	int rc = alerts_load(f->p->store, f->waits[from].entry.alert_id, &v,
			     err);

	if (rc <= 0)
		return rc;
	for (size_t i = from; i < to && rc >= 0; i++) {
		const struct bundle_wait *w = &f->waits[i];
		const char *why = resurface_needless(&v.tracked, &w->entry);

		if (why) {
			rc = bundles_settle(f->p->store, w->id, BUNDLE_NEEDLESS,
					    why, f->now_ms, err);
			continue;
		}
		if (!judged) {
			struct owing o = owing_of(f, &v, &w->entry);

			judge(f, &o, &place);
			judged = true;
		}
		if (place.cause == NOISE_NONE &&
		    notice_is_about_response(w->entry.step)) {
			rc = sift_alone(f, i, &v, err);
		} else if (place.cause == NOISE_NONE && !taken) {
			sift_take(f, i, &v);
			taken = true;
		} else if (place.cause != NOISE_NONE &&
			   is_own_place(f, &place)) {
			f->stays[f->n_stays++] = i;
			f->stay = place;
		} else if (place.cause != NOISE_NONE) {
			rc = sift_move(f, i, &v, &place, err);
		}
	}
	return rc;
}

static int sift_all(struct sift *f, struct err *err)
{
	int rc = bundles_waiting(f->p->store, f->bundle->id, &f->waits,
				 &f->n_waits, err);

	if (rc < 0)
		return rc;
	f->stays = xcalloc(f->n_waits + 1, sizeof(*f->stays));
	for (size_t i = 0, to; i < f->n_waits; i = to) {
		for (to = i + 1;
		     to < f->n_waits &&
		     f->waits[to].entry.alert_id == f->waits[i].entry.alert_id;)
			to++;
		rc = sift_alert(f, i, to, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* A storm's summary tells by its name which of the two it is. */
static enum severity told_severity(const struct sift *f)
{
	if (f->bundle->cause != NOISE_STORM)
		return f->worst;
	return *f->bundle->name ? SEVERITY_CRITICAL : SEVERITY_HIGH;
}

static void note_message(const struct sift *f)
{
	const struct bundle_row *b = f->bundle;

	if (b->cause == NOISE_DIGEST || b->cause == NOISE_IMPORT)
		return;
	hush_note(f->p,
		  &(struct noise_notice){
			  .target = f->target->name,
			  .group = b->cause == NOISE_GROUP ? b->name : NULL,
			  .severity = told_severity(f),
			  .tactics = f->tactics.buf,
			  .crown_jewel = f->crown_jewel,
			  .first = true,
			  .summary = b->cause == NOISE_STORM,
			  .leaves = b->cause,
			  .now_ms = f->now_ms,
		  });
}

/* One alert is left: the notice it would have been, with its key. */
static int send_one(struct sift *f, struct funnel_rows *rows, struct err *err)
{
	const struct bundle_wait *w = &f->waits[f->first];
	CLEANUP(alert_view_release) struct alert_view v = { 0 };
	CLEANUP(strbuf_release) struct strbuf reason = STRBUF_INIT;
	struct owing o;
	int rc = alerts_load(f->p->store, w->entry.alert_id, &v, err);

	if (rc <= 0)
		return rc;
	strbuf_addstr(&reason, w->entry.reason ? w->entry.reason : "");
	add_excuse(&reason, f, w);
	o = owing_of(f, &v, &w->entry);
	o.reason = reason.buf;
	rc = funnel_put(f->p, &o, f->target, NULL, rows, err);
	if (rc > 0)
		funnel_note(f->p, &o, f->target->name, f->bundle->cause);
	/* The next summary is as far away as if this were one. */
	if (rc > 0 && f->bundle->cause == NOISE_STORM)
		note_message(f);
	return rc;
}

/* On a new database what people knew already comes as news, and without a
 * clock: they alone can tell a first start from a history that is lost. */
static int add_made(struct strbuf *out, const struct sift *f, struct err *err)
{
	char minute[TIMEFMT_MAX];
	int64_t made_ms;
	int rc;

	if (f->bundle->cause != NOISE_IMPORT)
		return 0;
	rc = audit_first_ms(f->p->store, &made_ms, err);
	if (rc < 0 || made_ms == 0 || made_ms > f->now_ms ||
	    f->now_ms - made_ms >= AUDIT_NEW_MS)
		return rc;
	strbuf_addf(out,
		    "; the database is new, made at %s UTC: if triaged ran "
		    "before that, its history is not in it (triagectl restore)",
		    timefmt_minute(made_ms, 0, minute));
	return 0;
}

static int put_message(const struct sift *f, const char *recipient,
		       struct funnel_rows *rows, struct err *err)
{
	const struct bundle_row *b = f->bundle;
	CLEANUP(free_ptr) char *subject = xasprintf("bundle/%" PRId64, b->id);
	CLEANUP(strbuf_release) struct strbuf reason = STRBUF_INIT;
	struct notice n = {
		.bundle_id = b->id,
		.target = f->target->name,
		.recipient = (char *)recipient,
		.kind = NOTICE_DIGEST,
		.severity = f->worst,
		.created_ms = f->now_ms,
		.not_before_ms = f->now_ms,
		.expires_ms = notice_expires_ms(f->worst, f->now_ms),
	};
	int rc;

	add_cause(&reason, b);
	strbuf_addf(&reason, ": %zu alert%s in one message", f->n_going,
		    f->n_going == 1 ? "" : "s");
	add_instead(&reason, f);
	rc = add_made(&reason, f, err);
	if (rc < 0)
		return rc;
	n.reason = reason.buf;
	notice_key(
		&(struct notice_subject){
			.subject = subject,
			.kind = NOTICE_DIGEST,
			.target = n.target,
			.recipient = recipient,
		},
		n.key);
	rc = outbox_put(f->p->store, &n, &rows->ids[rows->n], err);
	rows->n += rc >= 0;
	return rc;
}

/* Several alerts, or a digest: one message for each recipient. */
static int send_several(struct sift *f, struct funnel_rows *rows,
			struct err *err)
{
	const struct strlist *to = &f->target->to;
	int rc = 0;

	if (f->target->type != TARGET_EMAIL)
		rc = put_message(f, NULL, rows, err);
	for (size_t i = 0;
	     f->target->type == TARGET_EMAIL && i < to->n && rc >= 0; i++)
		rc = put_message(f, to->v[i], rows, err);
	if (rc >= 0)
		note_message(f);
	return rc;
}

static bool is_ordinary(const struct sift *f)
{
	return f->n_going == 1 && f->bundle->cause != NOISE_DIGEST &&
	       f->bundle->cause != NOISE_IMPORT;
}

static int sift_send(struct sift *f, struct err *err)
{
	struct funnel_rows rows = { .n = 0 };
	int rc = 0;

	if (is_ordinary(f))
		rc = send_one(f, &rows, err);
	else if (f->n_going > 0)
		rc = send_several(f, &rows, err);
	if (rc < 0)
		return rc;
	return bundles_send(f->p->store, f->bundle->id, rows.ids, rows.n,
			    f->now_ms, err);
}

/* What stays goes into a new bundle of that name, since this one ends. */
static int sift_keep(struct sift *f, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < f->n_stays && rc >= 0; i++)
		rc = bundles_settle(f->p->store, f->waits[f->stays[i]].id,
				    BUNDLE_MOVED, "it is held on", f->now_ms,
				    err);
	if (rc >= 0)
		rc = sift_send(f, err);
	for (size_t i = 0; i < f->n_stays && rc >= 0; i++)
		rc = bundles_add(f->p->store, &f->stay,
				 &f->waits[f->stays[i]].entry, f->now_ms, NULL,
				 err);
	return rc;
}

/* Who gets it: whoever has the duty now, not when it began to fill. */
static int find_target(struct sift *f, struct err *err)
{
	const struct conf *conf = f->p->conf;
	struct duty duty;

	rotation_resolve(&conf->policy, f->bundle->target, f->now_ms, &duty);
	f->target = duty.target ? conf_target(conf, duty.target) : NULL;
	f->gone = duty.target && !f->target;
	if (!f->target)
		f->target = conf_target(conf, conf->policy.fallback);
	if (!f->target)
		return err_set(err, ERR_CONF, "target %s does not exist",
			       f->bundle->target);
	return 0;
}

/* 1 when the bundle ended, 0 when all of it waits on. */
static int flush_bundle(struct pipeline *p, const struct bundle_row *b,
			const struct bundle_place *instead, int64_t now_ms,
			struct err *err)
{
	CLEANUP(sift_release)
	struct sift f = { .p = p,
			  .bundle = b,
			  .instead = instead,
			  .now_ms = now_ms,
			  .tactics = STRBUF_INIT };
	int rc = find_target(&f, err);

	if (rc >= 0)
		rc = sift_all(&f, err);
	if (rc < 0)
		return rc;
	if (f.n_stays > 0 && f.n_going == 0) {
		rc = bundles_defer(p->store, b->id, f.stay.due_ms, err);
		return rc < 0 ? rc : 0;
	}
	rc = sift_keep(&f, err);
	return rc < 0 ? rc : 1;
}

/* What is due together is asked about together. */
static void judge_together(struct pipeline *p, const struct bundle_row *rows,
			   size_t n, int64_t now_ms, struct bundle_place *ret)
{
	struct resurface_due due[SLICE];

	for (size_t i = 0; i < n; i++)
		due[i] = (struct resurface_due){ .cause = rows[i].cause,
						 .target = rows[i].target,
						 .worst = rows[i].worst };
	resurface_judge_together(hush_noise(p), due, n, now_ms, ret);
}

int flush_due(struct pipeline *p, int64_t due_ms, int64_t now_ms,
	      size_t *ret_left, struct err *err)
{
	struct bundle_row rows[SLICE];
	struct bundle_place instead[SLICE];
	size_t ended = 0, left = 0;
	int n, rc = 0;

	n = hush_recall(p, now_ms, err);
	if (n >= 0)
		n = bundles_due(p->store, due_ms, rows, SLICE, err);
	if (n < 0)
		return n;
	judge_together(p, rows, (size_t)n, now_ms, instead);
	for (int i = 0; i < n; i++) {
		if (rc >= 0)
			rc = flush_bundle(p, &rows[i], &instead[i], now_ms,
					  err);
		ended += rc == 1;
		left += rc == 0;
	}
	for (int i = 0; i < n; i++)
		bundle_row_release(&rows[i]);
	if (rc < 0)
		return rc;
	if (ret_left)
		*ret_left = left;
	return (int)ended;
}
