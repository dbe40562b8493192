-- Pieces of the index of words are merged when eight of a size are there, not
-- four: a first poll merged more than it wrote. A question looks into some more
-- pieces. Quick, nothing is merged now.

INSERT INTO alert_search (alert_search, rank) VALUES ('automerge', 8);

PRAGMA user_version = 16;
