/*
 * daemon/page_html: what stands in it is text, whatever it is.
 *
 * Battery: G3.
 */
#include "daemon/page_html.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void test_cells(void **state)
{
	static const struct {
		enum tone tone;
		const char *text, *want;
	} rows[] = {
		{ TONE_PLAIN, "well", "<td nowrap>well</td>" },
		{ TONE_BAD, "", "<td class=\"bad\" nowrap></td>" },
		{ TONE_PLAIN, "<script>&\"'</script>",
		  "<td "
		  "nowrap>&lt;script&gt;&amp;&quot;&#39;&lt;/script&gt;</td>" },
		/* Lines, bytes that are no text, and what turns it round. */
		{ TONE_DIM, "a\nb", "<td class=\"dim\" nowrap>a b</td>" },
		{ TONE_WARN, "a\xff\x1b[31m",
		  "<td class=\"warn\" nowrap>a\xef\xbf\xbd[31m</td>" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

		page_cell(&out, rows[i].tone, rows[i].text);
		assert_string_equal(out.buf, rows[i].want);
	}
}

static void test_long_text_is_cut(void **state)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	char text[5000];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	page_cell(&out, TONE_PLAIN, text);
	assert_true(out.len < 300);
}

static void test_counts(void **state)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	(void)state;
	page_count(&out, TONE_BAD, 0);
	page_count(&out, TONE_BAD, 7);
	page_count(&out, TONE_PLAIN, 7);
	assert_string_equal(out.buf, "<td class=\"n dim\">0</td>"
				     "<td class=\"n bad\">7</td>"
				     "<td class=\"n\">7</td>");
}

/* Nothing in it acts or is loaded; every element of a table is closed or needs
 * no closing. */
static void test_whole(void **state)
{
	static const char *const columns[] = { "What", "#How many", NULL };
	static const char *const never[] = { "<script", "src=", "http:",
					     "https:",	"url(", "onclick" };
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	(void)state;
	page_begin(&out, "triaged on <host>");
	page_heading(&out, "A & B");
	page_table(&out, columns);
	page_row(&out);
	page_cell(&out, TONE_PLAIN, "a");
	page_count(&out, TONE_PLAIN, 1);
	page_table_end(&out);
	page_paragraph(&out, TONE_DIM, "done");
	page_end(&out);
	assert_non_null(
		strstr(out.buf, "<title>triaged on &lt;host&gt;</title>"));
	assert_non_null(strstr(out.buf, "<h1>triaged on &lt;host&gt;</h1>"));
	assert_non_null(strstr(out.buf, "<h2>A &amp; B</h2>"));
	assert_non_null(strstr(out.buf,
			       "<tr><th>What</th>"
			       "<th class=\"n\">"
			       "How many</th>\n"
			       "<tr><td nowrap>a</td><td class=\"n\">1</td>"
			       "</table>"));
	assert_non_null(strstr(out.buf, "prefers-color-scheme:dark"));
	for (size_t i = 0; i < ARRAY_SIZE(never); i++)
		assert_null(strstr(out.buf, never[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_long_text_is_cut),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
