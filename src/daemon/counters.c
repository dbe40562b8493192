/*
 * Counting what the database does not keep. Used by the app and the metrics.
 *
 * tested with: test_counters
 */
#include "daemon/counters.h"

#include <stdlib.h>
#include <string.h>

#include "util/xmalloc.h"

#define WORST_MS 60000

const struct latency_limit latency_limits[LATENCY_BUCKETS] = {
	{ 10, "0.01" }, { 50, "0.05" }, { 100, "0.1" },	 { 500, "0.5" },
	{ 1000, "1" },	{ 5000, "5" },	{ 15000, "15" }, { 60000, "60" },
};

void counters_latency(struct counters *c, int64_t ms)
{
	for (int i = 0; i < LATENCY_BUCKETS; i++)
		c->latency[i] += ms <= latency_limits[i].ms;
	c->latency_n++;
	c->latency_sum_ms += ms;
}

static struct tally_row *tally_find(const struct tally *t, const char *name)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->v[i].name, name) == 0)
			return &t->v[i];
	return NULL;
}

void tally_add(struct tally *t, const char *name)
{
	struct tally_row *row = tally_find(t, name);

	if (!row) {
		GROW(t->v, t->n + 1, t->n_alloc);
		row = &t->v[t->n++];
		*row = (struct tally_row){ .name = xstrdup(name) };
	}
	row->n++;
}

uint64_t tally_get(const struct tally *t, const char *name)
{
	const struct tally_row *row = tally_find(t, name);

	return row ? row->n : 0;
}

void counters_release(struct counters *c)
{
	for (size_t i = 0; i < c->retries.n; i++)
		free(c->retries.v[i].name);
	free(c->retries.v);
	c->retries = (struct tally){ 0 };
}

int64_t worst_note(struct worst *w, int64_t us, int64_t mono_ms)
{
	if (mono_ms - w->since_mono_ms >= WORST_MS) {
		/* What is older than two minutes is told no more. */
		bool old = mono_ms - w->since_mono_ms >= 2 * WORST_MS;

		w->before_us = old ? 0 : w->now_us;
		w->now_us = 0;
		w->since_mono_ms = mono_ms;
	}
	w->now_us = MAX(w->now_us, us);
	return MAX(w->now_us, w->before_us);
}
