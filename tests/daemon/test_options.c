/* daemon/options: words to modes, faults in words. */
#include "daemon/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "conf/conf.h"
#include "paths.h"

static int parse(const char *const *words, struct options *o, struct err *err)
{
	char *argv[8] = { (char *)"triaged" };
	int argc = 1;

	for (; *words; words++)
		argv[argc++] = (char *)*words;
	return options_parse(argc, argv, o, err);
}

static void test_modes(void **state)
{
	static const struct {
		const char *words[4];
		enum run_mode mode;
		const char *file;
	} rows[] = {
		{ { NULL }, RUN_DAEMON, CONF_DEFAULT_FILE },
		{ { "-c", "x.yaml", NULL }, RUN_DAEMON, "x.yaml" },
		{ { "--once", NULL }, RUN_ONCE, CONF_DEFAULT_FILE },
		{ { "--demo", NULL }, RUN_DEMO, CONF_DEFAULT_FILE },
		{ { "--config=y", "--check-config", NULL },
		  RUN_CHECK_CONFIG,
		  "y" },
		{ { "--dump-config", NULL },
		  RUN_DUMP_CONFIG,
		  CONF_DEFAULT_FILE },
		{ { "--check-live", "--json", NULL },
		  RUN_CHECK_LIVE,
		  CONF_DEFAULT_FILE },
		{ { "--test-notice", "oncall", NULL },
		  RUN_TEST_NOTICE,
		  CONF_DEFAULT_FILE },
		{ { "--version", NULL }, RUN_VERSION, CONF_DEFAULT_FILE },
		{ { "--help", NULL }, RUN_HELP, CONF_DEFAULT_FILE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct options o;
		struct err err = ERR_INIT;

		assert_int_equal(parse(rows[i].words, &o, &err), 0);
		assert_int_equal(o.mode, rows[i].mode);
		assert_string_equal(o.file, rows[i].file);
	}
}

static void test_faults(void **state)
{
	static const struct {
		const char *words[4];
		const char *says;
	} rows[] = {
		{ { "--onse", NULL }, "unknown option --onse" },
		{ { "-c", NULL }, "needs a value" },
		{ { "--once", "--demo", NULL }, "only one of" },
		{ { "--check-live", "--once", NULL }, "only one of" },
		{ { "--test-notice", NULL }, "needs a value" },
		{ { "--once", "--json", NULL }, "--json goes with" },
		{ { "what", NULL }, "unexpected argument 'what'" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct options o;
		struct err err = ERR_INIT;

		assert_int_equal(parse(rows[i].words, &o, &err), ERR_CONF);
		assert_non_null(strstr(err.text, rows[i].says));
	}
}

/* Every option of the table is in the help text. */
static void test_help(void **state)
{
	static const char *const names[] = {
		"--config", "--check-config", "--dump-config", "--once",
		"--demo",   "--debug",	      "--version",     "--help",
		"--json",   "--check-live",   "--test-notice",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_non_null(strstr(options_help(), names[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_help),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
