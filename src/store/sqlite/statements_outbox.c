/*
 * The statements of the outbox and of what is remembered about targets. As
 * statements.c, whose table has the rest. Numbers are those of core/:
 * notice_state 0 pending, 1 leased, 2 sent, 3 retry, 4 dead, 5 superseded;
 * notice_kind 0 opened, 1 escalated, 2 updated, 4 warning, 5 breached, 7
 * reopened, 8 digest, 9 test; severity 4 critical.
 *
 * tested with: test_outbox
 */
#include "store/sqlite/statements_priv.h"

/* In the order in which notice_read() reads them. */
#define NOTICE_COLUMNS                                                         \
	"d.id, d.alert_id, d.episode, d.target, d.recipient, d.kind, d.step, " \
	"d.severity, d.reason, d.key, d.attempts, d.created_ms, "              \
	"d.not_before_ms, d.expires_ms, d.maybe_duplicate, d.last_error, "     \
	"d.bundle_id "

/* An earlier notice of the same alert to the same person is not finished. */
#define BEHIND(what)                                                           \
	"EXISTS (SELECT 1 FROM delivery AS e INDEXED BY delivery_order "       \
	"WHERE e.alert_id = d.alert_id AND e.target = d.target "               \
	"AND e.recipient IS d.recipient AND e.next_ms IS NOT NULL "            \
	"AND e.id < d.id " what ") "
#define OVERTAKES BEHIND("")

const char *const statement_outbox_table[STMT_MAX] = {
	[STMT_NOTICE_PUT] =
		"INSERT INTO delivery (key, alert_id, episode, target, "
		"recipient, kind, step, "
		"severity, reason, state, attempts, created_ms, "
		"not_before_ms, expires_ms, "
		"next_ms, maybe_duplicate, last_error, bundle_id, transition) "
		"VALUES (@key, @alert, @episode, @target, @recipient, @kind, "
		"@step, "
		"@severity, @reason, 0, @attempts, @created, @not_before, "
		"@expires, "
		"@not_before, @maybe_duplicate, @last_error, @bundle, "
		"@transition) "
		"ON CONFLICT "
		"(key) DO NOTHING",
	[STMT_NOTICE_BY_KEY] = "SELECT id FROM delivery WHERE key = @key",
	[STMT_NOTICE_DUE] =
		"SELECT " NOTICE_COLUMNS
		"FROM delivery AS d INDEXED BY delivery_owed "
		"WHERE d.target = @target AND (d.severity = 4) = @critical "
		"AND d.next_ms IS NOT NULL AND +d.next_ms <= @now "
		"AND (NOT @tests OR d.kind = 9) "
		"AND d.state <> 1 AND NOT " OVERTAKES
		"ORDER BY d.id LIMIT @max",
	[STMT_NOTICE_LEASE] =
		"UPDATE delivery SET state = 1, next_ms = @until, attempts = "
		"attempts + 1 "
		"WHERE id = @id",
	[STMT_NOTICE_SETTLE] =
		"UPDATE delivery SET "
		"state = iif(@state = 3 AND withdrawn IS NOT NULL, 5, "
		"@state), "
		"next_ms = iif(@state = 3 AND withdrawn IS NULL, @not_before, "
		"NULL), "
		"not_before_ms = iif(@state = 3, @not_before, not_before_ms), "
		"sent_ms = iif(@state = 2, @now, NULL), "
		"given_up_ms = iif(@state = 4, @now, NULL), "
		"last_error = iif(@state = 3, coalesce(withdrawn, @error, "
		"last_error), "
		"ifnull(@error, last_error)) "
		"WHERE id = @id AND state <> 2 AND (next_ms IS NOT NULL OR "
		"@state = 2) "
		"RETURNING target",
	[STMT_NOTICE_RELEASE] =
		"UPDATE delivery SET state = iif(withdrawn IS NULL, 0, 5), "
		"next_ms = iif(withdrawn IS NULL, not_before_ms, NULL), "
		"attempts = max(attempts - 1, 0), last_error = "
		"ifnull(withdrawn, last_error) "
		"WHERE id = @id AND state = 1",
	[STMT_NOTICE_RECOVER] =
		"UPDATE delivery INDEXED BY delivery_next "
		"SET state = iif(withdrawn IS NULL, 0, 5), "
		"next_ms = iif(withdrawn IS NULL, @now, NULL), "
		"maybe_duplicate = 1, "
		"last_error = ifnull(withdrawn, last_error) "
		"WHERE next_ms IS NOT NULL AND state = 1 AND (@all OR next_ms "
		"<= @now)",
	/* Pauses double, give or take a quarter. */
	[STMT_NOTICE_HASTEN] =
		"UPDATE delivery AS d INDEXED BY delivery_next "
		"SET next_ms = @now WHERE next_ms > @now AND state = 3 "
		"AND (@target IS NULL OR target = @target) "
		"AND next_ms - @now <= max(min(@longest, "
		"@shortest << (min(max(attempts, 1), 16) - 1)) * 5 / 4, "
		"iif(EXISTS (SELECT 1 FROM target WHERE name = d.target "
		"AND refused_ms IS NOT NULL), @refused, 0))",
	[STMT_NOTICE_EXPIRE] =
		"UPDATE delivery INDEXED BY delivery_next "
		"SET state = 4, next_ms = NULL, given_up_ms = @now, "
		"last_error = "
		"'expired' || ifnull(' (' || last_error || ')', '') "
		"WHERE next_ms IS NOT NULL AND state <> 1 "
		"AND expires_ms <= @now",
	[STMT_NOTICE_EXPIRE_ONE] =
		"UPDATE delivery SET state = 4, next_ms = NULL, "
		"given_up_ms = @now, last_error = "
		"'expired' || ifnull(' (' || last_error || ')', '') "
		"WHERE id = @id",
	/* What failed before is the better half of why nobody was told. */
	[STMT_NOTICE_SUPERSEDE] =
		"UPDATE delivery SET state = 5, next_ms = NULL, last_error = "
		"@why || iif(state = 3 AND last_error IS NOT NULL, "
		"'; the last try: ' || last_error, '') "
		"WHERE alert_id = @alert AND episode = @episode AND next_ms "
		"IS NOT NULL "
		"AND state <> 1 AND (NOT @ladder OR kind IN (1, 4))",
	[STMT_NOTICE_WITHDRAW] =
		"UPDATE delivery SET withdrawn = @why "
		"WHERE alert_id = @alert AND episode = @episode AND next_ms "
		"IS NOT NULL "
		"AND state = 1 AND (NOT @ladder OR kind IN (1, 4))",
	[STMT_NOTICE_TOLD] =
		"SELECT target, recipient FROM delivery "
		"WHERE alert_id = @alert AND episode = @episode AND kind <> 9 "
		"AND (state IN (1, 2) OR maybe_duplicate "
		"OR (@maybe AND state IN (3, 5) AND attempts > 0)) "
		"UNION SELECT d.target, d.recipient FROM bundle_entry AS e "
		"JOIN bundle AS b ON b.id = e.bundle_id "
		"JOIN delivery AS d ON d.bundle_id = b.id "
		"WHERE e.alert_id = @alert AND e.episode = @episode "
		"AND e.outcome = 1 AND b.cause > 2 "
		"AND (d.state IN (1, 2) OR d.maybe_duplicate "
		"OR (@maybe AND d.state IN (3, 5) AND d.attempts > 0)) "
		"ORDER BY target, recipient",
	/* Of what calls somebody, and what says that somebody came. */
	[STMT_NOTICE_WAS_TAKEN] =
		"SELECT kind = 3 FROM delivery "
		"WHERE alert_id = @alert AND episode = @episode "
		"AND target = @target AND state = 2 AND id < @id "
		"AND (kind IN (0, 1, 3, 7) OR kind = 2 AND step >= 0) "
		"ORDER BY id DESC LIMIT 1",
	[STMT_NOTICE_SUMMARIES_OVER] =
		"SELECT DISTINCT d.key FROM bundle_entry AS e "
		"JOIN delivery AS d ON d.bundle_id = e.bundle_id "
		"WHERE e.alert_id = @alert AND e.episode = @episode "
		"AND e.outcome = 1 AND d.target = @target AND d.kind = 8 "
		"AND d.state = 2 AND NOT EXISTS (SELECT 1 FROM bundle_entry "
		"AS o JOIN alert AS a ON a.id = o.alert_id "
		"WHERE o.bundle_id = e.bundle_id AND o.outcome = 1 "
		"AND a.state <> 2) ORDER BY d.id DESC LIMIT 16",
	[STMT_NOTICE_TRIED] = "SELECT DISTINCT target, recipient FROM delivery "
			      "WHERE alert_id = @alert AND episode = @episode "
			      "AND attempts > 0 ORDER BY target, recipient",
	/* what asks for a response */
	[STMT_NOTICE_ASKED] =
		"SELECT DISTINCT target, recipient FROM delivery "
		"WHERE alert_id = @alert AND step = @step AND transition "
		"BETWEEN @from AND @to AND (state IN (1, 2) OR "
		"maybe_duplicate) ORDER BY target, recipient",
	[STMT_NOTICE_UNASK] =
		"UPDATE delivery SET state = iif(state = 1, 1, 5), "
		"next_ms = iif(state = 1, next_ms, NULL), "
		"withdrawn = iif(state = 1, @why, withdrawn), "
		"last_error = iif(state = 1, last_error, @why) "
		"WHERE alert_id = @alert AND step = @step AND transition "
		"BETWEEN @from AND @to AND state IN (0, 1, 3)",
	/* In a copy, which nobody sends from. */
	[STMT_NOTICE_UNASK_ALL] =
		"UPDATE delivery SET state = 5, next_ms = NULL, last_error = "
		"@why WHERE step = @step AND transition % @states IN "
		"(@planned, @waiting) AND next_ms IS NOT NULL",
	[STMT_NOTICE_ALERTS] =
		"SELECT l.alert_id FROM delivery_alert AS l JOIN alert AS a "
		"ON a.id = l.alert_id WHERE l.delivery_id = @delivery "
		"ORDER BY a.severity DESC, l.alert_id",
	[STMT_NOTICE_ALERTS_COUNT] =
		"SELECT count(*) FROM delivery_alert WHERE delivery_id = "
		"@delivery",
	[STMT_NOTICE_NEXT] =
		"SELECT d.next_ms FROM delivery AS d INDEXED BY delivery_next "
		"WHERE d.target = @target AND d.next_ms IS NOT NULL "
		"AND NOT " OVERTAKES "ORDER BY d.next_ms LIMIT 1",
	/* The same of one kind alone; few criticals wait at a time. */
	[STMT_NOTICE_NEXT_CRITICAL] =
		"SELECT min(d.next_ms) FROM delivery AS d "
		"INDEXED BY delivery_owed WHERE d.target = @target "
		"AND (d.severity = 4) = 1 AND d.next_ms IS NOT NULL "
		"AND NOT " OVERTAKES,
	[STMT_NOTICE_NEXT_OTHER] =
		"SELECT d.next_ms FROM delivery AS d INDEXED BY delivery_next "
		"WHERE d.target = @target AND d.next_ms IS NOT NULL "
		"AND d.severity <> 4 AND NOT " OVERTAKES
		"ORDER BY d.next_ms LIMIT 1",
	[STMT_NOTICE_SENT_SINCE] =
		"SELECT count(*) FROM delivery INDEXED BY delivery_sent "
		"WHERE target = @target AND (severity = 4) = @critical "
		"AND sent_ms > @since AND sent_ms <= @until",
	[STMT_NOTICE_TARGETS] = "SELECT DISTINCT target FROM delivery_count "
				"WHERE state IN (0, 1, 3) AND n > 0",
	[STMT_NOTICE_OWED_TO] =
		"SELECT " NOTICE_COLUMNS
		"FROM delivery AS d INDEXED BY delivery_next "
		"WHERE d.target = @target AND d.next_ms IS NOT NULL "
		"AND d.state IN (0, 3) ORDER BY d.next_ms LIMIT @max",
	[STMT_NOTICE_RETRY] =
		"UPDATE delivery SET state = 0, next_ms = @now, not_before_ms "
		"= @now, "
		"expires_ms = @expires, attempts = 0, withdrawn = NULL, "
		"given_up_ms = NULL "
		"WHERE id = @id AND state = 4",

	/* what operators do */
	[STMT_NOTICE_LOOK] =
		"SELECT target, state, severity FROM delivery WHERE id = @id",
	[STMT_NOTICE_LIST] =
		"SELECT id FROM delivery INDEXED BY delivery_next "
		"WHERE @dead = 0 AND target = @target AND next_ms IS NOT NULL "
		"AND withdrawn IS NULL UNION ALL "
		"SELECT id FROM delivery INDEXED BY delivery_dead "
		"WHERE state = 4 AND (@target IS NULL OR target = @target) "
		"LIMIT @max",
	[STMT_NOTICE_CARRIES] =
		"SELECT alert_id FROM delivery WHERE id = @id "
		"AND alert_id IS NOT NULL UNION SELECT alert_id "
		"FROM delivery_alert WHERE delivery_id = @id",
	[STMT_NOTICE_GIVE_UP] =
		"UPDATE delivery SET state = iif(state = 1, 1, 5), "
		"next_ms = iif(state = 1, next_ms, NULL), "
		"withdrawn = iif(state = 1, @why, withdrawn), "
		"last_error = iif(state = 1, last_error, @why), "
		"given_up_ms = NULL "
		"WHERE id = @id AND state IN (0, 1, 3, 4)",

	/*
	 * Criticals that call for an answer and do not get through, or wait
	 * behind what does not, of which nobody else was told.
	 */
	[STMT_NOTICE_UNHEARD] =
		"SELECT " NOTICE_COLUMNS ", d.state, t.refused_ms IS NOT NULL "
		"FROM delivery AS d INDEXED BY delivery_unheard "
		"LEFT JOIN target AS t ON t.name = d.target "
		"WHERE d.severity = 4 AND d.second IS NULL "
		"AND d.sent_ms IS NULL AND d.state <> 5 "
		"AND (d.kind IN (0, 1, 4, 5, 7, 8) "
		"OR (d.kind = 2 AND d.step >= 0)) AND (d.state = 4 "
		"OR (d.state IN (0, 3) AND (d.attempts >= @tries "
		"OR t.refused_ms IS NOT NULL "
		"OR (d.state = 3 AND d.next_ms > @patience) "
		"OR " BEHIND(
			"AND e.attempts >= @tries") "))) "
						    "ORDER BY d.id LIMIT @max",
	[STMT_NOTICE_SECOND_SET] =
		"UPDATE delivery SET second = @second WHERE id = @id",
	/* The same news, whoever of the target gets it: all that tells events
	 * apart but the recipient. */
	[STMT_NOTICE_SAME_NEWS] =
		"SELECT 1 FROM delivery AS d WHERE d.target = @target "
		"AND (@anybody OR d.recipient IS @recipient) "
		"AND d.created_ms = @created AND d.kind = @kind "
		"AND d.step = @step AND d.episode = @episode "
		"AND d.bundle_id IS @bundle AND d.state < 4 "
		"AND ((@alert IS NOT NULL AND d.alert_id = @alert) "
		"OR (@alert IS NULL AND d.id IN (SELECT id FROM delivery "
		"WHERE bundle_id = @bundle))) LIMIT 1",
	[STMT_NOTICE_COPY_ALERTS] =
		"INSERT INTO delivery_alert (delivery_id, alert_id) "
		"SELECT @to, alert_id FROM delivery_alert "
		"WHERE delivery_id = @from "
		"ON CONFLICT (delivery_id, alert_id) DO NOTHING",

	/* targets */
	[STMT_TARGET_SENT] =
		"INSERT INTO target (name, sent_ms) VALUES (@target, @now) "
		"ON CONFLICT (name) DO UPDATE SET sent_ms = excluded.sent_ms",
	[STMT_TARGET_ERROR] =
		"INSERT INTO target (name, error_ms, error) VALUES (@target, "
		"@now, @error) ON CONFLICT (name) DO UPDATE SET "
		"error_ms = excluded.error_ms, error = excluded.error",
	[STMT_TARGET_DISABLE] =
		"UPDATE target SET disabled_ms = @now, disabled_why = @error, "
		"disabled_print = @print "
		"WHERE name = @target AND disabled_ms IS NULL",
	[STMT_TARGET_REFUSED] =
		"UPDATE target SET refused_ms = ifnull(refused_ms, @now), "
		"refused_why = @error WHERE name = @target",
	[STMT_TARGET_WORKS] =
		"UPDATE target SET disabled_ms = NULL, disabled_why = NULL, "
		"disabled_print = NULL, refused_ms = NULL, refused_why = NULL "
		"WHERE name = @target AND (disabled_ms IS NOT NULL "
		"OR refused_ms IS NOT NULL)",
	[STMT_TARGET_GET] =
		"SELECT disabled_ms, disabled_why, disabled_print, refused_ms, "
		"refused_why FROM target WHERE name = @target",
};
