-- How far the first listing of a slice of time reached that was whole: what is
-- read of the time before, for the first time, was there before anybody looked.
-- A feed that was read whole already needs none. Quick.

ALTER TABLE feed ADD COLUMN first_to_ms INTEGER;

PRAGMA user_version = 23;
