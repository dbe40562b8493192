-- What was approved while the clock was ahead is given up in time, once that was
-- set back. Quick.

ALTER TABLE response ADD COLUMN since_ms INTEGER;

PRAGMA user_version = 21;
