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
#define SEARCH(among, best)                                                    \
	"WITH hit (id, score, place) AS MATERIALIZED ("                        \
	"SELECT rowid, search_score(alert_search), "                           \
	"search_place(alert_search) "                                          \
	"FROM alert_search WHERE alert_search MATCH @match " among             \
	"ORDER BY rowid DESC LIMIT @depth), "                                  \
	"best (id, score, place, is_closed) AS MATERIALIZED (" best            \
	"ORDER BY h.score DESC, is_closed, h.id DESC LIMIT @limit) "           \
	"SELECT v.id, v.severity, v.state, v.phase, v.owner, v.source, "       \
	"v.native_id, v.seen_at, v.seen_ms, v.title, v.entity, "               \
	"v.resource_id, CASE b.place WHEN 0 THEN 'title' "                     \
	"WHEN 1 THEN 'entities' WHEN 2 THEN 'resource' WHEN 3 THEN 'type' "    \
	"WHEN 4 THEN 'ids' WHEN 5 THEN 'tags' ELSE 'description' END "         \
	"AS match_in, search_excerpt(b.place, CASE b.place "                   \
	"WHEN 0 THEN t.title WHEN 1 THEN t.entities WHEN 2 THEN t.resource "   \
	"WHEN 3 THEN t.type WHEN 4 THEN t.ids WHEN 5 THEN t.tags "             \
	"ELSE t.description END, @any) AS match FROM best AS b "               \
	"CROSS JOIN v_alerts AS v ON v.id = b.id "                             \
	"CROSS JOIN alert_text AS t ON t.id = b.id "                           \
	"ORDER BY b.score DESC, b.is_closed, b.id DESC"

/* Their rows are looked at. */
#define SOME                                                                   \
	"SELECT a.id, h.score, h.place, a.state = 2 AS is_closed "             \
	"FROM hit AS h CROSS JOIN alert AS a ON a.id = h.id WHERE " SELECTED   \
	"AND (@path IS NULL OR instr(lower(a.resource_id), lower(@path))) "
/*
 * Only which ones are open matters. Thousands of rows cost more than the
 * matches did: unless very many are open, to know all of them is cheaper.
 */
#define EACH                                                                   \
	"SELECT h.id, h.score, h.place, CASE WHEN (SELECT sum(n) "             \
	"FROM alert_count WHERE state < 2) <= 20000 THEN h.id NOT IN ("        \
	"SELECT id FROM alert INDEXED BY alert_queue WHERE state < 2) "        \
	"ELSE (SELECT a.state = 2 FROM alert AS a WHERE a.id = h.id) "         \
	"END AS is_closed FROM hit AS h "

const char *const question_search_text[SEARCH_AMONG_MAX] = {
	[SEARCH_EACH] = SEARCH("", EACH),
	[SEARCH_SOME] = SEARCH("", SOME),
	[SEARCH_OPEN] = SEARCH("AND +rowid IN (SELECT id FROM alert "
			       "INDEXED BY alert_queue WHERE state < 2) ",
			       SOME),
};
