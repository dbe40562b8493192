/* schema.sql is the sum of the migrations, the views have the promised columns,
 * and the statements of every turn walk indexes. */
#include "store/sqlite/engine_priv.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/bundle.h"
#include "core/notice.h"
#include "helpers/tempstore.h"
#include "store/sqlite/questions_priv.h"
#include "util/strbuf.h"
#include "util/timefmt.h"

static void describe(sqlite3 *db, const char *question, struct strbuf *sb)
{
	sqlite3_stmt *stmt = NULL;

	assert_int_equal(sqlite3_prepare_v2(db, question, -1, &stmt, NULL),
			 SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(stmt); i++) {
			const void *value = sqlite3_column_blob(stmt, i);

			strbuf_add(sb, value ? value : "",
				   (size_t)sqlite3_column_bytes(stmt, i));
			strbuf_addstr(sb, "\n");
		}
	}
	assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
}

/* Where a counter of keys stands at 0, or is not there yet, is the same, and so
 * is how often the settings of the index of words were changed. */
static void describe_all(sqlite3 *db, struct strbuf *sb)
{
	sqlite3_stmt *stmt = NULL;
	char question[128];

	describe(db, "PRAGMA user_version", sb);
	describe(db, "PRAGMA application_id", sb);
	describe(db,
		 "SELECT type || ' ' || name, tbl_name, sql "
		 "FROM sqlite_schema ORDER BY type, name",
		 sb);
	assert_int_equal(
		sqlite3_prepare_v2(db,
				   "SELECT name FROM sqlite_schema WHERE "
				   "type = 'table' AND name <> "
				   "'sqlite_sequence' AND name <> "
				   "'alert_search_data' ORDER BY name",
				   -1, &stmt, NULL),
		SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		snprintf(question, sizeof(question), "SELECT * FROM \"%s\"",
			 (const char *)sqlite3_column_text(stmt, 0));
		strbuf_addstr(sb, question);
		describe(db, question, sb);
	}
	sqlite3_finalize(stmt);
}

/* A new database has what one of the first release has after all migrations:
 * definitions, settings and rows. */
static void test_schema_is_the_sum(void **state)
{
	struct tempstore *t = *state;
	CLEANUP(strbuf_release) struct strbuf expected = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf found = STRBUF_INIT;
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	for (const struct migration *m = store_migrations; m->number != 0; m++)
		assert_int_equal(sqlite3_exec(db, (const char *)m->text, NULL,
					      NULL, NULL),
				 SQLITE_OK);
	describe_all(db, &expected);
	sqlite3_close(db);
	describe_all(t->store->db, &found);
	assert_true(found.len > 1000);
	assert_int_equal(found.len, expected.len);
	assert_memory_equal(found.buf, expected.buf, found.len);
}

/* What an older release gave up has numbers in the order in which it did. */
static void test_given_up_before(void **state)
{
	static const char dead[] =
		"INSERT INTO delivery (id, key, episode, target, kind, step, "
		"severity, state, created_ms, not_before_ms, given_up_ms) "
		"VALUES (1, 'a', 1, 't', 0, 0, 3, 4, 1, 1, 300), "
		"(2, 'b', 1, 't', 0, 0, 3, 4, 1, 1, NULL), "
		"(3, 'c', 1, 't', 0, 0, 3, 4, 1, 1, 200), "
		"(4, 'd', 1, 't', 0, 0, 3, 5, 1, 1, NULL)";
	CLEANUP(strbuf_release) struct strbuf found = STRBUF_INIT;
	sqlite3 *db = NULL;

	(void)state;
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	for (const struct migration *m = store_migrations; m->number != 0;
	     m++) {
		if (m->number == 32)
			assert_int_equal(sqlite3_exec(db, dead, NULL, NULL,
						      NULL),
					 SQLITE_OK);
		assert_int_equal(sqlite3_exec(db, (const char *)m->text, NULL,
					      NULL, NULL),
				 SQLITE_OK);
	}
	describe(db,
		 "SELECT delivery_id || ' of ' || id FROM given_up ORDER BY id",
		 &found);
	sqlite3_close(db);
	assert_string_equal(found.buf, "2 of 1\n3 of 2\n1 of 3\n");
}

/* A setting of the index of words, which is no part of its definition. */
static void test_pieces_of_the_index(void **state)
{
	assert_string_equal(tempstore_value(*state,
					    "SELECT group_concat(k || v, ' ') "
					    "FROM alert_search_config WHERE k "
					    "LIKE '%merge'"),
			    "automerge16 crisismerge64");
}

/* interface.md section 4: these first, in this order, for ever. */
static const struct promise {
	const char *view, *columns;
} promises[] = {
	{ "v_alerts",
	  "id source provider tenant subscription native_id title description "
	  "alert_type severity source_severity severity_rule source_status "
	  "state phase episode owner resource_id resource_group entity tactics "
	  "created_at created_ms seen_at seen_ms updated_at updated_ms "
	  "acknowledged_at acknowledged_ms closed_at closed_ms closed_by "
	  "triage_due_at triage_due_ms triage_state portal_url last_seen_at "
	  "last_seen_ms missing_since_at missing_since_ms historical verdict "
	  "version techniques incident remediation resource_type tags "
	  "revision kind base_severity severity_unmapped policy_hash "
	  "acknowledged_by acknowledge_expires_at acknowledge_expires_ms "
	  "acknowledge_note close_note source_updated_at source_updated_ms "
	  "correlation category policy assigned_by confirmed_severity "
	  "triage_stopped_at triage_stopped_ms resolve_due_at "
	  "resolve_due_ms" },
	{ "v_revisions", "alert_id revision seen_at seen_ms changed raw" },
	{ "v_entities", "alert_id kind value role" },
	{ "v_origins", "alert_id source native_id" },
	{ "v_sla",
	  "alert_id episode clock policy started_at started_ms due_at "
	  "due_ms stopped_at stopped_ms breached_at breached_ms state" },
	{ "v_deliveries",
	  "id alert_id target recipient kind step key state attempts "
	  "not_before_at not_before_ms sent_at sent_ms last_error" },
	{ "v_delivery_alerts", "delivery_id alert_id" },
	{ "v_events", "id alert_id at at_ms actor kind detail hash" },
	{ "v_polls", "id source window_from_at window_from_ms window_to_at "
		     "window_to_ms started_at started_ms ended_at ended_ms "
		     "pages fetched new updated noop quarantined complete "
		     "error scope" },
	{ "v_quarantine", "id source poll_id reason raw seen_at seen_ms "
			  "last_seen_at last_seen_ms times resolved_at "
			  "resolved_ms" },
	{ "v_gaps", "source scope from_at from_ms to_at to_ms since_at "
		    "since_ms closed_at closed_ms reason tries" },
	{ "v_suppressions",
	  "id alert_id episode target kind cause cause_name since_at since_ms "
	  "until_at until_ms outcome delivery_id ended_at ended_ms ended_why" },
	{ "v_forwards", "name event_id behind forwarded forwarded_at "
			"forwarded_ms last_error last_error_at last_error_ms "
			"since_at since_ms configured" },
	{ "v_evidence", "id alert_id kind native_id at at_ms actor ip action "
			"app object location source fetched_at fetched_ms "
			"fetched_by fetch_id clipped raw" },
	{ "v_evidence_fetches",
	  "id alert_id kind source about_kind about from_at from_ms to_at "
	  "to_ms most found added unread fetched_at fetched_ms fetched_by "
	  "complete trouble hash" },
	{ "v_subscriptions",
	  "source subscription name state watched watched_at watched_ms "
	  "told_at told_ms lost_at lost_ms" },
	{ "v_plans",
	  "id source subscription name enabled tier sub_plan coverage "
	  "deprecated replaced_by extensions_on extensions_off enabled_at "
	  "enabled_ms trial_ends_at trial_ends_ms since_at since_ms seen_at "
	  "seen_ms" },
	{ "v_secure_score", "source subscription name day current max percent "
			    "weight seen_at seen_ms" },
	{ "v_recommendations",
	  "id source subscription kind title severity state resource_id "
	  "resource_type cause description remediation categories effort "
	  "impact preview portal_url first_seen_at first_seen_ms since_at "
	  "since_ms judged_at judged_ms changed_at changed_ms seen_at seen_ms "
	  "gone_at gone_ms gone_why" },
	{ "v_posture_settings",
	  "source subscription part name enabled detail seen_at seen_ms" },
	{ "v_resource_types", "source subscription type n seen_at seen_ms" },
	{ "v_posture_reads",
	  "source subscription part complete items unread trouble tried_at "
	  "tried_ms complete_at complete_ms" },
	{ "v_removed", "class removed last_removed_at last_removed_ms" },
	{ "v_silences",
	  "id author reason match starts_at starts_ms ends_at ends_ms ended_at "
	  "ended_ms state covers_critical" },
};

static void test_views_keep_their_promise(void **state)
{
	struct tempstore *t = *state;
	char text[256];

	for (size_t i = 0; i < ARRAY_SIZE(promises); i++) {
		const char *columns;

		snprintf(text, sizeof(text),
			 "SELECT group_concat(name, ' ') FROM "
			 "pragma_table_info('%s')",
			 promises[i].view);
		columns = tempstore_value(t, text);
		if (strncmp(columns, promises[i].columns,
			    strlen(promises[i].columns)) != 0)
			fail_msg("%s has %s", promises[i].view, columns);
	}
}

/* The words in the views are those of the enums. */
static void check_word(struct tempstore *t, const char *insert,
		       const char *question, const char *expected)
{
	char text[1024];

	snprintf(text, sizeof(text), "BEGIN; %s; COMMIT", insert);
	tempstore_exec(t, text);
	assert_string_equal(tempstore_value(t, question), expected);
}

static void test_words_of_counts(void **state)
{
	struct tempstore *t = *state;
	char insert[512], question[128];

	for (int i = 0; i < SEVERITY_MAX; i++) {
		snprintf(insert, sizeof(insert),
			 "REPLACE INTO breach_count VALUES (%d, %d)", i,
			 100 + i);
		snprintf(question, sizeof(question),
			 "SELECT severity FROM v_breach_counts WHERE n = %d",
			 100 + i);
		check_word(t, insert, question, severity_name(i));
	}
	for (int i = 0; i < NOTICE_STATE_MAX; i++) {
		snprintf(insert, sizeof(insert),
			 "DELETE FROM delivery_count; INSERT INTO "
			 "delivery_count VALUES ('t', %d, 1, 0)",
			 i);
		check_word(t, insert, "SELECT state FROM v_delivery_counts",
			   notice_state_name(i));
	}
	for (int i = 0; i < ALERT_STATE_MAX; i++) {
		snprintf(insert, sizeof(insert),
			 "DELETE FROM alert_count; INSERT INTO "
			 "alert_count VALUES (1, %d, 1)",
			 i);
		check_word(t, insert, "SELECT state FROM v_alert_counts",
			   alert_state_name(i));
	}
}

static void test_words_of_deliveries(void **state)
{
	struct tempstore *t = *state;
	char insert[512];

	for (int i = 0; i < NOTICE_KIND_MAX; i++) {
		const bool response = i == NOTICE_RESPONSE;

		snprintf(insert, sizeof(insert),
			 "DELETE FROM delivery; INSERT INTO delivery (key, "
			 "episode, target, kind, step, severity, state, "
			 "created_ms, not_before_ms, next_ms) VALUES ('k', 1, "
			 "'t', %d, %d, 1, 0, 1, 1, 1)",
			 response ? NOTICE_SILENCE : i, response);
		check_word(t, insert, "SELECT kind FROM v_deliveries",
			   notice_kind_name(i));
	}
}

static const char *const outcomes[] = {
	[BUNDLE_WAITING] = "waiting",
	[BUNDLE_CARRIED] = "carried",
	[BUNDLE_MOVED] = "moved",
	[BUNDLE_NEEDLESS] = "needless",
};

/* No alert of that number: only the words are looked at. */
static void check_entry(struct tempstore *t, int kind, int cause, int outcome)
{
	char insert[512], expected[96];

	snprintf(insert, sizeof(insert),
		 "DELETE FROM bundle_entry; DELETE FROM bundle; "
		 "INSERT INTO bundle VALUES (1, %d, 'n', 't', 1, 1, NULL); "
		 "INSERT INTO bundle_entry (bundle_id, alert_id, episode, "
		 "kind, severity, step, transition, added_ms, outcome, "
		 "ended_ms) VALUES (1, 1, 1, %d, 1, 0, 0, 1, %d, iif(%d, 1, "
		 "NULL))",
		 cause, kind, outcome, outcome);
	snprintf(expected, sizeof(expected), "%s/%s/%s", notice_kind_name(kind),
		 noise_cause_name(cause), outcomes[outcome]);
	check_word(t, insert,
		   "SELECT kind || '/' || cause || '/' || outcome FROM "
		   "v_suppressions",
		   expected);
}

static void test_words_of_suppressions(void **state)
{
	struct tempstore *t = *state;

	/* A response waits for nothing. */
	for (int i = 0; i < NOTICE_RESPONSE; i++)
		check_entry(t, i, NOISE_DIGEST, BUNDLE_WAITING);
	for (int i = NOISE_DIGEST; i < NOISE_CAUSE_MAX; i++)
		check_entry(t, 0, i, BUNDLE_WAITING);
	for (int i = 0; i < (int)ARRAY_SIZE(outcomes); i++)
		check_entry(t, 0, NOISE_QUIET, i);
}

static void test_words_of_alerts(void **state)
{
	struct tempstore *t = *state;
	char insert[512], expected[64];

	for (int i = 0; i < PHASE_MAX * VERDICT_MAX; i++) {
		int phase = i % PHASE_MAX, verdict = i / PHASE_MAX;

		snprintf(
			insert, sizeof(insert),
			"INSERT OR IGNORE INTO source VALUES (1, 's', 'k', "
			"0); DELETE FROM alert; INSERT INTO alert (source_id, "
			"kind, tenant, native_id, severity_unmapped, "
			"source_state, is_incident, clipped, content_hash, "
			"base, severity, state, phase, episode, revision, "
			"historical, seen_ms, episode_ms, updated_ms, verdict) "
			"VALUES (1, 'k', '', 'n', 0, 0, 0, 0, x'00', 1, 1, 0, "
			"%d, 1, 1, 0, 1, 1, 1, %d)",
			phase, verdict);
		snprintf(expected, sizeof(expected), "%s/%s", phase_name(phase),
			 verdict_name(verdict));
		check_word(t, insert,
			   "SELECT phase || '/' || ifnull(verdict, '') FROM "
			   "v_alerts",
			   expected);
	}
}

static void test_instants_print_exactly(void **state)
{
	struct tempstore *t = *state;
	static const int64_t instants[] = { 1,
					    999,
					    1772442000000,
					    1772442000001,
					    1772442059999,
					    951782399999,
					    253402300799999,
					    4102444800500 };

	for (size_t i = 0; i < ARRAY_SIZE(instants); i++) {
		char insert[256], expected[TIMEFMT_MAX];

		snprintf(insert, sizeof(insert),
			 "DELETE FROM event; INSERT INTO event VALUES (1, 1, "
			 "%lld, 'a', 'k', '{}', x'00')",
			 (long long)instants[i]);
		check_word(t, insert, "SELECT at FROM v_events",
			   timefmt_utc(instants[i], expected));
	}
}

/* Walks the plan of a statement: 1 when something is read from end to end. */
static int plan_scans(struct store *s, const char *text, struct strbuf *plan)
{
	CLEANUP(strbuf_release) struct strbuf explain = STRBUF_INIT;
	sqlite3_stmt *stmt = NULL;
	int scans = 0;

	strbuf_addf(&explain, "EXPLAIN QUERY PLAN %s", text);
	assert_int_equal(sqlite3_prepare_v2(s->db, explain.buf, -1, &stmt,
					    NULL),
			 SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		const char *line = (const char *)sqlite3_column_text(stmt, 3);

		strbuf_addf(plan, "%s\n", line);
		if (strncmp(line, "SCAN ", 5) == 0 &&
		    strstr(line, " USING ") == NULL &&
		    strstr(line, "CONSTANT") == NULL &&
		    strstr(line, "SCAN p") == NULL &&
		    strstr(line, "sqlite_sequence") == NULL &&
		    strstr(line, "(subquery") == NULL)
			scans = 1;
		if (strstr(line, "TEMP B-TREE FOR ORDER BY") != NULL)
			scans = 1;
	}
	sqlite3_finalize(stmt);
	return scans;
}

static void test_statements_of_every_turn_walk_indexes(void **state)
{
	struct tempstore *t = *state;
	static const enum statement hot[] = {
		STMT_FEED_GET,
		STMT_FEED_CURSOR_GET,
		STMT_FEED_LAST_COMPLETE,
		STMT_FEED_PREVIOUS,
		STMT_FEED_COUNT,
		STMT_FEED_COMPLETE,
		STMT_POLL_FEED,
		STMT_POLL_COUNT,
		STMT_POLL_END,
		STMT_POLL_RUNNING,
		STMT_QUARANTINE_AGAIN,
		STMT_ORIGIN_HASH,
		STMT_ORIGIN_ALERT,
		STMT_ORIGIN_REMEMBER,
		STMT_SIGHT_PUT,
		STMT_SIGHT_TOUCH,
		STMT_SIGHT_MISSING,
		STMT_ALERT_TRACKED,
		STMT_ALERT_CONTENT,
		STMT_ALERT_UPDATE,
		STMT_ALERT_URGENCY,
		STMT_REVISION_HAS,
		STMT_ENTITY_LIST,
		STMT_ENTITY_DELETE,
		STMT_TAG_LIST,
		STMT_TAG_DELETE,
		STMT_BUNDLE_PLACE,
		STMT_BUNDLE_ADD,
		STMT_BUNDLE_DUE,
		STMT_BUNDLE_FIND,
		STMT_BUNDLE_WAITING,
		STMT_BUNDLE_SETTLE,
		STMT_BUNDLE_LINK,
		STMT_BUNDLE_CARRY,
		STMT_CASE_CLOCKS,
		STMT_CASE_LADDERS,
		STMT_CASE_NEXT,
		STMT_NOTICE_BY_KEY,
		STMT_NOTICE_DUE,
		STMT_NOTICE_LEASE,
		STMT_NOTICE_SETTLE,
		STMT_NOTICE_RELEASE,
		STMT_NOTICE_RECOVER,
		STMT_NOTICE_EXPIRE,
		STMT_NOTICE_STANDING,
		STMT_NOTICE_SUPERSEDE,
		STMT_NOTICE_WITHDRAW,
		STMT_NOTICE_NEXT,
		STMT_NOTICE_NEXT_CRITICAL,
		STMT_NOTICE_NEXT_OTHER,
		STMT_NOTICE_SENT_SINCE,
		STMT_NOTICE_UNHEARD,
		STMT_NOTICE_SAME_NEWS,
		STMT_NOTICE_LIST,
		STMT_TARGET_GET,
		STMT_NOTICE_OWED_TO,
		STMT_EVENT_SAME,
		STMT_QUARANTINE_NEXT,
		STMT_QUARANTINE_RESOLVE,
		STMT_GAP_AGAIN,
		STMT_GAP_CLOSE,
		STMT_COVERAGE_WINDOWS,
		STMT_EVIDENCE_LINK,
		STMT_EVIDENCE_WALK,
		STMT_EVIDENCE_SEALS,
		STMT_COVERAGE_GAPS,
		STMT_COVERAGE_FAILURE,
		STMT_COVERAGE_QUARANTINED,
		STMT_RETENTION_RAW,
		STMT_RETENTION_RAW_CLEAR,
		STMT_RETENTION_QUARANTINE,
		STMT_RETENTION_QUARANTINE_DELETE,
		STMT_RETENTION_POLLS,
		STMT_RETENTION_POLL_DELETE,
		STMT_PROVEN_MERGED,
		STMT_PROVEN_DELETE,
		STMT_PROVEN_ADD,
		STMT_RETENTION_DELIVERIES,
		STMT_RETENTION_DELIVERY_THIN,
		STMT_RETENTION_DELIVERY_DELETE,
		STMT_RETENTION_BUNDLES,
		STMT_RETENTION_BUNDLE_THIN,
		STMT_RETENTION_BUNDLE_DELETE,
		STMT_RETENTION_ALERTS,
		STMT_RETENTION_ALERT_REVISIONS,
		STMT_RETENTION_ALERT_EVIDENCE,
		STMT_RETENTION_ALERT_ENTRIES,
		STMT_RETENTION_ALERT_DELIVERIES,
		STMT_RETENTION_ALERT_DELETE,
		STMT_GONE_ADD,
		STMT_GONE_GET,
		STMT_GONE_TOUCH,
		STMT_GONE_DELETE,
		STMT_GONE_FORGET,
		STMT_REMOVAL_ADD,
		STMT_POSTURE_SCOPE_GET,
		STMT_POSTURE_SCOPE_LOSE,
		STMT_POSTURE_SCOPE_ABSENT,
		STMT_POSTURE_DUE,
		STMT_POSTURE_INCOMPLETE,
		STMT_POSTURE_OLDEST,
		STMT_PLAN_ABSENT,
		STMT_ADVICE_END,
		STMT_ADVICE_ABSENT,
		STMT_ADVICE_DELETE,
		STMT_POSTURE_SETTING_ABSENT,
		STMT_REMOVAL_UNTOLD,
	};

	for (size_t i = 0; i < ARRAY_SIZE(hot); i++) {
		CLEANUP(strbuf_release) struct strbuf plan = STRBUF_INIT;

		if (plan_scans(t->store, statement_text(hot[i]), &plan))
			fail_msg("%s\n%s", statement_text(hot[i]), plan.buf);
	}
}

static void test_questions_of_screens_walk_indexes(void **state)
{
	struct tempstore *t = *state;
	static const enum question asked[] = {
		LOOK_ALERT,
		LOOK_ENTITIES,
		LOOK_CLOCKS,
		LOOK_EVENTS,
		LOOK_ORIGINS,
		LOOK_REVISIONS,
		LOOK_NEXT_DUE,
		LOOK_POLLS,
		LOOK_QUARANTINE,
		LOOK_EVIDENCE,
		LOOK_EVIDENCE_FETCHES,
		LOOK_MOMENT,
	};

	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		CLEANUP(strbuf_release) struct strbuf plan = STRBUF_INIT;
		int scans =
			plan_scans(t->store, question_text[asked[i]], &plan);

		/* Newest first along the rowid is a walk of a few rows. */
		if (asked[i] == LOOK_POLLS || asked[i] == LOOK_QUARANTINE)
			scans = strstr(plan.buf, "TEMP B-TREE") != NULL;
		if (scans)
			fail_msg("%s\n%s", question_text[asked[i]], plan.buf);
	}
}

/* What list, show, search and related ask, whole: a walk of an index is
 * bounded by a limit or by how many are open. */
static const char *const looking[] = {
	/* Every closed alert in an order of its own: who wants that waits. */
	[ORDER_DUE] = "list --state all --sort due",
	[ORDER_SEVERITY] = "list --state all --sort severity",
	[ORDER_ID] = "list --state all --sort id",
};

/* A line of a plan that reads a table or an index from end to end. */
static bool is_walk(const char *line)
{
	static const char *const meant[] = {
		"SCAN p", /* the ids picked before, at most the limit */
		"SCAN o", /* of related, at most RELATED_NEAR */
		"SCAN h",
		"SCAN b", /* of search, at most its depth */
		"SCAN up",
		"SCAN (subquery",
		"SCAN CONSTANT",
		/* by its words; the engine has no other name for it */
		"SCAN alert_search VIRTUAL TABLE INDEX",
		/* the queue, which holds open ones alone */
		"SCAN alert USING INDEX alert_queue",
		"SCAN a USING INDEX alert_queue",
		"SCAN alert_count", /* a row for each severity and state */
		/* newest first, until the limit */
		"SCAN a USING INDEX alert_seen",
	};

	if (strncmp(line, "SCAN ", 5) != 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(meant); i++) {
		size_t len = strlen(meant[i]);

		if (strncmp(line, meant[i], len) == 0 &&
		    !isalnum((unsigned char)line[len]))
			return false;
	}
	return true;
}

static void check_walks(struct store *s, const char *text)
{
	CLEANUP(strbuf_release) struct strbuf plan = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf rest = STRBUF_INIT;
	char *line, *next;

	(void)plan_scans(s, text, &plan);
	strbuf_addstr(&rest, plan.buf);
	for (next = rest.buf; (line = strsep(&next, "\n"));)
		if (is_walk(line))
			fail_msg("%s: %.200s ...\n%s", line, text, plan.buf);
}

static void test_looking_walks_no_big_table(void **state)
{
	struct tempstore *t = *state;
	static const enum question questions[] = {
		LOOK_ALERT,   LOOK_ENTITIES,  LOOK_CLOCKS,
		LOOK_EVENTS,  LOOK_ORIGINS,   LOOK_DELIVERIES,
		LOOK_LADDERS, LOOK_REVISIONS, LOOK_SUPPRESSIONS,
	};
	static const enum statement statements[] = {
		STMT_ALERT_TRACKED,    STMT_ALERT_CONTENT,
		STMT_ORIGIN_PREFIX,    STMT_ENTITY_LIST,
		STMT_TAG_LIST,	       STMT_CASE_CLOCKS,
		STMT_CASE_LADDERS,     STMT_SEARCH_TEXT,
		STMT_SEARCH_BELOW,     STMT_RELATED_OF,
		STMT_INCIDENT_COUNT,   STMT_INCIDENT_BEFORE,
		STMT_INCIDENT_AFTER,   STMT_RESOURCE_COUNT,
		STMT_RESOURCE_BEFORE,  STMT_RESOURCE_AFTER,
		STMT_ENTITY_COUNT,     STMT_ENTITY_BEFORE,
		STMT_ENTITY_AFTER,     STMT_TECHNIQUE_COUNT,
		STMT_TECHNIQUE_BEFORE, STMT_TECHNIQUE_AFTER,
	};

	for (size_t i = 0; i < ARRAY_SIZE(questions); i++)
		check_walks(t->store, question_text[questions[i]]);
	for (size_t i = 0; i < ARRAY_SIZE(statements); i++)
		check_walks(t->store, statement_text(statements[i]));
	for (int i = 0; i < SEARCH_AMONG_MAX; i++)
		check_walks(t->store, question_search_text[i]);
	check_walks(t->store, question_search_named);
	for (size_t i = 0; i < ORDER_MAX; i++) {
		check_walks(t->store, question_open_text[i]);
		if (i >= ARRAY_SIZE(looking) || looking[i] == NULL)
			check_walks(t->store, question_alerts_text[i]);
	}
	assert_true(is_walk("SCAN a"));
	assert_true(is_walk("SCAN origin USING COVERING INDEX origin_native"));
}

/* Each time that the words are looked for again costs as much as the first. */
static void test_words_are_looked_for_once(void **state)
{
	static const char by_words[] = "SCAN alert_search VIRTUAL TABLE";
	struct tempstore *t = *state;

	static const enum search_among by_all[] = { SEARCH_EACH, SEARCH_SOME,
						    SEARCH_OPEN };

	for (size_t i = 0; i < ARRAY_SIZE(by_all); i++) {
		CLEANUP(strbuf_release) struct strbuf plan = STRBUF_INIT;
		const char *first;

		(void)plan_scans(t->store, question_search_text[by_all[i]],
				 &plan);
		first = strstr(plan.buf, by_words);
		assert_non_null(first);
		assert_null(strstr(first + 1, by_words));
	}
}

static void test_the_queue_is_not_sorted(void **state)
{
	struct tempstore *t = *state;
	CLEANUP(strbuf_release) struct strbuf queue = STRBUF_INIT;

	(void)plan_scans(t->store, question_alerts_text[ORDER_URGENCY], &queue);
	assert_non_null(strstr(queue.buf, "USING INDEX alert_queue"));
	assert_non_null(strstr(queue.buf, "USING INDEX alert_seen"));
	assert_null(strstr(queue.buf, "TEMP B-TREE"));
}

/* The check above can fail. */
static void test_a_scan_is_seen(void **state)
{
	struct tempstore *t = *state;
	CLEANUP(strbuf_release) struct strbuf plan = STRBUF_INIT;

	assert_true(plan_scans(t->store,
			       "SELECT id FROM alert WHERE owner = 'x'",
			       &plan));
}

#define WITH(test)                                                             \
	cmocka_unit_test_setup_teardown(test, tempstore_setup,                 \
					tempstore_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_given_up_before),
		WITH(test_schema_is_the_sum),
		WITH(test_pieces_of_the_index),
		WITH(test_views_keep_their_promise),
		WITH(test_words_of_counts),
		WITH(test_words_of_deliveries),
		WITH(test_words_of_suppressions),
		WITH(test_words_of_alerts),
		WITH(test_instants_print_exactly),
		WITH(test_statements_of_every_turn_walk_indexes),
		WITH(test_questions_of_screens_walk_indexes),
		WITH(test_looking_walks_no_big_table),
		WITH(test_words_are_looked_for_once),
		WITH(test_the_queue_is_not_sorted),
		WITH(test_a_scan_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
