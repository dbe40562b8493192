/* cli/setup_run: programs without a shell, their lines, and what they see. */
#include "cli/setup_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PROGRAM(...)                                                           \
	.words = (const char *const[])                                         \
	{                                                                      \
		__VA_ARGS__, NULL                                              \
	}

static void test_output_is_kept(void **state)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	struct secret *input = secret_new("canary", 6);

	(void)state;
	/* What it complains of is no part of it. */
	assert_int_equal(setup_run(
				 &(struct setup_program){
					 PROGRAM("sh", "-c",
						 "echo oops >&2; cat"),
					 .input = input },
				 &out, NULL),
			 0);
	assert_string_equal(out.buf, "canary");
	secret_free(input);
}

static void test_complaints_of_a_failure(void **state)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	(void)state;
	assert_int_equal(setup_run(&(struct setup_program){ PROGRAM(
					   "sh", "-c",
					   "echo out; echo oops >&2; "
					   "exit 3") },
				   &out, NULL),
			 3);
	assert_string_equal(out.buf, "oops ");
}

static void on_line(void *arg, const char *line)
{
	strbuf_addf(arg, "<%s>", line);
}

static void test_lines(void **state)
{
	CLEANUP(strbuf_release) struct strbuf seen = STRBUF_INIT;

	(void)state;
	assert_int_equal(
		setup_run(
			&(struct setup_program){
				PROGRAM("sh", "-c",
					"printf 'a\\nb\\0c\\n\\n'; printf d "
					">&2"),
				.line = on_line, .arg = &seen },
			NULL, NULL),
		0);
	assert_string_equal(seen.buf, "<a><b?c><><d>");
}

/* A word is a word, whatever is in it. */
static void test_no_shell(void **state)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	(void)state;
	assert_int_equal(setup_run(&(struct setup_program){ PROGRAM(
					   "printf", "%s|", "$(id)", "; ls",
					   "a b") },
				   &out, NULL),
			 0);
	assert_string_equal(out.buf, "$(id)|; ls|a b|");
}

/* Its credentials are those it was given, and no others. */
static void test_credentials(void **state)
{
	static const char script[] = "echo \"$CREDENTIALS_DIRECTORY\"";
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	(void)state;
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", "/ours", 1), 0);
	assert_int_equal(
		setup_run(&(struct setup_program){ PROGRAM("sh", "-c", script),
						   .credentials = "/given" },
			  &out, NULL),
		0);
	assert_string_equal(out.buf, "/given\n");
	strbuf_reset(&out);
	assert_int_equal(setup_run(&(struct setup_program){ PROGRAM("sh", "-c",
								    script) },
				   &out, NULL),
			 0);
	assert_string_equal(out.buf, "\n");
}

/* Most of these have ended when they are fed: that must not end us by SIGPIPE.
 */
static void test_reads_nothing(void **state)
{
	CLEANUP(secret_free_ptr) struct secret *input = secret_new("x", 1);
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	(void)state;
	for (int i = 0; i < 50; i++)
		assert_int_equal(
			setup_run(&(struct setup_program){ PROGRAM("true"),
							   .input = input },
				  &out, NULL),
			0);
}

static void test_ends(void **state)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	struct err err = ERR_INIT;

	(void)state;
	/* A folder that we may not enter could hold it. */
	assert_int_equal(setenv("PATH", "/usr/bin:/bin", 1), 0);
	assert_int_equal(setup_run(&(struct setup_program){ PROGRAM(
					   "no-such-program-here") },
				   &out, NULL),
			 127);
	assert_int_equal(setup_run(&(struct setup_program){ PROGRAM(
					   "sh", "-c", "kill -TERM $$") },
				   &out, &err),
			 ERR_CANCELLED);
	assert_true(setup_run_exists("sh"));
	assert_false(setup_run_exists("no-such-program-here"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_output_is_kept),
		cmocka_unit_test(test_complaints_of_a_failure),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_no_shell),
		cmocka_unit_test(test_credentials),
		cmocka_unit_test(test_reads_nothing),
		cmocka_unit_test(test_ends),
	};

	return cmocka_run_group_tests_name("setup_run", tests, NULL, NULL);
}
