/*
 * The watchdog of systemd hears of us only while work goes on: not of a loop
 * that stands still, not when a source or the delivery is stuck, but also while
 * the disk is full, which no restart mends.
 *
 * Battery: A6 F3.
 */
#include "daemon/app_priv.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/rig.h"
#include "util/clock.h"
#include "util/xmalloc.h"

#define START_MS INT64_C(1790000000000)
#define MINUTE_MS INT64_C(60000)
#define FOLDERS                                                                \
	"targets: [{name: out, type: folder, path: /tmp}]\n"                   \
	"fallback: out\n"

struct scene {
	struct rig rig;
	struct app app;
	int heard; /* our end of the notification socket */
	int listener; /* of a service that never answers */
	char folder[32];
};

static void open_notify(struct scene *s)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	strcpy(s->folder, "/tmp/test_watchdog_XXXXXX");
	assert_non_null(mkdtemp(s->folder));
	snprintf(a.sun_path, sizeof(a.sun_path), "%s/notify", s->folder);
	s->heard =
		socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s->heard, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", a.sun_path, 1), 0);
	assert_int_equal(setenv("WATCHDOG_USEC", "60000000", 1), 0);
}

/* The kernel takes connections for it; nobody ever answers one. */
static int silent_port(struct scene *s)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s->listener, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(s->listener, 16), 0);
	assert_int_equal(getsockname(s->listener, (struct sockaddr *)&a, &len),
			 0);
	return ntohs(a.sin_port);
}

static void scene_open(struct scene *s, bool with_source)
{
	CLEANUP(free_ptr) char *yaml = NULL;
	struct err err = ERR_INIT;
	char path[64];
	FILE *token;

	*s = (struct scene){ .listener = -1 };
	open_notify(s);
	snprintf(path, sizeof(path), "%s/token", s->folder);
	token = fopen(path, "we");
	assert_non_null(token);
	fputs("a-token-of-the-portal", token);
	assert_int_equal(fclose(token), 0);
	assert_int_equal(chmod(path, 0600), 0);
	yaml = xasprintf("sources: [{name: portal, type: cloud-apps, url: "
			 "'http://127.0.0.1:%d', token: {file: %s}}]\n" FOLDERS,
			 silent_port(s), path);
	rig_open(&s->rig, yaml, START_MS);
	s->app.settings = s->rig.settings;
	s->app.store = s->rig.store;
	s->app.loop = loop_new();
	s->app.pool = xfer_pool_new(s->app.loop, "test");
	s->app.pipeline = s->rig.pipeline;
	s->app.deliver = deliver_new(s->rig.settings.conf,
				     &(struct deliver_env){
					     .store = s->app.store,
					     .loop = s->app.loop,
					     .pool = s->app.pool,
					     .host = "test",
					     .timezone = "UTC",
				     },
				     &err);
	assert_non_null(s->app.deliver);
	s->app.poller = poller_new(&(struct poller_env){
		.loop = s->app.loop,
		.pool = s->app.pool,
		.pipeline = &s->app.pipeline,
	});
	if (with_source)
		poller_configure(s->app.poller, s->rig.settings.conf);
}

static void scene_close(struct scene *s)
{
	char command[64];

	s->app.poller = poller_free(s->app.poller);
	s->app.deliver = deliver_free(s->app.deliver);
	s->app.pool = xfer_pool_free(s->app.pool);
	s->app.loop = loop_free(s->app.loop);
	rig_close(&s->rig);
	close(s->listener);
	close(s->heard);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	snprintf(command, sizeof(command), "rm -rf '%s'", s->folder);
	assert_int_equal(system(command), 0);
}

static void pass(struct scene *s, int64_t ms)
{
	s->rig.now_ms += ms;
	clock_hold(s->rig.now_ms, s->rig.now_ms);
}

/* One turn of the agenda's job: was a sign of life sent? */
static bool feeds(struct scene *s)
{
	const struct agenda_job *j = app_jobs;
	char word[256];
	ssize_t n;
	bool fed = false;

	while (strcmp(j->name, "watchdog") != 0)
		j++;
	/* Twice in the time that systemd waits. */
	assert_int_equal(j->fn(&s->app, s->rig.now_ms, s->rig.now_ms), 30000);
	while ((n = recv(s->heard, word, sizeof(word) - 1, 0)) > 0) {
		word[n] = '\0';
		fed |= strstr(word, "WATCHDOG=1") != NULL;
	}
	return fed;
}

/* Delivery looks around every few minutes at least, when its loop turns. */
static void let_delivery_look(struct scene *s)
{
	deliver_kick(s->app.deliver);
	for (int i = 0; i < 20; i++)
		loop_turn(s->app.loop, 0);
}

static void test_fed_while_all_goes_on(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s, false);
	for (int i = 0; i < 10; i++) {
		let_delivery_look(&s);
		assert_true(feeds(&s));
		pass(&s, 2 * MINUTE_MS);
	}
	scene_close(&s);
}

static void test_not_fed_by_a_stuck_source(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s, true);
	assert_true(poller_run(s.app.poller, s.rig.now_ms) != 0);
	assert_true(poller_is_busy(s.app.poller));
	assert_true(feeds(&s));
	/* Nothing of the loop runs now: the limits of the request do not end
	 * it, as if they had a fault. */
	pass(&s, 90 * MINUTE_MS + 1);
	deliver_drain(s.app.deliver); /* it is not what is stuck */
	assert_string_equal(poller_stuck(s.app.poller, s.rig.now_ms), "portal");
	assert_false(feeds(&s));
	/* A page that comes is progress. */
	poller_progress(s.app.poller, "portal");
	assert_true(feeds(&s));
	scene_close(&s);
}

static void test_not_fed_by_a_stuck_delivery(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s, false);
	let_delivery_look(&s);
	assert_true(feeds(&s));
	pass(&s, 6 * MINUTE_MS); /* and it has not looked around since */
	assert_false(feeds(&s));
	let_delivery_look(&s);
	assert_true(feeds(&s));
	scene_close(&s);
}

static void test_fed_while_the_disk_is_full(void **state)
{
	struct err err = ERR_INIT;
	struct scene s;

	(void)state;
	scene_open(&s, false);
	err_set(&err, -28, "the disk is full");
	app_store_trouble(&s.app, &err);
	assert_true(feeds(&s));
	scene_close(&s);
}

static void test_no_watchdog_no_word(void **state)
{
	const struct agenda_job *j = app_jobs;
	struct scene s;
	char word[64];

	(void)state;
	scene_open(&s, false);
	unsetenv("WATCHDOG_USEC");
	while (strcmp(j->name, "watchdog") != 0)
		j++;
	assert_int_equal(j->fn(&s.app, START_MS, START_MS), -1);
	assert_true(recv(s.heard, word, sizeof(word), 0) < 0);
	scene_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fed_while_all_goes_on),
		cmocka_unit_test(test_not_fed_by_a_stuck_source),
		cmocka_unit_test(test_not_fed_by_a_stuck_delivery),
		cmocka_unit_test(test_fed_while_the_disk_is_full),
		cmocka_unit_test(test_no_watchdog_no_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
