-- Proof of what was read: slices of time that could not be, and items that were
-- not understood until later.

PRAGMA user_version = 4;

-- A slice of time of one feed that is given up for now, tried again hourly.
CREATE TABLE gap (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	feed_id INTEGER NOT NULL REFERENCES feed,
	from_ms INTEGER NOT NULL,
	to_ms INTEGER NOT NULL,
	since_ms INTEGER NOT NULL,
	closed_ms INTEGER,
	reason TEXT NOT NULL,
	tries INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE UNIQUE INDEX gap_open ON gap (feed_id, from_ms, to_ms)
	WHERE closed_ms IS NULL;

-- What a feed has covered is read along the first, why it failed along the
-- second.
CREATE INDEX poll_window ON poll (feed_id, window_from_ms, window_to_ms)
	WHERE complete = 1 AND window_from_ms IS NOT NULL;
CREATE INDEX poll_failed ON poll (feed_id, id) WHERE error IS NOT NULL;

-- When an item was understood after all.
ALTER TABLE quarantine ADD COLUMN resolved_ms INTEGER;
CREATE INDEX quarantine_open ON quarantine (source_id, id)
	WHERE resolved_ms IS NULL;

DROP VIEW v_quarantine;

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
	q.times,
	strftime('%Y-%m-%dT%H:%M:%fZ', q.resolved_ms / 1000.0,
		'unixepoch') AS resolved_at,
	q.resolved_ms
FROM quarantine AS q
JOIN source AS s ON s.id = q.source_id;

-- A slice of time that could not be read; closed when it was read after all.
CREATE VIEW v_gaps AS
SELECT
	s.name AS source,
	f.scope,
	strftime('%Y-%m-%dT%H:%M:%fZ', g.from_ms / 1000.0,
		'unixepoch') AS from_at,
	g.from_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', g.to_ms / 1000.0,
		'unixepoch') AS to_at,
	g.to_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', g.since_ms / 1000.0,
		'unixepoch') AS since_at,
	g.since_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', g.closed_ms / 1000.0,
		'unixepoch') AS closed_at,
	g.closed_ms,
	g.reason,
	g.tries,
	g.id
FROM gap AS g
JOIN feed AS f ON f.id = g.feed_id
JOIN source AS s ON s.id = f.source_id;
