-- What a subscription tells beside its alerts: plans, secure score,
-- recommendations, how it is set up. Quick: everything is new.

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

-- A subscription that a source reads, did read, or could.
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

PRAGMA user_version = 18;
