/* Tests of util/strlist: order, look-up, copies. */
#include "util/strlist.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "util/compiler.h"

static void elements_keep_their_order(void **state)
{
	CLEANUP(strlist_release) struct strlist l = STRLIST_INIT;
	char one[] = "one";
	char *text = strlist_join(&l, ",");

	(void)state;
	assert_string_equal(text, "");
	free(text);
	strlist_add(&l, one);
	one[0] = 'X';
	strlist_add(&l, "two");
	strlist_add(&l, "");
	strlist_add(&l, "two");
	text = strlist_join(&l, ", ");
	assert_string_equal(text, "one, two, , two");
	free(text);
	assert_int_equal(l.n, 4);
}

static void look_up_with_and_without_case(void **state)
{
	CLEANUP(strlist_release) struct strlist l = STRLIST_INIT;

	(void)state;
	assert_false(strlist_has(&l, "a"));
	strlist_add(&l, "Alpha");
	assert_true(strlist_has(&l, "Alpha"));
	assert_false(strlist_has(&l, "alpha"));
	assert_true(strlist_has_ci(&l, "aLPHA"));
	assert_false(strlist_has_ci(&l, "alph"));
}

static void copy_replaces_and_survives(void **state)
{
	struct strlist a = STRLIST_INIT, b = STRLIST_INIT;

	(void)state;
	strlist_add(&a, "x");
	strlist_add(&b, "old");
	strlist_copy(&b, &a);
	strlist_release(&a);
	assert_int_equal(a.n, 0);
	assert_int_equal(b.n, 1);
	assert_string_equal(b.v[0], "x");
	strlist_copy(&b, &b);
	assert_string_equal(b.v[0], "x");
	strlist_copy(&b, &a);
	assert_int_equal(b.n, 0);
	strlist_release(&b);
}

static void many_elements(void **state)
{
	CLEANUP(strlist_release) struct strlist l = STRLIST_INIT;

	(void)state;
	for (int i = 0; i < 1000; i++)
		strlist_add(&l, i % 2 ? "odd" : "even");
	assert_int_equal(l.n, 1000);
	assert_string_equal(l.v[999], "odd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements_keep_their_order),
		cmocka_unit_test(look_up_with_and_without_case),
		cmocka_unit_test(copy_replaces_and_survives),
		cmocka_unit_test(many_elements),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
