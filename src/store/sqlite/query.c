/*
 * Prepared statements: opened by name of the table in statements.c, bound by
 * name of the parameter. Called by every file of this folder that asks or
 * writes; knows nothing of alerts.
 *
 * tested with: test_look
 */
#include "store/sqlite/engine_priv.h"

#include <assert.h>
#include <limits.h>
#include <string.h>
#include "util/utf8.h"
#include "util/xmalloc.h"

static int query_prepare(struct store *s, enum statement id, struct err *err)
{
	int rc;

	if (s->db == NULL) /* connecting again failed, see txn_begin */
		return engine_error(s, SQLITE_CANTOPEN, "prepare", err);
	rc = sqlite3_prepare_v3(s->db, statement_text(id), -1,
				SQLITE_PREPARE_PERSISTENT, &s->statements[id],
				NULL);
	if (rc != SQLITE_OK)
		return engine_error(s, rc, "prepare a statement", err);
	return 0;
}

static void query_finalize(struct store *s, enum statement id)
{
	(void)sqlite3_finalize(s->statements[id]); /* repeats its error */
	s->statements[id] = NULL;
}

int query_check_all(struct store *s, struct err *err)
{
	int rc = 0;

	for (int id = 0; id < STMT_MAX && rc == 0; id++) {
		rc = query_prepare(s, id, err);
		query_finalize(s, id);
	}
	return rc;
}

void query_finalize_all(struct store *s)
{
	for (int id = 0; id < STMT_MAX; id++)
		query_finalize(s, id);
}

int query_open(struct query *q, struct store *s, enum statement id,
	       struct err *err)
{
	int rc;

	if (s->statements[id] == NULL) {
		rc = query_prepare(s, id, err);
		if (rc < 0)
			return rc;
	}
	assert(!sqlite3_stmt_busy(s->statements[id]));
	*q = (struct query){ s, s->statements[id], SQLITE_OK, 1, s->names[id] };
	return 0;
}

void query_close(struct query *q)
{
	if (q->stmt == NULL)
		return;
	(void)sqlite3_reset(q->stmt); /* repeats the error of the last step */
	(void)sqlite3_clear_bindings(q->stmt); /* cannot fail */
	q->stmt = NULL;
}

/*
 * The engine finds a name by walking all of them, which with the fifty
 * parameters of an alert was an eighth of storing it. Names are literals: who
 * bound a place last time, in the order of the text, is known by its address.
 */
static int query_parameter(struct query *q, const char *name)
{
	int i = q->next;

	if (i > QUERY_NAMES_MAX || q->names[i - 1] != name) {
		i = sqlite3_bind_parameter_index(q->stmt, name);
		assert(i > 0);
		if (i <= QUERY_NAMES_MAX)
			q->names[i - 1] = name;
	}
	q->next = i + 1;
	return i;
}

static void query_note(struct query *q, int rc)
{
	if (q->rc == SQLITE_OK)
		q->rc = rc;
}

void query_bind_int(struct query *q, const char *name, int64_t value)
{
	query_note(q, sqlite3_bind_int64(q->stmt, query_parameter(q, name),
					 value));
}

void query_bind_ms(struct query *q, const char *name, int64_t value)
{
	if (value != 0)
		query_bind_int(q, name, value);
	else
		query_note(q, sqlite3_bind_null(q->stmt,
						query_parameter(q, name)));
}

void query_bind_text(struct query *q, const char *name, const char *text)
{
	query_note(q, sqlite3_bind_text(q->stmt, query_parameter(q, name), text,
					-1, SQLITE_STATIC));
}

void query_bind_blob(struct query *q, const char *name, const void *bytes,
		     size_t len)
{
	query_note(q, sqlite3_bind_blob64(q->stmt, query_parameter(q, name),
					  bytes, len, SQLITE_STATIC));
}

void query_bind_raw(struct query *q, const char *name, const char *bytes,
		    size_t len)
{
	int i = query_parameter(q, name);

	if (bytes == NULL)
		query_note(q, sqlite3_bind_null(q->stmt, i));
	else if (utf8_valid(bytes, len) && memchr(bytes, 0, len) == NULL)
		query_note(q, sqlite3_bind_text64(q->stmt, i, bytes, len,
						  SQLITE_STATIC, SQLITE_UTF8));
	else
		query_bind_blob(q, name, bytes, len);
}

/*
 * Some errors (full disk, I/O) end the transaction inside the engine. A writer
 * that went on would commit each further statement by itself.
 */
static bool query_lost_txn(const struct query *q)
{
	return q->store->in_txn && sqlite3_get_autocommit(q->store->db) != 0 &&
	       sqlite3_stmt_readonly(q->stmt) == 0;
}

int query_step(struct query *q, struct err *err)
{
	int rc = q->rc;

	assert(q->store->in_txn || sqlite3_stmt_readonly(q->stmt) != 0);
	if (rc == SQLITE_OK && query_lost_txn(q))
		rc = SQLITE_ABORT_ROLLBACK;
	if (rc == SQLITE_OK)
		rc = sqlite3_step(q->stmt);
	if (rc == SQLITE_ROW)
		return 1;
	if (rc == SQLITE_DONE)
		return 0;
	return engine_error(q->store, rc,
			    sqlite3_stmt_readonly(q->stmt) ? "read" : "write",
			    err);
}

int query_run(struct query *q, struct err *err)
{
	int rc;

	do
		rc = query_step(q, err);
	while (rc == 1);
	return rc < 0 ? rc : sqlite3_changes(q->store->db);
}

int query_one(struct query *q, int64_t *ret, struct err *err)
{
	int rc = query_step(q, err);

	if (rc == 1)
		*ret = row_int(q, 0);
	return rc;
}

int query_ids(struct query *q, int64_t *ret, size_t max, struct err *err)
{
	size_t n = 0;
	int rc;

	assert(max <= INT_MAX);
	while (n < max && (rc = query_step(q, err)) != 0) {
		if (rc < 0)
			return rc;
		ret[n++] = row_int(q, 0);
	}
	return (int)n;
}

int64_t row_int(const struct query *q, int column)
{
	return sqlite3_column_int64(q->stmt, column);
}

char *row_text(const struct query *q, int column)
{
	return xstrdup((const char *)sqlite3_column_text(q->stmt, column));
}

void row_blob(const struct query *q, int column, void *ret, size_t size)
{
	const void *bytes = sqlite3_column_blob(q->stmt, column);
	int len = sqlite3_column_bytes(q->stmt, column);

	memset(ret, 0, size);
	if (bytes != NULL && len > 0)
		memcpy(ret, bytes, (size_t)len < size ? (size_t)len : size);
}
