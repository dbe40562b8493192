/* Values as words, and which of them are coloured. */
#include "cli/format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "cli/rows.h"
#include "util/jsonx.h"

#define NOW INT64_C(1795298649000)
#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)

static void check(enum as as, struct cell c, const char *words)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	format_value(&sb, as, &c, NOW);
	assert_string_equal(sb.buf, words);
}

static void test_instants(void **state)
{
	(void)state;
	check(AS_DUE, cell_integer(NOW + 42 * MINUTE + 59000), "in 43 min");
	check(AS_DUE, cell_integer(NOW), "in 0 s");
	check(AS_DUE, cell_integer(NOW + 30000), "in 30 s");
	check(AS_DUE, cell_integer(NOW - 12 * MINUTE), "12 min late");
	check(AS_DUE, cell_integer(NOW + 3 * HOUR + 12 * MINUTE),
	      "in 3 h 12 min");
	check(AS_AGO, cell_integer(NOW - 14000), "14 s ago");
	check(AS_AGO, cell_integer(NOW + 5 * MINUTE), "in 5 min");
	check(AS_LOCAL, cell_integer(NOW), "2026-11-21 23:04 CET");
	check(AS_SECOND, cell_integer(NOW), "2026-11-21 23:04:09 CET");
	check(AS_BOTH, cell_integer(NOW), "2026-11-21 23:04 CET (22:04 UTC)");
	check(AS_NEXT, cell_integer(NOW - 1), "now");
	check(AS_NEXT, cell_integer(NOW + 5 * MINUTE), "in 5 min");
	check(AS_DUE, cell_integer(0), "-");
	check(AS_AGO, cell_null(), "-");
	check(AS_LAST, cell_null(), "never");
	check(AS_LAST, cell_integer(NOW - 14000), "14 s ago");
}

static void test_texts(void **state)
{
	(void)state;
	check(AS_TEXT, cell_text("a\nb"), "a\\nb");
	check(AS_TEXT, cell_text(""), "-");
	check(AS_OPTIONAL, cell_text(""), "");
	check(AS_OPTIONAL, cell_null(), "");
	check(AS_OPTIONAL, cell_text("a\nb"), "a\\nb");
	check(AS_STATE, cell_text("acknowledged"), "acked");
	check(AS_STATE, cell_text("open"), "open");
	check(AS_RESOURCE, cell_text("/subscriptions/s/vm/vm-pay-01"),
	      "vm-pay-01");
	check(AS_RESOURCE, cell_text("share/on/host"), "share/on/host");
	check(AS_RESOURCE, cell_text("/"), "/");
	check(AS_BRIEF, cell_text("a\nb\033c"), "a b\\u001bc");
	check(AS_LINES, cell_text("a\r\nb"), "a\nb");
}

static void test_details(void **state)
{
	(void)state;
	check(AS_DETAIL, cell_text("{\"from\":\"high\",\"to\":\"critical\"}"),
	      "from high, to critical");
	check(AS_DETAIL, cell_text("{\"n\":3,\"ok\":true,\"l\":[1,2]}"),
	      "n 3, ok, l [1,2]");
	check(AS_DETAIL,
	      cell_text("{\"late_ms\":40000,\"while_down\":false,"
			"\"policy_hash\":\"ab\",\"route\":\"route 2\"}"),
	      "late 40 s, route 2");
	check(AS_DETAIL, cell_text("{}"), "-");
	check(AS_DETAIL, cell_text("not json \033"), "not json \\u001b");
	check(AS_DETAIL, cell_text("{\"note\":\"\\u001b[2J\"}"),
	      "note \\u001b[2J");
}

static void test_numbers(void **state)
{
	struct cell real = { .type = CELL_REAL, .real = 0.25 };

	(void)state;
	check(AS_TEXT, cell_integer(-7), "-7");
	check(AS_TEXT, real, "0.25");
	check(AS_SIZE, cell_integer(0), "0 B");
	check(AS_SIZE, cell_integer(1023), "1023 B");
	check(AS_SIZE, cell_integer(1536), "1.5 KiB");
	check(AS_SIZE, cell_integer(INT64_C(14) << 20), "14.0 MiB");
	check(AS_SIZE, cell_integer(INT64_C(250) << 30), "250 GiB");
}

static void test_tints(void **state)
{
	static const struct {
		enum as as;
		const char *text;
		enum tint tint;
	} rows[] = {
		{ AS_SEVERITY, "critical", TINT_WORST },
		{ AS_SEVERITY, "high", TINT_BAD },
		{ AS_SEVERITY, "medium", TINT_WARN },
		{ AS_SEVERITY, "low", TINT_NONE },
		{ AS_SEVERITY, "info", TINT_DIM },
		{ AS_SEVERITY, "worse", TINT_NONE },
		{ AS_DELIVERY, "dead", TINT_BAD },
		{ AS_DELIVERY, "sent", TINT_NONE },
		{ AS_ERROR, "timed out", TINT_BAD },
		{ AS_ERROR, "", TINT_NONE },
		{ AS_TEXT, "critical", TINT_NONE },
	};
	struct cell late = cell_integer(NOW - 1), soon = cell_integer(NOW + 1);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cell c = cell_text(rows[i].text);

		assert_int_equal(format_tint(rows[i].as, &c, NOW),
				 rows[i].tint);
	}
	assert_int_equal(format_tint(AS_DUE, &late, NOW), TINT_BAD);
	assert_int_equal(format_tint(AS_DUE, &soon, NOW), TINT_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_instants), cmocka_unit_test(test_texts),
		cmocka_unit_test(test_details),	 cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_tints),
	};

	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
