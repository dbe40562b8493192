/*
 * `triagectl plans`: which plans of Defender for Cloud are on, and what those
 * that are off leave unwatched. From the database alone.
 *
 * tested with: scenario/test_posture_cli
 */
#include "cli/commands.h"

#include <string.h>
#include "cli/as_typed.h"
#include "cli/pick.h"
#include "cli/posture_view.h"
#include "cli/selectors.h"
#include "util/strbuf.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

/* The first is left out where there is one subscription. */
static const struct column columns[] = {
	{ "subscription_name", "SUBSCRIPTION", AS_TEXT, COLUMN_FLEX, NULL },
	{ "name", "PLAN", AS_TEXT, COLUMN_FLEX, NULL },
	{ "state", "STATE", AS_TEXT, 0, NULL },
	{ "sub_plan", "VARIANT", AS_OPTIONAL, COLUMN_RARE | COLUMN_FLEX, NULL },
	{ "resources", "RESOURCES", AS_TEXT, COLUMN_RIGHT, NULL },
	{ "note", "NOTE", AS_OPTIONAL, COLUMN_RARE | COLUMN_WRAP, NULL },
};

struct telling {
	struct session *session;
	const struct posture_view *view;
	struct posture_store store;
	struct rows rows;
	unsigned states; /* wanted: 1 on, 2 off; 0 all */
	size_t n_unwatched; /* off, although there is something */
};

static const char *state_of(const struct rows *r, size_t i)
{
	return rows_integer(r, i, "enabled") ? "on" : "off";
}

/* As the words of PLAN-STATE are counted. */
static unsigned state_bit(const struct rows *r, size_t i)
{
	return rows_integer(r, i, "enabled") ? BIT(0) : BIT(1);
}

static void note(struct strbuf *sb, const char *before, const char *text)
{
	if (text && *text)
		strbuf_addf(sb, "%s%s%s", sb->len ? "; " : "", before, text);
}

/* What there is to say of a plan beside on and off. */
static void add_notes(struct strbuf *sb, const struct rows *r, size_t i,
		      int64_t now_ms)
{
	int64_t left_ms = rows_integer(r, i, "trial_ends_ms") - now_ms;
	const char *coverage = rows_text(r, i, "coverage");
	char span[TIMEFMT_MAX];

	if (rows_integer(r, i, "deprecated"))
		note(sb, "replaced by ",
		     rows_text(r, i, "replaced_by") ?: "another");
	if (!rows_integer(r, i, "enabled"))
		return;
	if (coverage && strcmp(coverage, "FullyCovered") != 0)
		note(sb, "", "not for all of them");
	if (left_ms > 0)
		note(sb, "trial ends in ", timefmt_span(left_ms, span));
	note(sb, "without ", rows_text(r, i, "extensions_off"));
}

static void keep(struct telling *t, size_t i, int64_t resources)
{
	static const char *const names[] = { "subscription_name",
					     "state",
					     "resources",
					     "note",
					     "source",
					     "subscription",
					     "name",
					     "tier",
					     "sub_plan",
					     "coverage",
					     "deprecated",
					     "replaced_by",
					     "extensions_on",
					     "extensions_off",
					     "enabled_ms",
					     "trial_ends_ms",
					     "since_ms",
					     "seen_ms" };
	const struct rows *r = &t->store.plans;
	CLEANUP(strbuf_release) struct strbuf notes = STRBUF_INIT;
	struct cell cells[ARRAY_SIZE(names)];

	add_notes(&notes, r, i, t->session->now_ms);
	cells[0] = cell_text(
		posture_view_name(t->view, rows_text(r, i, "subscription")));
	cells[1] = cell_text(state_of(r, i));
	cells[2] = resources < 0 ? cell_null() : cell_integer(resources);
	cells[3] = notes.len ? cell_text(notes.buf) : cell_null();
	for (size_t j = 4; j < ARRAY_SIZE(names); j++)
		cells[j] = *rows_cell(r, i, names[j]);
	(void)rows_keep(&t->rows, ARRAY_SIZE(names), names, cells);
}

/* Those that leave something unwatched, or the others. */
static void keep_all(struct telling *t, bool unwatched)
{
	const struct rows *r = &t->store.plans;
	size_t hint = 0;

	for (size_t i = 0; i < r->n; i++) {
		const struct posture_facts *f =
			posture_store_find(&t->store, rows_text(r, i, "source"),
					   rows_text(r, i, "subscription"),
					   &hint);
		int64_t n =
			f ? checklist_protects(f, rows_text(r, i, "name")) : -1;
		bool is_unwatched = n > 0 && !rows_integer(r, i, "enabled") &&
				    !rows_integer(r, i, "deprecated");

		if (is_unwatched != unwatched ||
		    (t->states && !(t->states & state_bit(r, i))))
			continue;
		t->n_unwatched += unwatched;
		keep(t, i, n);
	}
}

static void say_verdict(struct writer *w, const struct telling *t)
{
	struct cell n = cell_integer((int64_t)t->n_unwatched);

	if (t->n_unwatched == 0)
		return;
	writer_gap(w);
	writer_line(w, NULL);
	writer_value(w, AS_BAD_COUNT, &n);
	writer_words(w, t->n_unwatched == 1
				? " plan is off although there is something "
				  "for it; how to turn it on: "
				: " plans are off although there is something "
				  "for them; how to turn them on: ");
	as_typed_say(t->session, "triagectl checklist", NULL, "");
}

static void say(struct telling *t, bool narrowed)
{
	const struct posture_view *v = t->view;
	struct writer *w = t->session->writer;
	size_t skip = v->n_subscriptions == 1;
	const struct table table = {
		.key = "plans",
		.columns = columns + skip,
		.n_columns = ARRAY_SIZE(columns) - skip,
		.empty = narrowed ? "no plan matches" : "no plan is known",
	};

	writer_begin(w, "triaged.plans.v1");
	posture_say_heading(w, v);
	writer_table(w, &table, &t->rows);
	say_verdict(w, t);
	posture_say_state(w, v);
}

int cmd_plans(struct session *session, const struct arguments *args,
	      struct err *err)
{
	CLEANUP(selection_release) struct selection s = { 0 };
	CLEANUP(posture_view_release) struct posture_view v = { 0 };
	struct telling t = { .session = session, .view = &v };
	int rc = selectors_parse_posture(args, session->now_ms, &s, err);

	if (rc >= 0)
		rc = selectors_states(args, "PLAN-STATE", &t.states, err);
	if (rc >= 0)
		rc = posture_view_load(session, &s.sel, BIT(POSTURE_PLANS), &v,
				       err);
	if (rc >= 0)
		rc = posture_store_load(session, &s.sel, &t.store, err);
	if (rc >= 0) {
		keep_all(&t, true);
		keep_all(&t, false);
		say(&t, s.narrowed || t.states);
	}
	rows_release(&t.rows);
	posture_store_release(&t.store);
	return rc < 0 ? rc : 0;
}
