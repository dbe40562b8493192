/* The table of commands is whole, and counts words. */
#include "cli/commands.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "util/xmalloc.h"

static void test_rows_are_whole(void **state)
{
	const struct command *c;

	(void)state;
	for (size_t i = 0; (c = commands_at(i)); i++) {
		assert_ptr_equal(commands_find(c->name), c);
		assert_true(c->summary[0] && strlen(c->summary) < 60);
		assert_true(c->help[0]);
		assert_non_null(c->run);
		assert_true(c->least <= c->most);
		assert_true((c->most == 0) == (c->words[0] == '\0'));
	}
	assert_null(commands_find("nothing"));
}

/* An option of a command that shadows one of every command leaves it a letter.
 */
static void check_shadow(const struct option_row *own)
{
	for (size_t k = 0; option_global(k); k++) {
		if (strcmp(own->name, option_global(k)->name) != 0)
			continue;
		assert_int_not_equal(option_global(k)->letter, 0);
		assert_int_equal(own->letter, 0);
	}
}

static void test_options_are_told_apart(void **state)
{
	const struct command *c;

	(void)state;
	for (size_t i = 0; (c = commands_at(i)); i++) {
		for (size_t j = 0; j < c->n_options; j++) {
			assert_true(c->options[j].help[0]);
			check_shadow(&c->options[j]);
			for (size_t k = 0; k < j; k++)
				assert_string_not_equal(c->options[j].name,
							c->options[k].name);
		}
	}
}

static int count(const char *command, size_t n_words, struct err *err)
{
	char word[] = "w";
	char *words[] = { word, word, word, word };
	const struct arguments a = {
		.command = commands_find(command),
		.words = words,
		.n_words = n_words,
	};

	return commands_check(&a, err);
}

static void test_words_are_counted(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(count("list", 0, NULL), 0);
	assert_int_equal(count("list", 1, NULL), ERR_CONF);
	assert_int_equal(count("show", 0, &err), ERR_CONF);
	assert_string_equal(err.text, "show needs ID");
	assert_int_equal(count("show", 1, NULL), 0);
	assert_int_equal(count("show", 2, NULL), ERR_CONF);
	assert_int_equal(count("ack", 4, NULL), 0);
	assert_int_equal(count("assign", 3, NULL), 0);
	assert_int_equal(count("assign", 1, &err), ERR_CONF);
	assert_string_equal(err.text, "assign needs ID... WHO");
	assert_int_equal(count("phase", 1, NULL), ERR_CONF);
	assert_int_equal(count("note", 1, NULL), ERR_CONF);
	assert_int_equal(count("note", 3, &err), ERR_CONF);
	assert_non_null(strstr(err.text, "put the text in quotes"));
	assert_int_equal(count("sql", 2, &err), ERR_CONF);
	assert_non_null(strstr(err.text, "quotes"));
}

static void test_usage(void **state)
{
	CLEANUP(free_ptr) char *ack = commands_usage(commands_find("ack"));
	CLEANUP(free_ptr)
	char *status = commands_usage(commands_find("status"));

	(void)state;
	assert_string_equal(ack, "ack [options] ID...");
	assert_string_equal(status, "status");
}

static void test_slip_is_understood(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(commands_refuse("test-notfy", &err), ERR_CONF);
	assert_non_null(strstr(err.text, "did you mean 'test-notify'"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_are_whole),
		cmocka_unit_test(test_options_are_told_apart),
		cmocka_unit_test(test_words_are_counted),
		cmocka_unit_test(test_usage),
		cmocka_unit_test(test_slip_is_understood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
