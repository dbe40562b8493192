/*
 * triagectl: the door for people. Reads the command line, hands it to the
 * command's function and turns what comes back into an exit code.
 *
 * Reading order: this file; cli/commands.c, the table; cli/cmd_list.c, a
 * command; cli/writer.h, how it speaks; cli/session.h, where it gets things
 * from.
 */
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include "cli/check_priv.h"
#include "cli/commands.h"
#include "cli/escape.h"
#include "cli/output.h"
#include "cli/values.h"
#include "util/clock.h"
#include "util/jsonx.h"
#include "util/streams.h"
#include "util/xmalloc.h"

/*
 * Everything triaged shows is UTF-8. cron and old images run with LANG=C,
 * where the width of a letter is unknown; then C.UTF-8 serves.
 */
static void use_utf8(void)
{
	if (!setlocale(LC_CTYPE, "") ||
	    strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		(void)setlocale(LC_CTYPE, "C.UTF-8");
}

static void complain(const char *text)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	strbuf_addstr(&sb, "triagectl: ");
	escape_add(&sb, text, strlen(text), ESCAPE_TEXT);
	strbuf_addch(&sb, '\n');
	fputs(sb.buf, stderr);
}

static void complain_usage(const struct command *c)
{
	CLEANUP(free_ptr) char *usage = c ? commands_usage(c) : NULL;

	if (c)
		fprintf(stderr,
			"usage: triagectl %s\nmore: triagectl help %s\n", usage,
			c->name);
	else
		fprintf(stderr, "usage: triagectl [options] COMMAND\n"
				"more: triagectl help\n");
}

static int check(const struct arguments *args, struct err *err)
{
	const char *colour = arguments_global(args, "color");
	size_t which;

	if (colour && values_pick("COLOR", "--color", colour, &which, err) < 0)
		return ERR_CONF;
	if (arguments_has(args, "help") || arguments_has(args, "version"))
		return 0;
	if (!args->command)
		return err_set(err, ERR_CONF, "which command?");
	if (arguments_has(args, "csv") && arguments_has(args, "json"))
		return err_set(err, ERR_CONF, "--csv or --json, not both");
	return commands_check(args, err);
}

static struct writer *make_writer(const struct arguments *args, int64_t now_ms)
{
	struct screen screen = { .now_ms = now_ms };

	if (arguments_has(args, "json"))
		return writer_json_new(stdout);
	if (arguments_has(args, "csv"))
		return writer_csv_new(stdout);
	screen.width = output_width(stdout);
	screen.colour = output_colour(stdout, arguments_global(args, "color"));
	screen.paged = !arguments_has(args, "no-pager");
	return writer_text_new(stdout, &screen);
}

static int run(struct session *session, const struct arguments *args,
	       struct err *err)
{
	if (arguments_has(args, "help"))
		return cmd_help(session, args, err);
	if (arguments_has(args, "version"))
		return cmd_version(session, args, err);
	return args->command->run(session, args, err);
}

/* With --json a program also gets the failure as an object. */
static void fail_json(int rc, const char *text)
{
	struct writer *w = writer_json_new(stdout);
	struct err err = ERR_INIT;

	writer_begin(w, "triaged.error.v1");
	writer_field(w, "exit", cell_integer(session_exit_code(rc)));
	writer_field(w, "text", cell_text(text));
	if (writer_end(w, &err) < 0)
		complain(err.text);
	writer_free(w);
}

/* What a command line is refused with. A monitoring system reads one line, and
 * takes the usual status for trouble of what is watched. */
static int refuse(const struct arguments *args, int rc, const struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;

	if (args->command && args->command->run == cmd_check) {
		check_say_unknown(err->text, &line);
		fputs(line.buf, stdout);
		return CHECK_UNKNOWN;
	}
	complain(err->text);
	complain_usage(args->command);
	if (arguments_has(args, "json"))
		fail_json(rc, err->text);
	return EXIT_USAGE;
}

/* The command's answer or its failure, and the exit code. */
static int conclude(struct session *session, const struct arguments *args,
		    int rc, const struct err *err)
{
	struct err output = ERR_INIT;

	if (rc == ERR_CONF && args->command && args->command->run == cmd_check)
		return refuse(args, rc, err);
	if (rc < 0 && err->text[0]) {
		complain(err->text);
		if (arguments_has(args, "json"))
			fail_json(rc, err->text);
		else if (rc == ERR_CONF)
			complain_usage(args->command);
		return session_exit_code(rc);
	}
	if (!session->streamed && writer_end(session->writer, &output) < 0) {
		complain(output.text);
		return EXIT_FAILED;
	}
	return rc < 0 ? (int)session_exit_code(rc) : session->verdict;
}

int main(int argc, char **argv)
{
	struct arguments args;
	struct err err = ERR_INIT;
	struct session session = { 0 };
	int rc, code;

	streams_keep();
	use_utf8();
	jsonx_init();
	rc = arguments_parse(argc, argv, &args, &err);
	if (rc == 0)
		rc = check(&args, &err);
	if (rc < 0)
		return refuse(&args, rc, &err);
	session.config = arguments_global(&args, "config");
	session.database = arguments_global(&args, "database");
	session.socket = arguments_global(&args, "socket");
	session.now_ms = clock_wall_ms();
	session.writer = make_writer(&args, session.now_ms);
	rc = run(&session, &args, &err);
	code = conclude(&session, &args, rc, &err);
	session.writer = writer_free(session.writer);
	session_release(&session);
	return code;
}
