-- Which alerts the route of a ladder was for: one without a name had its number
-- alone, which is another route's when that is put before it. A ladder that was
-- begun before this migration has none, and keeps to its number. Quick.

ALTER TABLE ladder ADD COLUMN when_hash TEXT;

PRAGMA user_version = 31;
