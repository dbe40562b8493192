-- The same machines, people and addresses come again and again: their names are
-- kept once. An alert took three times the room for them, and each of its names
-- touched a page of an index of texts.
--
-- On a large database this writes the entities anew: a minute or two for a
-- million alerts.

DROP VIEW alert_text;
DROP VIEW v_entities;
ALTER TABLE entity RENAME TO entity_before;

-- What entities are: an account, a machine, an address, each once, however many
-- alerts are about it, as it was spelled first. The last alert takes it along.
CREATE TABLE thing (
	id INTEGER PRIMARY KEY,
	kind TEXT NOT NULL,
	value TEXT NOT NULL
) STRICT;
INSERT INTO thing (kind, value)
SELECT kind, min(value) FROM entity_before
GROUP BY value COLLATE NOCASE, kind;
CREATE UNIQUE INDEX thing_value ON thing (value COLLATE NOCASE, kind);

-- value is how this alert spells it, where that is another way.
CREATE TABLE entity (
	alert_id INTEGER NOT NULL REFERENCES alert ON DELETE CASCADE,
	place INTEGER NOT NULL,
	thing_id INTEGER NOT NULL REFERENCES thing,
	value TEXT,
	role TEXT,
	PRIMARY KEY (alert_id, place)
) STRICT, WITHOUT ROWID;
INSERT INTO entity (alert_id, place, thing_id, value, role)
SELECT e.alert_id, e.place, t.id, nullif(e.value, t.value), e.role
FROM entity_before AS e
CROSS JOIN thing AS t ON t.value = e.value COLLATE NOCASE AND t.kind = e.kind
ORDER BY e.alert_id, e.place;
DROP TABLE entity_before;
CREATE INDEX entity_thing ON entity (thing_id, alert_id);
CREATE TRIGGER entity_delete AFTER DELETE ON entity
WHEN NOT EXISTS (SELECT 1 FROM entity WHERE thing_id = OLD.thing_id)
BEGIN
	DELETE FROM thing WHERE id = OLD.thing_id;
END;

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

CREATE VIEW v_entities AS
SELECT
	e.alert_id,
	t.kind,
	ifnull(e.value, t.value) AS value,
	e.role
FROM entity AS e
CROSS JOIN thing AS t ON t.id = e.thing_id
WHERE e.alert_id > 0; -- all: else the engine walks entity_thing

PRAGMA user_version = 15;
