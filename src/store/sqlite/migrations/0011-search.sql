-- Finding an alert by any of its words, and others by what they share with it.
--
-- On a large database the indexes take some seconds for a million alerts. The
-- words of what is stored already would take minutes: the daemon indexes them
-- afterwards, newest first and in slices (meta search_below: older ones are
-- still to come), so that no start after an upgrade waits for it.

PRAGMA user_version = 11;

-- The text of an alert that people look for. alert_search holds words and no
-- text of its own: what it removes it reads here, so an alert leaves the index
-- before its text changes and comes back after (store/sqlite/search_index.c).
CREATE VIEW alert_text AS
SELECT
	a.id,
	a.title,
	ifnull(a.entity, '') || char(10) || ifnull(
		(SELECT group_concat(e.value, char(10)) FROM entity AS e
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
-- Whoever removes an alert. Its entities and tags are still there: a cascade
-- comes after.
CREATE TRIGGER alert_search_delete BEFORE DELETE ON alert
BEGIN
	DELETE FROM alert_search WHERE rowid =
		(SELECT id FROM alert_search_docsize WHERE id = OLD.id);
END;

INSERT INTO meta (name, value)
SELECT 'search_below', max(id) + 1 FROM alert HAVING count(*) > 0;

-- What alerts have in common.
CREATE INDEX entity_value ON entity (value COLLATE NOCASE, kind, alert_id);
CREATE INDEX alert_incident ON alert (incident, id)
	WHERE incident IS NOT NULL;
-- By the end of the path, where resources differ: a whole one is long.
CREATE INDEX alert_resource ON alert (lower(substr(resource_id, -48)), id)
	WHERE resource_id IS NOT NULL;
-- A native id as people type it, whole or its beginning.
CREATE INDEX origin_native ON origin (native_id COLLATE NOCASE);
