/*
 * Statements about responses. See statements_priv.h.
 *
 * tested with: test_responses
 */
#include "store/sqlite/statements_priv.h"

#include <stddef.h>

/* As response_read() takes them. */
#define RESPONSE_COLUMNS                                                       \
	"id, alert_id, episode, alert_version, action, state, subject, "       \
	"source, verdict, contain, asked_by, reason, planned_ms, "             \
	"expires_ms, approved_by, approved_ms, not_before_ms, lease_ms, "      \
	"attempts, called, found, finished_ms, ended_by, uncertain, answer, "  \
	"request_id, undoes, remind_ms, ifnull(since_ms, approved_ms) "

const char *const statement_respond_table[STMT_MAX] = {
	[STMT_RESPONSE_ADD] =
		"INSERT INTO response (alert_id, episode, alert_version, "
		"action, state, subject, source, verdict, contain, asked_by, "
		"reason, planned_ms, expires_ms, undoes, remind_ms) VALUES "
		"(@alert, "
		"@episode, @version, @action, @state, @subject, @source, "
		"@verdict, @contain, @asked_by, @reason, @planned, @expires, "
		"@undoes, @remind) RETURNING id",
	[STMT_RESPONSE_GET] =
		"SELECT " RESPONSE_COLUMNS "FROM response WHERE id = @id",
	/* A runner does not know that the clock was set back meanwhile. */
	[STMT_RESPONSE_MOVE] =
		"UPDATE response SET state = @to, "
		"expires_ms = iif(@from < 2, @expires, expires_ms), "
		"approved_by = @approved_by, approved_ms = @approved, "
		"not_before_ms = @not_before, lease_ms = @lease, attempts = "
		"@attempts, called = @called, found = @found, finished_ms = "
		"@finished, ended_by = @ended_by, uncertain = @uncertain, "
		"answer = @answer, request_id = @request, remind_ms = @remind "
		"WHERE id = @id AND "
		"state = @from",
	/* Of one subject one after the other, in the order of approval. */
	[STMT_RESPONSE_DUE] =
		"SELECT " RESPONSE_COLUMNS "FROM response AS r WHERE "
		"finished_ms IS NULL AND state = 2 AND "
		"ifnull(not_before_ms, 0) <= @now AND NOT EXISTS (SELECT 1 "
		"FROM response AS o WHERE o.finished_ms IS NULL AND o.subject "
		"= r.subject AND (o.state = 3 OR (o.state = 2 AND "
		"(o.approved_ms, o.id) < (r.approved_ms, r.id)))) ORDER BY "
		"approved_ms, id LIMIT 1",
	[STMT_RESPONSE_LAPSED] =
		"SELECT " RESPONSE_COLUMNS "FROM response WHERE finished_ms "
		"IS NULL AND state = 3 AND (@all OR lease_ms <= @now) ORDER "
		"BY id LIMIT 1",
	/* What was called is followed to its end. */
	[STMT_RESPONSE_EXPIRED] =
		"SELECT " RESPONSE_COLUMNS "FROM response WHERE finished_ms "
		"IS NULL AND state < 3 AND NOT called AND expires_ms <= @now "
		"ORDER BY id LIMIT 1",
	[STMT_RESPONSE_REMIND] =
		"SELECT " RESPONSE_COLUMNS "FROM response WHERE finished_ms "
		"IS NULL AND state = 1 AND remind_ms <= @now ORDER BY id "
		"LIMIT 1",
	/* Only a restore ends one and leaves the time: see 6 refused below. */
	[STMT_RESPONSE_TO_TELL] =
		"SELECT " RESPONSE_COLUMNS "FROM response INDEXED BY "
		"response_state WHERE state = 6 AND remind_ms IS NOT NULL "
		"ORDER BY id LIMIT 1",
	[STMT_RESPONSE_NEXT] =
		"SELECT min(CASE WHEN state = 3 THEN lease_ms WHEN state = 2 "
		"AND called THEN ifnull(not_before_ms, 1) WHEN state = 2 THEN "
		"min(expires_ms, ifnull(not_before_ms, 1)) ELSE "
		"min(expires_ms, ifnull(remind_ms, expires_ms)) "
		"END) FROM response WHERE finished_ms IS NULL",
	[STMT_RESPONSE_ITEM] =
		"SELECT r.raw FROM revision AS r JOIN source AS s ON s.id = "
		"r.source_id WHERE r.alert_id = @id AND s.kind = @kind AND "
		"r.raw IS NOT NULL ORDER BY r.revision DESC LIMIT 1",
	[STMT_RESPONSE_OTHER] =
		"SELECT id FROM response WHERE finished_ms IS NULL AND "
		"subject = @subject AND action = @action AND (@alert = 0 OR "
		"alert_id = @alert) ORDER BY id LIMIT 1",
	[STMT_RESPONSE_CHANGED] =
		"SELECT " RESPONSE_COLUMNS "FROM response WHERE subject = "
		"@subject AND state = 4 AND called AND (@actions >> action) & "
		"1 ORDER BY finished_ms DESC, id DESC LIMIT 1",
	[STMT_RESPONSE_RECENT] =
		"SELECT count(*) FROM response WHERE approved_ms > @since AND "
		"approved_ms <= @until AND (@actions >> action) & 1",
	/* Of a copy that an earlier release may have made: nothing is named
	 * that its rows lack. 6 refused. */
	[STMT_RESPONSE_RESTORED] =
		"UPDATE response SET state = 6, lease_ms = NULL, finished_ms "
		"= @now, ended_by = @who, uncertain = called OR @lost, answer "
		"= iif(called OR @lost, @unknown, @undone) WHERE id = (SELECT "
		"min(id) FROM response WHERE finished_ms IS NULL) RETURNING "
		"alert_id, id, action, subject, uncertain, answer",
	/* Behind the event of its plan; without that one, behind none. */
	[STMT_RESPONSE_SAME] =
		"SELECT NOT EXISTS (SELECT 1 FROM event WHERE alert_id = "
		"@alert AND id > ifnull((SELECT max(id) FROM event WHERE "
		"alert_id = @alert AND kind = 'response-planned' AND "
		"json_extract(detail, '$.response') = @id), 0) AND kind IN "
		"('updated', 'closed', 'reopened', 'merged', 'imported', "
		"'imported-closed'))",
};
