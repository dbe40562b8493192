/*
 * The text of search_alerts(). Called by search.c; as questions.c, which has
 * the ready questions.
 *
 * tested with: test_search
 */
#include "store/sqlite/questions_priv.h"

/*
 * hit: the newest matches. judged: those that are asked for. best: the first of
 * them; of who has the name SEARCH_NAMED knows no place, so it tells nothing in
 * the others either. Column numbers and names are those of enum search_column.
 */
#define SEARCH(hit, judged)                                                    \
	"WITH hit (id, score, place) AS MATERIALIZED (" hit                    \
	"ORDER BY 1 DESC LIMIT @depth), "                                      \
	"judged (id, is_named, score, place, is_closed) AS MATERIALIZED "      \
	"(" judged "), "                                                       \
	"best (id, is_named, score, place, is_closed) AS MATERIALIZED ("       \
	"SELECT id, is_named, iif(is_named, 0, score), "                       \
	"iif(is_named AND @path IS NULL, 1, place), is_closed "                \
	"FROM judged AS h "                                                    \
	"ORDER BY 2 DESC, 3 DESC, 5, 1 DESC LIMIT @limit) "                    \
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
	"ORDER BY b.is_named DESC, b.score DESC, b.is_closed, b.id DESC"

/* By the full text index. */
#define WORDS                                                                  \
	"SELECT rowid, search_score(alert_search, @hints), "                   \
	"search_place(alert_search, @hints) "                                  \
	"FROM alert_search WHERE alert_search MATCH @match "
/* Of open ones by their index, which holds nothing else: the + keeps the engine
 * from asking the full text index for one after the other. */
#define WORDS_OPEN                                                             \
	WORDS "AND +rowid IN (SELECT id FROM alert "                           \
	      "INDEXED BY alert_queue WHERE state < 2) "
/*
 * Oldest first, if the depth holds them all: to leap backwards in a long list
 * the engine counts its pages from the first one each time.
 */
#define WORDS_RARE                                                             \
	"WITH up AS MATERIALIZED (" WORDS "ORDER BY 1 LIMIT @depth) "          \
	"SELECT * FROM up WHERE (SELECT count(*) FROM up) < @depth "           \
	"UNION ALL SELECT * FROM (" WORDS "ORDER BY 1 DESC LIMIT ("            \
	"SELECT iif(count(*) < @depth, 0, @depth) FROM up)) "

/*
 * What the whole text is the name of: an account, a machine, an address. The
 * same name may be of several kinds, and there is an index for one at a time.
 */
#define THINGS "SELECT id FROM thing WHERE lower(value) = lower(@name) "
#define OF_THING(n)                                                            \
	"SELECT * FROM (SELECT alert_id FROM entity INDEXED BY entity_thing "  \
	"WHERE thing_id = (" THINGS "ORDER BY id LIMIT 1 OFFSET " n ") "       \
	"ORDER BY alert_id DESC LIMIT @depth) "
#define OF_THINGS OF_THING("0") "UNION " OF_THING("1") "UNION " OF_THING("2")

#define IS_NAMED                                                               \
	"EXISTS (SELECT 1 FROM entity AS e INDEXED BY entity_thing "           \
	"WHERE e.thing_id IN (" THINGS ") AND e.alert_id = h.id) "

#define IN_RESOURCE "instr(lower(a.resource_id), lower(@path)) "
#define IN_ENTITIES                                                            \
	"EXISTS (SELECT 1 FROM entity AS e CROSS JOIN thing AS t "             \
	"ON t.id = e.thing_id WHERE e.alert_id = h.id "                        \
	"AND instr(lower(t.value), lower(@path))) "

/* Their rows are looked at. A path is shown where it is whole. */
#define SOME                                                                   \
	"SELECT a.id, " IS_NAMED ", h.score, CASE WHEN @path IS NULL "         \
	"OR h.place NOT IN (1, 2) THEN h.place WHEN " IN_RESOURCE "THEN 2 "    \
	"ELSE 1 END, a.state = 2 "                                             \
	"FROM hit AS h CROSS JOIN alert AS a ON a.id = h.id WHERE " SELECTED   \
	"AND (@path IS NULL OR " IN_RESOURCE "OR " IN_ENTITIES ") "
/*
 * Only which ones are open matters. Thousands of rows cost more than the
 * matches did: unless very many are open, to know all of them is cheaper.
 */
#define EACH(is_named)                                                         \
	"SELECT h.id, " is_named ", h.score, h.place, CASE WHEN ("             \
	"SELECT sum(n) FROM alert_count WHERE state < 2) <= 20000 "            \
	"THEN h.id NOT IN (SELECT id FROM alert INDEXED BY alert_queue "       \
	"WHERE state < 2) "                                                    \
	"ELSE (SELECT a.state = 2 FROM alert AS a WHERE a.id = h.id) END "     \
	"FROM hit AS h "

const char *const question_search_text[SEARCH_AMONG_MAX] = {
	[SEARCH_EACH] = SEARCH(WORDS, EACH(IS_NAMED)),
	[SEARCH_RARE] = SEARCH(WORDS_RARE, EACH(IS_NAMED)),
	[SEARCH_SOME] = SEARCH(WORDS, SOME),
	[SEARCH_OPEN] = SEARCH(WORDS_OPEN, SOME),
	/* Each has the words, and nothing is before it. */
	[SEARCH_NAMED] = SEARCH("SELECT alert_id, 0, 1 FROM (" OF_THINGS ") ",
				EACH("1")),
};

const char *const question_search_named =
	"SELECT CASE (SELECT count(*) FROM (" THINGS "LIMIT 4)) WHEN 0 THEN 0 "
	"WHEN 1 THEN (SELECT count(*) FROM (" OF_THING(
		"0") ")) "
		     "WHEN 4 THEN 0 ELSE (SELECT count(*) FROM (" OF_THINGS
		     ")) END";
