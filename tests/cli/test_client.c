/* Calls to a daemon that answers, is silent, talks nonsense or is not there. */
#include "cli/client.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "util/jsonx.h"
#include "util/xmalloc.h"

#define LIMIT_MS 20000
#define SHORT_MS 50

/* A daemon for one call: says @reply when it has read a line, and hangs up. */
struct daemon {
	char dir[64];
	char *path;
	int listening;
	const char *reply; /* NULL: says nothing until it is told to stop */
	struct strbuf heard;
	int stop[2];
	pthread_t thread;
};

static void *serve(void *arg)
{
	struct daemon *d = arg;
	int fd = accept(d->listening, NULL, NULL);
	char c;

	while (recv(fd, &c, 1, 0) == 1 && c != '\n')
		strbuf_addch(&d->heard, c);
	if (!d->reply)
		assert_int_equal(read(d->stop[0], &c, 1), 1);
	else if (send(fd, d->reply, strlen(d->reply), MSG_NOSIGNAL) < 0)
		abort();
	close(fd);
	return NULL;
}

static void start(struct daemon *d, const char *reply)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	d->reply = reply;
	strbuf_init(&d->heard);
	strcpy(d->dir, "/tmp/triaged-client-XXXXXX");
	assert_non_null(mkdtemp(d->dir));
	d->path = xasprintf("%s/s", d->dir);
	strcpy(at.sun_path, d->path);
	d->listening = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(d->listening, (struct sockaddr *)&at, sizeof(at)),
			 0);
	assert_int_equal(listen(d->listening, 4), 0);
	assert_int_equal(pipe(d->stop), 0);
	assert_int_equal(pthread_create(&d->thread, NULL, serve, d), 0);
}

static void stop(struct daemon *d)
{
	assert_int_equal(write(d->stop[1], "x", 1), 1);
	pthread_join(d->thread, NULL);
	close(d->stop[0]);
	close(d->stop[1]);
	close(d->listening);
	unlink(d->path);
	rmdir(d->dir);
	free(d->path);
	strbuf_release(&d->heard);
}

static void test_answer(void **state)
{
	CLEANUP(wire_request_release) struct wire_request heard = { 0 };
	CLEANUP(wire_answer_release) struct wire_answer a = { 0 };
	struct daemon d;

	(void)state;
	start(&d, "{\"v\":1,\"id\":1,\"code\":\"conflict\",\"text\":\"no\"}\n");
	assert_int_equal(client_call(d.path, "ack",
				     json_pack("{s:i}", "alert", 42), LIMIT_MS,
				     &a, NULL),
			 0);
	assert_string_equal(a.code, CTL_CONFLICT);
	assert_string_equal(a.text, "no");
	assert_int_equal(wire_parse_request(d.heard.buf, d.heard.len, &heard,
					    NULL),
			 0);
	assert_string_equal(heard.verb, "ack");
	assert_int_equal(json_integer_value(
				 json_object_get(heard.args, "alert")),
			 42);
	stop(&d);
}

static void test_failures(void **state)
{
	static const struct {
		const char *reply;
		int code;
		const char *says;
	} rows[] = {
		{ "", ERR_NET, "without an answer" },
		{ "{\"v\":1,\"id\":1,", ERR_NET, "without an answer" },
		{ "hello\n", ERR_SCHEMA, "not JSON" },
		{ "{\"v\":2,\"id\":1,\"code\":\"ok\"}\n", ERR_SCHEMA,
		  "version" },
		{ "{\"v\":1,\"id\":8,\"code\":\"ok\"}\n", ERR_SCHEMA,
		  "another request" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct wire_answer a = { 0 };
		struct err err = ERR_INIT;
		struct daemon d;

		start(&d, rows[i].reply);
		assert_int_equal(client_call(d.path, "status", NULL, LIMIT_MS,
					     &a, &err),
				 rows[i].code);
		assert_non_null(strstr(err.text, rows[i].says));
		assert_null(a.code);
		stop(&d);
	}
}

static void test_silence_ends(void **state)
{
	struct wire_answer a = { 0 };
	struct err err = ERR_INIT;
	struct daemon d;

	(void)state;
	start(&d, NULL);
	assert_int_equal(client_call(d.path, "status", NULL, SHORT_MS, &a,
				     &err),
			 ERR_NET);
	assert_non_null(strstr(err.text, "in time"));
	stop(&d);
}

static void test_nobody_there(void **state)
{
	struct wire_answer a = { 0 };
	struct err err = ERR_INIT;
	char path[300];

	(void)state;
	assert_int_equal(client_call("/nonexistent/s", "status", NULL, LIMIT_MS,
				     &a, &err),
			 ERR_NET);
	assert_non_null(strstr(err.text, "No such file"));
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(client_call(path, "status", NULL, LIMIT_MS, &a, &err),
			 ERR_NET);
	assert_non_null(strstr(err.text, "longer"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_silence_ends),
		cmocka_unit_test(test_nobody_there),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
