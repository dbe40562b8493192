/*
 * Items of the checklist on a screen and for programs. Called by
 * cmd_checklist.c and cmd_blindspots.c.
 *
 * tested with: scenario/test_posture_cli
 */
#include "cli/chore_rows.h"

#include <string.h>
#include "util/xmalloc.h"

void chore_rows_release(struct chore_rows *r)
{
	rows_release(&r->rows);
}

static void keep(struct rows *to, const struct chore *i)
{
	static const char *const names[] = { "state", "source", "subscription",
					     "item",  "what",	"why",
					     "next",  "read_ms" };

	(void)rows_keep(to, ARRAY_SIZE(names), names,
			(const struct cell[]){
				cell_text(chore_state_name(i->state)),
				cell_text(i->source),
				cell_text(i->subscription), cell_text(i->item),
				cell_text(i->what), cell_text(i->why),
				cell_text(i->next),
				i->read_ms ? cell_integer(i->read_ms)
					   : cell_null() });
}

void chores_add_unread(struct chores *l, const struct posture_view *v,
		       const char *of, const char *own)
{
	struct chore *item;

	for (size_t i = 0; i < v->troubles.n; i++) {
		const char *source = rows_text(&v->troubles, i, "source");
		const struct source_conf *c = posture_source(v->conf, source);

		/* Others have an item of their own. */
		if (rows_text(&v->troubles, i, "subscription") || !c ||
		    !c->posture_every_ms)
			continue;
		item = chores_add(l, NULL, "posture-reading", CHORE_UNKNOWN);
		item->source = c->name;
		item->what = xstrdup(of);
		item->why = xstrdup(rows_text(&v->troubles, i, "why"));
		item->next = xstrdup(rows_text(&v->troubles, i, "next"));
	}
	if (v->conf)
		return;
	item = chores_add(l, NULL, "settings", CHORE_UNKNOWN);
	item->what = xstrdup(own);
	item->why = xstrdup("there are no settings with a source to go by");
	item->next = xstrdup("triaged --check-config");
}

void chore_rows_take(struct chore_rows *to, const struct chores *items,
		     unsigned states)
{
	for (int s = 0; s < CHORE_STATE_MAX; s++) {
		for (size_t i = 0; i < items->n; i++) {
			if ((int)items->v[i].state != s)
				continue;
			to->n[s]++;
			if (states == 0 || (states & BIT(s)))
				keep(&to->rows, &items->v[i]);
		}
	}
}

/* Of which subscription or source, unless the screen is about that one. */
static void say_scope(struct writer *w, const struct rows *r, size_t i,
		      const struct posture_view *v)
{
	const char *subscription = rows_text(r, i, "subscription");
	const char *known = posture_view_only(v);
	struct cell name;

	if (subscription && (!known || strcmp(subscription, known) != 0)) {
		name = cell_text(posture_view_name(v, subscription));
		writer_words(w, " of ");
		writer_value(w, AS_TEXT, &name);
	} else if (!subscription && rows_text(r, i, "source")) {
		writer_words(w, " of source ");
		writer_value(w, AS_TEXT, rows_cell(r, i, "source"));
	}
}

void chore_rows_say(struct writer *w, const struct rows *r, size_t i,
		    const char *label, const struct posture_view *v)
{
	writer_line(w, label);
	writer_value(w, AS_TEXT, rows_cell(r, i, "what"));
	say_scope(w, r, i, v);
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
