/* net/httpd: what it serves, and what it turns away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "net/httpd_priv.h"

#define BIG ((size_t)8 * 1024 * 1024)

struct fixture {
	struct loop *loop;
	struct httpd *httpd;
	char path[64]; /* of the last request */
	char form[HTTPD_FORM_MAX + 1];
	int n;
	struct strbuf back;
};

static int on_request(void *arg, const struct httpd_request *r,
		      struct strbuf *body, const char **ret_type)
{
	struct fixture *f = arg;
	const char *path = r->path;

	f->n++;
	snprintf(f->path, sizeof(f->path), "%s", path);
	snprintf(f->form, sizeof(f->form), "%s", r->form);
	if (r->method == HTTPD_POST)
		return strcmp(path, "/form") == 0 ? 200 : 405;
	if (!strcmp(path, "/metrics")) {
		strbuf_addstr(body, "up 1\n");
		return 200;
	}
	if (!strcmp(path, "/big")) {
		while (body->len < BIG)
			strbuf_addstr(body, "0123456789abcdef");
		return 200;
	}
	*ret_type = "text/html";
	strbuf_addstr(body, "<p>no");
	return 404;
}

static int setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){ .loop = loop_new() };
	strbuf_init(&f.back);
	f.httpd = httpd_new(f.loop, "127.0.0.1:0", on_request, &f, NULL);
	*state = &f;
	return f.httpd ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	httpd_free(f->httpd);
	loop_free(f->loop);
	strbuf_release(&f->back);
	return 0;
}

/* Say it, and keep what comes until the end. */
static void say(struct fixture *f, int fd, const char *request)
{
	char bytes[4096];
	ssize_t n;

	strbuf_reset(&f->back);
	assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL),
			 strlen(request));
	for (;;) {
		n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (n > 0)
			strbuf_add(&f->back, bytes, (size_t)n);
		else if (n < 0 && errno == EAGAIN)
			loop_turn(f->loop, 1000);
		else
			break;
	}
	close(fd);
}

static int tcp_client(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (void *)&a, sizeof(a)), 0);
	return fd;
}

static void ask(struct fixture *f, const char *request)
{
	say(f, tcp_client(httpd_port(f->httpd)), request);
}

static bool came(const struct fixture *f, const char *text)
{
	return strstr(f->back.buf, text) != NULL;
}

static void test_get(void **state)
{
	struct fixture *f = *state;

	ask(f, "GET /metrics?x=1 HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_string_equal(f->path, "/metrics");
	assert_true(came(f, "HTTP/1.1 200 OK\r\n"));
	assert_true(came(f, "\r\nCache-Control: no-store\r\n"));
	assert_true(came(f, "\r\nX-Content-Type-Options: nosniff\r\n"));
	assert_true(came(f, "\r\nContent-Security-Policy: default-src 'none'"));
	assert_true(came(f, "\r\nContent-Type: text/plain; charset=utf-8\r\n"));
	assert_true(came(f, "\r\n\r\nup 1\n"));
}

static void test_head_and_missing(void **state)
{
	struct fixture *f = *state;

	ask(f, "HEAD /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_true(came(f, "HTTP/1.1 200 OK\r\n"));
	assert_true(came(f, "\r\nContent-Length: 5\r\n"));
	assert_false(came(f, "up 1"));
	ask(f, "GET / HTTP/1.0\r\n\r\n");
	assert_true(came(f, " 404 "));
	assert_true(came(f, "\r\nContent-Type: text/html\r\n"));
	assert_true(came(f, "<p>no"));
}

static const char *const turned_away[] = {
	"POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
	"POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\n",
	"PUT /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
	"DELETE /metrics HTTP/1.1\r\nHost: a\r\n\r\n",
	"OPTIONS /metrics HTTP/1.1\r\nHost: a\r\n\r\n",
	"BREW /metrics HTTP/1.1\r\nHost: a\r\n\r\n",
	"nonsense\r\n\r\n",
};

static void test_turned_away(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(turned_away); i++) {
		ask(f, turned_away[i]);
		if (came(f, " 200 "))
			fail_msg("%s", turned_away[i]);
	}
	assert_int_equal(f->n, 0);
}

#define FORM "Host: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"

static void test_form(void **state)
{
	struct fixture *f = *state;

	ask(f, "POST /form?x HTTP/1.1\r\n" FORM
	       "Content-Length: 7\r\n\r\na=b&c=dGET / HTTP/1.1\r\n\r\n");
	assert_true(came(f, " 200 "));
	assert_string_equal(f->form, "a=b&c=d");
	ask(f, "POST /form HTTP/1.1\r\n" FORM "Content-Length: 0\r\n\r\n");
	assert_true(came(f, " 200 "));
	assert_string_equal(f->form, "");
	ask(f, "POST /metrics HTTP/1.1\r\n" FORM "Content-Length: 1\r\n\r\na");
	assert_true(came(f, " 405 "));
	assert_int_equal(f->n, 3);
}

/* None of them reaches the handler. */
static void test_forms_that_are_none(void **state)
{
	static const char *const requests[] = {
		"POST /form HTTP/1.1\r\n" FORM "Content-Length: 4097\r\n\r\n",
		"POST /form HTTP/1.1\r\n" FORM
		"Transfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\n\r\n",
		"POST /form HTTP/1.1\r\n" FORM "\r\na=b",
		"POST /form HTTP/1.1\r\nContent-Type: text/plain\r\n"
		"Content-Length: 3\r\n\r\na=b",
	};
	static const char zero[] =
		"POST /form HTTP/1.1\r\n" FORM "Content-Length: 3\r\n\r\na\0b";
	struct fixture *f = *state;
	int fd;

	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		ask(f, requests[i]);
		assert_true(came(f, "HTTP/1.1 4"));
	}
	fd = tcp_client(httpd_port(f->httpd));
	assert_int_equal(send(fd, zero, sizeof(zero) - 1, 0), sizeof(zero) - 1);
	say(f, fd, "");
	assert_true(came(f, " 400 "));
	assert_int_equal(f->n, 0);
}

/* As long as may be, byte by byte at its end, and not a byte before. */
static void test_form_in_pieces(void **state)
{
	struct fixture *f = *state;
	struct strbuf sb = STRBUF_INIT;
	int fd = tcp_client(httpd_port(f->httpd));

	strbuf_addf(&sb,
		    "POST /form HTTP/1.1\r\n" FORM
		    "Content-Length: %zu\r\n\r\n",
		    HTTPD_FORM_MAX);
	for (size_t i = 3; i < HTTPD_FORM_MAX; i++)
		strbuf_addch(&sb, 'x');
	assert_int_equal(send(fd, sb.buf, sb.len, 0), sb.len);
	for (int i = 0; i < 2; i++) {
		loop_turn(f->loop, 10);
		assert_int_equal(send(fd, "y", 1, 0), 1);
	}
	loop_turn(f->loop, 10);
	loop_turn(f->loop, 10);
	assert_int_equal(f->n, 0);
	say(f, fd, "y");
	assert_true(came(f, " 200 "));
	assert_int_equal(strlen(f->form), HTTPD_FORM_MAX);
	strbuf_release(&sb);
}

static void test_headers_over_limit(void **state)
{
	struct fixture *f = *state;
	struct strbuf sb = STRBUF_INIT;

	strbuf_addstr(&sb, "GET /metrics HTTP/1.1\r\n");
	for (int i = 0; i < 1000; i++)
		strbuf_addstr(&sb, "X-Filler: aaaaaaaaaa\r\n");
	strbuf_addstr(&sb, "\r\n");
	ask(f, sb.buf);
	assert_false(came(f, " 200 "));
	assert_int_equal(f->n, 0);
	strbuf_release(&sb);
}

static const char *const bad_listen[] = {
	"0.0.0.0:0",
	"192.0.2.1:80",
	"[::]:80",
	"example.org:80",
	"127.0.0.1",
	"127.0.0.1:",
	":80",
	"127.0.0.1:65536",
	"127.0.0.1:-1",
	"127.0.0.1:80x",
	"",
	"unix:",
	"unix:x",
	"127.0.0.1:99999999999999999999",
	"[::1]",
};

static void test_bad_listen(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(bad_listen); i++) {
		struct err err = ERR_INIT;

		if (httpd_new(f->loop, bad_listen[i], on_request, f, &err))
			fail_msg("%s", bad_listen[i]);
		assert_int_equal(err.code, ERR_CONF);
	}
}

static void test_port_in_use(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	char listen[32];

	snprintf(listen, sizeof(listen), "127.0.0.1:%d", httpd_port(f->httpd));
	assert_null(httpd_new(f->loop, listen, on_request, f, &err));
	assert_non_null(strstr(err.text, listen));
	assert_non_null(strstr(err.text, strerror(EADDRINUSE)));
}

static void test_unix_socket(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	char dir[] = "/tmp/triaged-httpd-XXXXXX", listen[64];
	struct httpd *h;
	struct stat st;
	int fd;

	assert_non_null(mkdtemp(dir));
	snprintf(listen, sizeof(listen), "unix:%s/s", dir);
	h = httpd_new(f->loop, listen, on_request, f, NULL);
	assert_non_null(h);
	assert_int_equal(httpd_port(h), 0);
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", listen + 5);
	assert_int_equal(stat(a.sun_path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (void *)&a, sizeof(a)), 0);
	say(f, fd, "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_true(came(f, "up 1\n"));
	assert_null(httpd_free(h));
	assert_int_equal(rmdir(dir), 0); /* the file has gone */
}

static void test_freed_with_client_waiting(void **state)
{
	struct fixture *f = *state;
	int fd = tcp_client(httpd_port(f->httpd));

	loop_turn(f->loop, 1000);
	f->httpd = httpd_free(f->httpd);
	loop_turn(f->loop, 1);
	close(fd);
}

/* More than any socket buffer holds; the client reads a little at a time. */
static void test_big_answer_is_whole(void **state)
{
	struct fixture *f = *state;
	const char *body;

	ask(f, "GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
	body = strstr(f->back.buf, "\r\n\r\n") + 4;
	assert_int_equal(f->back.len - (size_t)(body - f->back.buf), BIG);
}

static void test_request_in_pieces(void **state)
{
	static const char request[] =
		"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";
	struct fixture *f = *state;
	int fd = tcp_client(httpd_port(f->httpd));

	for (size_t i = 0; i + 2 < sizeof(request); i++) {
		assert_int_equal(send(fd, request + i, 1, 0), 1);
		loop_turn(f->loop, 10);
		assert_int_equal(f->n, 0);
	}
	say(f, fd, "\n");
	assert_true(came(f, "up 1\n"));
}

/* Bytes behind the request are not answered, and do not reset the answer. */
static void test_more_than_a_request(void **state)
{
	struct fixture *f = *state;

	ask(f, "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"
	       "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_true(came(f, "up 1\n"));
	assert_int_equal(f->n, 1);
}

static bool is_closed(int fd)
{
	char bytes[256];
	ssize_t n;

	/* What came before the end is read away: it would hide the end. */
	do {
		n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	} while (n > 0);
	return n == 0 || errno == ECONNRESET || errno == EPIPE;
}

/* Not silence but the whole life is limited: one that sends a byte now and
 * then is closed as well. */
static void test_life_is_limited(void **state)
{
	static const char form[] =
		"POST /form HTTP/1.1\r\n" FORM "Content-Length: 4096\r\n\r\n";
	static const struct httpd_limits limits = { 4, 50 };
	struct fixture *f = *state;
	struct httpd *h = httpd_new_limited(f->loop, "127.0.0.1:0", &limits,
					    on_request, f, NULL);
	int fd = tcp_client(httpd_port(h));

	assert_int_equal(send(fd, "GET / HTTP/1.1\r\n", 16, 0), 16);
	while (!is_closed(fd)) {
		(void)send(fd, "x", 1, MSG_NOSIGNAL);
		loop_turn(f->loop, 10);
	}
	close(fd);
	/* So is one that asks and never reads. */
	fd = tcp_client(httpd_port(h));
	assert_int_equal(send(fd, "GET /big HTTP/1.1\r\n\r\n", 21, 0), 21);
	while (send(fd, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1)
		loop_turn(f->loop, 10);
	close(fd);
	assert_int_equal(f->n, 1);
	/* And one whose form never ends. */
	fd = tcp_client(httpd_port(h));
	assert_int_equal(send(fd, form, strlen(form), 0), strlen(form));
	while (!is_closed(fd))
		loop_turn(f->loop, 10);
	close(fd);
	assert_int_equal(f->n, 1);
	httpd_free(h);
}

/* The limit is reached, and one more is served all the same. */
static void test_oldest_makes_room(void **state)
{
	struct fixture *f = *state;
	int fds[40], n_closed = 0;

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = tcp_client(httpd_port(f->httpd));
	ask(f, "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_true(came(f, "up 1\n"));
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		if (is_closed(fds[i]))
			assert_int_equal(n_closed++, i); /* oldest first */
		close(fds[i]);
	}
	/* 40 and the one that was served, 32 at a time */
	assert_int_equal(n_closed, 9);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_get),
		TEST(test_head_and_missing),
		TEST(test_turned_away),
		TEST(test_form),
		TEST(test_forms_that_are_none),
		TEST(test_form_in_pieces),
		TEST(test_headers_over_limit),
		TEST(test_bad_listen),
		TEST(test_port_in_use),
		TEST(test_unix_socket),
		TEST(test_freed_with_client_waiting),
		TEST(test_big_answer_is_whole),
		TEST(test_request_in_pieces),
		TEST(test_more_than_a_request),
		TEST(test_life_is_limited),
		TEST(test_oldest_makes_room),
	};

	alarm(60);
	return cmocka_run_group_tests_name("httpd", tests, NULL, NULL);
}
