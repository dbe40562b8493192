/*
 * A copy is whole, made beside the writer, and leaves nothing when it fails.
 *
 * Battery: A11.
 */
#include "store/backup.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "helpers/sample.h"
#include "helpers/tempstore.h"
#include "store/audit.h"
#include "store/sqlite/inspect_priv.h"
#include "store/txn.h"

static char *target(const struct tempstore *t, const char *name)
{
	static char path[160];

	snprintf(path, sizeof(path), "%s/%s", t->directory, name);
	return path;
}

static int n_files(const struct tempstore *t)
{
	DIR *d = opendir(t->directory);
	int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* Events enough for several steps of the copy: about 3 MiB. */
static void fill(struct tempstore *t, int n)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	char detail[1024];

	memset(detail, 'x', sizeof(detail));
	memcpy(detail, "{\"a\":\"", 6);
	memcpy(detail + sizeof(detail) - 3, "\"}", 3);
	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	for (int i = 0; i < n; i++) {
		struct audit_event e = { 1, SAMPLE_NOW_MS + i, "ada", "noted",
					 detail };

		assert_int_equal(audit_add(t->store, &e, NULL), 0);
	}
	assert_int_equal(txn_commit(&txn, NULL), 0);
}

static void test_copy(void **state)
{
	struct tempstore *t = *state;
	CLEANUP(store_close_ptr) struct store *reader = NULL, *copy = NULL;
	struct store_facts f, again;
	struct err err = ERR_INIT;
	struct stat st;
	int64_t n, id;

	fill(t, 100);
	assert_int_equal(store_open_read(t->path, &reader, NULL), 0);
	if (store_backup(reader, target(t, "copy.db"), false, NULL, &f, &err))
		fail_msg("%s", err.text);
	assert_int_equal(f.n_events, 100);
	assert_int_equal(f.head_id, 100);
	assert_int_equal(strlen(f.head), 64);
	assert_int_equal(f.newest_ms, SAMPLE_NOW_MS + 99);
	assert_int_equal(f.schema, store_schema_version(t->store));
	assert_int_equal(stat(target(t, "copy.db"), &st), 0);
	assert_int_equal(st.st_size, f.bytes);
	assert_int_equal(st.st_mode & 07777, 0640);
	/* It can be read without a log beside it, and the chain is whole. */
	assert_int_equal(store_open_read(target(t, "copy.db"), &copy, &err), 0);
	assert_int_equal(access(target(t, "copy.db-wal"), F_OK), -1);
	assert_int_equal(audit_verify(copy, &n, &id, NULL), 0);
	assert_int_equal(n, 100);
	assert_int_equal(store_facts(copy, &again, NULL), 0);
	assert_string_equal(again.head, f.head);
	assert_string_equal(f.head,
			    tempstore_value(t, "SELECT hash FROM v_events "
					       "ORDER BY id DESC LIMIT 1"));
}

static void test_by_writer(void **state)
{
	struct tempstore *t = *state;
	struct store_facts f;

	fill(t, 1);
	assert_int_equal(store_backup(t->store, target(t, "c"), false, NULL, &f,
				      NULL),
			 0);
	assert_int_equal(f.n_events, 1);
	fill(t, 1); /* it holds nothing that keeps the writer from writing */
}

struct busy_writer {
	struct tempstore *t;
	int n_steps;
	int stop_at;
};

/* Between any two steps the writer commits. */
static int write_between(void *arg, const struct store_progress *p)
{
	struct busy_writer *w = arg;

	if (strcmp(p->what, "copying") != 0)
		return 0;
	assert_true(p->done <= p->total);
	fill(w->t, 3);
	return ++w->n_steps == w->stop_at;
}

static void test_beside_a_busy_writer(void **state)
{
	struct tempstore *t = *state;
	CLEANUP(store_close_ptr) struct store *reader = NULL;
	struct busy_writer w = { .t = t };
	struct store_watch watch = { write_between, &w };
	struct store_facts f;
	struct err err = ERR_INIT;

	fill(t, 3000);
	assert_int_equal(store_open_read(t->path, &reader, NULL), 0);
	if (store_backup(reader, target(t, "c"), false, &watch, &f, &err))
		fail_msg("%s", err.text);
	/* One moment, and no step was done twice. */
	assert_int_equal(f.n_events, 3000);
	assert_in_range(w.n_steps, 3, 8);
	assert_int_equal(tempstore_number(t, "SELECT count(*) FROM event"),
			 3000 + 3 * w.n_steps);
}

static void test_stopped(void **state)
{
	struct tempstore *t = *state;
	CLEANUP(store_close_ptr) struct store *reader = NULL;
	struct busy_writer w = { .t = t, .stop_at = 2 };
	struct store_watch watch = { write_between, &w };
	struct err err = ERR_INIT;
	int before;

	fill(t, 2000);
	assert_int_equal(store_open_read(t->path, &reader, NULL), 0);
	before = n_files(t);
	assert_int_equal(store_backup(reader, target(t, "c"), false, &watch,
				      NULL, &err),
			 ERR_CANCELLED);
	assert_int_equal(n_files(t), before);
}

static void test_disk_full(void **state)
{
	struct tempstore *t = *state;
	CLEANUP(store_close_ptr) struct store *reader = NULL;
	struct rlimit before, small;
	struct err err = ERR_INIT;
	int rc, files;

	fill(t, 1000);
	assert_int_equal(store_open_read(t->path, &reader, NULL), 0);
	files = n_files(t);
	getrlimit(RLIMIT_FSIZE, &before);
	small = (struct rlimit){ 300000, before.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	rc = store_backup(reader, target(t, "c"), false, NULL, NULL, &err);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(rc, ERR_STORE_FULL);
	assert_non_null(strstr(err.text, "nothing was left behind"));
	assert_non_null(strstr(err.text, target(t, "c")));
	assert_int_equal(n_files(t), files);
}

static void test_refused_targets(void **state)
{
	static const struct {
		const char *name;
		bool replace;
		const char *said;
	} cases[] = {
		{ "there", false, "--force" },
		{ "triaged.db", true, "the database itself" },
		{ "alias.db", true, "the database itself" },
		{ "used", true, "a database in use" },
		{ "new-used", false, "a database in use" },
		{ ".", true, "is a directory" },
		{ "no/such/folder", false, "No such file" },
	};
	struct tempstore *t = *state;
	char other[160];

	close(open(target(t, "there"), O_CREAT | O_WRONLY, 0600));
	close(open(target(t, "used"), O_CREAT | O_WRONLY, 0600));
	close(open(target(t, "used-wal"), O_CREAT | O_WRONLY, 0600));
	close(open(target(t, "new-used-wal"), O_CREAT | O_WRONLY, 0600));
	snprintf(other, sizeof(other), "%s", target(t, "alias.db"));
	assert_int_equal(link(t->path, other), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err err = ERR_INIT;
		int files = n_files(t);

		assert_true(store_backup(t->store, target(t, cases[i].name),
					 cases[i].replace, NULL, NULL,
					 &err) < 0);
		if (!strstr(err.text, cases[i].said))
			fail_msg("%s: %s", cases[i].name, err.text);
		assert_int_equal(n_files(t), files);
	}
	assert_int_equal(store_backup(t->store, target(t, "there"), true, NULL,
				      NULL, NULL),
			 0);
}

/* What is damaged is not copied over a good copy. */
static void test_damaged_source(void **state)
{
	struct tempstore *t = *state;
	CLEANUP(store_close_ptr) struct store *reader = NULL;
	struct err err = ERR_INIT;
	char hole[4096] = { 1, 2, 3 };
	int fd;

	fill(t, 1000);
	store_close(take(t->store));
	fd = open(t->path, O_WRONLY);
	for (int i = 200; i < 220; i++)
		assert_int_equal(pwrite(fd, hole, 4096, i * 4096), 4096);
	close(fd);
	assert_int_equal(store_open_read(t->path, &reader, NULL), 0);
	assert_int_equal(store_backup(reader, target(t, "c"), false, NULL, NULL,
				      &err),
			 ERR_STORE_DAMAGED);
	assert_non_null(strstr(err.text, "triagectl db check"));
	assert_int_equal(access(target(t, "c"), F_OK), -1);
}

#define WITH(test)                                                             \
	cmocka_unit_test_setup_teardown(test, tempstore_setup,                 \
					tempstore_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_copy),
		WITH(test_by_writer),
		WITH(test_beside_a_busy_writer),
		WITH(test_stopped),
		WITH(test_disk_full),
		WITH(test_refused_targets),
		WITH(test_damaged_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
