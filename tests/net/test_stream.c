/*
 * net/stream: frames, and clients that behave badly.
 *
 * Battery: G8.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <grp.h>
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
#define FAREWELL "too many\n"

enum act { ECHO, SAY_MUCH, KEEP, FLOOD, FREE_SERVER, SEND_TWICE };

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
	gid_t groups[8]; /* of the peer */
	size_t n_groups;
};

static void on_frame(void *arg, struct stream_conn *c, const char *frame,
		     size_t len)
{
	struct fixture *f = arg;
	char big[1000];

	strbuf_add(&f->frames, frame, len);
	strbuf_addch(&f->frames, '|');
	f->n_frames++;
	f->uid = stream_peer(c)->uid;
	f->pid = stream_peer(c)->pid;
	f->n_groups = stream_peer(c)->n_groups;
	for (size_t i = 0; i < f->n_groups && i < 8; i++)
		f->groups[i] = stream_peer(c)->groups[i];
	switch (f->act) {
	case ECHO:
		stream_send(c, frame, len);
		break;
	case SAY_MUCH:
		memset(big, 'x', sizeof(big));
		stream_send(c, big, sizeof(big));
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
					.max_per_user = MAX_CLIENTS,
					.idle_ms = idle_ms,
					.max_unsent = MAX_UNSENT,
					.farewell = FAREWELL };
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

/* Several frames in one write: one a turn, in their order. */
static void test_frame_a_turn(void **state)
{
	struct fixture *f = *state;
	int fd = client(f);
	char back[32];

	put(fd, "a\n\nb\nc\n");
	while (!f->n_frames)
		loop_turn(f->loop, 1000);
	assert_int_equal(f->n_frames, 1);
	assert_int_equal(get(f, fd, back, 6), 6);
	assert_string_equal(back, "a\nb\nc\n");
	assert_int_equal(f->n_frames, 3);
	close(fd);
}

/* The next frame is not looked at while the last waits for its answer. */
static void test_frames_take_turns(void **state)
{
	struct fixture *f = *state;
	int fd = client(f);
	char back[32];

	f->act = KEEP;
	put(fd, "a\nb\n");
	while (!f->kept)
		loop_turn(f->loop, 1000);
	f->act = ECHO;
	loop_turn(f->loop, 1);
	loop_turn(f->loop, 1);
	assert_int_equal(f->n_frames, 1);
	stream_send(f->kept, "A", 1);
	stream_unref(f->kept);
	assert_int_equal(get(f, fd, back, 4), 4);
	assert_string_equal(back, "A\nb\n");
	close(fd);
}

/* The same without an answer: only the reference goes. */
static void test_next_frame_after_no_answer(void **state)
{
	struct fixture *f = *state;
	int fd = client(f);
	char back[8];

	f->act = KEEP;
	put(fd, "a\nb\n");
	while (!f->kept)
		loop_turn(f->loop, 1000);
	f->act = ECHO;
	stream_unref(f->kept);
	assert_int_equal(get(f, fd, back, 2), 2);
	assert_string_equal(back, "b\n");
	close(fd);
}

/* It asks and asks and reads nothing: from some point on it is not heard. */
static void test_client_that_asks_and_never_reads(void **state)
{
	struct fixture *f = *state;
	int fd = client(f), before;
	char many[2001];

	f->act = SAY_MUCH;
	for (int i = 0; i < 1000; i++)
		memcpy(many + 2 * i, "x\n", 3);
	put(fd, many);
	do {
		before = f->n_frames;
		for (int i = 0; i < 3; i++)
			loop_turn(f->loop, 1);
	} while (f->n_frames > before || !before);
	/* What the kernel takes, and a little of ours. */
	assert_in_range(f->n_frames, 2, 900);
	close(fd);
}

/* And then it is closed, although frames of it are left. */
static void test_client_that_never_reads_is_closed(void **state)
{
	struct fixture *f = *state;
	char many[2001];
	int fd;

	listen_with(f, 20);
	fd = client(f);
	f->act = SAY_MUCH;
	for (int i = 0; i < 1000; i++)
		memcpy(many + 2 * i, "x\n", 3);
	put(fd, many);
	while (!f->n_frames || stream_clients(f->server) > 0)
		loop_turn(f->loop, 1000);
	assert_true(f->n_frames < 900);
	close(fd);
}

/* One too many: who has been silent longest goes, and hears why. */
static void test_silent_client_makes_room(void **state)
{
	struct fixture *f = *state;
	int fds[MAX_CLIENTS + 1];
	char back[32];

	for (int i = 0; i < MAX_CLIENTS; i++)
		fds[i] = client(f);
	put(fds[0], "x\n"); /* so that the second is the one */
	assert_int_equal(get(f, fds[0], back, 2), 2);
	fds[MAX_CLIENTS] = client(f);
	get(f, fds[1], back, sizeof(back) - 1);
	assert_string_equal(back, FAREWELL);
	assert_int_equal(stream_clients(f->server), MAX_CLIENTS);
	assert_int_equal(stream_sent_away(f->server), 1);
	for (int i = 0; i <= MAX_CLIENTS; i++) {
		if (i == 1)
			continue;
		put(fds[i], "y\n");
		assert_int_equal(get(f, fds[i], back, 2), 2);
	}
	for (int i = 0; i <= MAX_CLIENTS; i++)
		close(fds[i]);
}

/* Who waits for an answer keeps the place: the newcomer goes. */
static void test_waiting_clients_keep_their_place(void **state)
{
	struct fixture *f = *state;
	struct stream_conn *kept[MAX_CLIENTS];
	int fds[MAX_CLIENTS], extra;
	char back[32];

	f->act = KEEP;
	for (int i = 0; i < MAX_CLIENTS; i++) {
		f->kept = NULL;
		fds[i] = client(f);
		put(fds[i], "x\n");
		while (!f->kept)
			loop_turn(f->loop, 1000);
		kept[i] = f->kept;
	}
	extra = client(f);
	get(f, extra, back, sizeof(back) - 1);
	assert_string_equal(back, FAREWELL);
	for (int i = 0; i < MAX_CLIENTS; i++) {
		stream_send(kept[i], "late", 4);
		stream_unref(kept[i]);
		assert_int_equal(get(f, fds[i], back, 5), 5);
		close(fds[i]);
	}
	close(extra);
}

/* A thousand connect and say nothing; the next one is served. */
static void test_thousand_silent_clients(void **state)
{
	struct fixture *f = *state;
	int fds[1000], fd;
	char back[4];

	for (size_t i = 0; i < 1000; i++)
		fds[i] = client(f);
	fd = client(f);
	put(fd, "x\n");
	assert_int_equal(get(f, fd, back, 2), 2);
	assert_string_equal(back, "x\n");
	assert_true(stream_clients(f->server) <= MAX_CLIENTS);
	close(fd);
	for (size_t i = 0; i < 1000; i++)
		close(fds[i]);
}

/* All groups of the peer are known, also more than a few. */
static void test_groups_of_the_peer(void **state)
{
	struct fixture *f = *state;
	gid_t before[64], some[] = { 11, 12, 13 };
	int n = getgroups(64, before), fd;
	bool root = geteuid() == 0;
	char back[4];

	assert_true(n >= 0);
	if (root)
		assert_int_equal(setgroups(3, some), 0);
	fd = client(f);
	if (root)
		assert_int_equal(setgroups((size_t)n, before), 0);
	put(fd, "x\n");
	assert_int_equal(get(f, fd, back, 2), 2);
	assert_int_equal(f->n_groups, 1 + (root ? 3 : n));
	assert_int_equal(f->groups[0], getegid());
	for (size_t i = 1; i < f->n_groups && i < 8; i++)
		assert_int_equal(f->groups[i],
				 root ? some[i - 1] : before[i - 1]);
	close(fd);
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
		TEST(test_frame_a_turn),
		TEST(test_frames_take_turns),
		TEST(test_next_frame_after_no_answer),
		TEST(test_client_that_asks_and_never_reads),
		TEST(test_client_that_never_reads_is_closed),
		TEST(test_silent_client_makes_room),
		TEST(test_waiting_clients_keep_their_place),
		TEST(test_thousand_silent_clients),
		TEST(test_groups_of_the_peer),
		TEST(test_answer_after_peer_has_gone),
		TEST(test_half_closed_client_gets_its_answer),
		TEST(test_waiting_client_is_not_idle),
		TEST(test_server_freed_inside_handler),
		TEST(test_two_answers),
	};

	alarm(120);
	return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
