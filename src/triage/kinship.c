/*
 * The ranking of related alerts. Called by cmd_related; asks nobody.
 *
 * tested with: test_kinship
 */
#include "triage/kinship.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "util/compiler.h"
#include "util/xmalloc.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

/* How telling it is that two alerts share an entity of this kind. */
static int entity_strength(const char *kind)
{
	static const struct {
		const char *kind;
		int strength;
	} rows[] = {
		{ "hash", 9 },	   { "account", 8 },   { "ip", 8 },
		{ "host", 8 },	   { "device", 8 },    { "mailbox", 8 },
		{ "resource", 7 }, { "container", 7 }, { "url", 6 },
		{ "domain", 6 },   { "file", 5 },      { "process", 4 },
		{ "app", 2 },
	};

	for (size_t i = 0; kind && i < ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i].kind, kind) == 0)
			return rows[i].strength;
	return 4;
}

static int strength(const struct relation *r)
{
	switch (r->kind) {
	case RELATION_INCIDENT:
		return 10;
	case RELATION_RESOURCE:
		return 7;
	case RELATION_TECHNIQUE:
		return 1;
	case RELATION_ENTITY:
		break;
	}
	return entity_strength(r->entity);
}

/* 60 where two have it, down to 12 where a thousand have. */
static int rarity(int64_t n)
{
	int bits = 0;

	for (; n > 1; n /= 2)
		bits++;
	return 120 / (bits + 1);
}

static int nearness(int64_t apart_ms)
{
	static const struct {
		int64_t within_ms;
		int near;
	} rows[] = {
		{ HOUR_MS, 10 },   { 6 * HOUR_MS, 8 }, { DAY_MS, 6 },
		{ 7 * DAY_MS, 4 }, { 30 * DAY_MS, 2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (apart_ms <= rows[i].within_ms)
			return rows[i].near;
	return 1;
}

int64_t kinship_score(const struct relation *r, int64_t apart_ms)
{
	if (apart_ms < 0)
		apart_ms = -apart_ms;
	return (int64_t)strength(r) * rarity(r->n) * nearness(apart_ms);
}

static int compare(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_text(const char *a, const char *b)
{
	return strcasecmp(a ? a : "", b ? b : "");
}

static bool is_same(const struct relation *a, const struct relation *b)
{
	return a->kind == b->kind && compare_text(a->entity, b->entity) == 0 &&
	       compare_text(a->value, b->value) == 0;
}

/* By alert, the strongest of each first, equal ones beside each other. */
static int by_alert(const void *x, const void *y)
{
	const struct relation *a = x, *b = y;
	int c = compare(a->alert_id, b->alert_id);

	if (c == 0) /* all are as far apart */
		c = compare(kinship_score(b, 0), kinship_score(a, 0));
	if (c == 0)
		c = compare(a->kind, b->kind);
	if (c == 0)
		c = compare_text(a->entity, b->entity);
	return c ? c : compare_text(a->value, b->value);
}

struct ranked {
	struct related related;
	int64_t apart_ms;
};

static int by_score(const void *x, const void *y)
{
	const struct ranked *a = x, *b = y;
	int c = compare(b->related.score, a->related.score);

	if (c == 0)
		c = compare(a->apart_ms, b->apart_ms);
	return c ? c : compare(b->related.alert_id, a->related.alert_id);
}

/* The relations of one alert, from @at on; how many there are. */
static size_t gather(const struct relations *list, size_t at,
		     const struct relation **reasons, struct ranked *ret)
{
	const struct relation *first = &list->v[at];
	struct related *r = &ret->related;
	size_t n = 0;

	r->alert_id = first->alert_id;
	r->seen_ms = first->seen_ms;
	r->why = reasons;
	for (; at + n < list->n && first[n].alert_id == r->alert_id; n++) {
		if (n > 0 && is_same(&first[n], &first[n - 1]))
			continue;
		reasons[r->n_why++] = &first[n];
		r->score += kinship_score(&first[n], ret->apart_ms);
	}
	return n;
}

void kinship_rank(struct relations *list, int64_t seen_ms, struct kinship *ret)
{
	CLEANUP(free_ptr)
	struct ranked *ranked = xcalloc(list->n + 1, sizeof(*ranked));
	const struct relation **reasons =
		xcalloc(list->n + 1, sizeof(*reasons));
	size_t n = 0;

	if (list->n > 0)
		qsort(list->v, list->n, sizeof(*list->v), by_alert);
	for (size_t at = 0; at < list->n; n++) {
		int64_t apart_ms = list->v[at].seen_ms - seen_ms;

		ranked[n].apart_ms = apart_ms < 0 ? -apart_ms : apart_ms;
		at += gather(list, at, reasons + at, &ranked[n]);
	}
	qsort(ranked, n, sizeof(*ranked), by_score);
	*ret = (struct kinship){ .n = n, .reasons = reasons };
	ret->v = xcalloc(n + 1, sizeof(*ret->v));
	for (size_t i = 0; i < n; i++)
		ret->v[i] = ranked[i].related;
}

void kinship_release(struct kinship *l)
{
	free(l->v);
	free(l->reasons);
	*l = (struct kinship){ 0 };
}
