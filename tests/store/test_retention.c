/* What is over goes, and nothing else: each class by itself, and a random
 * database under random settings.
 *
 * Battery: B1.
 */
#include "store/retention.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <cmocka.h>

#include "helpers/sample.h"
#include "helpers/tempstore.h"
#include "store/alerts.h"
#include "store/audit.h"
#include "store/coverage.h"
#include "store/ledger.h"
#include "store/txn.h"
#include "util/xmalloc.h"

#define DAY (INT64_C(24) * 3600 * 1000)
#define T SAMPLE_NOW_MS

static void begin(struct txn *txn, struct store *s)
{
	struct err err = ERR_INIT;

	if (txn_begin(txn, s, &err) < 0)
		fail_msg("%s", err.text);
}

static void commit(struct txn *txn)
{
	struct err err = ERR_INIT;

	if (txn_commit(txn, &err) < 0)
		fail_msg("%s", err.text);
}

/* The whole walk, a transaction a step; how many rows went. */
static int64_t remove_class(struct store *s, enum retention_class class,
			    int64_t before_ms, int64_t now_ms)
{
	struct retention_walk w = { .class = class, .before_ms = before_ms };
	int64_t removed = 0;
	int more = 1;

	for (int i = 0; more; i++) {
		CLEANUP(txn_end) struct txn txn = TXN_NONE;
		struct err err = ERR_INIT;

		if (i > 10000)
			fail_msg("%s: no end", retention_name(class));
		begin(&txn, s);
		more = retention_step(s, &w, now_ms, &removed, &err);
		if (more < 0)
			fail_msg("%s: %s", retention_name(class), err.text);
		commit(&txn);
	}
	return removed;
}

/* Alert @n of source azure, first seen at @seen_ms. */
static int64_t add_alert(struct store *s, int n, int64_t seen_ms)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	CLEANUP(alert_release) struct alert a;
	struct sighting at = { 0, seen_ms };
	struct decision d;
	struct err err = ERR_INIT;
	int64_t id = 0;

	sample_arm(&a, n);
	d = sample_decision(&a);
	begin(&txn, s);
	if (alerts_insert(s, &a, &d, &at, &id, &err) < 0 ||
	    audit_add(s,
		      &(struct audit_event){ .alert_id = id,
					     .at_ms = seen_ms,
					     .actor = "triaged",
					     .kind = "opened" },
		      &err) < 0)
		fail_msg("%s", err.text);
	commit(&txn);
	return id;
}

static void exec_about(const struct tempstore *t, const char *format,
		       int64_t id, int64_t ms)
{
	CLEANUP(free_ptr)
	char *text = xasprintf("WITH v (id, ms) AS (SELECT %lld, %lld) %s",
			       (long long)id, (long long)ms, format);

	tempstore_exec(t, text);
}

static void close_alert(const struct tempstore *t, int64_t id, int64_t ms)
{
	exec_about(t,
		   "UPDATE alert SET state = 2, closed_by = 'amy', closed_ms = "
		   "(SELECT ms FROM v) WHERE id = (SELECT id FROM v)",
		   id, ms);
}

/* A message of a state; 0 pending, 1 leased, 2 sent, 3 retry, 4 dead, 5
 * superseded. */
static void add_message(const struct tempstore *t, int64_t alert_id, int state,
			int64_t ms)
{
	static int n;
	CLEANUP(free_ptr)
	char *text = xasprintf(
		"INSERT INTO delivery (key, alert_id, episode, target, kind, "
		"step, severity, state, created_ms, not_before_ms, next_ms, "
		"sent_ms) VALUES ('key-%d', nullif(%lld, 0), 1, 'ops', 0, 0, "
		"3, %d, %lld, %lld, iif(%d IN (0, 1, 3), %lld, NULL), "
		"iif(%d = 2, %lld, NULL))",
		n++, (long long)alert_id, state, (long long)ms, (long long)ms,
		state, (long long)ms, state, (long long)ms);

	tempstore_exec(t, text);
}

static int64_t number(const struct tempstore *t, const char *text)
{
	return tempstore_number(t, text);
}

static void check_sound(const struct tempstore *t)
{
	struct err err = ERR_INIT;
	int64_t n, bad;

	assert_int_equal(
		number(t, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
	assert_string_equal(tempstore_value(t, "PRAGMA quick_check"), "ok");
	if (audit_verify(t->store, &n, &bad, &err) < 0)
		fail_msg("%s", err.text);
}

static void closed_alerts_go_with_all_they_have(void **state)
{
	struct tempstore *t = *state;
	int64_t open = add_alert(t->store, 1, T);
	int64_t young = add_alert(t->store, 2, T);
	int64_t old = add_alert(t->store, 3, T);

	close_alert(t, young, T + 50 * DAY);
	close_alert(t, old, T + 10 * DAY);
	add_message(t, old, 2, T);
	assert_int_equal(remove_class(t->store, RETENTION_ALERTS, T + 50 * DAY,
				      T + 90 * DAY),
			 1);
	assert_int_equal(number(t, "SELECT count(*) FROM alert"), 2);
	assert_int_equal(number(t, "SELECT count(*) FROM alert WHERE id IN (1, "
				   "2)"),
			 open + young - 1);
	assert_int_equal(number(t, "SELECT count(*) FROM revision"), 2);
	assert_int_equal(number(t, "SELECT count(*) FROM delivery"), 0);
	/* Its events stay, and the chain with them. */
	assert_int_equal(number(t, "SELECT count(*) FROM v_events WHERE "
				   "alert_id = 3"),
			 1);
	assert_int_equal(number(t, "SELECT removed FROM v_removed WHERE class "
				   "= 'alerts'"),
			 1);
	assert_int_equal(number(t, "SELECT sum(n) FROM v_alert_counts"), 2);
	/* A counter of messages does not fall. */
	assert_int_equal(number(t, "SELECT sent FROM v_targets"), 1);
	check_sound(t);
}

static void what_is_owed_keeps_its_alert(void **state)
{
	static const int owed[] = { 0, 1, 3 };
	struct tempstore *t = *state;

	for (int i = 0; i < 6; i++) {
		int64_t id = add_alert(t->store, i + 1, T);

		close_alert(t, id, T);
		if (i < 3)
			add_message(t, id, owed[i], T);
	}
	/* 4: one of several in a message; 5: waits in a bundle; 6: nothing. */
	add_message(t, 0, 3, T);
	tempstore_exec(t, "INSERT INTO delivery_alert SELECT max(id), 4 FROM "
			  "delivery");
	tempstore_exec(t, "INSERT INTO bundle (cause, name, target, opened_ms, "
			  "due_ms) VALUES (1, 'd', 'ops', 1, 1)");
	tempstore_exec(t,
		       "INSERT INTO bundle_entry (bundle_id, alert_id, "
		       "episode, kind, severity, step, transition, added_ms) "
		       "VALUES (1, 5, 1, 0, 1, 0, 0, 1)");
	assert_int_equal(remove_class(t->store, RETENTION_ALERTS, T + DAY,
				      T + DAY),
			 1);
	assert_int_equal(number(t, "SELECT count(*) FROM alert WHERE id < 6"),
			 5);
	assert_int_equal(remove_class(t->store, RETENTION_DELIVERIES, T + DAY,
				      T + DAY),
			 0);
	assert_int_equal(remove_class(t->store, RETENTION_BUNDLES, T + DAY,
				      T + DAY),
			 0);
	check_sound(t);
}

static void a_siem_that_lags_keeps_them_too(void **state)
{
	struct tempstore *t = *state;

	close_alert(t, add_alert(t->store, 1, T), T);
	tempstore_exec(t, "INSERT INTO forward (name, configured, event_id, "
			  "since_ms) VALUES ('siem', 1, 0, 1)");
	assert_int_equal(remove_class(t->store, RETENTION_ALERTS, T + DAY,
				      T + DAY),
			 0);
	tempstore_exec(t, "UPDATE forward SET event_id = 1");
	assert_int_equal(remove_class(t->store, RETENTION_ALERTS, T + DAY,
				      T + DAY),
			 1);
}

static void raw_words_go_and_the_hash_stays(void **state)
{
	struct tempstore *t = *state;
	int64_t closed;

	(void)add_alert(t->store, 1, T);
	closed = add_alert(t->store, 2, T);
	close_alert(t, closed, T + DAY);
	assert_int_equal(remove_class(t->store, RETENTION_RAW, T + 2 * DAY, T),
			 1);
	assert_int_equal(number(t, "SELECT alert_id FROM revision WHERE raw IS "
				   "NULL AND length(content_hash) > 0"),
			 closed);
	assert_int_equal(number(t, "SELECT count(*) FROM revision WHERE raw IS "
				   "NOT NULL"),
			 1);
	/* There is nothing to do the second time. */
	assert_int_equal(remove_class(t->store, RETENTION_RAW, T + 2 * DAY, T),
			 0);
}

static void messages_of_open_alerts_stay(void **state)
{
	struct tempstore *t = *state;
	int64_t open = add_alert(t->store, 1, T);
	int64_t closed = add_alert(t->store, 2, T);
	int64_t from_ms = 0;

	close_alert(t, closed, T);
	for (int i = 0; i < 6; i++) {
		add_message(t, open, i, T);
		add_message(t, closed, i, T);
		add_message(t, 0, i, T);
		add_message(t, closed, 2, T + 5 * DAY);
	}
	assert_int_equal(remove_class(t->store, RETENTION_DELIVERIES,
				      T + 5 * DAY, T + 9 * DAY),
			 6); /* sent, dead and superseded, twice */
	assert_int_equal(number(t, "SELECT count(*) FROM delivery WHERE "
				   "alert_id = 1"),
			 6);
	assert_int_equal(number(t, "SELECT count(*) FROM delivery WHERE "
				   "next_ms IS NOT NULL"),
			 9);
	/* No ladder of that time can be proven any more. */
	assert_int_equal(store_meta_get(t->store, RETENTION_META_MESSAGES,
					&from_ms, NULL),
			 1);
	assert_int_equal(from_ms, T + 5 * DAY);
	check_sound(t);
}

static void add_poll(struct store *s, int64_t from_ms, int64_t to_ms,
		     const char *error)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	const struct poll_window w = { "graph", "", from_ms, to_ms };
	struct err err = ERR_INIT;
	int64_t poll;

	begin(&txn, s);
	if (ledger_poll_begin(s, &w, to_ms, &poll, &err) < 0 ||
	    ledger_poll_end(s, poll, error, to_ms, &err) < 0)
		fail_msg("%s", err.text);
	commit(&txn);
}

struct proof {
	int64_t from_ms, to_ms, n_holes, hole_ms;
};

static int note_proof(void *arg, const struct coverage *c)
{
	struct proof *p = arg;

	*p = (struct proof){ c->proven_from_ms, c->proven_to_ms, c->n_holes,
			     c->hole_ms };
	return 0;
}

static struct proof proof_of(struct store *s, int64_t now_ms)
{
	struct proof p = { 0 };
	struct err err = ERR_INIT;

	if (coverage_look(s, now_ms, note_proof, &p, &err) < 0)
		fail_msg("%s", err.text);
	return p;
}

static void proven_time_outlives_its_polls(void **state)
{
	struct tempstore *t = *state;
	struct proof before, after;

	for (int i = 0; i < 40; i++) /* with a hole in the middle */
		if (i < 15 || i > 17)
			add_poll(t->store, T + i * DAY - DAY / 2,
				 T + (i + 1) * DAY, NULL);
	add_poll(t->store, T + 20 * DAY, T + 21 * DAY, "HTTP 500");
	before = proof_of(t->store, T + 60 * DAY);
	assert_int_equal(before.n_holes, 1);
	assert_int_equal(before.hole_ms, 5 * DAY / 2);
	assert_int_equal(remove_class(t->store, RETENTION_POLLS, T + 30 * DAY,
				      T + 60 * DAY),
			 26);
	assert_int_equal(number(t, "SELECT count(*) FROM proven"), 2);
	after = proof_of(t->store, T + 60 * DAY);
	assert_memory_equal(&before, &after, sizeof(before));
	check_sound(t);
}

static void a_poll_stays_with_what_is_not_understood(void **state)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	const struct poll_window w = { "graph", "", 0, 0 };
	const struct item x = { .raw = "x", .raw_len = 1, .raw_hash = { 1 } };
	const struct item y = { .raw = "y", .raw_len = 1, .raw_hash = { 2 } };
	struct tempstore *t = *state;
	int64_t poll;

	for (int i = 0; i < 4; i++)
		add_poll(t->store, T, T + DAY, NULL);
	begin(&txn, t->store);
	assert_int_equal(ledger_poll_begin(t->store, &w, T, &poll, NULL), 0);
	assert_int_equal(ledger_quarantine(t->store, 1, &x, T, NULL), 1);
	assert_int_equal(ledger_quarantine(t->store, 2, &y, T, NULL), 1);
	assert_int_equal(ledger_quarantine_resolve(t->store, 2, T, NULL), 1);
	commit(&txn);
	assert_int_equal(remove_class(t->store, RETENTION_QUARANTINE,
				      T + 2 * DAY, T),
			 1);
	/* 1 has an item, 3 and 4 say where the feed stands, 5 runs. */
	assert_int_equal(remove_class(t->store, RETENTION_POLLS, T + 2 * DAY,
				      T),
			 1);
	assert_int_equal(number(t, "SELECT group_concat(id, '') FROM poll"),
			 1345);
	check_sound(t);
}

static int judge(struct store *s, int n, enum source_state source_state,
		 int64_t now_ms)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	CLEANUP(alert_release) struct alert a;
	struct err err = ERR_INIT;
	int rc;

	sample_arm(&a, n);
	a.source_state = source_state;
	begin(&txn, s);
	rc = retention_gone(s, &a, now_ms, &err);
	if (rc < 0)
		fail_msg("%s", err.text);
	commit(&txn);
	return rc;
}

static void what_is_gone_is_no_news(void **state)
{
	struct tempstore *t = *state;

	close_alert(t, add_alert(t->store, 1, T), T);
	assert_int_equal(judge(t->store, 1, SOURCE_ACTIVE, T), GONE_NOT);
	assert_int_equal(remove_class(t->store, RETENTION_ALERTS, T + DAY,
				      T + DAY),
			 1);
	/* A person closed it; its source goes on as before. */
	assert_int_equal(judge(t->store, 1, SOURCE_ACTIVE, T + DAY),
			 GONE_STAYS);
	assert_int_equal(judge(t->store, 2, SOURCE_ACTIVE, T + DAY), GONE_NOT);
	/* It closes it as well, and then has it active again: that is new. */
	assert_int_equal(judge(t->store, 1, SOURCE_RESOLVED, T + DAY),
			 GONE_STAYS);
	assert_int_equal(judge(t->store, 1, SOURCE_ACTIVE, T + 2 * DAY),
			 GONE_RETURNS);
	assert_int_equal(judge(t->store, 1, SOURCE_ACTIVE, T + 2 * DAY),
			 GONE_NOT);
}

static void memory_lasts_while_it_is_listed(void **state)
{
	struct tempstore *t = *state;

	close_alert(t, add_alert(t->store, 1, T), T);
	close_alert(t, add_alert(t->store, 2, T), T);
	(void)remove_class(t->store, RETENTION_ALERTS, T + DAY, T + DAY);
	assert_int_equal(judge(t->store, 1, SOURCE_ACTIVE, T + 30 * DAY),
			 GONE_STAYS);
	assert_true(remove_class(t->store, RETENTION_GONE, T + 20 * DAY,
				 T + 40 * DAY) > 0);
	assert_int_equal(judge(t->store, 1, SOURCE_ACTIVE, T + 40 * DAY),
			 GONE_STAYS);
	assert_int_equal(judge(t->store, 2, SOURCE_ACTIVE, T + 40 * DAY),
			 GONE_NOT);
}

/* One with more than a step removes goes all the same. */
static void a_fat_alert_goes_in_parts(void **state)
{
	struct tempstore *t = *state;

	close_alert(t, add_alert(t->store, 1, T), T);
	tempstore_exec(t, "WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT "
			  "i + 1 FROM n WHERE i < 1000) INSERT INTO revision "
			  "SELECT 1, i, 1, 1, x'00', 'x', 'raw' FROM n");
	assert_int_equal(remove_class(t->store, RETENTION_RAW, T + DAY, T),
			 1000);
	for (int i = 0; i < 450; i++)
		add_message(t, 1, 2, T);
	assert_int_equal(remove_class(t->store, RETENTION_ALERTS, T + DAY, T),
			 1);
	assert_int_equal(number(t, "SELECT count(*) FROM revision"), 0);
	assert_int_equal(number(t, "SELECT count(*) FROM delivery"), 0);
	check_sound(t);
}

static void events_tell_once(void **state)
{
	struct tempstore *t = *state;
	int64_t n[RETENTION_MAX];
	CLEANUP(txn_end) struct txn txn = TXN_NONE;

	close_alert(t, add_alert(t->store, 1, T), T);
	assert_int_equal(retention_untold(t->store, n, NULL), 0);
	(void)remove_class(t->store, RETENTION_ALERTS, T + DAY, T);
	assert_int_equal(retention_untold(t->store, n, NULL), 1);
	assert_int_equal(n[RETENTION_ALERTS], 1);
	assert_int_equal(n[RETENTION_POLLS], 0);
	begin(&txn, t->store);
	assert_int_equal(retention_told(t->store, NULL), 0);
	commit(&txn);
	assert_int_equal(retention_untold(t->store, n, NULL), 0);
}

static void free_pages_are_given_back(void **state)
{
	struct tempstore *t = *state;
	struct store_space before, after;
	struct err err = ERR_INIT;

	tempstore_exec(t, "CREATE TABLE bulk (x)");
	tempstore_exec(t, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT "
			  "i + 1 FROM n WHERE i < 500) INSERT INTO bulk SELECT "
			  "zeroblob(4000) FROM n");
	tempstore_exec(t, "DROP TABLE bulk");
	assert_int_equal(store_space(t->store, &before, &err), 0);
	assert_true(before.shrinks);
	assert_true(before.free_pages >= 500);
	assert_true(before.used > 0);
	assert_int_equal(store_shrink(t->store, 100, &err), 0);
	assert_int_equal(store_space(t->store, &after, &err), 0);
	assert_int_equal(after.free_pages, before.free_pages - 100);
	assert_int_equal(after.used, before.used);
}

/* No byte more can be written to any file: nothing goes, and nothing breaks. */
static void a_full_disk_loses_nothing(void **state)
{
	struct tempstore *t = *state;
	struct rlimit before, full = { 1, 1 };
	struct retention_walk w = { .class = RETENTION_ALERTS,
				    .before_ms = T + DAY };
	struct err err = ERR_INIT;
	int64_t removed = 0;
	int rc;

	close_alert(t, add_alert(t->store, 1, T), T);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	full.rlim_max = before.rlim_max;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
	{
		CLEANUP(txn_end) struct txn txn = TXN_NONE;

		rc = txn_begin(&txn, t->store, &err);
		if (rc >= 0)
			rc = retention_step(t->store, &w, T + DAY, &removed,
					    &err);
		if (rc >= 0)
			rc = txn_commit(&txn, &err);
	}
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_true(rc < 0);
	assert_non_null(strstr(err.text, t->path));
	assert_int_equal(number(t, "SELECT count(*) FROM alert"), 1);
	check_sound(t);
	assert_int_equal(remove_class(t->store, RETENTION_ALERTS, T + DAY,
				      T + DAY),
			 1);
	check_sound(t);
}

static unsigned random_state;

static int pick(int n)
{
	random_state = random_state * 1103515245u + 12345u;
	return (int)(random_state >> 8) % n;
}

#define ALERTS 40

static void make_random(struct tempstore *t)
{
	for (int i = 0; i < ALERTS; i++) {
		int64_t id = add_alert(t->store, i + 1, T + pick(100) * DAY);

		if (pick(3))
			close_alert(t, id, T + pick(100) * DAY);
		for (int n = pick(4); n > 0; n--)
			add_message(t, pick(5) ? id : 0, pick(6),
				    T + pick(100) * DAY);
		if (pick(3) == 0)
			tempstore_exec(t, "INSERT OR IGNORE INTO "
					  "delivery_alert SELECT max(d.id), "
					  "max(a.id) FROM delivery AS d, alert "
					  "AS a");
		if (pick(4) == 0)
			add_poll(t->store, T + i * DAY,
				 T + (i + 1 + pick(3)) * DAY,
				 pick(4) ? NULL : "HTTP 500");
	}
}

/* What must be the same behind as before. */
static const char *const kept[] = {
	"SELECT group_concat(id || ':' || version || ':' || state, ' ') FROM "
	"(SELECT * FROM alert WHERE state < 2 ORDER BY id)",
	"SELECT group_concat(id || ':' || key || ':' || state, ' ') FROM "
	"(SELECT * FROM delivery WHERE next_ms IS NOT NULL ORDER BY id)",
	"SELECT group_concat(alert_id || ':' || revision, ' ') FROM (SELECT * "
	"FROM revision WHERE raw IS NOT NULL AND alert_id IN (SELECT id FROM "
	"alert WHERE state < 2) ORDER BY alert_id, revision)",
	"SELECT group_concat(id || hash, ' ') FROM v_events",
	"SELECT group_concat(l.delivery_id || ':' || l.alert_id, ' ') FROM "
	"delivery_alert AS l JOIN delivery AS d ON d.id = l.delivery_id WHERE "
	"d.next_ms IS NOT NULL",
	"SELECT sent || ' ' || unsent FROM v_targets",
};

static void check_random(unsigned seed)
{
	char *before[ARRAY_SIZE(kept)];
	struct proof proven;
	struct tempstore *t;
	void *state = NULL;
	int64_t removed = 0;

	random_state = seed;
	assert_int_equal(tempstore_setup(&state), 0);
	t = state;
	make_random(t);
	proven = proof_of(t->store, T + 200 * DAY);
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		before[i] = xstrdup(tempstore_value(t, kept[i]));
	for (int i = 0; i < 12; i++)
		removed +=
			remove_class(t->store,
				     (enum retention_class)pick(RETENTION_MAX),
				     T + pick(120) * DAY, T + 120 * DAY);
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		const char *after = tempstore_value(t, kept[i]);

		if (strcmp(before[i], after) != 0)
			fail_msg("seed %u: %s: %s, was %s", seed, kept[i],
				 after, before[i]);
		free(before[i]);
	}
	assert_true(removed > 0);
	assert_int_equal(proof_of(t->store, T + 200 * DAY).hole_ms,
			 proven.hole_ms);
	assert_int_equal(proof_of(t->store, T + 200 * DAY).from_ms,
			 proven.from_ms);
	check_sound(t);
	assert_int_equal(tempstore_teardown(&state), 0);
}

static void nothing_else_goes_at_random(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 6; seed++)
		check_random(seed);
}

/* Every table that hangs on an alert goes with it: one that a later release
 * adds would stop the removal. */
static void every_row_of_an_alert_hangs_on_it(void **state)
{
	struct tempstore *t = *state;

	assert_string_equal(
		tempstore_value(
			t, "SELECT group_concat(m.name || '.' || f.\"from\") "
			   "FROM sqlite_schema AS m, "
			   "pragma_foreign_key_list(m.name) AS f WHERE m.type "
			   "= 'table' AND f.\"table\" IN ('alert', 'origin', "
			   "'delivery', 'bundle') AND f.on_delete NOT IN "
			   "('CASCADE', 'SET NULL')"),
		"");
}

#define WITH(test)                                                             \
	cmocka_unit_test_setup_teardown(test, tempstore_setup,                 \
					tempstore_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(closed_alerts_go_with_all_they_have),
		WITH(what_is_owed_keeps_its_alert),
		WITH(a_siem_that_lags_keeps_them_too),
		WITH(raw_words_go_and_the_hash_stays),
		WITH(messages_of_open_alerts_stay),
		WITH(proven_time_outlives_its_polls),
		WITH(a_poll_stays_with_what_is_not_understood),
		WITH(what_is_gone_is_no_news),
		WITH(memory_lasts_while_it_is_listed),
		WITH(a_fat_alert_goes_in_parts),
		WITH(events_tell_once),
		WITH(free_pages_are_given_back),
		WITH(a_full_disk_loses_nothing),
		cmocka_unit_test(nothing_else_goes_at_random),
		WITH(every_row_of_an_alert_hangs_on_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
