/*
 * See tty.h. Called by cmd_top. A signal that ends the program gives the
 * terminal back first; Ctrl-C is a key like others.
 *
 * tested with: scenario/test_top
 */
#include "cli/tty.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include "cli/escape.h"
#include "cli/format.h"
#include "util/strbuf.h"

#define ENTER "\033[?1049h\033[?25l" /* a screen of our own, no cursor */
#define LEAVE "\033[0m\033[?25h\033[?1049l"
#define REVERSED "\033[7m"
#define CTRL_C 3
#define CTRL_L 12
#define ESCAPE 27
#define SEQUENCE_MS 50 /* the rest of an arrow key comes at once */
#define ROWS_DEFAULT 24
#define COLUMNS_DEFAULT 80

static struct termios before;
static volatile sig_atomic_t begun;

/* Only calls that a signal handler may make. */
static void give_back(void)
{
	ssize_t n;

	if (!begun)
		return;
	begun = 0;
	n = write(STDOUT_FILENO, LEAVE, strlen(LEAVE));
	(void)n; /* the terminal may be gone */
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
}

/* The handler is gone with its first call, so the signal ends us now. */
static void on_end(int number)
{
	give_back();
	(void)raise(number);
}

static void on_resize(int number)
{
	(void)number; /* it has ended the wait for a key: that is all */
}

static void catch_signals(void)
{
	static const int ends[] = { SIGINT,  SIGTERM, SIGHUP, SIGQUIT, SIGPIPE,
				    SIGABRT, SIGSEGV, SIGBUS, SIGFPE,  SIGILL };
	const struct sigaction end = { .sa_handler = on_end,
				       .sa_flags =
					       (int)SA_RESETHAND | SA_NODEFER };
	const struct sigaction resize = { .sa_handler = on_resize };

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		(void)sigaction(ends[i], &end, NULL); /* known: cannot fail */
	(void)sigaction(SIGWINCH, &resize, NULL);
}

int tty_begin(struct err *err)
{
	const char *term = getenv("TERM");
	struct termios raw;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) ||
	    tcgetattr(STDIN_FILENO, &before) < 0)
		return err_set(err, ERR_CONF,
			       "top needs a terminal; for programs there are: "
			       "triagectl status --json, triagectl watch "
			       "--json");
	if (!term || !*term || strcmp(term, "dumb") == 0)
		return err_set(err, ERR_CONF,
			       "top needs a terminal that can move its cursor, "
			       "and TERM is '%s'; see: triagectl list",
			       term ? term : "");
	raw = before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
	raw.c_iflag &= ~(tcflag_t)(IXON | ICRNL);
	raw.c_oflag &= ~(tcflag_t)OPOST;
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	catch_signals();
	begun = 1;
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw) < 0 ||
	    write(STDOUT_FILENO, ENTER, strlen(ENTER)) < 0) {
		int rc = -errno;

		give_back();
		return err_set(err, rc, "the terminal cannot be used: %s",
			       strerror(-rc));
	}
	return 0;
}

void tty_end(void)
{
	give_back();
}

void tty_size(size_t *ret_rows, size_t *ret_columns)
{
	struct winsize size = { 0 };

	(void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size); /* else the default */
	*ret_rows = size.ws_row ? size.ws_row : ROWS_DEFAULT;
	*ret_columns = size.ws_col ? size.ws_col : COLUMNS_DEFAULT;
}

/* A byte within @ms; -1 none, -2 the terminal is gone. */
static int read_byte(int64_t ms)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	unsigned char byte;
	int rc = poll(&in, 1, (int)ms);

	if (rc <= 0)
		return rc == 0 || errno == EINTR ? -1 : -2;
	return read(STDIN_FILENO, &byte, 1) == 1 ? byte : -2;
}

/* "ESC [ A" and "ESC O A" are the same key; ESC alone is one too. */
static int arrow(void)
{
	int byte = read_byte(SEQUENCE_MS);

	if (byte != '[' && byte != 'O')
		return TTY_ESCAPE;
	byte = read_byte(SEQUENCE_MS);
	return byte == 'A' ? TTY_UP : byte == 'B' ? TTY_DOWN : TTY_NONE;
}

int tty_key(int64_t ms)
{
	int byte = read_byte(ms);

	switch (byte) {
	case -1:
	case CTRL_L:
		return TTY_NONE;
	case -2:
		return TTY_END;
	case CTRL_C:
		return 'q';
	case '\r':
	case '\n':
		return TTY_ENTER;
	case ESCAPE:
		return arrow();
	}
	return byte >= ' ' ? byte : TTY_NONE;
}

/* A colour ends with everything else: reversed must begin again. */
static void add_marked(struct strbuf *sb, const char *line, size_t columns)
{
	size_t width = escape_width(line);
	const char *end;

	strbuf_addstr(sb, REVERSED);
	while ((end = strstr(line, TINT_END))) {
		strbuf_add(sb, line, (size_t)(end - line));
		strbuf_addstr(sb, TINT_END REVERSED);
		line = end + strlen(TINT_END);
	}
	strbuf_addstr(sb, line);
	while (width++ < columns)
		strbuf_addch(sb, ' ');
}

void tty_show(const char *text, size_t rows, size_t columns, size_t marked)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	ssize_t n;

	strbuf_addstr(&sb, "\033[H");
	for (size_t i = 0; i < rows; i++) {
		CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
		CLEANUP(strbuf_release) struct strbuf cut = STRBUF_INIT;
		size_t len = strcspn(text, "\n");

		strbuf_add(&line, text, len);
		text += text[len] ? len + 1 : len;
		escape_add_cut(&cut, line.buf, columns);
		if (i == marked)
			add_marked(&sb, cut.buf, columns);
		else
			strbuf_addstr(&sb, cut.buf);
		/* Colours end, the rest of the line is empty. */
		strbuf_addstr(&sb, TINT_END "\033[K");
		if (i + 1 < rows)
			strbuf_addstr(&sb, "\r\n");
	}
	for (size_t done = 0; done < sb.len; done += (size_t)n) {
		n = write(STDOUT_FILENO, sb.buf + done, sb.len - done);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n <= 0)
			return; /* the next key tells that it is gone */
	}
}
