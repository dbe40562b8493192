/*
 * Checks that need everything to have been read: names that must exist, what
 * is mandatory over all files, and what is configured but never used. Called
 * by files.c once every file is in.
 *
 * tested with: test_load
 */
#include "conf/conf_priv.h"

#include <string.h>
#include "core/alert.h"
#include "util/xmalloc.h"

static size_t refer_count(const struct load *l, enum refer_kind kind)
{
	switch (kind) {
	case REFER_TARGET:
		return l->c->n_targets;
	case REFER_ROTATION:
		return l->c->policy.n_rotations;
	case REFER_CALENDAR:
		return l->c->policy.n_calendars;
	case REFER_SOURCE:
		return l->c->n_sources;
	case REFER_NOTIFY: /* two lists: see refer_find() */
		break;
	}
	return 0;
}

static const char *refer_name(const struct load *l, enum refer_kind kind,
			      size_t i)
{
	switch (kind) {
	case REFER_TARGET:
		return l->c->targets[i].name;
	case REFER_ROTATION:
		return l->c->policy.rotations[i].name;
	case REFER_CALENDAR:
		return l->c->policy.calendars[i].name;
	case REFER_SOURCE:
		return l->c->sources[i].name;
	case REFER_NOTIFY:
		break;
	}
	return NULL;
}

/* Offers what is near to @s when it is not found. */
static bool refer_find(const struct load *l, enum refer_kind kind,
		       struct suggest *s)
{
	if (kind == REFER_NOTIFY)
		return refer_find(l, REFER_TARGET, s) ||
		       refer_find(l, REFER_ROTATION, s);
	for (size_t i = 0; i < refer_count(l, kind); i++) {
		const char *name = refer_name(l, kind, i);

		if (name && strcmp(name, s->word) == 0)
			return true;
		if (name)
			suggest_offer(s, name);
	}
	return false;
}

/* What the operator may have thought of. */
static const char *refer_word(const struct load *l, enum refer_kind kind)
{
	static const char *const words[] = {
		[REFER_TARGET] = "target",
		[REFER_ROTATION] = "rotation",
		[REFER_CALENDAR] = "calendar",
		[REFER_SOURCE] = "source",
	};

	if (kind == REFER_NOTIFY)
		return l->c->policy.n_rotations ? "target or rotation"
						: "target";
	return words[kind];
}

static void validate_reference(struct load *l, const struct reference *r)
{
	struct suggest s = { .word = r->name };
	struct suggest other = { .word = r->name };
	char buf[SUGGEST_TEXT_MAX];

	if (refer_find(l, r->kind, &s))
		return;
	if ((r->kind == REFER_TARGET || r->kind == REFER_NOTIFY) &&
	    conf_heartbeat(l->c, r->name)) {
		faults_add(l->faults, &r->mark,
			   "%s: '%.60s' is a heartbeat, which is no target "
			   "for notices",
			   r->path, r->name);
		return;
	}
	/* The daemon's own alerts, and those of drills. */
	if (r->kind == REFER_SOURCE && (strcmp(r->name, ALERT_KIND_SELF) == 0 ||
					strcmp(r->name, ALERT_KIND_DRILL) == 0))
		return;
	if (r->kind == REFER_SOURCE)
		faults_warn(l->faults, &r->mark,
			    "%s: no source has the name '%.60s'%s", r->path,
			    r->name, suggest_text(&s, buf));
	else if (r->kind == REFER_TARGET &&
		 refer_find(l, REFER_ROTATION, &other))
		faults_add(l->faults, &r->mark,
			   "%s: '%.60s' is a rotation; name a target here",
			   r->path, r->name);
	else
		faults_add(l->faults, &r->mark, "%s: unknown %s '%.60s'%s",
			   r->path, refer_word(l, r->kind), r->name,
			   suggest_text(&s, buf));
}

/* A name of `notify` means one of them. */
static void validate_rotation_names(struct load *l)
{
	const struct conf *c = l->c;

	for (size_t i = 0; i < c->policy.n_rotations; i++) {
		const struct rotation *r = &c->policy.rotations[i];
		const struct target_conf *t = conf_target(c, r->name);

		if (!t)
			t = conf_heartbeat(c, r->name);
		if (t)
			faults_add(l->faults, &r->mark,
				   "rotations.%s: the name '%s' is taken by "
				   "the target at %s:%d",
				   r->name, r->name, t->mark.file,
				   t->mark.line);
	}
}

static bool is_notified(const struct policy *p, const char *name)
{
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

static bool takes_turns(const struct rotation *r, const char *name)
{
	for (size_t i = 0; i < r->n_overrides; i++)
		if (r->overrides[i].member &&
		    strcmp(r->overrides[i].member, name) == 0)
			return true;
	return strlist_has(&r->members, name);
}

static bool target_is_used(const struct conf *c, const char *name)
{
	const struct policy *p = &c->policy;

	if (p->fallback && strcmp(p->fallback, name) == 0)
		return true;
	for (size_t i = 0; i < c->n_targets; i++)
		if (c->targets[i].second &&
		    strcmp(c->targets[i].second, name) == 0)
			return true;
	for (size_t i = 0; i < p->n_rotations; i++)
		if (takes_turns(&p->rotations[i], name))
			return true;
	if (respond_uses_target(c, name))
		return true;
	return is_notified(p, name);
}

static void validate_unused(struct load *l)
{
	const struct conf *c = l->c;

	for (size_t i = 0; i < c->n_targets; i++)
		if (c->targets[i].name &&
		    !target_is_used(c, c->targets[i].name))
			faults_warn(l->faults, &c->targets[i].mark,
				    "targets.%s: no route uses this target",
				    c->targets[i].name);
	for (size_t i = 0; i < c->policy.n_rotations; i++) {
		const struct rotation *r = &c->policy.rotations[i];

		if (r->name && !is_notified(&c->policy, r->name))
			faults_warn(l->faults, &r->mark,
				    "rotations.%s: no route uses this rotation",
				    r->name);
	}
	if (c->n_sources == 0)
		faults_warn(l->faults, &(struct mark){ c->files.v[0], 1, 1 },
			    "no source is configured; nothing will be polled");
}

/* A link that nobody answers is worse than none. */
static void validate_public(struct load *l)
{
	const struct conf *c = l->c;

	if (c->public_url && c->listen && strcmp(c->listen, "off") == 0)
		faults_add(l->faults, origin_find(c, "public-url"),
			   "public-url: its page is served where 'listen' "
			   "says, which is off; give listen an address, or "
			   "remove public-url");
}

/* What has a state for each alert, or acts on it, wants each by itself. */
static void list_machines(struct conf *c)
{
	for (size_t i = 0; i < c->n_targets; i++) {
		const struct target_conf *t = &c->targets[i];

		if (t->name && (t->type == TARGET_EXEC ||
				(t->type == TARGET_WEBHOOK &&
				 t->webhook.format == FORMAT_ALERTMANAGER)))
			strlist_add(&c->policy.machines, t->name);
	}
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
	validate_rotation_names(l);
	validate_public(l);
	retention_check(l);
	respond_check(l);
	tenants_apply(l);
	oauth_apply(l);
	list_machines(l->c);
	/* A when block that lost its word seems to match everything. */
	if (!faults_fatal(l->faults))
		order_check(l);
	validate_unused(l);
}
