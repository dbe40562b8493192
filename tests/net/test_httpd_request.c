/* net/httpd_request: what is read as a request, and what is turned away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "net/httpd_priv.h"
#include "util/xmalloc.h"

static const struct {
	const char *head;
	int status;
	const char *path;
	bool head_only;
} heads[] = {
	{ "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", 200, "/metrics", false },
	{ "GET /metrics HTTP/1.0\n\n", 200, "/metrics", false },
	{ "HEAD /a?b=/c#d HTTP/1.1\r\n\r\n", 200, "/a", true },
	{ "GET /a#b HTTP/1.1\r\n\r\n", 200, "/a", false },
	{ "GET http://a:1/x?y HTTP/1.1\r\n\r\n", 200, "/x", false },
	{ "GET http://a HTTP/1.1\r\n\r\n", 200, "/", false },
	{ "GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 200, "/", false },
	{ "GET / HTTP/1.1\r\nX:y\r\n\r\n", 200, "/", false },
	/* a body */
	{ "GET / HTTP/1.1\r\nContent-Length: 1\r\n\r\n", 413, NULL, false },
	{ "GET / HTTP/1.1\r\ncontent-length:  x\r\n\r\n", 413, NULL, false },
	{ "GET / HTTP/1.1\r\nContent-Length:\r\n\r\n", 413, NULL, false },
	{ "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 413, NULL,
	  false },
	/* other methods */
	{ "POST / HTTP/1.1\r\n\r\n", 405, NULL, false },
	{ "get / HTTP/1.1\r\n\r\n", 405, NULL, false },
	{ "GETS / HTTP/1.1\r\n\r\n", 405, NULL, false },
	/* no HTTP */
	{ "GET /\r\n\r\n", 400, NULL, false },
	{ "GET / HTTP/2.0\r\n\r\n", 400, NULL, false },
	{ "GET / /b HTTP/1.1\r\n\r\n", 400, NULL, false },
	{ "GET  / HTTP/1.1\r\n\r\n", 400, NULL, false },
	{ "GET metrics HTTP/1.1\r\n\r\n", 400, NULL, false },
	{ "GET * HTTP/1.1\r\n\r\n", 400, NULL, false },
	{ "GET /\x01 HTTP/1.1\r\n\r\n", 400, NULL, false },
	{ "GET /\xff HTTP/1.1\r\n\r\n", 400, NULL, false },
	{ "GET /\t HTTP/1.1\r\n\r\n", 400, NULL, false },
	{ " GET / HTTP/1.1\r\n\r\n", 400, NULL, false },
	{ "\r\n\r\n", 400, NULL, false },
	{ "\n\n", 400, NULL, false },
	{ "GET / HTTP/1.1\r\nno colon\r\n\r\n", 400, NULL, false },
	{ "GET / HTTP/1.1\r\n: x\r\n\r\n", 400, NULL, false },
	{ "GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n", 400, NULL, false },
	{ "GET / HTTP/1.1\r\nContent-Length : 5\r\n\r\n", 400, NULL, false },
};

static void test_heads(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		CLEANUP(free_ptr) char *path = NULL;
		size_t len = strlen(heads[i].head);
		/* On the heap without a NUL: to the byte. */
		CLEANUP(free_ptr) char *head = xmemdup(heads[i].head, len);
		bool head_only = false;
		int status = httpd_request_read(head, len, &path, &head_only);

		if (status != heads[i].status ||
		    head_only != heads[i].head_only)
			fail_msg("%s: %d", heads[i].head, status);
		assert_int_equal(path != NULL, heads[i].path != NULL);
		if (path)
			assert_string_equal(path, heads[i].path);
	}
}

static void test_zero_byte(void **state)
{
	static const char head[] = "GET /\0 HTTP/1.1\r\n\r\n";
	char *path = NULL;
	bool head_only;

	(void)state;
	assert_int_equal(httpd_request_read(head, sizeof(head) - 1, &path,
					    &head_only),
			 400);
	assert_null(path);
}

static void test_head_len(void **state)
{
	static const struct {
		const char *text;
		size_t len;
	} rows[] = {
		{ "", 0 },	   { "GET", 0 },       { "a\r\n", 0 },
		{ "a\r\n\r", 0 },  { "a\r\n\r\n", 5 }, { "a\r\n\r\nbody", 5 },
		{ "a\n\nb", 3 },   { "a\n\r\nb", 4 },  { "a\r\nb\r\n\r\n", 8 },
		{ "\r\n\r\n", 4 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strbuf_release) struct strbuf in = STRBUF_INIT;

		strbuf_addstr(&in, rows[i].text);
		assert_int_equal(httpd_head_len(&in), rows[i].len);
	}
}

static void test_answer(void **state)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;

	(void)state;
	strbuf_addstr(&body, "hello");
	httpd_answer_add(&out, 405, "text/plain", &body, true);
	assert_ptr_equal(strstr(out.buf, "HTTP/1.1 405 Method Not Allowed\r\n"
					 "Allow: GET, HEAD\r\n"),
			 out.buf);
	assert_non_null(strstr(out.buf, "\r\nContent-Length: 5\r\n\r\n"));
	assert_null(strstr(out.buf, "hello"));
	strbuf_reset(&out);
	httpd_answer_add(&out, 299, "text/plain", &body, false);
	assert_ptr_equal(strstr(out.buf, "HTTP/1.1 299 Status\r\n"), out.buf);
	assert_null(strstr(out.buf, "Allow"));
	assert_non_null(strstr(out.buf, "\r\nConnection: close\r\n"));
	assert_non_null(strstr(out.buf, "\r\n\r\nhello"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_zero_byte),
		cmocka_unit_test(test_head_len),
		cmocka_unit_test(test_answer),
	};

	return cmocka_run_group_tests_name("httpd_request", tests, NULL, NULL);
}
