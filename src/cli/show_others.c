/*
 * The parts of `triagectl show` that tell what belongs to an alert: entities,
 * who was told, what happened lately, what comes, and the next commands. Called
 * by cmd_show.
 *
 * tested with: test_screens
 */
#include <string.h>
#include "cli/pick.h"
#include "cli/respond_view.h"
#include "cli/show_priv.h"
#include "cli/why_priv.h"
#include "util/xmalloc.h"

/* What one screen has room for. */
#define ENTITIES_SHOWN 6
#define TOLD_SHOWN 6
#define EVENTS_SHOWN 4
#define ADVICE_SHOWN ((size_t)3)
#define RESPONSES_SHOWN 3

static void say_more(struct writer *w, const struct case_view *v, size_t n)
{
	struct cell c = cell_integer((int64_t)n);

	if (n == 0)
		return;
	writer_words(w, "\n... and ");
	writer_value(w, AS_TEXT, &c);
	writer_words(w, " more: triagectl show --full ");
	writer_value(w, AS_TEXT, rows_cell(&v->alert, 0, "id"));
}

static void head(struct rows *to, const struct rows *from, size_t n)
{
	for (size_t i = 0; i < from->n && i < n; i++)
		(void)rows_keep(to, from->n_names,
				(const char *const *)from->names,
				from->cells + i * from->n_names);
}

/* --- recommendations --- */

/* What is done already is for the whole story; it stands behind the rest. */
void show_advice(struct writer *w, const struct case_view *v, bool full)
{
	static const struct column columns[] = {
		{ "id", "", AS_TEXT, COLUMN_RIGHT, NULL },
		{ "severity", "", AS_SEVERITY, 0, NULL },
		{ "state", "", AS_TEXT, 0, NULL },
		{ "title", "", AS_TEXT, COLUMN_WRAP, NULL },
	};
	static const struct table table = {
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
		.bare = true,
	};
	CLEANUP(rows_release) struct rows shown = ROWS_INIT;
	size_t n_open = 0;

	while (n_open < v->advice.n &&
	       pick_is(&v->advice, n_open, "state", "open"))
		n_open++;
	head(&shown, &v->advice,
	     full ? v->advice.n : MIN(n_open, ADVICE_SHOWN));
	if (shown.n == 0)
		return;
	writer_line(w, "Recommended");
	writer_table(w, &table, &shown);
	say_more(w, v, full ? 0 : n_open - shown.n);
}

/* --- entities --- */

void show_entities(struct writer *w, const struct case_view *v, bool full)
{
	static const struct column columns[] = {
		{ "kind", "", AS_TEXT, 0, NULL },
		{ "value", "", AS_TEXT, COLUMN_FLEX | COLUMN_PATH, NULL },
		{ "role", "", AS_OPTIONAL, COLUMN_RARE, NULL },
	};
	static const struct table table = {
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
		.bare = true,
	};
	CLEANUP(rows_release) struct rows shown = ROWS_INIT;

	if (v->entities.n == 0)
		return;
	head(&shown, &v->entities, full ? v->entities.n : ENTITIES_SHOWN);
	writer_line(w, "Entities");
	writer_table(w, &table, &shown);
	say_more(w, v, v->entities.n - shown.n);
}

/* --- who was told --- */

/* Every message to one recipient as one row. */
struct listener {
	const struct rows *rows;
	size_t last; /* row of the newest message */
	struct strbuf kinds; /* "opened, escalated 3 times" */
	const char *kind; /* the last of them, and how often in a row */
	size_t times;
};

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_same(const struct listener *l, size_t row)
{
	return same_text(rows_text(l->rows, l->last, "target"),
			 rows_text(l->rows, row, "target")) &&
	       same_text(rows_text(l->rows, l->last, "recipient"),
			 rows_text(l->rows, row, "recipient"));
}

static void listener_end_kind(struct listener *l)
{
	if (!l->kind)
		return;
	strbuf_addf(&l->kinds, "%s%s", l->kinds.len ? ", " : "", l->kind);
	if (l->times > 1)
		strbuf_addf(&l->kinds, " %zu times", l->times);
}

static void listener_add(struct listener *l, size_t row)
{
	const char *kind = rows_text(l->rows, row, "kind");

	l->last = row;
	if (same_text(l->kind, kind)) {
		l->times++;
		return;
	}
	listener_end_kind(l);
	l->kind = kind;
	l->times = 1;
}

/* Is an earlier message to the same recipient there? */
static bool was_seen(const struct rows *r, size_t row)
{
	for (size_t i = 0; i < row; i++) {
		const struct listener l = { .rows = r, .last = i };

		if (is_same(&l, row))
			return true;
	}
	return false;
}

static void keep_listener(struct rows *to, const struct rows *r, size_t first)
{
	static const char *const names[] = {
		"target", "recipient", "kind", "state", "at_ms", "last_error"
	};
	CLEANUP(strbuf_release) struct strbuf none = STRBUF_INIT;
	struct listener l = { .rows = r, .last = first, .kinds = none };

	for (size_t i = first; i < r->n; i++) {
		if (is_same(&l, i))
			listener_add(&l, i);
	}
	listener_end_kind(&l);
	(void)rows_keep(to, ARRAY_SIZE(names), names,
			(const struct cell[]){
				*rows_cell(r, l.last, "target"),
				*rows_cell(r, l.last, "recipient"),
				cell_text(l.kinds.buf),
				*rows_cell(r, l.last, "state"),
				*pick_delivery_time(r, l.last),
				*rows_cell(r, l.last, "last_error") });
	strbuf_release(&l.kinds);
}

static void say_messages(struct writer *w, const struct case_view *v)
{
	static const struct column columns[] = {
		{ "target", "", AS_TEXT, 0, NULL },
		{ "recipient", "", AS_TEXT, COLUMN_FLEX | COLUMN_RARE, NULL },
		{ "kind", "", AS_TEXT, 0, NULL },
		{ "state", "", AS_DELIVERY, 0, NULL },
		{ "sent_ms", "", AS_AGO, 0, pick_delivery_time },
		{ "last_error", "", AS_ERROR, COLUMN_RARE | COLUMN_WRAP, NULL },
	};
	static const struct table table = {
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
		.bare = true,
		.empty = "nobody",
	};

	writer_table(w, &table, &v->deliveries);
}

static size_t n_waiting(const struct case_view *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->held.n; i++)
		n += pick_is(&v->held, i, "outcome", "waiting");
	return n;
}

/* What they would have been told and were not, by its first cause. */
static void say_held(struct writer *w, const struct case_view *v)
{
	CLEANUP(strbuf_release) struct strbuf cause = STRBUF_INIT;
	struct cell n = cell_integer((int64_t)n_waiting(v)), c;
	size_t i = 0;

	if (n.integer == 0)
		return;
	while (!pick_is(&v->held, i, "outcome", "waiting"))
		i++;
	why_add_cause(&cause, &v->held, i);
	c = cell_text(cause.buf);
	writer_line(w, "Held back");
	writer_value(w, AS_TEXT, &n);
	writer_words(w, n.integer == 1 ? " message, by " : " messages, by ");
	writer_value(w, AS_TEXT, &c);
	writer_words(w, ", until ");
	writer_value(w, AS_LOCAL, rows_cell(&v->held, i, "until_ms"));
}

void show_told(struct writer *w, const struct case_view *v, bool full)
{
	static const struct column columns[] = {
		{ "target", "", AS_TEXT, 0, NULL },
		{ "recipient", "", AS_TEXT, COLUMN_FLEX | COLUMN_RARE, NULL },
		{ "state", "", AS_DELIVERY, 0, NULL },
		{ "at_ms", "", AS_AGO, 0, NULL },
		{ "kind", "", AS_TEXT, COLUMN_FLEX, NULL },
		{ "last_error", "", AS_ERROR, COLUMN_RARE | COLUMN_WRAP, NULL },
	};
	static const struct table table = {
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
		.bare = true,
		.empty = "nobody",
	};
	CLEANUP(rows_release) struct rows all = ROWS_INIT;
	CLEANUP(rows_release) struct rows shown = ROWS_INIT;

	writer_line(w, "Who knows");
	if (full) {
		say_messages(w, v);
	} else {
		for (size_t i = 0; i < v->deliveries.n; i++) {
			if (!was_seen(&v->deliveries, i))
				keep_listener(&all, &v->deliveries, i);
		}
		head(&shown, &all, TOLD_SHOWN);
		writer_table(w, &table, &shown);
		say_more(w, v, all.n - shown.n);
	}
	say_held(w, v);
}

/* --- what was done upstream --- */

/* The newest, and all that have not ended. */
static bool is_shown(const struct rows *r, size_t i)
{
	return i + RESPONSES_SHOWN >= r->n || !respond_has_ended(r, i);
}

void show_responses(struct writer *w, const struct case_view *v, bool full)
{
	static const struct column columns[] = {
		{ "id", "", AS_TEXT, COLUMN_RIGHT, NULL },
		{ "what", "", AS_TEXT, 0, NULL },
		{ "asked_by", "", AS_TEXT, 0, NULL },
		{ "planned_ms", "", AS_AGO, 0, NULL },
		{ "text", "", AS_TEXT, COLUMN_WRAP, NULL },
	};
	static const struct table table = {
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
		.bare = true,
	};
	static const char *const names[] = { "id", "what", "asked_by",
					     "planned_ms", "text" };
	CLEANUP(rows_release) struct rows shown = ROWS_INIT;
	const struct rows *r = &v->responses;

	for (size_t i = 0; i < r->n; i++) {
		CLEANUP(strbuf_release) struct strbuf what = STRBUF_INIT;
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		if (!full && !is_shown(r, i))
			continue;
		respond_add_what(&what, r, i);
		respond_add_state(&text, r, i);
		(void)rows_keep(&shown, ARRAY_SIZE(names), names,
				(const struct cell[]){
					*rows_cell(r, i, "id"),
					cell_text(what.buf),
					*rows_cell(r, i, "asked_by"),
					*rows_cell(r, i, "planned_ms"),
					cell_text(text.buf) });
	}
	if (r->n == 0)
		return;
	writer_line(w, "Responses");
	writer_table(w, &table, &shown);
	say_more(w, v, r->n - shown.n);
}

/* --- what comes --- */

/* Nothing where the settings cannot be read, since `why` tells that. */
void show_next(struct writer *w, const struct case_view *v)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(rows_release) struct rows next = ROWS_INIT;
	size_t i = 0;

	why_next_rows(&next, v, NULL);
	/* Half the time tells nobody. */
	while (i < next.n && rows_integer(&next, i, "percent") == 50)
		i++;
	if (v->missing.code || i == next.n)
		return;
	why_add_when(&text, rows_integer(&next, i, "at_ms"), v->now_ms);
	strbuf_addf(&text, ": %s", rows_text(&next, i, "text"));
	writer_line(w, "Next");
	writer_value(w, AS_TEXT,
		     &(struct cell){ .type = CELL_TEXT,
				     .text = text.buf,
				     .len = text.len });
}

/* --- what happened --- */

static void say_every_event(struct writer *w, const struct case_view *v)
{
	static const struct column columns[] = {
		{ "at_ms", "", AS_AGO, 0, NULL },
		{ "actor", "", AS_TEXT, COLUMN_FLEX, NULL },
		{ "kind", "", AS_TEXT, 0, NULL },
		{ "detail", "", AS_DETAIL, COLUMN_WRAP, NULL },
	};
	static const struct table table = {
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
		.bare = true,
		.empty = "none",
	};

	writer_line(w, "Events");
	writer_table(w, &table, &v->events);
}

/* Told by other lines of the screen. */
static bool is_told_elsewhere(const struct rows *r, size_t row)
{
	static const char *const kinds[] = { "held-back", "escalated",
					     "sla-warning-50", "sla-warning-80",
					     "step-skipped" };
	const char *kind = rows_text(r, row, "kind");

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (pick_is(r, row, "kind", kinds[i]))
			return true;
	}
	return kind && strncmp(kind, "response-", strlen("response-")) == 0;
}

/* The rows of the newest events worth a line, oldest first. */
static size_t latest(const struct rows *r, size_t rows[EVENTS_SHOWN])
{
	size_t n = 0;

	for (size_t i = r->n; i-- > 0 && n < EVENTS_SHOWN;) {
		if (!is_told_elsewhere(r, i))
			rows[EVENTS_SHOWN - ++n] = i;
	}
	memmove(rows, rows + EVENTS_SHOWN - n, n * sizeof(*rows));
	return n;
}

static void say_latest(struct writer *w, const struct case_view *v)
{
	static const struct column columns[] = {
		{ "at_ms", "", AS_AGO, 0, NULL },
		{ "actor", "", AS_TEXT, COLUMN_FLEX, NULL },
		{ "text", "", AS_TEXT, COLUMN_WRAP, NULL },
	};
	static const struct table table = {
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
		.bare = true,
		.empty = "nothing",
	};
	static const char *const names[] = { "at_ms", "actor", "text" };
	CLEANUP(rows_release) struct rows shown = ROWS_INIT;
	size_t rows[EVENTS_SHOWN], n = latest(&v->events, rows);

	for (size_t i = 0; i < n; i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		why_add_event(&text, &v->events, rows[i]);
		(void)rows_keep(
			&shown, ARRAY_SIZE(names), names,
			(const struct cell[]){
				*rows_cell(&v->events, rows[i], "at_ms"),
				*rows_cell(&v->events, rows[i], "actor"),
				cell_text(text.buf) });
	}
	writer_line(w, "Lately");
	writer_table(w, &table, &shown);
}

void show_events(struct writer *w, const struct case_view *v, bool full)
{
	if (full)
		say_every_event(w, v);
	else
		say_latest(w, v);
}

/* --- commands --- */

static const struct command_hint {
	const char *state; /* of the alert; NULL any */
	const char *before, *after; /* the alert's number between them */
	const char *why;
} hints[] = {
	{ "open", "ack ", "", "take it: escalation stops" },
	{ "acknowledged", "phase ", " investigate", "how far the work is" },
	{ "open", "assign ", " WHO", "give it to somebody" },
	{ "acknowledged", "assign ", " WHO", "give it to somebody" },
	{ "open", "close ", " --as false-positive",
	  "or true-positive, benign" },
	{ "acknowledged", "close ", " --as false-positive",
	  "or true-positive, benign" },
	{ "closed", "reopen ", "", "if it needs somebody after all" },
	{ "closed", "report ", "", "for the record" },
	{ NULL, "why ", "", "every decision and message" },
};

void show_commands(struct writer *w, const struct case_view *v)
{
	static const struct column columns[] = {
		{ "command", "", AS_TEXT, 0, NULL },
		{ "why", "", AS_TEXT, COLUMN_WRAP, NULL },
	};
	static const struct table table = {
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
		.bare = true,
	};
	static const char *const names[] = { "command", "why" };
	CLEANUP(rows_release) struct rows rows = ROWS_INIT;
	long long id = (long long)case_integer(v, "id");

	for (size_t i = 0; i < ARRAY_SIZE(hints); i++) {
		CLEANUP(free_ptr) char *command = NULL;
		const struct command_hint *h = &hints[i];

		if (h->state && !pick_is(&v->alert, 0, "state", h->state))
			continue;
		command = xasprintf("triagectl %s%lld%s", h->before, id,
				    h->after);
		(void)rows_keep(&rows, ARRAY_SIZE(names), names,
				(const struct cell[]){ cell_text(command),
						       cell_text(h->why) });
	}
	writer_line(w, "Commands");
	writer_table(w, &table, &rows);
}
