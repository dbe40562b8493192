/*
 * What is remembered of the last messages to each target: how many there were,
 * and what each group was told. Called by noise.c and, with what was done about
 * a verdict, by whoever asked for it. Decides nothing but whether there is a
 * storm, which is a matter of counting.
 *
 * tested with: test_noise test_noise_storm
 */
#include "triage/noise_priv.h"

#include <stdlib.h>
#include <string.h>
#include "util/compiler.h"
#include "util/xmalloc.h"

struct noise *noise_new(const struct triage *t)
{
	struct noise *n = xcalloc(1, sizeof(*n));

	n->triage = t;
	return n;
}

void noise_set_triage(struct noise *n, const struct triage *t)
{
	n->triage = t;
}

void noise_set_silences(struct noise *n, const struct silence *v, size_t n_v)
{
	n->silences = v;
	n->n_silences = n_v;
}

static void free_budget(struct noise_budget *b)
{
	free(b->asked.v);
	free(b->went.v);
}

static void free_target(struct noise_target *t)
{
	struct noise_group *g;

	while ((g = TAILQ_FIRST(&t->groups))) {
		TAILQ_REMOVE(&t->groups, g, by_age);
		free(g);
	}
	free_budget(&t->budget);
	free_budget(&t->critical);
	free(t->name);
	free(t);
}

struct noise *noise_free(struct noise *n)
{
	struct noise_target *next;

	if (!n)
		return NULL;
	for (struct noise_target *t = n->targets; t; t = next) {
		next = t->next;
		free_target(t);
	}
	free(n);
	return NULL;
}

/* Moments. */

/* The oldest is number 0. */
static int64_t moment(const struct noise_moments *m, size_t i)
{
	return m->v[(m->next + m->n_alloc - m->n + i) % m->n_alloc];
}

/* Of moments in order, those until @at_ms. */
static size_t moments_until(const struct noise_moments *m, int64_t at_ms)
{
	size_t from = 0, to = m->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (moment(m, middle) <= at_ms)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* A clock that was set back leaves moments of the future: they are of no use
 * and must not hold anything up. */
static size_t count_moments(const struct noise_moments *m, int64_t within_ms,
			    int64_t now_ms)
{
	size_t n = 0;

	if (m->in_order >= m->n)
		return moments_until(m, now_ms) -
		       moments_until(m, now_ms - within_ms);
	for (size_t i = 0; i < m->n; i++)
		n += m->v[i] <= now_ms && m->v[i] > now_ms - within_ms;
	return n;
}

/* One more than the limit is enough to see that it is passed. A reload may
 * raise it: the ring is then laid straight first. */
static void add_moment(struct noise_moments *m, size_t limit, int64_t now_ms)
{
	if (m->n_alloc < limit + 1) {
		int64_t *v = xcalloc(limit + 1, sizeof(*v));

		for (size_t i = 0; i < m->n; i++)
			v[i] = moment(m, i);
		free(m->v);
		*m = (struct noise_moments){ v, m->n, m->n, limit + 1,
					     m->in_order };
	}
	if (m->n && moment(m, m->n - 1) > now_ms)
		m->in_order = 0;
	m->in_order++;
	m->v[m->next] = now_ms;
	m->next = (m->next + 1) % m->n_alloc;
	m->n = MIN(m->n + 1, m->n_alloc);
}

/* Budgets. */

static const struct noise_more none;

bool noise_budget_is_stormy(const struct noise_budget *b,
			    const struct storm_plan *plan,
			    struct noise_more more, int64_t now_ms)
{
	size_t asked = count_moments(&b->asked, plan->within_ms, now_ms);
	size_t went = count_moments(&b->went, plan->within_ms, now_ms);
	size_t limit = (size_t)MAX(plan->groups, 0);

	if (limit == 0)
		return false;
	if (asked + more.ask > limit || went + more.go > limit)
		return true;
	/* Between two notes the counts can only fall, so that the end of a
	 * storm cannot be missed by looking now. */
	return b->storm_since_ms != 0 && 2 * MAX(asked, went) > limit;
}

static void note_budget(struct noise_budget *b, const struct storm_plan *plan,
			const struct noise_notice *s, bool asks)
{
	size_t limit = (size_t)MAX(plan->groups, 0);

	if (limit == 0)
		return;
	if (!noise_budget_is_stormy(b, plan, none, s->now_ms))
		b->storm_since_ms = 0;
	if (asks)
		add_moment(&b->asked, limit, s->now_ms);
	if (s->held == NOISE_NONE)
		add_moment(&b->went, limit, s->now_ms);
	if (b->storm_since_ms == 0 &&
	    noise_budget_is_stormy(b, plan, none, s->now_ms)) {
		b->storm_since_ms = s->now_ms;
		b->began_ms = s->now_ms;
		b->n_held = b->n_summaries = 0;
	}
	b->n_held += s->held == NOISE_STORM;
}

/* Groups. */

static uint64_t hash_text(const char *s, size_t len)
{
	uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */

	for (size_t i = 0; i < len; i++) {
		char c = s[i];

		/* "Initial Access" and "InitialAccess" are one tactic. */
		if (c == ' ' || c == '-' || c == '_')
			continue;
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		h = (h ^ (unsigned char)c) * UINT64_C(1099511628211);
	}
	return h;
}

static bool group_has_tactic(const struct noise_group *g, uint64_t hash)
{
	for (size_t i = 0; i < g->n_tactics; i++) {
		if (g->tactics[i] == hash)
			return true;
	}
	return false;
}

/* The next word of a comma-separated list as a hash; false behind the last. */
static bool next_tactic(const char **list, uint64_t *ret_hash)
{
	while (*list && **list) {
		size_t skip = strspn(*list, " ,"), len;

		*list += skip;
		len = strcspn(*list, ",");
		if (len == 0)
			continue;
		*ret_hash = hash_text(*list, len);
		*list += len;
		return true;
	}
	return false;
}

bool noise_group_lacks_tactic(const struct noise_group *g, const char *list)
{
	uint64_t hash;

	/* There are not that many: whoever makes them up breaks out no more. */
	if (g->n_tactics == NOISE_TACTICS_MAX)
		return false;
	while (next_tactic(&list, &hash)) {
		if (!group_has_tactic(g, hash))
			return true;
	}
	return false;
}

bool noise_group_waits(const struct noise_group *g, int64_t now_ms)
{
	return g->waits_until_ms > now_ms;
}

static struct noise_group **bucket_of(struct noise_target *t, const char *name)
{
	return &t->buckets[hash_text(name, strlen(name)) % NOISE_BUCKETS];
}

const struct noise_group *noise_find_group(const struct noise_target *t,
					   const char *name, int64_t now_ms)
{
	const struct noise_group *g;

	if (!t || !name)
		return NULL;
	g = t->buckets[hash_text(name, strlen(name)) % NOISE_BUCKETS];
	while (g && strncmp(g->name, name, sizeof(g->name) - 1) != 0)
		g = g->next;
	return g && now_ms - g->noted_ms < NOISE_REMEMBER_MS ? g : NULL;
}

static void forget_group(struct noise_target *t, struct noise_group *g)
{
	struct noise_group **at = bucket_of(t, g->name);

	while (*at != g)
		at = &(*at)->next;
	*at = g->next;
	TAILQ_REMOVE(&t->groups, g, by_age);
	t->n_groups--;
	free(g);
}

static void forget_old(struct noise_target *t, int64_t now_ms)
{
	struct noise_group *g;

	while ((g = TAILQ_FIRST(&t->groups)) &&
	       (t->n_groups > NOISE_GROUPS_MAX ||
		now_ms - g->noted_ms >= NOISE_REMEMBER_MS))
		forget_group(t, g);
}

/* Made when it is not there; the youngest from now on. */
static struct noise_group *touch_group(struct noise_target *t, const char *name,
				       int64_t now_ms)
{
	struct noise_group **at, *g;

	forget_old(t, now_ms);
	at = bucket_of(t, name);
	for (g = *at; g; g = g->next) {
		if (strncmp(g->name, name, sizeof(g->name) - 1) != 0)
			continue;
		TAILQ_REMOVE(&t->groups, g, by_age);
		TAILQ_INSERT_TAIL(&t->groups, g, by_age);
		g->noted_ms = now_ms;
		return g;
	}
	g = xcalloc(1, sizeof(*g));
	strncpy(g->name, name, sizeof(g->name) - 1);
	g->noted_ms = now_ms;
	g->next = *at;
	*at = g;
	TAILQ_INSERT_TAIL(&t->groups, g, by_age);
	t->n_groups++;
	forget_old(t, now_ms);
	return g;
}

static void note_group(struct noise_group *g, const struct noise_notice *s)
{
	const char *list = s->tactics;
	uint64_t hash;

	g->worst = MAX(g->worst, s->severity);
	g->crown_jewel |= s->crown_jewel;
	while (g->n_tactics < NOISE_TACTICS_MAX && next_tactic(&list, &hash)) {
		if (!group_has_tactic(g, hash))
			g->tactics[g->n_tactics++] = hash;
	}
}

/*
 * Does this note stand for a message of its own? What comes from the bundle of
 * a group or a storm was counted when it came there, and so was the message
 * that the next member of a waiting group will be in.
 */
static bool asks_to_go(const struct noise_group *g,
		       const struct noise_notice *s)
{
	if (s->leaves == NOISE_GROUP || s->leaves == NOISE_STORM)
		return false;
	if (s->held == NOISE_NONE || s->severity == SEVERITY_CRITICAL)
		return true;
	return !s->first || !g || !noise_group_waits(g, s->now_ms);
}

/* In a storm a group that would wait is counted as if it did. */
static void note_waiting(struct noise_group *g, const struct noise_notice *s,
			 const struct policy *p)
{
	if (!s->first && s->leaves != NOISE_GROUP)
		return;
	if (s->held == NOISE_NONE)
		g->waits_until_ms = 0;
	else if (!noise_group_waits(g, s->now_ms))
		g->waits_until_ms = s->now_ms + p->group_wait_ms[s->severity];
}

/* Targets. */

struct noise_target *noise_find_target(const struct noise *n, const char *name)
{
	struct noise_target *t = n->targets;

	while (t && strcmp(t->name, name) != 0)
		t = t->next;
	return t;
}

static struct noise_target *make_target(struct noise *n, const char *name)
{
	struct noise_target *t = noise_find_target(n, name);

	if (t)
		return t;
	t = xcalloc(1, sizeof(*t));
	t->name = xstrdup(name);
	TAILQ_INIT(&t->groups);
	t->next = n->targets;
	n->targets = t;
	return t;
}

void noise_note(struct noise *n, const struct noise_notice *s)
{
	const struct policy *p = triage_policy(n->triage);
	struct noise_target *t = make_target(n, s->target);
	bool critical = s->severity == SEVERITY_CRITICAL;
	struct noise_budget *b = critical ? &t->critical : &t->budget;
	struct noise_group *g = NULL;

	if (strlist_has(&p->machines, s->target))
		return;
	if (s->summary) {
		b->summary_ms = s->now_ms;
		b->n_summaries++;
		return;
	}
	if (s->group)
		g = touch_group(t, s->group, s->now_ms);
	note_budget(b, critical ? &p->critical_storm : &p->storm, s,
		    asks_to_go(g, s));
	if (!g)
		return;
	note_group(g, s);
	note_waiting(g, s, p);
}

int64_t noise_storm_since(const struct noise *n, const char *target,
			  int64_t now_ms)
{
	const struct policy *p = triage_policy(n->triage);
	const struct noise_target *t = noise_find_target(n, target);

	if (!t)
		return 0;
	if (noise_budget_is_stormy(&t->budget, &p->storm, none, now_ms))
		return t->budget.storm_since_ms;
	if (noise_budget_is_stormy(&t->critical, &p->critical_storm, none,
				   now_ms))
		return t->critical.storm_since_ms;
	return 0;
}

static struct noise_storm storm_of(const struct noise_target *t, bool critical,
				   const struct policy *p, int64_t now_ms)
{
	const struct noise_budget *b = critical ? &t->critical : &t->budget;
	const struct storm_plan *plan =
		critical ? &p->critical_storm : &p->storm;

	return (struct noise_storm){
		.target = t->name,
		.critical = critical,
		.is_on = b->storm_since_ms != 0 &&
			 noise_budget_is_stormy(b, plan, none, now_ms),
		.since_ms = b->began_ms,
		.groups = (size_t)MAX(plan->groups, 0),
		.within_ms = plan->within_ms,
		.n_held = b->n_held,
		.n_summaries = b->n_summaries,
	};
}

size_t noise_storms(const struct noise *n, int64_t now_ms,
		    struct noise_storm *ret, size_t max)
{
	const struct policy *p = triage_policy(n->triage);
	size_t found = 0;

	for (const struct noise_target *t = n->targets; t; t = t->next) {
		for (int critical = 0; critical < 2 && found < max;
		     critical++) {
			ret[found] = storm_of(t, critical, p, now_ms);
			found += ret[found].since_ms != 0;
		}
	}
	return found;
}
