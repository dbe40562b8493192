/*
 * See storms.h. Called by a job of the agenda; what a storm is knows
 * triage/noise.
 *
 * tested with: test_funnel
 */
#include "daemon/storms.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/hush.h"
#include "util/xmalloc.h"

/* One of either kind for each target; more than that are not told of. */
#define STORMS_MAX 128

void storms_release(struct storms *s)
{
	for (size_t i = 0; i < s->n; i++)
		free((char *)s->v[i].target);
	free(s->v);
	*s = (struct storms){ 0 };
}

static bool is_same(const struct noise_storm *a, const struct noise_storm *b)
{
	return a->critical == b->critical && a->since_ms == b->since_ms &&
	       strcmp(a->target, b->target) == 0;
}

static const struct noise_storm *find(const struct noise_storm *v, size_t n,
				      const struct noise_storm *like)
{
	for (size_t i = 0; i < n; i++) {
		if (is_same(&v[i], like))
			return &v[i];
	}
	return NULL;
}

static void keep(struct storms *s, const struct noise_storm *v, size_t n)
{
	struct storms kept = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (!v[i].is_on)
			continue;
		GROW(kept.v, kept.n + 1, kept.n_alloc);
		kept.v[kept.n] = v[i];
		kept.v[kept.n++].target = xstrdup(v[i].target);
	}
	storms_release(s);
	*s = kept;
}

int storms_look(struct storms *s, struct pipeline *p, int64_t now_ms,
		storms_tell_fn *tell, void *arg, struct err *err)
{
	struct noise_storm now[STORMS_MAX];
	size_t n;
	int rc = hush_recall(p, now_ms, err);

	if (rc < 0)
		return rc;
	n = noise_storms(hush_noise(p), now_ms, now, STORMS_MAX);
	for (size_t i = 0; i < s->n; i++) {
		const struct noise_storm *last = find(now, n, &s->v[i]);

		if (!last || !last->is_on)
			tell(arg, last ? last : &s->v[i], true);
	}
	for (size_t i = 0; i < n; i++) {
		if (now[i].is_on && !find(s->v, s->n, &now[i]))
			tell(arg, &now[i], false);
	}
	keep(s, now, n);
	return 0;
}
