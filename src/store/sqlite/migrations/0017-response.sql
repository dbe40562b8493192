-- What people decide to have done upstream. Quick.

-- Responses: what was, or is to be, done upstream about an alert. None is ever
-- removed: each tells what was done to somebody, and its alert may be gone
-- before. subject: a user, the alert upstream, or the name of a program.
CREATE TABLE response (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	alert_id INTEGER REFERENCES alert ON DELETE SET NULL,
	episode INTEGER NOT NULL,
	alert_version INTEGER NOT NULL,
	action INTEGER NOT NULL CHECK (action BETWEEN 0 AND 8),
	state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 7),
	subject TEXT NOT NULL COLLATE NOCASE,
	source TEXT,
	verdict INTEGER NOT NULL CHECK (verdict BETWEEN 0 AND 3),
	contain INTEGER NOT NULL CHECK (contain IN (0, 1)),
	asked_by TEXT NOT NULL,
	reason TEXT,
	planned_ms INTEGER NOT NULL,
	expires_ms INTEGER NOT NULL,
	approved_by TEXT,
	approved_ms INTEGER,
	not_before_ms INTEGER,
	lease_ms INTEGER,
	attempts INTEGER NOT NULL DEFAULT 0,
	called INTEGER NOT NULL DEFAULT 0 CHECK (called IN (0, 1)),
	found INTEGER NOT NULL DEFAULT 0 CHECK (found BETWEEN 0 AND 6),
	finished_ms INTEGER,
	ended_by TEXT,
	uncertain INTEGER NOT NULL DEFAULT 0 CHECK (uncertain IN (0, 1)),
	answer TEXT,
	request_id TEXT,
	undoes INTEGER REFERENCES response,
	CHECK ((finished_ms IS NULL) = (state < 4)),
	CHECK ((approved_ms IS NULL) = (approved_by IS NULL)),
	CHECK (state NOT IN (2, 3, 4, 5) OR approved_ms IS NOT NULL),
	CHECK ((lease_ms IS NULL) = (state <> 3))
) STRICT;
CREATE INDEX response_open ON response (subject) WHERE finished_ms IS NULL;
CREATE INDEX response_subject ON response (subject, finished_ms);
CREATE INDEX response_approved ON response (approved_ms);
CREATE INDEX response_alert ON response (alert_id);
CREATE INDEX response_state ON response (state, action);

-- A response.
CREATE VIEW v_responses AS
SELECT
	r.id,
	r.alert_id,
	r.episode,
	CASE r.action
		WHEN 0 THEN 'revoke-sessions'
		WHEN 1 THEN 'suspend-user'
		WHEN 2 THEN 'restore-user'
		WHEN 3 THEN 'notify-user'
		WHEN 4 THEN 'dismiss'
		WHEN 5 THEN 'resolve'
		WHEN 6 THEN 'in-progress'
		WHEN 7 THEN 'activate'
		WHEN 8 THEN 'exec' END AS action,
	CASE r.state
		WHEN 0 THEN 'planned'
		WHEN 1 THEN 'waiting'
		WHEN 2 THEN 'approved'
		WHEN 3 THEN 'running'
		WHEN 4 THEN 'done'
		WHEN 5 THEN 'failed'
		WHEN 6 THEN 'refused'
		WHEN 7 THEN 'expired' END AS state,
	r.subject,
	r.source,
	CASE r.verdict
		WHEN 1 THEN 'true-positive'
		WHEN 2 THEN 'false-positive'
		WHEN 3 THEN 'benign' END AS verdict,
	r.asked_by,
	r.reason,
	strftime('%Y-%m-%dT%H:%M:%fZ', r.planned_ms / 1000.0,
		'unixepoch') AS planned_at,
	r.planned_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', r.expires_ms / 1000.0,
		'unixepoch') AS expires_at,
	r.expires_ms,
	r.approved_by,
	strftime('%Y-%m-%dT%H:%M:%fZ', r.approved_ms / 1000.0,
		'unixepoch') AS approved_at,
	r.approved_ms,
	r.attempts,
	CASE r.found
		WHEN 1 THEN 'enabled'
		WHEN 2 THEN 'disabled'
		WHEN 3 THEN 'active'
		WHEN 4 THEN 'in-progress'
		WHEN 5 THEN 'resolved'
		WHEN 6 THEN 'dismissed' END AS found,
	strftime('%Y-%m-%dT%H:%M:%fZ', r.finished_ms / 1000.0,
		'unixepoch') AS finished_at,
	r.finished_ms,
	r.ended_by,
	r.uncertain,
	r.answer,
	r.request_id,
	r.undoes,
	r.contain
FROM response AS r;

-- A message to somebody an alert is about.
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
	nullif(d.second, '') AS second
FROM delivery AS d
LEFT JOIN bundle AS b ON b.id = d.bundle_id;

PRAGMA user_version = 17;
