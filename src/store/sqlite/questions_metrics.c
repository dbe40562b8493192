/*
 * What only the metrics ask. A scrape comes every few seconds and the loop
 * waits for it, so none of these reads what grows: each is a seek along an
 * index for every name or level there is, or counts open work alone.
 *
 * tested with: test_look_metrics
 */
#include "store/sqlite/questions_priv.h"

const char *const question_metrics_text[QUESTION_MAX] = {
	[LOOK_WORST_OVERDUE] =
		"WITH level (number, name) AS (VALUES (4, 'critical'), "
		"(3, 'high'), (2, 'medium'), (1, 'low')) "
		"SELECT l.name AS severity, max(ifnull(@now - ("
		"SELECT a.urgency_ms FROM alert AS a INDEXED BY alert_queue "
		"WHERE a.severity = l.number AND a.state < 2 "
		"AND a.kind <> 'drill' "
		"ORDER BY a.urgency_ms LIMIT 1), 0), 0) AS n FROM level AS l",
	/* Criticals and others each stand in their own order. */
	[LOOK_OLDEST_OWED] =
		"SELECT t.target, max(ifnull(max(@now - ("
		"SELECT d.created_ms FROM delivery AS d INDEXED BY "
		"delivery_owed WHERE d.target = t.target "
		"AND d.next_ms IS NOT NULL AND (d.severity = 4) = k.critical "
		"ORDER BY d.id LIMIT 1)), 0), 0) AS n "
		"FROM (SELECT DISTINCT target FROM delivery_count) AS t "
		"JOIN (SELECT 0 AS critical UNION ALL SELECT 1) AS k "
		"GROUP BY t.target",
	[LOOK_GAP_COUNTS] = "SELECT s.name AS source, count(*) AS n, "
			    "sum(g.to_ms - g.from_ms) AS ms "
			    "FROM gap AS g INDEXED BY gap_open "
			    "JOIN feed AS f ON f.id = g.feed_id "
			    "JOIN source AS s ON s.id = f.source_id "
			    "WHERE g.closed_ms IS NULL GROUP BY s.id",
	[LOOK_QUARANTINE_COUNTS] =
		"SELECT s.name AS source, (SELECT count(*) "
		"FROM quarantine AS q INDEXED BY quarantine_open "
		"WHERE q.source_id = s.id AND q.resolved_ms IS NULL) AS n "
		"FROM source AS s",
	[LOOK_HELD_COUNTS] =
		"SELECT CASE b.cause WHEN 1 THEN 'digest' WHEN 2 THEN 'import' "
		"WHEN 3 THEN 'group' WHEN 4 THEN 'silence' "
		"WHEN 5 THEN 'maintenance' WHEN 6 THEN 'quiet' "
		"WHEN 7 THEN 'storm' END AS cause, count(e.bundle_id) AS n "
		"FROM bundle AS b INDEXED BY bundle_open "
		"LEFT JOIN bundle_entry AS e INDEXED BY bundle_entry_waiting "
		"ON e.bundle_id = b.id AND e.outcome = 0 "
		"WHERE b.closed_ms IS NULL GROUP BY b.cause",
	[LOOK_RESPONSE_COUNTS] =
		"WITH level (number, name) AS (VALUES (0, 'planned'), "
		"(1, 'waiting'), (2, 'approved'), (3, 'running')) "
		"SELECT l.name AS state, (SELECT count(*) FROM response AS r "
		"INDEXED BY response_state WHERE r.state = l.number) AS n "
		"FROM level AS l",
	[LOOK_RESPONSE_ENDS] =
		"WITH level (number, name) AS (VALUES (4, 'done'), "
		"(5, 'failed'), (6, 'refused'), (7, 'expired')), "
		"act (number, name) AS (VALUES (0, 'revoke-sessions'), "
		"(1, 'suspend-user'), (2, 'restore-user'), (3, 'notify-user'), "
		"(4, 'dismiss'), (5, 'resolve'), (6, 'in-progress'), "
		"(7, 'activate'), (8, 'exec')) "
		"SELECT k.name AS action, l.name AS result, (SELECT count(*) "
		"FROM response AS r INDEXED BY response_state WHERE r.state = "
		"l.number AND r.action = k.number) AS n FROM act AS k "
		"JOIN level AS l",
	[LOOK_EVENT_COUNT] = "SELECT ifnull(max(id), 0) AS n FROM event",
	[LOOK_SILENCE_COUNT] =
		"SELECT count(*) AS n FROM silence WHERE ended_ms IS NULL "
		"AND starts_ms <= @now AND ends_ms > @now",
};
