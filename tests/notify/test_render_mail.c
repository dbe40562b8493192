/*
 * What people read: subject, first lines, order, limits, harmlessness.
 *
 * Battery: G3.
 */
#include "notify/render.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "notify/sample.h"
#include "util/utf8.h"

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("missing \"%s\" in:\n%s", part, text);
}

static void assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("unwanted \"%s\" in:\n%s", part, text);
}

static void assert_begins(const char *text, const char *part)
{
	if (strncmp(text, part, strlen(part)) != 0)
		fail_msg("does not begin with \"%s\":\n%s", part, text);
}

static void test_whole_text(void **state)
{
	static const char expected[] =
		"HIGH: Suspicious PowerShell on vm-web-1. Triage due 14:05 "
		"Berlin time (13:05\n"
		"UTC), in 2 h 40 min.\n"
		"First step: Isolate the machine.\n"
		"\n"
		"Why you      route 1, step 1: told at once\n"
		"Acknowledge  triagectl ack 42\n"
		"More         triagectl show 42\n"
		"Portal       https://portal.azure.com/#blade/x?a=1&b=2\n"
		"Severity     high\n"
		"State        open\n"
		"Where        vm-web-1\n"
		"Resource     "
		"/subscriptions/s/resourceGroups/rg-web/x/vm-web-1\n"
		"Kind         VM_SuspiciousPowerShell\n"
		"Tactics      Execution, Persistence\n"
		"Raised       11:05 Berlin time (10:05 UTC)\n"
		"Seen here    11:25 Berlin time (10:25 UTC)\n"
		"From         defender-for-cloud, by source azure\n"
		"Their id     2517538088322968242_3a01\n"
		"\n"
		"Further steps, as the source says\n"
		"- Look at its processes.\n"
		"\n"
		"Description, as the source says\n"
		"| PowerShell ran an encoded command.\n"
		"| It was started by a web server.\n"
		"\n"
		"Entities\n"
		"- host vm-web-1\n"
		"- ip 192.0.2.7 (attacker)\n"
		"\n"
		"-- \n"
		"Sent by triaged on triage-1.example.org; notice "
		"0123456789abcdef.\n";
	struct render_mail m;
	struct sample s;

	(void)state;
	sample_init(&s, NOTICE_OPENED);
	s.job.timezone = "Europe/Berlin";
	s.job.zone_offset = sample_zone_offset;
	render_mail(&s.job, &m);
	assert_string_equal(m.text, expected);
	assert_string_equal(m.subject, "[HIGH] Suspicious PowerShell (#42)");
	assert_string_equal(m.importance, "high");
	assert_int_equal(strlen(m.alert_key), 32);
	assert_has(m.html, "<a href=\"https://portal.azure.com/"
			   "#blade/x?a=1&amp;b=2\" style=\"");
	assert_has(m.html, "<b>Portal</b> on portal.azure.com</a>");
	render_mail_release(&m);
	sample_release(&s);
}

/* The state now leads; the subject stays. */
/* Link and code stand where the number stood; nothing but the number when the
 * caller offers neither. */
static void test_answers(void **state)
{
	static const struct {
		const char *url, *code;
		const char *text;
	} rows[] = {
		{ "https://t.example/ack/abc_-1", "42-K7PMX",
		  "Acknowledge  https://t.example/ack/abc_-1\n"
		  "or           triagectl ack 42-K7PMX\n"
		  "More         triagectl show 42\n" },
		{ NULL, "42-K7PMX",
		  "Acknowledge  triagectl ack 42-K7PMX\nMore" },
		{ NULL, NULL, "Acknowledge  triagectl ack 42\nMore" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct render_mail m;
		struct sample s;

		sample_init(&s, NOTICE_ESCALATED);
		s.job.ack_url = rows[i].url;
		s.job.ack_code = rows[i].code;
		render_mail(&s.job, &m);
		assert_has(m.text, rows[i].text);
		if (rows[i].url)
			assert_has(m.html,
				   "<a href=\"https://t.example/ack/abc_-1\" ");
		render_mail_release(&m);
		/* Nobody is asked to take what somebody has. */
		s.alert.view.tracked.state = ALERT_ACKNOWLEDGED;
		render_mail(&s.job, &m);
		assert_lacks(m.text, "triagectl ack");
		assert_lacks(m.text, "/ack/");
		render_mail_release(&m);
		sample_release(&s);
	}
}

static void test_first_line_tells_news(void **state)
{
	static const struct {
		enum notice_kind kind;
		enum alert_state state;
		const char *begins;
	} rows[] = {
		{ NOTICE_OPENED, ALERT_OPEN, "HIGH: Suspicious" },
		{ NOTICE_OPENED, ALERT_ACKNOWLEDGED,
		  "Acknowledged already by bert. HIGH:" },
		{ NOTICE_OPENED, ALERT_CLOSED,
		  "CLOSED meanwhile by carla. HIGH:" },
		{ NOTICE_ESCALATED, ALERT_OPEN,
		  "ESCALATED: nobody has it yet. HIGH:" },
		{ NOTICE_UPDATED, ALERT_OPEN, "CHANGED. HIGH:" },
		{ NOTICE_WARNING, ALERT_OPEN, "TIME IS RUNNING OUT. HIGH:" },
		{ NOTICE_BREACHED, ALERT_OPEN, "BREACHED 12 min ago. HIGH:" },
		{ NOTICE_BREACHED, ALERT_ACKNOWLEDGED,
		  "BREACHED 12 min ago. Acknowledged already by bert. HIGH:" },
		{ NOTICE_REOPENED, ALERT_OPEN,
		  "REOPENED: it is active again. HIGH:" },
		{ NOTICE_ACKNOWLEDGED, ALERT_ACKNOWLEDGED,
		  "ACKNOWLEDGED by bert. HIGH:" },
		{ NOTICE_ACKNOWLEDGED, ALERT_OPEN,
		  "Was acknowledged, but nobody has it now. HIGH:" },
		{ NOTICE_CLOSED, ALERT_CLOSED, "CLOSED by carla. HIGH:" },
		{ NOTICE_CLOSED, ALERT_OPEN,
		  "Was closed, but is active again. HIGH:" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct render_mail m;
		struct sample s;

		sample_init(&s, rows[i].kind);
		s.alert.view.tracked.state = rows[i].state;
		sample_set(&s.alert.view.tracked.acknowledged_by, "bert");
		sample_set(&s.alert.view.tracked.closed_by, "carla");
		s.alert.clock.due_ms = SAMPLE_NOW_MS - 12 * SAMPLE_MINUTE_MS;
		render_mail(&s.job, &m);
		assert_begins(m.text, rows[i].begins);
		assert_string_equal(m.subject,
				    "[HIGH] Suspicious PowerShell (#42)");
		render_mail_release(&m);
		sample_release(&s);
	}
}

static void test_subject_keeps_first_severity(void **state)
{
	struct render_mail m;
	struct sample s;

	(void)state;
	sample_init(&s, NOTICE_UPDATED);
	s.alert.view.tracked.severity = SEVERITY_CRITICAL;
	render_mail(&s.job, &m);
	assert_string_equal(m.subject, "[HIGH] Suspicious PowerShell (#42)");
	assert_begins(m.text, "CHANGED. CRITICAL:");
	assert_has(m.text, "critical (high at the source)");
	render_mail_release(&m);
	sample_release(&s);
}

static void test_due_and_clock_end(void **state)
{
	struct render_mail m;
	struct sample s;

	(void)state;
	sample_init(&s, NOTICE_OPENED);
	s.job.now_ms = s.alert.clock.due_ms + 90 * SAMPLE_MINUTE_MS;
	render_mail(&s.job, &m);
	assert_has(m.text, "Triage was due 13:05 UTC, 1 h 30 min\nago.");
	render_mail_release(&m);
	s.alert.clock.stopped_ms = 1;
	render_mail(&s.job, &m);
	assert_has(m.text, "Triage was in time.");
	render_mail_release(&m);
	s.alert.clock.breached_ms = 1;
	render_mail(&s.job, &m);
	assert_has(m.text, "Triage came late.");
	render_mail_release(&m);
	s.alert.clock.due_ms = 0;
	render_mail(&s.job, &m);
	assert_begins(m.text, "HIGH: Suspicious PowerShell on vm-web-1.\n");
	render_mail_release(&m);
	sample_release(&s);
}

static void test_late_message_says_so(void **state)
{
	struct render_mail m;
	struct sample s;

	(void)state;
	sample_init(&s, NOTICE_OPENED);
	s.job.now_ms += 12 * SAMPLE_MINUTE_MS;
	s.job.paced = true;
	render_mail(&s.job, &m);
	assert_has(m.text, "it waited for the rate of\nits target.");
	render_mail_release(&m);
	s.job.paced = false;
	sample_set(&s.notice.last_error, "connection refused");
	render_mail(&s.job, &m);
	assert_has(m.text, "This message is 12 min late: it was due 10:25 "
			   "UTC; the last try failed\n(connection refused).");
	assert_lacks(m.text, "already");
	render_mail_release(&m);
	s.notice.maybe_duplicate = true;
	render_mail(&s.job, &m);
	assert_has(m.text, "You may have this message already");
	render_mail_release(&m);
	s.job.now_ms = SAMPLE_NOW_MS + SAMPLE_MINUTE_MS;
	s.notice.maybe_duplicate = false;
	render_mail(&s.job, &m);
	assert_lacks(m.text, "This message is");
	render_mail_release(&m);
	sample_release(&s);
}

static void test_no_advice_points_to_show(void **state)
{
	struct render_mail m;
	struct sample s;

	(void)state;
	sample_init(&s, NOTICE_OPENED);
	sample_set(&s.alert.view.alert.remediation, " \n\n");
	sample_set(&s.alert.view.alert.portal_url, "http://evil.example/");
	sample_set(&s.alert.view.alert.entity, NULL);
	sample_set(&s.alert.view.alert.title, NULL);
	render_mail(&s.job, &m);
	assert_begins(m.text, "HIGH: VM_SuspiciousPowerShell on vm-web-1. "
			      "Triage due 13:05 UTC, in 2 h 40\nmin.\n"
			      "Next: triagectl show 42\n");
	assert_lacks(m.text, "evil");
	assert_lacks(m.html, "evil");
	render_mail_release(&m);
	sample_release(&s);
}

static void test_entities_are_counted(void **state)
{
	struct render_mail m;
	struct sample s;

	(void)state;
	sample_init(&s, NOTICE_OPENED);
	for (int i = 0; i < 20; i++) {
		char value[16];

		snprintf(value, sizeof(value), "10.0.0.%d", i);
		alert_add_entity(&s.alert.view.alert, "ip", value, NULL);
	}
	render_mail(&s.job, &m);
	assert_has(m.text, "- ip 10.0.0.12\n");
	assert_lacks(m.text, "10.0.0.13");
	assert_has(m.text, "+7 more: triagectl show 42");
	render_mail_release(&m);
	sample_release(&s);
}

static void test_digest(void **state)
{
	struct render_alert alerts[60];
	struct render_mail m;
	struct sample s;

	(void)state;
	sample_init(&s, NOTICE_DIGEST);
	for (size_t i = 0; i < ARRAY_SIZE(alerts); i++) {
		sample_alert_init(&alerts[i]);
		alerts[i].view.tracked.id = (int64_t)i + 1;
		alerts[i].view.tracked.severity =
			i < 10 ? SEVERITY_HIGH : SEVERITY_LOW;
	}
	alerts[0].clock.due_ms = SAMPLE_NOW_MS - SAMPLE_MINUTE_MS;
	s.job.alerts = alerts;
	s.job.n_alerts = ARRAY_SIZE(alerts);
	s.job.n_total = 75;
	render_mail(&s.job, &m);
	assert_string_equal(m.subject, "[DIGEST] 75 alerts: 10 high, 50 low, "
				       "15 more");
	assert_begins(m.text, "75 alerts: 10 high, 50 low, 15 more; 1 "
			      "overdue.\nNext: triagectl list\n");
	assert_has(m.text, "- #1 HIGH Suspicious PowerShell on vm-web-1, was "
			   "due 10:24 UTC\n");
	assert_has(m.text, "- #50 LOW");
	assert_lacks(m.text, "#51 ");
	assert_has(m.text, "and 25 more: triagectl list");
	assert_null(m.alert_key);
	assert_string_equal(m.importance, "normal");
	render_mail_release(&m);
	for (size_t i = 0; i < ARRAY_SIZE(alerts); i++)
		alert_view_release(&alerts[i].view);
	sample_release(&s);
}

/* What was held back says in its first line what it is and what is worst. */
static void check_cause(enum noise_cause cause, const char *name,
			const char *subject, const char *begins)
{
	struct render_alert alerts[60];
	struct render_mail m;
	struct sample s;

	sample_init(&s, NOTICE_DIGEST);
	for (size_t i = 0; i < ARRAY_SIZE(alerts); i++) {
		sample_alert_init(&alerts[i]);
		alerts[i].view.tracked.id = (int64_t)i + 1;
		alerts[i].view.tracked.severity =
			i < 55 ? SEVERITY_CRITICAL : SEVERITY_LOW;
	}
	s.job.alerts = alerts;
	s.job.n_alerts = ARRAY_SIZE(alerts);
	s.job.n_total = ARRAY_SIZE(alerts);
	s.job.cause = cause;
	s.job.cause_name = (char *)name;
	render_mail(&s.job, &m);
	assert_string_equal(m.subject, subject);
	assert_begins(m.text, begins);
	/* Each critical has a line, the others up to fifty in all. */
	assert_has(m.text, "- #55 CRITICAL");
	assert_lacks(m.text, "#56 ");
	assert_has(m.text, "and 5 more: triagectl list");
	assert_string_equal(m.importance, "high");
	render_mail_release(&m);
	for (size_t i = 0; i < ARRAY_SIZE(alerts); i++)
		alert_view_release(&alerts[i].view);
	s.job.cause_name = NULL;
	sample_release(&s);
}

static void test_what_was_held_back_says_so(void **state)
{
	(void)state;
	check_cause(NOISE_STORM, "critical",
		    "[CRITICAL] STORM: 60 alerts: 55 critical, 5 low",
		    "STORM: 60 alerts: 55 critical, 5 low; the worst: "
		    "Suspicious PowerShell on\nvm-web-1.\nNext: triagectl show "
		    "1, the worst; all: triagectl list\n");
	check_cause(NOISE_GROUP, "powershell-0123456789abcdef",
		    "[CRITICAL] GROUP: Suspicious PowerShell and 59 more",
		    "GROUP: 60 alerts: 55 critical, 5 low; the worst: ");
	check_cause(NOISE_SILENCE, "3",
		    "[CRITICAL] END OF SILENCE 3: 60 alerts: 55 critical, 5 "
		    "low",
		    "END OF SILENCE 3: 60 alerts: ");
	check_cause(NOISE_MAINTENANCE, "move",
		    "[CRITICAL] END OF MAINTENANCE move: 60 alerts: 55 "
		    "critical, 5 low",
		    "END OF MAINTENANCE move: 60 alerts: ");
	check_cause(NOISE_QUIET, "",
		    "[CRITICAL] END OF QUIET HOURS: 60 alerts: 55 critical, 5 "
		    "low",
		    "END OF QUIET HOURS: 60 alerts: ");
}

static void test_a_silence_ends_soon(void **state)
{
	struct render_mail m;
	struct sample s;

	(void)state;
	sample_init(&s, NOTICE_SILENCE);
	s.job.n_alerts = 0;
	sample_set(&s.notice.reason,
		   "Silence 3 of ann (a scan) ends at 14:00.");
	render_mail(&s.job, &m);
	assert_string_equal(m.subject,
			    "[SILENCE] A silence of yours ends soon");
	assert_begins(m.text, "Silence 3 of ann (a scan) ends at 14:00.\n");
	assert_has(m.text, "triagectl silence list");
	assert_string_equal(m.importance, "normal");
	render_mail_release(&m);
	sample_release(&s);
}

static void test_test_notice_explains_itself(void **state)
{
	struct render_mail m;
	struct sample s;

	(void)state;
	sample_init(&s, NOTICE_TEST);
	s.job.n_alerts = 0;
	sample_set(&s.notice.reason, "asked for by anna with triagectl");
	render_mail(&s.job, &m);
	assert_begins(m.text, "TEST: this is a test notice from triaged on "
			      "triage-1.example.org.");
	assert_has(m.text, "Why you      asked for by anna");
	assert_has(m.text, "Target       oncall");
	assert_has(m.text, "triagectl ack NUMBER");
	assert_has(m.text, "Complain     to whoever runs triaged");
	assert_string_equal(m.subject, "[TEST] triaged test notice for target "
				       "oncall");
	render_mail_release(&m);
	s.notice.kind = NOTICE_OPENED;
	render_mail(&s.job, &m);
	assert_begins(m.text, "HIGH: alert #42, notice \"opened\".");
	assert_string_equal(m.subject, "[HIGH] Alert #42");
	render_mail_release(&m);
	sample_release(&s);
}

/* No control character but LF, no bidi override, valid, in 78 columns. */
static void assert_text_harmless(const char *text)
{
	size_t column = 0;

	assert_true(utf8_valid(text, strlen(text)));
	assert_lacks(text, "\xe2\x80\xae");
	for (const char *p = text; *p; p++) {
		assert_true(*p == '\n' || (unsigned char)*p >= ' ');
		assert_true(*p != 0x7f);
		if (((unsigned char)*p & 0xc0) != 0x80)
			column++;
		if (*p == '\n')
			column = 0;
		assert_true(column <= 78);
	}
}

/* The tags are those we write ourselves. */
static void assert_html_harmless(const char *html)
{
	static const char *const tags[] = {
		"!DOCTYPE html>",
		"html",
		"/html>",
		"head>",
		"/head>",
		"meta ",
		"title>",
		"/title>",
		"body ",
		"/body>",
		"div ",
		"/div>",
		"p ",
		"/p>",
		"b>",
		"/b>",
		"code ",
		"/code>",
		"a href=\"https://",
		"/a>",
	};

	assert_true(utf8_valid(html, strlen(html)));
	assert_true(strlen(html) < 100000);
	for (const char *p = strchr(html, '<'); p; p = strchr(p + 1, '<')) {
		bool known = false;

		for (size_t i = 0; i < ARRAY_SIZE(tags); i++)
			known = known ||
				strncmp(p + 1, tags[i], strlen(tags[i])) == 0;
		if (!known)
			fail_msg("foreign tag: %.40s", p);
	}
}

static void check_harmless(struct sample *s)
{
	struct render_mail m;

	for (int kind = 0; kind < NOTICE_KIND_MAX; kind++) {
		for (int st = 0; st < ALERT_STATE_MAX; st++) {
			s->notice.kind = (enum notice_kind)kind;
			s->alert.view.tracked.state = (enum alert_state)st;
			s->job.n_alerts = kind != NOTICE_TEST;
			render_mail(&s->job, &m);
			assert_text_harmless(m.text);
			assert_html_harmless(m.html);
			assert_null(strpbrk(m.subject, "\r\n"));
			assert_true(strlen(m.text) < 64000);
			render_mail_release(&m);
		}
	}
}

static void test_hostile_fields(void **state)
{
	struct render_mail m;
	struct sample s;

	(void)state;
	sample_init(&s, NOTICE_OPENED);
	sample_make_hostile(&s);
	check_harmless(&s);
	s.notice.kind = NOTICE_OPENED;
	s.alert.view.tracked.state = ALERT_OPEN;
	s.job.n_alerts = 1;
	render_mail(&s.job, &m);
	/* Shown, not run: as it was written, and as text. */
	assert_has(m.text, "<script>alert(1)</script>");
	assert_has(m.text, "%s%n");
	assert_has(m.html, "&lt;script&gt;alert(1)&lt;/script&gt;");
	/* A line break never begins a line of ours. */
	assert_lacks(m.text, "\nBcc:");
	assert_lacks(m.text, "\n.\n");
	render_mail_release(&m);
	sample_release(&s);
}

static void test_huge_fields(void **state)
{
	struct sample s;

	(void)state;
	sample_init(&s, NOTICE_OPENED);
	sample_make_huge(&s);
	check_harmless(&s);
	sample_release(&s);
}

/* The worst digest: fifty rows of quotes, which grow most when escaped. */
static void test_huge_digest_stays_small(void **state)
{
	struct render_alert alerts[60];
	char quotes[ALERT_WORD_MAX + 1];
	struct render_mail m;
	struct sample s;

	(void)state;
	memset(quotes, '"', sizeof(quotes) - 1);
	quotes[sizeof(quotes) - 1] = '\0';
	sample_init(&s, NOTICE_DIGEST);
	for (size_t i = 0; i < ARRAY_SIZE(alerts); i++) {
		sample_alert_init(&alerts[i]);
		sample_set(&alerts[i].view.alert.title, quotes);
	}
	s.job.alerts = alerts;
	s.job.n_alerts = s.job.n_total = ARRAY_SIZE(alerts);
	render_mail(&s.job, &m);
	assert_html_harmless(m.html);
	assert_text_harmless(m.text);
	render_mail_release(&m);
	for (size_t i = 0; i < ARRAY_SIZE(alerts); i++)
		alert_view_release(&alerts[i].view);
	sample_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_text),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_first_line_tells_news),
		cmocka_unit_test(test_subject_keeps_first_severity),
		cmocka_unit_test(test_due_and_clock_end),
		cmocka_unit_test(test_late_message_says_so),
		cmocka_unit_test(test_no_advice_points_to_show),
		cmocka_unit_test(test_entities_are_counted),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_what_was_held_back_says_so),
		cmocka_unit_test(test_a_silence_ends_soon),
		cmocka_unit_test(test_test_notice_explains_itself),
		cmocka_unit_test(test_hostile_fields),
		cmocka_unit_test(test_huge_fields),
		cmocka_unit_test(test_huge_digest_stays_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
