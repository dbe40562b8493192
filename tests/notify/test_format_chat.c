/*
 * What people read in Slack, Teams and ntfy.
 *
 * Battery: G5.
 */
#include "notify/golden.h"

#include "notify/render_priv.h"
#include "util/utf8.h"

#define URL "https://hooks.example.org/T1/secret"

static void target_init(struct target_conf *c, enum webhook_format f)
{
	memset(c, 0, sizeof(*c));
	c->webhook.format = f;
	c->url.value = secret_new(URL, strlen(URL));
	if (f == FORMAT_NTFY)
		c->webhook.topic = xstrdup("security");
}

static void target_release(struct target_conf *c)
{
	secret_free(c->url.value);
	free(c->webhook.topic);
}

static void test_golden(void **state)
{
	static const enum webhook_format formats[] = {
		FORMAT_SLACK, FORMAT_TEAMS, FORMAT_NTFY, FORMAT_CLOUDEVENTS
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		struct target_conf c;

		target_init(&c, formats[i]);
		for (int k = 0; k < GOLDEN_KINDS; k++)
			golden_check(&c, (enum notice_kind)k, 0, NULL);
		target_release(&c);
	}
}

/* The body of @s for @f; the caller drops it. */
static json_t *body_of(enum webhook_format f, struct sample *s, bool shorten,
		       size_t *ret_len)
{
	struct target_conf c;
	const struct talk_view view = { &c, &s->job };
	struct webhook_post p;
	struct talk talk;
	json_t *body;

	target_init(&c, f);
	talk_begin(&talk, f, s->notice.kind);
	talk.shorten = shorten;
	webhook_post_init(&p, &talk, &view);
	body = jsonx_parse(p.request.body, p.request.body_len, 0, NULL);
	assert_non_null(body);
	*ret_len = p.request.body_len;
	webhook_post_release(&p);
	target_release(&c);
	return body;
}

static void retitle(struct sample *s, const char *title)
{
	free(s->alert.view.alert.title);
	s->alert.view.alert.title = xstrdup(title);
}

static void test_slack_mentions_nobody(void **state)
{
	struct sample s;
	json_t *body;
	char *dump;
	size_t len;

	(void)state;
	golden_sample(&s, NOTICE_OPENED);
	retitle(&s,
		"*bold* <!channel> <@U1> <https://evil.example|ok> & @here");
	body = body_of(FORMAT_SLACK, &s, false, &len);
	dump = jsonx_dump(body);
	assert_null(strstr(dump, "<!"));
	assert_null(strstr(dump, "<@"));
	assert_null(strstr(dump, "<https://evil"));
	assert_non_null(strstr(dump, "&lt;!channel&gt;"));
	free(dump);
	json_decref(body);
	sample_release(&s);
}

/* What Teams would read as Markdown stands where it reads none. */
static void test_teams_reads_no_markdown(void **state)
{
	struct sample s;
	json_t *body;
	char *dump;
	size_t len;

	(void)state;
	golden_sample(&s, NOTICE_OPENED);
	retitle(&s, "[ok](https://evil.example) {{DATE(x)}} <at>all</at>");
	body = body_of(FORMAT_TEAMS, &s, false, &len);
	dump = jsonx_dump(body);
	assert_null(strstr(dump, "\"TextBlock\""));
	assert_null(strstr(dump, "FactSet"));
	assert_null(strstr(dump, "entities"));
	assert_non_null(strstr(dump, "[ok](https://evil.example) {{DATE(x)}}"));
	free(dump);
	json_decref(body);
	sample_release(&s);
}

/* Slack refuses the whole message for one section that is too long. */
static void assert_sections(const json_t *body)
{
	json_t *block;
	size_t i;

	json_array_foreach(json_object_get(body, "blocks"), i, block)
		assert_true(
			utf8_length(jsonx_str(json_object_get(block, "text"),
					      "text")) <= 3000);
}

/* Everything at its largest: below what the receivers take. */
static void test_limits(void **state)
{
	struct strbuf text = STRBUF_INIT;
	struct sample s;
	json_t *body;
	size_t len;

	(void)state;
	/* Four bytes each, so that every cut could fall inside of one. */
	while (text.len < 1024 * 1024)
		strbuf_addstr(&text, "\xf0\x9f\x94\xa5&");
	golden_sample(&s, NOTICE_OPENED);
	retitle(&s, text.buf);
	free(s.alert.view.alert.description);
	s.alert.view.alert.description = xstrdup(text.buf);
	for (int i = 0; i < 500; i++)
		alert_add_entity(&s.alert.view.alert, "ip", text.buf, NULL);

	body = body_of(FORMAT_SLACK, &s, false, &len);
	assert_true(utf8_length(jsonx_str(body, "text")) < 4000);
	assert_true(json_array_size(json_object_get(body, "blocks")) <= 50);
	assert_sections(body);
	assert_true(len < 60000);
	json_decref(body);
	body = body_of(FORMAT_SLACK, &s, true, &len);
	assert_null(json_object_get(body, "blocks"));
	json_decref(body);

	body = body_of(FORMAT_TEAMS, &s, false, &len);
	assert_true(len <= 14000);
	json_decref(body);
	body = body_of(FORMAT_TEAMS, &s, true, &len);
	assert_true(len < 4 * 1024);
	json_decref(body);

	body = body_of(FORMAT_NTFY, &s, false, &len);
	assert_true(strlen(jsonx_str(body, "message")) <= 4000);
	assert_true(strlen(jsonx_str(body, "title")) <= 250);
	json_decref(body);
	body = body_of(FORMAT_NTFY, &s, true, &len);
	assert_true(strlen(jsonx_str(body, "message")) <= 200);
	json_decref(body);
	sample_release(&s);
	strbuf_release(&text);
}

/* Cut at a character, and what comes behind it is there. */
static void test_slack_long_lines(void **state)
{
	struct strbuf text = STRBUF_INIT;
	struct sample s;
	json_t *body;
	char *dump;
	size_t len;

	(void)state;
	strbuf_addstr(&text, "\xf0\x9f\x94\xa5");
	while (text.len < 1400)
		strbuf_addch(&text, '<');
	golden_sample(&s, NOTICE_OPENED);
	free(s.alert.view.alert.description);
	s.alert.view.alert.description = xstrdup(text.buf);
	strbuf_reset(&text);
	strbuf_addstr(&text, "https://portal.azure.com/?");
	while (text.len < 1000)
		strbuf_addch(&text, '&');
	free(s.alert.view.alert.portal_url);
	s.alert.view.alert.portal_url = xstrdup(text.buf);
	body = body_of(FORMAT_SLACK, &s, false, &len);
	assert_sections(body);
	dump = jsonx_dump(body);
	assert_non_null(strstr(dump, "&lt;&lt;\xe2\x80\xa6"));
	assert_null(strstr(dump, "portal.azure.com"));
	assert_non_null(strstr(dump, "*Entities*"));
	free(dump);
	json_decref(body);
	sample_release(&s);
	strbuf_release(&text);
}

static void test_ntfy_levels(void **state)
{
	static const int expected[SEVERITY_MAX] = {
		[SEVERITY_INFO] = 1,	 [SEVERITY_LOW] = 2,
		[SEVERITY_MEDIUM] = 3,	 [SEVERITY_HIGH] = 4,
		[SEVERITY_CRITICAL] = 5,
	};

	(void)state;
	for (int level = 0; level < SEVERITY_MAX; level++) {
		struct sample s;
		json_t *body;
		int64_t n;
		size_t len;

		golden_sample(&s, NOTICE_OPENED);
		s.alert.view.tracked.severity = (enum severity)level;
		body = body_of(FORMAT_NTFY, &s, false, &len);
		assert_true(jsonx_int(body, "priority", &n));
		assert_int_equal(n, expected[level]);
		json_decref(body);
		sample_release(&s);
	}
}

static void test_slack_answers(void **state)
{
	static const struct {
		long status;
		const char *body;
		enum outcome outcome;
		const char *says;
	} rows[] = {
		{ 200, "ok", OUTCOME_SENT, "" },
		{ 200, "okay", OUTCOME_DEAD, "okay" },
		{ 200, "", OUTCOME_RETRY, "not \"ok\"" },
		{ 200, "<html>\x1b[31mlogin", OUTCOME_RETRY,
		  "<html>[31mlogin" },
		{ 404, "no_service", OUTCOME_DEAD, "no_service" },
		{ 410, "channel_is_archived", OUTCOME_DISABLE, "archived" },
		{ 429, "rate_limited", OUTCOME_RETRY, "rate_limited" },
		{ 500, "", OUTCOME_RETRY, "its side" },
	};
	struct target_conf c;

	(void)state;
	target_init(&c, FORMAT_SLACK);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct xfer_reply reply = { .status = rows[i].status,
					    .body = STRBUF_INIT };
		struct outcome_report r;
		struct talk t;

		strbuf_addstr(&reply.body, rows[i].body);
		talk_begin(&t, FORMAT_SLACK, NOTICE_OPENED);
		assert_false(webhook_hear(&t, &c, "https://x:443", &reply, &r));
		assert_int_equal(r.outcome, rows[i].outcome);
		assert_non_null(strstr(r.error, rows[i].says));
		strbuf_release(&reply.body);
	}
	target_release(&c);
}

static void test_cut(void **state)
{
	struct strbuf sb = STRBUF_INIT;

	(void)state;
	strbuf_addstr(&sb, "abc");
	format_cut(&sb, 3);
	assert_string_equal(sb.buf, "abc");
	strbuf_addstr(&sb, "\xf0\x9f\x94\xa5 and more");
	format_cut(&sb, 9); /* six bytes are left: inside of the emoji */
	assert_string_equal(sb.buf, "abc\xe2\x80\xa6");
	assert_true(utf8_valid(sb.buf, sb.len));
	strbuf_release(&sb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_slack_mentions_nobody),
		cmocka_unit_test(test_teams_reads_no_markdown),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_slack_long_lines),
		cmocka_unit_test(test_ntfy_levels),
		cmocka_unit_test(test_slack_answers),
		cmocka_unit_test(test_cut),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
