/*
 * Ready questions: picks the text, binds the selector, hands over the rows.
 * Called by the commands, the metrics and the page; the texts are in
 * questions.c, free questions in look_query.c.
 */
#include "store/look.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "core/notice.h"
#include "store/sqlite/look_priv.h"
#include "store/sqlite/questions_priv.h"
#include "util/xmalloc.h"

#define LIMIT_DEFAULT 1000

static void cell_read(struct cell *cell, sqlite3_stmt *stmt, int column)
{
	static const char empty[1];

	*cell = (struct cell){ .type = CELL_NULL };
	switch (sqlite3_column_type(stmt, column)) {
	case SQLITE_INTEGER:
		cell->type = CELL_INTEGER;
		cell->integer = sqlite3_column_int64(stmt, column);
		cell->real = (double)cell->integer;
		break;
	case SQLITE_FLOAT:
		cell->type = CELL_REAL;
		cell->real = sqlite3_column_double(stmt, column);
		break;
	case SQLITE_BLOB:
		/* As text it gets its closing NUL; the bytes stay the same. */
		cell->type = CELL_BYTES;
		break;
	case SQLITE_TEXT:
		cell->type = CELL_TEXT;
		break;
	default:
		return;
	}
	cell->text = (const char *)sqlite3_column_text(stmt, column);
	cell->len = (size_t)sqlite3_column_bytes(stmt, column);
	if (cell->text == NULL) /* an empty blob */
		cell->text = empty;
}

void look_head(sqlite3_stmt *stmt, look_row_fn *fn, void *arg)
{
	CLEANUP(free_ptr) const char **names = NULL;
	int n = sqlite3_column_count(stmt);

	names = xcalloc((size_t)n, sizeof(*names));
	for (int i = 0; i < n; i++)
		names[i] = sqlite3_column_name(stmt, i);
	(void)fn(arg, (size_t)n, names, NULL); /* nothing to stop */
}

int look_rows(struct store *s, sqlite3_stmt *stmt, look_row_fn *fn, void *arg,
	      struct err *err)
{
	CLEANUP(free_ptr) const char **names = NULL;
	CLEANUP(free_ptr) struct cell *cells = NULL;
	int rows = 0, n = 0, rc;

	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		/* Not earlier: the first step may prepare the text again, and
		 * the names of before are gone with it. */
		if (rows++ == 0) {
			n = sqlite3_column_count(stmt);
			names = xcalloc((size_t)n, sizeof(*names));
			cells = xcalloc((size_t)n, sizeof(*cells));
		}
		for (int i = 0; i < n; i++) {
			names[i] = sqlite3_column_name(stmt, i);
			cell_read(&cells[i], stmt, i);
		}
		if (fn(arg, (size_t)n, names, cells) != 0)
			return rows;
	}
	return rc == SQLITE_DONE ? rows : engine_error(s, rc, "read", err);
}

static int look_parameter(sqlite3_stmt *stmt, const char *name)
{
	return sqlite3_bind_parameter_index(stmt, name); /* 0: has none */
}

static void look_bind_int(sqlite3_stmt *stmt, const char *name, int64_t value)
{
	int i = look_parameter(stmt, name);

	if (i > 0)
		(void)sqlite3_bind_int64(stmt, i, value); /* no memory needed */
}

static void look_bind_text(sqlite3_stmt *stmt, const char *name,
			   const char *text)
{
	int i = look_parameter(stmt, name);

	if (i > 0) /* the bytes stay ours: no memory needed */
		(void)sqlite3_bind_text(stmt, i, text, -1, SQLITE_STATIC);
}

/* A word of an enum becomes its number; an unknown one matches nothing. */
static int look_bind_words(sqlite3_stmt *stmt, const struct selector *sel,
			   struct err *err)
{
	enum phase phase;
	int state = 0;

	if (sel->phase != NULL) {
		if (!phase_parse(sel->phase, &phase))
			return err_set(err, ERR_CONF, "no phase is called '%s'",
				       sel->phase);
		look_bind_int(stmt, "@phase", phase);
	}
	if (sel->delivery_state != NULL) {
		while (state < NOTICE_STATE_MAX &&
		       strcmp(notice_state_name(state), sel->delivery_state) !=
			       0)
			state++;
		if (state == NOTICE_STATE_MAX)
			return err_set(err, ERR_CONF,
				       "no state of a message is called '%s'",
				       sel->delivery_state);
		look_bind_int(stmt, "@delivery_state", state);
	}
	return 0;
}

int look_bind(sqlite3_stmt *stmt, const struct selector *sel, struct err *err)
{
	look_bind_int(stmt, "@id", sel->id);
	look_bind_int(stmt, "@severities", sel->severities);
	look_bind_int(stmt, "@states", sel->states);
	look_bind_text(stmt, "@source", sel->source);
	look_bind_text(stmt, "@owner", sel->owner);
	look_bind_text(stmt, "@target", sel->target);
	look_bind_text(stmt, "@resource", sel->resource);
	look_bind_text(stmt, "@about", sel->about);
	look_bind_text(stmt, "@subscription", sel->subscription);
	look_bind_text(stmt, "@kind", sel->kind);
	look_bind_int(stmt, "@since", sel->since_ms);
	look_bind_int(stmt, "@until", sel->until_ms);
	look_bind_int(stmt, "@overdue", sel->overdue);
	look_bind_int(stmt, "@after", sel->after_id);
	look_bind_int(stmt, "@narrowed", sel->narrowed);
	look_bind_int(stmt, "@now", sel->now_ms);
	look_bind_int(stmt, "@limit",
		      sel->limit > 0 ? sel->limit : LIMIT_DEFAULT);
	return look_bind_words(stmt, sel, err);
}

static int look_order(const char *sort, enum alert_order *ret, struct err *err)
{
	static const char *const words[ORDER_MAX] = {
		[ORDER_URGENCY] = "urgency", [ORDER_SEEN] = "seen",
		[ORDER_DUE] = "due",	     [ORDER_SEVERITY] = "severity",
		[ORDER_ID] = "id",
	};

	for (int i = 0; i < ORDER_MAX; i++) {
		if (sort == NULL || strcmp(sort, words[i]) == 0) {
			*ret = i;
			return 0;
		}
	}
	return err_set(err, ERR_CONF,
		       "cannot sort by '%s': urgency, seen, due, severity or "
		       "id",
		       sort);
}

static int look_text(enum question q, const struct selector *sel,
		     const char **ret, struct err *err)
{
	enum alert_order order = ORDER_URGENCY;
	int rc;

	if (q != LOOK_ALERTS) {
		*ret = question_shift_text[q]	  ? question_shift_text[q]
		       : question_metrics_text[q] ? question_metrics_text[q]
		       : question_posture_text[q] ? question_posture_text[q]
						  : question_text[q];
		return 0;
	}
	rc = look_order(sel->sort, &order, err);
	if (rc < 0)
		return rc;
	*ret = sel->states && !(sel->states & BIT(ALERT_CLOSED))
		       ? question_open_text[order]
		       : question_alerts_text[order];
	return 0;
}

int look_prepare(struct store *s, const char *text, sqlite3_stmt **ret,
		 struct err *err)
{
	int rc;

	if (s->db == NULL) /* connecting again failed, see txn_begin */
		return engine_error(s, SQLITE_CANTOPEN, "prepare", err);
	rc = sqlite3_prepare_v2(s->db, text, -1, ret, NULL);
	return rc == SQLITE_OK ? 0 : engine_error(s, rc, "prepare", err);
}

int look(struct store *s, enum question q, const struct selector *sel,
	 look_row_fn *fn, void *arg, struct err *err)
{
	CLEANUP(engine_finalize) sqlite3_stmt *stmt = NULL;
	const char *text;
	int rc = look_text(q, sel, &text, err);

	if (rc < 0)
		return rc;
	rc = look_prepare(s, text, &stmt, err);
	if (rc < 0)
		return rc;
	rc = look_bind(stmt, sel, err);
	if (rc < 0)
		return rc;
	rc = look_rows(s, stmt, fn, arg, err);
	if (rc == 0 && sel->head)
		look_head(stmt, fn, arg);
	return rc;
}

static int resolve_number(struct store *s, const char *word, int64_t *ret,
			  struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	char *end;
	long long id = strtoll(word, &end, 10);
	int rc;

	if (!isdigit((unsigned char)word[0]) || *end != '\0' || id <= 0)
		return 0;
	rc = query_open(&q, s, STMT_ALERT_TRACKED, err);
	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", id);
	return query_one(&q, ret, err);
}

int look_resolve_id(struct store *s, const char *word, int64_t *ret_id,
		    struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	bool whole;
	int64_t id;
	int rc;

	if (word[0] == '\0')
		return 0;
	rc = resolve_number(s, word, ret_id, err);
	if (rc != 0)
		return rc;
	rc = query_open(&q, s, STMT_ORIGIN_PREFIX, err);
	if (rc < 0)
		return rc;
	query_bind_text(&q, "@word", word);
	rc = query_step(&q, err);
	if (rc != 1)
		return rc;
	id = row_int(&q, 0);
	whole = row_int(&q, 1) != 0;
	rc = query_step(&q, err);
	if (rc < 0)
		return rc;
	/* A whole id is meant even when it is the start of another one. */
	if (rc == 1 && (!whole || row_int(&q, 1) != 0))
		return err_set(err, ERR_CONF,
			       "several alerts have ids that start with "
			       "'%.64s'; give more of it, or the number",
			       word);
	*ret_id = id;
	return 1;
}
