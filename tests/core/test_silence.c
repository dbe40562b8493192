/* A silence's record frees what it owns (the sanitizer looks). */
#include "core/silence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "util/xmalloc.h"

static void test_release_leaves_nothing(void **state)
{
	struct silence s = { .id = 7, .covers_critical = true };

	(void)state;
	s.author = xstrdup("kim");
	s.reason = xstrdup("disk test");
	s.when_text = xstrdup("title=x");
	strlist_add(&s.when.globs[MATCH_TITLE], "x");
	s.notify = xstrdup("soc");
	s.ended_by = xstrdup("lee");
	silence_release(&s);
	assert_null(s.author);
	assert_int_equal(s.when.globs[MATCH_TITLE].n, 0);
	assert_int_equal(s.id, 0);
	silence_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_release_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
