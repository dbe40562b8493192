/*
 * Ready queries, offered to somebody who gives none: over the views alone, so
 * that they also work in the engine's own shell. Called by triagectl.
 *
 * tested with: test_look
 */
#include "store/look.h"

#include "util/compiler.h"

static const struct ready_query queries[] = {
	{ "queue", "what to do next: open alerts, worst and soonest due first",
	  "SELECT id, severity, state, triage_due_at, owner, title, entity\n"
	  "FROM v_alerts WHERE state <> 'closed'\n"
	  "ORDER BY CASE severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1\n"
	  "WHEN 'medium' THEN 2 WHEN 'low' THEN 3 ELSE 4 END,\n"
	  "triage_due_ms IS NULL, triage_due_ms LIMIT 50" },
	{ "overdue", "open alerts whose triage is late, and by how much",
	  "SELECT a.id, a.severity, a.owner, a.title, s.due_at,\n"
	  "(unixepoch() - s.due_ms / 1000) / 60 AS late_min\n"
	  "FROM v_sla AS s JOIN v_alerts AS a ON a.id = s.alert_id\n"
	  "WHERE s.stopped_ms IS NULL AND s.due_ms < unixepoch() * 1000\n"
	  "ORDER BY late_min DESC" },
	{ "triage-time", "minutes from first sight to triage, by severity",
	  "SELECT severity, count(*) AS clocks,\n"
	  "round(avg(stopped_ms - started_ms) / 60000.0, 1) AS mean_min,\n"
	  "max(stopped_ms - started_ms) / 60000 AS longest_min,\n"
	  "sum(state = 'breached') AS breached\n"
	  "FROM v_sla WHERE stopped_ms IS NOT NULL AND clock = 'triage'\n"
	  "GROUP BY severity" },
	{ "noisy-detectors", "which detectors raised most in 30 days",
	  "SELECT provider, alert_type, count(*) AS alerts,\n"
	  "sum(verdict = 'false-positive') AS false_positives,\n"
	  "sum(verdict = 'true-positive') AS true_positives\n"
	  "FROM v_alerts WHERE seen_ms > (unixepoch() - 2592000) * 1000\n"
	  "GROUP BY provider, alert_type ORDER BY alerts DESC LIMIT 30" },
	{ "hot-entities",
	  "accounts, machines and addresses hit most in 30 days",
	  "SELECT e.kind, e.value, count(DISTINCT e.alert_id) AS alerts\n"
	  "FROM v_entities AS e JOIN v_alerts AS a ON a.id = e.alert_id\n"
	  "WHERE a.seen_ms > (unixepoch() - 2592000) * 1000\n"
	  "GROUP BY e.kind, e.value ORDER BY alerts DESC LIMIT 30" },
	{ "by-day", "new alerts of each day and severity",
	  "SELECT substr(seen_at, 1, 10) AS day, severity, count(*) AS alerts\n"
	  "FROM v_alerts GROUP BY day, severity ORDER BY day DESC LIMIT 150" },
	{ "undelivered", "messages that wait or were given up, and why",
	  "SELECT id, alert_id, target, recipient, kind, severity, state,\n"
	  "attempts, not_before_at, last_error FROM v_deliveries\n"
	  "WHERE state IN ('pending', 'leased', 'retry', 'dead')\n"
	  "ORDER BY id DESC LIMIT 200" },
	{ "told", "who was told about open alerts, and when",
	  "SELECT a.id, a.severity, d.kind, d.target, d.recipient, d.sent_at,\n"
	  "d.reason FROM v_alerts AS a\n"
	  "JOIN v_deliveries AS d ON d.alert_id = a.id\n"
	  "WHERE a.state <> 'closed' AND d.state = 'sent'\n"
	  "ORDER BY a.id, d.sent_ms" },
	{ "ingestion", "does every source still list completely",
	  "SELECT source, scope, last_complete_at, complete, fetched,\n"
	  "polls_incomplete, error FROM v_sources ORDER BY source, scope" },
	{ "detection-lag", "minutes from the source's alert to ours, 30 days",
	  "SELECT source, count(*) AS alerts,\n"
	  "round(avg(seen_ms - created_ms) / 60000.0, 1) AS mean_min,\n"
	  "max(seen_ms - created_ms) / 60000 AS longest_min\n"
	  "FROM v_alerts WHERE created_ms IS NOT NULL AND NOT historical\n"
	  "AND seen_ms > (unixepoch() - 2592000) * 1000 GROUP BY source" },
	{ "missing", "open alerts that their source no longer lists",
	  "SELECT id, severity, source, missing_since_at, title\n"
	  "FROM v_alerts WHERE missing_since_ms IS NOT NULL\n"
	  "AND state <> 'closed' ORDER BY missing_since_ms" },
	{ "unknown-items", "what could not be understood, by reason",
	  "SELECT source, reason, count(*) AS items,\n"
	  "max(last_seen_at) AS last_seen FROM v_quarantine\n"
	  "GROUP BY source, reason ORDER BY items DESC" },
};

const struct ready_query *look_ready_query(size_t i)
{
	return i < ARRAY_SIZE(queries) ? &queries[i] : NULL;
}
