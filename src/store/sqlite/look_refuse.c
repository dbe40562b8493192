/*
 * Why a free question is refused, in words that help: the engine's own say
 * where it stumbled, ours add what was probably meant. Called by look_query.c
 * when a statement could not be prepared.
 *
 * tested with: test_look
 */
#include "store/sqlite/look_priv.h"

#include <string.h>
#include "util/strlist.h"
#include "util/suggest.h"
#include "util/xmalloc.h"

#define NAME_SHOWN 80

/* Columns of the views and tables that @text speaks of. */
static const char columns_text[] =
	"SELECT DISTINCT c.name FROM sqlite_schema AS v, "
	"pragma_table_info(v.name) AS c WHERE v.type IN ('view', 'table') "
	"AND instr(lower(@text), lower(v.name)) > 0";
static const char views_text[] =
	"SELECT name FROM sqlite_schema WHERE type = 'view' "
	"AND name GLOB 'v_*' AND @text IS NOT NULL";

/* As many as can be had: it is only for a hint. */
static void list_names(struct store *s, const char *question, const char *text,
		       struct strlist *ret)
{
	CLEANUP(engine_finalize) sqlite3_stmt *stmt = NULL;

	if (look_prepare(s, question, &stmt, NULL) < 0)
		return;
	(void)sqlite3_bind_text(stmt, 1, text, -1, SQLITE_STATIC);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		const void *name = sqlite3_column_text(stmt, 0);

		if (name)
			strlist_add(ret, name);
	}
}

static int refuse_name(struct store *s, const char *what, const char *name,
		       const char *question, const char *text, struct err *err)
{
	CLEANUP(strlist_release) struct strlist names = STRLIST_INIT;
	const char *dot = strrchr(name, '.');
	struct suggest meant = { .word = dot ? dot + 1 : name };
	char hint[SUGGEST_TEXT_MAX];

	list_names(s, question, text, &names);
	for (size_t i = 0; i < names.n; i++)
		suggest_offer(&meant, names.v[i]);
	return err_set(err, ERR_CONF,
		       "the query is refused: there is no %s '%.*s'%s; see: "
		       "man triaged-db",
		       what, NAME_SHOWN, name, suggest_text(&meant, hint));
}

static const char *behind(const char *text, const char *begin)
{
	size_t len = strlen(begin);

	return strncmp(text, begin, len) == 0 ? text + len : NULL;
}

int look_refuse(struct store *s, int rc, const char *text, struct err *err)
{
	/* A copy: asking for names writes another one. */
	CLEANUP(free_ptr) char *why = xstrdup(sqlite3_errmsg(s->db));
	const char *name;

	if (rc == SQLITE_AUTH)
		return err_set(err, ERR_CONF,
			       "the query is refused: it does more than read; "
			       "one SELECT is allowed, over the views of man "
			       "triaged-db");
	name = behind(why, "no such column: ");
	if (name)
		return refuse_name(s, "column", name, columns_text, text, err);
	name = behind(why, "no such table: ");
	if (name)
		return refuse_name(s, "view", name, views_text, text, err);
	return err_set(err, ERR_CONF, "the query is refused: %s", why);
}
