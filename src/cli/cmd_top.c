/*
 * `triagectl top`: the queue, live. The database is opened anew when its files
 * have changed, so a restart of the daemon or another database in its place
 * is seen by itself; the daemon is asked only whether it runs.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/dbwatch.h"
#include "cli/output.h"
#include "cli/pick.h"
#include "cli/selectors.h"
#include "cli/tty.h"
#include "cli/values.h"
#include "util/clock.h"
#include "util/jsonx.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

#define INTERVAL_MS 2000
#define LOAD_MS 10000 /* what is late changes though nobody writes */
#define DAEMON_MS 1000 /* it answers at once, or it is not well */
#define HEAD                                                                   \
	4 /* lines above the first alert: totals, daemon, a gap, headings */
#define HEAD_WIDTH 1000 /* cut, not wrapped: it has its lines */
#define FOOT 1
#define WIDE 100 /* columns */

struct top {
	struct session *session;
	struct selection which;
	size_t order; /* number of the word of ORDER */
	int64_t interval_ms;
	bool colour;
	char *path;
	struct dbwatch files;
	int64_t loaded_ms;
	struct rows alerts, counts, overdue, outbox;
	char *daemon; /* how it is */
	char *trouble; /* why the database cannot be read; NULL: it can */
	size_t rows, columns; /* of the terminal */
	size_t chosen, first; /* of alerts: marked, and at the top */
};

static void top_release(struct top *t)
{
	selection_release(&t->which);
	rows_release(&t->alerts);
	rows_release(&t->counts);
	rows_release(&t->overdue);
	rows_release(&t->outbox);
	free_ptr(&t->path);
	free_ptr(&t->daemon);
	free_ptr(&t->trouble);
}

/* --- what is shown --- */

static void ask_daemon(struct top *t)
{
	CLEANUP(wire_answer_release) struct wire_answer answer = { 0 };
	struct err err = ERR_INIT;
	const char *socket, *trouble;
	int rc;

	free_ptr(&t->daemon);
	rc = session_socket_path(t->session, &socket, &err);
	if (rc == 0)
		rc = client_call(socket, CTL_VERB_STATUS, NULL, DAEMON_MS,
				 &answer, &err);
	if (rc == 0)
		rc = session_answer(&answer, &err);
	trouble = rc == 0 ? jsonx_str(answer.data, "trouble") : NULL;
	if (rc == ERR_NET)
		t->daemon = xstrdup("daemon not running");
	else if (rc < 0)
		t->daemon = xasprintf("daemon not asked: %s", err.text);
	else
		t->daemon =
			xstrdup(trouble && *trouble ? trouble : "daemon up");
}

static int load(struct top *t, struct err *err)
{
	const struct {
		enum question question;
		struct rows *rows;
	} parts[] = {
		{ LOOK_ALERTS, &t->alerts },
		{ LOOK_COUNTS, &t->counts },
		{ LOOK_OVERDUE, &t->overdue },
		{ LOOK_OUTBOX_COUNTS, &t->outbox },
	};
	int rc = 0;

	t->session->store = store_close(t->session->store);
	t->which.sel.sort =
		t->order ? values_find("ORDER")->word(t->order) : NULL;
	for (size_t i = 0; rc == 0 && i < ARRAY_SIZE(parts); i++) {
		CLEANUP(rows_release) struct rows fresh = ROWS_INIT;

		rc = session_look(t->session, parts[i].question, &t->which.sel,
				  &fresh, err);
		if (rc < 0)
			return rc;
		rows_release(parts[i].rows);
		*parts[i].rows = fresh;
		fresh = (struct rows)ROWS_INIT;
	}
	return 0;
}

/* The chosen alert stays chosen when others come before it. */
static void keep_chosen(struct top *t, int64_t id)
{
	for (size_t i = 0; i < t->alerts.n; i++) {
		if (rows_integer(&t->alerts, i, "id") == id)
			t->chosen = i;
	}
	if (t->chosen >= t->alerts.n)
		t->chosen = t->alerts.n ? t->alerts.n - 1 : 0;
}

static void refresh(struct top *t, bool anyway)
{
	int64_t id = rows_integer(&t->alerts, t->chosen, "id");
	int64_t now_ms = clock_wall_ms();
	bool same = dbwatch_look(&t->files, t->path) == DBWATCH_SAME &&
		    now_ms >= t->loaded_ms && now_ms < t->loaded_ms + LOAD_MS;
	struct err err = ERR_INIT;

	t->session->now_ms = now_ms;
	t->which.sel.now_ms = now_ms;
	ask_daemon(t);
	if (same && !anyway && !t->trouble)
		return;
	t->loaded_ms = now_ms;
	free_ptr(&t->trouble);
	if (load(t, &err) < 0)
		t->trouble = xstrdup(err.text);
	keep_chosen(t, id);
}

/* --- the screen --- */

static int64_t total(const struct rows *r, const char *column, const char *word)
{
	int64_t n = 0;

	for (size_t i = 0; i < r->n; i++) {
		if (!column || pick_is(r, i, column, word))
			n += rows_integer(r, i, "n");
	}
	return n;
}

static void say_number(struct writer *w, const char *words, int64_t n,
		       enum as as)
{
	const struct cell c = cell_integer(n);

	writer_words(w, words);
	writer_value(w, as, &c);
}

static void say_head(struct writer *w, const struct top *t)
{
	const struct cell now = cell_integer(t->session->now_ms);
	const struct cell daemon = cell_text(t->daemon);
	const struct cell trouble = cell_text(t->trouble);
	bool well = t->daemon && strcmp(t->daemon, "daemon up") == 0;

	writer_line(w, NULL);
	say_number(w, "Open ", total(&t->counts, "state", "open"), AS_TEXT);
	say_number(w, ", acknowledged ",
		   total(&t->counts, "state", "acknowledged"), AS_TEXT);
	say_number(w, ", overdue ", total(&t->overdue, NULL, NULL),
		   AS_BAD_COUNT);
	say_number(w, ", undelivered ",
		   total(&t->outbox, "state", "pending") +
			   total(&t->outbox, "state", "leased") +
			   total(&t->outbox, "state", "retry"),
		   AS_TEXT);
	say_number(w, ", given up ", total(&t->outbox, "state", "dead"),
		   AS_BAD_COUNT);
	writer_line(w, NULL);
	writer_value(w, AS_SECOND, &now);
	writer_words(w, "  ");
	writer_value(w, t->trouble || !well ? AS_ERROR : AS_TEXT,
		     t->trouble ? &trouble : &daemon);
}

/* What a writer makes of it; heap. */
static char *draw(struct top *t, size_t width,
		  void (*say)(struct top *t, struct writer *w))
{
	const struct screen screen = { .now_ms = t->session->now_ms,
				       .width = width,
				       .colour = t->colour };
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct writer *w;

	if (!out)
		abort(); /* no memory */
	w = writer_text_new(out, &screen);
	say(t, w);
	if (writer_end(w, NULL) < 0)
		abort(); /* memory takes it */
	writer_free(w);
	fclose(out);
	return text;
}

static void say_head_line(struct top *t, struct writer *w)
{
	say_head(w, t);
}

static void say_alerts(struct top *t, struct writer *w)
{
	/* On a narrow screen the title says more than who has it. */
	bool narrow = t->columns < WIDE;
	const struct column columns[] = {
		{ "id", "ID", AS_TEXT, COLUMN_RIGHT, NULL },
		{ "severity", "SEV", AS_SEVERITY, 0, NULL },
		{ "state", "STATE", AS_STATE, 0, NULL },
		{ "triage_due_ms", "DUE", AS_DUE, 0, pick_due },
		{ "entity", "RESOURCE", AS_RESOURCE, COLUMN_FLEX,
		  pick_resource },
		{ "title", "TITLE", AS_TEXT, COLUMN_FLEX, NULL },
		{ "holder", "WHO", AS_OPTIONAL, COLUMN_FLEX | COLUMN_RARE,
		  pick_holder },
	};
	const struct table table = {
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns) - narrow,
		.empty = t->which.narrowed ? "no alert matches"
					   : "no open alerts",
	};

	writer_table(w, &table, &t->alerts);
}

/* From line @first of @text, at most @n of them. */
static void add_lines(struct strbuf *sb, const char *text, size_t first,
		      size_t n)
{
	for (size_t i = 0; i < first + n; i++) {
		size_t len = strcspn(text, "\n");

		if (i >= first) {
			strbuf_add(sb, text, len);
			strbuf_addch(sb, '\n');
		}
		text += text[len] ? len + 1 : len;
	}
}

/* Rows of alerts that the terminal has room for; the headings are one more. */
static size_t room(const struct top *t)
{
	return t->rows > HEAD + FOOT ? t->rows - HEAD - FOOT : 1;
}

static void scroll(struct top *t)
{
	if (t->chosen < t->first)
		t->first = t->chosen;
	if (t->chosen >= t->first + room(t))
		t->first = t->chosen - room(t) + 1;
}

static void show_alerts(struct top *t)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	CLEANUP(free_ptr) char *head = draw(t, HEAD_WIDTH, say_head_line);
	CLEANUP(free_ptr) char *body = draw(t, t->columns, say_alerts);

	scroll(t);
	add_lines(&sb, head, 0, HEAD - 1);
	add_lines(&sb, body, 0, 1);
	add_lines(&sb, body, 1 + t->first, room(t));
	strbuf_addf(&sb, "q quit  j/k move  Enter show  s sort (%s)",
		    values_find("ORDER")->word(t->order));
	tty_show(sb.buf, t->rows, t->columns,
		 t->alerts.n ? HEAD + t->chosen - t->first : SIZE_MAX);
}

/* --- one alert --- */

static void say_alert(struct top *t, struct writer *w)
{
	CLEANUP(free_ptr)
	char *id = xasprintf("%" PRId64,
			     rows_integer(&t->alerts, t->chosen, "id"));
	char *words[] = { id };
	const struct arguments args = { .command = commands_find("show"),
					.words = words,
					.n_words = 1 };
	struct writer *before = t->session->writer;
	struct err err = ERR_INIT;
	struct cell why;

	t->session->writer = w;
	if (args.command->run(t->session, &args, &err) < 0) {
		why = cell_text(err.text);
		writer_line(w, NULL);
		writer_value(w, AS_ERROR, &why);
	}
	t->session->writer = before;
}

static size_t count_lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

/* Until any key but j, k and the arrows. */
static void show_alert(struct top *t)
{
	size_t first = 0;
	int key;

	do {
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
		CLEANUP(free_ptr) char *text = NULL;
		size_t lines, page;

		tty_size(&t->rows, &t->columns);
		page = t->rows > FOOT ? t->rows - FOOT : 1;
		/* As it is now, in the file that is there now. */
		t->session->now_ms = clock_wall_ms();
		t->session->store = store_close(t->session->store);
		text = draw(t, t->columns, say_alert);
		lines = count_lines(text);
		first = MIN(first, lines > page ? lines - page : 0);
		add_lines(&sb, text, first, page);
		strbuf_addstr(&sb, "q back  j/k scroll");
		tty_show(sb.buf, t->rows, t->columns, SIZE_MAX);
		key = tty_key(t->interval_ms);
		if (key == 'j' || key == TTY_DOWN)
			first++;
		else if ((key == 'k' || key == TTY_UP) && first > 0)
			first--;
	} while (key == TTY_NONE || key == 'j' || key == 'k' ||
		 key == TTY_DOWN || key == TTY_UP);
}

/* False: enough. */
static bool act(struct top *t, int key)
{
	switch (key) {
	case 'q':
	case TTY_END:
		return false;
	case 'j':
	case TTY_DOWN:
		t->chosen += t->chosen + 1 < t->alerts.n;
		return true;
	case 'k':
	case TTY_UP:
		t->chosen -= t->chosen > 0;
		return true;
	case 's':
		t->order++;
		if (!values_find("ORDER")->word(t->order))
			t->order = 0;
		refresh(t, true);
		return true;
	case TTY_ENTER:
		if (t->alerts.n > 0)
			show_alert(t);
		return true;
	}
	refresh(t, false);
	return true;
}

static int prepare(struct top *t, const struct arguments *args, struct err *err)
{
	const char *interval = arguments_value(args, "interval");
	int rc;

	if (arguments_has(args, "json"))
		return err_set(err, ERR_CONF,
			       "top is for people; for programs there are: "
			       "triagectl status --json, triagectl watch "
			       "--json");
	if (interval &&
	    (timefmt_parse_duration(interval, &t->interval_ms) < 0 ||
	     t->interval_ms < 1000 || t->interval_ms > 3600000))
		return err_set(err, ERR_CONF,
			       "--interval: '%s' is no time from 1s to 1h",
			       interval);
	rc = selectors_parse(args, t->session->now_ms, &t->which, err);
	if (rc < 0)
		return rc;
	if (arguments_has(args, "sort"))
		rc = values_pick("ORDER", "--sort",
				 arguments_value(args, "sort"), &t->order, err);
	if (rc < 0)
		return rc;
	rc = session_database_path(t->session, &t->path, err);
	/* What is wrong from the beginning is told before the screen is ours.
	 */
	return rc < 0 ? rc : load(t, err);
}

int cmd_top(struct session *session, const struct arguments *args,
	    struct err *err)
{
	CLEANUP(top_release)
	struct top t = {
		.session = session,
		.interval_ms = INTERVAL_MS,
		.colour =
			output_colour(stdout, arguments_global(args, "color")),
	};
	int rc = prepare(&t, args, err);

	if (rc == 0)
		rc = tty_begin(err);
	if (rc < 0)
		return rc;
	refresh(&t, true);
	do {
		tty_size(&t.rows, &t.columns);
		show_alerts(&t);
	} while (act(&t, tty_key(t.interval_ms)));
	tty_end();
	session->streamed = true;
	return 0;
}
