/* Waits of a clock that was set back keep what was left of them; what began
 * before, and what only tells what happened, stays. */
#include "store/waits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "helpers/sample.h"
#include "helpers/tempstore.h"
#include "store/alerts.h"
#include "store/txn.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

/* The clock showed AHEAD when it was set back to NOW. In the texts times are
 * thousands behind NOW; AHEAD is 5000. */
#define NOW SAMPLE_NOW_MS
#define BY INT64_C(5000000)

/* Alert 1. */
#define CLOCK_HEAD                                                             \
	"INSERT INTO clock (alert_id, episode, kind, severity, policy, "       \
	"started_ms, due_ms, next_ms, held_ms, hold_until_ms, breached_ms, "   \
	"stopped_ms) VALUES "
#define CLOCK_TIMES                                                            \
	"SELECT ((started_ms - @0) / 1000) || ' ' || "                         \
	"((due_ms - @0) / 1000) || ' ' || "                                    \
	"ifnull(((next_ms - @0) / 1000), '-') || ' ' || "                      \
	"ifnull(((held_ms - @0) / 1000), '-') || ' ' || "                      \
	"ifnull(((hold_until_ms - @0) / 1000), '-') FROM clock "
#define UNHELD(from, until, waited)                                            \
	"; UPDATE clock SET last_held_ms = " from ", unheld_ms = " until       \
	", waited_ms = 1000 * " waited
#define CLOCK_UNHELD                                                           \
	"SELECT ((started_ms - @0) / 1000) || ' ' || "                         \
	"((due_ms - @0) / 1000) || ' ' || ((next_ms - @0) / 1000) || ' ' || "  \
	"((unheld_ms - @0) / 1000) || ' ' || (waited_ms / 1000) FROM clock"
#define LADDER_HEAD                                                            \
	"INSERT INTO ladder (alert_id, episode, route, started_ms, step, "     \
	"repeat, next_ms, stopped_ms) VALUES "
#define LADDER_TIMES                                                           \
	"SELECT ((started_ms - @0) / 1000) || ' ' || "                         \
	"ifnull(((next_ms - @0) / 1000), '-') FROM ladder"
#define NOTICE_HEAD                                                            \
	"INSERT INTO delivery (key, alert_id, episode, target, kind, step, "   \
	"severity, state, created_ms, not_before_ms, expires_ms, next_ms, "    \
	"sent_ms) VALUES "
#define NOTICE_TIMES                                                           \
	"SELECT ((created_ms - @0) / 1000) || ' ' || "                         \
	"((not_before_ms - @0) / 1000) || ' ' || "                             \
	"((expires_ms - @0) / 1000) || ' ' || "                                \
	"ifnull(((next_ms - @0) / 1000), '-') FROM delivery"
#define TOO_OLD                                                                \
	"SELECT state || ' ' || ifnull(((next_ms - @0) / 1000), '-') || ' ' "  \
	"|| ifnull(last_error, '-') FROM delivery"
#define BUNDLE_HEAD                                                            \
	"INSERT INTO bundle (cause, name, target, opened_ms, due_ms, "         \
	"closed_ms) VALUES "
#define BUNDLE_TIMES                                                           \
	"SELECT ((opened_ms - @0) / 1000) || ' ' || "                          \
	"((due_ms - @0) / 1000) FROM bundle"
#define SILENCE_HEAD                                                           \
	"INSERT INTO silence (author, reason, when_text, covers_critical, "    \
	"created_ms, starts_ms, ends_ms, ended_ms) VALUES ('ann', 'noise', "   \
	"'title=*', 0, "
#define SILENCE_TIMES                                                          \
	"SELECT ((created_ms - @0) / 1000) || ' ' || "                         \
	"((starts_ms - @0) / 1000) || ' ' || ((ends_ms - @0) / 1000) "         \
	"FROM silence"
#define DRILL_HEAD                                                             \
	"INSERT INTO drill (asked_by, severity, with_hooks, started_ms, "      \
	"ends_ms, ended_ms, result) VALUES ('ann', 4, 0, "
#define DRILL_TIMES                                                            \
	"SELECT ((started_ms - @0) / 1000) || ' ' || "                         \
	"((ends_ms - @0) / 1000) FROM drill"
#define RESPONSE_HEAD                                                          \
	"INSERT INTO response (episode, alert_version, action, state, "        \
	"subject, verdict, contain, asked_by, planned_ms, expires_ms, "        \
	"approved_by, approved_ms, not_before_ms, lease_ms, finished_ms) "     \
	"VALUES (1, 1, 0, "
#define RESPONSE_TIMES                                                         \
	"SELECT ((planned_ms - @0) / 1000) || ' ' || "                         \
	"((expires_ms - @0) / 1000) || ' ' || "                                \
	"ifnull(((not_before_ms - @0) / 1000), '-') FROM response"
#define REMIND_TIMES                                                           \
	"SELECT ((planned_ms - @0) / 1000) || ' ' || "                         \
	"((expires_ms - @0) / 1000) || ' ' || ((remind_ms - @0) / 1000) "      \
	"FROM response"
#define SINCE_TIMES                                                            \
	"SELECT ((approved_ms - @0) / 1000) || ' ' || "                        \
	"((since_ms - @0) / 1000) || ' ' || ((expires_ms - @0) / 1000) "       \
	"FROM response"
#define ALERT_TIMES                                                            \
	"SELECT ((acknowledged_ms - @0) / 1000) || ' ' || "                    \
	"((acknowledge_expires_ms - @0) / 1000) FROM alert"
#define ACKNOWLEDGE "UPDATE alert SET state = 1, acknowledged_by = 'ann', "

static const struct {
	const char *name, *set; /* @N is NOW + 1000 * N */
	const char *ask;
	const char *before, *after;
	int kind, n; /* how many of it were moved */
} waits[] = {
	{ "an acknowledgement given ahead",
	  ACKNOWLEDGE "acknowledged_ms = @4000, acknowledge_expires_ms = @9000",
	  ALERT_TIMES, "4000 9000", "4000 4000", WAIT_ACKNOWLEDGEMENT, 1 },
	{ "one that was over by then",
	  ACKNOWLEDGE "acknowledged_ms = @2000, acknowledge_expires_ms = @4500",
	  ALERT_TIMES, "2000 4500", "2000 -500", WAIT_ACKNOWLEDGEMENT, 1 },
	{ "one given before",
	  ACKNOWLEDGE "acknowledged_ms = @-10, acknowledge_expires_ms = @9000",
	  ALERT_TIMES, "-10 9000", "-10 9000", WAIT_ACKNOWLEDGEMENT, 0 },
	{ "a clock that began ahead",
	  CLOCK_HEAD "(1, 1, 0, 3, 'x', @4000, @9000, @6500, NULL, NULL, NULL, "
		     "NULL)",
	  CLOCK_TIMES, "4000 9000 6500 - -", "-1000 4000 1500 - -", WAIT_CLOCK,
	  1 },
	{ "one that began before",
	  CLOCK_HEAD "(1, 1, 0, 3, 'x', @-4000, @9000, @6500, NULL, NULL, "
		     "NULL, NULL)",
	  CLOCK_TIMES, "-4000 9000 6500 - -", "-4000 9000 6500 - -", WAIT_CLOCK,
	  0 },
	{ "one that began before, on hold since",
	  CLOCK_HEAD "(1, 1, 1, 3, 'x', @-4000, @-100, @6500, @4900, @6500, "
		     "NULL, NULL)",
	  CLOCK_TIMES, "-4000 -100 6500 4900 6500", "-4000 -100 1500 -100 1500",
	  WAIT_CLOCK, 1 },
	{ "one that began ahead and is on hold",
	  CLOCK_HEAD "(1, 1, 1, 3, 'x', @4000, @9000, @6500, @4900, @6500, "
		     "NULL, NULL)",
	  CLOCK_TIMES, "4000 9000 6500 4900 6500", "-1000 4000 1500 -100 1500",
	  WAIT_CLOCK, 1 },
	{ "one that began before, on hold from before until then",
	  CLOCK_HEAD "(1, 1, 1, 3, 'x', @-4000, @9000, @8000, NULL, NULL, "
		     "NULL, NULL)" UNHELD("@-3000", "@4000", "7000"),
	  CLOCK_UNHELD, "-4000 9000 8000 4000 7000",
	  "-4000 4000 3000 -1000 2000", WAIT_CLOCK, 1 },
	{ "one that began before, on hold ahead for a while",
	  CLOCK_HEAD "(1, 1, 1, 3, 'x', @-4000, @900, @800, NULL, NULL, "
		     "NULL, NULL)" UNHELD("@3000", "@4000", "1000"),
	  CLOCK_UNHELD, "-4000 900 800 4000 1000", "-4000 900 800 4000 1000",
	  WAIT_CLOCK, 0 },
	{ "one that began before, on hold until then and again",
	  CLOCK_HEAD "(1, 1, 1, 3, 'x', @-4000, @9000, @7500, @4500, @7500, "
		     "NULL, NULL)" UNHELD("@-3000", "@4000", "7000"),
	  CLOCK_UNHELD, "-4000 9000 7500 4000 7000",
	  "-4000 4000 2500 -1000 2000", WAIT_CLOCK, 1 },
	{ "one that ran out ahead",
	  CLOCK_HEAD "(1, 1, 0, 3, 'x', @3000, @4000, NULL, NULL, NULL, "
		     "@4000, NULL)",
	  CLOCK_TIMES, "3000 4000 - - -", "-2000 -1000 - - -", WAIT_CLOCK, 1 },
	{ "one that is stopped",
	  CLOCK_HEAD "(1, 1, 0, 3, 'x', @3000, @9000, NULL, NULL, NULL, NULL, "
		     "@4000)",
	  CLOCK_TIMES, "3000 9000 - - -", "3000 9000 - - -", WAIT_CLOCK, 0 },
	{ "a ladder that began ahead",
	  LADDER_HEAD "(1, 1, 'day', @4000, 1, 0, @5300, NULL)", LADDER_TIMES,
	  "4000 5300", "-1000 300", WAIT_LADDER, 1 },
	{ "one that is over",
	  LADDER_HEAD "(1, 1, 'day', @4000, 1, 0, NULL, @4500)", LADDER_TIMES,
	  "4000 -", "4000 -", WAIT_LADDER, 0 },
	{ "one that began before",
	  LADDER_HEAD "(1, 1, 'day', @-100, 1, 0, @300, NULL)", LADDER_TIMES,
	  "-100 300", "-100 300", WAIT_LADDER, 0 },
	{ "a message of before that waits for its next try",
	  NOTICE_HEAD "('k', 1, 1, 'soc', 0, 0, 3, 3, @-100, @5030, @800, "
		      "@5030, NULL)",
	  NOTICE_TIMES, "-100 5030 800 5030", "-100 30 800 30", WAIT_MESSAGE,
	  1 },
	{ "a new one",
	  NOTICE_HEAD "('k', 1, 1, 'soc', 0, 0, 3, 0, @4900, @4900, @8000, "
		      "@4900, NULL)",
	  NOTICE_TIMES, "4900 4900 8000 4900", "4900 0 3000 0", WAIT_MESSAGE,
	  1 },
	{ "one in the hands of a sender",
	  NOTICE_HEAD "('k', 1, 1, 'soc', 0, 0, 3, 1, @4900, @4900, @8000, "
		      "@5200, NULL)",
	  NOTICE_TIMES, "4900 4900 8000 5200", "4900 4900 8000 5200",
	  WAIT_MESSAGE, 0 },
	{ "one that was sent",
	  NOTICE_HEAD "('k', 1, 1, 'soc', 0, 0, 3, 2, @4900, @4900, @8000, "
		      "NULL, @4950)",
	  NOTICE_TIMES, "4900 4900 8000 -", "4900 4900 8000 -", WAIT_MESSAGE,
	  0 },
	{ "one that was too old for the clock that was ahead",
	  NOTICE_HEAD "('k', 1, 1, 'soc', 0, 0, 3, 4, @-100, @-100, @800, "
		      "NULL, NULL); UPDATE delivery SET given_up_ms = @3000, "
		      "last_error = 'expired'",
	  TOO_OLD, "4 - expired", "0 0 -", WAIT_TOO_OLD, 1 },
	{ "one that was tried before",
	  NOTICE_HEAD "('k', 1, 1, 'soc', 0, 0, 3, 4, @-100, @-100, @800, "
		      "NULL, NULL); UPDATE delivery SET given_up_ms = @3000, "
		      "last_error = 'expired (no route (to host))'",
	  TOO_OLD, "4 - expired (no route (to host))", "0 0 no route (to host)",
	  WAIT_TOO_OLD, 1 },
	{ "one that is too old",
	  NOTICE_HEAD "('k', 1, 1, 'soc', 0, 0, 3, 4, @-100, @-100, @-10, "
		      "NULL, NULL); UPDATE delivery SET given_up_ms = @3000, "
		      "last_error = 'expired'",
	  TOO_OLD, "4 - expired", "4 - expired", WAIT_TOO_OLD, 0 },
	{ "one that ran out before",
	  NOTICE_HEAD "('k', 1, 1, 'soc', 0, 0, 3, 4, @-100, @-100, @800, "
		      "NULL, NULL); UPDATE delivery SET given_up_ms = @-10, "
		      "last_error = 'expired'",
	  TOO_OLD, "4 - expired", "4 - expired", WAIT_TOO_OLD, 0 },
	{ "one that its target refused",
	  NOTICE_HEAD "('k', 1, 1, 'soc', 0, 0, 3, 4, @-100, @-100, @800, "
		      "NULL, NULL); UPDATE delivery SET given_up_ms = @3000, "
		      "last_error = 'expired card'",
	  TOO_OLD, "4 - expired card", "4 - expired card", WAIT_TOO_OLD, 0 },
	{ "an escalation of what was acknowledged since",
	  NOTICE_HEAD "('k', 1, 1, 'soc', 1, 0, 3, 4, @-100, @-100, @800, "
		      "NULL, NULL); UPDATE delivery SET given_up_ms = @3000, "
		      "last_error = 'expired'; UPDATE alert SET state = 1",
	  TOO_OLD, "4 - expired", "4 - expired", WAIT_TOO_OLD, 0 },
	{ "news of what was acknowledged since",
	  NOTICE_HEAD "('k', 1, 1, 'soc', 0, 0, 3, 4, @-100, @-100, @800, "
		      "NULL, NULL); UPDATE delivery SET given_up_ms = @3000, "
		      "last_error = 'expired'; UPDATE alert SET state = 1",
	  TOO_OLD, "4 - expired", "0 0 -", WAIT_TOO_OLD, 1 },
	{ "news of what was closed since",
	  NOTICE_HEAD "('k', 1, 1, 'soc', 0, 0, 3, 4, @-100, @-100, @800, "
		      "NULL, NULL); UPDATE delivery SET given_up_ms = @3000, "
		      "last_error = 'expired'; UPDATE alert SET state = 2, closed_ms = @3500",
	  TOO_OLD, "4 - expired", "4 - expired", WAIT_TOO_OLD, 0 },
	{ "that it is closed",
	  NOTICE_HEAD "('k', 1, 1, 'soc', 6, 0, 3, 4, @-100, @-100, @800, "
		      "NULL, NULL); UPDATE delivery SET given_up_ms = @3000, "
		      "last_error = 'expired'; UPDATE alert SET state = 2, closed_ms = @3500",
	  TOO_OLD, "4 - expired", "0 0 -", WAIT_TOO_OLD, 1 },
	{ "a digest begun ahead",
	  BUNDLE_HEAD "(1, 'd', 'soc', @4000, @9000, NULL)", BUNDLE_TIMES,
	  "4000 9000", "4000 4000", WAIT_BUNDLE, 1 },
	{ "one begun before", BUNDLE_HEAD "(1, 'd', 'soc', @-10, @9000, NULL)",
	  BUNDLE_TIMES, "-10 9000", "-10 9000", WAIT_BUNDLE, 0 },
	{ "what quiet hours hold, put off ahead",
	  BUNDLE_HEAD "(5, 'q', 'soc', @-10, @9000, NULL)", BUNDLE_TIMES,
	  "-10 9000", "-10 4000", WAIT_BUNDLE, 1 },
	{ "what is gone", BUNDLE_HEAD "(3, 'g', 'soc', @4000, @9000, @4500)",
	  BUNDLE_TIMES, "4000 9000", "4000 9000", WAIT_BUNDLE, 0 },
	{ "a silence", SILENCE_HEAD "@4000, @4500, @9000, NULL)", SILENCE_TIMES,
	  "4000 4500 9000", "4000 -500 4000", WAIT_SILENCE, 1 },
	{ "one that has ended", SILENCE_HEAD "@4000, @4500, @9000, @4600)",
	  SILENCE_TIMES, "4000 4500 9000", "4000 4500 9000", WAIT_SILENCE, 0 },
	{ "one of before", SILENCE_HEAD "@-100, @4500, @9000, NULL)",
	  SILENCE_TIMES, "-100 4500 9000", "-100 4500 9000", WAIT_SILENCE, 0 },
	{ "a drill", DRILL_HEAD "@4000, @5500, NULL, 0)", DRILL_TIMES,
	  "4000 5500", "4000 500", WAIT_DRILL, 1 },
	{ "one that is over", DRILL_HEAD "@4000, @5500, @4300, 3)", DRILL_TIMES,
	  "4000 5500", "4000 5500", WAIT_DRILL, 0 },
	{ "a response nobody approved yet",
	  RESPONSE_HEAD "1, 'eve', 0, 0, 'ann', @4000, @7000, NULL, NULL, "
			"NULL, NULL, NULL)",
	  RESPONSE_TIMES, "4000 7000 -", "4000 2000 -", WAIT_RESPONSE, 1 },
	{ "one that somebody is asked for again",
	  RESPONSE_HEAD "1, 'eve', 0, 0, 'ann', @4000, @7000, NULL, NULL, "
			"NULL, NULL, NULL); UPDATE response SET remind_ms = "
			"@5500",
	  REMIND_TIMES, "4000 7000 5500", "4000 2000 500", WAIT_RESPONSE, 1 },
	{ "one that somebody was asked for before",
	  RESPONSE_HEAD "1, 'eve', 0, 0, 'ann', @-40, @7000, NULL, NULL, "
			"NULL, NULL, NULL); UPDATE response SET remind_ms = "
			"@3400",
	  REMIND_TIMES, "-40 7000 3400", "-40 7000 3400", WAIT_RESPONSE, 0 },
	{ "one approved ahead that waits for its next try",
	  RESPONSE_HEAD "2, 'eve', 0, 0, 'ann', @-40, @7000, 'ben', @4000, "
			"@5060, NULL, NULL)",
	  RESPONSE_TIMES, "-40 7000 5060", "-40 2000 60", WAIT_RESPONSE, 1 },
	{ "one approved before, tried ahead",
	  RESPONSE_HEAD "2, 'eve', 0, 0, 'ann', @-40, @7000, 'ben', @-30, "
			"@5060, NULL, NULL)",
	  RESPONSE_TIMES, "-40 7000 5060", "-40 7000 60", WAIT_RESPONSE, 1 },
	{ "one that is being done",
	  RESPONSE_HEAD "3, 'eve', 0, 0, 'ann', @4000, @7000, 'ben', @4000, "
			"NULL, @5060, NULL)",
	  RESPONSE_TIMES, "4000 7000 -", "4000 2000 -", WAIT_RESPONSE, 1 },
	{ "one that is tried on for a day, and is being done",
	  RESPONSE_HEAD "3, 'eve', 0, 0, 'ann', @-40, @-7, 'ben', @4000, "
			"NULL, @5060, NULL); UPDATE response SET since_ms = "
			"@4000",
	  SINCE_TIMES, "4000 4000 -7", "4000 -1000 -7", WAIT_RESPONSE, 1 },
	{ "one that is tried since before",
	  RESPONSE_HEAD "2, 'eve', 0, 0, 'ann', @-40, @-7, 'ben', @-30, "
			"@-5, NULL, NULL); UPDATE response SET since_ms = "
			"@-30",
	  SINCE_TIMES, "-30 -30 -7", "-30 -30 -7", WAIT_RESPONSE, 0 },
};

/* @text with its times in it; heap. */
static char *with_times(const char *text)
{
	struct strbuf out = STRBUF_INIT;

	while (*text) {
		char *end;

		if (*text != '@') {
			strbuf_add(&out, text++, 1);
			continue;
		}
		strbuf_addf(&out, "%lld",
			    (long long)(NOW +
					1000 * strtoll(text + 1, &end, 10)));
		text = end;
	}
	return out.buf;
}

static void set(struct tempstore *t, const char *text)
{
	CLEANUP(free_ptr) char *sql = with_times(text);

	tempstore_exec(t, sql);
}

static const char *ask(struct tempstore *t, const char *text)
{
	CLEANUP(free_ptr) char *sql = with_times(text);

	return tempstore_value(t, sql);
}

static void move(struct tempstore *t, int64_t now_ms, int64_t by_ms,
		 int64_t n[WAIT_KIND_MAX])
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct err err = ERR_INIT;

	if (txn_begin(&txn, t->store, &err) < 0 ||
	    waits_move(t->store, now_ms, by_ms, n, &err) < 0 ||
	    txn_commit(&txn, &err) < 0)
		fail_msg("%s", err.text);
}

static void add_alert(struct tempstore *t)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	CLEANUP(alert_release) struct alert a;
	const struct sighting at = { .now_ms = NOW };
	struct decision d;
	int64_t id = 0;

	sample_arm(&a, 1);
	d = sample_decision(&a);
	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	assert_int_equal(alerts_insert(t->store, &a, &d, &at, &id, NULL), 0);
	assert_int_equal(id, 1);
	assert_int_equal(txn_commit(&txn, NULL), 0);
}

static void check_wait(size_t i)
{
	int64_t n[WAIT_KIND_MAX];
	void *state = NULL;
	struct tempstore *t;

	assert_int_equal(tempstore_setup(&state), 0);
	t = state;
	add_alert(t);
	set(t, waits[i].set);
	assert_string_equal(ask(t, waits[i].ask), waits[i].before);
	move(t, NOW, BY, n);
	for (int k = 0; k < WAIT_KIND_MAX; k++)
		assert_int_equal(n[k], k == waits[i].kind ? waits[i].n : 0);
	assert_string_equal(ask(t, waits[i].ask), waits[i].after);
	assert_int_equal(tempstore_teardown(&state), 0);
}

static void test_each(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(waits); i++) {
		print_message("%s\n", waits[i].name);
		check_wait(i);
	}
}

/* An hour back: what is left of four hours reaches beyond their beginning. */
static void test_little_by_little(void **state)
{
	struct tempstore *t = *state;
	int64_t n[WAIT_KIND_MAX];

	add_alert(t);
	set(t, ACKNOWLEDGE
	    "acknowledged_ms = @3000, acknowledge_expires_ms = @18000");
	move(t, NOW, 3600000, n);
	assert_string_equal(ask(t, ALERT_TIMES), "3000 14400");
	move(t, NOW - 3600000, 3600000, n);
	assert_string_equal(ask(t, ALERT_TIMES), "3000 10800");
}

/* The queue is sorted by when clocks run out. */
static void test_queue(void **state)
{
	struct tempstore *t = *state;
	int64_t n[WAIT_KIND_MAX];

	add_alert(t);
	set(t, CLOCK_HEAD "(1, 1, 0, 3, 'x', @4000, @9000, @6500, NULL, NULL, "
			  "NULL, NULL)");
	set(t, "UPDATE alert SET urgency_ms = @9000");
	move(t, NOW, BY, n);
	assert_string_equal(ask(t,
				"SELECT ((urgency_ms - @0) / 1000) FROM alert"),
			    "4000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each),
		cmocka_unit_test_setup_teardown(test_little_by_little,
						tempstore_setup,
						tempstore_teardown),
		cmocka_unit_test_setup_teardown(test_queue, tempstore_setup,
						tempstore_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
