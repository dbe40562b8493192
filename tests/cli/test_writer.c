/* One answer through every writer: screen, JSON, CSV; hostile text in it. */
#include "cli/writer.h"

#include <jansson.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cli/escape.h"
#include "util/jsonx.h"

#define NOW INT64_C(1795298649000)
#define MINUTE INT64_C(60000)
#define EVIL                                                                   \
	"\033]0;x\007\xe2\x80\xae"                                             \
	"bidi\xc2\x9b"                                                         \
	"1m"

static const char *const names[] = { "id", "severity", "due_ms", "title",
				     "hidden" };

static const struct column columns[] = {
	{ "id", "ID", AS_TEXT, COLUMN_RIGHT, NULL },
	{ "severity", "SEV", AS_SEVERITY, 0, NULL },
	{ "due_ms", "DUE", AS_DUE, 0, NULL },
	{ "missing", "NEVER", AS_TEXT, COLUMN_RARE, NULL },
	{ "title", "TITLE", AS_TEXT, COLUMN_FLEX, NULL },
};

static const struct table table = {
	.key = "alerts",
	.columns = columns,
	.n_columns = ARRAY_SIZE(columns),
	.empty = "no open alerts",
};

static void add(struct rows *r, int64_t id, const char *severity, int64_t due,
		const char *title)
{
	const struct cell cells[] = {
		cell_integer(id),
		cell_text(severity),
		due ? cell_integer(due) : cell_null(),
		cell_text(title),
		cell_text("only for programs"),
	};

	assert_int_equal(rows_keep(r, ARRAY_SIZE(names), names, cells), 0);
}

/* Writes an answer by @say through a writer of @kind; heap. */
enum kind { TEXT, COLOUR, NARROW, JSON, CSV };
static char *written(enum kind kind, void (*say)(struct writer *))
{
	struct screen screen = { .now_ms = NOW, .colour = kind == COLOUR };
	struct err err = ERR_INIT;
	struct writer *w;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	screen.width = kind == NARROW ? 40 : 80;
	w = kind == JSON  ? writer_json_new(out)
	    : kind == CSV ? writer_csv_new(out)
			  : writer_text_new(out, &screen);
	writer_begin(w, "triaged.test.v1");
	say(w);
	assert_int_equal(writer_end(w, &err), 0);
	writer_free(w);
	fclose(out);
	return text;
}

static void say_alerts(struct writer *w)
{
	CLEANUP(rows_release) struct rows r = ROWS_INIT;

	add(&r, 7, "critical", NOW + 42 * MINUTE + 1000, "Sign-in");
	add(&r, 1234, "low", NOW - 12 * MINUTE, EVIL);
	add(&r, 9, "info", 0,
	    "A title that is so long that no screen shows all of it, for it "
	    "goes on and on");
	writer_table(w, &table, &r);
}

static void test_table(void **state)
{
	char *text = written(TEXT, say_alerts);

	(void)state;
	assert_string_equal(
		text,
		"  ID  SEV       DUE          TITLE\n"
		"   7  critical  in 42 min    Sign-in\n"
		"1234  low       12 min late  \\u001b]0;x\\u0007\\u202ebidi"
		"\\u009b1m\n"
		"   9  info      -            A title that is so long that no "
		"screen shows all o\xe2\x80\xa6\n");
	free(text);
}

/* Two files of one folder stay apart; other words keep their beginning. */
static void say_paths(struct writer *w)
{
	static const char *const name[] = { "scope" };
	static const struct column scopes[] = {
		{ "scope", "SCOPE", AS_TEXT, COLUMN_FLEX | COLUMN_PATH, NULL },
	};
	static const struct table paths = { .columns = scopes, .n_columns = 1 };
	static const char *const texts[] = {
		"/var/lib/triaged/import/of-the-tenant/monday.json",
		"/var/lib/triaged/import/of-the-tenant/tuesday.json",
		"22222222-3333-4444-5555-666666666666-and-more",
	};
	CLEANUP(rows_release) struct rows r = ROWS_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const struct cell cell = cell_text(texts[i]);

		assert_int_equal(rows_keep(&r, 1, name, &cell), 0);
	}
	writer_table(w, &paths, &r);
}

static void test_paths(void **state)
{
	char *text = written(NARROW, say_paths);

	(void)state;
	assert_string_equal(
		text, "SCOPE\n"
		      "\xe2\x80\xa6"
		      "riaged/import/of-the-tenant/monday.json\n"
		      "\xe2\x80\xa6"
		      "iaged/import/of-the-tenant/tuesday.json\n"
		      "22222222-3333-4444-5555-666666666666-an\xe2\x80\xa6\n");
	free(text);
}

/* No line is wider than the screen; wide characters count twice. */
static void say_wide(struct writer *w)
{
	CLEANUP(rows_release) struct rows r = ROWS_INIT;

	add(&r, 1, "high", 0,
	    "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5\xe6\x9c\xac"
	    "\xe8\xaa\x9e\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5"
	    "\xe6\x9c\xac\xe8\xaa\x9e");
	writer_table(w, &table, &r);
	writer_line(w, "Label");
	writer_words(w, "some words that must go on in a second line and in "
			"a third one");
}

static void test_width(void **state)
{
	char *text = written(NARROW, say_wide), *rest = text, *line;
	size_t n = 0;

	(void)state;
	while ((line = strsep(&rest, "\n"))) {
		assert_true(escape_width(line) <= 40);
		n++;
	}
	assert_true(n >= 5);
	free(text);
}

static void test_colour(void **state)
{
	char *text = written(COLOUR, say_alerts);
	char *plain = written(TEXT, say_alerts);

	(void)state;
	assert_non_null(strstr(text, "\033[1;31mcritical\033[0m"));
	assert_non_null(strstr(text, "\033[31m12 min late\033[0m"));
	assert_null(strchr(plain, '\033'));
	/* Of the foreign sequences none has come through. */
	assert_null(strstr(text, "\033]"));
	free(text);
	free(plain);
}

static void say_lines(struct writer *w)
{
	struct cell evil = cell_text("one " EVIL " two\nthree");
	struct cell steps = cell_text("1. Isolate\n2. Ask\n\n");
	struct cell none = cell_null();

	writer_line(w, "What");
	writer_value(w, AS_TEXT, &evil);
	writer_line(w, "Steps");
	writer_value(w, AS_LINES, &steps);
	writer_line(w, "Who");
	writer_value(w, AS_TEXT, &none);
	writer_words(w, ", nobody");
	writer_gap(w);
}

static void test_lines(void **state)
{
	char *text = written(TEXT, say_lines);

	(void)state;
	assert_string_equal(text,
			    "What        one \\u001b]0;x\\u0007\\u202ebidi"
			    "\\u009b1m two\\nthree\n"
			    "Steps       1. Isolate\n"
			    "            2. Ask\n"
			    "Who         -, nobody\n"
			    "\n");
	free(text);
}

/* The last column wraps behind its row, or stands under it; it is never cut. */
static void say_wrapped(struct writer *w)
{
	static const struct column wrapped[] = {
		{ "id", "ID", AS_TEXT, COLUMN_RIGHT, NULL },
		{ "severity", "SEVERITY", AS_TEXT, 0, NULL },
		{ "title", "ERROR", AS_ERROR, COLUMN_WRAP, NULL },
	};
	const struct table t = {
		.columns = wrapped,
		.n_columns = ARRAY_SIZE(wrapped),
	};
	CLEANUP(rows_release) struct rows r = ROWS_INIT;

	add(&r, 1, "high", 0, "refused by the mail server for ever");
	add(&r, 2, "low", 0, NULL);
	add(&r, 3, "a level with a long name", 0, "short");
	writer_table(w, &t, &r);
}

static void test_wrapped_column(void **state)
{
	char *wide = written(TEXT, say_wrapped);
	char *narrow = written(NARROW, say_wrapped);

	(void)state;
	assert_string_equal(wide,
			    "ID  SEVERITY                  ERROR\n"
			    " 1  high                      refused by the mail "
			    "server for ever\n"
			    " 2  low\n"
			    " 3  a level with a long name  short\n");
	assert_string_equal(narrow, "ID  SEVERITY\n"
				    " 1  high\n"
				    "    refused by the mail server for ever\n"
				    " 2  low\n"
				    " 3  a level with a long name\n"
				    "    short\n");
	free(wide);
	free(narrow);
}

/* More columns than the screen has room for: a line for each cell. */
static void say_records(struct writer *w)
{
	struct column many[ARRAY_SIZE(names)];
	const struct table t = {
		.columns = many,
		.n_columns = ARRAY_SIZE(names),
		.verbatim = true,
	};
	CLEANUP(rows_release) struct rows r = ROWS_INIT;

	add(&r, 1, "a rather long level", 0, "a title that has some words");
	add(&r, 2, "low", 0, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		many[i] = (struct column){ names[i], names[i], AS_TEXT,
					   COLUMN_FLEX, NULL };
	writer_table(w, &t, &r);
}

static void test_records(void **state)
{
	char *text = written(NARROW, say_records);

	(void)state;
	assert_string_equal(text, "id        1\n"
				  "severity  a rather long level\n"
				  "due_ms    -\n"
				  "title     a title that has some words\n"
				  "hidden    only for programs\n"
				  "\n"
				  "id        2\n"
				  "severity  low\n"
				  "due_ms    -\n"
				  "title     -\n"
				  "hidden    only for programs\n");
	free(text);
}

static void say_bare(struct writer *w)
{
	const struct table bare = {
		.columns = columns,
		.n_columns = 2,
		.bare = true,
		.empty = "nobody",
	};
	CLEANUP(rows_release) struct rows r = ROWS_INIT;

	writer_line(w, "Told");
	writer_table(w, &bare, &r);
	add(&r, 1, "low", 0, NULL);
	add(&r, 22, "high", 0, NULL);
	writer_line(w, "Known");
	writer_table(w, &bare, &r);
	writer_line(w, "Next");
	writer_words(w, "line");
}

static void test_bare_table(void **state)
{
	char *text = written(TEXT, say_bare);

	(void)state;
	assert_string_equal(text, "Told        nobody\n"
				  "Known        1  low\n"
				  "            22  high\n"
				  "Next        line\n");
	free(text);
}

static void say_nothing(struct writer *w)
{
	CLEANUP(rows_release) struct rows r = ROWS_INIT;

	writer_table(w, &table, &r);
}

static void test_empty_is_said(void **state)
{
	char *text = written(TEXT, say_nothing);
	char *json = written(JSON, say_nothing);
	char *csv = written(CSV, say_nothing);

	(void)state;
	assert_string_equal(text, "no open alerts\n");
	assert_string_equal(json, "{\n  \"schema\": \"triaged.test.v1\",\n"
				  "  \"alerts\": []\n}\n");
	assert_string_equal(csv, "");
	free(text);
	free(json);
	free(csv);
}

static json_t *load(char *text)
{
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(root);
	free(text);
	return root;
}

static void test_json(void **state)
{
	char *text = written(JSON, say_alerts);
	json_t *root, *alert;

	(void)state;
	for (const char *p = text; *p; p++)
		assert_true((unsigned char)*p >= 0x20 || *p == '\n');
	assert_non_null(strstr(text, "\\u202e"));
	root = load(text);
	assert_string_equal(jsonx_str(root, "schema"), "triaged.test.v1");
	alert = json_array_get(json_object_get(root, "alerts"), 1);
	assert_string_equal(jsonx_str(alert, "title"), EVIL);
	assert_string_equal(jsonx_str(alert, "hidden"), "only for programs");
	assert_string_equal(jsonx_str(alert, "due_at"),
			    "2026-11-21T21:52:09.000Z");
	assert_int_equal(json_integer_value(json_object_get(alert, "due_ms")),
			 NOW - 12 * MINUTE);
	alert = json_array_get(json_object_get(root, "alerts"), 2);
	assert_true(json_is_null(json_object_get(alert, "due_at")));
	json_decref(root);
}

static void say_values(struct writer *w)
{
	struct cell bytes = { .type = CELL_BYTES,
			      .text = "\xff\x01",
			      .len = 2 };

	writer_object(w, "daemon");
	writer_flag(w, "running", true);
	writer_instant(w, "started", NOW);
	writer_object_end(w);
	writer_field(w, "raw", bytes);
	writer_field(w, "real",
		     (struct cell){ .type = CELL_REAL, .real = 0.5 });
}

static void test_json_objects(void **state)
{
	json_t *root = load(written(JSON, say_values));
	json_t *daemon = json_object_get(root, "daemon");

	(void)state;
	assert_true(json_is_true(json_object_get(daemon, "running")));
	assert_string_equal(jsonx_str(daemon, "started_at"),
			    "2026-11-21T22:04:09.000Z");
	assert_string_equal(jsonx_str(json_object_get(root, "raw"), "base64"),
			    "/wE=");
	assert_true(json_is_real(json_object_get(root, "real")));
	json_decref(root);
}

static void say_formulas(struct writer *w)
{
	CLEANUP(rows_release) struct rows r = ROWS_INIT;

	add(&r, -5, "=1+1", 0, "a, \"b\"");
	add(&r, 6, "plain", NOW, EVIL);
	writer_line(w, "not for spreadsheets");
	writer_table(w, &table, &r);
}

static void test_csv(void **state)
{
	char *text = written(CSV, say_formulas);

	(void)state;
	assert_string_equal(text,
			    "id,severity,due_ms,title,hidden\n"
			    "-5,\"'=1+1\",,\"a, \"\"b\"\"\",\"only for "
			    "programs\"\n"
			    "6,plain,1795298649000,\\u001b]0;x\\u0007\\u202e"
			    "bidi\\u009b1m,\"only for programs\"\n");
	free(text);
}

/* A full disk is not a success. */
static void test_failing_output(void **state)
{
	const struct screen screen = { .now_ms = NOW };
	FILE *full = fopen("/dev/full", "w");
	struct err err = ERR_INIT;
	struct writer *w;

	(void)state;
	assert_non_null(full);
	w = writer_text_new(full, &screen);
	writer_begin(w, "triaged.test.v1");
	writer_line(w, NULL);
	writer_words(w, "text");
	assert_true(writer_end(w, &err) < 0);
	assert_non_null(strstr(err.text, "cannot write the answer"));
	writer_free(w);
	fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_colour),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_wrapped_column),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_bare_table),
		cmocka_unit_test(test_empty_is_said),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_objects),
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_failing_output),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
