-- A new alert is counted by who stores it (alerts_write.c). With a trigger the
-- engine kept a journal of every insert, in case half of it had to be undone.
-- Quick.

DROP TRIGGER alert_count_insert;

PRAGMA user_version = 19;
