/* See dbstate.h. */
#include "helpers/dbstate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(int ok, const char *what, const char *why)
{
	if (ok)
		return;
	fprintf(stderr, "dbstate: %.200s: %s\n", what, why);
	abort();
}

/* A copy has no log beside it. */
sqlite3 *dbstate_open(const char *path)
{
	size_t len = strlen(path);
	int is_copy = len < 3 || strcmp(path + len - 3, ".db") != 0;
	sqlite3 *db = NULL;
	char uri[256];
	int on = 1;

	snprintf(uri, sizeof(uri), "file:%s%s", path,
		 is_copy ? "?immutable=1" : "");
	must(sqlite3_open_v2(uri, &db, SQLITE_OPEN_URI | SQLITE_OPEN_READWRITE,
			     NULL) == SQLITE_OK,
	     path, sqlite3_errmsg(db));
	sqlite3_file_control(db, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
	sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	return db;
}

void dbstate_exec(sqlite3 *db, const char *text)
{
	must(sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK, text,
	     sqlite3_errmsg(db));
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *text)
{
	sqlite3_stmt *stmt = NULL;

	must(sqlite3_prepare_v2(db, text, -1, &stmt, NULL) == SQLITE_OK, text,
	     sqlite3_errmsg(db));
	return stmt;
}

void dbstate_add(sqlite3 *db, const char *text, struct digest *d)
{
	sqlite3_stmt *stmt = prepare(db, text);

	while (sqlite3_step(stmt) == SQLITE_ROW)
		for (int i = 0; i < sqlite3_column_count(stmt); i++) {
			int n = sqlite3_column_bytes(stmt, i);

			digest_add(d, &n, sizeof(n));
			digest_add(d, sqlite3_column_blob(stmt, i), (size_t)n);
		}
	must(sqlite3_finalize(stmt) == SQLITE_OK, text, sqlite3_errmsg(db));
}

static void must_be_sound(sqlite3 *db, const char *path)
{
	sqlite3_stmt *stmt = prepare(db, "PRAGMA integrity_check");
	const char *word;

	must(sqlite3_step(stmt) == SQLITE_ROW, path, sqlite3_errmsg(db));
	word = (const char *)sqlite3_column_text(stmt, 0);
	must(strcmp(word, "ok") == 0, path, word);
	sqlite3_finalize(stmt);
	stmt = prepare(db, "PRAGMA foreign_key_check");
	must(sqlite3_step(stmt) == SQLITE_DONE, path,
	     "a reference leads nowhere");
	sqlite3_finalize(stmt);
}

void dbstate_digest(const char *path, uint8_t ret[DIGEST_SIZE])
{
	static const char schema[] =
		"SELECT type, name, tbl_name, sql FROM sqlite_schema "
		"ORDER BY type, name";
	static const char tables[] =
		"SELECT 'SELECT * FROM \"' || name || '\"' FROM sqlite_schema "
		"WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' "
		"AND name NOT LIKE 'sqlite_%' ORDER BY name";
	struct digest *d = digest_new();
	sqlite3 *db = dbstate_open(path);
	sqlite3_stmt *stmt;

	dbstate_add(db, schema, d);
	stmt = prepare(db, tables);
	while (sqlite3_step(stmt) == SQLITE_ROW)
		dbstate_add(db, (const char *)sqlite3_column_text(stmt, 0), d);
	sqlite3_finalize(stmt);
	digest_finish(d, ret);
	must_be_sound(db, path);
	sqlite3_close(db);
}
