/*
 * Is the index of words what was written there? Called by the check of a
 * database and by who compacts one. The engine's own check of its structure
 * does not look into the pieces of the index, and a search over damaged ones
 * may find nothing and say nothing.
 *
 * tested with: test_search test_inspect
 */
#include "store/sqlite/search_priv.h"

/* Of FTS5's table of data: rows, then the words of each column, as SQLite
 * writes its integers (7 bits a byte, the last has no high bit); nothing when
 * empty. */
#define TOTALS "SELECT block FROM alert_search_data WHERE id = 1"
#define ROWS "SELECT count(*) FROM alert_search_docsize"
/* Of every piece. */
#define WORDS "SELECT ifnull(sum(cnt), 0) FROM temp.search_words"
#define UNKNOWN (-1)

struct totals {
	int64_t rows, words;
};

/* One number; UNKNOWN where the engine says that the index is damaged. */
static int ask(struct store *s, const char *text, int64_t *ret, struct err *err)
{
	CLEANUP(engine_finalize) sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(s->db, text, -1, &stmt, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	*ret = UNKNOWN;
	if (rc == SQLITE_ROW)
		*ret = sqlite3_column_int64(stmt, 0);
	else if ((rc & 0xff) != SQLITE_CORRUPT && (rc & 0xff) != SQLITE_ERROR)
		return engine_error(s, rc, "read the search index", err);
	return 0;
}

/* What the index says of itself. */
static int read_totals(struct store *s, struct totals *ret, struct err *err)
{
	CLEANUP(engine_finalize) sqlite3_stmt *stmt = NULL;
	struct totals sums = { 0, 0 };
	const unsigned char *bytes;
	int64_t number = 0;
	int rc = sqlite3_prepare_v2(s->db, TOTALS, -1, &stmt, NULL);
	int n = 0;

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	*ret = (struct totals){ UNKNOWN, UNKNOWN };
	if (rc == SQLITE_DONE)
		return 0;
	if (rc != SQLITE_ROW)
		return engine_error(s, rc, "read the search index", err);
	bytes = sqlite3_column_blob(stmt, 0);
	for (int i = 0; i < sqlite3_column_bytes(stmt, 0); i++) {
		number = (int64_t)((uint64_t)number << 7 | (bytes[i] & 0x7f));
		if (bytes[i] & 0x80)
			continue;
		*(n++ == 0 ? &sums.rows : &sums.words) += number;
		number = 0;
	}
	*ret = sums;
	return 0;
}

/* A reader may make a table of its own, in memory, when it is let. */
static int make_table(struct store *s, struct err *err)
{
	int rc = engine_exec(s, "PRAGMA query_only = OFF", err);

	if (rc >= 0)
		rc = engine_exec(s,
				 "CREATE VIRTUAL TABLE IF NOT EXISTS "
				 "temp.search_words USING "
				 "fts5vocab('main', 'alert_search', 'row')",
				 err);
	if (rc >= 0 && s->read_only)
		rc = engine_exec(s, "PRAGMA query_only = ON", err);
	return rc;
}

int search_check(struct store *s, bool *ret_sound, struct err *err)
{
	struct totals said, found = { UNKNOWN, UNKNOWN };
	int rc = make_table(s, err);

	if (rc >= 0)
		rc = read_totals(s, &said, err);
	if (rc >= 0)
		rc = ask(s, ROWS, &found.rows, err);
	if (rc >= 0)
		rc = ask(s, WORDS, &found.words, err);
	if (rc >= 0)
		*ret_sound = found.rows != UNKNOWN && found.rows == said.rows &&
			     found.words == said.words;
	return MIN(rc, 0);
}
