/*
 * What is leased ahead of a quick receiver: fewer changes of the store, and
 * nothing that waits is sent late, twice or never when things turn.
 */
#include "notify/deliver.h"

#include "notify/world.h"

#define MANY 120
/* So many answers are quick and good; by then plenty waits. */
#define GOOD 40

static void serve_many(struct world *w, void **state,
		       struct http_script *script)
{
	world_init(w, state);
	serve_http(w, script);
	for (int i = 0; i < MANY; i++)
		(void)owe(w, i, NULL);
	world_start(w);
}

static int64_t count(struct world *w, const char *where)
{
	CLEANUP(free_ptr)
	char *query =
		xasprintf("SELECT count(*) FROM v_deliveries WHERE %s", where);

	return tempstore_number(w->t, query);
}

/* Until @n requests were answered; more is leased than may fly. */
static void run_until(struct world *w, int n)
{
	deliver_kick(w->deliver);
	wait_requests(w, n);
	assert_true(count(w, "state = 'leased'") > 8);
}

static void good_then(const char **answers, const char *last)
{
	for (int i = 0; i < GOOD; i++)
		answers[i] = OK;
	answers[GOOD] = last;
}

static void test_bad_answer_ends_it(void **state)
{
	const char *answers[GOOD + 1];
	struct http_script script = { answers, GOOD + 1 };
	struct world w;

	good_then(answers, ANSWER("503 Busy"));
	serve_many(&w, state, &script);
	settle(&w);
	assert_requests(&w, MANY);
	assert_int_equal(count(&w, "state = 'sent'"), GOOD);
	/* What was given back has not been tried for it. */
	assert_int_equal(count(&w, "state = 'retry' AND attempts = 1"),
			 MANY - GOOD);
	world_release(&w);
}

static void test_pause_gives_back(void **state)
{
	const char *answers[GOOD + 1];
	struct http_script script = { answers, GOOD + 1 };
	struct world w;

	good_then(answers, ANSWER("401 No"));
	serve_many(&w, state, &script);
	settle(&w);
	assert_int_equal(count(&w, "state = 'leased'"), 0);
	/* Those that were under way. */
	assert_true(count(&w, "state = 'retry'") <= 8);
	assert_int_equal(count(&w, "state = 'pending' AND attempts = 0"),
			 MANY - peer_count(&w.peer, &w.peer.n_requests));
	world_release(&w);
}

static void test_stop_gives_back(void **state)
{
	static const char *const answers[] = { OK };
	struct http_script script = { answers, 1 };
	struct world w;

	serve_many(&w, state, &script);
	run_until(&w, GOOD);
	w.deliver = deliver_free(w.deliver);
	assert_int_equal(count(&w, "state = 'leased'"), 0);
	assert_true(count(&w, "attempts > 0") <
		    peer_count(&w.peer, &w.peer.n_requests) + 8);
	world_start(&w);
	set_clock(&w, 1000);
	settle(&w);
	assert_int_equal(count(&w, "state = 'sent'"), MANY);
	world_release(&w);
}

static void test_reload_gives_back(void **state)
{
	static const char *const answers[] = { OK };
	struct http_script script = { answers, 1 };
	struct err err = ERR_INIT;
	struct world w;

	serve_many(&w, state, &script);
	run_until(&w, GOOD);
	assert_int_equal(deliver_reload(w.deliver, &w.conf, &err), 0);
	settle(&w);
	assert_requests(&w, MANY);
	assert_int_equal(count(&w, "state = 'sent' AND attempts = 1"), MANY);
	world_release(&w);
}

static void test_drain_gives_back(void **state)
{
	static const char *const answers[] = { OK };
	struct http_script script = { answers, 1 };
	struct world w;

	serve_many(&w, state, &script);
	run_until(&w, GOOD);
	deliver_drain(w.deliver);
	for (int i = 0; i < 3000 && !deliver_idle(w.deliver); i++)
		loop_turn(w.loop, 20);
	assert_true(deliver_idle(w.deliver));
	assert_int_equal(count(&w, "state = 'leased'"), 0);
	assert_int_equal(count(&w, "state = 'sent'"),
			 peer_count(&w.peer, &w.peer.n_requests));
	assert_true(count(&w, "state = 'pending' AND attempts = 0") > 0);
	world_release(&w);
}

static void rate_is_on(struct world *w)
{
	w->targets[0].rate =
		(struct message_rate){ .messages = 1000, .within_ms = 60000 };
}

/* With a rate each that goes is counted as it goes: none is leased ahead. */
static void test_rate_goes_not_ahead(void **state)
{
	static const char *const answers[] = { OK };
	struct http_script script = { answers, 1 };
	struct world w;

	world_init(&w, state);
	serve_http(&w, &script);
	rate_is_on(&w);
	for (int i = 0; i < MANY; i++)
		(void)owe(&w, i, NULL);
	world_start(&w);
	deliver_kick(w.deliver);
	for (int n = 1; n < GOOD; n++) {
		wait_requests(&w, n);
		assert_true(count(&w, "state = 'leased'") <= 8);
	}
	world_release(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_store(test_bad_answer_ends_it),
		with_store(test_pause_gives_back),
		with_store(test_stop_gives_back),
		with_store(test_reload_gives_back),
		with_store(test_drain_gives_back),
		with_store(test_rate_goes_not_ahead),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
