/* Templates of a target in the messages: each slot, what they see, and the
 * built-in words where they cannot be used. */
#include "notify/render.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "notify/custom.h"
#include "notify/render_priv.h"
#include "notify/sample.h"
#include "util/jsonx.h"
#include "util/utf8.h"

struct own {
	struct sample s;
	struct target_conf conf;
	struct custom *custom;
};

static void own_init(struct own *o, enum notice_kind kind)
{
	memset(o, 0, sizeof(*o));
	sample_init(&o->s, kind);
}

/* The texts in o->conf into use. */
static void own_use(struct own *o)
{
	struct err err = ERR_INIT;

	custom_free(o->custom);
	if (custom_new(&o->conf, &o->custom, &err) < 0)
		fail_msg("%s", err.text);
	o->s.job.custom = o->custom;
}

static void own_release(struct own *o)
{
	custom_free(o->custom);
	sample_release(&o->s);
}

#define TEXT(literal)                                                          \
	(struct template_text)                                                 \
	{                                                                      \
		.text = (char *)(uintptr_t)(literal), .line = 1, .column = 1   \
	}

static const char *fault_of(struct own *o)
{
	bool again;

	return custom_take_fault(o->custom, 1, &again);
}

static void test_mail(void **state)
{
	struct render_mail m;
	struct own o;

	(void)state;
	own_init(&o, NOTICE_OPENED);
	o.conf.template.subject = TEXT("SOC: {{data.alert.title}}\n(#{{"
				       "data.alert.id}})\n");
	o.conf.template.text =
		TEXT("{{words.first_line}}\nDo: {{words.first_step}}\n");
	o.conf.template.html =
		TEXT("<p>{{words.severity}} {{data.alert.portal_url}}</p>");
	own_use(&o);
	render_mail(&o.s.job, &m);
	assert_string_equal(m.subject, "SOC: Suspicious PowerShell (#42)");
	assert_string_equal(m.text,
			    "HIGH: Suspicious PowerShell on vm-web-1. Triage "
			    "due 13:05 UTC, in 2 h 40 min.\n"
			    "Do: Isolate the machine.\n");
	assert_string_equal(m.html, "<p>HIGH https://portal.azure.com/#blade/"
				    "x?a=1&amp;b=2</p>");
	assert_non_null(m.alert_key);
	assert_null(fault_of(&o));
	render_mail_release(&m);
	own_release(&o);
}

/* Without a template for it, the HTML says what the text says. */
static void test_text_alone_is_shown_as_html(void **state)
{
	struct render_mail m;
	struct own o;

	(void)state;
	own_init(&o, NOTICE_OPENED);
	sample_set(&o.s.alert.view.alert.title, "<b>");
	o.conf.template.text = TEXT("ours {{data.alert.title}}\n");
	own_use(&o);
	render_mail(&o.s.job, &m);
	assert_string_equal(m.text, "ours <b>\n");
	assert_non_null(strstr(m.html, ">ours &lt;b&gt;\n</div>"));
	assert_string_equal(m.subject, "[HIGH] <b> (#42)");
	render_mail_release(&m);
	own_release(&o);
}

static void test_names(void **state)
{
	static const struct {
		enum notice_kind kind;
		const char *text, *expected;
	} v[] = {
		{ NOTICE_OPENED, "{{type}} {{version}}", "alert.opened 1" },
		{ NOTICE_OPENED,
		  "{{words.due}}|{{words.due_utc}}|"
		  "{{words.due_local}}",
		  "Triage due 14:05 Berlin time (13:05 UTC), in 2 h 40 min.|"
		  "2026-11-21 13:05 UTC|14:05 Berlin time (13:05 UTC)" },
		{ NOTICE_OPENED, "{{words.subject}}",
		  "[HIGH] Suspicious PowerShell (#42)" },
		{ NOTICE_OPENED, "{{words.what}}/{{words.where}}",
		  "Suspicious PowerShell on vm-web-1/vm-web-1" },
		{ NOTICE_ESCALATED, "{{words.news}}",
		  "ESCALATED: nobody has it yet." },
		{ NOTICE_OPENED,
		  "{{#data.alert.entities}}{{kind}}={{value}} "
		  "{{/data.alert.entities}}",
		  "host=vm-web-1 ip=192.0.2.7 " },
		{ NOTICE_OPENED,
		  "{{#data.alert.tactics}}({{.}}){{/data.alert.tactics}}",
		  "(Execution)(Persistence)" },
		{ NOTICE_BREACHED,
		  "{{#is.breached}}B{{/is.breached}}{{#is.opened}}O"
		  "{{/is.opened}}{{#is.high}}H{{/is.high}}"
		  "{{^is.critical}}-{{/is.critical}}",
		  "BH-" },
		{ NOTICE_OPENED,
		  "{{#data.acknowledge}}{{url}} {{code}}{{/data.acknowledge}}",
		  "https://t.example/ack/x 42-K7PMX" },
		{ NOTICE_TEST, "{{#is.test}}test{{/is.test}}", "test" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
		struct own o;

		own_init(&o, v[i].kind);
		o.s.job.timezone = "Europe/Berlin";
		o.s.job.zone_offset = sample_zone_offset;
		o.s.job.ack_url = "https://t.example/ack/x";
		o.s.job.ack_code = "42-K7PMX";
		o.conf.template.text = TEXT(v[i].text);
		own_use(&o);
		assert_true(render_custom(&o.s.job, SLOT_TEXT,
					  template_escape_text, &out));
		if (strcmp(out.buf, v[i].expected) != 0)
			fail_msg("%s: %s", v[i].text, out.buf);
		own_release(&o);
	}
}

static bool renders(struct own *o, enum template_slot slot, const char *text)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	bool good;

	memset(&o->conf.template, 0, sizeof(o->conf.template));
	if (slot == SLOT_BODY)
		o->conf.template.body = TEXT(text);
	else if (slot == SLOT_SUBJECT)
		o->conf.template.subject = TEXT(text);
	else
		o->conf.template.text = TEXT(text);
	own_use(o);
	strbuf_addstr(&out, "kept");
	good = render_custom(&o->s.job, slot,
			     slot == SLOT_BODY ? template_escape_json
					       : template_escape_text,
			     &out);
	if (!good)
		assert_string_equal(out.buf, "kept");
	return good;
}

static void test_falls_back(void **state)
{
	static const char many[] =
		"{{#data.alert.entities}}{{#data.alert.entities}}"
		"{{#data.alert.entities}}{{#data.alert.entities}}"
		"{{#data.alert.entities}}..{{/data.alert.entities}}"
		"{{/data.alert.entities}}{{/data.alert.entities}}"
		"{{/data.alert.entities}}{{/data.alert.entities}}";
	struct own o;

	(void)state;
	own_init(&o, NOTICE_OPENED);
	/* It has nothing to say of this one: quietly. */
	assert_false(renders(&o, SLOT_TEXT, "{{#is.test}}x{{/is.test}} \n"));
	assert_null(fault_of(&o));
	assert_false(renders(&o, SLOT_SUBJECT, "{{data.alert.owner}}\n"));
	assert_null(fault_of(&o));
	assert_true(renders(&o, SLOT_BODY, "{\"t\": \"{{type}}\"}"));
	assert_null(fault_of(&o));
	assert_false(renders(&o, SLOT_BODY, "{\"t\": {{type}}}"));
	assert_non_null(
		strstr(fault_of(&o), "template.body: the result is no JSON"));
	assert_true(renders(&o, SLOT_TEXT, many));
	for (char ip[] = "192.0.2.a"; ip[8] <= 'z'; ip[8]++)
		alert_add_entity(&o.s.alert.view.alert, "ip", ip, NULL);
	assert_false(renders(&o, SLOT_TEXT, many));
	assert_non_null(strstr(fault_of(&o), "template.text: the result would "
					     "be too long"));
	/* Said once for each. */
	assert_null(fault_of(&o));
	own_release(&o);
}

static void test_told_once_an_hour(void **state)
{
	const int64_t hour_ms = 3600000;
	bool again;
	struct own o;

	(void)state;
	own_init(&o, NOTICE_OPENED);
	assert_false(renders(&o, SLOT_BODY, "{"));
	assert_non_null(custom_take_fault(o.custom, 5, &again));
	assert_false(again);
	for (int i = 0; i < 2; i++) {
		CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

		assert_false(render_custom(&o.s.job, SLOT_BODY,
					   template_escape_json, &out));
		assert_non_null(custom_take_fault(
			o.custom, 5 + (i ? hour_ms : hour_ms - 1), &again));
		assert_int_equal(again, i == 0);
	}
	assert_null(custom_take_fault(NULL, 5, &again));
	own_release(&o);
}

/* Whatever a stranger puts into an alert, each slot stays what it is. */
static void test_hostile(void **state)
{
	static const char fields[] = "{{data.alert.title}}|{{{data.alert.entity"
				     "}}}|{{&data.alert.description}}|"
				     "{{words.text}}|{{data.notice.reason}}";
	(void)state;
	for (int huge = 0; huge < 2; huge++) {
		CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;
		CLEANUP(jsonx_unref) json_t *v = NULL;
		CLEANUP(free_ptr)
		char *json = xasprintf("{\"all\": \"%s\"}", fields);
		CLEANUP(free_ptr) char *html = xasprintf("[[%s]]", fields);
		struct render_mail m;
		struct own o;

		own_init(&o, NOTICE_OPENED);
		if (huge)
			sample_make_huge(&o.s);
		else
			sample_make_hostile(&o.s);
		o.conf.template.subject = TEXT(fields);
		o.conf.template.text = TEXT(fields);
		o.conf.template.html = TEXT(html);
		o.conf.template.body = TEXT(json);
		own_use(&o);
		render_mail(&o.s.job, &m);
		assert_null(fault_of(&o));
		assert_null(strpbrk(m.subject, "\r\n"));
		assert_true(utf8_valid(m.subject, strlen(m.subject)));
		assert_true(utf8_length(m.subject) <= 301);
		assert_null(strpbrk(m.text, "\r\x1b\x07"));
		assert_int_equal(strncmp(m.html, "[[", 2), 0);
		assert_null(strpbrk(m.html, "<>\"'\r\x1b"));
		assert_true(utf8_valid(m.html, strlen(m.html)));
		assert_true(render_custom(&o.s.job, SLOT_BODY,
					  template_escape_json, &body));
		v = json_loads(body.buf, JSON_REJECT_DUPLICATES, NULL);
		assert_int_equal(json_object_size(v), 1);
		render_mail_release(&m);
		own_release(&o);
	}
}

static void test_bad_template_is_refused(void **state)
{
	struct target_conf c = { .template.html = TEXT("<p>\n{{#x}}") };
	struct custom *custom = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(custom_new(&c, &custom, &err), ERR_CONF);
	assert_non_null(strstr(err.text, "template.html, line 2, column 1: "));
	assert_null(custom);
	c.template.html.text = NULL;
	assert_int_equal(custom_new(&c, &custom, &err), 0);
	assert_null(custom);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mail),
		cmocka_unit_test(test_text_alone_is_shown_as_html),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_falls_back),
		cmocka_unit_test(test_told_once_an_hour),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_bad_template_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
