/*
 * Findings of the doctor: kept once, in the order in which somebody who has
 * just been woken should see them. Called by the other doctor files.
 *
 * tested with: scenario/test_doctor
 */
#include "cli/doctor_priv.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "cli/as_typed.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

static void finding_release(struct finding *f)
{
	free((char *)f->about);
	free((char *)f->name);
	free((char *)f->step);
	free((char *)f->cause);
	free((char *)f->next);
}

void checkup_release(struct checkup *c)
{
	for (size_t i = 0; i < c->n; i++)
		finding_release(&c->v[i]);
	free(c->v);
	json_decref(c->zones);
}

static bool is_same(const struct finding *a, const struct finding *b)
{
	return strcmp(a->about, b->about) == 0 &&
	       strcmp(a->name, b->name) == 0 && strcmp(a->step, b->step) == 0;
}

void doctor_add(struct checkup *c, const struct finding *f)
{
	struct finding *kept;

	assert(f->about && f->name && f->step && f->cause && f->next);
	for (size_t i = 0; i < c->n; i++)
		if (is_same(&c->v[i], f))
			return;
	c->v = xreallocarray(c->v, c->n + 1, sizeof(*c->v));
	kept = &c->v[c->n++];
	*kept = *f;
	kept->about = xstrdup(f->about);
	kept->name = xstrdup(f->name);
	kept->step = xstrdup(f->step);
	kept->cause = xstrdup(f->cause);
	kept->next = as_typed_here(c->session, f->next);
}

/* What keeps everything from working stands before what keeps a part of it;
 * a row without a step is for the other steps of its subject. */
static const struct {
	const char *about, *step;
} order[] = {
	{ "database", "disk" },	  { "database", "file system" },
	{ "database", "schema" }, { "database", "database" },
	{ "daemon", NULL },	  { "settings", NULL },
	{ "target", "fallback" }, { "source", NULL },
	{ "target", NULL },	  { "forward", NULL },
	{ "coverage", NULL },	  { "posture", NULL },
	{ "machine", NULL },	  { "database", NULL },
};

static size_t rank_of(const struct finding *f)
{
	size_t i = 0;

	for (; i < ARRAY_SIZE(order); i++)
		if (strcmp(order[i].about, f->about) == 0 &&
		    (!order[i].step || strcmp(order[i].step, f->step) == 0))
			break;
	return f->trouble ? i : i + ARRAY_SIZE(order) + 1;
}

/* By insertion: there are few, and equals stay as they were found. */
void doctor_sort(struct checkup *c)
{
	for (size_t i = 1; i < c->n; i++) {
		struct finding f = c->v[i];
		size_t at = i;

		for (; at > 0 && rank_of(&c->v[at - 1]) > rank_of(&f); at--)
			c->v[at] = c->v[at - 1];
		c->v[at] = f;
	}
}

size_t doctor_troubles(const struct checkup *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		n += c->v[i].trouble;
	return n;
}

bool doctor_has_step(const struct checkup *c, const char *step)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->v[i].step, step) == 0)
			return true;
	return false;
}

const struct conf *doctor_conf(const struct checkup *c)
{
	return c->session->conf;
}
