/*
 * The facts of the checklist, and its items on a screen and for programs.
 * Called by cmd_checklist.c and cmd_blindspots.c.
 *
 * tested with: scenario/test_posture_cli
 */
#include "cli/chore_view.h"

#include "cli/as_typed.h"
#include "cli/pick.h"
#include "util/xmalloc.h"

void chore_view_release(struct chore_view *v)
{
	rows_release(&v->rows);
	chores_release(&v->items);
	posture_store_release(&v->store);
	posture_view_release(&v->posture);
}

int chore_view_load(struct session *session, const struct selector *sel,
		    struct chore_view *ret, struct err *err)
{
	int rc = posture_view_load(session, sel, BIT(POSTURE_PLANS),
				   &ret->posture, err);

	return rc < 0 ? rc : posture_store_load(session, sel, &ret->store, err);
}

const struct source_conf *chore_view_source(const struct chore_view *v,
					    size_t i)
{
	return posture_source(v->posture.conf, v->store.v[i].source);
}

/* Does another item tell of this trouble, or is it none of the posture's? */
static bool is_told(const struct chore_view *v, size_t i, bool narrowed)
{
	const struct rows *r = &v->posture.troubles;
	const struct source_conf *c =
		posture_source(v->posture.conf, rows_text(r, i, "source"));

	if (rows_text(r, i, "subscription") && rows_text(r, i, "part"))
		return true;
	if (c && c->type != SOURCE_DEFENDER_FOR_CLOUD)
		return true;
	/* What is off, or not there at all, is told with the settings. */
	return !narrowed && (!c || !c->posture_every_ms);
}

void chore_view_add_unread(struct chore_view *v, bool narrowed, const char *of,
			   const char *own)
{
	const struct rows *troubles = &v->posture.troubles;
	struct chore *item;

	for (size_t i = 0; i < troubles->n; i++) {
		if (is_told(v, i, narrowed))
			continue;
		item = chores_add(&v->items, NULL, "posture-reading",
				  CHORE_UNKNOWN);
		item->source = rows_text(troubles, i, "source");
		item->subscription = rows_text(troubles, i, "subscription");
		item->what = xstrdup(of);
		item->why = xstrdup(rows_text(troubles, i, "why"));
		item->next = xstrdup(rows_text(troubles, i, "next"));
	}
	if (v->posture.conf)
		return;
	item = chores_add(&v->items, NULL, "settings", CHORE_UNKNOWN);
	item->what = xstrdup(own);
	item->why = xstrdup("there are no settings with a source to go by");
	item->next = xstrdup("triaged --check-config");
}

/* --- rows --- */

static void keep(struct chore_view *v, const struct session *session,
		 const struct chore *i)
{
	CLEANUP(free_ptr)
	char *next = i->next ? as_typed_here(session, i->next) : NULL;
	static const char *const names[] = {
		"state",  "source", "subscription", "subscription_name",
		"item",	  "what",   "why",	    "next",
		"read_ms"
	};
	const char *name = i->subscription ? posture_view_name(&v->posture,
							       i->subscription)
					   : NULL;

	(void)rows_keep(&v->rows, ARRAY_SIZE(names), names,
			(const struct cell[]){
				cell_text(chore_state_name(i->state)),
				cell_text(i->source),
				cell_text(i->subscription), cell_text(name),
				cell_text(i->item), cell_text(i->what),
				cell_text(i->why), cell_text(next),
				i->read_ms ? cell_integer(i->read_ms)
					   : cell_null() });
}

void chore_view_take(struct chore_view *v, const struct session *session,
		     unsigned states)
{
	for (int s = 0; s < CHORE_STATE_MAX; s++) {
		for (size_t i = 0; i < v->items.n; i++) {
			if ((int)v->items.v[i].state != s)
				continue;
			v->n[s]++;
			if (states == 0 || (states & BIT(s)))
				keep(v, session, &v->items.v[i]);
		}
	}
}

/* --- for people --- */

/* Of which subscription or source, unless the screen is about that one. */
static void say_scope(struct writer *w, const struct chore_view *v, size_t i)
{
	const char *only = posture_view_only(&v->posture);
	bool scoped = rows_text(&v->rows, i, "subscription") != NULL;

	if (scoped && (!only || !pick_is(&v->rows, i, "subscription", only))) {
		writer_words(w, " of ");
		writer_value(w, AS_TEXT,
			     rows_cell(&v->rows, i, "subscription_name"));
	} else if (!scoped && rows_text(&v->rows, i, "source")) {
		writer_words(w, " of source ");
		writer_value(w, AS_TEXT, rows_cell(&v->rows, i, "source"));
	}
}

void chore_view_say(struct writer *w, const struct chore_view *v, size_t i,
		    const char *label)
{
	const struct rows *r = &v->rows;

	writer_line(w, label);
	writer_value(w, AS_TEXT, rows_cell(r, i, "what"));
	say_scope(w, v, i);
	writer_words(w, ": ");
	writer_value(w, AS_TEXT, rows_cell(r, i, "why"));
	if (rows_integer(r, i, "read_ms")) {
		writer_words(w, " (read ");
		writer_value(w, AS_AGO, rows_cell(r, i, "read_ms"));
		writer_words(w, ")");
	}
	if (!rows_text(r, i, "next"))
		return;
	writer_line(w, "Next");
	writer_value(w, AS_COMMAND, rows_cell(r, i, "next"));
}
