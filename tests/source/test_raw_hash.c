/* The hash is blind to counters, and to nothing else. */
#include "source/normalize.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

static const uint8_t key[ALERT_RAW_KEY_SIZE] = "of the database";

static bool same(const char *a, const char *b)
{
	uint8_t x[ALERT_HASH_SIZE], y[ALERT_HASH_SIZE];

	normalize_raw_hash(key, (struct span){ a, strlen(a) }, x);
	normalize_raw_hash(key, (struct span){ b, strlen(b) }, y);
	return memcmp(x, y, sizeof(x)) == 0;
}

static void test_same(void **state)
{
	static const char *const rows[][2] = {
		{ "{\"$id\":\"centralus_1\",\"a\":1}",
		  "{\"$id\":\"centralus_97\",\"a\":1}" },
		{ "{\"h\":{\"$ref\":\"1\"}}", "{\"h\":{\"$ref\":\"22\"}}" },
		{ "{\"h\":{\"$ref\" : \"1\"}}", "{\"h\":{\"$ref\" : \"22\"}}" },
		{ "[{\"$id\":1},{\"$id\":{\"x\":1}}]",
		  "[{\"$id\":\"7\"},{\"$id\":null}]" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_true(same(rows[i][0], rows[i][1]));
}

static void test_different(void **state)
{
	static const char *const rows[][2] = {
		{ "{\"a\":1}", "{\"a\":2}" },
		{ "{\"a\":\"x y\"}", "{\"a\":\"xy\"}" },
		{ "{\"id\":\"1\"}", "{\"id\":\"2\"}" },
		{ "{\"a\":\"$id\",\"b\":1}", "{\"a\":\"$id\",\"b\":2}" },
		{ "{\"a\":\"\\\"$id\",\"b\":1}",
		  "{\"a\":\"\\\"$id\",\"b\":2}" },
		{ "{\"a\":\"\\\"$id\\\":1\"}", "{\"a\":\"\\\"$id\\\":2\"}" },
		{ "{\"$id\":1,\"a\":1}", "{\"$ref\":1,\"a\":1}" },
		{ "{\"$id\":1,\"a\":1}", "{\"a\":1}" },
		{ "{\"$i\":1}", "{\"$i\":2}" },
		{ "[\"$id\",1]", "[\"$id\",2]" },
		{ "{\"a\":\"cut", "{\"a\":\"cat" },
		{ "", "{}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_false(same(rows[i][0], rows[i][1]));
}

static void test_nul(void **state)
{
	uint8_t x[ALERT_HASH_SIZE], y[ALERT_HASH_SIZE];

	(void)state;
	normalize_raw_hash(key, (struct span){ "a\0b", 3 }, x);
	normalize_raw_hash(key, (struct span){ "a\0c", 3 }, y);
	assert_memory_not_equal(x, y, sizeof(x));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_different),
		cmocka_unit_test(test_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
