/*
 * The forwarder against a file and a peer in this process: what has arrived,
 * what comes again, who hears of trouble, and that nothing is written twice for
 * want of a database.
 */
#include "forward/forward.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "helpers/sample.h"
#include "helpers/tempstore.h"
#include "store/audit.h"
#include "store/call_faults.h"
#include "store/txn.h"
#include "util/clock.h"
#include "util/xmalloc.h"

#define TURNS_MAX 2000
#define NEWS_MAX (FORWARD_STORE + 1)

struct world {
	struct tempstore *t;
	struct loop *loop;
	struct forward *forward;
	struct conf conf;
	struct forward_conf dest, other; /* other: what a reload brings */
	char path[128], directory[96];
	int n_news[NEWS_MAX];
	char error[512]; /* of the last news that had one */
	bool refuse; /* to take news */
	int listener, peer, port;
	struct strbuf got;
};

static bool on_news(void *arg, enum forward_news news,
		    const struct forward_conf *c, const char *error)
{
	struct world *w = arg;

	assert_string_equal(c->name, "siem");
	w->n_news[news]++;
	if (error)
		snprintf(w->error, sizeof(w->error), "%s", error);
	return !w->refuse;
}

static void add_events(struct world *w, int n)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;

	assert_int_equal(txn_begin(&txn, w->t->store, NULL), 0);
	for (int i = 0; i < n; i++)
		assert_int_equal(audit_add(w->t->store,
					   &(struct audit_event){
						   .at_ms = SAMPLE_NOW_MS,
						   .actor = "triaged",
						   .kind = "started",
					   },
					   NULL),
				 0);
	assert_int_equal(txn_commit(&txn, NULL), 0);
}

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	void *t = NULL;

	if (tempstore_setup(&t) < 0)
		return -1;
	w->t = t;
	w->loop = loop_new();
	w->listener = w->peer = -1;
	strbuf_init(&w->got);
	snprintf(w->directory, sizeof(w->directory), "%s/spool",
		 w->t->directory);
	snprintf(w->path, sizeof(w->path), "%s/events", w->directory);
	w->dest = (struct forward_conf){ .name = (char *)"siem",
					 .type = FORWARD_FILE,
					 .from_beginning = true,
					 .path = w->path,
					 .rotate_size = 1 << 30,
					 .rotate_keep = 1,
					 .enterprise_id = 32473,
					 .octet_counting = false };
	w->conf.forwards = &w->dest;
	w->conf.n_forwards = 1;
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	char command[160];
	void *t = w->t;

	clock_release();
	forward_free(w->forward);
	loop_free(w->loop);
	if (w->peer >= 0)
		close(w->peer);
	if (w->listener >= 0)
		close(w->listener);
	strbuf_release(&w->got);
	snprintf(command, sizeof(command), "rm -rf %s", w->directory);
	free(w);
	return system(command) || tempstore_teardown(&t);
}

static void start(struct world *w)
{
	const struct forward_env env = { w->t->store, w->loop, "box", on_news,
					 w };
	struct err err = ERR_INIT;

	w->forward = forward_new(&w->conf, &env, &err);
	if (!w->forward)
		fail_msg("%s", err.text);
}

/* The same settings once more: whatever waits is tried at once. */
static void reload(struct world *w)
{
	assert_int_equal(forward_prepare(w->forward, &w->conf, NULL), 0);
	forward_use(w->forward, &w->conf);
}

static struct forward_state state_of(struct world *w)
{
	struct forward_state s;

	assert_int_equal(forward_count(w->forward), 1);
	forward_state(w->forward, 0, &s);
	return s;
}

static void run_until(struct world *w, bool (*done)(struct world *w))
{
	for (int i = 0; i < TURNS_MAX && !done(w); i++)
		loop_turn(w->loop, 10);
	assert_true(done(w));
}

static bool has_all(struct world *w)
{
	return state_of(w).lag == 0;
}

static bool is_stuck(struct world *w)
{
	return state_of(w).stuck;
}

static bool store_told(struct world *w)
{
	return w->n_news[FORWARD_STORE] > 0;
}

static int lines_of(const char *path)
{
	FILE *f = fopen(path, "r");
	int c, n = 0;

	if (!f)
		return 0;
	while ((c = fgetc(f)) != EOF)
		n += c == '\n';
	fclose(f);
	return n;
}

static void test_into_a_file(void **state)
{
	struct world *w = *state;

	assert_int_equal(mkdir(w->directory, 0700), 0);
	add_events(w, 120);
	start(w);
	run_until(w, has_all);
	assert_int_equal(lines_of(w->path), 120);
	assert_int_equal(state_of(w).n_forwarded, 120);
	assert_int_equal(w->n_news[FORWARD_GOES], 1); /* an old alert closes */
	add_events(w, 3);
	assert_false(forward_settled(w->forward));
	forward_kick(w->forward);
	run_until(w, has_all);
	assert_int_equal(lines_of(w->path), 123);
	assert_int_equal(w->n_news[FORWARD_GOES], 1);
	assert_int_equal(w->n_news[FORWARD_FAILED], 0);
	assert_true(forward_settled(w->forward));
	/* Where it was, after a restart. */
	w->forward = forward_free(w->forward);
	add_events(w, 1);
	start(w);
	run_until(w, has_all);
	assert_int_equal(lines_of(w->path), 124);
}

static void test_a_file_that_cannot_be(void **state)
{
	struct world *w = *state;

	add_events(w, 3);
	start(w);
	run_until(w, is_stuck);
	assert_int_equal(w->n_news[FORWARD_FAILED], 1);
	assert_int_equal(w->n_news[FORWARD_STUCK], 1);
	assert_non_null(strstr(w->error, w->path));
	assert_non_null(strstr(tempstore_value(w->t, "SELECT last_error FROM "
						     "v_forwards"),
			       w->path));
	assert_true(forward_settled(w->forward)); /* --once waits no longer */
	assert_int_equal(mkdir(w->directory, 0700), 0);
	reload(w);
	run_until(w, has_all);
	assert_int_equal(lines_of(w->path), 3);
	assert_int_equal(w->n_news[FORWARD_GOES], 1);
	assert_false(state_of(w).stuck);
	assert_string_equal(state_of(w).error, "");
	assert_string_equal(tempstore_value(w->t, "SELECT ifnull(last_error, "
						  "'') FROM v_forwards"),
			    "");
}

/* News that could not be kept come again. */
static void test_nobody_took_the_news(void **state)
{
	struct world *w = *state;

	w->refuse = true;
	add_events(w, 1);
	start(w);
	for (int i = 0; i < 5; i++)
		loop_turn(w->loop, 10);
	assert_true(w->n_news[FORWARD_STUCK] > 0);
	assert_false(state_of(w).stuck);
	w->refuse = false;
	reload(w);
	run_until(w, is_stuck);
}

/* Written, but the place cannot be kept: not written again. */
static void test_a_database_that_refuses(void **state)
{
	struct world *w = *state;

	assert_int_equal(mkdir(w->directory, 0700), 0);
	add_events(w, 2);
	start(w);
	run_until(w, has_all);
	tempstore_exec(w->t, "CREATE TRIGGER no BEFORE UPDATE ON forward BEGIN "
			     "SELECT raise(ABORT, 'no'); END");
	add_events(w, 2);
	forward_kick(w->forward);
	run_until(w, store_told);
	assert_int_equal(lines_of(w->path), 4);
	for (int i = 0; i < 5; i++) {
		forward_kick(w->forward);
		loop_turn(w->loop, 10);
	}
	assert_int_equal(lines_of(w->path), 4);
	assert_int_equal(state_of(w).lag, 2);
	tempstore_exec(w->t, "DROP TRIGGER no");
	clock_hold(SAMPLE_NOW_MS, clock_mono_ms() + 10000);
	forward_kick(w->forward);
	run_until(w, has_all);
	assert_int_equal(lines_of(w->path), 4);
	assert_int_equal(state_of(w).n_forwarded, 4);
}

/* Each question to the database fails in turn: it is told with the cause, and
 * every event is written, once. */
static void test_each_question_that_fails(void **state)
{
	struct world *w = *state;
	bool struck = true;
	int n = 0;

	assert_int_equal(mkdir(w->directory, 0700), 0);
	start(w);
	while (struck) {
		w->n_news[FORWARD_STORE] = 0;
		add_events(w, 1);
		fault_arm(++n);
		forward_kick(w->forward);
		for (int i = 0; i < 3; i++)
			loop_turn(w->loop, 1);
		struck = fault_disarm();
		assert_int_equal(w->n_news[FORWARD_STORE] > 0, struck);
		if (struck)
			assert_non_null(strstr(w->error, "full"));
		clock_hold(SAMPLE_NOW_MS, clock_mono_ms() + 3000);
		forward_kick(w->forward);
		run_until(w, has_all);
		assert_int_equal(lines_of(w->path), n);
	}
	assert_true(n > 3);
}

/* Who asks how it stands gets what was known last, and does not wait. */
static void test_asked_while_the_database_refuses(void **state)
{
	struct world *w = *state;
	struct forward_state s;

	assert_int_equal(mkdir(w->directory, 0700), 0);
	add_events(w, 2);
	start(w);
	run_until(w, has_all);
	add_events(w, 3);
	assert_false(forward_settled(w->forward));
	fault_arm(1);
	assert_true(forward_settled(w->forward));
	fault_arm(1);
	forward_state(w->forward, 0, &s);
	assert_true(fault_disarm());
	assert_int_equal(s.lag, 0);
	assert_int_equal(state_of(w).lag, 3);
}

/* A reload that could not be prepared changes nothing. */
static void test_settings_that_cannot_be_kept(void **state)
{
	struct world *w = *state;
	const struct forward_env env = { w->t->store, w->loop, "box", on_news,
					 w };
	struct err err = ERR_INIT;
	long at = 1;

	fault_arm(1);
	assert_null(forward_new(&w->conf, &env, &err));
	assert_true(fault_disarm());
	assert_int_equal(err.code, ERR_STORE_FULL);
	assert_int_equal(mkdir(w->directory, 0700), 0);
	start(w);
	for (;; at++) {
		int rc;

		fault_arm(at);
		rc = forward_prepare(w->forward, &w->conf, &err);
		if (!fault_disarm())
			break;
		assert_int_equal(rc, ERR_STORE_FULL);
		assert_int_equal(forward_count(w->forward), 1);
	}
	assert_true(at > 3);
	add_events(w, 2);
	reload(w);
	run_until(w, has_all);
	assert_int_equal(lines_of(w->path), 2);
}

static void test_drained(void **state)
{
	struct world *w = *state;

	assert_int_equal(mkdir(w->directory, 0700), 0);
	add_events(w, 2);
	start(w);
	forward_drain(w->forward);
	forward_kick(w->forward);
	for (int i = 0; i < 5; i++)
		loop_turn(w->loop, 10);
	assert_int_equal(lines_of(w->path), 0);
}

/* --- syslog --- */

static void listen_here(struct world *w)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	int one = 1;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	a.sin_port = htons((uint16_t)w->port);
	w->listener =
		socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	setsockopt(w->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	assert_int_equal(bind(w->listener, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(w->listener, 8), 0);
	assert_int_equal(getsockname(w->listener, (struct sockaddr *)&a, &len),
			 0);
	w->port = ntohs(a.sin_port);
	w->dest.type = FORWARD_SYSLOG_TCP;
	w->dest.host = (char *)"127.0.0.1";
	w->dest.port = w->port;
	w->dest.facility = 20;
	w->dest.path = NULL;
}

/* How many whole messages came over the present connection. */
static int received(struct world *w)
{
	char bytes[65536];
	ssize_t n;
	int lines = 0;

	if (w->peer < 0)
		w->peer = accept4(w->listener, NULL, NULL, SOCK_NONBLOCK);
	while (w->peer >= 0 && (n = recv(w->peer, bytes, sizeof(bytes), 0)) > 0)
		strbuf_add(&w->got, bytes, (size_t)n);
	for (size_t i = 0; i < w->got.len; i++)
		lines += w->got.buf[i] == '\n';
	return lines;
}

static bool read_and_has_all(struct world *w)
{
	(void)received(w);
	return has_all(w);
}

static bool got_five(struct world *w)
{
	return received(w) == 5;
}

static bool got_seven(struct world *w)
{
	return received(w) == 7;
}

static void lose_peer(struct world *w)
{
	close(w->peer);
	w->peer = -1;
	strbuf_reset(&w->got);
}

static bool has_failed(struct world *w)
{
	return w->n_news[FORWARD_FAILED] > 0;
}

static void test_over_syslog(void **state)
{
	struct world *w = *state;

	listen_here(w);
	add_events(w, 5);
	start(w);
	run_until(w, read_and_has_all);
	assert_int_equal(received(w), 5);
	assert_non_null(strstr(w->got.buf, "event=\"5\""));
	/* Idle, then gone: no trouble, and a new connection when needed. */
	lose_peer(w);
	for (int i = 0; i < 10; i++)
		loop_turn(w->loop, 10);
	assert_int_equal(w->n_news[FORWARD_FAILED], 0);
	add_events(w, 2);
	forward_kick(w->forward);
	run_until(w, read_and_has_all);
	assert_int_equal(received(w), 2);
	assert_int_equal(w->n_news[FORWARD_FAILED], 0);
}

/* Acknowledged is not arrived before the connection has held. */
static void test_what_has_not_settled_comes_again(void **state)
{
	struct world *w = *state;

	listen_here(w);
	w->dest.settle_ms = 600000;
	add_events(w, 5);
	start(w);
	run_until(w, got_five);
	for (int i = 0; i < 5; i++)
		loop_turn(w->loop, 10);
	assert_int_equal(state_of(w).lag, 5);
	lose_peer(w);
	run_until(w, has_failed);
	add_events(w, 2);
	w->other = w->dest;
	w->other.settle_ms = 0;
	w->conf.forwards = &w->other;
	reload(w);
	run_until(w, got_seven);
	assert_non_null(strstr(w->got.buf, "event=\"1\""));
	run_until(w, read_and_has_all);
	assert_int_equal(state_of(w).n_forwarded, 7);
}

/* As long as an event may be: some hundreds of them fill every buffer on the
 * way. */
static void add_long_events(struct world *w, int n)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	char detail[7001];

	memset(detail, 'x', sizeof(detail) - 1);
	detail[0] = detail[sizeof(detail) - 2] = '"';
	detail[sizeof(detail) - 1] = '\0';
	assert_int_equal(txn_begin(&txn, w->t->store, NULL), 0);
	for (int i = 0; i < n; i++)
		assert_int_equal(audit_add(w->t->store,
					   &(struct audit_event){
						   .at_ms = SAMPLE_NOW_MS,
						   .actor = "triaged",
						   .kind = "note",
						   .detail = detail,
					   },
					   NULL),
				 0);
	assert_int_equal(txn_commit(&txn, NULL), 0);
}

/* A backlog comes in large pieces; a file is as large as it may be. */
static void test_a_backlog_into_small_files(void **state)
{
	struct world *w = *state;
	char name[sizeof(w->path) + 8];
	struct stat st;

	assert_int_equal(mkdir(w->directory, 0700), 0);
	w->dest.rotate_size = 1 << 18;
	w->dest.rotate_keep = 9;
	add_long_events(w, 120);
	start(w);
	run_until(w, has_all);
	for (int i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), i ? "%s.%d" : "%s", w->path, i);
		assert_int_equal(stat(name, &st), 0);
		assert_in_range(st.st_size, 1, w->dest.rotate_size);
	}
}

/* Some silence is none of our business, two minutes of it are. */
static bool has_failed_a_minute_later(struct world *w)
{
	clock_hold(SAMPLE_NOW_MS, clock_mono_ms() + 61000);
	forward_kick(w->forward);
	return has_failed(w);
}

/* A peer that takes the connection and then nothing from it. */
static void test_a_peer_that_hangs(void **state)
{
	struct world *w = *state;
	int small = 4096;

	listen_here(w);
	setsockopt(w->listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	add_long_events(w, 900);
	start(w);
	run_until(w, has_failed_a_minute_later);
	assert_non_null(strstr(w->error, "takes nothing"));
	assert_true(state_of(w).lag > 0);
}

static const char *const changes[] = {
	"nothing",     "facility",    "enterprise id", "framing",
	"host name",   "format",      "authority",     "certificate",
	"its content", "settle time", "plain text",    "nothing again",
};
#define CHANGES_MAX (sizeof(changes) / sizeof(*changes))

/* What change number @i brings to what the ones before have left. */
static void change(struct forward_conf *c, size_t i, struct secret *content)
{
	switch (i) {
	case 1:
		c->facility = 10;
		break;
	case 2:
		c->enterprise_id++;
		break;
	case 3:
		c->octet_counting = true;
		break;
	case 4:
		c->hostname = (char *)"other.example.org";
		break;
	case 5:
		c->format = FORWARD_CEF;
		break;
	case 6:
		c->ca_file = (char *)"/etc/ca.pem";
		break;
	case 7:
		c->client_certificate.kind = SECRET_FILE;
		c->client_certificate.name = (char *)"/etc/key.pem";
		break;
	case 8:
		c->client_certificate.value = content;
		break;
	case 9:
		c->settle_ms = 1;
		break;
	case 10:
		c->allow_plain = true;
		break;
	default:
		break;
	}
}

static bool got_any(struct world *w)
{
	(void)received(w);
	return w->got.len > 0;
}

static bool is_connected(struct world *w)
{
	char byte;

	return recv(w->peer, &byte, 1, MSG_PEEK) < 0 && errno == EAGAIN;
}

/* A reload leaves the connection alone, unless something changed for it. */
static void test_reload_renews_what_changed(void **state)
{
	struct world *w = *state;
	CLEANUP(secret_free_ptr) struct secret *key = secret_new("key", 3);
	struct forward_conf kept[CHANGES_MAX];

	listen_here(w);
	add_events(w, 1);
	start(w);
	run_until(w, got_any);
	for (size_t i = 0; i < CHANGES_MAX; i++) {
		bool same = strncmp(changes[i], "nothing", 7) == 0;

		run_until(w, has_all);
		kept[i] = *w->conf.forwards;
		change(&kept[i], i, key);
		w->conf.forwards = &kept[i];
		reload(w);
		if (is_connected(w) != same)
			fail_msg("%s: %s", changes[i],
				 same ? "cut" : "left as it was");
		if (same)
			continue;
		lose_peer(w);
		add_events(w, 1);
		forward_kick(w->forward);
		run_until(w, got_any);
	}
	/* It must not outlive its settings, which are on the stack here. */
	w->forward = forward_free(w->forward);
}

static void test_nobody_for_long(void **state)
{
	struct world *w = *state;

	listen_here(w);
	close(w->listener);
	w->listener = -1;
	add_events(w, 1);
	start(w);
	run_until(w, has_failed);
	assert_false(state_of(w).stuck);
	assert_true(state_of(w).failing);
	clock_hold(SAMPLE_NOW_MS, clock_mono_ms() + 14 * 60000);
	forward_kick(w->forward);
	for (int i = 0; i < 5; i++)
		loop_turn(w->loop, 10);
	assert_false(state_of(w).stuck);
	clock_hold(SAMPLE_NOW_MS, clock_mono_ms() + 2 * 60000);
	forward_kick(w->forward);
	run_until(w, is_stuck);
	assert_int_equal(w->n_news[FORWARD_STUCK], 1);
	assert_non_null(strstr(w->error, "connection refused"));
	/* Out of the settings: nobody needs to look any more. */
	w->conf.n_forwards = 0;
	reload(w);
	assert_int_equal(forward_count(w->forward), 0);
	assert_int_equal(w->n_news[FORWARD_GOES], 1);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_into_a_file),
		TEST(test_a_backlog_into_small_files),
		TEST(test_a_file_that_cannot_be),
		TEST(test_nobody_took_the_news),
		TEST(test_a_database_that_refuses),
		TEST(test_each_question_that_fails),
		TEST(test_asked_while_the_database_refuses),
		TEST(test_settings_that_cannot_be_kept),
		TEST(test_drained),
		TEST(test_over_syslog),
		TEST(test_what_has_not_settled_comes_again),
		TEST(test_a_peer_that_hangs),
		TEST(test_reload_renews_what_changed),
		TEST(test_nobody_for_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
