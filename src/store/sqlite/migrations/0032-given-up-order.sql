-- In which order messages were given up: triagectl watch followed the time, and
-- after a clock that had been ahead it was silent until that time came. Quick.

CREATE TABLE given_up (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	delivery_id INTEGER NOT NULL UNIQUE REFERENCES delivery ON DELETE CASCADE
) STRICT;
INSERT INTO given_up (delivery_id)
SELECT id FROM delivery WHERE state = 4 ORDER BY given_up_ms, id;
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
DROP INDEX delivery_given_up;

PRAGMA user_version = 32;
