-- The schema as it is now: the sum of the migrations, which a new database gets
-- at once. A test holds both together.

-- Tables. Nobody but triaged relies on them; the promise is in the views.
--
-- Instants are milliseconds UTC, NULL when there is none. Levels, states and
-- kinds are the numbers of the enums in src/core. An index costs every insert,
-- so there are few, and those of work to do hold open rows only.

PRAGMA application_id = 0x54524744; -- "TRGD"
CREATE TABLE meta (
	name TEXT PRIMARY KEY,
	value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE source (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,
	kind TEXT NOT NULL,
	started_ms INTEGER
) STRICT;

-- What one source lists by itself: a subscription, a file, or '' for all of
-- it. Totals live here and not in poll, because a counter must not fall when
-- old polls are removed. The first slice of time that was read whole ended at
-- first_to_ms; NULL where nobody reads by slices, or nobody kept it.
CREATE TABLE feed (
	id INTEGER PRIMARY KEY,
	source_id INTEGER NOT NULL REFERENCES source,
	scope TEXT NOT NULL,
	cursor TEXT,
	cursor_ms INTEGER,
	ended_poll INTEGER NOT NULL DEFAULT 0,
	complete_poll INTEGER NOT NULL DEFAULT 0,
	previous_complete_poll INTEGER NOT NULL DEFAULT 0,
	complete_ms INTEGER,
	n_complete INTEGER NOT NULL DEFAULT 0,
	n_incomplete INTEGER NOT NULL DEFAULT 0,
	n_new INTEGER NOT NULL DEFAULT 0,
	n_updated INTEGER NOT NULL DEFAULT 0,
	n_noop INTEGER NOT NULL DEFAULT 0,
	n_quarantined INTEGER NOT NULL DEFAULT 0, first_to_ms INTEGER,
	UNIQUE (source_id, scope)
) STRICT;

CREATE TABLE poll (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	feed_id INTEGER NOT NULL REFERENCES feed,
	window_from_ms INTEGER,
	window_to_ms INTEGER,
	started_ms INTEGER NOT NULL,
	ended_ms INTEGER,
	pages INTEGER NOT NULL DEFAULT 0,
	fetched INTEGER NOT NULL DEFAULT 0,
	added INTEGER NOT NULL DEFAULT 0,
	updated INTEGER NOT NULL DEFAULT 0,
	noop INTEGER NOT NULL DEFAULT 0,
	quarantined INTEGER NOT NULL DEFAULT 0,
	complete INTEGER NOT NULL DEFAULT 0 CHECK (complete IN (0, 1)),
	error TEXT,
	CHECK (fetched = added + updated + noop + quarantined)
) STRICT;
CREATE INDEX poll_running ON poll (id) WHERE ended_ms IS NULL;
-- What a feed has covered is read along the first, why it failed along the
-- second.
CREATE INDEX poll_window ON poll (feed_id, window_from_ms, window_to_ms)
	WHERE complete = 1 AND window_from_ms IS NOT NULL;
CREATE INDEX poll_failed ON poll (feed_id, id) WHERE error IS NOT NULL;

-- Time that polls proved to be read which are removed: never two that touch.
CREATE TABLE proven (
	feed_id INTEGER NOT NULL REFERENCES feed,
	from_ms INTEGER NOT NULL,
	to_ms INTEGER NOT NULL,
	PRIMARY KEY (feed_id, from_ms)
) STRICT, WITHOUT ROWID;

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

-- raw is TEXT, or a BLOB when the bytes are not valid UTF-8.
CREATE TABLE quarantine (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	source_id INTEGER NOT NULL REFERENCES source,
	poll_id INTEGER NOT NULL,
	content_hash BLOB NOT NULL,
	reason TEXT NOT NULL,
	raw ANY NOT NULL,
	seen_ms INTEGER NOT NULL,
	last_seen_ms INTEGER NOT NULL,
	times INTEGER NOT NULL DEFAULT 1, resolved_ms INTEGER,
	UNIQUE (source_id, content_hash)
) STRICT;
CREATE INDEX quarantine_open ON quarantine (source_id, id)
	WHERE resolved_ms IS NULL;
-- A poll stays as long as what came with it.
CREATE INDEX quarantine_poll ON quarantine (poll_id);

CREATE TABLE alert (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	source_id INTEGER NOT NULL REFERENCES source,
	kind TEXT NOT NULL,
	provider TEXT,
	tenant TEXT NOT NULL,
	subscription TEXT,
	native_id TEXT NOT NULL,
	linked_kind TEXT,
	linked_id TEXT,
	title TEXT,
	alert_type TEXT,
	source_severity TEXT,
	severity_unmapped INTEGER NOT NULL,
	source_status TEXT,
	source_state INTEGER NOT NULL,
	resource_id TEXT,
	resource_group TEXT,
	resource_type TEXT,
	entity TEXT,
	tactics TEXT,
	techniques TEXT,
	incident TEXT,
	correlation TEXT,
	is_incident INTEGER NOT NULL,
	portal_url TEXT,
	created_ms INTEGER,
	activity_from_ms INTEGER,
	activity_to_ms INTEGER,
	source_updated_ms INTEGER,
	clipped INTEGER NOT NULL,
	content_hash BLOB NOT NULL,
	base INTEGER NOT NULL CHECK (base BETWEEN 0 AND 4),
	severity INTEGER NOT NULL CHECK (severity BETWEEN 0 AND 4),
	rule TEXT,
	policy_hash TEXT,
	state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2),
	phase INTEGER NOT NULL CHECK (phase BETWEEN 0 AND 5),
	episode INTEGER NOT NULL,
	revision INTEGER NOT NULL,
	version INTEGER NOT NULL DEFAULT 1,
	owner TEXT,
	historical INTEGER NOT NULL,
	seen_ms INTEGER NOT NULL,
	episode_ms INTEGER NOT NULL,
	updated_ms INTEGER NOT NULL,
	acknowledged_ms INTEGER,
	acknowledged_by TEXT,
	acknowledge_note TEXT,
	acknowledge_expires_ms INTEGER,
	closed_ms INTEGER,
	closed_by TEXT,
	close_note TEXT,
	verdict INTEGER NOT NULL DEFAULT 0,
	-- Due time of the running triage clock, the end of time without one:
	-- kept here so that the queue is one walk along one index.
	urgency_ms INTEGER NOT NULL DEFAULT 9223372036854775807,
	-- The long texts come last: rows are read up to the column wanted.
	description TEXT,
	remediation TEXT, category TEXT, policy TEXT, assigned_by TEXT, confirmed INTEGER,
	CHECK ((state = 2) = (closed_ms IS NOT NULL)),
	CHECK (acknowledge_expires_ms IS NULL OR state = 1)
) STRICT;
-- With what lists and counts ask of each open one; a row each costs ten times as
-- much. So has clock_running.
CREATE INDEX alert_queue ON alert (severity DESC, urgency_ms, id, resource_id)
	WHERE state < 2;
CREATE INDEX alert_acknowledged ON alert (acknowledge_expires_ms)
	WHERE acknowledge_expires_ms IS NOT NULL;
CREATE INDEX alert_seen ON alert (seen_ms);
-- What alerts have in common: the incident, and the resource by the end of its
-- path, where resources differ (a whole one is long).
CREATE INDEX alert_incident ON alert (incident, id)
	WHERE incident IS NOT NULL;
CREATE INDEX alert_resource ON alert (lower(substr(resource_id, -48)), id)
	WHERE resource_id IS NOT NULL;
-- Closed alerts, those closed longest ago first.
CREATE INDEX alert_closed ON alert (closed_ms) WHERE closed_ms IS NOT NULL;

-- An identity an alert is known by: key is the 16-byte hash of (kind, tenant,
-- native id). One without a row in sight is only announced by another door.
CREATE TABLE origin (
	id INTEGER PRIMARY KEY,
	key BLOB NOT NULL UNIQUE,
	alert_id INTEGER NOT NULL REFERENCES alert ON DELETE CASCADE,
	kind TEXT NOT NULL,
	native_id TEXT NOT NULL,
	raw_hash BLOB
) STRICT;
CREATE INDEX origin_alert ON origin (alert_id);
-- A native id as people type it, whole or its beginning.
CREATE INDEX origin_native ON origin (native_id COLLATE NOCASE);

-- Identities of alerts that were removed: a source that shows one again shows
-- nothing new, unless it had closed the alert and has it active now.
CREATE TABLE gone (
	key BLOB PRIMARY KEY,
	alert_id INTEGER NOT NULL,
	source_closed INTEGER NOT NULL CHECK (source_closed IN (0, 1)),
	seen_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX gone_seen ON gone (seen_ms);

-- Who saw an identity last, and when. Small rows in order of arrival: a poll
-- that finds nothing new rewrites few pages.
CREATE TABLE sight (
	feed_id INTEGER NOT NULL REFERENCES feed,
	origin_id INTEGER NOT NULL REFERENCES origin ON DELETE CASCADE,
	poll_id INTEGER NOT NULL,
	seen_ms INTEGER NOT NULL,
	missing_since_ms INTEGER,
	PRIMARY KEY (feed_id, origin_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sight_origin ON sight (origin_id);

CREATE TABLE revision (
	alert_id INTEGER NOT NULL REFERENCES alert ON DELETE CASCADE,
	revision INTEGER NOT NULL,
	seen_ms INTEGER NOT NULL,
	source_id INTEGER NOT NULL REFERENCES source,
	content_hash BLOB NOT NULL,
	changed TEXT NOT NULL,
	raw ANY,
	PRIMARY KEY (alert_id, revision)
) STRICT;

-- What entities are: an account, a machine, an address, each once, however many
-- alerts are about it, as it was spelled first. The last alert takes it along.
CREATE TABLE thing (
	id INTEGER PRIMARY KEY,
	kind TEXT NOT NULL,
	value TEXT NOT NULL
) STRICT;
-- Small letters: to compare bytes takes a tenth of what NOCASE takes.
CREATE UNIQUE INDEX thing_value ON thing (lower(value), kind);

-- value is how this alert spells it, where that is another way. An alert has
-- eight of them: references that the engine looks up for each cost as much as
-- the rows, so triggers take their part, and db check looks for them.
CREATE TABLE entity (
	alert_id INTEGER NOT NULL, -- of alert
	place INTEGER NOT NULL,
	thing_id INTEGER NOT NULL, -- of thing
	value TEXT,
	role TEXT,
	PRIMARY KEY (alert_id, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX entity_thing ON entity (thing_id, alert_id);
CREATE TRIGGER entity_delete AFTER DELETE ON entity
WHEN NOT EXISTS (SELECT 1 FROM entity WHERE thing_id = OLD.thing_id)
BEGIN
	DELETE FROM thing WHERE id = OLD.thing_id;
END;
CREATE TRIGGER alert_delete AFTER DELETE ON alert
BEGIN
	DELETE FROM entity WHERE alert_id = OLD.id;
END;

-- Entities of alerts that their source calls high, by the hour of first sight:
-- whether another detector is about the same one is then a few seeks, also when
-- one detector repeats itself ten thousand times.
CREATE TABLE high_entity (
	kind TEXT NOT NULL COLLATE NOCASE,
	value TEXT NOT NULL COLLATE NOCASE,
	hour INTEGER NOT NULL,
	alert_type TEXT NOT NULL COLLATE NOCASE,
	seen_ms INTEGER NOT NULL,
	alert_id INTEGER NOT NULL REFERENCES alert ON DELETE CASCADE,
	PRIMARY KEY (kind, value, hour, alert_type, seen_ms, alert_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX high_entity_alert ON high_entity (alert_id);

CREATE TABLE tag (
	alert_id INTEGER NOT NULL REFERENCES alert ON DELETE CASCADE,
	tag TEXT NOT NULL,
	PRIMARY KEY (alert_id, tag)
) STRICT, WITHOUT ROWID;

-- The text of an alert that people look for. alert_search holds words and no
-- text of its own: what it removes it reads here, so an alert leaves the index
-- before its text changes and comes back after (store/sqlite/search_index.c).
CREATE VIEW alert_text AS
SELECT
	a.id,
	a.title,
	ifnull(a.entity, '') || char(10) || ifnull(
		(SELECT group_concat(ifnull(e.value, t.value), char(10))
		FROM entity AS e CROSS JOIN thing AS t ON t.id = e.thing_id
		WHERE e.alert_id = a.id), '') AS entities,
	coalesce(a.resource_id, a.resource_group, a.subscription) AS resource,
	ifnull(a.alert_type, '') || char(10) || ifnull(a.category, '')
		|| char(10) || ifnull(a.policy, '')
		|| char(10) || ifnull(a.tactics, '')
		|| char(10) || ifnull(a.techniques, '')
		|| char(10) || ifnull(a.provider, '') AS type,
	a.native_id || char(10) || ifnull(a.linked_id, '')
		|| char(10) || ifnull(a.incident, '')
		|| char(10) || ifnull(a.correlation, '') AS ids,
	(SELECT group_concat(t.tag, char(10)) FROM tag AS t
		WHERE t.alert_id = a.id) AS tags,
	a.description
FROM alert AS a;

CREATE VIRTUAL TABLE alert_search USING fts5 (
	title, entities, resource, type, ids, tags, description,
	content = 'alert_text', content_rowid = 'id',
	tokenize = "unicode61 remove_diacritics 2"
);
-- Commits merge pieces of it when sixteen of a size are there; the engine's way,
-- four, costs every insert more, and the daemon merges four in its idle time.
-- All at once, which makes single commits long, only when there are sixty-four.
INSERT INTO alert_search (alert_search, rank) VALUES ('automerge', 16);
INSERT INTO alert_search (alert_search, rank) VALUES ('crisismerge', 64);

-- kind 0 is the triage clock, 1 the one to resolve, which may be on hold.
CREATE TABLE clock (
	alert_id INTEGER NOT NULL REFERENCES alert ON DELETE CASCADE,
	episode INTEGER NOT NULL,
	kind INTEGER NOT NULL DEFAULT 0,
	severity INTEGER NOT NULL,
	policy TEXT NOT NULL,
	started_ms INTEGER NOT NULL,
	due_ms INTEGER NOT NULL,
	warned INTEGER NOT NULL DEFAULT 0,
	breached_ms INTEGER,
	stopped_ms INTEGER,
	stopped_why TEXT,
	next_ms INTEGER, held_ms INTEGER, hold_until_ms INTEGER, waited_ms INTEGER NOT NULL DEFAULT 0, last_held_ms INTEGER, unheld_ms INTEGER,
	PRIMARY KEY (alert_id, episode, kind),
	CHECK (stopped_ms IS NULL OR next_ms IS NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX clock_next ON clock (next_ms) WHERE next_ms IS NOT NULL;
CREATE INDEX clock_running ON clock (due_ms, severity, held_ms, stopped_ms)
	WHERE stopped_ms IS NULL;

-- One for each route of an alert that has steps; when_hash: see core/policy.h.
CREATE TABLE ladder (
	alert_id INTEGER NOT NULL REFERENCES alert ON DELETE CASCADE,
	episode INTEGER NOT NULL,
	route TEXT NOT NULL,
	started_ms INTEGER NOT NULL,
	step INTEGER NOT NULL,
	repeat INTEGER NOT NULL,
	next_ms INTEGER,
	stopped_why TEXT, stopped_ms INTEGER, when_hash TEXT,
	PRIMARY KEY (alert_id, episode, route)
) STRICT, WITHOUT ROWID;
CREATE INDEX ladder_next ON ladder (next_ms) WHERE next_ms IS NOT NULL;

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

-- Responses: what was, or is to be, done upstream about an alert. None is ever
-- removed: each tells what was done to somebody, and its alert may be gone
-- before. subject: a user, the alert upstream, or the name of a program.
-- remind_ms: when who was asked for approval is asked once again; NULL not. Of
-- one that a restore has ended: people are still to be told of that.
-- since_ms: from when give-up-after counts; NULL: from approved_ms, which stays
-- what it is when the clock is set back.
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
	undoes INTEGER REFERENCES response, remind_ms INTEGER, since_ms INTEGER,
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

-- The outbox. next_ms is when to look at the row again (due, or end of the
-- lease) and NULL once it is finished, so that the indexes of work to do hold
-- what is owed and nothing else. transition: as in bundle_entry.
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
	bundle_id INTEGER REFERENCES bundle ON DELETE SET NULL, second TEXT, transition INTEGER, given_up_ms INTEGER,
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
-- Criticals that have not arrived and of which nobody else was told.
CREATE INDEX delivery_unheard ON delivery (id)
	WHERE severity = 4 AND second IS NULL AND sent_ms IS NULL AND state <> 5;
-- How many messages a target got lately.
CREATE INDEX delivery_sent ON delivery (target, (severity = 4), sent_ms)
	WHERE sent_ms IS NOT NULL;

-- What is given up, in the order in which it was: no number comes twice,
-- whatever the clock says.
CREATE TABLE given_up (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	delivery_id INTEGER NOT NULL UNIQUE REFERENCES delivery ON DELETE CASCADE
) STRICT;
CREATE TRIGGER given_up_insert AFTER UPDATE OF state ON delivery
WHEN NEW.state = 4 AND OLD.state <> 4
BEGIN
	INSERT INTO given_up (delivery_id) VALUES (NEW.id);
END;
CREATE TRIGGER given_up_delete AFTER UPDATE OF state ON delivery
WHEN OLD.state = 4 AND NEW.state <> 4
BEGIN
	DELETE FROM given_up WHERE delivery_id = NEW.id;
END;

-- The alerts that one message carries.
CREATE TABLE delivery_alert (
	delivery_id INTEGER NOT NULL REFERENCES delivery ON DELETE CASCADE,
	alert_id INTEGER NOT NULL REFERENCES alert ON DELETE CASCADE,
	PRIMARY KEY (delivery_id, alert_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_alert_alert ON delivery_alert (alert_id);

CREATE TABLE target (
	name TEXT PRIMARY KEY,
	sent_ms INTEGER,
	error_ms INTEGER,
	error TEXT
, disabled_ms INTEGER, disabled_why TEXT, disabled_print INTEGER, refused_ms INTEGER, refused_why TEXT) STRICT, WITHOUT ROWID;

-- Append-only. hash is the SHA-256 over the hash of the row before (32 zero
-- bytes for the first) and id, alert_id (0 for none), at_ms, actor, kind and
-- detail, each as text behind its length. Outlives the alerts it is about.
CREATE TABLE event (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	alert_id INTEGER,
	at_ms INTEGER NOT NULL,
	actor TEXT NOT NULL,
	kind TEXT NOT NULL,
	detail TEXT NOT NULL,
	hash BLOB NOT NULL
) STRICT;
CREATE INDEX event_alert ON event (alert_id) WHERE alert_id IS NOT NULL;

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

-- How far the log of events has been carried to each destination.
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

-- How many rows of a class were removed since the beginning, and how many of
-- them the log of events tells of.
CREATE TABLE removal (
	class TEXT PRIMARY KEY,
	n INTEGER NOT NULL,
	told INTEGER NOT NULL DEFAULT 0,
	removed_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Counts that would cost a scan each time somebody looks.
CREATE TABLE alert_count (
	severity INTEGER NOT NULL,
	state INTEGER NOT NULL,
	n INTEGER NOT NULL,
	PRIMARY KEY (severity, state)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER alert_count_update AFTER UPDATE OF severity, state ON alert
WHEN OLD.severity <> NEW.severity OR OLD.state <> NEW.state
BEGIN
	UPDATE alert_count SET n = n - 1
	WHERE severity = OLD.severity AND state = OLD.state;
	INSERT INTO alert_count (severity, state, n)
	VALUES (NEW.severity, NEW.state, 1)
	ON CONFLICT (severity, state) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER alert_count_delete AFTER DELETE ON alert
BEGIN
	UPDATE alert_count SET n = n - 1
	WHERE severity = OLD.severity AND state = OLD.state;
END;

CREATE TABLE delivery_count (
	target TEXT NOT NULL,
	state INTEGER NOT NULL,
	n INTEGER NOT NULL, removed INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (target, state)
) STRICT, WITHOUT ROWID;
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
	UPDATE delivery_count SET n = n - 1, removed = removed + 1
	WHERE target = OLD.target AND state = OLD.state;
END;

-- Breaches ever: a counter, so nothing takes one back.
CREATE TABLE breach_count (
	severity INTEGER PRIMARY KEY,
	n INTEGER NOT NULL
) STRICT;
CREATE TRIGGER breach_count_update AFTER UPDATE OF breached_ms ON clock
WHEN OLD.breached_ms IS NULL AND NEW.breached_ms IS NOT NULL
	AND (SELECT kind FROM alert WHERE id = NEW.alert_id) <> 'drill'
BEGIN
	INSERT INTO breach_count (severity, n) VALUES (NEW.severity, 1)
	ON CONFLICT (severity) DO UPDATE SET n = n + 1;
END;

-- A subscription that a source may read, its id in small letters; '' is what
-- belongs to none of them.
CREATE TABLE posture_scope (
	id INTEGER PRIMARY KEY,
	source_id INTEGER NOT NULL REFERENCES source,
	subscription TEXT NOT NULL,
	-- Of the list of those that can be read at all.
	name TEXT,
	state TEXT,
	told_ms INTEGER,
	-- Of those that the source reads: since when, the last time it was
	-- among them, and since when it is not.
	watched_ms INTEGER,
	sought_ms INTEGER,
	lost_ms INTEGER,
	UNIQUE (source_id, subscription)
) STRICT;

-- How the last readings of a part of it went.
CREATE TABLE posture_read (
	scope_id INTEGER NOT NULL REFERENCES posture_scope ON DELETE CASCADE,
	part INTEGER NOT NULL,
	tried_ms INTEGER NOT NULL,
	complete_ms INTEGER,
	n INTEGER NOT NULL,
	n_unread INTEGER NOT NULL,
	trouble TEXT,
	PRIMARY KEY (scope_id, part)
) STRICT, WITHOUT ROWID;

CREATE TABLE plan (
	id INTEGER PRIMARY KEY,
	scope_id INTEGER NOT NULL REFERENCES posture_scope ON DELETE CASCADE,
	name TEXT NOT NULL COLLATE NOCASE,
	is_on INTEGER NOT NULL CHECK (is_on IN (0, 1)),
	tier TEXT,
	sub_plan TEXT,
	coverage TEXT,
	is_deprecated INTEGER NOT NULL CHECK (is_deprecated IN (0, 1)),
	replaced_by TEXT,
	extensions_on TEXT,
	extensions_off TEXT,
	enabled_ms INTEGER,
	trial_ends_ms INTEGER,
	-- Since when it is on, or off, as far as we saw.
	since_ms INTEGER NOT NULL,
	seen_ms INTEGER NOT NULL,
	UNIQUE (scope_id, name)
) STRICT;

-- The last of each day (days since 1970, UTC), in hundredths.
CREATE TABLE secure_score (
	scope_id INTEGER NOT NULL REFERENCES posture_scope ON DELETE CASCADE,
	name TEXT NOT NULL COLLATE NOCASE,
	day INTEGER NOT NULL,
	current INTEGER NOT NULL,
	max INTEGER NOT NULL,
	percent INTEGER NOT NULL,
	weight INTEGER NOT NULL,
	seen_ms INTEGER NOT NULL,
	PRIMARY KEY (scope_id, name, day)
) STRICT, WITHOUT ROWID;

-- What is the same for every recommendation of a kind.
CREATE TABLE advice_kind (
	id INTEGER PRIMARY KEY,
	source_id INTEGER NOT NULL REFERENCES source,
	kind TEXT NOT NULL COLLATE NOCASE,
	title TEXT NOT NULL,
	severity INTEGER CHECK (severity BETWEEN 0 AND 4),
	categories TEXT,
	effort TEXT,
	impact TEXT,
	is_preview INTEGER NOT NULL CHECK (is_preview IN (0, 1)),
	seen_ms INTEGER NOT NULL,
	description TEXT,
	remediation TEXT,
	UNIQUE (source_id, kind)
) STRICT;

-- A resource that was not healthy once. gone_as: 1 it is healthy, 2 it does not
-- apply, 4 the service tells of it no more. Ids of resources in small letters,
-- as they are looked for; native_id likewise.
CREATE TABLE advice (
	id INTEGER PRIMARY KEY,
	scope_id INTEGER NOT NULL REFERENCES posture_scope ON DELETE CASCADE,
	native_id TEXT NOT NULL,
	kind TEXT NOT NULL COLLATE NOCASE,
	title TEXT,
	severity INTEGER CHECK (severity BETWEEN 0 AND 4),
	state INTEGER NOT NULL CHECK (state IN (0, 3)),
	resource_id TEXT NOT NULL,
	resource_key TEXT NOT NULL,
	resource_type TEXT,
	first_seen_ms INTEGER NOT NULL,
	-- Of this time: it may have been gone before.
	since_ms INTEGER NOT NULL,
	seen_ms INTEGER NOT NULL,
	gone_ms INTEGER,
	gone_as INTEGER CHECK (gone_as IN (1, 2, 4)),
	judged_ms INTEGER,
	changed_ms INTEGER,
	cause TEXT,
	portal_url TEXT,
	description TEXT,
	UNIQUE (scope_id, native_id),
	CHECK ((gone_ms IS NULL) = (gone_as IS NULL))
) STRICT;
CREATE INDEX advice_resource ON advice (resource_key);
CREATE INDEX advice_gone ON advice (gone_ms) WHERE gone_ms IS NOT NULL;

-- What it is set up with, by the part that tells it.
CREATE TABLE posture_setting (
	scope_id INTEGER NOT NULL REFERENCES posture_scope ON DELETE CASCADE,
	part INTEGER NOT NULL,
	name TEXT NOT NULL,
	is_on INTEGER NOT NULL CHECK (is_on IN (0, 1)),
	detail TEXT,
	seen_ms INTEGER NOT NULL,
	PRIMARY KEY (scope_id, part, name)
) STRICT, WITHOUT ROWID;

-- How many resources of a type somebody judged, healthy or not.
CREATE TABLE resource_count (
	scope_id INTEGER NOT NULL REFERENCES posture_scope ON DELETE CASCADE,
	type TEXT NOT NULL COLLATE NOCASE,
	n INTEGER NOT NULL,
	seen_ms INTEGER NOT NULL,
	PRIMARY KEY (scope_id, type)
) STRICT, WITHOUT ROWID;

-- The views: what triaged promises to people and programs. Names and columns
-- stay; new columns come at the end. Every instant stands twice, _at for people
-- (ISO 8601, UTC) and _ms for arithmetic.
--
-- The manual page triaged-db(5) is made from the comment above each view: what
-- a row is, an empty line, then "column: meaning" for every column, those of
-- one instant together.

PRAGMA user_version = 32;

-- An alert as it is now. A row appears when its first sight is committed, and
-- never changes its number.
--
-- id: its number here, as triagectl shows it
-- source: the source in the settings that saw it first
-- provider: the product that raised it, such as defender-for-cloud or
--   defender-for-endpoint
-- tenant: id of the directory it belongs to; empty when nobody knows it
-- subscription: id of the Azure subscription, where it is about one
-- native_id: its id at the source, as the source sent it
-- title: what happened, in the words of the source
-- description: the same at length
-- alert_type: the detector that raised it; alerts of one kind have it in
--   common
-- severity: how bad it is by the policy: critical, high, medium, low or info
-- source_severity: the word of the source for it
-- severity_rule: the rule of the policy that set the severity; null when
--   none did
-- source_status: the word of the source for its state
-- state: one of open, acknowledged or closed
-- phase: how far work on it is: detect, triage, investigate, contain,
--   remediate or document
-- episode: 1, and one more each time it was re-opened
-- owner: who has it; null is nobody
-- resource_id: the resource it is about, as a path of Azure
-- resource_group: the resource group in that path
-- entity: what was hit, by its shown name; all entities are in v_entities
-- tactics: tactics of MITRE ATT&CK, separated by commas, in the words of the
--   source
-- created_at, created_ms: when the source raised it
-- seen_at, seen_ms: when it was first committed here
-- updated_at, updated_ms: when its row last changed
-- acknowledged_at, acknowledged_ms: when somebody last took it
-- closed_at, closed_ms: when it was closed
-- closed_by: who closed it: a person, "source NAME", or triaged
-- triage_due_at, triage_due_ms: when it must have been triaged; null without
--   a clock
-- triage_state: one of running, met, breached, or none without a clock
-- portal_url: its page in a portal of Microsoft
-- last_seen_at, last_seen_ms: when a source last listed it
-- missing_since_at, missing_since_ms: since when its source does not list it
--   any more; null while it does
-- historical: 1 when it was older than import-horizon at first sight, and so
--   has no clock
-- verdict: what it was closed as: true-positive, false-positive or benign;
--   null when nobody said
-- version: one more with every change of the row; changes may ask for the
--   one they have seen
-- techniques: techniques of MITRE ATT&CK, separated by commas
-- incident: id of the incident it belongs to at the source
-- remediation: first steps in the words of the source, one a line
-- resource_type: type of the resource, such as
--   microsoft.compute/virtualmachines
-- tags: tags that rules gave it, separated by commas
-- revision: number of its last content in v_revisions
-- kind: the kind of native_id: defender-for-cloud, graph-security,
--   graph-incident, graph-hunting, cloud-apps, triaged or drill
-- base_severity: the severity by the word of the source alone, before rules
-- severity_unmapped: 1 when the word of the source for severity is not
--   known, so that medium was taken
-- policy_hash: the policy that decided last; the event "started" says when
--   it came into use
-- acknowledged_by: who took it
-- acknowledge_expires_at, acknowledge_expires_ms: when that runs out and the
--   escalation begins again
-- acknowledge_note: what they said
-- close_note: what was said when it was closed
-- source_updated_at, source_updated_ms: when it last changed by the clock of
--   the source
-- correlation: what the source groups alerts by
-- category: the threat it stands for, where triaged recognizes it
-- policy: the built-in policy or plan that raised it, where triaged
--   recognizes it
-- assigned_by: who gave it to its owner
-- confirmed_severity: the severity at which a person last confirmed it by
--   setting a phase
-- triage_stopped_at, triage_stopped_ms: when its triage clock was stopped, in
--   time or late; null while it runs
-- resolve_due_at, resolve_due_ms: when it must be resolved; null when it need
--   not be, once it is, and while that clock is on hold
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
	a.correlation,
	a.category,
	a.policy,
	a.assigned_by,
	CASE a.confirmed
		WHEN 4 THEN 'critical'
		WHEN 3 THEN 'high'
		WHEN 2 THEN 'medium'
		WHEN 1 THEN 'low'
		WHEN 0 THEN 'info' END AS confirmed_severity,
	strftime('%Y-%m-%dT%H:%M:%fZ', c.stopped_ms / 1000.0,
		'unixepoch') AS triage_stopped_at,
	c.stopped_ms AS triage_stopped_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', r.due_ms / 1000.0,
		'unixepoch') AS resolve_due_at,
	r.due_ms AS resolve_due_ms
FROM alert AS a
JOIN source AS s ON s.id = a.source_id
LEFT JOIN clock AS c
	ON c.alert_id = a.id AND c.episode = a.episode AND c.kind = 0
LEFT JOIN clock AS r ON r.alert_id = a.id AND r.episode = a.episode
	AND r.kind = 1 AND r.stopped_ms IS NULL AND r.held_ms IS NULL;

-- One distinct content of an alert, with the bytes as they came.
--
-- alert_id: the alert
-- revision: number of the content, from 1
-- seen_at, seen_ms: when it was first seen
-- changed: what is different from the one before, separated by commas, such
--   as severity,status; "older copy" when it came late and changed nothing
-- raw: the item as the source sent it; null once retention removed it
-- source: the source that sent it
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

-- An entity of an alert: an account, a machine, an address.
--
-- alert_id: the alert
-- kind: one of account, ip, host, resource, app, file, process, url or
--   another
-- value: its name or number
-- role: the word of the source for its part, such as attacker or target
CREATE VIEW v_entities AS
SELECT
	e.alert_id,
	t.kind,
	ifnull(e.value, t.value) AS value,
	e.role
FROM entity AS e
CROSS JOIN thing AS t ON t.id = e.thing_id
WHERE e.alert_id > 0; -- all: else the engine walks entity_thing

-- Where an alert was seen: a row for each source and scope that lists it.
--
-- alert_id: the alert
-- source: the source
-- native_id: the id of the alert there
-- kind: the kind of that id, as in v_alerts
-- scope: the part of the source, such as a subscription; empty for all of it
-- last_seen_at, last_seen_ms: when it was last listed there
-- missing_since_at, missing_since_ms: since when it is not listed there any
--   more; null while it is
-- poll_id: the poll that listed it last, in v_polls
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

-- A clock of an alert: a row for each episode and kind of clock.
--
-- alert_id: the alert
-- episode: its episode
-- clock: which of the two: triage or resolve
-- policy: what in the settings set the time, as it was then
-- started_at, started_ms: from when it counts
-- due_at, due_ms: when it runs out, with what it waited on hold
-- stopped_at, stopped_ms: when it was stopped; null while it runs
-- breached_at, breached_ms: when it was found to have run out; null when it
--   did not
-- state: one of running, held, met or breached
-- severity: the severity the time is for
-- warned: the highest warning given, in percent of the time: 0, 50 or 80
-- stopped_why: what stopped it
-- held_at, held_ms: since when it is on hold; null when it is not
-- hold_until_at, hold_until_ms: when the hold ends by itself
-- waited_ms: milliseconds spent on hold so far
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

-- A message owed or sent, to one recipient of one target.
--
-- id: its number, as triagectl outbox shows it
-- alert_id: the alert; null for a message about several, a silence, or a
--   test
-- target: the target in the settings
-- recipient: the address of an e-mail target; null for others
-- kind: one of opened, escalated, updated, acknowledged, warning, breached,
--   closed, reopened, digest, test, silence-ending or response
-- step: the step of the ladder, from 0; -1 when it is about a response; -2 when
--   it says that a response waits for nobody any more
-- key: the same on every try, and different for every message: receivers
--   drop repeats by it. One message has no row and its key in the log: that this
--   database refuses changes (FILES in triaged(8))
-- state: one of pending, leased (a try is on its way), sent, retry, dead
--   (given up) or superseded (a later one took its place)
-- attempts: tries so far
-- not_before_at, not_before_ms: when the next try is due
-- sent_at, sent_ms: when the receiver took it
-- last_error: why the last try failed, or why it was given up
-- episode: the episode of the alert
-- severity: the severity when it was owed
-- reason: why this recipient gets it
-- created_at, created_ms: since when it is owed
-- expires_at, expires_ms: when it is too old to send; null: never
-- maybe_duplicate: 1 when a try ended without a known outcome, so that it
--   may have arrived twice
-- bundle_id: what was collected in it, in v_suppressions; null for a message
--   about one alert
-- cause: what it was collected by, as in v_suppressions
-- cause_name: which one of them
-- second: the target that was told instead when this one failed; null when
--   none was
-- given_up_at, given_up_ms: when it became dead; null while it is not, and
--   where a release before 0.2.0 gave it up
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

-- The alerts of a message that carries several.
--
-- delivery_id: the message, in v_deliveries
-- alert_id: an alert in it
CREATE VIEW v_delivery_alerts AS
SELECT
	l.delivery_id,
	l.alert_id
FROM delivery_alert AS l;

-- A message about an alert that was held back: why, until when, and what
-- became of it.
--
-- id: its number
-- alert_id: the alert
-- episode: its episode
-- target: the target it is for
-- kind: what it would have been, as in v_deliveries
-- cause: what holds it: digest, import, group, silence, maintenance, quiet
--   or storm
-- cause_name: which one: the number of the silence, the name of the
--   maintenance or route, the key of the group
-- since_at, since_ms: since when it waits
-- until_at, until_ms: when what was collected is sent
-- outcome: one of waiting, carried (in the message delivery_id), moved (to
--   another cause) or needless
-- delivery_id: the message that carried it, in v_deliveries
-- ended_at, ended_ms: when it stopped waiting
-- ended_why: why, in words
-- severity: the severity of the alert then
-- step: the step of the ladder, from 0
-- reason: why the recipient would have got it
-- bundle_id: what it was collected in
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

-- A silence: somebody does not want to be told about some alerts for a while.
--
-- id: its number, as triagectl silence list shows it
-- author: who added it
-- reason: why
-- match: which alerts, in the words of when
-- starts_at, starts_ms: from when
-- ends_at, ends_ms: until when
-- ended_at, ended_ms: when it was over, by itself or by somebody; null
--   before
-- state: one of pending, active or ended
-- covers_critical: 1 when it holds critical alerts back too
-- ended_by: who ended it early
-- notify: the target told before it ends
-- created_at, created_ms: when it was added
-- announced_at, announced_ms: when its end was announced
-- holding: how many messages wait for its end
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

-- A drill: somebody wanted to know whether an alert that came then would reach
-- anybody. Its alert is of the kind drill and stands in the other views too; it
-- counts as none in v_breach_counts.
--
-- id: its number
-- alert_id: the alert that it was; null once retention removed that
-- asked_by: who asked for it
-- reason: why; null when nobody said
-- severity: as asked for; v_alerts says what rules made of it
-- with_hooks: 1 when targets of type exec ran too
-- started_at, started_ms: when it began
-- ends_at, ends_ms: when it ends by itself
-- ended_at, ended_ms: when it ended; null while it runs
-- ended_by: the person who ended it early, or triaged
-- result: one of running, passed (somebody was told and answered), unanswered
--   (nobody answered) or unreached (no receiver accepted a message)
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

-- A response: what people decided to do upstream about an alert, and what became
-- of it.
--
-- id: its number
-- alert_id: the alert it is about; null once retention removed that
-- episode: the alert's episode then
-- action: one of revoke-sessions, suspend-user, restore-user, notify-user,
--   dismiss, resolve, in-progress, activate or exec
-- state: one of planned, waiting (for a second person), approved, running, done,
--   failed, refused or expired
-- subject: the user; the alert's id upstream; or the program
-- source: the source whose sign-in is used; null when none is
-- verdict: what the alert is closed as: true-positive, false-positive, benign or
--   null
-- asked_by: who planned it
-- reason: why; null when nobody said
-- planned_at, planned_ms: when it was planned
-- expires_at, expires_ms: when it ends if nobody decides, or it cannot be done
-- approved_by: who approved it; null when nobody has
-- approved_at, approved_ms: when that was
-- attempts: how often it was begun
-- found: what was there before: enabled or disabled of an account; active,
--   in-progress, resolved or dismissed of an alert; null when it is not known
-- finished_at, finished_ms: when it ended; null while it has not
-- ended_by: triaged, or the person who refused it
-- uncertain: 1 when it failed or was refused and may have been done all the
--   same
-- answer: how it ended, in words
-- request_id: by which the service knows the call
-- undoes: the response that it takes back; null for most
-- contain: 1 when the alert's phase becomes contain once it is done
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

-- The audit log: what was done and decided, by whom. Rows are only added; each
-- hash covers the one before.
--
-- id: its number; numbers have no gaps
-- alert_id: the alert; null when it is about the daemon
-- at, at_ms: when
-- actor: the login name of a person, "source NAME", or triaged
-- kind: what happened, such as opened, escalated, acknowledged, note,
--   closed, denied
-- detail: the particulars as a JSON object
-- hash: SHA-256 over the hash before and this row, in hexadecimal; triagectl
--   audit verify walks them
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

-- A piece of evidence about an alert, with the text as it came.
--
-- id: its number
-- alert_id: the alert
-- kind: what it is, such as activity
-- native_id: its id at the source
-- at, at_ms: when it happened
-- actor: who did it
-- ip: from which address
-- action: what was done
-- app: in which application
-- object: to what
-- location: from where, as the source knows it
-- source: the source that was asked
-- fetched_at, fetched_ms: when it was fetched
-- fetched_by: who asked for it
-- fetch_id: the fetch that found it first, in v_evidence_fetches
-- clipped: 1 when a field was longer than its limit; raw has it whole
-- raw: the item as it came
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
--
-- id: its number
-- alert_id: the alert
-- kind: what was asked for, such as activity
-- source: the source that was asked
-- about_kind: what the question is about: account or ip
-- about: which one
-- from_at, from_ms: from which time on
-- to_at, to_ms: up to which time
-- most: the most it asked for
-- found: how many came
-- added: how many of them were new
-- unread: how many could not be understood
-- fetched_at, fetched_ms: when
-- fetched_by: who asked
-- complete: 1 when all there is was read
-- trouble: why not, where it was not
-- hash: SHA-256 over what was found, in hexadecimal; the audit log has it
--   too
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

-- A destination of the audit log: how far it has come.
--
-- name: its name in the settings
-- event_id: the last event that it has for certain
-- behind: how many events it does not have yet
-- forwarded: how many it took
-- forwarded_at, forwarded_ms: when it last took one
-- last_error: what is wrong with it; null when nothing is
-- last_error_at, last_error_ms: since when
-- since_at, since_ms: since when it is a destination
-- configured: 1 while the settings name it
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

-- The ingestion ledger: one poll of one source and scope.
--
-- id: its number
-- source: the source
-- window_from_at, window_from_ms: from which time it asked; null when it
--   asked for all
-- window_to_at, window_to_ms: up to which time
-- started_at, started_ms: when it began
-- ended_at, ended_ms: when it ended; null while it runs
-- pages: answers it read
-- fetched: items in them
-- new: of them, alerts seen for the first time
-- updated: alerts that had changed
-- noop: alerts that had not
-- quarantined: items that could not be understood
-- complete: 1 when it read everything it asked for
-- error: why it did not
-- scope: the part of the source, as in v_origins
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
--
-- id: its number
-- source: the source that sent it
-- poll_id: the poll that saw it first
-- reason: what is wrong with it
-- raw: the item as it came
-- seen_at, seen_ms: when it was first seen
-- last_seen_at, last_seen_ms: when it was last seen
-- times: how often it was seen
-- resolved_at, resolved_ms: when it was understood after all; null before
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

-- A slice of time of a source that could not be read; closed when it was read
-- after all, or when the settings did not name the source any more.
--
-- source: the source
-- scope: the part of it
-- from_at, from_ms: its begin
-- to_at, to_ms: its end
-- since_at, since_ms: since when it is known
-- closed_at, closed_ms: when that was; null before
-- reason: why it could not be read
-- tries: how often it was tried
-- id: its number
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

-- What a source lists: its last ended poll, and totals since the beginning. A
-- row for each scope.
--
-- source: the source
-- kind: its type
-- scope: the part of it; null before the first poll
-- last_poll_at, last_poll_ms: when its last ended poll began
-- last_complete_at, last_complete_ms: when a poll of it was last complete
-- complete: 1 when the last one was
-- pages: answers of the last poll
-- fetched: items in them
-- new: alerts seen for the first time by it
-- updated: alerts that had changed
-- noop: alerts that had not
-- quarantined: items that could not be understood
-- error: what went wrong
-- polls_complete: complete polls ever
-- polls_incomplete: other polls ever
-- total_new: alerts ever
-- total_updated: changes of them ever
-- total_noop: unchanged sights ever
-- total_quarantined: items not understood ever
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

-- A target of messages: how many, and what is against it.
--
-- target: its name in the settings
-- sent: messages it took
-- unsent: messages it is owed
-- dead: messages given up
-- last_sent_at, last_sent_ms: when it last took one
-- last_error: why a try last failed
-- last_error_at, last_error_ms: when
-- disabled_at, disabled_ms: since when nothing is sent to it because it is
--   gone; null when it is not
-- disabled_why: what it said
-- refused_at, refused_ms: since when it refuses the way we sign in; null
--   when it does not
-- refused_why: what it said
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

-- How many alerts there are, without counting them.
--
-- severity: one of critical, high, medium, low or info
-- state: one of open, acknowledged or closed
-- n: how many
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

-- How many messages there are, and were, without counting them.
--
-- target: the target
-- state: as in v_deliveries
-- n: how many
-- total: how many ever; it counts those that retention removed, too
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

-- How many clocks ever ran out.
--
-- severity: one of critical, high, medium, low or info
-- n: how many
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

-- What retention has removed since the beginning, by class.
--
-- class: one of raw (the words of a source in revisions), quarantine, polls,
--   deliveries, bundles (in which messages had waited) or alerts
-- removed: how many rows
-- last_removed_at, last_removed_ms: when the last of them was
CREATE VIEW v_removed AS
SELECT
	r.class,
	r.n AS removed,
	strftime('%Y-%m-%dT%H:%M:%fZ', r.removed_ms / 1000.0,
		'unixepoch') AS last_removed_at,
	r.removed_ms AS last_removed_ms
FROM removal AS r;

-- A subscription that a source reads, did read, or could.
--
-- source, subscription: as in v_plans
-- name, state: as the service calls it, and as sent: Enabled, Disabled
-- watched: 1 its posture is read, beside its alerts
-- watched_at, watched_ms: since when, or since when it was
-- told_at, told_ms: when it was last among those that the source may read
-- lost_at, lost_ms: since when that is not read any more, because the source may
--   not or the settings do not ask for it; the other views of the posture have
--   nothing of it then
CREATE VIEW v_subscriptions AS
SELECT
	s.name AS source,
	c.subscription,
	c.name,
	c.state,
	c.watched_ms IS NOT NULL AND c.lost_ms IS NULL AS watched,
	strftime('%Y-%m-%dT%H:%M:%fZ', c.watched_ms / 1000.0,
		'unixepoch') AS watched_at,
	c.watched_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', c.told_ms / 1000.0,
		'unixepoch') AS told_at,
	c.told_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', c.lost_ms / 1000.0,
		'unixepoch') AS lost_at,
	c.lost_ms
FROM posture_scope AS c
JOIN source AS s ON s.id = c.source_id
WHERE c.subscription <> '';

-- A plan of Defender for Cloud in a subscription.
--
-- id: its number here
-- source: the configured name of the source whose application read it
-- subscription: its id, in small letters
-- name: the plan, as the service calls it: VirtualMachines, Arm
-- enabled: 1 it is on
-- tier, sub_plan: as sent, such as Standard and P2
-- coverage: as sent: FullyCovered, PartiallyCovered or NotCovered
-- deprecated: 1 other plans take its place
-- replaced_by: which, separated by commas
-- extensions_on, extensions_off: parts of the plan that are on, and off
-- enabled_at, enabled_ms: when it was switched on, as the service says
-- trial_ends_at, trial_ends_ms: end of its free trial
-- since_at, since_ms: since when we see it as it is, on or off
-- seen_at, seen_ms: when it was read last
CREATE VIEW v_plans AS
SELECT
	p.id,
	s.name AS source,
	c.subscription,
	p.name,
	p.is_on AS enabled,
	p.tier,
	p.sub_plan,
	p.coverage,
	p.is_deprecated AS deprecated,
	p.replaced_by,
	p.extensions_on,
	p.extensions_off,
	strftime('%Y-%m-%dT%H:%M:%fZ', p.enabled_ms / 1000.0,
		'unixepoch') AS enabled_at,
	p.enabled_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', p.trial_ends_ms / 1000.0,
		'unixepoch') AS trial_ends_at,
	p.trial_ends_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', p.since_ms / 1000.0,
		'unixepoch') AS since_at,
	p.since_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', p.seen_ms / 1000.0,
		'unixepoch') AS seen_at,
	p.seen_ms
FROM plan AS p
JOIN posture_scope AS c ON c.id = p.scope_id AND c.lost_ms IS NULL
JOIN source AS s ON s.id = c.source_id;

-- The secure score of a subscription on one day: the last that was read on it.
--
-- source, subscription: as in v_plans
-- name: ascScore, the score of all there is
-- day: the day in UTC, 2026-11-22
-- current: points it has
-- max: points it could have; 0 when there is nothing to score
-- percent: the one of the other, from 0 to 100
-- weight: how many resources count: to weigh subscriptions against each other
-- seen_at, seen_ms: when it was read
CREATE VIEW v_secure_score AS
SELECT
	s.name AS source,
	c.subscription,
	x.name,
	date(x.day * 86400, 'unixepoch') AS day,
	x.current / 100.0 AS current,
	x.max / 100.0 AS max,
	x.percent / 100.0 AS percent,
	x.weight,
	strftime('%Y-%m-%dT%H:%M:%fZ', x.seen_ms / 1000.0,
		'unixepoch') AS seen_at,
	x.seen_ms
FROM secure_score AS x
JOIN posture_scope AS c ON c.id = x.scope_id AND c.lost_ms IS NULL
JOIN source AS s ON s.id = c.source_id;

-- A recommendation about one resource; also one that was followed.
--
-- id: its number here
-- source, subscription: as in v_plans
-- kind: the assessment's key, shared by all recommendations of the kind
-- title: what is recommended
-- severity: one of critical, high, medium, low or info; null when nobody said
-- state: open, or gone
-- resource_id: what it is about: an ARM id, or the name of a machine elsewhere
-- resource_type: such as Microsoft.Compute/virtualMachines
-- cause, description: what was found, in the service's words
-- remediation: what to do, in the service's words
-- categories: such as Compute, separated by commas
-- effort, impact: of doing it, as sent: Low, Moderate or High
-- preview: 1 the service does not count it yet
-- portal_url: where to look at it
-- first_seen_at, first_seen_ms: when we read it first
-- since_at, since_ms: since when it is open this time; it may have been gone
-- judged_at, judged_ms: when the service judged the resource first
-- changed_at, changed_ms: when it last judged otherwise
-- seen_at, seen_ms: when it was read last as open
-- gone_at, gone_ms: when it was found to be gone
-- gone_why: healthy, not-applicable, or absent: the service tells of it no more
CREATE VIEW v_recommendations AS
SELECT
	a.id,
	s.name AS source,
	c.subscription,
	a.kind,
	ifnull(a.title, k.title) AS title,
	CASE ifnull(a.severity, k.severity)
		WHEN 4 THEN 'critical'
		WHEN 3 THEN 'high'
		WHEN 2 THEN 'medium'
		WHEN 1 THEN 'low'
		WHEN 0 THEN 'info' END AS severity,
	iif(a.gone_ms IS NULL, 'open', 'gone') AS state,
	a.resource_id,
	a.resource_type,
	a.cause,
	a.description,
	k.remediation,
	k.categories,
	k.effort,
	k.impact,
	k.is_preview AS preview,
	a.portal_url,
	strftime('%Y-%m-%dT%H:%M:%fZ', a.first_seen_ms / 1000.0,
		'unixepoch') AS first_seen_at,
	a.first_seen_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', a.since_ms / 1000.0,
		'unixepoch') AS since_at,
	a.since_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', a.judged_ms / 1000.0,
		'unixepoch') AS judged_at,
	a.judged_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', a.changed_ms / 1000.0,
		'unixepoch') AS changed_at,
	a.changed_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', a.seen_ms / 1000.0,
		'unixepoch') AS seen_at,
	a.seen_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', a.gone_ms / 1000.0,
		'unixepoch') AS gone_at,
	a.gone_ms,
	CASE a.gone_as
		WHEN 1 THEN 'healthy'
		WHEN 2 THEN 'not-applicable'
		WHEN 4 THEN 'absent' END AS gone_why
FROM advice AS a
JOIN posture_scope AS c ON c.id = a.scope_id AND c.lost_ms IS NULL
JOIN source AS s ON s.id = c.source_id
LEFT JOIN advice_kind AS k ON k.source_id = c.source_id AND k.kind = a.kind;

-- Whom and what a subscription tells of alerts, and its switches; no addresses.
--
-- source, subscription: as in v_plans
-- part: contacts, exports, provisioning or sharing
-- name: of the setting; a contact has a number
-- enabled: 1 it is on
-- detail: what it does, such as: alerts from Medium, by e-mail
-- seen_at, seen_ms: when it was read last
CREATE VIEW v_posture_settings AS
SELECT
	s.name AS source,
	c.subscription,
	CASE x.part WHEN 0 THEN 'plans'
		WHEN 1 THEN 'scores'
		WHEN 2 THEN 'recommendations'
		WHEN 3 THEN 'kinds'
		WHEN 4 THEN 'contacts'
		WHEN 5 THEN 'exports'
		WHEN 6 THEN 'provisioning'
		WHEN 7 THEN 'sharing' END AS part,
	x.name,
	x.is_on AS enabled,
	x.detail,
	strftime('%Y-%m-%dT%H:%M:%fZ', x.seen_ms / 1000.0,
		'unixepoch') AS seen_at,
	x.seen_ms
FROM posture_setting AS x
JOIN posture_scope AS c ON c.id = x.scope_id AND c.lost_ms IS NULL
JOIN source AS s ON s.id = c.source_id;

-- How many resources of a type a subscription has, of those that are judged.
--
-- source, subscription: as in v_plans
-- type: such as Microsoft.Compute/virtualMachines
-- n: how many
-- seen_at, seen_ms: when they were counted
CREATE VIEW v_resource_types AS
SELECT
	s.name AS source,
	c.subscription,
	x.type,
	x.n,
	strftime('%Y-%m-%dT%H:%M:%fZ', x.seen_ms / 1000.0,
		'unixepoch') AS seen_at,
	x.seen_ms
FROM resource_count AS x
JOIN posture_scope AS c ON c.id = x.scope_id AND c.lost_ms IS NULL
JOIN source AS s ON s.id = c.source_id;

-- How the last readings of a part of the posture went.
--
-- source, subscription: as in v_plans; empty for the list of subscriptions
-- part: plans, scores, recommendations, kinds, contacts, exports,
--   provisioning, sharing or subscriptions
-- complete: 1 the last reading got all there is
-- items: how many it got
-- unread: items of it that could not be understood
-- trouble: why it did not get all, and what to do
-- tried_at, tried_ms: when it was
-- complete_at, complete_ms: when the last complete one was
CREATE VIEW v_posture_reads AS
SELECT
	s.name AS source,
	c.subscription,
	CASE r.part WHEN 0 THEN 'plans'
		WHEN 1 THEN 'scores'
		WHEN 2 THEN 'recommendations'
		WHEN 3 THEN 'kinds'
		WHEN 4 THEN 'contacts'
		WHEN 5 THEN 'exports'
		WHEN 6 THEN 'provisioning'
		WHEN 7 THEN 'sharing'
		WHEN 8 THEN 'subscriptions' END AS part,
	r.trouble IS NULL AS complete,
	r.n AS items,
	r.n_unread AS unread,
	r.trouble,
	strftime('%Y-%m-%dT%H:%M:%fZ', r.tried_ms / 1000.0,
		'unixepoch') AS tried_at,
	r.tried_ms,
	strftime('%Y-%m-%dT%H:%M:%fZ', r.complete_ms / 1000.0,
		'unixepoch') AS complete_at,
	r.complete_ms
FROM posture_read AS r
JOIN posture_scope AS c ON c.id = r.scope_id AND c.lost_ms IS NULL
JOIN source AS s ON s.id = c.source_id;
