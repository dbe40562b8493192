/*
 * The text of search_alerts(). Called by search.c; as questions.c, which has
 * the ready questions.
 *
 * tested with: test_search
 */
#include "store/sqlite/questions_priv.h"

/*
 * hit: the newest matches; of open ones by their index, which holds nothing
 * else (the + keeps the engine from asking the full text index for one after
 * the other). best: those that are asked for, ranked. Column numbers and names
 * are those of enum search_column.
 */
#define SEARCH(among)                                                          \
	"WITH hit (id, score, place) AS MATERIALIZED ("                        \
	"SELECT rowid, search_score(alert_search), "                           \
	"search_place(alert_search) "                                          \
	"FROM alert_search WHERE alert_search MATCH @match " among             \
	"ORDER BY rowid DESC LIMIT @depth), "                                  \
	"best (id, score, place, state) AS MATERIALIZED ("                     \
	"SELECT a.id, h.score, h.place, a.state FROM hit AS h "                \
	"CROSS JOIN alert AS a ON a.id = h.id WHERE " SELECTED                 \
	"AND (@path IS NULL OR instr(lower(a.resource_id), lower(@path))) "    \
	"ORDER BY h.score DESC, a.state = 2, a.id DESC LIMIT @limit) "         \
	"SELECT v.id, v.severity, v.state, v.phase, v.owner, v.source, "       \
	"v.native_id, v.seen_at, v.seen_ms, v.title, v.entity, "               \
	"v.resource_id, CASE b.place WHEN 0 THEN 'title' "                     \
	"WHEN 1 THEN 'entities' WHEN 2 THEN 'resource' WHEN 3 THEN 'type' "    \
	"WHEN 4 THEN 'ids' WHEN 5 THEN 'tags' ELSE 'description' END "         \
	"AS match_in, snippet(alert_search, b.place, char(2), char(3), "       \
	"char(0x2026), 16) AS match FROM best AS b "                           \
	"CROSS JOIN alert_search ON alert_search.rowid = b.id "                \
	"AND alert_search MATCH @match "                                       \
	"CROSS JOIN v_alerts AS v ON v.id = b.id "                             \
	"ORDER BY b.score DESC, b.state = 2, b.id DESC"

const char *const question_search_text[SEARCH_AMONG_MAX] = {
	[SEARCH_ALL] = SEARCH(""),
	[SEARCH_OPEN] = SEARCH("AND +rowid IN (SELECT id FROM alert "
			       "INDEXED BY alert_queue WHERE state < 2) "),
};
