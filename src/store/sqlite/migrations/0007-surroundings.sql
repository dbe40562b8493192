-- Entities of alerts that their source calls high, by the hour of first sight:
-- whether another detector is about the same one is then a few seeks, also when
-- one detector repeats itself ten thousand times.
-- What was stored before is not in it: nothing was promoted by it either.

PRAGMA user_version = 7;

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
