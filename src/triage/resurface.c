/*
 * See resurface.h. Called by the daemon's flush and by the simulation; knows no
 * store and sends nothing.
 *
 * tested with: test_resurface
 */
#include "triage/resurface.h"

#include <string.h>
#include "util/compiler.h"

const char *resurface_needless(const struct tracked *t,
			       const struct bundle_entry *e)
{
	if (t->episode != e->episode)
		return "the alert was re-opened since";
	if (e->kind == NOTICE_CLOSED)
		return t->state == ALERT_CLOSED ? NULL : "the alert is open";
	if (t->state == ALERT_CLOSED)
		return "the alert was closed before this was sent";
	/* A response waits for somebody whoever has the alert. */
	if (t->state == ALERT_ACKNOWLEDGED && e->kind != NOTICE_ACKNOWLEDGED &&
	    !notice_is_about_response(e->step))
		return "acknowledged before this was sent";
	if (t->state == ALERT_OPEN && e->kind == NOTICE_ACKNOWLEDGED)
		return "the acknowledgement has run out";
	return NULL;
}

/* The hour of a digest was chosen; only what nobody wants to hear is left out
 * of it. */
static bool holds_a_digest(enum noise_cause c)
{
	return c == NOISE_SILENCE || c == NOISE_MAINTENANCE;
}

/* May have begun to hold it while it waited for something else; its own cause
 * says no by itself once it has ended. */
static bool holds_meanwhile(enum noise_cause c)
{
	return c == NOISE_SILENCE || c == NOISE_MAINTENANCE || c == NOISE_QUIET;
}

void resurface_judge(const struct noise *n, const struct noise_offer *o,
		     const struct bundle_place *instead,
		     struct bundle_place *ret)
{
	bool collected = o->leaves == NOISE_DIGEST || o->leaves == NOISE_IMPORT;
	struct noise_offer anew = *o;
	struct noise_verdict v;

	anew.leaves = NOISE_NONE;
	noise_judge(n, &anew, &v);
	if (collected && !holds_a_digest(v.place.cause))
		v.place.cause = NOISE_NONE;
	if (collected || holds_meanwhile(v.place.cause)) {
		*ret = v.place;
		return;
	}
	if (instead->cause != NOISE_NONE) {
		*ret = *instead;
		return;
	}
	noise_judge(n, o, &v);
	*ret = v.place;
}

static bool goes_with(const struct resurface_due *a,
		      const struct resurface_due *b)
{
	return a->cause == NOISE_GROUP && b->cause == NOISE_GROUP &&
	       strcmp(a->target, b->target) == 0 &&
	       (a->worst == SEVERITY_CRITICAL) ==
		       (b->worst == SEVERITY_CRITICAL);
}

void resurface_judge_together(const struct noise *n,
			      const struct resurface_due *v, size_t n_v,
			      int64_t now_ms, struct bundle_place *ret)
{
	for (size_t i = 0; i < n_v; i++) {
		struct noise_flush f = { .target = v[i].target,
					 .now_ms = now_ms };
		struct noise_verdict verdict = { .place.cause = NOISE_NONE };
		size_t before = 0;

		while (before < i && !goes_with(&v[before], &v[i]))
			before++;
		if (before < i) {
			ret[i] = ret[before];
			continue;
		}
		for (size_t k = i; k < n_v; k++) {
			if (!goes_with(&v[i], &v[k]))
				continue;
			f.n_due++;
			f.worst = MAX(f.worst, v[k].worst);
		}
		if (f.n_due > 0)
			noise_judge_flush(n, &f, &verdict);
		ret[i] = verdict.place;
	}
}
