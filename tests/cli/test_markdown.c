/* Documents: what an alert says stays text. */
#include "cli/markdown.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cli/writer.h"
#include "util/xmalloc.h"

static void test_text(void **state)
{
	static const struct {
		const char *from, *to;
	} table[] = {
		{ "", "" },
		{ "plain (words), R&D - 50 %", "plain (words), R&D - 50 %" },
		{ "<img src=x onerror=y>", "\\<img src=x onerror=y>" },
		{ "[t](javascript:x)", "\\[t\\](javascript:x)" },
		{ "![i](u)", "!\\[i\\](u)" },
		{ "*a* **b** ~~c~~ `d`",
		  "\\*a\\* \\*\\*b\\*\\* \\~\\~c\\~\\~ \\`d\\`" },
		{ "snake_case _emphasis_", "snake_case \\_emphasis\\_" },
		{ "&lt;b&gt; &#60; AT&T", "\\&lt;b\\&gt; \\&#60; AT&T" },
		{ "C:\\Temp\\_x C:\\[a] end\\",
		  "C:\\Temp\\\\\\_x C:\\\\\\[a\\] end\\\\" },
		{ "https://evil.example/", "https\\://evil.example/" },
		{ "WWW.evil.example", "WWW\\.evil.example" },
		{ "a | b", "a \\| b" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

		markdown_add_text(&sb, table[i].from);
		assert_string_equal(sb.buf, table[i].to);
	}
}

static void test_code(void **state)
{
	static const struct {
		const char *from, *to;
	} table[] = {
		{ "a*b", "`a*b`" },
		{ "", "`  `" },
		{ "a`b", "``a`b``" },
		{ "`", "`` ` ``" },
		{ "``` x", "```` ``` x ````" },
		{ " x ", "`  x  `" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

		markdown_add_code(&sb, table[i].from);
		assert_string_equal(sb.buf, table[i].to);
	}
}

/* A document with @text everywhere; heap. */
static char *document(const char *text, size_t width)
{
	static const struct column columns[] = {
		{ "one", "", AS_TEXT, 0, NULL },
		{ "two", "second", AS_TEXT, 0, NULL },
	};
	static const struct table table = { .columns = columns,
					    .n_columns = 2,
					    .empty = "none" };
	const struct screen screen = { .now_ms = 1, .width = width };
	struct cell c = cell_text(text);
	CLEANUP(rows_release) struct rows rows = ROWS_INIT;
	char *out = NULL;
	size_t len;
	FILE *stream = open_memstream(&out, &len);
	struct writer *w = writer_markdown_new(stream, &screen);

	(void)rows_keep(&rows, 2, (const char *const[]){ "one", "two" },
			(const struct cell[]){ c, c });
	writer_begin(w, "triaged.test.v1");
	writer_heading(w, 1);
	writer_words(w, "Head ");
	writer_value(w, AS_TEXT, &c);
	writer_line(w, NULL);
	writer_value(w, AS_TEXT, &c);
	writer_line(w, "Label");
	writer_value(w, AS_TEXT, &c);
	writer_line(w, "");
	writer_code(w, &c);
	writer_table(w, &table, &rows);
	writer_line(w, NULL);
	writer_value(w, AS_LINES, &c);
	assert_int_equal(writer_end(w, NULL), 0);
	writer_free(w);
	fclose(stream);
	return out;
}

static void test_layout(void **state)
{
	CLEANUP(free_ptr) char *text = document("a\nb", 0);

	(void)state;
	/* A newline is \n wherever a value is one line. */
	assert_string_equal(text, "# Head a\\nb\n\n"
				  "a\\nb\n\n"
				  "- **Label**: a\\nb\n"
				  "- `a\\nb`\n"
				  "- a\\nb, second a\\nb\n\n"
				  "> a\n>\n> b\n");
}

/* What begins a line there begins no block; a wrapped line neither. */
static void test_line_starts(void **state)
{
	static const char *const starts[] = {
		"#",   "##",  "-",   "+",   "=",   "==",  "---",  ">", "1.",
		"12)", "***", "___", "```", "~~~", "<b>", "[x]:", ":-"
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		CLEANUP(free_ptr)
		char *text = xasprintf("%s one %s two %s", starts[i], starts[i],
				       starts[i]);

		for (size_t width = 8; width < 30; width++) {
			CLEANUP(free_ptr) char *doc = document(text, width);

			for (char *rest = doc, *line;
			     (line = strsep(&rest, "\n"));) {
				line += strspn(line, " ");
				line += strncmp(line, "# ", 2) == 0 ? 2 : 0;
				line += strncmp(line, "> ", 2) == 0 ? 2 : 0;
				line += strncmp(line, "- ", 2) == 0 ? 2 : 0;
				/* A code span, closed on its line. */
				if (line[0] == '`')
					continue;
				assert_false(strncmp(line, starts[i],
						     strlen(starts[i])) == 0);
			}
		}
	}
}

static void test_wraps(void **state)
{
	CLEANUP(free_ptr) char *text = document("one two three four", 16);

	(void)state;
	assert_non_null(strstr(text, "# Head one two three four\n\n"));
	assert_non_null(strstr(text, "\none two three\nfour\n"));
	assert_non_null(strstr(text, "- **Label**: one\n  two three four\n"));
	assert_non_null(strstr(text, "- `one two three four`\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_code),
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_line_starts),
		cmocka_unit_test(test_wraps),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
