/*
 * The text around the words that were found, one row at a time. A function of
 * the engine, for the text of search.c.
 *
 * The full text index has an excerpt of its own, snippet(), but only of a row
 * that it has just found by the words: to find each of fifty once more, in all
 * pieces of an index of a million alerts, takes longer than to find them at
 * first. Here the one text comes into an index of its own, in memory, and is
 * found there.
 *
 * tested with: test_search
 */
#include "store/sqlite/search_priv.h"

#include <stdlib.h>
#include "util/xmalloc.h"

struct excerpts {
	sqlite3 *db; /* NULL until the first one */
	sqlite3_stmt *put, *find;
};

/* Columns and words as in alert_search (schema.sql). */
static const char create[] =
	"CREATE VIRTUAL TABLE excerpt USING fts5 ("
	"title, entities, resource, type, ids, tags, description, "
	"tokenize = \"unicode61 remove_diacritics 2\")";
static const char put[] =
	"INSERT INTO excerpt (title, entities, resource, type, ids, tags, "
	"description) VALUES (iif(?1 = 0, ?2, NULL), iif(?1 = 1, ?2, NULL), "
	"iif(?1 = 2, ?2, NULL), iif(?1 = 3, ?2, NULL), iif(?1 = 4, ?2, NULL), "
	"iif(?1 = 5, ?2, NULL), iif(?1 = 6, ?2, NULL))";
static const char find[] =
	"SELECT snippet(excerpt, ?1, char(2), char(3), char(0x2026), 16) "
	"FROM excerpt WHERE excerpt MATCH ?2";

static void excerpts_close(struct excerpts *e)
{
	engine_finalize(&e->put);
	engine_finalize(&e->find);
	(void)sqlite3_close(e->db); /* no statement is left: cannot be busy */
	e->db = NULL;
}

static void excerpts_free(void *arg)
{
	excerpts_close(arg);
	free(arg);
}

static int excerpts_open(struct excerpts *e)
{
	int rc = sqlite3_open_v2(":memory:", &e->db,
				 SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
				 NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_exec(e->db, create, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(e->db, put, -1, &e->put, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(e->db, find, -1, &e->find, NULL);
	if (rc != SQLITE_OK)
		excerpts_close(e);
	return rc;
}

static int excerpt_put(struct excerpts *e, sqlite3_value *place,
		       sqlite3_value *text)
{
	int rc = sqlite3_bind_value(e->put, 1, place);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_value(e->put, 2, text);
	if (rc == SQLITE_OK)
		(void)sqlite3_step(e->put); /* its error is the one of reset */
	return rc == SQLITE_OK ? sqlite3_reset(e->put) : rc;
}

/* Null where none of the words is in the text. */
static int excerpt_find(struct excerpts *e, sqlite3_value *place,
			sqlite3_value *words, sqlite3_context *result)
{
	int rc = sqlite3_bind_value(e->find, 1, place);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_value(e->find, 2, words);
	if (rc == SQLITE_OK && sqlite3_step(e->find) == SQLITE_ROW)
		sqlite3_result_value(result, sqlite3_column_value(e->find, 0));
	return rc == SQLITE_OK ? sqlite3_reset(e->find) : rc;
}

/* search_excerpt(place, text, words): a number of enum search_column, the text
 * there, and words for MATCH any of which may be in it. */
static void search_excerpt(sqlite3_context *result, int n,
			   sqlite3_value **values)
{
	struct excerpts *e = sqlite3_user_data(result);
	int rc = e->db ? SQLITE_OK : excerpts_open(e);

	(void)n;
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(e->db, "BEGIN", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = excerpt_put(e, values[0], values[1]);
	if (rc == SQLITE_OK)
		rc = excerpt_find(e, values[0], values[2], result);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(e->db, "ROLLBACK", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		return;
	sqlite3_result_error_code(result, rc);
	if (e->db)
		excerpts_close(e);
}

int search_excerpt_register(struct store *s, struct err *err)
{
	int rc = sqlite3_create_function_v2(s->db, "search_excerpt", 3,
					    SQLITE_UTF8 | SQLITE_DIRECTONLY,
					    xcalloc(1, sizeof(struct excerpts)),
					    search_excerpt, NULL, NULL,
					    excerpts_free);

	return rc == SQLITE_OK ? 0 : engine_error(s, rc, "open", err);
}
