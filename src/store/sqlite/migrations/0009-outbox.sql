-- What keeps notices from arriving is remembered: who is told instead, and
-- which target has disabled itself (410) or refuses our credentials, since when.

PRAGMA user_version = 9;

-- Who was told instead of it; '' when nobody is to be. NULL: not asked yet.
ALTER TABLE delivery ADD COLUMN second TEXT;
UPDATE delivery SET second = '' WHERE state = 4;

-- print tells whether the target's address is the one that was disabled.
ALTER TABLE target ADD COLUMN disabled_ms INTEGER;
ALTER TABLE target ADD COLUMN disabled_why TEXT;
ALTER TABLE target ADD COLUMN disabled_print INTEGER;
ALTER TABLE target ADD COLUMN refused_ms INTEGER;
ALTER TABLE target ADD COLUMN refused_why TEXT;

-- Criticals that have not arrived and of which nobody else was told.
CREATE INDEX delivery_unheard ON delivery (id)
	WHERE severity = 4 AND second IS NULL AND sent_ms IS NULL AND state <> 5;
-- How many messages a target got lately.
CREATE INDEX delivery_sent ON delivery (target, (severity = 4), sent_ms)
	WHERE sent_ms IS NOT NULL;

DROP VIEW v_deliveries;
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
		WHEN 9 THEN 'test'
		WHEN 10 THEN 'silence-ending' END AS kind,
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
	d.maybe_duplicate,
	d.bundle_id,
	CASE b.cause
		WHEN 1 THEN 'digest'
		WHEN 2 THEN 'import'
		WHEN 3 THEN 'group'
		WHEN 4 THEN 'silence'
		WHEN 5 THEN 'maintenance'
		WHEN 6 THEN 'quiet'
		WHEN 7 THEN 'storm' END AS cause,
	b.name AS cause_name,
	nullif(d.second, '') AS second
FROM delivery AS d
LEFT JOIN bundle AS b ON b.id = d.bundle_id;

DROP VIEW v_targets;
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
	g.error_ms AS last_error_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', g.disabled_ms / 1000.0,
		'unixepoch') AS disabled_at,
	g.disabled_ms,
	g.disabled_why,
	strftime('%Y-%m-%dT%H:%M:%fZ', g.refused_ms / 1000.0,
		'unixepoch') AS refused_at,
	g.refused_ms,
	g.refused_why
FROM delivery_count AS t
LEFT JOIN target AS g ON g.name = t.target
GROUP BY t.target;
