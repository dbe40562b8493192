/* daemon/live_say: rows for people and for programs, and hostile text. */
#include "daemon/live_say.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct live_row good = { .about = "source",
				      .name = "azure",
				      .step = "sign-in",
				      .ok = true,
				      .text = "accepted" };
static const struct live_row bad = { .about = "target",
				     .name = "oncall",
				     .step = "mail server",
				     .text = "no\033[2J\nway \xff\"",
				     .next = "openssl x" };

/* What is said of these two; heap. */
static char *say(bool json, size_t *ret_failed)
{
	char *text = NULL;
	size_t len = 0;
	struct live_say s = { .json = json };

	s.out = open_memstream(&text, &len);
	assert_non_null(s.out);
	live_say_row(&s, &good);
	live_say_row(&s, &bad);
	assert_true(live_say_end(&s));
	assert_int_equal(s.n_ok, 1);
	*ret_failed = s.n_failed;
	(void)fclose(s.out);
	return text;
}

static void test_people(void **state)
{
	size_t n_failed;
	char *text = say(false, &n_failed);

	(void)state;
	assert_int_equal(n_failed, 1);
	assert_non_null(strstr(text, "ok      source azure: sign-in: accepted\n"
				     "FAILED  target oncall: mail server: no"));
	assert_non_null(strstr(text, "\n        next: openssl x\n"
				     "1 of 2 failed\n"));
	assert_null(strchr(text, '\033'));
	free(text);
}

static void test_programs(void **state)
{
	size_t n_failed, n_lines = 0;
	char *text = say(true, &n_failed);

	(void)state;
	for (const char *p = text; (p = strchr(p, '\n')); p++)
		n_lines++;
	assert_int_equal(n_lines, 3);
	assert_non_null(strstr(text, "\"ok\":true"));
	assert_non_null(strstr(text, "\"next\":\"openssl x\""));
	assert_non_null(strstr(text, "\"about\":\"end\""));
	assert_null(strchr(text, '\033'));
	free(text);
}

static void test_a_full_disk_is_seen(void **state)
{
	struct live_say s = { .out = fopen("/dev/full", "we") };

	(void)state;
	assert_non_null(s.out);
	live_say_row(&s, &good);
	assert_false(live_say_end(&s));
	(void)fclose(s.out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_people),
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_a_full_disk_is_seen),
	};

	return cmocka_run_group_tests_name("live_say", tests, NULL, NULL);
}
