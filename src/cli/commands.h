/*
 * The one table of commands. Dispatch, --help, usage errors, the manual's
 * lint and completion all read it.
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/session.h"
#include "cli/arguments.h"

#define WORDS_ANY SIZE_MAX

struct command {
	const char *name;
	const char *words; /* "ID...", "[NAME | QUERY]"; "" none */
	size_t least, most; /* how many words */
	const char *summary; /* one line, for the list of commands */
	const char *help; /* some sentences */
	const struct option_row *options;
	size_t n_options;
	/*
	 * 0, or a negative code that becomes the exit code; its text, if
	 * there is any, is printed by main().
	 */
	int (*run)(struct session *session, const struct arguments *args,
		   struct err *err);
};

/* Row @i of the table, or NULL behind the last. */
const struct command *commands_at(size_t i);
const struct command *commands_find(const char *name);
/* ERR_CONF: @name is no command; with the one that was meant. */
int commands_refuse(const char *name, struct err *err);
/* 0, or ERR_CONF when there are too few or too many words. */
int commands_check(const struct arguments *args, struct err *err) must_check;

/* "ack [options] ID..." */
char *commands_usage(const struct command *c) must_check; /* heap */

/* The commands' functions; each in cli/cmd_<name>.c. */
#define COMMAND_RUN(name)                                                      \
	int cmd_##name(struct session *session, const struct arguments *args,  \
		       struct err *err)
COMMAND_RUN(ack);
COMMAND_RUN(activities);
COMMAND_RUN(approve);
COMMAND_RUN(assign);
COMMAND_RUN(audit);
COMMAND_RUN(backup);
COMMAND_RUN(blindspots);
COMMAND_RUN(check);
COMMAND_RUN(checklist);
COMMAND_RUN(close);
COMMAND_RUN(coverage);
COMMAND_RUN(db);
COMMAND_RUN(doctor);
COMMAND_RUN(drill);
COMMAND_RUN(export);
COMMAND_RUN(forecast);
COMMAND_RUN(help);
COMMAND_RUN(hold);
COMMAND_RUN(import);
COMMAND_RUN(list);
COMMAND_RUN(maintenance);
COMMAND_RUN(note);
COMMAND_RUN(oncall);
COMMAND_RUN(outbox);
COMMAND_RUN(phase);
COMMAND_RUN(plans);
COMMAND_RUN(recommendations);
COMMAND_RUN(related);
COMMAND_RUN(reload);
COMMAND_RUN(report);
COMMAND_RUN(reopen);
COMMAND_RUN(respond);
COMMAND_RUN(restore);
COMMAND_RUN(score);
COMMAND_RUN(search);
COMMAND_RUN(setup);
COMMAND_RUN(show);
COMMAND_RUN(silence);
COMMAND_RUN(sources);
COMMAND_RUN(sql);
COMMAND_RUN(status);
COMMAND_RUN(test_notify);
COMMAND_RUN(timeline);
COMMAND_RUN(top);
COMMAND_RUN(version);
COMMAND_RUN(watch);
COMMAND_RUN(what_if);
COMMAND_RUN(why);

#endif
