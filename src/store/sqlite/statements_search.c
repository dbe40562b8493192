/*
 * The statements of the full text index and of what alerts have in common. As
 * statements.c, whose table has the rest.
 *
 * tested with: test_search
 */
#include "store/sqlite/statements_priv.h"

#define COLUMNS "title, entities, resource, type, ids, tags, description"
#define VALUES "@title, @entities, @resource, @type, @ids, @tags, @description"

const char *const statement_search_table[STMT_MAX] = {
	[STMT_SEARCH_TEXT] =
		"SELECT " COLUMNS ", EXISTS (SELECT 1 FROM "
		"alert_search_docsize WHERE id = @id) FROM alert_text "
		"WHERE id = @id",
	[STMT_SEARCH_ADD] =
		"INSERT INTO alert_search (rowid, " COLUMNS ") VALUES ("
		"@id, " VALUES ")",
	[STMT_SEARCH_REMOVE] =
		"INSERT INTO alert_search (alert_search, rowid, " COLUMNS ") "
		"VALUES ('delete', @id, " VALUES ")",
	[STMT_SEARCH_BELOW] = "SELECT id FROM alert WHERE id < @below "
			      "ORDER BY id DESC LIMIT @max",
};
