/* Tests of util/xmalloc: copies, growth, and the end of the process. */
#include "util/xmalloc.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void copies_are_equal_and_own(void **state)
{
	char *a = xstrdup("text");
	char *b = xstrndup("text", 2);
	char *c = xstrndup("te\0xt", 5);
	char *d = xmemdup("a\0b", 3);
	char *e = xasprintf("%s-%d", "n", 5);

	(void)state;
	assert_string_equal(a, "text");
	assert_string_equal(b, "te");
	assert_string_equal(c, "te");
	assert_memory_equal(d, "a\0b", 3);
	assert_string_equal(e, "n-5");
	assert_null(xstrdup(NULL));
	assert_null(xstrndup(NULL, 3));
	free(a);
	free(b);
	free(c);
	free(d);
	free(e);
}

static void nothing_is_something(void **state)
{
	void *a = xmalloc(0);
	void *b = xcalloc(0, 8);
	void *c = xreallocarray(NULL, 0, 8);
	void *d = xmemdup(NULL, 0);

	(void)state;
	assert_non_null(a);
	assert_non_null(b);
	assert_non_null(c);
	assert_non_null(d);
	free(a);
	free(b);
	free(c);
	free(d);
}

static void calloc_gives_zeroes(void **state)
{
	static const char zeroes[80];
	char *p = xcalloc(10, 8);

	(void)state;
	assert_memory_equal(p, zeroes, 80);
	free(p);
}

static void arrays_grow_by_half(void **state)
{
	int *v = NULL;
	size_t n_alloc = 0;
	size_t n_moves = 0;

	(void)state;
	for (size_t i = 0; i < 10000; i++) {
		size_t before = n_alloc;

		GROW(v, i + 1, n_alloc);
		n_moves += n_alloc != before;
		v[i] = (int)i;
	}
	assert_int_equal(v[9999], 9999);
	assert_true(n_alloc >= 10000);
	assert_true(n_moves < 30);
	free(v);
}

static void cleanup_frees_and_take_keeps(void **state)
{
	CLEANUP(free_ptr) char *kept = NULL;

	(void)state;
	{
		CLEANUP(free_ptr) char *p = xstrdup("kept");
		CLEANUP(free_ptr) char *freed = xstrdup("freed");

		assert_string_equal(freed, "freed");
		kept = take(p);
		assert_null(p);
	}
	assert_string_equal(kept, "kept");
}

/* Does @run end the process? It runs in a child with closed mouth. */
static bool ends_process(void (*run)(void))
{
	int status = 0;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		(void)close(STDERR_FILENO);
		run();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return !(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static volatile size_t huge = SIZE_MAX / 2;

static void too_much(void)
{
	free(xmalloc(huge));
}

static void product_overflows(void)
{
	free(xreallocarray(NULL, huge, 4));
}

static void enough(void)
{
	free(xmalloc(100));
}

static void out_of_memory_ends_the_process(void **state)
{
	(void)state;
	assert_true(ends_process(too_much));
	assert_true(ends_process(product_overflows));
	assert_false(ends_process(enough));
}

/* In the words by which the next who reads the log knows what happened. */
static void the_end_is_said(void **state)
{
	char said[200] = "";
	int status, ends[2];
	ssize_t n;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)dup2(ends[1], STDERR_FILENO);
		xmalloc_die("no event loop");
	}
	(void)close(ends[1]);
	n = read(ends[0], said, sizeof(said) - 1);
	(void)close(ends[0]);
	assert_true(n > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	assert_non_null(strstr(said, "no event loop"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_are_equal_and_own),
		cmocka_unit_test(nothing_is_something),
		cmocka_unit_test(calloc_gives_zeroes),
		cmocka_unit_test(arrays_grow_by_half),
		cmocka_unit_test(cleanup_frees_and_take_keeps),
		cmocka_unit_test(out_of_memory_ends_the_process),
		cmocka_unit_test(the_end_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
