-- When an alert must be resolved, beside when it must be triaged: who is late by
-- that alone had no time in the list of what is overdue. Quick.

DROP VIEW v_alerts;
CREATE VIEW v_alerts AS
SELECT
	a.id,
	s.name AS source,
	a.provider,
	a.tenant,
	a.subscription,
	a.native_id,
	a.title,
	a.description,
	a.alert_type,
	CASE a.severity
		WHEN 4 THEN 'critical'
		WHEN 3 THEN 'high'
		WHEN 2 THEN 'medium'
		WHEN 1 THEN 'low'
		WHEN 0 THEN 'info' END AS severity,
	a.source_severity,
	a.rule AS severity_rule,
	a.source_status,
	CASE a.state
		WHEN 0 THEN 'open'
		WHEN 1 THEN 'acknowledged'
		WHEN 2 THEN 'closed' END AS state,
	CASE a.phase
		WHEN 0 THEN 'detect'
		WHEN 1 THEN 'triage'
		WHEN 2 THEN 'investigate'
		WHEN 3 THEN 'contain'
		WHEN 4 THEN 'remediate'
		WHEN 5 THEN 'document' END AS phase,
	a.episode,
	a.owner,
	a.resource_id,
	a.resource_group,
	a.entity,
	a.tactics,
	strftime('%Y-%m-%dT%H:%M:%fZ', a.created_ms / 1000.0,
		'unixepoch') AS created_at,
	a.created_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', a.seen_ms / 1000.0,
		'unixepoch') AS seen_at,
	a.seen_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', a.updated_ms / 1000.0,
		'unixepoch') AS updated_at,
	a.updated_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', a.acknowledged_ms / 1000.0,
		'unixepoch') AS acknowledged_at,
	a.acknowledged_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', a.closed_ms / 1000.0,
		'unixepoch') AS closed_at,
	a.closed_ms,
	a.closed_by,
	strftime('%Y-%m-%dT%H:%M:%fZ', c.due_ms / 1000.0,
		'unixepoch') AS triage_due_at,
	c.due_ms AS triage_due_ms,
	CASE
		WHEN c.breached_ms IS NOT NULL THEN 'breached'
		WHEN c.stopped_ms IS NOT NULL THEN 'met'
		WHEN c.due_ms IS NOT NULL THEN 'running'
		ELSE 'none' END AS triage_state,
	a.portal_url,
	strftime('%Y-%m-%dT%H:%M:%fZ', (SELECT max(g.seen_ms) FROM origin AS o
		JOIN sight AS g ON g.origin_id = o.id
		WHERE o.alert_id = a.id) / 1000.0,
		'unixepoch') AS last_seen_at,
	(SELECT max(g.seen_ms) FROM origin AS o
		JOIN sight AS g ON g.origin_id = o.id
		WHERE o.alert_id = a.id) AS last_seen_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', (SELECT min(g.missing_since_ms) FROM origin AS o
		JOIN sight AS g ON g.origin_id = o.id
		WHERE o.alert_id = a.id) / 1000.0,
		'unixepoch') AS missing_since_at,
	(SELECT min(g.missing_since_ms) FROM origin AS o
		JOIN sight AS g ON g.origin_id = o.id
		WHERE o.alert_id = a.id) AS missing_since_ms,
	a.historical,
	CASE a.verdict
		WHEN 1 THEN 'true-positive'
		WHEN 2 THEN 'false-positive'
		WHEN 3 THEN 'benign' END AS verdict,
	a.version,
	a.techniques,
	a.incident,
	a.remediation,
	a.resource_type,
	(SELECT group_concat(t.tag, ',') FROM tag AS t
		WHERE t.alert_id = a.id) AS tags,
	a.revision,
	a.kind,
	CASE a.base
		WHEN 4 THEN 'critical'
		WHEN 3 THEN 'high'
		WHEN 2 THEN 'medium'
		WHEN 1 THEN 'low'
		WHEN 0 THEN 'info' END AS base_severity,
	a.severity_unmapped,
	a.policy_hash,
	a.acknowledged_by,
	strftime('%Y-%m-%dT%H:%M:%fZ', a.acknowledge_expires_ms / 1000.0,
		'unixepoch') AS acknowledge_expires_at,
	a.acknowledge_expires_ms,
	a.acknowledge_note,
	a.close_note,
	strftime('%Y-%m-%dT%H:%M:%fZ', a.source_updated_ms / 1000.0,
		'unixepoch') AS source_updated_at,
	a.source_updated_ms,
	a.correlation,
	a.category,
	a.policy,
	a.assigned_by,
	CASE a.confirmed
		WHEN 4 THEN 'critical'
		WHEN 3 THEN 'high'
		WHEN 2 THEN 'medium'
		WHEN 1 THEN 'low'
		WHEN 0 THEN 'info' END AS confirmed_severity,
	strftime('%Y-%m-%dT%H:%M:%fZ', c.stopped_ms / 1000.0,
		'unixepoch') AS triage_stopped_at,
	c.stopped_ms AS triage_stopped_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', r.due_ms / 1000.0,
		'unixepoch') AS resolve_due_at,
	r.due_ms AS resolve_due_ms
FROM alert AS a
JOIN source AS s ON s.id = a.source_id
LEFT JOIN clock AS c
	ON c.alert_id = a.id AND c.episode = a.episode AND c.kind = 0
LEFT JOIN clock AS r ON r.alert_id = a.id AND r.episode = a.episode
	AND r.kind = 1 AND r.stopped_ms IS NULL AND r.held_ms IS NULL;

PRAGMA user_version = 29;
