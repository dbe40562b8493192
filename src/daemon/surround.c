/*
 * What is near an alert, between the store, which knows it, and the rules,
 * which ask for it. Called by pipeline.c around each decision, inside its
 * transaction.
 *
 * tested with: test_surround
 */
#include "daemon/surround.h"

#include "store/surroundings.h"

/* A copy without a severity says nothing about it. */
static enum severity base_of(const struct triage_input *in)
{
	return in->known && in->alert->severity_absent ? in->known->base
						       : in->alert->base;
}

int surround_decide(struct pipeline *p, const struct triage_input *in,
		    struct decision *ret, struct err *err)
{
	struct triage_input full = *in;
	struct high_sight h = { .alert = in->alert, .seen_ms = in->now_ms };
	int rc;

	if (in->known) {
		h.alert_id = in->known->id;
		h.seen_ms = in->known->seen_ms;
	}
	if (base_of(in) == SEVERITY_HIGH && alert_is_detected(in->alert)) {
		rc = surroundings_other_high(p->store, &h, in->now_ms, err);
		if (rc < 0)
			return rc;
		full.around.other_high_type = rc > 0;
	}
	return triage_decide_input(p->triage, &full, ret, err);
}

int surround_keep(struct pipeline *p, const struct subject *s, struct err *err)
{
	const struct high_sight h = {
		.alert_id = s->id,
		.alert = s->alert,
		.seen_ms = s->known ? s->known->seen_ms : s->at->now_ms,
		.is_new = !s->known,
	};
	bool is_high = s->decision->base == SEVERITY_HIGH;
	bool was_high = s->known && s->known->base == SEVERITY_HIGH;

	if ((!is_high && !was_high) || !alert_is_detected(s->alert))
		return 0;
	return surroundings_keep(p->store, &h, is_high, err);
}
