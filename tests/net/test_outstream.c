/*
 * Outgoing streams against a peer in this process and against openssl
 * s_server: open, send, a peer that does not read, a peer that goes, and which
 * certificates are believed.
 */
#include "net/outstream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "util/clock.h"
#include "util/xmalloc.h"

#define PATIENCE_MS 20000

struct world {
	struct loop *loop;
	struct outstream *stream;
	int listener, peer, port;
	enum outstream_news news;
	struct err err;
	int n_news;
	bool again; /* connect once more when it is closed */
};

static struct outstream_request request_of(struct world *w)
{
	return (struct outstream_request){ .host = "127.0.0.1",
					   .port = w->port,
					   .loopback_only = true };
}

static void on_news(void *arg, enum outstream_news news, const struct err *err)
{
	struct world *w = arg;

	w->news = news;
	w->n_news++;
	if (news == OUTSTREAM_CLOSED) {
		w->err = *err;
		assert_int_not_equal(err->code, 0);
	}
	if (news == OUTSTREAM_CLOSED && w->again) {
		const struct outstream_request r = request_of(w);

		w->again = false;
		outstream_connect(w->stream, &r);
	}
}

static void await(struct world *w)
{
	int64_t end_ms = clock_mono_ms() + PATIENCE_MS;
	int n = w->n_news;

	while (w->n_news == n && clock_mono_ms() < end_ms)
		loop_turn(w->loop, 100);
	assert_int_not_equal(w->n_news, n);
}

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	int small = 4096;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	w->loop = loop_new();
	w->stream = outstream_new(w->loop, on_news, w);
	w->peer = -1;
	w->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (setsockopt(w->listener, SOL_SOCKET, SO_RCVBUF, &small,
		       sizeof(small)) < 0 ||
	    bind(w->listener, (struct sockaddr *)&a, len) < 0 ||
	    listen(w->listener, 8) < 0 ||
	    getsockname(w->listener, (struct sockaddr *)&a, &len) < 0)
		return -1;
	w->port = ntohs(a.sin_port);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	outstream_free(w->stream);
	loop_free(w->loop);
	if (w->peer >= 0)
		close(w->peer);
	if (w->listener >= 0)
		close(w->listener);
	free(w);
	return 0;
}

static void open_plain(struct world *w)
{
	const struct outstream_request r = request_of(w);

	outstream_connect(w->stream, &r);
	assert_int_equal(w->n_news, 0); /* never from within */
	await(w);
	assert_int_equal(w->news, OUTSTREAM_OPENED);
	assert_true(outstream_is_ready(w->stream));
	w->peer = accept(w->listener, NULL, NULL);
	assert_true(w->peer >= 0);
}

static void send_text(struct world *w, const char *text, size_t times)
{
	struct strbuf bytes = STRBUF_INIT;

	for (size_t i = 0; i < times; i++)
		strbuf_addstr(&bytes, text);
	outstream_send(w->stream, &bytes);
	assert_int_equal(bytes.len, 0);
	assert_false(outstream_is_ready(w->stream));
}

static void test_open_send_acknowledged(void **state)
{
	struct world *w = *state;
	char got[16] = "";
	int64_t mark;

	open_plain(w);
	send_text(w, "hello", 1);
	await(w);
	assert_int_equal(w->news, OUTSTREAM_SENT);
	assert_true(outstream_is_ready(w->stream));
	mark = outstream_mark(w->stream);
	assert_int_equal(recv(w->peer, got, sizeof(got), 0), 5);
	assert_memory_equal(got, "hello", 5);
	/* Loopback acknowledges at once, or with the next turn. */
	for (int i = 0; i < 100 && outstream_acknowledged(w->stream) < mark;
	     i++)
		loop_turn(w->loop, 10);
	assert_true(outstream_acknowledged(w->stream) >= mark);
}

/* What it says is nothing to us, and must not stop us. */
static void test_peer_that_talks(void **state)
{
	struct world *w = *state;
	char got[16];

	open_plain(w);
	assert_int_equal(send(w->peer, "chatter", 7, MSG_NOSIGNAL), 7);
	loop_turn(w->loop, 1000);
	send_text(w, "still here", 1);
	await(w);
	assert_int_equal(w->news, OUTSTREAM_SENT);
	assert_int_equal(recv(w->peer, got, sizeof(got), 0), 10);
}

static void test_peer_that_does_not_read(void **state)
{
	struct world *w = *state;
	int64_t start_ms;

	open_plain(w);
	send_text(w, "0123456789abcdef", 1 << 20);
	start_ms = clock_mono_ms();
	while (clock_mono_ms() - outstream_moved_ms(w->stream) < 50 &&
	       clock_mono_ms() - start_ms < PATIENCE_MS)
		loop_turn(w->loop, 60);
	assert_int_equal(w->n_news, 1);
	assert_false(outstream_is_ready(w->stream));
	/* Not acknowledged, nor is there a mark that says so. */
	assert_true(outstream_acknowledged(w->stream) <
		    outstream_mark(w->stream));
	outstream_close(w->stream);
	assert_true(outstream_is_closed(w->stream));
	loop_turn(w->loop, 10);
	assert_int_equal(w->n_news, 1); /* who closes hears nothing */
}

static void test_everything_arrives(void **state)
{
	struct world *w = *state;
	char got[65536];
	size_t n = 0;
	int turns = 0;

	open_plain(w);
	send_text(w, "0123456789abcdef", 1 << 16);
	while (n < (1u << 20) && turns++ < 100000) {
		ssize_t part = recv(w->peer, got, sizeof(got), MSG_DONTWAIT);

		if (part > 0) {
			for (ssize_t i = 0; i < part; i++)
				assert_int_equal(
					got[i],
					"0123456789abcdef"[(n + (size_t)i) %
							   16]);
			n += (size_t)part;
		}
		loop_turn(w->loop, part > 0 ? 0 : 10);
	}
	assert_int_equal(n, 1u << 20);
	assert_int_equal(w->news, OUTSTREAM_SENT);
}

static void test_peer_that_closes(void **state)
{
	struct world *w = *state;

	open_plain(w);
	w->again = true;
	close(w->peer);
	await(w);
	assert_int_equal(w->news, OUTSTREAM_CLOSED);
	assert_int_equal(w->err.code, ERR_NET);
	assert_non_null(strstr(w->err.text, "closed the connection"));
	await(w);
	assert_int_equal(w->news, OUTSTREAM_OPENED);
	w->peer = accept(w->listener, NULL, NULL);
}

static void test_peer_that_resets(void **state)
{
	struct world *w = *state;
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	open_plain(w);
	setsockopt(w->peer, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(w->peer);
	w->peer = -1;
	await(w);
	assert_int_equal(w->news, OUTSTREAM_CLOSED);
	assert_int_equal(w->err.code, ERR_NET);
	assert_true(outstream_is_closed(w->stream));
	assert_int_equal(outstream_acknowledged(w->stream), -1);
}

static void test_nobody_listens(void **state)
{
	struct world *w = *state;
	const struct outstream_request r = request_of(w);

	close(w->listener);
	w->listener = -1;
	outstream_connect(w->stream, &r);
	await(w);
	assert_int_equal(w->news, OUTSTREAM_CLOSED);
	assert_int_equal(w->err.code, ERR_NET);
	assert_non_null(strstr(w->err.text, "connection refused by 127.0.0.1"));
}

static void test_plain_stays_on_loopback(void **state)
{
	struct world *w = *state;
	struct outstream_request r = request_of(w);

	r.host = "192.0.2.1";
	outstream_connect(w->stream, &r);
	await(w);
	assert_int_equal(w->news, OUTSTREAM_CLOSED);
	assert_int_equal(w->err.code, ERR_REFUSED);
	assert_non_null(strstr(w->err.text, "allow-plain"));
}

/* Closed, or gone, while it connects: no call back comes. */
static void test_close_while_connecting(void **state)
{
	struct world *w = *state;
	const struct outstream_request r = request_of(w);

	outstream_connect(w->stream, &r);
	outstream_close(w->stream);
	for (int i = 0; i < 5; i++)
		loop_turn(w->loop, 10);
	assert_int_equal(w->n_news, 0);
	outstream_connect(w->stream, &r);
	w->stream = outstream_free(w->stream);
	for (int i = 0; i < 5; i++)
		loop_turn(w->loop, 10);
	assert_int_equal(w->n_news, 0);
}

/* --- TLS --- */

struct server {
	char dir[64], good[96], other[96], key[96];
	pid_t pid;
	int port, in; /* it ends with its standard input */
	FILE *out;
};

static struct server server;

static int make_certificate(const char *file, const char *name)
{
	char command[768];

	snprintf(command, sizeof(command),
		 "openssl req -x509 -new -key %s -subj /CN=test -days 2 "
		 "-addext subjectAltName=%s -out %s 2>/dev/null",
		 server.key, name, file);
	return system(command);
}

static int group_setup(void **state)
{
	char command[256];

	(void)state;
	snprintf(server.dir, sizeof(server.dir), "/tmp/triaged-out-XXXXXX");
	if (!mkdtemp(server.dir))
		return -1;
	snprintf(server.key, sizeof(server.key), "%s/key.pem", server.dir);
	snprintf(server.good, sizeof(server.good), "%s/good.pem", server.dir);
	snprintf(server.other, sizeof(server.other), "%s/other.pem",
		 server.dir);
	snprintf(command, sizeof(command),
		 "openssl ecparam -name prime256v1 -genkey -noout -out %s",
		 server.key);
	return system(command) ||
	       make_certificate(server.good, "IP:127.0.0.1") ||
	       make_certificate(server.other, "DNS:elsewhere.example");
}

static int group_teardown(void **state)
{
	(void)state;
	unlink(server.key);
	unlink(server.good);
	unlink(server.other);
	return rmdir(server.dir);
}

/* What it receives comes out of its standard output. */
static void server_start(const char *certificate, const char *more)
{
	const char *argv[] = { "openssl",
			       "s_server",
			       "-accept",
			       "127.0.0.1:0",
			       "-cert",
			       certificate,
			       "-key",
			       server.key,
			       "-naccept",
			       "1",
			       more,
			       more ? "1" : NULL,
			       more ? "-CAfile" : NULL,
			       server.good,
			       NULL };
	posix_spawn_file_actions_t actions;
	char line[256];
	int fds[2], in[2];

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in[0], 0);
	posix_spawn_file_actions_adddup2(&actions, fds[1], 1);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", 1, 0);
	assert_int_equal(posix_spawnp(&server.pid, "openssl", &actions, NULL,
				      (char *const *)(uintptr_t)argv, environ),
			 0);
	posix_spawn_file_actions_destroy(&actions);
	close(fds[1]);
	close(in[0]);
	server.in = in[1];
	server.out = fdopen(fds[0], "r");
	server.port = 0;
	while (!server.port && fgets(line, sizeof(line), server.out))
		(void)sscanf(line, "ACCEPT 127.0.0.1:%d", &server.port);
	assert_true(server.port > 0);
}

static void server_stop(void)
{
	kill(server.pid, SIGKILL);
	waitpid(server.pid, NULL, 0);
	fclose(server.out);
	close(server.in);
}

static bool server_got(const char *text)
{
	char line[512];

	while (fgets(line, sizeof(line), server.out))
		if (strstr(line, text))
			return true;
	return false;
}

static void connect_tls(struct world *w, const char *ca_file,
			const struct secret *pem)
{
	const struct outstream_request r = {
		.host = "127.0.0.1",
		.port = server.port,
		.tls = true,
		.ca_file = ca_file,
		.client_pem = pem,
	};

	outstream_connect(w->stream, &r);
	await(w);
}

static void test_tls_send(void **state)
{
	struct world *w = *state;

	server_start(server.good, NULL);
	connect_tls(w, server.good, NULL);
	assert_int_equal(w->news, OUTSTREAM_OPENED);
	send_text(w, "through TLS\n", 1);
	await(w);
	assert_int_equal(w->news, OUTSTREAM_SENT);
	assert_true(server_got("through TLS"));
	server_stop();
	await(w);
	assert_int_equal(w->news, OUTSTREAM_CLOSED);
	assert_int_equal(w->err.code, ERR_NET);
}

static void test_tls_not_trusted(void **state)
{
	struct world *w = *state;

	server_start(server.good, NULL);
	connect_tls(w, NULL, NULL);
	assert_int_equal(w->news, OUTSTREAM_CLOSED);
	assert_int_equal(w->err.code, ERR_REFUSED);
	assert_non_null(strstr(w->err.text, "certificate of 127.0.0.1 is not "
					    "trusted"));
	server_stop();
	server_start(server.other, NULL);
	connect_tls(w, server.other, NULL);
	assert_int_equal(w->err.code, ERR_REFUSED);
	server_stop();
	server_start(server.good, NULL);
	connect_tls(w, "/nowhere/ca.pem", NULL);
	assert_int_equal(w->err.code, ERR_REFUSED);
	assert_non_null(strstr(w->err.text, "/nowhere/ca.pem"));
	server_stop();
}

static struct secret *client_pem(void)
{
	CLEANUP(strbuf_release) struct strbuf pem = STRBUF_INIT;
	const char *files[] = { server.good, server.key };
	char part[4096];

	for (int i = 0; i < 2; i++) {
		FILE *f = fopen(files[i], "r");

		strbuf_add(&pem, part, fread(part, 1, sizeof(part), f));
		fclose(f);
	}
	return secret_new(pem.buf, pem.len);
}

static void test_tls_client_certificate(void **state)
{
	struct world *w = *state;
	struct secret *pem = client_pem();
	struct secret *junk = secret_new("no PEM", 6);

	server_start(server.good, "-Verify");
	connect_tls(w, server.good, pem);
	assert_int_equal(w->news, OUTSTREAM_OPENED);
	send_text(w, "known client\n", 1);
	await(w);
	assert_int_equal(w->news, OUTSTREAM_SENT);
	assert_true(server_got("known client"));
	server_stop();
	await(w);
	/* TLS 1.3: the refusal comes after the handshake. */
	server_start(server.good, "-Verify");
	connect_tls(w, server.good, NULL);
	if (w->news == OUTSTREAM_OPENED)
		await(w);
	assert_int_equal(w->news, OUTSTREAM_CLOSED);
	server_stop();
	server_start(server.good, NULL);
	connect_tls(w, server.good, junk);
	assert_int_equal(w->news, OUTSTREAM_CLOSED);
	assert_int_equal(w->err.code, ERR_REFUSED);
	assert_non_null(strstr(w->err.text, "client-certificate"));
	server_stop();
	secret_free(pem);
	secret_free(junk);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_open_send_acknowledged),
		TEST(test_peer_that_talks),
		TEST(test_peer_that_does_not_read),
		TEST(test_everything_arrives),
		TEST(test_peer_that_closes),
		TEST(test_peer_that_resets),
		TEST(test_nobody_listens),
		TEST(test_plain_stays_on_loopback),
		TEST(test_close_while_connecting),
		TEST(test_tls_send),
		TEST(test_tls_not_trusted),
		TEST(test_tls_client_certificate),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
