/* daemon/gate: who is behind the socket, and how often a refusal is news. */
#include "daemon/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static void test_who_is_behind_the_socket(void **state)
{
	struct gate g = { 0 };
	struct err err = ERR_INIT;

	(void)state;
	assert_true(gate_open(&g, "/no/such/socket", &err) < 0);
	assert_non_null(strstr(err.text, "/no/such/socket"));
	assert_int_equal(gate_open(&g, "/", &err), 0);
	assert_int_equal(g.house.uid, geteuid());
	assert_int_equal(g.house.socket_gid, 0);
	assert_string_equal(g.house.socket_group, "root");
	gate_close(&g);
	assert_null(g.user);
}

/* Once a minute and user, with how many there were meanwhile. */
static void test_refusals_are_told_once_a_minute(void **state)
{
	struct gate g = { 0 };
	int64_t untold = -1;

	(void)state;
	assert_true(gate_is_news(&g, 1000, 5, &untold));
	assert_int_equal(untold, 0);
	for (int i = 0; i < 7; i++)
		assert_false(gate_is_news(&g, 1000, 6 + i, &untold));
	assert_true(gate_is_news(&g, 1001, 20, &untold));
	assert_int_equal(untold, 0);
	assert_false(gate_is_news(&g, 1000, 4 + GATE_QUIET_MS, &untold));
	assert_true(gate_is_news(&g, 1000, 5 + GATE_QUIET_MS, &untold));
	assert_int_equal(untold, 8);
	assert_true(gate_is_news(&g, 1000, 5 + 2 * GATE_QUIET_MS, &untold));
	assert_int_equal(untold, 0);
}

/* More users than places: the one told longest ago is forgotten. */
static void test_many_users(void **state)
{
	struct gate g = { 0 };
	int64_t untold;

	(void)state;
	for (uid_t u = 0; u < GATE_USERS + 1; u++)
		assert_true(gate_is_news(&g, u, 100 + u, &untold));
	assert_false(gate_is_news(&g, 1, 200, &untold));
	assert_false(gate_is_news(&g, GATE_USERS, 200, &untold));
	assert_true(gate_is_news(&g, 0, 200, &untold));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_is_behind_the_socket),
		cmocka_unit_test(test_refusals_are_told_once_a_minute),
		cmocka_unit_test(test_many_users),
	};

	return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
