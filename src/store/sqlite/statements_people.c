/*
 * The statements for what people do to an alert: take it, own it, work on it,
 * find out about it, close it, open it again. As statements.c, whose table has
 * the rest. Numbers are those of core/: alert_state 0 open, 1 acknowledged, 2
 * closed; phase 0 detect, 1 triage.
 *
 * tested with: test_alerts_people test_evidence_rows
 */
#include "store/sqlite/statements_priv.h"

/* A fetch with its own seal, and the one that the log of events has of it. */
#define EVIDENCE_SEAL                                                          \
	"SELECT f.id, f.hash, (SELECT json_extract(e.detail, "                 \
	"'$.sha256') FROM event AS e WHERE e.alert_id = f.alert_id "           \
	"AND e.kind = 'evidence' AND json_extract(e.detail, "                  \
	"'$.fetch') = f.id), f.alert_id, f.fetched_ms, f.fetched_by "          \
	"FROM evidence_fetch AS f "

/* State 2: a receiver accepted it. Kinds: 0 opened, 1 escalated, 2 updated, 7
 * re-opened, 8 digest; the others follow what was told. */
#define TOLD_OF(alert)                                                         \
	"FROM delivery AS d WHERE d.state = 2 AND d.kind IN (0, 1, 2, 7, 8) "  \
	"AND (d.alert_id = " alert " OR d.id IN (SELECT delivery_id "          \
	"FROM delivery_alert WHERE alert_id = " alert "))"

const char *const statement_people_table[STMT_MAX] = {
	[STMT_ALERT_ACKNOWLEDGE] =
		"UPDATE alert SET state = 1, phase = max(phase, 1), version = "
		"version + 1, "
		"updated_ms = @now, acknowledged_ms = @now, acknowledged_by = "
		"@who, "
		"acknowledge_note = @note, acknowledge_expires_ms = @expires "
		"WHERE id = @id AND state < 2",
	[STMT_ALERT_UNACKNOWLEDGE] =
		"UPDATE alert SET state = 0, version = version + 1, "
		"updated_ms = @now, "
		"acknowledged_ms = NULL, acknowledge_expires_ms = NULL "
		"WHERE id = @id AND state = 1",
	[STMT_ALERT_CLOSE] =
		"UPDATE alert SET state = 2, version = version + 1, "
		"updated_ms = @now, "
		"closed_ms = @now, closed_by = @who, close_note = @note, "
		"verdict = @verdict, "
		"acknowledge_expires_ms = NULL WHERE id = @id AND state < 2",
	[STMT_ALERT_ASSIGN] =
		"UPDATE alert SET version = version + 1, updated_ms = @now, "
		"owner = @owner, assigned_by = iif(@owner IS NULL, NULL, "
		"@who) WHERE id = @id AND state < 2",
	[STMT_ALERT_PHASE] =
		"UPDATE alert SET version = version + 1, updated_ms = @now, "
		"phase = @phase, confirmed = severity "
		"WHERE id = @id AND state < 2",
	[STMT_ALERT_TRIAGED] =
		"UPDATE alert SET state = 1, phase = max(phase, 1), "
		"acknowledged_by = iif(state = 1, acknowledged_by, @who), "
		"acknowledge_note = iif(state = 1, acknowledge_note, @note), "
		"acknowledged_ms = ifnull(acknowledged_ms, @now), "
		"acknowledge_expires_ms = NULL WHERE id = @id AND state < 2",
	[STMT_ALERT_LET_GO] =
		"UPDATE alert SET acknowledge_expires_ms = @expires "
		"WHERE id = @id AND state = 1 AND acknowledge_expires_ms IS "
		"NULL",
	[STMT_ALERT_TOUCH] =
		"UPDATE alert SET version = version + 1, updated_ms = @now "
		"WHERE id = @id AND state < 2",
	[STMT_ALERT_IS_ADOPTED] =
		"SELECT EXISTS (SELECT 1 FROM event WHERE alert_id = @id AND "
		"kind IN ('imported', 'imported-closed'))",
	/* Without an end: nothing here would escalate after it. */
	[STMT_ALERT_ADOPT] =
		"UPDATE alert SET state = @state, phase = @phase, "
		"historical = 1, version = version + 1, updated_ms = @now, "
		"owner = @owner, assigned_by = @assigned_by, "
		"confirmed = iif(@confirmed, severity, NULL), "
		"acknowledged_ms = @acknowledged, acknowledged_by = "
		"@acknowledged_by, acknowledge_note = @acknowledge_note, "
		"acknowledge_expires_ms = NULL, closed_ms = @closed, "
		"closed_by = @closed_by, close_note = @close_note, "
		"verdict = @verdict WHERE id = @id",
	[STMT_ALERT_IS_DUPLICATE] =
		"SELECT NOT EXISTS (SELECT 1 FROM origin WHERE alert_id = "
		"@id)",
	[STMT_ALERT_REOPEN] =
		"UPDATE alert SET state = 0, phase = 0, version = version + "
		"1, updated_ms = @now, episode = episode + 1, episode_ms = "
		"@now, acknowledged_ms = NULL, acknowledged_by = NULL, "
		"acknowledge_note = NULL, closed_ms = NULL, closed_by = NULL, "
		"close_note = NULL, verdict = 0, historical = 0, "
		"confirmed = NULL, urgency_ms = 9223372036854775807 "
		"WHERE id = @id AND state = 2",
	[STMT_DRILL_ADD] =
		"INSERT INTO drill (asked_by, reason, severity, with_hooks, "
		"started_ms, ends_ms) VALUES (@who, @reason, @severity, "
		"@hooks, @started, @ends) RETURNING id",
	[STMT_DRILL_BIND] = "UPDATE drill SET alert_id = @alert WHERE id = @id",
	[STMT_DRILL_RUNNING] =
		"SELECT id, alert_id, asked_by, reason, severity, with_hooks, "
		"started_ms, ends_ms FROM drill WHERE ended_ms IS NULL "
		"ORDER BY id LIMIT 1",
	[STMT_DRILL_NEXT] =
		"SELECT iif(a.state = 2 OR (a.state = 1 AND EXISTS (SELECT "
		"1 " TOLD_OF("r.alert_id") ")), 1, r.ends_ms) "
					   "FROM drill AS r LEFT JOIN alert AS "
					   "a ON a.id = r.alert_id "
					   "WHERE r.ended_ms IS NULL ORDER BY "
					   "r.id LIMIT 1",
	[STMT_DRILL_TOLD] =
		"SELECT DISTINCT d.target " TOLD_OF("@alert") " ORDER BY 1",
	[STMT_DRILL_END] =
		"UPDATE drill SET ended_ms = @now, ended_by = @by, result = "
		"@result WHERE id = @id AND ended_ms IS NULL",
	[STMT_EVIDENCE_FETCH_ADD] =
		"INSERT INTO evidence_fetch (alert_id, kind, source, "
		"about_kind, about, from_ms, to_ms, most, n_unread, "
		"fetched_ms, fetched_by, trouble) VALUES (@alert, @kind, "
		"@source, @about_kind, @about, @from, @to, @most, @unread, "
		"@now, @who, @trouble)",
	[STMT_EVIDENCE_ADD] =
		"INSERT INTO evidence (alert_id, fetch_id, kind, native_id, "
		"at_ms, actor, ip, action, app, object, location, raw, "
		"clipped) VALUES (@alert, @fetch, @kind, @native, @at, "
		"@actor, @ip, @action, @app, @object, @location, @raw, "
		"@clipped) ON CONFLICT (alert_id, kind, native_id) DO NOTHING",
	[STMT_EVIDENCE_LINK] =
		"INSERT INTO evidence_found (fetch_id, evidence_id) "
		"SELECT @fetch, id FROM evidence WHERE alert_id = @alert AND "
		"kind = @kind AND native_id = @native "
		"ON CONFLICT (fetch_id, evidence_id) DO NOTHING",
	[STMT_EVIDENCE_WALK] =
		"SELECT e.kind, e.native_id, e.at_ms, e.actor, e.ip, e.action, "
		"e.app, e.object, e.location, e.clipped, e.raw "
		"FROM evidence_found AS f CROSS JOIN evidence AS e "
		"ON e.id = f.evidence_id WHERE f.fetch_id = @fetch "
		"ORDER BY f.evidence_id",
	[STMT_EVIDENCE_SEAL] =
		"UPDATE evidence_fetch SET n_found = @found, n_added = "
		"@added, hash = @hash WHERE id = @id",
	[STMT_EVIDENCE_SEALS] =
		EVIDENCE_SEAL "WHERE f.alert_id = @alert AND f.id > @after "
			      "ORDER BY f.id LIMIT 1",
	[STMT_EVIDENCE_ALL_SEALS] =
		EVIDENCE_SEAL "WHERE f.id > @after ORDER BY f.id LIMIT 1",
	/* Told by the log, and not removed together with its alert. */
	[STMT_EVIDENCE_LOST] =
		"SELECT e.alert_id, json_extract(e.detail, '$.fetch'), "
		"e.at_ms, e.actor FROM event AS e JOIN alert AS a "
		"ON a.id = e.alert_id WHERE e.kind = 'evidence' AND NOT EXISTS "
		"(SELECT 1 FROM evidence_fetch AS f WHERE f.id = "
		"json_extract(e.detail, '$.fetch') AND f.alert_id = "
		"e.alert_id) ORDER BY e.id LIMIT 1",
};
