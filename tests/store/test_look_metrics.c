/* store/sqlite/questions_metrics: what each counts, and that none of them reads
 * what grows. */
#include "store/look.h"
#include "store/sqlite/engine_priv.h"
#include "store/sqlite/questions_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "helpers/sample.h"
#include "helpers/tempstore.h"
#include "store/audit.h"
#include "store/alerts.h"
#include "store/cases.h"
#include "store/outbox.h"
#include "store/txn.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

#define T SAMPLE_NOW_MS
#define AT(seconds) (T + (seconds)*1000)

static int on_row(void *arg, size_t n, const char *const *names,
		  const struct cell *cells)
{
	struct strbuf *out = arg;

	(void)names;
	for (size_t i = 0; i < n; i++) {
		if (cells[i].type == CELL_INTEGER)
			strbuf_addf(out, "%lld", (long long)cells[i].integer);
		else
			strbuf_addstr(out, cells[i].text ? cells[i].text : "-");
		strbuf_addch(out, i + 1 < n ? ' ' : ';');
	}
	return 0;
}

static void check(const struct tempstore *t, enum question q, int64_t now_ms,
		  const char *want)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	struct selector all = { .now_ms = now_ms };
	struct err err = ERR_INIT;

	if (look(t->store, q, &all, on_row, &out, &err) < 0)
		fail_msg("question %d: %s", q, err.text);
	assert_string_equal(out.buf, want);
}

/* An alert with a triage clock; @due_ms 0: without. */
static int64_t put_alert(struct store *s, int n, enum severity severity,
			 int64_t due_ms)
{
	CLEANUP(alert_release) struct alert a;
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct sighting at = { 0, T };
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
	assert_int_equal(txn_begin(&txn, s, NULL), 0);
	assert_int_equal(alerts_insert(s, &a, &d, &at, &clock.alert_id, NULL),
			 0);
	e.alert_id = clock.alert_id;
	assert_int_equal(audit_add(s, &e, NULL), 0);
	if (due_ms)
		assert_int_equal(cases_put_clock(s, &clock, NULL), 0);
	assert_int_equal(txn_commit(&txn, NULL), 0);
	return clock.alert_id;
}

static void test_worst_overdue(void **state)
{
	struct tempstore *t = *state;

	check(t, LOOK_WORST_OVERDUE, T, "critical 0;high 0;medium 0;low 0;");
	put_alert(t->store, 1, SEVERITY_HIGH, AT(30));
	put_alert(t->store, 2, SEVERITY_HIGH, AT(20));
	put_alert(t->store, 3, SEVERITY_LOW, AT(60));
	put_alert(t->store, 4, SEVERITY_INFO, 0);
	put_alert(t->store, 5, SEVERITY_MEDIUM, 0);
	check(t, LOOK_WORST_OVERDUE, AT(20),
	      "critical 0;high 0;medium 0;low 0;");
	check(t, LOOK_WORST_OVERDUE, AT(61),
	      "critical 0;high 41000;medium 0;low 1000;");
	check(t, LOOK_EVENT_COUNT, T, "5;");
	/* A closed one is late no more. */
	tempstore_exec(t, "update alert set state = 2, closed_ms = 1 "
			  "where id = 2");
	check(t, LOOK_WORST_OVERDUE, AT(61),
	      "critical 0;high 31000;medium 0;low 1000;");
}

static void put_notice(struct store *s, int64_t alert, const char *target,
		       int n, enum severity severity, int64_t created_ms)
{
	CLEANUP(notice_release)
	struct notice v = sample_notice(alert, target, n);
	CLEANUP(txn_end) struct txn txn = TXN_NONE;

	v.severity = severity;
	v.created_ms = created_ms;
	assert_int_equal(txn_begin(&txn, s, NULL), 0);
	assert_int_equal(outbox_put(s, &v, NULL, NULL), 1);
	assert_int_equal(txn_commit(&txn, NULL), 0);
}

static void test_oldest_owed(void **state)
{
	struct tempstore *t = *state;
	int64_t alert = put_alert(t->store, 1, SEVERITY_HIGH, AT(30));

	check(t, LOOK_OLDEST_OWED, T, "");
	put_notice(t->store, alert, "soc", 1, SEVERITY_HIGH, AT(1));
	put_notice(t->store, alert, "soc", 2, SEVERITY_CRITICAL, AT(2));
	put_notice(t->store, alert, "mail", 3, SEVERITY_CRITICAL, AT(3));
	check(t, LOOK_OLDEST_OWED, AT(10), "mail 7000;soc 9000;");
	/* What left does not count, nor does what is given up; a clock that
	 * went back makes no negative age. */
	tempstore_exec(t, "update delivery set state = 4, next_ms = null "
			  "where target = 'mail'");
	tempstore_exec(t, "update delivery set state = 2, next_ms = null, "
			  "sent_ms = 1 where id = 1");
	check(t, LOOK_OLDEST_OWED, AT(10), "mail 0;soc 8000;");
	check(t, LOOK_OLDEST_OWED, T, "mail 0;soc 0;");
}

static void test_sources(void **state)
{
	struct tempstore *t = *state;

	tempstore_exec(t, "insert into source (name, kind) "
			  "values ('azure', 'x'), ('graph', 'x')");
	check(t, LOOK_GAP_COUNTS, T, "");
	check(t, LOOK_QUARANTINE_COUNTS, T, "azure 0;graph 0;");
	tempstore_exec(t, "insert into feed (id, source_id, scope) select 1, "
			  "id, '' from source where name = 'graph'");
	tempstore_exec(t, "insert into gap (feed_id, from_ms, to_ms, since_ms, "
			  "closed_ms, reason) values (1, 0, 5, 0, null, ''), "
			  "(1, 10, 17, 0, null, ''), (1, 20, 90, 0, 1, '')");
	check(t, LOOK_GAP_COUNTS, T, "graph 2 12;");
	tempstore_exec(t,
		       "insert into quarantine (source_id, poll_id, "
		       "content_hash, reason, raw, seen_ms, last_seen_ms, "
		       "resolved_ms) select id, 1, x'01', '', '', 0, 0, null "
		       "from source where name = 'azure' union all "
		       "select id, 1, x'02', '', '', 0, 0, 1 from source "
		       "where name = 'azure'");
	check(t, LOOK_QUARANTINE_COUNTS, T, "azure 1;graph 0;");
}

static void test_held_and_silences(void **state)
{
	struct tempstore *t = *state;
	int64_t alert = put_alert(t->store, 1, SEVERITY_HIGH, AT(30));

	assert_int_equal(alert, 1);
	check(t, LOOK_HELD_COUNTS, T, "");
	tempstore_exec(t, "insert into bundle (id, cause, name, target, "
			  "opened_ms, due_ms, closed_ms) values "
			  "(1, 4, '1', 'soc', 0, 9, null), "
			  "(2, 7, '', 'soc', 0, 9, null), "
			  "(3, 6, 'q', 'soc', 0, 9, 9)");
	tempstore_exec(t,
		       "insert into bundle_entry (bundle_id, alert_id, "
		       "episode, kind, severity, step, transition, added_ms, "
		       "outcome, ended_ms) values (1, 1, 1, 0, 3, 0, 0, 0, "
		       "0, null), (1, 1, 1, 0, 3, 1, 0, 0, 0, null), "
		       "(1, 1, 1, 0, 3, 2, 0, 0, 3, 5)");
	check(t, LOOK_HELD_COUNTS, T, "silence 2;storm 0;");

	tempstore_exec(t, "insert into silence (author, reason, when_text, "
			  "starts_ms, ends_ms, ended_ms, covers_critical, "
			  "created_ms) values ('a', 'b', 'c', 10, 20, null, 0, "
			  "0), ('a', 'b', 'c', 10, 30, 12, 0, 0)");
	check(t, LOOK_SILENCE_COUNT, 9, "0;");
	check(t, LOOK_SILENCE_COUNT, 10, "1;");
	check(t, LOOK_SILENCE_COUNT, 20, "0;");
}

static void test_responses(void **state)
{
	static const char put[] =
		"insert into response (episode, alert_version, action, state, "
		"subject, verdict, contain, asked_by, planned_ms, expires_ms, "
		"approved_by, approved_ms, finished_ms) values "
		"(1, 1, 1, 1, 'a', 0, 0, 'ann', 5, 9, null, null, null), "
		"(1, 1, 1, 4, 'b', 0, 0, 'ann', 5, 9, 'ben', 6, 8), "
		"(1, 1, 8, 5, 'c', 0, 0, 'ann', 5, 9, 'ben', 6, 8), "
		"(1, 1, 8, 5, 'd', 0, 0, 'ann', 5, 9, 'ben', 6, 8)";
	static const char *const ends[] = { "suspend-user done 1;",
					    "suspend-user failed 0;",
					    "exec failed 2;" };
	struct tempstore *t = *state;
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	struct selector all = { .now_ms = T };

	tempstore_exec(t, put);
	check(t, LOOK_RESPONSE_COUNTS, T,
	      "planned 0;waiting 1;approved 0;running 0;");
	assert_true(look(t->store, LOOK_RESPONSE_ENDS, &all, on_row, &out,
			 NULL) >= 0);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (!strstr(out.buf, ends[i]))
			fail_msg("%s", out.buf);
}

static int on_plan(void *arg, size_t n, const char *const *names,
		   const struct cell *cells)
{
	strbuf_addf(arg, "%s\n", cells[n - 1].text);
	(void)names;
	return 0;
}

/* The tables that grow are only sought in, or counted by what is open. */
static void test_nothing_that_grows_is_read(void **state)
{
	static const char *const growing[] = {
		"SCAN a\n", "SCAN alert", "SCAN d\n", "SCAN delivery\n",
		"SCAN e\n", "SCAN event", "SCAN r\n",
	};
	struct tempstore *t = *state;

	for (int q = 0; q < QUESTION_MAX; q++) {
		CLEANUP(strbuf_release) struct strbuf plan = STRBUF_INIT;
		CLEANUP(free_ptr) char *text = NULL;

		if (!question_metrics_text[q] || q == LOOK_EVENT_COUNT)
			continue;
		text = xasprintf("EXPLAIN QUERY PLAN %s",
				 question_metrics_text[q]);
		assert_true(look_query(t->store, text, 0, on_plan, &plan,
				       NULL) > 0);
		for (size_t i = 0; i < ARRAY_SIZE(growing); i++)
			if (strstr(plan.buf, growing[i]))
				fail_msg("%s\n%s", text, plan.buf);
	}
}

#define IN_STORE(fn)                                                           \
	cmocka_unit_test_setup_teardown(fn, tempstore_setup, tempstore_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_STORE(test_worst_overdue),
		IN_STORE(test_oldest_owed),
		IN_STORE(test_sources),
		IN_STORE(test_held_and_silences),
		IN_STORE(test_responses),
		IN_STORE(test_nothing_that_grows_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
