/*
 * Entities of high alerts, by the hour. Called by the pipeline before it
 * decides about a high alert and after it has stored one. What follows from an
 * answer is known to triage/.
 *
 * tested with: test_surroundings
 */
#include "store/surroundings.h"

#include <string.h>
#include "store/sqlite/engine_priv.h"
#include "util/compiler.h"

#define HOUR_MS INT64_C(3600000)
/* Of one alert; who hides behind a thousand entities is found by the first. */
#define PLACES_MAX 64

/* An entity that stands for one machine or one person. */
struct place {
	const char *kind, *value;
};

static bool is_narrow(const struct place *p)
{
	static const char *const kinds[] = {
		"account", "host", "ip", "device", "resource", "container"
	};

	if (!p->value || !*p->value)
		return false;
	/* A whole subscription is no entity. */
	if (strncasecmp(p->value, "/subscriptions/", 15) == 0 &&
	    !strcasestr(p->value, "/resourceGroups/"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(p->kind, kinds[i]) == 0)
			return true;
	}
	return false;
}

/* The resource it is about is one of them, whether it is listed or not. */
static size_t find_places(const struct alert *a, struct place ret[PLACES_MAX])
{
	struct place p = { "resource", a->resource_id };
	size_t n = 0;

	if (is_narrow(&p))
		ret[n++] = p;
	for (size_t i = 0; i < a->n_entities && n < PLACES_MAX; i++) {
		p = (struct place){ a->entities[i].kind, a->entities[i].value };
		if (is_narrow(&p))
			ret[n++] = p;
	}
	return n;
}

static bool has_type(const struct alert *a)
{
	return a->alert_type && *a->alert_type;
}

/* Most places were never in a high alert, which is one look and not six. */
static int is_any_at(struct store *s, const struct place *p, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_HIGH_ANY, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@kind", p->kind);
	query_bind_text(&q, "@value", p->value);
	return query_step(&q, err);
}

static int find_at(struct store *s, const struct high_sight *h,
		   const struct place *p, int64_t now_ms, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int64_t until_ms = MIN(h->seen_ms + SURROUNDINGS_MS, now_ms);
	int rc = query_open(&q, s, STMT_HIGH_FIND, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@kind", p->kind);
	query_bind_text(&q, "@value", p->value);
	query_bind_int(&q, "@hour", h->seen_ms / HOUR_MS);
	query_bind_text(&q, "@type", h->alert->alert_type);
	query_bind_int(&q, "@id", h->alert_id);
	query_bind_int(&q, "@from", h->seen_ms - SURROUNDINGS_MS);
	query_bind_int(&q, "@until", until_ms);
	return query_step(&q, err);
}

int surroundings_other_high(struct store *s, const struct high_sight *h,
			    int64_t now_ms, struct err *err)
{
	struct place places[PLACES_MAX];
	size_t n = find_places(h->alert, places);
	int rc = 0;

	if (!has_type(h->alert))
		return 0;
	for (size_t i = 0; i < n && rc == 0; i++) {
		rc = is_any_at(s, &places[i], err);
		if (rc == 1)
			rc = find_at(s, h, &places[i], now_ms, err);
	}
	return rc;
}

static int forget(struct store *s, int64_t alert_id, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_HIGH_FORGET, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", alert_id);
	rc = query_run(&q, err);
	return MIN(rc, 0);
}

static int keep_at(struct store *s, const struct high_sight *h,
		   const struct place *p, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_HIGH_KEEP, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@kind", p->kind);
	query_bind_text(&q, "@value", p->value);
	query_bind_int(&q, "@hour", h->seen_ms / HOUR_MS);
	query_bind_text(&q, "@type", h->alert->alert_type);
	query_bind_int(&q, "@seen", h->seen_ms);
	query_bind_int(&q, "@id", h->alert_id);
	rc = query_run(&q, err);
	return MIN(rc, 0);
}

int surroundings_keep(struct store *s, const struct high_sight *h, bool is_high,
		      struct err *err)
{
	struct place places[PLACES_MAX];
	size_t n = find_places(h->alert, places);
	int rc = h->is_new ? 0 : forget(s, h->alert_id, err);

	if (!is_high || !has_type(h->alert))
		return rc;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = keep_at(s, h, &places[i], err);
	return rc;
}
