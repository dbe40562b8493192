/* A target gets no more than its rate; criticals do not wait for others. */
#include "notify/deliver.h"

#include "notify/world.h"

static const char *const answers[] = { OK };
static struct http_script script = { answers, 1 };

/* Turns until @n requests have come and nothing moves any more. */
static void turn(struct world *w, int n)
{
	deliver_kick(w->deliver);
	for (int i = 0; i < 3000; i++) {
		loop_turn(w->loop, 5);
		if (peer_count(&w->peer, &w->peer.n_requests) >= n &&
		    deliver_idle(w->deliver))
			break;
	}
	for (int i = 0; i < 5; i++)
		loop_turn(w->loop, 5);
	assert_requests(w, n);
}

static void start(struct world *w, void **state, int messages)
{
	world_init(w, state);
	serve_http(w, &script);
	w->targets[0].rate = (struct message_rate){ messages, 120000 };
	world_start(w);
}

static int64_t owe_critical(struct world *w, int n)
{
	CLEANUP(free_ptr) char *text = NULL;
	int64_t id = owe(w, n, NULL);

	text = xasprintf("UPDATE delivery SET severity = 4 WHERE id = %" PRId64,
			 id);
	tempstore_exec(w->t, text);
	return id;
}

static void test_others_wait_and_say_so(void **state)
{
	struct deliver_target_state s;
	struct world w;
	int64_t last = 0;

	start(&w, state, 2);
	for (int i = 1; i <= 3; i++)
		last = owe(&w, i, NULL);
	turn(&w, 2);
	assert_state(&w, last, "pending");
	/* Whoever waits for the rest of them asks the target. */
	assert_true(deliver_settled(w.deliver));
	assert_true(deliver_target_state(w.deliver, 0, &s));
	assert_int_equal(s.waits_until_ms, w.now_ms + 60000);
	assert_false(deliver_target_state(w.deliver, 1, &s));
	/* A critical has a budget of its own. */
	(void)owe_critical(&w, 4);
	turn(&w, 3);
	assert_state(&w, last, "pending");
	set_clock(&w, 59000);
	turn(&w, 3);
	set_clock(&w, 1000);
	turn(&w, 4);
	assert_state(&w, last, "sent");
	assert_true(deliver_settled(w.deliver));
	assert_true(deliver_target_state(w.deliver, 0, &s));
	assert_int_equal(s.waits_until_ms, 0);
	world_release(&w);
}

static void test_criticals_have_a_budget_too(void **state)
{
	struct world w;

	start(&w, state, 1);
	(void)owe_critical(&w, 1);
	(void)owe_critical(&w, 2);
	(void)owe(&w, 3, NULL);
	turn(&w, 2);
	set_clock(&w, 120000);
	turn(&w, 3);
	world_release(&w);
}

/* What was sent within the period counts after a restart. */
static void test_restart_does_not_fill_the_bucket(void **state)
{
	struct world w;

	start(&w, state, 2);
	(void)owe(&w, 1, NULL);
	(void)owe(&w, 2, NULL);
	turn(&w, 2);
	deliver_free(w.deliver);
	(void)owe(&w, 3, NULL);
	set_clock(&w, 1000);
	world_start(&w);
	turn(&w, 2);
	set_clock(&w, 60000);
	turn(&w, 3);
	world_release(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_store(test_others_wait_and_say_so),
		with_store(test_criticals_have_a_budget_too),
		with_store(test_restart_does_not_fill_the_bucket),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
