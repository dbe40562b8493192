/*
 * The control socket under any bytes, cut into any pieces: a real server over
 * a real socket, and the client's side of the protocol on its answers. Every
 * frame gets one answer, in order, that the client's parser takes; a request
 * that is taken is the same when it is written down and read again.
 */
#include "fuzz/fuzz.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "ctl/server.h"

#define FOLDER "/tmp/triaged-fuzz-ctl-XXXXXX"

static struct {
	char folder[sizeof(FOLDER)];
	char *path;
	struct loop *loop;
	struct ctl_server *server;
	struct ctl_call *kept; /* answered later, as some verbs are */
	size_t n_calls;
} world;

static void on_call(void *arg, struct ctl_call *call,
		    const struct ctl_peer *peer, const char *verb,
		    const json_t *args)
{
	(void)arg;
	must(peer->n_groups >= 1 && json_is_object(args) && !world.kept);
	world.n_calls++;
	if (strcmp(verb, "later") == 0)
		world.kept = call;
	else
		ctl_reply(call, CTL_OK, verb,
			  json_pack("{s:O}", "args", (json_t *)args));
}

static void clean_up(void)
{
	world.server = ctl_server_free(world.server);
	world.loop = loop_free(world.loop);
	(void)rmdir(world.folder); /* nobody is left to tell */
	free(world.path);
}

static void set_up(void)
{
	strcpy(world.folder, FOLDER);
	must(mkdtemp(world.folder) != NULL);
	world.path = xasprintf("%s/s", world.folder);
	world.loop = loop_new();
	world.server =
		ctl_server_new(world.loop, world.path, on_call, NULL, NULL);
	must(world.server != NULL);
	(void)atexit(clean_up);
}

static int dial(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strcpy(to.sun_path, world.path);
	must(fd >= 0 && !connect(fd, (struct sockaddr *)&to, sizeof(to)));
	return fd;
}

/* One turn, and the answer that somebody waits for. */
static void turn(void)
{
	struct ctl_call *call = world.kept;

	world.kept = NULL;
	if (call)
		ctl_reply(call, CTL_CONFLICT, NULL, NULL);
	loop_turn(world.loop, 1000);
}

/* What has come; false at the end. */
static bool hear(int fd, struct strbuf *answers)
{
	char buf[16384];
	ssize_t n = recv(fd, buf, sizeof(buf), 0);

	if (n > 0)
		strbuf_add(answers, buf, (size_t)n);
	return n > 0 || (n < 0 && errno == EAGAIN);
}

/* Frames without the empty ones; what has no newline is none. */
static size_t count_frames(const uint8_t *data, size_t size)
{
	size_t n = 0, len = 0;

	for (size_t i = 0; i < size; i++) {
		n += data[i] == '\n' && len > 0;
		len = data[i] == '\n' ? 0 : len + 1;
	}
	return n;
}

static void check_answers(const struct strbuf *answers, size_t n_frames)
{
	const char *from = answers->buf, *end;
	size_t n = 0;

	for (; (end = strchr(from, '\n')); from = end + 1) {
		struct wire_answer a = { 0 };

		must(wire_parse_answer(from, (size_t)(end - from), &a, NULL) ==
		     0);
		wire_answer_release(&a);
		n++;
	}
	must(*from == '\0' && n == n_frames);
}

static void check_round_trip(const char *frame, size_t len)
{
	struct wire_request one = { 0 }, two = { 0 };
	CLEANUP(strbuf_release) struct strbuf again = STRBUF_INIT;

	if (wire_parse_request(frame, len, &one, NULL) < 0)
		return;
	/* Numbers may be written longer than they were. */
	if (wire_format_request(&one, &again, NULL) < 0) {
		wire_request_release(&one);
		return;
	}
	must(wire_parse_request(again.buf, again.len, &two, NULL) == 0);
	must(one.id == two.id && strcmp(one.verb, two.verb) == 0 &&
	     json_equal(one.args, two.args));
	wire_request_release(&one);
	wire_request_release(&two);
}

/* The first byte says how long the pieces are. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(strbuf_release) struct strbuf answers = STRBUF_INIT;
	size_t piece, sent = 0;
	int fd;

	if (size < 2)
		return 0;
	if (!world.server)
		set_up();
	piece = data[0];
	piece = piece < 8 ? 1 + piece : piece * 32;
	data++;
	size--;
	check_round_trip((const char *)data, size);
	fd = dial();
	while (sent < size) {
		size_t len = size - sent < piece ? size - sent : piece;
		ssize_t n = send(fd, data + sent, len, MSG_NOSIGNAL);

		must(n > 0 || errno == EAGAIN);
		sent += n > 0 ? (size_t)n : 0;
		turn();
		must(hear(fd, &answers));
	}
	must(shutdown(fd, SHUT_WR) == 0);
	while (hear(fd, &answers))
		turn();
	(void)close(fd); /* nothing was written that matters */
	check_answers(&answers, count_frames(data, size));
	return 0;
}
