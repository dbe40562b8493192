/* The control socket's server, over a real Unix socket in this process. */
#include "ctl/server.h"

#include <errno.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "util/jsonx.h"
#include "util/xmalloc.h"

#define TURNS_MAX 200
#define TURN_MS 50

struct fixture {
	char dir[64];
	char *path;
	struct loop *loop;
	struct ctl_server *server;
	int calls;
	struct ctl_call *kept; /* answered later */
	char *verb, *peer;
	uid_t uid;
	int64_t alert;
};

static void handler(void *arg, struct ctl_call *call,
		    const struct ctl_peer *peer, const char *verb,
		    const json_t *args)
{
	struct fixture *f = arg;

	f->calls++;
	free(f->verb);
	free(f->peer);
	f->verb = xstrdup(verb);
	f->peer = xstrdup(peer->name);
	f->uid = peer->uid;
	f->alert = 0;
	(void)jsonx_int(args, "alert", &f->alert);
	if (strcmp(verb, "later") == 0)
		f->kept = call;
	else
		ctl_reply(call, CTL_OK, "done", json_pack("{s:i}", "n", 1));
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	struct err err = ERR_INIT;

	strcpy(f->dir, "/tmp/triaged-ctl-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->path = xasprintf("%s/control.sock", f->dir);
	f->loop = loop_new();
	f->server = ctl_server_new(f->loop, f->path, handler, f, &err);
	assert_non_null(f->server);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	ctl_server_free(f->server);
	loop_free(f->loop);
	unlink(f->path);
	rmdir(f->dir);
	free(f->path);
	free(f->verb);
	free(f->peer);
	free(f);
	return 0;
}

static int dial(const struct fixture *f)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	strcpy(to.sun_path, f->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL),
			 strlen(text));
}

/* Turn the loop until the next line has come; its answer. */
static struct wire_answer listen_for(struct fixture *f, int fd)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
	struct wire_answer a = { 0 };
	char c;

	for (int i = 0; i < TURNS_MAX; i++) {
		while (recv(fd, &c, 1, 0) == 1) {
			if (c == '\n') {
				assert_int_equal(wire_parse_answer(line.buf,
								   line.len, &a,
								   NULL),
						 0);
				return a;
			}
			strbuf_addch(&line, c);
		}
		loop_turn(f->loop, TURN_MS);
	}
	fail_msg("no answer came");
	return a;
}

static void test_request_is_answered(void **state)
{
	CLEANUP(wire_answer_release) struct wire_answer a = { 0 };
	struct fixture *f = *state;
	int fd = dial(f);

	say(fd,
	    "{\"v\":1,\"id\":9,\"verb\":\"ack\",\"args\":{\"alert\":42}}\n");
	a = listen_for(f, fd);
	assert_int_equal(a.id, 9);
	assert_string_equal(a.code, CTL_OK);
	assert_string_equal(a.text, "done");
	assert_int_equal(json_integer_value(json_object_get(a.data, "n")), 1);
	assert_string_equal(f->verb, "ack");
	assert_int_equal(f->alert, 42);
	close(fd);
}

static void test_peer_is_named_by_its_account(void **state)
{
	CLEANUP(wire_answer_release) struct wire_answer a = { 0 };
	const struct passwd *pw = getpwuid(geteuid());
	struct fixture *f = *state;
	int fd = dial(f);

	say(fd, "{\"v\":1,\"id\":1,\"verb\":\"status\"}\n");
	a = listen_for(f, fd);
	assert_int_equal(f->uid, geteuid());
	if (pw)
		assert_string_equal(f->peer, pw->pw_name);
	else
		assert_int_equal(strncmp(f->peer, "uid ", 4), 0);
	close(fd);
}

static void test_half_a_request_waits_for_the_rest(void **state)
{
	CLEANUP(wire_answer_release) struct wire_answer a = { 0 };
	struct fixture *f = *state;
	int fd = dial(f);

	say(fd, "{\"v\":1,\"id\":2,");
	loop_turn(f->loop, TURN_MS);
	assert_int_equal(f->calls, 0);
	say(fd, "\"verb\":\"status\"}\n");
	a = listen_for(f, fd);
	assert_int_equal(a.id, 2);
	close(fd);
}

/* A bad frame is answered in words and costs the connection nothing. */
static void test_bad_frame_is_told(void **state)
{
	struct fixture *f = *state;
	struct wire_answer a;
	int fd = dial(f);

	say(fd, "{\"v\":1,\"v\":1,\"id\":3,\"verb\":\"ack\"}\n");
	a = listen_for(f, fd);
	assert_int_equal(a.id, 0);
	assert_string_equal(a.code, CTL_USAGE);
	assert_non_null(strstr(a.text, "twice"));
	wire_answer_release(&a);
	assert_int_equal(f->calls, 0);
	say(fd, "{\"v\":1,\"id\":4,\"verb\":\"status\"}\n");
	a = listen_for(f, fd);
	assert_int_equal(a.id, 4);
	wire_answer_release(&a);
	close(fd);
}

static void test_answer_may_come_later(void **state)
{
	CLEANUP(wire_answer_release) struct wire_answer a = { 0 };
	struct fixture *f = *state;
	int fd = dial(f);

	say(fd, "{\"v\":1,\"id\":5,\"verb\":\"later\"}\n");
	for (int i = 0; i < TURNS_MAX && !f->kept; i++)
		loop_turn(f->loop, TURN_MS);
	assert_non_null(f->kept);
	ctl_reply(f->kept, CTL_CONFLICT, NULL, NULL);
	a = listen_for(f, fd);
	assert_int_equal(a.id, 5);
	assert_string_equal(a.code, CTL_CONFLICT);
	assert_null(a.text);
	close(fd);
}

/* The peer has gone before its answer: nothing is touched that was freed. */
static void test_answer_to_nobody(void **state)
{
	CLEANUP(wire_answer_release) struct wire_answer a = { 0 };
	struct fixture *f = *state;
	int fd = dial(f), other;

	say(fd, "{\"v\":1,\"id\":6,\"verb\":\"later\"}\n");
	for (int i = 0; i < TURNS_MAX && !f->kept; i++)
		loop_turn(f->loop, TURN_MS);
	assert_non_null(f->kept);
	close(fd);
	/* Served after the close was seen. */
	other = dial(f);
	say(other, "{\"v\":1,\"id\":7,\"verb\":\"status\"}\n");
	a = listen_for(f, other);
	ctl_reply(f->kept, CTL_OK, "too late", json_object());
	assert_int_equal(a.id, 7);
	close(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_request_is_answered, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			test_peer_is_named_by_its_account, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_half_a_request_waits_for_the_rest, setup,
			teardown),
		cmocka_unit_test_setup_teardown(test_bad_frame_is_told, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_answer_may_come_later,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_answer_to_nobody, setup,
						teardown),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
