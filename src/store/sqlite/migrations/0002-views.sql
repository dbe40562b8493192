-- The views: what triaged promises to people and programs. Names and columns
-- stay; new columns come at the end. Every instant stands twice, _at for people
-- (ISO 8601, UTC) and _ms for arithmetic.

PRAGMA user_version = 2;

-- An alert now.
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
	a.correlation
FROM alert AS a
JOIN source AS s ON s.id = a.source_id
LEFT JOIN clock AS c
	ON c.alert_id = a.id AND c.episode = a.episode AND c.kind = 0;

-- One distinct content of an alert, with the bytes as they came.
CREATE VIEW v_revisions AS
SELECT
	r.alert_id,
	r.revision,
	strftime('%Y-%m-%dT%H:%M:%fZ', r.seen_ms / 1000.0,
		'unixepoch') AS seen_at,
	r.seen_ms,
	r.changed,
	r.raw,
	s.name AS source
FROM revision AS r
JOIN source AS s ON s.id = r.source_id;

-- An entity of an alert.
CREATE VIEW v_entities AS
SELECT
	e.alert_id,
	e.kind,
	e.value,
	e.role
FROM entity AS e;

-- Where an alert was seen: a row for each door.
CREATE VIEW v_origins AS
SELECT
	o.alert_id,
	s.name AS source,
	o.native_id,
	o.kind,
	f.scope,
	strftime('%Y-%m-%dT%H:%M:%fZ', g.seen_ms / 1000.0,
		'unixepoch') AS last_seen_at,
	g.seen_ms AS last_seen_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', g.missing_since_ms / 1000.0,
		'unixepoch') AS missing_since_at,
	g.missing_since_ms,
	g.poll_id
FROM origin AS o
JOIN sight AS g ON g.origin_id = o.id
JOIN feed AS f ON f.id = g.feed_id
JOIN source AS s ON s.id = f.source_id;

-- A clock.
CREATE VIEW v_sla AS
SELECT
	c.alert_id,
	c.episode,
	CASE c.kind
		WHEN 0 THEN 'triage'
		WHEN 1 THEN 'resolve' END AS clock,
	c.policy,
	strftime('%Y-%m-%dT%H:%M:%fZ', c.started_ms / 1000.0,
		'unixepoch') AS started_at,
	c.started_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', c.due_ms / 1000.0,
		'unixepoch') AS due_at,
	c.due_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', c.stopped_ms / 1000.0,
		'unixepoch') AS stopped_at,
	c.stopped_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', c.breached_ms / 1000.0,
		'unixepoch') AS breached_at,
	c.breached_ms,
	CASE
		WHEN c.breached_ms IS NOT NULL THEN 'breached'
		WHEN c.stopped_ms IS NOT NULL THEN 'met'
		ELSE 'running' END AS state,
	CASE c.severity
		WHEN 4 THEN 'critical'
		WHEN 3 THEN 'high'
		WHEN 2 THEN 'medium'
		WHEN 1 THEN 'low'
		WHEN 0 THEN 'info' END AS severity,
	c.warned,
	c.stopped_why
FROM clock AS c;

-- A message owed or sent.
CREATE VIEW v_deliveries AS
SELECT
	d.id,
	d.alert_id,
	d.target,
	d.recipient,
	CASE d.kind
		WHEN 0 THEN 'opened'
		WHEN 1 THEN 'escalated'
		WHEN 2 THEN 'updated'
		WHEN 3 THEN 'acknowledged'
		WHEN 4 THEN 'warning'
		WHEN 5 THEN 'breached'
		WHEN 6 THEN 'closed'
		WHEN 7 THEN 'reopened'
		WHEN 8 THEN 'digest'
		WHEN 9 THEN 'test' END AS kind,
	d.step,
	d.key,
	CASE d.state
		WHEN 0 THEN 'pending'
		WHEN 1 THEN 'leased'
		WHEN 2 THEN 'sent'
		WHEN 3 THEN 'retry'
		WHEN 4 THEN 'dead'
		WHEN 5 THEN 'superseded' END AS state,
	d.attempts,
	strftime('%Y-%m-%dT%H:%M:%fZ', d.not_before_ms / 1000.0,
		'unixepoch') AS not_before_at,
	d.not_before_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', d.sent_ms / 1000.0,
		'unixepoch') AS sent_at,
	d.sent_ms,
	d.last_error,
	d.episode,
	CASE d.severity
		WHEN 4 THEN 'critical'
		WHEN 3 THEN 'high'
		WHEN 2 THEN 'medium'
		WHEN 1 THEN 'low'
		WHEN 0 THEN 'info' END AS severity,
	d.reason,
	strftime('%Y-%m-%dT%H:%M:%fZ', d.created_ms / 1000.0,
		'unixepoch') AS created_at,
	d.created_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', d.expires_ms / 1000.0,
		'unixepoch') AS expires_at,
	d.expires_ms,
	d.maybe_duplicate
FROM delivery AS d;

-- The alerts of a message that carries several.
CREATE VIEW v_delivery_alerts AS
SELECT
	l.delivery_id,
	l.alert_id
FROM delivery_alert AS l;

-- The audit log.
CREATE VIEW v_events AS
SELECT
	e.id,
	e.alert_id,
	strftime('%Y-%m-%dT%H:%M:%fZ', e.at_ms / 1000.0,
		'unixepoch') AS at,
	e.at_ms,
	e.actor,
	e.kind,
	e.detail,
	lower(hex(e.hash)) AS hash
FROM event AS e;

-- The ingestion ledger.
CREATE VIEW v_polls AS
SELECT
	p.id,
	s.name AS source,
	strftime('%Y-%m-%dT%H:%M:%fZ', p.window_from_ms / 1000.0,
		'unixepoch') AS window_from_at,
	p.window_from_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', p.window_to_ms / 1000.0,
		'unixepoch') AS window_to_at,
	p.window_to_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', p.started_ms / 1000.0,
		'unixepoch') AS started_at,
	p.started_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', p.ended_ms / 1000.0,
		'unixepoch') AS ended_at,
	p.ended_ms,
	p.pages,
	p.fetched,
	p.added AS new,
	p.updated,
	p.noop,
	p.quarantined,
	p.complete,
	p.error,
	f.scope
FROM poll AS p
JOIN feed AS f ON f.id = p.feed_id
JOIN source AS s ON s.id = f.source_id;

-- An item that could not be understood.
CREATE VIEW v_quarantine AS
SELECT
	q.id,
	s.name AS source,
	q.poll_id,
	q.reason,
	q.raw,
	strftime('%Y-%m-%dT%H:%M:%fZ', q.seen_ms / 1000.0,
		'unixepoch') AS seen_at,
	q.seen_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', q.last_seen_ms / 1000.0,
		'unixepoch') AS last_seen_at,
	q.last_seen_ms,
	q.times
FROM quarantine AS q
JOIN source AS s ON s.id = q.source_id;

-- What a source lists, its last ended poll, and totals since the beginning.
CREATE VIEW v_sources AS
SELECT
	s.name AS source,
	s.kind,
	f.scope,
	strftime('%Y-%m-%dT%H:%M:%fZ', p.started_ms / 1000.0,
		'unixepoch') AS last_poll_at,
	p.started_ms AS last_poll_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', f.complete_ms / 1000.0,
		'unixepoch') AS last_complete_at,
	f.complete_ms AS last_complete_ms,
	p.complete,
	p.pages,
	p.fetched,
	p.added AS new,
	p.updated,
	p.noop,
	p.quarantined,
	p.error,
	f.n_complete AS polls_complete,
	f.n_incomplete AS polls_incomplete,
	f.n_new AS total_new,
	f.n_updated AS total_updated,
	f.n_noop AS total_noop,
	f.n_quarantined AS total_quarantined
FROM source AS s
LEFT JOIN feed AS f ON f.source_id = s.id
LEFT JOIN poll AS p ON p.id = f.ended_poll;

-- A target of notices.
CREATE VIEW v_targets AS
SELECT
	t.target,
	ifnull(sum(t.n) FILTER (WHERE t.state = 2), 0) AS sent,
	ifnull(sum(t.n) FILTER (WHERE t.state IN (0, 1, 3)), 0) AS unsent,
	ifnull(sum(t.n) FILTER (WHERE t.state = 4), 0) AS dead,
	strftime('%Y-%m-%dT%H:%M:%fZ', g.sent_ms / 1000.0,
		'unixepoch') AS last_sent_at,
	g.sent_ms AS last_sent_ms,
	g.error AS last_error,
	strftime('%Y-%m-%dT%H:%M:%fZ', g.error_ms / 1000.0,
		'unixepoch') AS last_error_at,
	g.error_ms AS last_error_ms
FROM delivery_count AS t
LEFT JOIN target AS g ON g.name = t.target
GROUP BY t.target;

-- How many alerts there are.
CREATE VIEW v_alert_counts AS
SELECT
	CASE n.severity
		WHEN 4 THEN 'critical'
		WHEN 3 THEN 'high'
		WHEN 2 THEN 'medium'
		WHEN 1 THEN 'low'
		WHEN 0 THEN 'info' END AS severity,
	CASE n.state
		WHEN 0 THEN 'open'
		WHEN 1 THEN 'acknowledged'
		WHEN 2 THEN 'closed' END AS state,
	n.n
FROM alert_count AS n
WHERE n.n > 0;

-- How many messages there are.
CREATE VIEW v_delivery_counts AS
SELECT
	n.target,
	CASE n.state
		WHEN 0 THEN 'pending'
		WHEN 1 THEN 'leased'
		WHEN 2 THEN 'sent'
		WHEN 3 THEN 'retry'
		WHEN 4 THEN 'dead'
		WHEN 5 THEN 'superseded' END AS state,
	n.n
FROM delivery_count AS n
WHERE n.n > 0;

-- How many clocks were ever breached.
CREATE VIEW v_breach_counts AS
SELECT
	CASE n.severity
		WHEN 4 THEN 'critical'
		WHEN 3 THEN 'high'
		WHEN 2 THEN 'medium'
		WHEN 1 THEN 'low'
		WHEN 0 THEN 'info' END AS severity,
	n.n
FROM breach_count AS n;
