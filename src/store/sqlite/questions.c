/*
 * What people and metrics ask, as statements over the views. Called by look.c.
 * A parameter that a text does not have is simply not bound.
 *
 * LOOK_ALERTS first picks ids from the table along an index, then fetches those
 * rows from the view: CROSS JOIN is the engine's way to say "in this order".
 *
 * tested with: test_look
 */
#include "store/sqlite/questions_priv.h"

#include "core/alert.h"

#define FROM_PICK(pick)                                                        \
	"SELECT v.* FROM (" pick ") AS p CROSS JOIN v_alerts AS v "            \
	"ON v.id = p.id LIMIT @limit"
/* Open ones: few, and all in one index, so any order is a sort of few. */
#define OPEN(order)                                                            \
	"SELECT id FROM (SELECT a.id FROM alert AS a "                         \
	"INDEXED BY alert_queue WHERE a.state < 2 AND " SELECTED               \
	"ORDER BY " order " LIMIT @limit)"
/* The others newest first along alert_seen: a time is a part of it. */
#define NEWEST(which)                                                          \
	"SELECT id FROM (SELECT a.id FROM alert AS a "                         \
	"INDEXED BY alert_seen WHERE a.seen_ms >= @since "                     \
	"AND a.seen_ms < ifnull(nullif(@until, 0), 9223372036854775807) "      \
	"AND " which " AND " SELECTED                                          \
	"ORDER BY a.seen_ms DESC, a.id DESC LIMIT @limit)"
#define ANY(order)                                                             \
	"SELECT a.id FROM alert AS a WHERE " SELECTED "ORDER BY " order        \
	" LIMIT @limit"

/* What counts as work: a drill does not. */
#define IS_REAL(alert)                                                         \
	"(SELECT kind FROM alert WHERE id = " alert ") <> '" ALERT_KIND_DRILL  \
	"'"

#define IS_LATE(clock)                                                         \
	clock ".stopped_ms IS NULL AND " clock ".held_ms IS NULL "             \
	      "AND " clock ".due_ms <= @now "
/* Each late alert once: who is late to resolve may be late to triage, too. */
#define MAKES_LATE                                                             \
	IS_LATE("s")                                                           \
	"AND (s.clock = 'triage' OR NOT EXISTS (SELECT 1 FROM v_sla AS t "     \
	"WHERE t.alert_id = s.alert_id AND t.episode = s.episode "             \
	"AND t.clock = 'triage' AND " IS_LATE("t") ")) "

/* When something is to be done first: to triage it, or to resolve it. */
#define FIRST_DUE                                                              \
	"iif(a.state < 2, min(a.urgency_ms, ifnull((SELECT r.due_ms "          \
	"FROM clock AS r WHERE r.alert_id = a.id AND r.episode = a.episode "   \
	"AND r.kind = 1 AND r.stopped_ms IS NULL AND r.held_ms IS NULL), "     \
	"a.urgency_ms)), a.urgency_ms)"

const char *const question_alerts_text[ORDER_MAX] = {
	/*
	 * Open ones worst first along alert_queue, then closed
	 * ones newest first: never a sort of everything there
	 * is.
	 */
	[ORDER_URGENCY] = FROM_PICK(
		OPEN("a.severity DESC, a.urgency_ms, "
		     "a.id") " UNION ALL " NEWEST("(@states = 0 OR @states & "
						  "4) AND NOT "
						  "@overdue "
						  "AND a.state = 2")),
	[ORDER_SEEN] = FROM_PICK(NEWEST("1")),
	[ORDER_DUE] = FROM_PICK(ANY(FIRST_DUE ", a.severity DESC, a.id")),
	[ORDER_SEVERITY] = FROM_PICK(ANY("a.severity DESC, a.id DESC")),
	[ORDER_ID] = FROM_PICK(ANY("a.id")),
};

const char *const question_open_text[ORDER_MAX] = {
	[ORDER_URGENCY] =
		FROM_PICK(OPEN("a.severity DESC, a.urgency_ms, a.id")),
	[ORDER_SEEN] = FROM_PICK(OPEN("a.seen_ms DESC, a.id DESC")),
	[ORDER_DUE] = FROM_PICK(OPEN(FIRST_DUE ", a.severity DESC, a.id")),
	[ORDER_SEVERITY] = FROM_PICK(OPEN("a.severity DESC, a.id DESC")),
	[ORDER_ID] = FROM_PICK(OPEN("a.id")),
};

#define RUNNING                                                                \
	"FROM clock AS c INDEXED BY clock_running "                            \
	"JOIN alert AS a ON a.id = c.alert_id AND a.episode = c.episode "      \
	"WHERE c.stopped_ms IS NULL AND c.breached_ms IS NULL "                \
	"AND c.held_ms IS NULL AND a.state < 2 AND a.kind <> 'drill' "         \
	"AND (@until = 0 OR c.due_ms < @until) "

const char *const question_text[QUESTION_MAX] = {
	/* LOOK_ALERTS: above */
	[LOOK_ALERT] = "SELECT * FROM v_alerts WHERE id = @id",
	[LOOK_ENTITIES] = "SELECT * FROM v_entities WHERE alert_id = @id "
			  "LIMIT @limit",
	[LOOK_CLOCKS] = "SELECT * FROM v_sla WHERE alert_id = @id "
			"ORDER BY episode, clock LIMIT @limit",
	[LOOK_EVENTS] = "SELECT * FROM v_events WHERE alert_id = @id "
			"ORDER BY id LIMIT @limit",
	/* Also the messages that carry it among others. */
	[LOOK_DELIVERIES] = "SELECT * FROM v_deliveries WHERE id IN ("
			    "SELECT id FROM delivery WHERE alert_id = @id "
			    "UNION SELECT delivery_id FROM delivery_alert "
			    "WHERE alert_id = @id) ORDER BY id LIMIT @limit",
	[LOOK_ORIGINS] = "SELECT * FROM v_origins WHERE alert_id = @id "
			 "LIMIT @limit",
	[LOOK_REVISIONS] = "SELECT alert_id, revision, seen_at, seen_ms, "
			   "changed, source FROM v_revisions "
			   "WHERE alert_id = @id ORDER BY revision "
			   "LIMIT @limit",
	[LOOK_CONTENTS] =
		"SELECT r.revision, v.seen_at, v.seen_ms, v.source, v.changed, "
		"lower(hex(r.content_hash)) AS content_hash, r.raw "
		"FROM revision AS r JOIN v_revisions AS v "
		"ON v.alert_id = r.alert_id AND v.revision = r.revision "
		"WHERE r.alert_id = @id ORDER BY r.revision LIMIT @limit",
	[LOOK_RESPONSES] = "SELECT * FROM v_responses WHERE alert_id = @id "
			   "ORDER BY id LIMIT @limit",
	[LOOK_RESPONSE] = "SELECT * FROM v_responses WHERE id = @id",
	[LOOK_RESPONSES_OPEN] =
		"SELECT v.*, a.severity, a.title FROM (SELECT id FROM "
		"response INDEXED BY response_open WHERE finished_ms IS NULL "
		"ORDER BY id LIMIT @limit) AS p "
		"CROSS JOIN v_responses AS v ON v.id = p.id "
		"CROSS JOIN v_alerts AS a ON a.id = v.alert_id ORDER BY v.id",
	/* Owed ones oldest first, dead ones, and finished ones on demand: each
	 * along an index of its own. */
	[LOOK_OUTBOX] =
		"SELECT v.* FROM (SELECT id FROM (SELECT d.id FROM "
		"delivery AS d INDEXED BY delivery_owed "
		"WHERE d.next_ms IS NOT NULL AND (@delivery_state IS NULL "
		"OR d.state = @delivery_state) AND (@target IS NULL "
		"OR d.target = @target) ORDER BY d.id LIMIT @limit) "
		"UNION ALL SELECT id FROM (SELECT d.id FROM delivery AS d "
		"INDEXED BY delivery_dead WHERE d.state = 4 "
		"AND (@delivery_state IS NULL OR @delivery_state = 4) "
		"AND (@target IS NULL OR d.target = @target) "
		"ORDER BY d.id DESC LIMIT @limit) "
		"UNION ALL SELECT id FROM (SELECT d.id FROM delivery AS d "
		"WHERE @delivery_state IN (2, 5) "
		"AND d.state = @delivery_state "
		"AND (@target IS NULL OR d.target = @target) "
		"ORDER BY d.id DESC LIMIT @limit)) AS p "
		"CROSS JOIN v_deliveries AS v ON v.id = p.id LIMIT @limit",
	[LOOK_SOURCES] =
		"SELECT source, kind, scope, last_poll_at, last_poll_ms, "
		"last_complete_at, last_complete_ms, complete, pages, "
		"fetched, new, updated, noop, quarantined, error "
		"FROM v_sources WHERE kind NOT IN ('" ALERT_KIND_SELF
		"', '" ALERT_KIND_DRILL "') "
		"AND (@source IS NULL OR source = @source) "
		"ORDER BY source, scope LIMIT @limit",
	[LOOK_POLLS] = "SELECT * FROM v_polls "
		       "WHERE @source IS NULL OR source = @source "
		       "ORDER BY id DESC LIMIT @limit",
	[LOOK_QUARANTINE] = "SELECT * FROM v_quarantine "
			    "WHERE @source IS NULL OR source = @source "
			    "ORDER BY id DESC LIMIT @limit",
	[LOOK_COUNTS] =
		"SELECT c.severity, c.state, c.n - ifnull(d.n, 0) AS n "
		"FROM v_alert_counts AS c LEFT JOIN (SELECT a.severity, "
		"a.state, count(*) AS n FROM drill AS r JOIN v_alerts AS a "
		"ON a.id = r.alert_id GROUP BY 1, 2) AS d "
		"ON d.severity = c.severity AND d.state = c.state",
	/* All of them along their index, less the few of drills: to look up
	 * the alert of each took four times as long. */
	[LOOK_OVERDUE] =
		"SELECT c.severity, c.n - ifnull(d.n, 0) AS n FROM "
		"(SELECT severity, count(*) AS n FROM v_sla AS s "
		"WHERE " MAKES_LATE "GROUP BY severity) "
		"AS c LEFT JOIN (SELECT s.severity, count(*) AS n FROM drill "
		"AS r CROSS JOIN v_sla AS s ON s.alert_id = r.alert_id "
		"WHERE " MAKES_LATE "GROUP BY 1) AS d "
		"ON d.severity = c.severity WHERE c.n > ifnull(d.n, 0)",
	[LOOK_OUTBOX_COUNTS] = "SELECT state, sum(n) AS n "
			       "FROM v_delivery_counts GROUP BY state",
	[LOOK_OUTBOX_OLDEST] =
		"SELECT created_ms FROM delivery INDEXED BY delivery_owed "
		"WHERE next_ms IS NOT NULL AND (attempts > 0 "
		"OR not_before_ms <= @now) ORDER BY created_ms LIMIT 1",
	[LOOK_NEXT_DUE] = "SELECT alert_id AS id, severity, due_ms FROM v_sla "
			  "WHERE stopped_ms IS NULL AND held_ms IS NULL "
			  "AND due_ms > @now "
			  "AND " IS_REAL("alert_id") " ORDER BY due_ms LIMIT 1",
	[LOOK_BREACHES] = "SELECT severity, n FROM v_breach_counts",
	[LOOK_POLL_COUNTS] = "SELECT source, 'complete' AS result, "
			     "sum(polls_complete) AS n FROM v_sources "
			     "WHERE kind <> 'drill' GROUP BY source "
			     "UNION ALL SELECT source, 'incomplete', "
			     "sum(polls_incomplete) FROM v_sources "
			     "WHERE kind <> 'drill' GROUP BY source",
	[LOOK_INGEST_COUNTS] =
		"SELECT source, ifnull(sum(total_new), 0) AS new, "
		"ifnull(sum(total_updated), 0) AS updated, "
		"ifnull(sum(total_noop), 0) AS noop, "
		"ifnull(sum(total_quarantined), 0) AS quarantined "
		"FROM v_sources WHERE kind <> 'drill' GROUP BY source",
	[LOOK_DELIVERY_COUNTS] = "SELECT target, state, total AS n "
				 "FROM v_delivery_counts",
	[LOOK_REMOVED] = "SELECT class, removed AS n FROM v_removed",
	[LOOK_TARGETS] =
		"SELECT v.*, iif(v.dead > 0, (SELECT count(*) FROM delivery "
		"AS d INDEXED BY delivery_dead WHERE d.state = 4 "
		"AND d.target = v.target AND d.severity = 4), 0) "
		"AS dead_critical FROM v_targets AS v ORDER BY v.target",
	[LOOK_TARGET_TROUBLES] =
		"SELECT name AS target, 'disabled' AS trouble, "
		"disabled_ms IS NOT NULL AS n FROM target UNION ALL "
		"SELECT name, 'refused', refused_ms IS NOT NULL FROM target",
	[LOOK_DELIVERY] = "SELECT * FROM v_deliveries WHERE id = @id",
	[LOOK_DELIVERY_ALERTS] =
		"SELECT id, severity, state, title FROM v_alerts WHERE id IN ("
		"SELECT alert_id FROM delivery WHERE id = @id UNION "
		"SELECT alert_id FROM delivery_alert WHERE delivery_id = @id) "
		"ORDER BY id LIMIT @limit",
	[LOOK_GIVEN_UP] =
		"SELECT id AS n, delivery_id AS id FROM given_up "
		"WHERE given_up.id > @after ORDER BY given_up.id LIMIT @limit",
	[LOOK_LAPSED] =
		"SELECT g.id AS n, d.id, d.target, d.alert_id, d.last_error "
		"FROM given_up AS g CROSS JOIN delivery AS d "
		"ON d.id = g.delivery_id WHERE g.id > @after "
		"AND (d.last_error = 'expired' "
		"OR d.last_error GLOB 'expired (*)') "
		"ORDER BY g.id LIMIT @limit",
	[LOOK_GIVEN_UP_BEFORE] =
		"SELECT g.id AS n FROM given_up AS g CROSS JOIN delivery AS d "
		"ON d.id = g.delivery_id WHERE ifnull(d.given_up_ms, 0) "
		"< @until ORDER BY g.id DESC LIMIT 1",
	[LOOK_DELIVERY_SELECTED] =
		"SELECT count(*) AS n FROM (SELECT alert_id FROM delivery "
		"WHERE id = @after UNION SELECT alert_id FROM delivery_alert "
		"WHERE delivery_id = @after) AS m "
		"CROSS JOIN alert AS a ON a.id = m.alert_id WHERE " SELECTED,
	[LOOK_SILENCES] = "SELECT * FROM v_silences WHERE ended_ms IS NULL "
			  "OR (@since > 0 AND ended_ms >= @since) "
			  "ORDER BY id LIMIT @limit",
	[LOOK_DRILLS] = "SELECT * FROM v_drills WHERE @id = 0 "
			"OR alert_id = @id ORDER BY id DESC LIMIT @limit",
	[LOOK_HOLDING] = "SELECT cause, cause_name, count(DISTINCT alert_id) "
			 "AS n FROM v_suppressions WHERE outcome = 'waiting' "
			 "GROUP BY cause, cause_name",
	[LOOK_FORWARDS] = "SELECT * FROM v_forwards WHERE configured "
			  "ORDER BY name",
	[LOOK_GAPS] = "SELECT * FROM v_gaps WHERE closed_ms IS NULL "
		      "AND (@source IS NULL OR source = @source) "
		      "ORDER BY id LIMIT @limit",
	[LOOK_LADDERS] = "SELECT episode, route, started_ms, step, repeat, "
			 "next_ms, stopped_why FROM ladder "
			 "WHERE alert_id = @id "
			 "ORDER BY episode, started_ms, route LIMIT @limit",
	/* What breached runs on, but has run out; what is held does not run. */
	[LOOK_RUNNING] = "SELECT c.alert_id AS id, "
			 "iif(c.kind = 0, 'triage', 'resolve') AS clock, "
			 "c.due_ms " RUNNING
			 "ORDER BY c.due_ms, c.alert_id LIMIT @limit",
	[LOOK_RUNNING_COUNT] = "SELECT CASE a.severity WHEN 4 THEN 'critical' "
			       "WHEN 3 THEN 'high' WHEN 2 THEN 'medium' "
			       "WHEN 1 THEN 'low' ELSE 'info' END AS severity, "
			       "count(*) AS n, "
			       "sum(c.due_ms < @now) AS late " RUNNING
			       "GROUP BY a.severity ORDER BY a.severity DESC",
	[LOOK_SUPPRESSIONS] =
		"SELECT v.*, s.author AS silence_author, "
		"s.reason AS silence_reason FROM v_suppressions AS v "
		"LEFT JOIN v_silences AS s ON v.cause = 'silence' "
		"AND s.id = CAST(v.cause_name AS INTEGER) "
		"WHERE v.alert_id = @id ORDER BY v.id LIMIT @limit",
	[LOOK_MOMENT] = "SELECT activity_from_ms, activity_to_ms, created_ms, "
			"seen_ms FROM alert WHERE id = @id",
	/* raw may be large: who wants it asks the view. */
	[LOOK_EVIDENCE] =
		"SELECT id, alert_id, kind, native_id, at, at_ms, actor, ip, "
		"action, app, object, location, source, fetched_at, "
		"fetched_ms, fetched_by, fetch_id, clipped FROM v_evidence "
		"WHERE alert_id = @id AND (@about IS NULL OR id IN ("
		"SELECT evidence_id FROM evidence_found WHERE fetch_id IN ("
		"SELECT id FROM evidence_fetch WHERE alert_id = @id "
		"AND about = @about COLLATE NOCASE))) "
		"AND (@since = 0 OR at_ms >= @since) "
		"AND (@until = 0 OR at_ms <= @until) "
		"ORDER BY at_ms, id LIMIT @limit",
	[LOOK_EVIDENCE_FETCHES] =
		"SELECT * FROM v_evidence_fetches WHERE alert_id = @id "
		"ORDER BY id DESC LIMIT @limit",
	[LOOK_EVENTS_AFTER] =
		"SELECT e.id, e.alert_id, e.at, e.at_ms, e.actor, e.kind, "
		"e.detail, v.severity, v.state, v.source, v.owner, v.entity, "
		"v.resource_id, v.title FROM v_events AS e "
		"LEFT JOIN alert AS a ON a.id = e.alert_id "
		"LEFT JOIN v_alerts AS v ON v.id = a.id WHERE e.id > @after "
		"AND (NOT @narrowed OR (a.id IS NOT NULL AND " SELECTED ")) "
		"ORDER BY e.id LIMIT @limit",
	/* From the newest back: stops at the first one that is old enough. */
	[LOOK_EVENT_BEFORE] = "SELECT id FROM event WHERE at_ms < @until "
			      "ORDER BY id DESC LIMIT 1",
};
