-- When a message was given up: triagectl watch had no time to tell but its own.
-- Quick, but for the index, which takes a look at every message.

ALTER TABLE delivery ADD COLUMN given_up_ms INTEGER;
CREATE INDEX delivery_given_up ON delivery (given_up_ms, id)
	WHERE given_up_ms IS NOT NULL;

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
		WHEN 10 THEN iif(d.step = 1, 'response',
			'silence-ending') END AS kind,
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
	nullif(d.second, '') AS second,
	strftime('%Y-%m-%dT%H:%M:%fZ', d.given_up_ms / 1000.0,
		'unixepoch') AS given_up_at,
	d.given_up_ms
FROM delivery AS d
LEFT JOIN bundle AS b ON b.id = d.bundle_id;

PRAGMA user_version = 30;
