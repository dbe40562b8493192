/* A command with the options of this triagectl, and sudo where one needs it. */
#include "cli/as_typed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "util/xmalloc.h"

static void check(const struct typist *t, const char *line, const char *typed)
{
	CLEANUP(free_ptr) char *got = as_typed(t, line);

	assert_string_equal(got, typed);
}

static void options_at_each_command(void **state)
{
	const struct typist t = { .config = "/etc/our site.yaml",
				  .socket = "/run/it's",
				  .root = true };

	(void)state;
	check(&t, "triagectl coverage",
	      "triagectl -c '/etc/our site.yaml' --socket '/run/it'\\''s' "
	      "coverage");
	check(&t, "triaged --check-config",
	      "triaged -c '/etc/our site.yaml' --check-config");
	check(&t, "triaged --dump-config | grep -n x",
	      "triaged -c '/etc/our site.yaml' --dump-config | grep -n x");
	check(&t, "systemctl restart triaged && triagectl test-notify x",
	      "systemctl restart triaged && triagectl -c '/etc/our site.yaml' "
	      "--socket '/run/it'\\''s' test-notify x");
	check(&t, "systemctl stop triaged; triaged; systemctl start triaged",
	      "systemctl stop triaged; triaged -c '/etc/our site.yaml'; "
	      "systemctl start triaged");
	/* Of another program, and in quotes: no command of ours. */
	check(&t, "triagedb x", "triagedb x");
	check(&t, "az rest --body 'a; triaged && triaged' \"; triaged x\"",
	      "az rest --body 'a; triaged && triaged' \"; triaged x\"");
	check(&t, "az rest --body \"\\\"; triaged x\"",
	      "az rest --body \"\\\"; triaged x\"");
	check(&t, "ls -l 'it'\\''s; triaged x' # y; triaged z",
	      "ls -l 'it'\\''s; triaged x' # y; triaged z");
}

static void sudo_where_it_is_needed(void **state)
{
	static const struct {
		const char *line, *typed;
	} rows[] = {
		{ "apt-get install --only-upgrade triaged",
		  "sudo apt-get install --only-upgrade triaged" },
		{ "systemctl status triaged", "systemctl status triaged" },
		{ "systemctl cat triaged | grep x",
		  "systemctl cat triaged | grep x" },
		{ "systemctl restart triaged && triagectl test-notify x",
		  "sudo systemctl restart triaged && triagectl test-notify x" },
		{ "systemctl stop triaged; triagectl db compact; systemctl "
		  "start triaged",
		  "sudo systemctl stop triaged; sudo triagectl db compact; "
		  "sudo systemctl start triaged" },
		{ "triagectl setup", "sudo triagectl setup" },
		{ "timedatectl", "timedatectl" },
		{ "timedatectl set-ntp true", "sudo timedatectl set-ntp true" },
		{ "triagectl db check", "triagectl db check" },
		{ "journalctl -u triaged", "journalctl -u triaged" },
		{ "usermod -aG triaged anna  # then log in again",
		  "sudo usermod -aG triaged anna  # then log in again" },
	};
	const struct typist somebody = { .root = false },
			    root = { .root = true };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		check(&somebody, rows[i].line, rows[i].typed);
		check(&root, rows[i].line, rows[i].line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_at_each_command),
		cmocka_unit_test(sudo_where_it_is_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
