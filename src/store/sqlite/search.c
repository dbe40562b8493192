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

static enum search_among among(const struct search_words *w,
			       const struct selector *sel)
{
	if (sel->states && !(sel->states & BIT(ALERT_CLOSED)))
		return SEARCH_OPEN;
	if (w->path || sel->id || sel->states || sel->severities ||
	    sel->phase || sel->source || sel->owner || sel->resource ||
	    sel->since_ms || sel->until_ms || sel->overdue)
		return SEARCH_SOME;
	return SEARCH_EACH;
}

static int bind_text(sqlite3_stmt *stmt, const char *name, const char *text)
{
	return sqlite3_bind_text(stmt, sqlite3_bind_parameter_index(stmt, name),
				 text, -1, SQLITE_STATIC);
}

static int bind_words(sqlite3_stmt *stmt, const struct search_words *w,
		      int64_t depth)
{
	int rc = bind_text(stmt, "@match", w->match.buf);

	if (rc == SQLITE_OK)
		rc = bind_text(stmt, "@any", w->any.buf);
	if (rc == SQLITE_OK && w->path) /* null where nothing is bound */
		rc = bind_text(stmt, "@path", w->path);
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
	int rc = look_prepare(s, question_search_text[among(w, sel)], &stmt,
			      err);

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
	struct search_words w = SEARCH_WORDS_NONE;
	const struct asker who = { fn, arg };
	struct selector sel = what->sel;
	struct search_outcome out = { .depth = SEARCH_DEPTH };
	int rc = search_words_parse(what->text, &w, err);

	if (rc < 0)
		return rc;
	if (sel.limit == 0)
		sel.limit = SEARCH_LIMIT;
	if (among(&w, &sel) != SEARCH_EACH)
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
