/* HTML to text: tags go, words stay, nothing takes for ever. */
#include "util/html_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "util/strbuf.h"
#include "util/xmalloc.h"

static void test_table(void **state)
{
	static const char *const rows[][2] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "a < b && c > d", "a < b && c > d" },
		{ "<p>one</p><p>two</p>", "one\n\ntwo\n" },
		{ "one<br>two<br/>three<BR />four", "one\ntwo\nthree\nfour" },
		{ "<ul><li>a</li><li>b</li></ul>", "- a\n- b\n" },
		{ "see <a href=\"javascript:x\">this</a>", "see this" },
		{ "<a href='a>b'>x</a>", "x" },
		{ "<img src=x onerror=alert(1)>y", "y" },
		{ "a<script>alert('x')</script>b", "ab" },
		{ "a<SCRIPT>x</sCript >b", "ab" },
		{ "a<script>never ends", "a" },
		{ "a<style>p{}</style>b", "ab" },
		{ "a<!-- x -->b", "ab" },
		{ "a<!-- never ends", "a" },
		{ "<tr><td>a</td><td>b</td></tr>", "a b\n" },
		{ "<none>", "<none>" },
		{ "<p:x> <host-1> <pre", "<p:x> <host-1> <pre" },
		{ "<b <i>x</i>", "<b x" },
		{ "&lt;script&gt; &amp;amp; &quot;&apos;&nbsp;",
		  "<script> &amp; \"' " },
		{ "&#39;&#x27;&#X41;&#8226;&#128512;",
		  "''A\xe2\x80\xa2\xf0\x9f\x98\x80" },
		{ "&#0; &#xd800; &#x110000; &#; &#x; &#12",
		  "&#0; &#xd800; &#x110000; &#; &#x; &#12" },
		{ "&bogus; & &", "&bogus; & &" },
		{ "\xc3\xa9<b>\xff</b>", "\xc3\xa9\xff" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(free_ptr) char *text = html_text(rows[i][0]);

		assert_string_equal(text, rows[i][1]);
	}
}

/* Texts made to be slow; the alarm of the program is the judge. */
static void test_hostile(void **state)
{
	static const char *const pieces[] = { "<a \"", "<a '\"",   "<!--",
					      "</",    "<script>", "&#",
					      "<" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		CLEANUP(strbuf_release) struct strbuf html = STRBUF_INIT;
		CLEANUP(free_ptr) char *text = NULL;

		while (html.len < (size_t)128 << 10)
			strbuf_addstr(&html, pieces[i]);
		text = html_text(html.buf);
		assert_true(strlen(text) <= html.len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
