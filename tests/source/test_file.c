/* The file source: what is read, what is skipped, what is tried again. */
#include "source/source.h"

#include "source/door.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "util/jsonx.h"

#define ALERT(id) "{\"_id\":\"" id "\",\"severityValue\":1}"

struct fixture {
	char dir[64];
	struct loop *loop;
	struct door_keeper door;
	struct source_env env;
	struct source *source;
};

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	CLEANUP(free_ptr) char *glob = NULL;
	struct source_conf conf = { .name = (char *)"exported",
				    .type = SOURCE_FILE };

	strcpy(f->dir, "/tmp/triaged-test-file-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	glob = xasprintf("%s/*.json", f->dir);
	conf.path = glob;
	f->loop = loop_new();
	door_init(&f->door);
	f->env = (struct source_env){ .loop = f->loop,
				      .ingest = &f->door.ingest };
	f->source = source_new(&conf, &f->env);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	CLEANUP(free_ptr) char *command = xasprintf("rm -rf %s", f->dir);

	source_free(f->source);
	door_release(&f->door);
	loop_free(f->loop);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

static char *path_of(const struct fixture *f, const char *name)
{
	return xasprintf("%s/%s", f->dir, name);
}

/* Write @text to a file whose time is @mtime. */
static void put(const struct fixture *f, const char *name, const char *text,
		time_t mtime)
{
	CLEANUP(free_ptr) char *path = path_of(f, name);
	const struct timespec times[2] = { { .tv_sec = mtime },
					   { .tv_sec = mtime } };
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
	fclose(file);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static struct source_result poll(struct fixture *f)
{
	return door_poll(f->source, f->loop);
}

static void test_nothing_there(void **state)
{
	struct fixture *f = *state;
	struct source_result r = poll(f);

	assert_true(r.complete);
	assert_int_equal(r.n_listings, 0);
	assert_int_equal(f->door.n_rows, 0);
}

static void test_reads_once(void **state)
{
	struct fixture *f = *state;
	CLEANUP(free_ptr) char *path = path_of(f, "a.json");

	put(f, "a.json", "[" ALERT("1") "," ALERT("2") "]", 1000);
	put(f, "b.json", ALERT("3"), 1000);
	put(f, "c.txt", ALERT("4"), 1000);
	assert_true(poll(f).complete);
	assert_int_equal(f->door.n_rows, 2);
	assert_string_equal(f->door.rows[0].scope, path);
	assert_true(f->door.rows[0].complete);
	assert_int_equal(f->door.ids.n, 3);
	assert_int_equal(f->door.cursors.n, 2);
	/* Unchanged: not even a row in the ledger. */
	assert_int_equal(poll(f).n_listings, 0);
	/* Touched, but the same bytes: compared once, then known. */
	put(f, "a.json", "[" ALERT("1") "," ALERT("2") "]", 2000);
	assert_int_equal(poll(f).n_listings, 0);
	assert_int_equal(poll(f).n_listings, 0);
	/* The same size, other bytes. */
	put(f, "a.json", "[" ALERT("1") "," ALERT("5") "]", 3000);
	assert_int_equal(poll(f).n_listings, 1);
	assert_int_equal(f->door.rows[2].n_alerts, 1);
	assert_int_equal(f->door.rows[2].n_unchanged, 1);
	/* Another size. */
	put(f, "a.json", "[]", 3000);
	assert_int_equal(poll(f).n_listings, 1);
	assert_true(f->door.rows[3].complete);
	assert_int_equal(f->door.n_rows, 4);
}

static void test_cursor_survives(void **state)
{
	struct fixture *f = *state;
	CLEANUP(free_ptr) char *glob = path_of(f, "*.json");
	struct source_conf conf = { .name = (char *)"exported",
				    .type = SOURCE_FILE,
				    .path = glob };

	put(f, "a.json", ALERT("1"), 1000);
	assert_int_equal(poll(f).n_listings, 1);
	source_free(f->source);
	f->source = source_new(&conf, &f->env);
	assert_int_equal(poll(f).n_listings, 0);
	/* A cursor nobody can read is no cursor. */
	strlist_release(&f->door.cursors);
	{
		CLEANUP(free_ptr) char *path = path_of(f, "a.json=rubbish");

		strlist_add(&f->door.cursors, path);
	}
	assert_int_equal(poll(f).n_listings, 1);
}

static struct source_result poll_at(struct fixture *f, const char *name)
{
	CLEANUP(free_ptr) char *path = path_of(f, name);
	struct source_conf conf = { .name = (char *)"exported",
				    .type = SOURCE_FILE,
				    .path = path };

	source_free(f->source);
	f->source = source_new(&conf, &f->env);
	return poll(f);
}

/* That there is no file is one thing, that nobody can see whether there is one
 * another. */
static void test_no_folder(void **state)
{
	struct fixture *f = *state;
	CLEANUP(free_ptr) char *loop = path_of(f, "loop");
	static const struct {
		const char *path, *error; /* NULL: it is complete */
	} rows[] = {
		{ "none*.json", NULL },
		{ "none.json", NULL },
		{ "*/a.json", NULL },
		{ "none/*.json", "/none: No such file or directory" },
		{ "none/a.json", "/none: No such file or directory" },
		{ "loop/*.json", "/loop: Too many levels" },
		{ "loop/a.json", "/loop: Too many levels" },
	};

	assert_int_equal(symlink("loop", loop), 0);
	put(f, "file.json", ALERT("1"), 1000);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct source_result r = poll_at(f, rows[i].path);

		if (r.complete != !rows[i].error ||
		    (rows[i].error && !strstr(r.error, rows[i].error)))
			fail_msg("%s: %s", rows[i].path, r.error);
	}
	assert_true(poll_at(f, "*.json").complete);
	assert_int_equal(f->door.rows[f->door.n_rows - 1].n_alerts, 1);
}

static void test_being_written(void **state)
{
	struct fixture *f = *state;
	struct source_result r;

	put(f, "a.json", "{\"value\":[" ALERT("1") ",{\"_id\":\"2\",", 1000);
	put(f, "b.json", ALERT("3"), 1000);
	r = poll(f);
	assert_false(r.complete);
	assert_non_null(strstr(r.error, "a.json: ends in the middle"));
	assert_non_null(f->door.rows[0].failed);
	assert_int_equal(f->door.rows[0].n_alerts, 1);
	assert_true(f->door.rows[1].complete);
	assert_int_equal(f->door.cursors.n, 1);
	put(f, "a.json", "{\"value\":[" ALERT("1") "," ALERT("2") "]}", 1001);
	r = poll(f);
	assert_true(r.complete);
	assert_int_equal(r.n_listings, 1);
	assert_int_equal(f->door.rows[2].n_unchanged, 1);
	assert_int_equal(f->door.rows[2].n_alerts, 1);
}

static void test_bad_items(void **state)
{
	struct fixture *f = *state;

	put(f, "a.json", "a,b,c\n\n1,2,3\n", 1000);
	put(f, "b.json", "{\"error\":{\"code\":\"InvalidToken\"}}", 1000);
	put(f, "c.json",
	    "[" ALERT("1") ",{\"_id\":\"2\",\"severityValue\":1,"
			   "\"x\":\"\xff\"}]",
	    1000);
	assert_true(poll(f).complete);
	assert_int_equal(f->door.reasons.n, 4);
	assert_non_null(strstr(f->door.reasons.v[0], "CSV"));
	assert_string_equal(f->door.raws.v[1], "1,2,3");
	assert_string_equal(f->door.reasons.v[2], "no alert of a known shape");
	assert_string_equal(f->door.raws.v[2],
			    "{\"error\":{\"code\":\"InvalidToken\"}}");
	assert_non_null(strstr(f->door.reasons.v[3], "not valid JSON"));
	assert_int_equal(f->door.ids.n, 1);
}

/* More than a page, and more than the window: every one, exactly once. */
static void test_many(void **state)
{
	struct fixture *f = *state;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	for (int i = 0; i < 450; i++) {
		strbuf_addf(&text,
			    "{\"_id\":\"%d\",\"severityValue\":1,"
			    "\"description\":\"",
			    i);
		for (int k = 0; k < 10000; k++)
			strbuf_addch(&text, 'x');
		strbuf_addstr(&text, "\"}\n");
	}
	put(f, "a.json", text.buf, 1000);
	assert_true(poll(f).complete);
	assert_int_equal(f->door.rows[0].n_alerts, 450);
	assert_true(f->door.rows[0].n_pages >= 5);
	for (int i = 0; i < 450; i++)
		assert_int_equal(atoi(f->door.ids.v[i]), i);
}

static void test_not_files(void **state)
{
	struct fixture *f = *state;
	CLEANUP(free_ptr) char *fifo = path_of(f, "fifo.json");
	CLEANUP(free_ptr) char *dir = path_of(f, "dir.json");
	CLEANUP(free_ptr) char *link = path_of(f, "link.json");
	CLEANUP(free_ptr) char *huge = path_of(f, "huge.json");
	struct source_result r;
	int fd;

	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(symlink("/nonexistent", link), 0);
	fd = open(huge, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, ((off_t)1 << 30) + 1), 0);
	close(fd);
	r = poll(f);
	assert_false(r.complete);
	assert_int_equal(r.n_listings, 2); /* huge and link, each a failure */
	assert_non_null(strstr(f->door.rows[0].failed, "more than 1 GiB"));
	assert_non_null(strstr(f->door.rows[1].failed, "cannot be opened"));
}

static void test_store_refuses(void **state)
{
	struct fixture *f = *state;
	struct source_result r;

	put(f, "a.json", ALERT("1"), 1000);
	put(f, "b.json", ALERT("2"), 1000);
	f->door.refuse_cursor = true;
	r = poll(f);
	assert_string_equal(r.error, "no cursor today");
	f->door.refuse_cursor = false;
	f->door.refuse_begin = true;
	r = poll(f);
	assert_string_equal(r.error, "no row today");
	f->door.refuse_begin = false;
	f->door.refuse_page = true;
	r = poll(f);
	assert_string_equal(r.error, "no page today");
	assert_int_equal(f->door.n_rows, 1);
	assert_string_equal(f->door.rows[0].failed, "no page today");
	f->door.refuse_page = false;
	assert_true(poll(f).complete);
	assert_int_equal(f->door.ids.n, 2);
}

static void never(void *arg, const struct source_result *r)
{
	(void)arg;
	(void)r;
	fail_msg("called back after it was freed");
}

static void test_abandon(void **state)
{
	struct fixture *f = *state;
	CLEANUP(free_ptr) char *glob = path_of(f, "*.json");
	struct source_conf conf = { .name = (char *)"exported",
				    .type = SOURCE_FILE,
				    .path = glob };

	put(f, "a.json", "[" ALERT("1") "]", 1000);
	for (int turns = 0; turns < 5; turns++) {
		struct source *s = source_new(&conf, &f->env);

		strlist_release(&f->door.cursors);
		source_poll(s, never, NULL);
		for (int i = 0; i < turns; i++)
			loop_turn(f->loop, 10);
		source_free(s);
		for (size_t i = 0; i < f->door.n_rows; i++)
			assert_false(f->door.rows[i].open);
	}
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_there),   TEST(test_reads_once),
		TEST(test_cursor_survives), TEST(test_being_written),
		TEST(test_bad_items),	    TEST(test_many),
		TEST(test_not_files),	    TEST(test_store_refuses),
		TEST(test_abandon),	    TEST(test_no_folder),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
