/* What decisions, people and time do to one alert: the rules of semantics 3
 * and 5, each with the rows, calls and events that follow. */
#include "triage/casework.h"

#include <stdio.h>
#include "triage/fixture.h"
#include "triage/sla.h"
#include "util/strbuf.h"

#define DAY_MS (24 * HOUR_MS)

/* Everything the book was told, one line each, times from NOW_MS. */
struct record {
	struct strbuf calls, events;
	int n_rows;
	struct clock_row clocks[CLOCK_KIND_MAX];
	int fail_calls; /* the next so many calls fail */
};

struct scene {
	struct policy policy;
	struct triage *triage;
	struct alert alert;
	struct casefile file;
	struct record record;
	struct casebook book;
};

static void add_minute(struct strbuf *to, int64_t now_ms)
{
	strbuf_addf(to, "%s%lld", to->len ? "; " : "",
		    (long long)((now_ms - NOW_MS) / MINUTE_MS));
}

static int on_clock(void *ctx, const struct clock_row *row, struct err *err)
{
	struct record *r = ctx;

	(void)err;
	r->n_rows++;
	r->clocks[row->kind] = *row;
	return 0;
}

static int on_ladder(void *ctx, const struct ladder_row *row, struct err *err)
{
	struct record *r = ctx;

	(void)row;
	(void)err;
	r->n_rows++;
	return 0;
}

static int on_unacknowledge(void *ctx, const struct casefile *c, int64_t now_ms,
			    struct err *err)
{
	struct record *r = ctx;

	(void)c;
	(void)err;
	add_minute(&r->events, now_ms);
	strbuf_addstr(&r->events, " unacknowledge");
	return 0;
}

static int on_call(void *ctx, const struct call *c, struct err *err)
{
	struct record *r = ctx;

	if (r->fail_calls > 0) {
		r->fail_calls--;
		return err_set(err, ERR_STORE, "no room");
	}
	add_minute(&r->calls, c->now_ms);
	strbuf_addf(&r->calls, " %s", notice_kind_name(c->kind));
	if (c->route)
		strbuf_addf(&r->calls, " %s/%d/%d", c->route, c->step,
			    c->repeat);
	if (c->collect_ms)
		strbuf_addf(&r->calls, " at %lld",
			    (long long)((c->collect_ms - NOW_MS) / MINUTE_MS));
	if (!c->notify)
		strbuf_addf(&r->calls, " told%s",
			    c->or_fallback ? " or fallback" : "");
	for (size_t i = 0; c->notify && i < c->notify->n; i++)
		strbuf_addf(&r->calls, " %s", c->notify->v[i]);
	strbuf_addf(&r->calls, " (%s)", c->reason);
	return 0;
}

static int on_event(void *ctx, const struct case_event *e, struct err *err)
{
	static const char *const words[] = {
		[CASE_WARNED_50] = "warned-50",
		[CASE_WARNED_80] = "warned-80",
		[CASE_BREACHED] = "breached",
		[CASE_ACK_EXPIRED] = "ack-expired",
		[CASE_ESCALATED] = "escalated",
		[CASE_STEP_SKIPPED] = "skipped",
		[CASE_UNROUTED] = "unrouted",
		[CASE_HOLD_EXPIRED] = "hold-expired",
	};
	struct record *r = ctx;

	(void)err;
	add_minute(&r->events, e->now_ms);
	strbuf_addf(&r->events, " %s%s%s", words[e->kind],
		    e->clock == CLOCK_RESOLVE ? " resolve" : "",
		    e->before_seen  ? " before seen"
		    : e->while_down ? " while down"
				    : "");
	if (e->route)
		strbuf_addf(&r->events, " %s/%d/%d", e->route, e->step,
			    e->repeat);
	return 0;
}

static struct ladder_step *step(struct route *r, int64_t after_min,
				const char *who)
{
	struct ladder_step *s =
		add_step(r, AFTER_ELAPSED, after_min * MINUTE_MS);

	strlist_release(&s->notify);
	if (who)
		strlist_add(&s->notify, who);
	return s;
}

/* A ladder for everything: anna at once, boss after 20 min and twice more. */
static void init_routes(struct policy *p)
{
	struct route *r = add_route(p, "all");
	struct ladder_step *last;

	step(r, 0, "anna");
	last = step(r, 20, "boss");
	last->repeat_ms = 10 * MINUTE_MS;
	last->times = 2;
}

static int setup(void **state)
{
	struct scene *s = xcalloc(1, sizeof(*s));

	init_policy(&s->policy);
	s->policy.resolve[SEVERITY_HIGH].kind = SLA_ELAPSED;
	s->policy.resolve[SEVERITY_HIGH].elapsed_ms = 5 * DAY_MS;
	s->policy.acknowledge_expires_ms[SEVERITY_HIGH] = 2 * HOUR_MS;
	alert_init(&s->alert);
	s->alert.title = xstrdup("t");
	s->book = (struct casebook){ .ctx = &s->record,
				     .clock = on_clock,
				     .ladder = on_ladder,
				     .unacknowledge = on_unacknowledge,
				     .call = on_call,
				     .event = on_event };
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;

	triage_free(s->triage);
	policy_release(&s->policy);
	alert_release(&s->alert);
	strbuf_release(&s->record.calls);
	strbuf_release(&s->record.events);
	free(s);
	return 0;
}

static void make(struct scene *s)
{
	struct err err = ERR_INIT;

	triage_free(s->triage);
	s->triage = triage_new(&s->policy, NOW_MS, NULL, &err);
	if (!s->triage)
		fail_msg("%s", err.text);
}

static struct casework at_ms(struct scene *s, int64_t now_ms)
{
	return (struct casework){ .triage = s->triage,
				  .file = &s->file,
				  .alert = &s->alert,
				  .now_ms = now_ms,
				  .book = &s->book };
}

static void follow(struct scene *s, const struct decision *d, int64_t minute)
{
	struct casework w = at_ms(s, NOW_MS + minute * MINUTE_MS);
	enum severity from = s->file.severity;
	struct err err = ERR_INIT;

	s->file.severity = d->severity;
	if (casework_follow(&w, d, from, &err) < 0)
		fail_msg("%s", err.text);
}

static void opens(struct scene *s, enum severity severity)
{
	struct decision d = { .transition = TRANSITION_OPENED,
			      .severity = severity,
			      .ladder_start = true };

	if (!s->triage)
		make(s);
	s->file = (struct casefile){ .alert_id = 7,
				     .episode = 1,
				     .severity = severity };
	assert_int_equal(sla_plan(s->triage, severity, NOW_MS, &d.clock, NULL),
			 0);
	d.clock_start = d.clock.due_ms != 0;
	follow(s, &d, 0);
}

static void changes(struct scene *s, enum severity severity, int64_t minute)
{
	struct decision d = {
		.transition = TRANSITION_UPDATED,
		.severity = severity,
		.severity_rose = severity > s->file.severity,
		.severity_fell =
			severity<s->file.severity, .ladder_start = severity> s
				->file.severity,
		.ladder_stop = severity == SEVERITY_INFO,
	};

	follow(s, &d, minute);
}

static void tick_from(struct scene *s, int64_t minute, int64_t up_minute)
{
	struct casework w = at_ms(s, NOW_MS + minute * MINUTE_MS);
	struct err err = ERR_INIT;

	w.up_since_ms = NOW_MS + up_minute * MINUTE_MS;
	if (casework_tick(&w, &err) < 0)
		fail_msg("%s", err.text);
}

/* As the daemon would: at every moment that something is due. */
static void pass(struct scene *s, int64_t minute)
{
	int64_t end_ms = NOW_MS + minute * MINUTE_MS;
	int64_t next_ms;

	while ((next_ms = casework_next_ms(&s->file)) && next_ms <= end_ms)
		tick_from(s, (next_ms - NOW_MS) / MINUTE_MS, 0);
}

static void acknowledge(struct scene *s, const char *who, int64_t minute)
{
	int64_t now_ms = NOW_MS + minute * MINUTE_MS;
	struct casework w;
	int64_t life_ms = s->policy.acknowledge_expires_ms[s->file.severity];

	s->file.state = ALERT_ACKNOWLEDGED;
	s->file.acknowledged_by = who;
	s->file.acknowledge_expires_ms = life_ms ? now_ms + life_ms : 0;
	w = at_ms(s, now_ms);
	assert_int_equal(casework_acknowledge(&w, NULL), 0);
}

static void assert_calls(struct scene *s, const char *expected)
{
	assert_string_equal(s->record.calls.len ? s->record.calls.buf : "",
			    expected);
	strbuf_release(&s->record.calls);
}

static void assert_events(struct scene *s, const char *expected)
{
	assert_string_equal(s->record.events.len ? s->record.events.buf : "",
			    expected);
	strbuf_release(&s->record.events);
}

static int64_t due_minute(const struct scene *s, enum clock_kind kind)
{
	return (s->file.clocks[kind].due_ms - NOW_MS) / MINUTE_MS;
}

static void test_a_ladder_from_its_start_to_its_end(void **state)
{
	struct scene *s = *state;

	init_routes(&s->policy);
	opens(s, SEVERITY_MEDIUM);
	assert_calls(s, "0 opened all/0/0 anna (severity medium; step 1 of 2 "
			"of all)");
	/* One write of the clock, one of the ladder. */
	assert_int_equal(s->record.n_rows, 2);
	pass(s, 11 * 60);
	assert_calls(s, "20 escalated all/1/0 boss (severity medium, nobody "
			"has answered; step 2 of 2 of all); "
			"30 escalated all/1/1 boss (severity medium, nobody "
			"has answered; step 2 of 2 of all, repeated); "
			"40 escalated all/1/2 boss (severity medium, nobody "
			"has answered; step 2 of 2 of all, repeated)");
	assert_events(s, "20 escalated all/1/0; 30 escalated all/1/1; "
			 "40 escalated all/1/2");
	assert_int_equal(s->file.ladders[0].next_ms, 0);
}

/* Nobody has answered for what was worse: who was to hear of it hears of it,
 * and of info nobody does. */
static void test_a_fall_changes_no_ladder(void **state)
{
	struct scene *s = *state;

	init_routes(&s->policy);
	strlist_add(&s->policy.routes[0].when.globs[MATCH_SEVERITY], "high");
	step(add_route(&s->policy, "rest"), 0, "carl");
	opens(s, SEVERITY_HIGH);
	assert_calls(s, "0 opened all/0/0 anna (severity high; step 1 of 2 "
			"of all)");
	changes(s, SEVERITY_LOW, 10);
	assert_calls(s, "");
	pass(s, 20);
	assert_calls(s, "20 escalated all/1/0 boss (severity low, nobody "
			"has answered; step 2 of 2 of all)");
	changes(s, SEVERITY_INFO, 25);
	pass(s, 60);
	assert_calls(s, "");
	assert_int_equal(s->file.ladders[0].next_ms, 0);
}

static void test_both_clocks_warn_and_breach_once(void **state)
{
	struct scene *s = *state;

	opens(s, SEVERITY_HIGH);
	assert_int_equal(due_minute(s, CLOCK_TRIAGE), 240);
	assert_int_equal(due_minute(s, CLOCK_RESOLVE), 5 * 24 * 60);
	assert_calls(s, "0 opened oncall (severity high; no route covers it, "
			"you are the fallback)");
	pass(s, 300);
	assert_calls(s, "192 warning told (you were told about it and its "
			"triage clock is at 80 %); "
			"240 breached told or fallback (its triage clock ran "
			"out)");
	assert_events(s, "0 unrouted; 120 warned-50; 192 warned-80; 240 "
			 "breached");
	pass(s, 30 * 24 * 60);
	assert_calls(s, "5760 warning told (you were told about it and its "
			"resolve clock is at 80 %); "
			"7200 breached told or fallback (its resolve clock ran "
			"out)");
	assert_events(s, "3600 warned-50 resolve; 5760 warned-80 resolve; 7200 "
			 "breached resolve");
	assert_int_equal(casework_next_ms(&s->file), 0);
}

static void test_down_over_a_breach_is_one_event(void **state)
{
	struct scene *s = *state;

	init_routes(&s->policy);
	opens(s, SEVERITY_HIGH);
	strbuf_release(&s->record.calls);
	tick_from(s, 300, 299);
	assert_events(s, "300 breached while down; "
			 "300 escalated while down all/1/0");
	assert_calls(s, "300 breached told or fallback (its triage clock ran "
			"out while triaged was down); "
			"300 escalated all/1/0 boss (severity high, nobody has "
			"answered; step 2 of 2 of all)");
}

/* Seen so many minutes after the source had raised it. */
static void opens_late(struct scene *s, enum severity severity, int64_t minute)
{
	struct decision d = { .transition = TRANSITION_OPENED,
			      .severity = severity,
			      .ladder_start = true,
			      .start = START_SOURCE };

	make(s);
	s->file = (struct casefile){ .alert_id = 7,
				     .episode = 1,
				     .severity = severity };
	assert_int_equal(sla_plan(s->triage, severity, NOW_MS, &d.clock, NULL),
			 0);
	d.clock_start = true;
	follow(s, &d, minute);
}

/* One message says that it is there and that its time is over. */
static void test_breached_before_it_was_seen(void **state)
{
	struct scene *s = *state;

	init_routes(&s->policy);
	opens_late(s, SEVERITY_HIGH, 300);
	assert_events(s, "300 breached before seen");
	assert_calls(s, "300 opened all/0/0 anna (severity high; its triage "
			"clock ran out before it was seen; step 1 of 2 of "
			"all)");
	assert_int_equal(due_minute(s, CLOCK_TRIAGE), 240);
	assert_int_equal(s->file.clocks[CLOCK_TRIAGE].breached_ms,
			 s->file.clocks[CLOCK_TRIAGE].due_ms);
	assert_int_equal(s->file.clocks[CLOCK_RESOLVE].started_ms, NOW_MS);
	/* The ladder goes on from the sight, and the breach is told no more. */
	pass(s, 340);
	assert_events(s, "320 escalated all/1/0; 330 escalated all/1/1; "
			 "340 escalated all/1/2");
}

static void test_warned_before_it_was_seen(void **state)
{
	struct scene *s = *state;

	init_routes(&s->policy);
	s->policy.routes[0].n_steps = 1;
	opens_late(s, SEVERITY_HIGH, 200);
	assert_events(s, "200 warned-80 before seen");
	assert_calls(s, "200 opened all/0/0 anna (severity high; its triage "
			"clock was past 80 % when it was seen; step 1 of 1 of "
			"all)");
	pass(s, 240);
	assert_events(s, "240 breached");
	strbuf_release(&s->record.calls);
	opens_late(s, SEVERITY_HIGH, 120);
	assert_events(s, "120 warned-50 before seen");
	assert_calls(s, "120 opened all/0/0 anna (severity high; step 1 of 1 "
			"of all)");
	s->policy.routes[0].n_steps = 2; /* what there is to release */
}

/* Nobody is to be told at once: a breach waits for no step and no digest. */
static void test_breached_before_anybody_is_told(void **state)
{
	struct scene *s = *state;

	init_routes(&s->policy);
	s->policy.routes[0].steps[0].after_ms = 10 * MINUTE_MS;
	opens_late(s, SEVERITY_HIGH, 300);
	assert_events(s, "300 breached before seen");
	assert_calls(s, "300 breached told or fallback (its triage clock ran "
			"out before it was seen)");
}

/* Work has begun at the source: it came too late all the same. */
static void test_late_and_in_progress(void **state)
{
	struct scene *s = *state;
	struct decision d = { .transition = TRANSITION_OPENED,
			      .severity = SEVERITY_HIGH,
			      .clock_start = true,
			      .clock_stop = true,
			      .ladder_start = true };

	init_routes(&s->policy);
	make(s);
	s->file = (struct casefile){ .alert_id = 7,
				     .episode = 1,
				     .severity = SEVERITY_HIGH };
	assert_int_equal(sla_plan(s->triage, SEVERITY_HIGH, NOW_MS, &d.clock,
				  NULL),
			 0);
	follow(s, &d, 300);
	assert_events(s, "300 breached before seen");
	assert_int_not_equal(s->file.clocks[CLOCK_TRIAGE].stopped_ms, 0);
	assert_int_not_equal(s->file.clocks[CLOCK_TRIAGE].breached_ms, 0);
}

/* The clock of a level without triage counts from the same moment. */
static void test_resolve_alone_starts_with_the_source(void **state)
{
	struct scene *s = *state;
	struct decision d = { .transition = TRANSITION_OPENED,
			      .severity = SEVERITY_HIGH,
			      .ladder_start = true };

	s->policy.triage[SEVERITY_HIGH].kind = SLA_NONE;
	init_routes(&s->policy);
	make(s);
	s->file = (struct casefile){ .alert_id = 7,
				     .episode = 1,
				     .severity = SEVERITY_HIGH };
	assert_int_equal(sla_plan(s->triage, SEVERITY_HIGH, NOW_MS, &d.clock,
				  NULL),
			 0);
	follow(s, &d, 30);
	assert_int_equal(s->file.clocks[CLOCK_TRIAGE].started_ms, 0);
	assert_int_equal(s->file.clocks[CLOCK_RESOLVE].started_ms, NOW_MS);
}

static void test_what_stops_which_clock(void **state)
{
	struct scene *s = *state;
	struct casework w;
	struct decision progress = { .transition = TRANSITION_UPDATED,
				     .severity = SEVERITY_HIGH,
				     .clock_stop = true };
	struct decision closed = { .transition = TRANSITION_CLOSED,
				   .severity = SEVERITY_HIGH,
				   .clock_stop = true,
				   .ladder_stop = true };

	init_routes(&s->policy);
	opens(s, SEVERITY_HIGH);
	/* Work has begun at the source: people still hear of it. */
	follow(s, &progress, 5);
	assert_int_equal(s->file.clocks[CLOCK_TRIAGE].stopped_ms,
			 NOW_MS + 5 * MINUTE_MS);
	assert_int_equal(s->file.clocks[CLOCK_RESOLVE].stopped_ms, 0);
	assert_int_not_equal(s->file.ladders[0].next_ms, 0);
	follow(s, &closed, 6);
	assert_int_equal(s->file.clocks[CLOCK_RESOLVE].stopped_ms,
			 NOW_MS + 6 * MINUTE_MS);
	assert_int_equal(casework_next_ms(&s->file), 0);

	opens(s, SEVERITY_HIGH);
	acknowledge(s, "anna", 5);
	assert_int_equal(s->file.clocks[CLOCK_TRIAGE].stopped_ms, 0);
	assert_int_equal(s->file.ladders[0].next_ms, 0);
	w = at_ms(s, NOW_MS + 9 * MINUTE_MS);
	assert_int_equal(casework_triaged(&w, NULL), 0);
	assert_int_equal(s->file.clocks[CLOCK_TRIAGE].stopped_ms,
			 NOW_MS + 9 * MINUTE_MS);
	w = at_ms(s, NOW_MS + 8 * DAY_MS);
	assert_int_equal(casework_close(&w, "closed", NULL), 0);
	assert_int_equal(s->file.clocks[CLOCK_TRIAGE].stopped_ms,
			 NOW_MS + 9 * MINUTE_MS);
	/* Late, before anybody looked: breached all the same. */
	assert_int_equal(s->file.clocks[CLOCK_RESOLVE].breached_ms,
			 NOW_MS + 5 * DAY_MS);

	s->policy.ack_counts = true;
	opens(s, SEVERITY_HIGH);
	acknowledge(s, "anna", 5);
	assert_int_equal(s->file.clocks[CLOCK_TRIAGE].stopped_ms,
			 NOW_MS + 5 * MINUTE_MS);
}

static void test_an_acknowledgement_runs_out(void **state)
{
	struct scene *s = *state;

	init_routes(&s->policy);
	opens(s, SEVERITY_HIGH);
	acknowledge(s, "anna", 5);
	strbuf_release(&s->record.calls);
	pass(s, 119);
	assert_calls(s, "");
	assert_events(s, "");
	pass(s, 125);
	assert_calls(s, "125 escalated all/0/0 anna (anna acknowledged it and "
			"nothing followed; step 1 of 2 of all)");
	assert_events(s, "120 warned-50; 125 unacknowledge; 125 ack-expired");
	assert_int_equal(s->file.state, ALERT_OPEN);
	pass(s, 150);
	assert_events(s, "145 escalated all/1/0");
	/* One that never runs out. */
	s->policy.acknowledge_expires_ms[SEVERITY_HIGH] = 0;
	strbuf_release(&s->record.calls);
	acknowledge(s, "anna", 151);
	pass(s, 100 * 60);
	assert_null(strstr(s->record.calls.buf, "escalated"));
}

static void test_severity_moves_the_due_times(void **state)
{
	struct scene *s = *state;

	init_routes(&s->policy);
	opens(s, SEVERITY_MEDIUM);
	assert_int_equal(due_minute(s, CLOCK_TRIAGE), 24 * 60);
	strbuf_release(&s->record.calls);
	changes(s, SEVERITY_HIGH, 60);
	assert_int_equal(due_minute(s, CLOCK_TRIAGE), 240);
	/* The resolve clock that the rise brings began with the episode. */
	assert_int_equal(due_minute(s, CLOCK_RESOLVE), 5 * 24 * 60);
	assert_calls(s, "60 updated all/0/0 anna (severity rose from medium to "
			"high; step 1 of 2 of all)");
	/* Up to critical: never less than a quarter of an hour. */
	changes(s, SEVERITY_CRITICAL, 100);
	assert_int_equal(due_minute(s, CLOCK_TRIAGE), 115);
	/* Down: from the same start, and the ladder goes on. */
	strbuf_release(&s->record.calls);
	changes(s, SEVERITY_MEDIUM, 101);
	assert_int_equal(due_minute(s, CLOCK_TRIAGE), 24 * 60);
	assert_int_equal(s->file.ladders[0].next_ms, NOW_MS + 120 * MINUTE_MS);
	assert_calls(s, "");
}

static void test_a_breach_stays_a_breach(void **state)
{
	struct scene *s = *state;

	opens(s, SEVERITY_HIGH);
	pass(s, 240);
	strbuf_release(&s->record.events);
	changes(s, SEVERITY_MEDIUM, 241);
	assert_int_equal(s->file.clocks[CLOCK_TRIAGE].breached_ms,
			 NOW_MS + 240 * MINUTE_MS);
	pass(s, 48 * 60);
	assert_null(strstr(s->record.events.buf ? s->record.events.buf : "",
			   "breached"));
	strbuf_release(&s->record.events);

	/* Due before the change, and nobody had looked yet. */
	opens(s, SEVERITY_HIGH);
	strbuf_release(&s->record.events);
	changes(s, SEVERITY_MEDIUM, 240);
	assert_events(s, "240 breached");
	assert_int_equal(s->file.clocks[CLOCK_TRIAGE].breached_ms,
			 NOW_MS + 240 * MINUTE_MS);
}

static void test_information_and_back(void **state)
{
	struct scene *s = *state;
	struct casework w;

	init_routes(&s->policy);
	opens(s, SEVERITY_HIGH);
	changes(s, SEVERITY_INFO, 10);
	assert_int_equal(casework_next_ms(&s->file), 0);
	assert_int_equal(s->file.clocks[CLOCK_TRIAGE].stopped_ms,
			 NOW_MS + 10 * MINUTE_MS);
	strbuf_release(&s->record.calls);
	changes(s, SEVERITY_MEDIUM, 20);
	/* The clock it had goes on from its start. */
	assert_int_equal(s->file.clocks[CLOCK_TRIAGE].stopped_ms, 0);
	assert_int_equal(due_minute(s, CLOCK_TRIAGE), 240);
	assert_calls(s, "20 updated all/0/0 anna (severity rose from info to "
			"medium; step 1 of 2 of all)");
	/* One that was stopped by a person stays so. */
	w = at_ms(s, NOW_MS + 30 * MINUTE_MS);
	assert_int_equal(casework_triaged(&w, NULL), 0);
	changes(s, SEVERITY_CRITICAL, 40);
	assert_int_equal(s->file.clocks[CLOCK_TRIAGE].stopped_ms,
			 NOW_MS + 30 * MINUTE_MS);

	strbuf_release(&s->record.calls);
	opens(s, SEVERITY_INFO);
	assert_calls(s, "");
	assert_int_equal(casework_next_ms(&s->file), 0);
}

/* Nobody needs to have acknowledged it: the ladders stop with the clock. */
/* Only high has a resolve clock here: it waits for high to come back, whatever
 * lies between. */
static void test_levels_without_a_clock(void **state)
{
	static const struct {
		enum severity way[3];
		bool runs[3];
	} rows[] = {
		{ { SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH },
		  { false, false, true } },
		{ { SEVERITY_MEDIUM, SEVERITY_LOW, SEVERITY_HIGH },
		  { false, false, true } },
		{ { SEVERITY_MEDIUM, SEVERITY_LOW, SEVERITY_MEDIUM },
		  { false, false, false } },
		{ { SEVERITY_INFO, SEVERITY_LOW, SEVERITY_HIGH },
		  { false, false, true } },
	};
	struct scene *s = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct clock_row *row = &s->file.clocks[CLOCK_RESOLVE];

		opens(s, SEVERITY_HIGH);
		for (int k = 0; k < 3; k++) {
			changes(s, rows[i].way[k], 10 * (k + 1));
			if ((row->stopped_ms == 0) != rows[i].runs[k])
				fail_msg("row %zu, step %d", i, k);
		}
		assert_int_equal(due_minute(s, CLOCK_RESOLVE), 5 * 24 * 60);
	}
}

static void test_triaged_stops_ladders(void **state)
{
	struct scene *s = *state;
	struct casework w;

	init_routes(&s->policy);
	opens(s, SEVERITY_MEDIUM);
	strbuf_release(&s->record.calls);
	w = at_ms(s, NOW_MS + 5 * MINUTE_MS);
	assert_int_equal(casework_triaged(&w, NULL), 0);
	assert_int_equal(casework_next_ms(&s->file), 0);
	assert_string_equal(s->file.ladders[0].stopped_why, "triaged");
	pass(s, 60);
	assert_calls(s, "");
}

/* The file of a new episode, as the daemon reads it, and who began that. */
static void test_reopened_by_a_person(void **state)
{
	struct scene *s = *state;
	struct casework w;

	init_routes(&s->policy);
	make(s);
	s->file = (struct casefile){ .alert_id = 7,
				     .episode = 2,
				     .severity = SEVERITY_HIGH };
	w = at_ms(s, NOW_MS + 10 * MINUTE_MS);
	assert_int_equal(casework_reopen(&w, "anna", NULL), 0);
	assert_calls(s, "10 reopened all/0/0 anna (anna re-opened it; step 1 "
			"of 2 of all)");
	assert_int_equal(due_minute(s, CLOCK_TRIAGE), 10 + 240);
	assert_int_equal(due_minute(s, CLOCK_RESOLVE), 10 + 5 * 24 * 60);
	s->file = (struct casefile){ .alert_id = 7,
				     .episode = 3,
				     .severity = SEVERITY_INFO };
	assert_int_equal(casework_reopen(&w, "anna", NULL), 0);
	assert_int_equal(casework_next_ms(&s->file), 0);
}

/* Closed while it was information; the source calls it worse afterwards. */
static void test_what_is_put_away_does_not_run_again(void **state)
{
	struct scene *s = *state;
	struct casework w;
	struct decision worse = { .transition = TRANSITION_UPDATED,
				  .severity = SEVERITY_HIGH,
				  .severity_rose = true };

	init_routes(&s->policy);
	opens(s, SEVERITY_HIGH);
	changes(s, SEVERITY_INFO, 10);
	w = at_ms(s, NOW_MS + 20 * MINUTE_MS);
	assert_int_equal(casework_close(&w, "closed", NULL), 0);
	s->file.state = ALERT_CLOSED;
	follow(s, &worse, 30);
	assert_int_not_equal(s->file.clocks[CLOCK_TRIAGE].stopped_ms, 0);
	assert_int_equal(casework_next_ms(&s->file), 0);
}

/* A mark that passed while the clock was on hold falls due at its end. */
static void test_a_mark_within_a_hold(void **state)
{
	struct scene *s = *state;
	struct casework w;

	s->policy.resolve[SEVERITY_CRITICAL].kind = SLA_ELAPSED;
	s->policy.resolve[SEVERITY_CRITICAL].elapsed_ms = HOUR_MS;
	opens(s, SEVERITY_HIGH);
	w = at_ms(s, NOW_MS + MINUTE_MS);
	assert_int_equal(casework_triaged(&w, NULL), 0);
	w = at_ms(s, NOW_MS + DAY_MS);
	assert_int_equal(casework_hold(&w, NOW_MS + 2 * DAY_MS, NULL), 0);
	changes(s, SEVERITY_CRITICAL, 24 * 60 + 10);
	strbuf_release(&s->record.events);
	/* Up since an hour before the hold ended: nothing was missed. */
	tick_from(s, 48 * 60, 47 * 60);
	assert_events(s, "2880 hold-expired resolve; 2880 warned-80 resolve");
}

static void test_hold(void **state)
{
	struct scene *s = *state;
	struct casework w;
	struct clock_row *row = &s->file.clocks[CLOCK_RESOLVE];
	struct err err = ERR_INIT;
	int64_t day = NOW_MS + DAY_MS;

	opens(s, SEVERITY_MEDIUM);
	w = at_ms(s, NOW_MS);
	assert_int_equal(casework_hold(&w, day, &err), ERR_BAD_STATE);
	opens(s, SEVERITY_HIGH);
	w = at_ms(s, NOW_MS);
	assert_int_equal(casework_hold(&w, 0, &err), ERR_BAD_STATE);
	w = at_ms(s, day);
	assert_int_equal(casework_hold(&w, day + CASEWORK_HOLD_MAX_MS + 1,
				       &err),
			 ERR_LIMIT);
	w = at_ms(s, day);
	assert_int_equal(casework_hold(&w, day, &err), ERR_LIMIT);
	strbuf_release(&s->record.events);
	/* From day 1 to day 3: everything is two days later. */
	w = at_ms(s, day);
	assert_int_equal(casework_hold(&w, day + 2 * DAY_MS, &err), 0);
	assert_int_equal(row->next_ms, day + 2 * DAY_MS);
	pass(s, 3 * 24 * 60);
	assert_int_equal(row->waited_ms, 2 * DAY_MS);
	assert_int_equal(row->due_ms, NOW_MS + 7 * DAY_MS);
	pass(s, 4 * 24 * 60);
	assert_non_null(
		strstr(s->record.events.buf, "4320 hold-expired resolve"));
	assert_null(strstr(s->record.events.buf, "warned-50 resolve"));
	/* Half of five days has passed on the middle of day 5. */
	assert_int_equal(row->next_ms, NOW_MS + 9 * DAY_MS / 2);
	/* Ended early, and a severity that falls keeps what was waited. */
	w = at_ms(s, NOW_MS + 4 * DAY_MS);
	assert_int_equal(casework_hold(&w, NOW_MS + 9 * DAY_MS, &err), 0);
	w = at_ms(s, NOW_MS + 4 * DAY_MS + HOUR_MS);
	assert_int_equal(casework_hold(&w, 0, &err), 0);
	assert_int_equal(row->waited_ms, 2 * DAY_MS + HOUR_MS);
	assert_int_equal(row->due_ms, NOW_MS + 7 * DAY_MS + HOUR_MS);
	s->policy.resolve[SEVERITY_MEDIUM] = s->policy.resolve[SEVERITY_HIGH];
	s->policy.resolve[SEVERITY_MEDIUM].elapsed_ms = 10 * DAY_MS;
	changes(s, SEVERITY_MEDIUM, 4 * 24 * 60 + 120);
	assert_int_equal(row->due_ms, NOW_MS + 12 * DAY_MS + HOUR_MS);
	assert_int_equal(s->record.clocks[CLOCK_RESOLVE].due_ms, row->due_ms);
}

/* A step that resolves to nobody: the next one at once, then the fallback. */
static void test_nobody_there(void **state)
{
	struct scene *s = *state;
	struct route *r = add_route(&s->policy, "all");

	step(r, 0, NULL);
	step(r, 5, "boss");
	step(r, 30, NULL);
	opens(s, SEVERITY_MEDIUM);
	assert_calls(s, "0 escalated all/1/0 boss (severity medium; step 2 of "
			"3 of all)");
	assert_events(s, "0 skipped all/0/0; 0 escalated all/1/0");
	pass(s, 60);
	assert_calls(s, "30 escalated all/2/0 oncall (severity medium, nobody "
			"has answered; step 3 of 3 of all; nobody is on call "
			"there, you are the fallback)");
	assert_events(s, "30 skipped all/2/0");

	policy_release(&s->policy);
	init_policy(&s->policy);
	r = add_route(&s->policy, "all");
	step(r, 10, NULL);
	step(r, 60, NULL)->repeat_ms = MINUTE_MS;
	r->steps[1].times = 3;
	make(s);
	opens(s, SEVERITY_MEDIUM);
	pass(s, 120);
	assert_calls(s, "10 escalated all/1/0 oncall (severity medium, nobody "
			"has answered; step 2 of 2 of all; nobody is on call "
			"there, you are the fallback)");
	assert_events(s, "10 skipped all/0/0; 10 skipped all/1/0");
	assert_int_equal(s->file.ladders[0].next_ms, 0);
}

static void test_a_policy_that_changed(void **state)
{
	struct scene *s = *state;

	init_routes(&s->policy);
	opens(s, SEVERITY_MEDIUM);
	strbuf_release(&s->record.calls);
	free(s->policy.routes[0].name);
	s->policy.routes[0].name = xstrdup("renamed");
	make(s);
	pass(s, 60);
	assert_calls(s, "20 opened oncall (severity medium, nobody has "
			"answered; no route covers it, you are the fallback)");
	assert_events(s, "20 unrouted");
	/* The due time was pinned. */
	s->policy.triage[SEVERITY_MEDIUM].elapsed_ms = HOUR_MS;
	make(s);
	assert_int_equal(due_minute(s, CLOCK_TRIAGE), 24 * 60);
}

static void test_a_digest_collects(void **state)
{
	struct scene *s = *state;
	struct route *r = add_route(&s->policy, "morning");

	r->digest = xcalloc(1, sizeof(*r->digest));
	r->digest->at_minute = 9 * 60;
	r->digest->calendar = xstrdup("office");
	strlist_add(&r->digest->notify, "soc");
	opens(s, SEVERITY_LOW);
	/* Monday 12:00 UTC; Tuesday nine in Berlin is 08:00 UTC. */
	assert_calls(s, "0 opened morning/0/0 at 1200 soc (severity low)");
	assert_int_equal(s->file.n_ladders, 0);
}

static void test_a_call_that_fails_ends_it(void **state)
{
	struct scene *s = *state;
	struct casework w;
	struct decision d = { .transition = TRANSITION_OPENED,
			      .severity = SEVERITY_MEDIUM,
			      .ladder_start = true };
	struct err err = ERR_INIT;

	init_routes(&s->policy);
	make(s);
	s->file.severity = SEVERITY_MEDIUM;
	s->record.fail_calls = 1;
	w = at_ms(s, NOW_MS);
	assert_int_equal(casework_follow(&w, &d, SEVERITY_MEDIUM, &err),
			 ERR_STORE);
	assert_string_equal(err.text, "no room");
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_a_ladder_from_its_start_to_its_end),
		WITH(test_a_fall_changes_no_ladder),
		WITH(test_both_clocks_warn_and_breach_once),
		WITH(test_down_over_a_breach_is_one_event),
		WITH(test_breached_before_it_was_seen),
		WITH(test_warned_before_it_was_seen),
		WITH(test_breached_before_anybody_is_told),
		WITH(test_late_and_in_progress),
		WITH(test_resolve_alone_starts_with_the_source),
		WITH(test_what_stops_which_clock),
		WITH(test_an_acknowledgement_runs_out),
		WITH(test_severity_moves_the_due_times),
		WITH(test_a_breach_stays_a_breach),
		WITH(test_information_and_back),
		WITH(test_levels_without_a_clock),
		WITH(test_triaged_stops_ladders),
		WITH(test_reopened_by_a_person),
		WITH(test_what_is_put_away_does_not_run_again),
		WITH(test_a_mark_within_a_hold),
		WITH(test_hold),
		WITH(test_nobody_there),
		WITH(test_a_policy_that_changed),
		WITH(test_a_digest_collects),
		WITH(test_a_call_that_fails_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
