/*
 * `triagectl checklist`: what should be set up, in each subscription and in
 * triaged, what of it is missing, and the command that mends it. From the
 * database and the settings alone.
 *
 * tested with: scenario/test_posture_cli
 */
#include "cli/commands.h"

#include "cli/chore_view.h"
#include "cli/pick.h"
#include "cli/selectors.h"

static int look_own(struct session *session, struct chore_view *v,
		    struct err *err)
{
	const struct selector sel = { .limit = 1, .now_ms = session->now_ms };
	CLEANUP(rows_release) struct rows drills = ROWS_INIT;
	struct own_facts own = { .now_ms = session->now_ms };
	int rc = session_look(session, LOOK_DRILLS, &sel, &drills, err);

	if (rc < 0)
		return rc;
	own.last_drill_ms = rows_integer(&drills, 0, "started_ms");
	if (v->posture.conf)
		checklist_own(&v->items, v->posture.conf, &own);
	return 0;
}

static int look_all(struct session *session, const struct selection *s,
		    struct chore_view *v, struct err *err)
{
	int rc = chore_view_load(session, &s->sel, v, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < v->store.n; i++)
		checklist_subscription(&v->items, &v->store.v[i],
				       chore_view_source(v, i));
	chore_view_add_unread(v, s->narrowed,
			      "what its subscriptions are set up with",
			      "what triaged itself is set up with");
	/* Who asks for one of them does not mean triaged. */
	return s->narrowed ? 0 : look_own(session, v, err);
}

static void say_totals(struct writer *w, const struct chore_view *v)
{
	static const char *const words[] = { " missing, ", " unknown, ",
					     " done." };

	writer_line(w, NULL);
	for (int s = 0; s < CHORE_STATE_MAX; s++) {
		struct cell n = cell_integer((int64_t)v->n[s]);

		writer_field(w, chore_state_name((enum chore_state)s), n);
		writer_value(w, s == CHORE_MISSING ? AS_BAD_COUNT : AS_TEXT,
			     &n);
		writer_words(w, words[s]);
	}
}

/* They only have to be there. */
static void say_done(struct writer *w, const struct chore_view *v)
{
	static const struct column columns[] = {
		{ "subscription_name", "", AS_OPTIONAL,
		  COLUMN_RARE | COLUMN_FLEX, NULL },
		{ "what", "", AS_TEXT, 0, NULL },
		{ "why", "", AS_TEXT, COLUMN_WRAP, NULL },
	};
	size_t skip = v->store.n <= 1;
	const struct table table = {
		.columns = columns + skip,
		.n_columns = ARRAY_SIZE(columns) - skip,
		.bare = true,
	};
	const struct rows *all = &v->rows;
	CLEANUP(rows_release) struct rows done = ROWS_INIT;

	for (size_t i = 0; i < all->n; i++) {
		if (pick_is(all, i, "state", "done"))
			(void)rows_keep(&done, all->n_names,
					(const char *const *)all->names,
					all->cells + i * all->n_names);
	}
	if (done.n == 0)
		return;
	writer_gap(w);
	writer_line(w, "Done");
	writer_table(w, &table, &done);
}

static void say(struct writer *w, const struct chore_view *v)
{
	static const struct table table = { .key = "items" };
	const struct rows *rows = &v->rows;

	writer_begin(w, "triaged.checklist.v1");
	posture_say_heading(w, &v->posture);
	say_totals(w, v);
	writer_table(w, &table, rows);
	for (size_t i = 0; i < rows->n; i++) {
		if (pick_is(rows, i, "state", "done"))
			continue;
		writer_gap(w);
		chore_view_say(w, v, i,
			       pick_is(rows, i, "state", "missing")
				       ? "Missing"
				       : "Unknown");
	}
	say_done(w, v);
}

int cmd_checklist(struct session *session, const struct arguments *args,
		  struct err *err)
{
	CLEANUP(selection_release) struct selection s = { 0 };
	CLEANUP(chore_view_release) struct chore_view v = CHORE_VIEW_NONE;
	unsigned states;
	int rc = selectors_parse_posture(args, session->now_ms, &s, err);

	if (rc >= 0)
		rc = selectors_states(args, "ITEM-STATE", &states, err);
	if (rc >= 0)
		rc = look_all(session, &s, &v, err);
	if (rc < 0)
		return rc;
	chore_view_take(&v, session, states);
	say(session->writer, &v);
	return v.n[CHORE_MISSING] || v.n[CHORE_UNKNOWN] ? ERR_BAD_STATE : 0;
}
