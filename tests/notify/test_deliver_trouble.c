/*
 * A target that refuses our credentials: what ends its pause, what does not,
 * and who may ask meanwhile. Here the peer answers when the test lets it, so
 * that what was asked before the refusal is answered after it.
 *
 * Battery: D4.
 */
#include "notify/deliver.h"

#include "notify/world.h"

#define NO ANSWER("401 No")
#define PAUSE_MS INT64_C(900000)

/* Each connection waits for a byte of the test, in a thread of its own. */
struct gate {
	struct peer *peer;
	const char *const *answers; /* in the order of the requests */
	int fds[16][2];
	pthread_t threads[16];
	int n;
};

struct visit {
	struct gate *gate;
	int fd, number;
};

static void *visit_main(void *arg)
{
	struct visit *v = arg;
	struct gate *g = v->gate;
	char c;

	if (http_read(g->peer, v->fd) && read(g->fds[v->number][0], &c, 1) == 1)
		(void)peer_say(v->fd, g->answers[v->number]);
	close(v->fd);
	free(v);
	return NULL;
}

static void gate_serve(struct peer *p, int fd)
{
	struct gate *g = peer_script(p);
	struct visit *v = xcalloc(1, sizeof(*v));

	*v = (struct visit){ g, dup(fd), g->n };
	if (g->n == (int)ARRAY_SIZE(g->threads) || v->fd < 0 ||
	    pthread_create(&g->threads[g->n], NULL, visit_main, v) != 0)
		abort();
	pthread_mutex_lock(&p->lock);
	p->n_requests = ++g->n;
	pthread_mutex_unlock(&p->lock);
}

static void gate_init(struct gate *g, struct world *w, void **state,
		      const char *const *answers)
{
	memset(g, 0, sizeof(*g));
	g->answers = answers;
	g->peer = &w->peer;
	for (size_t i = 0; i < ARRAY_SIZE(g->fds); i++)
		assert_int_equal(pipe(g->fds[i]), 0);
	world_init(w, state);
	serve_by(w, gate_serve, g);
}

/* Request @number is answered, and that is heard and stored. */
static void let(struct gate *g, struct world *w, int number, int64_t id,
		const char *state)
{
	wait_requests(w, number + 1);
	assert_int_equal(write(g->fds[number][1], "x", 1), 1);
	for (int i = 0; i < 3000; i++) {
		if (strcmp(cell(w, id, "state"), state) == 0)
			return;
		loop_turn(w->loop, 20);
	}
	fail_msg("request %d: %s, not %s", number, cell(w, id, "state"), state);
}

static void gate_release(struct gate *g, struct world *w)
{
	for (size_t i = 0; i < ARRAY_SIZE(g->fds); i++)
		close(g->fds[i][1]);
	world_release(w);
	for (int i = 0; i < g->n; i++)
		pthread_join(g->threads[i], NULL);
	for (size_t i = 0; i < ARRAY_SIZE(g->fds); i++)
		close(g->fds[i][0]);
}

static void turns(struct world *w)
{
	for (int i = 0; i < 10; i++)
		loop_turn(w->loop, 5);
}

static int64_t refused_since(struct world *w)
{
	return tempstore_number(w->t, "SELECT count(*) FROM v_targets WHERE "
				      "target = 'soc' AND refused_ms IS NOT "
				      "NULL");
}

/* What was let in before the refusal is answered after it: the rest waits on,
 * and what is asked once the pause is over proves that it works. */
static void test_late_answers_end_no_pause(void **state)
{
	static const struct {
		const char *answer, *state;
	} late[] = {
		{ OK, "sent" },
		{ ANSWER("503 Busy"), "retry" },
		{ ANSWER("404 Who"), "dead" },
		{ PEER_DROP, "retry" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(late); i++) {
		const char *const answers[] = { NO, late[i].answer, OK, OK };
		struct gate g;
		struct world w;
		int64_t first, second, third;

		gate_init(&g, &w, state, answers);
		first = owe(&w, 10 * (int)i, NULL);
		second = owe(&w, 10 * (int)i + 1, NULL);
		world_start(&w);
		wait_requests(&w, 2);
		let(&g, &w, 0, first, "retry");
		let(&g, &w, 1, second, late[i].state);
		third = owe(&w, 10 * (int)i + 2, NULL);
		set_clock(&w, PAUSE_MS - 60000);
		deliver_kick(w.deliver);
		turns(&w);
		assert_requests(&w, 2);
		assert_state(&w, third, "pending");
		assert_int_equal(refused_since(&w), 1);
		assert_int_equal(w.n_told[DELIVER_TARGET_REFUSED], 1);
		assert_int_equal(w.n_told[DELIVER_TARGET_WORKS], 0);
		set_clock(&w, 60000);
		deliver_kick(w.deliver);
		let(&g, &w, 2, first, "sent");
		assert_int_equal(w.n_told[DELIVER_TARGET_WORKS], 1);
		assert_int_equal(refused_since(&w), 0);
		gate_release(&g, &w);
		tempstore_exec(w.t, "UPDATE delivery SET state = 5, next_ms = "
				    "NULL WHERE state IN (0, 1, 3)");
	}
}

static int64_t owe_test(struct world *w, int n)
{
	struct notice notice = sample_notice(0, "soc", n);
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct err err = ERR_INIT;
	int64_t id = 0;

	notice.kind = NOTICE_TEST;
	notice.severity = SEVERITY_LOW;
	notice.created_ms = notice.not_before_ms = w->now_ms;
	notice.expires_ms = w->now_ms + PAUSE_MS;
	assert_int_equal(txn_begin(&txn, w->t->store, &err), 0);
	if (outbox_put(w->t->store, &notice, &id, &err) != 1)
		fail_msg("%s", err.text);
	assert_int_equal(txn_commit(&txn, &err), 0);
	notice_release(&notice);
	return id;
}

/* Who has mended it asks at once whether it works, and only that goes out until
 * it does: ten others would each be one refusal more. */
static void test_test_is_not_paused(void **state)
{
	static const char *const answers[] = { NO, NO, OK, OK, OK, OK,
					       OK, OK, OK, OK, OK, OK };
	struct gate g;
	struct world w;
	int64_t first, test;

	gate_init(&g, &w, state, answers);
	first = owe(&w, 0, NULL);
	world_start(&w);
	let(&g, &w, 0, first, "retry");
	for (int i = 1; i < 9; i++)
		(void)owe(&w, i, NULL);
	test = owe_test(&w, 20);
	deliver_kick(w.deliver);
	turns(&w);
	assert_state(&w, test, "pending"); /* nobody waits for it */
	deliver_try(w.deliver, "another");
	turns(&w);
	assert_requests(&w, 1);
	deliver_try(w.deliver, "soc");
	let(&g, &w, 1, test, "retry");
	assert_requests(&w, 2);
	assert_int_equal(w.n_told[DELIVER_TARGET_REFUSED], 1);
	test = owe_test(&w, 21);
	deliver_try(w.deliver, "soc");
	let(&g, &w, 2, test, "sent");
	assert_int_equal(w.n_told[DELIVER_TARGET_WORKS], 1);
	/* Now the others go, and what was refused before the test when it is
	 * due again. */
	wait_requests(&w, 3 + 8);
	for (int i = 3; i < 11; i++)
		assert_int_equal(write(g.fds[i][1], "x", 1), 1);
	settle(&w);
	assert_int_equal(tempstore_number(w.t, "SELECT count(*) FROM "
					       "v_deliveries WHERE state = "
					       "'sent'"),
			 9);
	gate_release(&g, &w);
}

/* What its target may get it waits for, and so for a store that refuses. */
static void test_test_waits_for_its_turn(void **state)
{
	static const char *const answers[] = { NO, OK };
	struct gate g;
	struct world w;
	int64_t first, test;

	gate_init(&g, &w, state, answers);
	w.targets[0].rate.messages = 1;
	w.targets[0].rate.within_ms = 60000;
	first = owe(&w, 0, NULL);
	world_start(&w);
	let(&g, &w, 0, first, "retry");
	test = owe_test(&w, 1);
	deliver_try(w.deliver, "soc");
	turns(&w);
	assert_state(&w, test, "pending");
	tempstore_exec(w.t, "CREATE TRIGGER refuse BEFORE UPDATE OF state ON "
			    "delivery WHEN NEW.state = 1 BEGIN SELECT "
			    "RAISE(ABORT, 'no'); END");
	set_clock(&w, 60000);
	deliver_kick(w.deliver);
	turns(&w);
	assert_state(&w, test, "pending");
	tempstore_exec(w.t, "DROP TRIGGER refuse");
	deliver_kick(w.deliver);
	let(&g, &w, 1, test, "sent");
	gate_release(&g, &w);
}

/* The answer to the old credentials comes after the new ones were read: it says
 * nothing about them, so nothing waits for a quarter of an hour, and nobody is
 * told of a refusal that no success would ever end. */
static void test_old_settings_say_nothing(void **state)
{
	static const char *const old[] = { NO, ANSWER("403 No"),
					   ANSWER("410 Gone") };

	for (size_t i = 0; i < ARRAY_SIZE(old); i++) {
		const char *const answers[] = { old[i], OK };
		struct err err = ERR_INIT;
		struct gate g;
		struct world w;
		int64_t id;

		gate_init(&g, &w, state, answers);
		id = owe(&w, (int)i, NULL);
		world_start(&w);
		wait_requests(&w, 1);
		assert_int_equal(deliver_reload(w.deliver, &w.conf, &err), 0);
		let(&g, &w, 0, id, "retry");
		assert_non_null(strstr(cell(&w, id, "last_error"),
				       "the settings were read again"));
		set_clock(&w, 1000);
		deliver_kick(w.deliver);
		let(&g, &w, 1, id, "sent");
		assert_int_equal(refused_since(&w), 0);
		assert_int_equal(w.n_told[DELIVER_TARGET_REFUSED], 0);
		assert_int_equal(w.n_told[DELIVER_TARGET_DISABLED], 0);
		gate_release(&g, &w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_store(test_late_answers_end_no_pause),
		with_store(test_test_is_not_paused),
		with_store(test_test_waits_for_its_turn),
		with_store(test_old_settings_say_nothing),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
