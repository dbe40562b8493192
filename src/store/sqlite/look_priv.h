/* What look.c, look_query.c and look_ready.c share: a statement used once, its
 * rows, and the text that becomes C. */
#ifndef STORE_SQLITE_LOOK_PRIV_H
#define STORE_SQLITE_LOOK_PRIV_H

#include "store/look.h"
#include "store/sqlite/engine_priv.h"

int look_prepare(struct store *s, const char *text, sqlite3_stmt **ret,
		 struct err *err) must_check;
/* What @sel has of the parameters of the text. */
int look_bind(sqlite3_stmt *stmt, const struct selector *sel,
	      struct err *err) must_check;
/* Calls @fn with the names of the columns alone. */
void look_head(sqlite3_stmt *stmt, look_row_fn *fn, void *arg);
/* Hands over all rows; their number. */
int look_rows(struct store *s, sqlite3_stmt *stmt, look_row_fn *fn, void *arg,
	      struct err *err) must_check;

/* Why @text could not be prepared (SQLITE_ERROR or SQLITE_AUTH), in words;
 * ERR_CONF. */
int look_refuse(struct store *s, int rc, const char *text, struct err *err);

/* Made from ready.sql; ends with an empty row. */
extern const struct ready_query ready_queries[];

#endif
