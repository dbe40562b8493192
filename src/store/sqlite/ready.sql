-- The ready queries of `triagectl sql`, over the views alone, so that they also
-- work in the shell of SQLite. Above each: its name, what it answers. They
-- become C (ready.awk) and the examples of triaged-db(5).

-- queue: what to do next: open alerts, worst and soonest due first
SELECT id, severity, state, triage_due_at, owner, title, entity
FROM v_alerts
WHERE state <> 'closed'
ORDER BY CASE severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1
	WHEN 'medium' THEN 2 WHEN 'low' THEN 3 ELSE 4 END,
	triage_due_ms IS NULL, triage_due_ms
LIMIT 50;

-- overdue: open alerts with a clock that has run out, and how late they are
SELECT a.id, a.severity, a.owner, a.title, s.clock, s.due_at,
	(unixepoch() - s.due_ms / 1000) / 60 AS late_min
FROM v_sla AS s JOIN v_alerts AS a ON a.id = s.alert_id
WHERE s.stopped_ms IS NULL AND s.held_ms IS NULL
	AND s.due_ms < unixepoch() * 1000 AND a.kind <> 'drill'
ORDER BY s.due_ms;

-- unowned: open alerts that nobody has, oldest first
SELECT id, severity, seen_at, triage_due_at, title
FROM v_alerts
WHERE state = 'open' AND owner IS NULL
ORDER BY seen_ms
LIMIT 200;

-- workload: who has how many open alerts, and how many of them are late
SELECT coalesce(owner, '-') AS owner, count(*) AS alerts,
	sum(severity IN ('critical', 'high')) AS critical_high,
	sum(triage_state = 'breached') AS late, min(seen_at) AS oldest
FROM v_alerts
WHERE state <> 'closed'
GROUP BY 1
ORDER BY alerts DESC;

-- last-night: what people did in the last 12 hours, newest first
SELECT at, actor, kind, alert_id, detail
FROM v_events
WHERE at_ms > (unixepoch() - 43200) * 1000
	AND actor <> 'triaged' AND actor NOT LIKE 'source %'
ORDER BY id DESC
LIMIT 200;

-- triage-time: minutes from first sight to triage in 30 days, by severity
SELECT severity, count(*) AS clocks,
	round(avg(stopped_ms - started_ms) / 60000.0, 1) AS mean_min,
	max(stopped_ms - started_ms) / 60000 AS longest_min,
	sum(state = 'breached') AS breached
FROM v_sla
WHERE clock = 'triage' AND stopped_ms > (unixepoch() - 2592000) * 1000
	AND alert_id NOT IN (SELECT id FROM v_alerts WHERE kind = 'drill')
GROUP BY severity
ORDER BY CASE severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1
	WHEN 'medium' THEN 2 WHEN 'low' THEN 3 ELSE 4 END;

-- breaches: clocks that ran out in 7 days, newest first, and who had the alert
SELECT s.breached_at, s.clock, s.severity, a.id, a.owner, a.state, a.title
FROM v_sla AS s JOIN v_alerts AS a ON a.id = s.alert_id
WHERE s.breached_ms > (unixepoch() - 604800) * 1000 AND a.kind <> 'drill'
ORDER BY s.breached_ms DESC
LIMIT 200;

-- noisy-detectors: which detectors raised most in 30 days, and were they right
SELECT provider, alert_type, count(*) AS alerts,
	sum(verdict = 'false-positive') AS false_positives,
	sum(verdict = 'true-positive') AS true_positives
FROM v_alerts
WHERE seen_ms > (unixepoch() - 2592000) * 1000 AND kind <> 'drill'
GROUP BY provider, alert_type
ORDER BY alerts DESC
LIMIT 30;

-- hot-entities: accounts, machines and addresses hit most in 30 days
SELECT e.kind, e.value, count(DISTINCT e.alert_id) AS alerts,
	max(a.seen_at) AS last_seen
FROM v_entities AS e JOIN v_alerts AS a ON a.id = e.alert_id
WHERE a.seen_ms > (unixepoch() - 2592000) * 1000
GROUP BY e.kind, e.value
ORDER BY alerts DESC
LIMIT 30;

-- by-day: new alerts of each day (UTC) and severity
SELECT substr(seen_at, 1, 10) AS day, severity, count(*) AS alerts
FROM v_alerts
WHERE kind <> 'drill'
GROUP BY day, severity
ORDER BY day DESC
LIMIT 150;

-- undelivered: messages that wait or were given up, and why
SELECT id, alert_id, target, recipient, kind, severity, state, attempts,
	not_before_at, last_error
FROM v_deliveries
WHERE state IN ('pending', 'leased', 'retry', 'dead')
ORDER BY id DESC
LIMIT 200;

-- told: who was told about open alerts, and when
SELECT a.id, a.severity, d.kind, d.target, d.recipient, d.sent_at, d.reason
FROM v_alerts AS a JOIN v_deliveries AS d ON d.alert_id = a.id
WHERE a.state <> 'closed' AND d.state = 'sent'
ORDER BY a.id, d.sent_ms;

-- held-back: messages that wait now, for what and until when
SELECT alert_id, severity, target, kind, cause, cause_name, since_at, until_at
FROM v_suppressions
WHERE outcome = 'waiting'
ORDER BY until_ms IS NULL, until_ms
LIMIT 200;

-- ingestion: does every source still list completely
SELECT source, scope, last_complete_at, complete, fetched, polls_incomplete,
	error
FROM v_sources
ORDER BY source, scope;

-- detection-lag: minutes from the source's alert to ours, in 30 days
SELECT source, count(*) AS alerts,
	round(avg(seen_ms - created_ms) / 60000.0, 1) AS mean_min,
	max(seen_ms - created_ms) / 60000 AS longest_min
FROM v_alerts
WHERE created_ms IS NOT NULL AND NOT historical AND kind <> 'drill'
	AND seen_ms > (unixepoch() - 2592000) * 1000
GROUP BY source;

-- missing: open alerts that their source no longer lists
SELECT id, severity, source, missing_since_at, title
FROM v_alerts
WHERE missing_since_ms IS NOT NULL AND state <> 'closed'
ORDER BY missing_since_ms;

-- unknown-items: what could not be understood and still is not, by reason
SELECT source, reason, count(*) AS items, max(last_seen_at) AS last_seen
FROM v_quarantine
WHERE resolved_ms IS NULL
GROUP BY source, reason
ORDER BY items DESC;

-- denied: who asked by the control socket for what they may not
SELECT at, actor, json_extract(detail, '$.verb') AS verb,
	json_extract(detail, '$.needs') AS needs,
	json_extract(detail, '$.has') AS has,
	json_extract(detail, '$.why') AS why,
	json_extract(detail, '$.untold_before') AS more_before
FROM v_events
WHERE kind = 'denied'
ORDER BY id DESC
LIMIT 200;

-- responses: what was asked to be done upstream, by whom, and what became of it
SELECT planned_at, id, alert_id, action, subject, state, asked_by, approved_by,
	answer
FROM v_responses
ORDER BY id DESC
LIMIT 200;

-- drills: every drill, newest first, and what came of it
SELECT started_at, asked_by, severity, result, ended_at, alert_id, reason
FROM v_drills
ORDER BY id DESC
LIMIT 200;

-- unread-posture: what of the posture could not be read, and since when
SELECT source, subscription, part, complete_at AS last_whole, unread, trouble
FROM v_posture_reads
WHERE NOT complete OR unread > 0
ORDER BY source, subscription, part;

-- recommended: recommendations that are open, by subscription and severity
SELECT source, subscription, coalesce(severity, 'medium') AS severity,
	count(*) AS open, count(DISTINCT resource_id) AS resources,
	min(since_at) AS oldest
FROM v_recommendations
WHERE state = 'open'
GROUP BY 1, 2, 3
ORDER BY source, subscription, CASE severity WHEN 'critical' THEN 0
	WHEN 'high' THEN 1 WHEN 'medium' THEN 2 WHEN 'low' THEN 3 ELSE 4 END;
