/*
 * The statements of the daemon, in one table: named parameters, columns listed.
 * Rows come from VALUES where that is possible: for INSERT ... SELECT the
 * engine keeps a journal of the statement, which costs as much again. What
 * waits has its own in statements_wait.c, what people do in
 * statements_people.c, the outbox in statements_outbox.c, what is removed in
 * statements_retention.c; what people ask is in
 * questions.c. Numbers in the texts are those of the enums in core/:
 * alert_state 0 open, 1 acknowledged, 2 closed.
 *
 * tested with: test_look
 */
#include "store/sqlite/statements_priv.h"

/* A moment that never comes. */
#define FOR_EVER "9223372036854775807"

const char *const statement_table[STMT_MAX] = {
	/* txn */
	[STMT_BEGIN] = "BEGIN IMMEDIATE",
	[STMT_COMMIT] = "COMMIT",
	[STMT_ROLLBACK] = "ROLLBACK",

	/* meta */
	[STMT_META_GET] = "SELECT value FROM meta WHERE name = @name",
	[STMT_META_SET] =
		"INSERT INTO meta (name, value) VALUES (@name, @value) "
		"ON CONFLICT (name) DO UPDATE SET value = excluded.value",

	/* sources and feeds */
	[STMT_SOURCE_PUT] =
		"INSERT INTO source (name, kind, started_ms) VALUES (@name, "
		"@kind, @now) "
		"ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, "
		"started_ms = excluded.started_ms",
	[STMT_SOURCE_ADD] =
		"INSERT INTO source (name, kind) VALUES (@name, @kind) "
		"ON CONFLICT (name) DO NOTHING",
	[STMT_FEED_ADD] = "INSERT INTO feed (source_id, scope) "
			  "SELECT id, @scope FROM source WHERE name = @source "
			  "ON CONFLICT (source_id, scope) DO NOTHING",
	[STMT_FEED_GET] =
		"SELECT f.id FROM source AS s JOIN feed AS f ON f.source_id = "
		"s.id "
		"WHERE s.name = @source AND f.scope = @scope",
	[STMT_FEED_CURSOR_GET] =
		"SELECT f.cursor FROM source AS s JOIN feed AS f ON "
		"f.source_id = s.id "
		"WHERE s.name = @source AND f.scope = @scope AND f.cursor IS "
		"NOT NULL",
	[STMT_FEED_CURSOR_SET] =
		"UPDATE feed SET cursor = @cursor, cursor_ms = @now WHERE id "
		"= @feed",
	[STMT_FEED_LAST_COMPLETE] =
		"SELECT max(f.complete_ms) FROM source AS s JOIN feed AS f "
		"ON f.source_id = s.id WHERE s.name = @source",
	[STMT_FEED_PREVIOUS] =
		"SELECT iif(complete_poll = @poll, previous_complete_poll, "
		"complete_poll) "
		"FROM feed WHERE id = @feed AND NOT EXISTS (SELECT 1 FROM "
		"poll WHERE id = @poll AND window_to_ms IS NOT NULL)",
	[STMT_FEED_WAS_WHOLE] =
		"SELECT 1 FROM poll AS p JOIN feed AS f ON f.id = p.feed_id "
		"WHERE p.id = @poll AND f.n_complete > 0 "
		"AND ifnull(p.window_to_ms > f.first_to_ms, 1)",
	/* Until one is whole, every listing is a first one. */
	[STMT_FEED_ANEW] =
		"UPDATE feed SET cursor = NULL, first_to_ms = " FOR_EVER " "
		"WHERE scope = @scope AND source_id = (SELECT id FROM source "
		"WHERE name = @source)",
	[STMT_FEED_COUNT] =
		"UPDATE feed SET n_new = n_new + @added, n_updated = "
		"n_updated + @updated, "
		"n_noop = n_noop + @noop, n_quarantined = n_quarantined + "
		"@quarantined "
		"WHERE id = (SELECT feed_id FROM poll WHERE id = @poll)",
	[STMT_FEED_COMPLETE] =
		"UPDATE feed SET first_to_ms = iif(n_complete = 0 OR "
		"first_to_ms = " FOR_EVER ", (SELECT "
		"window_to_ms FROM poll WHERE id = @poll), first_to_ms), "
		"ended_poll = @poll, previous_complete_poll = complete_poll, "
		"complete_poll = @poll, complete_ms = @now, n_complete = "
		"n_complete + 1 "
		"WHERE id = (SELECT feed_id FROM poll WHERE id = @poll)",
	[STMT_FEED_INCOMPLETE] =
		"UPDATE feed SET ended_poll = @poll, n_incomplete = "
		"n_incomplete + 1 "
		"WHERE id = (SELECT feed_id FROM poll WHERE id = @poll)",

	/* polls and quarantine */
	[STMT_POLL_ADD] =
		"INSERT INTO poll (feed_id, window_from_ms, window_to_ms, "
		"started_ms) "
		"VALUES (@feed, @from, @to, @now)",
	[STMT_POLL_FEED] = "SELECT feed_id FROM poll WHERE id = @poll",
	[STMT_POLL_COUNT] =
		"UPDATE poll SET pages = pages + @pages, fetched = fetched + "
		"@fetched, "
		"added = added + @added, updated = updated + @updated, noop = "
		"noop + @noop, "
		"quarantined = quarantined + @quarantined WHERE id = @poll",
	[STMT_POLL_END] =
		"UPDATE poll SET ended_ms = @now, complete = @error IS NULL, "
		"error = @error "
		"WHERE id = @poll AND ended_ms IS NULL",
	[STMT_POLL_RUNNING] =
		"SELECT id FROM poll WHERE ended_ms IS NULL ORDER BY id LIMIT "
		"1",
	[STMT_POLL_LEFT] =
		"SELECT id FROM poll WHERE ended_ms IS NULL AND feed_id = "
		"@feed ORDER BY id LIMIT 1",
	[STMT_ALERT_NUMBER] = "INSERT INTO sqlite_sequence (name, seq) "
			      "VALUES ('alert', @id - 1)",
	[STMT_POLL_SCOPE] =
		"SELECT s.name, f.scope FROM poll AS p JOIN feed AS f ON f.id "
		"= p.feed_id "
		"JOIN source AS s ON s.id = f.source_id WHERE p.id = @poll",
	[STMT_QUARANTINE_AGAIN] =
		"UPDATE quarantine SET last_seen_ms = @now, times = times + 1, "
		"resolved_ms = NULL "
		"WHERE content_hash = @hash AND source_id = (SELECT "
		"f.source_id "
		"FROM poll AS p JOIN feed AS f ON f.id = p.feed_id WHERE p.id "
		"= @poll)",
	[STMT_QUARANTINE_ADD] =
		"INSERT INTO quarantine (source_id, poll_id, content_hash, "
		"reason, raw, "
		"seen_ms, last_seen_ms) "
		"SELECT f.source_id, p.id, @hash, @reason, @raw, @now, @now "
		"FROM poll AS p JOIN feed AS f ON f.id = p.feed_id WHERE p.id "
		"= @poll",

	[STMT_QUARANTINE_NEXT] =
		"SELECT q.id, q.poll_id, s.name, s.kind, q.raw, q.last_seen_ms "
		"FROM quarantine AS q JOIN source AS s ON s.id = q.source_id "
		"WHERE q.id > @after AND q.resolved_ms IS NULL ORDER BY q.id "
		"LIMIT 1",
	[STMT_QUARANTINE_RESOLVE] =
		"UPDATE quarantine SET resolved_ms = @now WHERE id = @id "
		"AND resolved_ms IS NULL",

	/* coverage */
	[STMT_GAP_AGAIN] =
		"UPDATE gap SET tries = tries + 1, reason = @reason WHERE "
		"feed_id = @feed AND from_ms = @from AND to_ms = @to "
		"AND closed_ms IS NULL",
	[STMT_GAP_ADD] = "INSERT INTO gap (feed_id, from_ms, to_ms, since_ms, "
			 "reason) VALUES (@feed, @from, @to, @now, @reason)",
	[STMT_GAP_COVERED] =
		"SELECT g.feed_id, g.from_ms, g.to_ms FROM poll AS p "
		"JOIN gap AS g ON g.feed_id = p.feed_id "
		"WHERE p.id = @poll AND g.closed_ms IS NULL "
		"AND g.from_ms >= p.window_from_ms "
		"AND g.to_ms <= p.window_to_ms ORDER BY g.from_ms LIMIT 1",
	[STMT_GAP_CLOSE] =
		"UPDATE gap SET closed_ms = @now WHERE feed_id = @feed "
		"AND from_ms = @from AND to_ms = @to AND closed_ms IS NULL",
	[STMT_COVERAGE_FEEDS] =
		"SELECT s.name, s.kind, ifnull(f.scope, ''), f.id, s.id, "
		"c.started_ms, e.id, e.complete, e.window_to_ms, "
		"f.previous_complete_poll, e.window_from_ms "
		"FROM source AS s LEFT JOIN feed AS f ON f.source_id = s.id "
		"LEFT JOIN poll AS c ON c.id = f.complete_poll "
		"LEFT JOIN poll AS e ON e.id = f.ended_poll "
		"WHERE s.kind NOT IN ('triaged', 'drill') "
		"ORDER BY s.name, f.scope",
	[STMT_COVERAGE_WINDOWS] =
		"SELECT window_from_ms, window_to_ms FROM poll "
		"WHERE feed_id = @feed AND complete = 1 "
		"AND window_from_ms IS NOT NULL "
		"UNION ALL SELECT from_ms, to_ms FROM proven "
		"WHERE feed_id = @feed ORDER BY 1, 2",
	[STMT_COVERAGE_CUT] =
		"UPDATE poll SET window_from_ms = min(window_from_ms, @now), "
		"window_to_ms = @now WHERE window_to_ms > @now "
		"AND complete = 1",
	[STMT_PROVEN_CUT] = "UPDATE proven SET to_ms = @now WHERE to_ms > @now "
			    "AND from_ms < @now",
	[STMT_PROVEN_TO_COME] = "DELETE FROM proven WHERE from_ms >= @now",
	[STMT_COVERAGE_GAPS] = "SELECT count(*) FROM gap WHERE feed_id = @feed "
			       "AND closed_ms IS NULL",
	[STMT_COVERAGE_FAILURE] =
		"SELECT ended_ms, error FROM poll WHERE feed_id = @feed "
		"AND error IS NOT NULL ORDER BY id DESC LIMIT 1",
	[STMT_COVERAGE_QUARANTINED] =
		"SELECT count(*) FROM quarantine AS q CROSS JOIN poll AS p "
		"ON p.id = q.poll_id WHERE q.source_id = @source "
		"AND q.resolved_ms IS NULL AND p.feed_id = @feed",

	/* identities */
	[STMT_ORIGIN_HASH] =
		"SELECT id, raw_hash FROM origin WHERE key = @key AND "
		"raw_hash IS NOT NULL",
	[STMT_ORIGIN_BEHIND] =
		"SELECT id, raw_hash, key FROM origin WHERE id > @after AND "
		"raw_hash IS NOT NULL ORDER BY id",
	[STMT_ORIGIN_ALERT] =
		"SELECT alert_id, id FROM origin WHERE key = @key",
	[STMT_ORIGIN_ADD] =
		"INSERT INTO origin (key, alert_id, kind, native_id, "
		"raw_hash) VALUES (@key, @alert, @kind, @native_id, @hash) "
		"ON CONFLICT (key) DO NOTHING",
	[STMT_ORIGIN_REMEMBER] =
		"UPDATE origin SET raw_hash = @hash WHERE id = @origin",
	[STMT_ORIGIN_MOVE] =
		"UPDATE origin SET alert_id = @into WHERE alert_id = @id",
	[STMT_ORIGIN_CONFLICT] =
		"SELECT json_object('native_id', @native_id, 'kind', @kind, "
		"'other_alert', @other)",
	/* U+10FFFF: no character comes after it. */
	[STMT_ORIGIN_PREFIX] =
		"SELECT alert_id, max(length(native_id) = length(@word)) AS "
		"whole FROM (SELECT alert_id, native_id FROM origin "
		"INDEXED BY origin_native "
		"WHERE native_id >= @word COLLATE NOCASE AND native_id < "
		"@word || char(0x10ffff) COLLATE NOCASE LIMIT 1000) "
		"GROUP BY alert_id ORDER BY whole DESC LIMIT 2",
	[STMT_SIGHT_PUT] =
		"INSERT INTO sight (feed_id, origin_id, poll_id, seen_ms) "
		"VALUES (@feed, @origin, @poll, @now) ON CONFLICT (feed_id, "
		"origin_id) DO UPDATE SET poll_id = "
		"excluded.poll_id, "
		"seen_ms = excluded.seen_ms, missing_since_ms = NULL",
	[STMT_SIGHT_FIRST] =
		"INSERT INTO sight (poll_id, seen_ms, feed_id, origin_id) "
		"SELECT @poll, @now, @feed, id FROM origin WHERE id = @origin",
	[STMT_SIGHT_AGAIN] =
		"UPDATE sight SET poll_id = @poll, seen_ms = @now, "
		"missing_since_ms = NULL WHERE feed_id = @feed AND "
		"origin_id = @origin",
	[STMT_SIGHT_WALK] =
		"SELECT origin_id FROM sight WHERE feed_id = @feed AND "
		"origin_id BETWEEN @first AND @last ORDER BY origin_id",
	[STMT_SIGHT_PIECE] =
		"UPDATE sight SET poll_id = @poll, seen_ms = @now, "
		"missing_since_ms = NULL WHERE feed_id = @feed AND "
		"origin_id BETWEEN @first AND @last",
	[STMT_SIGHT_TOUCH] =
		"UPDATE sight SET seen_ms = @now, missing_since_ms = NULL "
		"WHERE origin_id = @origin",
	[STMT_SIGHT_MISSING] =
		"UPDATE sight SET missing_since_ms = @now WHERE feed_id = "
		"@feed "
		"AND poll_id < @previous AND missing_since_ms IS NULL",

	/* alerts */
	[STMT_ALERT_OPENED] =
		"SELECT json_extract(detail, '$.severity') FROM event "
		"WHERE alert_id = @alert AND kind = 'opened' ORDER BY id "
		"LIMIT 1",
	[STMT_ALERT_TRACKED] =
		"SELECT id, version, base, severity, state, phase, episode, "
		"revision, source_state, seen_ms, episode_ms, "
		"source_updated_ms, activity_to_ms, acknowledged_ms, "
		"closed_ms, acknowledged_by, closed_by, owner, historical, "
		"linked_kind, content_hash, acknowledge_expires_ms, "
		"ifnull(confirmed >= severity, 0), (SELECT started_ms FROM "
		"clock WHERE alert_id = alert.id AND episode = alert.episode "
		"AND kind = 0), source_severity, is_incident "
		"FROM alert WHERE id = @id",
	[STMT_ALERT_CONTENT] =
		"SELECT s.name, a.kind, a.provider, a.tenant, a.subscription, "
		"a.native_id, a.linked_kind, a.linked_id, a.title, "
		"a.description, a.alert_type, a.source_severity, "
		"a.source_status, a.resource_id, a.resource_group, "
		"a.resource_type, a.entity, a.tactics, a.techniques, "
		"a.category, a.policy, "
		"a.incident, a.correlation, a.remediation, a.portal_url, "
		"a.base, a.severity_unmapped, a.source_state, a.is_incident, "
		"a.created_ms, a.activity_from_ms, a.activity_to_ms, "
		"a.source_updated_ms, a.clipped FROM alert AS a JOIN source "
		"AS s ON s.id = a.source_id WHERE a.id = @id",
	[STMT_ALERT_ADD] =
		"INSERT INTO alert (source_id, revision, owner, historical, "
		"seen_ms, updated_ms, kind, tenant, native_id, provider, "
		"subscription, linked_kind, linked_id, title, description, "
		"alert_type, source_severity, source_status, resource_id, "
		"resource_group, resource_type, entity, tactics, techniques, "
		"category, policy, "
		"incident, correlation, remediation, portal_url, created_ms, "
		"activity_from_ms, activity_to_ms, source_updated_ms, "
		"source_state, severity_unmapped, is_incident, clipped, "
		"content_hash, base, severity, rule, policy_hash, state, "
		"phase, episode, episode_ms, acknowledged_ms, "
		"acknowledged_by, closed_ms, closed_by, urgency_ms) VALUES "
		"((SELECT source_id FROM feed WHERE id = @feed), "
		"1, @owner, @historical, @now, @now, @kind, @tenant, "
		"@native_id, @provider, @subscription, @linked_kind, "
		"@linked_id, @title, @description, @alert_type, "
		"@source_severity, @source_status, @resource_id, "
		"@resource_group, @resource_type, @entity, @tactics, "
		"@techniques, @category, @policy, "
		"@incident, @correlation, @remediation, "
		"@portal_url, @created_ms, @activity_from_ms, "
		"@activity_to_ms, @source_updated_ms, @source_state, "
		"@severity_unmapped, @is_incident, @clipped, @content_hash, "
		"@base, @severity, @rule, @policy_hash, @state, @phase, "
		"@episode, @episode_ms, @acknowledged_ms, @acknowledged_by, "
		"@closed_ms, @closed_by, @urgency)",
	[STMT_ALERT_COUNT] =
		"INSERT INTO alert_count (severity, state, n) "
		"VALUES (@severity, @state, 1) "
		"ON CONFLICT (severity, state) DO UPDATE SET n = n + 1",
	[STMT_ALERT_UPDATE] =
		"UPDATE alert SET version = version + 1, revision = "
		"@revision, "
		"updated_ms = @now, owner = iif(assigned_by IS NULL, "
		"ifnull(@owner, owner), owner), "
		"provider = ifnull(@provider, provider), "
		"subscription = ifnull(@subscription, subscription), "
		"linked_kind = ifnull(@linked_kind, linked_kind), "
		"linked_id = ifnull(@linked_id, linked_id), "
		"title = ifnull(@title, title), "
		"description = ifnull(@description, description), "
		"alert_type = ifnull(@alert_type, alert_type), "
		"source_severity = ifnull(@source_severity, source_severity), "
		"source_status = ifnull(@source_status, source_status), "
		"resource_id = ifnull(@resource_id, resource_id), "
		"resource_group = ifnull(@resource_group, resource_group), "
		"resource_type = ifnull(@resource_type, resource_type), "
		"entity = ifnull(@entity, entity), "
		"tactics = ifnull(@tactics, tactics), "
		"techniques = ifnull(@techniques, techniques), "
		"category = ifnull(@category, category), "
		"policy = ifnull(@policy, policy), "
		"incident = ifnull(@incident, incident), "
		"correlation = ifnull(@correlation, correlation), "
		"remediation = ifnull(@remediation, remediation), "
		"portal_url = ifnull(@portal_url, portal_url), "
		"created_ms = ifnull(@created_ms, created_ms), "
		"activity_from_ms = ifnull(@activity_from_ms, "
		"activity_from_ms), "
		"activity_to_ms = ifnull(@activity_to_ms, activity_to_ms), "
		"source_updated_ms = ifnull(@source_updated_ms, "
		"source_updated_ms), "
		"source_state = @source_state, "
		"severity_unmapped = @severity_unmapped, "
		"is_incident = @is_incident, clipped = @clipped, "
		"content_hash = @content_hash, base = @base, "
		"severity = @severity, rule = @rule, "
		"policy_hash = @policy_hash, state = @state, "
		"phase = @phase, episode = @episode, "
		"episode_ms = @episode_ms, "
		"acknowledged_ms = @acknowledged_ms, "
		"acknowledged_by = @acknowledged_by, "
		"closed_ms = @closed_ms, closed_by = @closed_by, "
		"acknowledge_expires_ms = "
		"iif(@state = 1, acknowledge_expires_ms, NULL), "
		"acknowledge_note = "
		"iif(@acknowledged_ms IS NULL, NULL, acknowledge_note), "
		"verdict = iif(@state = 2, verdict, 0), "
		"close_note = iif(@state = 2, close_note, NULL), "
		"historical = iif(@episode = episode, historical, 0), "
		"confirmed = iif(@episode = episode, confirmed, NULL), "
		"urgency_ms = iif(@episode = episode, urgency_ms, "
		"9223372036854775807) WHERE id = @id",
	[STMT_ALERT_MERGE] =
		"UPDATE alert SET version = version + 1, updated_ms = @now, "
		"closed_by = iif(state = 2, closed_by, 'triaged'), "
		"closed_ms = ifnull(closed_ms, @now), state = 2, "
		"close_note = 'duplicate of alert ' || @into, "
		"acknowledge_expires_ms = NULL WHERE id = @id",
	[STMT_ALERT_REVISION] =
		"UPDATE alert SET revision = @revision WHERE id = @id",
	[STMT_ALERT_URGENCY] =
		"UPDATE alert SET urgency_ms = @urgency WHERE id = @id AND "
		"episode = @episode AND urgency_ms <> @urgency",
	[STMT_REVISION_ADD] =
		"INSERT INTO revision (alert_id, revision, seen_ms, "
		"source_id, content_hash, "
		"changed, raw) "
		"VALUES (@id, @revision, @now, (SELECT source_id FROM feed "
		"WHERE id = @feed), @content_hash, @changed, @raw)",
	[STMT_REVISION_REPEATS] =
		"SELECT r.content_hash = @content_hash FROM revision AS r "
		"JOIN source AS s ON s.id = r.source_id AND s.name = @source "
		"WHERE r.alert_id = @id AND r.revision <= @revision "
		"ORDER BY r.revision DESC LIMIT 1",
	[STMT_REVISION_HAS] =
		"SELECT 1 FROM revision WHERE alert_id = @id AND content_hash "
		"= @content_hash",
/* Some at once; those without a thing are none. OR FAIL: a refusal ends the
 * transaction anyway, and without it the engine would keep a copy of each page
 * that it changes. */
#define ENTITY(n) "(@place + " #n ", @thing" #n ", @value" #n ", @role" #n ")"
#define FOUR(a, b, c, d) ENTITY(a) ", " ENTITY(b) ", " ENTITY(c) ", " ENTITY(d)
	[STMT_ENTITY_ADD] =
		"INSERT OR FAIL INTO entity (alert_id, place, thing_id, value, "
		"role) SELECT @id, * FROM (VALUES " FOUR(0, 1, 2, 3) ", " FOUR(
			4, 5, 6, 7) ") WHERE column2 IS NOT NULL",
	[STMT_ENTITY_DELETE] = "DELETE FROM entity WHERE alert_id = @id",
	[STMT_ENTITY_LIST] =
		"SELECT t.kind, ifnull(e.value, t.value), e.role "
		"FROM entity AS e JOIN thing AS t ON t.id = e.thing_id "
		"WHERE e.alert_id = @id ORDER BY e.place",
	[STMT_THING_GET] = "SELECT id, value FROM thing "
			   "WHERE lower(value) = lower(@value) "
			   "AND kind = @kind",
	[STMT_THING_ADD] =
		"INSERT INTO thing (kind, value) VALUES (@kind, @value) "
		"ON CONFLICT DO NOTHING",
	[STMT_TAG_ADD] =
		"INSERT INTO tag (alert_id, tag) VALUES (@id, @tag) ON "
		"CONFLICT (alert_id, tag) DO NOTHING",
	[STMT_TAG_DELETE] = "DELETE FROM tag WHERE alert_id = @id",
	[STMT_TAG_LIST] =
		"SELECT tag FROM tag WHERE alert_id = @id ORDER BY tag",

/* surroundings: two ranges, since `<>` would read every repeat; an hour by
 * itself, since a list of them is a table that is built for each question */
#define HIGH_HOUR(hour, than)                                                  \
	"SELECT 1 FROM high_entity WHERE kind = @kind AND value = @value "     \
	"AND hour = " hour " AND alert_type " than                             \
	" @type AND seen_ms BETWEEN @from AND @until AND alert_id <> @id"
#define HIGH_FIND(hour) HIGH_HOUR(hour, "<") " UNION ALL " HIGH_HOUR(hour, ">")
	[STMT_HIGH_FIND] = HIGH_FIND("@hour") " UNION ALL " HIGH_FIND(
		"@hour - 1") " UNION ALL " HIGH_FIND("@hour + 1") " LIMIT 1",
	[STMT_HIGH_ANY] = "SELECT 1 FROM high_entity WHERE kind = @kind AND "
			  "value = @value LIMIT 1",
	[STMT_HIGH_FORGET] = "DELETE FROM high_entity WHERE alert_id = @id",
	[STMT_HIGH_KEEP] =
		"INSERT INTO high_entity (kind, value, hour, alert_type, "
		"seen_ms, alert_id) "
		"VALUES (@kind, @value, @hour, @type, @seen, @id) "
		"ON CONFLICT DO NOTHING",

	/* audit */
	[STMT_EVENT_HEAD] =
		"SELECT ifnull((SELECT seq FROM sqlite_sequence WHERE name = "
		"'event'), 0), "
		"(SELECT hash FROM event ORDER BY id DESC LIMIT 1)",
	[STMT_EVENT_FIRST] = "SELECT ifnull((SELECT at_ms FROM event "
			     "ORDER BY id LIMIT 1), 0)",
	[STMT_EVENT_LAST] = "SELECT ifnull((SELECT at_ms FROM event "
			    "ORDER BY id DESC LIMIT 1), 0)",
	[STMT_EVENT_ADD] =
		"INSERT INTO event (id, alert_id, at_ms, actor, kind, detail, "
		"hash) "
		"VALUES (@id, @alert, @at, @actor, @kind, @detail, @hash)",
	[STMT_EVENT_WALK] =
		"SELECT id, alert_id, at_ms, actor, kind, detail, hash "
		"FROM event ORDER BY id",
	[STMT_EVENT_STATES] = "SELECT id, state = 2, episode FROM alert",
	[STMT_EVENT_SAME] =
		"SELECT 1 FROM event WHERE alert_id = @alert AND kind = @kind "
		"AND detail = @detail",
};
