/*
 * The statements of the full text index and of what alerts have in common. As
 * statements.c, whose table has the rest.
 *
 * tested with: test_search
 */
#include "store/sqlite/statements_priv.h"

#define COLUMNS "title, entities, resource, type, ids, tags, description"
#define VALUES "@title, @entities, @resource, @type, @ids, @tags, @description"

/*
 * Alerts that have a thing: how many, the nearest before and behind @id. @from
 * is an index (a table and what to ask of it) that has the ids in order.
 */
#define THING_COUNT(id, from)                                                  \
	"SELECT count(*) FROM (SELECT DISTINCT " id " FROM " from              \
	" LIMIT @many)"
#define THING_BEFORE(id, from)                                                 \
	"SELECT a.id, a.seen_ms FROM (SELECT DISTINCT " id " AS id FROM " from \
	" AND " id " < @id ORDER BY " id " DESC LIMIT @max) AS o "             \
	"CROSS JOIN alert AS a ON a.id = o.id"
#define THING_AFTER(id, from)                                                  \
	"SELECT a.id, a.seen_ms FROM (SELECT DISTINCT " id " AS id FROM " from \
	" AND " id " > @id ORDER BY " id " LIMIT @max) AS o "                  \
	"CROSS JOIN alert AS a ON a.id = o.id"

#define INCIDENT "alert INDEXED BY alert_incident WHERE incident = @value"
#define RESOURCE                                                               \
	"alert INDEXED BY alert_resource WHERE resource_id IS NOT NULL "       \
	"AND lower(substr(resource_id, -48)) = lower(substr(@value, -48)) "    \
	"AND resource_id = @value COLLATE NOCASE"
#define ENTITY                                                                 \
	"entity INDEXED BY entity_thing WHERE thing_id = (SELECT id FROM "     \
	"thing WHERE lower(value) = lower(@value) AND kind = @kind)"
#define TECHNIQUE "alert_search WHERE alert_search MATCH @value"

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
	/* So many pages, of four pieces of a size or more. */
	[STMT_SEARCH_MERGE] = "INSERT INTO alert_search (alert_search, rank) "
			      "VALUES ('merge', 64)",
	/* What the index has collected is written out before it. */
	[STMT_SEARCH_FLUSH] = "SAVEPOINT search_index",
	[STMT_SEARCH_FLUSHED] = "RELEASE search_index",
	[STMT_SEARCH_EMPTY] =
		"INSERT INTO alert_search (alert_search) VALUES ('delete-all')",
	[STMT_SEARCH_BELOW] = "SELECT id FROM alert WHERE id < @below "
			      "ORDER BY id DESC LIMIT @max",

	/* related */
	[STMT_RELATED_OF] = "SELECT seen_ms, incident, resource_id, "
			    "techniques FROM alert WHERE id = @id",
	[STMT_INCIDENT_COUNT] = THING_COUNT("id", INCIDENT),
	[STMT_INCIDENT_BEFORE] = THING_BEFORE("id", INCIDENT),
	[STMT_INCIDENT_AFTER] = THING_AFTER("id", INCIDENT),
	[STMT_RESOURCE_COUNT] = THING_COUNT("id", RESOURCE),
	[STMT_RESOURCE_BEFORE] = THING_BEFORE("id", RESOURCE),
	[STMT_RESOURCE_AFTER] = THING_AFTER("id", RESOURCE),
	[STMT_ENTITY_COUNT] = THING_COUNT("alert_id", ENTITY),
	[STMT_ENTITY_BEFORE] = THING_BEFORE("alert_id", ENTITY),
	[STMT_ENTITY_AFTER] = THING_AFTER("alert_id", ENTITY),
	[STMT_TECHNIQUE_COUNT] = THING_COUNT("rowid", TECHNIQUE),
	[STMT_TECHNIQUE_BEFORE] = THING_BEFORE("rowid", TECHNIQUE),
	[STMT_TECHNIQUE_AFTER] = THING_AFTER("rowid", TECHNIQUE),
};
