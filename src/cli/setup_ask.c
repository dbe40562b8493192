/*
 * See setup_ask.h. Called by the flow of `triagectl setup`. What is pasted
 * comes as several lines at times: each question begins with an empty line
 * buffer, so that the second line of one never answers the next.
 *
 * tested with: scenario/test_setup
 */
#include "cli/setup_ask.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include "cli/escape.h"
#include "cli/flow.h"
#include "cli/output.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

/* The kernel's own limit for a line of a terminal. */
#define LINE_BYTES 4096

static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
static volatile sig_atomic_t stopped;
static bool mute;

static void on_stop(int number)
{
	(void)number; /* it has ended the wait for a line */
	stopped = 1;
}

void setup_ask_begin(void)
{
	const struct sigaction stop = { .sa_handler = on_stop };

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		(void)sigaction(ends[i], &stop, NULL); /* known: cannot fail */
	(void)signal(SIGPIPE, SIG_IGN);
}

bool setup_ask_stopped(void)
{
	return stopped != 0;
}

void setup_say_nothing(void)
{
	mute = true;
}

void setup_say(const char *fmt, ...)
{
	CLEANUP(strbuf_release) struct strbuf raw = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf safe = STRBUF_INIT;
	va_list ap;

	if (mute)
		return;
	va_start(ap, fmt);
	strbuf_vaddf(&raw, fmt, ap);
	va_end(ap);
	escape_add(&safe, raw.buf, raw.len, ESCAPE_TEXT);
	(void)fputs(safe.buf, stdout);
	(void)fflush(stdout); /* a closed terminal ends the next question */
}

void setup_say_item(const char *label, const char *text, bool command)
{
	CLEANUP(strbuf_release) struct strbuf safe = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf lines = STRBUF_INIT;
	size_t width = output_width(stdout);
	size_t indent = strlen(label);
	struct flow flow = { .out = &lines,
			     .width = width ? width : SIZE_MAX,
			     .indent = indent,
			     .column = indent };

	if (mute)
		return;
	escape_add(&safe, text, strlen(text), ESCAPE_TEXT);
	strbuf_addstr(&lines, label);
	if (command)
		flow_add_command(&flow, safe.buf);
	else
		flow_add(&flow, safe.buf);
	(void)fprintf(stdout, "%s\n", lines.buf);
	(void)fflush(stdout);
}

static int cancelled(struct err *err)
{
	return err_set(err, ERR_CANCELLED, "stopped; nothing was changed");
}

/* With or without an echo; false: there is no terminal any more. */
static bool set_echo(const struct termios *usual, bool echo)
{
	struct termios t = *usual;

	if (!echo)
		t.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	/* What was typed before the question is not its answer. */
	return tcsetattr(STDIN_FILENO, TCSAFLUSH, &t) == 0;
}

/* For a line, or for one of the signals: none is missed between a look at the
 * flag and the wait. */
static bool wait_for_line(void)
{
	struct pollfd terminal = { .fd = STDIN_FILENO, .events = POLLIN };
	sigset_t block, before;
	int n = -1;

	sigemptyset(&block);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		sigaddset(&block, ends[i]);
	(void)sigprocmask(SIG_BLOCK, &block, &before); /* known: cannot fail */
	if (!stopped)
		n = ppoll(&terminal, 1, NULL, &before);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return n > 0 ||
	       (n < 0 && errno == EINTR && !stopped && wait_for_line());
}

/*
 * One line without its end into @line, which is all wiped by the caller. The
 * prompt comes last: what is typed after it is the answer.
 */
static int read_line(const char *prompt, char line[LINE_BYTES], bool echo,
		     struct err *err)
{
	struct termios usual;
	ssize_t n = -1;

	if (!stopped && tcgetattr(STDIN_FILENO, &usual) == 0 &&
	    set_echo(&usual, echo)) {
		setup_say("%s > ", prompt);
		if (wait_for_line())
			n = read(STDIN_FILENO, line, LINE_BYTES - 1);
		(void)set_echo(&usual, true); /* or it is gone */
	}
	if (!echo || n <= 0)
		setup_say("\n");
	if (n <= 0)
		return cancelled(err);
	line[n] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	return 0;
}

/* ---- a question of the table ---- */

static void say_where(const char *where)
{
	while (where && *where) {
		size_t len = strcspn(where, "\n");
		CLEANUP(free_ptr) char *line = xstrndup(where, len);

		setup_say_item("  ", line, false);
		where += len + (where[len] == '\n');
	}
}

static void say_words(const struct setup_question *q)
{
	for (size_t i = 0; q->kind == SETUP_CHOICE && q->words[i]; i++)
		setup_say("  %zu  %s\n", i + 1, q->words[i]);
}

/* What Enter gives; heap, NULL nothing. */
static char *usual_of(const struct setup_answers *a, size_t i)
{
	if (setup_question_at(i)->kind >= SETUP_SECRET)
		return NULL;
	return a->text[i] ? xstrdup(a->text[i]) : setup_fallback(a, i);
}

static char *prompt_of(const struct setup_answers *a, size_t i,
		       const char *usual)
{
	const struct setup_question *q = setup_question_at(i);

	if (q->kind >= SETUP_SECRET && a->secret[i])
		return xstrdup("[keep the one there is]");
	if (q->kind == SETUP_SECRET)
		return xasprintf("(not shown)%s", q->fallback ? " [none]" : "");
	if (usual)
		return xasprintf("[%s]", *usual ? usual : "none");
	return xstrdup("");
}

static int take_secret(struct setup_answers *a, size_t i, const char *line,
		       struct err *err)
{
	const struct setup_question *q = setup_question_at(i);
	size_t len = strlen(line);

	/* Blanks around it come with copying. */
	while (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\t'))
		len--;
	while (len > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		len--;
	}
	if (len == 0 && (a->secret[i] || q->fallback))
		return 0;
	if (q->kind == SETUP_PEM && len > 0)
		return setup_set_file(a, i, line, err);
	return setup_set_secret(a, i, secret_new(line, len), err);
}

static int take_line(struct setup_answers *a, size_t i, const char *usual,
		     const char *line, struct err *err)
{
	if (setup_question_at(i)->kind >= SETUP_SECRET)
		return take_secret(a, i, line, err);
	if (!line[strspn(line, " \t")] && usual)
		line = usual;
	return setup_set(a, i, line, err);
}

static void say_refusal(const char *why)
{
	CLEANUP(free_ptr) char *line = xasprintf("That %s.", why);

	setup_say_item("  ", line, false);
}

int setup_ask(struct setup_answers *a, size_t i, struct err *err)
{
	const struct setup_question *q = setup_question_at(i);
	CLEANUP(free_ptr) char *usual = usual_of(a, i);
	CLEANUP(free_ptr) char *prompt = prompt_of(a, i, usual);
	char line[LINE_BYTES];
	int rc;

	setup_say("\n%s\n", q->ask);
	say_where(q->where);
	say_words(q);
	do {
		struct err why = ERR_INIT;

		rc = read_line(prompt, line, q->kind != SETUP_SECRET, err);
		if (rc < 0)
			break;
		rc = take_line(a, i, usual, line, &why);
		if (rc < 0)
			say_refusal(why.text);
	} while (rc < 0);
	explicit_bzero(line, sizeof(line));
	return rc;
}

/* ---- the others ---- */

int setup_ask_yes(const char *ask, bool usual, struct err *err)
{
	CLEANUP(free_ptr)
	char *prompt = xasprintf("\n%s [%s]", ask, usual ? "yes" : "no");
	char line[LINE_BYTES];
	int rc;

	for (;;) {
		rc = read_line(prompt, line, true, err);
		if (rc < 0)
			return rc;
		if (!*line)
			return usual;
		if (strcasecmp(line, "y") == 0 || strcasecmp(line, "yes") == 0)
			return 1;
		if (strcasecmp(line, "n") == 0 || strcasecmp(line, "no") == 0)
			return 0;
		setup_say("  That must be yes or no.\n");
	}
}

int setup_ask_word(const char *ask, const char *const *words, struct err *err)
{
	CLEANUP(free_ptr)
	char *prompt = xasprintf("\n%s [%s]", ask, words[0]);
	char line[LINE_BYTES];
	int rc;

	for (;;) {
		rc = read_line(prompt, line, true, err);
		if (rc < 0)
			return rc;
		if (!*line)
			return 0;
		for (int i = 0; words[i]; i++)
			if (strcasecmp(line, words[i]) == 0 ||
			    (line[0] == words[i][0] && !line[1]))
				return i;
		setup_say("  That is none of them.\n");
	}
}

int setup_ask_name(const char *usual, struct err *err)
{
	CLEANUP(free_ptr) char *prompt = xasprintf("Which answer? [%s]", usual);
	char line[LINE_BYTES];
	int rc, i;

	for (;;) {
		rc = read_line(prompt, line, true, err);
		if (rc < 0)
			return rc;
		i = setup_question_find(*line ? line : usual);
		if (i >= 0)
			return i;
		setup_say("  There are:");
		for (size_t n = 0; setup_question_at(n); n++)
			setup_say(" %s", setup_question_at(n)->name);
		setup_say("\n");
	}
}
