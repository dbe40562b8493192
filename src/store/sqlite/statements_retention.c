/*
 * The statements of retention. As statements.c, whose table has the rest. A
 * list gives for each row: id, whether it is old enough to look further, and
 * whether it may go; the walk ends at a list without an old row. What thins
 * takes some of the rows that hang on one, so that none is removed together
 * with thousands.
 *
 * tested with: test_retention
 */
#include "store/sqlite/statements_priv.h"

#define CLOSED_ALERTS                                                          \
	"FROM alert AS a INDEXED BY alert_closed "                             \
	"WHERE a.closed_ms IS NOT NULL "                                       \
	"AND (a.closed_ms, a.id) > (@after_ms, @after) "                       \
	"AND a.closed_ms < @before ORDER BY a.closed_ms, a.id LIMIT @max"

const char *const statement_retention_table[STMT_MAX] = {
	[STMT_RETENTION_RAW] = "SELECT a.id, 1, 1, a.closed_ms " CLOSED_ALERTS,
	[STMT_RETENTION_RAW_CLEAR] =
		"UPDATE revision SET raw = NULL WHERE alert_id = @id "
		"AND revision IN (SELECT revision FROM revision "
		"WHERE alert_id = @id AND raw IS NOT NULL LIMIT @max)",

	[STMT_RETENTION_QUARANTINE] =
		"SELECT q.id, q.seen_ms < @before, "
		"ifnull(q.resolved_ms < @before, 0) FROM quarantine AS q "
		"WHERE q.id > @after ORDER BY q.id LIMIT @max",
	[STMT_RETENTION_QUARANTINE_DELETE] =
		"DELETE FROM quarantine WHERE id = @id",

	/* The last ones of a feed say where it stands. */
	[STMT_RETENTION_POLLS] =
		"SELECT p.id, p.started_ms < @before, "
		"p.started_ms < @before AND p.ended_ms IS NOT NULL "
		"AND NOT EXISTS (SELECT 1 FROM feed AS f "
		"WHERE f.id = p.feed_id AND p.id IN (f.ended_poll, "
		"f.complete_poll, f.previous_complete_poll)) "
		"AND NOT EXISTS (SELECT 1 FROM quarantine AS q "
		"WHERE q.poll_id = p.id), p.feed_id, "
		"iif(p.complete, p.window_from_ms, NULL), "
		"iif(p.complete, p.window_to_ms, NULL) "
		"FROM poll AS p WHERE p.id > @after ORDER BY p.id LIMIT @max",
	[STMT_RETENTION_POLL_DELETE] = "DELETE FROM poll WHERE id = @id",
	[STMT_PROVEN_MERGED] =
		"SELECT min(from_ms), max(to_ms) FROM proven "
		"WHERE feed_id = @feed AND from_ms <= @to AND to_ms >= @from",
	[STMT_PROVEN_DELETE] = "DELETE FROM proven WHERE feed_id = @feed "
			       "AND from_ms <= @to AND to_ms >= @from",
	[STMT_PROVEN_ADD] = "INSERT INTO proven (feed_id, from_ms, to_ms) "
			    "VALUES (@feed, @from, @to)",

	[STMT_RETENTION_DELIVERIES] =
		"SELECT d.id, d.created_ms < @before, "
		"d.created_ms < @before AND d.next_ms IS NULL "
		"AND NOT EXISTS (SELECT 1 FROM alert AS a "
		"WHERE a.id = d.alert_id AND a.state < 2) "
		"AND NOT EXISTS (SELECT 1 FROM delivery_alert AS l "
		"JOIN alert AS a ON a.id = l.alert_id "
		"WHERE l.delivery_id = d.id AND a.state < 2) "
		"FROM delivery AS d WHERE d.id > @after ORDER BY d.id "
		"LIMIT @max",
	[STMT_RETENTION_DELIVERY_THIN] =
		"DELETE FROM delivery_alert WHERE delivery_id = @id "
		"AND alert_id IN (SELECT alert_id FROM delivery_alert "
		"WHERE delivery_id = @id LIMIT @max)",
	[STMT_RETENTION_DELIVERY_DELETE] =
		"DELETE FROM delivery WHERE id = @id",

	[STMT_RETENTION_BUNDLES] =
		"SELECT b.id, b.opened_ms < @before, "
		"ifnull(b.closed_ms < @before, 0) "
		"AND NOT EXISTS (SELECT 1 FROM bundle_entry AS e "
		"JOIN alert AS a ON a.id = e.alert_id WHERE e.bundle_id = b.id "
		"AND (e.outcome = 0 OR a.state < 2)) "
		"AND NOT EXISTS (SELECT 1 FROM delivery AS d "
		"WHERE d.bundle_id = b.id) "
		"FROM bundle AS b WHERE b.id > @after ORDER BY b.id LIMIT @max",
	[STMT_RETENTION_BUNDLE_THIN] =
		"DELETE FROM bundle_entry WHERE id IN (SELECT id "
		"FROM bundle_entry WHERE bundle_id = @id LIMIT @max)",
	[STMT_RETENTION_BUNDLE_DELETE] = "DELETE FROM bundle WHERE id = @id",

	[STMT_RETENTION_ALERTS] =
		"SELECT a.id, 1, "
		"NOT EXISTS (SELECT 1 FROM delivery AS d "
		"WHERE d.alert_id = a.id AND d.next_ms IS NOT NULL) "
		"AND NOT EXISTS (SELECT 1 FROM delivery_alert AS l "
		"JOIN delivery AS d ON d.id = l.delivery_id "
		"WHERE l.alert_id = a.id AND d.next_ms IS NOT NULL) "
		"AND NOT EXISTS (SELECT 1 FROM bundle_entry AS e "
		"WHERE e.alert_id = a.id AND e.outcome = 0) "
		"AND NOT EXISTS (SELECT 1 FROM clock AS c "
		"WHERE c.alert_id = a.id AND c.next_ms IS NOT NULL) "
		"AND NOT EXISTS (SELECT 1 FROM ladder AS l "
		"WHERE l.alert_id = a.id AND l.next_ms IS NOT NULL) "
		"AND NOT EXISTS (SELECT 1 FROM event AS v "
		"WHERE v.alert_id = a.id AND v.id > (SELECT min(f.event_id) "
		"FROM forward AS f WHERE f.configured = 1)), "
		"a.closed_ms, a.source_state " CLOSED_ALERTS,
	[STMT_RETENTION_ALERT_REVISIONS] =
		"DELETE FROM revision WHERE alert_id = @id AND revision IN "
		"(SELECT revision FROM revision WHERE alert_id = @id "
		"ORDER BY revision LIMIT @max)",
	[STMT_RETENTION_ALERT_EVIDENCE] =
		"DELETE FROM evidence WHERE id IN (SELECT id FROM evidence "
		"WHERE alert_id = @id LIMIT @max)",
	[STMT_RETENTION_ALERT_ENTRIES] =
		"DELETE FROM bundle_entry WHERE id IN (SELECT id "
		"FROM bundle_entry WHERE alert_id = @id LIMIT @max)",
	[STMT_RETENTION_ALERT_DELIVERIES] =
		"DELETE FROM delivery WHERE id IN (SELECT id FROM delivery "
		"WHERE alert_id = @id LIMIT @max)",
	[STMT_RETENTION_ALERT_DELETE] = "DELETE FROM alert WHERE id = @id",

	/* Alerts about triaged itself return under the same name; a drill never
	 * does. */
	[STMT_GONE_ADD] =
		"INSERT INTO gone (key, alert_id, source_closed, seen_ms) "
		"SELECT key, alert_id, @closed, @now FROM origin "
		"WHERE alert_id = @id AND kind NOT IN ('triaged', 'drill') "
		"ON CONFLICT (key) DO UPDATE SET alert_id = excluded.alert_id, "
		"source_closed = excluded.source_closed, "
		"seen_ms = excluded.seen_ms",
	[STMT_GONE_GET] =
		"SELECT source_closed, seen_ms FROM gone WHERE key = @key",
	[STMT_GONE_TOUCH] =
		"UPDATE gone SET source_closed = @closed, seen_ms = @now "
		"WHERE key = @key",
	[STMT_GONE_DELETE] = "DELETE FROM gone WHERE key = @key",
	[STMT_GONE_FORGET] =
		"DELETE FROM gone WHERE key IN (SELECT key FROM gone "
		"WHERE seen_ms < @before ORDER BY seen_ms LIMIT @max)",

	[STMT_REMOVAL_ADD] =
		"INSERT INTO removal (class, n, removed_ms) "
		"VALUES (@class, @n, @now) ON CONFLICT (class) DO UPDATE "
		"SET n = n + excluded.n, removed_ms = excluded.removed_ms",
	[STMT_REMOVAL_UNTOLD] =
		"SELECT n - told FROM removal WHERE class = @class",
	[STMT_REMOVAL_TOLD] = "UPDATE removal SET told = n WHERE told < n",

	[STMT_SPACE] = "SELECT (SELECT page_count FROM pragma_page_count), "
		       "(SELECT freelist_count FROM pragma_freelist_count), "
		       "(SELECT page_size FROM pragma_page_size), "
		       "(SELECT auto_vacuum FROM pragma_auto_vacuum)",
};
