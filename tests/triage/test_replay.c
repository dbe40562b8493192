/* A life once more: what comes out for what goes in, on the virtual clock. */
#include "triage/replay.h"

#include <stdio.h>
#include "triage/fixture.h"
#include "util/strbuf.h"

#define ALERT 7

struct scene {
	struct policy policy;
	struct triage *triage;
	struct pause pauses[1];
	struct replay *replay;
	struct replay_life *life;
	struct alert alert;
	const char *owner; /* to assign it to */
	int64_t until_ms; /* to hold it */
	bool deaf; /* nothing gets there */
	struct strbuf out; /* one line each, in minutes from NOW_MS */
};

static void add_minute(struct scene *s, int64_t now_ms)
{
	strbuf_addf(&s->out, "%s%lld ", s->out.len ? "; " : "",
		    (long long)((now_ms - NOW_MS) / MINUTE_MS));
}

static int on_decision(void *ctx, void *of, int64_t episode,
		       const struct decision *d, int64_t now_ms,
		       struct err *err)
{
	static const char *const words[] = {
		[TRANSITION_NONE] = "none",
		[TRANSITION_OPENED] = "opened",
		[TRANSITION_SEEN_CLOSED] = "seen-closed",
		[TRANSITION_UPDATED] = "updated",
		[TRANSITION_CLOSED] = "closed",
		[TRANSITION_REOPENED] = "reopened",
		[TRANSITION_STALE] = "stale",
	};
	struct scene *s = ctx;

	(void)err;
	assert_ptr_equal(of, s);
	add_minute(s, now_ms);
	strbuf_addf(&s->out, "%s %s/%lld", words[d->transition],
		    severity_name(d->severity), (long long)episode);
	return 0;
}

static int on_clock(void *ctx, void *of, const struct clock_row *row,
		    struct err *err)
{
	struct scene *s = ctx;

	(void)of;
	(void)err;
	if (row->stopped_ms)
		strbuf_addf(&s->out, "; clock %s",
			    row->breached_ms ? "breached" : "met");
	return 0;
}

static int on_route(void *ctx, void *of, int64_t episode, const char *route,
		    struct err *err)
{
	(void)ctx;
	(void)of;
	(void)err;
	assert_true(episode > 0);
	assert_true(strcmp(route, "all") == 0 || strcmp(route, "daily") == 0);
	return 0;
}

static int on_notice(void *ctx, struct replay_notice *n, struct err *err)
{
	struct scene *s = ctx;

	(void)err;
	assert_ptr_equal(n->of, s);
	add_minute(s, n->at_ms);
	if (n->alert_id != ALERT)
		strbuf_addf(&s->out, "#%lld ", (long long)n->alert_id);
	strbuf_addf(&s->out, "%s %s", notice_kind_name(n->kind), n->target);
	return 0;
}

static int on_held(void *ctx, const struct replay_notice *n,
		   const struct bundle_place *place, struct err *err)
{
	struct scene *s = ctx;

	(void)n;
	(void)err;
	strbuf_addf(&s->out, " (%s)", noise_cause_name(place->cause));
	return 0;
}

static int on_sent(void *ctx, const struct replay_notice *n,
		   struct replay_message *m, struct err *err)
{
	struct scene *s = ctx;

	(void)n;
	(void)err;
	if (s->deaf)
		m->heard_ms = 0;
	return 0;
}

static int on_dropped(void *ctx, const struct replay_notice *n,
		      enum bundle_outcome outcome, int64_t now_ms,
		      struct err *err)
{
	(void)ctx;
	(void)n;
	(void)outcome;
	(void)now_ms;
	(void)err;
	return 0;
}

/* High: due in 4 h. The team at once, with the boss after 20 min and once more.
 */
static void init_scene(struct scene *s)
{
	const struct replay_out out = { s,	  on_decision, on_clock,
					on_route, on_notice,   on_held,
					on_sent,  on_dropped };
	const struct replay_world world = { .pauses = s->pauses,
					    .n_pauses = 1 };
	struct route *r;
	struct ladder_step *step;
	struct err err = ERR_INIT;

	memset(s, 0, sizeof(*s));
	init_policy(&s->policy);
	s->policy.acknowledge_expires_ms[SEVERITY_HIGH] = 60 * MINUTE_MS;
	r = add_route(&s->policy, "all");
	strlist_add(&add_step(r, AFTER_ELAPSED, 0)->notify, "soc");
	step = add_step(r, AFTER_ELAPSED, 20 * MINUTE_MS);
	strlist_add(&step->notify, "boss");
	step->repeat_ms = 10 * MINUTE_MS;
	step->times = 1;
	s->triage = triage_new(&s->policy, NOW_MS, NULL, &err);
	if (!s->triage)
		fail_msg("%s", err.text);
	s->replay = replay_new(s->triage, &world, &out);
	s->life = replay_begin(s->replay, ALERT, s);
	alert_init(&s->alert);
	s->alert.kind = xstrdup(ALERT_KIND_ARM);
	s->alert.title = xstrdup("Suspicious process");
	s->alert.base = SEVERITY_HIGH;
	s->alert.created_ms = NOW_MS - 5 * MINUTE_MS;
}

static void release_scene(struct scene *s)
{
	s->replay = replay_free(s->replay);
	s->triage = triage_free(s->triage);
	alert_release(&s->alert);
	policy_release(&s->policy);
	strbuf_release(&s->out);
}

/* Did it happen? */
static bool happen(struct scene *s, enum replay_kind kind, int64_t minute)
{
	const struct replay_item item = {
		.kind = kind,
		.at_ms = NOW_MS + minute * MINUTE_MS,
		.alert = &s->alert,
		.who = "ada",
		.owner = s->owner,
		.until_ms = s->until_ms,
	};
	struct err err = ERR_INIT;
	int rc = replay_happen(s->replay, s->life, &item, &err);

	if (rc < 0)
		fail_msg("%s", err.text);
	return rc > 0;
}

/* What came out since the last look, gone on to @minute. */
static void assert_out(struct scene *s, int64_t minute, const char *wanted)
{
	assert_int_equal(replay_run(s->replay, NOW_MS + minute * MINUTE_MS,
				    NULL),
			 0);
	assert_string_equal(s->out.len ? s->out.buf : "", wanted);
	strbuf_release(&s->out);
}

static void set_title(struct scene *s, const char *title)
{
	free(s->alert.title);
	s->alert.title = xstrdup(title);
}

static void test_ladder_and_clock_in_order(void **state)
{
	struct scene s;

	(void)state;
	init_scene(&s);
	assert_true(happen(&s, REPLAY_SAID, 0));
	assert_out(&s, 19, "0 opened high/1; 0 opened soc");
	assert_out(&s, 29, "20 escalated soc; 20 escalated boss");
	assert_out(&s, 191, "30 escalated soc; 30 escalated boss");
	assert_out(&s, 239, "192 warning boss; 192 warning soc");
	assert_out(&s, 999, "240 breached boss; 240 breached soc");
	assert_true(happen(&s, REPLAY_CLOSED, 1000));
	assert_out(&s, 2000,
		   "; clock breached; 1000 closed boss; 1000 closed soc");
	release_scene(&s);
}

static void test_acknowledgement_runs_out(void **state)
{
	struct scene s;

	(void)state;
	init_scene(&s);
	assert_false(happen(&s, REPLAY_ACKNOWLEDGED, 0)); /* of what? */
	assert_true(happen(&s, REPLAY_SAID, 0));
	assert_true(happen(&s, REPLAY_ACKNOWLEDGED, 10));
	assert_out(&s, 69,
		   "0 opened high/1; 0 opened soc; 10 acknowledged soc");
	assert_int_equal(replay_standing(s.life)->state, ALERT_ACKNOWLEDGED);
	assert_out(&s, 70, "70 escalated soc");
	assert_int_equal(replay_standing(s.life)->state, ALERT_OPEN);
	assert_string_equal(replay_standing(s.life)->acknowledged_by, "ada");
	assert_out(&s, 90, "90 escalated soc; 90 escalated boss");
	release_scene(&s);
}

static void test_pause_does_it_at_its_end(void **state)
{
	struct scene s;

	(void)state;
	init_scene(&s);
	s.pauses[0] = (struct pause){ NOW_MS + 15 * MINUTE_MS,
				      NOW_MS + 300 * MINUTE_MS };
	assert_true(happen(&s, REPLAY_SAID, 0));
	/* Repeats are one page, and of the clock's marks the worst is told. */
	assert_out(&s, 299, "0 opened high/1; 0 opened soc");
	assert_out(&s, 999,
		   "300 breached soc; 300 escalated soc; 300 escalated boss");
	release_scene(&s);
}

static void test_source_closes_and_opens_again(void **state)
{
	struct scene s;

	(void)state;
	init_scene(&s);
	assert_true(happen(&s, REPLAY_SAID, 0));
	assert_false(happen(&s, REPLAY_SAID, 1)); /* nothing new */
	set_title(&s, "Other words");
	assert_true(happen(&s, REPLAY_SAID, 2));
	s.alert.source_state = SOURCE_RESOLVED;
	assert_true(happen(&s, REPLAY_SAID, 3));
	assert_out(&s, 3,
		   "0 opened high/1; 0 opened soc; 2 updated high/1; "
		   "3 closed high/1; clock met; 3 closed soc");
	assert_false(happen(&s, REPLAY_CLOSED, 4));
	assert_false(happen(&s, REPLAY_ACKNOWLEDGED, 4));
	s.alert.source_state = SOURCE_ACTIVE;
	assert_true(happen(&s, REPLAY_SAID, 5));
	/* Who heard of the first episode knows nothing of the second. */
	assert_out(&s, 20, "5 reopened high/2; 5 reopened soc");
	assert_int_equal(replay_standing(s.life)->episode, 2);
	assert_true(happen(&s, REPLAY_MERGED, 21));
	assert_out(&s, 999, "; clock met");
	release_scene(&s);
}

/* An owner and a confirmed level: ladder and triage clock stop, and begin
 * again when both are gone long enough. */
static void test_people_work_on_it(void **state)
{
	struct scene s;

	(void)state;
	init_scene(&s);
	assert_true(happen(&s, REPLAY_SAID, 0));
	s.owner = "team";
	assert_true(happen(&s, REPLAY_ASSIGNED, 5));
	assert_out(&s, 20,
		   "0 opened high/1; 0 opened soc; 20 escalated soc; "
		   "20 escalated boss");
	assert_true(happen(&s, REPLAY_PHASED, 25));
	assert_int_equal(replay_standing(s.life)->state, ALERT_ACKNOWLEDGED);
	assert_true(happen(&s, REPLAY_ACKNOWLEDGED, 26)); /* has no end */
	assert_out(&s, 999,
		   "; clock met; 25 acknowledged boss; 25 acknowledged soc; "
		   "26 acknowledged boss; 26 acknowledged soc");
	s.owner = NULL;
	assert_true(happen(&s, REPLAY_ASSIGNED, 1000));
	assert_out(&s, 1059, "");
	assert_out(&s, 1060, "1060 escalated soc");
	/* No clock of it to resolve: a hold cannot happen. */
	s.until_ms = NOW_MS + 2000 * MINUTE_MS;
	assert_false(happen(&s, REPLAY_HELD, 1061));
	release_scene(&s);
}

static void test_people_open_it_again(void **state)
{
	struct scene s;

	(void)state;
	init_scene(&s);
	assert_true(happen(&s, REPLAY_SAID, 0));
	assert_false(happen(&s, REPLAY_REOPENED, 1));
	assert_true(happen(&s, REPLAY_CLOSED, 2));
	assert_false(happen(&s, REPLAY_PHASED, 3));
	assert_true(happen(&s, REPLAY_REOPENED, 4));
	assert_out(&s, 4,
		   "0 opened high/1; 0 opened soc; clock met; "
		   "2 closed soc; 4 reopened soc");
	assert_int_equal(replay_standing(s.life)->episode, 2);
	assert_true(happen(&s, REPLAY_MERGED, 5));
	assert_false(happen(&s, REPLAY_REOPENED, 6)); /* the other one may */
	release_scene(&s);
}

/* Who never had the message is not told what follows. */
static void test_nobody_heard_of_it(void **state)
{
	struct scene s;

	(void)state;
	init_scene(&s);
	s.deaf = true;
	assert_true(happen(&s, REPLAY_SAID, 0));
	assert_true(happen(&s, REPLAY_ACKNOWLEDGED, 1));
	assert_true(happen(&s, REPLAY_ACKNOWLEDGED, 59)); /* lasts to 119 */
	assert_true(happen(&s, REPLAY_ACKNOWLEDGED, 118));
	assert_true(happen(&s, REPLAY_ACKNOWLEDGED, 177));
	assert_true(happen(&s, REPLAY_ACKNOWLEDGED, 230));
	assert_out(&s, 240,
		   "0 opened high/1; 0 opened soc; "
		   "240 breached oncall");
	release_scene(&s);
}

/* The promotion that asks for another detector nearby. */
static void test_what_is_around_decides(void **state)
{
	struct replay_item item = { .kind = REPLAY_SAID, .at_ms = NOW_MS };
	struct scene s;
	struct rule *r;

	(void)state;
	init_scene(&s);
	r = add_rule(&s.policy, "two");
	r->other_high_type = r->sets_severity = true;
	r->severity = SEVERITY_CRITICAL;
	item.alert = &s.alert;
	item.around.other_high_type = true;
	assert_int_equal(replay_happen(s.replay, s.life, &item, NULL), 1);
	assert_out(&s, 0, "0 opened critical/1; 0 opened soc");
	release_scene(&s);
}

/* What a copy does not have stays, and routes later steps. */
static void test_copies_add_up(void **state)
{
	struct scene s;

	(void)state;
	init_scene(&s);
	strlist_add(&s.policy.routes[0].when.globs[MATCH_ALERT_TYPE], "VM_*");
	s.alert.alert_type = xstrdup("VM_Thing");
	assert_true(happen(&s, REPLAY_SAID, 0));
	free(s.alert.alert_type);
	s.alert.alert_type = NULL;
	assert_true(happen(&s, REPLAY_SAID, 1));
	assert_true(happen(&s, REPLAY_ACKNOWLEDGED, 2));
	assert_out(&s, 62,
		   "0 opened high/1; 0 opened soc; 1 updated high/1; "
		   "2 acknowledged soc; 62 escalated soc");
	release_scene(&s);
}

static void test_digest_is_no_news(void **state)
{
	struct scene s;
	struct digest_plan *plan = xcalloc(1, sizeof(*plan));

	(void)state;
	init_scene(&s);
	free(s.policy.routes[0].name);
	s.policy.routes[0].name = xstrdup("daily");
	strlist_add(&plan->notify, "soc");
	plan->calendar = xstrdup("office");
	s.policy.routes[0].digest = plan;
	assert_true(happen(&s, REPLAY_SAID, 0));
	/* Nobody was told: the fallback hears of the breach. */
	assert_out(&s, 999,
		   "0 opened high/1; 0 opened soc (digest); "
		   "240 breached oncall");
	release_scene(&s);
}

/* One clock for all of them; who is left lives on by what falls due. */
static void test_two_lives_on_one_clock(void **state)
{
	struct replay_life *first;
	struct scene s;

	(void)state;
	init_scene(&s);
	assert_true(happen(&s, REPLAY_SAID, 0));
	first = s.life;
	s.life = replay_begin(s.replay, 8, &s);
	assert_int_equal(replay_standing(s.life)->id, 8);
	assert_true(happen(&s, REPLAY_SAID, 10));
	replay_leave(s.replay, first);
	replay_leave(s.replay, s.life);
	assert_out(&s, 30,
		   "0 opened high/1; 0 opened soc; 10 opened high/1; "
		   "10 #8 opened soc; 20 escalated soc; 20 escalated boss; "
		   "30 escalated soc; 30 escalated boss; "
		   "30 #8 escalated soc; 30 #8 escalated boss");
	release_scene(&s);
}

/* The same route twice named, and two routes to one target: said once. */
static void test_the_same_is_said_once(void **state)
{
	struct scene s;

	(void)state;
	init_scene(&s);
	strlist_add(&s.policy.routes[0].steps[0].notify, "soc");
	assert_true(happen(&s, REPLAY_SAID, 0));
	assert_out(&s, 1, "0 opened high/1; 0 opened soc");
	release_scene(&s);
}

/* An acknowledgement with an end is not made triaged by an owner that was there
 * before: the next act of a person is what triages it. */
static void test_triaged_by_the_act_that_completes_it(void **state)
{
	struct scene s;

	(void)state;
	init_scene(&s);
	assert_true(happen(&s, REPLAY_SAID, 0));
	assert_true(happen(&s, REPLAY_PHASED, 1)); /* nobody has it */
	assert_true(happen(&s, REPLAY_ACKNOWLEDGED, 2)); /* until 62 */
	add_rule(&s.policy, "theirs")->owner = xstrdup("team");
	set_title(&s, "Other words");
	assert_true(happen(&s, REPLAY_SAID, 3)); /* a rule gives it an owner */
	assert_string_equal(replay_standing(s.life)->owner, "team");
	assert_true(happen(&s, REPLAY_PHASED, 4));
	assert_out(&s, 63,
		   "0 opened high/1; 0 opened soc; 2 acknowledged soc; "
		   "3 updated high/1; clock met");
	assert_int_equal(replay_standing(s.life)->state, ALERT_ACKNOWLEDGED);
	release_scene(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ladder_and_clock_in_order),
		cmocka_unit_test(test_acknowledgement_runs_out),
		cmocka_unit_test(test_pause_does_it_at_its_end),
		cmocka_unit_test(test_source_closes_and_opens_again),
		cmocka_unit_test(test_people_work_on_it),
		cmocka_unit_test(test_people_open_it_again),
		cmocka_unit_test(test_nobody_heard_of_it),
		cmocka_unit_test(test_what_is_around_decides),
		cmocka_unit_test(test_copies_add_up),
		cmocka_unit_test(test_digest_is_no_news),
		cmocka_unit_test(test_two_lives_on_one_clock),
		cmocka_unit_test(test_the_same_is_said_once),
		cmocka_unit_test(test_triaged_by_the_act_that_completes_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
