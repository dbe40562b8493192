/* Records of the past are freed whole and may be released twice. */
#include "core/decision.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "util/compiler.h"
#include "util/xmalloc.h"

static void fill_tracked(struct tracked *t)
{
	t->id = 7;
	t->acknowledged_by = xstrdup("ada");
	t->closed_by = xstrdup("human ada");
	t->owner = xstrdup("payments-team");
}

static void test_tracked(void **state)
{
	static const struct tracked nothing;
	struct tracked t = { 0 };

	(void)state;
	fill_tracked(&t);
	tracked_release(&t);
	assert_memory_equal(&t, &nothing, sizeof(t));
	tracked_release(&t);
}

static void test_view(void **state)
{
	struct alert_view v = { 0 };

	(void)state;
	v.alert.title = xstrdup("Suspicious sign-in");
	alert_add_entity(&v.alert, "account", "ada@example.org", NULL);
	fill_tracked(&v.tracked);
	strlist_add(&v.tags, "crown-jewel");
	alert_view_release(&v);
	assert_null(v.alert.title);
	assert_null(v.tracked.owner);
	assert_int_equal(v.tags.n, 0);
	alert_view_release(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tracked),
		cmocka_unit_test(test_view),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
