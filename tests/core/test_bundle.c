/* The words for why a message waits. */
#include "core/bundle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void test_causes_have_names(void **state)
{
	static const char *const names[] = { "none",  "digest",	 "import",
					     "group", "silence", "maintenance",
					     "quiet", "storm" };

	(void)state;
	for (int i = 0; i < NOISE_CAUSE_MAX; i++)
		assert_string_equal(noise_cause_name((enum noise_cause)i),
				    names[i]);
	assert_string_equal(noise_cause_name((enum noise_cause)99), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_causes_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
