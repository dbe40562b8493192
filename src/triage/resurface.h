/*
 * The end of a wait: is there still something to tell of what a bundle holds,
 * and does anything else hold it now? Pure, so that the daemon and the
 * simulation ask the same.
 */
#ifndef TRIAGE_RESURFACE_H
#define TRIAGE_RESURFACE_H

#include "core/decision.h"
#include "triage/noise.h"

/* Is there nothing to tell of @e any more, now that its alert stands as @t
 * says? Why, or NULL. */
const char *resurface_needless(const struct tracked *t,
			       const struct bundle_entry *e);

/* A bundle that is due. */
struct resurface_due {
	enum noise_cause cause;
	const char *target;
	enum severity worst; /* of the alerts that wait, as they are now */
};
/*
 * The groups of one target that are due together are asked about once: ret[i]
 * is where all of v[i] goes instead, cause NOISE_NONE when it goes by itself.
 */
void resurface_judge_together(const struct noise *n,
			      const struct resurface_due *v, size_t n_v,
			      int64_t now_ms, struct bundle_place *ret);
/*
 * Where an alert goes whose notice leaves the bundle of @o->leaves; cause
 * NOISE_NONE: to its target. @instead (cause NOISE_NONE: nothing) is the answer
 * for its bundle. What has begun to hold it meanwhile goes before that.
 */
void resurface_judge(const struct noise *n, const struct noise_offer *o,
		     const struct bundle_place *instead,
		     struct bundle_place *ret);

#endif
