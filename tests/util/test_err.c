/* Tests of util/err: texts are cut, harmless and never missing. */
#include "util/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "util/utf8.h"

static void set_returns_code_and_fills(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(err_set(&err, ERR_HTTP, "page %d: %s", 3, "gone"),
			 ERR_HTTP);
	assert_int_equal(err.code, ERR_HTTP);
	assert_string_equal(err.text, "page 3: gone");
	assert_int_equal(err_set(NULL, ERR_HTTP, "nobody listens"), ERR_HTTP);
}

static void prefix_goes_in_front(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	(void)err_set(&err, -ENOENT, "not there");
	assert_int_equal(err_prefix(&err, "file %s", "a.yaml"), -ENOENT);
	assert_string_equal(err.text, "file a.yaml: not there");
	assert_int_equal(err_prefix(NULL, "x"), 0);
}

static void foreign_text_is_made_harmless(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	(void)err_set(&err, ERR_SCHEMA, "a\nb\x1b[31mc%s",
		      "\xff\xe2\x80\xae"
		      "d");
	assert_string_equal(err.text, "a b[31mc?d");
}

static void long_text_is_cut_on_a_code_point(void **state)
{
	struct err err = ERR_INIT;
	char text[800];

	(void)state;
	for (size_t i = 0; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xa9", 3);
	(void)err_set(&err, ERR_SCHEMA, "%s", text);
	assert_int_equal(strlen(err.text), 510);
	assert_true(utf8_valid(err.text, strlen(err.text)));
	(void)err_prefix(&err, "x");
	assert_memory_equal(err.text, "x: ", 3);
	assert_true(utf8_valid(err.text, strlen(err.text)));
}

static void every_code_has_a_word(void **state)
{
	(void)state;
	for (int code = ERR_CANCELLED; code <= ERR_AUTH; code++)
		assert_string_not_equal(err_text(code), "unknown error");
	assert_string_equal(err_text(0), "success");
	assert_string_equal(err_text(7), "success");
	assert_string_equal(err_text(-ENOENT), "No such file or directory");
	assert_string_equal(err_text(-999), "unknown error");
	assert_string_equal(err_text(ERR_CANCELLED - 1), "unknown error");
	assert_string_equal(err_text(INT32_MIN), "unknown error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_returns_code_and_fills),
		cmocka_unit_test(prefix_goes_in_front),
		cmocka_unit_test(foreign_text_is_made_harmless),
		cmocka_unit_test(long_text_is_cut_on_a_code_point),
		cmocka_unit_test(every_code_has_a_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
