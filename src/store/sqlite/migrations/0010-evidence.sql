-- What was found out about an alert is kept as evidence: asked for by a person,
-- stored as it came, never changed, removed with its alert.

PRAGMA user_version = 10;

-- One time of asking a source about somebody or something. hash is the SHA-256
-- over what it found (see evidence_rows.c), also written to the audit log.
CREATE TABLE evidence_fetch (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	alert_id INTEGER NOT NULL REFERENCES alert ON DELETE CASCADE,
	kind TEXT NOT NULL,
	source TEXT NOT NULL,
	about_kind TEXT NOT NULL,
	about TEXT NOT NULL,
	from_ms INTEGER NOT NULL,
	to_ms INTEGER NOT NULL,
	most INTEGER NOT NULL,
	n_found INTEGER NOT NULL DEFAULT 0,
	n_added INTEGER NOT NULL DEFAULT 0,
	n_unread INTEGER NOT NULL,
	fetched_ms INTEGER NOT NULL,
	fetched_by TEXT NOT NULL,
	trouble TEXT,
	hash BLOB
) STRICT;
CREATE INDEX evidence_fetch_alert ON evidence_fetch (alert_id, id);

-- fetch_id is the first that found it.
CREATE TABLE evidence (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	alert_id INTEGER NOT NULL REFERENCES alert ON DELETE CASCADE,
	fetch_id INTEGER NOT NULL REFERENCES evidence_fetch ON DELETE CASCADE,
	kind TEXT NOT NULL,
	native_id TEXT NOT NULL,
	at_ms INTEGER,
	actor TEXT,
	ip TEXT,
	action TEXT,
	app TEXT,
	object TEXT,
	location TEXT,
	clipped INTEGER NOT NULL,
	raw TEXT NOT NULL,
	UNIQUE (alert_id, kind, native_id)
) STRICT;
CREATE INDEX evidence_time ON evidence (alert_id, at_ms, id);
CREATE INDEX evidence_fetch_id ON evidence (fetch_id);

CREATE TABLE evidence_found (
	fetch_id INTEGER NOT NULL REFERENCES evidence_fetch ON DELETE CASCADE,
	evidence_id INTEGER NOT NULL REFERENCES evidence ON DELETE CASCADE,
	PRIMARY KEY (fetch_id, evidence_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX evidence_found_evidence ON evidence_found (evidence_id);

CREATE TRIGGER evidence_stays BEFORE UPDATE ON evidence
BEGIN
	SELECT raise(ABORT, 'evidence is never changed');
END;
CREATE TRIGGER evidence_fetch_stays BEFORE UPDATE ON evidence_fetch
WHEN OLD.hash IS NOT NULL
BEGIN
	SELECT raise(ABORT, 'a sealed fetch is never changed');
END;

-- A piece of evidence about an alert, with the text as it came.
CREATE VIEW v_evidence AS
SELECT
	e.id,
	e.alert_id,
	e.kind,
	e.native_id,
	strftime('%Y-%m-%dT%H:%M:%fZ', e.at_ms / 1000.0,
		'unixepoch') AS at,
	e.at_ms,
	e.actor,
	e.ip,
	e.action,
	e.app,
	e.object,
	e.location,
	f.source,
	strftime('%Y-%m-%dT%H:%M:%fZ', f.fetched_ms / 1000.0,
		'unixepoch') AS fetched_at,
	f.fetched_ms,
	f.fetched_by,
	e.fetch_id,
	e.clipped,
	e.raw
FROM evidence AS e
JOIN evidence_fetch AS f ON f.id = e.fetch_id;

-- A time of asking for evidence: whom, about what, and what came of it.
CREATE VIEW v_evidence_fetches AS
SELECT
	f.id,
	f.alert_id,
	f.kind,
	f.source,
	f.about_kind,
	f.about,
	strftime('%Y-%m-%dT%H:%M:%fZ', f.from_ms / 1000.0,
		'unixepoch') AS from_at,
	f.from_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', f.to_ms / 1000.0,
		'unixepoch') AS to_at,
	f.to_ms,
	f.most,
	f.n_found AS found,
	f.n_added AS added,
	f.n_unread AS unread,
	strftime('%Y-%m-%dT%H:%M:%fZ', f.fetched_ms / 1000.0,
		'unixepoch') AS fetched_at,
	f.fetched_ms,
	f.fetched_by,
	f.trouble IS NULL AS complete,
	f.trouble,
	lower(hex(f.hash)) AS hash
FROM evidence_fetch AS f;
