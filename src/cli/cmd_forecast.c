/*
 * `triagectl forecast`: which clocks will run out if nobody does anything, who
 * has the alert, and whom its ladder tells next. Decides as the daemon would,
 * by the settings as they are; without settings it shows the clocks alone.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "cli/commands.h"
#include "cli/localtime.h"
#include "cli/pick.h"
#include "cli/why_priv.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

#define WITHIN_DEFAULT_MS (INT64_C(24) * 3600 * 1000)
#define LIMIT_DEFAULT 1000

struct outlook {
	struct session *session;
	int64_t within_ms;
	struct rows clocks; /* of LOOK_RUNNING */
	struct rows rows;
	struct rows counts; /* of LOOK_RUNNING_COUNT, when cut */
	struct err missing; /* why no step is known; code 0: they are */
	bool cut; /* there are more than the limit */
};

static void outlook_release(struct outlook *o)
{
	rows_release(&o->clocks);
	rows_release(&o->counts);
	rows_release(&o->rows);
}

/* Before the clock runs out somebody's hold on it does. */
static bool ack_ends_first(const struct case_view *v, int64_t due_ms)
{
	return v->file.state == ALERT_ACKNOWLEDGED &&
	       v->file.acknowledge_expires_ms != 0 &&
	       v->file.acknowledge_expires_ms <= due_ms;
}

/* Somebody acknowledged it; what is triaged is its owner's. */
static bool is_taken(const struct case_view *v)
{
	return v->file.state == ALERT_ACKNOWLEDGED &&
	       !pick_is_triaged(&v->alert, 0);
}

/* "alice, until 03:40", "soc owns it", "nobody" */
static void add_holder(struct strbuf *sb, const struct case_view *v)
{
	struct cell ends = cell_integer(v->file.acknowledge_expires_ms);

	if (is_taken(v)) {
		strbuf_addstr(sb, v->file.acknowledged_by
					  ? v->file.acknowledged_by
					  : "somebody");
		if (ends.integer) {
			strbuf_addstr(sb, ", ends ");
			format_value(sb, AS_NEXT, &ends, v->now_ms);
		}
	} else if (v->file.owner) {
		strbuf_addf(sb, "%s owns it", v->file.owner);
	} else {
		strbuf_addstr(sb, "nobody");
	}
}

/* "oncall in 4 min" */
static void add_next(struct strbuf *sb, const struct case_view *v,
		     const struct forecast_moment *m)
{
	struct cell at = cell_integer(m->at_ms);

	why_add_names(sb, v, m->notify, m->at_ms);
	strbuf_addch(sb, ' ');
	format_value(sb, AS_NEXT, &at, v->now_ms);
}

static void keep(struct outlook *o, const struct case_view *v, size_t clock)
{
	static const char *const names[] = { "due_ms",
					     "left_ms",
					     "severity",
					     "id",
					     "clock",
					     "title",
					     "state",
					     "holder",
					     "owner",
					     "acknowledged_by",
					     "acknowledge_expires_ms",
					     "acknowledgement_ends_first",
					     "who",
					     "next_ms",
					     "next_route",
					     "next_step",
					     "next_targets",
					     "next" };
	const struct forecast_moment *m =
		forecast_first(&v->next, FORECAST_STEP);
	int64_t due_ms = rows_integer(&o->clocks, clock, "due_ms");
	CLEANUP(strbuf_release) struct strbuf who = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf next = STRBUF_INIT;
	CLEANUP(free_ptr)
	char *targets = m ? why_targets(v, m->notify, m->at_ms) : NULL;

	add_holder(&who, v);
	if (m)
		add_next(&next, v, m);
	(void)rows_keep(
		&o->rows, ARRAY_SIZE(names), names,
		(const struct cell[]){
			cell_integer(due_ms), cell_integer(due_ms - v->now_ms),
			*rows_cell(&v->alert, 0, "severity"),
			cell_integer(v->file.alert_id),
			*rows_cell(&o->clocks, clock, "clock"),
			*rows_cell(&v->alert, 0, "title"),
			*rows_cell(&v->alert, 0, "state"),
			cell_text(is_taken(v)	  ? v->file.acknowledged_by
				  : v->file.owner ? v->file.owner
						  : NULL),
			*rows_cell(&v->alert, 0, "owner"),
			*rows_cell(&v->alert, 0, "acknowledged_by"),
			*rows_cell(&v->alert, 0, "acknowledge_expires_ms"),
			cell_integer(ack_ends_first(v, due_ms)),
			cell_text(who.buf),
			m ? cell_integer(m->at_ms) : cell_null(),
			cell_text(m ? m->route : NULL),
			m ? cell_integer(m->step + 1) : cell_null(),
			cell_text(targets), cell_text(m ? next.buf : NULL) });
}

static int look_at(struct outlook *o, size_t clock, struct err *err)
{
	CLEANUP(case_view_release) struct case_view v = { 0 };
	int rc = case_view_load_brief(o->session,
				      rows_integer(&o->clocks, clock, "id"), &v,
				      err);

	if (rc == ERR_NOT_FOUND) /* gone since it was listed */
		return 0;
	if (rc < 0)
		return rc;
	if (v.missing.code)
		o->missing = v.missing;
	keep(o, &v, clock);
	return 0;
}

static int outlook_load(struct outlook *o, int64_t limit, struct err *err)
{
	const struct selector sel = {
		.until_ms = o->session->now_ms + o->within_ms,
		.limit = limit + 1,
		.now_ms = o->session->now_ms,
	};
	int rc;

	o->clocks.max = (size_t)limit;
	rc = session_look(o->session, LOOK_RUNNING, &sel, &o->clocks, err);
	if (rc < 0)
		return rc;
	o->cut = o->clocks.cut;
	if (o->cut)
		rc = session_look(o->session, LOOK_RUNNING_COUNT, &sel,
				  &o->counts, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < o->clocks.n; i++) {
		rc = look_at(o, i, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* How many of a severity, and how many of these are late already; of all there
 * are, also when the list is cut. */
static void count(const struct outlook *o, const char *severity, int64_t *ret_n,
		  int64_t *ret_late)
{
	const struct rows *r = o->cut ? &o->counts : &o->rows;

	*ret_n = 0;
	*ret_late = 0;
	for (size_t i = 0; i < r->n; i++) {
		if (severity && !pick_is(r, i, "severity", severity))
			continue;
		*ret_n += o->cut ? rows_integer(r, i, "n") : 1;
		*ret_late += o->cut ? rows_integer(r, i, "late")
				    : rows_integer(r, i, "left_ms") < 0;
	}
}

static int64_t count_ends(const struct outlook *o)
{
	int64_t n = 0;

	for (size_t i = 0; i < o->rows.n; i++)
		n += rows_integer(&o->rows, i, "acknowledgement_ends_first");
	return n;
}

static void totals_data(struct writer *w, const struct outlook *o)
{
	int64_t n, late;

	writer_object(w, "totals");
	for (int s = SEVERITY_MAX; s-- > 0;) {
		const char *name = severity_name((enum severity)s);

		count(o, name, &n, &late);
		writer_object(w, name);
		writer_field(w, "clocks", cell_integer(n));
		writer_field(w, "late", cell_integer(late));
		writer_object_end(w);
	}
	writer_object_end(w);
}

static void say_number(struct writer *w, int64_t n)
{
	struct cell c = cell_integer(n);

	writer_value(w, AS_TEXT, &c);
}

/* "3 clocks run out within 1 d: 1 critical, 2 high; 1 is late already." */
static void say_totals(struct writer *w, const struct outlook *o)
{
	char span[TIMEFMT_MAX];
	struct cell within = cell_text(timefmt_span(o->within_ms, span));
	bool first = true;
	int64_t n, late;

	count(o, NULL, &n, &late);
	writer_line(w, NULL);
	say_number(w, n);
	writer_words(w, n == 1 ? " clock runs out within "
			       : " clocks run out within ");
	writer_value(w, AS_TEXT, &within);
	for (int s = SEVERITY_MAX; s-- > 0;) {
		struct cell name = cell_text(severity_name((enum severity)s));
		int64_t some, some_late;

		count(o, name.text, &some, &some_late);
		if (some == 0)
			continue;
		writer_words(w, first ? ": " : ", ");
		say_number(w, some);
		writer_words(w, " ");
		writer_value(w, AS_SEVERITY, &name);
		first = false;
	}
	if (late > 0) {
		writer_words(w, "; late already: ");
		say_number(w, late);
	}
	writer_words(w, ".");
}

static void say_rest(struct writer *w, const struct outlook *o)
{
	struct cell why = cell_text(o->missing.text);
	int64_t ends = count_ends(o);

	if (ends > 0) {
		writer_line(w, NULL);
		writer_words(w, "Acknowledgements that end before the clock "
				"does: ");
		say_number(w, ends);
		writer_words(w, ".");
	}
	if (o->cut) {
		writer_line(w, NULL);
		writer_words(w, "Shown: the first ");
		say_number(w, (int64_t)o->rows.n);
		writer_words(w, "; all of them: --limit 0.");
	}
	if (!o->missing.code)
		return;
	writer_line(w, NULL);
	writer_words(w, "Who is told next is not known: ");
	writer_value(w, AS_TEXT, &why);
}

static void say(struct writer *w, const struct outlook *o)
{
	static const struct column columns[] = {
		{ "due_ms", "DUE", AS_DUE, 0, NULL },
		{ "severity", "SEV", AS_SEVERITY, 0, NULL },
		{ "id", "ID", AS_TEXT, COLUMN_RIGHT, NULL },
		{ "who", "WHO HAS IT", AS_TEXT, COLUMN_FLEX, NULL },
		{ "next", "TOLD NEXT", AS_OPTIONAL, COLUMN_FLEX | COLUMN_RARE,
		  NULL },
		{ "title", "TITLE", AS_TEXT, COLUMN_WRAP, NULL },
	};
	static const struct table table = {
		.key = "forecast",
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
	};

	writer_begin(w, "triaged.forecast.v1");
	writer_field(w, "within_ms", cell_integer(o->within_ms));
	totals_data(w, o);
	writer_flag(w, "cut", o->cut);
	writer_field(w, "missing",
		     cell_text(o->missing.code ? o->missing.text : NULL));
	say_totals(w, o);
	if (o->rows.n > 0)
		writer_gap(w);
	writer_table(w, &table, &o->rows);
	if (o->rows.n > 0 && (count_ends(o) > 0 || o->cut || o->missing.code))
		writer_gap(w);
	say_rest(w, o);
}

int cmd_forecast(struct session *session, const struct arguments *args,
		 struct err *err)
{
	CLEANUP(outlook_release)
	struct outlook o = { .session = session,
			     .within_ms = WITHIN_DEFAULT_MS };
	const char *within = arguments_value(args, "within");
	int64_t limit;
	int rc;

	if (within && timefmt_parse_duration(within, &o.within_ms) < 0)
		return err_set(err, ERR_CONF,
			       "--within: '%s' is no time such as 90m, 24h or "
			       "7d",
			       within);
	rc = arguments_number(args, "limit", LIMIT_DEFAULT, &limit, err);
	if (rc < 0)
		return rc;
	rc = outlook_load(&o, limit > 0 ? limit : INT32_MAX, err);
	if (rc < 0)
		return rc;
	say(session->writer, &o);
	return 0;
}
