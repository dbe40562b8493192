/*
 * Each call of store/ while one of its questions to the engine fails, the
 * first, the second, until it has no n-th any more: its caller hears of it with
 * the cause and the file, nothing of what it began is left, and the same call
 * then does its work on the same connection.
 *
 * Battery: A5.
 *
 * tests/store/test_faults.c does the same below the engine, for whole
 * operations.
 */
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>
#include <cmocka.h>

#include "helpers/dbstate.h"
#include "store/call_faults.h"
#include "store/each_call_rest.h"
#include "store/history.h"
#include "store/inspect.h"
#include "store/look.h"
#include "store/search.h"
#include "store/sqlite/engine_priv.h"
#include "store/txn.h"

#define ENDLESS 20000

struct asked {
	const char *name;
	int (*run)(struct store *s, struct err *err);
	enum {
		IN_TXN, /* of the caller */
		ALONE /* reads, or has a transaction of its own */
	} place;
};

static int ignore_row(void *arg, size_t n, const char *const *names,
		      const struct cell *cells)
{
	(void)arg;
	(void)n;
	(void)names;
	(void)cells;
	return 0;
}

static int do_query(struct store *s, struct err *err)
{
	return look_query(s, "SELECT id, title FROM v_alerts", 0, ignore_row,
			  NULL, err);
}

static int do_resolve_id(struct store *s, struct err *err)
{
	int64_t id;

	return look_resolve_id(s, "2517000001", &id, err);
}

static int do_search(struct store *s, struct err *err)
{
	const struct search what = { .text = "words", .sel.now_ms = T };
	struct search_outcome out;

	return search_alerts(s, &what, ignore_row, NULL, &out, err);
}

static int do_search_selected(struct store *s, struct err *err)
{
	const struct search what = {
		.text = "susp* ada@example.org",
		.sel = { .severities = 1u << SEVERITY_HIGH, .now_ms = T },
	};
	struct search_outcome out;

	return search_alerts(s, &what, ignore_row, NULL, &out, err);
}

static int do_doubt(struct store *s, struct err *err)
{
	bool damaged;

	return search_doubt(s, "phishing", &damaged, err);
}

static int do_fill_again(struct store *s, struct err *err)
{
	return search_fill_again(s, err);
}

static int do_fill(struct store *s, struct err *err)
{
	return search_fill(s, err);
}

static int do_tidy(struct store *s, struct err *err)
{
	return search_tidy(s, err);
}

static int read_history(struct history *h, struct err *err)
{
	CLEANUP(free_ptr) struct pause *pauses = NULL;
	struct silence *silences = NULL;
	size_t n = 0;
	int64_t end;
	int rc = history_silences(h, 1, &silences, &n, err);

	silence_rows_free(silences, n);
	if (rc >= 0)
		rc = history_pauses(h, &pauses, &n, &end, err);
	while (rc >= 0) {
		CLEANUP(past_alert_release) struct past_alert p = { 0 };
		CLEANUP(free_ptr) char *raw = NULL;

		rc = history_next(h, &p, err);
		if (rc == 0)
			break;
		if (rc == 1)
			rc = history_raw(h, p.now.tracked.id, 1, &raw, &n, err);
	}
	return rc;
}

static int do_history(struct store *s, struct err *err)
{
	CLEANUP(history_close_ptr) struct history *h = NULL;
	int rc = history_open(s, 1, &h, err);

	return rc < 0 ? rc : read_history(h, err);
}

/* In this order: each finds what those before it left. */
static const struct asked calls[] = {
	{ "ledger_source", do_source, IN_TXN },
	{ "ledger_poll_begin", do_poll_begin, IN_TXN },
	{ "alerts_number_from", do_number_from, IN_TXN },
	{ "alerts_insert", do_insert, IN_TXN },
	{ "alerts_insert, another", do_insert_second, IN_TXN },
	{ "alerts_insert, a double", do_insert_double, IN_TXN },
	{ "alerts_find", do_find, ALONE },
	{ "alerts_find_all", do_find_all, ALONE },
	{ "alerts_bump", do_bump, IN_TXN },
	{ "alerts_bump_all", do_bump_all, IN_TXN },
	{ "alerts_update", do_update, IN_TXN },
	{ "alerts_update, stale", do_update_stale, IN_TXN },
	{ "alerts_repeats", do_repeats, ALONE },
	{ "alerts_merge", do_merge, IN_TXN },
	{ "alerts_mark_missing", do_mark_missing, IN_TXN },
	{ "ledger_poll_add", do_poll_add, IN_TXN },
	{ "ledger_quarantine", do_quarantine, IN_TXN },
	{ "ledger_poll_end", do_poll_end, IN_TXN },
	{ "ledger_poll_scope", do_poll_scope, ALONE },
	{ "ledger_was_whole", do_was_whole, ALONE },
	{ "ledger_anew", do_anew, IN_TXN },
	{ "ledger_last_complete", do_last_complete, ALONE },
	{ "ledger_quarantined", do_quarantined, ALONE },
	{ "ledger_quarantine_resolve", do_quarantine_resolve, IN_TXN },
	{ "ledger_cursor_set", do_cursor_set, IN_TXN },
	{ "ledger_cursor_get", do_cursor_get, ALONE },
	{ "ledger_recover", do_recover_polls, ALONE },
	{ "coverage_gap_open", do_gap_open, IN_TXN },
	{ "coverage_look", do_coverage_look, ALONE },
	{ "coverage_gap_close", do_gap_close, IN_TXN },
	{ "coverage_cut", do_coverage_cut, IN_TXN },
	{ "alerts_load", do_load, ALONE },
	{ "surroundings_keep", do_keep_high, IN_TXN },
	{ "surroundings_other_high", do_other_high, ALONE },
	{ "surroundings_keep, not", do_forget_high, IN_TXN },
	{ "related_find", do_related, ALONE },
	{ "cases_put_clock", do_put_clock, IN_TXN },
	{ "cases_put_ladder", do_put_ladder, IN_TXN },
	{ "cases_load", do_load_case, ALONE },
	{ "cases_due", do_cases_due, ALONE },
	{ "cases_open", do_cases_open, ALONE },
	{ "cases_open_of", do_cases_open_of, ALONE },
	{ "cases_ladder_behind", do_ladder_behind, ALONE },
	{ "cases_step_traces", do_step_traces, ALONE },
	{ "outbox_put", do_put, IN_TXN },
	{ "outbox_put, mail", do_put_mail, IN_TXN },
	{ "outbox_put, boss", do_put_boss, IN_TXN },
	{ "outbox_lease", do_lease, ALONE },
	{ "outbox_settle", do_settle, ALONE },
	{ "outbox_lease, mail", do_lease_mail, ALONE },
	{ "outbox_release", do_release, ALONE },
	{ "outbox_lease, again", do_lease_mail, IN_TXN },
	{ "outbox_recover", do_recover_leases, ALONE },
	{ "outbox_lease, once more", do_lease_mail, IN_TXN },
	{ "outbox_settle, retry", do_settle_retry, IN_TXN },
	{ "outbox_hasten", do_hasten, ALONE },
	{ "targets_get", do_target_state, ALONE },
	{ "outbox_told", do_told, ALONE },
	{ "outbox_maybe_told", do_maybe_told, ALONE },
	{ "outbox_tried", do_tried, ALONE },
	{ "outbox_was_taken", do_was_taken, ALONE },
	{ "outbox_summaries_over", do_summaries_over, ALONE },
	{ "outbox_standing", do_standing, ALONE },
	{ "outbox_sent_since", do_sent_since, ALONE },
	{ "outbox_orphans", do_orphans, ALONE },
	{ "outbox_settle, gone", do_settle_gone, IN_TXN },
	{ "outbox_unheard", do_unheard, ALONE },
	{ "outbox_has_news", do_has_news, ALONE },
	{ "outbox_put_second", do_put_second, IN_TXN },
	{ "outbox_told_instead", do_told_instead, IN_TXN },
	{ "outbox_target", do_target, ALONE },
	{ "outbox_list", do_list, ALONE },
	{ "outbox_about", do_about, ALONE },
	{ "outbox_retry", do_retry, IN_TXN },
	{ "outbox_drop", do_drop, IN_TXN },
	{ "targets_enable", do_target_enable, IN_TXN },
	{ "bundles_add", do_bundle, IN_TXN },
	{ "bundles_add, another", do_bundle_second, IN_TXN },
	{ "bundles_due", do_bundles_due, ALONE },
	{ "bundles_find", do_bundle_find, ALONE },
	{ "bundles_get", do_bundle_get, ALONE },
	{ "bundles_waiting", do_bundle_waiting, ALONE },
	{ "bundles_count", do_bundle_count, ALONE },
	{ "bundles_settle", do_bundle_settle, IN_TXN },
	{ "bundles_defer", do_bundle_defer, IN_TXN },
	{ "bundles_hasten", do_bundle_hasten, IN_TXN },
	{ "bundles_send", do_bundle_send, IN_TXN },
	{ "outbox_alerts", do_digest_alerts, ALONE },
	{ "bundles_past", do_bundle_past, ALONE },
	{ "audit_add", do_event, IN_TXN },
	{ "alerts_opened_as", do_opened_as, ALONE },
	{ "alerts_acknowledge", do_acknowledge, IN_TXN },
	{ "alerts_unacknowledge", do_unacknowledge, IN_TXN },
	{ "alerts_assign", do_assign, IN_TXN },
	{ "alerts_set_phase", do_phase, IN_TXN },
	{ "alerts_set_triaged", do_triaged, IN_TXN },
	{ "alerts_let_go", do_let_go, IN_TXN },
	{ "alerts_touch", do_touch, IN_TXN },
	{ "outbox_supersede_ladder", do_supersede_ladder, IN_TXN },
	{ "alerts_adopt", do_adopt, IN_TXN },
	{ "silence_rows_add", do_silence, IN_TXN },
	{ "silence_rows_open", do_silences_open, ALONE },
	{ "silence_rows_get", do_silence_get, ALONE },
	{ "silence_rows_announced", do_silence_announced, IN_TXN },
	{ "waits_clocks", do_waits_clocks, ALONE },
	{ "waits_move", do_waits, IN_TXN },
	{ "audit_last_ms", do_audit_last, ALONE },
	{ "audit_first_ms", do_audit_first, ALONE },
	{ "silence_rows_end", do_silence_end, IN_TXN },
	{ "drill_rows_add", do_drill, IN_TXN },
	{ "drill_rows_bind", do_drill_bind, IN_TXN },
	{ "drill_rows_running", do_drill_running, ALONE },
	{ "drill_rows_told", do_drill_told, ALONE },
	{ "drill_rows_end", do_drill_end, IN_TXN },
	{ "responses_add", do_response, IN_TXN },
	{ "responses_get", do_response_get, ALONE },
	{ "responses_other", do_response_other, ALONE },
	{ "responses_same", do_response_same, ALONE },
	{ "responses_to_remind", do_response_remind, ALONE },
	{ "responses_restored", do_response_restored, ALONE },
	{ "outbox_asked", do_asked, ALONE },
	{ "outbox_unask", do_unask, IN_TXN },
	{ "responses_expired", do_response_expired, ALONE },
	{ "responses_move", do_response_approve, IN_TXN },
	{ "responses_lease", do_response_lease, IN_TXN },
	{ "responses_lapsed", do_response_lapsed, ALONE },
	{ "responses_move, done", do_response_done, IN_TXN },
	{ "responses_changed", do_response_changed, ALONE },
	{ "responses_recent", do_response_recent, ALONE },
	{ "responses_item", do_response_item, ALONE },
	{ "evidence_keep", do_evidence, IN_TXN },
	{ "evidence_verify", do_evidence_verify, ALONE },
	{ "evidence_verify_all", do_evidence_verify_all, ALONE },
	{ "forwards_unlist", do_unlist, IN_TXN },
	{ "forwards_begin", do_forward, IN_TXN },
	{ "forwards_last", do_forward_last, ALONE },
	{ "forwards_read", do_forward_read, ALONE },
	{ "forwards_advance", do_forward_advance, IN_TXN },
	{ "forwards_fail", do_forward_fail, IN_TXN },
	{ "posture_rows_keep, plans", do_plans, IN_TXN },
	{ "posture_rows_keep, score", do_score, IN_TXN },
	{ "posture_rows_keep, advice", do_advice, IN_TXN },
	{ "posture_rows_keep, none", do_no_advice, IN_TXN },
	{ "posture_rows_keep, settings", do_posture_settings, IN_TXN },
	{ "posture_rows_standing", do_posture_standing, ALONE },
	{ "posture_rows_watch", do_posture_watch, IN_TXN },
	{ "posture_rows_watch, lost", do_posture_lose, IN_TXN },
	{ "posture_rows_sources", do_posture_sources, ALONE },
	{ "posture_rows_leave", do_posture_leave, IN_TXN },
	{ "posture_rows_expire", do_posture_expire, IN_TXN },
	{ "store_meta_set", do_meta_set, IN_TXN },
	{ "store_meta_get", do_meta_get, ALONE },
	{ "store_facts", do_facts, ALONE },
	{ "store_space", do_space, ALONE },
	{ "audit_verify", do_verify, ALONE },
	{ "audit_walk", do_walk, ALONE },
	{ "look_query", do_query, ALONE },
	{ "look_resolve_id", do_resolve_id, ALONE },
	{ "search_alerts", do_search, ALONE },
	{ "search_alerts, selected", do_search_selected, ALONE },
	{ "search_doubt", do_doubt, ALONE },
	{ "search_fill_again", do_fill_again, IN_TXN },
	{ "search_fill", do_fill, ALONE },
	{ "search_tidy", do_tidy, ALONE },
	{ "history", do_history, ALONE },
	{ "alerts_close", do_close, IN_TXN },
	{ "outbox_supersede", do_supersede, IN_TXN },
	{ "alerts_reopen", do_reopen, IN_TXN },
	{ "alerts_close, again", do_close, IN_TXN },
	{ "retention_step", do_retention, IN_TXN },
	{ "retention_untold", do_untold, ALONE },
	{ "retention_told", do_told_removed, IN_TXN },
	{ "retention_gone", do_gone, IN_TXN },
};

static struct tempstore *t;

/* The operator reads what, where and why. */
static void check_said(const char *name, int rc, const struct err *err)
{
	if (rc != ERR_STORE_FULL || err->code != rc)
		fail_msg("%s, question %ld: %d, %d %s", name, fault.total, rc,
			 err->code, err->text);
	if (!strstr(err->text, t->path) || !strstr(err->text, "full"))
		fail_msg("%s: no file or cause in: %s", name, err->text);
}

/* One time with question @at failing; 0: none does. Did it fail? */
static bool run(const struct asked *c, long at, bool keep)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct err err = ERR_INIT;
	bool struck;
	int rc;

	if (c->place == IN_TXN)
		assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	/* As behind a connection that was made anew. */
	query_finalize_all(t->store);
	fault_arm(at);
	rc = c->run(t->store, &err);
	struck = fault_disarm();
	if (struck)
		check_said(c->name, rc, &err);
	else if (rc < 0)
		fail_msg("%s: %s", c->name, err.text);
	if (keep && c->place == IN_TXN)
		assert_int_equal(txn_commit(&txn, NULL), 0);
	return struck;
}

static void test_call(void **state)
{
	const struct asked *c = *state;
	uint8_t before[DIGEST_SIZE], after[DIGEST_SIZE];
	long n;

	dbstate_digest(t->path, before);
	if (c->place == ALONE) {
		for (n = 1; run(c, n, false); n++)
			assert_true(n < ENDLESS);
		assert_true(n > 1);
		return;
	}
	run(c, 0, false);
	n = fault.total;
	assert_true(n > 0);
	for (long at = 1; at <= n; at++)
		assert_true(run(c, at, false));
	dbstate_digest(t->path, after);
	assert_memory_equal(before, after, DIGEST_SIZE);
	run(c, 0, true);
}

static enum question asked;

static int do_look(struct store *s, struct err *err)
{
	const struct selector sel = { .id = FIRST,
				      .until_ms = T + HOUR,
				      .now_ms = T + HOUR };

	return look(s, asked, &sel, ignore_row, NULL, err);
}

static void test_look(void **state)
{
	static const struct asked look_call = { "look", do_look, ALONE };

	(void)state;
	for (int q = 0; q < QUESTION_MAX; q++) {
		long n = 1;

		asked = q;
		while (run(&look_call, n, false))
			assert_true(n++ < ENDLESS);
		if (n == 1)
			fail_msg("question %d asks the engine nothing", q);
	}
}

/* As if each had been asked before. */
static void prepare_all(struct store *s)
{
	struct err err = ERR_INIT;

	for (int id = 0; id < STMT_MAX; id++) {
		struct query q;

		assert_int_equal(query_open(&q, s, id, &err), 0);
		query_close(&q);
	}
}

/* Who cannot tell when something is due says "never", and the regular turn of
 * his caller asks again; who cannot tell whether an alert is known takes it for
 * new. */
static void test_those_without_an_error(void **state)
{
	CLEANUP(alert_release) struct alert a;
	struct alert_key keys[2];
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct item it = { .kind = ITEM_UNREAD };

	(void)state;
	sample_arm(&a, 2);
	(void)alert_keys(&a, keys);
	it.key = keys[0];
	memcpy(it.raw_hash, a.raw_hash, sizeof(it.raw_hash));
	for (int prepared = 0; prepared < 2; prepared++) {
		struct store *s = t->store;

		query_finalize_all(s);
		if (prepared)
			prepare_all(s);
		fault_arm(1);
		assert_int_equal(cases_next_ms(s), 0);
		fault_arm(1);
		assert_int_equal(bundles_next_ms(s), 0);
		fault_arm(1);
		assert_int_equal(drill_rows_next_ms(s), 0);
		fault_arm(1);
		assert_int_equal(responses_next_ms(s), 0);
		fault_arm(1);
		assert_int_equal(outbox_next_ms(s, NULL, T), 0);
		fault_arm(1);
		assert_int_equal(outbox_next_ms(s, "soc", T), 0);
		fault_arm(1);
		assert_int_equal(outbox_next_kind_ms(s, "soc", true, T), 0);
		/* Without it the beginning of one would be what fails. */
		assert_int_equal(txn_begin(&txn, s, NULL), 0);
		fault_arm(1);
		it.kind = ITEM_UNREAD;
		alerts_known(s, &it, 1);
		assert_int_equal(it.kind, ITEM_UNREAD);
		assert_true(fault_disarm());
		alerts_known(s, &it, 1);
		assert_int_equal(it.kind, ITEM_UNCHANGED);
		assert_true(it.origin > 0);
		txn_end(&txn);
	}
}

static int set_up(void **state)
{
	void *made = NULL;

	(void)state;
	if (tempstore_setup(&made) < 0)
		return -1;
	t = made;
	return 0;
}

static int tear_down(void **state)
{
	void *made = t;

	(void)state;
	return tempstore_teardown(&made);
}

int main(void)
{
	const struct CMUnitTest others[] = {
		cmocka_unit_test(test_look),
		cmocka_unit_test(test_those_without_an_error),
	};
	struct CMUnitTest tests[ARRAY_SIZE(calls) + ARRAY_SIZE(others)];

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		tests[i] = (struct CMUnitTest){ .name = calls[i].name,
						.test_func = test_call,
						.initial_state =
							(void *)&calls[i] };
	memcpy(tests + ARRAY_SIZE(calls), others, sizeof(others));
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
