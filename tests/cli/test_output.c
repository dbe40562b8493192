/* Where answers go: width, colour, and a stream that fails. */
#include "cli/output.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "util/compiler.h"

static FILE *pipe_end(void)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	return fdopen(fds[1], "w");
}

static void test_width(void **state)
{
	static const struct {
		const char *columns;
		size_t width;
	} rows[] = {
		{ "100", 100 },	   { "1", 20 }, { "99999", 1000 },
		{ "nonsense", 0 }, { "-5", 0 }, { "", 0 },
	};
	FILE *out = pipe_end();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		setenv("COLUMNS", rows[i].columns, 1);
		assert_int_equal(output_width(out), rows[i].width);
	}
	unsetenv("COLUMNS");
	assert_int_equal(output_width(out), 0);
	fclose(out);
}

static void test_no_colour_without_a_terminal(void **state)
{
	FILE *out = pipe_end();

	(void)state;
	unsetenv("NO_COLOR");
	setenv("TERM", "xterm", 1);
	assert_false(output_colour(out, NULL));
	assert_false(output_colour(out, "auto"));
	assert_false(output_colour(out, "never"));
	assert_true(output_colour(out, "always"));
	/* Who asks for it on the command line means it. */
	setenv("NO_COLOR", "1", 1);
	assert_true(output_colour(out, "always"));
	unsetenv("NO_COLOR");
	fclose(out);
}

static void test_full_disk(void **state)
{
	FILE *full = fopen("/dev/full", "w");
	struct err err = ERR_INIT;

	(void)state;
	assert_non_null(full);
	assert_true(output_write(full, "text", 4, &err) < 0);
	assert_non_null(strstr(err.text, "cannot write the answer"));
	fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_no_colour_without_a_terminal),
		cmocka_unit_test(test_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
