/* Who waits, and until when. */
#include "source/recess_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_until(void **state)
{
	struct recesses r = RECESSES_INIT;

	(void)state;
	recess_begin(&r, "aaa", 100, "aaa: told");
	recess_begin(&r, "bbb", 300, "bbb: told");
	recess_begin(&r, "AAA", 200, "aaa: told again");
	assert_int_equal(r.n, 2);
	recesses_end(&r, 199);
	assert_string_equal(recess_of(&r, "aaa")->error, "aaa: told again");
	assert_null(recess_of(&r, "aa"));
	recesses_end(&r, 200);
	assert_null(recess_of(&r, "aaa"));
	assert_int_equal(recess_of(&r, "BBB")->until_ms, 300);
	recesses_release(&r);
	assert_null(recess_of(&r, "bbb"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_until),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
