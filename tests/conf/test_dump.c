/* What --dump-config prints loads again and means the same. */
#include "conf_test.h"
#include "util/compiler.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

#define GUID "11111111-2222-3333-4444-555555555555"

static const char everything[] =
	"listen: off\n"
	"tenants:\n"
	"  - {name: t, id: " GUID ", client-id: " GUID
	", client-secret: {credential: azure}}\n"
	"sources:\n"
	"  - {name: one, type: defender-for-cloud, tenant: t, subscriptions: "
	"[" GUID "]}\n"
	"  - {name: two, type: file, path: '/srv/a \"b\\c/*.json', interval: "
	"90s}\n"
	"calendars:\n"
	"  - name: office\n"
	"    timezone: Europe/Berlin\n"
	"    hours: {mon-thu: [\"08:00-12:00\", \"13:00-24:00\"], fri: "
	"\"22:00-06:00\"}\n"
	"    closed: [2026-12-25, 2026-12-26]\n"
	"    special: {2026-12-24: [\"09:00-12:00\"]}\n"
	"    holidays: /etc/holidays.ics\n"
	"sla: {critical: {triage: 10m}, medium: {triage: none}, high: {triage: "
	"4h, calendar: office, resolve: 3d}, low: {triage: none, "
	"resolve: 7d}}\n"
	"rules:\n"
	"  - name: scanner\n"
	"    when: {alert-type: [VM_Scan, \"K8S_*\"], not: {entity: "
	"10.0.0.1}}\n"
	"    set: {severity: low, owner: \"net \\\"ops\\\"\", tags: [quiet]}\n"
	"    reason: \"known \\\\ scanner \u00e4\"\n"
	"    expires: 2099-02-28\n"
	"targets:\n"
	"  - {name: mail, type: email, server: 'smtps://h', from: a@b.de, to: "
	"[a@b.de, c@d.de],\n"
	"     username: u, password: {file: /run/p}}\n"
	"  - {name: hook, type: webhook, url: {credential: url}, "
	"signing-secret: {credential: s}, signing-secret-next: {file: /n}}\n"
	"  - {name: out, type: folder, path: /srv/out}\n"
	"routes:\n"
	"  - when: {severity: [critical, high]}\n"
	"    continue: true\n"
	"    ladder: [{after: 0s, notify: [mail]}, {after: 15m, notify: "
	"[mail, hook], repeat: 15m, times: 8}]\n"
	"  - {name: mid, when: {severity: medium}, ladder: [{after: 80%, "
	"notify: hook}, {after: due-day, notify: hook}]}\n"
	"  - digest: {at: \"07:30\", notify: [out]}\n"
	"fallback: out\n"
	"ack-counts: true\n"
	"acknowledge-expires: {high: never}\n"
	"acknowledge-link-expires: 90m\n"
	"retention: {raw: forever, polls: 10d, size-limit: 100000KiB}\n"
	"sla-start: source\n";

static void check_round_trip(const char *text)
{
	CLEANUP(conf_free_ptr) struct conf *first = read_good(text);
	CLEANUP(conf_free_ptr) struct conf *second = NULL;
	CLEANUP(conf_free_ptr) struct conf *third = NULL;
	CLEANUP(strbuf_release) struct strbuf once = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf again = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf thrice = STRBUF_INIT;

	conf_dump(first, &once);
	second = read_good(once.buf);
	assert_string_equal(second->policy.hash, first->policy.hash);
	assert_int_equal(second->policy.n_rules, first->policy.n_rules);
	assert_int_equal(second->n_sources, first->n_sources);
	assert_int_equal(second->n_targets, first->n_targets);
	/* The comments name other lines now; the next round names the same. */
	conf_dump(second, &again);
	third = read_good(again.buf);
	conf_dump(third, &thrice);
	assert_string_equal(again.buf, thrice.buf);
}

static void round_trips(void **state)
{
	(void)state;
	check_round_trip(MINIMAL);
	check_round_trip(everything);
}

static void says_where_from(void **state)
{
	CLEANUP(conf_free_ptr) struct conf *c = read_good(everything);
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	static const char *const lines[] = {
		"listen: \"off\"  # t.yaml:1\n",
		"\nacknowledge-link-expires: 90m  # t.yaml:",
		"\nretention:\n  closed-alerts: 400d  # default\n  raw: "
		"forever  "
		"# t.yaml:",
		"\n  polls: 10d  # t.yaml:",
		"\n  size-limit: 100000KiB  # t.yaml:",
		"state-directory: \"/var/lib/triaged\"  # default\n",
		"    tenant: \"" GUID "\"  # t.yaml:5\n",
		"    client-secret: {credential: \"azure\"}  # t.yaml:3\n",
		"    client-id: \"" GUID "\"  # t.yaml:3\n",
		"    interval: 2m  # default\n",
		"    interval: 90s  # t.yaml:6\n",
		("      login: \"https://login.microsoftonline.com\"  # "
		 "default\n"),
		"    closed: [2026-12-25, 2026-12-26]  # t.yaml:11\n",
		"    expires: 2099-02-28  # t.yaml:20\n",
		"  critical: {triage: 10m}  # t.yaml:14\n",
		"  high: {triage: 4h, calendar: \"office\", resolve: 3d}  # "
		"t.yaml:14\n",
		"  low: {triage: none, resolve: 7d}  # t.yaml:14\n",
		"# - name: \"default-incident\"  # default\n",
		"  - name: \"route 1\"  # t.yaml:27\n",
		"  high: never  # t.yaml:34\n",
	};

	(void)state;
	conf_dump(c, &out);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		if (!strstr(out.buf, lines[i]))
			print_message("no %sin:\n%s", lines[i], out.buf);
		assert_non_null(strstr(out.buf, lines[i]));
	}
}

static void hides_plain_urls(void **state)
{
	CLEANUP(conf_free_ptr)
	struct conf *c = read_good(SOURCE_FILES
				   "targets: [{name: h, type: webhook, url: "
				   "'https://h.example.org/s3cret'}]\n"
				   "fallback: h\n");
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	(void)state;
	conf_dump(c, &out);
	assert_null(strstr(out.buf, "s3cret"));
	assert_non_null(strstr(out.buf, "    url: \"[secret]\"  # t.yaml:3"));
}

static void hash_names_the_policy(void **state)
{
	CLEANUP(conf_free_ptr) struct conf *a = read_good(MINIMAL);
	CLEANUP(conf_free_ptr)
	struct conf *b = read_good("listen: off\n" MINIMAL);
	CLEANUP(conf_free_ptr)
	struct conf *c = read_good(MINIMAL "sla: {high: {triage: 3h}}\n");
	CLEANUP(conf_free_ptr)
	struct conf *d = read_good(MINIMAL "sla: {high: {triage: 3h, resolve: "
					   "3d}}\n");

	(void)state;
	assert_string_equal(a->policy.hash, b->policy.hash);
	assert_string_not_equal(a->policy.hash, c->policy.hash);
	assert_string_not_equal(c->policy.hash, d->policy.hash);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trips),
		cmocka_unit_test(says_where_from),
		cmocka_unit_test(hides_plain_urls),
		cmocka_unit_test(hash_names_the_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
