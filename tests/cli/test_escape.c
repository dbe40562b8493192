/*
 * Hostile text to terminals, JSON readers and spreadsheets.
 *
 * Battery: G2 G4.
 */
#include "cli/escape.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "util/compiler.h"

struct row {
	const char *in, *out;
};

static void check(const struct row *rows, size_t n, enum escape_how how)
{
	for (size_t i = 0; i < n; i++) {
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

		escape_add(&sb, rows[i].in, strlen(rows[i].in), how);
		assert_string_equal(sb.buf, rows[i].out);
	}
}

static void test_line(void **state)
{
	static const struct row rows[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "Gr\xc3\xbc\xc3\x9f \xe6\x97\xa5\xe6\x9c\xac",
		  "Gr\xc3\xbc\xc3\x9f \xe6\x97\xa5\xe6\x9c\xac" },
		{ "C:\\xampp\\new", "C:\\xampp\\new" },
		{ "\033]0;title\007", "\\u001b]0;title\\u0007" },
		{ "\033[2J", "\\u001b[2J" },
		{ "a\rb\bc\x7f", "a\\u000db\\u0008c\\u007f" },
		{ "a\nb\tc", "a\\nb\\tc" },
		{ "\xc2\x9b"
		  "31m",
		  "\\u009b31m" },
		{ "\xe2\x80\xae"
		  "cod.exe",
		  "\\u202ecod.exe" },
		{ "\xe2\x81\xa6x\xe2\x81\xa9", "\\u2066x\\u2069" },
		{ "\xe2\x80\xa8", "\\u2028" },
		{ "\xef\xbb\xbf"
		  "a",
		  "\\ufeffa" },
		{ "\xf3\xa0\x81\x81", "\\udb40\\udc41" },
		{ "a\xff"
		  "b\xc3",
		  "a\xef\xbf\xbd"
		  "b\xef\xbf\xbd" },
		{ "\xc0\x9b", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "%s%n", "%s%n" },
	};

	(void)state;
	check(rows, ARRAY_SIZE(rows), ESCAPE_LINE);
}

static void test_text(void **state)
{
	static const struct row rows[] = {
		{ "one\ntwo\r\nthree", "one\ntwo\nthree" },
		{ "a\rb", "a\\u000db" },
		{ "a\tb", "a b" },
	};

	(void)state;
	check(rows, ARRAY_SIZE(rows), ESCAPE_TEXT);
}

/* No byte that could be a control of a terminal, whatever comes in. */
static void test_random_bytes_are_harmless(void **state)
{
	unsigned seed = 7;
	char in[64];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
		size_t n = (size_t)rand_r(&seed) % sizeof(in);

		for (size_t j = 0; j < n; j++)
			in[j] = (char)(rand_r(&seed) % 256);
		escape_add(&sb, in, n, ESCAPE_LINE);
		for (size_t j = 0; j < sb.len; j++) {
			assert_true((unsigned char)sb.buf[j] >= 0x20);
			assert_true(sb.buf[j] != 0x7f);
			if ((unsigned char)sb.buf[j] == 0xc2)
				assert_true((unsigned char)sb.buf[j + 1] >=
					    0xa0);
		}
	}
}

static void test_nul_is_shown(void **state)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	(void)state;
	escape_add(&sb, "a\0b", 3, ESCAPE_LINE);
	assert_string_equal(sb.buf, "a\\u0000b");
}

static void test_json(void **state)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	(void)state;
	escape_add_json(&sb, "{\n  \"a\": \"\x7f\xc2\x85\xe2\x80\xae\xc3\xbc"
			     "\xf3\xa0\x81\x81\"\n}");
	assert_string_equal(sb.buf, "{\n  \"a\": \"\\u007f\\u0085\\u202e"
				    "\xc3\xbc\\udb40\\udc41\"\n}");
}

static void test_csv(void **state)
{
	static const struct row rows[] = {
		{ "plain", "plain" },
		{ "", "" },
		{ "a,b", "\"a,b\"" },
		{ "say \"x\"", "\"say \"\"x\"\"\"" },
		{ "=HYPERLINK(1)", "\"'=HYPERLINK(1)\"" },
		{ "+1", "\"'+1\"" },
		{ "-1", "\"'-1\"" },
		{ "@sum", "\"'@sum\"" },
		{ "\tx", "\"' x\"" },
		{ "\rx", "\"'\\u000dx\"" },
		{ "a\nb", "\"a\nb\"" },
		{ "\033[2J", "\\u001b[2J" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

		escape_add_csv(&sb, rows[i].in, strlen(rows[i].in));
		assert_string_equal(sb.buf, rows[i].out);
	}
}

static void test_width(void **state)
{
	static const struct {
		const char *text;
		size_t width;
	} rows[] = {
		{ "", 0 },
		{ "abc", 3 },
		{ "Gr\xc3\xbc\xc3\x9f", 4 },
		{ "\xe6\x97\xa5\xe6\x9c\xac", 4 },
		{ "e\xcc\x81", 1 },
		{ "\033[1;31mred\033[0m", 3 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(escape_width(rows[i].text), rows[i].width);
}

/* What is kept of a path is its end. */
static void test_cut_start(void **state)
{
	static const struct {
		const char *in;
		size_t width;
		const char *out;
	} rows[] = {
		{ "/in/a.json", 10, "/in/a.json" },
		{ "/in/a.json", 9, "\xe2\x80\xa6n/a.json" },
		{ "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 4,
		  "\xe2\x80\xa6\xe8\xaa\x9e" },
		{ "aae\xcc\x81xx", 3, "\xe2\x80\xa6xx" },
		{ "abc", 1, "\xe2\x80\xa6" },
		{ "abc", 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

		escape_add_cut_start(&sb, rows[i].in, rows[i].width);
		assert_string_equal(sb.buf ? sb.buf : "", rows[i].out);
		assert_true(escape_width(sb.buf ? sb.buf : "") <=
			    rows[i].width);
	}
}

static void test_cut(void **state)
{
	static const struct {
		const char *in;
		size_t width;
		const char *out;
	} rows[] = {
		{ "abcdef", 6, "abcdef" },
		{ "abcdef", 5, "abcd\xe2\x80\xa6" },
		{ "abc def", 5, "abc\xe2\x80\xa6" },
		{ "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 4,
		  "\xe6\x97\xa5\xe2\x80\xa6" },
		{ "abc", 1, "\xe2\x80\xa6" },
		{ "abc", 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

		escape_add_cut(&sb, rows[i].in, rows[i].width);
		assert_string_equal(sb.buf, rows[i].out);
		assert_true(escape_width(sb.buf) <= rows[i].width);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_random_bytes_are_harmless),
		cmocka_unit_test(test_nul_is_shown),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_cut_start),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
