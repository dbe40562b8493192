/*
 * Checks that need everything to have been read: names that must exist, what
 * is mandatory over all files, and what is configured but never used. Called
 * by files.c once every file is in.
 *
 * tested with: test_load
 */
#include "conf/conf_priv.h"

#include <string.h>
#include "util/xmalloc.h"

static size_t refer_count(const struct load *l, enum refer_kind kind)
{
	switch (kind) {
	case REFER_TARGET:
		return l->c->n_targets;
	case REFER_CALENDAR:
		return l->c->policy.n_calendars;
	case REFER_SOURCE:
		return l->c->n_sources;
	}
	return 0;
}

static const char *refer_name(const struct load *l, enum refer_kind kind,
			      size_t i)
{
	switch (kind) {
	case REFER_TARGET:
		return l->c->targets[i].name;
	case REFER_CALENDAR:
		return l->c->policy.calendars[i].name;
	case REFER_SOURCE:
		return l->c->sources[i].name;
	}
	return NULL;
}

static void validate_reference(struct load *l, const struct reference *r)
{
	static const char *const words[] = {
		[REFER_TARGET] = "target",
		[REFER_CALENDAR] = "calendar",
		[REFER_SOURCE] = "source",
	};
	struct suggest s = { .word = r->name };
	char buf[SUGGEST_TEXT_MAX];

	for (size_t i = 0; i < refer_count(l, r->kind); i++) {
		const char *name = refer_name(l, r->kind, i);

		if (name && strcmp(name, r->name) == 0)
			return;
		if (name)
			suggest_offer(&s, name);
	}
	if (r->kind != REFER_SOURCE)
		faults_add(l->faults, &r->mark, "%s: unknown %s '%.60s'%s",
			   r->path, words[r->kind], r->name,
			   suggest_text(&s, buf));
	else if (strcmp(r->name, "triaged") != 0) /* the daemon's own alerts */
		faults_warn(l->faults, &r->mark,
			    "%s: no source has the name '%.60s'%s", r->path,
			    r->name, suggest_text(&s, buf));
}

static bool target_is_used(const struct policy *p, const char *name)
{
	if (p->fallback && strcmp(p->fallback, name) == 0)
		return true;
	for (size_t i = 0; i < p->n_routes; i++) {
		const struct route *r = &p->routes[i];

		if (r->digest && strlist_has(&r->digest->notify, name))
			return true;
		for (size_t j = 0; j < r->n_steps; j++)
			if (strlist_has(&r->steps[j].notify, name))
				return true;
	}
	return false;
}

static void validate_unused(struct load *l)
{
	const struct conf *c = l->c;

	for (size_t i = 0; i < c->n_targets; i++)
		if (c->targets[i].name &&
		    !target_is_used(&c->policy, c->targets[i].name))
			faults_warn(l->faults, &c->targets[i].mark,
				    "targets.%s: no route uses this target",
				    c->targets[i].name);
	if (c->n_sources == 0)
		faults_warn(l->faults, &(struct mark){ c->files.v[0], 1, 1 },
			    "no source is configured; nothing will be polled");
}

void validate(struct load *l)
{
	const struct policy *p = &l->c->policy;

	if (!p->fallback)
		faults_add(l->faults, &(struct mark){ l->c->files.v[0], 1, 1 },
			   "option 'fallback' is missing; name the target that "
			   "is told when no route tells anybody");
	for (size_t i = 0; i < l->n_refs; i++)
		validate_reference(l, &l->refs[i]);
	tenants_apply(l);
	/* A when block that lost its word seems to match everything. */
	if (!faults_fatal(l->faults))
		order_check(l);
	validate_unused(l);
}
