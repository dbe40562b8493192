/* Tests of util/utf8: validity, cleaning, cutting. */
#include "util/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "util/xmalloc.h"

static void validity_follows_rfc3629(void **state)
{
	static const struct {
		const char *text;
		bool want;
	} rows[] = {
		{ "", true },
		{ "plain ascii, longer than one machine word", true },
		{ "\xc2\x80", true },
		{ "\xdf\xbf", true },
		{ "\xe0\xa0\x80", true },
		{ "\xed\x9f\xbf", true },
		{ "\xee\x80\x80", true },
		{ "\xef\xbf\xbf", true },
		{ "\xf0\x90\x80\x80", true },
		{ "\xf4\x8f\xbf\xbf", true },
		{ "\xc0\x80", false },
		{ "\xc1\xbf", false },
		{ "\xe0\x9f\xbf", false },
		{ "\xed\xa0\x80", false },
		{ "\xed\xbf\xbf", false },
		{ "\xf0\x8f\xbf\xbf", false },
		{ "\xf4\x90\x80\x80", false },
		{ "\xf5\x80\x80\x80", false },
		{ "\xff", false },
		{ "\x80", false },
		{ "\xc3", false },
		{ "\xe2\x82", false },
		{ "\xf0\x9f\x98", false },
		{ "\xc3\x41", false },
		{ "seven77\xff", false },
		{ "eight888\xff", false },
		{ "eight888\xc3\xa9 and more text behind\xc3", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(utf8_valid(rows[i].text, strlen(rows[i].text)),
				 rows[i].want);
	assert_true(utf8_valid("a\0b", 3));
}

static void decode_gives_points(void **state)
{
	uint32_t point = 7;

	(void)state;
	assert_int_equal(utf8_decode("A", 1, &point), 1);
	assert_int_equal(point, 'A');
	assert_int_equal(utf8_decode("\xf0\x9f\x98\x80z", 5, &point), 4);
	assert_int_equal(point, 0x1f600);
	assert_int_equal(utf8_decode("\xf0\x9f\x98\x80", 3, &point), 0);
	assert_int_equal(point, 0x1f600);
}

static void length_counts_points(void **state)
{
	(void)state;
	assert_int_equal(utf8_length(""), 0);
	assert_int_equal(utf8_length("h\xc3\xa9\xf0\x9f\x98\x80"), 3);
}

static void cleaning_follows_table(void **state)
{
	static const struct {
		const char *text;
		size_t max;
		enum utf8_clean how;
		const char *want;
	} rows[] = {
		{ "", 0, UTF8_LINE, "" },
		{ "a\nb\tc\r\nd\re", 0, UTF8_LINE, "a b c d e" },
		{ "a\nb\tc\r\nd\re", 0, UTF8_KEEP_NEWLINES, "a\nb\tc\nd\ne" },
		{ "a\x1b[1m\x7f\x01", 0, UTF8_LINE, "a[1m" },
		{ "a\xc2\x85"
		  "b",
		  0, UTF8_LINE, "ab" },
		{ "x\xe2\x80\xae\xe2\x81\xa6\xe2\x80\xa8y", 0, UTF8_LINE,
		  "xy" },
		{ "a\xff"
		  "b\xe2\x82",
		  0, UTF8_LINE,
		  "a\xef\xbf\xbd"
		  "b\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xed\xa0\x80", 0, UTF8_LINE,
		  "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "abcd", 4, UTF8_LINE, "abcd" },
		{ "abcde", 4, UTF8_LINE, "abc\xe2\x80\xa6" },
		{ "\xc3\xa9\xc3\xa9\xc3\xa9", 2, UTF8_LINE,
		  "\xc3\xa9\xe2\x80\xa6" },
		{ "ab", 1, UTF8_LINE, "\xe2\x80\xa6" },
		{ "abcd\x01\x02", 4, UTF8_LINE, "abcd" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
		char *copy =
			utf8_clean_dup(rows[i].text, rows[i].max, rows[i].how);

		strbuf_addstr(&sb, "> ");
		utf8_add_clean(&sb, rows[i].text, rows[i].max, rows[i].how);
		assert_string_equal(sb.buf + 2, rows[i].want);
		assert_string_equal(copy, rows[i].want);
		assert_true(utf8_valid(copy, strlen(copy)));
		free(copy);
	}
	assert_null(utf8_clean_dup(NULL, 0, UTF8_LINE));
}

static void cleaning_in_place_never_grows(void **state)
{
	static const char *const rows[][2] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "a\xff"
		  "b",
		  "a?b" },
		{ "a\r\nb\x1b", "a b" },
		{ "end \xe2\x82", "end " },
		{ "end \xf0", "end " },
		{ "end \x82", "end ?" },
		{ "\xe2\x82z", "??z" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *text = strdup(rows[i][0]);

		utf8_clean_in_place(text);
		assert_string_equal(text, rows[i][1]);
		free(text);
	}
}

/* All pairs of bytes: whatever comes in, valid and harmless text comes out. */
static void output_is_always_valid(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 65536; n++) {
		char text[] = { (char)(n >> 8), (char)n, 'x', '\0' };
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

		utf8_add_clean(&sb, text, 2, UTF8_LINE);
		utf8_clean_in_place(text);
		if (!utf8_valid(sb.buf, sb.len) ||
		    !utf8_valid(text, strlen(text)) || utf8_length(sb.buf) > 2)
			fail_msg("bytes %04x", n);
	}
}

/* A run of plain bytes is looked at eight at a time: one that is not plain is
 * found wherever it stands. */
static void every_byte_at_every_place(void **state)
{
	(void)state;
	for (int c = 1; c < 0x100; c++) {
		for (size_t at = 0; at < 20; at++) {
			char text[] = "abcdefghijklmnopqrst";
			char want[32] = "";
			CLEANUP(free_ptr) char *got = NULL;

			text[at] = (char)c;
			memcpy(want, text, at);
			if (c >= 0x80)
				strcat(want, "\xef\xbf\xbd");
			else if (c == '\n' || c == '\r' || c == '\t')
				strcat(want, " ");
			else if (c >= 0x20 && c != 0x7f)
				want[at] = text[at];
			strcat(want, text + at + 1);
			got = utf8_clean_dup(text, 0, UTF8_LINE);
			assert_string_equal(got, want);
		}
	}
}

#define ELLIPSIS "\xe2\x80\xa6"

static void cleaning_into_a_room_shows_a_cut(void **state)
{
	static const struct {
		const char *text;
		size_t room;
		const char *want;
	} rows[] = {
		{ "", 4, "" },
		{ "abc", 4, "abc" },
		{ "abcd", 4, ELLIPSIS },
		{ "abcdefgh", 8, "abcd" ELLIPSIS },
		{ "abc\xc3\xa4"
		  "fgh",
		  8, "abc" ELLIPSIS },
		{ "ab\xf0\x9f\x98\x80"
		  "fgh",
		  9, "ab" ELLIPSIS },
		{ "ab\n\x1b\xff", 9, "ab ?" },
		{ "a\x1b\x1b\x1b\x1b\x1b\x1b\x1b\x1b", 8, "a" ELLIPSIS },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *to = malloc(rows[i].room); /* no byte more */

		assert_non_null(to);
		utf8_clean_into(to, rows[i].room, rows[i].text);
		assert_string_equal(to, rows[i].want);
		free(to);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(validity_follows_rfc3629),
		cmocka_unit_test(decode_gives_points),
		cmocka_unit_test(length_counts_points),
		cmocka_unit_test(cleaning_follows_table),
		cmocka_unit_test(cleaning_in_place_never_grows),
		cmocka_unit_test(output_is_always_valid),
		cmocka_unit_test(every_byte_at_every_place),
		cmocka_unit_test(cleaning_into_a_room_shows_a_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
