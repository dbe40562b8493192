/*
 * See tempstore.h. Looks into the file from outside, by a connection of its
 * own: what a test checks is what an admin would see.
 */
#include "helpers/tempstore.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sqlite3.h>

static void fail_here(const char *what, const char *why)
{
	fprintf(stderr, "tempstore: %s: %s\n", what, why);
	abort();
}

int tempstore_setup_empty(void **state)
{
	struct tempstore *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return -1;
	strcpy(t->directory, "/tmp/triaged-test-XXXXXX");
	if (mkdtemp(t->directory) == NULL)
		return -1;
	snprintf(t->path, sizeof(t->path), "%s/triaged.db", t->directory);
	*state = t;
	return 0;
}

int tempstore_setup(void **state)
{
	struct err err = ERR_INIT;
	struct tempstore *t;

	if (tempstore_setup_empty(state) < 0)
		return -1;
	t = *state;
	if (store_open(t->directory, &t->store, &err) < 0)
		fail_here(t->directory, err.text);
	return 0;
}

static void remove_files(const char *directory)
{
	char path[512];
	DIR *d = opendir(directory);
	const struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, e->d_name);
		(void)unlink(path); /* a leftover is told by rmdir */
	}
	if (d != NULL)
		closedir(d);
}

int tempstore_teardown(void **state)
{
	struct tempstore *t = *state;
	int rc;

	store_close(t->store);
	remove_files(t->directory);
	rc = rmdir(t->directory);
	free(t);
	return rc;
}

static sqlite3 *admin_open(const struct tempstore *t)
{
	sqlite3 *db = NULL;
	int on = 1;

	if (sqlite3_open_v2(t->path, &db, SQLITE_OPEN_READWRITE, NULL) !=
	    SQLITE_OK)
		fail_here(t->path, sqlite3_errmsg(db));
	sqlite3_busy_timeout(db, 2000);
	sqlite3_file_control(db, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
	return db;
}

void tempstore_exec(const struct tempstore *t, const char *text)
{
	sqlite3 *db = admin_open(t);

	if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
		fail_here(text, sqlite3_errmsg(db));
	sqlite3_close(db);
}

const char *tempstore_value(const struct tempstore *t, const char *text)
{
	static char value[4096];
	sqlite3 *db = admin_open(t);
	sqlite3_stmt *stmt = NULL;
	const char *v = NULL;

	if (sqlite3_prepare_v2(db, text, -1, &stmt, NULL) != SQLITE_OK)
		fail_here(text, sqlite3_errmsg(db));
	if (sqlite3_step(stmt) == SQLITE_ROW)
		v = (const char *)sqlite3_column_text(stmt, 0);
	snprintf(value, sizeof(value), "%s", v != NULL ? v : "");
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return value;
}

int64_t tempstore_number(const struct tempstore *t, const char *text)
{
	return strtoll(tempstore_value(t, text), NULL, 10);
}
