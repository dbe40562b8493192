/* A word of a shell: quoted where the shell would take something of it. */
#include "util/shell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "util/xmalloc.h"

static void quotes_where_it_must(void **state)
{
	static const char *const rows[][2] = {
		{ "", "''" },
		{ "plain", "plain" },
		{ "/var/lib/triaged/a-b_c.db", "/var/lib/triaged/a-b_c.db" },
		{ "https://api.example:8443/x", "https://api.example:8443/x" },
		{ "anna@contoso.example", "anna@contoso.example" },
		{ "/my files/x", "'/my files/x'" },
		{ "~root", "'~root'" },
		{ "a;b", "'a;b'" },
		{ "https://x.example/?a=1&b=2",
		  "'https://x.example/?a=1&b=2'" },
		{ "[::1]:443", "'[::1]:443'" },
		{ "#x", "'#x'" },
		{ "{a,b}", "'{a,b}'" },
		{ "\xc3\xbc", "'\xc3\xbc'" },
		{ "it's $(id) `x` \"y\" \\", "'it'\\''s $(id) `x` \"y\" \\'" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(free_ptr) char *word = shell_word(rows[i][0]);

		assert_string_equal(word, rows[i][1]);
	}
}

static void leaves_a_pattern_one(void **state)
{
	static const char *const rows[][2] = {
		{ "/import/*.json", "/import/*.json" },
		{ "/my files/a?b [12].json", "'/my files/a'?'b '[12].json" },
		{ "*", "*" },
		{ "/x;y", "'/x;y'" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

		shell_add_pattern(&sb, rows[i][0]);
		assert_string_equal(sb.buf, rows[i][1]);
	}
}

/* The judge is a shell itself. */
static void a_shell_gives_every_byte_back(void **state)
{
	(void)state;
	for (int c = 1; c < 256; c++) {
		const char text[] = { 'a', (char)c, 'b', (char)c, '\0' };
		CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
		char back[16] = "";
		size_t n;
		FILE *sh;

		strbuf_addstr(&line, "printf %s ");
		shell_add(&line, text);
		sh = popen(line.buf, "r");
		assert_non_null(sh);
		n = fread(back, 1, sizeof(back) - 1, sh);
		assert_int_equal(pclose(sh), 0);
		assert_int_equal(n, strlen(text));
		assert_string_equal(back, text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quotes_where_it_must),
		cmocka_unit_test(leaves_a_pattern_one),
		cmocka_unit_test(a_shell_gives_every_byte_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
