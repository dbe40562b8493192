/* Identity, content hash and life of the alert record. */
#include "core/alert.h"

#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "util/compiler.h"
#include "util/xmalloc.h"

static void fill(struct alert *a)
{
	alert_init(a);
	a->kind = xstrdup(ALERT_KIND_ARM);
	a->tenant = xstrdup("11111111-2222-3333-4444-555555555555");
	a->native_id = xstrdup("2517a");
	a->title = xstrdup("Suspicious process");
	a->description = xstrdup("A process was seen.");
	a->alert_type = xstrdup("VM_SuspectProcess");
	a->source_severity = xstrdup("High");
	a->base = SEVERITY_HIGH;
	a->source_status = xstrdup("Active");
	a->resource_id = xstrdup("/subscriptions/s/resourceGroups/rg/x");
	a->tactics = xstrdup("Execution");
	a->incident = xstrdup("42");
	alert_add_entity(a, "account", "ada@example.org", "target");
	alert_add_entity(a, "ip", "192.0.2.1", NULL);
}

static bool same_key(const struct alert_key *a, const struct alert_key *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

static void test_key_ignores_case_only(void **state)
{
	struct alert_key a, b;

	(void)state;
	alert_key("defender-for-cloud", "ABC", "Id-1", &a);
	alert_key("Defender-For-Cloud", "abc", "iD-1", &b);
	assert_true(same_key(&a, &b));
	alert_key("graph-security", "abc", "id-1", &b);
	assert_false(same_key(&a, &b));
	alert_key("defender-for-cloud", "abd", "id-1", &b);
	assert_false(same_key(&a, &b));
	alert_key("defender-for-cloud", "abc", "id-2", &b);
	assert_false(same_key(&a, &b));
	alert_key("defender-for-cloud", "abci", "d-1", &b);
	assert_false(same_key(&a, &b));
}

static void test_key_without_tenant(void **state)
{
	struct alert_key a, b;

	(void)state;
	alert_key("cloud-apps", NULL, "1", &a);
	alert_key("cloud-apps", "", "1", &b);
	assert_true(same_key(&a, &b));
}

/* The bytes are stored: this literal is what databases in the field hold. */
static void test_key_never_changes(void **state)
{
	static const uint8_t expected[ALERT_KEY_SIZE] = {
		0x75, 0x7a, 0xaf, 0x98, 0x72, 0x56, 0xba, 0x31,
		0xcf, 0xb5, 0x12, 0x27, 0xf0, 0x7b, 0x30, 0x19
	};
	struct alert_key a;

	(void)state;
	alert_key("defender-for-cloud", "t", "id", &a);
	assert_memory_equal(a.b, expected, sizeof(expected));
}

static void test_linked_key(void **state)
{
	CLEANUP(alert_release) struct alert a;
	struct alert_key keys[2], sealed[2], other;

	(void)state;
	fill(&a);
	assert_int_equal(alert_keys(&a, keys), 1);
	a.linked_kind = xstrdup(ALERT_KIND_GRAPH);
	assert_int_equal(alert_keys(&a, keys), 1);
	a.linked_id = xstrdup("dc-1");
	assert_int_equal(alert_keys(&a, keys), 2);
	alert_key(ALERT_KIND_GRAPH, a.tenant, "DC-1", &other);
	assert_true(same_key(&keys[1], &other));
	alert_key(a.kind, a.tenant, a.native_id, &other);
	assert_true(same_key(&keys[0], &other));
	alert_seal(&a);
	assert_int_equal(alert_keys(&a, sealed), 2);
	assert_true(same_key(&sealed[0], &keys[0]));
	assert_true(same_key(&sealed[1], &keys[1]));
}

static void test_link_to_itself_is_one_key(void **state)
{
	CLEANUP(alert_release) struct alert a;
	struct alert_key keys[2];

	(void)state;
	fill(&a);
	a.linked_kind = xstrdup(ALERT_KIND_ARM);
	a.linked_id = xstrdup("2517A");
	assert_int_equal(alert_keys(&a, keys), 1);
}

static void test_entities_are_a_set(void **state)
{
	CLEANUP(alert_release) struct alert a;

	(void)state;
	fill(&a);
	assert_int_equal(a.n_entities, 2);
	alert_add_entity(&a, "ip", "192.0.2.1", NULL);
	alert_add_entity(&a, NULL, "x", NULL);
	alert_add_entity(&a, "ip", NULL, NULL);
	alert_add_entity(&a, "ip", "", NULL);
	alert_add_entity(&a, "", "x", NULL);
	assert_int_equal(a.n_entities, 2);
	alert_add_entity(&a, "ip", "192.0.2.1", "attacker");
	assert_int_equal(a.n_entities, 3);
	assert_string_equal(a.entities[2].role, "attacker");
}

static void test_entities_have_a_limit(void **state)
{
	CLEANUP(alert_release) struct alert a;
	char value[24];

	(void)state;
	alert_init(&a);
	for (int i = 0; i < ALERT_ENTITIES_MAX; i++) {
		snprintf(value, sizeof(value), "host-%d", i);
		alert_add_entity(&a, "host", value, NULL);
	}
	assert_int_equal(a.n_entities, ALERT_ENTITIES_MAX);
	assert_false(a.clipped);
	alert_add_entity(&a, "host", "one more", NULL);
	assert_int_equal(a.n_entities, ALERT_ENTITIES_MAX);
	assert_true(a.clipped);
}

/* Change one thing; does the hash follow? */
static void set(char **field, const char *value)
{
	free(*field);
	*field = xstrdup(value);
}

static void change(struct alert *a, int what)
{
	switch (what) {
	case 0:
		a->base = SEVERITY_MEDIUM;
		break;
	case 1:
		a->source_state = SOURCE_IN_PROGRESS;
		break;
	case 2:
		set(&a->title, "Other");
		break;
	case 3:
		set(&a->description, "Other");
		break;
	case 4:
		alert_add_entity(a, "ip", "192.0.2.2", NULL);
		break;
	case 5:
		set(&a->resource_id, "/subscriptions/s/resourceGroups/rg/y");
		break;
	case 6:
		set(&a->tactics, "Execution,Impact");
		break;
	case 7:
		set(&a->incident, NULL);
		break;
	case 8:
		set(&a->source_severity, "Severe");
		break;
	case 9:
		set(&a->entities[0].role, NULL);
		break;
	case 10:
		set(&a->techniques, "T1059");
		break;
	case 11:
		a->is_incident = true;
		break;
	case 12:
		set(&a->category, "malware");
		break;
	case 13:
		set(&a->policy, "malware");
		break;
	}
}

static void test_hash_follows_content(void **state)
{
	uint8_t before[ALERT_HASH_SIZE], after[ALERT_HASH_SIZE];

	(void)state;
	for (int what = 0; what <= 13; what++) {
		CLEANUP(alert_release) struct alert a;

		fill(&a);
		alert_content_hash(&a, before);
		change(&a, what);
		alert_content_hash(&a, after);
		if (memcmp(before, after, sizeof(before)) == 0)
			fail_msg("change %d is not seen", what);
	}
}

static void test_hash_ignores_the_rest(void **state)
{
	CLEANUP(alert_release) struct alert a;
	uint8_t before[ALERT_HASH_SIZE], after[ALERT_HASH_SIZE];
	struct entity first;

	(void)state;
	fill(&a);
	alert_content_hash(&a, before);
	first = a.entities[0];
	a.entities[0] = a.entities[1];
	a.entities[1] = first;
	set(&a.source_status, "active");
	set(&a.source, "another name");
	set(&a.portal_url, "https://portal.azure.com/x");
	set(&a.raw, "{}");
	a.source_updated_ms = 99;
	a.activity_to_ms = 99;
	alert_content_hash(&a, after);
	assert_memory_equal(before, after, sizeof(before));
}

static void test_move_leaves_nothing(void **state)
{
	CLEANUP(alert_release) struct alert to;
	struct alert from;

	(void)state;
	fill(&from);
	alert_move(&to, &from);
	assert_null(from.title);
	assert_int_equal(from.n_entities, 0);
	assert_string_equal(to.title, "Suspicious process");
	assert_int_equal(to.n_entities, 2);
	alert_release(&from);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key_ignores_case_only),
		cmocka_unit_test(test_key_without_tenant),
		cmocka_unit_test(test_key_never_changes),
		cmocka_unit_test(test_linked_key),
		cmocka_unit_test(test_link_to_itself_is_one_key),
		cmocka_unit_test(test_entities_are_a_set),
		cmocka_unit_test(test_entities_have_a_limit),
		cmocka_unit_test(test_hash_follows_content),
		cmocka_unit_test(test_hash_ignores_the_rest),
		cmocka_unit_test(test_move_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
