/*
 * The answer of `triagectl activities`: whose trail, since when it is kept and
 * by whom, what is missing, and the trail itself with the alert in its place.
 * Called by cmd_activities; asks nobody.
 *
 * tested with: scenario/test_activities
 */
#include "cli/trail_view.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "cli/heading.h"
#include "cli/localtime.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

static const char *const shown_names[] = { "at_ms", "time",	"actor",
					   "ip",    "location", "what" };
#define SHOWN_MAX ARRAY_SIZE(shown_names)

/* "Download file: plan.docx (Microsoft SharePoint)" */
static void add_what(struct strbuf *sb, const struct rows *r, size_t row)
{
	const char *action = rows_text(r, row, "action");
	const char *object = rows_text(r, row, "object");
	const char *app = rows_text(r, row, "app");

	strbuf_addstr(sb, action ? action : "something");
	if (object)
		strbuf_addf(sb, ": %s", object);
	if (app)
		strbuf_addf(sb, " (%s)", app);
}

/* A cell for the screen; whose trail it is needs no column. */
static struct cell cell_but(const struct rows *r, size_t row, const char *name,
			    const char *about)
{
	const char *text = rows_text(r, row, name);

	return text && strcasecmp(text, about) == 0 ? cell_null()
						    : *rows_cell(r, row, name);
}

/* "07:45:00": what follows the day. */
static struct cell time_cell(int64_t ms, char buf[LOCALTIME_MAX])
{
	const char *time = strchr(localtime_second(ms, buf), ' ');

	return cell_text(time ? time + 1 : buf);
}

static void add_found(struct rows *to, const struct trail_scene *s, size_t row)
{
	CLEANUP(strbuf_release) struct strbuf what = STRBUF_INIT;
	const char *about = s->about.value;
	char buf[LOCALTIME_MAX];

	add_what(&what, &s->found, row);
	const struct cell cells[SHOWN_MAX] = {
		*rows_cell(&s->found, row, "at_ms"),
		time_cell(rows_integer(&s->found, row, "at_ms"), buf),
		cell_but(&s->found, row, "actor", about),
		cell_but(&s->found, row, "ip", about),
		*rows_cell(&s->found, row, "location"),
		cell_text(what.buf),
	};
	(void)rows_keep(to, SHOWN_MAX, shown_names, cells);
}

/* The alert itself, where it stands in the sequence. */
static void add_mark(struct rows *to, const struct trail_scene *s)
{
	const char *title = rows_text(&s->alert, 0, "title");
	char buf[LOCALTIME_MAX];
	CLEANUP(free_ptr)
	char *words = xasprintf("=== alert %lld%s%s ===", (long long)s->id,
				title ? ": " : "", title ? title : "");
	const struct cell cells[SHOWN_MAX] = {
		[0] = cell_integer(s->window.moment_ms),
		[1] = time_cell(s->window.moment_ms, buf),
		[5] = cell_text(words),
	};

	(void)rows_keep(to, SHOWN_MAX, shown_names, cells);
}

static void merge_mark(struct rows *to, const struct trail_scene *s)
{
	bool marked = false;

	for (size_t i = 0; i < s->found.n; i++) {
		if (!marked &&
		    rows_integer(&s->found, i, "at_ms") > s->window.moment_ms) {
			add_mark(to, s);
			marked = true;
		}
		add_found(to, s, i);
	}
	if (!marked)
		add_mark(to, s);
}

static void say_number(struct writer *w, int64_t n)
{
	const struct cell c = cell_integer(n);

	writer_value(w, AS_TEXT, &c);
}

/* "12 activities, asked for 2026-11-21 23:04 CET (3 min ago) by ada, source x"
 */
static void say_fetch(struct session *session, const struct trail_scene *s)
{
	const struct rows *r = &s->fetches;
	int64_t unread = rows_integer(r, s->fetch, "unread");
	struct writer *w = session->writer;

	writer_line(w, "Kept");
	if (s->found.n > 0)
		say_number(w, (int64_t)s->found.n);
	writer_words(w, s->found.n == 0	  ? "no activities"
			: s->found.n == 1 ? " activity"
					  : " activities");
	writer_words(w, ", asked for ");
	writer_value(w, AS_LOCAL, rows_cell(r, s->fetch, "fetched_ms"));
	if (rows_integer(r, s->fetch, "fetched_ms") <= session->now_ms) {
		writer_words(w, " (");
		writer_value(w, AS_AGO, rows_cell(r, s->fetch, "fetched_ms"));
		writer_words(w, ")");
	}
	writer_words(w, " by ");
	writer_value(w, AS_TEXT, rows_cell(r, s->fetch, "fetched_by"));
	writer_words(w, ", source ");
	writer_value(w, AS_TEXT, rows_cell(r, s->fetch, "source"));
	if (rows_text(r, s->fetch, "trouble")) {
		writer_line(w, "Not all");
		writer_value(w, AS_ERROR, rows_cell(r, s->fetch, "trouble"));
	}
	if (unread > 0) {
		writer_line(w, "Unread");
		say_number(w, unread);
		writer_words(w, " entries were not understood, or not what was "
				"asked for");
	}
}

static void say_trail(struct writer *w, const struct trail *t)
{
	const struct cell value = cell_text(t->value);

	/* No command to paste: a name is anybody's text. */
	writer_words(w, t->kind == TRAIL_IP ? "address " : "user ");
	writer_value(w, AS_TEXT, &value);
}

/* Which others the alert names. */
static void say_others(struct writer *w, const struct trail_scene *s)
{
	bool first = true;

	for (size_t i = 0; i < s->n_trails; i++) {
		if (strcasecmp(s->trails[i].value, s->about.value) == 0)
			continue;
		if (first)
			writer_line(w, "Others");
		else
			writer_words(w, ", ");
		first = false;
		say_trail(w, &s->trails[i]);
	}
	if (!first)
		writer_words(w, "; with --user or --ip");
}

static void say_window(struct writer *w, const struct trail_scene *s)
{
	const struct cell from = cell_integer(s->window.from_ms);
	const struct cell to = cell_integer(s->window.to_ms);
	const struct cell value = cell_text(s->about.value);

	writer_line(w, "Whose");
	writer_value(w, AS_TEXT, &value);
	writer_line(w, "Time");
	writer_value(w, AS_LOCAL, &from);
	writer_words(w, " to ");
	writer_value(w, AS_LOCAL, &to);
}

/* What came since can be asked for, when there may be some. */
static bool is_behind(const struct trail_scene *s)
{
	return rows_integer(&s->fetches, s->fetch, "to_ms") < s->window.to_ms;
}

static void say_notes(struct writer *w, const struct trail_scene *s)
{
	const struct cell trouble = cell_text(s->trouble.text);

	if (s->note || is_behind(s)) {
		writer_line(w, "Note");
		writer_words(w, s->note ? s->note
					: "Asked before that time was over; "
					  "what came since: --refresh");
	}
	if (s->trouble.code) {
		writer_line(w, "Failed");
		writer_value(w, AS_ERROR, &trouble);
	}
}

static void say_programs(struct writer *w, const struct trail_scene *s)
{
	static const struct table found = { .key = "activities" };
	static const struct table fetches = { .key = "fetches", .aside = true };

	writer_record(w, "alert", &s->alert, 0);
	writer_object(w, "about");
	writer_field(w, "kind", cell_text(trail_kind_name(s->about.kind)));
	writer_field(w, "value", cell_text(s->about.value));
	writer_object_end(w);
	writer_instant(w, "from", s->window.from_ms);
	writer_instant(w, "moment", s->window.moment_ms);
	writer_instant(w, "to", s->window.to_ms);
	writer_record(w, "fetch", &s->fetches, s->fetch);
	writer_field(w, "error",
		     cell_text(s->trouble.code ? s->trouble.text : NULL));
	writer_table(w, &found, &s->found);
	writer_table(w, &fetches, &s->fetches);
}

/* Within one day its date stands above (Time), not in every row. */
static bool is_one_day(const struct rows *shown)
{
	char first[LOCALTIME_MAX], last[LOCALTIME_MAX];

	localtime_second(rows_integer(shown, 0, "at_ms"), first);
	localtime_second(rows_integer(shown, shown->n - 1, "at_ms"), last);
	return strncmp(first, last, strlen("2026-11-21")) == 0;
}

static void say_table(struct session *session, const struct trail_scene *s)
{
	CLEANUP(rows_release) struct rows shown = ROWS_INIT;
	CLEANUP(free_ptr) char *heading = NULL;
	char zone[LOCALTIME_MAX];
	struct column columns[] = {
		{ "at_ms", NULL, AS_SECOND, 0, NULL },
		{ "actor", "WHO", AS_OPTIONAL, COLUMN_FLEX | COLUMN_RARE,
		  NULL },
		{ "ip", "ADDRESS", AS_OPTIONAL, COLUMN_FLEX | COLUMN_RARE,
		  NULL },
		{ "location", "PLACE", AS_OPTIONAL, COLUMN_FLEX | COLUMN_RARE,
		  NULL },
		{ "what", "WHAT", AS_TEXT, COLUMN_WRAP, NULL },
	};
	const struct table people = { .columns = columns,
				      .n_columns = ARRAY_SIZE(columns) };

	merge_mark(&shown, s);
	heading = xasprintf("WHEN (%s)",
			    localtime_zone(s->window.moment_ms, zone));
	columns[0].heading = heading;
	if (is_one_day(&shown)) {
		columns[0].name = "time";
		columns[0].as = AS_TEXT;
	}
	writer_table(session->writer, &people, &shown);
}

void trail_say(struct session *session, const struct trail_scene *s)
{
	struct writer *w = session->writer;

	writer_begin(w, "triaged.activities.v1");
	say_programs(w, s);
	say_heading(w, &s->alert);
	say_window(w, s);
	say_fetch(session, s);
	say_notes(w, s);
	say_others(w, s);
	writer_gap(w);
	say_table(session, s);
}
