/* Storms: when one is on, when it is over, and that nothing is lost in it. */
#include "triage/noise.h"

#include "triage/noise_rig.h"

#define WINDOW_MS (5 * MINUTE_MS)

/* @n repeats at @now_ms; each goes when it may. Returns how many did. */
static int repeats(struct rig *r, enum severity severity, int n, int64_t now_ms)
{
	struct noise_offer o = offer(r, severity, "g", now_ms);
	int went = 0;

	o.first = false;
	for (int i = 0; i < n; i++)
		went += pass(r, &o) == NOISE_NONE;
	return went;
}

static void test_more_than_the_limit(void **state)
{
	static const struct {
		int64_t after;
		int went; /* of one more, after the twenty that may */
	} rows[] = {
		{ 0, 0 },
		{ WINDOW_MS - 1, 0 },
		{ WINDOW_MS, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(rig_release) struct rig r;

		rig_init(&r);
		rig_start(&r);
		assert_int_equal(repeats(&r, SEVERITY_HIGH, 20, NOW_MS), 20);
		assert_int_equal(noise_storm_since(r.noise, "soc", NOW_MS), 0);
		assert_int_equal(repeats(&r, SEVERITY_HIGH, 1,
					 NOW_MS + rows[i].after),
				 rows[i].went);
		assert_int_equal(noise_storm_since(r.noise, "soc",
						   NOW_MS + rows[i].after),
				 rows[i].went ? 0 : NOW_MS + rows[i].after);
		/* A budget is one target's. */
		assert_int_equal(noise_storm_since(r.noise, "mail", NOW_MS), 0);
	}
}

/* What went while the clock was ahead of now does not count. */
static void test_clock_set_back(void **state)
{
	CLEANUP(rig_release) struct rig r;

	(void)state;
	rig_init(&r);
	rig_start(&r);
	assert_int_equal(repeats(&r, SEVERITY_HIGH, 5, NOW_MS - HOUR_MS), 5);
	assert_int_equal(repeats(&r, SEVERITY_HIGH, 15, NOW_MS + HOUR_MS), 15);
	assert_int_equal(repeats(&r, SEVERITY_HIGH, 10, NOW_MS), 10);
	assert_int_equal(repeats(&r, SEVERITY_HIGH, 11, NOW_MS + 1), 10);
	assert_int_equal(noise_storm_since(r.noise, "soc", NOW_MS + 1),
			 NOW_MS + 1);
}

/* Over when what would have gone in the last window is half of the limit. */
static void test_ends_at_half(void **state)
{
	static const struct {
		int each; /* seconds between two that would have gone */
		bool over;
	} rows[] = { { 20, false }, { 27, false }, { 30, true }, { 60, true } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(rig_release) struct rig r;
		int64_t now_ms = NOW_MS, step_ms = rows[i].each * 1000;

		rig_init(&r);
		rig_start(&r);
		(void)repeats(&r, SEVERITY_HIGH, 40, NOW_MS); /* raises it */
		while (now_ms < NOW_MS + 2 * HOUR_MS) {
			now_ms += step_ms;
			(void)repeats(&r, SEVERITY_HIGH, 1, now_ms);
		}
		assert_int_equal(noise_storm_since(r.noise, "soc", now_ms) == 0,
				 rows[i].over);
		if (!rows[i].over)
			assert_int_equal(noise_storm_since(r.noise, "soc",
							   now_ms),
					 NOW_MS);
		/* Silence ends every storm. */
		assert_int_equal(noise_storm_since(r.noise, "soc",
						   now_ms + WINDOW_MS),
				 0);
	}
}

static void test_summaries_keep_their_distance(void **state)
{
	CLEANUP(rig_release) struct rig r;
	struct noise_offer o;

	(void)state;
	rig_init(&r);
	rig_start(&r);
	(void)repeats(&r, SEVERITY_HIGH, 25, NOW_MS);
	(void)repeats(&r, SEVERITY_CRITICAL, 5, NOW_MS);
	o = offer(&r, SEVERITY_HIGH, "g", NOW_MS + 1000);
	assert_int_equal(judge(&r, &o).place.due_ms, NOW_MS + 1000);
	note_summary(&r, false, NOW_MS);
	assert_int_equal(judge(&r, &o).place.due_ms, NOW_MS + WINDOW_MS);
	/* Criticals have summaries of their own, inside a minute. */
	o.subject.severity = SEVERITY_CRITICAL;
	assert_string_equal(judge(&r, &o).place.name, NOISE_STORM_CRITICAL);
	assert_int_equal(judge(&r, &o).place.due_ms, NOW_MS + 1000);
	note_summary(&r, true, NOW_MS);
	assert_int_equal(judge(&r, &o).place.due_ms, NOW_MS + 55000);
	/* The clock was set back: what is to come holds nothing up. */
	note_summary(&r, true, NOW_MS + HOUR_MS);
	assert_int_equal(judge(&r, &o).place.due_ms, NOW_MS + 1000);
}

static void test_criticals_have_their_own_budget(void **state)
{
	CLEANUP(rig_release) struct rig r;

	(void)state;
	rig_init(&r);
	rig_start(&r);
	assert_int_equal(repeats(&r, SEVERITY_HIGH, 30, NOW_MS), 20);
	assert_int_equal(repeats(&r, SEVERITY_CRITICAL, 10, NOW_MS), 4);
	assert_int_equal(repeats(&r, SEVERITY_CRITICAL, 1, NOW_MS + WINDOW_MS),
			 1);
}

/* Groups that begin to wait will be messages: the storm is seen before they
 * leave. One that waits already is none more. */
static void test_waiting_groups_count_once(void **state)
{
	CLEANUP(rig_release) struct rig r;
	struct noise_offer o;
	char group[NOISE_GROUP_MAX];

	(void)state;
	rig_init(&r);
	rig_start(&r);
	o = offer(&r, SEVERITY_HIGH, group, NOW_MS);
	for (int i = 0; i < 200; i++) {
		snprintf(group, sizeof(group), "g%d", i % 20);
		assert_int_equal(pass(&r, &o), NOISE_GROUP);
	}
	snprintf(group, sizeof(group), "one more");
	assert_int_equal(pass(&r, &o), NOISE_STORM);
	snprintf(group, sizeof(group), "g0");
	assert_int_equal(pass(&r, &o), NOISE_STORM);
}

static void test_flush(void **state)
{
	CLEANUP(rig_release) struct rig r;
	struct noise_flush f = { .target = "soc",
				 .worst = SEVERITY_HIGH,
				 .now_ms = NOW_MS };
	struct noise_verdict v;

	(void)state;
	rig_init(&r);
	rig_start(&r);
	f.n_due = 20;
	noise_judge_flush(r.noise, &f, &v);
	assert_int_equal(v.place.cause, NOISE_NONE);
	f.n_due = 21;
	noise_judge_flush(r.noise, &f, &v);
	assert_int_equal(v.place.cause, NOISE_STORM);
	assert_string_equal(v.place.target, "soc");
	assert_string_equal(v.place.name, "");
	assert_int_equal(v.place.due_ms, NOW_MS);
	f.n_due = 11;
	assert_int_equal(repeats(&r, SEVERITY_HIGH, 10, NOW_MS), 10);
	noise_judge_flush(r.noise, &f, &v);
	assert_int_equal(v.place.cause, NOISE_STORM);
	f.n_due = 10;
	noise_judge_flush(r.noise, &f, &v);
	assert_int_equal(v.place.cause, NOISE_NONE);
	f.worst = SEVERITY_CRITICAL;
	f.n_due = 5;
	noise_judge_flush(r.noise, &f, &v);
	assert_string_equal(v.place.name, NOISE_STORM_CRITICAL);
}

/* What waited for its group was counted when it asked, not when it leaves. */
static void test_what_leaves_its_group_is_not_counted_twice(void **state)
{
	CLEANUP(rig_release) struct rig r;
	struct noise_offer o;
	struct noise_notice s;
	char group[NOISE_GROUP_MAX];

	(void)state;
	rig_init(&r);
	rig_start(&r);
	o = offer(&r, SEVERITY_HIGH, group, NOW_MS);
	for (int i = 0; i < 12; i++) {
		snprintf(group, sizeof(group), "g%d", i);
		o.now_ms = NOW_MS;
		o.leaves = NOISE_NONE;
		assert_int_equal(pass(&r, &o), NOISE_GROUP);
		o.now_ms = NOW_MS + 30000;
		o.leaves = NOISE_GROUP;
		s = notice_of(&o, NOISE_NONE);
		noise_note(r.noise, &s);
	}
	assert_int_equal(repeats(&r, SEVERITY_HIGH, 9, NOW_MS + 30000), 8);
}

/*
 * A critical that leaves the storm's bundle alone is a message, and asked when
 * it came there: two in five minutes are half of the limit, and end the storm.
 */
static void test_what_leaves_a_storm_is_not_counted_twice(void **state)
{
	CLEANUP(rig_release) struct rig r;
	int64_t now_ms = NOW_MS;
	struct noise_offer o;
	struct noise_notice s;

	(void)state;
	rig_init(&r);
	rig_start(&r);
	(void)repeats(&r, SEVERITY_CRITICAL, 6, now_ms);
	for (int i = 0; i < 2; i++) {
		now_ms += WINDOW_MS / 3;
		o = offer(&r, SEVERITY_CRITICAL, "g", now_ms);
		assert_int_equal(pass(&r, &o), NOISE_STORM);
		o.leaves = NOISE_STORM;
		s = notice_of(&o, NOISE_NONE);
		noise_note(r.noise, &s);
		note_summary(&r, true, now_ms);
	}
	now_ms = NOW_MS + WINDOW_MS;
	assert_int_equal(noise_storm_since(r.noise, "soc", now_ms), 0);
	o = offer(&r, SEVERITY_CRITICAL, "g", now_ms);
	assert_int_equal(pass(&r, &o), NOISE_NONE);
}

static void test_limits_follow_a_reload(void **state)
{
	CLEANUP(rig_release) struct rig r;

	(void)state;
	rig_init(&r);
	rig_start(&r);
	assert_int_equal(repeats(&r, SEVERITY_HIGH, 21, NOW_MS), 20);
	r.policy.storm.groups = 50;
	noise_set_triage(r.noise, r.triage);
	assert_int_equal(repeats(&r, SEVERITY_HIGH, 60, NOW_MS), 29);
	r.policy.storm.groups = 0;
	assert_int_equal(repeats(&r, SEVERITY_HIGH, 60, NOW_MS), 60);
}

/* A simulated daemon: bundles, and what each message carried. */

#define ALERTS 10000
#define CRITICAL_EACH 333 /* 30 of them */
#define BUNDLES_MAX 11000
#define STEP_MS 250

struct sim_bundle {
	enum noise_cause cause;
	char name[BUNDLE_NAME_MAX];
	int64_t due_ms;
	bool open;
};

struct sim_alert {
	enum severity severity;
	int64_t seen_ms, told_ms; /* told_ms 0: nobody was told yet */
	int bundle; /* -1 none */
	int carried; /* by how many messages */
};

struct sim {
	struct rig rig;
	struct sim_bundle bundles[BUNDLES_MAX];
	int n_bundles;
	struct sim_alert alerts[ALERTS];
	int n_alerts, n_messages;
};

static int sim_place(struct sim *s, const struct bundle_place *p)
{
	struct sim_bundle *b;

	for (int i = 0; i < s->n_bundles; i++) {
		b = &s->bundles[i];
		if (b->open && b->cause == p->cause &&
		    strcmp(b->name, p->name) == 0) {
			b->due_ms = MIN(b->due_ms, p->due_ms);
			return i;
		}
	}
	assert_true(s->n_bundles < BUNDLES_MAX);
	b = &s->bundles[s->n_bundles];
	*b = (struct sim_bundle){ .cause = p->cause,
				  .due_ms = p->due_ms,
				  .open = true };
	memcpy(b->name, p->name, sizeof(b->name));
	return s->n_bundles++;
}

static void sim_tell(struct sim_alert *a, int64_t now_ms)
{
	a->told_ms = now_ms;
	a->carried++;
	a->bundle = -1;
}

static void sim_open(struct sim *s, int64_t now_ms, int groups)
{
	struct sim_alert *a = &s->alerts[s->n_alerts];
	char group[NOISE_GROUP_MAX];
	struct noise_offer o;
	struct noise_verdict v;
	struct noise_notice n;

	*a = (struct sim_alert){ .seen_ms = now_ms, .bundle = -1 };
	a->severity = s->n_alerts % 3 ? SEVERITY_HIGH : SEVERITY_MEDIUM;
	if (s->n_alerts % CRITICAL_EACH == 0 && s->n_alerts > 0)
		a->severity = SEVERITY_CRITICAL;
	snprintf(group, sizeof(group), "g%d", s->n_alerts % groups);
	s->n_alerts++;
	o = offer(&s->rig, a->severity, group, now_ms);
	v = judge(&s->rig, &o);
	n = notice_of(&o, v.place.cause);
	noise_note(s->rig.noise, &n);
	if (v.place.cause == NOISE_NONE) {
		s->n_messages++;
		sim_tell(a, now_ms);
	} else {
		a->bundle = sim_place(s, &v.place);
	}
}

static void sim_send(struct sim *s, int bundle, int64_t now_ms)
{
	struct sim_bundle *b = &s->bundles[bundle];
	bool storm = b->cause == NOISE_STORM;
	struct noise_notice n = { .target = "soc",
				  .group = storm ? NULL : b->name,
				  .severity = SEVERITY_HIGH,
				  .summary = storm,
				  .leaves = b->cause,
				  .now_ms = now_ms };

	if (storm && strcmp(b->name, NOISE_STORM_CRITICAL) == 0)
		n.severity = SEVERITY_CRITICAL;
	noise_note(s->rig.noise, &n);
	s->n_messages++;
	b->open = false;
	for (int i = 0; i < s->n_alerts; i++) {
		if (s->alerts[i].bundle == bundle)
			sim_tell(&s->alerts[i], now_ms);
	}
}

static void sim_move(struct sim *s, int bundle, const struct bundle_place *to)
{
	int there = sim_place(s, to);

	s->bundles[bundle].open = false;
	for (int i = 0; i < s->n_alerts; i++) {
		if (s->alerts[i].bundle == bundle)
			s->alerts[i].bundle = there;
	}
}

static bool is_due(const struct sim *s, int i, enum noise_cause cause,
		   int64_t now_ms)
{
	return s->bundles[i].open && s->bundles[i].cause == cause &&
	       s->bundles[i].due_ms <= now_ms;
}

static void sim_tick(struct sim *s, int64_t now_ms)
{
	struct noise_flush f = { .target = "soc",
				 .worst = SEVERITY_HIGH,
				 .now_ms = now_ms };
	struct noise_verdict v;

	for (int i = 0; i < s->n_bundles; i++)
		f.n_due += is_due(s, i, NOISE_GROUP, now_ms);
	if (f.n_due > 0)
		noise_judge_flush(s->rig.noise, &f, &v);
	for (int i = 0; i < s->n_bundles; i++) {
		if (!is_due(s, i, NOISE_GROUP, now_ms))
			continue;
		if (v.place.cause == NOISE_NONE)
			sim_send(s, i, now_ms);
		else
			sim_move(s, i, &v.place);
	}
	for (int i = 0; i < s->n_bundles; i++) {
		if (is_due(s, i, NOISE_STORM, now_ms))
			sim_send(s, i, now_ms);
	}
}

static bool sim_waits(const struct sim *s)
{
	for (int i = 0; i < s->n_bundles; i++) {
		if (s->bundles[i].open)
			return true;
	}
	return false;
}

static void sim_run(struct sim *s, int groups)
{
	int64_t now_ms = NOW_MS;

	rig_init(&s->rig);
	rig_start(&s->rig);
	while (s->n_alerts < ALERTS || sim_waits(s)) {
		int due = (int)((now_ms - NOW_MS) * ALERTS / WINDOW_MS);

		while (s->n_alerts < MIN(due, ALERTS))
			sim_open(s, now_ms, groups);
		sim_tick(s, now_ms);
		now_ms += STEP_MS;
		assert_true(now_ms < NOW_MS + HOUR_MS);
	}
}

static void sim_check(const struct sim *s)
{
	int critical = 0;

	for (int i = 0; i < ALERTS; i++) {
		const struct sim_alert *a = &s->alerts[i];
		int64_t late_ms = a->told_ms - a->seen_ms;

		assert_int_equal(a->carried, 1);
		assert_true(late_ms <= 2 * WINDOW_MS);
		if (a->severity != SEVERITY_CRITICAL)
			continue;
		critical++;
		assert_true(late_ms <= MINUTE_MS - STEP_MS);
	}
	assert_int_equal(critical, 30);
	if (s->n_messages > 12)
		fail_msg("%d messages", s->n_messages);
	assert_true(s->n_messages >= 5);
}

/* Ten thousand alerts in five minutes, 30 of them critical: a dozen messages
 * at most, each alert in exactly one of them, each critical inside a minute. */
static void test_ten_thousand_alerts(void **state)
{
	static const int groups[] = { ALERTS, 500, 40 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		struct sim *s = xcalloc(1, sizeof(*s));

		sim_run(s, groups[i]);
		sim_check(s);
		rig_release(&s->rig);
		free(s);
	}
}

/* What is filled in from the store gives the verdicts that would have been
 * given without the restart. */

#define EVENTS 4000

struct random {
	uint64_t x;
};

static unsigned draw(struct random *r, unsigned below)
{
	r->x ^= r->x << 13;
	r->x ^= r->x >> 7;
	r->x ^= r->x << 17;
	return (unsigned)(r->x >> 33) % below;
}

static void random_offer(struct random *r, struct rig *rig, char *group,
			 struct noise_offer *ret)
{
	static const char *const tactics[] = { NULL, "Impact", "Discovery",
					       "Execution,Impact" };

	snprintf(group, NOISE_GROUP_MAX, "g%u", draw(r, 30));
	free(rig->alert.tactics);
	rig->alert.tactics = xstrdup(tactics[draw(r, 4)]);
	ret->group = group;
	ret->subject.severity = (enum severity)(SEVERITY_LOW + draw(r, 4));
	if (ret->subject.severity == SEVERITY_CRITICAL && draw(r, 4))
		ret->subject.severity = SEVERITY_HIGH;
	ret->first = draw(r, 3) != 0;
	/* Now a storm, now a calm. */
	ret->now_ms += draw(r, draw(r, 40) ? 20000 : 900000);
}

static void assert_same(const struct noise_verdict *a,
			const struct noise_verdict *b)
{
	assert_int_equal(a->place.cause, b->place.cause);
	assert_string_equal(a->place.name, b->place.name);
	assert_int_equal(a->place.due_ms, b->place.due_ms);
	assert_int_equal(a->breaks_out, b->breaks_out);
}

static void test_restart(void **state)
{
	static struct noise_notice notes[EVENTS];
	static char names[EVENTS][NOISE_GROUP_MAX];
	CLEANUP(rig_release) struct rig r;
	struct random random = { .x = UINT64_C(20261121) };
	struct noise *other = NULL;
	struct noise_verdict v, again;
	struct noise_offer o;
	int causes[NOISE_CAUSE_MAX] = { 0 };

	(void)state;
	rig_init(&r);
	rig_start(&r);
	o = offer(&r, SEVERITY_HIGH, NULL, NOW_MS);
	for (int i = 0; i < EVENTS; i++) {
		random_offer(&random, &r, names[i], &o);
		if (i % 100 == 0) { /* a restart */
			noise_free(other);
			other = noise_new(r.triage);
			for (int j = 0; j < i; j++) {
				if (notes[j].now_ms >
				    o.now_ms - NOISE_REMEMBER_MS)
					noise_note(other, &notes[j]);
			}
		}
		v = judge(&r, &o);
		noise_judge(other, &o, &again);
		assert_same(&v, &again);
		causes[v.place.cause]++;
		notes[i] = notice_of(&o, v.place.cause);
		/* The alert changes: the tactics must outlive it. */
		notes[i].tactics = o.subject.alert->tactics ? "Impact" : NULL;
		noise_note(r.noise, &notes[i]);
		noise_note(other, &notes[i]);
	}
	noise_free(other);
	/* It was no easy life. */
	assert_true(causes[NOISE_NONE] > 100);
	assert_true(causes[NOISE_GROUP] > 100);
	assert_true(causes[NOISE_STORM] > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_more_than_the_limit),
		cmocka_unit_test(test_clock_set_back),
		cmocka_unit_test(test_ends_at_half),
		cmocka_unit_test(test_summaries_keep_their_distance),
		cmocka_unit_test(test_criticals_have_their_own_budget),
		cmocka_unit_test(test_waiting_groups_count_once),
		cmocka_unit_test(test_flush),
		cmocka_unit_test(
			test_what_leaves_its_group_is_not_counted_twice),
		cmocka_unit_test(test_what_leaves_a_storm_is_not_counted_twice),
		cmocka_unit_test(test_limits_follow_a_reload),
		cmocka_unit_test(test_ten_thousand_alerts),
		cmocka_unit_test(test_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
