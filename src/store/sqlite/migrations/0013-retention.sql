-- What is over may be removed. Reads the table of alerts once for the new
-- index: some seconds for a million alerts.

-- Closed alerts, those closed longest ago first.
CREATE INDEX alert_closed ON alert (closed_ms) WHERE closed_ms IS NOT NULL;
-- A poll stays as long as what came with it.
CREATE INDEX quarantine_poll ON quarantine (poll_id);

-- A schema that is not trusted may not write to a virtual table, so no alert
-- could be removed: who removes one takes it from the index first.
DROP TRIGGER alert_search_delete;

-- Identities of alerts that were removed: a source that shows one again shows
-- nothing new, unless it had closed the alert and has it active now.
CREATE TABLE gone (
	key BLOB PRIMARY KEY,
	alert_id INTEGER NOT NULL,
	source_closed INTEGER NOT NULL CHECK (source_closed IN (0, 1)),
	seen_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX gone_seen ON gone (seen_ms);

-- Time that polls proved to be read which are removed: never two that touch.
CREATE TABLE proven (
	feed_id INTEGER NOT NULL REFERENCES feed,
	from_ms INTEGER NOT NULL,
	to_ms INTEGER NOT NULL,
	PRIMARY KEY (feed_id, from_ms)
) STRICT, WITHOUT ROWID;

-- How many rows of a class were removed since the beginning, and how many of
-- them the log of events tells of.
CREATE TABLE removal (
	class TEXT PRIMARY KEY,
	n INTEGER NOT NULL,
	told INTEGER NOT NULL DEFAULT 0,
	removed_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A counter must not fall when messages are removed.
ALTER TABLE delivery_count ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;
DROP TRIGGER delivery_count_delete;
CREATE TRIGGER delivery_count_delete AFTER DELETE ON delivery
BEGIN
	UPDATE delivery_count SET n = n - 1, removed = removed + 1
	WHERE target = OLD.target AND state = OLD.state;
END;

DROP VIEW v_targets;
-- A target of notices.
CREATE VIEW v_targets AS
SELECT
	t.target,
	ifnull(sum(t.n + t.removed) FILTER (WHERE t.state = 2), 0) AS sent,
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

DROP VIEW v_delivery_counts;
-- How many messages there are, and how many there were.
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
	n.n,
	n.n + n.removed AS total
FROM delivery_count AS n
WHERE n.n + n.removed > 0;

-- What retention has removed since the beginning.
CREATE VIEW v_removed AS
SELECT
	r.class,
	r.n AS removed,
	strftime('%Y-%m-%dT%H:%M:%fZ', r.removed_ms / 1000.0,
		'unixepoch') AS last_removed_at,
	r.removed_ms AS last_removed_ms
FROM removal AS r;

PRAGMA user_version = 13;
