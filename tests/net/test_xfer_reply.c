/*
 * net/xfer_reply: headers, framing, limits counted after decompression.
 *
 * Battery: C2 C4 C5 C6.
 */
#include "net/xfer_fixture.h"

/* Sat, 21 Nov 2026 21:22:00 GMT */
#define NOW_MS ((int64_t)1795296120000)
#define HOUR_MS ((int64_t)3600000)

static const struct {
	const char *value;
	int64_t ms;
} waits[] = {
	{ "1", 1000 },
	{ "0", 0 },
	{ "120", 120000 },
	{ " \t7", 7000 },
	{ "3600", HOUR_MS },
	{ "3601", HOUR_MS },
	{ "1000000000", HOUR_MS },
	{ "99999999999999999999999999999999999999", HOUR_MS },
	{ "Sat, 21 Nov 2026 21:22:30 GMT", 30000 },
	{ "Saturday, 21-Nov-26 21:22:30 GMT", 30000 },
	{ "Sat Nov 21 21:22:30 2026", 30000 },
	{ "Sat, 21 Nov 2026 21:22:00 GMT", 0 },
	{ "Sat, 21 Nov 2026 21:21:00 GMT", 0 },
	{ "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
	{ "Fri, 31 Dec 9999 23:59:59 GMT", HOUR_MS },
	{ "-5", 0 },
	{ "+5", 0 },
	{ "1.5", 0 },
	{ "5s", 0 },
	{ "5 ", 0 }, /* the header parser takes blanks away */
	{ "0x10", 0 },
	{ "soon", 0 },
	{ "Sat, 21 Nov", 0 },
	{ "", 0 },
	{ NULL, 0 },
};

static void test_retry_after(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(waits); i++) {
		int64_t ms = xfer_retry_after_ms(waits[i].value, NOW_MS);

		if (ms != waits[i].ms)
			fail_msg("%s: %lld", waits[i].value, (long long)ms);
	}
}

/* As they come in answers: the longest counts, nonsense does not. */
static const struct {
	const char *headers;
	int64_t ms;
} wait_headers[] = {
	{ "", 0 },
	{ "Retry-After: 3\r\n", 3000 },
	{ "retry-after:3 \r\n", 3000 },
	{ "Retry-After: 3\r\nRetry-After: 5\r\nRetry-After: 4\r\n", 5000 },
	{ "retry-after-ms: 2500\r\n", 2500 },
	{ "x-ms-retry-after-ms: 2500\r\nRetry-After: 3\r\n", 3000 },
	/* An instant counts from theirs, whatever our clock shows. */
	{ "Retry-After: Sat, 01 Jan 2022 00:00:20 GMT\r\n"
	  "Date: Sat, 01 Jan 2022 00:00:05 GMT\r\n",
	  15000 },
	{ "Date: Fri, 01 Jan 2072 00:00:00 GMT\r\n"
	  "Retry-After: Fri, 01 Jan 2072 00:00:30 GMT\r\n",
	  30000 },
	{ "Retry-After: Sat, 01 Jan 2022 00:00:20 GMT\r\n", 0 },
	{ "retry-after-ms: -1\r\n", 0 },
	{ "x-ms-retry-after-ms: 99999999999999999999\r\n", HOUR_MS },
	{ "x-ms-retry-after-ms: Sat, 21 Nov 2026 21:22:30 GMT\r\n", 0 },
	{ "Retry-After: \r\n", 0 },
};

static void test_retry_after_headers(void **state)
{
	struct fixture *f = *state;
	char script[256];

	for (size_t i = 0; i < ARRAY_SIZE(wait_headers); i++) {
		snprintf(script, sizeof(script),
			 "HTTP/1.1 503 Busy\r\n%sContent-Length: 0\r\n\r\n",
			 wait_headers[i].headers);
		run_script(f, script, PEER_KEEP);
		if (f->reply.retry_after_ms != wait_headers[i].ms)
			fail_msg("%s", wait_headers[i].headers);
	}
}

/* One form alone, whole; of the last answer. */
static void test_date(void **state)
{
	static const struct {
		const char *headers;
		int64_t ms;
	} rows[] = {
		{ "", 0 },
		{ "Date: Sat, 21 Nov 2026 21:22:00 GMT\r\n", NOW_MS },
		{ "date:  Sat, 21 Nov 2026 21:22:00 GMT \r\n", NOW_MS },
		{ "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n", 0 },
		{ "Date: Saturday, 21-Nov-26 21:22:00 GMT\r\n", 0 },
		{ "Date: Sat Nov 21 21:22:00 2026\r\n", 0 },
		{ "Date: Sat, 31 Feb 2026 21:22:00 GMT\r\n", 0 },
		{ "Date: Sat, 21 Nov 2026 21:22:00 UTC\r\n", 0 },
		{ "Date: Sat, 21 Nov 2026 21:22:00 GMT+1\r\n", 0 },
		{ "Date: 1795296120\r\n", 0 },
		{ "Date: \r\n", 0 },
		{ "Expires: Sat, 21 Nov 2026 21:22:00 GMT\r\n", 0 },
	};
	struct fixture *f = *state;
	char script[256];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		snprintf(script, sizeof(script),
			 "HTTP/1.1 200 X\r\n%sContent-Length: 0\r\n\r\n",
			 rows[i].headers);
		run_script(f, script, PEER_KEEP);
		if (f->reply.date_ms != rows[i].ms)
			fail_msg("%s: %lld", rows[i].headers,
				 (long long)f->reply.date_ms);
	}
	run_script(f,
		   "HTTP/1.1 103 Early\r\nDate: Sat, 21 Nov 2026 21:22:00 GMT"
		   "\r\n\r\nHTTP/1.1 200 X\r\nContent-Length: 0\r\n\r\n",
		   PEER_KEEP);
	assert_int_equal(f->reply.date_ms, 0);
}

#define LEFT(n) "x-ms-user-quota-remaining: " n "\r\n"
#define RESET(t) "x-ms-user-quota-resets-after: " t "\r\n"

/* Only a quota of which nothing is left makes anybody wait. */
static void test_quota(void **state)
{
	static const struct {
		const char *headers;
		int64_t ms;
	} rows[] = {
		{ LEFT("0") RESET("00:00:05"), 5000 },
		{ RESET("00:01:05") LEFT("0"), 65000 },
		{ LEFT("0") RESET("99:00:00"), HOUR_MS },
		{ LEFT("14") RESET("00:00:05"), 0 },
		{ RESET("00:00:05"), 0 },
		{ LEFT("0"), 0 },
		{ LEFT("0") RESET("5"), 0 },
		{ LEFT("0") RESET("00:00:05.1"), 0 },
		{ LEFT("0") RESET("-0:00:05"), 0 },
	};
	struct fixture *f = *state;
	char script[256];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		snprintf(script, sizeof(script),
			 "HTTP/1.1 200 X\r\n%sContent-Length: 0\r\n\r\n",
			 rows[i].headers);
		run_script(f, script, PEER_KEEP);
		if (f->reply.quota_wait_ms != rows[i].ms)
			fail_msg("%s", rows[i].headers);
		assert_false(f->reply.limit_hit);
	}
	run_script(f,
		   "HTTP/1.1 200 X\r\nx-ms-tenant-subscription-limit-hit: "
		   "true\r\nContent-Length: 0\r\n\r\n",
		   PEER_KEEP);
	assert_true(f->reply.limit_hit);
}

static void test_headers_are_noted(void **state)
{
	struct fixture *f = *state;

	run_script(f,
		   "HTTP/1.1 100 Continue\r\nRetry-After: 9\r\n"
		   "Warning: 199 - \"x\"\r\n\r\n"
		   "HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\n"
		   "x-ms-retry-after-ms: 7500\r\nrequest-id: r1\r\n"
		   "WWW-Authenticate: Basic realm=x\r\n"
		   "WWW-Authenticate: Bearer error=\"invalid_token\"\r\n"
		   "Content-Type: a\x01\xff\r\n"
		   "Content-Length: 0\r\n\r\n",
		   PEER_KEEP);
	assert_int_equal(f->reply.err.code, 0);
	assert_int_equal(f->reply.status, 429);
	assert_int_equal(f->reply.retry_after_ms, 7500);
	assert_false(f->reply.warning);
	assert_string_equal(f->reply.request_id, "r1");
	assert_string_equal(f->reply.content_type, "a??");
	assert_string_equal(f->reply.www_authenticate,
			    "Bearer error=\"invalid_token\"");
	run_script(f,
		   "HTTP/1.1 200 OK\r\nWarning: 199 - \"partial\"\r\n"
		   "Content-Length: 0\r\n\r\n",
		   PEER_KEEP);
	assert_true(f->reply.warning);
}

static void test_gzip(void **state)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 31\r\n"
				   "Content-Encoding: gzip\r\n\r\n";
	static const char gz[] =
		"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\xca\xcf"
		"\x56\xb2\x2a\x29\x2a\x4d\xad\x05\x00\x90\x5f\xd4\xa7\x0b"
		"\x00\x00\x00";
	struct fixture *f = *state;
	struct xfer_request r = request_of(f);
	char script[128];

	memcpy(script, head, sizeof(head) - 1);
	memcpy(script + sizeof(head) - 1, gz, 31);
	f->peer.script = script;
	f->peer.script_len = sizeof(head) - 1 + 31;
	run(f, &r);
	assert_int_equal(f->reply.err.code, 0);
	assert_string_equal(f->reply.body.buf, "{\"ok\":true}");
	script[sizeof(head) + 12] ^= 0x55;
	run(f, &r);
	assert_int_equal(f->reply.err.code, ERR_NET);
	assert_has(f->reply.err.text, "gzip");
}

static const struct {
	const char *script;
	bool unframed;
} framings[] = {
	{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", false },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	  "2\r\nab\r\n0\r\n\r\n",
	  false },
	{ "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nab", false },
	{ "HTTP/1.1 204 No Content\r\n\r\n", false },
	{ "HTTP/1.0 200 OK\r\n\r\nab", true },
	{ "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nab", true },
	{ "HTTP/1.1 200 OK\r\n\r\nab", true },
};

static void test_framing(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(framings); i++) {
		run_script(f, framings[i].script, PEER_CLOSE);
		assert_int_equal(f->reply.err.code, 0);
		if (f->reply.unframed != framings[i].unframed)
			fail_msg("%s", framings[i].script);
	}
}

/* @n bytes of 'a', in chunks or with a length. */
static enum peer_then say_large(struct peer *p, const char *request,
				struct strbuf *reply)
{
	bool chunked = p->script[0] == 'c';
	char block[1024];

	(void)request;
	memset(block, 'a', sizeof(block));
	if (chunked)
		strbuf_addstr(reply, "HTTP/1.1 200 OK\r\n"
				     "Transfer-Encoding: chunked\r\n\r\n");
	else
		strbuf_addstr(reply, "HTTP/1.1 200 OK\r\n"
				     "Content-Length: 4194304\r\n\r\n");
	for (int i = 0; i < 4096; i++) {
		if (chunked)
			strbuf_addstr(reply, "400\r\n");
		strbuf_add(reply, block, sizeof(block));
		if (chunked)
			strbuf_addstr(reply, "\r\n");
	}
	if (chunked)
		strbuf_addstr(reply, "0\r\n\r\n");
	return PEER_KEEP;
}

/* Deflate with fixed codes (RFC 1951 3.2.6): one 'a', then copies of 258. */
struct bits {
	struct strbuf *sb;
	unsigned acc;
	int n;
};

static void put_bit(struct bits *b, unsigned bit)
{
	b->acc |= bit << b->n;
	if (++b->n < 8)
		return;
	strbuf_addch(b->sb, (char)b->acc);
	b->acc = 0;
	b->n = 0;
}

static void put_code(struct bits *b, unsigned code, int len)
{
	while (len--)
		put_bit(b, code >> len & 1);
}

static enum peer_then say_bomb(struct peer *p, const char *request,
			       struct strbuf *reply)
{
	CLEANUP(strbuf_release) struct strbuf gz = STRBUF_INIT;
	struct bits b = { .sb = &gz };

	(void)p;
	(void)request;
	strbuf_add(&gz, "\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
	put_code(&b, 6, 3); /* not reversed: last block, fixed codes */
	put_code(&b, 0x91, 8);
	for (int i = 0; i < 100000; i++) {
		put_code(&b, 0xc5, 8);
		put_code(&b, 0, 5);
	}
	strbuf_addf(reply,
		    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
		    "Content-Length: %zu\r\n\r\n",
		    gz.len);
	strbuf_add(reply, gz.buf, gz.len); /* 25 MB in 160 KB */
	return PEER_KEEP;
}

static void test_body_over_limit(void **state)
{
	static peer_fn *const says[] = { say_large, say_large, say_bomb };
	static const char *const how[] = { "chunked", "length", "gzip" };
	struct fixture *f = *state;
	struct xfer_request r = request_of(f);

	for (size_t i = 0; i < ARRAY_SIZE(says); i++) {
		f->peer.fn = says[i];
		f->peer.script = how[i];
		r.max_body = 1000000;
		r.cut_body = false;
		run(f, &r);
		assert_int_equal(f->reply.err.code, ERR_LIMIT);
		assert_has(f->reply.err.text, "larger than 1000000 bytes");
		r.cut_body = true;
		run(f, &r);
		assert_int_equal(f->reply.err.code, 0);
		assert_int_equal(f->reply.status, 200);
		/* Not unpacked: it was not asked for as gzip. */
		if (strcmp(how[i], "gzip") == 0)
			assert_in_range(f->reply.body.len, 100000, 200000);
		else
			assert_int_equal(f->reply.body.len, 1000000);
		r.max_body = 0; /* 64 KiB */
		run(f, &r);
		assert_int_equal(f->reply.body.len, 65536);
	}
}

static enum peer_then say_headers(struct peer *p, const char *request,
				  struct strbuf *reply)
{
	(void)request;
	if (p->script[0] == 'i') {
		for (int i = 0; i < 5000; i++)
			strbuf_addstr(reply, "HTTP/1.1 100 Continue\r\n\r\n");
	} else {
		strbuf_addstr(reply, "HTTP/1.1 200 OK\r\nX: ");
		for (int i = 0; i < 20000; i++)
			strbuf_addstr(reply, p->script[0] == 'h'
						     ? "aaaaaaaaaaaaaaaa\r\nX: "
						     : "aaaaaaaa");
	}
	return PEER_KEEP;
}

static void test_headers_over_limit(void **state)
{
	struct fixture *f = *state;
	static const char *const rows[][2] = {
		{ "headers", "bytes of headers" },
		{ "interim", "bytes of headers" },
		{ "line", "an endless line among its headers" },
	};
	struct xfer_request r = request_of(f);

	f->peer.fn = say_headers;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		f->peer.script = rows[i][0];
		run(f, &r);
		assert_int_equal(f->reply.err.code, ERR_LIMIT);
		assert_has(f->reply.err.text, rows[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_retry_after),
		TEST(test_retry_after_headers),
		TEST(test_date),
		TEST(test_quota),
		TEST(test_headers_are_noted),
		TEST(test_gzip),
		TEST(test_framing),
		TEST(test_body_over_limit),
		TEST(test_headers_over_limit),
	};

	alarm(120);
	return cmocka_run_group_tests_name("xfer_reply", tests, NULL, NULL);
}
