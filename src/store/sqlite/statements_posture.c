/*
 * The statements of the posture. As statements.c, whose table has the rest.
 *
 * tested with: test_posture_rows
 */
#include "store/sqlite/statements_priv.h"

#define OF_SOURCE                                                              \
	"WHERE c.source_id = (SELECT id FROM source WHERE name = @source) "    \
	"AND c.lost_ms IS NULL "

const char *const statement_posture_table[STMT_MAX] = {
	/* Of a subscription the watch says whether it is read. */
	[STMT_POSTURE_SCOPE_ADD] =
		"INSERT INTO posture_scope (source_id, subscription, "
		"watched_ms, sought_ms) SELECT id, lower(@subscription), @now, "
		"@now FROM source WHERE name = @source "
		"ON CONFLICT (source_id, subscription) DO UPDATE SET lost_ms = "
		"NULL WHERE subscription = '' AND lost_ms IS NOT NULL",
	[STMT_POSTURE_SCOPE_GET] = "SELECT c.id FROM posture_scope AS c "
				   "WHERE c.source_id = (SELECT id FROM source "
				   "WHERE name = @source) "
				   "AND c.subscription = lower(@subscription)",
	[STMT_POSTURE_SCOPE_WATCH] =
		"INSERT INTO posture_scope (source_id, subscription, "
		"watched_ms, sought_ms) SELECT id, lower(@subscription), @now, "
		"@now FROM source WHERE name = @source "
		"ON CONFLICT (source_id, subscription) DO UPDATE SET "
		"watched_ms = iif(lost_ms IS NULL, ifnull(watched_ms, @now), "
		"@now), sought_ms = @now, lost_ms = NULL",
	[STMT_POSTURE_SCOPE_LOSE] =
		"UPDATE posture_scope SET lost_ms = @now "
		"WHERE source_id = (SELECT id FROM source WHERE name = "
		"@source) "
		"AND subscription <> '' AND sought_ms < @now "
		"AND lost_ms IS NULL",
	[STMT_POSTURE_SCOPE_LEAVE] =
		"UPDATE posture_scope SET lost_ms = @now WHERE source_id = "
		"(SELECT id FROM source WHERE name = @source) AND watched_ms "
		"IS NOT NULL AND lost_ms IS NULL",
	[STMT_POSTURE_SOURCES] =
		"SELECT s.name FROM source AS s WHERE EXISTS (SELECT 1 FROM "
		"posture_scope AS c WHERE c.source_id = s.id AND c.watched_ms "
		"IS NOT NULL AND c.lost_ms IS NULL) ORDER BY s.name",
	[STMT_POSTURE_SCOPE_TELL] =
		"INSERT INTO posture_scope (source_id, subscription, name, "
		"state, told_ms) SELECT source_id, lower(@subscription), "
		"@name, "
		"@state, @now FROM posture_scope WHERE id = @scope "
		"ON CONFLICT (source_id, subscription) DO UPDATE SET "
		"name = excluded.name, state = excluded.state, "
		"told_ms = excluded.told_ms",
	/* What was read has rows, and goes in its time. */
	[STMT_POSTURE_SCOPE_ABSENT] =
		"DELETE FROM posture_scope WHERE source_id = (SELECT source_id "
		"FROM posture_scope WHERE id = @scope) AND watched_ms IS NULL "
		"AND told_ms < @now",
	[STMT_POSTURE_SCOPE_DELETE] =
		"DELETE FROM posture_scope WHERE id IN (SELECT id "
		"FROM posture_scope WHERE lost_ms < @before LIMIT @max)",
	/* One that was never read whole has less than all parts. */
	[STMT_POSTURE_DUE] =
		"SELECT ifnull(min((SELECT iif(count(*) < @parts, 0, "
		"min(r.tried_ms + iif(r.trouble IS NULL, @every, @again))) "
		"FROM posture_read AS r WHERE r.scope_id = c.id "
		"AND r.part NOT IN (3, 8))), 0) FROM posture_scope AS "
		"c " OF_SOURCE "AND c.subscription <> '' "
		"AND c.watched_ms IS NOT NULL",
	[STMT_POSTURE_INCOMPLETE] =
		"SELECT count(*) FROM posture_scope AS c JOIN posture_read AS "
		"r ON r.scope_id = c.id " OF_SOURCE
		"AND (r.trouble IS NOT NULL OR r.n_unread > 0)",
	[STMT_POSTURE_OLDEST] =
		"SELECT ifnull(min(r.complete_ms), 0) FROM posture_scope AS c "
		"JOIN posture_read AS r ON r.scope_id = c.id " OF_SOURCE
		"AND r.part <> 3",
	[STMT_POSTURE_READ_PUT] =
		"INSERT INTO posture_read (scope_id, part, tried_ms, "
		"complete_ms, n, n_unread, trouble) "
		"VALUES (@scope, @part, @now, iif(@trouble IS NULL, @now, "
		"NULL), @n, @unread, @trouble) "
		"ON CONFLICT (scope_id, part) DO UPDATE SET "
		"tried_ms = excluded.tried_ms, "
		"complete_ms = ifnull(excluded.complete_ms, complete_ms), "
		"n = excluded.n, n_unread = excluded.n_unread, "
		"trouble = excluded.trouble",

	[STMT_PLAN_PUT] =
		"INSERT INTO plan (scope_id, name, is_on, tier, sub_plan, "
		"coverage, is_deprecated, replaced_by, extensions_on, "
		"extensions_off, enabled_ms, trial_ends_ms, since_ms, seen_ms) "
		"VALUES (@scope, @name, @on, @tier, @sub, @coverage, "
		"@deprecated, @replaced, @extensions_on, @extensions_off, "
		"@enabled, @trial, @now, @now) "
		"ON CONFLICT (scope_id, name) DO UPDATE SET "
		"since_ms = iif(is_on = excluded.is_on, since_ms, "
		"excluded.since_ms), "
		"is_on = excluded.is_on, tier = excluded.tier, "
		"sub_plan = excluded.sub_plan, coverage = excluded.coverage, "
		"is_deprecated = excluded.is_deprecated, "
		"replaced_by = excluded.replaced_by, "
		"extensions_on = excluded.extensions_on, "
		"extensions_off = excluded.extensions_off, "
		"enabled_ms = excluded.enabled_ms, "
		"trial_ends_ms = excluded.trial_ends_ms, "
		"seen_ms = excluded.seen_ms",
	[STMT_PLAN_ABSENT] =
		"DELETE FROM plan WHERE scope_id = @scope AND seen_ms < @now",

	[STMT_SCORE_PUT] =
		"INSERT INTO secure_score (scope_id, name, day, current, max, "
		"percent, weight, seen_ms) VALUES (@scope, @name, "
		"@now / 86400000, @current, @max, @percent, @weight, @now) "
		"ON CONFLICT (scope_id, name, day) DO UPDATE SET "
		"current = excluded.current, max = excluded.max, "
		"percent = excluded.percent, weight = excluded.weight, "
		"seen_ms = excluded.seen_ms",
	[STMT_SCORE_DELETE] =
		"DELETE FROM secure_score WHERE (scope_id, name, day) IN "
		"(SELECT scope_id, name, day FROM secure_score "
		"WHERE day < @before / 86400000 LIMIT @max)",

	/* Says whether it opens, for the first time or again. */
	[STMT_ADVICE_PUT] =
		"INSERT INTO advice (scope_id, native_id, kind, title, "
		"severity, state, resource_id, resource_key, resource_type, "
		"first_seen_ms, since_ms, seen_ms, judged_ms, changed_ms, "
		"cause, portal_url, description) "
		"VALUES (@scope, lower(@native), @kind, @title, @severity, "
		"@state, @resource, lower(@resource), @type, @now, @now, @now, "
		"@judged, @changed, @cause, @portal, @description) "
		"ON CONFLICT (scope_id, native_id) DO UPDATE SET "
		"kind = excluded.kind, title = excluded.title, "
		"severity = excluded.severity, state = excluded.state, "
		"resource_id = excluded.resource_id, "
		"resource_key = excluded.resource_key, "
		"resource_type = excluded.resource_type, "
		"since_ms = iif(gone_ms IS NULL, since_ms, excluded.since_ms), "
		"seen_ms = excluded.seen_ms, gone_ms = NULL, gone_as = NULL, "
		"judged_ms = excluded.judged_ms, "
		"changed_ms = excluded.changed_ms, cause = excluded.cause, "
		"portal_url = excluded.portal_url, "
		"description = excluded.description "
		"RETURNING since_ms = @now",
	[STMT_ADVICE_END] =
		"UPDATE advice SET gone_ms = @now, gone_as = @why "
		"WHERE scope_id = @scope AND native_id = lower(@native) "
		"AND gone_ms IS NULL",
	[STMT_ADVICE_ABSENT] =
		"UPDATE advice SET gone_ms = @now, gone_as = @why "
		"WHERE scope_id = @scope AND seen_ms < @now "
		"AND gone_ms IS NULL",
	[STMT_ADVICE_DELETE] =
		"DELETE FROM advice WHERE id IN (SELECT id FROM advice "
		"INDEXED BY advice_gone WHERE gone_ms IS NOT NULL "
		"AND gone_ms < @before LIMIT @max)",
	[STMT_ADVICE_KIND_PUT] =
		"INSERT INTO advice_kind (source_id, kind, title, severity, "
		"categories, effort, impact, is_preview, seen_ms, description, "
		"remediation) SELECT source_id, @kind, @title, @severity, "
		"@categories, @effort, @impact, @preview, @now, @description, "
		"@remediation FROM posture_scope WHERE id = @scope "
		"ON CONFLICT (source_id, kind) DO UPDATE SET "
		"title = excluded.title, severity = excluded.severity, "
		"categories = excluded.categories, effort = excluded.effort, "
		"impact = excluded.impact, is_preview = excluded.is_preview, "
		"seen_ms = excluded.seen_ms, "
		"description = excluded.description, "
		"remediation = excluded.remediation",

	[STMT_POSTURE_SETTING_PUT] =
		"INSERT INTO posture_setting (scope_id, part, name, is_on, "
		"detail, seen_ms) VALUES (@scope, @part, @name, @on, @detail, "
		"@now) ON CONFLICT (scope_id, part, name) DO UPDATE SET "
		"is_on = excluded.is_on, detail = excluded.detail, "
		"seen_ms = excluded.seen_ms",
	[STMT_POSTURE_SETTING_ABSENT] =
		"DELETE FROM posture_setting WHERE scope_id = @scope "
		"AND part = @part AND seen_ms < @now",

	[STMT_RESOURCE_COUNT_PUT] =
		"INSERT INTO resource_count (scope_id, type, n, seen_ms) "
		"VALUES (@scope, @type, @n, @now) "
		"ON CONFLICT (scope_id, type) DO UPDATE SET n = excluded.n, "
		"seen_ms = excluded.seen_ms",
	[STMT_RESOURCE_COUNT_ABSENT] =
		"DELETE FROM resource_count WHERE scope_id = @scope "
		"AND seen_ms < @now",
};
