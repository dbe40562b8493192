/*
 * The runbook hook: one program run for one event, outside of any shell. The
 * event stands on its standard input as the documented JSON; what it writes is
 * kept, up to a limit, for the audit log.
 *
 * It gets: the arguments of the settings, the directory "/", a PATH and LANG
 * of ours and no other variable, no descriptor but its three, a process group
 * of its own. What it leaves behind in that group is ended with it.
 *
 * Or, with the word "unix:PATH" for a program: what listens there gets the
 * event, and its answer is the output. That is how a hook that needs more than
 * the sandbox of the daemon runs in a unit of its own (triaged-hook@.service),
 * which ends the answer with "triaged-hook: exited STATUS".
 */
#ifndef NOTIFY_RUNBOOK_H
#define NOTIFY_RUNBOOK_H

#include "core/notice.h"
#include "net/loop.h"
#include "util/strbuf.h"
#include "util/strlist.h"

/* Bytes of its output that are kept; the rest is read and counted. */
#define RUNBOOK_OUTPUT_MAX 65536
/* What a program says with its exit status; see sysexits(3). */
#define RUNBOOK_DONE 0
#define RUNBOOK_LATER 75 /* EX_TEMPFAIL: try again */
#define RUNBOOK_SOCKET "unix:"

struct runbook;

/*
 * Called once, from the loop. @output is clean text (may be ""), borrowed.
 * Outcomes: exit 0 is SENT; 75, a signal, the time limit or a program that
 * cannot be started is RETRY; any other status is DEAD.
 */
typedef void runbook_done_fn(void *arg, const struct outcome_report *r,
			     const char *output);

/* What is run, all of it copied. */
struct runbook_order {
	/* Element 0: an absolute path, or, alone, "unix:" and one. */
	const struct strlist *command;
	const struct strbuf *input;
	int64_t limit_ms;
};

/* Is this first word of a command the name of a socket? */
bool runbook_is_socket(const char *word);

/* Never NULL: what cannot be started is told through @fn like all else. */
struct runbook *runbook_start(struct loop *l, const struct runbook_order *o,
			      runbook_done_fn *fn, void *arg);
/* Ends the program and everything in its group, without a call back. Not from
 * within a runbook_done_fn. Returns NULL; NULL is fine. */
struct runbook *runbook_cancel(struct runbook *r);

#endif
