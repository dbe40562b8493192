/*
 * Frames of the control protocol: good ones, hostile ones, random ones.
 *
 * Battery: G8.
 */
#include "ctl/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "util/compiler.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

static int parse(const char *frame, struct wire_request *ret, struct err *err)
{
	return wire_parse_request(frame, strlen(frame), ret, err);
}

static void test_request_is_read(void **state)
{
	CLEANUP(wire_request_release) struct wire_request r = { 0 };

	(void)state;
	assert_int_equal(parse("{\"v\":1,\"id\":7,\"verb\":\"ack\",\"args\":"
			       "{\"alert\":42},\"new\":true}",
			       &r, NULL),
			 0);
	assert_int_equal(r.id, 7);
	assert_string_equal(r.verb, "ack");
	assert_int_equal(json_integer_value(json_object_get(r.args, "alert")),
			 42);
}

static void test_args_may_be_absent(void **state)
{
	CLEANUP(wire_request_release) struct wire_request r = { 0 };

	(void)state;
	assert_int_equal(parse("{\"v\":1,\"id\":0,\"verb\":\"status\"}", &r,
			       NULL),
			 0);
	assert_true(json_is_object(r.args));
	assert_int_equal(json_object_size(r.args), 0);
}

static void test_refused_requests(void **state)
{
	static const struct {
		const char *frame;
		int code;
		const char *says;
	} rows[] = {
		{ "", ERR_SCHEMA, "not JSON" },
		{ "{", ERR_SCHEMA, "not JSON" },
		{ "[]", ERR_SCHEMA, "\"v\"" },
		{ "{\"v\":2,\"id\":1,\"verb\":\"ack\"}", ERR_SCHEMA,
		  "version 2 of the control protocol is not spoken here, but "
		  "1" },
		{ "{\"v\":0,\"id\":1,\"verb\":\"ack\"}", ERR_SCHEMA,
		  "version 0 of the control protocol" },
		{ "{\"v\":\"1\",\"id\":1,\"verb\":\"ack\"}", ERR_SCHEMA,
		  "\"v\"" },
		{ "{\"v\":1,\"verb\":\"ack\"}", ERR_SCHEMA, "\"id\"" },
		{ "{\"v\":1,\"id\":-1,\"verb\":\"ack\"}", ERR_SCHEMA,
		  "\"id\"" },
		{ "{\"v\":1,\"id\":1.5,\"verb\":\"ack\"}", ERR_SCHEMA,
		  "\"id\"" },
		{ "{\"v\":1,\"id\":1}", ERR_SCHEMA, "\"verb\"" },
		{ "{\"v\":1,\"id\":1,\"verb\":\"\"}", ERR_SCHEMA, "\"verb\"" },
		{ "{\"v\":1,\"id\":1,\"verb\":\"a b\"}", ERR_SCHEMA,
		  "\"verb\"" },
		{ "{\"v\":1,\"id\":1,\"verb\":\"ACK\"}", ERR_SCHEMA,
		  "\"verb\"" },
		{ "{\"v\":1,\"id\":1,\"verb\":\"ack\",\"args\":[]}", ERR_SCHEMA,
		  "\"args\"" },
		{ "{\"v\":1,\"v\":1,\"id\":1,\"verb\":\"ack\"}", ERR_SCHEMA,
		  "twice" },
		{ "{\"v\":1,\"id\":1,\"verb\":\"ack\",\"args\":{\"a\":1,"
		  "\"a\":2}}",
		  ERR_SCHEMA, "twice" },
		{ "{\"v\":1,\"id\":1,\"verb\":\"ack\"} x", ERR_SCHEMA,
		  "not JSON" },
		{ "{\"v\":1,\"id\":1,\"verb\":\"\xff\"}", ERR_SCHEMA, "UTF-8" },
		{ "{\"v\":1,\"id\":1,\"verb\":\"ack\",\"args\":{\"a\":"
		  "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]}}",
		  ERR_LIMIT, "brackets" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct wire_request r = { 0 };
		struct err err = ERR_INIT;

		assert_int_equal(parse(rows[i].frame, &r, &err), rows[i].code);
		assert_non_null(strstr(err.text, rows[i].says));
		assert_null(r.verb);
		assert_null(r.args);
	}
}

/* What the peer sent never comes back in the words about it. */
static void test_refusal_repeats_nothing(void **state)
{
	struct wire_request r = { 0 };
	struct err err = ERR_INIT;

	(void)state;
	assert_true(parse("{\"v\":1, \033]0;owned\007", &r, &err) < 0);
	assert_null(strchr(err.text, '\033'));
	assert_null(strstr(err.text, "owned"));
}

static void test_size_is_limited(void **state)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	struct wire_request r = { 0 };
	struct wire_answer a = { 0 };
	struct err err = ERR_INIT;

	(void)state;
	strbuf_addstr(&sb, "{\"v\":1,\"id\":1,\"verb\":\"ack\",\"args\":{"
			   "\"note\":\"");
	while (sb.len <= CTL_FRAME_MAX)
		strbuf_addstr(&sb, "xxxxxxxxxxxxxxxx");
	strbuf_addstr(&sb, "\"}}");
	assert_int_equal(wire_parse_request(sb.buf, sb.len, &r, &err),
			 ERR_LIMIT);
	while (sb.len <= CTL_ANSWER_MAX)
		strbuf_addstr(&sb, "xxxxxxxxxxxxxxxx");
	assert_int_equal(wire_parse_answer(sb.buf, sb.len, &a, &err),
			 ERR_LIMIT);
}

/* Brackets inside strings do not count, escaped quotes do not end them. */
static void test_depth_knows_strings(void **state)
{
	CLEANUP(wire_request_release) struct wire_request r = { 0 };

	(void)state;
	assert_int_equal(parse("{\"v\":1,\"id\":1,\"verb\":\"ack\",\"args\":{"
			       "\"note\":\"\\\"[[[[[[[[[[[[[[[[[[[[[[[\"}}",
			       &r, NULL),
			 0);
}

static void test_request_round_trip(void **state)
{
	CLEANUP(wire_request_release) struct wire_request to = { 0 };
	CLEANUP(wire_request_release)
	struct wire_request r = {
		.id = 9007199254740993,
		.verb = xstrdup("close"),
		.args = json_pack("{s:s}", "note", "line\nbreak \"quoted\""),
	};
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	(void)state;
	assert_int_equal(wire_format_request(&r, &sb, NULL), 0);
	assert_null(strchr(sb.buf, '\n'));
	assert_int_equal(wire_parse_request(sb.buf, sb.len, &to, NULL), 0);
	assert_int_equal(to.id, r.id);
	assert_string_equal(to.verb, "close");
	assert_true(json_equal(to.args, r.args));
}

static void test_request_too_large(void **state)
{
	CLEANUP(wire_request_release) struct wire_request r = { 0 };
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	CLEANUP(free_ptr) char *text = xcalloc(CTL_FRAME_MAX + 1, 1);
	struct err err = ERR_INIT;

	(void)state;
	memset(text, 'x', CTL_FRAME_MAX);
	r.verb = xstrdup("note");
	r.args = json_pack("{s:s}", "text", text);
	assert_int_equal(wire_format_request(&r, &sb, &err), ERR_CONF);
	assert_non_null(strstr(err.text, "64 KiB"));
	assert_int_equal(sb.len, 0);
}

static void test_answer_round_trip(void **state)
{
	CLEANUP(wire_answer_release) struct wire_answer to = { 0 };
	CLEANUP(wire_answer_release)
	struct wire_answer a = {
		.id = 3,
		.code = xstrdup(CTL_CONFLICT),
		.text = xstrdup("alice has it \033[2J"),
		.data = json_pack("{s:[i,i]}", "deliveries", 1, 2),
	};
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	(void)state;
	wire_format_answer(&a, &sb);
	assert_null(strchr(sb.buf, '\n'));
	assert_int_equal(wire_parse_answer(sb.buf, sb.len, &to, NULL), 0);
	assert_int_equal(to.id, 3);
	assert_string_equal(to.code, CTL_CONFLICT);
	assert_string_equal(to.text, "alice has it [2J");
	assert_true(json_equal(to.data, a.data));
}

static void test_answer_without_text_and_data(void **state)
{
	CLEANUP(wire_answer_release) struct wire_answer to = { 0 };
	CLEANUP(wire_answer_release)
	struct wire_answer a = {
		.id = 1,
		.code = xstrdup(CTL_OK),
	};
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	(void)state;
	wire_format_answer(&a, &sb);
	assert_string_equal(sb.buf, "{\"v\":1,\"id\":1,\"code\":\"ok\"}");
	assert_int_equal(wire_parse_answer(sb.buf, sb.len, &to, NULL), 0);
	assert_null(to.text);
	assert_null(to.data);
}

static void test_answer_too_large_says_so(void **state)
{
	CLEANUP(free_ptr) char *big = xcalloc(CTL_ANSWER_MAX + 1, 1);
	CLEANUP(wire_answer_release) struct wire_answer to = { 0 };
	CLEANUP(wire_answer_release) struct wire_answer a = { 0 };
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	(void)state;
	memset(big, 'x', CTL_ANSWER_MAX);
	a.id = 5;
	a.code = xstrdup(CTL_OK);
	a.data = json_pack("{s:s}", "raw", big);
	wire_format_answer(&a, &sb);
	assert_int_equal(wire_parse_answer(sb.buf, sb.len, &to, NULL), 0);
	assert_int_equal(to.id, 5);
	assert_string_equal(to.code, CTL_FAILED);
}

/* A line of bytes that look like JSON often enough to get deep inside. */
static size_t random_frame(char *buf, size_t max, unsigned *seed)
{
	static const char *const pieces[] = {
		"{",
		"}",
		"[",
		"]",
		",",
		":",
		"\"",
		"\\",
		"\"v\":1",
		"\"id\":",
		"\"verb\":\"ack\"",
		"\"args\":{",
		"1",
		"-1",
		"1e400",
		"null",
		"\\u0000",
		"\xff",
		"\xed\xa0\x80",
		"\033",
		" ",
		"9999999999999"
		"9999999999",
		"{\"v\":1,\"id\":1,\"verb\":\"ack\",\"args\":{}}",
	};
	size_t len = 0, n = (size_t)rand_r(seed) % 24;

	for (size_t i = 0; i < n; i++) {
		const char *piece =
			pieces[(size_t)rand_r(seed) % ARRAY_SIZE(pieces)];

		if (len + strlen(piece) > max)
			break;
		memcpy(buf + len, piece, strlen(piece));
		len += strlen(piece);
	}
	return len;
}

/* Whatever comes: no crash, no leak (ASan), and a text with every refusal. */
static void test_random_frames(void **state)
{
	unsigned seed = 20261121;
	char buf[1024];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		CLEANUP(wire_request_release) struct wire_request r = { 0 };
		CLEANUP(wire_answer_release) struct wire_answer a = { 0 };
		size_t len = random_frame(buf, sizeof(buf), &seed);
		struct err err = ERR_INIT;

		if (wire_parse_request(buf, len, &r, &err) < 0)
			assert_true(err.text[0] != '\0' && !r.verb);
		else
			assert_non_null(r.args);
		if (wire_parse_answer(buf, len, &a, NULL) < 0)
			assert_null(a.code);
	}
}

/* A good frame with some bytes changed. */
static void test_mutated_frames(void **state)
{
	static const char good[] = "{\"v\":1,\"id\":7,\"verb\":\"close\","
				   "\"args\":{\"alert\":42,\"as\":\"benign\"}}";
	unsigned seed = 4711;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		CLEANUP(wire_request_release) struct wire_request r = { 0 };
		size_t len = sizeof(good) - 1;
		char *buf = xmemdup(good, len); /* exact: ASan sees overruns */

		for (int n = rand_r(&seed) % 4; n > 0; n--)
			buf[(size_t)rand_r(&seed) % len] =
				(char)(rand_r(&seed) % 256);
		len -= (size_t)rand_r(&seed) % 3;
		if (wire_parse_request(buf, len, &r, NULL) == 0)
			assert_non_null(r.verb);
		free(buf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request_is_read),
		cmocka_unit_test(test_args_may_be_absent),
		cmocka_unit_test(test_refused_requests),
		cmocka_unit_test(test_refusal_repeats_nothing),
		cmocka_unit_test(test_size_is_limited),
		cmocka_unit_test(test_depth_knows_strings),
		cmocka_unit_test(test_request_round_trip),
		cmocka_unit_test(test_request_too_large),
		cmocka_unit_test(test_answer_round_trip),
		cmocka_unit_test(test_answer_without_text_and_data),
		cmocka_unit_test(test_answer_too_large_says_so),
		cmocka_unit_test(test_random_frames),
		cmocka_unit_test(test_mutated_frames),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
