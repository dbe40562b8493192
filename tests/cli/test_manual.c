/* The manual names every command and every option of the table. */
#include "cli/commands.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "util/xmalloc.h"

/* From the top of the tree, where `make unit` runs. */
#define MANUAL "man/triagectl.1"

static int read_manual(void **state)
{
	struct strbuf *sb = xcalloc(1, sizeof(*sb));
	FILE *f = fopen(MANUAL, "r");
	char buf[4096];
	size_t n;

	assert_non_null(f);
	strbuf_init(sb);
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		strbuf_add(sb, buf, n);
	fclose(f);
	*state = sb;
	return 0;
}

static int drop_manual(void **state)
{
	strbuf_release(*state);
	free_ptr(state);
	return 0;
}

/* @macro and @word as a whole word behind it. */
static bool names(const struct strbuf *manual, const char *macro,
		  const char *word)
{
	CLEANUP(free_ptr) char *wanted = xasprintf("%s %s", macro, word);
	const char *p = manual->buf;

	while ((p = strstr(p, wanted))) {
		p += strlen(wanted);
		if (strchr(" \n", *p))
			return true;
	}
	return false;
}

static void test_commands_are_named(void **state)
{
	for (size_t i = 0; commands_at(i); i++) {
		if (!names(*state, "Cm", commands_at(i)->name))
			fail_msg("%s lacks command %s", MANUAL,
				 commands_at(i)->name);
	}
}

static void check_option(const struct strbuf *manual, const char *command,
			 const struct option_row *o)
{
	if (!names(manual, "Fl Fl", o->name))
		fail_msg("%s lacks option --%s of %s", MANUAL, o->name,
			 command);
}

static void test_options_are_named(void **state)
{
	const struct command *c;

	for (size_t i = 0; option_global(i); i++)
		check_option(*state, "every command", option_global(i));
	for (size_t i = 0; (c = commands_at(i)); i++) {
		for (size_t j = 0; j < c->n_options; j++)
			check_option(*state, c->name, &c->options[j]);
	}
}

static void test_a_lack_is_seen(void **state)
{
	assert_false(names(*state, "Cm", "frobnicate"));
	assert_false(names(*state, "Cm", "stat"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands_are_named),
		cmocka_unit_test(test_options_are_named),
		cmocka_unit_test(test_a_lack_is_seen),
	};

	return cmocka_run_group_tests(tests, read_manual, drop_manual);
}
