/* The words the doors of Graph share. */
#include "source/graph_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "util/xmalloc.h"

static void test_word(void **state)
{
	(void)state;
	assert_int_equal(graph_word_len("microsoftSecurityForAI"), 22);
	assert_int_equal(graph_word_len("a' or 1"), 1);
	assert_int_equal(graph_word_len("%27"), 0);
	assert_int_equal(graph_word_len(""), 0);
}

/* A command that can be pasted, or words where there is none; it must fit into
 * the error of a poll beside the answer's code. */
static void test_needs(void **state)
{
	CLEANUP(free_ptr)
	char *app = graph_needs("ThreatHunting.Read.All",
				"dd98c7f5-2d42-42d3-a0e4-633161547251",
				"1b1b1b1b-0000-4000-8000-000000000001");
	CLEANUP(free_ptr)
	char *machine = graph_needs("ThreatHunting.Read.All", "role-id", NULL);

	(void)state;
	assert_non_null(strstr(app, "az ad app permission add --id 1b1b1b1b-"));
	assert_non_null(strstr(app,
			       "dd98c7f5-2d42-42d3-a0e4-633161547251="
			       "Role; az ad app permission admin-consent"));
	assert_true(strlen(app) < 400);
	assert_non_null(strstr(machine, "managed identity lacks"));
	assert_non_null(strstr(machine, "role-id"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_word),
		cmocka_unit_test(test_needs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
