/* What the words in capitals of the command table stand for. */
#include "cli/values.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "cli/commands.h"
#include "cli/table_text.h"
#include "helpers/tempstore.h"

/* Every word in capitals of @text is a row of the table of values. */
static void check_text(const char *command, const char *text)
{
	static const char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	while ((text = strpbrk(text, capitals))) {
		if (!values_find(text))
			fail_msg("cli/values.c has no row for %s of %s", text,
				 command);
		text += strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-");
	}
}

static void test_every_placeholder_has_a_row(void **state)
{
	const struct command *c;

	(void)state;
	for (size_t i = 0; option_global(i); i++) {
		if (option_global(i)->value)
			check_text("all", option_global(i)->value);
	}
	for (size_t i = 0; (c = commands_at(i)); i++) {
		check_text(c->name, c->words);
		for (size_t j = 0; j < c->n_options; j++) {
			if (c->options[j].value)
				check_text(c->name, c->options[j].value);
		}
	}
}

static void test_find(void **state)
{
	(void)state;
	assert_string_equal(values_find("ID...")->name, "ID");
	assert_string_equal(values_find("MESSAGE-STATE")->name,
			    "MESSAGE-STATE");
	assert_string_equal(values_find("MESSAGE | x")->name, "MESSAGE");
	assert_null(values_find("IDS"));
	assert_null(values_find("NOTHING"));
	assert_null(values_find("word"));
}

static void test_pick(void **state)
{
	struct err err = ERR_INIT;
	size_t i = 99;

	(void)state;
	assert_int_equal(values_pick("SEVERITY", "--severity", "HIGH", &i,
				     &err),
			 0);
	assert_int_equal(i, 1);
	assert_int_equal(values_pick("VERDICT", "--as", "benin", &i, &err),
			 ERR_CONF);
	assert_int_equal(i, 1);
	assert_string_equal(err.text,
			    "--as: unknown word 'benin' (did you mean "
			    "'benign'?); it may be true-positive, "
			    "false-positive or benign");
	assert_int_equal(values_pick("STATE", "--state", "", &i, &err),
			 ERR_CONF);
	assert_non_null(strstr(err.text, "several joined by commas"));
}

static void test_describe(void **state)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	(void)state;
	values_describe(&sb, "TEXT");
	values_describe(&sb, "NOTHING");
	assert_int_equal(sb.len, 0);
	values_describe(&sb, "STATE");
	assert_string_equal(sb.buf, "open, acknowledged, closed or all; "
				    "several joined by commas");
}

/* Nothing to offer is no failure, whatever the kind. */
static void test_empty_database(void **state)
{
	const struct tempstore *t = *state;
	const struct value_kind *k;

	for (size_t i = 0; (k = values_at(i)); i++) {
		struct session session = { .database = t->path };
		CLEANUP(rows_release) struct rows rows = ROWS_INIT;
		int rc;

		if (!k->present)
			continue;
		rc = k->present(&session, &rows, NULL);
		/* These stand in the settings, of which there are none. */
		assert_int_equal(rc,
				 strcmp(k->name, "ROTATION") == 0 ||
						 strcmp(k->name, "HOOK") == 0
					 ? ERR_BAD_STATE
					 : 0);
		assert_int_equal(rows.n > 0, strcmp(k->name, "NAME") == 0);
		session_release(&session);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_placeholder_has_a_row),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_pick),
		cmocka_unit_test(test_describe),
		cmocka_unit_test_setup_teardown(test_empty_database,
						tempstore_setup,
						tempstore_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
