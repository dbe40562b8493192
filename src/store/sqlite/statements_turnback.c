/*
 * The statements that move waits when the clock was set back; see waits.c. As
 * statements.c, whose table has the rest. @now is what the clock shows, @by how
 * far it was set back. Numbers are those of core/: clock_kind 0 triage,
 * notice_state 1 leased 4 dead,
 * notice_kind 1 escalated 4 warning 6 closed, alert_state 0 open 1
 * acknowledged, noise_cause 1 digest, 2 import.
 *
 * tested with: test_waits
 */
#include "store/sqlite/statements_priv.h"

#include <stddef.h>

#define UNHELD_AHEAD "(unheld_ms > @now AND last_held_ms <= @now)"

const char *const statement_turnback_table[STMT_MAX] = {
	[STMT_WAIT_URGENCY] =
		"UPDATE alert SET urgency_ms = urgency_ms - @by "
		"FROM clock AS c INDEXED BY clock_running "
		"WHERE c.stopped_ms IS NULL AND c.due_ms > @now "
		"AND c.started_ms > @now AND c.kind = 0 "
		"AND alert.id = c.alert_id AND alert.episode = c.episode "
		"AND alert.urgency_ms = c.due_ms",
	[STMT_WAIT_ACKNOWLEDGE] =
		"UPDATE alert SET acknowledge_expires_ms = "
		"acknowledge_expires_ms - @by "
		"WHERE acknowledge_expires_ms > @now AND acknowledged_ms > "
		"@now AND acknowledge_expires_ms >= acknowledged_ms",
	/* One that began before may have been put on hold since, or been on
	 * hold until then: that it waited for as long as the clock was ahead
	 * is in its due time. */
	[STMT_WAIT_CLOCK] =
		"UPDATE clock SET "
		"started_ms = iif(started_ms > @now, started_ms - @by, "
		"started_ms), "
		"due_ms = iif(started_ms > @now OR " UNHELD_AHEAD
		", due_ms - @by, due_ms), "
		"waited_ms = iif(" UNHELD_AHEAD
		", waited_ms - @by, waited_ms), "
		"unheld_ms = iif(" UNHELD_AHEAD
		", unheld_ms - @by, unheld_ms), "
		"held_ms = iif(held_ms > @now, held_ms - @by, held_ms), "
		"hold_until_ms = iif(held_ms > @now, hold_until_ms - @by, "
		"hold_until_ms), next_ms = next_ms - @by "
		"WHERE stopped_ms IS NULL "
		"AND (started_ms > @now OR held_ms > @now OR " UNHELD_AHEAD ")",
	[STMT_WAIT_CLOCKS] =
		"SELECT alert_id, kind, severity FROM clock INDEXED BY "
		"clock_running WHERE stopped_ms IS NULL AND breached_ms IS "
		"NULL AND started_ms > @now ORDER BY alert_id",
	[STMT_WAIT_LADDER] = "UPDATE ladder SET started_ms = started_ms - @by, "
			     "next_ms = next_ms - @by "
			     "WHERE next_ms IS NOT NULL AND started_ms > @now",
	/* Who holds a lease settles it himself. */
	[STMT_WAIT_NOTICE] =
		"UPDATE delivery SET "
		"next_ms = iif(next_ms > @now, max(next_ms - @by, @now), "
		"next_ms), "
		"not_before_ms = iif(not_before_ms > @now, "
		"max(not_before_ms - @by, @now), not_before_ms), "
		"expires_ms = iif(created_ms > @now AND expires_ms >= "
		"created_ms, expires_ms - @by, expires_ms) "
		"WHERE next_ms IS NOT NULL AND state <> 1 AND (next_ms > @now "
		"OR (created_ms > @now AND expires_ms >= created_ms))",
	/* Given up for an age that nothing has. What became of its alert
	 * meanwhile has overtaken some of it, as it overtakes what is owed. */
	[STMT_WAIT_TOO_OLD] =
		"UPDATE delivery INDEXED BY delivery_dead SET state = 0, "
		"next_ms = @now, given_up_ms = NULL, last_error = "
		"iif(last_error = 'expired', NULL, "
		"substr(last_error, 10, length(last_error) - 10)) "
		"WHERE @by > 0 AND state = 4 AND created_ms <= @now AND "
		"expires_ms > @now "
		"AND given_up_ms > @now AND (last_error = 'expired' OR "
		"last_error GLOB 'expired (*)') "
		"AND (alert_id IS NULL OR EXISTS (SELECT 1 FROM alert AS a "
		"WHERE a.id = alert_id AND a.episode = delivery.episode AND "
		"CASE a.state WHEN 0 THEN 1 WHEN 1 THEN delivery.kind NOT IN "
		"(1, 4) "
		"ELSE delivery.kind = 6 END))",
	/* What is held for a cause that lasts is judged anew when it is due;
	 * a digest is due at a time of day. */
	[STMT_WAIT_BUNDLE] =
		"UPDATE bundle SET due_ms = due_ms - @by "
		"WHERE closed_ms IS NULL AND ((opened_ms > @now AND due_ms >= "
		"opened_ms) OR (cause NOT IN (1, 2) AND due_ms > @now + "
		"@by))",
	[STMT_WAIT_SILENCE] = "UPDATE silence SET starts_ms = starts_ms - @by, "
			      "ends_ms = ends_ms - @by WHERE ended_ms IS NULL "
			      "AND created_ms > @now AND ends_ms >= created_ms",
	[STMT_WAIT_DRILL] = "UPDATE drill SET ends_ms = ends_ms - @by "
			    "WHERE ended_ms IS NULL AND started_ms > @now "
			    "AND ends_ms >= started_ms",
	/* Who runs one writes none of these but not_before_ms. */
	[STMT_WAIT_RESPONSE] =
		"UPDATE response SET "
		"not_before_ms = iif(state <> 3 AND not_before_ms > @now, "
		"max(not_before_ms - @by, @now), not_before_ms), "
		"remind_ms = iif(planned_ms > @now AND remind_ms >= "
		"planned_ms, remind_ms - @by, remind_ms), "
		"since_ms = iif(ifnull(since_ms, approved_ms) > @now, "
		"ifnull(since_ms, approved_ms) - @by, since_ms), "
		"expires_ms = iif(ifnull(approved_ms, planned_ms) > @now AND "
		"expires_ms >= ifnull(approved_ms, planned_ms), "
		"expires_ms - @by, expires_ms) "
		"WHERE finished_ms IS NULL "
		"AND ((state <> 3 AND not_before_ms > @now) "
		"OR ifnull(since_ms, approved_ms) > @now "
		"OR (ifnull(approved_ms, planned_ms) > @now AND expires_ms >= "
		"ifnull(approved_ms, planned_ms)))",
};
