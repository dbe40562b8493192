/* What is said about templates before they are used, and where. */
#include "notify/custom.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "notify/custom_sample.h"
#include "notify/render_priv.h"
#include "util/jsonx.h"
#include "util/strbuf.h"
#include "util/strlist.h"
#include "util/xmalloc.h"

struct said {
	int n, n_warnings, line, column;
	char text[400];
};

static void on_fault(void *arg, const struct mark *m, bool warning,
		     const char *text)
{
	struct said *s = arg;

	s->n++;
	s->n_warnings += warning;
	s->line = m->line;
	s->column = m->column;
	snprintf(s->text, sizeof(s->text), "%s", text);
	assert_string_equal(m->file, "t.yaml");
}

enum slot { SUBJECT, TEXT, HTML, BODY };

static void test_faults(void **state)
{
	static const struct {
		enum slot slot;
		const char *text;
		int n, n_warnings, line, column;
		const char *part;
	} v[] = {
		{ TEXT, "{{words.text}}", 0, 0, 0, 0, "" },
		{ HTML, "<p>{{data.alert.title}}</p>", 0, 0, 0, 0, "" },
		{ BODY, "{\"a\": \"{{words.first_line}}\"}", 0, 0, 0, 0, "" },
		/* The text begins in line 20, column 9. */
		{ TEXT, "a\n{{#x}}\n", 1, 0, 21, 9, "never closed" },
		{ TEXT, "a {{data.alert.titel}}", 1, 0, 20, 13,
		  "did you mean 'data.alert.title'" },
		{ TEXT, "{{word.text}}\n {{data.alert}}", 2, 0, 21, 12,
		  "is a group" },
		{ BODY, "{\"a\": {{words.first_line}}}", 1, 0, 20, 9,
		  "a message \"opened\" fails: the result is no JSON" },
		/* Right for alerts, wrong for the rest. */
		{ BODY, "{\"a\": {{data.alert.id}}}", 1, 0, 20, 9,
		  "a message \"digest\" fails" },
		{ BODY, "{{#data.alert}}{\"a\": {{id}}}{{/data.alert}}", 0, 0,
		  0, 0, "" },
		{ TEXT, "{{! nothing }}", 1, 1, 20, 9, "says nothing" },
		{ SUBJECT, "[{{words.severity_opened}}] {{data.alert.title}}",
		  0, 0, 0, 0, "" },
		{ SUBJECT, "[{{words.severity}}] {{data.alert.title}}", 1, 1,
		  20, 9,
		  "(\"[HIGH] Suspicious PowerShell\", then "
		  "\"[CRITICAL] Suspicious PowerShell\")" },
		{ SUBJECT, "{{data.notice.kind}}", 1, 1, 20, 9,
		  "different subjects" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		struct said s = { 0 };
		struct target_conf c = { .name = NULL };
		struct template_text *texts[] = {
			&c.template.subject,
			&c.template.text,
			&c.template.html,
			&c.template.body,
		};

		*texts[v[i].slot] = (struct template_text){
			.text = (char *)(uintptr_t)v[i].text,
			.mark = { "t.yaml", 19, 13 },
			.line = 20,
			.column = 9,
		};
		custom_check(&c, on_fault, &s);
		if (s.n != v[i].n || s.n_warnings != v[i].n_warnings ||
		    s.line != v[i].line || s.column != v[i].column ||
		    !strstr(s.text, v[i].part))
			fail_msg("%s: %d (%d) %d:%d: %s", v[i].text, s.n,
				 s.n_warnings, s.line, s.column, s.text);
	}
}

/* Every member of every object has a value in some sample. */
static size_t count_values(const json_t *one, json_t *seen, const char *prefix)
{
	const char *key;
	json_t *value;
	size_t i;

	json_object_foreach((json_t *)one, key, value)
	{
		char path[200];

		snprintf(path, sizeof(path), "%s.%s", prefix, key);
		if (!json_is_null(value))
			json_object_set_new(seen, path, json_true());
		else if (!json_object_get(seen, path))
			json_object_set_new(seen, path, json_null());
		count_values(value, seen, path);
	}
	json_array_foreach((json_t *)one, i, value)
		count_values(value, seen, prefix);
	return json_object_size(seen);
}

static void test_samples_have_every_value(void **state)
{
	CLEANUP(jsonx_unref) json_t *seen = json_object();
	struct custom_sample s;
	const char *path;
	json_t *value;
	size_t n = 0;

	(void)state;
	for (size_t i = 0; custom_sample_init(&s, i); i++) {
		CLEANUP(jsonx_unref) json_t *one = render_context(&s.job);

		n = count_values(one, seen, "");
		assert_true((i < CUSTOM_SAMPLES_OF_ONE) <=
			    (s.job.n_alerts == 1));
		custom_sample_release(&s);
	}
	assert_true(n > 80);
	json_object_foreach(seen, path, value)
	{
		if (json_is_null(value))
			fail_msg("no sample has a value for %s", path);
	}
}

/* There is one of each kind. */
static void test_samples_of_every_kind(void **state)
{
	unsigned kinds = 0;
	struct custom_sample s;

	(void)state;
	for (size_t i = 0; custom_sample_init(&s, i); i++) {
		kinds |= BIT(s.notice.kind);
		custom_sample_release(&s);
	}
	assert_int_equal(kinds, BIT(NOTICE_KIND_MAX) - 1);
}

/* --- the manual --- */

/* From the top of the tree, where `make unit` runs. */
#define MANUAL "man/triaged.yaml.5"

/* The section @heading of the manual. */
static void read_section(const char *heading, struct strbuf *out)
{
	CLEANUP(strbuf_release) struct strbuf page = STRBUF_INIT;
	CLEANUP(free_ptr) char *start = xasprintf("\n.Sh %s\n", heading);
	FILE *f = fopen(MANUAL, "r");
	const char *from, *to;
	char buf[4096];
	size_t n;

	assert_non_null(f);
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		strbuf_add(&page, buf, n);
	assert_int_equal(fclose(f), 0);
	from = strstr(page.buf, start);
	assert_non_null(from);
	to = strstr(from + 1, "\n.Sh ");
	assert_non_null(to);
	strbuf_add(out, from, (size_t)(to - from));
}

/* Is @word on a line of @section that names members? */
static bool is_named(const char *section, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = section; (p = strstr(p, word)); p++) {
		const char *line = p;

		if (p[-1] != ' ' || !strchr(" \n", p[n]))
			continue;
		while (line > section && line[-1] != '\n')
			line--;
		if (strncmp(line, ".It Va ", 7) == 0 ||
		    strncmp(line, ".Va ", 4) == 0)
			return true;
	}
	return false;
}

/* Every key of @value and below is in @section. */
static void check_members(const char *section, const json_t *value)
{
	const char *key;
	json_t *one;
	size_t i;

	json_object_foreach((json_t *)value, key, one)
	{
		CLEANUP(free_ptr) char *in_data = xasprintf("data.%s", key);

		if (!is_named(section, key) && !is_named(section, in_data))
			fail_msg("%s lacks the member %s", MANUAL, key);
		/* Its keys are words of ours, told with it. */
		if (strcmp(key, "severities") != 0)
			check_members(section, one);
	}
	json_array_foreach(value, i, one)
	{
		check_members(section, one);
	}
}

/* The names of @group in @context, which @section has to have. */
static void check_group(const char *section, const json_t *context,
			const char *group, struct strlist *known)
{
	const char *key;
	json_t *one;

	json_object_foreach(json_object_get(context, group), key, one)
	{
		CLEANUP(free_ptr) char *name = xasprintf("%s.%s", group, key);

		if (!is_named(section, name))
			fail_msg("%s lacks the name %s", MANUAL, name);
		if (!strlist_has(known, name))
			strlist_add(known, name);
	}
}

/* No name of @group in @section that no message has. */
static void check_told(const char *section, const char *group,
		       const struct strlist *known)
{
	CLEANUP(free_ptr) char *start = xasprintf(" %s.", group);
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz_-";

	for (const char *p = section; (p = strstr(p, start)); p++) {
		size_t n = strspn(p + strlen(start), letters);
		CLEANUP(free_ptr)
		char *name = xstrndup(p + 1, strlen(start) - 1 + n);

		if (n > 0 && !strlist_has(known, name))
			fail_msg("%s tells of %s, which no message has", MANUAL,
				 name);
	}
}

/* What a template may name is what the manual says, and a receiver finds every
 * member of the payload there. */
static void test_manual_names_what_there_is(void **state)
{
	CLEANUP(strbuf_release) struct strbuf payload = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf templates = STRBUF_INIT;
	CLEANUP(strlist_release) struct strlist known = STRLIST_INIT;
	struct custom_sample s;

	(void)state;
	read_section("WEBHOOK PAYLOAD", &payload);
	read_section("TEMPLATES", &templates);
	for (size_t i = 0; custom_sample_init(&s, i); i++) {
		json_t *context = render_context(&s.job);

		check_group(templates.buf, context, "words", &known);
		check_group(templates.buf, context, "is", &known);
		assert_int_equal(json_object_del(context, "words"), 0);
		assert_int_equal(json_object_del(context, "is"), 0);
		check_members(payload.buf, context);
		json_decref(context);
		custom_sample_release(&s);
	}
	assert_true(known.n > 20);
	check_told(templates.buf, "words", &known);
	check_told(templates.buf, "is", &known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_samples_have_every_value),
		cmocka_unit_test(test_samples_of_every_kind),
		cmocka_unit_test(test_manual_names_what_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
