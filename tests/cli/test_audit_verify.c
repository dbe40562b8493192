/* Heads as people type them, and a sentence for each finding. */
#include "cli/audit_verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define HASH "00112233445566778899aabbccddeeffABCDEF0123456789000000000000000f"

static void test_heads(void **state)
{
	static const struct {
		const char *text;
		int64_t id; /* -1: refused */
	} cases[] = {
		{ HASH, 0 },
		{ "7:" HASH, 7 },
		{ "7", -1 },
		{ "", -1 },
		{ ":" HASH, -1 },
		{ "0:" HASH, -1 },
		{ "-3:" HASH, -1 },
		{ "7x:" HASH, -1 },
		{ "7:" HASH "0", -1 },
		{ "x" HASH, -1 },
		{ "7:0011223344556677", -1 },
		{ "99999999999999999999:" HASH, INT64_MAX },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct audit_mark m = { .id = -1 };
		struct err err = ERR_INIT;
		int rc = audit_parse_mark(cases[i].text, &m, &err);

		assert_int_equal(m.id, cases[i].id);
		assert_int_equal(rc, cases[i].id < 0 ? ERR_CONF : 0);
		if (rc == 0) {
			assert_int_equal(m.hash[1], 0x11);
			assert_int_equal(m.hash[16], 0xab);
			assert_int_equal(m.hash[31], 0x0f);
		}
	}
	(void)state;
}

static void test_words(void **state)
{
	static const struct {
		struct audit_report r;
		const char *part;
	} cases[] = {
		{ { .fault = AUDIT_WHOLE }, "nothing was changed" },
		{ { .fault = AUDIT_ALTERED, .id = 3, .goes_on = true },
		  "what it says was changed" },
		{ { .fault = AUDIT_ALTERED, .id = 3 },
		  "event 3 does not follow" },
		{ { .fault = AUDIT_MISSING, .id = 3, .last_id = 3 },
		  "event 3 is missing" },
		{ { .fault = AUDIT_MISSING, .id = 3, .last_id = 5 },
		  "events 3 to 5 are missing" },
		{ { .fault = AUDIT_INSERTED, .id = -1 },
		  "event -1 was put in" },
		{ { .fault = AUDIT_CUT, .id = 4, .last_id = 9 },
		  "events 4 to 9 are missing: the end" },
		{ { .fault = AUDIT_MADE_ANEW, .id = 4 },
		  "another hash than was noted" },
		{ { .fault = AUDIT_UNMARKED }, "no event has the hash" },
		{ { .fault = AUDIT_STATE, .alert_id = 12 }, "alert 12 " },
		{ { .fault = AUDIT_EVIDENCE, .alert_id = 12, .fetch = 7 },
		  "evidence of alert 12 was altered after it was kept: what "
		  "fetch 7 found" },
		{ { .fault = AUDIT_EVIDENCE,
		    .alert_id = 12,
		    .fetch = 7,
		    .fetch_lost = true },
		  "fetch 7, which the log tells of, is not there" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

		audit_fault_words(&cases[i].r, &sb);
		if (!strstr(sb.buf, cases[i].part))
			fail_msg("%zu: %s", i, sb.buf);
	}
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
