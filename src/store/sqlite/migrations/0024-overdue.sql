-- A clock on hold is not late: its due time moves when the hold ends. To count
-- those that are late is a walk along one index still. Quick.

DROP INDEX clock_running;
CREATE INDEX clock_running ON clock (due_ms, severity, held_ms)
	WHERE stopped_ms IS NULL;

PRAGMA user_version = 24;
