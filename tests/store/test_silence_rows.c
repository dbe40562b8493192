/* Silences as rows: kept whole, ended once. */
#include "store/silence_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "helpers/sample.h"
#include "helpers/tempstore.h"
#include "store/txn.h"

#define T SAMPLE_NOW_MS

static int64_t add(struct store *s, const char *author, int64_t ends_ms)
{
	const struct silence v = {
		.author = (char *)author,
		.reason = (char *)"known noise",
		.when_text = (char *)"title=*x*",
		.covers_critical = true,
		.notify = NULL,
		.created_ms = T,
		.starts_ms = T,
		.ends_ms = ends_ms,
	};
	int64_t id = 0;

	assert_int_equal(silence_rows_add(s, &v, &id, NULL), 0);
	return id;
}

static void test_life(void **state)
{
	struct tempstore *t = *state;
	struct txn txn = TXN_NONE;
	struct silence *v = NULL, one = { 0 };
	int64_t a, b;
	size_t n = 0;

	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	a = add(t->store, "ann", T + 100);
	b = add(t->store, "ben", T + 200);
	assert_int_equal(silence_rows_open(t->store, &v, &n, NULL), 0);
	assert_int_equal(n, 2);
	assert_int_equal(v[0].id, a);
	assert_string_equal(v[0].author, "ann");
	assert_string_equal(v[0].reason, "known noise");
	assert_string_equal(v[0].when_text, "title=*x*");
	assert_true(v[0].covers_critical);
	assert_null(v[0].notify);
	assert_int_equal(v[1].ends_ms, T + 200);
	silence_rows_free(v, n);
	assert_int_equal(silence_rows_announced(t->store, a, T + 1, NULL), 0);
	assert_int_equal(silence_rows_announced(t->store, a, T + 9, NULL), 0);
	assert_int_equal(silence_rows_end(t->store, a, "cia", T + 10, NULL), 1);
	assert_int_equal(silence_rows_end(t->store, a, "dan", T + 11, NULL), 0);
	assert_int_equal(silence_rows_get(t->store, 99, &one, NULL), 0);
	assert_int_equal(silence_rows_get(t->store, a, &one, NULL), 1);
	assert_int_equal(one.announced_ms, T + 1);
	assert_int_equal(one.ended_ms, T + 10);
	assert_string_equal(one.ended_by, "cia");
	silence_release(&one);
	assert_int_equal(silence_rows_open(t->store, &v, &n, NULL), 0);
	assert_int_equal(n, 1);
	assert_int_equal(v[0].id, b);
	silence_rows_free(v, n);
	assert_int_equal(txn_commit(&txn, NULL), 0);
	assert_string_equal(
		tempstore_value(t, "SELECT group_concat(id || author || match "
				   "|| state || holding || ifnull(ended_by, "
				   "''), ' ') FROM v_silences"),
		"1anntitle=*x*ended0cia 2bentitle=*x*active0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_life, tempstore_setup,
						tempstore_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
