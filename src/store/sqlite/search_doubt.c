/*
 * May the index of words be believed that finds nothing? Called by triagectl
 * when it does. To count all of it, as search_check.c does, takes half a minute
 * of a million alerts; this looks at some alerts, in some 20 ms: their texts
 * make a small index beside it, in memory, and what that one finds the large
 * one must find too. So what it says is damaged is; of damage that hides none
 * of these alerts it does not know.
 *
 * tested with: test_search scenario/test_search_index
 */
#include "store/sqlite/search_priv.h"

#define COLUMNS "title, entities, resource, type, ids, tags, description"

/* As alert_search is made, but it keeps no text. */
static const char *const make =
	"DROP TABLE IF EXISTS temp.search_try; "
	"CREATE VIRTUAL TABLE temp.search_try USING fts5 (" COLUMNS ", "
	"content = '', tokenize = \"unicode61 remove_diacritics 2\")";

/* Of the alerts that the index says it has. */
#define NEWEST "SELECT id FROM alert_search_docsize ORDER BY id DESC LIMIT 100"
#define LEAST "(SELECT min(id) FROM alert_search_docsize)"
#define MOST "(SELECT max(id) FROM alert_search_docsize)"
#define SPREAD                                                                 \
	"SELECT (SELECT min(d.id) FROM alert_search_docsize AS d WHERE d.id "  \
	">= " LEAST " + k.n * (" MOST " - " LEAST ") / 20) FROM k"

static const char *const fill =
	"WITH RECURSIVE k (n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM k "
	"WHERE n < 19) INSERT INTO temp.search_try (rowid, " COLUMNS ") "
	"SELECT id, " COLUMNS " FROM alert_text WHERE id IN (SELECT id FROM "
	"(" NEWEST ") UNION " SPREAD ")";

/* What was asked for among the newest; and each of the others, and the last, by
 * its own id, which leads to other pieces of the index. */
#define FROM_NEWEST "rowid >= (SELECT min(id) FROM (" NEWEST "))"
#define OWN_ID "'ids : \"' || replace(a.native_id, '\"', '\"\"') || '\"'"

static const char *const compare =
	"SELECT EXISTS (SELECT 1 FROM temp.search_try WHERE search_try MATCH "
	"@match AND " FROM_NEWEST " AND rowid NOT IN (SELECT rowid FROM "
	"alert_search WHERE alert_search MATCH @match AND " FROM_NEWEST ")) "
	"OR EXISTS (SELECT 1 FROM temp.search_try_docsize AS d CROSS JOIN "
	"alert AS a ON a.id = d.id WHERE (a.id = " MOST
	" OR a.id NOT IN (" NEWEST ")) AND EXISTS (SELECT 1 FROM "
	"temp.search_try WHERE search_try MATCH " OWN_ID
	" AND rowid = a.id) AND NOT EXISTS (SELECT 1 FROM alert_search WHERE "
	"alert_search MATCH " OWN_ID " AND rowid = a.id))";

static int ask(struct store *s, const struct search_words *w, bool *ret,
	       struct err *err)
{
	CLEANUP(engine_finalize) sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(s->db, compare, -1, &stmt, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(stmt, 1, w->match.buf, -1,
				       SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		*ret = sqlite3_column_int64(stmt, 0) != 0;
		return 0;
	}
	/* So says the engine itself where it sees it; or had no memory. */
	if (rc == SQLITE_CORRUPT_VTAB ||
	    ((rc & 0xff) != SQLITE_CORRUPT && (rc & 0xff) != SQLITE_ERROR))
		return engine_error(s, rc, "look into the search index", err);
	*ret = true;
	return 0;
}

/* All of one moment: the daemon may write meanwhile. */
static int look_into(struct store *s, const struct search_words *w, bool *ret,
		     struct err *err)
{
	int rc = engine_exec(s, make, err);

	if (rc >= 0)
		rc = engine_exec(s, "BEGIN", err);
	if (rc < 0)
		return rc;
	rc = engine_exec(s, fill, err);
	if (rc >= 0)
		rc = ask(s, w, ret, err);
	if (engine_exec(s, "ROLLBACK", rc < 0 ? NULL : err) < 0 && rc >= 0)
		rc = err->code;
	return rc;
}

int search_doubt(struct store *s, const char *text, bool *ret_damaged,
		 struct err *err)
{
	CLEANUP(search_words_release)
	struct search_words words = SEARCH_WORDS_NONE;
	int rc = search_words_parse(text, &words, err);

	/* A reader may make a table of its own, in memory, when it is let. */
	if (rc >= 0)
		rc = engine_exec(s, "PRAGMA query_only = OFF", err);
	if (rc < 0)
		return rc;
	rc = look_into(s, &words, ret_damaged, err);
	if (s->read_only && engine_exec(s, "PRAGMA query_only = ON", NULL) < 0)
		return rc < 0 ? rc
			      : err_set(err, ERR_STORE,
					"the database cannot be closed for "
					"changes again");
	return MIN(rc, 0);
}
