/*
 * See things_priv.h. Called by alerts_write.c for every alert, which has some
 * eight entities: those seen last are remembered, since the same machines and
 * people come again and again.
 *
 * tested with: test_things
 */
#include "store/sqlite/things_priv.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "util/compiler.h"
#include "util/xmalloc.h"

/* A power of two; a place holds who was seen there last. */
#define PLACES 8192

struct thing {
	int64_t id;
	bool is_same; /* spelled as when it was first seen */
};

struct things {
	struct place {
		int64_t id; /* 0: nobody */
		char *kind, *value;
	} places[PLACES];
};

static unsigned char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32)
				    : (unsigned char)c;
}

/* FNV-1a, blind to what the column's collation NOCASE is blind to. */
static struct place *place_of(struct things *t, const struct entity *e)
{
	uint32_t hash = UINT32_C(2166136261);

	for (const char *p = e->kind; *p; p++)
		hash = (hash ^ (unsigned char)*p) * UINT32_C(16777619);
	for (const char *p = e->value; *p; p++)
		hash = (hash ^ lower(*p)) * UINT32_C(16777619);
	return &t->places[(hash ^ hash >> 16) % PLACES];
}

static void place_clear(struct place *p)
{
	free(p->kind);
	free(p->value);
	*p = (struct place){ 0 };
}

static bool place_is(const struct place *p, const struct entity *e)
{
	return p->id != 0 && strcmp(p->kind, e->kind) == 0 &&
	       sqlite3_stricmp(p->value, e->value) == 0;
}

void things_forget(struct store *s)
{
	for (size_t i = 0; s->things && i < PLACES; i++)
		place_clear(&s->things->places[i]);
	free(s->things);
	s->things = NULL;
}

/* The last alert with a thing takes it along (trigger entity_delete). */
static void on_change(void *arg, int what, const char *database,
		      const char *table, sqlite3_int64 id)
{
	(void)database;
	(void)id;
	if (what == SQLITE_DELETE && strcmp(table, "thing") == 0)
		things_forget(arg);
}

void things_watch(struct store *s)
{
	(void)sqlite3_update_hook(s->db, on_change, s); /* the one before */
}

/* It is there: its row, as it was first spelled. */
static int find(struct store *s, const struct entity *e, struct place *ret,
		struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_THING_GET, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@value", e->value);
	query_bind_text(&q, "@kind", e->kind);
	rc = query_step(&q, err);
	if (rc < 0)
		return rc;
	assert(rc == 1);
	ret->id = row_int(&q, 0);
	ret->value = row_text(&q, 1);
	ret->kind = xstrdup(e->kind);
	return 0;
}

/* 1 and the row that was made, 0 there is one. */
static int add(struct store *s, const struct entity *e, struct place *ret,
	       struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_THING_ADD, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@kind", e->kind);
	query_bind_text(&q, "@value", e->value);
	rc = query_run(&q, err);
	if (rc <= 0)
		return rc;
	ret->id = sqlite3_last_insert_rowid(s->db);
	ret->value = xstrdup(e->value);
	ret->kind = xstrdup(e->kind);
	return 1;
}

/*
 * The row for @e, made where there is none. What is not remembered is new, most
 * of the time, and adding it looks for it anyway.
 */
static int thing_of(struct store *s, const struct entity *e, struct thing *ret,
		    struct err *err)
{
	struct place *p;
	int rc = 1;

	if (s->things == NULL)
		s->things = xcalloc(1, sizeof(*s->things));
	p = place_of(s->things, e);
	if (!place_is(p, e)) {
		place_clear(p);
		rc = add(s, e, p, err);
		if (rc == 0)
			rc = find(s, e, p, err);
	}
	if (rc < 0)
		return rc;
	*ret = (struct thing){ p->id, strcmp(p->value, e->value) == 0 };
	return 0;
}

/* Entities that one statement takes: those of most alerts. */
#define AT_ONCE 8

/* In the order of the statement's text. */
static int write_some(struct store *s, int64_t id, size_t first, size_t n,
		      const struct entity *entities, struct err *err)
{
	static const char *const names[AT_ONCE][3] = {
		{ "@thing0", "@value0", "@role0" },
		{ "@thing1", "@value1", "@role1" },
		{ "@thing2", "@value2", "@role2" },
		{ "@thing3", "@value3", "@role3" },
		{ "@thing4", "@value4", "@role4" },
		{ "@thing5", "@value5", "@role5" },
		{ "@thing6", "@value6", "@role6" },
		{ "@thing7", "@value7", "@role7" },
	};
	CLEANUP(query_close) struct query q = QUERY_NONE;
	struct thing thing;
	int rc = query_open(&q, s, STMT_ENTITY_ADD, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", id);
	query_bind_int(&q, "@place", (int64_t)first);
	for (size_t i = 0; i < n; i++) {
		const struct entity *e = &entities[i];

		rc = thing_of(s, e, &thing, err);
		if (rc < 0)
			return rc;
		query_bind_int(&q, names[i][0], thing.id);
		query_bind_text(&q, names[i][1],
				thing.is_same ? NULL : e->value);
		query_bind_text(&q, names[i][2], e->role);
	}
	return query_run(&q, err);
}

int things_write(struct store *s, int64_t id, const struct alert *a,
		 struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < a->n_entities && rc >= 0; i += AT_ONCE)
		rc = write_some(s, id, i, MIN(a->n_entities - i, AT_ONCE),
				&a->entities[i], err);
	return rc;
}
