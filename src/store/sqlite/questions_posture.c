/*
 * What a subscription tells beside its alerts, for the commands that show it.
 * Called by look.c. There are some thousands of these rows, not millions: they
 * may be sorted, but what is about one alert is sought by its resource.
 *
 * tested with: test_look_posture
 */
#include "store/sqlite/questions_priv.h"

#define OF_SCOPE(v)                                                            \
	"(@source IS NULL OR " v ".source = @source) "                         \
	"AND (@subscription IS NULL "                                          \
	"OR " v ".subscription = lower(@subscription)) "

#define ORDER_SCOPE(v) "ORDER BY " v ".source, " v ".subscription, "

/* What nobody weighed is not the last thing to look at: medium. */
#define WEIGHT "ifnull(ifnull(a.severity, k.severity), 2)"

/* advice a, its scope c and source s, its kind k */
#define ADVICE                                                                 \
	"advice AS a JOIN posture_scope AS c ON c.id = a.scope_id "            \
	"AND c.lost_ms IS NULL "                                               \
	"JOIN source AS s ON s.id = c.source_id "                              \
	"LEFT JOIN advice_kind AS k ON k.source_id = c.source_id "             \
	"AND k.kind = a.kind "

#define ADVISED                                                                \
	"(@source IS NULL OR s.name = @source) "                               \
	"AND (@subscription IS NULL "                                          \
	"OR c.subscription = lower(@subscription)) "                           \
	"AND (@severities = 0 OR (@severities >> " WEIGHT ") & 1) "            \
	"AND (@kind IS NULL OR a.kind = @kind) "                               \
	"AND (@resource IS NULL OR a.resource_key GLOB lower(@resource)) "

#define WORST_FIRST                                                            \
	"ORDER BY a.gone_ms IS NOT NULL, " WEIGHT " DESC, a.since_ms, a.id "   \
	"LIMIT @limit"

#define PICKED(pick)                                                           \
	"SELECT v.* FROM (" pick ") AS p CROSS JOIN v_recommendations AS v "   \
	"ON v.id = p.id LIMIT @limit"

/* Null while something was never read whole. */
#define NOT_KINDS "FILTER (WHERE r.part <> 'kinds')"
#define OLDEST_WHOLE                                                           \
	"iif(count(r.complete_ms) " NOT_KINDS " = count(*) " NOT_KINDS ", "    \
	"min(r.complete_ms) " NOT_KINDS ", NULL)"

const char *const question_posture_text[QUESTION_MAX] = {
	[LOOK_PLANS] = "SELECT v.* FROM v_plans AS v WHERE " OF_SCOPE("v")
		ORDER_SCOPE("v") "v.deprecated, v.name LIMIT @limit",
	/* Days are sought in the table: the view has them as text. */
	[LOOK_SCORES] =
		"SELECT s.name AS source, c.subscription, x.name, "
		"date(x.day * 86400, 'unixepoch') AS day, "
		"x.current / 100.0 AS current, x.max / 100.0 AS max, "
		"x.percent / 100.0 AS percent, x.weight, x.seen_ms, "
		"date(b.day * 86400, 'unixepoch') AS before_day, "
		"b.percent / 100.0 AS before_percent "
		"FROM (SELECT scope_id, name, max(day) AS day "
		"FROM secure_score GROUP BY scope_id, name) AS n "
		"JOIN secure_score AS x ON x.scope_id = n.scope_id "
		"AND x.name = n.name AND x.day = n.day "
		"JOIN posture_scope AS c ON c.id = x.scope_id "
		"AND c.lost_ms IS NULL "
		"JOIN source AS s ON s.id = c.source_id "
		"LEFT JOIN secure_score AS b ON b.scope_id = x.scope_id "
		"AND b.name = x.name AND b.day = (SELECT max(o.day) "
		"FROM secure_score AS o WHERE o.scope_id = x.scope_id "
		"AND o.name = x.name AND o.day <= @since / 86400000) "
		"WHERE (@source IS NULL OR s.name = @source) "
		"AND (@subscription IS NULL "
		"OR c.subscription = lower(@subscription)) "
		"ORDER BY s.name, c.subscription, x.name LIMIT @limit",
	[LOOK_SCORE_DAYS] = "SELECT v.* FROM v_secure_score AS v "
			    "WHERE v.seen_ms >= @since AND " OF_SCOPE(
				    "v") "ORDER BY v.day DESC, v.source, "
					 "v.subscription, v.name "
					 "LIMIT @limit",
	[LOOK_RECOMMENDATIONS] =
		PICKED("SELECT a.id FROM " ADVICE "WHERE (a.gone_ms IS NULL "
		       "OR (@since > 0 AND a.gone_ms >= @since)) "
		       "AND " ADVISED WORST_FIRST),
	[LOOK_RECOMMENDATION] =
		"SELECT v.* FROM v_recommendations AS v WHERE v.id = @id",
	[LOOK_RECOMMENDED] =
		PICKED("SELECT a.id FROM " ADVICE "WHERE a.resource_key = "
		       "(SELECT lower(t.resource_id) FROM alert AS t "
		       "WHERE t.id = @id) " WORST_FIRST),
	[LOOK_RECOMMENDATION_KINDS] =
		"SELECT a.kind, ifnull(k.title, max(a.title)) AS title, "
		"CASE max(" WEIGHT
		") WHEN 4 THEN 'critical' WHEN 3 THEN 'high' "
		"WHEN 2 THEN 'medium' WHEN 1 THEN 'low' WHEN 0 THEN 'info' END "
		"AS severity, count(DISTINCT a.resource_key) AS n, k.effort, "
		"min(a.since_ms) AS since_ms, min(a.id) AS id FROM " ADVICE
		"WHERE a.gone_ms IS NULL AND " ADVISED
		"GROUP BY a.kind ORDER BY max(" WEIGHT ") DESC, n DESC, title "
		"LIMIT @limit",
	[LOOK_POSTURE_READS] =
		"SELECT v.* FROM v_posture_reads AS v WHERE " OF_SCOPE("v")
			ORDER_SCOPE("v") "v.part LIMIT @limit",
	[LOOK_POSTURE_SETTINGS] =
		"SELECT v.* FROM v_posture_settings AS v WHERE " OF_SCOPE("v")
			ORDER_SCOPE("v") "v.part, v.name LIMIT @limit",
	[LOOK_SUBSCRIPTIONS] =
		"SELECT v.* FROM v_subscriptions AS v WHERE " OF_SCOPE(
			"v") "ORDER BY v.source, v.watched DESC, v.name, "
			     "v.subscription "
			     "LIMIT @limit",
	[LOOK_POSTURE_STATE] =
		"WITH r AS MATERIALIZED (SELECT * FROM v_posture_reads), "
		"bad AS (SELECT *, row_number() OVER (PARTITION BY source "
		"ORDER BY ifnull(complete_ms, 0), subscription, part) AS nth "
		"FROM r WHERE NOT complete) "
		"SELECT r.source, count(*) AS parts, "
		"sum(NOT r.complete) AS incomplete, "
		"strftime('%Y-%m-%dT%H:%M:%fZ', max(r.tried_ms) / 1000.0, "
		"'unixepoch') AS tried_at, max(r.tried_ms) AS tried_ms, "
		"strftime('%Y-%m-%dT%H:%M:%fZ', " OLDEST_WHOLE
		" / 1000.0, 'unixepoch') AS complete_at, " OLDEST_WHOLE
		" AS complete_ms, bad.part, bad.subscription, bad.trouble "
		"FROM r LEFT JOIN bad ON bad.source = r.source AND "
		"bad.nth = 1 GROUP BY r.source ORDER BY r.source LIMIT @limit",
	[LOOK_RESOURCE_TYPES] =
		"SELECT v.* FROM v_resource_types AS v WHERE " OF_SCOPE("v")
			ORDER_SCOPE("v") "v.type LIMIT @limit",
};
