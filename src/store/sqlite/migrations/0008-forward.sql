-- How far the log of events has been carried to each destination of `forward:`.
-- A destination that leaves the settings keeps its row, so that one that comes
-- back goes on where it was.

PRAGMA user_version = 8;

CREATE TABLE forward (
	name TEXT PRIMARY KEY,
	configured INTEGER NOT NULL,
	event_id INTEGER NOT NULL,
	n_forwarded INTEGER NOT NULL DEFAULT 0,
	since_ms INTEGER NOT NULL,
	forwarded_ms INTEGER,
	error_ms INTEGER,
	error TEXT
) STRICT, WITHOUT ROWID;

-- A destination of the log: event_id is the last that it has for certain.
CREATE VIEW v_forwards AS
SELECT
	f.name,
	f.event_id,
	max((SELECT ifnull(max(e.id), 0) FROM event AS e) - f.event_id, 0)
		AS behind,
	f.n_forwarded AS forwarded,
	strftime('%Y-%m-%dT%H:%M:%fZ', f.forwarded_ms / 1000.0,
		'unixepoch') AS forwarded_at,
	f.forwarded_ms,
	f.error AS last_error,
	strftime('%Y-%m-%dT%H:%M:%fZ', f.error_ms / 1000.0,
		'unixepoch') AS last_error_at,
	f.error_ms AS last_error_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', f.since_ms / 1000.0,
		'unixepoch') AS since_at,
	f.since_ms,
	f.configured
FROM forward AS f;
