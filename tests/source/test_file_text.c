/* What a file that is no JSON is taken for. */
#include "source/file_text_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static void fill(struct file_window *w, const char *text, size_t len)
{
	size_t room;
	char *to;

	file_window_init(w);
	to = file_window_room(w, &room);
	assert_true(len <= room);
	memcpy(to, text, len);
	file_window_fed(w, len);
}

static void test_start(void **state)
{
	static const struct {
		const char *text;
		enum file_kind kind;
		bool is_table;
		const char *rest;
	} rows[] = {
		{ "", FILE_UNKNOWN, false, "" },
		{ "  \n\t ", FILE_UNKNOWN, false, "" },
		{ " {\"a\":1}", FILE_JSON, false, "{\"a\":1}" },
		{ "\xef\xbb\xbf\n[1]", FILE_JSON, false, "[1]" },
		{ "a,b,c\n1,2,3", FILE_TEXT, true, "a,b,c\n1,2,3" },
		{ "a\tb\tc", FILE_TEXT, true, "a\tb\tc" },
		{ "a, b", FILE_TEXT, false, "a, b" },
		{ "\x1f\x8b\x08x", FILE_FOREIGN, false, NULL },
		{ "PK\x03\x04", FILE_FOREIGN, false, NULL },
		{ "\xfe\xff x", FILE_FOREIGN, false, NULL },
		{ "\x28\xb5\x2f\xfd", FILE_FOREIGN, false, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct file_window w;
		const char *reason = NULL;
		bool is_table = false;

		fill(&w, rows[i].text, strlen(rows[i].text));
		w.eof = true;
		assert_int_equal(file_text_start(&w, &is_table, &reason),
				 rows[i].kind);
		assert_int_equal(is_table, rows[i].is_table);
		assert_int_equal(reason != NULL, rows[i].kind == FILE_FOREIGN);
		if (rows[i].rest)
			assert_int_equal(file_window_rest(&w).len,
					 strlen(rows[i].rest));
		file_window_release(&w);
	}
}

/* Too little to tell is not told. */
static void test_waits(void **state)
{
	struct file_window w;
	const char *reason;
	bool is_table;

	(void)state;
	fill(&w, "a,b", 3);
	assert_int_equal(file_text_start(&w, &is_table, &reason), FILE_UNKNOWN);
	file_window_release(&w);
	fill(&w, "a,b,c,d", 7);
	assert_int_equal(file_text_start(&w, &is_table, &reason), FILE_UNKNOWN);
	file_window_release(&w);
}

static void test_lines(void **state)
{
	static const char text[] = "one\r\n\n  \ntwo \nthr\0ee";
	static const char *const expect[] = { "one", "two", "thr" };
	struct file_window w;
	struct span line;
	bool in_line = false;

	(void)state;
	fill(&w, text, sizeof(text) - 1);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(file_text_line(&w, &in_line, &line), 1);
		assert_int_equal(line.len, strlen(expect[i]));
		assert_memory_equal(line.p, expect[i], line.len);
	}
	assert_int_equal(file_text_line(&w, &in_line, &line), 0);
	w.eof = true;
	assert_int_equal(file_text_line(&w, &in_line, &line), 1);
	assert_int_equal(line.len, 6);
	assert_int_equal(file_text_line(&w, &in_line, &line), 0);
	file_window_release(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_waits),
		cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
