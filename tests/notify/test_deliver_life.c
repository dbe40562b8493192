/*
 * Delivery by mail and into folders, and what is left when things stop or
 * change in the middle: a store that refuses, a drain, an end, a reload.
 *
 * Battery: F1 F2.
 */
#include "notify/deliver.h"

#include <dirent.h>
#include "notify/world.h"

static void test_mail_is_sent(void **state)
{
	struct smtp_script script = { 0 };
	CLEANUP(free_ptr) char *got = NULL;
	CLEANUP(free_ptr) char *message_id = NULL;
	struct world w;
	int64_t first, second, third, bad;

	world_init(&w, state);
	serve_smtp(&w, &script);
	first = owe(&w, 1, "anna@example.net");
	second = owe(&w, 2, "bert@example.net");
	third = owe(&w, 3, "carla@example.net");
	world_start(&w);
	bad = owe(&w, 4, "dora@example.net\r\nRCPT TO:<evil@example.com>");
	settle(&w);
	assert_state(&w, first, "sent");
	assert_state(&w, second, "sent");
	assert_state(&w, third, "sent");
	assert_state(&w, bad, "dead");
	assert_requests(&w, 3);
	assert_int_equal(peer_count(&w.peer, &w.peer.n_connections), 1);
	got = peer_got(&w.peer);
	assert_non_null(strstr(got, "RCPT TO:<carla@example.net>\r\n"));
	assert_null(strstr(got, "evil"));
	message_id = xasprintf("Message-ID: <%.32s@example.org>\r\n",
			       cell(&w, first, "key"));
	assert_non_null(strstr(got, message_id));
	assert_non_null(strstr(got, "References: <alert-"));
	assert_non_null(strstr(got, "X-Triaged-Event: opened\r\n"));
	world_release(&w);
}

/* Neither sent nor given up: the daemon tells those the target has now. */
static void test_who_left_is_told_nothing(void **state)
{
	struct smtp_script script = { 0 };
	struct world w;
	int64_t left, none;

	world_init(&w, state);
	serve_smtp(&w, &script);
	left = owe(&w, 1, "anna@example.net");
	none = owe(&w, 2, NULL);
	strlist_release(&w.targets[0].to);
	strlist_add(&w.targets[0].to, "bert@example.net");
	world_start(&w);
	settle(&w);
	assert_state(&w, left, "retry");
	assert_state(&w, none, "retry");
	assert_string_equal(cell(&w, none, "last_error"),
			    "the target has no such recipient any more");
	assert_requests(&w, 0);
	world_release(&w);
}

/* The zone is a copy, and may change: here to one an hour east. */
static bool an_hour_east(const char *zone, int64_t ms, int *ret_offset_s)
{
	(void)ms;
	*ret_offset_s = strcmp(zone, "Europe/Berlin") == 0 ? 3600 : 0;
	return true;
}

static void test_local_times(void **state)
{
	struct smtp_script script = { 0 };
	CLEANUP(free_ptr) char *got = NULL;
	char *zone = xstrdup("Europe/London");
	struct world w;

	world_init(&w, state);
	serve_smtp(&w, &script);
	w.zone_offset = an_hour_east;
	w.timezone = zone;
	(void)owe(&w, 1, "anna@example.net");
	world_start(&w);
	free(zone);
	settle(&w);
	deliver_set_timezone(w.deliver, "Europe/Berlin");
	(void)owe(&w, 2, "anna@example.net");
	settle(&w);
	got = peer_got(&w.peer);
	assert_non_null(strstr(got, "09:00 London time"));
	assert_non_null(strstr(got, "10:00 Berlin time (09:00 UTC)"));
	world_release(&w);
}

/* Refused for now, then taken: both times the same Message-ID. */
static void test_mail_retry_keeps_message_id(void **state)
{
	struct smtp_script refusing = { .dot = "451 4.3.0 later\r\n" };
	struct smtp_script usual = { 0 };
	CLEANUP(free_ptr) char *got = NULL;
	const char *first, *second;
	struct world w;
	int64_t id;

	world_init(&w, state);
	serve_smtp(&w, &refusing);
	id = owe(&w, 1, "anna@example.net");
	world_start(&w);
	settle(&w);
	assert_state(&w, id, "retry");
	peer_set_script(&w.peer, &usual);
	set_clock(&w, 10000);
	settle(&w);
	assert_state(&w, id, "sent");
	got = peer_got(&w.peer);
	first = strstr(got, "Message-ID: <");
	second = strstr(first + 1, "Message-ID: <");
	assert_non_null(second);
	assert_memory_equal(first, second, strlen("Message-ID: <") + 32);
	world_release(&w);
}

/* Deletes a directory of files; returns how many there were. */
static int remove_directory(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	int n = 0;

	assert_non_null(d);
	while ((e = readdir(d)))
		n += unlinkat(dirfd(d), e->d_name, 0) == 0;
	closedir(d);
	assert_int_equal(rmdir(path), 0);
	return n;
}

static void test_folder(void **state)
{
	struct world w;
	int64_t id;

	world_init(&w, state);
	w.targets[0].type = TARGET_FOLDER;
	w.targets[0].path = xasprintf("%s/outbox", w.t->directory);
	id = owe(&w, 1, NULL);
	world_start(&w);
	settle(&w);
	assert_state(&w, id, "sent");
	assert_int_equal(remove_directory(w.targets[0].path), 2);
	/* A folder that cannot be written is tried again. */
	free(w.targets[0].path);
	w.targets[0].path = xstrdup("/nonexistent/a/b");
	id = owe(&w, 2, NULL);
	settle(&w);
	assert_state(&w, id, "retry");
	assert_non_null(strstr(w.last_error, "cannot make /nonexistent/a/b"));
	world_release(&w);
}

/* The store refuses to hear that it was sent: it is told until it listens,
 * and the message goes out once. */
static void test_store_that_refuses(void **state)
{
	static const char *const answers[] = { OK };
	struct http_script script = { answers, 1 };
	struct world w;
	int64_t id;

	world_init(&w, state);
	serve_http(&w, &script);
	id = owe(&w, 1, NULL);
	tempstore_exec(w.t, "CREATE TRIGGER refuse BEFORE UPDATE OF state ON "
			    "delivery WHEN NEW.state = 2 BEGIN SELECT "
			    "RAISE(ABORT, 'no'); END");
	world_start(&w);
	wait_requests(&w, 1);
	for (int i = 0; i < 20; i++)
		loop_turn(w.loop, 5);
	assert_state(&w, id, "leased");
	assert_false(deliver_idle(w.deliver));
	assert_int_equal(w.n_told[DELIVER_SENT], 0);
	tempstore_exec(w.t, "DROP TRIGGER refuse");
	settle(&w);
	assert_state(&w, id, "sent");
	assert_requests(&w, 1);
	assert_int_equal(w.n_told[DELIVER_SENT], 1);
	world_release(&w);
}

static void test_drain(void **state)
{
	static const char *const answers[] = { OK };
	struct http_script script = { answers, 1 };
	struct world w;
	int64_t id;

	world_init(&w, state);
	serve_http(&w, &script);
	id = owe(&w, 1, NULL);
	world_start(&w);
	deliver_drain(w.deliver);
	deliver_kick(w.deliver);
	for (int i = 0; i < 5; i++)
		loop_turn(w.loop, 5);
	assert_true(deliver_idle(w.deliver));
	assert_state(&w, id, "pending");
	assert_requests(&w, 0);
	world_release(&w);
}

/* A request without an answer: tried, perhaps arrived, again at once. */
static void test_stop_in_flight(void **state)
{
	static const char *const answers[] = { PEER_HANG };
	struct http_script script = { answers, 1 };
	struct world w;
	int64_t id;

	world_init(&w, state);
	serve_http(&w, &script);
	id = owe(&w, 1, NULL);
	world_start(&w);
	wait_requests(&w, 1);
	assert_state(&w, id, "leased");
	w.deliver = deliver_free(w.deliver);
	assert_state(&w, id, "retry");
	assert_non_null(strstr(cell(&w, id, "last_error"), "may have arrived"));
	world_release(&w);
}

/* Mail: the one that was begun is a retry, the one behind it untouched. */
static void test_stop_mail_in_flight(void **state)
{
	struct smtp_script script = { .rcpt = PEER_HANG };
	struct world w;
	int64_t first, second;
	char *got;
	bool begun = false;

	world_init(&w, state);
	serve_smtp(&w, &script);
	first = owe(&w, 1, "anna@example.net");
	second = owe(&w, 2, "bert@example.net");
	world_start(&w);
	for (int i = 0; i < 3000 && !begun; i++) {
		loop_turn(w.loop, 20);
		got = peer_got(&w.peer);
		begun = strstr(got, "RCPT");
		free(got);
	}
	w.deliver = deliver_free(w.deliver);
	assert_state(&w, first, "retry");
	assert_state(&w, second, "pending");
	assert_string_equal(cell(&w, second, "attempts"), "0");
	world_release(&w);
}

/* What is in flight ends by the old settings, what follows by the new. */
static void test_reload_in_flight(void **state)
{
	static const char *const answers[] = { PEER_HANG };
	struct http_script script = { answers, 1 };
	struct conf empty = { 0 };
	struct err err = ERR_INIT;
	struct world w;
	int64_t id;

	world_init(&w, state);
	serve_http(&w, &script);
	id = owe(&w, 1, NULL);
	world_start(&w);
	wait_requests(&w, 1);
	assert_int_equal(deliver_reload(w.deliver, &empty, &err), 0);
	peer_stop(&w.peer);
	w.has_peer = false;
	settle(&w);
	assert_state(&w, id, "retry");
	assert_int_equal(w.n_told[DELIVER_RETRY], 1);
	world_release(&w);
}

/* No turn for long, or a notice that never comes back. */
static void test_stuck(void **state)
{
	static const char *const answers[] = { PEER_HANG };
	struct http_script script = { answers, 1 };
	struct world w;

	world_init(&w, state);
	serve_http(&w, &script);
	(void)owe(&w, 1, NULL);
	world_start(&w);
	assert_false(deliver_stuck(w.deliver, w.mono_ms + 299000));
	assert_true(deliver_stuck(w.deliver, w.mono_ms + 301000));
	wait_requests(&w, 1);
	set_clock(&w, 31 * 60000);
	deliver_kick(w.deliver);
	for (int i = 0;
	     i < 3000 && deliver_stuck(w.deliver, w.mono_ms - 2 * 60000); i++)
		loop_turn(w.loop, 20);
	assert_false(deliver_stuck(w.deliver, w.mono_ms - 2 * 60000));
	assert_true(deliver_stuck(w.deliver, w.mono_ms));
	deliver_drain(w.deliver);
	assert_false(deliver_stuck(w.deliver, w.mono_ms));
	world_release(&w);
}

static void test_bad_settings_are_refused(void **state)
{
	static const char *const answers[] = { OK };
	struct http_script script = { answers, 1 };
	struct target_conf bad = {
		.name = (char *)"oncall",
		.type = TARGET_EMAIL,
		.server = (char *)"smtp://127.0.0.1:9",
		.from = (char *)"triaged at example",
	};
	struct conf c = { .targets = &bad, .n_targets = 1 };
	struct err err = ERR_INIT;
	struct world w;
	int64_t id;

	world_init(&w, state);
	serve_http(&w, &script);
	world_start(&w);
	assert_int_equal(deliver_reload(w.deliver, &c, &err), ERR_CONF);
	assert_non_null(strstr(err.text, "target oncall: from: "));
	bad = (struct target_conf){
		.name = (char *)"oncall",
		.type = TARGET_WEBHOOK,
		.url.value = w.targets[0].url.value,
		.signing_secret.value = secret_new("short", 5),
	};
	assert_int_equal(deliver_reload(w.deliver, &c, &err), ERR_CONF);
	assert_non_null(strstr(err.text, "signing secret"));
	secret_free(bad.signing_secret.value);
	/* The old ones still work. */
	id = owe(&w, 1, NULL);
	settle(&w);
	assert_state(&w, id, "sent");
	world_release(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_store(test_mail_is_sent),
		with_store(test_who_left_is_told_nothing),
		with_store(test_local_times),
		with_store(test_mail_retry_keeps_message_id),
		with_store(test_folder),
		with_store(test_store_that_refuses),
		with_store(test_drain),
		with_store(test_stop_in_flight),
		with_store(test_stop_mail_in_flight),
		with_store(test_reload_in_flight),
		with_store(test_stuck),
		with_store(test_bad_settings_are_refused),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
