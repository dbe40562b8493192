-- Who was asked to approve a response is asked once again, and hears when it is
-- decided; for that a message is found again by what it tells. Quick.

ALTER TABLE response ADD COLUMN remind_ms INTEGER;
UPDATE response SET remind_ms = planned_ms + (expires_ms - planned_ms) / 2
	WHERE state = 1;
ALTER TABLE delivery ADD COLUMN transition INTEGER;

PRAGMA user_version = 20;
