/* What the line says at each width, and that it is for terminals alone. */
#include "cli/progress.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static void test_lines(void **state)
{
	static const struct {
		struct store_progress s;
		int64_t elapsed_ms;
		size_t width;
		const char *line;
	} cases[] = {
		{ { "copying", 0, 1 << 20, true },
		  0,
		  79,
		  "copying   0 % [------------------------------] 0.0 KiB of "
		  "1.0 MiB" },
		{ { "copying", 512 << 10, 1 << 20, true },
		  1000,
		  60,
		  "copying  50 % [###########-----------] 512.0 KiB of 1.0 MiB" },
		{ { "reading", 500, 1000, false },
		  10000,
		  60,
		  "reading  50 % [##########----------] 500 of 1000, 11 s left" },
		{ { "reading", 10, 1000, false },
		  10000,
		  79,
		  "reading   1 % [------------------------------] 10 of 1000, "
		  "17 min left" },
		{ { "reading", 1000, 1000, false },
		  10000,
		  79,
		  "reading 100 % [##############################] 1000 of "
		  "1000" },
		/* More than was announced is no more than all of it. */
		{ { "reading", 1200, 1000, false },
		  0,
		  30,
		  "reading 100 % 1200 of 1000" },
		{ { "reading", 1200, 1000, false }, 0, 12, "reading 100 " },
		{ { "checking", 0, 0, false },
		  4200,
		  79,
		  "checking, 4 s so far" },
		{ { "walking", 7, 0, false }, 0, 79, "walking 7, 0 s so far" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

		progress_line(&sb, &cases[i].s, cases[i].elapsed_ms,
			      cases[i].width);
		assert_string_equal(sb.buf, cases[i].line);
		assert_true(sb.len <= cases[i].width);
	}
	(void)state;
}

/* Into a file nothing is written, however long it takes. */
static void test_no_terminal(void **state)
{
	struct store_progress s = { "copying", 1, 2, true };
	struct progress p;
	int kept = dup(STDERR_FILENO);
	FILE *file = tmpfile();

	assert_int_equal(dup2(fileno(file), STDERR_FILENO), STDERR_FILENO);
	progress_begin(&p);
	p.drawn_mono_ms -= 3600000;
	assert_int_equal(progress_step(&p, &s), 0);
	progress_end(&p);
	fflush(stderr);
	assert_int_equal(dup2(kept, STDERR_FILENO), STDERR_FILENO);
	assert_int_equal(lseek(fileno(file), 0, SEEK_END), 0);
	fclose(file);
	close(kept);
	(void)state;
}

/* On a terminal: not at once, not at every step, and gone at the end. */
static void test_throttled(void **state)
{
	struct store_progress s = { "copying", 1, 2, true };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	struct progress p;

	progress_begin(&p);
	p.out = out;
	p.width = 60;
	(void)progress_step(&p, &s);
	assert_int_equal(len, 0);
	p.drawn_mono_ms -= 10000;
	(void)progress_step(&p, &s);
	fflush(out);
	assert_non_null(strstr(text, "\rcopying  50 %"));
	s.done = 2;
	(void)progress_step(&p, &s);
	fflush(out);
	assert_null(strstr(text, "100 %"));
	progress_end(&p);
	progress_end(&p);
	assert_string_equal(text + len - 4, "\r\033[K");
	assert_null(strstr(text, "\r\033[K\r\033[K"));
	fclose(out);
	free(text);
	(void)state;
}

static void test_signals(void **state)
{
	struct store_progress s = { "copying", 1, 2, true };
	struct sigaction act;
	struct progress p;

	progress_begin(&p);
	assert_int_equal(progress_step(&p, &s), 0);
	raise(SIGTERM);
	assert_int_not_equal(progress_step(&p, &s), 0);
	progress_end(&p);
	assert_int_equal(sigaction(SIGTERM, NULL, &act), 0);
	assert_ptr_equal(act.sa_handler, SIG_DFL);
	/* A signal of before stops nothing that begins after it. */
	progress_begin(&p);
	assert_int_equal(progress_step(&p, &s), 0);
	progress_end(&p);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_no_terminal),
		cmocka_unit_test(test_throttled),
		cmocka_unit_test(test_signals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
