/* Every way to harm a database file is found and named. */
#include "store/inspect.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "helpers/sample.h"
#include "helpers/tempstore.h"
#include "store/audit.h"
#include "store/backup.h"
#include "store/txn.h"
#include "util/xmalloc.h"

struct seen {
	char bad[32]; /* the first check that is bad; "" none */
	char text[512];
	int n, n_skipped;
};

static void see(void *arg, const struct inspect_finding *f)
{
	struct seen *s = arg;

	s->n++;
	s->n_skipped += f->result == INSPECT_SKIPPED;
	if (f->result != INSPECT_BAD || s->bad[0])
		return;
	snprintf(s->bad, sizeof(s->bad), "%s", f->check);
	snprintf(s->text, sizeof(s->text), "%s", f->text);
}

static struct seen inspect(const struct tempstore *t)
{
	struct seen s = { .n = 0 };
	struct err err = ERR_INIT;
	int bad = store_inspect(t->path, false, NULL, see, &s, &err);

	if (bad < 0)
		fail_msg("%s", err.text);
	assert_int_equal(bad > 0, s.bad[0] != '\0');
	return s;
}

static void fill(struct tempstore *t, int n)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct audit_event e = { 1, SAMPLE_NOW_MS, "ada", "noted", NULL };

	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	for (int i = 0; i < n; i++)
		assert_int_equal(audit_add(t->store, &e, NULL), 0);
	assert_int_equal(txn_commit(&txn, NULL), 0);
}

static void test_sound(void **state)
{
	struct tempstore *t = *state;

	fill(t, 100);
	assert_string_equal(inspect(t).bad, ""); /* beside the writer */
	t->store = store_close(t->store);
	assert_string_equal(inspect(t).bad, "");
	assert_int_equal(inspect(t).n_skipped, 0);
}

static void flip_header(const struct tempstore *t)
{
	int fd = open(t->path, O_WRONLY);

	assert_int_equal(pwrite(fd, "x", 1, 3), 1);
	close(fd);
}

static void flip_pages(const struct tempstore *t)
{
	int fd = open(t->path, O_WRONLY);
	char junk[4096];
	off_t size = lseek(fd, 0, SEEK_END);

	memset(junk, 0xa5, sizeof(junk));
	for (off_t at = size / 8192 * 4096; at + 4096 <= size; at += 8192)
		assert_int_equal(pwrite(fd, junk, 4096, at), 4096);
	close(fd);
}

static void make_text(const struct tempstore *t)
{
	int fd = open(t->path, O_WRONLY | O_TRUNC);

	assert_int_equal(write(fd, "hello", 5), 5);
	close(fd);
}

static void make_empty(const struct tempstore *t)
{
	assert_int_equal(truncate(t->path, 0), 0);
}

static void make_short(const struct tempstore *t)
{
	struct stat st;

	assert_int_equal(stat(t->path, &st), 0);
	assert_int_equal(truncate(t->path, st.st_size / 2), 0);
}

static void remove_file(const struct tempstore *t)
{
	assert_int_equal(unlink(t->path), 0);
}

static void orphan(const struct tempstore *t)
{
	tempstore_exec(t, "PRAGMA foreign_keys = OFF; INSERT INTO tag "
			  "(alert_id, tag) VALUES (77, 'x')");
}

/* Of an alert that is not there. */
static void stray_entity(const struct tempstore *t)
{
	tempstore_exec(t, "INSERT INTO thing (id, kind, value) VALUES (5, "
			  "'host', 'srv-1'); INSERT INTO entity (alert_id, "
			  "place, thing_id) VALUES (77, 0, 5)");
}

/* Of an alert that is there, but not what it is. */
static void empty_entity(const struct tempstore *t)
{
	tempstore_exec(
		t,
		"INSERT INTO source VALUES (1, 's', 'k', 0); INSERT INTO alert "
		"(id, source_id, kind, tenant, native_id, severity_unmapped, "
		"source_state, is_incident, clipped, content_hash, base, "
		"severity, state, phase, episode, revision, historical, "
		"seen_ms, episode_ms, updated_ms) VALUES (78, 1, 'k', '', 'n', "
		"0, 0, 0, 0, x'00', 1, 3, 0, 0, 1, 1, 0, 5, 1, 1); INSERT INTO "
		"entity (alert_id, place, thing_id) VALUES (78, 0, 6)");
}

static void break_view(const struct tempstore *t)
{
	tempstore_exec(t, "CREATE VIEW v_broken AS SELECT a FROM nowhere");
}

static void test_harm(void **state)
{
	static const struct {
		void (*harm)(const struct tempstore *t);
		const char *check, *said;
	} cases[] = {
		{ flip_header, "file", "not a database" },
		{ make_text, "file", "not a database" },
		{ make_empty, "file", "empty" },
		{ remove_file, "file", "there is no database" },
		{ flip_pages, "structure", "" },
		{ make_short, "file", "" },
		{ orphan, "references", "refers to a row" },
		{ stray_entity, "references", "entity of alert 77" },
		{ empty_entity, "references", "entity of alert 78" },
		{ break_view, "views", "v_broken" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		void *own = NULL;
		struct tempstore *t;
		struct seen s;

		assert_int_equal(tempstore_setup(&own), 0);
		t = own;
		fill(t, 10000);
		t->store = store_close(t->store);
		cases[i].harm(t);
		s = inspect(t);
		if (strcmp(s.bad, cases[i].check) != 0 ||
		    !strstr(s.text, cases[i].said))
			fail_msg("case %zu: %s: %s", i, s.bad, s.text);
		tempstore_teardown(&own);
	}
	(void)state;
}

/* Killed with commits in its log, which then loses its end. */
static void crash_with_log(struct tempstore *t)
{
	pid_t pid;

	t->store = store_close(t->store);
	pid = fork();
	if (pid == 0) {
		if (store_open(t->directory, &t->store, NULL) < 0)
			_exit(1);
		fill(t, 500);
		_exit(0); /* nothing is closed */
	}
	waitpid(pid, NULL, 0);
}

static void test_truncated_log(void **state)
{
	struct tempstore *t = *state;
	char log[160];
	struct stat st;
	struct seen s;

	snprintf(log, sizeof(log), "%s-wal", t->path);
	crash_with_log(t);
	assert_int_equal(stat(log, &st), 0);
	assert_true(st.st_size > 40960);
	assert_int_equal(truncate(log, st.st_size - 4096), 0);
	s = inspect(t);
	assert_string_equal(s.bad, "log");
	assert_non_null(strstr(s.text, "the newest changes are lost"));
}

static void test_whole_log_of_a_crash(void **state)
{
	struct tempstore *t = *state;

	crash_with_log(t);
	assert_string_equal(inspect(t).bad, "");
	/* And after somebody recovered it and went on. */
	assert_int_equal(store_open(t->directory, &t->store, NULL), 0);
	fill(t, 3);
	assert_string_equal(inspect(t).bad, "");
}

static void test_newest_backup(void **state)
{
	struct tempstore *t = *state;
	CLEANUP(store_close_ptr) struct store *s = NULL;
	struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	char one[160], two[160], *name = NULL;
	int64_t ms = 0;

	assert_int_equal(store_newest_backup(t->path, &name, &ms), 0);
	snprintf(one, sizeof(one), "%s/one", t->directory);
	snprintf(two, sizeof(two), "%s/two.db", t->directory);
	assert_int_equal(store_backup(t->store, one, false, NULL, NULL, NULL),
			 0);
	assert_int_equal(store_backup(t->store, two, false, NULL, NULL, NULL),
			 0);
	assert_int_equal(utimensat(AT_FDCWD, two, old, 0), 0);
	assert_int_equal(store_newest_backup(t->path, &name, &ms), 1);
	assert_string_equal(name, one);
	assert_true(ms > 1000000);
	free(name);
}

/* Does this process still hold what keeps others from emptying the index of
 * recent writes? Only another process can tell. */
static bool is_index_locked(const struct tempstore *t)
{
	char path[160];
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		struct flock lock = { .l_type = F_WRLCK,
				      .l_whence = SEEK_SET,
				      .l_start = 128,
				      .l_len = 1 };
		int fd;

		snprintf(path, sizeof(path), "%s-shm", t->path);
		fd = open(path, O_RDWR | O_CLOEXEC);
		_exit(fd < 0 || fcntl(fd, F_GETLK, &lock) < 0 ? 2
		      : lock.l_type == F_UNLCK		      ? 1
							      : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
	return WEXITSTATUS(status) == 0;
}

/* The daemon looks for backups while it works. */
static void test_looking_harms_nothing(void **state)
{
	struct tempstore *t = *state;
	CLEANUP(free_ptr) char *name = NULL;
	int64_t ms = 0;

	fill(t, 1);
	assert_true(is_index_locked(t));
	assert_int_equal(store_newest_backup(t->path, &name, &ms), 0);
	assert_true(is_index_locked(t));
}

#define WITH(test)                                                             \
	cmocka_unit_test_setup_teardown(test, tempstore_setup,                 \
					tempstore_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_sound),	  cmocka_unit_test(test_harm),
		WITH(test_truncated_log), WITH(test_whole_log_of_a_crash),
		WITH(test_newest_backup), WITH(test_looking_harms_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
