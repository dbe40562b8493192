/* What the quick reader accepts is what jansson reads: same values, or none. */
#include "util/jsonread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/compiler.h"
#include "util/strbuf.h"

static bool never(void)
{
	return false;
}

static bool at_once(void)
{
	return true;
}

/* Is it accepted? Then it must be what jansson reads. */
static bool accepted(const char *text, size_t len)
{
	json_t *ours = jsonread(text, len, never);
	json_t *theirs =
		json_loadb(text, len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES,
			   NULL);
	bool is_ours = ours != NULL;

	if (ours && !json_equal(ours, theirs))
		fail_msg("read otherwise than by jansson: %.*s", (int)len,
			 text);
	json_decref(ours);
	json_decref(theirs);
	return is_ours;
}

static void usual_text_is_accepted(void **state)
{
	static const char *const rows[] = {
		"{}",
		"[]",
		" [ ] ",
		"\"\"",
		"0",
		"-1",
		"12345678901234567",
		"123456789012345678",
		"9223372036854775807",
		"-0.5e-3",
		"0.5",
		"-0.0",
		"-122.3321",
		"1.5e3",
		"0.00000000000001",
		"12345678901234.5",
		"123456789012345.5",
		"123456789012345678.5",
		"1E5",
		"true",
		"[true,false,null]",
		"{\"a\":{\"b\":[1,2,{\"c\":\"d\"}]},\"e\":[]}",
		"{\n\t\"a\" : 1 ,\r\n \"b\" : [ 1 , 2 ] }",
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
		"\"\\u00e9\\u20AC\\uD83D\\ude00 tail\"",
		"\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"",
		"[\"a\\nb\",\"\xc3\xa9\\n\xc3\xa9\"]",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!accepted(rows[i], strlen(rows[i])))
			fail_msg("refused: %s", rows[i]);
}

static void odd_text_is_left_to_jansson(void **state)
{
	static const char *const rows[] = {
		"",
		"  ",
		"{",
		"[1",
		"[1,]",
		"[,1]",
		"[1 2]",
		"{\"a\"}",
		"{\"a\":}",
		"{\"a\":1,}",
		"{,\"a\":1}",
		"{\"a\":1 \"b\":2}",
		"{a:1}",
		"[1]]",
		"[1] x",
		"[}",
		"\"",
		"\"a",
		"\"\\",
		"\"\\x\"",
		"\"\\u12\"",
		"\"\\u12g4\"",
		"\"\\u0000\"",
		"\"\\ud800\"",
		"\"\\ud800x\"",
		"\"\\ud800\\u0041\"",
		"\"\\udc00\"",
		"\"a\nb\"",
		"\"\xff\"",
		"\"\xc3\"",
		"\"\xc3\\u00e9\"",
		"\"\xed\xa0\x80\"",
		"01",
		"-",
		"+1",
		"1.",
		"1.e5",
		"01.5",
		"-.5",
		".5",
		"1e",
		"1e400",
		"99999999999999999999",
		"tru",
		"nul",
		"truex",
		"{\"a\":1,\"a\":2}",
		"{\"a\":1,\"\\u0061\":2}",
		"\xef\xbb\xbf{}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (accepted(rows[i], strlen(rows[i])))
			fail_msg("accepted: %s", rows[i]);
}

static void depth_is_bounded(void **state)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	(void)state;
	for (int depth = 1; depth < 2000; depth *= 2) {
		strbuf_reset(&sb);
		for (int i = 0; i < depth; i++)
			strbuf_addch(&sb, '[');
		for (int i = 0; i < depth; i++)
			strbuf_addch(&sb, ']');
		assert_int_equal(accepted(sb.buf, sb.len), depth <= 64);
	}
}

static void reading_can_be_stopped(void **state)
{
	(void)state;
	assert_null(jsonread("[1]", 3, at_once));
	assert_null(jsonread("{\"a\":1}", 7, at_once));
}

static uint64_t next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

/* To the last bit, whatever the number of digits. */
static void decimals_are_as_jansson_reads_them(void **state)
{
	uint64_t x = 7;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		char text[64];
		uint64_t whole = next(&x) >> (next(&x) % 64);
		uint64_t part = next(&x) >> (next(&x) % 64);
		int len = snprintf(text, sizeof(text), "%s%" PRIu64 ".%" PRIu64,
				   i % 2 ? "-" : "", whole, part);

		if (!accepted(text, (size_t)len))
			fail_msg("refused: %s", text);
	}
}

/* Escapes and odd bytes at every place of a word, and behind it. */
static void strings_end_where_they_end(void **state)
{
	static const char *const odd[] = { "\"",       "\\n",  "\x1f", "\x7f",
					   "\xc3\xa9", "\xc3", "\\" };

	(void)state;
	for (size_t at = 0; at < 40; at++) {
		for (size_t i = 0; i < ARRAY_SIZE(odd) * 2; i++) {
			char text[128];
			int len =
				snprintf(text, sizeof(text), "[\"%.*s%s%s\",1]",
					 (int)at,
					 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
					 "aaaaaaaaaaaaaaaa",
					 odd[i / 2], i % 2 ? "bbbbbbbbb" : "");

			json_t *theirs = json_loadb(text, (size_t)len, 0, NULL);

			if (accepted(text, (size_t)len) != (theirs != NULL))
				fail_msg("judged otherwise: %s", text);
			json_decref(theirs);
		}
	}
}

/* From a seed: good text, a few bytes of it replaced, doubled or lost. */
static void spoil(struct strbuf *sb, const char *text, uint64_t *x)
{
	static const char bytes[] = "\"\\{}[]:,0e-.u/ \t\n\x01\xc3\xa9\xed\xf0";
	size_t at = next(x) % strlen(text);

	strbuf_reset(sb);
	strbuf_add(sb, text, at);
	switch (next(x) % 4) {
	case 0:
		strbuf_addch(sb, bytes[next(x) % (sizeof(bytes) - 1)]);
		strbuf_addstr(sb, text + at + 1);
		break;
	case 1:
		strbuf_addch(sb, bytes[next(x) % (sizeof(bytes) - 1)]);
		strbuf_addstr(sb, text + at);
		break;
	case 2:
		strbuf_addstr(sb, text + at + 1);
		break;
	default:
		strbuf_addstr(sb, text + at / 2);
		break;
	}
}

static void spoilt_text_is_never_read_otherwise(void **state)
{
	static const char good[] =
		"{\"id\":\"a\\u00e9\\ud83d\\ude00\",\"n\":[0,-1,2.5e3,12345],"
		"\"o\":{\"t\":true,\"f\":false,\"z\":null,\"s\":\"\xc3\xa9\"},"
		"\"e\":\"\\\"\\\\\\/\\n\",\"l\":[[],{},\"\"]}";
	CLEANUP(strbuf_release) struct strbuf once = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf twice = STRBUF_INIT;
	uint64_t x = 20261122;
	int n_accepted = 0;

	(void)state;
	for (int i = 0; i < 50000; i++) {
		spoil(&once, good, &x);
		n_accepted += accepted(once.buf, once.len);
		if (once.len == 0)
			continue;
		spoil(&twice, once.buf, &x);
		n_accepted += accepted(twice.buf, twice.len);
	}
	/* Else the comparison would not have compared anything. */
	assert_true(n_accepted > 2000 && n_accepted < 90000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(usual_text_is_accepted),
		cmocka_unit_test(decimals_are_as_jansson_reads_them),
		cmocka_unit_test(strings_end_where_they_end),
		cmocka_unit_test(odd_text_is_left_to_jansson),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(reading_can_be_stopped),
		cmocka_unit_test(spoilt_text_is_never_read_otherwise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
