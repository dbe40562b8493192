/* What the database, the configuration and the daemon say, as exit codes. */
#include "cli/session.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "helpers/tempstore.h"
#include "triage/triage.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

static void test_exit_codes(void **state)
{
	static const struct {
		int rc;
		enum exit_code code;
	} rows[] = {
		{ 0, EXIT_OK },
		{ ERR_BAD_STATE, EXIT_FAILED },
		{ ERR_CONFLICT, EXIT_FAILED },
		{ ERR_STORE, EXIT_FAILED },
		{ ERR_CONF, EXIT_USAGE },
		{ ERR_NET, EXIT_UNREACHABLE },
		{ ERR_DENIED, EXIT_DENIED },
		{ -EACCES, EXIT_DENIED },
		{ ERR_NOT_FOUND, EXIT_NOT_FOUND },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(session_exit_code(rows[i].rc), rows[i].code);
}

static void test_answers(void **state)
{
	static const struct {
		const char *code;
		int rc;
	} rows[] = {
		{ CTL_OK, 0 },
		{ CTL_FAILED, ERR_BAD_STATE },
		{ CTL_USAGE, ERR_CONF },
		{ CTL_DENIED, ERR_DENIED },
		{ CTL_NOT_FOUND, ERR_NOT_FOUND },
		{ CTL_CONFLICT, ERR_CONFLICT },
		{ "a-later-word", ERR_BAD_STATE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[] = "because";
		const struct wire_answer a = { .code = (char *)rows[i].code,
					       .text = text };
		struct err err = ERR_INIT;

		assert_int_equal(session_answer(&a, &err), rows[i].rc);
		if (rows[i].rc < 0)
			assert_non_null(strstr(err.text, "because"));
	}
}

static void test_no_daemon(void **state)
{
	struct session session = { .socket = "/nonexistent/control.sock" };
	struct wire_answer a = { 0 };
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(session_call(&session, "ack", json_object(), &a, &err),
			 ERR_NET);
	assert_non_null(strstr(err.text, "/nonexistent/control.sock"));
	assert_non_null(strstr(err.text, "systemctl status triaged"));
	session_release(&session);
}

/* "Not found" is an alert, never the file it would be in. */
static void test_no_database(void **state)
{
	struct session session = { .database = "/nonexistent/triaged.db" };
	struct err err = ERR_INIT;
	struct store *s;

	(void)state;
	assert_int_equal(session_store(&session, &s, &err), ERR_STORE);
	assert_non_null(strstr(err.text, "/nonexistent/triaged.db"));
	session_release(&session);
}

static void test_faulty_configuration(void **state)
{
	struct session session = { .config = "/nonexistent/triaged.yaml" };
	struct err err = ERR_INIT;
	const char *path;

	(void)state;
	assert_int_equal(session_socket_path(&session, &path, &err),
			 ERR_BAD_STATE);
	assert_non_null(strstr(err.text, "/nonexistent/triaged.yaml"));
	assert_non_null(strstr(err.text, "--database"));
	/* What was named on the command line needs no configuration. */
	session.socket = "/run/x";
	assert_int_equal(session_socket_path(&session, &path, NULL), 0);
	assert_string_equal(path, "/run/x");
	session_release(&session);
}

static void write_settings(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* Somebody is mending the settings while others must look at alerts. */
static void test_faults_elsewhere(void **state)
{
	char dir[] = "/tmp/triaged-session-XXXXXX", file[100];
	struct session session = { .config = file };
	struct err err = ERR_INIT;
	char *database = NULL;
	const char *path;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/triaged.yaml", dir);
	write_settings(file, "state-directory: /srv/x\n"
			     "control-socket: relative\n"
			     "fallback: nobody\n");
	assert_int_equal(session_database_path(&session, &database, &err), 0);
	assert_string_equal(database, "/srv/x/triaged.db");
	assert_true(session.warned);
	free(database);
	/* The one that was refused is not replaced by the default. */
	assert_int_equal(session_socket_path(&session, &path, &err),
			 ERR_BAD_STATE);
	assert_non_null(strstr(err.text, "control-socket: must be an absolute "
					 "path"));
	session_release(&session);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(rmdir(dir), 0);
}

/* Settings that do not belong to the database would explain it wrongly. */
static void test_settings_to_go_by(void **state)
{
	char dir[] = "/tmp/triaged-session-XXXXXX", file[100];
	struct session session = { .database = "/srv/x.db" };
	struct err err = ERR_INIT;
	const struct triage *t = NULL;

	(void)state;
	assert_true(session_triage(&session, &t, &err) < 0);
	assert_non_null(strstr(err.text, "-c FILE"));
	assert_non_null(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/triaged.yaml", dir);
	session.config = file;
	assert_true(session_triage(&session, &t, &err) < 0);
	assert_non_null(strstr(err.text, file));
	session_release(&session);
	session = (struct session){ .config = file };
	write_settings(file, "targets:\n"
			     "  - {name: a, type: folder, path: /srv/a}\n"
			     "fallback: a\n"
			     "sla: {high: {triage: 4x}}\n");
	assert_true(session_triage(&session, &t, &err) < 0);
	assert_non_null(strstr(err.text, "triaged.yaml:4"));
	session_release(&session);
	session = (struct session){ .config = file };
	write_settings(file, "sources:\n"
			     "  - {name: f, type: file, path: /srv/in}\n"
			     "targets:\n"
			     "  - {name: a, type: folder, path: /srv/a}\n"
			     "fallback: a\n");
	assert_int_equal(session_triage(&session, &t, &err), 0);
	assert_string_equal(triage_policy(t)->fallback, "a");
	assert_false(session.warned);
	session_release(&session);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void test_no_such_alert(void **state)
{
	const struct tempstore *t = *state;
	struct session session = { .database = t->path };
	struct err err = ERR_INIT;
	int64_t id = 7;

	assert_int_equal(session_alert(&session, "99", &id, &err),
			 ERR_NOT_FOUND);
	assert_int_equal(id, 7);
	assert_non_null(strstr(err.text, "triagectl list"));
	session_release(&session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exit_codes),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_no_daemon),
		cmocka_unit_test(test_no_database),
		cmocka_unit_test(test_faulty_configuration),
		cmocka_unit_test(test_faults_elsewhere),
		cmocka_unit_test(test_settings_to_go_by),
		cmocka_unit_test_setup_teardown(test_no_such_alert,
						tempstore_setup,
						tempstore_teardown),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
