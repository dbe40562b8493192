-- Entities are written eight at a time, which the engine does only where nothing
-- has to be looked up for each; what they are is found by its small letters.
--
-- On a large database this writes the entities anew: half a minute or so for a
-- million alerts.

DROP VIEW alert_text;
DROP VIEW v_entities;
ALTER TABLE entity RENAME TO entity_before;

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
INSERT INTO entity (alert_id, place, thing_id, value, role)
SELECT alert_id, place, thing_id, value, role FROM entity_before
ORDER BY alert_id, place;
DROP TABLE entity_before;
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

DROP INDEX thing_value;
-- Small letters: to compare bytes takes a tenth of what NOCASE takes.
CREATE UNIQUE INDEX thing_value ON thing (lower(value), kind);

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

PRAGMA user_version = 27;
