/*
 * Alerts that share something with one: for each thing a walk along an index
 * from the alert's own place back and forth, and a count that ends early.
 * Called by triagectl. What it means is decided in triage/kinship.
 *
 * tested with: test_related
 */
#include "store/related.h"

#include <stdlib.h>
#include <string.h>
#include "store/sqlite/engine_priv.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

/* Entities of one alert that are looked at; who hides behind a thousand is
 * found by the first. */
#define THINGS_MAX 64

/* Each kind has three statements: how many, those before, those after. */
static const struct {
	enum statement count, before, after;
} ways[] = {
	[RELATION_INCIDENT] = { STMT_INCIDENT_COUNT, STMT_INCIDENT_BEFORE,
				STMT_INCIDENT_AFTER },
	[RELATION_RESOURCE] = { STMT_RESOURCE_COUNT, STMT_RESOURCE_BEFORE,
				STMT_RESOURCE_AFTER },
	[RELATION_ENTITY] = { STMT_ENTITY_COUNT, STMT_ENTITY_BEFORE,
			      STMT_ENTITY_AFTER },
	[RELATION_TECHNIQUE] = { STMT_TECHNIQUE_COUNT, STMT_TECHNIQUE_BEFORE,
				 STMT_TECHNIQUE_AFTER },
};

/* Something the alert has, and how the statements know it. */
struct thing {
	struct relation relation; /* without the other alert; borrowed */
	const char *key;
};

struct looking {
	struct store *store;
	int64_t id;
	struct relations *found;
};

static void bind(struct query *q, const struct thing *t)
{
	query_bind_text(q, "@value", t->key);
	if (t->relation.kind == RELATION_ENTITY)
		query_bind_text(q, "@kind", t->relation.entity);
}

static int find_side(const struct looking *l, enum statement side,
		     const struct thing *t, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	struct relation r = t->relation;
	int rc = query_open(&q, l->store, side, err);

	if (rc < 0)
		return rc;
	bind(&q, t);
	query_bind_int(&q, "@id", l->id);
	query_bind_int(&q, "@max", RELATED_NEAR);
	while ((rc = query_step(&q, err)) == 1) {
		r.alert_id = row_int(&q, 0);
		r.seen_ms = row_int(&q, 1);
		relations_add(l->found, &r);
	}
	return rc;
}

static int count(const struct looking *l, const struct thing *t, int64_t *ret,
		 struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, l->store, ways[t->relation.kind].count, err);

	if (rc < 0)
		return rc;
	bind(&q, t);
	query_bind_int(&q, "@many", RELATION_MANY);
	rc = query_one(&q, ret, err);
	return MIN(rc, 0);
}

static int find(const struct looking *l, struct thing *t, struct err *err)
{
	int rc;

	if (!t->relation.value || !*t->relation.value)
		return 0;
	if (!t->key)
		t->key = t->relation.value;
	rc = count(l, t, &t->relation.n, err);
	if (rc < 0 || t->relation.n < 2)
		return rc;
	rc = find_side(l, ways[t->relation.kind].before, t, err);
	if (rc < 0)
		return rc;
	return find_side(l, ways[t->relation.kind].after, t, err);
}

/* "T1078, T1110.003": each is a word among those of the detector. */
static int find_techniques(const struct looking *l, char *list, struct err *err)
{
	int rc = 0;
	char *word;

	while (list && rc == 0 && (word = strsep(&list, ", "))) {
		CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
		struct thing t = { .relation = { .kind = RELATION_TECHNIQUE,
						 .value = word } };

		strbuf_addstr(&key, "type : \"");
		for (const char *c = word; *c; c++)
			strbuf_addch(&key, *c == '"' ? ' ' : *c);
		strbuf_addch(&key, '"');
		t.key = key.buf;
		rc = find(l, &t, err);
	}
	return rc;
}

static int find_entities(const struct looking *l, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, l->store, STMT_ENTITY_LIST, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", l->id);
	for (int i = 0; i < THINGS_MAX && (rc = query_step(&q, err)) == 1;
	     i++) {
		CLEANUP(free_ptr) char *kind = row_text(&q, 0);
		CLEANUP(free_ptr) char *value = row_text(&q, 1);
		struct thing t = { .relation = { .kind = RELATION_ENTITY,
						 .entity = kind,
						 .value = value } };

		rc = find(l, &t, err);
		if (rc < 0)
			return rc;
	}
	return MIN(rc, 0);
}

int related_find(struct store *s, int64_t id, struct relations *ret,
		 int64_t *ret_seen_ms, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	CLEANUP(free_ptr) char *incident = NULL;
	CLEANUP(free_ptr) char *resource = NULL;
	CLEANUP(free_ptr) char *techniques = NULL;
	struct looking l = { .store = s, .id = id, .found = ret };
	struct thing t;
	int rc = query_open(&q, s, STMT_RELATED_OF, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", id);
	rc = query_step(&q, err);
	if (rc != 1)
		return rc;
	*ret_seen_ms = row_int(&q, 0);
	incident = row_text(&q, 1);
	resource = row_text(&q, 2);
	techniques = row_text(&q, 3);
	t = (struct thing){ .relation = { .kind = RELATION_INCIDENT,
					  .value = incident } };
	rc = find(&l, &t, err);
	t = (struct thing){ .relation = { .kind = RELATION_RESOURCE,
					  .value = resource } };
	if (rc == 0)
		rc = find(&l, &t, err);
	if (rc == 0)
		rc = find_entities(&l, err);
	if (rc == 0)
		rc = find_techniques(&l, techniques, err);
	return rc < 0 ? rc : 1;
}
