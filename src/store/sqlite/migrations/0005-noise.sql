-- What holds a message back: bundles know the cause and keep each message that
-- they collect, silences are stored, a clock may be on hold. Digests and
-- summaries of release 0.1 become bundles of their cause.

PRAGMA user_version = 5;

DROP VIEW v_sla;
DROP VIEW v_deliveries;
DROP VIEW v_delivery_alerts;
DROP TRIGGER delivery_count_insert;
DROP TRIGGER delivery_count_update;
DROP TRIGGER delivery_count_delete;
DROP INDEX delivery_owed;
DROP INDEX delivery_next;
DROP INDEX delivery_order;
DROP INDEX delivery_dead;
DROP INDEX delivery_alert_id;
DROP INDEX delivery_alert_alert;
DROP INDEX bundle_open;
DROP INDEX bundle_due;
DROP INDEX bundle_alert_alert;

ALTER TABLE clock ADD COLUMN held_ms INTEGER;
ALTER TABLE clock ADD COLUMN hold_until_ms INTEGER;
ALTER TABLE clock ADD COLUMN waited_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ladder ADD COLUMN stopped_ms INTEGER;

-- The outbox is written anew: its rows gain a kind and the bundle they carry.
ALTER TABLE delivery RENAME TO delivery_before;
ALTER TABLE delivery_alert RENAME TO delivery_alert_before;
ALTER TABLE bundle RENAME TO bundle_before;
ALTER TABLE bundle_alert RENAME TO bundle_alert_before;

-- Messages of one target that wait for the same thing: see core/bundle.h.
CREATE TABLE bundle (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	cause INTEGER NOT NULL CHECK (cause BETWEEN 1 AND 7),
	name TEXT NOT NULL,
	target TEXT NOT NULL,
	opened_ms INTEGER NOT NULL,
	due_ms INTEGER NOT NULL,
	closed_ms INTEGER
) STRICT;
CREATE UNIQUE INDEX bundle_open ON bundle (cause, name, target)
	WHERE closed_ms IS NULL;
CREATE INDEX bundle_due ON bundle (due_ms) WHERE closed_ms IS NULL;

-- One such message: the notice it would have been, and what became of it.
CREATE TABLE bundle_entry (
	id INTEGER PRIMARY KEY,
	bundle_id INTEGER NOT NULL REFERENCES bundle ON DELETE CASCADE,
	alert_id INTEGER NOT NULL REFERENCES alert ON DELETE CASCADE,
	episode INTEGER NOT NULL,
	kind INTEGER NOT NULL,
	severity INTEGER NOT NULL,
	step INTEGER NOT NULL,
	transition INTEGER NOT NULL,
	reason TEXT,
	added_ms INTEGER NOT NULL,
	outcome INTEGER NOT NULL DEFAULT 0 CHECK (outcome BETWEEN 0 AND 3),
	ended_ms INTEGER,
	ended_why TEXT,
	delivery_id INTEGER REFERENCES delivery ON DELETE SET NULL,
	CHECK ((outcome = 0) = (ended_ms IS NULL))
) STRICT;
CREATE UNIQUE INDEX bundle_entry_notice ON bundle_entry
	(bundle_id, alert_id, episode, kind, step, transition);
CREATE INDEX bundle_entry_waiting ON bundle_entry (bundle_id, alert_id)
	WHERE outcome = 0;
CREATE INDEX bundle_entry_alert ON bundle_entry (alert_id);
CREATE INDEX bundle_entry_delivery ON bundle_entry (delivery_id)
	WHERE delivery_id IS NOT NULL;

-- Somebody does not want to be told about some alerts for a while.
CREATE TABLE silence (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	author TEXT NOT NULL,
	reason TEXT NOT NULL,
	when_text TEXT NOT NULL,
	covers_critical INTEGER NOT NULL CHECK (covers_critical IN (0, 1)),
	notify TEXT,
	created_ms INTEGER NOT NULL,
	starts_ms INTEGER NOT NULL,
	ends_ms INTEGER NOT NULL,
	announced_ms INTEGER,
	ended_ms INTEGER,
	ended_by TEXT
) STRICT;
CREATE INDEX silence_open ON silence (ends_ms) WHERE ended_ms IS NULL;

-- The outbox. next_ms is when to look at the row again (due, or end of the
-- lease) and NULL once it is finished, so that the indexes of work to do hold
-- what is owed and nothing else.
CREATE TABLE delivery (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	key TEXT NOT NULL UNIQUE,
	alert_id INTEGER REFERENCES alert ON DELETE CASCADE,
	episode INTEGER NOT NULL,
	target TEXT NOT NULL,
	recipient TEXT,
	kind INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 10),
	step INTEGER NOT NULL,
	severity INTEGER NOT NULL CHECK (severity BETWEEN 0 AND 4),
	reason TEXT,
	state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 5),
	attempts INTEGER NOT NULL DEFAULT 0,
	created_ms INTEGER NOT NULL,
	not_before_ms INTEGER NOT NULL,
	expires_ms INTEGER,
	next_ms INTEGER,
	sent_ms INTEGER,
	maybe_duplicate INTEGER NOT NULL DEFAULT 0,
	-- Overtaken while a sender held it: it is not tried again, and why.
	withdrawn TEXT,
	last_error TEXT,
	-- What was collected in it; NULL for a message about one alert.
	bundle_id INTEGER REFERENCES bundle ON DELETE SET NULL,
	CHECK ((state IN (0, 1, 3)) = (next_ms IS NOT NULL)),
	CHECK ((state = 2) = (sent_ms IS NOT NULL))
) STRICT;
CREATE INDEX delivery_owed ON delivery (target, (severity = 4) DESC, id)
	WHERE next_ms IS NOT NULL;
CREATE INDEX delivery_next ON delivery (target, next_ms)
	WHERE next_ms IS NOT NULL;
CREATE INDEX delivery_order ON delivery (alert_id, target, recipient)
	WHERE next_ms IS NOT NULL;
CREATE INDEX delivery_dead ON delivery (id) WHERE state = 4;
CREATE INDEX delivery_alert_id ON delivery (alert_id)
	WHERE alert_id IS NOT NULL;
CREATE INDEX delivery_bundle ON delivery (bundle_id)
	WHERE bundle_id IS NOT NULL;

-- The alerts that one message carries.
CREATE TABLE delivery_alert (
	delivery_id INTEGER NOT NULL REFERENCES delivery ON DELETE CASCADE,
	alert_id INTEGER NOT NULL REFERENCES alert ON DELETE CASCADE,
	PRIMARY KEY (delivery_id, alert_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_alert_alert ON delivery_alert (alert_id);

INSERT INTO bundle (id, cause, name, target, opened_ms, due_ms, closed_ms)
SELECT id,
	iif(name IN ('from before the first run',
		'still active from before the first run'), 2, 1),
	name, target, due_ms, due_ms, iif(is_open, NULL, due_ms)
FROM bundle_before;

INSERT INTO delivery (id, key, alert_id, episode, target, recipient, kind,
	step, severity, reason, state, attempts, created_ms,
	not_before_ms, expires_ms, next_ms, sent_ms,
	maybe_duplicate, withdrawn, last_error)
SELECT id, key, alert_id, episode, target, recipient, kind,
	step, severity, reason, state, attempts, created_ms,
	not_before_ms, expires_ms, next_ms, sent_ms,
	maybe_duplicate, withdrawn, last_error
FROM delivery_before;

INSERT INTO delivery_alert (delivery_id, alert_id)
SELECT delivery_id, alert_id FROM delivery_alert_before;

-- Which digest was which bundle stands in its reason alone; one sent early went
-- at most five minutes before its time.
UPDATE delivery SET bundle_id = (
	SELECT max(b.id) FROM delivery_alert AS l
	JOIN bundle_alert_before AS o ON o.alert_id = l.alert_id
	JOIN bundle AS b ON b.id = o.bundle_id
	WHERE l.delivery_id = delivery.id AND b.closed_ms IS NOT NULL
	AND substr(delivery.reason, 1, length(b.name) + 2) = b.name || ': '
	AND b.due_ms <= delivery.created_ms + 300000)
WHERE kind = 8;

INSERT INTO bundle_entry (bundle_id, alert_id, episode, kind, severity, step,
	transition, added_ms, outcome, ended_ms, delivery_id)
SELECT b.id, a.id, a.episode, 0, a.severity, 0, 0, a.seen_ms,
	b.closed_ms IS NOT NULL, b.closed_ms,
	(SELECT min(d.id) FROM delivery AS d
		JOIN delivery_alert AS l ON l.delivery_id = d.id
		WHERE d.bundle_id = b.id AND l.alert_id = a.id)
FROM bundle_alert_before AS o
JOIN bundle AS b ON b.id = o.bundle_id
JOIN alert AS a ON a.id = o.alert_id;

DROP TABLE delivery_alert_before;
DROP TABLE bundle_alert_before;
DROP TABLE delivery_before;
DROP TABLE bundle_before;

CREATE TRIGGER delivery_count_insert AFTER INSERT ON delivery
BEGIN
	INSERT INTO delivery_count (target, state, n)
	VALUES (NEW.target, NEW.state, 1)
	ON CONFLICT (target, state) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER delivery_count_update AFTER UPDATE OF state ON delivery
WHEN OLD.state <> NEW.state
BEGIN
	UPDATE delivery_count SET n = n - 1
	WHERE target = OLD.target AND state = OLD.state;
	INSERT INTO delivery_count (target, state, n)
	VALUES (NEW.target, NEW.state, 1)
	ON CONFLICT (target, state) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER delivery_count_delete AFTER DELETE ON delivery
BEGIN
	UPDATE delivery_count SET n = n - 1
	WHERE target = OLD.target AND state = OLD.state;
END;

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
		WHEN c.held_ms IS NOT NULL THEN 'held'
		ELSE 'running' END AS state,
	CASE c.severity
		WHEN 4 THEN 'critical'
		WHEN 3 THEN 'high'
		WHEN 2 THEN 'medium'
		WHEN 1 THEN 'low'
		WHEN 0 THEN 'info' END AS severity,
	c.warned,
	c.stopped_why,
	strftime('%Y-%m-%dT%H:%M:%fZ', c.held_ms / 1000.0,
		'unixepoch') AS held_at,
	c.held_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', c.hold_until_ms / 1000.0,
		'unixepoch') AS hold_until_at,
	c.hold_until_ms,
	c.waited_ms
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
	b.name AS cause_name
FROM delivery AS d
LEFT JOIN bundle AS b ON b.id = d.bundle_id;

-- The alerts of a message that carries several.
CREATE VIEW v_delivery_alerts AS
SELECT
	l.delivery_id,
	l.alert_id
FROM delivery_alert AS l;

-- A message about an alert that was held back: why, until when, and what became
-- of it.
CREATE VIEW v_suppressions AS
SELECT
	e.id,
	e.alert_id,
	e.episode,
	b.target,
	CASE e.kind
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
	CASE b.cause
		WHEN 1 THEN 'digest'
		WHEN 2 THEN 'import'
		WHEN 3 THEN 'group'
		WHEN 4 THEN 'silence'
		WHEN 5 THEN 'maintenance'
		WHEN 6 THEN 'quiet'
		WHEN 7 THEN 'storm' END AS cause,
	b.name AS cause_name,
	strftime('%Y-%m-%dT%H:%M:%fZ', e.added_ms / 1000.0,
		'unixepoch') AS since_at,
	e.added_ms AS since_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', b.due_ms / 1000.0,
		'unixepoch') AS until_at,
	b.due_ms AS until_ms,
	CASE e.outcome
		WHEN 0 THEN 'waiting'
		WHEN 1 THEN 'carried'
		WHEN 2 THEN 'moved'
		WHEN 3 THEN 'needless' END AS outcome,
	e.delivery_id,
	strftime('%Y-%m-%dT%H:%M:%fZ', e.ended_ms / 1000.0,
		'unixepoch') AS ended_at,
	e.ended_ms,
	e.ended_why,
	CASE e.severity
		WHEN 4 THEN 'critical'
		WHEN 3 THEN 'high'
		WHEN 2 THEN 'medium'
		WHEN 1 THEN 'low'
		WHEN 0 THEN 'info' END AS severity,
	e.step,
	e.reason,
	e.bundle_id
FROM bundle_entry AS e
JOIN bundle AS b ON b.id = e.bundle_id;

-- A silence.
CREATE VIEW v_silences AS
SELECT
	s.id,
	s.author,
	s.reason,
	s.when_text AS match,
	strftime('%Y-%m-%dT%H:%M:%fZ', s.starts_ms / 1000.0,
		'unixepoch') AS starts_at,
	s.starts_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', s.ends_ms / 1000.0,
		'unixepoch') AS ends_at,
	s.ends_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', s.ended_ms / 1000.0,
		'unixepoch') AS ended_at,
	s.ended_ms,
	CASE
		WHEN s.ended_ms IS NOT NULL THEN 'ended'
		WHEN s.starts_ms > (julianday('now') - 2440587.5) * 86400000
			THEN 'pending'
		ELSE 'active' END AS state,
	s.covers_critical,
	s.ended_by,
	s.notify,
	strftime('%Y-%m-%dT%H:%M:%fZ', s.created_ms / 1000.0,
		'unixepoch') AS created_at,
	s.created_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', s.announced_ms / 1000.0,
		'unixepoch') AS announced_at,
	s.announced_ms,
	(SELECT count(*) FROM bundle AS b
		JOIN bundle_entry AS e ON e.bundle_id = b.id
		WHERE b.cause = 4 AND b.name = CAST(s.id AS TEXT)
		AND b.closed_ms IS NULL AND e.outcome = 0) AS holding
FROM silence AS s;
