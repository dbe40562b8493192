-- Pieces of the index of words are merged when sixteen of a size are there, not
-- eight: fewer levels, so each word is written anew less often. And step by
-- step, as the index grows: the engine merges all at once where sixty-four are,
-- which was sixteen and held a single commit up. Quick, nothing is merged now.

INSERT INTO alert_search (alert_search, rank) VALUES ('automerge', 16);
INSERT INTO alert_search (alert_search, rank) VALUES ('crisismerge', 64);

PRAGMA user_version = 26;
