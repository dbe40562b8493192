/*
 * Whom the names of a `notify` mean: a target, or who of a rotation has the
 * duty at a given instant. Called by the commands that explain and foretell.
 *
 * tested with: test_why
 */
#include <string.h>
#include "cli/why_priv.h"
#include "triage/rotation.h"
#include "util/xmalloc.h"

static void resolve(const struct case_view *v, const char *name, int64_t at_ms,
		    struct duty *ret)
{
	*ret = (struct duty){ .target = name };
	if (v->triage)
		rotation_resolve(triage_policy(v->triage), name, at_ms, ret);
}

static void add_name(struct strbuf *sb, const struct case_view *v,
		     const char *name, int64_t at_ms)
{
	struct duty duty;

	resolve(v, name, at_ms, &duty);
	strbuf_addstr(sb, duty.target ? duty.target : "nobody");
	if (duty.rotation)
		strbuf_addf(sb, " (rotation %s)", duty.rotation->name);
}

void why_add_names(struct strbuf *sb, const struct case_view *v,
		   const struct strlist *names, int64_t at_ms)
{
	if (!names || names->n == 0) {
		strbuf_addstr(sb, "nobody");
		return;
	}
	for (size_t i = 0; i < names->n; i++) {
		if (i > 0)
			strbuf_addstr(sb, i + 1 == names->n ? " and " : ", ");
		add_name(sb, v, names->v[i], at_ms);
	}
}

char *why_targets(const struct case_view *v, const struct strlist *names,
		  int64_t at_ms)
{
	CLEANUP(strlist_release) struct strlist all = STRLIST_INIT;
	struct duty duty;

	for (size_t i = 0; names && i < names->n; i++) {
		resolve(v, names->v[i], at_ms, &duty);
		if (duty.target && !strlist_has(&all, duty.target))
			strlist_add(&all, duty.target);
	}
	return strlist_join(&all, ",");
}

bool why_names_tell(const struct case_view *v, const struct strlist *names,
		    const char *target, int64_t at_ms)
{
	struct duty duty;

	for (size_t i = 0; names && i < names->n; i++) {
		resolve(v, names->v[i], at_ms, &duty);
		if (duty.target && strcmp(duty.target, target) == 0)
			return true;
	}
	return false;
}

static bool is_member(const struct case_view *v, const char *name,
		      const char *target)
{
	const struct rotation *r =
		v->triage ? rotation_named(triage_policy(v->triage), name)
			  : NULL;

	for (size_t i = 0; r && i < r->n_overrides; i++) {
		if (r->overrides[i].member &&
		    strcmp(r->overrides[i].member, target) == 0)
			return true;
	}
	return r && strlist_has(&r->members, target);
}

bool why_names_know(const struct case_view *v, const struct strlist *names,
		    const char *target)
{
	for (size_t i = 0; names && i < names->n; i++) {
		if (strcmp(names->v[i], target) == 0 ||
		    is_member(v, names->v[i], target))
			return true;
	}
	return false;
}
