/* net/httpd_request: what is read as a request, and what is turned away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "net/httpd_priv.h"
#include "util/xmalloc.h"

#define FORM "Content-Type: application/x-www-form-urlencoded\r\n"

static const struct {
	const char *head;
	int status;
	const char *path;
	bool head_only;
	size_t form_len; /* not 0: a POST */
} heads[] = {
	{ "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", 200, "/metrics", false,
	  0 },
	{ "GET /metrics HTTP/1.0\n\n", 200, "/metrics", false, 0 },
	{ "HEAD /a?b=/c#d HTTP/1.1\r\n\r\n", 200, "/a", true, 0 },
	{ "GET /a#b HTTP/1.1\r\n\r\n", 200, "/a", false, 0 },
	{ "GET http://a:1/x?y HTTP/1.1\r\n\r\n", 200, "/x", false, 0 },
	{ "GET http://a HTTP/1.1\r\n\r\n", 200, "/", false, 0 },
	{ "GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 200, "/", false, 0 },
	{ "GET / HTTP/1.1\r\nX:y\r\n\r\n", 200, "/", false, 0 },
	/* a body */
	{ "GET / HTTP/1.1\r\nContent-Length: 1\r\n\r\n", 413, NULL, false, 0 },
	{ "GET / HTTP/1.1\r\ncontent-length:  x\r\n\r\n", 413, NULL, false, 0 },
	{ "GET / HTTP/1.1\r\nContent-Length:\r\n\r\n", 413, NULL, false, 0 },
	{ "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 413, NULL,
	  false, 0 },
	/* other methods */
	{ "get / HTTP/1.1\r\n\r\n", 405, NULL, false, 0 },
	{ "GETS / HTTP/1.1\r\n\r\n", 405, NULL, false, 0 },
	/* no HTTP */
	{ "GET /\r\n\r\n", 400, NULL, false, 0 },
	{ "GET / HTTP/2.0\r\n\r\n", 400, NULL, false, 0 },
	{ "GET / /b HTTP/1.1\r\n\r\n", 400, NULL, false, 0 },
	{ "GET  / HTTP/1.1\r\n\r\n", 400, NULL, false, 0 },
	{ "GET metrics HTTP/1.1\r\n\r\n", 400, NULL, false, 0 },
	{ "GET * HTTP/1.1\r\n\r\n", 400, NULL, false, 0 },
	{ "GET /\x01 HTTP/1.1\r\n\r\n", 400, NULL, false, 0 },
	{ "GET /\xff HTTP/1.1\r\n\r\n", 400, NULL, false, 0 },
	{ "GET /\t HTTP/1.1\r\n\r\n", 400, NULL, false, 0 },
	{ " GET / HTTP/1.1\r\n\r\n", 400, NULL, false, 0 },
	{ "\r\n\r\n", 400, NULL, false, 0 },
	{ "\n\n", 400, NULL, false, 0 },
	{ "GET / HTTP/1.1\r\nno colon\r\n\r\n", 400, NULL, false, 0 },
	{ "GET / HTTP/1.1\r\n: x\r\n\r\n", 400, NULL, false, 0 },
	{ "GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n", 400, NULL, false, 0 },
	{ "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n", 400, NULL, false, 0 },
	{ "GET / HTTP/1.1\r\nA: \x1b[2J\r\n\r\n", 400, NULL, false, 0 },
	{ "GET / HTTP/1.1\r\nA: b\tc\r\n\r\n", 200, "/", false, 0 },
	{ "GET / HTTP/1.12\r\n\r\n", 400, NULL, false, 0 },
	{ "GET / HTTP/1.x\r\n\r\n", 400, NULL, false, 0 },
	{ "GET / HTTP/1.1\r\nContent-Length : 5\r\n\r\n", 400, NULL, false, 0 },
	/* forms */
	{ "POST /a?b HTTP/1.1\r\nContent-Length: 3\r\n" FORM "\r\n", 200, "/a",
	  false, 3 },
	{ "POST / HTTP/1.1\r\n" FORM "content-length:4096 \r\n\r\n", 200, "/",
	  false, 4096 },
	{ "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Type: "
	  "Application/X-WWW-Form-URLEncoded ; charset=utf-8\r\n\r\n",
	  200, "/", false, 1 },
	{ "POST / HTTP/1.1\r\n\r\n", 411, NULL, false, 0 },
	{ "POST / HTTP/1.1\r\n" FORM "\r\n", 411, NULL, false, 0 },
	{ "POST / HTTP/1.1\r\n" FORM "Transfer-Encoding: chunked\r\n\r\n", 411,
	  NULL, false, 0 },
	{ "POST / HTTP/1.1\r\n" FORM
	  "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
	  411, NULL, false, 0 },
	{ "POST / HTTP/1.1\r\n" FORM
	  "Content-Length: 3\r\nContent-Length: 3\r\n\r\n",
	  400, NULL, false, 0 },
	{ "POST / HTTP/1.1\r\n" FORM "Content-Length: +3\r\n\r\n", 400, NULL,
	  false, 0 },
	{ "POST / HTTP/1.1\r\n" FORM "Content-Length: 3,3\r\n\r\n", 400, NULL,
	  false, 0 },
	{ "POST / HTTP/1.1\r\n" FORM "Content-Length: 4097\r\n\r\n", 413, NULL,
	  false, 0 },
	{ "POST / HTTP/1.1\r\n" FORM
	  "Content-Length: 99999999999999999999999999\r\n\r\n",
	  413, NULL, false, 0 },
	{ "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n", 415, NULL, false, 0 },
	{ "POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Type: "
	  "application/x-www-form-urlencodedx\r\n\r\n",
	  415, NULL, false, 0 },
	{ "POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Type: "
	  "text/plain\r\n\r\n",
	  415, NULL, false, 0 },
	{ "POST / HTTP/1.1\r\nContent-Length: 3\r\n" FORM FORM "\r\n", 415,
	  NULL, false, 0 },
	{ "GET / HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
	  400, NULL, false, 0 },
	/* which of both? */
	{ "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, NULL, false, 0 },
};

static void test_heads(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		CLEANUP(httpd_head_release) struct httpd_head h = { 0 };
		size_t len = strlen(heads[i].head);
		/* On the heap without a NUL: to the byte. */
		CLEANUP(free_ptr) char *head = xmemdup(heads[i].head, len);
		int status = httpd_request_read(head, len, &h);

		if (status != heads[i].status ||
		    h.head_only != heads[i].head_only ||
		    h.form_len != heads[i].form_len ||
		    (h.method == HTTPD_POST) != (heads[i].form_len > 0))
			fail_msg("%s: %d", heads[i].head, status);
		assert_int_equal(h.path != NULL, heads[i].path != NULL);
		if (h.path)
			assert_string_equal(h.path, heads[i].path);
	}
}

static void test_host(void **state)
{
	static const struct {
		const char *head, *host;
	} rows[] = {
		{ "GET / HTTP/1.1\r\n\r\n", NULL },
		{ "GET / HTTP/1.1\r\nHost:\r\n\r\n", "" },
		{ "GET / HTTP/1.1\r\nHost: a.example:80 \r\n\r\n",
		  "a.example:80" },
		{ "GET / HTTP/1.1\r\nhost:[::1]:9\r\nHosts: b\r\n\r\n",
		  "[::1]:9" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(httpd_head_release) struct httpd_head h = { 0 };

		assert_int_equal(httpd_request_read(rows[i].head,
						    strlen(rows[i].head), &h),
				 200);
		assert_int_equal(h.host != NULL, rows[i].host != NULL);
		if (h.host)
			assert_string_equal(h.host, rows[i].host);
	}
}

static void test_zero_byte(void **state)
{
	static const char head[] = "GET /\0 HTTP/1.1\r\n\r\n";
	struct httpd_head h = { 0 };

	(void)state;
	assert_int_equal(httpd_request_read(head, sizeof(head) - 1, &h), 400);
	assert_null(h.path);
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
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_zero_byte),
		cmocka_unit_test(test_head_len),
		cmocka_unit_test(test_answer),
	};

	return cmocka_run_group_tests_name("httpd_request", tests, NULL, NULL);
}
