-- Alerts of a time, and the newest first, without reading all there are. It
-- grows at its end; on a large database it takes a second or two.

PRAGMA user_version = 12;

CREATE INDEX alert_seen ON alert (seen_ms);
