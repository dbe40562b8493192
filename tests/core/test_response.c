/* Responses: their words, their states, what undoes what. */
#include "core/response.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "util/compiler.h"
#include "util/xmalloc.h"

static void test_words(void **state)
{
	static const char *const words[] = {
		"revoke-sessions", "suspend-user", "restore-user",
		"notify-user",	   "dismiss",	   "resolve",
		"in-progress",	   "activate",	   "exec",
	};
	enum response_action a = RESPONSE_EXEC;

	(void)state;
	assert_int_equal(ARRAY_SIZE(words), RESPONSE_ACTION_MAX);
	for (int i = 0; i < RESPONSE_ACTION_MAX; i++) {
		assert_string_equal(response_action_name(
					    (enum response_action)i),
				    words[i]);
		assert_true(response_action_parse(words[i], &a));
		assert_int_equal(a, i);
	}
	assert_false(response_action_parse("delete-user", &a));
	assert_false(response_action_parse("", &a));
	assert_false(response_action_parse(NULL, &a));
	assert_string_equal(response_action_name((enum response_action)99),
			    "unknown");
	assert_string_equal(response_state_name(RESPONSE_WAITING), "waiting");
	assert_string_equal(response_state_name((enum response_state)99),
			    "unknown");
	assert_string_equal(response_found_name(FOUND_DISABLED), "disabled");
	assert_string_equal(response_found_name((enum response_found)99),
			    "unknown");
}

/* Nothing is done that was not approved, and an end is an end. */
static void test_states(void **state)
{
	(void)state;
	for (int from = 0; from < RESPONSE_STATE_MAX; from++) {
		enum response_state f = (enum response_state)from;

		assert_int_equal(response_may_enter(f, RESPONSE_RUNNING),
				 f == RESPONSE_APPROVED);
		assert_int_equal(response_may_enter(f, RESPONSE_DONE),
				 f == RESPONSE_RUNNING);
		assert_int_equal(response_may_enter(f, RESPONSE_FAILED),
				 f == RESPONSE_RUNNING);
		assert_int_equal(response_has_ended(f), f >= RESPONSE_DONE);
		assert_false(response_may_enter(f, RESPONSE_PLANNED));
		for (int to = 0; f >= RESPONSE_DONE && to < RESPONSE_STATE_MAX;
		     to++)
			assert_false(
				response_may_enter(f, (enum response_state)to));
	}
	assert_true(response_may_enter(RESPONSE_PLANNED, RESPONSE_APPROVED));
	assert_true(response_may_enter(RESPONSE_WAITING, RESPONSE_APPROVED));
	assert_true(response_may_enter(RESPONSE_RUNNING, RESPONSE_APPROVED));
	assert_false(response_may_enter(RESPONSE_RUNNING, RESPONSE_EXPIRED));
}

static void test_inverse(void **state)
{
	static const struct {
		enum response_action done;
		enum response_found found;
		bool undone;
		enum response_action by;
	} cases[] = {
		{ RESPONSE_SUSPEND_USER, FOUND_ENABLED, true,
		  RESPONSE_RESTORE_USER },
		/* It was suspended before: nobody is to be let in again. */
		{ RESPONSE_SUSPEND_USER, FOUND_DISABLED, false, 0 },
		{ RESPONSE_SUSPEND_USER, FOUND_UNKNOWN, false, 0 },
		{ RESPONSE_RESTORE_USER, FOUND_DISABLED, true,
		  RESPONSE_SUSPEND_USER },
		{ RESPONSE_REVOKE_SESSIONS, FOUND_ENABLED, false, 0 },
		{ RESPONSE_DISMISS, FOUND_ACTIVE, true, RESPONSE_ACTIVATE },
		{ RESPONSE_DISMISS, FOUND_IN_PROGRESS, true,
		  RESPONSE_IN_PROGRESS },
		{ RESPONSE_DISMISS, FOUND_RESOLVED, true, RESPONSE_RESOLVE },
		{ RESPONSE_RESOLVE, FOUND_DISMISSED, true, RESPONSE_DISMISS },
		{ RESPONSE_RESOLVE, FOUND_RESOLVED, false, 0 },
		/* An account is no alert. */
		{ RESPONSE_DISMISS, FOUND_ENABLED, false, 0 },
		{ RESPONSE_EXEC, FOUND_UNKNOWN, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		enum response_action by = RESPONSE_EXEC;
		bool undone =
			response_inverse(cases[i].done, cases[i].found, &by);

		assert_int_equal(undone, cases[i].undone);
		if (undone)
			assert_int_equal(by, cases[i].by);
	}
}

static void test_enabled(void **state)
{
	struct response_policy p = { 0 };

	(void)state;
	for (int i = 0; i < RESPONSE_ACTION_MAX; i++)
		assert_false(response_is_enabled(&p, (enum response_action)i,
						 "block-ip"));
	p.enabled = BIT(RESPONSE_SUSPEND_USER) | BIT(RESPONSE_RESOLVE);
	assert_true(response_is_enabled(&p, RESPONSE_SUSPEND_USER, NULL));
	assert_true(response_is_enabled(&p, RESPONSE_RESTORE_USER, NULL));
	assert_true(response_is_enabled(&p, RESPONSE_ACTIVATE, NULL));
	assert_false(response_is_enabled(&p, RESPONSE_DISMISS, NULL));
	assert_false(response_is_enabled(&p, RESPONSE_EXEC, NULL));
	strlist_add(&p.hooks, "block-ip");
	assert_true(response_is_enabled(&p, RESPONSE_EXEC, "block-ip"));
	assert_false(response_is_enabled(&p, RESPONSE_EXEC, "other"));
	p.notify_by = xstrdup("mail");
	response_policy_release(&p);
	assert_null(p.notify_by);
	assert_int_equal(p.hooks.n, 0);
}

static void test_repeatable(void **state)
{
	(void)state;
	for (int i = 0; i < RESPONSE_ACTION_MAX; i++)
		assert_int_equal(response_is_repeatable(
					 (enum response_action)i),
				 i != RESPONSE_EXEC);
	assert_true(response_is_inverse(RESPONSE_RESTORE_USER));
	assert_true(response_is_inverse(RESPONSE_ACTIVATE));
	assert_false(response_is_inverse(RESPONSE_SUSPEND_USER));
	assert_int_equal(response_action_about(RESPONSE_EXEC),
			 RESPONSE_ABOUT_SITE);
	assert_int_equal(response_action_about(RESPONSE_ACTIVATE),
			 RESPONSE_ABOUT_ALERT);
}

static void test_users(void **state)
{
	static const char *const known[] = {
		"ada@contoso.com",
		"ada_fabrikam.com#EXT#@contoso.onmicrosoft.com",
		"o'neil@contoso.com",
		"11111111-2222-3333-4444-55555555abCD",
	};
	static const char *const unknown[] = {
		"",
		"ada",
		"CONTOSO\\ada",
		"@contoso.com",
		"ada@",
		"ada@localhost",
		"ada@a.com@b.com",
		"ada @contoso.com",
		"ada/../bob@contoso.com",
		"ada%2f@contoso.com",
		"ada@contoso.com?x",
		"11111111-2222-3333-4444-55555555abC",
		"11111111-2222-3333-4444-55555555abCD0",
		"11111111-2222-3333-4444-55555555abCg",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!response_user_is_known_upstream(known[i]))
			fail_msg("refused: %s", known[i]);
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
		if (response_user_is_known_upstream(unknown[i]))
			fail_msg("accepted: %s", unknown[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_inverse),
		cmocka_unit_test(test_enabled),
		cmocka_unit_test(test_repeatable),
		cmocka_unit_test(test_users),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
