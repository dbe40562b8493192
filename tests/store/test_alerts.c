/* First sight, new content, older copies, two doors. */
#include "store/cases.h"
#include "store/alerts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "store/alert_scene.h"
#include "util/xmalloc.h"

static void test_first_sight(void **state)
{
	struct scene *sc = *state;
	CLEANUP(tracked_release) struct tracked k = { 0 };
	struct strlist tags = STRLIST_INIT;
	struct alert_key key;
	uint8_t hash[ALERT_HASH_SIZE];
	int64_t id;

	strlist_add(&tags, "vip");
	strlist_add(&tags, "crown-jewel");
	strlist_add(&tags, "vip");
	sc->d.tags = &tags;
	sc->d.rule = "crown-jewels";
	sc->d.owner = "payments";
	sc->d.severity = SEVERITY_CRITICAL;
	alert_keys(&sc->a, &key);
	assert_int_equal(alerts_find(sc->s, &key, 1, &k, NULL), 0);
	assert_false(known(sc, &key, sc->a.raw_hash));
	id = insert(sc);
	strlist_release(&tags);
	assert_true(known(sc, &key, sc->a.raw_hash));
	memset(hash, 1, sizeof(hash));
	assert_false(known(sc, &key, hash));

	find(sc, &k);
	assert_int_equal(k.id, id);
	assert_int_equal(k.version, 1);
	assert_int_equal(k.base, SEVERITY_HIGH);
	assert_int_equal(k.severity, SEVERITY_CRITICAL);
	assert_int_equal(k.state, ALERT_OPEN);
	assert_int_equal(k.phase, PHASE_DETECT);
	assert_int_equal(k.episode, 1);
	assert_int_equal(k.revision, 1);
	assert_int_equal(k.source_state, SOURCE_ACTIVE);
	assert_int_equal(k.seen_ms, SAMPLE_NOW_MS);
	assert_int_equal(k.episode_ms, SAMPLE_NOW_MS);
	assert_int_equal(k.source_updated_ms, sc->a.source_updated_ms);
	assert_int_equal(k.activity_to_ms, sc->a.activity_to_ms);
	assert_int_equal(k.acknowledged_ms, 0);
	assert_int_equal(k.closed_ms, 0);
	assert_string_equal(k.owner, "payments");
	assert_null(k.acknowledged_by);
	assert_false(k.historical);
	alert_content_hash(&sc->a, hash);
	assert_memory_equal(k.content_hash, hash, sizeof(hash));

	assert_string_equal(
		ask(sc, "SELECT source||' '||severity||' '||state||' '||phase"
			"||' '||triage_state||' '||severity_rule||' '||tags"
			"||' '||seen_at FROM v_alerts"),
		"azure critical open detect none crown-jewels "
		"crown-jewel,vip 2026-03-02T09:00:00.000Z");
	assert_string_equal(ask(sc, "SELECT group_concat(kind||value||"
				    "ifnull(role,'-')) FROM v_entities"),
			    "hostvm-1target,accountada@example.org-,"
			    "ip192.0.2.1attacker");
	assert_string_equal(ask(sc, "SELECT raw FROM v_revisions"), sc->a.raw);
	assert_string_equal(ask(sc, "SELECT source||native_id FROM v_origins"),
			    "azure2517000001_a11ce000-0000-0000-0000-"
			    "0000000000");
}

static void test_seen_closed_and_historical(void **state)
{
	struct scene *sc = *state;
	CLEANUP(tracked_release) struct tracked k = { 0 };

	sc->d.transition = TRANSITION_SEEN_CLOSED;
	sc->d.historical = true;
	insert(sc);
	find(sc, &k);
	assert_int_equal(k.state, ALERT_CLOSED);
	assert_int_equal(k.closed_ms, SAMPLE_NOW_MS);
	assert_string_equal(k.closed_by, "source azure");
	assert_true(k.historical);
}

static void test_load(void **state)
{
	struct scene *sc = *state;
	CLEANUP(alert_view_release) struct alert_view v = { 0 };
	struct strlist tags = STRLIST_INIT;
	uint8_t stored[ALERT_HASH_SIZE], sent[ALERT_HASH_SIZE];
	int64_t id;

	strlist_add(&tags, "vip");
	sc->d.tags = &tags;
	sc->a.correlation = xstrdup("c1");
	sc->a.portal_url = xstrdup("https://portal.azure.com/x");
	sc->a.is_incident = true;
	sc->a.clipped = true;
	id = insert(sc);
	strlist_release(&tags);
	assert_int_equal(alerts_load(sc->s, id + 1, &v, NULL), 0);
	assert_int_equal(alerts_load(sc->s, id, &v, NULL), 1);
	assert_string_equal(v.alert.source, "azure");
	assert_string_equal(v.alert.kind, ALERT_KIND_ARM);
	assert_string_equal(v.alert.tenant, SAMPLE_TENANT);
	assert_string_equal(v.alert.native_id, sc->a.native_id);
	assert_string_equal(v.alert.remediation, sc->a.remediation);
	assert_string_equal(v.alert.correlation, "c1");
	assert_string_equal(v.alert.portal_url, sc->a.portal_url);
	assert_string_equal(v.alert.source_severity, "High");
	assert_int_equal(v.alert.created_ms, sc->a.created_ms);
	assert_int_equal(v.alert.activity_from_ms, sc->a.activity_from_ms);
	assert_true(v.alert.is_incident);
	assert_true(v.alert.clipped);
	assert_null(v.alert.raw);
	assert_int_equal(v.alert.n_entities, 3);
	assert_string_equal(v.alert.entities[2].role, "attacker");
	assert_int_equal(v.tags.n, 1);
	assert_int_equal(v.tracked.id, id);
	/* Nothing that triage looks at was lost on the way. */
	alert_content_hash(&v.alert, stored);
	alert_content_hash(&sc->a, sent);
	assert_memory_equal(stored, sent, sizeof(sent));
}

static void test_new_content(void **state)
{
	struct scene *sc = *state;
	CLEANUP(tracked_release) struct tracked k = { 0 };
	struct alert_key key;

	insert(sc);
	sample_change(&sc->a, "A worse title", "two");
	alert_add_entity(&sc->a, "file", "/tmp/x", NULL);
	free(sc->a.resource_group);
	sc->a.resource_group = NULL; /* this copy does not say */
	sc->at.now_ms += 1000;
	sc->d.severity = SEVERITY_CRITICAL;
	strcpy(sc->d.changed, "severity,title");
	update(sc, TRANSITION_UPDATED);
	find(sc, &k);
	assert_int_equal(k.version, 2);
	assert_int_equal(k.revision, 2);
	assert_int_equal(k.episode, 1);
	assert_int_equal(k.seen_ms, SAMPLE_NOW_MS);
	alert_keys(&sc->a, &key);
	assert_true(known(sc, &key, sc->a.raw_hash));
	assert_string_equal(ask(sc, "SELECT title||severity||resource_group||"
				    "updated_at FROM v_alerts"),
			    "A worse titlecriticalrg-payments"
			    "2026-03-02T09:00:01.000Z");
	assert_string_equal(ask(sc, "SELECT group_concat(revision||changed||"
				    "seen_ms, ' ') FROM v_revisions"),
			    "11772442000000 "
			    "2severity,title1772442001000");
	assert_string_equal(ask(sc, "SELECT count(*) FROM v_entities"), "4");
}

static void test_same_content_new_bytes(void **state)
{
	struct scene *sc = *state;
	CLEANUP(tracked_release) struct tracked k = { 0 };
	struct alert_key key;

	insert(sc);
	sample_change(&sc->a, NULL, "only the links differ");
	update(sc, TRANSITION_NONE);
	find(sc, &k);
	assert_int_equal(k.version, 1);
	assert_int_equal(k.revision, 1);
	alert_keys(&sc->a, &key);
	assert_true(known(sc, &key, sc->a.raw_hash));
	assert_string_equal(ask(sc, "SELECT count(*) FROM v_revisions"), "1");
}

static void test_older_copies(void **state)
{
	struct scene *sc = *state;
	CLEANUP(tracked_release) struct tracked k = { 0 };
	char *title = xstrdup(sc->a.title);

	insert(sc);
	sample_change(&sc->a, "Newer", "new");
	update(sc, TRANSITION_UPDATED);
	/* The first content again: kept already. */
	sample_change(&sc->a, title, "old");
	update(sc, TRANSITION_STALE);
	assert_string_equal(ask(sc, "SELECT count(*) FROM v_revisions"), "2");
	/* One that was never served before: kept, but not followed. */
	sample_change(&sc->a, "In between", "older");
	update(sc, TRANSITION_STALE);
	free(title);
	assert_string_equal(ask(sc, "SELECT title FROM v_alerts"), "Newer");
	assert_string_equal(ask(sc, "SELECT changed||raw FROM v_revisions "
				    "WHERE revision = 3"),
			    "older copy{\"name\":\"2517000001_a11ce000-0000-"
			    "0000-0000-0000000000\",\"what\":\"older\"}");
	find(sc, &k);
	assert_int_equal(k.revision, 3);
	assert_int_equal(k.version, 2);
	/* Back to an old content by a newer update is a new revision. */
	sample_change(&sc->a, "In between", "newest");
	update(sc, TRANSITION_UPDATED);
	assert_string_equal(ask(sc, "SELECT title||revision FROM v_alerts"),
			    "In between4");
}

static void test_close_and_reopen(void **state)
{
	struct scene *sc = *state;
	CLEANUP(tracked_release) struct tracked k = { 0 };
	struct human_change c = { .who = "ada", .now_ms = SAMPLE_NOW_MS + 5 };

	c.id = insert(sc);
	assert_int_equal(alerts_acknowledge(sc->s, &c, SAMPLE_NOW_MS + 99,
					    NULL),
			 0);
	sc->at.now_ms += 10;
	sample_change(&sc->a, NULL, "closed");
	sc->a.source_state = SOURCE_RESOLVED;
	update(sc, TRANSITION_CLOSED);
	find(sc, &k);
	assert_int_equal(k.state, ALERT_CLOSED);
	assert_string_equal(k.closed_by, "source azure");
	assert_int_equal(k.closed_ms, SAMPLE_NOW_MS + 10);
	assert_int_equal(k.acknowledged_ms, SAMPLE_NOW_MS + 5);
	assert_int_equal(cases_next_ms(sc->s), 0);

	tracked_release(&k);
	sc->at.now_ms += 10;
	sc->a.source_state = SOURCE_ACTIVE;
	sample_change(&sc->a, NULL, "again");
	update(sc, TRANSITION_REOPENED);
	find(sc, &k);
	assert_int_equal(k.state, ALERT_OPEN);
	assert_int_equal(k.episode, 2);
	assert_int_equal(k.episode_ms, SAMPLE_NOW_MS + 20);
	assert_int_equal(k.closed_ms, 0);
	assert_null(k.closed_by);
	assert_null(k.acknowledged_by);
	assert_int_equal(k.phase, PHASE_DETECT);
	assert_string_equal(ask(sc, "SELECT ifnull(verdict,'-') FROM v_alerts"),
			    "-");
}

static void test_withdrawn_acknowledgement(void **state)
{
	struct scene *sc = *state;
	CLEANUP(tracked_release) struct tracked k = { 0 };
	struct human_change c = { .who = "ada", .now_ms = SAMPLE_NOW_MS };

	c.id = insert(sc);
	assert_int_equal(alerts_acknowledge(sc->s, &c, 0, NULL), 0);
	sample_change(&sc->a, NULL, "worse");
	sc->d.withdraw_ack = true;
	update(sc, TRANSITION_UPDATED);
	find(sc, &k);
	assert_int_equal(k.state, ALERT_OPEN);
	assert_int_equal(k.acknowledged_ms, 0);
	assert_string_equal(k.acknowledged_by, "ada");
}

/* Graph first, then ARM: one alert, two origins, either key finds it. */
static void test_two_doors(void **state)
{
	struct scene *sc = *state;
	CLEANUP(tracked_release) struct tracked k = { 0 };
	CLEANUP(alert_release) struct alert arm;
	struct alert_key key;
	int64_t id;

	alert_move(&arm, &sc->a);
	sample_graph(&sc->a, 1);
	sc->at.poll = begin_poll(sc, "graph");
	id = insert(sc);
	assert_string_equal(ask(sc, "SELECT group_concat(source||' '||native_"
				    "id) FROM v_origins"),
			    "graph dc2517000001_a11ce000-0000-0000-0000-"
			    "0000000000");
	alert_keys(&arm, &key);
	assert_int_equal(alerts_find(sc->s, &key, 1, &k, NULL), 1);
	assert_int_equal(k.id, id);
	assert_false(known(sc, &key, arm.raw_hash));

	alert_release(&sc->a);
	sc->a = arm;
	alert_init(&arm);
	sc->at.poll = begin_poll(sc, "azure");
	update(sc, TRANSITION_NONE);
	assert_true(known(sc, &key, sc->a.raw_hash));
	assert_string_equal(ask(sc, "SELECT group_concat(source) FROM (SELECT "
				    "source FROM v_origins ORDER BY source)"),
			    "azure,graph");
	assert_string_equal(ask(sc, "SELECT count(*) FROM v_alerts"), "1");
}

/* ARM first: its alert is found by the linked key of the Graph copy. */
static void test_other_door_adds_its_origin(void **state)
{
	struct scene *sc = *state;
	CLEANUP(tracked_release) struct tracked k = { 0 };
	int64_t id = insert(sc);

	alert_release(&sc->a);
	sample_graph(&sc->a, 1);
	sc->at.poll = begin_poll(sc, "graph");
	sample_change(&sc->a, "Said by Graph", "graph");
	update(sc, TRANSITION_UPDATED);
	find(sc, &k);
	assert_int_equal(k.id, id);
	assert_int_equal(k.revision, 2);
	assert_string_equal(ask(sc, "SELECT group_concat(source) FROM (SELECT "
				    "source FROM v_origins ORDER BY source)"),
			    "azure,graph");
}

static void test_conflict_of_origins_is_an_event(void **state)
{
	struct scene *sc = *state;
	int64_t first = insert(sc), second;

	/* The Graph copy was stored before anybody knew they were linked. */
	alert_release(&sc->a);
	sample_graph(&sc->a, 1);
	free(sc->a.linked_id);
	free(sc->a.linked_kind);
	sc->a.linked_id = sc->a.linked_kind = NULL;
	second = insert(sc);
	assert_int_not_equal(first, second);
	sc->a.linked_kind = xstrdup(ALERT_KIND_ARM);
	sc->a.linked_id = xstrdup("2517000001_a11ce000-0000-0000-0000-"
				  "0000000000");
	for (int i = 0; i < 3; i++) {
		sample_change(&sc->a, NULL, i == 0 ? "a" : i == 1 ? "b" : "c");
		update(sc, TRANSITION_NONE);
	}
	assert_string_equal(ask(sc, "SELECT group_concat(alert_id||kind||"
				    "json_extract(detail,'$.other_alert')) "
				    "FROM v_events"),
			    "2origin-conflict1"); /* said once */
	assert_string_equal(ask(sc, "SELECT count(*) FROM v_alerts"), "2");
}

/* Each row once, the oldest first, whichever key names it. */
static void test_find_all(void **state)
{
	struct scene *sc = *state;
	struct alert_key keys[3], swap;
	int64_t ids[3], first = insert(sc), second;

	alert_keys(&sc->a, &keys[0]);
	alert_key("graph-security", "t", "nobody", &keys[1]);
	alert_release(&sc->a);
	sample_graph(&sc->a, 2);
	second = insert(sc);
	alert_key(sc->a.kind, sc->a.tenant, sc->a.native_id, &keys[2]);
	assert_int_equal(alerts_find_all(sc->s, keys, 3, ids, NULL), 2);
	assert_true(ids[0] == first && ids[1] == second);
	swap = keys[0];
	keys[0] = keys[2];
	keys[2] = swap;
	assert_int_equal(alerts_find_all(sc->s, keys, 3, ids, NULL), 2);
	assert_true(ids[0] == first && ids[1] == second);
	keys[2] = keys[0];
	assert_int_equal(alerts_find_all(sc->s, keys, 3, ids, NULL), 1);
	assert_true(ids[0] == second);
	assert_int_equal(alerts_find_all(sc->s, &keys[1], 1, ids, NULL), 0);
}

static void test_merge(void **state)
{
	struct scene *sc = *state;
	struct err err = ERR_INIT;
	int64_t first = insert(sc), second;

	alert_release(&sc->a);
	sample_graph(&sc->a, 2);
	second = insert(sc);
	assert_int_equal(alerts_merge(sc->s, second, first, SAMPLE_NOW_MS + 5,
				      &err),
			 0);
	assert_string_equal(ask(sc, "SELECT state || closed_by || close_note "
				    "|| (closed_ms - seen_ms) FROM v_alerts "
				    "WHERE id = 2"),
			    "closedtriagedduplicate of alert 15");
	assert_string_equal(ask(sc, "SELECT group_concat(DISTINCT alert_id) "
				    "FROM v_origins"),
			    "1");
	assert_string_equal(ask(sc, "SELECT state FROM v_alerts WHERE id = 1"),
			    "open");
	assert_int_equal(alerts_merge(sc->s, 99, first, 1, &err),
			 ERR_NOT_FOUND);
}

/* The queue's order is there from the first write on, without a second. */
static void test_urgency(void **state)
{
	struct scene *sc = *state;
	static const char urgency[] =
		"SELECT group_concat(urgency_ms, ' ') FROM alert";

	sc->d.clock_start = true;
	sc->d.clock.due_ms = SAMPLE_NOW_MS + 9;
	insert(sc);
	assert_string_equal(ask(sc, urgency), "1772442000009");
	sc->d.clock_start = false;
	alert_release(&sc->a);
	sample_arm(&sc->a, 2);
	insert(sc);
	assert_string_equal(ask(sc, urgency),
			    "1772442000009 9223372036854775807");
}

static void test_numbers_begin_elsewhere(void **state)
{
	struct scene *sc = *state;

	assert_int_equal(alerts_number_from(sc->s, 900000000, NULL), 0);
	assert_int_equal(insert(sc), 900000000);
}

static void test_bump(void **state)
{
	struct scene *sc = *state;
	struct sighting at = { sc->at.poll, SAMPLE_NOW_MS + 7 };
	struct alert_key key;
	struct err err = ERR_INIT;
	int64_t origin;

	insert(sc);
	alert_keys(&sc->a, &key);
	origin = known_origin(sc->s, &key, sc->a.raw_hash);
	assert_true(origin > 0);
	assert_int_equal(alerts_bump(sc->s, origin, &at, NULL), 1);
	assert_int_equal(alerts_bump(sc->s, origin + 1000, &at, NULL), 0);
	assert_string_equal(ask(sc, "SELECT (last_seen_ms - seen_ms) "
				    "|| ' ' || version FROM v_alerts"),
			    "7 1");
	at = (struct sighting){ 0, SAMPLE_NOW_MS + 8 };
	assert_int_equal(alerts_bump(sc->s, origin, &at, NULL), 1);
	assert_string_equal(ask(sc, "SELECT last_seen_ms - seen_ms FROM "
				    "v_alerts"),
			    "8");
	at.poll = 999;
	assert_int_equal(alerts_bump(sc->s, origin, &at, &err), ERR_NOT_FOUND);
}

/* By a feed that did not see it before: both have seen it then. */
static void test_bump_of_another_feed(void **state)
{
	struct scene *sc = *state;
	struct sighting at = { .now_ms = SAMPLE_NOW_MS + 5 };
	struct alert_key key;
	int64_t origin;

	insert(sc);
	alert_keys(&sc->a, &key);
	origin = known_origin(sc->s, &key, sc->a.raw_hash);
	assert_true(origin > 0);
	at.poll = begin_poll(sc, "second");
	for (int i = 0; i < 2; i++)
		assert_int_equal(alerts_bump(sc->s, origin, &at, NULL), 1);
	assert_string_equal(ask(sc, "SELECT group_concat(source || "
				    "(last_seen_ms - 1772442000000), ' ') FROM "
				    "(SELECT * FROM v_origins ORDER BY 2)"),
			    "azure0 second5");
}

/* Without a poll, as triaged's own alerts come. */
static void test_no_poll(void **state)
{
	struct scene *sc = *state;

	sc->at.poll = 0;
	free(sc->a.source);
	sc->a.source = xstrdup("triaged");
	insert(sc);
	assert_string_equal(ask(sc, "SELECT source FROM v_origins"), "triaged");
}

static void test_raw_that_is_no_text(void **state)
{
	struct scene *sc = *state;

	free(sc->a.raw);
	sc->a.raw = xmemdup("{\xff\0}", 4);
	sc->a.raw_len = 4;
	insert(sc);
	assert_string_equal(ask(sc, "SELECT typeof(raw)||hex(raw) FROM "
				    "v_revisions"),
			    "blob7BFF007D");
}

static void test_hostile_text(void **state)
{
	struct scene *sc = *state;

	free(sc->a.title);
	sc->a.title = xstrdup("'); DROP TABLE alert; -- %s%n \"x\" MATCH *");
	insert(sc);
	assert_string_equal(ask(sc, "SELECT title FROM v_alerts"), sc->a.title);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_first_sight),
		WITH(test_seen_closed_and_historical),
		WITH(test_load),
		WITH(test_new_content),
		WITH(test_same_content_new_bytes),
		WITH(test_older_copies),
		WITH(test_close_and_reopen),
		WITH(test_withdrawn_acknowledgement),
		WITH(test_two_doors),
		WITH(test_other_door_adds_its_origin),
		WITH(test_conflict_of_origins_is_an_event),
		WITH(test_find_all),
		WITH(test_merge),
		WITH(test_urgency),
		WITH(test_numbers_begin_elsewhere),
		WITH(test_bump),
		WITH(test_bump_of_another_feed),
		WITH(test_no_poll),
		WITH(test_raw_that_is_no_text),
		WITH(test_hostile_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
