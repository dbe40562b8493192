/*
 * See progress.h. Called by backup, restore, audit verify, db check, export and
 * import; knows none of them.
 */
#include "cli/progress.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli/output.h"
#include "util/clock.h"

/* What ends before that needs no bar; and no eye sees more of them. */
#define FIRST_MS 500
#define AGAIN_MS 100
#define BAR_MOST 30
/* Before that the time that is left would be a guess. */
#define GUESS_MS 3000

static volatile sig_atomic_t stop_wanted;
static const int stop_signals[] = { SIGINT, SIGTERM, SIGHUP };
static struct sigaction signals_before[ARRAY_SIZE(stop_signals)];

static void on_signal(int number)
{
	(void)number;
	stop_wanted = 1;
}

/* SA_RESETHAND: a second Ctrl-C ends the process where it stands. */
static void catch_signals(void)
{
	struct sigaction act = { .sa_handler = on_signal,
				 .sa_flags = SA_RESETHAND };

	stop_wanted = 0;
	for (size_t i = 0; i < ARRAY_SIZE(stop_signals); i++) {
		(void)sigaction(stop_signals[i], NULL, &signals_before[i]);
		/* nohup: who ignored it goes on ignoring it */
		if (signals_before[i].sa_handler != SIG_IGN)
			(void)sigaction(stop_signals[i], &act, NULL);
	}
}

static bool is_terminal(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && !(term && strcmp(term, "dumb") == 0);
}

void progress_begin(struct progress *p)
{
	*p = (struct progress){ .drawn_mono_ms = clock_mono_ms() };
	p->part_mono_ms = p->drawn_mono_ms;
	if (is_terminal()) {
		p->out = stderr;
		p->width = output_width(stderr);
	}
	catch_signals();
}

static void add_size(struct strbuf *sb, int64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	size_t unit = 0;
	int64_t tenths = bytes * 10 / 1024;

	while (tenths >= 10240 && unit + 1 < ARRAY_SIZE(units)) {
		tenths /= 1024;
		unit++;
	}
	strbuf_addf(sb, "%" PRId64 ".%" PRId64 " %s", tenths / 10, tenths % 10,
		    units[unit]);
}

static void add_count(struct strbuf *sb, const struct store_progress *s)
{
	if (s->bytes)
		add_size(sb, s->done);
	else
		strbuf_addf(sb, "%" PRId64, s->done);
	if (s->total <= 0)
		return;
	strbuf_addstr(sb, " of ");
	if (s->bytes)
		add_size(sb, s->total);
	else
		strbuf_addf(sb, "%" PRId64, s->total);
}

static void add_left(struct strbuf *sb, const struct store_progress *s,
		     int64_t elapsed_ms)
{
	int64_t left_s;

	if (elapsed_ms < GUESS_MS || s->done <= 0 || s->done >= s->total)
		return;
	left_s = elapsed_ms / 1000 * (s->total - s->done) / s->done + 1;
	if (left_s < 120)
		strbuf_addf(sb, ", %" PRId64 " s left", left_s);
	else
		strbuf_addf(sb, ", %" PRId64 " min left", (left_s + 59) / 60);
}

static void add_bar(struct strbuf *sb, int64_t percent, size_t columns)
{
	size_t full = (size_t)percent * columns / 100;

	strbuf_addstr(sb, " [");
	for (size_t i = 0; i < columns; i++)
		strbuf_addch(sb, i < full ? '#' : '-');
	strbuf_addch(sb, ']');
}

void progress_line(struct strbuf *sb, const struct store_progress *s,
		   int64_t elapsed_ms, size_t width)
{
	CLEANUP(strbuf_release) struct strbuf tail = STRBUF_INIT;
	int64_t percent;
	size_t room;

	strbuf_addstr(sb, s->what);
	if (s->total <= 0) {
		if (s->done > 0) {
			strbuf_addch(sb, ' ');
			add_count(sb, s);
		}
		strbuf_addf(sb, ", %" PRId64 " s so far", elapsed_ms / 1000);
	} else {
		percent = MIN(s->done, s->total) * 100 / s->total;
		add_count(&tail, s);
		add_left(&tail, s, elapsed_ms);
		strbuf_addf(sb, " %3" PRId64 " %%", percent);
		room = sb->len + tail.len + 5;
		if (room + 5 < width)
			add_bar(sb, percent, MIN(width - room, BAR_MOST));
		strbuf_addch(sb, ' ');
		strbuf_addstr(sb, tail.buf);
	}
	if (sb->len > width)
		strbuf_setlen(sb, width);
}

static void draw(struct progress *p, const struct store_progress *s,
		 int64_t mono_ms)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	/* The last column stays free: some terminals wrap behind it. */
	progress_line(&sb, s, mono_ms - p->part_mono_ms, p->width - 1);
	fprintf(p->out, "\r%s\033[K", sb.buf);
	fflush(p->out);
	p->drawn = true;
	p->drawn_mono_ms = mono_ms;
}

int progress_step(void *arg, const struct store_progress *s)
{
	struct progress *p = arg;
	int64_t mono_ms;

	if (!p->out)
		return stop_wanted;
	mono_ms = clock_mono_ms();
	if (p->what != s->what) {
		p->what = s->what;
		p->part_mono_ms = mono_ms;
	}
	if (mono_ms - p->drawn_mono_ms >= (p->drawn ? AGAIN_MS : FIRST_MS))
		draw(p, s, mono_ms);
	return stop_wanted;
}

void progress_end(struct progress *p)
{
	if (p->drawn)
		fprintf(p->out, "\r\033[K");
	if (p->drawn)
		fflush(p->out);
	p->drawn = false;
	for (size_t i = 0; i < ARRAY_SIZE(stop_signals); i++)
		(void)sigaction(stop_signals[i], &signals_before[i], NULL);
}
