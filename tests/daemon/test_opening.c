/*
 * An upgrade at start: systemd is asked for time as long as work goes on.
 *
 * Battery: A12.
 */
#include "daemon/opening.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "helpers/tempstore.h"
#include "store/sqlite/engine_priv.h"
#include "util/clock.h"
#include "util/xmalloc.h"

/* In the place of systemd. */
static int manager = -1;

static int listen_as_manager(void **state)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	if (tempstore_setup_empty(state) < 0)
		return -1;
	snprintf(name.sun_path, sizeof(name.sun_path), "%s/notify",
		 ((struct tempstore *)*state)->directory);
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if (manager < 0 ||
	    bind(manager, (struct sockaddr *)&name, sizeof(name)) < 0)
		return -1;
	return setenv("NOTIFY_SOCKET", name.sun_path, 1);
}

static int stop_listening(void **state)
{
	unsetenv("NOTIFY_SOCKET");
	clock_release();
	close(manager);
	return tempstore_teardown(state);
}

/* All that was said, one message a line; nothing is left. */
static const char *heard(void)
{
	static char all[4096];
	size_t n = 0;
	ssize_t got;

	while ((got = recv(manager, all + n, sizeof(all) - n - 2, 0)) > 0) {
		n += (size_t)got;
		all[n++] = '\n';
	}
	all[n] = '\0';
	return all;
}

static void test_start_asks_for_time(void **state)
{
	struct tempstore *t = *state;

	char *beside;

	assert_int_equal(opening_store(t->directory, &t->store, &beside, NULL),
			 0);
	assert_null(beside);
	assert_string_equal(heard(), "EXTEND_TIMEOUT_USEC=300000000\n");
}

static void test_asks_again_while_it_works(void **state)
{
	struct opening o = { .began_mono_ms = 5000, .asked_mono_ms = 5000 };

	(void)state;
	clock_hold(1000, 14999);
	assert_int_equal(opening_on_step(&o, NULL), 0);
	assert_string_equal(heard(), "");
	for (int i = 1; i <= 60; i++) { /* ten minutes, as systemd counts */
		char expected[128];

		clock_hold(1000, 5000 + i * 10000);
		assert_int_equal(opening_on_step(&o, NULL), 0);
		assert_int_equal(opening_on_step(&o, NULL), 0); /* once */
		snprintf(expected, sizeof(expected),
			 "EXTEND_TIMEOUT_USEC=300000000\nSTATUS=bringing the "
			 "database to this release's schema, %d s so far\n",
			 i * 10);
		assert_string_equal(heard(), expected);
	}
}

static int count_step(void *arg, const struct store_progress *p)
{
	assert_string_equal(p->what, "migrating");
	++*(int *)arg;
	return 0;
}

/* Whoever waits hears of the copy and of a step that reads many rows. */
static void test_a_migration_makes_steps(void **state)
{
	static const char slow[] =
		"CREATE TABLE many (a INTEGER); WITH RECURSIVE n (i) AS "
		"(SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) "
		"INSERT INTO many SELECT i FROM n; PRAGMA user_version = 2";
	const struct migration list[] = {
		store_migrations[0],
		{ 2, "0002-slow", (const unsigned char *)slow, sizeof(slow) },
		{ 0 },
	};
	struct tempstore *t = *state;
	int n = 0;
	struct store_watch watch = { count_step, &n };
	struct store s = { .path = t->path, .lock_fd = -1 };

	assert_int_equal(sqlite3_open(t->path, &s.db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(s.db, (const char *)list[0].text, NULL,
				      NULL, NULL),
			 SQLITE_OK);
	assert_int_equal(migrate_run(&s, list, &watch, NULL), 0);
	assert_int_equal(s.version, 2);
	assert_true(n >= 5);
	n = 0; /* and nobody is called when it is done */
	assert_int_equal(sqlite3_exec(s.db,
				      "SELECT max(a) FROM many, (SELECT "
				      "1 UNION ALL SELECT 2)",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	assert_int_equal(n, 0);
	sqlite3_close(s.db);
}

static void leave(const struct tempstore *t, const char *name)
{
	CLEANUP(free_ptr) char *path = xasprintf("%s/%s", t->directory, name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fclose(f), 0);
}

static void clear(const struct tempstore *t, const char *name)
{
	CLEANUP(free_ptr) char *path = xasprintf("%s/%s", t->directory, name);

	(void)unlink(path); /* it may be gone with the one before */
}

/* What is left of a database tells that it is gone; what is left of a start
 * that never made one does not. */
static void test_vanished(void **state)
{
	static const struct {
		const char *name;
		bool shows;
	} left[] = {
		{ "triaged.db.new", false },
		{ "triaged.db.new-journal", false },
		{ "import", false },
		{ "acknowledge.key", true },
		{ "triaged.db-shm", true },
		{ "triaged.db-wal", true },
		{ "triaged.db.before-3-x", true },
	};
	struct tempstore *t = *state;

	for (size_t i = 0; i < ARRAY_SIZE(left); i++) {
		CLEANUP(free_ptr) char *beside = NULL;

		leave(t, left[i].name);
		assert_int_equal(opening_store(t->directory, &t->store, &beside,
					       NULL),
				 0);
		assert_int_equal(beside != NULL, left[i].shows);
		if (beside)
			assert_non_null(strstr(beside, left[i].name));
		free(take(beside));
		t->store = store_close(t->store);
		/* And the next start finds one. */
		assert_int_equal(opening_store(t->directory, &t->store, &beside,
					       NULL),
				 0);
		assert_null(beside);
		t->store = store_close(t->store);
		clear(t, "triaged.db");
		clear(t, "triaged.db-wal");
		clear(t, "triaged.db-shm");
		clear(t, left[i].name);
		(void)heard(); /* its queue is short */
	}
}

#define WITH(test)                                                             \
	cmocka_unit_test_setup_teardown(test, listen_as_manager, stop_listening)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_start_asks_for_time),
		WITH(test_vanished),
		WITH(test_asks_again_while_it_works),
		WITH(test_a_migration_makes_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
