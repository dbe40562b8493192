/* From text to a struct conf: values, defaults, and every fault at its place.
 */
#include "conf_test.h"
#include "triage/match.h"
#include "util/compiler.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define GUID_1 "11111111-2222-3333-4444-555555555555"
#define GUID_2 "66666666-7777-8888-9999-000000000000"
#define MINUTES (60 * (int64_t)1000)
#define HOURS (60 * MINUTES)

static const char full[] =
	"state-directory: /srv/triaged\n"
	"control-socket: /srv/triaged/s.sock\n"
	"listen: unix:/srv/triaged/page.sock\n"
	"tenants:\n"
	"  - name: contoso\n"
	"    id: " GUID_1 "\n"
	"    client-id: " GUID_2 "\n"
	"    client-secret: {credential: azure}\n"
	"sources:\n"
	"  - {name: one, type: defender-for-cloud, tenant: contoso, interval: "
	"90s}\n"
	"  - name: two\n"
	"    type: defender-for-cloud\n"
	"    tenant: fabrikam.onmicrosoft.com\n"
	"    auth: client-secret\n"
	"    cloud: public\n"
	"    client-id: " GUID_2 "\n"
	"    client-secret: {file: /run/secret}\n"
	"    subscriptions: [" GUID_1 "]\n"
	"    endpoints: {login: 'http://127.0.0.1:8080/', resource-manager: "
	"https://arm.example.org}\n"
	"    ca-file: /etc/ca.pem\n"
	"  - {name: exported, type: file, path: /srv/in/*.json}\n"
	"calendars:\n"
	"  - name: office\n"
	"    timezone: Europe/Berlin\n"
	"    hours: {mon-thu: [\"08:00-12:00\", \"13:00-18:00\"], \"fri,sat\": "
	"\"22:00-06:00\"}\n"
	"    closed: [2026-12-25]\n"
	"    special: {2026-12-24: [\"09:00-24:00\"]}\n"
	"    holidays: /etc/holidays.ics\n"
	"sla:\n"
	"  critical: {triage: 10m}\n"
	"  low: {triage: next-business-day, calendar: office}\n"
	"rules:\n"
	"  - name: crown-jewels\n"
	"    when: {severity: high, resource: [\"*/rg-pay/*\"], not: {tag: "
	"drill}}\n"
	"    set: {severity: critical, owner: payments, tags: [crown-jewel]}\n"
	"  - name: noisy scanner\n"
	"    when: {alert-type: VM_Scan, incident: false}\n"
	"    set: {severity: low, owner: netops}\n"
	"    reason: known scanner\n"
	"    expires: 2099-01-31\n"
	"targets:\n"
	"  - name: oncall\n"
	"    type: email\n"
	"    server: smtp://mail.example.org:587\n"
	"    from: triaged@example.org\n"
	"    to: [a@example.org, b@example.org]\n"
	"    username: triaged\n"
	"    password: {credential: smtp}\n"
	"  - {name: soc, type: webhook, url: {credential: soc}, format: json, "
	"signing-secret: {credential: sign}}\n"
	"  - {name: ops, type: folder, path: /srv/out}\n"
	"routes:\n"
	"  - when: {severity: [critical, high]}\n"
	"    continue: true\n"
	"    ladder:\n"
	"      - {after: 0s, notify: [oncall, soc]}\n"
	"      - {after: 15m, notify: ops, repeat: 15m, times: 8}\n"
	"  - {name: mid, when: {severity: medium}, ladder: [{after: 80%, "
	"notify: [soc]}, {after: due-day, notify: [soc]}]}\n"
	"  - digest: {at: \"09:00\", calendar: office, notify: [soc]}\n"
	"fallback: oncall\n"
	"acknowledge-expires: {critical: 20m, low: 1d}\n"
	"ack-counts: yes\n"
	"sla-start: source\n"
	"import-horizon: 48h\n"
	"reopen-window: 1d\n"
	"page-titles: true\n"
	"public-url: https://soc.example.org/triaged//\n"
	"acknowledge-link-expires: 8h\n";

static void reads_everything(void **state)
{
	CLEANUP(conf_free_ptr) struct conf *c = read_good(full);
	const struct source_conf *s = c->sources;
	const struct policy *p = &c->policy;

	(void)state;
	assert_string_equal(c->state_directory, "/srv/triaged");
	assert_string_equal(c->listen, "unix:/srv/triaged/page.sock");
	assert_string_equal(c->public_url, "https://soc.example.org/triaged");
	assert_true(c->page_titles);
	assert_int_equal(c->ack_link_ms, 8 * HOURS);
	assert_int_equal(c->n_sources, 3);
	assert_string_equal(s[0].tenant, GUID_1);
	assert_string_equal(s[0].client_id, GUID_2);
	assert_int_equal(s[0].client_secret.kind, SECRET_CREDENTIAL);
	assert_string_equal(s[0].client_secret.name, "azure");
	assert_int_equal(s[0].interval_ms, 90 * 1000);
	assert_int_equal(s[0].subscriptions.n, 0);
	assert_string_equal(s[0].login, "https://login.microsoftonline.com");
	assert_string_equal(s[1].tenant, "fabrikam.onmicrosoft.com");
	assert_string_equal(s[1].login, "http://127.0.0.1:8080");
	assert_string_equal(s[1].resource_manager, "https://arm.example.org");
	assert_string_equal(s[1].ca_file, "/etc/ca.pem");
	assert_int_equal(s[1].client_secret.kind, SECRET_FILE);
	assert_int_equal(s[1].interval_ms, 2 * MINUTES);
	assert_int_equal(s[1].subscriptions.n, 1);
	assert_string_equal(s[2].tenant, "");
	assert_string_equal(s[2].path, "/srv/in/*.json");
	assert_int_equal(s[2].mark.line, 21);
	assert_int_equal(p->triage[SEVERITY_CRITICAL].elapsed_ms, 10 * MINUTES);
	assert_int_equal(p->triage[SEVERITY_HIGH].elapsed_ms, 4 * HOURS);
	assert_string_equal(p->triage[SEVERITY_LOW].calendar, "office");
	assert_int_equal(p->triage[SEVERITY_INFO].kind, SLA_NONE);
	assert_int_equal(p->acknowledge_expires_ms[SEVERITY_CRITICAL],
			 20 * MINUTES);
	assert_int_equal(p->acknowledge_expires_ms[SEVERITY_HIGH], 2 * HOURS);
	assert_int_equal(p->acknowledge_expires_ms[SEVERITY_LOW], 24 * HOURS);
	assert_true(p->ack_counts);
	assert_int_equal(p->sla_start, SLA_START_SOURCE);
	assert_int_equal(p->import_horizon_ms, 48 * HOURS);
	assert_string_equal(p->fallback, "oncall");
	assert_int_equal(strlen(p->hash), 16);
}

static void reads_calendars(void **state)
{
	CLEANUP(conf_free_ptr) struct conf *c = read_good(full);
	const struct calendar_def *d = c->policy.calendars;

	(void)state;
	assert_int_equal(c->policy.n_calendars, 1);
	assert_string_equal(d->timezone, "Europe/Berlin");
	assert_int_equal(d->n_spans[0], 2);
	assert_int_equal(d->spans[3][1].from_minute, 13 * 60);
	assert_int_equal(d->spans[4][0].from_minute, 22 * 60);
	assert_int_equal(d->spans[4][0].to_minute, 30 * 60);
	assert_int_equal(d->n_spans[6], 0);
	assert_int_equal(d->closed[0].month, 12);
	assert_int_equal(d->special[0].spans[0].to_minute, 24 * 60);
	assert_string_equal(d->holidays, "/etc/holidays.ics");
}

static void reads_rules_and_routes(void **state)
{
	CLEANUP(conf_free_ptr) struct conf *c = read_good(full);
	const struct policy *p = &c->policy;
	const struct rule *r = p->rules;

	(void)state;
	assert_string_equal(r[0].owner, "payments");
	assert_true(
		strlist_has(&r[0].when.globs[MATCH_RESOURCE], "*/rg-pay/*"));
	assert_true(strlist_has(&r[0].when.deny->globs[MATCH_TAG], "drill"));
	assert_true(strlist_has(&r[0].tags, "crown-jewel"));
	assert_true(strlist_has(&r[1].when.globs[MATCH_INCIDENT], "no"));
	/* 2099-02-01T00:00Z: the last day counts. */
	assert_int_equal(r[1].expires_ms, INT64_C(4073587200000));
	assert_int_equal(p->n_rules, 6);
	assert_string_equal(r[2].name, "default-incident");
	assert_null(r[2].mark.file);
	assert_int_equal(r[2].severity, SEVERITY_CRITICAL);
	assert_int_equal(p->n_routes, 3);
	assert_string_equal(p->routes[0].name, "route 1");
	assert_true(p->routes[0].go_on);
	assert_int_equal(p->routes[0].steps[1].times, 8);
	assert_int_equal(p->routes[0].steps[1].repeat_ms, 15 * MINUTES);
	assert_int_equal(p->routes[1].steps[0].after, AFTER_PERCENT);
	assert_int_equal(p->routes[1].steps[0].after_percent, 80);
	assert_int_equal(p->routes[1].steps[1].after, AFTER_DUE_DAY_OPEN);
	assert_int_equal(p->routes[2].digest->at_minute, 9 * 60);
	assert_string_equal(conf_target(c, "soc")->url.name, "soc");
	assert_true(conf_target(c, "oncall")->starttls);
	assert_null(conf_target(c, "nobody"));
}

/* An alert finds the route that it climbs by it, wherever that stands now. */
static void names_what_routes_are_for(void **state)
{
	static const char ladder[] =
		", continue: true, ladder: [{after: 0s, notify: [ops]}]}\n";
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(conf_free_ptr) struct conf *c = NULL, *shipped = NULL;
	const struct route *r;

	(void)state;
	strbuf_addstr(&text, MINIMAL "routes:\n");
	strbuf_addf(&text, "  - {when: {severity: high}%s", ladder);
	strbuf_addf(&text, "  - {when: {severity: low}%s", ladder);
	strbuf_addf(&text, "  - {when: {severity: [high]}%s", ladder);
	strbuf_addf(&text, "  - {when: {severity: [low], not: {tag: a}}%s",
		    ladder);
	strbuf_addf(&text, "  - {name: x, when: {severity: high}%s", ladder);
	c = read_good(text.buf);
	r = c->policy.routes;
	assert_int_equal(c->policy.n_routes, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(strlen(r[i].when_hash), ROUTE_HASH_SIZE - 1);
		assert_int_equal(r[i].named, i == 4);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(r[i].when_hash, r[k].when_hash);
	}
	shipped = read_good(MINIMAL);
	assert_true(shipped->policy.n_routes > 1);
	assert_true(shipped->policy.routes[0].named);
	assert_string_not_equal(shipped->policy.routes[0].when_hash, "");
}

/* The words of a file must be those that triage compares with. */
static void shipped_rules_match(void **state)
{
	static char type[] = "SIMULATED_VM.Windows_PetyaRansomware";
	static char tactics[] = "Persistence, Exfiltration";
	CLEANUP(conf_free_ptr)
	struct conf *c = read_good(
		MINIMAL "rules: [{name: mine, when: {incident: true}, set: "
			"{owner: x}}]\n");
	const struct rule *r = c->policy.rules;
	struct alert alerts[] = { { .is_incident = true },
				  { .tactics = tactics },
				  { .alert_type = type } };
	struct alert dull = { .is_incident = false };

	(void)state;
	assert_int_equal(c->policy.n_rules, 5);
	for (size_t i = 0; i < 3; i++) {
		struct match_subject s = { &alerts[i], SEVERITY_HIGH, NULL };

		assert_true(match_covers(&r[i + 1].when, &s));
		assert_int_equal(match_covers(&r[0].when, &s), i == 0);
		s.severity = SEVERITY_MEDIUM;
		assert_false(match_covers(&r[i + 1].when, &s));
		s = (struct match_subject){ &dull, SEVERITY_HIGH, NULL };
		assert_false(match_covers(&r[i + 1].when, &s));
	}
}

static void has_defaults(void **state)
{
	CLEANUP(conf_free_ptr) struct conf *c = read_good(MINIMAL);
	const struct policy *p = &c->policy;

	(void)state;
	assert_string_equal(c->state_directory, "/var/lib/triaged");
	assert_string_equal(c->control_socket, "/run/triaged/control.sock");
	assert_string_equal(c->listen, "127.0.0.1:9847");
	assert_int_equal(p->n_calendars, 1);
	assert_string_equal(p->calendars[0].name, "default");
	assert_string_equal(p->calendars[0].timezone, "UTC");
	assert_string_equal(p->triage[SEVERITY_LOW].calendar, "default");
	assert_int_equal(p->n_routes, 4);
	assert_int_equal(p->routes[0].n_steps, 4);
	assert_int_equal(p->routes[0].steps[3].times, 8);
	assert_int_equal(p->routes[0].steps[3].repeat_ms, 15 * MINUTES);
	assert_string_equal(p->routes[0].steps[3].notify.v[0], "ops");
	assert_int_equal(p->routes[1].steps[3].after_ms, 4 * HOURS);
	assert_int_equal(p->routes[2].steps[1].after_percent, 80);
	assert_int_equal(p->routes[3].steps[0].after, AFTER_DUE_DAY_OPEN);
	assert_false(p->ack_counts);
	assert_int_equal(p->sla_start, SLA_START_SEEN);
	assert_int_equal(p->import_horizon_ms, 24 * HOURS);
	assert_int_equal(p->reopen_window_ms, 7 * 24 * HOURS);
}

/* Ten faults of ten kinds: the whole list in one run, each at its place. */
static void tells_ten_faults_at_once(void **state)
{
	static const char text[] =
		"listen: 0.0.0.0:80\n" /* 1 */
		"sources:\n"
		"  - name: azure\n"
		"    type: defender-for-cloud\n"
		"    tenant: contso\n" /* 5 */
		"    intervall: 5m\n" /* 6 */
		"    client-id: 1234\n" /* 7 */
		"    client-secret: hunter2\n" /* 8 */
		"  - name: exported\n"
		"    type: file\n"
		"    path: in/*.json\n" /* 11 */
		"    interval: 100ms\n" /* 12 */
		"retention: {raw: 1h}\n" /* 13 */
		"sla: {high: {triage: 4 hours}}\n" /* 14 */
		"targets:\n"
		"  - {name: ops, type: folder, path: /srv/out}\n"
		"fallback: opps\n"; /* 17 */
	static const struct {
		int line, column;
		const char *text;
	} want[] = {
		{ 1, 9, "listen: must be a loopback address" },
		{ 5, 13, "sources.azure: 'contso' is neither" },
		{ 6, 5,
		  "sources.azure: unknown option 'intervall' (did you mean "
		  "'interval'?)" },
		{ 7, 16, "sources.azure.client-id: must be a GUID" },
		{ 8, 20, "sources.azure.client-secret: must be {credential" },
		{ 11, 11, "sources.exported.path: must be an absolute path" },
		{ 12, 15, "sources.exported.interval: must be from 1s to" },
		{ 13, 18, "retention.raw: must be from 3d to" },
		{ 14, 22, "sla.high.triage: must be a duration" },
		{ 17, 11,
		  "fallback: unknown target 'opps' (did you mean 'ops'?)" },
	};
	CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };

	(void)state;
	assert_null(read_text(text, &f));
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		assert_true(has_fault(&f, want[i].line, want[i].column,
				      want[i].text));
		if (i > 0) /* in the order of the file */
			assert_true(f.v[i].line >= f.v[i - 1].line);
	}
	for (size_t i = 0; i < f.n; i++)
		assert_null(strstr(f.v[i].text, "hunter2"));
}

/* What is wrong of a clock that is not given is that it is not given. */
static void a_missing_clock_is_one_fault(void **state)
{
	static const char text[] =
		MINIMAL "calendars: [{name: office, timezone: UTC, "
			"hours: {mon-fri: \"08:00-17:00\"}}]\n"
			"sla: {high: {calendar: office}}\n";
	CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };

	(void)state;
	assert_null(read_text(text, &f));
	assert_int_equal(f.n, 1);
	assert_non_null(strstr(f.v[0].text, "option 'triage' is missing"));
}

struct bad {
	const char *text;
	int line, column;
	const char *part;
};

#define SOURCE_AZURE(more)                                                     \
	"sources:\n  - {name: a, type: defender-for-cloud, tenant: " GUID_1    \
	", client-id: " GUID_2 ", client-secret: {credential: x}" more         \
	"}\n" TARGET_OPS
#define MAIL(more)                                                             \
	SOURCE_FILES                                                           \
	"targets:\n"                                                           \
	"  - {name: ops, type: email, from: a@b.de, to: c@d.de" more           \
	"}\nfallback: ops\n"
#define HOOK(more)                                                             \
	SOURCE_FILES "targets:\n"                                              \
		     "  - {name: ops, type: webhook" more "}\nfallback: ops\n"
#define CALENDAR(more)                                                         \
	MINIMAL "calendars:\n  - {name: c, timezone: UTC" more "}\n"
#define STEP(step) MINIMAL "routes:\n  - ladder: [" step "]\n"

static void refuses(void **state)
{
	static const struct bad cases[] = {
		/* shape */
		{ "- a\n", 1, 1, "must be a block of options (" },
		{ "just text\n", 1, 1,
		  "block of options (\"option: value\"), not text" },
		{ MINIMAL "listen:\n", 6, 0, "has no value" },
		{ MINIMAL "listen: [a]\n", 6, 9, "not a list" },
		{ MINIMAL "public-url: http://soc.example.org\n", 6, 13,
		  "begin with https://" },
		{ MINIMAL "public-url: https://a.example/x?y=1\n", 6, 13,
		  "no query" },
		{ MINIMAL "public-url: https://a.example/x(y\n", 6, 13,
		  "of a path only" },
		{ MINIMAL "public-url: triage.example.org\n", 6, 13,
		  "must be a URL" },
		{ MINIMAL "listen: off\npublic-url: https://a.example\n", 7, 13,
		  "which is off" },
		{ MINIMAL "acknowledge-link-expires: 8d\n", 6, 27,
		  "from 1m to 7d" },
		{ MINIMAL "rules: {}\n", 6, 8, "must be a list of entries" },
		{ MINIMAL "rules: [x]\n", 6, 9, "not text" },
		{ MINIMAL "ack-counts: maybe\n", 6, 13, "true or false" },
		{ MINIMAL "sla-start: sorce\n", 6, 12,
		  "must be seen or source, not 'sorce' (did you mean" },
		{ MINIMAL "import-horizon: 4000d\n", 6, 17, "from 1s to" },
		{ MINIMAL "state-directory: here\n", 6, 18, "absolute path" },
		{ "targets:\n  - {name: ops, type: folder, path: /x}\n", 1, 1,
		  "'fallback' is missing" },
		{ MINIMAL "targets: []\n", 6, 1, "twice, first in line 3" },
		{ SOURCE_FILES "targets: [{name: ops, type: exec, command: "
			       "[x]}]\nfallback: ops\n",
		  3, 0, "begins with the absolute path of a program" },
		{ SOURCE_FILES "targets: [{name: ops, type: exec, command: "
			       "[\"unix:/run/x.sock\", y]}]\nfallback: ops\n",
		  3, 0, "a socket takes no arguments" },
		{ SOURCE_FILES "targets: [{name: ops, type: exec}]\nfallback: "
			       "ops\n",
		  3, 0, "'command' is missing" },
		{ HOOK(", url: {credential: u}, format: slak"), 4, 0,
		  "did you mean 'slack'" },
		/* names */
		{ "sources: [{type: file, path: /x}]\n" TARGET_OPS, 1, 11,
		  "sources[1]: option 'name' is missing" },
		{ "sources: [{name: a b, type: file, path: /x}]\n" TARGET_OPS,
		  1, 18, "letters, digits" },
		{ "sources: [{name: a, path: /x}]\n" TARGET_OPS, 1, 11,
		  "'type' is missing; there are defender-for-cloud, " },
		{ "sources: [{name: a, type: fiel, path: /x}]\n" TARGET_OPS, 1,
		  27, "unknown type 'fiel' (did you mean 'file'?)" },
		{ "sources: [{name: a, type: demo}]\n" TARGET_OPS, 1, 27,
		  "unknown type 'demo'; there are defender-for-cloud, "
		  "graph-security, graph-hunting, cloud-apps or file" },
		{ "sources: [{name: a, type: file, path: /x},\n"
		  "  {name: a, type: file, path: /y}]\n" TARGET_OPS,
		  2, 10, "taken by the entry at t.yaml:1" },
		{ "sources: [{name: triaged, type: file, path: "
		  "/x}]\n" TARGET_OPS,
		  1, 18, "the daemon itself" },
		/* sources */
		{ "sources: [{name: a, type: defender-for-cloud}]\n" TARGET_OPS,
		  1, 11, "option 'tenant' is missing" },
		{ "sources: [{name: a, type: defender-for-cloud}]\n" TARGET_OPS,
		  1, 11, "option 'client-secret' is missing" },
		{ SOURCE_AZURE(", path: /x"), 2, 0,
		  "option 'path' belongs to type file" },
		{ SOURCE_AZURE(", subscriptions: some"), 2, 0, "'all' or" },
		{ SOURCE_AZURE(", subscriptions: [x]"), 2, 0, "GUID" },
		{ SOURCE_AZURE(", endpoints: {login: 'http://a.example/'}"), 2,
		  0, "http: only to loopback" },
		{ SOURCE_AZURE(", endpoints: {login: 'https://u:p@a/'}"), 2, 0,
		  "no user name" },
		{ SOURCE_AZURE(", endpoints: {logn: 'https://a/'}"), 2, 0,
		  "(did you mean 'login'?)" },
		{ "tenants: [{name: t, id: " GUID_1 ", client-id: " GUID_2
		  ", client-secret: {credential: c}}]\n"
		  "sources: [{name: a, type: defender-for-cloud, tenant: t,\n"
		  "  client-id: " GUID_2 "}]\n" TARGET_OPS,
		  3, 14, "the tenants entry 't' brings the sign-in" },
		/* secrets */
		{ HOOK(", url: {file: x}"), 4, 0, "absolute path" },
		{ HOOK(", url: {credential: ../x}"), 4, 0, "no '/'" },
		{ HOOK(", url: {credential: a, file: /b}"), 4, 0,
		  "{credential: NAME}" },
		/* targets */
		{ MAIL(""), 4, 0, "option 'server' is missing" },
		{ MAIL(", server: mail.example.org"), 4, 0, "smtp://HOST" },
		{ MAIL(", server: 'smtp://u:p@h'"), 4, 0, "no user name" },
		{ MAIL(", server: 'https://h'"), 4, 0, "smtps://HOST" },
		{ MAIL(", server: 'smtp://h', starttls: off"), 4, 0,
		  "only to a loopback" },
		{ MAIL(", server: 'smtp://h', username: u"), 4, 0,
		  "belong together" },
		{ SOURCE_FILES "targets: [{name: ops, type: email, server: "
			       "'smtp://h', from: a b@c.de, to: [x@y, x@y]}]\n"
			       "fallback: ops\n",
		  3, 0, "from: 'a b@c.de' is not a plain ASCII" },
		{ SOURCE_FILES "targets: [{name: ops, type: email, server: "
			       "'smtp://h', from: a@c.de, to: [x@y, X@y]}]\n"
			       "fallback: ops\n",
		  3, 0, "to: 'X@y' stands here twice" },
		{ HOOK(", url: 'http://hooks.example.org/'"), 4, 0,
		  "allow-private" },
		{ HOOK(", url: 'https://192.168.1.1/'"), 4, 0,
		  "private address" },
		{ HOOK(", url: 'https://x.webhook.office.com/y'"), 4, 0,
		  "Power Automate" },
		{ HOOK(", url: {credential: u}, signing-secret-next: "
		       "{credential: n}"),
		  4, 0, "needs signing-secret" },
		/* calendars */
		{ CALENDAR(""), 7, 5, "option 'hours' is missing" },
		{ CALENDAR(", hours: {mon: ['08:00-08:00']}"), 7, 0,
		  "must be hours" },
		{ CALENDAR(", hours: {mon: ['08:00-24:30']}"), 7, 0,
		  "must be hours" },
		{ CALENDAR(", hours: {munday: ['08:00-09:00']}"), 7, 0,
		  "is no day" },
		{ CALENDAR(", hours: {mon: ['08:00-12:00', '11:00-13:00']}"), 7,
		  0, "overlaps other hours of mon" },
		{ CALENDAR(", hours: {sun: ['22:00-06:00'], mon: "
			   "['05:00-08:00']}"),
		  7, 0, "overlaps other hours of sun" },
		{ CALENDAR(", hours: {mon: []}, closed: [2026-02-29]"), 7, 0,
		  "must be a date" },
		{ CALENDAR(", hours: {mon: []}, closed: [2026-02-28, "
			   "2026-02-28]"),
		  7, 0, "twice" },
		{ CALENDAR(", hours: {mon: []}, special: {2026-02-28: []}"), 7,
		  0, "belongs into 'closed'" },
		{ MINIMAL "calendars: [{name: c, timezone: ../x, hours: {mon: "
			  "[]}}]\n",
		  6, 0, "must be a time zone" },
		/* sla */
		{ MINIMAL "sla: {info: {triage: 1h}}\n", 6, 7,
		  "unknown option 'info'" },
		{ MINIMAL "sla: {high: {triage: none, calendar: default}}\n", 6,
		  0, "triage is none" },
		{ MINIMAL "sla: {high: {triage: 4h, calendar: ofice}}\n", 6, 0,
		  "unknown calendar 'ofice'" },
		{ MINIMAL "sla: {low: {triage: next-bussiness-day}}\n", 6, 0,
		  "did you mean 'next-business-day'" },
		{ MINIMAL "sla: {low: {triage: next-business-day, calendar: "
			  "ofice}}\n",
		  6, 0, "unknown calendar 'ofice'" },
		{ MINIMAL "sla: {low: {resolve: 4d}}\n", 6, 0,
		  "option 'triage' is missing" },
		{ MINIMAL "sla: {high: {triage: 4h, resolve: 3h}}\n", 6, 35,
		  "resolve is shorter than triage" },
		{ MINIMAL "sla: {high: {triage: 4h, resolve: "
			  "next-business-day}}\n",
		  6, 35, "must be a duration" },
		{ MINIMAL "sla: {high: {triage: 4h, resolve: 367d}}\n", 6, 35,
		  "must be from 1s to 366d" },
		{ MINIMAL "acknowledge-expires: {high: 90 min}\n", 6, 0,
		  "must be a duration" },
		/* rules */
		{ MINIMAL "rules: [{name: r}]\n", 6, 9, "'set' is missing" },
		{ MINIMAL "rules: [{name: r, set: {}}]\n", 6, 24, "is empty" },
		{ MINIMAL "rules: [{name: r, set: {severity: hihg}}]\n", 6, 35,
		  "did you mean 'high'" },
		{ MINIMAL "rules: [{name: r, when: {severity: hihg}, set: "
			  "{owner: x}}]\n",
		  6, 36, "'hihg' matches no severity" },
		{ MINIMAL "rules: [{name: r, when: {severity: '[h]*'}, set: "
			  "{owner: x}}]\n",
		  6, 0, "matches no severity" },
		{ MINIMAL "rules: [{name: r, when: {title: []}, set: {owner: "
			  "x}}]\n",
		  6, 0, "list of 1 to" },
		{ MINIMAL "rules: [{name: r, when: {titel: x}, set: {owner: "
			  "x}}]\n",
		  6, 26, "did you mean 'title'" },
		{ MINIMAL "rules: [{name: r, when: {incident: maybe}, set: "
			  "{owner: x}}]\n",
		  6, 0, "must be true or false" },
		{ MINIMAL "rules: [{name: r, when: {not: {}}, set: {owner: "
			  "x}}]\n",
		  6, 0, "nothing would ever match" },
		{ MINIMAL "rules: [{name: r, set: {severity: low}}]\n", 6, 35,
		  "needs owner reason expires" },
		{ MINIMAL "rules: [{name: r, when: {severity: '*'}, set: "
			  "{severity: medium, owner: x}, reason: y}]\n",
		  6, 0, "severity high to medium, which needs expires;" },
		{ MINIMAL "rules: [{name: r, set: {owner: x}, expires: "
			  "soon}]\n",
		  6, 0, "must be a date" },
		{ MINIMAL "rules: [{name: default-intent, set: {owner: x}}]\n",
		  6, 16, "that triaged ships" },
		/* routes */
		{ MINIMAL "routes: [{when: {severity: high}}]\n", 6, 10,
		  "needs a ladder or a digest" },
		{ STEP("{after: 0s, notify: [opps]}"), 7, 0,
		  "unknown target 'opps' (did you mean 'ops'?)" },
		{ STEP("{after: 0s, notify: [ops, ops]}"), 7, 0, "twice" },
		{ STEP("{after: 120%, notify: ops}"), 7, 0, "0% to 100%" },
		{ STEP("{after: soon, notify: ops}"), 7, 0, "due-day" },
		{ STEP("{notify: ops}"), 7, 0, "'after' is missing" },
		{ STEP("{after: 0s}"), 7, 0,
		  "routes[1].ladder[1]: option 'notify' is missing" },
		{ STEP("{after: 0s, notify: ops, repeat: 5m}"), 7, 0,
		  "belong together" },
		{ STEP("{after: 0s, notify: ops, repeat: 5m, times: 0}"), 7, 0,
		  "from 1 to 1000" },
		{ STEP("{after: 5m, notify: ops}, {after: 1m, notify: ops}"), 7,
		  0, "order of time" },
		{ STEP(""), 7, 0, "list of 1 to 50 steps" },
		{ MINIMAL "routes: [{ladder: [{after: 0s, notify: ops}], "
			  "digest: {at: '09:00', notify: ops}}]\n",
		  6, 0, "not both" },
		{ MINIMAL "routes: [{digest: {at: '24:00', notify: ops}}]\n", 6,
		  0, "must be a time from" },
		{ MINIMAL "calendars:\n"
			  "  - {name: a, timezone: UTC, hours: {mon: []}}\n"
			  "  - {name: b, timezone: UTC, hours: {mon: []}}\n"
			  "routes: [{digest: {at: '09:00', notify: ops}}]\n",
		  9, 0, "digest: name its calendar" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };
		CLEANUP(conf_free_ptr) struct conf *c = NULL;

		c = read_text(cases[i].text, &f);
		if (c)
			print_message("accepted: %s\n", cases[i].text);
		assert_null(c);
		assert_true(has_fault(&f, cases[i].line, cases[i].column,
				      cases[i].part));
	}
}

static void accepts(void **state)
{
	static const char *const cases[] = {
		MINIMAL "listen: off\n",
		MINIMAL "listen: '[::1]:9847'\n",
		MINIMAL "public-url: http://127.0.0.1:9847\n",
		MINIMAL "public-url: https://a.example:8443/b-c/d_e.f~g\n",
		MINIMAL "listen: localhost:1\n",
		MINIMAL "sla: {medium: {triage: none}}\n",
		MINIMAL "acknowledge-expires: {critical: never}\n",
		MINIMAL "reopen-window: 0s\n",
		MAIL(", server: 'smtp://127.0.0.1:2525', starttls: off"),
		MAIL(", server: 'smtps://mail.example.org'"),
		HOOK(", url: 'https://hooks.example.org/x?sig=y'"),
		HOOK(", url: 'http://127.0.0.1:8080/', allow-private: true"),
		SOURCE_AZURE(", subscriptions: all"),
		CALENDAR(", hours: {sat-mon: ['00:00-24:00']}"),
		MINIMAL "rules: [{name: r, when: {severity: low}, set: "
			"{severity: high}}]\n",
		MINIMAL "rules: [{name: r, when: {not: {severity: [high, "
			"medium]}}, set: {severity: low}}]\n",
		MINIMAL "rules: [{name: r, when: {source: triaged}, set: "
			"{owner: x}}]\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		conf_free(read_good(cases[i]));
}

static void fills_in_ports(void **state)
{
	CLEANUP(conf_free_ptr)
	struct conf *a =
		read_good(MAIL(", server: 'smtps://Mail.example.org'"));
	CLEANUP(conf_free_ptr)
	struct conf *b =
		read_good(MAIL(", server: 'smtp://[::1]', starttls: off"));

	(void)state;
	assert_string_equal(a->targets[0].server,
			    "smtps://mail.example.org:465");
	assert_string_equal(b->targets[0].server, "smtp://[::1]:25");
	assert_false(b->targets[0].starttls);
}

static void knows_its_demo(void **state)
{
	static const char text[] = "sources: [{name: play, type: demo, "
				   "interval: 1s}]\n" TARGET_OPS;
	CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };
	CLEANUP(conf_free_ptr) struct conf *c = NULL;

	(void)state;
	assert_int_equal(conf_load_text("built-in demo", text, strlen(text), &c,
					&f),
			 0);
	assert_int_equal(c->sources[0].type, SOURCE_DEMO);
}

/* Warnings are said and stop nothing. */
static void warns(void **state)
{
	static const struct bad cases[] = {
		{ TARGET_OPS, 1, 1, "nothing will be polled" },
		{ SOURCE_FILES
		  "targets:\n"
		  "  - {name: ops, type: folder, path: /x}\n"
		  "  - {name: idle, type: folder, path: /y}\nfallback: ops\n",
		  5, 5, "targets.idle: no route uses" },
		{ MINIMAL "rules:\n"
			  "  - {name: a, set: {owner: x}}\n"
			  "  - {name: b, when: {title: x}, set: {owner: x}}\n",
		  8, 5, "rules.b: can never match: the rule 'a' at t.yaml:7" },
		{ MINIMAL "rules:\n"
			  "  - {name: a, when: {title: X}, set: {owner: x}}\n"
			  "  - {name: b, when: {title: x}, set: {owner: y}}\n",
		  8, 5, "takes the same alerts first" },
		{ MINIMAL "rules: [{name: a, when: {severity: critical}, set: "
			  "{owner: x}}]\n",
		  6, 9, "never critical" },
		{ MINIMAL "rules: [{name: a, set: {owner: x}, expires: "
			  "2001-02-03}]\n",
		  6, 9, "expired after 2001-02-03" },
		{ MINIMAL "rules: [{name: a, when: {source: exprted}, set: "
			  "{owner: x}}]\n",
		  6, 0, "no source has the name 'exprted' (did you mean" },
		{ MINIMAL "routes:\n"
			  "  - {ladder: [{after: 0s, notify: ops}]}\n"
			  "  - {name: z, when: {severity: high}, ladder: "
			  "[{after: 0s, notify: ops}]}\n",
		  8, 5, "routes.z: can never be reached" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };
		CLEANUP(conf_free_ptr) struct conf *c = NULL;

		c = read_text(cases[i].text, &f);
		print_faults(&f);
		assert_non_null(c);
		assert_int_equal(f.n, 1);
		assert_true(f.v[0].warning);
		assert_true(has_fault(&f, cases[i].line, cases[i].column,
				      cases[i].part));
	}
}

static void put(const char *dir, const char *name, const char *text)
{
	char path[300];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void make_dir(char *dir)
{
	char sub[100];

	strcpy(dir, "/tmp/triaged-conf-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(sub, sizeof(sub), "%s/conf.d", dir);
	assert_int_equal(mkdir(sub, 0700), 0);
}

static void remove_dir(const char *dir)
{
	static const char *const names[] = {
		"triaged.yaml",	      "conf.d/10.yaml",	 "conf.d/20.yaml",
		"conf.d/30.yaml.bak", "conf.d/.40.yaml", "conf.d/50.yml",
		"conf.d/60.YAML",     "conf.d"
	};
	char path[300];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		(void)remove(path); /* not every test makes every file */
	}
	assert_int_equal(rmdir(dir), 0);
}

static void merges_drop_ins(void **state)
{
	CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };
	CLEANUP(conf_free_ptr) struct conf *c = NULL;
	char dir[64], path[100];

	(void)state;
	make_dir(dir);
	put(dir, "triaged.yaml", MINIMAL "sla: {high: {triage: 4h}}\n");
	put(dir, "conf.d/20.yaml",
	    "listen: off\nsla: {high: {triage: 2h}}\nfallback: second\n");
	put(dir, "conf.d/10.yaml",
	    "listen: 127.0.0.1:1\n"
	    "targets: [{name: second, type: folder, path: /y}]\n"
	    "routes: [{ladder: [{after: 0s, notify: ops}]}]\n");
	put(dir, "conf.d/30.yaml.bak", "nonsense: true\n");
	put(dir, "conf.d/.40.yaml", "nonsense: true\n");
	snprintf(path, sizeof(path), "%s/triaged.yaml", dir);
	assert_int_equal(conf_load(path, &c, &f), 0);
	print_faults(&f);
	assert_int_equal(f.n, 0);
	assert_int_equal(c->files.n, 3);
	assert_string_equal(c->listen, "off");
	assert_string_equal(c->policy.fallback, "second");
	assert_int_equal(c->n_targets, 2);
	assert_int_equal(c->policy.triage[SEVERITY_HIGH].elapsed_ms, 2 * HOURS);
	assert_non_null(strstr(c->targets[1].mark.file, "conf.d/10.yaml"));
	remove_dir(dir);
}

static void tells_of_a_drop_in_by_another_name(void **state)
{
	CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };
	CLEANUP(conf_free_ptr) struct conf *c = NULL;
	char dir[64], path[100];

	(void)state;
	make_dir(dir);
	put(dir, "triaged.yaml",
	    MINIMAL "routes: [{ladder: [{after: 0s, notify: ops}]}]\n");
	put(dir, "conf.d/50.yml", "listen: off\n");
	put(dir, "conf.d/60.YAML", "listen: off\n");
	snprintf(path, sizeof(path), "%s/triaged.yaml", dir);
	assert_int_equal(conf_load(path, &c, &f), 0);
	assert_string_not_equal(c->listen, "off");
	assert_int_equal(f.n, 2);
	assert_true(f.v[0].warning);
	assert_non_null(strstr(f.v[0].file, "conf.d/50.yml"));
	assert_non_null(strstr(f.v[0].text, "is not read"));
	assert_true(f.v[1].warning);
	assert_non_null(strstr(f.v[1].file, "conf.d/60.YAML"));
	remove_dir(dir);
}

/* Drop-ins that somebody made and that nobody reads are never passed over. */
static void tells_of_drop_ins_that_are_no_directory(void **state)
{
	static const char *const whys[] = { "is a link to nothing",
					    "is not a directory" };
	char dir[64], path[100], drop_ins[100];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(whys); i++) {
		CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };
		CLEANUP(conf_free_ptr) struct conf *c = NULL;

		make_dir(dir);
		put(dir, "triaged.yaml", MINIMAL);
		snprintf(drop_ins, sizeof(drop_ins), "%s/conf.d", dir);
		assert_int_equal(rmdir(drop_ins), 0);
		if (i == 0)
			assert_int_equal(symlink("/nonexistent/x", drop_ins),
					 0);
		else
			put(dir, "conf.d", "listen: off\n");
		snprintf(path, sizeof(path), "%s/triaged.yaml", dir);
		assert_int_equal(conf_load(path, &c, &f), ERR_CONF);
		assert_int_equal(f.n, 1);
		assert_string_equal(f.v[0].file, drop_ins);
		assert_string_equal(f.v[0].text, whys[i]);
		remove_dir(dir);
	}
}

/* One wrong word is one fault, not also the lack of what it should have been.
 */
static void a_wrong_value_is_not_missing_too(void **state)
{
#define RULE(rest) MINIMAL "rules: [{name: r, " rest "}]\n"
	static const char *const texts[] = {
		RULE("set: {severity: low, owner: x}, reason: y, expires: "
		     "2027-1-5"),
		RULE("set: {severity: low, owner: x}, reason: , expires: "
		     "2027-01-05"),
		RULE("set: {severity: low, owner: []}, reason: y, expires: "
		     "2027-01-05"),
		MAIL(", server: 'smtp://h', username: u, password: secret"),
		MAIL(", server: 'smtp://h', username: , password: {file: /p}"),
		HOOK(", url: {file: /u}, username: u, password: secret"),
		HOOK(", url: {file: /u}, signing-secret: secret, "
		     "signing-secret-next: {file: /n}"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };

		assert_null(read_text(texts[i], &f));
		print_faults(&f);
		assert_int_equal(f.n, 1);
	}
#undef RULE
}

static void tells_faults_of_all_files(void **state)
{
	CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };
	CLEANUP(conf_free_ptr) struct conf *c = NULL;
	char dir[64], path[100], twice[200];

	(void)state;
	make_dir(dir);
	put(dir, "triaged.yaml", "wrong: 1\n" MINIMAL);
	put(dir, "conf.d/10.yaml",
	    "targets: [{name: ops, type: folder, path: /y}]\n");
	put(dir, "conf.d/20.yaml", "also-wrong: 1\n");
	snprintf(path, sizeof(path), "%s/triaged.yaml", dir);
	assert_int_equal(conf_load(path, &c, &f), ERR_CONF);
	assert_int_equal(f.n, 3);
	assert_string_equal(f.v[0].file, path);
	assert_non_null(strstr(f.v[0].text, "unknown option 'wrong'"));
	snprintf(twice, sizeof(twice), "taken by the entry at %s:5", path);
	assert_non_null(strstr(f.v[1].text, twice));
	assert_non_null(strstr(f.v[2].file, "20.yaml"));
	remove_dir(dir);
}

/* Reads a main file and, unless NULL, a drop-in by conf_load_partial(). */
static struct conf *read_partial(const char *text, const char *more,
				 struct faults *f)
{
	char dir[64], path[100];
	struct conf *c;

	make_dir(dir);
	put(dir, "triaged.yaml", text);
	if (more)
		put(dir, "conf.d/10.yaml", more);
	snprintf(path, sizeof(path), "%s/triaged.yaml", dir);
	c = conf_load_partial(path, f);
	remove_dir(dir);
	assert_non_null(c);
	assert_int_equal(c->unusable, faults_fatal(f));
	return c;
}

/* What triagectl needs is found in settings that a daemon refuses; a path that
 * may be another one is not guessed. */
static void finds_paths_despite_faults(void **state)
{
	static const char state_dir[] = "/var/lib/triaged";
	static const struct {
		const char *text, *more, *directory, *socket;
	} rows[] = {
		{ MINIMAL, NULL, state_dir, "/run/triaged/control.sock" },
		{ MINIMAL "wrong: 1\n", NULL, state_dir,
		  "/run/triaged/control.sock" },
		{ "state-directory: /x\nfallback: nobody\n", NULL, "/x",
		  "/run/triaged/control.sock" },
		{ MINIMAL "state-directory: here\ncontrol-socket: /s\n", NULL,
		  NULL, "/s" },
		{ MINIMAL "control-socket:\n", NULL, state_dir, NULL },
		{ MINIMAL "control-socket: !x y\n", NULL, state_dir, NULL },
		{ MINIMAL "state-directry: /x\n", NULL, NULL,
		  "/run/triaged/control.sock" },
		/* A later file overrides, rightly or wrongly. */
		{ MINIMAL "state-directory: here\n", "state-directory: /y\n",
		  "/y", "/run/triaged/control.sock" },
		{ MINIMAL "state-directory: /y\n", "state-directory: here\n",
		  NULL, "/run/triaged/control.sock" },
		/* What cannot be read may have named others. */
		{ "state-directory: [\n", NULL, NULL, NULL },
		{ MINIMAL, "listen: [\n", NULL, NULL },
		{ MINIMAL "state-directory: /x\n", "listen: [\n", "/x", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };
		CLEANUP(conf_free_ptr)
		struct conf *c = read_partial(rows[i].text, rows[i].more, &f);
		const char *const pairs[][2] = {
			{ c->state_directory, rows[i].directory },
			{ c->control_socket, rows[i].socket },
		};

		for (size_t j = 0; j < ARRAY_SIZE(pairs); j++) {
			if (!pairs[j][0] != !pairs[j][1])
				print_message("%s", rows[i].text);
			assert_int_equal(!pairs[j][0], !pairs[j][1]);
			if (pairs[j][1])
				assert_string_equal(pairs[j][0], pairs[j][1]);
		}
	}
}

static void keeps_what_has_no_fault(void **state)
{
	CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };
	CLEANUP(conf_free_ptr)
	struct conf *c = read_partial(
		"sources:\n"
		"  - {type: defender-for-cloud, client-secret: {file: /none}}\n"
		"  - {name: b, type: grph-security, interval: 1m}\n"
		"calendars:\n"
		"  - {name: one, timezone: Nowhere/Land, hours: {mon: []}}\n"
		"  - {name: two, timezone: UTC, hours: {mon: 8}}\n"
		"  - {name: three, timezone: UTC, hours: {mon: []}}\n"
		"targets: [{type: email}]\n"
		"fallback: nobody\n",
		NULL, &f);
	size_t n = f.n;

	(void)state;
	assert_true(c->unusable);
	assert_int_equal(c->n_sources, 2);
	assert_int_equal(c->policy.n_calendars, 2);
	assert_string_equal(c->policy.calendars[0].name, "one");
	assert_string_equal(c->policy.calendars[1].name, "three");
	/* Its secrets can be looked for all the same. */
	assert_int_equal(conf_load_secrets(c, &f), ERR_CONF);
	assert_int_equal(f.n, n + 1);
	assert_true(has_fault(&f, 2, 0, "sources.[].client-secret: "));
	faults_sort(&f, &c->files);
	for (size_t i = 1; i < f.n; i++)
		assert_true(f.v[i].line >= f.v[i - 1].line);
}

/* Faults that stand in no file come from the daemon's own checks. */
static void keeps_faults_without_a_place(void **state)
{
	CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };

	(void)state;
	faults_add(&f, NULL, "a %s", "b");
	faults_warn(&f, &(struct mark){ NULL, 3, 4 }, "c\n\x1b[0m");
	faults_add(&f, NULL, "a b");
	assert_int_equal(f.n, 2);
	assert_null(f.v[0].file);
	assert_int_equal(f.v[1].line, 0);
	assert_null(strpbrk(f.v[1].text, "\n\x1b"));
}

static void tells_unreadable_files(void **state)
{
	static const char *const paths[] = { "/nonexistent/triaged.yaml",
					     "/dev/null", "/tmp" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };
		CLEANUP(conf_free_ptr) struct conf *c = NULL;

		assert_int_equal(conf_load(paths[i], &c, &f), ERR_CONF);
		assert_int_equal(f.n, 1);
		assert_string_equal(f.v[0].file, paths[i]);
		assert_int_equal(f.v[0].line, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_everything),
		cmocka_unit_test(reads_calendars),
		cmocka_unit_test(reads_rules_and_routes),
		cmocka_unit_test(names_what_routes_are_for),
		cmocka_unit_test(shipped_rules_match),
		cmocka_unit_test(has_defaults),
		cmocka_unit_test(tells_ten_faults_at_once),
		cmocka_unit_test(a_missing_clock_is_one_fault),
		cmocka_unit_test(refuses),
		cmocka_unit_test(accepts),
		cmocka_unit_test(fills_in_ports),
		cmocka_unit_test(knows_its_demo),
		cmocka_unit_test(warns),
		cmocka_unit_test(merges_drop_ins),
		cmocka_unit_test(tells_of_a_drop_in_by_another_name),
		cmocka_unit_test(tells_of_drop_ins_that_are_no_directory),
		cmocka_unit_test(a_wrong_value_is_not_missing_too),
		cmocka_unit_test(tells_faults_of_all_files),
		cmocka_unit_test(tells_unreadable_files),
		cmocka_unit_test(finds_paths_despite_faults),
		cmocka_unit_test(keeps_what_has_no_fault),
		cmocka_unit_test(keeps_faults_without_a_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
