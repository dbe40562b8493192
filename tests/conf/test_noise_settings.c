/* What keeps messages back, and what the shipped promotions look for. */
#include "conf_test.h"
#include "triage/match.h"
#include "util/compiler.h"
#include "util/strbuf.h"

#define SECONDS INT64_C(1000)
#define MINUTES (60 * SECONDS)

static void has_defaults(void **state)
{
	CLEANUP(conf_free_ptr) struct conf *c = read_good(MINIMAL);
	const struct policy *p = &c->policy;

	(void)state;
	assert_int_equal(p->group_wait_ms[SEVERITY_CRITICAL], 0);
	assert_int_equal(p->group_wait_ms[SEVERITY_HIGH], 30 * SECONDS);
	assert_int_equal(p->group_wait_ms[SEVERITY_MEDIUM], 5 * MINUTES);
	assert_int_equal(p->group_wait_ms[SEVERITY_LOW], 5 * MINUTES);
	assert_int_equal(p->storm.groups, 20);
	assert_int_equal(p->storm.within_ms, 5 * MINUTES);
	assert_int_equal(p->storm.every_ms, 5 * MINUTES);
	assert_int_equal(p->critical_storm.groups, 4);
	assert_int_equal(p->critical_storm.within_ms, 5 * MINUTES);
	assert_int_equal(p->critical_storm.every_ms, 55 * SECONDS);
	assert_int_equal(p->n_quiet, 0);
	assert_int_equal(p->n_maintenance, 0);
}

static const char everything[] = MINIMAL
	"groups: {wait: {critical: 0s, high: 10s}}\n"
	"storm: {groups: 5, within: 1m, summary-every: 2m, critical-groups: 2, "
	"critical-every: 30s}\n"
	"quiet-hours:\n"
	"  - {target: ops, timezone: Europe/Berlin, hours: {mon-fri: "
	"[\"22:00-06:00\"]}}\n"
	"  - {timezone: UTC, hours: {sun: [\"00:00-24:00\"]}}\n"
	"maintenance:\n"
	"  - {name: patch day, owner: web, reason: kernels, when: {resource: "
	"\"*/rg-web/*\"}, timezone: UTC, hours: {sun: \"01:00-05:00\"}}\n"
	"  - {name: move, owner: web, reason: a \"move\", timezone: "
	"Europe/Berlin, from: 2026-02-01T20:00, to: \"2026-03-03 20:00\"}\n"
	"crown-jewels: [\"*/rg-pay/*\", \"9999*\"]\n"
	"always-critical: K8S_*\n"
	"privileged-accounts: [\"adm-*\"]\n"
	"routes: [{digest: {at: \"09:00\", on: sun, notify: ops}}]\n";

static void reads_everything(void **state)
{
	CLEANUP(conf_free_ptr) struct conf *c = read_good(everything);
	const struct policy *p = &c->policy;
	const struct maintenance_plan *m = p->maintenance;

	(void)state;
	assert_int_equal(p->group_wait_ms[SEVERITY_HIGH], 10 * SECONDS);
	assert_int_equal(p->group_wait_ms[SEVERITY_MEDIUM], 5 * MINUTES);
	assert_int_equal(p->storm.groups, 5);
	assert_int_equal(p->storm.every_ms, 2 * MINUTES);
	assert_int_equal(p->critical_storm.groups, 2);
	assert_int_equal(p->critical_storm.within_ms, MINUTES);
	assert_int_equal(p->n_quiet, 2);
	assert_string_equal(p->quiet[0].target, "ops");
	assert_string_equal(p->quiet[0].hours.timezone, "Europe/Berlin");
	assert_int_equal(p->quiet[0].hours.spans[0][0].to_minute, 1800);
	assert_null(p->quiet[1].target);
	assert_int_equal(p->quiet[1].mark.line, 10);
	assert_int_equal(p->n_maintenance, 2);
	assert_false(m[0].once);
	assert_string_equal(m[0].when.globs[MATCH_RESOURCE].v[0], "*/rg-web/*");
	assert_int_equal(m[0].hours.n_spans[6], 1);
	assert_true(m[1].once);
	assert_string_equal(m[1].reason, "a \"move\"");
	assert_int_equal(m[1].from.minute, 20 * 60);
	assert_int_equal(m[1].to.month, 3);
	assert_int_equal(p->routes[0].digest->weekday, 7);
}

static void one_block_of_quiet_hours(void **state)
{
	CLEANUP(conf_free_ptr)
	struct conf *c =
		read_good(MINIMAL "quiet-hours: {timezone: UTC, hours: {mon-"
				  "sun: [\"22:00-06:00\"]}}\n");

	(void)state;
	assert_int_equal(c->policy.n_quiet, 1);
	assert_string_equal(c->policy.quiet[0].hours.name, "quiet-hours");
}

/* The dump loads again as the same policy; each part is in the hash. */
static void dumps_and_names(void **state)
{
	static const char *const parts[] = {
		"groups: {wait: {high: 20s}}\n",
		"storm: {groups: 21}\n",
		"storm: {critical-every: 50s}\n",
		"quiet-hours: {timezone: UTC, hours: {mon: \"22:00-06:00\"}}\n",
		"maintenance: [{name: a, owner: b, reason: c, timezone: UTC, "
		"hours: {sun: \"01:00-05:00\"}}]\n",
		"crown-jewels: x\n",
		"routes: [{digest: {at: \"09:00\", notify: ops}}]\n",
		"routes: [{digest: {at: \"09:00\", on: tue, notify: ops}}]\n",
	};
	CLEANUP(conf_free_ptr) struct conf *first = read_good(everything);
	CLEANUP(conf_free_ptr) struct conf *second = NULL;
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	char hashes[ARRAY_SIZE(parts)][17];

	(void)state;
	conf_dump(first, &out);
	second = read_good(out.buf);
	assert_string_equal(first->policy.hash, second->policy.hash);
	assert_non_null(strstr(out.buf, "    high: 10s  # t.yaml:6\n"));
	assert_non_null(strstr(out.buf, "    medium: 5m  # default\n"));
	assert_non_null(strstr(out.buf, "  groups: 5  # t.yaml:7\n"));
	assert_non_null(strstr(out.buf, "always-critical: [\"K8S_*\"]  # "
					"t.yaml:15\n"));
	assert_non_null(strstr(out.buf, "entities within an hour"));
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		CLEANUP(conf_free_ptr) struct conf *c = NULL;
		char text[600];

		snprintf(text, sizeof(text), "%s%s", MINIMAL, parts[i]);
		c = read_good(text);
		memcpy(hashes[i], c->policy.hash, sizeof(hashes[i]));
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(hashes[i], hashes[j]);
	}
}

#define WORK(rest)                                                             \
	MINIMAL "maintenance: [{name: a, owner: b, reason: c, timezone: "      \
		"UTC" rest "}]\n"

static void refuses(void **state)
{
	static const struct {
		const char *text;
		int column; /* in line 6; 0 any */
		const char *part;
	} cases[] = {
		{ MINIMAL "groups: {wait: {critical: 5s}}\n", 27,
		  "groups.wait.critical: must be 0s, not '5s': critical alerts "
		  "wait for no others" },
		{ MINIMAL "groups: {wait: {hihg: 5s}}\n", 17,
		  "unknown option 'hihg' (did you mean 'high'?)" },
		{ MINIMAL "groups: {wait: {high: 2h}}\n", 23,
		  "must be from 0s to 1h, not 2h" },
		{ MINIMAL "storm: {groups: 0}\n", 17, "from 1 to 1000" },
		{ MINIMAL "storm: {critical-every: 60s}\n", 25, "to 55s" },
		{ MINIMAL "storm: {summary: 5m}\n", 9, "unknown option" },
		{ MINIMAL "quiet-hours: {}\n", 14, "'timezone' is missing" },
		{ MINIMAL "quiet-hours: off\n", 14, "a block of options" },
		{ MINIMAL "quiet-hours: {target: opps, timezone: UTC, hours: "
			  "{mon: \"22:00-06:00\"}}\n",
		  23, "unknown target 'opps' (did you mean 'ops'?)" },
		{ MINIMAL "quiet-hours: [{timezone: UTC, hours: {mon-sun: "
			  "\"00:00-24:00\"}}]\n",
		  38, "quiet-hours[1]: cover the whole week" },
		{ MINIMAL "maintenance: [{name: a, timezone: UTC, hours: {mon: "
			  "\"01:00-02:00\"}}]\n",
		  15, "maintenance.a: option 'owner' is missing" },
		{ WORK(""), 15, "needs weekly hours, or from and to" },
		{ WORK(", from: 2026-02-01T09:00"), 0,
		  "from and to belong together" },
		{ WORK(", from: 2026-02-01T09:00, to: 2026-02-01T09:00"), 0,
		  "maintenance.a: must lie after from" },
		{ WORK(", from: 2026-02-01T09:00, to: 2026-03-03T09:01"), 0,
		  "must lie 30 days after from at the most" },
		{ WORK(", from: tomorrow, to: 2026-03-03T09:01"), 0,
		  "a local time such as" },
		{ WORK(", from: 2026-02-01T09:00, to: 2026-02-02T09:00, "
		       "hours: {mon: \"01:00-02:00\"}"),
		  0, "weekly hours, or from and to, not both" },
		{ WORK(", hours: {mon-sun: \"00:00-24:00\"}"), 0,
		  "cover the whole week" },
		{ WORK(", when: {titel: x}, hours: {mon: \"01:00-02:00\"}"), 0,
		  "did you mean 'title'?" },
		{ MINIMAL "routes: [{digest: {at: \"09:00\", on: monday, "
			  "notify: ops}}]\n",
		  0, "must be mon, tue, wed" },
		{ MINIMAL "crown-jewels: []\n", 15, "a list of 1 to" },
		{ MINIMAL "rules: [{name: crown-jewel, set: {owner: x}}]\n", 0,
		  "belongs to a rule that triaged ships" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };
		CLEANUP(conf_free_ptr) struct conf *c = NULL;

		c = read_text(cases[i].text, &f);
		assert_null(c);
		assert_true(has_fault(&f, 6, cases[i].column, cases[i].part));
	}
}

static void names_of_work_are_unique(void **state)
{
	static const char text[] = MINIMAL "maintenance:\n"
					   "  - {name: a, owner: b, reason: c, "
					   "timezone: UTC, hours: {sun: "
					   "\"01:00-05:00\"}}\n"
					   "  - {name: a, owner: b, reason: c, "
					   "timezone: UTC, hours: {sun: "
					   "\"01:00-05:00\"}}\n";
	CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };

	(void)state;
	assert_null(read_text(text, &f));
	assert_true(has_fault(&f, 8, 12, "the name 'a' is taken"));
}

/* The rules that ship look for what the operator names. */
static void promotes(void **state)
{
	static char jewel[] = "/subscriptions/1/resourceGroups/rg-pay/x";
	static char subscription[] = "99991111", type[] = "K8S_Mining";
	CLEANUP(conf_free_ptr) struct conf *c = read_good(everything);
	CLEANUP(alert_release) struct alert admin;
	const struct alert alerts[] = {
		{ .resource_id = jewel },
		{ .subscription = subscription },
		{ .is_incident = true },
		{ .alert_type = type },
	};
	static const char *const names[] = {
		"crown-jewel",	      "crown-jewel-subscription",
		"default-incident",   "default-always-critical",
		"privileged-account",
	};
	const struct policy *p = &c->policy;

	(void)state;
	alert_init(&admin);
	alert_add_entity(&admin, "host", "adm-host", NULL);
	alert_add_entity(&admin, "account", "adm-kim", NULL);
	for (size_t i = 0; i < p->n_rules; i++) {
		const struct rule *r = &p->rules[i];

		assert_int_equal(r->severity, SEVERITY_CRITICAL);
		assert_int_equal(strlist_has(&r->tags, "crown-jewel"), i < 2);
		assert_int_equal(r->other_high_type, i == p->n_rules - 1);
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct match_subject s = { i < 4 ? &alerts[i] : &admin,
					   SEVERITY_HIGH, NULL };
		const struct rule *r = p->rules;

		while (!match_covers(&r->when, &s))
			r++;
		assert_string_equal(r->name, names[i]);
		s.severity = SEVERITY_MEDIUM;
		assert_false(match_covers(&r->when, &s));
	}
}

/* Without the operator's lists there is no rule that takes every high alert. */
static void no_list_no_rule(void **state)
{
	CLEANUP(conf_free_ptr) struct conf *c = read_good(MINIMAL);

	(void)state;
	for (size_t i = 0; i < c->policy.n_rules; i++)
		assert_int_not_equal(strncmp(c->policy.rules[i].name,
					     "crown-jewel", 11),
				     0);
	assert_int_equal(c->policy.n_rules, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_defaults),
		cmocka_unit_test(reads_everything),
		cmocka_unit_test(one_block_of_quiet_hours),
		cmocka_unit_test(dumps_and_names),
		cmocka_unit_test(refuses),
		cmocka_unit_test(names_of_work_are_unique),
		cmocka_unit_test(promotes),
		cmocka_unit_test(no_list_no_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
