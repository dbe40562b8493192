/* net/stream: frames, and clients that behave badly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "net/stream.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

#define MAX_FRAME 64
#define MAX_CLIENTS 3
#define MAX_UNSENT ((size_t)1024 * 1024)

enum act { ECHO, KEEP, FLOOD, FREE_SERVER, SEND_TWICE };

struct fixture {
	struct loop *loop;
	struct stream_server *server;
	char dir[64], path[96];
	enum act act;
	struct strbuf frames; /* joined by | */
	int n_frames;
	struct stream_conn *kept; /* referenced */
	uid_t uid;
	pid_t pid;
};

static void on_frame(void *arg, struct stream_conn *c, const char *frame,
		     size_t len)
{
	struct fixture *f = arg;
	char big[1000];

	strbuf_add(&f->frames, frame, len);
	strbuf_addch(&f->frames, '|');
	f->n_frames++;
	f->uid = stream_peer_uid(c);
	f->pid = stream_peer_pid(c);
	switch (f->act) {
	case ECHO:
		stream_send(c, frame, len);
		break;
	case KEEP:
		stream_ref(c);
		f->kept = c;
		break;
	case FLOOD:
		memset(big, 'x', sizeof(big));
		for (int i = 0; i < 3000; i++)
			stream_send(c, big, sizeof(big));
		break;
	case FREE_SERVER:
		f->server = stream_server_free(f->server);
		stream_send(c, "late", 4);
		break;
	case SEND_TWICE:
		stream_send(c, "one", 3);
		stream_send(c, "two", 3);
		break;
	}
}

static void listen_with(struct fixture *f, int64_t idle_ms)
{
	struct stream_limits limits = { .max_frame = MAX_FRAME,
					.max_clients = MAX_CLIENTS,
					.idle_ms = idle_ms,
					.max_unsent = MAX_UNSENT };
	struct err err = ERR_INIT;

	stream_server_free(f->server);
	f->server = stream_listen(f->loop, f->path, &limits, on_frame, f, &err);
	if (!f->server)
		fail_msg("%s", err.text);
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->loop = loop_new();
	strbuf_init(&f->frames);
	snprintf(f->dir, sizeof(f->dir), "%s", "/tmp/triaged-stream-XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	snprintf(f->path, sizeof(f->path), "%s/s", f->dir);
	listen_with(f, 60000);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	int rc;

	stream_server_free(f->server);
	loop_free(f->loop);
	strbuf_release(&f->frames);
	rc = rmdir(f->dir); /* fails when the socket file was left */
	free(f);
	return rc;
}

static int client(struct fixture *f)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", f->path);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (void *)&a, sizeof(a)), 0);
	return fd;
}

static void put(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL),
			 strlen(text));
}

/* What comes back until @n bytes or the end; the loop runs meanwhile. */
static size_t get(struct fixture *f, int fd, char *ret, size_t n)
{
	size_t have = 0;

	while (have < n) {
		ssize_t got = recv(fd, ret + have, n - have, MSG_DONTWAIT);

		if (got > 0)
			have += (size_t)got;
		else if (got == 0 || errno != EAGAIN)
			break;
		else
			loop_turn(f->loop, 1000);
	}
	ret[have] = '\0';
	return have;
}

/* Closed by the server: the end, or a reset with our bytes unread. */
static void assert_closed(struct fixture *f, int fd)
{
	char byte[2];

	assert_int_equal(get(f, fd, byte, 1), 0);
}

static void test_frames(void **state)
{
	struct fixture *f = *state;
	int fd = client(f);
	char back[64];

	put(fd, "one\ntw");
	assert_int_equal(get(f, fd, back, 4), 4);
	assert_string_equal(back, "one\n");
	put(fd, "o\n\n\nthree\n");
	get(f, fd, back, 10);
	assert_string_equal(back, "two\nthree\n");
	assert_string_equal(f->frames.buf, "one|two|three|");
	assert_int_equal(f->uid, getuid());
	assert_int_equal(f->pid, getpid());
	close(fd);
	loop_turn(f->loop, 1000);
	loop_turn(f->loop, 1);
}

static void test_socket_mode(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
}

static void test_frame_of_limit_and_above(void **state)
{
	struct fixture *f = *state;
	char line[MAX_FRAME + 3], back[MAX_FRAME + 3];
	int fd = client(f);

	memset(line, 'a', sizeof(line));
	memcpy(line + MAX_FRAME, "\n", 2);
	put(fd, line);
	assert_int_equal(get(f, fd, back, MAX_FRAME + 1), MAX_FRAME + 1);
	memset(line, 'a', sizeof(line));
	memcpy(line + MAX_FRAME + 1, "\n", 2);
	put(fd, line);
	assert_closed(f, fd);
	assert_int_equal(f->n_frames, 1);
	close(fd);
}

static void test_frame_without_end(void **state)
{
	struct fixture *f = *state;
	char line[MAX_FRAME + 2];
	int fd = client(f);

	memset(line, 'a', sizeof(line));
	line[MAX_FRAME + 1] = '\0';
	put(fd, line);
	assert_closed(f, fd);
	assert_int_equal(f->n_frames, 0);
	close(fd);
}

static void test_slow_client_is_closed(void **state)
{
	struct fixture *f = *state;
	int fd;

	listen_with(f, 30);
	fd = client(f);
	put(fd, "half a fra");
	assert_closed(f, fd);
	assert_int_equal(f->n_frames, 0);
	close(fd);
}

/* It asks, and never reads: closed once too much is owed to it. */
static void test_client_that_never_reads(void **state)
{
	struct fixture *f = *state;
	int fd = client(f), other;
	char back[8];

	f->act = FLOOD;
	put(fd, "x\n");
	while (!f->n_frames)
		loop_turn(f->loop, 1000);
	f->act = ECHO;
	other = client(f); /* is served all the same */
	put(other, "y\n");
	get(f, other, back, 2);
	assert_string_equal(back, "y\n");
	loop_turn(f->loop, 1);
	assert_int_equal(send(fd, "z", 1, MSG_NOSIGNAL), -1);
	close(fd);
	close(other);
}

/* A large answer leaves piece by piece. */
static void test_large_answer(void **state)
{
	struct fixture *f = *state;
	char *big = xmalloc(MAX_UNSENT), *back = xmalloc(MAX_UNSENT + 1);
	int fd = client(f);

	f->act = KEEP;
	put(fd, "x\n");
	while (!f->kept)
		loop_turn(f->loop, 1000);
	memset(big, 'b', MAX_UNSENT);
	stream_send(f->kept, big, MAX_UNSENT - 1);
	stream_unref(f->kept);
	assert_int_equal(get(f, fd, back, MAX_UNSENT), MAX_UNSENT);
	assert_int_equal(back[MAX_UNSENT - 1], '\n');
	close(fd);
	free(big);
	free(back);
}

static void test_too_many_clients(void **state)
{
	struct fixture *f = *state;
	int fds[MAX_CLIENTS], extra;
	char back[4];

	for (int i = 0; i < MAX_CLIENTS; i++)
		fds[i] = client(f);
	extra = client(f);
	assert_closed(f, extra);
	put(fds[0], "x\n");
	assert_int_equal(get(f, fds[0], back, 2), 2);
	close(extra);
	close(fds[1]);
	loop_turn(f->loop, 1000);
	loop_turn(f->loop, 1);
	extra = client(f); /* there is room again */
	put(extra, "y\n");
	assert_int_equal(get(f, extra, back, 2), 2);
	close(extra);
	close(fds[0]);
	close(fds[2]);
}

/* The answer comes when the client has long gone. */
static void test_answer_after_peer_has_gone(void **state)
{
	struct fixture *f = *state;
	int fd = client(f);

	f->act = KEEP;
	put(fd, "x\n");
	while (!f->kept)
		loop_turn(f->loop, 1000);
	close(fd);
	loop_turn(f->loop, 1);
	stream_send(f->kept, "answer", 6);
	loop_turn(f->loop, 1);
	loop_turn(f->loop, 1);
	stream_send(f->kept, "another", 7);
	stream_unref(f->kept);
	loop_turn(f->loop, 1);
}

/* "nc -N": the client has said all, and still wants the answer. */
static void test_half_closed_client_gets_its_answer(void **state)
{
	struct fixture *f = *state;
	int fd = client(f);
	char back[16];

	f->act = KEEP;
	put(fd, "x\n");
	shutdown(fd, SHUT_WR);
	while (!f->kept)
		loop_turn(f->loop, 1000);
	loop_turn(f->loop, 1);
	stream_send(f->kept, "answer", 6);
	stream_unref(f->kept);
	assert_int_equal(get(f, fd, back, sizeof(back) - 1), 7);
	assert_string_equal(back, "answer\n"); /* and then the end */
	close(fd);
}

/* Who waits for a long answer is not idle. */
static void test_waiting_client_is_not_idle(void **state)
{
	struct fixture *f = *state;
	char back[16];
	int fd;

	listen_with(f, 5);
	fd = client(f);
	f->act = KEEP;
	put(fd, "x\n");
	while (!f->kept)
		loop_turn(f->loop, 1000);
	for (int i = 0; i < 5; i++)
		loop_turn(f->loop, 10);
	stream_send(f->kept, "answer", 6);
	assert_int_equal(get(f, fd, back, 7), 7);
	stream_unref(f->kept);
	assert_closed(f, fd);
	close(fd);
}

static void test_server_freed_inside_handler(void **state)
{
	struct fixture *f = *state;
	int fd = client(f);

	f->act = FREE_SERVER;
	put(fd, "x\ny\n");
	assert_closed(f, fd);
	assert_string_equal(f->frames.buf, "x|");
	assert_int_equal(access(f->path, F_OK), -1);
	close(fd);
}

static void test_two_answers(void **state)
{
	struct fixture *f = *state;
	int fd = client(f);
	char back[16];

	f->act = SEND_TWICE;
	put(fd, "x\n");
	get(f, fd, back, 8);
	assert_string_equal(back, "one\ntwo\n");
	close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_frames),
		TEST(test_socket_mode),
		TEST(test_frame_of_limit_and_above),
		TEST(test_frame_without_end),
		TEST(test_slow_client_is_closed),
		TEST(test_client_that_never_reads),
		TEST(test_large_answer),
		TEST(test_too_many_clients),
		TEST(test_answer_after_peer_has_gone),
		TEST(test_half_closed_client_gets_its_answer),
		TEST(test_waiting_client_is_not_idle),
		TEST(test_server_freed_inside_handler),
		TEST(test_two_answers),
	};

	alarm(120);
	return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
