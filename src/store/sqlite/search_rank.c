/*
 * How good a match is: in which columns of the alert the words stand. Two
 * functions of the full text index. Called by the engine, for the text of
 * search.c.
 *
 * The engine's own bm25() weighs how rare a word is over all alerts, for which
 * it reads each of them: seconds for a common word among a million. Every match
 * has all words here, so rarity decides little; this looks at one alert.
 *
 * tested with: test_search
 */
#include "store/sqlite/search_priv.h"

/* What a word in this column is worth. */
static const int weights[SEARCH_COLUMNS] = {
	[SEARCH_TITLE] = 8,	  [SEARCH_ENTITIES] = 6, [SEARCH_RESOURCE] = 5,
	[SEARCH_TYPE] = 3,	  [SEARCH_IDS] = 7,	 [SEARCH_TAGS] = 4,
	[SEARCH_DESCRIPTION] = 1,
};

/* The best column that phrase @phrase stands in; negative for none. */
static int best_column(const Fts5ExtensionApi *api, Fts5Context *hit,
		       int phrase)
{
	Fts5PhraseIter walk;
	int best = -1, column;
	int rc = api->xPhraseFirstColumn(hit, phrase, &walk, &column);

	if (rc != SQLITE_OK)
		return -1;
	while (column >= 0 && column < SEARCH_COLUMNS) {
		if (best < 0 || weights[column] > weights[best])
			best = column;
		api->xPhraseNextColumn(hit, &walk, &column);
	}
	return best;
}

/* search_score(alert_search, hints): the sum over the words behind so many. */
static void search_score(const Fts5ExtensionApi *api, Fts5Context *hit,
			 sqlite3_context *result, int n, sqlite3_value **values)
{
	struct store *s = api->xUserData(hit);
	int first = sqlite3_value_int(values[0]), score = 0;

	(void)n;
	for (int i = first; i < api->xPhraseCount(hit); i++) {
		int column = best_column(api, hit, i);

		score += column < 0 ? 0 : weights[column];
	}
	s->n_scored++;
	sqlite3_result_int(result, score);
}

/* search_place(alert_search, hints): the best column of all of these. */
static void search_place(const Fts5ExtensionApi *api, Fts5Context *hit,
			 sqlite3_context *result, int n, sqlite3_value **values)
{
	int first = sqlite3_value_int(values[0]), best = -1;

	(void)n;
	for (int i = first; i < api->xPhraseCount(hit); i++) {
		int column = best_column(api, hit, i);

		if (column >= 0 &&
		    (best < 0 || weights[column] > weights[best]))
			best = column;
	}
	sqlite3_result_int(result, best < 0 ? SEARCH_DESCRIPTION : best);
}

/* The engine hands over its table of functions through a typed pointer. */
static fts5_api *find_api(sqlite3 *db)
{
	CLEANUP(engine_finalize) sqlite3_stmt *stmt = NULL;
	fts5_api *api = NULL;

	if (sqlite3_prepare_v2(db, "SELECT fts5(?1)", -1, &stmt, NULL) !=
	    SQLITE_OK)
		return NULL;
	if (sqlite3_bind_pointer(stmt, 1, (void *)&api, "fts5_api_ptr", NULL) !=
	    SQLITE_OK)
		return NULL;
	return sqlite3_step(stmt) == SQLITE_ROW ? api : NULL;
}

int search_rank_register(struct store *s, struct err *err)
{
	fts5_api *api = find_api(s->db);
	int rc;

	if (api == NULL && (sqlite3_errcode(s->db) & 0xff) == SQLITE_NOMEM)
		return engine_error(s, SQLITE_NOMEM, "open", err);
	if (api == NULL)
		return err_set(err, ERR_STORE,
			       "SQLite has no full text search (FTS5); install "
			       "a library that was built with it");
	rc = api->xCreateFunction(api, "search_score", s, search_score, NULL);
	if (rc == SQLITE_OK)
		rc = api->xCreateFunction(api, "search_place", s, search_place,
					  NULL);
	return rc == SQLITE_OK ? 0 : engine_error(s, rc, "open", err);
}
