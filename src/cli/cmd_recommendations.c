/*
 * `triagectl recommendations`: what the service recommends, a row for each kind
 * and how many resources it is about; --each tells every resource, and with the
 * number of one all there is to know of it. From the database alone.
 *
 * tested with: scenario/test_posture_cli
 */
#include "cli/commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/as_typed.h"
#include "cli/pick.h"
#include "cli/posture_view.h"
#include "cli/selectors.h"
#include "util/xmalloc.h"

#define PARTS (BIT(POSTURE_RECOMMENDATIONS) | BIT(POSTURE_KINDS))
#define LIMIT_DEFAULT 1000
/* Resources that share one recommendation, on its own screen. */
#define OTHERS_SHOWN 10

/* That nothing was read is not that nothing is wrong. */
static const char *none_words(const struct posture_view *v, bool narrowed)
{
	if (narrowed)
		return "no recommendation matches";
	return v->oldest_ms ? "nothing is recommended"
			    : "no recommendation is known";
}

/* --- by kind --- */

static int list_kinds(struct session *session, const struct selection *s,
		      const struct posture_view *v, struct err *err)
{
	static const struct column columns[] = {
		{ "id", "ID", AS_TEXT, COLUMN_RIGHT, NULL },
		{ "severity", "SEV", AS_SEVERITY, 0, NULL },
		{ "n", "RESOURCES", AS_TEXT, COLUMN_RIGHT, NULL },
		{ "since_ms", "SINCE", AS_AGO, 0, NULL },
		{ "effort", "EFFORT", AS_OPTIONAL, COLUMN_RARE, NULL },
		{ "title", "TITLE", AS_TEXT, COLUMN_WRAP, NULL },
	};
	const struct table table = {
		.key = "kinds",
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
		.empty = none_words(v, s->narrowed),
	};
	static const struct table none = { .key = "recommendations",
					   .aside = true };
	CLEANUP(rows_release) struct rows rows = ROWS_INIT;
	struct writer *w = session->writer;
	char id[32];
	int rc = session_look(session, LOOK_RECOMMENDATION_KINDS, &s->sel,
			      &rows, err);

	if (rc < 0)
		return rc;
	writer_begin(w, "triaged.recommendations.v1");
	posture_say_heading(w, v);
	writer_table(w, &table, &rows);
	writer_table(w, &none, &(const struct rows)ROWS_INIT);
	if (rows.n > 0) {
		writer_gap(w);
		writer_line(w, NULL);
		writer_words(w, "What to do, and on which: ");
		(void)snprintf(id, sizeof(id), "%" PRId64,
			       rows_integer(&rows, 0, "id"));
		as_typed_say(v->session, "triagectl recommendations ", id, "");
	}
	posture_say_state(w, v);
	return 0;
}

/* --- each --- */

/* As the words of ADVICE-STATE are counted. */
enum { STATE_OPEN, STATE_GONE };

struct wanted {
	struct rows *rows;
	unsigned states; /* BIT(STATE_*); 0 all */
	int64_t max;
	int64_t but_id; /* left out; 0 none */
};

static bool is_id(size_t n, const char *const *names, const struct cell *cells,
		  int64_t id)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(names[i], "id") == 0)
			return cells[i].integer == id;
	}
	return false;
}

/* Open ones come first, so what has gone is counted here. */
static int keep_wanted(void *arg, size_t n, const char *const *names,
		       const struct cell *cells)
{
	struct wanted *w = arg;

	if (w->but_id && is_id(n, names, cells, w->but_id))
		return 0;
	for (size_t i = 0; w->states && i < n; i++) {
		if (strcmp(names[i], "state") == 0 &&
		    !(w->states &
		      (strcmp(cells[i].text, "open") == 0 ? BIT(STATE_OPEN)
							  : BIT(STATE_GONE))))
			return 0;
	}
	(void)rows_keep(w->rows, n, names, cells);
	return (int64_t)w->rows->n >= w->max;
}

static int look_each(struct session *session, const struct selection *s,
		     unsigned states, struct rows *ret, struct err *err)
{
	struct wanted w = { ret, states,
			    s->sel.limit ? s->sel.limit : LIMIT_DEFAULT, 0 };
	struct selector sel = s->sel;
	struct store *store;
	int rc = session_store(session, &store, err);

	sel.limit = INT64_MAX;
	if (states != BIT(STATE_OPEN))
		sel.since_ms = MAX(sel.since_ms, 1);
	return rc < 0 ? rc
		      : look(store, LOOK_RECOMMENDATIONS, &sel, keep_wanted, &w,
			     err);
}

/* Since when it is open, or gone. */
static const struct cell *pick_since(const struct rows *r, size_t row)
{
	return rows_cell(r, row,
			 rows_integer(r, row, "gone_ms") ? "gone_ms"
							 : "since_ms");
}

static int list_each(struct session *session, const struct selection *s,
		     unsigned states, const struct posture_view *v,
		     struct err *err)
{
	static const struct column columns[] = {
		{ "id", "ID", AS_TEXT, COLUMN_RIGHT, NULL },
		{ "severity", "SEV", AS_SEVERITY, 0, NULL },
		{ "state", "STATE", AS_TEXT, 0, NULL },
		{ "since_ms", "SINCE", AS_AGO, 0, pick_since },
		{ "resource_id", "RESOURCE", AS_RESOURCE, COLUMN_FLEX, NULL },
		{ "title", "TITLE", AS_TEXT, COLUMN_FLEX, NULL },
	};
	const struct table table = {
		.key = "recommendations",
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
		.empty =
			none_words(v, s->narrowed || states != BIT(STATE_OPEN)),
	};
	static const struct table none = { .key = "kinds", .aside = true };
	CLEANUP(rows_release) struct rows rows = ROWS_INIT;
	struct writer *w = session->writer;
	int rc = look_each(session, s, states, &rows, err);

	if (rc < 0)
		return rc;
	writer_begin(w, "triaged.recommendations.v1");
	posture_say_heading(w, v);
	writer_table(w, &none, &(const struct rows)ROWS_INIT);
	writer_table(w, &table, &rows);
	posture_say_state(w, v);
	return 0;
}

/* --- one --- */

static void say_text(struct writer *w, const struct rows *r, const char *label,
		     const char *name, enum as as)
{
	if (rows_cell(r, 0, name)->len == 0)
		return;
	writer_line(w, label);
	writer_value(w, as, rows_cell(r, 0, name));
}

static void say_state(struct writer *w, const struct rows *r)
{
	writer_line(w, "State");
	writer_value(w, AS_TEXT, rows_cell(r, 0, "state"));
	writer_words(w, ", since ");
	writer_value(w, AS_AGO, pick_since(r, 0));
	if (!rows_integer(r, 0, "gone_ms"))
		return;
	writer_words(w, pick_is(r, 0, "gone_why", "healthy")
				? ": the resource is healthy"
			: pick_is(r, 0, "gone_why", "absent")
				? ": the service tells of it no more"
				: ": it does not apply any more");
}

/* Those that share it, some of them kept; of which subscription, where it is
 * another one. */
static void keep_others(struct rows *to, const struct posture_view *v,
			const struct rows *others, const struct rows *r)
{
	static const char *const names[] = { "id", "since_ms", "resource_id",
					     "elsewhere" };
	const char *own = rows_text(r, 0, "subscription");

	for (size_t i = 0; i < others->n && i < OTHERS_SHOWN; i++) {
		const char *subscription = rows_text(others, i, "subscription");
		bool same = strcmp(subscription, own) == 0;

		(void)rows_keep(
			to, ARRAY_SIZE(names), names,
			(const struct cell[]){
				*rows_cell(others, i, "id"),
				*rows_cell(others, i, "since_ms"),
				*rows_cell(others, i, "resource_id"),
				cell_text(same ? NULL
					       : posture_view_name(
							 v, subscription)) });
	}
}

static void say_others(struct writer *w, const struct posture_view *v,
		       const struct rows *r, const struct rows *others)
{
	static const struct column columns[] = {
		{ "id", "", AS_TEXT, COLUMN_RIGHT, NULL },
		{ "since_ms", "", AS_AGO, 0, NULL },
		{ "resource_id", "", AS_RESOURCE, COLUMN_FLEX, NULL },
		{ "elsewhere", "", AS_OPTIONAL, COLUMN_RARE | COLUMN_FLEX,
		  NULL },
	};
	static const struct table table = {
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
		.bare = true,
	};
	CLEANUP(rows_release) struct rows shown = ROWS_INIT;
	struct cell more;

	keep_others(&shown, v, others, r);
	more = cell_integer((int64_t)(others->n - shown.n));
	if (shown.n == 0)
		return;
	writer_line(w, "Also");
	writer_table(w, &table, &shown);
	if (more.integer == 0)
		return;
	writer_words(w, "\n... and ");
	writer_value(w, AS_TEXT, &more);
	writer_words(w, " more: ");
	as_typed_say(v->session, "triagectl recommendations --each", NULL, "");
}

static void say_one(struct writer *w, const struct posture_view *v,
		    const struct rows *r, const struct rows *others)
{
	struct cell name = cell_text(
		posture_view_name(v, rows_text(r, 0, "subscription")));
	static const struct table also = { .key = "others", .aside = true };

	writer_begin(w, "triaged.recommendation.v1");
	writer_record(w, "recommendation", r, 0);
	writer_table(w, &also, others);
	writer_line(w, NULL);
	writer_words(w, "Recommendation ");
	writer_value(w, AS_TEXT, rows_cell(r, 0, "id"));
	writer_words(w, ", ");
	writer_value(w, AS_SEVERITY, rows_cell(r, 0, "severity"));
	writer_words(w, ": ");
	writer_value(w, AS_TEXT, rows_cell(r, 0, "title"));
	writer_gap(w);
	say_state(w, r);
	say_text(w, r, "To what", "resource_id", AS_TEXT);
	say_text(w, r, "Type", "resource_type", AS_TEXT);
	say_text(w, r, "Cause", "cause", AS_TEXT);
	say_text(w, r, "What", "description", AS_BRIEF);
	say_text(w, r, "What to do", "remediation", AS_LINES);
	say_text(w, r, "Effort", "effort", AS_TEXT);
	say_text(w, r, "Impact", "impact", AS_TEXT);
	say_text(w, r, "Source", "source", AS_TEXT);
	writer_words(w, ", subscription ");
	writer_value(w, AS_TEXT, &name);
	writer_words(w, ", read ");
	writer_value(w, AS_AGO, rows_cell(r, 0, "seen_ms"));
	say_text(w, r, "Portal", "portal_url", AS_TEXT);
	say_others(w, v, r, others);
}

static int show_one(struct session *session, const char *word, struct err *err)
{
	CLEANUP(rows_release) struct rows row = ROWS_INIT;
	CLEANUP(rows_release) struct rows others = ROWS_INIT;
	CLEANUP(posture_view_release) struct posture_view v = { 0 };
	struct wanted w = { .rows = &others, .max = INT64_MAX };
	struct selector sel = { .now_ms = session->now_ms };
	char *end;
	int rc;

	sel.id = strtoll(word, &end, 10);
	if (*end || end == word)
		return err_set(err, ERR_CONF,
			       "recommendations: '%s' is no number of one; see "
			       "the first column of: triagectl recommendations",
			       word);
	rc = session_look(session, LOOK_RECOMMENDATION, &sel, &row, err);
	if (rc < 0)
		return rc;
	if (row.n == 0)
		return err_set(err, ERR_NOT_FOUND,
			       "no recommendation %s; see: triagectl "
			       "recommendations",
			       word);
	w.but_id = sel.id;
	sel.kind = rows_text(&row, 0, "kind");
	sel.limit = INT64_MAX;
	rc = look(session->store, LOOK_RECOMMENDATIONS, &sel, keep_wanted, &w,
		  err);
	if (rc >= 0) /* for the names */
		rc = posture_view_load(session, &sel, PARTS, &v, err);
	if (rc < 0)
		return rc;
	say_one(session->writer, &v, &row, &others);
	return 0;
}

int cmd_recommendations(struct session *session, const struct arguments *args,
			struct err *err)
{
	CLEANUP(selection_release) struct selection s = { 0 };
	CLEANUP(posture_view_release) struct posture_view v = { 0 };
	unsigned states;
	int rc;

	if (args->n_words > 0)
		return show_one(session, args->words[0], err);
	rc = selectors_parse_posture(args, session->now_ms, &s, err);
	if (rc >= 0)
		rc = selectors_states(args, "ADVICE-STATE", &states, err);
	if (rc >= 0)
		rc = posture_view_load(session, &s.sel, PARTS, &v, err);
	if (rc < 0)
		return rc;
	if (!arguments_has(args, "state"))
		states = BIT(STATE_OPEN);
	if (arguments_has(args, "each") || arguments_has(args, "state") ||
	    arguments_has(args, "resource"))
		return list_each(session, &s, states, &v, err);
	return list_kinds(session, &s, &v, err);
}
