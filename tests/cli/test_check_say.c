/* The lines that a monitoring system reads. */
#include "cli/check_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/compiler.h"
#include "util/xmalloc.h"

static void add(struct check_items *l, const char *name, const char *text,
		const struct check_item *like)
{
	struct check_item item = *like;

	item.name = xstrdup(name);
	item.text = xstrdup(text);
	check_items_add(l, &item);
}

static void expect(const struct check_items *l, const char *text)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	check_say(l, "all | well", &out);
	assert_string_equal(out.buf, text);
}

static void test_well(void **state)
{
	CLEANUP(check_items_release) struct check_items l = { 0 };

	(void)state;
	add(&l, "poll-age azure", "read 14 s ago",
	    &(struct check_item){ .has_value = true,
				  .unit = UNIT_TIME,
				  .value = 14005,
				  .limits = { 600000, 1200000 } });
	add(&l, "db-size", "2 KiB",
	    &(struct check_item){ .has_value = true,
				  .unit = UNIT_BYTES,
				  .value = 2048,
				  .limits = { -1, -1 } });
	add(&l, "daemon", "it runs", &(struct check_item){ .code = CHECK_OK });
	expect(&l, "TRIAGED OK - all / well | 'poll-age azure'=14.005s;600.000;"
		   "1200.000;0 'db-size'=2048B;;;0\n"
		   "[OK] read 14 s ago\n[OK] 2 KiB\n[OK] it runs\n");
}

static void test_worst_first(void **state)
{
	CLEANUP(check_items_release) struct check_items l = { 0 };

	(void)state;
	add(&l, "a", "cannot be read",
	    &(struct check_item){ .code = CHECK_UNKNOWN });
	add(&l, "b", "1 given up",
	    &(struct check_item){ .code = CHECK_WARNING,
				  .has_value = true,
				  .is_unknown = true,
				  .limits = { 1, 10 } });
	assert_int_equal(check_items_worst(&l), CHECK_WARNING);
	add(&l, "c", "it is down",
	    &(struct check_item){ .code = CHECK_CRITICAL });
	assert_int_equal(check_items_worst(&l), CHECK_CRITICAL);
	expect(&l, "TRIAGED CRITICAL - it is down; 1 given up; cannot be read "
		   "| 'b'=U;1;10;0\n"
		   "[UNKNOWN] cannot be read\n[WARNING] 1 given up\n"
		   "[CRITICAL] it is down\n");
}

/* What a stranger wrote ends neither the line nor the text before the numbers,
 * and drives no terminal. */
static void test_hostile(void **state)
{
	CLEANUP(check_items_release) struct check_items l = { 0 };

	(void)state;
	add(&l, "target x'=|y", "refused: a|b\nTRIAGED OK\033[2J",
	    &(struct check_item){ .code = CHECK_WARNING,
				  .has_value = true,
				  .limits = { -1, -1 } });
	expect(&l, "TRIAGED WARNING - refused: a/b\\nTRIAGED OK\\u001b[2J | "
		   "'target x___y'=0;;;0\n"
		   "[WARNING] refused: a/b\\nTRIAGED OK\\u001b[2J\n");
}

/* Systems cut a long line, and with it the numbers. */
static void test_long(void **state)
{
	CLEANUP(check_items_release) struct check_items l = { 0 };
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	char text[600];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 20; i++)
		add(&l, "n", text,
		    &(struct check_item){ .code = CHECK_WARNING });
	check_say(&l, "", &out);
	assert_true(strcspn(out.buf, "\n") < 2000);
	assert_non_null(strstr(out.buf, "; and more\n"));
}

static void test_unknown(void **state)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	(void)state;
	check_say_unknown("no such option '|'", &out);
	assert_string_equal(out.buf, "TRIAGED UNKNOWN - no such option '/'\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_well),
		cmocka_unit_test(test_worst_first),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
