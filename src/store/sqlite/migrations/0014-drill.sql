-- Drills: somebody wants to know whether an alert would reach anybody. Quick.

-- One for each drill; the alert of the kind drill that it was may be removed
-- long before it.
CREATE TABLE drill (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	alert_id INTEGER UNIQUE REFERENCES alert ON DELETE SET NULL,
	asked_by TEXT NOT NULL,
	reason TEXT,
	severity INTEGER NOT NULL CHECK (severity BETWEEN 0 AND 4),
	with_hooks INTEGER NOT NULL CHECK (with_hooks IN (0, 1)),
	started_ms INTEGER NOT NULL,
	ends_ms INTEGER NOT NULL,
	ended_ms INTEGER,
	ended_by TEXT,
	result INTEGER NOT NULL DEFAULT 0 CHECK (result BETWEEN 0 AND 3),
	CHECK ((ended_ms IS NULL) = (result = 0))
) STRICT;
CREATE INDEX drill_running ON drill (ends_ms) WHERE ended_ms IS NULL;

-- Nobody was late with what never happened.
DROP TRIGGER breach_count_update;
CREATE TRIGGER breach_count_update AFTER UPDATE OF breached_ms ON clock
WHEN OLD.breached_ms IS NULL AND NEW.breached_ms IS NOT NULL
	AND (SELECT kind FROM alert WHERE id = NEW.alert_id) <> 'drill'
BEGIN
	INSERT INTO breach_count (severity, n) VALUES (NEW.severity, 1)
	ON CONFLICT (severity) DO UPDATE SET n = n + 1;
END;

-- A drill.
CREATE VIEW v_drills AS
SELECT
	d.id,
	d.alert_id,
	d.asked_by,
	d.reason,
	CASE d.severity
		WHEN 4 THEN 'critical'
		WHEN 3 THEN 'high'
		WHEN 2 THEN 'medium'
		WHEN 1 THEN 'low'
		WHEN 0 THEN 'info' END AS severity,
	d.with_hooks,
	strftime('%Y-%m-%dT%H:%M:%fZ', d.started_ms / 1000.0,
		'unixepoch') AS started_at,
	d.started_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', d.ends_ms / 1000.0,
		'unixepoch') AS ends_at,
	d.ends_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', d.ended_ms / 1000.0,
		'unixepoch') AS ended_at,
	d.ended_ms,
	d.ended_by,
	CASE d.result
		WHEN 0 THEN 'running'
		WHEN 1 THEN 'passed'
		WHEN 2 THEN 'unanswered'
		WHEN 3 THEN 'unreached' END AS result
FROM drill AS d;

PRAGMA user_version = 14;
