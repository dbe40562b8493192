/*
 * As many people as the settings allow: a summary is for each of them, and
 * whoever was told of an alert hears that it breached and how it ended.
 */
#include "daemon/owe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/casefile.h"
#include "daemon/rig.h"
#include "store/outbox.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

#define NOW INT64_C(1780992000000)
#define HOUR_MS INT64_C(3600000)
#define EACH CONF_RECIPIENTS_MAX
#define ALL (3 * EACH)

static void add_target(struct strbuf *yaml, const char *name)
{
	strbuf_addf(yaml,
		    "  - name: %s\n"
		    "    type: email\n"
		    "    server: smtp://127.0.0.1:25\n"
		    "    starttls: off\n"
		    "    from: triaged@example.org\n"
		    "    to:\n",
		    name);
	for (int i = 0; i < EACH; i++)
		strbuf_addf(yaml, "      - %s%d@example.org\n", name, i);
}

/* Three mailing lists without a mailing list; @last names the third. */
static void write_settings(struct strbuf *yaml, const char *last)
{
	strbuf_addstr(yaml, "targets:\n");
	add_target(yaml, "days");
	add_target(yaml, "nights");
	add_target(yaml, last);
	strbuf_addf(yaml,
		    "  - {name: boss, type: folder, path: /nowhere/boss}\n"
		    "routes:\n"
		    "  - when: {severity: medium}\n"
		    "    digest: {at: \"12:30\", notify: [days]}\n"
		    "  - when: {severity: low}\n"
		    "    ladder: [{after: 0s, notify: [%s]}]\n"
		    "  - ladder: [{after: 0s, notify: [days, nights, %s]}]\n"
		    "fallback: boss\n",
		    last, last);
}

static int setup(void **state)
{
	CLEANUP(strbuf_release) struct strbuf yaml = STRBUF_INIT;

	write_settings(&yaml, "chiefs");
	return rig_begin(state, yaml.buf, NOW);
}

static int deliver_to(struct rig *r, const char *target)
{
	struct notice v[256];
	int n = outbox_lease(r->store, target, r->now_ms, OUTBOX_ROOM(256), v,
			     NULL);

	for (int i = 0; i < n; i++) {
		const struct settlement s = { .id = v[i].id,
					      .state = NOTICE_SENT };

		assert_int_equal(outbox_settle(r->store, &s, 1, r->now_ms,
					       NULL),
				 0);
		notice_release(&v[i]);
	}
	return n;
}

static int deliver(struct rig *r)
{
	return deliver_to(r, "days") + deliver_to(r, "nights") +
	       deliver_to(r, "chiefs");
}

static void test_all_hear_the_rest(void **state)
{
	struct rig *r = *state;
	struct rig_alert a = { .severity = SEVERITY_HIGH };

	rig_page(r, &a, 1, true);
	assert_int_equal(deliver(r), ALL);
	rig_advance(r, NOW + 5 * HOUR_MS);
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries "
					"where kind = 'breached'"),
			 ALL);
	assert_int_equal(deliver(r), ALL); /* the warning, which goes first */
	assert_int_equal(deliver(r), ALL);
	a.source_state = SOURCE_RESOLVED;
	rig_page(r, &a, 1, true);
	assert_int_equal(deliver(r), ALL);
}

static void test_all_get_a_digest(void **state)
{
	struct rig *r = *state;
	struct rig_alert a[] = {
		{ .id = "a", .severity = SEVERITY_MEDIUM },
		{ .id = "b", .severity = SEVERITY_MEDIUM },
	};

	rig_page(r, a, 2, true);
	rig_advance(r, NOW + 24 * HOUR_MS);
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries "
					"where kind = 'digest'"),
			 EACH);
	assert_int_equal(rig_integer(r, "select count(*) from "
					"v_delivery_alerts"),
			 2 * EACH);
}

/* Whom it was told to is renamed by a reload: the breach is told to somebody
 * all the same. */
static void test_breach_when_all_have_left(void **state)
{
	struct rig *r = *state;
	CLEANUP(faults_release) struct faults faults = { 0 };
	CLEANUP(strbuf_release) struct strbuf yaml = STRBUF_INIT;
	struct rig_alert a = { .severity = SEVERITY_LOW };
	const struct conf *before = r->pipeline.conf;
	struct settings later;

	rig_page(r, &a, 1, true);
	assert_int_equal(deliver(r), EACH);
	write_settings(&yaml, "heads");
	assert_int_equal(check_load("later.yaml", yaml.buf, &later, &faults),
			 0);
	r->pipeline.conf = later.conf;
	rig_advance(r, NOW + 96 * HOUR_MS);
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries "
					"where kind = 'breached' and target = "
					"'boss'"),
			 1);
	r->pipeline.conf = before;
	settings_release(&later);
}

/* One route for each customer, or team, and an alert of all of them. */
static int setup_routes(void **state)
{
	CLEANUP(strbuf_release) struct strbuf yaml = STRBUF_INIT;

	strbuf_addstr(&yaml,
		      "targets:\n"
		      "  - {name: boss, type: folder, path: /no/boss}\n");
	for (int i = 0; i <= CASEFILE_LADDERS_MAX; i++)
		strbuf_addf(&yaml,
			    "  - {name: t%d, type: folder, path: /no/t%d}\n", i,
			    i);
	strbuf_addstr(&yaml, "fallback: boss\nroutes:\n");
	for (int i = 0; i <= CASEFILE_LADDERS_MAX; i++)
		strbuf_addf(&yaml,
			    "  - name: r%d\n    continue: true\n"
			    "    when: {severity: high, title: \"*%s\"}\n"
			    "    ladder: [{after: 0s, notify: [t%d]}]\n",
			    i, i == CASEFILE_LADDERS_MAX ? "too" : "", i);
	return rig_begin(state, yaml.buf, NOW);
}

static int64_t opened(struct rig *r, const char *where)
{
	CLEANUP(free_ptr)
	char *query = xasprintf("select count(distinct target) from "
				"v_deliveries where kind = 'opened' and "
				"target %s",
				where);

	return rig_integer(r, query);
}

static void test_many_routes(void **state)
{
	struct rig *r = *state;
	struct rig_alert a = { .id = "a", .severity = SEVERITY_HIGH };
	struct rig_alert b = { .id = "b",
			       .title = "more, too",
			       .severity = SEVERITY_HIGH };

	rig_page(r, &a, 1, true);
	assert_int_equal(opened(r, "like 't%'"), CASEFILE_LADDERS_MAX);
	assert_int_equal(opened(r, "= 'boss'"), 0);
	/* There is no place for one more ladder: somebody hears of it. */
	rig_page(r, &b, 1, true);
	assert_int_equal(opened(r, "like 't%'"), CASEFILE_LADDERS_MAX);
	assert_int_equal(opened(r, "= 'boss'"), 1);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, rig_end)
	const struct CMUnitTest tests[] = {
		TEST(test_all_hear_the_rest),
		TEST(test_all_get_a_digest),
		TEST(test_breach_when_all_have_left),
		cmocka_unit_test_setup_teardown(test_many_routes, setup_routes,
						rig_end),
	};

	return cmocka_run_group_tests_name("many_told", tests, NULL, NULL);
}
