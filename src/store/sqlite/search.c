/*
 * The question behind `triagectl search`: which alerts have these words, the
 * best first. Called by triagectl on a connection of its own.
 *
 * Three steps, each bounded, so that a word that a million alerts have costs
 * no more than a rare one: walk the matches from the newest back, rank those,
 * and fetch rows and surroundings of the few that are shown.
 *
 * tested with: test_search
 */
#include "store/search.h"

#include <string.h>
#include "store/sqlite/look_priv.h"
#include "store/sqlite/questions_priv.h"
#include "store/sqlite/search_priv.h"

/* Who gets the rows. */
struct asker {
	look_row_fn *fn;
	void *arg;
};

static bool is_selective(const struct selector *sel)
{
	return sel->severities || sel->phase || sel->source || sel->owner ||
	       sel->resource || sel->since_ms || sel->until_ms || sel->overdue;
}

/* Closed ones are asked for, or any. */
static bool takes_closed(const struct selector *sel)
{
	return sel->states == 0 || (sel->states & BIT(ALERT_CLOSED));
}

static int bind_words(sqlite3_stmt *stmt, const struct search_words *w,
		      int64_t depth)
{
	int rc = sqlite3_bind_text(stmt,
				   sqlite3_bind_parameter_index(stmt, "@match"),
				   w->match.buf, -1, SQLITE_STATIC);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(stmt,
				       sqlite3_bind_parameter_index(stmt,
								    "@path"),
				       w->path, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(stmt,
					sqlite3_bind_parameter_index(stmt,
								     "@depth"),
					depth);
	return rc;
}

static int ask(struct store *s, const struct search_words *w,
	       const struct selector *sel, int64_t depth,
	       const struct asker *who, struct err *err)
{
	CLEANUP(engine_finalize) sqlite3_stmt *stmt = NULL;
	int rc = look_prepare(
		s,
		question_search_text[takes_closed(sel) ? SEARCH_ALL
						       : SEARCH_OPEN],
		&stmt, err);

	if (rc < 0)
		return rc;
	rc = look_bind(stmt, sel, err);
	if (rc < 0)
		return rc;
	rc = bind_words(stmt, w, depth);
	if (rc != SQLITE_OK)
		return engine_error(s, rc, "search", err);
	rc = look_rows(s, stmt, who->fn, who->arg, err);
	if (rc == 0 && sel->head)
		look_head(stmt, who->fn, who->arg);
	return rc;
}

int search_alerts(struct store *s, const struct search *what, look_row_fn *fn,
		  void *arg, struct search_outcome *ret, struct err *err)
{
	CLEANUP(search_words_release)
	struct search_words w = { STRBUF_INIT, NULL };
	const struct asker who = { fn, arg };
	struct selector sel = what->sel;
	struct search_outcome out = { .depth = SEARCH_DEPTH };
	int rc = search_words_parse(what->text, &w, err);

	if (rc < 0)
		return rc;
	if (sel.limit == 0)
		sel.limit = SEARCH_LIMIT;
	if (is_selective(&sel) || !takes_closed(&sel) || w.path)
		out.depth = SEARCH_DEPTH_SELECTED;
	s->n_scored = 0;
	rc = ask(s, &w, &sel, out.depth, &who, err);
	if (rc < 0)
		return rc;
	out.cut = s->n_scored >= out.depth;
	rc = store_meta_get(s, "search_below", &out.below, err);
	if (rc < 0)
		return rc;
	*ret = out;
	return 0;
}
