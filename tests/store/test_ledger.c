/* Sources, cursors, polls and their counts, quarantine. */
#include "store/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "helpers/sample.h"
#include "helpers/tempstore.h"
#include "store/txn.h"
#include "util/xmalloc.h"

#define SCOPE SAMPLE_SUBSCRIPTION

struct scene {
	struct tempstore *t;
	struct store *s;
	struct txn txn;
};

static int setup(void **state)
{
	static struct scene scene;
	void *t = NULL;

	if (tempstore_setup(&t) < 0)
		return -1;
	scene = (struct scene){ .t = t, .s = ((struct tempstore *)t)->store };
	*state = &scene;
	return txn_begin(&scene.txn, scene.s, NULL);
}

static int teardown(void **state)
{
	struct scene *sc = *state;
	void *t = sc->t;

	txn_end(&sc->txn);
	return tempstore_teardown(&t);
}

static void commit(struct scene *sc)
{
	assert_int_equal(txn_commit(&sc->txn, NULL), 0);
}

static int64_t begin_poll(struct scene *sc, const char *scope)
{
	struct poll_window w = { "azure", scope, 0, SAMPLE_NOW_MS };
	int64_t poll = 0;

	assert_int_equal(ledger_poll_begin(sc->s, &w, SAMPLE_NOW_MS, &poll,
					   NULL),
			 0);
	assert_true(poll > 0);
	return poll;
}

static void test_source(void **state)
{
	struct scene *sc = *state;

	assert_int_equal(ledger_source(sc->s, "azure", "defender-for-cloud", 5,
				       NULL),
			 0);
	assert_int_equal(ledger_source(sc->s, "azure", "file", 9, NULL), 0);
	commit(sc);
	assert_string_equal(tempstore_value(sc->t, "SELECT kind || "
						   "started_ms FROM source"),
			    "file9");
	assert_string_equal(tempstore_value(sc->t,
					    "SELECT source FROM v_sources"),
			    "azure"); /* never polled, but there */
}

static void test_cursor(void **state)
{
	struct scene *sc = *state;
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	assert_int_equal(ledger_cursor_get(sc->s, "azure", SCOPE, &sb, NULL),
			 0);
	assert_int_equal(ledger_cursor_set(sc->s, "azure", SCOPE, "a", 1, NULL),
			 0);
	assert_int_equal(ledger_cursor_set(sc->s, "azure", SCOPE, "b", 2, NULL),
			 0);
	assert_int_equal(ledger_cursor_set(sc->s, "azure", "", "c", 2, NULL),
			 0);
	assert_int_equal(ledger_cursor_get(sc->s, "azure", SCOPE, &sb, NULL),
			 1);
	assert_string_equal(sb.buf, "b");
	strbuf_reset(&sb);
	assert_int_equal(ledger_cursor_get(sc->s, "azure", NULL, &sb, NULL), 1);
	assert_string_equal(sb.buf, "c");
}

static void test_poll(void **state)
{
	struct scene *sc = *state;
	struct poll_counts page = { 1, 10, 4, 3, 2, 1 };
	int64_t poll = begin_poll(sc, SCOPE), at = -1;
	char *source = NULL, *scope = NULL;

	assert_int_equal(ledger_poll_add(sc->s, poll, &page, NULL), 0);
	assert_int_equal(ledger_poll_add(sc->s, poll, &page, NULL), 0);
	assert_int_equal(ledger_poll_scope(sc->s, poll, &source, &scope, NULL),
			 1);
	assert_string_equal(source, "azure");
	assert_string_equal(scope, SCOPE);
	free(source);
	free(scope);
	assert_int_equal(ledger_poll_scope(sc->s, 77, &source, &scope, NULL),
			 0);
	assert_int_equal(ledger_last_complete(sc->s, "azure", &at, NULL), 0);
	assert_int_equal(at, 0);
	assert_int_equal(ledger_poll_end(sc->s, poll, NULL, SAMPLE_NOW_MS + 9,
					 NULL),
			 0);
	assert_int_equal(ledger_last_complete(sc->s, "azure", &at, NULL), 0);
	assert_int_equal(at, SAMPLE_NOW_MS + 9);
	commit(sc);
	assert_string_equal(
		tempstore_value(sc->t,
				"SELECT source||' '||scope||' '||pages||' '||"
				"fetched||' '||new||' '||updated||' '||noop||' "
				"'||quarantined||' '||complete||"
				"ifnull(error,'') FROM v_polls"),
		"azure " SCOPE " 2 20 8 6 4 2 1");
	assert_string_equal(
		tempstore_value(sc->t,
				"SELECT total_new||' '||total_updated||' '||"
				"total_noop||' '||total_quarantined||' '||"
				"polls_complete||' '||polls_incomplete "
				"FROM v_sources"),
		"8 6 4 2 1 0");
}

static void test_incomplete_poll(void **state)
{
	struct scene *sc = *state;
	struct err err = ERR_INIT;
	int64_t poll = begin_poll(sc, SCOPE), at = -1;

	assert_int_equal(ledger_poll_end(sc->s, poll, "HTTP 503", SAMPLE_NOW_MS,
					 NULL),
			 0);
	assert_int_equal(ledger_last_complete(sc->s, "azure", &at, NULL), 0);
	assert_int_equal(at, 0);
	/* A poll ends once. */
	assert_int_equal(ledger_poll_end(sc->s, poll, NULL, SAMPLE_NOW_MS,
					 &err),
			 ERR_NOT_FOUND);
	commit(sc);
	assert_string_equal(tempstore_value(sc->t, "SELECT complete || error "
						   "FROM v_polls"),
			    "0HTTP 503");
}

static int64_t whole_poll(struct scene *sc)
{
	int64_t poll = begin_poll(sc, "alerts");

	assert_int_equal(ledger_poll_end(sc->s, poll, NULL, SAMPLE_NOW_MS,
					 NULL),
			 0);
	return poll;
}

/* What another tenant has was there before, until one listing of it is whole.
 */
static void test_anew(void **state)
{
	struct poll_window w = { "azure", "alerts", 1, SAMPLE_NOW_MS + 1 };
	struct strbuf cursor = STRBUF_INIT;
	struct scene *sc = *state;
	int64_t poll = 0;

	assert_int_equal(ledger_source(sc->s, "azure", "graph-security", 5,
				       NULL),
			 0);
	(void)whole_poll(sc);
	assert_int_equal(ledger_poll_begin(sc->s, &w, SAMPLE_NOW_MS, &poll,
					   NULL),
			 0);
	assert_int_equal(ledger_was_whole(sc->s, poll, NULL), 1);
	assert_int_equal(ledger_anew(sc->s, "azure", "alerts", NULL), 0);
	assert_int_equal(ledger_cursor_get(sc->s, "azure", "alerts", &cursor,
					   NULL),
			 0);
	assert_int_equal(ledger_was_whole(sc->s, poll, NULL), 0);
	assert_int_equal(ledger_poll_end(sc->s, poll, NULL, SAMPLE_NOW_MS,
					 NULL),
			 0);
	w.to_ms++;
	assert_int_equal(ledger_poll_begin(sc->s, &w, SAMPLE_NOW_MS, &poll,
					   NULL),
			 0);
	assert_int_equal(ledger_was_whole(sc->s, poll, NULL), 1);
	strbuf_release(&cursor);
	commit(sc);
}

static void test_counts_must_add_up(void **state)
{
	struct scene *sc = *state;
	struct poll_counts wrong = { 1, 10, 4, 3, 2, 0 };
	struct err err = ERR_INIT;
	int64_t poll = begin_poll(sc, SCOPE);

	assert_int_equal(ledger_poll_add(sc->s, poll, &wrong, &err),
			 ERR_BAD_STATE);
	wrong.quarantined = 1;
	assert_int_equal(ledger_poll_add(sc->s, poll + 1, &wrong, &err),
			 ERR_NOT_FOUND);
}

/* The database refused the end of a poll: the next one of the feed brings it.
 */
static void test_end_that_was_lost(void **state)
{
	struct scene *sc = *state;
	int64_t lost = begin_poll(sc, SCOPE), other = begin_poll(sc, "");
	int64_t next = begin_poll(sc, SCOPE);
	struct err err = ERR_INIT;

	assert_int_equal(ledger_poll_end(sc->s, lost, NULL, SAMPLE_NOW_MS,
					 &err),
			 ERR_NOT_FOUND);
	assert_int_equal(ledger_poll_end(sc->s, next, NULL, SAMPLE_NOW_MS,
					 &err),
			 0);
	assert_int_equal(ledger_poll_end(sc->s, other, NULL, SAMPLE_NOW_MS,
					 &err),
			 0);
	commit(sc);
	assert_string_equal(
		tempstore_value(sc->t,
				"SELECT group_concat(ifnull(error, 'whole'), "
				"', ') FROM (SELECT error FROM v_polls "
				"ORDER BY id)"),
		"its end could not be stored, whole, whole");
}

static void test_recover(void **state)
{
	struct scene *sc = *state;
	static const char *const scopes[] = { SCOPE, "", "other" };

	for (int i = 0; i < 3; i++)
		begin_poll(sc, scopes[i]);
	commit(sc);
	assert_int_equal(ledger_recover(sc->s, SAMPLE_NOW_MS + 1, NULL), 0);
	assert_int_equal(tempstore_number(sc->t,
					  "SELECT count(*) FROM v_polls WHERE "
					  "error = 'interrupted' AND NOT "
					  "complete AND ended_at IS NOT NULL"),
			 3);
	assert_int_equal(ledger_recover(sc->s, SAMPLE_NOW_MS + 2, NULL), 0);
}

/* Bytes that differ from others by more than counters. */
static struct item bad(const char *raw, size_t len, uint8_t hash)
{
	return (struct item){ .kind = ITEM_BAD,
			      .raw = raw,
			      .raw_len = len,
			      .raw_hash = { hash },
			      .reason = "no id" };
}

static int quarantine(struct scene *sc, int64_t poll, const char *raw,
		      size_t len, uint8_t hash)
{
	const struct item it = bad(raw, len, hash);

	return ledger_quarantine(sc->s, poll, &it, SAMPLE_NOW_MS, NULL);
}

static void test_quarantine(void **state)
{
	struct scene *sc = *state;
	int64_t poll = begin_poll(sc, SCOPE);
	const struct item it = bad("{}", 2, 5);
	struct err err = ERR_INIT;

	assert_int_equal(quarantine(sc, poll, "{\"a\":1}", 7, 1), 1);
	/* The same but for its counters. */
	assert_int_equal(quarantine(sc, poll, "{\"$id\":2}", 9, 1), 0);
	assert_int_equal(quarantine(sc, poll, "{\"a\":\xff}", 7, 2), 1);
	assert_int_equal(quarantine(sc, poll, "{\"a\":\0}", 7, 3), 1);
	assert_int_equal(quarantine(sc, poll, NULL, 0, 4), 1);
	assert_int_equal(ledger_quarantine(sc->s, 99, &it, 1, &err),
			 ERR_NOT_FOUND);
	commit(sc);
	assert_int_equal(tempstore_number(sc->t,
					  "SELECT count(*) FROM v_quarantine"),
			 4);
	assert_string_equal(tempstore_value(sc->t,
					    "SELECT group_concat(typeof(raw) "
					    "|| times, ' ') FROM v_quarantine"),
			    "text2 blob1 blob1 text1");
	assert_string_equal(tempstore_value(sc->t, "SELECT source || reason "
						   "FROM v_quarantine"),
			    "azureno id");
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

/* Understood after all; then the same bytes come, and are not again. */
static void test_quarantine_is_resolved(void **state)
{
	struct scene *sc = *state;
	CLEANUP(quarantined_release) struct quarantined q = { 0 };
	const struct item text = bad("17", 2, 1), bytes = bad("\xff\0{", 3, 2);
	int64_t poll = begin_poll(sc, SCOPE);

	assert_int_equal(ledger_quarantine(sc->s, poll, &text, 5, NULL), 1);
	assert_int_equal(ledger_quarantine(sc->s, poll, &bytes, 6, NULL), 1);
	assert_int_equal(ledger_quarantined(sc->s, 0, &q, NULL), 1);
	assert_string_equal(q.source, "azure");
	assert_int_equal(q.poll, poll);
	assert_string_equal(q.raw, "17");
	assert_int_equal(ledger_quarantine_resolve(sc->s, q.id, 9, NULL), 1);
	assert_int_equal(ledger_quarantine_resolve(sc->s, q.id, 9, NULL), 0);
	quarantined_release(&q);
	assert_int_equal(ledger_quarantined(sc->s, 0, &q, NULL), 1);
	assert_int_equal(q.raw_len, 3);
	assert_memory_equal(q.raw, "\xff\0{", 4);
	assert_int_equal(q.last_seen_ms, 6);
	quarantined_release(&q);
	assert_int_equal(ledger_quarantine(sc->s, poll, &text, 7, NULL), 0);
	commit(sc);
	assert_int_equal(tempstore_number(sc->t,
					  "SELECT count(*) FROM v_quarantine "
					  "WHERE resolved_ms IS NULL"),
			 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_source),
		WITH(test_cursor),
		WITH(test_poll),
		WITH(test_incomplete_poll),
		WITH(test_anew),
		WITH(test_counts_must_add_up),
		WITH(test_end_that_was_lost),
		WITH(test_recover),
		WITH(test_quarantine),
		WITH(test_quarantine_is_resolved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
