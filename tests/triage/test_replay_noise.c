/* What holds messages back, in a life once more: groups, silences, maintenance,
 * quiet hours and storms, down to the message that goes in the end. */
#include "triage/replay.h"

#include <stdio.h>
#include "triage/fixture.h"
#include "triage/noise_rig.h"
#include "triage/silences.h"
#include "util/strbuf.h"

#define LIVES 8

struct scene {
	struct policy policy;
	struct triage *triage;
	struct silence silence;
	struct pause pause;
	struct replay *replay;
	struct replay_life *lives[LIVES];
	struct alert alerts[LIVES];
	bool deaf; /* nothing gets there */
	struct strbuf out; /* one word each, in minutes from NOW_MS */
};

static int on_decision(void *ctx, void *of, int64_t episode,
		       const struct decision *d, int64_t now_ms,
		       struct err *err)
{
	(void)ctx;
	(void)of;
	(void)episode;
	(void)d;
	(void)now_ms;
	(void)err;
	return 0;
}

static int on_clock(void *ctx, void *of, const struct clock_row *row,
		    struct err *err)
{
	(void)ctx;
	(void)of;
	(void)row;
	(void)err;
	return 0;
}

static int on_route(void *ctx, void *of, int64_t episode, const char *route,
		    struct err *err)
{
	(void)ctx;
	(void)of;
	(void)episode;
	(void)route;
	(void)err;
	return 0;
}

/* "10 #1 opened" */
static void add_notice(struct scene *s, const struct replay_notice *n,
		       int64_t now_ms)
{
	strbuf_addf(&s->out, "%s%lld #%lld %s", s->out.len ? "; " : "",
		    (long long)((now_ms - NOW_MS) / MINUTE_MS),
		    (long long)n->alert_id, notice_kind_name(n->kind));
}

static int on_notice(void *ctx, struct replay_notice *n, struct err *err)
{
	struct scene *s = ctx;

	(void)err;
	add_notice(s, n, n->at_ms);
	return 0;
}

static int on_held(void *ctx, const struct replay_notice *n,
		   const struct bundle_place *place, struct err *err)
{
	struct scene *s = ctx;

	(void)n;
	(void)err;
	strbuf_addf(&s->out, " %s", noise_cause_name(place->cause));
	return 0;
}

static int on_sent(void *ctx, const struct replay_notice *n,
		   struct replay_message *m, struct err *err)
{
	struct scene *s = ctx;

	(void)err;
	if (s->deaf)
		m->heard_ms = 0;
	assert_string_equal(m->target, "soc");
	if (m->cause != NOISE_NONE)
		add_notice(s, n, m->at_ms);
	strbuf_addf(&s->out, " in %lld", (long long)m->number);
	return 0;
}

static int on_dropped(void *ctx, const struct replay_notice *n,
		      enum bundle_outcome outcome, int64_t now_ms,
		      struct err *err)
{
	struct scene *s = ctx;

	(void)err;
	add_notice(s, n, now_ms);
	strbuf_addf(&s->out, " %s",
		    outcome == BUNDLE_NEEDLESS ? "needless" : "merged");
	return 0;
}

/* One target, told at once of everything; no clock. */
static void init_scene(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	init_policy(&s->policy);
	for (int i = 0; i < SEVERITY_MAX; i++)
		s->policy.triage[i].kind = SLA_NONE;
	add_step(add_route(&s->policy, "all"), AFTER_ELAPSED, 0);
}

static void start(struct scene *s)
{
	const struct replay_out out = { s,	  on_decision, on_clock,
					on_route, on_notice,   on_held,
					on_sent,  on_dropped };
	const struct replay_world world = { &s->pause, 1, &s->silence,
					    s->silence.id != 0 };
	struct err err = ERR_INIT;

	s->triage = triage_new(&s->policy, NOW_MS, NULL, &err);
	if (!s->triage)
		fail_msg("%s", err.text);
	s->replay = replay_new(s->triage, &world, &out);
	for (int i = 0; i < LIVES; i++) {
		struct alert *a = &s->alerts[i];

		s->lives[i] = replay_begin(s->replay, i, s);
		alert_init(a);
		a->kind = xstrdup(ALERT_KIND_ARM);
		a->tenant = xstrdup("t");
		a->title = xasprintf("Suspicious scan %d", i);
		a->alert_type = xasprintf("VM_Scan%d", i);
		a->base = SEVERITY_HIGH;
		a->created_ms = NOW_MS - MINUTE_MS;
	}
}

static void release_scene(struct scene *s)
{
	s->replay = replay_free(s->replay);
	s->triage = triage_free(s->triage);
	for (int i = 0; i < LIVES; i++)
		alert_release(&s->alerts[i]);
	silence_release(&s->silence);
	policy_release(&s->policy);
	strbuf_release(&s->out);
}

static void happen(struct scene *s, int life, enum replay_kind kind,
		   int64_t minute)
{
	const struct replay_item item = {
		.kind = kind,
		.at_ms = NOW_MS + minute * MINUTE_MS,
		.alert = &s->alerts[life],
		.who = "soc",
	};
	struct err err = ERR_INIT;

	if (replay_happen(s->replay, s->lives[life], &item, &err) != 1)
		fail_msg("it did not happen: %s", err.text);
}

static void said(struct scene *s, int life, int64_t minute)
{
	happen(s, life, REPLAY_SAID, minute);
}

/* What came out since the last look, gone on to @minute. */
static void assert_out(struct scene *s, int64_t minute, const char *wanted)
{
	int64_t end_ms = NOW_MS + minute * MINUTE_MS;

	assert_int_equal(replay_run(s->replay, end_ms, NULL), 0);
	assert_string_equal(s->out.len ? s->out.buf : "", wanted);
	strbuf_release(&s->out);
}

/* The first two are of one incident. */
static void make_group(struct scene *s)
{
	s->alerts[0].incident = xstrdup("i");
	s->alerts[1].incident = xstrdup("i");
}

static void add_silence(struct scene *s, int64_t from, int64_t to)
{
	struct silence *v = &s->silence;

	v->id = 3;
	v->created_ms = v->starts_ms = NOW_MS + from * MINUTE_MS;
	v->ends_ms = NOW_MS + to * MINUTE_MS;
	assert_int_equal(silence_parse_when("title=*scan*", v, NULL), 0);
}

static void test_a_group_is_one_message(void **state)
{
	struct scene s;

	(void)state;
	init_scene(&s);
	s.policy.group_wait_ms[SEVERITY_HIGH] = 2 * MINUTE_MS;
	start(&s);
	make_group(&s);
	said(&s, 0, 0);
	said(&s, 1, 1);
	said(&s, 2, 1);
	/* Who waits was not told: there is nobody to answer. */
	happen(&s, 2, REPLAY_ACKNOWLEDGED, 1);
	assert_out(&s, 9,
		   "0 #0 opened group; 1 #1 opened group; 1 #2 opened group; "
		   "2 #0 opened in 1; 2 #1 opened in 1; 3 #2 opened needless");
	happen(&s, 1, REPLAY_ACKNOWLEDGED, 10);
	assert_out(&s, 19, "10 #1 acknowledged in 2");
	release_scene(&s);
}

/* What is due at a moment goes after all that a page brought then. */
static void test_breaking_out_takes_the_group_along(void **state)
{
	struct scene s;

	(void)state;
	init_scene(&s);
	s.policy.group_wait_ms[SEVERITY_HIGH] = 20 * MINUTE_MS;
	start(&s);
	make_group(&s);
	s.alerts[2].incident = xstrdup("i");
	s.alerts[1].tactics = xstrdup("Persistence");
	said(&s, 0, 0);
	said(&s, 1, 5);
	said(&s, 2, 5);
	assert_out(&s, 30,
		   "0 #0 opened group; 5 #1 opened group; 5 #2 opened group; "
		   "5 #0 opened in 1; 5 #1 opened in 1; 5 #2 opened in 1");
	s.alerts[3].incident = xstrdup("i");
	s.alerts[3].base = SEVERITY_CRITICAL;
	said(&s, 3, 31);
	assert_out(&s, 32, "31 #3 opened in 2");
	release_scene(&s);
}

static void test_a_silence_ends_before_its_time(void **state)
{
	struct scene s;

	(void)state;
	init_scene(&s);
	add_silence(&s, 5, 60);
	s.silence.ended_ms = NOW_MS + 30 * MINUTE_MS;
	start(&s);
	said(&s, 0, 4); /* nobody knew of it yet */
	said(&s, 1, 6);
	said(&s, 2, 7);
	happen(&s, 2, REPLAY_CLOSED, 8);
	assert_out(&s, 29,
		   "4 #0 opened in 1; 6 #1 opened silence; "
		   "7 #2 opened silence");
	assert_out(&s, 31, "30 #2 opened needless; 30 #1 opened in 2");
	said(&s, 3, 40);
	assert_out(&s, 41, "40 #3 opened in 3");
	release_scene(&s);
}

/* Down when it ends: it is told at the start. */
static void test_quiet_hours_end_in_a_pause(void **state)
{
	struct scene s;

	(void)state;
	init_scene(&s);
	add_quiet(&s.policy, "soc", 700, 730); /* until minute 10 */
	s.pause = (struct pause){ NOW_MS + 2 * MINUTE_MS,
				  NOW_MS + 90 * MINUTE_MS };
	start(&s);
	said(&s, 0, 0);
	assert_out(&s, 89, "0 #0 opened quiet");
	assert_out(&s, 91, "90 #0 opened in 1");
	release_scene(&s);
}

/* One cause ends, another goes on: it moves, and waits. */
static void test_from_quiet_hours_into_a_silence(void **state)
{
	struct scene s;

	(void)state;
	init_scene(&s);
	add_quiet(&s.policy, NULL, 700, 730);
	add_silence(&s, 5, 60);
	start(&s);
	said(&s, 0, 0);
	said(&s, 1, 6);
	assert_out(&s, 59, "0 #0 opened quiet; 6 #1 opened silence silence");
	assert_out(&s, 61, "60 #0 opened in 1; 60 #1 opened in 1");
	release_scene(&s);
}

static void test_a_storm_is_one_summary(void **state)
{
	struct scene s;

	(void)state;
	init_scene(&s);
	s.policy.storm =
		(struct storm_plan){ 2, 60 * MINUTE_MS, 30 * MINUTE_MS };
	start(&s);
	for (int i = 0; i < 5; i++)
		said(&s, i, i);
	happen(&s, 0, REPLAY_ACKNOWLEDGED, 5); /* the answer waits, too */
	assert_out(&s, 500,
		   "0 #0 opened in 1; 1 #1 opened in 2; "
		   "2 #2 opened storm; 2 #2 opened in 3; "
		   "3 #3 opened storm; 4 #4 opened storm; "
		   "5 #0 acknowledged storm; "
		   "32 #0 acknowledged in 4; 32 #3 opened in 4; "
		   "32 #4 opened in 4");
	release_scene(&s);
}

/* Groups that are due together and are too many go in one summary. */
static void test_groups_due_together_become_a_storm(void **state)
{
	struct scene s;

	(void)state;
	init_scene(&s);
	s.policy.group_wait_ms[SEVERITY_HIGH] = 5 * MINUTE_MS;
	s.policy.storm =
		(struct storm_plan){ 2, 3 * MINUTE_MS, 30 * MINUTE_MS };
	start(&s);
	for (int i = 0; i < 3; i++)
		said(&s, i, i == 2 ? 4 : 0);
	s.pause = (struct pause){ NOW_MS + 5 * MINUTE_MS,
				  NOW_MS + 20 * MINUTE_MS };
	assert_out(&s, 60,
		   "0 #0 opened group; 0 #1 opened group; 4 #2 opened group "
		   "storm storm storm; 20 #0 opened in 1; 20 #1 opened in 1; "
		   "20 #2 opened in 1");
	release_scene(&s);
}

static void test_unheard_messages_have_no_answer(void **state)
{
	struct scene s;

	(void)state;
	init_scene(&s);
	s.deaf = true;
	start(&s);
	said(&s, 0, 0);
	happen(&s, 0, REPLAY_ACKNOWLEDGED, 1);
	assert_out(&s, 2, "0 #0 opened in 1");
	release_scene(&s);
}

/* From before the first run: one summary, and nobody was told by it. */
static void test_the_first_run_is_collected(void **state)
{
	struct scene s;

	(void)state;
	init_scene(&s);
	free(s.policy.fallback);
	s.policy.fallback = xstrdup("soc");
	s.policy.import_horizon_ms = 60 * MINUTE_MS;
	start(&s);
	for (int i = 0; i < 2; i++) {
		s.alerts[i].created_ms = NOW_MS - 600 * MINUTE_MS;
		said(&s, i, 0);
	}
	happen(&s, 1, REPLAY_ACKNOWLEDGED, 3);
	assert_out(&s, 9,
		   "0 #0 opened import; 0 #1 opened import; "
		   "1 #0 opened in 1; 1 #1 opened in 1");
	/* Beside all ladders: no policy decides it. */
	happen(&s, 2, REPLAY_SAID, 10);
	happen(&s, 2, REPLAY_TOLD, 10);
	assert_out(&s, 11, "10 #2 opened in 2; 10 #2 opened in 3");
	release_scene(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_group_is_one_message),
		cmocka_unit_test(test_breaking_out_takes_the_group_along),
		cmocka_unit_test(test_a_silence_ends_before_its_time),
		cmocka_unit_test(test_quiet_hours_end_in_a_pause),
		cmocka_unit_test(test_from_quiet_hours_into_a_silence),
		cmocka_unit_test(test_a_storm_is_one_summary),
		cmocka_unit_test(test_groups_due_together_become_a_storm),
		cmocka_unit_test(test_unheard_messages_have_no_answer),
		cmocka_unit_test(test_the_first_run_is_collected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
