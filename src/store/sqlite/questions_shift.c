/*
 * What happened between two moments, for who hands over and who takes over.
 * Called by look.c.
 *
 * The log has no index by time, which every event would pay for: its rows are
 * in order of time, so the first of a moment is found by halving, some twenty
 * seeks. Where a clock was put back a row may be found late; none is counted
 * that is not of the time asked for.
 *
 * tested with: test_look_shift
 */
#include "store/sqlite/questions_priv.h"

/* The number of the first event at @moment or later. */
#define FIRST_EVENT(moment)                                                    \
	"(WITH RECURSIVE cut(lo, hi) AS (SELECT "                              \
	"ifnull((SELECT min(id) FROM event), 1), "                             \
	"ifnull((SELECT max(id) FROM event), 0) + 1 UNION ALL SELECT "         \
	"iif(m.at_ms < " moment ", (lo + hi) / 2 + 1, lo), "                   \
	"iif(m.at_ms < " moment ", hi, (lo + hi) / 2) FROM cut "               \
	"CROSS JOIN event AS m ON m.id = (SELECT n.id FROM event AS n "        \
	"WHERE n.id >= (lo + hi) / 2 ORDER BY n.id LIMIT 1) "                  \
	"WHERE lo < hi) SELECT max(lo) FROM cut WHERE lo >= hi)"

#define OF_SHIFT                                                               \
	"FROM event AS e WHERE e.id >= " FIRST_EVENT(                          \
		"@since") " AND e.id < " FIRST_EVENT("@until") " AND e.at_ms " \
							       ">= @since "    \
							       "AND e.at_ms "  \
							       "< @until "

/* A drill is no work; that it woke people is told all the same. */
#define IS_REAL                                                                \
	"AND NOT EXISTS (SELECT 1 FROM alert AS x WHERE x.id = e.alert_id "    \
	"AND x.kind = 'drill') "

const char *const question_shift_text[QUESTION_MAX] = {
	/* Materialized, or it would sort whole events: a storm has many. */
	[LOOK_SHIFT_CAME] =
		"WITH came AS MATERIALIZED (SELECT e.kind AS kind, "
		"iif(e.kind = 'reopened', "
		"json_extract(e.detail, '$.severity_to'), "
		"json_extract(e.detail, '$.severity')) AS severity " OF_SHIFT
		"AND e.kind IN ('opened', 'seen-closed', 'reopened') " IS_REAL
		") "
		"SELECT kind, severity, count(*) AS n FROM came "
		"GROUP BY 1, 2",
	[LOOK_SHIFT_DONE] =
		"SELECT e.kind, e.actor, json_extract(e.detail, '$.as') "
		"AS verdict, count(*) AS n " OF_SHIFT
		"AND e.kind IN ('acknowledged', 'triaged', 'closed') " IS_REAL
		"GROUP BY 1, 2, 3 ORDER BY 1, n DESC, 2, 3",
	[LOOK_SHIFT_RESPONDED] =
		"SELECT v.* FROM (SELECT e.id, json_extract(e.detail, "
		"'$.response') AS response " OF_SHIFT
		"AND e.kind IN ('response-done', 'response-failed', "
		"'response-refused', 'response-expired') "
		"ORDER BY e.id LIMIT @limit) AS b "
		"CROSS JOIN v_responses AS v ON v.id = b.response "
		"ORDER BY b.id",
	[LOOK_SHIFT_BREACHED] =
		"SELECT a.id, a.severity, a.title, a.state, a.owner, "
		"a.acknowledged_by, "
		"ifnull(json_extract(b.detail, '$.clock'), 'triage') "
		"AS clock, b.at_ms AS breached_ms FROM (SELECT e.id, "
		"e.alert_id, e.at_ms, e.detail " OF_SHIFT
		"AND e.kind = 'sla-breached' " IS_REAL
		"ORDER BY e.id LIMIT @limit) AS b "
		"CROSS JOIN v_alerts AS a ON a.id = b.alert_id ORDER BY b.id",
	/* Night is 22:00 to 07:00 where this runs. */
	[LOOK_SHIFT_TOLD] =
		"SELECT d.target, d.recipient, count(*) AS n, "
		"count(*) FILTER (WHERE CAST(strftime('%H', d.sent_ms / "
		"1000, 'unixepoch', 'localtime') AS INTEGER) NOT BETWEEN 7 "
		"AND 21) AS night, "
		"count(*) FILTER (WHERE d.severity = 4) AS critical, "
		"max(d.sent_ms) AS last_ms "
		"FROM target AS t CROSS JOIN "
		"(SELECT 0 AS is_critical UNION ALL SELECT 1) AS k "
		"CROSS JOIN delivery AS d INDEXED BY delivery_sent "
		"ON d.target = t.name AND (d.severity = 4) = k.is_critical "
		"AND d.sent_ms IS NOT NULL AND d.sent_ms >= @since "
		"AND d.sent_ms < @until "
		"GROUP BY d.target, d.recipient ORDER BY n DESC, 1, 2 "
		"LIMIT @limit",
	[LOOK_SHIFT_TOTALS] = "SELECT (SELECT count(*) " OF_SHIFT
			      "AND e.kind = 'sla-breached' " IS_REAL
			      ") AS breached, "
			      "(SELECT ifnull(sum(n), 0) FROM delivery_count "
			      "WHERE state = 4) AS dead",
	/* Along the clocks that run, of which there are fewer than of alerts
	 * that are open. A holder is who acknowledged, or else the owner. */
	[LOOK_UNATTENDED] =
		"SELECT v.*, p.total FROM (SELECT a.id, count(*) OVER () AS "
		"total FROM clock AS c INDEXED BY clock_running "
		"CROSS JOIN alert AS a ON a.id = c.alert_id "
		"AND a.episode = c.episode "
		"WHERE c.stopped_ms IS NULL AND c.kind = 0 AND a.state < 2 "
		"AND a.kind <> 'drill' "
		"AND (c.due_ms < @now OR (ifnull(a.acknowledged_by, '') = '' "
		"AND ifnull(a.owner, '') = '')) "
		"ORDER BY a.severity DESC, a.urgency_ms, a.id LIMIT @limit) "
		"AS p CROSS JOIN v_alerts AS v ON v.id = p.id LIMIT @limit",
};
