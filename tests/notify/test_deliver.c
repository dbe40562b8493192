/*
 * Delivery from a real store to a webhook on loopback: what is stored and told
 * after each kind of answer, and when the next try comes.
 *
 * Battery: D1 D4.
 */
#include "notify/deliver.h"

#include "notify/world.h"

static void test_webhook_is_sent(void **state)
{
	static const char *const answers[] = { OK };
	struct http_script script = { answers, 1 };
	CLEANUP(jsonx_unref) json_t *payload = NULL;
	CLEANUP(free_ptr) char *got = NULL;
	struct world w;
	int64_t id;

	world_init(&w, state);
	serve_http(&w, &script);
	id = owe(&w, 1, NULL);
	world_start(&w);
	assert_false(deliver_settled(w.deliver));
	settle(&w);
	assert_state(&w, id, "sent");
	assert_int_equal(w.n_told[DELIVER_SENT], 1);
	got = peer_got(&w.peer);
	assert_non_null(strstr(got, cell(&w, id, "key")));
	assert_non_null(strstr(got, "webhook-timestamp: 1772442000\r\n"));
	payload = jsonx_parse(strstr(got, "\r\n\r\n") + 4,
			      strlen(strstr(got, "\r\n\r\n") + 4), 0, NULL);
	assert_non_null(payload);
	assert_string_equal(jsonx_str(payload, "type"), "alert.opened");
	world_release(&w);
}

static void offer_answer(void *arg, const struct notice *n, int64_t now_ms,
			 struct deliver_ack *ret)
{
	const struct world *w = arg;

	assert_int_equal(now_ms, w->now_ms);
	assert_string_equal(n->target, "soc");
	ret->url = xstrdup("https://t.example/ack/abc");
	ret->code = xasprintf("%" PRId64 "-K7PMX", n->alert_id);
}

/* Own words, and where they fail the built-in ones; the failure is told. */
static void test_templates(void **state)
{
	static const struct {
		const char *body, *got;
		int n_plain;
	} v[] = {
		{ "{\"our\": \"{{data.alert.severity}}\"}",
		  "\r\n\r\n{\"our\": \"high\"}", 0 },
		{ "{\"our\": {{data.alert.severity}}}",
		  "\"type\":\"alert.opened\"", 1 },
	};
	static const char *const answers[] = { OK };

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		struct http_script script = { answers, 1 };
		CLEANUP(free_ptr) char *got = NULL;
		CLEANUP(free_ptr) char *body = xstrdup(v[i].body);
		struct world w;
		int64_t id;

		world_init(&w, state);
		serve_http(&w, &script);
		w.targets[0].template.body.text = body;
		id = owe(&w, 1 + (int)i, NULL);
		world_start(&w);
		settle(&w);
		assert_state(&w, id, "sent");
		assert_int_equal(w.n_told[DELIVER_SENT], 1);
		assert_int_equal(w.n_told[DELIVER_PLAIN], v[i].n_plain);
		got = peer_got(&w.peer);
		if (!strstr(got, v[i].got))
			fail_msg("%s", got);
		world_release(&w);
	}
}

/* The caller offers it; it is in the message. */
static void test_answer_is_offered(void **state)
{
	static const char *const answers[] = { OK };
	struct http_script script = { answers, 1 };
	CLEANUP(free_ptr) char *got = NULL;
	struct world w;

	world_init(&w, state);
	w.ack_fn = offer_answer;
	serve_http(&w, &script);
	(void)owe(&w, 1, NULL);
	world_start(&w);
	settle(&w);
	got = peer_got(&w.peer);
	assert_non_null(strstr(got, "\"url\":\"https://t.example/ack/abc\""));
	assert_non_null(strstr(got, "-K7PMX\""));
	world_release(&w);
}

static void test_many_are_sent(void **state)
{
	static const char *const answers[] = { OK };
	struct http_script script = { answers, 1 };
	struct world w;

	world_init(&w, state);
	serve_http(&w, &script);
	for (int i = 0; i < 30; i++)
		(void)owe(&w, i, NULL);
	world_start(&w);
	settle(&w);
	assert_requests(&w, 30);
	assert_int_equal(w.n_told[DELIVER_SENT], 30);
	assert_int_equal(tempstore_number(w.t, "SELECT count(*) FROM "
					       "v_deliveries WHERE state = "
					       "'sent'"),
			 30);
	world_release(&w);
}

/* 503 with Retry-After: at that time, the same id, a new timestamp. */
static void test_retry_keeps_id(void **state)
{
	static const char *const answers[] = {
		ANSWER("503 Busy\r\nRetry-After: 70"),
		OK,
	};
	struct http_script script = { answers, 2 };
	CLEANUP(free_ptr) char *got = NULL;
	const char *first;
	struct world w;
	char key[NOTICE_KEY_SIZE];
	int64_t id;

	world_init(&w, state);
	serve_http(&w, &script);
	id = owe(&w, 1, NULL);
	world_start(&w);
	settle(&w);
	assert_state(&w, id, "retry");
	assert_int_equal(strtoll(cell(&w, id, "not_before_ms"), NULL, 10),
			 w.now_ms + 70000);
	assert_non_null(strstr(w.last_error, "answered HTTP 503"));
	assert_null(strstr(w.last_error, "canary"));
	/* Not a moment before. */
	set_clock(&w, 69000);
	settle(&w);
	assert_requests(&w, 1);
	set_clock(&w, 1000);
	settle(&w);
	assert_requests(&w, 2);
	assert_state(&w, id, "sent");
	assert_int_equal(w.n_told[DELIVER_RETRY], 1);
	snprintf(key, sizeof(key), "%s", cell(&w, id, "key"));
	got = peer_got(&w.peer);
	first = strstr(got, key);
	assert_non_null(strstr(first + 1, key));
	assert_non_null(strstr(got, "webhook-timestamp: 1772442000\r\n"));
	assert_non_null(strstr(got, "webhook-timestamp: 1772442070\r\n"));
	world_release(&w);
}

/* Whoever reads the settings again has mended something: what waits is tried at
 * once, but for what its target asked us to wait. */
static void test_a_reload_tries_again(void **state)
{
	static const struct {
		const char *answer;
		int n_requests;
		const char *then;
	} cases[] = {
		{ ANSWER("500 No"), 2, "sent" },
		{ ANSWER("503 Busy\r\nRetry-After: 70"), 1, "retry" },
		{ ANSWER("401 No"), 2, "sent" },
	};
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *const answers[] = { cases[i].answer, OK };
		struct http_script script = { answers, 2 };
		struct world w;
		int64_t id;

		world_init(&w, state);
		serve_http(&w, &script);
		id = owe(&w, (int)i + 1, NULL);
		world_start(&w);
		settle(&w);
		assert_state(&w, id, "retry");
		assert_int_equal(deliver_reload(w.deliver, &w.conf, &err), 0);
		settle(&w);
		assert_requests(&w, cases[i].n_requests);
		assert_state(&w, id, cases[i].then);
		world_release(&w);
		tempstore_exec(w.t, "DELETE FROM delivery");
	}
}

static void test_back_off_grows(void **state)
{
	static const char *const answers[] = { ANSWER("500 No") };
	struct http_script script = { answers, 1 };
	int64_t before_ms = 0;
	struct world w;
	int64_t id;

	world_init(&w, state);
	serve_http(&w, &script);
	id = owe(&w, 1, NULL);
	world_start(&w);
	for (int i = 0; i < 8; i++) {
		int64_t wait_ms;

		settle(&w);
		wait_ms = strtoll(cell(&w, id, "not_before_ms"), NULL, 10) -
			  w.now_ms;
		/* Doubled each time, a quarter of jitter either way. */
		assert_true(wait_ms >= before_ms * 9 / 8 || wait_ms > 200000);
		assert_true(wait_ms >= 3750 && wait_ms <= 375000);
		before_ms = wait_ms;
		set_clock(&w, wait_ms);
	}
	assert_requests(&w, 8);
	world_release(&w);
}

/* Rather a last try too early than none. */
static void test_retry_after_beyond_expiry(void **state)
{
	static const char *const answers[] = {
		ANSWER("429 Slow\r\nRetry-After: 3600"),
	};
	struct http_script script = { answers, 1 };
	struct world w;
	int64_t id, expires_ms;

	world_init(&w, state);
	serve_http(&w, &script);
	id = owe(&w, 1, NULL);
	expires_ms = w.now_ms + 24 * 3600000;
	set_clock(&w, 24 * 3600000 - 600000);
	world_start(&w);
	settle(&w);
	assert_int_equal(strtoll(cell(&w, id, "not_before_ms"), NULL, 10),
			 expires_ms - 5000);
	world_release(&w);
}

static void test_refusal_is_dead(void **state)
{
	static const char *const answers[] = {
		ANSWER("302 Found\r\nLocation: /elsewhere"),
		ANSWER("413 Large"),
	};
	struct http_script script = { answers, 2 };
	struct world w;
	int64_t first, second;

	world_init(&w, state);
	serve_http(&w, &script);
	first = owe(&w, 1, NULL);
	world_start(&w);
	settle(&w);
	assert_state(&w, first, "dead");
	assert_non_null(strstr(cell(&w, first, "last_error"), "redirect"));
	assert_requests(&w, 1);
	second = owe(&w, 2, NULL);
	settle(&w);
	assert_state(&w, second, "dead");
	assert_int_equal(w.n_told[DELIVER_DEAD], 2);
	world_release(&w);
}

/* An answer about the address outlives the process; a test finds it mended. */
static void test_gone_disables_until_it_works(void **state)
{
	static const char *const answers[] = { ANSWER("410 Gone"), OK };
	struct http_script script = { answers, 2 };
	struct err err = ERR_INIT;
	struct world w;
	int64_t first, second, third;

	world_init(&w, state);
	serve_http(&w, &script);
	first = owe(&w, 1, NULL);
	world_start(&w);
	settle(&w);
	assert_state(&w, first, "dead");
	assert_int_equal(w.n_told[DELIVER_TARGET_DISABLED], 1);
	deliver_free(w.deliver);
	world_start(&w);
	second = owe(&w, 2, NULL);
	settle(&w);
	assert_state(&w, second, "dead");
	assert_non_null(strstr(cell(&w, second, "last_error"),
			       "disabled since it said"));
	assert_requests(&w, 1);
	assert_int_equal(w.n_told[DELIVER_TARGET_DISABLED], 1);
	assert_int_equal(w.n_told[DELIVER_DEAD], 2);
	assert_int_equal(deliver_reload(w.deliver, &w.conf, &err), 0);
	second = owe(&w, 3, NULL);
	settle(&w);
	assert_state(&w, second, "dead");
	third = owe(&w, 4, NULL);
	tempstore_exec(w.t, "UPDATE delivery SET kind = 9 WHERE id = 4");
	settle(&w);
	assert_state(&w, third, "sent");
	assert_int_equal(w.n_told[DELIVER_TARGET_WORKS], 1);
	third = owe(&w, 5, NULL);
	settle(&w);
	assert_state(&w, third, "sent");
	world_release(&w);
}

/* Another address is not the one that was gone; an operator may know too. */
static void test_gone_is_forgotten_with_the_address(void **state)
{
	static const char *const answers[] = { ANSWER("410 Gone"),
					       ANSWER("410 Gone"), OK };
	struct http_script script = { answers, 3 };
	CLEANUP(free_ptr) char *url = NULL;
	struct err err = ERR_INIT;
	struct world w;
	int64_t id;

	world_init(&w, state);
	serve_http(&w, &script);
	(void)owe(&w, 1, NULL);
	world_start(&w);
	settle(&w);
	url = xasprintf("http://127.0.0.1:%d/in/new", w.peer.port);
	secret_free(w.targets[0].url.value);
	w.targets[0].url.value = secret_new(url, strlen(url));
	assert_int_equal(deliver_reload(w.deliver, &w.conf, &err), 0);
	(void)owe(&w, 2, NULL);
	settle(&w);
	assert_requests(&w, 2);
	assert_int_equal(w.n_told[DELIVER_TARGET_DISABLED], 2);
	deliver_enable(w.deliver, "soc");
	id = owe(&w, 3, NULL);
	settle(&w);
	assert_state(&w, id, "sent");
	world_release(&w);
}

/* 401: all of the target waits a quarter of an hour, and nothing is lost. */
static void test_refused_credentials_pause(void **state)
{
	static const char *const answers[] = { ANSWER("401 No"), OK };
	struct http_script script = { answers, 2 };
	struct world w;
	int64_t first, second;

	world_init(&w, state);
	serve_http(&w, &script);
	first = owe(&w, 1, NULL);
	world_start(&w);
	settle(&w);
	assert_state(&w, first, "retry");
	second = owe(&w, 2, NULL);
	set_clock(&w, 14 * 60000);
	settle(&w);
	assert_requests(&w, 1);
	assert_state(&w, second, "pending");
	assert_int_equal(w.n_told[DELIVER_TARGET_REFUSED], 1);
	assert_int_equal(w.n_told[DELIVER_TARGET_WORKS], 0);
	set_clock(&w, 60000);
	settle(&w);
	assert_state(&w, first, "sent");
	assert_state(&w, second, "sent");
	assert_int_equal(w.n_told[DELIVER_TARGET_REFUSED], 1);
	assert_int_equal(w.n_told[DELIVER_TARGET_WORKS], 1);
	world_release(&w);
}

static void test_private_address_is_refused(void **state)
{
	static const char *const answers[] = { OK };
	struct http_script script = { answers, 1 };
	struct world w;
	int64_t id;

	world_init(&w, state);
	serve_http(&w, &script);
	w.targets[0].allow_private = false;
	id = owe(&w, 1, NULL);
	world_start(&w);
	settle(&w);
	assert_state(&w, id, "retry");
	assert_requests(&w, 0);
	assert_null(strstr(w.last_error, "canary"));
	world_release(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_store(test_webhook_is_sent),
		with_store(test_templates),
		with_store(test_answer_is_offered),
		with_store(test_many_are_sent),
		with_store(test_retry_keeps_id),
		with_store(test_a_reload_tries_again),
		with_store(test_back_off_grows),
		with_store(test_retry_after_beyond_expiry),
		with_store(test_refusal_is_dead),
		with_store(test_gone_disables_until_it_works),
		with_store(test_gone_is_forgotten_with_the_address),
		with_store(test_refused_credentials_pause),
		with_store(test_private_address_is_refused),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
