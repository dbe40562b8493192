/* Templates: what the specification of Mustache asks for in our own cases,
 * what is refused and where, limits, names nobody has, and random input.
 *
 * Battery: G8.
 */
#include "notify/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "util/compiler.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

static void escape_none(struct strbuf *out, const char *s, size_t len)
{
	strbuf_add(out, s, len);
}

static void free_template(struct template **t)
{
	*t = template_free(*t);
}

static json_t *json_of(const char *text)
{
	json_t *v = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	if (!v)
		fail_msg("no JSON: %s", text);
	return v;
}

struct example {
	const char *json, *text, *expected;
};

static void check_examples(const struct example *v, size_t n,
			   template_escape_fn *escape)
{
	for (size_t i = 0; i < n; i++) {
		struct template_fault fault = { 0 };
		CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
		CLEANUP(jsonx_unref) json_t *context = json_of(v[i].json);
		CLEANUP(free_template)
		struct template *t = template_parse(v[i].text, &fault);

		if (!t)
			fail_msg("%s: refused: %s", v[i].text, fault.text);
		assert_true(template_render(t, context, escape, &out, 10000));
		if (strcmp(out.buf, v[i].expected) != 0)
			fail_msg("%s\ngave     \"%s\"\nexpected \"%s\"",
				 v[i].text, out.buf, v[i].expected);
	}
}

static void test_values(void **state)
{
	static const struct example v[] = {
		{ "{}", "no tag at all", "no tag at all" },
		{ "{}", "", "" },
		{ "{\"who\": \"Anna\"}", "Hello {{who}}!", "Hello Anna!" },
		{ "{\"who\": \"Anna\"}", "{{who}}{{ who }}{{\n\twho\n}}",
		  "AnnaAnnaAnna" },
		{ "{\"who\": \"Anna\"}", "  {{who}}\n", "  Anna\n" },
		{ "{\"n\": 85}", "{{n}} {{&n}} {{{n}}}", "85 85 85" },
		{ "{\"n\": -3, \"r\": 1.5}", "{{n}}/{{r}}", "-3/1.5" },
		{ "{\"y\": true, \"n\": false}", "{{y}},{{n}}", "true,false" },
		{ "{\"x\": null}", "({{x}})({{gone}})", "()()" },
		{ "{\"a\": {\"b\": {\"c\": \"deep\"}}}", "{{a.b.c}}", "deep" },
		{ "{\"a\": {}}", "({{a.b.c}})", "()" },
		{ "{\"a\": \"text\"}", "({{a.b}})", "()" },
		/* A list or a group has no text. */
		{ "{\"l\": [1], \"o\": {\"x\": 1}}", "({{l}}{{o}})", "()" },
		/* What comes out of a value is no tag. */
		{ "{\"x\": \"{{y}}\", \"y\": \"no\"}", "{{x}}", "{{y}}" },
		{ "{\"x-y_9\": \"ok\", \"\\u00fc\": \"ue\"}",
		  "{{x-y_9}}{{\xc3\xbc}}", "okue" },
		/* A single brace is text. */
		{ "{\"a\": 1}", "{ {a} } {{a}} }} {", "{ {a} } 1 }} {" },
		/* The first part decides where the rest is looked for. */
		{ "{\"a\": {\"b\": 1}, \"s\": {\"a\": {}}}",
		  "{{#s}}({{a.b}}){{/s}}", "()" },
	};

	(void)state;
	check_examples(v, ARRAY_SIZE(v), escape_none);
}

static void test_sections(void **state)
{
	static const struct example v[] = {
		{ "{\"x\": true}", "\"{{#x}}shown{{/x}}\"", "\"shown\"" },
		{ "{\"x\": false}", "\"{{#x}}shown{{/x}}\"", "\"\"" },
		{ "{\"x\": null}", "\"{{#x}}shown{{/x}}\"", "\"\"" },
		{ "{}", "\"{{#x}}shown{{/x}}\"", "\"\"" },
		{ "{\"x\": 0, \"y\": \"\", \"z\": []}",
		  "({{#x}}x{{/x}}{{#y}}y{{/y}}{{#z}}z{{/z}})", "()" },
		{ "{\"x\": {\"name\": \"Joe\"}}", "{{#x}}Hi {{name}}.{{/x}}",
		  "Hi Joe." },
		{ "{\"l\": [{\"i\": 1}, {\"i\": 2}, {\"i\": 3}]}",
		  "{{#l}}{{i}}{{/l}}", "123" },
		{ "{\"l\": [\"a\", 1, 2.5, true]}", "{{#l}}({{.}}){{/l}}",
		  "(a)(1)(2.5)(true)" },
		{ "{\"l\": [[1, 2], [3]]}", "{{#l}}({{#.}}{{.}}{{/.}}){{/l}}",
		  "(12)(3)" },
		{ "{\"t\": \"word\"}", "{{#t}}<{{.}}>{{/t}}", "<word>" },
		/* What is outside is seen inside, the nearest first. */
		{ "{\"a\": 1, \"s\": {\"b\": 2, \"t\": {\"c\": 3}}}",
		  "{{#s}}{{#t}}{{a}}{{b}}{{c}}{{/t}}{{/s}}", "123" },
		{ "{\"a\": 1, \"s\": {\"a\": 2}}", "{{#s}}{{a}}{{/s}}{{a}}",
		  "21" },
		{ "{\"l\": [{\"a\": 1}, {}], \"a\": 9}", "{{#l}}{{a}}{{/l}}",
		  "19" },
		{ "{\"a\": {\"b\": {\"c\": true}}}", "{{#a.b.c}}here{{/a.b.c}}",
		  "here" },
		{ "{\"a\": true, \"b\": true}", "{{#a}}1{{#b}}2{{/b}}3{{/a}}",
		  "123" },
		{ "{\"a\": true}", "{{#a}}x{{/a}} {{#a}}y{{/a}}", "x y" },
		{ "{\"a\": true}", "{{# a }}x{{/\ta\n}}", "x" },
		/* Inverted. */
		{ "{\"x\": false}", "{{^x}}none{{/x}}", "none" },
		{ "{\"x\": true}", "({{^x}}none{{/x}})", "()" },
		{ "{\"x\": []}", "{{^x}}none{{/x}}", "none" },
		{ "{\"x\": [1]}", "({{^x}}none{{/x}})", "()" },
		{ "{\"x\": {}}", "({{^x}}none{{/x}})", "()" },
		{ "{}", "{{^x.y}}none{{/x.y}}", "none" },
		{ "{\"a\": 7}", "{{^x}}{{a}}{{/x}}", "7" },
	};

	(void)state;
	check_examples(v, ARRAY_SIZE(v), escape_none);
}

static void test_white_space(void **state)
{
	static const struct example v[] = {
		/* A section or a comment alone on its line takes the line. */
		{ "{\"x\": 1}", "a\n{{#x}}\nb\n{{/x}}\nc\n", "a\nb\nc\n" },
		{ "{\"x\": 1}", "a\n  {{#x}}  \nb\n\t{{/x}}\nc", "a\nb\nc" },
		{ "{\"x\": 1}", "{{#x}}\r\nb\r\n{{/x}}\r\nc", "b\r\nc" },
		{ "{\"x\": 1}", "  {{#x}}\nb\n{{/x}}", "b\n" },
		{ "{\"x\": 0}", "a\n{{^x}}\nb\n{{/x}}\nc\n", "a\nb\nc\n" },
		{ "{}", "a\n{{! word }}\nb", "a\nb" },
		{ "{}", "a\n  {{!\n several\n lines }}  \nb", "a\nb" },
		{ "{}", "{{! word }}\nb", "b" },
		{ "{}", "a\n  {{! word }}", "a\n" },
		/* Not alone: everything else stays. */
		{ "{}", "a {{! word }} b", "a  b" },
		{ "{}", "  12 {{! word }}\n", "  12 \n" },
		{ "{\"x\": 1}", " | {{#x}}\t|\t{{/x}} | \n", " | \t|\t | \n" },
		{ "{\"x\": 1}", " {{#x}}Y{{/x}}\n {{#x}}N{{/x}}\n",
		  " Y\n N\n" },
		{ "{\"x\": \"v\"}", "a\n{{x}}\nb", "a\nv\nb" },
		{ "{\"x\": 1}", "#{{#x}}\n/\n  {{/x}}", "#\n/\n" },
		{ "{}", "a {{!b}}{{!c}} d", "a  d" },
	};

	(void)state;
	check_examples(v, ARRAY_SIZE(v), escape_none);
}

static void test_nothing_goes_unescaped(void **state)
{
	static const struct example v[] = {
		{ "{\"x\": \"<b>\"}", "<i>{{x}}{{&x}}{{{x}}}</i>",
		  "<i>&lt;b&gt;&lt;b&gt;&lt;b&gt;</i>" },
		{ "{\"l\": [\"&\", \"'\"]}", "{{#l}}{{{.}}}{{/l}}",
		  "&amp;&#39;" },
	};

	(void)state;
	check_examples(v, ARRAY_SIZE(v), template_escape_html);
}

static void test_faults(void **state)
{
	static const struct {
		const char *text;
		int line, column;
		const char *part;
	} v[] = {
		{ "a\n  {{#x}}\nb", 2, 3, "'x' is never closed" },
		{ "{{#a}}{{#b}}{{/a}}{{/b}}", 1, 13, "{{/b}} must" },
		{ "\n\n{{#a}}\n{{/b}}", 4, 1, "section of line 3" },
		{ "{{/x}}", 1, 1, "closes nothing" },
		{ "abc {{x", 1, 5, "without '}}'" },
		{ "{{{x}}", 1, 1, "without '}}}'" },
		{ "\xc3\xa4\xc3\xb6 {{}}", 1, 4, "without a name" },
		{ "{{#}}{{/}}", 1, 1, "without a name" },
		{ "{{> other}}", 1, 1, "take in another" },
		{ "{{=<% %>=}}", 1, 1, "delimiters" },
		{ "{{$a}}{{/a}}", 1, 1, "not supported" },
		{ "{{<a}}{{/a}}", 1, 1, "not supported" },
		{ "{{#if x}}y{{/if}}", 1, 1, "'if x' is not a name" },
		{ "{{a..b}}", 1, 1, "is not a name" },
		{ "{{.a}}", 1, 1, "is not a name" },
		{ "{{a.}}", 1, 1, "is not a name" },
		{ "{{a|upper}}", 1, 1, "is not a name" },
		{ "{{a {{b}} }}", 1, 1, "is not a name" },
		{ "{{\x1b[31m}}", 1, 1, "is not a name" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		struct template_fault f = { 0 };
		CLEANUP(free_template)
		struct template *t = template_parse(v[i].text, &f);

		if (t)
			fail_msg("accepted: %s", v[i].text);
		if (f.line != v[i].line || f.column != v[i].column ||
		    !strstr(f.text, v[i].part))
			fail_msg("%s: %d:%d: %s", v[i].text, f.line, f.column,
				 f.text);
		assert_null(strchr(f.text, '\x1b'));
	}
}

static char *repeat(const char *s, size_t n)
{
	struct strbuf sb = STRBUF_INIT;

	while (n-- > 0)
		strbuf_addstr(&sb, s);
	return strbuf_detach(&sb);
}

static bool is_refused(const char *text, const char *part)
{
	struct template_fault f = { 0 };
	CLEANUP(free_template) struct template *t = template_parse(text, &f);

	return !t && strstr(f.text, part);
}

static void test_limits_of_texts(void **state)
{
	CLEANUP(free_ptr) char *deep = repeat("{{#x}}", 17);
	CLEANUP(free_ptr) char *open = repeat("{{#x}}", 16);
	CLEANUP(free_ptr) char *close = repeat("{{/x}}", 16);
	CLEANUP(free_ptr) char *fits = xasprintf("%sy%s", open, close);
	CLEANUP(free_ptr) char *full = repeat("a", 65536);
	CLEANUP(free_ptr) char *over = repeat("a", 65537);
	CLEANUP(free_ptr) char *word = repeat("n", 101);
	CLEANUP(free_ptr) char *name = xasprintf("{{%s}}", word);
	struct template_fault f;
	struct template *t;

	(void)state;
	assert_true(is_refused(deep, "more than 16 sections"));
	assert_true(is_refused(over, "longer than 64 KiB"));
	assert_true(is_refused(name, "longer than 100 bytes"));
	t = template_parse(fits, &f);
	assert_non_null(t);
	template_free(t);
	t = template_parse(full, &f);
	assert_non_null(t);
	template_free(t);
}

static bool renders(const char *text, const char *json, size_t max)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	CLEANUP(jsonx_unref) json_t *context = json_of(json);
	struct template_fault f;
	CLEANUP(free_template) struct template *t = template_parse(text, &f);
	bool good;

	assert_non_null(t);
	strbuf_addstr(&out, "before");
	good = template_render(t, context, template_escape_html, &out, max);
	if (!good)
		assert_string_equal(out.buf, "before");
	assert_true(out.len <= max + strlen("before"));
	return good;
}

static void test_limits_of_results(void **state)
{
	CLEANUP(free_ptr) char *ones = repeat("1,", 999);
	CLEANUP(free_ptr) char *list = xasprintf("{\"l\": [%s1]}", ones);

	(void)state;
	assert_true(renders("12345", "{}", 5));
	assert_false(renders("12345", "{}", 4));
	assert_true(renders("{{x}}", "{\"x\": \"12345\"}", 5));
	assert_false(renders("{{x}}", "{\"x\": \"12345\"}", 4));
	/* Escaped it is longer. */
	assert_true(renders("{{x}}", "{\"x\": \"<\"}", 4));
	assert_false(renders("{{x}}", "{\"x\": \"<\"}", 3));
	assert_true(renders("{{#l}}.{{/l}}", list, 1000));
	/* A million turns: too many, even when nothing is written. */
	assert_false(
		renders("{{#l}}{{#l}}{{gone}}{{/l}}{{/l}}", list, 1000000));
}

struct said {
	size_t n;
	struct template_fault last;
};

static void on_fault(void *arg, const struct template_fault *f)
{
	struct said *s = arg;

	s->n++;
	s->last = *f;
}

static void test_names(void **state)
{
	static const char model[] =
		"{\"data\": {\"alert\": {\"title\": \"t\", \"tags\": [\"a\"]},"
		" \"alerts\": [{\"id\": 1, \"sla\": {\"state\": \"s\"}}],"
		" \"cause\": null}, \"type\": \"x\"}";
	static const struct {
		const char *text;
		int column; /* 0: nothing to say */
		const char *part;
	} v[] = {
		{ "{{data.alert.title}} {{type}}", 0, NULL },
		{ "{{#data}}{{alert.title}}{{type}}{{/data}}", 0, NULL },
		{ "{{#data.alerts}}{{id}}{{sla.state}}{{type}}{{/data.alerts}}",
		  0, NULL },
		{ "{{#data.alert.tags}}{{.}}{{/data.alert.tags}}", 0, NULL },
		{ "{{data.cause}}{{^data.cause}}{{type}}{{/data.cause}}", 0,
		  NULL },
		{ "{{data.alert.titel}}", 3,
		  "did you mean 'data.alert.title'" },
		{ "x {{#data.alert}}{{titel}}{{/data.alert}}", 20,
		  "did you mean 'title'" },
		{ "{{#data.alerts}}{{sla.stat}}{{/data.alerts}}", 19,
		  "did you mean 'sla.state'" },
		{ "{{^data.alert}}{{typ}}{{/data.alert}}", 18,
		  "did you mean 'type'" },
		{ "{{zzzzzz}}", 3, "no message has 'zzzzzz' here" },
		{ "{{title}}", 3, "no message has 'title'" },
		{ "{{data.alert.tags}}", 3, "is a list" },
		{ "{{data.alert}}", 3, "is a group" },
		{ "{{#data.alerts}}{{.}}{{/data.alerts}}", 19, "is a group" },
	};
	CLEANUP(jsonx_unref) json_t *m = json_of(model);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		struct template_fault f;
		struct said said = { 0 };
		size_t n;
		CLEANUP(free_template)
		struct template *t = template_parse(v[i].text, &f);

		assert_non_null(t);
		n = template_check(t, m, on_fault, &said);
		assert_int_equal(n, said.n);
		if (said.n != (v[i].part != NULL) ||
		    said.last.column != v[i].column ||
		    (v[i].part && !strstr(said.last.text, v[i].part)))
			fail_msg("%s: %zu, %d: %s", v[i].text, said.n,
				 said.last.column, said.last.text);
	}
}

/* ---- random ---- */

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void add_random_text(struct strbuf *out, uint32_t *seed)
{
	static const char *const parts[] = {
		"{{a}}",  "{{b.c}}",  "{{.}}",	 "{{#a}}", "{{/a}}", "{{#l}}",
		"{{/l}}", "{{^a}}",   "{{#.}}",	 "{{/.}}", "{{!",    "}}",
		"{{",	  "}",	      "{{{l}}}", "{{&b}}", "\n",     "  ",
		"text",	  "\xc3\xa4", "\xff",	 "{{#b}}", "{{/b}}", "\r\n",
		"{{=",	  "{{>",
	};

	for (uint32_t n = next_random(seed) % 24; n > 0; n--)
		strbuf_addstr(out,
			      parts[next_random(seed) % ARRAY_SIZE(parts)]);
}

/* One that is never refused. */
static void add_random_template(struct strbuf *out, uint32_t *seed, int depth)
{
	static const char *const names[] = { "a", "b", "l", "b.c", "." };

	for (uint32_t n = next_random(seed) % 5; n > 0; n--) {
		const char *name = names[next_random(seed) % ARRAY_SIZE(names)];
		uint32_t kind = next_random(seed) % (depth > 0 ? 4 : 2);

		if (kind == 0)
			strbuf_addstr(out, " <text>\n");
		else if (kind == 1)
			strbuf_addf(out, "{{%s}}", name);
		else
			strbuf_addf(out, "{{%c%s}}", "#^"[kind % 2], name);
		if (kind < 2)
			continue;
		add_random_template(out, seed, depth - 1);
		strbuf_addf(out, "{{/%s}}", name);
	}
}

static json_t *random_value(uint32_t *seed, int depth)
{
	static const char *const names[] = { "a", "b", "c", "l" };
	json_t *v;

	switch (next_random(seed) % (depth > 0 ? 7 : 5)) {
	case 0:
		return json_null();
	case 1:
		return json_boolean(next_random(seed) % 2);
	case 2:
		return json_integer((json_int_t)next_random(seed));
	case 3:
		return json_string("<\"\xf0\x9f\x94\xa5{{a}}");
	case 4:
		return json_stringn("x\0y", 3);
	case 5:
		v = json_array();
		for (uint32_t n = next_random(seed) % 6; n > 0; n--)
			json_array_append_new(v, random_value(seed, depth - 1));
		return v;
	default:
		v = json_object();
		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			json_object_set_new(v, names[i],
					    random_value(seed, depth - 1));
		return v;
	}
}

static void on_any_fault(void *arg, const struct template_fault *f)
{
	(void)arg;
	assert_true(f->line > 0 && f->column > 0 && f->text[0]);
}

static void test_random(void **state)
{
	const size_t max = 60;
	size_t n_parsed = 0, n_refused = 0, n_over = 0;

	(void)state;
	for (uint32_t i = 1; i <= 20000; i++) {
		uint32_t seed = i;
		struct template_fault f = { 0 };
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
		CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
		CLEANUP(jsonx_unref) json_t *context = random_value(&seed, 4);
		CLEANUP(free_template) struct template *t = NULL;

		if (i % 2)
			add_random_text(&text, &seed);
		else
			add_random_template(&text, &seed, 6);
		t = template_parse(text.buf, &f);
		if (!t) {
			on_any_fault(NULL, &f);
			n_refused++;
			continue;
		}
		n_parsed++;
		n_over += !template_render(t, context, template_escape_json,
					   &out, max);
		if (out.len > max)
			fail_msg("seed %u: %zu bytes", i, out.len);
		template_check(t, context, on_any_fault, NULL);
	}
	/* The dice must reach every way out. */
	if (n_parsed < 500 || n_refused < 500 || n_over < 10)
		fail_msg("%zu parsed, %zu refused, %zu over", n_parsed,
			 n_refused, n_over);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_white_space),
		cmocka_unit_test(test_nothing_goes_unescaped),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_limits_of_texts),
		cmocka_unit_test(test_limits_of_results),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
