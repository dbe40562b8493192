/* What a report works out: phases, how clocks ended, fingerprints. */
#include "cli/report_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "util/compiler.h"

#define NOW INT64_C(1772442000000)
#define MINUTE INT64_C(60000)

static void event(struct case_view *v, int64_t minutes, const char *actor,
		  const char *kind, const char *detail)
{
	static const char *const names[] = { "at_ms", "actor", "kind",
					     "detail" };

	assert_int_equal(rows_keep(&v->events, 4, names,
				   (const struct cell[]){
					   cell_integer(NOW - minutes * MINUTE),
					   cell_text(actor), cell_text(kind),
					   cell_text(detail) }),
			 0);
}

struct stay {
	const char *phase, *actor, *why;
	int64_t minutes, episode;
	bool ended;
};

static void assert_stays(const struct case_view *v, const struct stay *want,
			 size_t n)
{
	CLEANUP(rows_release) struct rows r = ROWS_INIT;

	report_phase_rows(&r, v);
	assert_int_equal(r.n, n);
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(rows_text(&r, i, "phase"), want[i].phase);
		assert_string_equal(rows_text(&r, i, "actor"), want[i].actor);
		if (want[i].why)
			assert_string_equal(rows_text(&r, i, "why"),
					    want[i].why);
		else
			assert_null(rows_text(&r, i, "why"));
		assert_int_equal(rows_integer(&r, i, "seconds"),
				 want[i].minutes * 60);
		assert_int_equal(rows_integer(&r, i, "episode"),
				 want[i].episode);
		assert_int_equal(rows_integer(&r, i, "until_ms") != 0,
				 want[i].ended);
	}
}

static void test_phases(void **state)
{
	static const struct stay want[] = {
		{ "detect", "source azure", NULL, 20, 1, true },
		{ "triage", "alice", "mine", 10, 1, true },
		{ "contain", "alice", NULL, 30, 1, true },
		{ "detect", "source azure", NULL, 5, 2, true },
		{ "investigate", "bob", "real", 15, 2, false },
	};
	CLEANUP(case_view_release) struct case_view v = { .now_ms = NOW };

	(void)state;
	assert_stays(&v, NULL, 0);
	event(&v, 100, "source azure", "opened", "{\"rule\":\"crown\"}");
	event(&v, 90, "triaged", "escalated", "{}");
	event(&v, 80, "alice", "acknowledged", "{\"note\":\"mine\"}");
	event(&v, 70, "alice", "phase",
	      "{\"from\":\"triage\",\"to\":"
	      "\"contain\"}");
	/* Its second acknowledgement moves nothing. */
	event(&v, 60, "bob", "acknowledged", "{}");
	event(&v, 40, "alice", "closed", "{\"as\":\"benign\"}");
	event(&v, 20, "source azure", "reopened", "{\"episode\":2}");
	event(&v, 15, "bob", "phase",
	      "{\"to\":\"investigate\",\"note\":"
	      "\"real\"}");
	/* What triaged was by that is not a second phase. */
	event(&v, 15, "bob", "triaged", "{\"phase\":\"investigate\"}");
	assert_stays(&v, want, ARRAY_SIZE(want));
}

static void test_clocks(void **state)
{
	static const char *const names[] = { "episode", "clock", "state",
					     "due_ms", "stopped_ms" };
	static const struct {
		const char *state;
		int64_t due_min, stopped_min; /* from NOW; 0: not stopped */
		const char *text;
		int64_t margin_min;
	} table[] = {
		{ "met", -10, -25, "met, 15 min before it was due", 15 },
		{ "breached", -30, -10, "breached, stopped 20 min late", -20 },
		{ "breached", -30, 0, "breached, 30 min late and not stopped",
		  -30 },
		/* Another severity moved it after it had run out. */
		{ "breached", 300, -10,
		  "breached, then moved; stopped 5 h 10 min before it was due",
		  310 },
		{ "breached", 90, 0,
		  "breached, then moved; due in 1 h 30 min and not stopped",
		  90 },
		{ "running", 40, 0, "running, due in 40 min", 40 },
		{ "running", -1, 0, "running, 1 min late", -1 },
		{ "held", 40, 0, "on hold", 40 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		CLEANUP(case_view_release)
		struct case_view v = { .now_ms = NOW };
		CLEANUP(rows_release) struct rows r = ROWS_INIT;
		int64_t stopped = table[i].stopped_min * MINUTE;

		assert_int_equal(
			rows_keep(&v.clocks, 5, names,
				  (const struct cell[]){
					  cell_integer(1), cell_text("triage"),
					  cell_text(table[i].state),
					  cell_integer(NOW + table[i].due_min *
								     MINUTE),
					  stopped ? cell_integer(NOW + stopped)
						  : cell_null() }),
			0);
		report_clock_rows(&r, &v);
		assert_string_equal(rows_text(&r, 0, "text"), table[i].text);
		assert_int_equal(rows_integer(&r, 0, "margin_seconds"),
				 table[i].margin_min * 60);
	}
}

/* The digest is of the bytes as they came, also of none and of NUL. */
static void test_revisions(void **state)
{
	static const char *const names[] = { "revision", "raw" };
	static const struct {
		struct cell raw;
		const char *digest;
		int64_t bytes;
	} table[] = {
		{ { .type = CELL_TEXT, .text = "abc", .len = 3 },
		  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f200"
		  "15ad",
		  3 },
		{ { .type = CELL_BYTES, .text = "\0", .len = 1 },
		  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617af"
		  "a01d",
		  1 },
		{ { .type = CELL_NULL }, NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		CLEANUP(rows_release) struct rows from = ROWS_INIT;
		CLEANUP(rows_release) struct rows r = ROWS_INIT;
		const char *digest;

		assert_int_equal(rows_keep(&from, 2, names,
					   (const struct cell[]){
						   cell_integer(1),
						   table[i].raw }),
				 0);
		report_revision_rows(&r, &from);
		digest = rows_text(&r, 0, "raw_sha256");
		assert_int_equal(rows_integer(&r, 0, "raw_bytes"),
				 table[i].bytes);
		if (table[i].digest)
			assert_string_equal(digest, table[i].digest);
		else
			assert_null(digest);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_phases),
		cmocka_unit_test(test_clocks),
		cmocka_unit_test(test_revisions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
