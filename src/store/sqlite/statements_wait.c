/*
 * The statements about what waits: bundles, silences, the files of alerts
 * whose clocks and ladders run, alerts that still fire at a target, and events
 * that are to be forwarded. As
 * statements.c, whose table has the rest. Numbers are those of core/:
 * bundle_outcome 0 waiting, 1 carried; noise_cause 1 digest, 2 import, 3 group,
 * 7 storm; clock_kind 0 triage.
 *
 * tested with: test_look
 */
#include "store/sqlite/statements_priv.h"

/* A bundle with what waits in it; the where clause follows. */
#define BUNDLE_ROW                                                             \
	"SELECT b.id, b.cause, b.name, b.target, b.opened_ms, b.due_ms, "      \
	"(SELECT max(a.severity) FROM bundle_entry AS e "                      \
	"JOIN alert AS a ON a.id = e.alert_id "                                \
	"WHERE e.bundle_id = b.id AND e.outcome = 0), "                        \
	"(SELECT count(DISTINCT e.alert_id) FROM bundle_entry AS e "           \
	"WHERE e.bundle_id = b.id AND e.outcome = 0) FROM bundle AS b "

#define SILENCE_ROW                                                            \
	"SELECT id, author, reason, when_text, covers_critical, notify, "      \
	"created_ms, starts_ms, ends_ms, announced_ms, ended_ms, ended_by "    \
	"FROM silence "

#define CLOCK_INSERT                                                           \
	"INSERT INTO clock (alert_id, episode, kind, severity, policy, "       \
	"started_ms, due_ms, warned, breached_ms, stopped_ms, stopped_why, "   \
	"next_ms, held_ms, hold_until_ms, waited_ms, last_held_ms, "           \
	"unheld_ms) "                                                          \
	"VALUES (@alert, @episode, @kind, @severity, @policy, @started, "      \
	"@due, @warned, @breached, @stopped, @why, @next, @held, "             \
	"@hold_until, @waited, @last_held, @unheld) ON CONFLICT "

const char *const statement_wait_table[STMT_MAX] = {
	/* what still fires somewhere */
	[STMT_NOTICE_STANDING] =
		"SELECT a.id FROM alert AS a INDEXED BY alert_queue "
		"WHERE a.state < 2 AND (EXISTS ( "
		"SELECT 1 FROM delivery AS d INDEXED BY delivery_alert_id "
		"WHERE d.alert_id = a.id AND d.target = @target "
		"AND d.episode = a.episode AND d.state = 2) "
		"OR EXISTS (SELECT 1 FROM delivery_alert AS l "
		"INDEXED BY delivery_alert_alert "
		"JOIN delivery AS d ON d.id = l.delivery_id "
		"WHERE l.alert_id = a.id AND d.target = @target "
		"AND d.state = 2 AND d.sent_ms >= a.episode_ms))",

	/* bundles */
	[STMT_BUNDLE_PLACE] =
		"SELECT id, due_ms FROM bundle WHERE cause = @cause AND name = "
		"@name AND target = @target AND closed_ms IS NULL",
	[STMT_BUNDLE_OPEN] =
		"INSERT INTO bundle (cause, name, target, opened_ms, due_ms) "
		"VALUES (@cause, @name, @target, @now, @due)",
	[STMT_BUNDLE_FIND] =
		BUNDLE_ROW "WHERE b.cause = @cause AND b.name = @name "
			   "AND b.target = @target AND b.closed_ms IS NULL",
	[STMT_BUNDLE_ADD] =
		"INSERT INTO bundle_entry (bundle_id, alert_id, episode, kind, "
		"severity, step, transition, reason, added_ms) "
		"VALUES (@bundle, @alert, @episode, @kind, @severity, @step, "
		"@transition, @reason, @now) ON CONFLICT (bundle_id, alert_id, "
		"episode, kind, step, transition) DO NOTHING",
	[STMT_BUNDLE_DUE] =
		BUNDLE_ROW "WHERE b.due_ms <= @now AND b.closed_ms IS NULL "
			   "AND (b.cause = 7) = @storms "
			   "ORDER BY b.due_ms, b.id",
	[STMT_BUNDLE_GET] = BUNDLE_ROW "WHERE b.id = @bundle",
	[STMT_BUNDLE_WAITING] =
		"SELECT id, added_ms, alert_id, episode, kind, severity, step, "
		"transition, reason FROM bundle_entry INDEXED BY "
		"bundle_entry_waiting WHERE bundle_id = @bundle "
		"AND outcome = 0 ORDER BY alert_id, id",
	[STMT_BUNDLE_SETTLE] =
		"UPDATE bundle_entry SET outcome = @outcome, ended_ms = @now, "
		"ended_why = @why WHERE id = @entry AND outcome = 0",
	[STMT_BUNDLE_UNASK] =
		"UPDATE bundle_entry SET outcome = 3, ended_ms = @now, "
		"ended_why = @why WHERE alert_id = @alert AND step = @step "
		"AND transition BETWEEN @from AND @to AND outcome = 0",
	[STMT_BUNDLE_UNASK_ALL] =
		"UPDATE bundle_entry SET outcome = 3, ended_ms = @now, "
		"ended_why = @why WHERE step = @step AND transition % @states "
		"IN (@planned, @waiting) AND outcome = 0",
	[STMT_BUNDLE_LINK] =
		"INSERT INTO delivery_alert (delivery_id, alert_id) "
		"SELECT d.id, e.alert_id FROM delivery AS d "
		"JOIN bundle_entry AS e ON e.bundle_id = @bundle "
		"AND e.outcome = 0 "
		"WHERE d.id = @delivery AND d.alert_id IS NULL "
		"ON CONFLICT (delivery_id, alert_id) DO NOTHING",
	[STMT_BUNDLE_CARRY] =
		"UPDATE bundle_entry SET outcome = 1, ended_ms = @now, "
		"delivery_id = @delivery WHERE bundle_id = @bundle "
		"AND outcome = 0",
	[STMT_BUNDLE_CLOSE] = "UPDATE bundle SET closed_ms = @now "
			      "WHERE id = @bundle AND closed_ms IS NULL",
	[STMT_BUNDLE_DEFER] = "UPDATE bundle SET due_ms = @due "
			      "WHERE id = @bundle AND closed_ms IS NULL",
	[STMT_BUNDLE_HASTEN] = "UPDATE bundle SET due_ms = min(due_ms, @now) "
			       "WHERE cause = @cause AND closed_ms IS NULL "
			       "AND (@name IS NULL OR name = @name)",
	[STMT_BUNDLE_COUNT] =
		"SELECT count(DISTINCT e.alert_id) FROM bundle AS b "
		"JOIN bundle_entry AS e ON e.bundle_id = b.id AND e.outcome = "
		"0 WHERE b.cause = @cause AND b.name = @name "
		"AND b.closed_ms IS NULL",
	[STMT_BUNDLE_PAST] =
		"SELECT max(d.id) AS id, d.alert_id, d.target, d.kind, "
		"d.severity, 0, ifnull(b.cause, (SELECT o.cause FROM "
		"bundle_entry AS e JOIN bundle AS o ON o.id = e.bundle_id "
		"WHERE e.delivery_id = d.id)), b.name, d.created_ms AS at "
		"FROM delivery AS d LEFT JOIN bundle AS b ON b.id = "
		"d.bundle_id WHERE d.id > (SELECT ifnull(max(id), 0) - @max "
		"FROM delivery) AND d.created_ms BETWEEN @since AND @until "
		"AND d.kind <= 8 "
		"GROUP BY d.target, d.alert_id, d.bundle_id, d.kind, d.step, "
		"d.created_ms UNION ALL "
		"SELECT 0, e.alert_id, b.target, e.kind, e.severity, b.cause, "
		"0, b.name, e.added_ms FROM bundle_entry AS e "
		"JOIN bundle AS b ON b.id = e.bundle_id "
		"WHERE e.id > (SELECT ifnull(max(id), 0) - @max FROM "
		"bundle_entry) AND e.added_ms BETWEEN @since AND @until "
		"AND b.cause IN (3, 7) "
		"ORDER BY at, id",

	[STMT_BUNDLE_NEXT] =
		"SELECT min(due_ms) FROM bundle WHERE closed_ms IS NULL",

	/* silences */
	[STMT_SILENCE_ADD] =
		"INSERT INTO silence (author, reason, when_text, "
		"covers_critical, notify, created_ms, starts_ms, ends_ms) "
		"VALUES (@author, @reason, @when, @critical, @notify, "
		"@created, @starts, @ends) RETURNING id",
	[STMT_SILENCE_OPEN] = SILENCE_ROW "WHERE ended_ms IS NULL ORDER BY id",
	[STMT_SILENCE_GET] = SILENCE_ROW "WHERE id = @id",
	[STMT_SILENCE_ANNOUNCED] = "UPDATE silence SET announced_ms = @now "
				   "WHERE id = @id AND announced_ms IS NULL",
	[STMT_SILENCE_END] = "UPDATE silence SET ended_ms = @now, "
			     "ended_by = @by WHERE id = @id "
			     "AND ended_ms IS NULL",

	/* cases */
	[STMT_CASE_CLOCKS] =
		"SELECT alert_id, episode, kind, severity, policy, started_ms, "
		"due_ms, breached_ms, stopped_ms, held_ms, hold_until_ms, "
		"waited_ms, warned, next_ms, last_held_ms, unheld_ms FROM "
		"clock "
		"WHERE alert_id = @alert AND episode = @episode ORDER BY kind",
	[STMT_CASE_LADDERS] =
		"SELECT alert_id, episode, route, started_ms, step, repeat, "
		"next_ms, stopped_ms, when_hash FROM ladder "
		"WHERE alert_id = @alert AND episode = @episode ORDER BY route",
	[STMT_CASE_CLOCK_ADD] = CLOCK_INSERT "DO NOTHING",
	[STMT_CASE_CLOCK_PUT] = CLOCK_INSERT
	"(alert_id, episode, kind) DO UPDATE SET "
	"severity = excluded.severity, policy = excluded.policy, "
	"started_ms = excluded.started_ms, due_ms = excluded.due_ms, "
	"warned = excluded.warned, "
	"breached_ms = ifnull(breached_ms, excluded.breached_ms), "
	"stopped_ms = excluded.stopped_ms, stopped_why = "
	"iif(excluded.stopped_ms IS NULL, NULL, "
	"ifnull(stopped_why, excluded.stopped_why)), "
	"next_ms = excluded.next_ms, held_ms = excluded.held_ms, "
	"hold_until_ms = excluded.hold_until_ms, "
	"waited_ms = excluded.waited_ms, "
	"last_held_ms = excluded.last_held_ms, "
	"unheld_ms = excluded.unheld_ms",
	[STMT_CASE_LADDER_PUT] =
		"INSERT INTO ladder (alert_id, episode, route, started_ms, "
		"step, repeat, next_ms, stopped_ms, stopped_why, when_hash) "
		"VALUES (@alert, @episode, @route, @started, @step, @repeat, "
		"@next, @stopped, @why, @when) "
		"ON CONFLICT (alert_id, episode, route) DO UPDATE SET "
		"started_ms = excluded.started_ms, step = excluded.step, "
		"repeat = excluded.repeat, next_ms = excluded.next_ms, "
		"when_hash = excluded.when_hash, "
		"stopped_ms = excluded.stopped_ms, stopped_why = "
		"iif(excluded.stopped_ms IS NULL, NULL, "
		"ifnull(stopped_why, excluded.stopped_why))",
	/* A backlog is walked in slices: no more than asked for of each. */
	[STMT_CASE_DUE] =
		"SELECT id, min(at) FROM ( "
		"SELECT * FROM (SELECT alert_id AS id, next_ms AS at FROM "
		"clock WHERE next_ms <= @now ORDER BY next_ms LIMIT @max) "
		"UNION ALL SELECT * FROM (SELECT alert_id, next_ms FROM ladder "
		"WHERE next_ms <= @now ORDER BY next_ms LIMIT @max) "
		"UNION ALL SELECT * FROM (SELECT id, acknowledge_expires_ms "
		"FROM alert WHERE acknowledge_expires_ms <= @now ORDER BY "
		"acknowledge_expires_ms LIMIT @max)) "
		"GROUP BY id ORDER BY min(at), id LIMIT @max",
	[STMT_CASE_OPEN] = "SELECT id FROM alert WHERE state < 2 "
			   "ORDER BY severity DESC, urgency_ms, id",
	[STMT_CASE_OPEN_OF] = "SELECT id FROM alert INDEXED BY alert_queue "
			      "WHERE state < 2 AND kind = @kind",
	[STMT_CASE_NEXT] =
		"SELECT min(at) FROM ( "
		"SELECT min(next_ms) AS at FROM clock WHERE next_ms IS NOT "
		"NULL UNION ALL SELECT min(next_ms) FROM ladder WHERE next_ms "
		"IS NOT NULL UNION ALL SELECT min(acknowledge_expires_ms) "
		"FROM alert WHERE acknowledge_expires_ms IS NOT NULL)",
	[STMT_CASE_LADDER_BEHIND] =
		"SELECT alert_id, episode, route, started_ms, step, repeat, "
		"next_ms, stopped_ms, when_hash FROM ladder "
		"WHERE (alert_id, episode, route) > (@alert, @episode, @route) "
		"AND started_ms >= @since "
		"ORDER BY alert_id, episode, route LIMIT 1",
	/* Kinds: 0 opened, 1 escalated, 2 updated, 7 re-opened. */
	[STMT_CASE_STEP_TRACES] =
		"SELECT step FROM delivery WHERE alert_id = @alert AND "
		"episode = @episode AND created_ms >= @started AND kind IN "
		"(0, 1, 2, 7) "
		"UNION SELECT step FROM bundle_entry WHERE alert_id = @alert "
		"AND episode = @episode AND added_ms >= @started AND kind IN "
		"(0, 1, 2, 7) "
		"UNION SELECT detail ->> 'step' - 1 FROM event WHERE alert_id "
		"= @alert AND at_ms >= @started AND kind = 'step-skipped' AND "
		"detail ->> 'route' = @route AND at_ms < ifnull((SELECT "
		"min(started_ms) FROM ladder WHERE alert_id = @alert AND "
		"episode > @episode), 9223372036854775807)",

	/* forwards */
	[STMT_FORWARD_PUT] =
		"INSERT INTO forward (name, configured, event_id, since_ms) "
		"VALUES (@name, 1, iif(@beginning, 0, "
		"(SELECT ifnull(max(id), 0) FROM event)), @now) "
		"ON CONFLICT (name) DO UPDATE SET configured = 1",
	[STMT_FORWARD_GET] = "SELECT event_id, n_forwarded, forwarded_ms "
			     "FROM forward WHERE name = @name",
	[STMT_FORWARD_UNLIST] = "UPDATE forward SET configured = 0",
	[STMT_FORWARD_ADVANCE] =
		"UPDATE forward SET event_id = @event, "
		"n_forwarded = n_forwarded + @n, forwarded_ms = @now, "
		"error = NULL, error_ms = NULL "
		"WHERE name = @name AND event_id < @event",
	[STMT_FORWARD_ERROR] = "UPDATE forward SET error = @error, "
			       "error_ms = @now WHERE name = @name",
	[STMT_FORWARD_LAST] = "SELECT ifnull(max(id), 0) FROM event",
	[STMT_FORWARD_EVENTS] =
		"SELECT id, alert_id, at_ms, actor, kind, detail, hash "
		"FROM event WHERE id > @after ORDER BY id LIMIT @max",
};
