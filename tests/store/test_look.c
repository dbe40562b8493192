/* Questions: ready ones on an empty and on a filled database, free ones that
 * only read, ids as people type them. */
#include "store/look.h"
#include "store/sqlite/engine_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "helpers/sample.h"
#include "helpers/tempstore.h"
#include "store/alerts.h"
#include "store/audit.h"
#include "store/cases.h"
#include "store/ledger.h"
#include "store/outbox.h"
#include "store/txn.h"
#include "util/strbuf.h"

#define T SAMPLE_NOW_MS

struct want {
	const char *column; /* NULL: all */
	struct strbuf out;
	int stop_after;
	size_t n_heads; /* calls with names alone */
};

static int on_row(void *arg, size_t n, const char *const *names,
		  const struct cell *cells)
{
	struct want *w = arg;

	if (!cells) {
		w->n_heads++;
		return 0;
	}
	for (size_t i = 0; i < n; i++) {
		if (w->column != NULL && strcmp(names[i], w->column) != 0)
			continue;
		if (w->out.len > 0)
			strbuf_addch(&w->out, ' ');
		if (cells[i].type == CELL_NULL)
			strbuf_addstr(&w->out, "-");
		else if (cells[i].type == CELL_INTEGER)
			strbuf_addf(&w->out, "%lld",
				    (long long)cells[i].integer);
		else if (cells[i].type == CELL_REAL)
			strbuf_addf(&w->out, "%.1f", cells[i].real);
		else
			strbuf_addstr(&w->out, cells[i].text);
	}
	return w->stop_after > 0 && --w->stop_after == 0;
}

/* The column of every row, joined; valid until the next call. */
static const char *answer(struct store *s, enum question q,
			  const struct selector *sel, const char *column)
{
	static char text[4096];
	struct want w = { column, STRBUF_INIT, 0, 0 };
	struct err err = ERR_INIT;

	if (look(s, q, sel, on_row, &w, &err) < 0)
		fail_msg("question %d: %s", q, err.text);
	snprintf(text, sizeof(text), "%s", w.out.buf);
	strbuf_release(&w.out);
	return text;
}

static void fill_alert(struct store *s, int n, enum severity severity,
		       int64_t due_ms)
{
	CLEANUP(alert_release) struct alert a;
	struct sighting at = { 0, T + n };
	struct decision d;
	struct clock_row clock = { .episode = 1,
				   .severity = severity,
				   .policy = "p",
				   .started_ms = T,
				   .due_ms = due_ms,
				   .next_ms = due_ms };
	struct audit_event e = { 0, T, "triaged", "opened", NULL };

	sample_arm(&a, n);
	d = sample_decision(&a);
	d.severity = severity;
	d.owner = n % 2 == 0 ? "even" : NULL;
	assert_int_equal(alerts_insert(s, &a, &d, &at, &e.alert_id, NULL), 0);
	assert_int_equal(audit_add(s, &e, NULL), 0);
	clock.alert_id = e.alert_id;
	if (due_ms != 0)
		assert_int_equal(cases_put_clock(s, &clock, NULL), 0);
}

/* The clock to resolve alert @id ran out at @due_ms; @held_ms: on hold. */
static void fill_resolve(struct store *s, int64_t id, int64_t due_ms,
			 int64_t held_ms)
{
	struct clock_row clock = { .alert_id = id,
				   .episode = 1,
				   .kind = CLOCK_RESOLVE,
				   .severity = SEVERITY_HIGH,
				   .policy = "p",
				   .started_ms = T,
				   .due_ms = due_ms,
				   .next_ms = due_ms,
				   .held_ms = held_ms };

	assert_int_equal(cases_put_clock(s, &clock, NULL), 0);
}

static void fill_ledger(struct store *s)
{
	struct poll_window w = { "azure", SAMPLE_SUBSCRIPTION, 0, 0 };
	struct poll_counts c = { 1, 5, 2, 1, 1, 1 };
	const struct item bad = { .raw = "{]",
				  .raw_len = 2,
				  .reason = "no id" };
	int64_t poll;

	assert_int_equal(ledger_source(s, "azure", ALERT_KIND_ARM, T, NULL), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(ledger_poll_begin(s, &w, T + i, &poll, NULL),
				 0);
		assert_int_equal(ledger_poll_add(s, poll, &c, NULL), 0);
		assert_int_equal(ledger_poll_end(s, poll,
						 i == 2 ? "HTTP 503" : NULL,
						 T + 10 + i, NULL),
				 0);
	}
	assert_int_equal(ledger_quarantine(s, poll, &bad, T, NULL), 1);
}

/* Five alerts: 1 high, 2 critical, 3 high due sooner, 4 info, 5 closed. */
static void fill(struct store *s)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct human_change c = { .id = 5, .who = "ada", .now_ms = T };

	assert_int_equal(txn_begin(&txn, s, NULL), 0);
	fill_ledger(s);
	fill_alert(s, 1, SEVERITY_HIGH, T + 5000);
	fill_alert(s, 2, SEVERITY_CRITICAL, T + 4000);
	fill_alert(s, 3, SEVERITY_HIGH, T + 3000);
	fill_alert(s, 4, SEVERITY_INFO, 0);
	fill_alert(s, 5, SEVERITY_CRITICAL, 0);
	assert_int_equal(alerts_close(s, &c, VERDICT_BENIGN, NULL), 0);
	for (int i = 1; i <= 3; i++) {
		CLEANUP(notice_release)
		struct notice n = sample_notice(i, i == 3 ? "mail" : "soc", i);

		assert_int_equal(outbox_put(s, &n, NULL, NULL), 1);
	}
	assert_int_equal(txn_commit(&txn, NULL), 0);
}

static void settle_first(struct store *s)
{
	CLEANUP(notice_release) struct notice n = { 0 };
	struct settlement v = { .id = 1, .state = NOTICE_SENT };

	assert_int_equal(outbox_lease(s, "soc", T, OUTBOX_ROOM(1), &n, NULL),
			 1);
	assert_int_equal(outbox_settle(s, &v, 1, T + 1, NULL), 0);
}

static int setup_filled(void **state)
{
	if (tempstore_setup(state) < 0)
		return -1;
	fill(((struct tempstore *)*state)->store);
	settle_first(((struct tempstore *)*state)->store);
	return 0;
}

static void test_every_question_on_an_empty_store(void **state)
{
	struct tempstore *t = *state;
	CLEANUP(store_close_ptr) struct store *reader = NULL;
	static const char *const sorts[] = { NULL,  "urgency",	"seen",
					     "due", "severity", "id" };
	struct selector sel = { .id = 1, .now_ms = T };

	assert_int_equal(store_open_read(t->path, &reader, NULL), 0);
	/* The metrics want zeroes, which have a test of their own. */
	for (int q = 0; q < QUESTION_MAX; q++) {
		if (q >= LOOK_WORST_OVERDUE && q <= LOOK_SILENCE_COUNT)
			continue;
		assert_string_equal(answer(reader, q, &sel, NULL),
				    q == LOOK_SHIFT_TOTALS	  ? "0 0"
				    : q == LOOK_DELIVERY_SELECTED ? "0"
								  : "");
	}
	for (size_t i = 0; i < ARRAY_SIZE(sorts); i++) {
		sel.sort = sorts[i];
		assert_string_equal(answer(reader, LOOK_ALERTS, &sel, NULL),
				    "");
	}
}

static void test_list(void **state)
{
	struct tempstore *t = *state;
	static const struct {
		struct selector sel;
		const char *ids;
	} cases[] = {
		{ { .id = 0 }, "2 3 1 4 5" }, /* worst, soonest; closed last */
		{ { .limit = 2 }, "2 3" },
		{ { .sort = "seen" }, "5 4 3 2 1" },
		{ { .sort = "id" }, "1 2 3 4 5" },
		{ { .sort = "due", .states = BIT(ALERT_OPEN) }, "3 2 1 4" },
		{ { .sort = "severity" }, "5 2 3 1 4" },
		{ { .severities = BIT(SEVERITY_HIGH) }, "3 1" },
		{ { .severities = BIT(SEVERITY_HIGH) | BIT(SEVERITY_INFO) },
		  "3 1 4" },
		{ { .states = BIT(ALERT_CLOSED) }, "5" },
		{ { .states = BIT(ALERT_OPEN) }, "2 3 1 4" },
		{ { .owner = "even" }, "2 4" },
		{ { .source = "azure" }, "2 3 1 4 5" },
		{ { .source = "nobody" }, "" },
		{ { .phase = "detect", .limit = 1 }, "2" },
		{ { .phase = "contain" }, "" },
		{ { .resource = "*/VM-3" }, "3" },
		{ { .resource = "*/resourcegroups/RG-*/*", .limit = 9 },
		  "2 3 1 4 5" },
		{ { .since_ms = T + 2, .until_ms = T + 4 }, "2 3" },
		{ { .overdue = true, .now_ms = T + 4000 }, "2 3" },
		{ { .overdue = true, .now_ms = T }, "" },
		{ { .id = 3 }, "3" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(answer(t->store, LOOK_ALERTS, &cases[i].sel,
					   "id"),
				    cases[i].ids);
}

static int count_late(struct store *s, int64_t now_ms)
{
	struct selector sel = { .now_ms = now_ms };

	return atoi(answer(s, LOOK_OVERDUE, &sel, "n"));
}

/* Pages of the database that the question looks at. */
static int pages(struct store *s, enum question q, const struct selector *sel)
{
	int before, after, highest;

	assert_int_equal(sqlite3_db_status(s->db, SQLITE_DBSTATUS_CACHE_HIT,
					   &before, &highest, 0),
			 SQLITE_OK);
	(void)answer(s, q, sel, "id");
	assert_int_equal(sqlite3_db_status(s->db, SQLITE_DBSTATUS_CACHE_HIT,
					   &after, &highest, 0),
			 SQLITE_OK);
	return after - before;
}

/* Whose resource it is and which clocks are late stands in an index: a row for
 * each open one is what costs. */
static void test_many_are_judged_without_their_rows(void **state)
{
	struct tempstore *t = *state;
	struct selector of_resource = { .states = BIT(ALERT_OPEN),
					.resource = "*/nobody" };
	struct selector of_owner = { .states = BIT(ALERT_OPEN),
				     .owner = "nobody" };
	struct selector late = { .now_ms = T + 2000000 };
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	const int n = 300;

	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	/* The first comes due last: the next one is not the next row. */
	for (int i = 10; i < 10 + n; i++)
		fill_alert(t->store, i, SEVERITY_HIGH, T + 1000000 - i);
	assert_int_equal(txn_commit(&txn, NULL), 0);
	assert_in_range(pages(t->store, LOOK_ALERTS, &of_resource), 1, n / 2);
	assert_in_range(pages(t->store, LOOK_OVERDUE, &late), 1, n / 2);
	/* One that needs the rows can tell. */
	assert_in_range(pages(t->store, LOOK_ALERTS, &of_owner), n, 100 * n);
}

/* An alert that was triaged is late too when nobody resolves it, and a clock on
 * hold makes none late; one that is late by both counts once. Who counts them
 * and who lists them agree, and so does the order. */
static void test_overdue_is_any_clock(void **state)
{
	struct tempstore *t = *state;
	struct selector late = { .overdue = true,
				 .severities = BIT(SEVERITY_HIGH) |
					       BIT(SEVERITY_INFO),
				 .now_ms = T + 2000 };
	struct selector soonest = { .now_ms = T + 2000 };
	struct selector both = { .now_ms = T + 4000 };
	struct selector by_due = { .sort = "due", .now_ms = T };
	CLEANUP(txn_end) struct txn txn = TXN_NONE;

	assert_string_equal(answer(t->store, LOOK_ALERTS, &late, "id"), "");
	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	fill_resolve(t->store, 4, T + 1000, 0);
	assert_int_equal(txn_commit(&txn, NULL), 0);
	assert_string_equal(answer(t->store, LOOK_ALERTS, &late, "id"), "4");
	assert_int_equal(atoll(answer(t->store, LOOK_ALERTS, &late,
				      "resolve_due_ms")),
			 T + 1000);
	assert_int_equal(count_late(t->store, T + 2000), 1);
	assert_string_equal(answer(t->store, LOOK_ALERTS, &by_due, "id"),
			    "4 3 2 1 5");
	by_due.states = BIT(ALERT_OPEN);
	assert_string_equal(answer(t->store, LOOK_ALERTS, &by_due, "id"),
			    "4 3 2 1");
	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	fill_resolve(t->store, 3, T + 3000, 0);
	assert_string_equal(answer(t->store, LOOK_OVERDUE, &both, "n"), "1 2");
	fill_resolve(t->store, 3, T + 3000, T + 500);
	fill_resolve(t->store, 4, T + 1000, T + 500);
	fill_resolve(t->store, 1, T + 2500, T + 500);
	assert_int_equal(txn_commit(&txn, NULL), 0);
	assert_string_equal(answer(t->store, LOOK_ALERTS, &late, "id"), "");
	assert_string_equal(tempstore_value(t, "SELECT resolve_due_at FROM "
					       "v_alerts WHERE id = 4"),
			    "");
	assert_string_equal(answer(t->store, LOOK_ALERTS, &by_due, "id"),
			    "3 2 1 4");
	assert_int_equal(count_late(t->store, T + 2000), 0);
	assert_string_equal(answer(t->store, LOOK_NEXT_DUE, &soonest, "id"),
			    "3");
}

static void test_words_that_do_not_exist(void **state)
{
	struct tempstore *t = *state;
	struct want w = { NULL, STRBUF_INIT, 0, 0 };
	struct selector bad[] = { { .sort = "x'; DROP TABLE alert" },
				  { .phase = "sleep" },
				  { .delivery_state = "lost" } };
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(look(t->store, LOOK_ALERTS, &bad[i], on_row,
				      &w, &err),
				 ERR_CONF);
}

static const struct {
	enum question q;
	const char *column, *expected;
	struct selector sel;
} answers[] = {
	{ LOOK_ALERT, "severity", "critical", { .id = 2 } },
	{ LOOK_ENTITIES,
	  "value",
	  "vm-2 ada@example.org 192.0.2.1",
	  { .id = 2 } },
	{ LOOK_CLOCKS, "state", "running", { .id = 2 } },
	{ LOOK_EVENTS, "kind", "opened", { .id = 2 } },
	{ LOOK_DELIVERIES, "target", "soc", { .id = 2 } },
	{ LOOK_ORIGINS, "source", "azure", { .id = 2 } },
	{ LOOK_REVISIONS, "revision", "1", { .id = 2 } },
	{ LOOK_REVISIONS, "raw", "", { .id = 2 } },
	{ LOOK_OUTBOX, "id", "2 3", { .id = 0 } },
	{ LOOK_OUTBOX, "id", "1", { .delivery_state = "sent" } },
	{ LOOK_OUTBOX, "id", "2 3", { .delivery_state = "pending" } },
	{ LOOK_OUTBOX, "id", "", { .delivery_state = "dead" } },
	{ LOOK_SOURCES,
	  NULL,
	  "azure defender-for-cloud  - - - - - - - - - - - - "
	  "azure defender-for-cloud " SAMPLE_SUBSCRIPTION
	  " 2026-03-02T09:00:00.002Z 1772442000002 "
	  "2026-03-02T09:00:00.011Z 1772442000011 0 1 5 2 1 1 1 "
	  "HTTP 503",
	  { .id = 0 } },
	{ LOOK_POLLS, "id", "3 2 1", { .source = "azure" } },
	{ LOOK_QUARANTINE, "raw", "{]", { .id = 0 } },
	{ LOOK_COUNTS,
	  NULL,
	  "info open 1 high open 2 critical open 1 critical closed 1",
	  { .id = 0 } },
	{ LOOK_OVERDUE, NULL, "critical 1 high 1", { .now_ms = T + 4500 } },
	{ LOOK_OUTBOX_COUNTS, NULL, "pending 2 sent 1", { .id = 0 } },
	{ LOOK_NEXT_DUE,
	  NULL,
	  "2 critical 1772442004000",
	  { .now_ms = T + 3000 } },
	{ LOOK_POLL_COUNTS,
	  NULL,
	  "azure complete 2 azure incomplete 1",
	  { .id = 0 } },
	{ LOOK_INGEST_COUNTS, NULL, "azure 6 3 3 3", { .id = 0 } },
	{ LOOK_DELIVERY_COUNTS,
	  NULL,
	  "mail pending 1 soc pending 1 soc sent 1",
	  { .id = 0 } },
	{ LOOK_TARGETS,
	  NULL,
	  "mail 0 1 0 - - - - - - - - - - - 0 soc 1 1 0 "
	  "2026-03-02T09:00:00.001Z 1772442000001 - - - - - - - - - 0",
	  { .id = 0 } },
};

static void test_answers(void **state)
{
	struct tempstore *t = *state;

	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		const char *found = answer(t->store, answers[i].q,
					   &answers[i].sel, answers[i].column);

		if (strcmp(found, answers[i].expected) != 0)
			fail_msg("case %zu: %s", i, found);
	}
}

/* What has breached, stopped, or belongs to a closed alert runs out no more. */
static void test_running_clocks(void **state)
{
	struct tempstore *t = *state;
	struct selector sel = { .until_ms = T + 4500 };

	assert_string_equal(answer(t->store, LOOK_RUNNING, &sel, "id"), "3 2");
	sel.until_ms = 0;
	assert_string_equal(answer(t->store, LOOK_RUNNING, &sel, "id"),
			    "3 2 1");
	tempstore_exec(t, "UPDATE clock SET breached_ms = due_ms "
			  "WHERE alert_id = 3; "
			  "UPDATE clock SET stopped_ms = 1, next_ms = NULL "
			  "WHERE alert_id = 2");
	assert_string_equal(answer(t->store, LOOK_RUNNING, &sel, "id"), "1");
	assert_string_equal(answer(t->store, LOOK_RUNNING, &sel, "clock"),
			    "triage");
	tempstore_exec(t, "INSERT INTO clock (alert_id, episode, kind, "
			  "severity, policy, started_ms, due_ms) VALUES "
			  "(1, 1, 1, 3, 'p', 1, 2)");
	assert_string_equal(answer(t->store, LOOK_RUNNING, &sel, "clock"),
			    "resolve triage");
	tempstore_exec(t, "UPDATE clock SET held_ms = 1, hold_until_ms = 9 "
			  "WHERE kind = 1");
	assert_string_equal(answer(t->store, LOOK_RUNNING, &sel, "clock"),
			    "triage");
	tempstore_exec(t, "UPDATE alert SET episode = 2 WHERE id = 1");
	assert_string_equal(answer(t->store, LOOK_RUNNING, &sel, "id"), "");
}

/* Who silenced it stands beside what a silence holds back. */
static void test_suppressions(void **state)
{
	struct tempstore *t = *state;
	struct selector sel = { .id = 2 };

	tempstore_exec(
		t,
		"INSERT INTO silence (id, author, reason, when_text, "
		"covers_critical, created_ms, starts_ms, ends_ms) VALUES "
		"(3, 'anna', 'a drill', 'severity=high', 0, 1, 1, 9); "
		"INSERT INTO bundle (id, cause, name, target, opened_ms, "
		"due_ms) VALUES (1, 4, '3', 'soc', 1, 9), "
		"(2, 5, '3', 'mail', 1, 8); "
		"INSERT INTO bundle_entry (bundle_id, alert_id, episode, kind, "
		"severity, step, transition, added_ms) VALUES "
		"(1, 2, 1, 0, 4, 0, 0, 1), (2, 2, 1, 0, 4, 0, 0, 2), "
		"(2, 1, 1, 0, 4, 0, 0, 2)");
	assert_string_equal(answer(t->store, LOOK_SUPPRESSIONS, &sel, "target"),
			    "soc mail");
	assert_string_equal(answer(t->store, LOOK_SUPPRESSIONS, &sel,
				   "silence_author"),
			    "anna -");
	assert_string_equal(answer(t->store, LOOK_SUPPRESSIONS, &sel,
				   "until_ms"),
			    "9 8");
}

static void test_ladders(void **state)
{
	struct tempstore *t = *state;
	struct selector sel = { .id = 2 };

	tempstore_exec(t, "INSERT INTO ladder (alert_id, episode, route, "
			  "started_ms, step, repeat, next_ms, stopped_why) "
			  "VALUES (2, 1, 'night', 7, 1, 0, 9, NULL), "
			  "(2, 1, 'all', 5, 3, 2, NULL, 'acknowledged'), "
			  "(1, 1, 'other', 1, 0, 0, 1, NULL)");
	assert_string_equal(answer(t->store, LOOK_LADDERS, &sel, "route"),
			    "all night");
	assert_string_equal(answer(t->store, LOOK_LADDERS, &sel, "step"),
			    "3 1");
	assert_string_equal(answer(t->store, LOOK_LADDERS, &sel, "stopped_why"),
			    "acknowledged -");
}

/* The counts that are kept agree with a count. */
static void test_kept_counts(void **state)
{
	struct tempstore *t = *state;
	static const char *const both[] = {
		"SELECT count(*) FROM (SELECT severity, state, count(*) FROM "
		"alert GROUP BY severity, state EXCEPT SELECT severity, "
		"state, n FROM alert_count WHERE n > 0)",
		"SELECT count(*) FROM (SELECT target, state, count(*) FROM "
		"delivery GROUP BY target, state EXCEPT SELECT target, "
		"state, n FROM delivery_count WHERE n > 0)",
	};

	tempstore_exec(t, "DELETE FROM delivery WHERE id = 2; UPDATE alert "
			  "SET severity = 1 WHERE id = 3; DELETE FROM alert "
			  "WHERE id = 4");
	for (size_t i = 0; i < ARRAY_SIZE(both); i++)
		assert_int_equal(tempstore_number(t, both[i]), 0);
	assert_int_equal(tempstore_number(t, "SELECT sum(n) FROM "
					     "alert_count"),
			 4);
}

static void test_stop(void **state)
{
	struct tempstore *t = *state;
	struct want w = { "id", STRBUF_INIT, 2, 0 };
	struct selector sel = { .id = 0 };

	assert_int_equal(look(t->store, LOOK_ALERTS, &sel, on_row, &w, NULL),
			 2);
	strbuf_release(&w.out);
}

static int query(struct store *s, const char *text, int64_t limit_ms,
		 struct err *err)
{
	struct want w = { NULL, STRBUF_INIT, 0, 0 };
	int rc = look_query(s, text, limit_ms, on_row, &w, err);

	strbuf_release(&w.out);
	return rc;
}

static const struct {
	const char *text;
	int expected;
} questions[] = {
	{ "SELECT id FROM v_alerts", 5 },
	{ "SELECT 1;  \n", 1 },
	{ "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 "
	  "FROM c WHERE n < 7) SELECT n FROM c",
	  7 },
	{ "SELECT json_extract(raw, '$.name') FROM v_revisions", 5 },
	{ "EXPLAIN QUERY PLAN SELECT 1", 1 },
	{ "PRAGMA user_version", 1 },
	{ "PRAGMA integrity_check", 1 },
	{ "SELECT name FROM pragma_table_info('meta')", 2 },
	{ "SELECT j.key FROM v_revisions AS r, json_each(r.raw) AS j "
	  "WHERE r.alert_id = 1",
	  2 },
	{ "UPDATE sqlite_master SET sql = 'x'", ERR_CONF },
	{ "SELECT x'00ff', 1.5, NULL, ''", 1 },
	{ "", ERR_CONF },
	{ "-- nothing", ERR_CONF },
	{ "SELEC", ERR_CONF },
	{ "SELECT * FROM nowhere", ERR_CONF },
	{ "SELECT 1; SELECT 2", ERR_CONF },
	{ "DELETE FROM alert", ERR_CONF },
	{ "INSERT INTO meta VALUES ('x', 1)", ERR_CONF },
	{ "UPDATE alert SET state = 0 RETURNING id", ERR_CONF },
	{ "DROP TABLE alert", ERR_CONF },
	{ "CREATE TEMP TABLE x (a)", ERR_CONF },
	{ "ATTACH '/tmp/x.db' AS x", ERR_CONF },
	{ "VACUUM INTO '/tmp/triaged-test-vacuum.db'", ERR_CONF },
	{ "VACUUM", ERR_CONF },
	{ "BEGIN IMMEDIATE", ERR_CONF },
	{ "COMMIT", ERR_CONF },
	{ "SAVEPOINT x", ERR_CONF },
	{ "PRAGMA query_only = OFF", ERR_CONF },
	{ "PRAGMA user_version = 7", ERR_CONF },
	{ "PRAGMA journal_mode = DELETE", ERR_CONF },
	{ "PRAGMA writable_schema = 1", ERR_CONF },
	{ "PRAGMA wal_checkpoint(TRUNCATE)", ERR_CONF },
	{ "SELECT * FROM pragma_journal_mode", ERR_CONF },
	{ "SELECT * FROM pragma_wal_checkpoint", ERR_CONF },
	{ "SELECT * FROM pragma_optimize", ERR_CONF },
	{ "SELECT * FROM pragma_user_version", 1 },
	{ "SELECT rowid FROM alert_search WHERE alert_search MATCH 'nothing'",
	  0 },
	{ "EXPLAIN DELETE FROM alert", ERR_CONF },
	{ "WITH x AS (SELECT 1) DELETE FROM alert", ERR_CONF },
	{ "REPLACE INTO meta VALUES ('x', 1)", ERR_CONF },
	{ "DETACH main", ERR_CONF },
	{ "CREATE TRIGGER x AFTER INSERT ON meta BEGIN SELECT 1; END",
	  ERR_CONF },
	{ "SELECT load_extension('/tmp/x.so')", ERR_CONF },
	{ "REINDEX", ERR_CONF },
	{ "ANALYZE", ERR_CONF },
};

static void test_free_questions(void **state)
{
	struct tempstore *t = *state;
	CLEANUP(store_close_ptr) struct store *reader = NULL;
	struct store *both[2] = { t->store, NULL };

	assert_int_equal(store_open_read(t->path, &reader, NULL), 0);
	both[1] = reader;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(questions); i++) {
		struct err err = ERR_INIT;
		const char *text = questions[i / 2].text;
		int rc = query(both[i % 2], text, 0, &err);

		if (rc != questions[i / 2].expected)
			fail_msg("%s: %d %s", text, rc, err.text);
	}
	assert_int_equal(tempstore_number(t, "SELECT count(*) FROM alert"), 5);
	/* The writer writes as before. */
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	assert_int_equal(store_meta_set(t->store, "mark", 1, NULL), 0);
	assert_int_equal(txn_commit(&txn, NULL), 0);
}

static size_t heads_of(struct store *s, const struct selector *sel)
{
	struct want w = { .out = STRBUF_INIT };

	assert_true(look(s, LOOK_ALERTS, sel, on_row, &w, NULL) >= 0);
	strbuf_release(&w.out);
	return w.n_heads;
}

/* Where nobody asked for them no reader of rows has to know of heads. */
static void test_names_without_a_row(void **state)
{
	struct tempstore *t = *state;
	struct selector none = { .now_ms = T, .owner = "nobody" };
	struct selector some = { .now_ms = T, .head = true };
	struct want w = { .out = STRBUF_INIT };

	assert_int_equal(heads_of(t->store, &none), 0);
	none.head = true;
	assert_int_equal(heads_of(t->store, &none), 1);
	assert_int_equal(heads_of(t->store, &some), 0);
	assert_int_equal(look_query(t->store, "SELECT 1 AS a WHERE 0", 0,
				    on_row, &w, NULL),
			 0);
	assert_int_equal(w.n_heads, 1);
	strbuf_release(&w.out);
}

/* What was meant, where it can be guessed; why, where it cannot. */
static void test_refusals_help(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "SELECT severty FROM v_alerts",
		  "there is no column 'severty' (did you mean 'severity'?)" },
		{ "SELECT a.titel FROM v_alerts AS a",
		  "there is no column 'a.titel' (did you mean 'title'?)" },
		/* Of another view it is no use. */
		{ "SELECT recipent FROM V_ALERTS",
		  "there is no column 'recipent'; see: man triaged-db" },
		{ "SELECT recipent FROM V_Deliveries",
		  "(did you mean 'recipient'?)" },
		{ "SELECT * FROM v_alert",
		  "there is no view 'v_alert' (did you mean 'v_alerts'?)" },
		{ "SELECT * FROM main.v_event", "(did you mean 'v_events'?)" },
		{ "SELECT * FROM nowhere",
		  "there is no view 'nowhere'; see: man triaged-db" },
		{ "SELEC 1", "near \"SELEC\": syntax error" },
		{ "SELECT x(1)", "no such function: x" },
		{ "DELETE FROM alert", "it does more than read" },
		{ "ATTACH 'x' AS y", "it does more than read" },
		{ "SELECT 1; SELECT 2", "several statements" },
		{ "", "the query is empty" },
	};
	struct tempstore *t = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct err err = ERR_INIT;

		assert_int_equal(query(t->store, rows[i].text, 0, &err),
				 ERR_CONF);
		if (!strstr(err.text, rows[i].says))
			fail_msg("%s: %s", rows[i].text, err.text);
	}
}

/* What is sorted and kept is limited; afterwards all is as before. */
static void test_greedy_question_is_stopped(void **state)
{
	struct tempstore *t = *state;
	struct err err = ERR_INIT;

	assert_int_equal(query(t->store,
			       "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL "
			       "SELECT n + 1 FROM c WHERE n < 400) "
			       "SELECT length(y) FROM (SELECT "
			       "hex(zeroblob(500000)) || n AS y FROM c "
			       "ORDER BY y DESC LIMIT 399)",
			       60000, &err),
			 ERR_LIMIT);
	assert_non_null(strstr(err.text, "256 MiB"));
	assert_int_equal(sqlite3_hard_heap_limit64(-1), 0);
	assert_int_equal(query(t->store, "SELECT 1", 2000, &err), 1);
}

static void test_endless_question_is_stopped(void **state)
{
	struct tempstore *t = *state;
	struct err err = ERR_INIT;

	assert_int_equal(query(t->store,
			       "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL "
			       "SELECT n + 1 FROM c) SELECT sum(n) FROM c",
			       20, &err),
			 ERR_CANCELLED);
	assert_non_null(strstr(err.text, "--timeout"));
	assert_int_equal(query(t->store, "SELECT 1", 2000, &err), 1);
}

static void test_cells(void **state)
{
	struct tempstore *t = *state;
	struct want w = { NULL, STRBUF_INIT, 0, 0 };

	assert_int_equal(look_query(t->store, "SELECT 7, 1.5, NULL, 'a', x'62'",
				    0, on_row, &w, NULL),
			 1);
	assert_string_equal(w.out.buf, "7 1.5 - a b");
	strbuf_release(&w.out);
}

static void run_ready(struct store *s)
{
	size_t n = 0;

	for (const struct ready_query *q; (q = look_ready_query(n)) != NULL;
	     n++) {
		struct err err = ERR_INIT;

		assert_true(strlen(q->name) > 0 && strlen(q->about) > 0);
		if (query(s, q->text, 0, &err) < 0)
			fail_msg("%s: %s", q->name, err.text);
		/* Over the views alone: what is promised. */
		assert_non_null(strstr(q->text, "FROM v_"));
	}
	assert_true(n >= 10);
}

static void test_ready_queries(void **state)
{
	struct tempstore *t = *state;
	CLEANUP(store_close_ptr) struct store *reader = NULL;

	run_ready(t->store);
	fill(t->store);
	run_ready(t->store);
	assert_int_equal(store_open_read(t->path, &reader, NULL), 0);
	run_ready(reader);
}

static void test_ids_as_typed(void **state)
{
	struct tempstore *t = *state;
	struct err err = ERR_INIT;
	int64_t id = 0;

	assert_int_equal(look_resolve_id(t->store, "3", &id, &err), 1);
	assert_int_equal(id, 3);
	assert_int_equal(look_resolve_id(t->store, "2517000004_A11", &id, &err),
			 1);
	assert_int_equal(id, 4);
	assert_int_equal(look_resolve_id(t->store, "2517", &id, &err),
			 ERR_CONF);
	assert_int_equal(look_resolve_id(t->store, "99", &id, &err), 0);
	assert_int_equal(look_resolve_id(t->store, "", &id, &err), 0);
	assert_int_equal(look_resolve_id(t->store, "%", &id, &err), 0);
	assert_int_equal(look_resolve_id(t->store, "-3", &id, &err), 0);
	/* A whole id wins over longer ones that start with it. */
	tempstore_exec(t, "INSERT INTO origin (key, alert_id, kind, native_id) "
			  "VALUES (x'01', 1, 'k', 'abc'), "
			  "(x'02', 2, 'k', 'abcd')");
	assert_int_equal(look_resolve_id(t->store, "ABC", &id, &err), 1);
	assert_int_equal(id, 1);
	assert_int_equal(look_resolve_id(t->store, "ab", &id, &err), ERR_CONF);
	/* The same id in two tenants. */
	tempstore_exec(t, "INSERT INTO origin (key, alert_id, kind, native_id) "
			  "VALUES (x'03', 3, 'k', 'ABC')");
	assert_int_equal(look_resolve_id(t->store, "abc", &id, &err), ERR_CONF);
	assert_int_equal(id, 1);
}

#define WITH(test, setup)                                                      \
	cmocka_unit_test_setup_teardown(test, setup, tempstore_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_every_question_on_an_empty_store, tempstore_setup),
		WITH(test_list, setup_filled),
		WITH(test_overdue_is_any_clock, setup_filled),
		WITH(test_many_are_judged_without_their_rows, setup_filled),
		WITH(test_words_that_do_not_exist, setup_filled),
		WITH(test_answers, setup_filled),
		WITH(test_running_clocks, setup_filled),
		WITH(test_ladders, setup_filled),
		WITH(test_suppressions, setup_filled),
		WITH(test_kept_counts, setup_filled),
		WITH(test_stop, setup_filled),
		WITH(test_free_questions, setup_filled),
		WITH(test_names_without_a_row, setup_filled),
		WITH(test_refusals_help, tempstore_setup),
		WITH(test_greedy_question_is_stopped, tempstore_setup),
		WITH(test_endless_question_is_stopped, tempstore_setup),
		WITH(test_cells, tempstore_setup),
		WITH(test_ready_queries, tempstore_setup),
		WITH(test_ids_as_typed, setup_filled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
