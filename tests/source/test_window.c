/* The plan of windows: its rules one by one, then at random. */
#include "source/window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "util/compiler.h"
#include "util/xmalloc.h"

#define MIN_MS INT64_C(60000)
#define HOUR_MS (60 * MIN_MS)
#define DAY_MS (24 * HOUR_MS)
#define NOW (INT64_C(20000) * DAY_MS)

static const struct window_limits limits = {
	.horizon_ms = 7 * DAY_MS,
	.overlap_ms = 15 * MIN_MS,
	.largest_ms = DAY_MS,
};

static struct window_plan *plan(const struct window_limits *l)
{
	bool reset = true;
	struct window_plan *p = window_plan_new(NULL, l, NOW, &reset);

	assert_false(reset);
	return p;
}

/* The next window is of this kind and reaches so far, seen from NOW. */
static struct window expect(struct window_plan *p, int64_t now_ms,
			    enum window_kind kind, int64_t from, int64_t to)
{
	struct window w;

	window_next(p, now_ms, &w);
	if (w.kind != kind ||
	    (kind != WINDOW_NONE &&
	     (w.from_ms - NOW != from || w.to_ms - NOW != to)))
		fail_msg("kind %d, %lld to %lld min", w.kind,
			 (long long)((w.from_ms - NOW) / MIN_MS),
			 (long long)((w.to_ms - NOW) / MIN_MS));
	return w;
}

static void read_well(struct window_plan *p, int64_t now_ms,
		      enum window_kind kind, int64_t from, int64_t to)
{
	struct window w = expect(p, now_ms, kind, from, to);

	window_done(p, &w, 0, now_ms);
}

/* Through everything, well. */
static void read_all(struct window_plan *p, int64_t now_ms, int64_t newest_ms)
{
	struct window w;

	for (int i = 0; i < 1000; i++) {
		window_next(p, now_ms, &w);
		if (w.kind == WINDOW_NONE)
			return;
		window_done(p, &w, newest_ms, now_ms);
	}
	fail_msg("the poll has no end");
}

static void test_first_run(void **state)
{
	struct window_plan *p = plan(&limits);
	struct window w;

	(void)state;
	w = expect(p, NOW, WINDOW_NEWEST, -DAY_MS, 0);
	/* What lies behind is not read yet: the watermark waits for it. */
	window_done(p, &w, NOW - 5, NOW);
	assert_int_equal(window_watermark(p), NOW - 7 * DAY_MS);
	for (int day = 7; day > 1; day--)
		read_well(p, NOW, WINDOW_BACKLOG, -day * DAY_MS,
			  -(day - 1) * DAY_MS);
	assert_int_equal(window_watermark(p), NOW - 5);
	expect(p, NOW, WINDOW_NONE, 0, 0);
	/* The next poll: from the watermark, with the overlap. */
	read_well(p, NOW + MIN_MS, WINDOW_NEWEST, -5 - 15 * MIN_MS, MIN_MS);
	expect(p, NOW + MIN_MS, WINDOW_NONE, 0, 0);
	/* Quiet hours do not make it longer and longer. */
	read_all(p, NOW + 20 * HOUR_MS, 0);
	expect(p, NOW + 20 * HOUR_MS + MIN_MS, WINDOW_NEWEST,
	       8 * HOUR_MS - 15 * MIN_MS, 20 * HOUR_MS + MIN_MS);
	assert_null(window_plan_free(p));
}

static void test_downtime(void **state)
{
	struct window_plan *p = plan(&limits);
	int64_t later = 3 * DAY_MS;

	(void)state;
	read_all(p, NOW, NOW);
	read_well(p, NOW + later, WINDOW_NEWEST, 2 * DAY_MS, later);
	read_well(p, NOW + later, WINDOW_BACKLOG, -15 * MIN_MS,
		  DAY_MS - 15 * MIN_MS);
	/* A backlog that takes long does not hold up what is new. */
	read_well(p, NOW + later + MIN_MS, WINDOW_NEWEST,
		  2 * DAY_MS + 12 * HOUR_MS - 15 * MIN_MS, later + MIN_MS);
	read_well(p, NOW + later + MIN_MS, WINDOW_BACKLOG, DAY_MS - 15 * MIN_MS,
		  2 * DAY_MS - 15 * MIN_MS);
	read_well(p, NOW + later + MIN_MS, WINDOW_BACKLOG,
		  2 * DAY_MS - 15 * MIN_MS, 2 * DAY_MS);
	expect(p, NOW + later + MIN_MS, WINDOW_NONE, 0, 0);
	window_plan_free(p);
}

/* Ten years, such as a clock jumps: one poll reads a part, the oldest first,
 * and what is new each time. The watermark waits for all of it. */
static void test_long_backlog(void **state)
{
	struct window_plan *p = plan(&limits);
	int64_t later = 3652 * DAY_MS;
	int64_t from = -15 * MIN_MS;
	int polls = 0;

	(void)state;
	read_all(p, NOW, NOW);
	assert_false(window_has_more(p));
	do {
		int slices = 0;
		struct window w;

		window_next(p, NOW + later, &w);
		assert_int_equal(w.kind, WINDOW_NEWEST);
		window_done(p, &w, w.to_ms, NOW + later);
		for (;; slices++) {
			window_next(p, NOW + later, &w);
			if (w.kind == WINDOW_NONE)
				break;
			assert_int_equal(w.kind, WINDOW_BACKLOG);
			assert_int_equal(w.from_ms, NOW + from);
			from = w.to_ms - NOW;
			window_done(p, &w, w.to_ms, NOW + later);
		}
		assert_true(slices > 0 && slices <= WINDOW_BACKLOG_MAX);
		if (window_has_more(p))
			assert_int_equal(window_watermark(p), NOW + from);
		later += 1000;
		polls++;
	} while (window_has_more(p));
	assert_int_equal(polls,
			 (3652 + WINDOW_BACKLOG_MAX - 1) / WINDOW_BACKLOG_MAX);
	window_plan_free(p);
}

/* One poll: the newest is read, the first other window fails. */
static bool poll_failing(struct window_plan *p, int64_t now_ms, int64_t from,
			 int64_t to, struct window *gap)
{
	struct window w;

	window_next(p, now_ms, &w);
	assert_int_equal(w.kind, WINDOW_NEWEST);
	window_done(p, &w, now_ms, now_ms);
	w = expect(p, now_ms, WINDOW_BACKLOG, from, to);
	return window_failed(p, &w, now_ms, gap);
}

static void test_gap(void **state)
{
	/* A backlog of the smallest slice. */
	struct window_limits l = { .horizon_ms = DAY_MS + MIN_MS,
				   .largest_ms = DAY_MS };
	struct window_plan *p = plan(&l);
	struct window gap = { 0 };
	int64_t now = NOW;

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_false(
			poll_failing(p, now, -DAY_MS - MIN_MS, -DAY_MS, &gap));
		now += MIN_MS;
	}
	assert_int_equal(window_watermark(p), NOW - DAY_MS - MIN_MS);
	assert_true(poll_failing(p, now, -DAY_MS - MIN_MS, -DAY_MS, &gap));
	assert_int_equal(gap.from_ms, NOW - DAY_MS - MIN_MS);
	assert_int_equal(gap.to_ms, NOW - DAY_MS);
	/* The rest goes on: the watermark passes a gap, once it has a name. */
	assert_int_equal(window_watermark(p), now);
	/* An hour later it is tried again, and again an hour after that. */
	read_all(p, now + HOUR_MS - 1, 0);
	window_next(p, now + HOUR_MS, &gap);
	window_done(p, &gap, 0, now + HOUR_MS);
	gap = expect(p, now + HOUR_MS, WINDOW_GAP, -DAY_MS - MIN_MS, -DAY_MS);
	assert_false(window_failed(p, &gap, now + HOUR_MS, &gap));
	expect(p, now + HOUR_MS, WINDOW_NONE, 0, 0);
	window_next(p, now + 2 * HOUR_MS, &gap);
	window_done(p, &gap, 0, now + 2 * HOUR_MS);
	read_well(p, now + 2 * HOUR_MS, WINDOW_GAP, -DAY_MS - MIN_MS, -DAY_MS);
	expect(p, now + 2 * HOUR_MS, WINDOW_NONE, 0, 0);
	window_plan_free(p);
}

/* A slice that fails three times is two, and what is well goes on. */
static void test_halves(void **state)
{
	struct window_limits l = { .horizon_ms = 8 * MIN_MS,
				   .largest_ms = 4 * MIN_MS };
	struct window_plan *p = plan(&l);
	struct window gap;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_false(poll_failing(p, NOW + i, -8 * MIN_MS, -4 * MIN_MS,
					  &gap));
	/* The failing half waits for the other one. */
	assert_false(poll_failing(p, NOW + 3, -8 * MIN_MS, -6 * MIN_MS, &gap));
	window_next(p, NOW + 4, &gap);
	window_done(p, &gap, 0, NOW + 4);
	read_well(p, NOW + 4, WINDOW_BACKLOG, -6 * MIN_MS, -4 * MIN_MS);
	expect(p, NOW + 4, WINDOW_BACKLOG, -8 * MIN_MS, -6 * MIN_MS);
	window_plan_free(p);
}

/* While the service is down, nothing is given up. */
static void test_outage(void **state)
{
	struct window_plan *p = plan(&limits);
	struct window w;
	int64_t now = NOW;

	(void)state;
	read_all(p, now, now);
	for (int i = 0; i < 600; i++) {
		now += MIN_MS;
		window_next(p, now, &w);
		assert_int_equal(w.kind, WINDOW_NEWEST);
		assert_false(window_failed(p, &w, now, &w));
		assert_true(window_watermark(p) <= NOW);
	}
	read_all(p, now, now);
	assert_int_equal(window_watermark(p), now);
	window_plan_free(p);
}

static void test_sweep(void **state)
{
	struct window_limits l = limits;
	struct window_plan *p;
	struct window w;
	int64_t now = NOW + DAY_MS;

	(void)state;
	l.sweep_every_ms = DAY_MS;
	l.sweep_window_ms = 2 * DAY_MS;
	p = plan(&l);
	read_all(p, NOW, NOW);
	read_all(p, now - 1, now - 1);
	window_next(p, now, &w);
	window_done(p, &w, 0, now);
	read_well(p, now, WINDOW_SWEEP, -DAY_MS, 0);
	w = expect(p, now, WINDOW_SWEEP, 0, DAY_MS);
	/* Over by itself after three failures, and then unproven. */
	for (int i = 0; i < 3; i++) {
		assert_false(window_failed(p, &w, now, &w));
		now += MIN_MS;
		window_next(p, now, &w);
		assert_int_equal(w.kind, WINDOW_NEWEST);
		window_done(p, &w, 0, now);
		if (i < 2)
			w = expect(p, now, WINDOW_SWEEP, 0, DAY_MS);
	}
	assert_int_equal(window_watermark(p), NOW);
	read_well(p, now, WINDOW_BACKLOG, 0, DAY_MS);
	expect(p, now, WINDOW_NONE, 0, 0);
	read_all(p, now + DAY_MS - 1, 0);
	window_next(p, now + DAY_MS, &w);
	window_done(p, &w, 0, now + DAY_MS);
	read_well(p, now + DAY_MS, WINDOW_SWEEP, 3 * MIN_MS,
		  DAY_MS + 3 * MIN_MS);
	window_plan_free(p);
}

/* A clock that was a year ahead: what it called read was not. */
static void test_clock_ahead(void **state)
{
	struct window_plan *p = plan(&limits);
	int64_t ahead = NOW + 365 * DAY_MS;

	(void)state;
	read_all(p, NOW, NOW);
	read_all(p, ahead, ahead);
	read_well(p, NOW + MIN_MS, WINDOW_NEWEST, MIN_MS - 15 * MIN_MS, MIN_MS);
	read_well(p, NOW + 2 * MIN_MS, WINDOW_NEWEST, MIN_MS - 15 * MIN_MS,
		  2 * MIN_MS);
	window_plan_free(p);
}

/* A gap of a time to come is none: what lies before it is read. */
static void test_gap_ahead(void **state)
{
	CLEANUP(free_ptr)
	char *text =
		xasprintf("w1 %lld %lld %lld 0 0 0 g %lld %lld 0",
			  (long long)(NOW - DAY_MS), (long long)(NOW + HOUR_MS),
			  (long long)NOW, (long long)(NOW + 30 * MIN_MS),
			  (long long)(NOW + 31 * MIN_MS));
	const int64_t inside = 30 * MIN_MS + MIN_MS / 2;
	struct window_plan *p;
	bool reset;

	(void)state;
	p = window_plan_new(text, &limits, NOW, &reset);
	read_well(p, NOW + MIN_MS, WINDOW_NEWEST, -15 * MIN_MS, MIN_MS);
	read_well(p, NOW + 40 * MIN_MS, WINDOW_NEWEST, -15 * MIN_MS,
		  40 * MIN_MS);
	expect(p, NOW + 40 * MIN_MS, WINDOW_NONE, 0, 0);
	window_plan_free(p);
	/* What has passed of it is still to be read. */
	p = window_plan_new(text, &limits, NOW, &reset);
	expect(p, NOW + inside, WINDOW_BACKLOG, 30 * MIN_MS, inside);
	window_plan_free(p);
}

/* An update time beyond the window, from a service whose clock is wrong. */
static void test_newest_ahead(void **state)
{
	struct window_plan *p = plan(&limits);

	(void)state;
	read_all(p, NOW, INT64_MAX);
	assert_int_equal(window_watermark(p), NOW);
	window_plan_free(p);
}

static void test_bad_text(void **state)
{
	static const char *const rows[] = {
		"w",
		"w1",
		"w2 1 2 3 4 5 6",
		"w1 1 2 3 4 5",
		"w1 1 2 3 4 5 6 ",
		"w1 1 2 3 4 5 6 7",
		"w1 3 2 3 4 5 6",
		"w1 -1 2 3 4 5 6",
		"w1 1 2 3 4 5 99999999999999999999",
		"w1 1 2 3 4 5 6 h 1 2 0",
		"w1 1 9 3 4 5 6 h 2 2 0 0",
		"w1 1 9 3 4 5 6 h 2 10 0 0",
		"w1 1 9 3 4 5 6 h 4 6 0 0 h 2 3 0 0",
		"w1 1 9 3 4 5 6 h 2 3 3 0",
		"w1 1 9 3 4 5 6 g 3 2 1",
		"w1 1 9 3 4 5 6 x 3 2 1",
		"2026-11-21T20:00:00Z",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool reset = false;
		struct window_plan *p =
			window_plan_new(rows[i], &limits, NOW, &reset);

		if (!reset)
			fail_msg("taken: %s", rows[i]);
		expect(p, NOW, WINDOW_NEWEST, -DAY_MS, 0);
		window_plan_free(p);
	}
}

/* The model of the trial: what was read whole, what is given up. */
#define PIECES_MAX 20000

struct piece {
	int64_t from, to;
};

struct model {
	struct piece read[PIECES_MAX], gaps[PIECES_MAX];
	size_t n_read, n_gaps;
};

static int by_from(const void *a, const void *b)
{
	const struct piece *x = a;
	const struct piece *y = b;

	return (x->from > y->from) - (x->from < y->from);
}

/* The first instant from @from on that was neither read nor given up. */
static int64_t proven_to(const struct model *m, int64_t from)
{
	size_t n = m->n_read + m->n_gaps;
	struct piece *all = xcalloc(n + 1, sizeof(*all));

	memcpy(all, m->read, m->n_read * sizeof(*all));
	memcpy(all + m->n_read, m->gaps, m->n_gaps * sizeof(*all));
	qsort(all, n, sizeof(*all), by_from);
	for (size_t i = 0; i < n && all[i].from <= from; i++)
		from = MAX(from, all[i].to);
	free(all);
	return from;
}

static void model_forget_gap(struct model *m, const struct window *w)
{
	for (size_t i = 0; i < m->n_gaps; i++) {
		if (m->gaps[i].from == w->from_ms && m->gaps[i].to == w->to_ms)
			m->gaps[i--] = m->gaps[--m->n_gaps];
	}
}

static int64_t some(unsigned *seed, int64_t below)
{
	return (int64_t)rand_r(seed) % below;
}

/* A restart: the plan goes on from its text. */
static struct window_plan *again(struct window_plan *p, int64_t now)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf same = STRBUF_INIT;
	bool reset;

	window_text(p, &text);
	window_plan_free(p);
	p = window_plan_new(text.buf, &limits, now, &reset);
	assert_false(reset);
	window_text(p, &same);
	assert_string_equal(text.buf, same.buf);
	return p;
}

struct trial {
	struct window_plan *plan;
	struct model model;
	struct piece poison; /* cannot be read */
	int64_t now;
	unsigned seed;
};

/* One window; false when the poll is over. @luck: failures in a hundred. */
static bool trial_step(struct trial *t, int luck)
{
	struct model *m = &t->model;
	struct window w, gap;

	window_next(t->plan, t->now, &w);
	if (w.kind == WINDOW_NONE)
		return false;
	assert_true(w.from_ms < w.to_ms && w.to_ms <= t->now);
	assert_true(w.to_ms - w.from_ms <= limits.largest_ms);
	if ((w.from_ms < t->poison.to && w.to_ms > t->poison.from) ||
	    some(&t->seed, 100) < luck) {
		if (window_failed(t->plan, &w, t->now, &gap)) {
			assert_true(gap.to_ms - gap.from_ms <=
				    WINDOW_SMALLEST_MS);
			m->gaps[m->n_gaps++] =
				(struct piece){ gap.from_ms, gap.to_ms };
		}
		return w.kind == WINDOW_GAP;
	}
	assert_true(m->n_read < PIECES_MAX);
	m->read[m->n_read++] = (struct piece){ w.from_ms, w.to_ms };
	if (w.kind == WINDOW_GAP)
		model_forget_gap(m, &w);
	window_done(t->plan, &w, w.to_ms - some(&t->seed, HOUR_MS), t->now);
	return true;
}

static void trial_poll(struct trial *t, int64_t horizon, int luck)
{
	while (trial_step(t, luck)) {
		int64_t mark = window_watermark(t->plan);

		t->now += some(&t->seed, 3000);
		/* Never past an instant that nobody accounts for. */
		if (mark > 0)
			assert_true(mark <= proven_to(&t->model, horizon));
	}
}

static void run_trial(struct trial *t)
{
	int64_t horizon = NOW - limits.horizon_ms;
	int64_t end;

	t->plan = plan(&limits);
	t->now = NOW;
	t->poison.from = horizon + some(&t->seed, 9 * DAY_MS / 1000) * 1000;
	t->poison.to = t->poison.from + some(&t->seed, 5 * MIN_MS);
	for (int poll = 0; poll < 150; poll++) {
		t->now += some(&t->seed, 10) == 0 ? some(&t->seed, 2 * DAY_MS)
						  : 5 * MIN_MS;
		trial_poll(t, horizon, 15);
		if (some(&t->seed, 5) == 0)
			t->plan = again(t->plan, t->now);
	}
	for (int poll = 0; poll < 300; poll++) {
		t->now += MIN_MS;
		trial_poll(t, horizon, 0);
	}
	end = t->now;
	assert_true(proven_to(&t->model, horizon) >= end - MIN_MS);
	/* It heals: within the hour everything was read. */
	t->poison = (struct piece){ 0 };
	t->now += HOUR_MS;
	trial_poll(t, horizon, 0);
	assert_int_equal(t->model.n_gaps, 0);
	assert_true(proven_to(&t->model, horizon) >= end - MIN_MS);
	window_plan_free(t->plan);
}

static void test_trials(void **state)
{
	struct trial *t = xcalloc(1, sizeof(*t));

	(void)state;
	for (unsigned seed = 1; seed <= 60; seed++) {
		*t = (struct trial){ .seed = seed };
		print_message("seed %u\n", seed);
		run_trial(t);
	}
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_run),
		cmocka_unit_test(test_downtime),
		cmocka_unit_test(test_long_backlog),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_halves),
		cmocka_unit_test(test_outage),
		cmocka_unit_test(test_sweep),
		cmocka_unit_test(test_clock_ahead),
		cmocka_unit_test(test_gap_ahead),
		cmocka_unit_test(test_newest_ahead),
		cmocka_unit_test(test_bad_text),
		cmocka_unit_test(test_trials),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
