/* Titles and texts of a target's own in every format that shows words. */
#include "notify/golden.h"

#include "notify/custom.h"
#include "notify/format_words.h"
#include "notify/webhook_format.h"

#define URL "https://hooks.example.org/x"
#define OWN_TITLE "SOC: {{data.alert.title}} & <!channel>"
#define OWN_TEXT "Call the SOC.\n{{words.where}} *{{data.alert.title}}*\n"

struct own {
	struct target_conf conf;
	struct custom *custom;
	struct sample s;
};

static void own_init(struct own *o, enum webhook_format f, bool title)
{
	struct err err = ERR_INIT;

	memset(o, 0, sizeof(*o));
	golden_sample(&o->s, NOTICE_OPENED);
	o->conf.webhook.format = f;
	o->conf.url.value = secret_new(URL, strlen(URL));
	o->conf.webhook.key.value = secret_new("k", 1);
	o->conf.webhook.topic = xstrdup("t");
	o->conf.webhook.project = xstrdup("SEC");
	o->conf.webhook.issue_type = xstrdup("Task");
	if (title)
		o->conf.template.title.text = xstrdup(OWN_TITLE);
	o->conf.template.text.text = xstrdup(OWN_TEXT);
	if (custom_new(&o->conf, &o->custom, &err) < 0)
		fail_msg("%s", err.text);
	o->s.job.custom = o->custom;
}

static void own_release(struct own *o)
{
	custom_free(o->custom);
	secret_free(o->conf.url.value);
	secret_free(o->conf.webhook.key.value);
	free(o->conf.webhook.topic);
	free(o->conf.webhook.project);
	free(o->conf.webhook.issue_type);
	free(o->conf.template.title.text);
	free(o->conf.template.text.text);
	sample_release(&o->s);
}

static void test_blocks(void **state)
{
	CLEANUP(doc_release) struct doc d;
	struct own o;

	(void)state;
	own_init(&o, FORMAT_SLACK, true);
	format_build_doc(&o.s.job, true, &d);
	assert_int_equal(d.n, 4);
	assert_string_equal(d.v[0].text,
			    "SOC: Suspicious PowerShell & <!channel>");
	assert_int_equal(d.v[1].kind, BLOCK_LEAD);
	assert_string_equal(d.v[1].text, "Call the SOC.");
	assert_int_equal(d.v[2].kind, BLOCK_PARA);
	/* Links are no words. */
	assert_int_equal(d.v[3].kind, BLOCK_LINK);
	own_release(&o);
}

/* Every format shows both, and escapes what the template itself says too. */
static void test_formats(void **state)
{
	static const struct {
		enum webhook_format format;
		int stage;
		const char *title, *text;
	} rows[] = {
		{ FORMAT_SLACK, 0, "PowerShell &amp; &lt;!channel&gt;",
		  "Call the SOC." },
		{ FORMAT_TEAMS, 0, "PowerShell & <!channel>", "Call the SOC." },
		{ FORMAT_NTFY, 0, "\"SOC: Suspicious PowerShell",
		  "\"Call the SOC.\\nvm-web-1" },
		{ FORMAT_PAGERDUTY, 0, "\"SOC: Suspicious PowerShell", "" },
		{ FORMAT_OPSGENIE, 0, "\"SOC: Suspicious PowerShell",
		  "Call the SOC." },
		{ FORMAT_JIRA, 1, "\"SOC: Suspicious PowerShell",
		  "Call the SOC." },
		{ FORMAT_SERVICENOW, 1, "\"SOC: Suspicious PowerShell",
		  "\"Call the SOC.\\nvm-web-1" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct own o;
		const struct talk_view view = { &o.conf, &o.s.job };
		struct webhook_post p;
		struct talk talk;

		own_init(&o, rows[i].format, true);
		talk_begin(&talk, rows[i].format, NOTICE_OPENED);
		talk.stage = rows[i].stage;
		webhook_post_init(&p, &talk, &view);
		if (!strstr(p.request.body, rows[i].title) ||
		    !strstr(p.request.body, rows[i].text))
			fail_msg("%s: %s", webhook_format_name(rows[i].format),
				 p.request.body);
		webhook_post_release(&p);
		own_release(&o);
	}
}

static void test_built_in_title(void **state)
{
	CLEANUP(strbuf_release) struct strbuf title = STRBUF_INIT;
	struct own o;

	(void)state;
	own_init(&o, FORMAT_NTFY, false);
	assert_false(format_add_own_title(&o.s.job, &title));
	format_add_title(&o.s.job, &title, 200);
	assert_string_equal(title.buf, "[HIGH] Suspicious PowerShell (#42)");
	own_release(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_built_in_title),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
