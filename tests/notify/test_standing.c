/* What still fires is told again, and its end for a while. */
#include "notify/standing.h"

#include "notify/format_alertmanager.h"
#include "notify/world.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

#define PUSH "POST /in/canary-path/api/v2/alerts "
#define UNTIL(ms) ((ms) + ALERTMANAGER_FIRING_MS)

struct scene {
	struct world w;
	struct standing *standing;
	struct strbuf news; /* "failed: ...\n", "works\n" */
};

static void on_news(void *arg, const char *target, const char *error)
{
	struct scene *sc = arg;

	assert_string_equal(target, "soc");
	if (error)
		strbuf_addf(&sc->news, "failed: %s\n", error);
	else
		strbuf_addstr(&sc->news, "works\n");
}

static void start(struct scene *sc, void **state, struct http_script *script)
{
	memset(sc, 0, sizeof(*sc));
	strbuf_init(&sc->news);
	world_init(&sc->w, state);
	serve_http(&sc->w, script);
	sc->w.targets[0].webhook.format = FORMAT_ALERTMANAGER;
}

/* The first news of each alert go by the outbox. */
static void tell_first(struct scene *sc)
{
	world_start(&sc->w);
	settle(&sc->w);
	sc->w.deliver = deliver_free(sc->w.deliver);
}

static void stand(struct scene *sc)
{
	sc->standing =
		standing_new(&sc->w.conf,
			     &(struct standing_env){ .store = sc->w.t->store,
						     .loop = sc->w.loop,
						     .pool = sc->w.pool,
						     .host = "triage-1",
						     .fn = on_news,
						     .arg = sc });
}

static void stop(struct scene *sc)
{
	sc->standing = standing_free(sc->standing);
	strbuf_release(&sc->news);
	world_release(&sc->w);
}

/* Until the pool is idle: what was begun has been heard. */
static void turn(struct scene *sc)
{
	do
		loop_turn(sc->w.loop, 20);
	while (xfer_pool_busy(sc->w.pool) > 0);
}

static void next_round(struct scene *sc)
{
	set_clock(&sc->w, 60000);
	standing_kick(sc->standing);
	turn(sc);
}

/* How often @text stands in what the peer got. */
static int count(struct scene *sc, const char *text)
{
	CLEANUP(free_ptr) char *got = peer_got(&sc->w.peer);
	int n = 0;

	for (const char *p = got; (p = strstr(p, text)); p++)
		n++;
	return n;
}

static int count_end(struct scene *sc, int64_t ms)
{
	char at[TIMEFMT_MAX];
	CLEANUP(free_ptr) char *text = NULL;

	text = xasprintf("\"endsAt\":\"%s\"", timefmt_utc(ms, at));
	return count(sc, text);
}

static void close_alert(struct scene *sc, int64_t id)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	const struct human_change c = { .id = id,
					.who = "ada",
					.now_ms = sc->w.now_ms };

	assert_int_equal(txn_begin(&txn, sc->w.t->store, NULL), 0);
	assert_int_equal(alerts_close(sc->w.t->store, &c, VERDICT_BENIGN, NULL),
			 0);
	assert_int_equal(txn_commit(&txn, NULL), 0);
}

static void test_told_again_until_it_ends(void **state)
{
	static const char *const answers[] = { OK };
	struct http_script script = { answers, 1 };
	struct scene sc;
	int64_t closed_ms;

	start(&sc, state, &script);
	owe(&sc.w, 1, NULL);
	owe(&sc.w, 2, NULL);
	tell_first(&sc);
	assert_requests(&sc.w, 2);
	/* At the start at once, both in one. */
	set_clock(&sc.w, 60000);
	stand(&sc);
	turn(&sc);
	assert_requests(&sc.w, 3);
	assert_int_equal(count(&sc, PUSH), 3);
	assert_int_equal(count_end(&sc, UNTIL(sc.w.now_ms)), 2);
	next_round(&sc);
	assert_requests(&sc.w, 4);
	assert_int_equal(count_end(&sc, UNTIL(sc.w.now_ms)), 2);
	/* The end of one is told for five minutes, beside the other. */
	close_alert(&sc, 1);
	closed_ms = sc.w.now_ms;
	for (int i = 1; i <= 6; i++) {
		next_round(&sc);
		assert_int_equal(count_end(&sc, closed_ms), i);
		assert_int_equal(count_end(&sc, UNTIL(sc.w.now_ms)), 1);
	}
	next_round(&sc);
	assert_int_equal(count_end(&sc, closed_ms), 6);
	/* Nothing fires: nothing is said. */
	close_alert(&sc, 2);
	for (int i = 0; i < 7; i++)
		next_round(&sc);
	assert_requests(&sc.w, 17);
	assert_string_equal(sc.news.buf, "");
	stop(&sc);
}

/* A receiver that is down says so once, and once that it is back. */
static void test_trouble_is_told_once(void **state)
{
	static const char *const down[] = { ANSWER("500 Oops") };
	static const char *const up[] = { OK };
	struct http_script bad = { down, 1 };
	struct http_script good = { up, 1 };
	struct scene sc;

	start(&sc, state, &good);
	owe(&sc.w, 1, NULL);
	tell_first(&sc);
	peer_set_script(&sc.w.peer, &bad);
	stand(&sc);
	turn(&sc);
	next_round(&sc);
	next_round(&sc);
	assert_requests(&sc.w, 4);
	assert_non_null(strstr(sc.news.buf, "answered HTTP 500"));
	assert_null(strstr(sc.news.buf, "canary-path"));
	assert_string_equal(strchr(sc.news.buf, '\n'), "\n");
	peer_set_script(&sc.w.peer, &good);
	next_round(&sc);
	next_round(&sc);
	assert_string_equal(strchr(sc.news.buf, '\n'), "\nworks\n");
	stop(&sc);
}

/* Refused credentials and a wish for rest are respected, and "gone" for good.
 */
static void test_rest(void **state)
{
	static const struct {
		const char *answer;
		int64_t wait_ms;
	} cases[] = {
		{ ANSWER("401 No"), 15 * 60000 },
		{ "HTTP/1.1 429 Slow\r\n" CLOSE
		  "Retry-After: 600\r\nContent-Length: 0\r\n\r\n",
		  600000 },
		{ ANSWER("410 Gone"), 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *answers[] = { OK, cases[i].answer };
		struct http_script script = { answers, 2 };
		int64_t wait_ms = cases[i].wait_ms;
		struct scene sc;

		start(&sc, state, &script);
		owe(&sc.w, 1 + (int)i, NULL);
		tell_first(&sc);
		stand(&sc);
		turn(&sc);
		assert_requests(&sc.w, 2);
		set_clock(&sc.w, wait_ms ? wait_ms - 60001 : 86400000);
		next_round(&sc);
		assert_requests(&sc.w, 2);
		next_round(&sc);
		assert_requests(&sc.w, wait_ms ? 3 : 2);
		/* New settings are a new chance. */
		standing_reload(sc.standing, &sc.w.conf);
		turn(&sc);
		assert_requests(&sc.w, wait_ms ? 4 : 3);
		stop(&sc);
	}
}

static void test_batches(void **state)
{
	static const char *const answers[] = { OK };
	struct http_script script = { answers, 1 };
	struct scene sc;

	start(&sc, state, &script);
	for (int i = 1; i <= ALERTMANAGER_BATCH + 1; i++)
		owe(&sc.w, i, NULL);
	tempstore_exec(sc.w.t, "UPDATE delivery SET state = 2, next_ms = NULL, "
			       "sent_ms = created_ms");
	stand(&sc);
	wait_requests(&sc.w, 2);
	turn(&sc);
	assert_requests(&sc.w, 2);
	assert_int_equal(count_end(&sc, UNTIL(sc.w.now_ms)),
			 ALERTMANAGER_BATCH + 1);
	stop(&sc);
}

/* Other targets are not told again, and nothing wakes for them. */
static void test_only_alertmanagers(void **state)
{
	static const char *const answers[] = { OK };
	struct http_script script = { answers, 1 };
	struct scene sc;

	start(&sc, state, &script);
	sc.w.targets[0].webhook.format = FORMAT_ALERTMANAGER_WEBHOOK;
	owe(&sc.w, 1, NULL);
	tell_first(&sc);
	stand(&sc);
	next_round(&sc);
	assert_requests(&sc.w, 1);
	stop(&sc);
}

/* Ended in the middle of a request. */
static void test_end_in_flight(void **state)
{
	static const char *const answers[] = { OK, PEER_HANG };
	struct http_script script = { answers, 2 };
	struct scene sc;

	start(&sc, state, &script);
	owe(&sc.w, 1, NULL);
	tell_first(&sc);
	stand(&sc);
	wait_requests(&sc.w, 2);
	standing_kick(sc.standing); /* the round is not over */
	loop_turn(sc.w.loop, 20);
	assert_requests(&sc.w, 2);
	stop(&sc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_store(test_told_again_until_it_ends),
		with_store(test_trouble_is_told_once),
		with_store(test_rest),
		with_store(test_batches),
		with_store(test_only_alertmanagers),
		with_store(test_end_in_flight),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
