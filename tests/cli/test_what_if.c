/* Two tales of one alert: what counts as a difference, and in which order; and
 * how a past becomes a tale. */
#include "cli/what_if_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "util/strbuf.h"
#include "util/xmalloc.h"

#define T INT64_C(1772442000000) /* 2026-03-02T09:00:00Z */
#define MINUTE INT64_C(60000)

struct scene {
	struct tale then, now;
	struct account account;
	char kinds[512];
};

static void say(struct tale *t, int64_t minute, enum transition transition,
		enum severity severity, const char *rule)
{
	tale_add_decision(t, &(struct tale_decision){
				     .at_ms = T + minute * MINUTE,
				     .episode = 1,
				     .transition = transition,
				     .severity = severity,
				     .rule = xstrdup(rule),
			     });
}

static void run(struct tale *t, int64_t due, int64_t breached)
{
	struct clock_row c = { .episode = 1,
			       .severity = SEVERITY_HIGH,
			       .policy = "high 4h",
			       .started_ms = T,
			       .due_ms = T + due * MINUTE,
			       .breached_ms =
				       breached ? T + breached * MINUTE : 0 };

	tale_put_clock(t, &c);
}

static void page(struct tale *t, int64_t minute, int step, const char *target)
{
	tale_add_page(t,
		      &(struct tale_page){
			      .at_ms = T + minute * MINUTE,
			      .episode = 1,
			      .kind = step ? NOTICE_ESCALATED : NOTICE_OPENED,
			      .step = step,
			      .target = xstrdup(target),
		      });
}

/* The same in both: opened high at 0, due at 240, two pages, one route. */
static void init_scene(struct scene *s)
{
	struct tale *both[] = { &s->then, &s->now };

	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < ARRAY_SIZE(both); i++) {
		say(both[i], 0, TRANSITION_OPENED, SEVERITY_HIGH, "r");
		run(both[i], 240, 0);
		page(both[i], 0, 0, "soc");
		page(both[i], 10, 1, "boss");
		tale_put_route(both[i], 1, "all");
		tale_put_route(both[i], 1, "all");
	}
	s->account.since_ms = T - MINUTE;
	s->account.end_ms = T + 600 * MINUTE;
}

static void release_scene(struct scene *s)
{
	tale_release(&s->then);
	tale_release(&s->now);
	account_release(&s->account);
}

/* The differences' kinds, the most important first. */
static const char *compare(struct scene *s)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	struct account *a = &s->account;

	account_compare(a, 7, &s->then, &s->now);
	account_sort(a);
	for (size_t i = 0; i < a->n; i++) {
		assert_int_equal(a->v[i].alert_id, 7);
		strbuf_addf(&sb, "%s%s", i ? " " : "",
			    difference_kind_name(a->v[i].kind));
	}
	(void)snprintf(s->kinds, sizeof(s->kinds), "%s", sb.len ? sb.buf : "");
	return s->kinds;
}

static void test_the_same_twice(void **state)
{
	struct scene s;

	(void)state;
	init_scene(&s);
	assert_string_equal(compare(&s), "");
	assert_int_equal(s.account.n_decisions, 1);
	assert_int_equal(s.account.n_pages, 4);
	assert_int_equal(s.then.n_routes, 1);
	release_scene(&s);
}

static void test_decisions(void **state)
{
	struct scene s;

	(void)state;
	init_scene(&s);
	say(&s.then, 1, TRANSITION_UPDATED, SEVERITY_HIGH, "r");
	say(&s.now, 1, TRANSITION_UPDATED, SEVERITY_LOW, NULL);
	say(&s.then, 2, TRANSITION_UPDATED, SEVERITY_LOW, "r");
	say(&s.now, 2, TRANSITION_UPDATED, SEVERITY_LOW, "q");
	say(&s.then, 3, TRANSITION_REOPENED, SEVERITY_LOW, NULL);
	say(&s.now, 0, TRANSITION_NONE, SEVERITY_LOW, NULL);
	assert_string_equal(compare(&s), "severity outcome rule");
	assert_string_equal(s.account.v[0].then, "high by rule r");
	assert_string_equal(s.account.v[0].now, "low");
	assert_int_equal(s.account.v[0].severity, SEVERITY_HIGH);
	assert_string_equal(s.account.v[1].now, "no news");
	release_scene(&s);
}

static void test_clocks(void **state)
{
	static const struct {
		int64_t due[2], breached[2];
		const char *kinds;
	} cases[] = {
		{ { 240, 240 }, { 0, 240 }, "breach-gained" },
		{ { 240, 300 }, { 240, 0 }, "breach-lost" },
		{ { 240, 300 }, { 0, 0 }, "due" },
		{ { 240, 300 }, { 240, 300 }, "due" },
		/* Behind the end nothing is known of it. */
		{ { 240, 700 }, { 0, 700 }, "due" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct scene s;

		init_scene(&s);
		run(&s.then, cases[i].due[0], cases[i].breached[0]);
		run(&s.now, cases[i].due[1], cases[i].breached[1]);
		assert_string_equal(compare(&s), cases[i].kinds);
		assert_int_equal(s.account.breaches_then[SEVERITY_HIGH],
				 cases[i].breached[0] != 0);
		release_scene(&s);
	}
}

static void test_pages(void **state)
{
	struct scene s;

	(void)state;
	init_scene(&s);
	page(&s.then, 20, 1, "boss"); /* repeats pair off in order */
	page(&s.now, 21, 1, "boss"); /* a moment later: the same */
	page(&s.then, 30, 1, "boss");
	page(&s.now, 40, 1, "boss");
	page(&s.then, 50, 1, "boss");
	page(&s.now, 50, 1, "soc");
	page(&s.now, 601, 1, "soc"); /* behind the end */
	assert_string_equal(compare(&s), "page-gained page-lost page-moved");
	assert_string_equal(s.account.v[0].now, "escalated, step 2, to soc");
	assert_null(s.account.v[0].then);
	assert_int_equal(s.account.v[2].now_ms - s.account.v[2].then_ms,
			 10 * MINUTE);
	/* What is the same counts in the same hour. */
	assert_int_equal(s.account.n_pages, 5 + 5);
	release_scene(&s);
}

static void test_routes(void **state)
{
	struct scene s;

	(void)state;
	init_scene(&s);
	tale_put_route(&s.then, 1, "old");
	tale_put_route(&s.now, 1, "new");
	assert_string_equal(compare(&s), "route-gained route-lost");
	release_scene(&s);
}

static void test_time_that_counts(void **state)
{
	struct scene s;

	(void)state;
	init_scene(&s);
	run(&s.now, 240, 240);
	page(&s.now, 30, 2, "soc");
	s.now.decisions[0].severity = SEVERITY_LOW;
	s.account.since_ms = T + 300 * MINUTE;
	assert_string_equal(compare(&s), "");
	assert_int_equal(s.account.n_decisions, 0);
	assert_int_equal(s.account.n_pages, 0);
	release_scene(&s);
}

/* --- a past becomes a tale --- */

static char *text(const char *s)
{
	return xstrdup(s);
}

static void add_event(struct past_alert *p, int64_t minute, const char *kind,
		      const char *detail)
{
	GROW(p->events, p->n_events + 1, p->n_events_alloc);
	p->events[p->n_events++] =
		(struct past_event){ 0, T + minute * MINUTE, text("ada"),
				     text(kind), text(detail) };
}

static void add_revision(struct past_alert *p, int64_t minute, bool stale)
{
	GROW(p->revisions, p->n_revisions + 1, p->n_revisions_alloc);
	p->revisions[p->n_revisions] = (struct past_revision){
		.revision = (int64_t)p->n_revisions + 1,
		.seen_ms = T + minute * MINUTE,
		.source = text("azure"),
		.source_kind = text(ALERT_KIND_ARM),
		.stale = stale,
	};
	p->n_revisions++;
}

static void init_past(struct past_alert *p)
{
	memset(p, 0, sizeof(*p));
	alert_init(&p->now.alert);
	p->now.alert.kind = text(ALERT_KIND_ARM);
	add_revision(p, 0, false);
	add_revision(p, 1, true);
	add_revision(p, 2, false);
	add_event(p, 0, "opened", "{\"severity\":\"high\",\"rule\":\"r\"}");
	add_event(p, 1, "escalated", "{\"route\":\"all\",\"step\":2}");
	add_event(p, 1, "acknowledged", "{}");
	add_event(p, 2, "closed",
		  "{\"changed\":\"status\",\"severity_to\":\"low\","
		  "\"episode\":1}");
	add_event(p, 3, "closed", "{\"as\":\"benign\"}");
	add_event(p, 4, "merged", "{\"from\":3}");
	add_event(p, 5, "merged", "{\"into\":9}");
	add_event(p, 6, "reopened", "{\"episode\":2}");
	add_event(p, 6, "note", "{\"text\":\"changed\"}");
	add_event(p, 7, "assigned", "{\"to\":\"team\"}");
	add_event(p, 7, "held", "{\"until_at\":\"2026-03-02T12:00:00Z\"}");
	add_event(p, 8, "hold-ended", "{\"due_at\":\"2026-03-02T12:00:00Z\"}");
}

static void test_past_in_order(void **state)
{
	static const enum replay_kind kinds[] = {
		REPLAY_SAID,	 REPLAY_ACKNOWLEDGED, REPLAY_SAID,
		REPLAY_CLOSED,	 REPLAY_MERGED,	      REPLAY_REOPENED,
		REPLAY_ASSIGNED, REPLAY_HELD,	      REPLAY_HELD
	};
	CLEANUP(past_items_release) struct past_items items = { 0 };
	CLEANUP(tale_release) struct tale t = { 0 };
	struct past_alert p;

	(void)state;
	init_past(&p);
	assert_int_equal(past_read_items(&p, T + 9 * MINUTE, &items, &t), 0);
	assert_int_equal(items.n, ARRAY_SIZE(kinds));
	for (size_t i = 0; i < items.n; i++)
		assert_int_equal(items.v[i].kind, kinds[i]);
	assert_int_equal(items.v[2].revision->revision, 3);
	assert_string_equal(items.v[6].owner, "team");
	assert_int_equal(items.v[7].until_ms, T + 180 * MINUTE);
	assert_int_equal(items.v[8].until_ms, 0);
	assert_string_equal(items.v[0].rule, "r");
	assert_int_equal(t.n_decisions, 2);
	assert_int_equal(t.decisions[0].severity, SEVERITY_HIGH);
	assert_string_equal(t.decisions[0].rule, "r");
	assert_int_equal(t.decisions[1].transition, TRANSITION_CLOSED);
	assert_int_equal(t.decisions[1].severity, SEVERITY_LOW);
	past_alert_release(&p);
}

static void test_past_up_to_its_end(void **state)
{
	CLEANUP(past_items_release) struct past_items items = { 0 };
	CLEANUP(tale_release) struct tale t = { 0 };
	struct past_alert p;

	(void)state;
	init_past(&p);
	assert_int_equal(past_read_items(&p, T - 1, &items, &t), 0);
	assert_int_equal(items.n, 0);
	assert_int_equal(past_read_items(&p, T + 1 * MINUTE, &items, &t), 0);
	assert_int_equal(items.n, 2);
	past_alert_release(&p);
}

static void test_past_that_is_not_whole(void **state)
{
	struct past_alert p;

	(void)state;
	for (int i = 0; i < 3; i++) {
		CLEANUP(past_items_release) struct past_items items = { 0 };
		CLEANUP(tale_release) struct tale t = { 0 };

		init_past(&p);
		if (i == 0) /* a revision of another time */
			p.revisions[2].seen_ms++;
		else if (i == 1) /* none */
			p.revisions[2].stale = true;
		else /* its beginning is lacking, or is not readable */
			p.events[0].detail[0] = p.events[0].kind[0] = 'x';
		assert_int_equal(past_read_items(&p, T + 9 * MINUTE, &items,
						 &t),
				 ERR_NOT_FOUND);
		past_alert_release(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_same_twice),
		cmocka_unit_test(test_decisions),
		cmocka_unit_test(test_clocks),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_time_that_counts),
		cmocka_unit_test(test_past_in_order),
		cmocka_unit_test(test_past_up_to_its_end),
		cmocka_unit_test(test_past_that_is_not_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
