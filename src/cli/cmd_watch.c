/*
 * `triagectl watch`: what happens, a line each, as it happens: the audit log
 * and messages that were given up. It reads the database file and so outlives
 * every restart of the daemon; a database that was put in the place of the old
 * one is gone on with.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "cli/commands.h"
#include "cli/dbwatch.h"
#include "cli/escape.h"
#include "cli/localtime.h"
#include "cli/output.h"
#include "cli/pick.h"
#include "cli/selectors.h"
#include "util/clock.h"
#include "util/xmalloc.h"

#define LOOK_EVERY_MS 500
#define LOOK_ANYWAY                                                            \
	20 /* looks: a change may hide within a tick of the clock              \
	    */
#define BATCH 500
/* "2026-11-21", " 23:04:09", and a day with its zone */
#define DAY_LEN 10
#define TIME_LEN 9
#define DAY_MAX 64

struct watch {
	struct session *session;
	struct selection which;
	char *path;
	bool json;
	struct screen screen;
	struct dbwatch files;
	int64_t last_id, last_ms; /* of the events that were told */
	int64_t dead_n, dead_ms; /* of the messages that were told */
	bool broken; /* what is told cannot be written */
	bool replaced; /* by another file, not looked at yet */
	bool lost; /* said that the database cannot be read */
	char day[DAY_MAX]; /* the one that stands above the lines */
};

static volatile sig_atomic_t ended;

static void on_signal(int number)
{
	(void)number;
	ended = 1;
}

static void watch_release(struct watch *w)
{
	selection_release(&w->which);
	free_ptr(&w->path);
}

/* --- a line --- */

static int write_line(struct watch *w, struct strbuf *line, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf cut = STRBUF_INIT;
	int rc;

	while (line->len > 0 && line->buf[line->len - 1] == ' ')
		strbuf_setlen(line, line->len - 1);
	escape_add_cut(&cut, line->buf,
		       w->screen.width ? w->screen.width : SIZE_MAX);
	strbuf_addch(&cut, '\n');
	rc = output_write(stdout, cut.buf, cut.len, err);
	/* Nobody reads any more: there is nothing left to do. */
	if (rc == -EPIPE)
		ended = 1;
	w->broken = rc < 0;
	return rc == -EPIPE ? 0 : rc;
}

static void add_value(struct watch *w, struct strbuf *line, enum as as,
		      const struct cell *c, size_t width)
{
	CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT;
	enum tint tint = format_tint(as, c, w->screen.now_ms);
	size_t used;

	format_value(&value, as, c, w->screen.now_ms);
	used = escape_width(value.buf);
	if (w->screen.colour && tint != TINT_NONE)
		strbuf_addf(line, "%s%s%s", tint_start(tint), value.buf,
			    TINT_END);
	else
		strbuf_addstr(line, value.buf);
	while (used++ < width)
		strbuf_addch(line, ' ');
	strbuf_addstr(line, "  ");
}

/* "2026-11-21 23:04:09 CET" leaves no room for a title where lines are cut:
 * there the day has a line of its own, when it is another one. */
static int add_time(struct watch *w, struct strbuf *line, const struct cell *at,
		    struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf day = STRBUF_INIT;
	int rc = 0;

	format_value(&value, AS_SECOND, at, w->screen.now_ms);
	if (w->screen.width == 0 || value.len <= DAY_LEN + TIME_LEN) {
		strbuf_addf(line, "%s  ", value.buf);
		return 0;
	}
	strbuf_addf(&day, "%.*s%s", DAY_LEN, value.buf,
		    value.buf + DAY_LEN + TIME_LEN);
	if (strcmp(day.buf, w->day) != 0) {
		(void)snprintf(w->day, sizeof(w->day), "%s", day.buf);
		rc = write_line(w, &day, err);
	}
	strbuf_addf(line, "%.*s  ", TIME_LEN - 1, value.buf + DAY_LEN + 1);
	return rc;
}

static int json_row(struct watch *watch, const char *what, const struct rows *r,
		    size_t i, struct err *err)
{
	struct writer *w = writer_json_line_new(stdout);
	int rc;

	writer_begin(w, "triaged.watch.v1");
	writer_field(w, "what", cell_text(what));
	writer_record(w, what, r, i);
	rc = writer_end(w, err);
	writer_free(w);
	if (rc == -EPIPE)
		ended = 1;
	watch->broken = rc < 0;
	return rc == -EPIPE ? 0 : rc;
}

static int tell_event(struct watch *w, const struct rows *r, size_t i,
		      struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
	int rc;

	if (w->json)
		return json_row(w, "event", r, i, err);
	rc = add_time(w, &line, rows_cell(r, i, "at_ms"), err);
	if (rc < 0)
		return rc;
	add_value(w, &line, AS_TEXT, rows_cell(r, i, "kind"), 14);
	if (rows_text(r, i, "severity")) {
		add_value(w, &line, AS_SEVERITY, rows_cell(r, i, "severity"),
			  8);
		strbuf_addch(&line, '#');
		add_value(w, &line, AS_TEXT, rows_cell(r, i, "alert_id"), 0);
		add_value(w, &line, AS_TEXT, rows_cell(r, i, "actor"), 0);
		add_value(w, &line, AS_TEXT, rows_cell(r, i, "title"), 0);
	} else {
		add_value(w, &line, AS_TEXT, rows_cell(r, i, "actor"), 0);
		add_value(w, &line, AS_DETAIL, rows_cell(r, i, "detail"), 0);
	}
	return write_line(w, &line, err);
}

static int tell_message(struct watch *w, const struct rows *r, size_t i,
			struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
	const struct cell what = cell_text("given up");
	int rc;

	if (w->json)
		return json_row(w, "delivery", r, i, err);
	rc = add_time(w, &line, rows_cell(r, i, "given_up_ms"), err);
	if (rc < 0)
		return rc;
	add_value(w, &line, AS_ERROR, &what, 14);
	add_value(w, &line, AS_SEVERITY, rows_cell(r, i, "severity"), 8);
	strbuf_addstr(&line, "message ");
	add_value(w, &line, AS_TEXT, rows_cell(r, i, "id"), 0);
	strbuf_addstr(&line, "to ");
	add_value(w, &line, AS_TEXT, rows_cell(r, i, "target"), 0);
	add_value(w, &line, AS_TEXT, rows_cell(r, i, "last_error"), 0);
	return write_line(w, &line, err);
}

/* --- what is new --- */

static int tell_events(struct watch *w, struct err *err)
{
	size_t n;
	int rc;

	do {
		CLEANUP(rows_release) struct rows rows = ROWS_INIT;
		struct selector sel = w->which.sel;

		sel.after_id = w->last_id;
		sel.narrowed = w->which.narrowed;
		sel.limit = BATCH;
		rc = session_look(w->session, LOOK_EVENTS_AFTER, &sel, &rows,
				  err);
		n = rows.n;
		for (size_t i = 0; rc == 0 && i < n && !ended; i++) {
			rc = tell_event(w, &rows, i, err);
			w->last_id = rows_integer(&rows, i, "id");
			w->last_ms = rows_integer(&rows, i, "at_ms");
		}
	} while (rc == 0 && n == BATCH && !ended);
	return rc;
}

/* Is any alert asked for that the message carries? A summary carries many. */
static int is_selected(struct watch *w, int64_t message, bool *ret,
		       struct err *err)
{
	CLEANUP(rows_release) struct rows n = ROWS_INIT;
	struct selector sel = w->which.sel;
	int rc = 0;

	*ret = true;
	if (!w->which.narrowed)
		return 0;
	sel.after_id = message;
	rc = session_look(w->session, LOOK_DELIVERY_SELECTED, &sel, &n, err);
	*ret = rows_integer(&n, 0, "n") > 0;
	return rc;
}

static int tell_delivery(struct watch *w, int64_t id, struct err *err)
{
	const struct selector sel = { .id = id };
	CLEANUP(rows_release) struct rows row = ROWS_INIT;
	bool selected = true;
	int rc;

	rc = session_look(w->session, LOOK_DELIVERY, &sel, &row, err);
	/* Tried again by now, or gone. */
	if (rc < 0 || row.n == 0 || !pick_is(&row, 0, "state", "dead"))
		return rc;
	w->dead_ms = rows_integer(&row, 0, "given_up_ms");
	rc = is_selected(w, id, &selected, err);
	return rc < 0 || !selected ? rc : tell_message(w, &row, 0, err);
}

/* The log does not know of these: what was given up since the last look. */
static int tell_messages(struct watch *w, struct err *err)
{
	size_t n;
	int rc;

	do {
		CLEANUP(rows_release) struct rows rows = ROWS_INIT;
		const struct selector sel = { .after_id = w->dead_n,
					      .limit = BATCH };

		rc = session_look(w->session, LOOK_GIVEN_UP, &sel, &rows, err);
		n = rows.n;
		for (size_t i = 0; rc == 0 && i < n && !ended; i++) {
			rc = tell_delivery(w, rows_integer(&rows, i, "id"),
					   err);
			w->dead_n = rows_integer(&rows, i, "n");
		}
	} while (rc == 0 && n == BATCH && !ended);
	return rc;
}

/* The newest event before @before_ms; what follows it is told. */
static int find_begin(struct watch *w, int64_t before_ms, int64_t *ret,
		      struct err *err)
{
	const struct selector sel = { .until_ms = before_ms };
	CLEANUP(rows_release) struct rows rows = ROWS_INIT;
	int rc = session_look(w->session, LOOK_EVENT_BEFORE, &sel, &rows, err);

	if (rc == 0)
		*ret = rows_integer(&rows, 0, "id");
	return rc;
}

/* The same of the messages that were given up. */
static int find_given_up(struct watch *w, int64_t before_ms, int64_t *ret,
			 struct err *err)
{
	const struct selector sel = { .until_ms = before_ms };
	CLEANUP(rows_release) struct rows rows = ROWS_INIT;
	int rc = session_look(w->session, LOOK_GIVEN_UP_BEFORE, &sel, &rows,
			      err);

	if (rc == 0)
		*ret = rows.n > 0 ? rows_integer(&rows, 0, "n") : 0;
	return rc;
}

/* Opened anew each time: the file may be another one. */
static int look_once(struct watch *w, bool replaced, struct err *err)
{
	int64_t newest = 0;
	int rc;

	w->session->store = store_close(w->session->store);
	rc = find_begin(w, INT64_MAX, &newest, err);
	/* A copy from yesterday lacks what was told since, and numbers anew
	 * what happens now; then the time tells what is new. */
	if (rc == 0 && (replaced || newest < w->last_id)) {
		rc = find_begin(w, w->last_ms + 1, &w->last_id, err);
		if (rc == 0)
			rc = find_given_up(w, w->dead_ms + 1, &w->dead_n, err);
	}
	if (rc == 0)
		rc = tell_events(w, err);
	if (rc == 0)
		rc = tell_messages(w, err);
	return rc;
}

static void complain_once(struct watch *w, const char *text)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	if (!w->lost) {
		strbuf_addstr(&sb, "triagectl: ");
		escape_add(&sb, text, strlen(text), ESCAPE_LINE);
		strbuf_addstr(&sb, "; watch goes on when it can be read\n");
		fputs(sb.buf, stderr);
	}
	w->lost = true;
}

static int go_on(struct watch *w, struct err *err)
{
	unsigned quiet = 0;

	while (!ended) {
		/* Tells also that nobody reads any more. */
		struct pollfd out = { .fd = STDOUT_FILENO };
		struct err why = ERR_INIT;
		enum dbwatch_news news;
		int rc;

		if (poll(&out, 1, LOOK_EVERY_MS) > 0 &&
		    out.revents & (POLLERR | POLLHUP | POLLNVAL))
			return 0;
		news = dbwatch_look(&w->files, w->path);
		w->replaced |= news == DBWATCH_REPLACED;
		if (news == DBWATCH_SAME && ++quiet < LOOK_ANYWAY && !w->lost)
			continue;
		quiet = 0;
		w->screen.now_ms = clock_wall_ms();
		w->which.sel.now_ms = w->screen.now_ms;
		w->screen.width = output_width(stdout);
		rc = look_once(w, w->replaced, &why);
		if (rc < 0 && w->broken)
			return err_set(err, rc, "%s", why.text);
		if (rc < 0)
			complain_once(w, why.text);
		else
			w->lost = w->replaced = false;
	}
	return 0;
}

static int prepare(struct watch *w, const struct arguments *args,
		   struct err *err)
{
	struct session *session = w->session;
	int64_t since_ms;
	int rc;

	rc = selectors_parse(args, session->now_ms, &w->which, err);
	if (rc < 0)
		return rc;
	/* --since is about what happens here, not about alerts. */
	since_ms = w->which.sel.since_ms ?: session->now_ms;
	w->last_ms = w->dead_ms = since_ms - 1;
	w->which.narrowed = selectors_narrow(args);
	if (!arguments_has(args, "state"))
		w->which.sel.states = 0;
	rc = session_database_path(session, &w->path, err);
	if (rc < 0)
		return rc;
	(void)dbwatch_look(&w->files, w->path);
	rc = find_begin(w, w->which.sel.since_ms ? since_ms : INT64_MAX,
			&w->last_id, err);
	if (rc == 0)
		rc = find_given_up(w,
				   w->which.sel.since_ms ? since_ms : INT64_MAX,
				   &w->dead_n, err);
	w->which.sel.since_ms = 0;
	return rc < 0 ? rc : look_once(w, false, err);
}

int cmd_watch(struct session *session, const struct arguments *args,
	      struct err *err)
{
	const struct sigaction end = { .sa_handler = on_signal };
	CLEANUP(watch_release)
	struct watch w = {
		.session = session,
		.json = arguments_has(args, "json"),
		.screen = { .now_ms = session->now_ms,
			    .width = output_width(stdout),
			    .colour = output_colour(
				    stdout, arguments_global(args, "color")) },
	};
	int rc;

	(void)sigaction(SIGINT, &end, NULL); /* a known signal: cannot fail */
	(void)sigaction(SIGTERM, &end, NULL);
	rc = prepare(&w, args, err);
	if (rc < 0)
		return rc;
	session->streamed = true;
	return go_on(&w, err);
}
