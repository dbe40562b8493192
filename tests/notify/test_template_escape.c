/* Each escaper against what an attacker would put into a name. */
#include "notify/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "notify/sample.h"
#include "util/jsonx.h"
#include "util/utf8.h"

static template_escape_fn *const escapers[] = {
	template_escape_text,
	template_escape_line,
	template_escape_html,
	template_escape_json,
};

#define TEXT 0
#define LINE 1
#define HTML 2
#define JSON 3

static void test_table(void **state)
{
	static const struct {
		int escaper;
		const char *in;
		size_t len;
		const char *out;
	} v[] = {
		{ TEXT, "a\r\nb\tc", 6, "a\nb\tc" },
		{ LINE, "a\r\nb\tc", 6, "a b c" },
		{ HTML, "a\r\nb", 4, "a\nb" },
		{ JSON, "a\r\nb\tc", 6, "a\\nb\\tc" },
		{ TEXT, "a\0b", 3,
		  "a\xef\xbf\xbd"
		  "b" },
		{ LINE, "a\0", 2, "a\xef\xbf\xbd" },
		{ HTML, "\0<", 2, "\xef\xbf\xbd&lt;" },
		{ JSON, "\0\0", 2, "\xef\xbf\xbd\xef\xbf\xbd" },
		{ TEXT, "\x1b]0;t\x07x\x7f\xc2\x9b", 10, "]0;tx" },
		{ LINE, "\xe2\x80\xaegpj", 6, "gpj" },
		{ LINE, "\xff\xc3(", 3, "\xef\xbf\xbd\xef\xbf\xbd(" },
		{ HTML, "<a href='x' b=\"&\">", 18,
		  "&lt;a href=&#39;x&#39; b=&quot;&amp;&quot;&gt;" },
		{ JSON, "\"}, {\\u0022", 11, "\\\"}, {\\\\u0022" },
		{ TEXT, "", 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

		escapers[v[i].escaper](&out, v[i].in, v[i].len);
		if (strcmp(out.buf, v[i].out) != 0)
			fail_msg("%zu: \"%s\"", i, out.buf);
	}
}

static void check_harmless(const struct strbuf *out, bool one_line)
{
	assert_int_equal(strlen(out->buf), out->len);
	assert_true(utf8_valid(out->buf, out->len));
	for (const char *p = out->buf; *p; p++) {
		unsigned char c = (unsigned char)*p;

		assert_false(c == 0x7f || c == '\r');
		if (c < 0x20)
			assert_true(!one_line && (c == '\n' || c == '\t'));
	}
	assert_null(strstr(out->buf, "\xe2\x80\xae"));
}

static void test_hostile(void **state)
{
	CLEANUP(free_ptr) char *mega = sample_long_text(1000000);
	const char *const texts[] = { SAMPLE_HOSTILE, mega };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(escapers); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(texts); k++) {
			CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

			escapers[i](&out, texts[k], strlen(texts[k]));
			check_harmless(&out, i == LINE || i == JSON);
			if (i == HTML)
				assert_int_equal(strcspn(out.buf, "<>\"'"),
						 out.len);
		}
	}
}

/* Whatever it is, a JSON reader gets one string of it. */
static void test_json_reads_back(void **state)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	CLEANUP(jsonx_unref) json_t *v = NULL;
	CLEANUP(strbuf_release) struct strbuf clean = STRBUF_INIT;

	(void)state;
	strbuf_addstr(&out, "[\"");
	template_escape_json(&out, SAMPLE_HOSTILE, strlen(SAMPLE_HOSTILE));
	strbuf_addstr(&out, "\"]");
	v = json_loads(out.buf, 0, NULL);
	assert_int_equal(json_array_size(v), 1);
	utf8_add_clean(&clean, SAMPLE_HOSTILE, 0, UTF8_KEEP_NEWLINES);
	assert_string_equal(json_string_value(json_array_get(v, 0)), clean.buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_json_reads_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
