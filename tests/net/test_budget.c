/*
 * net/budget: how many a minute, who shares them, and Retry-After.
 *
 * Battery: C2.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "net/budget.h"
#include "util/compiler.h"

static int setup(void **state)
{
	*state = budget_book_new();
	return 0;
}

static int teardown(void **state)
{
	assert_null(budget_book_free(*state));
	return 0;
}

static void test_limit_of_a_minute(void **state)
{
	struct budget *b = budget_get(*state, "contoso cloud-apps", 30);

	for (int i = 0; i < 30; i++)
		assert_int_equal(budget_take(b, 1000 + i * 100), 0);
	/* The first leaves the window at 61,000. */
	assert_int_equal(budget_take(b, 4000), 57000);
	/* A refusal spends nothing. */
	assert_int_equal(budget_take(b, 4000), 57000);
	assert_int_equal(budget_take(b, 60999), 1);
	assert_int_equal(budget_take(b, 61000), 0);
	assert_int_equal(budget_take(b, 61000), 100);
}

/* No minute, wherever it begins, holds more: checked against all of them. */
static void test_every_minute_holds(void **state)
{
	struct budget *b = budget_get(*state, "k", 7);
	int64_t taken[400];
	size_t n = 0;
	uint32_t random = 1;

	for (int64_t now = 0; n < ARRAY_SIZE(taken); now += random >> 20) {
		random = random * 1664525 + 1013904223;
		if (!budget_take(b, now))
			taken[n++] = now;
	}
	for (size_t i = 7; i < n; i++)
		assert_true(taken[i] - taken[i - 7] >= 60000);
}

/* After the wait it named there is room, whatever came before. */
static void test_wait_is_enough(void **state)
{
	struct budget *b = budget_get(*state, "k", 3);
	int64_t now = 0;

	for (int i = 0; i < 100; i++) {
		int64_t wait_ms = budget_take(b, now);

		if (!wait_ms)
			continue;
		now += wait_ms;
		assert_int_equal(budget_take(b, now), 0);
	}
	assert_true(now >= 16 * 60000);
}

static void test_shared_by_key(void **state)
{
	struct budget *a = budget_get(*state, "contoso cloud-apps", 2);
	struct budget *b = budget_get(*state, "contoso cloud-apps", 2);
	struct budget *other = budget_get(*state, "fabrikam cloud-apps", 2);

	assert_ptr_equal(a, b);
	assert_ptr_not_equal(a, other);
	assert_int_equal(budget_take(a, 0), 0);
	assert_int_equal(budget_take(b, 0), 0);
	assert_int_equal(budget_take(a, 0), 60000);
	assert_int_equal(budget_take(other, 0), 0);
	/* One tenant's pause is not another's. */
	budget_pause(a, 0, 90000);
	assert_int_equal(budget_take(b, 60000), 30000);
	assert_int_equal(budget_take(other, 0), 0);
}

static void test_pause(void **state)
{
	struct budget *b = budget_get(*state, "k", 0);

	for (int i = 0; i < 1000; i++)
		assert_int_equal(budget_take(b, 5), 0); /* no limit */
	budget_pause(b, 10, 5000);
	assert_int_equal(budget_take(b, 10), 5000);
	/* A shorter one that comes later does not end the longer one. */
	budget_pause(b, 20, 1000);
	assert_int_equal(budget_take(b, 20), 4990);
	assert_int_equal(budget_take(b, 5010), 0);
	budget_pause(b, 5010, 0);
	assert_int_equal(budget_take(b, 5010), 0);
}

/* The clock of a machine that just started. */
static void test_at_the_beginning(void **state)
{
	struct budget *b = budget_get(*state, "k", 1);

	assert_int_equal(budget_take(b, 0), 0);
	assert_int_equal(budget_take(b, 1), 59999);
	assert_null(budget_book_free(NULL));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_limit_of_a_minute),
		TEST(test_every_minute_holds),
		TEST(test_wait_is_enough),
		TEST(test_shared_by_key),
		TEST(test_pause),
		TEST(test_at_the_beginning),
	};

	return cmocka_run_group_tests_name("budget", tests, NULL, NULL);
}
