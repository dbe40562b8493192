/*
 * May a message go now, and where does it wait else? Called by the daemon's
 * funnel for every message that anybody is to get, by the simulation and by
 * what-if. Stores and sends nothing; what it remembers is noise_memory.c.
 *
 * tested with: test_noise test_noise_storm
 */
#include "triage/noise.h"

#include <stdio.h>
#include <string.h>
#include "triage/noise_priv.h"
#include "triage/silences.h"
#include "util/compiler.h"
#include "util/digest.h"

/* Everything a verdict is made from; the helpers share it. */
struct question {
	const struct noise *n;
	const struct policy *policy;
	const struct noise_offer *o;
	const struct noise_target *target; /* NULL: nothing is known of it */
	const struct noise_group *group; /* NULL: told nothing yet */
	bool critical;
	bool machine; /* the target is a program */
	bool drill; /* neither hides in a crowd nor makes one */
};

static void place_at(struct bundle_place *p, enum noise_cause cause,
		     const char *name, int64_t due_ms)
{
	p->cause = cause;
	p->due_ms = due_ms;
	snprintf(p->name, sizeof(p->name), "%s", name);
}

/* A silence says itself whether criticals are meant. */
static bool by_silence(const struct question *q, struct bundle_place *p)
{
	const struct noise_offer *o = q->o;
	char number[24];

	for (size_t i = 0; i < q->n->n_silences; i++) {
		const struct silence *s = &q->n->silences[i];

		if (!silence_covers(s, &o->subject, o->now_ms))
			continue;
		snprintf(number, sizeof(number), "%lld", (long long)s->id);
		place_at(p, NOISE_SILENCE, number, s->ends_ms);
		return true;
	}
	return false;
}

static bool by_maintenance(const struct question *q, struct bundle_place *p)
{
	const struct windows *windows = triage_windows(q->n->triage);

	if (q->critical)
		return false;
	for (size_t i = 0; i < q->policy->n_maintenance; i++) {
		const struct maintenance_plan *m = &q->policy->maintenance[i];
		struct window w;

		if (!match_covers(&m->when, &q->o->subject) ||
		    !windows_maintenance(windows, i, q->o->now_ms, &w) ||
		    w.from_ms > q->o->now_ms)
			continue;
		place_at(p, NOISE_MAINTENANCE, m->name, w.to_ms);
		return true;
	}
	return false;
}

static bool by_quiet_hours(const struct question *q, struct bundle_place *p)
{
	if (q->critical)
		return false;
	for (size_t i = 0; i < q->policy->n_quiet; i++) {
		const struct quiet_plan *plan = &q->policy->quiet[i];
		int64_t end_ms;

		if (plan->target && strcmp(plan->target, q->o->target) != 0)
			continue;
		end_ms = windows_quiet_end(triage_windows(q->n->triage), i,
					   q->o->now_ms);
		if (end_ms == 0)
			continue;
		place_at(p, NOISE_QUIET, "", end_ms);
		return true;
	}
	return false;
}

/* Throttle. */

/* At once, or as far from the last one as the plan wants. A summary of the
 * future was noted before the clock was set back. */
static void place_in_storm(struct bundle_place *p, const struct policy *policy,
			   const struct noise_target *t, bool critical,
			   int64_t now_ms)
{
	const struct storm_plan *plan =
		critical ? &policy->critical_storm : &policy->storm;
	const struct noise_budget *b =
		!t ? NULL : (critical ? &t->critical : &t->budget);
	int64_t due_ms = now_ms;

	if (b && b->summary_ms != 0 && b->summary_ms <= now_ms)
		due_ms = MAX(now_ms, b->summary_ms + plan->every_ms);
	place_at(p, NOISE_STORM, critical ? NOISE_STORM_CRITICAL : "", due_ms);
}

static bool is_stormy(const struct policy *p, const struct noise_target *t,
		      bool critical, struct noise_more more, int64_t now_ms)
{
	static const struct noise_budget untouched;
	const struct storm_plan *plan =
		critical ? &p->critical_storm : &p->storm;
	const struct noise_budget *b = &untouched;

	if (t)
		b = critical ? &t->critical : &t->budget;
	return noise_budget_is_stormy(b, plan, more, now_ms);
}

static bool breaks_out(const struct question *q)
{
	const struct noise_group *g = q->group;

	if (!q->o->first || q->o->leaves != NOISE_NONE || !g)
		return false;
	if (q->o->subject.severity > g->worst)
		return true;
	if (!g->crown_jewel && noise_is_crown_jewel(q->o->subject.tags))
		return true;
	return noise_group_lacks_tactic(g, q->o->subject.alert->tactics);
}

static bool may_wait_for_group(const struct question *q)
{
	return q->o->first && q->o->leaves == NOISE_NONE && !q->critical &&
	       q->policy->group_wait_ms[q->o->subject.severity] > 0;
}

static bool by_throttle(const struct question *q, struct bundle_place *p)
{
	int64_t now_ms = q->o->now_ms;
	struct noise_more more = { .ask = 1, .go = 1 };

	/* It asked when it came to its group. */
	if (q->o->leaves == NOISE_GROUP)
		more.ask = 0;
	/* The next member of a group that waits is no message of its own. */
	if (may_wait_for_group(q) && q->group && !breaks_out(q) &&
	    noise_group_waits(q->group, now_ms))
		more = (struct noise_more){ .ask = 0 };
	if (!is_stormy(q->policy, q->target, q->critical, more, now_ms))
		return false;
	place_in_storm(p, q->policy, q->target, q->critical, now_ms);
	return true;
}

/* Group. */

static bool by_group(const struct question *q, struct bundle_place *p)
{
	const struct noise_offer *o = q->o;

	if (!may_wait_for_group(q) || breaks_out(q))
		return false;
	place_at(p, NOISE_GROUP, o->group,
		 o->now_ms + q->policy->group_wait_ms[o->subject.severity]);
	return true;
}

/* What is about no alert goes: somebody tests a target just now, and the hour
 * of a digest was chosen. */
static bool is_of_an_alert(const struct noise_offer *o)
{
	return o->kind != NOTICE_TEST && o->kind != NOTICE_DIGEST;
}

static bool is_held(const struct question *q, struct bundle_place *p)
{
	/*
	 * What leaves is asked its own cause again: another silence or other
	 * quiet hours may go on, while the one that has ended says no by
	 * itself. A storm or a group has no such end: its bundle goes.
	 */
	switch (q->o->leaves) {
	case NOISE_NONE:
	case NOISE_DIGEST:
	case NOISE_IMPORT:
	case NOISE_SILENCE:
		if (by_silence(q, p))
			return true;
		/* fall through */
	case NOISE_MAINTENANCE:
		if (by_maintenance(q, p))
			return true;
		/* fall through */
	case NOISE_QUIET:
		if (q->machine)
			return false;
		return by_quiet_hours(q, p) ||
		       (!q->drill && (by_throttle(q, p) || by_group(q, p)));
	case NOISE_GROUP:
		return !q->machine && !q->drill && by_throttle(q, p);
	case NOISE_STORM:
		return false;
	}
	return false;
}

void noise_judge(const struct noise *n, const struct noise_offer *o,
		 struct noise_verdict *ret)
{
	struct noise_verdict v = { .place = { .target = o->target } };
	struct question q = { .n = n,
			      .policy = triage_policy(n->triage),
			      .o = o,
			      .target = noise_find_target(n, o->target) };

	if (is_of_an_alert(o)) {
		q.group = noise_find_group(q.target, o->group, o->now_ms);
		q.critical = o->subject.severity == SEVERITY_CRITICAL;
		q.machine = strlist_has(&q.policy->machines, o->target);
		q.drill = alert_is_drill(o->subject.alert);
		if (!is_held(&q, &v.place))
			v.breaks_out = !q.machine && !q.drill && breaks_out(&q);
	}
	*ret = v;
}

void noise_judge_flush(const struct noise *n, const struct noise_flush *f,
		       struct noise_verdict *ret)
{
	const struct policy *p = triage_policy(n->triage);
	const struct noise_target *t = noise_find_target(n, f->target);
	bool critical = f->worst == SEVERITY_CRITICAL;
	struct noise_verdict v = { .place = { .target = f->target } };
	/* They were counted when they asked. */
	struct noise_more more = { .go = f->n_due };

	if (is_stormy(p, t, critical, more, f->now_ms))
		place_in_storm(&v.place, p, t, critical, f->now_ms);
	*ret = v;
}

bool noise_is_first(enum notice_kind k)
{
	return k == NOTICE_OPENED || k == NOTICE_REOPENED ||
	       k == NOTICE_UPDATED;
}

bool noise_is_crown_jewel(const struct strlist *tags)
{
	return tags && strlist_has_ci(tags, NOISE_TAG_CROWN_JEWEL);
}

/* The name of a group. */

#define READABLE_MAX 24
#define HASH_BYTES 8

/* ASCII case ignored: sources do not agree on it, nor with themselves. */
static char folded(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* What can be read of @word without quoting; the hash tells them apart. */
static void readable(const char *word, char ret[READABLE_MAX + 1])
{
	size_t n = 0;

	for (; *word && n < READABLE_MAX; word++) {
		char c = folded(*word);

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		    c == '.' || c == '_')
			ret[n++] = c;
		else if (n > 0 && ret[n - 1] != '-')
			ret[n++] = '-';
	}
	while (n > 0 && ret[n - 1] == '-')
		n--;
	ret[n] = '\0';
}

static void add_folded(struct digest *d, const char *s)
{
	char c;

	for (; s && *s; s++) {
		c = folded(*s);
		digest_add(d, &c, 1);
	}
	digest_add(d, "", 1); /* its NUL: the border of a field */
}

static void name_group(const char *const parts[4], const char *word,
		       char ret[NOISE_GROUP_MAX])
{
	struct digest *d = digest_new();
	uint8_t hash[DIGEST_SIZE];
	char hex[2 * HASH_BYTES + 1], text[READABLE_MAX + 1];

	for (size_t i = 0; i < 4; i++)
		add_folded(d, parts[i]);
	digest_finish(d, hash);
	digest_hex(hash, HASH_BYTES, hex);
	readable(word, text);
	snprintf(ret, NOISE_GROUP_MAX, "%s%s%s", text, *text ? "-" : "", hex);
}

static bool is_given(const char *s)
{
	return s && *s;
}

void noise_group(const struct alert *a, char ret[NOISE_GROUP_MAX])
{
	const char *type = is_given(a->alert_type) ? a->alert_type : a->title;
	const char *entity = is_given(a->entity) ? a->entity : a->resource_id;
	const char *incident = a->incident;

	if (alert_is_drill(a))
		name_group((const char *[]){ "drill", a->native_id, NULL,
					     NULL },
			   "drill", ret);
	else if (is_given(incident))
		name_group((const char *[]){ "incident", a->tenant, incident,
					     NULL },
			   incident, ret);
	else if (is_given(a->correlation))
		name_group((const char *[]){ "correlation", a->tenant,
					     a->correlation, NULL },
			   type ? type : "", ret);
	else
		name_group((const char *[]){ "type", a->tenant, type, entity },
			   type ? type : "", ret);
}
