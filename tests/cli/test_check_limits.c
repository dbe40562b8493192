/* What a monitoring system's limits say. */
#include "cli/check_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/compiler.h"

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		enum check_unit unit;
		int64_t warning, critical;
	} rows[] = {
		{ "1,10", UNIT_COUNT, 1, 10 },
		{ "5", UNIT_COUNT, 5, -1 },
		{ ",5", UNIT_COUNT, -1, 5 },
		{ "off", UNIT_COUNT, -1, -1 },
		{ "0,0", UNIT_COUNT, 0, 0 },
		{ "10m,1h", UNIT_TIME, 600000, 3600000 },
		{ ",90s", UNIT_TIME, -1, 90000 },
		{ "1GiB,2GiB", UNIT_BYTES, INT64_C(1) << 30, INT64_C(2) << 30 },
		{ "4096", UNIT_BYTES, 4096, -1 },
		{ "12KiB", UNIT_BYTES, 12288, -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct err err = ERR_INIT;
		struct limits l;

		assert_int_equal(limits_parse(rows[i].text, rows[i].unit, &l,
					      &err),
				 0);
		assert_int_equal(l.warning, rows[i].warning);
		assert_int_equal(l.critical, rows[i].critical);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *text;
		enum check_unit unit;
	} rows[] = {
		{ "", UNIT_COUNT },
		{ ",", UNIT_COUNT },
		{ "x", UNIT_COUNT },
		{ "1,x", UNIT_COUNT },
		{ "1,2,3", UNIT_COUNT },
		{ "-1", UNIT_COUNT },
		{ "10,1", UNIT_COUNT },
		{ "99999999999999999999", UNIT_COUNT },
		{ "10", UNIT_TIME },
		{ "1GB", UNIT_BYTES },
		{ "9999999999999GiB", UNIT_BYTES },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct limits l = { 7, 8 };
		struct err err = ERR_INIT;

		if (limits_parse(rows[i].text, rows[i].unit, &l, &err) == 0)
			fail_msg("'%s' was taken", rows[i].text);
		assert_int_equal(err.code, ERR_CONF);
		assert_int_equal(l.warning, 7);
	}
}

static void test_judge(void **state)
{
	static const struct limits both = { 1, 10 }, only = { -1, 0 };
	static const struct limits off = { -1, -1 };

	(void)state;
	assert_int_equal(limits_judge(&both, 0), CHECK_OK);
	assert_int_equal(limits_judge(&both, 1), CHECK_WARNING);
	assert_int_equal(limits_judge(&both, 9), CHECK_WARNING);
	assert_int_equal(limits_judge(&both, 10), CHECK_CRITICAL);
	assert_int_equal(limits_judge(&only, 0), CHECK_CRITICAL);
	assert_int_equal(limits_judge(&off, INT64_MAX), CHECK_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_judge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
