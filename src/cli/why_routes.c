/*
 * Which routes carry an alert by the settings as they are, and which key is in
 * the way of the others. Called by cmd_why.
 *
 * tested with: test_why
 */
#include <string.h>
#include "cli/why_priv.h"
#include "util/xmalloc.h"

bool why_route_names(const struct case_view *v, const struct route *r,
		     const char *target)
{
	if (r->digest && why_names_know(v, &r->digest->notify, target))
		return true;
	for (size_t i = 0; i < r->n_steps; i++) {
		if (why_names_know(v, &r->steps[i].notify, target))
			return true;
	}
	return false;
}

/* Each name once, in the order of the steps. */
static char *names_of(const struct route *r)
{
	CLEANUP(strlist_release) struct strlist all = STRLIST_INIT;

	for (size_t i = 0; r->digest && i < r->digest->notify.n; i++)
		strlist_add(&all, r->digest->notify.v[i]);
	for (size_t i = 0; i < r->n_steps; i++) {
		for (size_t j = 0; j < r->steps[i].notify.n; j++) {
			if (!strlist_has(&all, r->steps[i].notify.v[j]))
				strlist_add(&all, r->steps[i].notify.v[j]);
		}
	}
	return strlist_join(&all, ", ");
}

static void add_carries(struct strbuf *sb, const struct route *r,
			const char *targets)
{
	if (r->digest)
		strbuf_addf(sb, "carries it, in the digest of %02d:%02d, to %s",
			    r->digest->at_minute / 60,
			    r->digest->at_minute % 60, targets);
	else
		strbuf_addf(sb, "carries it, in %zu step%s, to %s", r->n_steps,
			    r->n_steps == 1 ? "" : "s", targets);
}

struct route_answer {
	size_t place;
	const struct route *route;
	const struct route *taken; /* an earlier one that ends the search */
	bool misses;
	struct match_miss miss;
};

static void add_answer(struct strbuf *sb, const struct route_answer *a,
		       const struct match_subject *s, const char *targets)
{
	if (a->taken) {
		strbuf_addstr(sb, "is not asked, ");
		why_add_route(sb, a->taken->name);
		strbuf_addstr(sb, " has it");
	} else if (a->misses) {
		strbuf_addstr(sb, "does not carry it: ");
		why_add_miss(sb, &a->miss, s);
	} else {
		add_carries(sb, a->route, targets);
	}
}

static void keep_route(struct rows *to, const struct case_view *v,
		       const struct route_answer *a, const char *target)
{
	static const char *const names[] = { "place",	"name",	    "carries",
					     "key",	"wants",    "has",
					     "targets", "selected", "text" };
	const struct match_subject s = case_subject_of(v);
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(free_ptr) char *targets = names_of(a->route);
	CLEANUP(free_ptr) char *wants = NULL;
	bool misses = a->misses && a->miss.globs && !a->taken;

	if (misses)
		wants = strlist_join(a->miss.globs, ",");
	add_answer(&text, a, &s, targets);
	(void)rows_keep(
		to, ARRAY_SIZE(names), names,
		(const struct cell[]){
			cell_integer((int64_t)a->place),
			cell_text(a->route->name),
			cell_integer(!a->misses && !a->taken),
			cell_text(misses ? match_key_name(a->miss.key) : NULL),
			cell_text(wants),
			cell_text(misses ? match_value(a->miss.key, &s) : NULL),
			cell_text(targets),
			target ? cell_integer(
					 why_route_names(v, a->route, target))
			       : cell_null(),
			cell_text(text.buf) });
}

void why_route_rows(struct rows *to, const struct case_view *v,
		    const char *target)
{
	const struct match_subject s = case_subject_of(v);
	const struct policy *p = v->triage ? triage_policy(v->triage) : NULL;
	const struct route *taken = NULL;

	for (size_t i = 0; p && i < p->n_routes; i++) {
		struct route_answer a = { .place = i + 1,
					  .route = &p->routes[i],
					  .taken = taken };

		if (!taken)
			a.misses = match_find_miss(&a.route->when, &s, &a.miss);
		keep_route(to, v, &a, target);
		if (!taken && !a.misses && !a.route->go_on)
			taken = a.route;
	}
}
