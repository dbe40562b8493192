/*
 * The question behind `triagectl search`: which alerts have these words, the
 * best first. Called by triagectl on a connection of its own.
 *
 * Three steps, each bounded, so that a word that a million alerts have costs
 * no more than a rare one: walk the matches from the newest back, rank those,
 * and fetch rows and surroundings of the few that are shown. What costs is a
 * phrase of words that each are in most alerts, such as an address.
 *
 * tested with: test_search
 */
#include "store/search.h"

#include <string.h>
#include "store/sqlite/look_priv.h"
#include "store/sqlite/questions_priv.h"
#include "store/sqlite/search_priv.h"

/* What is looked for, among how many matches. */
struct asked {
	struct search_words words;
	struct selector sel;
	int64_t depth;
};

/* Who gets the rows. */
struct asker {
	look_row_fn *fn;
	void *arg;
};

static enum search_among among(const struct asked *what)
{
	const struct selector *sel = &what->sel;

	if (sel->states && !(sel->states & BIT(ALERT_CLOSED)))
		return SEARCH_OPEN;
	if (what->words.path || sel->id || sel->states || sel->severities ||
	    sel->phase || sel->source || sel->owner || sel->resource ||
	    sel->since_ms || sel->until_ms || sel->overdue)
		return SEARCH_SOME;
	return what->words.n_hints > 0 ? SEARCH_RARE : SEARCH_EACH;
}

/* What a text has no place for, or is NULL, is not bound. */
static int bind_text(sqlite3_stmt *stmt, const char *name, const char *text)
{
	int i = sqlite3_bind_parameter_index(stmt, name);

	return i > 0 && text
		       ? sqlite3_bind_text(stmt, i, text, -1, SQLITE_STATIC)
		       : SQLITE_OK;
}

static int bind_number(sqlite3_stmt *stmt, const char *name, int64_t number)
{
	int i = sqlite3_bind_parameter_index(stmt, name);

	return i > 0 ? sqlite3_bind_int64(stmt, i, number) : SQLITE_OK;
}

static int bind_words(sqlite3_stmt *stmt, const struct asked *what)
{
	const struct search_words *w = &what->words;
	int rc = bind_text(stmt, "@match", w->match.buf);

	if (rc == SQLITE_OK)
		rc = bind_text(stmt, "@any", w->any.buf);
	if (rc == SQLITE_OK)
		rc = bind_text(stmt, "@path", w->path);
	if (rc == SQLITE_OK)
		rc = bind_text(stmt, "@name", w->name);
	if (rc == SQLITE_OK)
		rc = bind_number(stmt, "@hints", w->n_hints);
	if (rc == SQLITE_OK)
		rc = bind_number(stmt, "@depth", what->depth);
	return rc;
}

static int ask(struct store *s, const char *text, const struct asked *what,
	       const struct asker *who, struct err *err)
{
	CLEANUP(engine_finalize) sqlite3_stmt *stmt = NULL;
	int rc = look_prepare(s, text, &stmt, err);

	if (rc < 0)
		return rc;
	rc = look_bind(stmt, &what->sel, err);
	if (rc < 0)
		return rc;
	rc = bind_words(stmt, what);
	if (rc != SQLITE_OK)
		return engine_error(s, rc, "search", err);
	rc = look_rows(s, stmt, who->fn, who->arg, err);
	if (rc == 0 && what->sel.head)
		look_head(stmt, who->fn, who->arg);
	return rc;
}

static int take_number(void *arg, size_t n, const char *const *names,
		       const struct cell *cells)
{
	int64_t *ret = arg;

	(void)n;
	(void)names;
	*ret = cells[0].integer;
	return 0;
}

/*
 * What has the text for a name is shown first. Where that alone is enough the
 * words need not be looked for: those of an address or a machine are in most
 * alerts, each by itself. 1 enough, 0 not.
 */
static int names_do(struct store *s, const struct asked *what, bool *cut,
		    struct err *err)
{
	int64_t n = 0;
	const struct asker who = { take_number, &n };
	int rc = ask(s, question_search_named, what, &who, err);

	if (rc < 0)
		return rc;
	*cut = n >= what->depth;
	return n >= what->sel.limit;
}

static int search(struct store *s, struct asked *what, const struct asker *who,
		  bool *cut, struct err *err)
{
	enum search_among which = among(what);
	bool each = which == SEARCH_EACH || which == SEARCH_RARE;
	int rc = 0;

	what->depth = each ? SEARCH_DEPTH : SEARCH_DEPTH_SELECTED;
	if (each && what->words.name)
		rc = names_do(s, what, cut, err);
	if (rc < 0)
		return rc;
	if (rc == 1)
		return ask(s, question_search_text[SEARCH_NAMED], what, who,
			   err);
	s->n_scored = 0;
	rc = ask(s, question_search_text[which], what, who, err);
	*cut = s->n_scored >= what->depth;
	return rc;
}

static void asked_release(struct asked *what)
{
	search_words_release(&what->words);
}

int search_alerts(struct store *s, const struct search *what, look_row_fn *fn,
		  void *arg, struct search_outcome *ret, struct err *err)
{
	CLEANUP(asked_release)
	struct asked asked = { .words = SEARCH_WORDS_NONE, .sel = what->sel };
	const struct asker who = { fn, arg };
	struct search_outcome out = { 0 };
	int rc = search_words_parse(what->text, &asked.words, err);

	if (rc < 0)
		return rc;
	if (asked.sel.limit == 0)
		asked.sel.limit = SEARCH_LIMIT;
	rc = search(s, &asked, &who, &out.cut, err);
	if (rc < 0)
		return rc;
	out.depth = asked.depth;
	rc = store_meta_get(s, "search_below", &out.below, err);
	if (rc < 0)
		return rc;
	*ret = out;
	return 0;
}
