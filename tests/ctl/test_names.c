/* ctl/names: login names without waiting, also from who does not answer. */
#include "ctl/names.h"

#include <pthread.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "util/xmalloc.h"

struct fixture {
	struct loop *loop;
	struct names *names;
	int n_told;
	uid_t told;
};

/* What the directory does; threads of a test before may still be in it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_int n_asked;

static void ask(uid_t uid, char *buf, size_t size)
{
	n_asked++;
	if (uid != 404)
		(void)snprintf(buf, size, "user\x1b%lu", (unsigned long)uid);
}

/* Hangs as long as the test holds the lock. */
static void ask_hanging(uid_t uid, char *buf, size_t size)
{
	pthread_mutex_lock(&lock);
	pthread_mutex_unlock(&lock);
	ask(uid, buf, size);
}

static void on_name(void *arg, uid_t uid)
{
	struct fixture *f = arg;

	f->n_told++;
	f->told = uid;
}

static void begin(struct fixture *f, names_ask_fn *fn)
{
	f->names = names_free(f->names);
	f->names = names_new(f->loop, fn, on_name, f);
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->loop = loop_new();
	n_asked = 0;
	begin(f, ask);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	names_free(f->names);
	loop_free(f->loop);
	free(f);
	return 0;
}

static void wait_for(struct fixture *f, int n_told)
{
	while (f->n_told < n_told)
		loop_turn(f->loop, 1000);
}

/* Asked for once, told once, kept; control characters are nobody's name. */
static void test_a_name_is_asked_for_once(void **state)
{
	struct fixture *f = *state;

	assert_null(names_get(f->names, 7));
	assert_null(names_get(f->names, 7));
	assert_int_equal(f->n_told, 0);
	wait_for(f, 1);
	assert_int_equal(f->told, 7);
	assert_non_null(names_get(f->names, 7));
	assert_null(strchr(names_get(f->names, 7), '\x1b'));
	assert_int_equal(n_asked, 1);
}

static void test_who_has_none_is_a_number(void **state)
{
	struct fixture *f = *state;

	assert_null(names_get(f->names, 404));
	wait_for(f, 1);
	assert_string_equal(names_get(f->names, 404), "uid 404");
}

static void test_the_system_is_asked(void **state)
{
	struct fixture *f = *state;
	const struct passwd *pw;

	begin(f, NULL);
	assert_null(names_get(f->names, geteuid()));
	wait_for(f, 1);
	pw = getpwuid(geteuid());
	if (pw)
		assert_string_equal(names_get(f->names, geteuid()),
				    pw->pw_name);
	else
		assert_memory_equal(names_get(f->names, geteuid()), "uid ", 4);
}

/* Nothing waits for a directory that hangs: neither the loop nor the end. One
 * question too many is not asked, and the number serves; so it is for the next
 * object, until the threads are gone. */
static void test_a_directory_that_hangs(void **state)
{
	struct fixture *f = *state;

	begin(f, ask_hanging);
	pthread_mutex_lock(&lock);
	for (uid_t u = 1; u <= NAMES_ASKING; u++)
		assert_null(names_get(f->names, u));
	assert_string_equal(names_get(f->names, 1000), "uid 1000");
	loop_turn(f->loop, 1);
	assert_int_equal(f->n_told, 0);
	begin(f, ask);
	assert_string_equal(names_get(f->names, 1), "uid 1");
	pthread_mutex_unlock(&lock);
	while (names_get(f->names, 2))
		;
	wait_for(f, 1);
	assert_non_null(strstr(names_get(f->names, 2), "user"));
}

/* More users than places: who was asked for longest ago is asked for again. */
static void test_many_users(void **state)
{
	struct fixture *f = *state;

	for (uid_t u = 1; u <= NAMES_KEPT; u++) {
		assert_null(names_get(f->names, u));
		wait_for(f, (int)u);
	}
	assert_null(names_get(f->names, 1000));
	wait_for(f, NAMES_KEPT + 1);
	assert_non_null(names_get(f->names, 1000));
	assert_int_equal(n_asked, NAMES_KEPT + 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_a_name_is_asked_for_once),
		TEST(test_who_has_none_is_a_number),
		TEST(test_the_system_is_asked),
		TEST(test_many_users),
		TEST(test_a_directory_that_hangs),
	};

	alarm(60);
	return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
