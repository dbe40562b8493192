/*
 * A daemon that takes a commit for done before it is on the disk: what SQLite
 * does in WAL mode by itself. Only a power cut tells.
 *
 * Breaks: power by sqlite3_exec.
 */
#include <sqlite3.h>
#include <string.h>

typedef int row_fn(void *arg, int n, char **values, char **names);

int __real_sqlite3_exec(sqlite3 *db, const char *text, row_fn *fn, void *arg,
			char **ret_error);
int __wrap_sqlite3_exec(sqlite3 *db, const char *text, row_fn *fn, void *arg,
			char **ret_error);

int __wrap_sqlite3_exec(sqlite3 *db, const char *text, row_fn *fn, void *arg,
			char **ret_error)
{
	if (strcmp(text, "PRAGMA synchronous = FULL") == 0)
		text = "PRAGMA synchronous = NORMAL";
	return __real_sqlite3_exec(db, text, fn, arg, ret_error);
}
