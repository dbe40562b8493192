-- A hold that was ended while the clock was ahead lasted as long as it did, once
-- that was set back. Quick.

ALTER TABLE clock ADD COLUMN last_held_ms INTEGER;
ALTER TABLE clock ADD COLUMN unheld_ms INTEGER;

PRAGMA user_version = 22;
