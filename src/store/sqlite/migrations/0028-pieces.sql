-- Commits merge pieces of the index of words when sixteen of a size are there,
-- not eight, and leave the rest to the daemon's idle time. All at once only when
-- there are sixty-four. Quick: nothing is merged now.

INSERT INTO alert_search (alert_search, rank) VALUES ('automerge', 16);
INSERT INTO alert_search (alert_search, rank) VALUES ('crisismerge', 64);

PRAGMA user_version = 28;
