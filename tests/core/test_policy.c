/* Policy records are freed whole, in every shape the configuration can give
 * them; the sanitizer build is what makes these tests bite. */
#include "core/policy.h"

#include <stdlib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "util/compiler.h"
#include "util/xmalloc.h"

static void test_match_keys(void **state)
{
	(void)state;
	assert_string_equal(match_key_name(MATCH_SEVERITY), "severity");
	assert_string_equal(match_key_name(MATCH_RESOURCE_TYPE),
			    "resource-type");
	assert_string_equal(match_key_name(MATCH_ALERT_TYPE), "alert-type");
	assert_string_equal(match_key_name(MATCH_INCIDENT), "incident");
	assert_string_equal(match_key_name(MATCH_CATEGORY), "category");
	assert_string_equal(match_key_name(MATCH_POLICY), "policy");
	assert_string_equal(match_key_name(MATCH_ACCOUNT), "account");
	assert_string_equal(match_key_name((enum match_key)MATCH_KEY_MAX),
			    "unknown");
	for (int i = 0; i < MATCH_KEY_MAX; i++) {
		for (int j = 0; j < i; j++)
			assert_string_not_equal(
				match_key_name((enum match_key)i),
				match_key_name((enum match_key)j));
	}
}

static void fill_match(struct match *m, int depth)
{
	strlist_add(&m->globs[MATCH_TITLE], "*mimikatz*");
	strlist_add(&m->globs[MATCH_INCIDENT], "*");
	if (depth == 0)
		return;
	m->deny = xcalloc(1, sizeof(*m->deny));
	fill_match(m->deny, depth - 1);
}

static void fill_rule(struct rule *r)
{
	r->name = xstrdup("crown-jewels");
	fill_match(&r->when, 2);
	r->owner = xstrdup("payments-team");
	strlist_add(&r->tags, "crown-jewel");
	r->reason = xstrdup("because");
}

static void fill_route(struct route *r)
{
	r->name = xstrdup("route 1");
	fill_match(&r->when, 0);
	r->n_steps = 2;
	r->steps = xcalloc(r->n_steps, sizeof(*r->steps));
	strlist_add(&r->steps[0].notify, "soc");
	strlist_add(&r->steps[1].notify, "oncall");
	r->digest = xcalloc(1, sizeof(*r->digest));
	r->digest->calendar = xstrdup("office");
	strlist_add(&r->digest->notify, "soc");
}

static void fill_calendar(struct calendar_def *c)
{
	c->name = xstrdup("office");
	c->timezone = xstrdup("Europe/Berlin");
	c->spans[0] = xcalloc(1, sizeof(struct hours_span));
	c->n_spans[0] = 1;
	c->closed = xcalloc(2, sizeof(*c->closed));
	c->n_closed = 2;
	c->special = xcalloc(1, sizeof(*c->special));
	c->special[0].spans = xcalloc(1, sizeof(struct hours_span));
	c->special[0].n_spans = 1;
	c->n_special = 1;
	c->holidays = xstrdup("/etc/triaged/de.ics");
}

static void fill_maintenance(struct maintenance_plan *m)
{
	m->name = xstrdup("patch-day");
	m->owner = xstrdup("kim");
	m->reason = xstrdup("kernels");
	strlist_add(&m->when.globs[MATCH_TITLE], "x");
	fill_calendar(&m->hours);
}

static void test_whole_policy_is_released(void **state)
{
	static const struct policy nothing;
	struct policy p = { 0 };

	(void)state;
	p.triage[SEVERITY_LOW].calendar = xstrdup("office");
	p.rules = xcalloc(1, sizeof(*p.rules));
	p.n_rules = 1;
	fill_rule(&p.rules[0]);
	p.routes = xcalloc(1, sizeof(*p.routes));
	p.n_routes = 1;
	fill_route(&p.routes[0]);
	p.calendars = xcalloc(1, sizeof(*p.calendars));
	p.n_calendars = 1;
	fill_calendar(&p.calendars[0]);
	p.quiet = xcalloc(1, sizeof(*p.quiet));
	p.n_quiet = 1;
	p.quiet[0].target = xstrdup("soc");
	fill_calendar(&p.quiet[0].hours);
	p.maintenance = xcalloc(1, sizeof(*p.maintenance));
	p.n_maintenance = 1;
	fill_maintenance(&p.maintenance[0]);
	strlist_add(&p.crown_jewels, "*");
	strlist_add(&p.always_critical, "*");
	strlist_add(&p.privileged_accounts, "*");
	p.fallback = xstrdup("oncall");
	policy_release(&p);
	assert_memory_equal(&p, &nothing, sizeof(p));
	policy_release(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match_keys),
		cmocka_unit_test(test_whole_policy_is_released),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
