/*
 * A free question of somebody who knows the views. It may read and nothing
 * else, for a limited time and with limited memory: it may run on the daemon's
 * own connection, and on a machine that has other work.
 *
 * tested with: test_look
 */
#include "store/look.h"

#include <string.h>
#include "store/sqlite/look_priv.h"
#include "util/clock.h"
#include "util/timefmt.h"

#define QUERY_LIMIT_MS 10000
/* What it sorts and groups is kept in memory; all of the process counts. */
#define QUERY_MEMORY_MAX ((int64_t)256 * 1024 * 1024)
/* The engine asks us every so many steps of its machine: some 20 us. */
#define QUERY_STEPS 1000

/* Settings that only tell; all others may change something. The full text index
 * asks for data_version by itself. */
static const char *const pragmas[] = {
	"application_id",    "compile_options",	 "data_version",
	"foreign_key_check", "foreign_key_list", "freelist_count",
	"index_info",	     "index_list",	 "index_xinfo",
	"integrity_check",   "page_count",	 "page_size",
	"quick_check",	     "table_info",	 "table_list",
	"table_xinfo",	     "user_version",	 "function_list",
	"pragma_list",
};
/* Of those, the ones that would set their value when given one. */
static const char *const settable[] = { "application_id", "page_size",
					"user_version" };

static bool listed(const char *const *list, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (sqlite3_stricmp(list[i], word) == 0)
			return true;
	return false;
}

static int query_authorize_pragma(const char *name, const char *value)
{
	if (name == NULL || !listed(pragmas, ARRAY_SIZE(pragmas), name))
		return SQLITE_DENY;
	if (value != NULL && listed(settable, ARRAY_SIZE(settable), name))
		return SQLITE_DENY;
	return SQLITE_OK;
}

/* The engine's callback: shape and meaning of a and b depend on @action. */
static int query_authorize(void *arg, int action, const char *a, const char *b,
			   const char *schema, const char *inner)
{
	(void)arg;
	(void)schema;
	(void)inner;
	switch (action) {
	case SQLITE_SELECT:
	case SQLITE_READ:
	case SQLITE_RECURSIVE:
		return SQLITE_OK;
	case SQLITE_FUNCTION:
		return b != NULL && sqlite3_stricmp(b, "load_extension") == 0
			       ? SQLITE_DENY
			       : SQLITE_OK;
	case SQLITE_PRAGMA:
		return query_authorize_pragma(a, b);
	case SQLITE_UPDATE:
		/* A table-valued function (json_each) announces its columns
		 * like this and writes nothing; a statement that would is told
		 * by sqlite3_stmt_readonly. */
		return a != NULL && sqlite3_stricmp(a, "sqlite_master") == 0
			       ? SQLITE_OK
			       : SQLITE_DENY;
	default:
		return SQLITE_DENY;
	}
}

struct query_guard {
	int64_t limit_ms, deadline_mono_ms;
	int64_t heap_before; /* the limit there was */
	bool late;
};

/* The engine's callback: not 0 stops it. */
static int query_is_late(void *arg)
{
	struct query_guard *g = arg;

	g->late = clock_mono_ms() >= g->deadline_mono_ms;
	return g->late;
}

static void query_guard_begin(struct query_guard *g, struct store *s,
			      int64_t limit_ms)
{
	g->limit_ms = limit_ms > 0 ? limit_ms : QUERY_LIMIT_MS;
	g->deadline_mono_ms = clock_mono_ms() + g->limit_ms;
	g->heap_before = sqlite3_hard_heap_limit64(QUERY_MEMORY_MAX);
	sqlite3_progress_handler(s->db, QUERY_STEPS, query_is_late, g);
}

static void query_guard_end(const struct query_guard *g, struct store *s)
{
	sqlite3_progress_handler(s->db, 0, NULL, NULL);
	(void)sqlite3_hard_heap_limit64(g->heap_before);
}

/* What went wrong, when it was our limits. */
static int query_failed(const struct query_guard *g, struct store *s, int rc,
			struct err *err)
{
	char span[TIMEFMT_MAX];

	if (g->late)
		return err_set(err, ERR_CANCELLED,
			       "the query was stopped after %s: ask for less, "
			       "or give it more time with --timeout",
			       timefmt_duration(g->limit_ms, span));
	if (sqlite3_errcode(s->db) == SQLITE_AUTH)
		return look_refuse(s, SQLITE_AUTH, "", err);
	if (sqlite3_errcode(s->db) == SQLITE_NOMEM)
		return err_set(err, ERR_LIMIT,
			       "the query was stopped: it needs more than %d "
			       "MiB of memory; sort or group less at a time",
			       (int)(QUERY_MEMORY_MAX >> 20));
	return rc;
}

static bool query_has_more(const char *rest)
{
	return rest[strspn(rest, " \t\r\n;")] != '\0';
}

static int query_prepare_free(struct store *s, const char *text,
			      sqlite3_stmt **ret, struct err *err)
{
	const char *rest = NULL;
	int rc;

	rc = sqlite3_prepare_v2(s->db, text, -1, ret, &rest);
	if (rc == SQLITE_ERROR || rc == SQLITE_AUTH)
		return look_refuse(s, rc, text, err);
	if (rc != SQLITE_OK)
		return engine_error(s, rc, "prepare", err);
	if (*ret == NULL)
		return err_set(err, ERR_CONF, "the query is empty");
	if (query_has_more(rest))
		return err_set(err, ERR_CONF,
			       "the query is refused: it has several "
			       "statements, and one is allowed");
	if (sqlite3_stmt_readonly(*ret) == 0)
		return err_set(err, ERR_CONF,
			       "the query is refused: it would change the "
			       "database");
	return 0;
}

static int query_answer(struct store *s, const char *text, int64_t limit_ms,
			look_row_fn *fn, void *arg, struct err *err)
{
	CLEANUP(engine_finalize) sqlite3_stmt *stmt = NULL;
	struct query_guard guard = { 0 };
	int rc = query_prepare_free(s, text, &stmt, err);

	if (rc < 0)
		return rc;
	query_guard_begin(&guard, s, limit_ms);
	rc = look_rows(s, stmt, fn, arg, err);
	query_guard_end(&guard, s);
	if (rc == 0)
		look_head(stmt, fn, arg);
	return rc < 0 ? query_failed(&guard, s, rc, err) : rc;
}

int look_query(struct store *s, const char *text, int64_t limit_ms,
	       look_row_fn *fn, void *arg, struct err *err)
{
	int rc;

	if (s->db == NULL) /* connecting again failed, see txn_begin */
		return engine_error(s, SQLITE_CANTOPEN, "prepare", err);
	/* To the end: tables such as pragma_optimize prepare when they run. */
	(void)sqlite3_set_authorizer(s->db, query_authorize, NULL);
	rc = query_answer(s, text, limit_ms, fn, arg, err);
	(void)sqlite3_set_authorizer(s->db, NULL, NULL); /* cannot fail */
	return rc;
}
