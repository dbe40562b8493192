/* What entities are is kept once, and goes with the last alert about it. */
#include "store/sqlite/things_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "alert_scene.h"
#include "store/related.h"
#include "store/sqlite/inspect_priv.h"
#include "store/sqlite/search_priv.h"
#include "util/xmalloc.h"

#define NAMES                                                                  \
	"SELECT group_concat(alert_id || kind || ':' || value, ' ') FROM "     \
	"v_entities"

/* Alert number @n about nothing but this. */
static int64_t put(struct scene *sc, int n, const char *kind, const char *value)
{
	struct alert *a = &sc->a;

	alert_release(a);
	sample_arm(a, n);
	while (a->n_entities > 0) {
		struct entity *e = &a->entities[--a->n_entities];

		free(e->kind);
		free(e->value);
		free(e->role);
	}
	alert_add_entity(a, kind, value, NULL);
	sc->d = sample_decision(a);
	return insert(sc);
}

static void test_each_keeps_its_spelling(void **state)
{
	struct scene *sc = *state;
	CLEANUP(relations_release) struct relations list = { 0 };
	int64_t seen_ms;
	int n = 0;

	put(sc, 1, "host", "SRV-1");
	put(sc, 2, "host", "srv-1");
	put(sc, 3, "account", "srv-1");
	assert_string_equal(ask(sc, NAMES),
			    "1host:SRV-1 2host:srv-1 3account:srv-1");
	assert_string_equal(ask(sc, "SELECT count(*) FROM thing"), "2");
	assert_int_equal(related_find(sc->s, 1, &list, &seen_ms, NULL), 1);
	for (size_t i = 0; i < list.n; i++) {
		if (list.v[i].kind != RELATION_ENTITY)
			continue;
		assert_int_equal(list.v[i].alert_id, 2);
		assert_int_equal(list.v[i].n, 2);
		n++;
	}
	assert_int_equal(n, 1);
}

/* More than one statement takes, in the order of the source. */
static void test_many_of_one_alert(void **state)
{
	struct scene *sc = *state;
	char expected[512] = "", name[16];

	alert_release(&sc->a);
	sample_arm(&sc->a, 1);
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "h-%02d", 19 - i);
		alert_add_entity(&sc->a, "host", name, i % 2 ? "t" : NULL);
		snprintf(expected + strlen(expected),
			 sizeof(expected) - strlen(expected), "%s%s%s",
			 i ? " " : "", name, i % 2 ? "t" : "");
	}
	insert(sc);
	assert_string_equal(ask(sc, "SELECT group_concat(value || "
				    "ifnull(role, ''), ' ') FROM v_entities "
				    "WHERE value LIKE 'h-%'"),
			    expected);
	assert_string_equal(ask(sc, "SELECT count(*) FROM v_entities"), "23");
}

/* A row that was rolled back is not remembered. */
static void test_rolled_back(void **state)
{
	struct scene *sc = *state;

	assert_int_equal(txn_commit(&sc->txn, NULL), 0);
	assert_int_equal(txn_begin(&sc->txn, sc->s, NULL), 0);
	put(sc, 1, "host", "srv-1");
	txn_end(&sc->txn);
	assert_int_equal(txn_begin(&sc->txn, sc->s, NULL), 0);
	put(sc, 2, "ip", "192.0.2.1");
	put(sc, 3, "host", "srv-1");
	assert_string_equal(ask(sc, NAMES), "1ip:192.0.2.1 2host:srv-1");
}

static void test_goes_with_the_last_alert(void **state)
{
	struct scene *sc = *state;

	put(sc, 1, "host", "srv-1");
	put(sc, 2, "host", "srv-1");
	alert_add_entity(&sc->a, "file", "/tmp/x", NULL);
	update(sc, TRANSITION_UPDATED);
	assert_string_equal(ask(sc, "SELECT count(*) FROM thing"), "2");
	assert_int_equal(txn_commit(&sc->txn, NULL), 0);
	for (int id = 1; id <= 2; id++) {
		CLEANUP(query_close) struct query q = QUERY_NONE;

		assert_int_equal(txn_begin(&sc->txn, sc->s, NULL), 0);
		assert_int_equal(search_remove(sc->s, id, NULL), 0);
		assert_int_equal(query_open(&q, sc->s, STMT_ENTITY_DELETE,
					    NULL),
				 0);
		query_bind_int(&q, "@id", id);
		assert_true(query_run(&q, NULL) > 0);
		query_close(&q);
		assert_int_equal(txn_commit(&sc->txn, NULL), 0);
		assert_int_equal(tempstore_number(sc->t, "SELECT count(*) FROM "
							 "thing"),
				 id == 1 ? 2 : 0);
	}
	/* It is not remembered where it was. */
	assert_int_equal(txn_begin(&sc->txn, sc->s, NULL), 0);
	put(sc, 3, "host", "srv-1");
	assert_string_equal(ask(sc, NAMES), "3host:srv-1");
	assert_string_equal(ask(sc, "SELECT count(*) FROM "
				    "pragma_foreign_key_check"),
			    "0");
}

/* Also where nobody removed its entities first. */
static void test_goes_with_its_alert(void **state)
{
	struct scene *sc = *state;

	put(sc, 1, "host", "srv-1");
	put(sc, 2, "host", "srv-1");
	put(sc, 3, "ip", "192.0.2.1");
	assert_int_equal(txn_commit(&sc->txn, NULL), 0);
	tempstore_exec(sc->t, "PRAGMA foreign_keys = ON; "
			      "DELETE FROM alert WHERE id > 1");
	assert_string_equal(tempstore_value(sc->t, NAMES), "1host:srv-1");
	assert_int_equal(tempstore_number(sc->t, "SELECT count(*) FROM thing"),
			 1);
}

/* Rows of the schema before, by the names of a source. */
static const char before[] =
	"INSERT INTO source VALUES (1, 's', 'k', 0);"
	"INSERT INTO alert (id, source_id, kind, tenant, native_id, "
	"severity_unmapped, source_state, is_incident, clipped, content_hash, "
	"base, severity, state, phase, episode, revision, historical, seen_ms, "
	"episode_ms, updated_ms) SELECT value, 1, 'k', '', 'n' || value, 0, 0, "
	"0, 0, x'00', 1, 3, 0, 0, 1, 1, 0, 5, 1, 1 FROM "
	"json_each('[1, 2, 3]');"
	"INSERT INTO entity VALUES (1, 0, 'host', 'srv-1', 'target'), "
	"(1, 1, 'ip', '192.0.2.1', NULL), (2, 0, 'ip', '192.0.2.1', NULL), "
	"(2, 1, 'host', 'SRV-1', NULL), (3, 0, 'account', 'srv-1', NULL);";

static void test_migrated(void **state)
{
	struct scene *sc = *state;
	struct tempstore *t = sc->t;
	int64_t temporary = 0;
	char wal[160];
	FILE *f;

	txn_end(&sc->txn);
	t->store = store_close(t->store);
	unlink(t->path);
	snprintf(wal, sizeof(wal), "%s-wal", t->path);
	unlink(wal);
	f = fopen(t->path, "w");
	assert_non_null(f);
	fclose(f);
	for (const struct migration *m = store_migrations;
	     strcmp(m->name + 5, "things") != 0; m++) {
		assert_int_not_equal(m->number, 0);
		tempstore_exec(t, (const char *)m->text);
	}
	tempstore_exec(t, before);
	assert_int_equal(store_open(t->directory, &t->store, NULL), 0);
	assert_string_equal(tempstore_value(t, NAMES),
			    "1host:srv-1 1ip:192.0.2.1 2ip:192.0.2.1 "
			    "2host:SRV-1 3account:srv-1");
	assert_string_equal(tempstore_value(t, "SELECT role FROM v_entities "
					       "WHERE role IS NOT NULL"),
			    "target");
	assert_int_equal(tempstore_number(t, "SELECT count(*) FROM thing"), 3);
	assert_string_equal(tempstore_value(t, "PRAGMA foreign_key_check"), "");
	sc->s = t->store;
	assert_int_equal(inspect_number(sc->s, "PRAGMA temp_store", &temporary,
					NULL),
			 1);
	assert_int_equal(temporary, 2); /* in memory, as ever */
	assert_int_equal(txn_begin(&sc->txn, sc->s, NULL), 0);
	sc->at.poll = begin_poll(sc, "azure");
	put(sc, 4, "host", "Srv-1");
	assert_string_equal(ask(sc, "SELECT count(*) FROM thing"), "3");
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_each_keeps_its_spelling),
		WITH(test_many_of_one_alert),
		WITH(test_rolled_back),
		WITH(test_goes_with_the_last_alert),
		WITH(test_goes_with_its_alert),
		WITH(test_migrated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
