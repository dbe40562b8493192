/*
 * Opening, refusing, migrating, reading beside and after the writer.
 *
 * Battery: A7 A8 A9 A13.
 */
#include "store/store.h"

#include <glob.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
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

#include "helpers/tempstore.h"
#include "store/sqlite/engine_priv.h"
#include "store/txn.h"

static mode_t mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) < 0 ? 0 : st.st_mode & 07777;
}

static bool exists(const char *format, const struct tempstore *t)
{
	char path[160];

	snprintf(path, sizeof(path), "%s%s", t->path, format);
	return access(path, F_OK) == 0;
}

/* The one copy made before schema @number, into @ret; how many there are. */
static size_t find_copy(const struct tempstore *t, int number, char ret[192])
{
	char pattern[160];
	glob_t found;
	size_t n;

	snprintf(pattern, sizeof(pattern), "%s.before-%d-*", t->path, number);
	n = glob(pattern, 0, NULL, &found) == 0 ? found.gl_pathc : 0;
	if (n > 0) {
		snprintf(ret, 192, "%s", found.gl_pathv[0]);
		globfree(&found);
	}
	return n;
}

static void set_meta(struct store *s, int64_t value)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;

	assert_int_equal(txn_begin(&txn, s, NULL), 0);
	assert_int_equal(store_meta_set(s, "mark", value, NULL), 0);
	assert_int_equal(txn_commit(&txn, NULL), 0);
}

static int64_t get_meta(struct store *s)
{
	int64_t value = -1;

	return store_meta_get(s, "mark", &value, NULL) == 1 ? value : -1;
}

static int64_t read_meta(const struct tempstore *t)
{
	CLEANUP(store_close_ptr) struct store *s = NULL;
	struct err err = ERR_INIT;

	if (store_open_read(t->path, &s, &err) < 0)
		fail_msg("%s", err.text);
	return get_meta(s);
}

static void write_file(const char *path, const void *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0640);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
}

static void test_creates_once_with_its_mode(void **state)
{
	struct tempstore *t = *state;
	mode_t old = umask(077);

	assert_int_equal(store_open(t->directory, &t->store, NULL), 0);
	umask(old);
	assert_int_equal(mode_of(t->path), 0640);
	set_meta(t->store, 7);
	assert_true(exists("-wal", t));
	char wal[160];
	snprintf(wal, sizeof(wal), "%s-wal", t->path);
	assert_int_equal(mode_of(wal), 0640);
	assert_false(exists(".new", t));
	assert_false(exists(".before-1", t));

	t->store = store_close(t->store);
	assert_true(exists("-wal", t)); /* for readers of the group */
	assert_true(exists("-shm", t));
	assert_int_equal(store_open(t->directory, &t->store, NULL), 0);
	assert_int_equal(get_meta(t->store), 7);
}

static void test_leftover_of_a_killed_creation(void **state)
{
	struct tempstore *t = *state;
	char part[160];

	snprintf(part, sizeof(part), "%s.new", t->path);
	write_file(part, "half", 4);
	assert_int_equal(store_open(t->directory, &t->store, NULL), 0);
	assert_false(exists(".new", t));
}

static void test_settings(void **state)
{
	struct tempstore *t = *state;

	assert_string_equal(tempstore_value(t, "PRAGMA journal_mode"), "wal");
	assert_int_equal(tempstore_number(t, "PRAGMA application_id"),
			 STORE_APPLICATION_ID);
	assert_int_equal(tempstore_number(t, "PRAGMA user_version"),
			 migrate_latest(store_migrations));
	assert_int_equal(store_schema_version(t->store),
			 migrate_latest(store_migrations));
}

static void test_second_writer_is_refused_with_the_pid(void **state)
{
	struct tempstore *t = *state;
	struct store *other = NULL;
	struct err err = ERR_INIT;
	char pid[32];

	assert_int_equal(store_open(t->directory, &other, &err), ERR_BUSY);
	assert_null(other);
	snprintf(pid, sizeof(pid), "pid %ld", (long)getpid());
	assert_non_null(strstr(err.text, pid));
	assert_non_null(strstr(err.text, t->directory));

	t->store = store_close(t->store); /* the lock ends with its holder */
	assert_int_equal(store_open(t->directory, &t->store, &err), 0);
}

static void test_no_state_directory(void **state)
{
	struct store *s = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(store_open("/nonexistent/triaged", &s, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nonexistent/triaged"));
	assert_null(s);
}

static void test_no_database_to_read(void **state)
{
	struct tempstore *t = *state;
	struct store *s = NULL;
	struct err err = ERR_INIT;

	assert_int_equal(store_open_read(t->path, &s, &err), ERR_NOT_FOUND);
	assert_non_null(strstr(err.text, t->path));
	assert_false(exists("", t)); /* reading makes none */
}

/* A file that is no database of ours stays byte by byte what it is. */
static void refuse_bytes(struct tempstore *t, const void *bytes, size_t len)
{
	char before[256] = { 0 }, after[256] = { 0 };
	struct err err = ERR_INIT;
	struct store *s = NULL;
	int fd;

	assert_true(len <= sizeof(before));
	memcpy(before, bytes, len);
	write_file(t->path, bytes, len);
	assert_int_equal(store_open(t->directory, &s, &err), ERR_STORE_DAMAGED);
	assert_non_null(strstr(err.text, t->path));
	assert_non_null(strstr(err.text, "backup"));
	assert_int_equal(store_open_read(t->path, &s, &err), ERR_STORE_DAMAGED);
	assert_null(s);
	fd = open(t->path, O_RDONLY);
	assert_int_equal(read(fd, after, sizeof(after)), len);
	close(fd);
	assert_memory_equal(before, after, sizeof(before));
	assert_false(exists("-wal", t));
}

static void test_foreign_files_are_refused(void **state)
{
	static const char zeros[200];

	refuse_bytes(*state, "", 0);
	refuse_bytes(*state, "hello\n", 6);
	refuse_bytes(*state, "SQLite format 3", 16);
	refuse_bytes(*state, zeros, sizeof(zeros));
}

static void test_foreign_database_is_refused(void **state)
{
	struct tempstore *t = *state;
	struct store *s = NULL;
	struct err err = ERR_INIT;

	t->store = store_close(t->store);
	tempstore_exec(t, "PRAGMA journal_mode = DELETE;"
			  "PRAGMA application_id = 42");
	assert_int_equal(store_open(t->directory, &s, &err), ERR_STORE_DAMAGED);
	assert_non_null(strstr(err.text, "another program"));
}

static void test_newer_schema_is_refused(void **state)
{
	struct tempstore *t = *state;
	struct store *s = NULL;
	struct err err = ERR_INIT;

	t->store = store_close(t->store);
	tempstore_exec(t, "PRAGMA user_version = 900");
	assert_int_equal(store_open(t->directory, &s, &err), ERR_STORE_NEWER);
	assert_non_null(strstr(err.text, "900"));
	assert_int_equal(store_open_read(t->path, &s, &err), ERR_STORE_NEWER);
	assert_int_equal(tempstore_number(t, "PRAGMA user_version"), 900);
}

static void test_half_a_file_is_refused(void **state)
{
	struct tempstore *t = *state;
	struct store *s = NULL;
	struct err err = ERR_INIT;
	int64_t bytes, log;

	assert_int_equal(store_size(t->store, &bytes, &log), 0);
	t->store = store_close(t->store);
	assert_int_equal(truncate(t->path, bytes / 2), 0);
	assert_int_equal(store_open(t->directory, &s, &err), ERR_STORE_DAMAGED);
	assert_non_null(strstr(err.text, "db check"));
}

static void test_flipped_page_is_refused(void **state)
{
	struct tempstore *t = *state;
	struct store *s = NULL;
	struct err err = ERR_INIT;
	char garbage[4096];
	int fd;

	t->store = store_close(t->store);
	memset(garbage, 0xa5, sizeof(garbage));
	fd = open(t->path, O_WRONLY);
	assert_int_equal(pwrite(fd, garbage, sizeof(garbage), 4096 * 5),
			 sizeof(garbage));
	close(fd);
	assert_int_equal(store_open(t->directory, &s, &err), ERR_STORE_DAMAGED);
}

static void test_lost_file_beside_its_log(void **state)
{
	struct tempstore *t = *state;
	struct store *s = NULL;
	struct err err = ERR_INIT;
	char wal[160];

	t->store = store_close(t->store);
	assert_int_equal(unlink(t->path), 0);
	snprintf(wal, sizeof(wal), "%s-wal", t->path);
	write_file(wal, "frames", 6);
	assert_int_equal(store_open(t->directory, &s, &err), ERR_STORE_DAMAGED);
	assert_false(exists("", t)); /* no new one beside it */
}

static void test_garbage_in_shared_memory_heals(void **state)
{
	struct tempstore *t = *state;
	char shm[160], garbage[32768];

	set_meta(t->store, 3);
	t->store = store_close(t->store);
	memset(garbage, 0x5a, sizeof(garbage));
	snprintf(shm, sizeof(shm), "%s-shm", t->path);
	write_file(shm, garbage, sizeof(garbage));
	assert_int_equal(store_open(t->directory, &t->store, NULL), 0);
	assert_int_equal(get_meta(t->store), 3);
}

static void test_reader_beside_and_after_the_writer(void **state)
{
	struct tempstore *t = *state;
	CLEANUP(store_close_ptr) struct store *reader = NULL;

	set_meta(t->store, 1);
	assert_int_equal(store_open_read(t->path, &reader, NULL), 0);
	assert_int_equal(get_meta(reader), 1);
	set_meta(t->store, 2);
	assert_int_equal(get_meta(reader), 2);
	t->store = store_close(t->store);
	assert_int_equal(get_meta(reader), 2);
	reader = store_close(reader);
	assert_int_equal(read_meta(t), 2);
}

static void test_reader_cannot_write(void **state)
{
	struct tempstore *t = *state;
	CLEANUP(store_close_ptr) struct store *reader = NULL;
	CLEANUP(txn_end) struct txn txn = TXN_NONE;

	assert_int_equal(store_open_read(t->path, &reader, NULL), 0);
	assert_true(txn_begin(&txn, reader, NULL) < 0);
}

/* Opens, writes, tells, and waits to be killed with its log full. */
static void writer_until_killed(const char *directory, int tell)
{
	struct store *s = NULL;

	if (store_open(directory, &s, NULL) < 0)
		_exit(1);
	set_meta(s, 99);
	if (write(tell, "x", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static void test_after_a_kill(void **state)
{
	struct tempstore *t = *state;
	int pipe_fds[2];
	char c;
	pid_t child;

	assert_int_equal(pipe(pipe_fds), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		writer_until_killed(t->directory, pipe_fds[1]);
	close(pipe_fds[1]);
	assert_int_equal(read(pipe_fds[0], &c, 1), 1);
	close(pipe_fds[0]);
	assert_int_equal(read_meta(t), 99); /* up */
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_int_equal(read_meta(t), 99); /* killed */
	assert_int_equal(store_open(t->directory, &t->store, NULL), 0);
	assert_int_equal(get_meta(t->store), 99);
}

/* Another user of the file's group reads: the daemon up, stopped, killed. */
static void check_as_group(const struct tempstore *t, int64_t expected)
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		struct store *s = NULL;

		if (setgid(4711) < 0 || setuid(4712) < 0)
			_exit(2);
		if (store_open_read(t->path, &s, NULL) < 0)
			_exit(3);
		_exit(get_meta(s) == expected ? 0 : 4);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_group_reads(void **state)
{
	struct tempstore *t = *state;

	if (geteuid() != 0)
		skip(); /* only root can make a foreign group */
	assert_int_equal(chown(t->directory, 0, 4711), 0);
	assert_int_equal(chmod(t->directory, 02750), 0);
	assert_int_equal(store_open(t->directory, &t->store, NULL), 0);
	assert_int_equal(mode_of(t->path), 0640);
	set_meta(t->store, 5);
	check_as_group(t, 5);
	t->store = store_close(t->store);
	check_as_group(t, 5);
}

/* A database of another user is not opened for reading in silence. */
static void test_not_ours_to_write(void **state)
{
	struct tempstore *t = *state;
	int status;
	pid_t child;

	if (geteuid() != 0)
		skip(); /* only root can become somebody else */
	t->store = store_close(t->store);
	assert_int_equal(chmod(t->path, 0644), 0);
	assert_int_equal(chown(t->directory, 4712, 4711), 0);
	char lock[160];
	snprintf(lock, sizeof(lock), "%s/triaged.lock", t->directory);
	assert_int_equal(chown(lock, 4712, 4711), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct store *s = NULL;
		struct err err = ERR_INIT;

		if (setgid(4711) < 0 || setuid(4712) < 0)
			_exit(2);
		if (store_open(t->directory, &s, &err) != ERR_STORE)
			_exit(3);
		_exit(strstr(err.text, "owner") != NULL ? 0 : 4);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_second_migration_after_a_copy(void **state)
{
	struct tempstore *t = *state;
	struct migration first[2] = { store_migrations[0], { 0 } };
	char copy[192];

	t->store = store_close(t->store);
	/* Of upgrades long ago, and of a start that failed just now. */
	for (int i = 0; i < 5; i++) {
		snprintf(copy, sizeof(copy), "%s.before-%d", t->path, 90 + i);
		write_file(copy, "x", 1);
	}
	snprintf(copy, sizeof(copy), "%s.before-2-2001-01-01", t->path);
	write_file(copy, "x", 1);
	/* Back to the schema of the first migration. */
	unlink(t->path);
	char wal[160];
	snprintf(wal, sizeof(wal), "%s-wal", t->path);
	unlink(wal);
	write_file(t->path, "", 0);
	tempstore_exec(t, (const char *)first[0].text);
	tempstore_exec(t, "INSERT INTO meta VALUES ('mark', 12)");
	assert_int_equal(tempstore_number(t, "PRAGMA user_version"), 1);

	struct store *reader = NULL;
	assert_int_equal(store_open_read(t->path, &reader, NULL), ERR_STORE);
	assert_int_equal(store_open(t->directory, &t->store, NULL), 0);
	assert_int_equal(get_meta(t->store), 12);
	/* What it sorted went where there is room, and not to /tmp. */
	assert_string_equal(sqlite3_temp_directory, t->directory);
	assert_int_equal(find_copy(t, 2, copy), 1);
	assert_int_equal(mode_of(copy), 0640);
	assert_false(exists(".before-90", t));
	assert_false(exists(".before-92", t));
	assert_true(exists(".before-94", t)); /* three are kept */
	assert_false(exists(".before.part", t));
	struct tempstore old = *t;
	assert_true(strlen(copy) < sizeof(old.path));
	strcpy(old.path, copy);
	assert_int_equal(tempstore_number(&old, "PRAGMA user_version"), 1);
	assert_int_equal(tempstore_number(&old, "SELECT value FROM meta"), 12);
}

static void test_migration_is_whole_or_not(void **state)
{
	struct tempstore *t = *state;
	struct migration list[64] = { 0 };
	int latest = migrate_latest(store_migrations);
	char bad[160], copy[192];
	struct err err = ERR_INIT;

	assert_true((size_t)latest + 2 < ARRAY_SIZE(list));
	/* The table is there already. */
	snprintf(bad, sizeof(bad),
		 "CREATE TABLE half (a INTEGER); PRAGMA user_version = %d;"
		 "CREATE TABLE alert (id INTEGER)",
		 latest + 1);
	memcpy(list, store_migrations, (size_t)latest * sizeof(list[0]));
	list[latest] =
		(struct migration){ latest + 1, "9999-bad",
				    (const unsigned char *)bad, strlen(bad) };
	assert_true(migrate_run(t->store, list, NULL, &err) < 0);
	assert_non_null(strstr(err.text, "9999-bad"));
	assert_int_equal(tempstore_number(t, "PRAGMA user_version"), latest);
	assert_int_equal(tempstore_number(t, "SELECT count(*) FROM "
					     "sqlite_schema WHERE name = "
					     "'half'"),
			 0);
	assert_int_equal(find_copy(t, latest + 1, copy), 1);
	/* The next start fails as well, and does not pile up copies. */
	assert_true(migrate_run(t->store, list, NULL, &err) < 0);
	assert_int_equal(find_copy(t, latest + 1, copy), 1);
}

static void test_size_and_checkpoint(void **state)
{
	struct tempstore *t = *state;
	int64_t bytes = 0, log = 0;
	struct store_log moved;

	set_meta(t->store, 1);
	assert_int_equal(store_size(t->store, &bytes, &log), 0);
	assert_true(bytes > 0);
	assert_true(log > 0);
	store_tend_log(t->store, &moved);
	assert_int_equal(get_meta(t->store), 1);
}

static void test_meta(void **state)
{
	struct tempstore *t = *state;
	int64_t value = 5;

	assert_int_equal(store_meta_get(t->store, "mark", &value, NULL), 0);
	assert_int_equal(value, 5); /* untouched */
	set_meta(t->store, INT64_MIN);
	assert_int_equal(get_meta(t->store), INT64_MIN);
}

#define WITH(test, setup)                                                      \
	cmocka_unit_test_setup_teardown(test, setup, tempstore_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_creates_once_with_its_mode, tempstore_setup_empty),
		WITH(test_leftover_of_a_killed_creation, tempstore_setup_empty),
		WITH(test_settings, tempstore_setup),
		WITH(test_second_writer_is_refused_with_the_pid,
		     tempstore_setup),
		cmocka_unit_test(test_no_state_directory),
		WITH(test_no_database_to_read, tempstore_setup_empty),
		WITH(test_foreign_files_are_refused, tempstore_setup_empty),
		WITH(test_foreign_database_is_refused, tempstore_setup),
		WITH(test_newer_schema_is_refused, tempstore_setup),
		WITH(test_half_a_file_is_refused, tempstore_setup),
		WITH(test_flipped_page_is_refused, tempstore_setup),
		WITH(test_lost_file_beside_its_log, tempstore_setup),
		WITH(test_garbage_in_shared_memory_heals, tempstore_setup),
		WITH(test_reader_beside_and_after_the_writer, tempstore_setup),
		WITH(test_reader_cannot_write, tempstore_setup),
		WITH(test_after_a_kill, tempstore_setup_empty),
		WITH(test_group_reads, tempstore_setup_empty),
		WITH(test_not_ours_to_write, tempstore_setup),
		WITH(test_second_migration_after_a_copy, tempstore_setup),
		WITH(test_migration_is_whole_or_not, tempstore_setup),
		WITH(test_size_and_checkpoint, tempstore_setup),
		WITH(test_meta, tempstore_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
