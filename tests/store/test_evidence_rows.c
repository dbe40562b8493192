/* Evidence is kept once, never changed, sealed, and goes with its alert. */
#include "store/evidence_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "store/alert_scene.h"
#include "store/audit.h"
#include "store/look.h"
#include "store/sqlite/engine_priv.h"
#include "util/xmalloc.h"

static void add(struct evidence_list *l, const char *id, int64_t at_ms,
		const char *action)
{
	struct evidence e = {
		.native_id = xstrdup(id),
		.at_ms = at_ms,
		.actor = xstrdup("ada@example.org"),
		.ip = xstrdup("203.0.113.9"),
		.action = xstrdup(action),
		.raw = xasprintf("{\"_id\":\"%s\"}", id),
	};

	evidence_list_add(l, &e);
}

static struct evidence_fetch fetch_of(int64_t alert, const char *about)
{
	return (struct evidence_fetch){
		.alert_id = alert,
		.kind = EVIDENCE_ACTIVITY,
		.source = "cloud",
		.about_kind = "account",
		.about = about,
		.from_ms = 1000,
		.to_ms = 9000,
		.most = 500,
		.fetched_ms = SAMPLE_NOW_MS,
		.fetched_by = "eve",
	};
}

/* As the daemon does: the seal goes into the log too. */
static struct evidence_kept keep(struct scene *sc,
				 const struct evidence_fetch *f,
				 const struct evidence_list *l)
{
	struct evidence_kept kept = { 0 };
	struct err err = ERR_INIT;
	CLEANUP(free_ptr) char *detail = NULL;

	if (evidence_keep(sc->s, f, l, &kept, &err) < 0)
		fail_msg("%s", err.text);
	detail = xasprintf("{\"fetch\":%lld,\"sha256\":\"%s\"}",
			   (long long)kept.fetch, kept.hash);
	assert_int_equal(audit_add(sc->s,
				   &(struct audit_event){
					   .alert_id = f->alert_id,
					   .at_ms = f->fetched_ms,
					   .actor = f->fetched_by,
					   .kind = EVIDENCE_EVENT,
					   .detail = detail,
				   },
				   &err),
			 0);
	return kept;
}

static void test_kept_once(void **state)
{
	CLEANUP(evidence_list_release)
	struct evidence_list one = EVIDENCE_LIST_INIT, two = EVIDENCE_LIST_INIT;
	struct scene *sc = *state;
	struct evidence_fetch f = fetch_of(insert(sc), "ada@example.org");
	struct evidence_kept kept;

	add(&one, "a", 2000, "Log on");
	add(&one, "b", 3000, "Download");
	add(&one, "a", 2000, "Log on, told again");
	kept = keep(sc, &f, &one);
	assert_int_equal(kept.n_found, 2);
	assert_int_equal(kept.n_added, 2);
	/* What is kept stays, whatever the service says of it later. */
	add(&two, "b", 3500, "Something else");
	add(&two, "c", 1500, "Log on");
	f.trouble = "there are more";
	kept = keep(sc, &f, &two);
	assert_int_equal(kept.n_found, 2);
	assert_int_equal(kept.n_added, 1);
	assert_string_equal(ask(sc, "SELECT group_concat(native_id || at_ms || "
				    "action || fetch_id, ' ') FROM (SELECT * "
				    "FROM v_evidence ORDER BY at_ms)"),
			    "c1500Log on2 a2000Log on1 b3000Download1");
	assert_string_equal(ask(sc, "SELECT group_concat(found || added || "
				    "complete || length(hash), ' ') "
				    "FROM v_evidence_fetches"),
			    "22164 21064");
	assert_int_equal(evidence_verify(sc->s, f.alert_id, NULL), 0);
	evidence_list_release(&two);
}

/* That nothing was found is worth keeping too. */
static void test_nothing_found(void **state)
{
	struct evidence_list none = EVIDENCE_LIST_INIT;
	struct scene *sc = *state;
	struct evidence_fetch f = fetch_of(insert(sc), "ada@example.org");
	struct evidence_kept kept = keep(sc, &f, &none);

	assert_int_equal(kept.n_found, 0);
	assert_int_equal(strlen(kept.hash), 64);
	assert_int_equal(evidence_verify(sc->s, f.alert_id, NULL), 0);
}

static int count_rows(void *arg, size_t n, const char *const *names,
		      const struct cell *cells)
{
	struct strbuf *ids = arg;

	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], "native_id") == 0)
			strbuf_addstr(ids, cells[i].text);
	return 0;
}

static void look_for(struct scene *sc, const struct selector *sel,
		     const char *expected)
{
	CLEANUP(strbuf_release) struct strbuf ids = STRBUF_INIT;

	assert_true(look(sc->s, LOOK_EVIDENCE, sel, count_rows, &ids, NULL) >=
		    0);
	assert_string_equal(ids.buf, expected);
}

static void test_by_whom_it_is_about(void **state)
{
	CLEANUP(evidence_list_release)
	struct evidence_list ada = EVIDENCE_LIST_INIT, ip = EVIDENCE_LIST_INIT;
	struct scene *sc = *state;
	struct evidence_fetch f = fetch_of(insert(sc), "Ada@example.org");
	struct selector sel = { .id = f.alert_id };

	add(&ada, "a", 2000, "Log on");
	add(&ada, "b", 3000, "Log off");
	keep(sc, &f, &ada);
	add(&ip, "b", 3000, "Log off");
	add(&ip, "c", 2500, "Log on");
	f.about_kind = "ip";
	f.about = "203.0.113.9";
	keep(sc, &f, &ip);
	evidence_list_release(&ip);
	look_for(sc, &sel, "acb");
	sel.about = "ada@EXAMPLE.org";
	look_for(sc, &sel, "ab");
	sel.about = "203.0.113.9";
	look_for(sc, &sel, "cb");
	sel.until_ms = 2999;
	look_for(sc, &sel, "c");
	sel.about = "nobody";
	look_for(sc, &sel, "");
}

static void refused(struct scene *sc, const char *text, const char *word)
{
	char *why = NULL;

	assert_int_not_equal(sqlite3_exec(sc->s->db, text, NULL, NULL, &why),
			     SQLITE_OK);
	assert_non_null(strstr(why, word));
	sqlite3_free(why);
}

static void test_never_changed(void **state)
{
	CLEANUP(evidence_list_release)
	struct evidence_list l = EVIDENCE_LIST_INIT;
	struct scene *sc = *state;
	struct evidence_fetch f = fetch_of(insert(sc), "ada@example.org");

	add(&l, "a", 2000, "Log on");
	keep(sc, &f, &l);
	refused(sc, "UPDATE evidence SET actor = 'eve'", "never changed");
	refused(sc, "UPDATE evidence_fetch SET hash = x'00'", "sealed");
}

/* By somebody who takes the guards away first. */
static void test_altered(void **state)
{
	static const char *const alterations[] = {
		"UPDATE evidence SET actor = 'eve' WHERE native_id = 'b'",
		"UPDATE evidence SET raw = '{}' WHERE native_id = 'a'",
		"UPDATE evidence SET at_ms = 1 WHERE native_id = 'a'",
		"DELETE FROM evidence WHERE native_id = 'b'",
		"UPDATE evidence_fetch SET hash = zeroblob(32)",
		"UPDATE event SET detail = replace(detail, 'sha256', 's') "
		"WHERE kind = 'evidence'",
		"DELETE FROM event WHERE kind = 'evidence'",
		"DELETE FROM evidence_fetch",
	};
	struct evidence_place place;
	int64_t n = 0;
	CLEANUP(evidence_list_release)
	struct evidence_list l = EVIDENCE_LIST_INIT;
	struct scene *sc = *state;
	struct evidence_fetch f = fetch_of(insert(sc), "ada@example.org");
	struct err err = ERR_INIT;

	add(&l, "a", 2000, "Log on");
	add(&l, "b", 3000, "Log off");
	keep(sc, &f, &l);
	assert_int_equal(txn_commit(&sc->txn, NULL), 0);
	tempstore_exec(sc->t, "DROP TRIGGER evidence_stays; "
			      "DROP TRIGGER evidence_fetch_stays");
	for (size_t i = 0; i < ARRAY_SIZE(alterations); i++) {
		assert_int_equal(sqlite3_exec(sc->s->db, "SAVEPOINT x", NULL,
					      NULL, NULL),
				 SQLITE_OK);
		assert_int_equal(evidence_verify(sc->s, f.alert_id, &err), 0);
		assert_int_equal(evidence_verify_all(sc->s, &place, &n, &err),
				 0);
		assert_int_equal(n, 1);
		assert_int_equal(sqlite3_exec(sc->s->db, alterations[i], NULL,
					      NULL, NULL),
				 SQLITE_OK);
		memset(&place, 0, sizeof(place));
		if (evidence_verify_all(sc->s, &place, &n, &err) != 1)
			fail_msg("not noticed: %s", alterations[i]);
		assert_int_equal(place.alert_id, f.alert_id);
		assert_int_equal(place.fetch, 1);
		assert_string_equal(place.by, f.fetched_by);
		/* Which fetches of an alert there were only the log knows. */
		if (!place.lost) {
			assert_int_equal(evidence_verify(sc->s, f.alert_id,
							 &err),
					 ERR_STORE_DAMAGED);
			assert_non_null(strstr(err.text, "was altered"));
		}
		assert_int_equal(place.lost, i == ARRAY_SIZE(alterations) - 1);
		assert_int_equal(sqlite3_exec(sc->s->db,
					      "ROLLBACK TO x; RELEASE x", NULL,
					      NULL, NULL),
				 SQLITE_OK);
	}
}

static void test_goes_with_its_alert(void **state)
{
	CLEANUP(evidence_list_release)
	struct evidence_list l = EVIDENCE_LIST_INIT;
	struct scene *sc = *state;
	struct evidence_fetch f = fetch_of(insert(sc), "ada@example.org");

	add(&l, "a", 2000, "Log on");
	keep(sc, &f, &l);
	assert_int_equal(sqlite3_exec(sc->s->db, "DELETE FROM alert", NULL,
				      NULL, NULL),
			 SQLITE_OK);
	assert_string_equal(ask(sc, "SELECT (SELECT count(*) FROM evidence) + "
				    "(SELECT count(*) FROM evidence_fetch) + "
				    "(SELECT count(*) FROM evidence_found)"),
			    "0");
}

/* No alert of that number: nothing is kept. */
static void test_no_such_alert(void **state)
{
	CLEANUP(evidence_list_release)
	struct evidence_list l = EVIDENCE_LIST_INIT;
	struct scene *sc = *state;
	struct evidence_fetch f = fetch_of(77, "ada@example.org");
	struct evidence_kept kept = { .fetch = 5 };

	add(&l, "a", 2000, "Log on");
	assert_true(evidence_keep(sc->s, &f, &l, &kept, NULL) < 0);
	assert_int_equal(kept.fetch, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_kept_once, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_nothing_found, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_by_whom_it_is_about, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_never_changed, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_altered, setup, teardown),
		cmocka_unit_test_setup_teardown(test_goes_with_its_alert, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_no_such_alert, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
