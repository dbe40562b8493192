/*
 * See surveyor.h. Called by its job of the agenda; what a source's posture
 * needs is in survey.c.
 */
#include "daemon/surveyor.h"

#include <stdlib.h>
#include "daemon/survey_priv.h"
#include "util/xmalloc.h"

struct surveyor {
	struct surveyor_env env;
	struct survey **all;
	size_t n;
	bool draining;
};

struct surveyor *surveyor_new(const struct surveyor_env *env)
{
	struct surveyor *sv = xcalloc(1, sizeof(*sv));

	sv->env = *env;
	return sv;
}

struct surveyor *surveyor_free(struct surveyor *sv)
{
	if (!sv)
		return NULL;
	for (size_t i = 0; i < sv->n; i++)
		survey_free(sv->all[i]);
	free(sv->all);
	free(sv);
	return NULL;
}

/* The one of this source that can stay; taken out of the list. */
static struct survey *take_same(struct surveyor *sv,
				const struct source_conf *c)
{
	for (size_t i = 0; i < sv->n; i++) {
		struct survey *s = sv->all[i];

		if (s && survey_is_of(s, c))
			return take(sv->all[i]);
	}
	return NULL;
}

void surveyor_configure(struct surveyor *sv, const struct conf *c,
			int64_t mono_ms)
{
	struct survey **all = xcalloc(c->n_sources + 1, sizeof(*all));
	size_t n = 0;

	for (size_t i = 0; i < c->n_sources; i++) {
		const struct source_conf *sc = &c->sources[i];
		struct survey *s;

		if (sc->type != SOURCE_DEFENDER_FOR_CLOUD ||
		    sc->posture_every_ms == 0)
			continue;
		s = take_same(sv, sc);
		if (s)
			survey_adopt(s, sc->posture_every_ms, mono_ms);
		all[n++] = s ? s : survey_new(&sv->env, sc, mono_ms);
	}
	for (size_t i = 0; i < sv->n; i++)
		survey_free(sv->all[i]);
	free(sv->all);
	sv->all = all;
	sv->n = n;
}

int64_t surveyor_run(struct surveyor *sv, int64_t mono_ms)
{
	int64_t nearest = -1;

	for (size_t i = 0; i < sv->n && !sv->draining; i++) {
		int64_t delay = survey_run(sv->all[i], mono_ms);

		if (delay < 0)
			continue; /* on_idle says when it ends */
		nearest = nearest < 0 ? delay : MIN(nearest, delay);
	}
	return nearest;
}

void surveyor_drain(struct surveyor *sv)
{
	sv->draining = true;
}

bool surveyor_state(const struct surveyor *sv, size_t i, int64_t mono_ms,
		    struct surveyor_state *ret)
{
	if (i >= sv->n)
		return false;
	survey_state(sv->all[i], mono_ms, ret);
	return true;
}
