/*
 * Notice keys, lifetimes, and what an answer means for a message.
 *
 * Battery: D4.
 */
#include "core/notice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "util/compiler.h"
#include "util/xmalloc.h"

static const struct notice_subject base_subject = {
	.tenant = "11111111-2222-3333-4444-555555555555",
	.subject = "defender-for-cloud/2517",
	.episode = 1,
	.transition = 1,
	.kind = NOTICE_OPENED,
	.step = 0,
	.target = "oncall",
	.recipient = "ada@example.org",
};

static void test_words(void **state)
{
	(void)state;
	assert_string_equal(notice_kind_name(NOTICE_OPENED), "opened");
	assert_string_equal(notice_kind_name(NOTICE_BREACHED), "breached");
	assert_string_equal(notice_kind_name(NOTICE_TEST), "test");
	assert_string_equal(notice_kind_name((enum notice_kind)99), "unknown");
	assert_string_equal(notice_state_name(NOTICE_PENDING), "pending");
	assert_string_equal(notice_state_name(NOTICE_SUPERSEDED), "superseded");
	assert_string_equal(notice_state_name((enum notice_state)6), "unknown");
}

/* The literal pins the key: receivers drop repeats by it across releases. */
static void test_key_never_changes(void **state)
{
	char key[NOTICE_KEY_SIZE];

	(void)state;
	notice_key(&base_subject, key);
	assert_string_equal(key, "7f24c693b06a8842c00fda0ec52b59cf"
				 "7a9485ca6ba9be4c11dfec94579bb005");
}

static void test_every_part_counts(void **state)
{
	struct notice_subject other[9];
	char key[ARRAY_SIZE(other)][NOTICE_KEY_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(other); i++)
		other[i] = base_subject;
	other[1].tenant = "other";
	other[2].subject = "graph-security/2517";
	other[3].episode = 2;
	other[4].transition = 2;
	other[5].kind = NOTICE_REOPENED;
	other[6].step = 1;
	other[7].target = "soc";
	other[8].recipient = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(other); i++) {
		notice_key(&other[i], key[i]);
		assert_int_equal(strlen(key[i]), NOTICE_KEY_SIZE - 1);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(key[i], key[j]);
	}
}

/* Text may not slip from one field into the next. */
static void test_fields_are_apart(void **state)
{
	struct notice_subject a = { .target = "ab", .recipient = "c" };
	struct notice_subject b = { .target = "a", .recipient = "bc" };
	char key_a[NOTICE_KEY_SIZE], key_b[NOTICE_KEY_SIZE];

	(void)state;
	notice_key(&a, key_a);
	notice_key(&b, key_b);
	assert_string_not_equal(key_a, key_b);
}

static void test_lifetimes(void **state)
{
	(void)state;
	assert_int_equal(notice_expires_ms(SEVERITY_CRITICAL, 1000), 0);
	assert_int_equal(notice_expires_ms(SEVERITY_HIGH, 1000), 86401000);
	assert_int_equal(notice_expires_ms(SEVERITY_MEDIUM, 1000), 259201000);
	assert_int_equal(notice_expires_ms(SEVERITY_LOW, 1000), 259201000);
	assert_int_equal(notice_expires_ms(SEVERITY_INFO, 1000), 259201000);
}

static void test_http_answers(void **state)
{
	static const struct {
		long status;
		enum outcome outcome;
	} rows[] = {
		{ 200, OUTCOME_SENT },	  { 202, OUTCOME_SENT },
		{ 204, OUTCOME_SENT },	  { 299, OUTCOME_SENT },
		{ 0, OUTCOME_RETRY },	  { 408, OUTCOME_RETRY },
		{ 425, OUTCOME_RETRY },	  { 429, OUTCOME_RETRY },
		{ 500, OUTCOME_RETRY },	  { 501, OUTCOME_RETRY },
		{ 503, OUTCOME_RETRY },	  { 599, OUTCOME_RETRY },
		{ 410, OUTCOME_DISABLE }, { 100, OUTCOME_DEAD },
		{ 301, OUTCOME_DEAD },	  { 307, OUTCOME_DEAD },
		{ 400, OUTCOME_DEAD },	  { 401, OUTCOME_DEAD },
		{ 404, OUTCOME_DEAD },	  { 413, OUTCOME_DEAD },
		{ 600, OUTCOME_DEAD },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (outcome_of_http(rows[i].status) != rows[i].outcome)
			fail_msg("HTTP %ld", rows[i].status);
	}
}

static void test_smtp_replies(void **state)
{
	static const struct {
		long code;
		enum outcome outcome;
	} rows[] = {
		{ 250, OUTCOME_SENT },	{ 251, OUTCOME_SENT },
		{ 0, OUTCOME_RETRY },	{ 354, OUTCOME_RETRY },
		{ 421, OUTCOME_RETRY }, { 450, OUTCOME_RETRY },
		{ 452, OUTCOME_RETRY }, { 500, OUTCOME_DEAD },
		{ 535, OUTCOME_DEAD },	{ 550, OUTCOME_DEAD },
		{ 554, OUTCOME_DEAD },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (outcome_of_smtp(rows[i].code) != rows[i].outcome)
			fail_msg("SMTP %ld", rows[i].code);
	}
}

static void test_release(void **state)
{
	struct notice n = { .id = 3 };

	(void)state;
	n.target = xstrdup("oncall");
	n.recipient = xstrdup("ada@example.org");
	n.reason = xstrdup("step 1 of route 1");
	n.last_error = xstrdup("refused");
	notice_release(&n);
	assert_null(n.target);
	assert_int_equal(n.id, 0);
	notice_release(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_key_never_changes),
		cmocka_unit_test(test_every_part_counts),
		cmocka_unit_test(test_fields_are_apart),
		cmocka_unit_test(test_lifetimes),
		cmocka_unit_test(test_http_answers),
		cmocka_unit_test(test_smtp_replies),
		cmocka_unit_test(test_release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
