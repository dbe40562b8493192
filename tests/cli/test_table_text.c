/* What the build makes of the command table. */
#include "cli/table_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "cli/commands.h"

static void has(const struct strbuf *sb, const char *line)
{
	if (!strstr(sb->buf, line))
		fail_msg("lacks: %s", line);
}

static void test_manual(void **state)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	(void)state;
	table_text_manual(&sb);
	has(&sb, "\n.It Cm status\nHow triaged is, on one screen.\n.It ");
	has(&sb, "\n.It Cm ack Op Ar options Ar ID ...\n");
	has(&sb, "\n.It Cm outbox Op Ar options Oo Cm show Ar MESSAGE | Cm "
		 "retry Ar MESSAGE ... | ");
	has(&sb, " | Cm enable Ar TARGET Oc\n");
	has(&sb, "\n.It Fl n , Fl Fl note Ar TEXT\nWhy, kept in the audit ");
	has(&sb, "\n.Ar VERDICT\nis true\\-positive, false\\-positive or ");
	assert_int_equal(strncmp(sb.buf, ".Bl", 3), 0);
	assert_string_equal(sb.buf + sb.len - 4, ".El\n");
}

static void test_shell(void **state)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	const struct command *c;

	(void)state;
	table_text_shell(&sb);
	for (size_t i = 0; (c = commands_at(i)); i++)
		has(&sb, c->name);
	has(&sb, "\n['phase']='ID... PHASE'\n");
	has(&sb, "\n['ack']=' --note=TEXT -n=TEXT --take");
	has(&sb, "\n['FILE']='/'\n");
	has(&sb, "\n['ID']='?'\n");
	has(&sb, "\n['SEVERITY']=', critical high medium low info'\n");
	/* A quote in a summary does not end the shell's. */
	has(&sb, "write a note into an alert'\\''s history");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manual),
		cmocka_unit_test(test_shell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
