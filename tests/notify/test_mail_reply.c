/* What a mail server's answers mean, and what of them is told. */
#include "notify/mail_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "util/compiler.h"

#define SERVER "smtp://mail.example.org"

static void test_classes(void **state)
{
	static const struct {
		long code;
		const char *reply;
		enum outcome outcome;
		const char *error;
	} rows[] = {
		{ 450, "450 4.2.1 ada@example.org is busy\r\n", OUTCOME_RETRY,
		  SERVER " answered 450 4.2.1: refused for now" },
		{ 421, "421 bye", OUTCOME_RETRY,
		  SERVER " answered 421: refused for now" },
		{ 550, "550 5.1.1 <ada@example.org>: unknown", OUTCOME_DEAD,
		  SERVER " answered 550 5.1.1: refused for good" },
		{ 554, "554-5.7.1 many lines", OUTCOME_DEAD,
		  SERVER " answered 554 5.7.1: refused for good" },
		{ 550, "550", OUTCOME_DEAD,
		  SERVER " answered 550: refused for good" },
		/* The line of another answer, and no enhanced code. */
		{ 550, "451 4.3.0 x", OUTCOME_DEAD,
		  SERVER " answered 550: refused for good" },
		{ 550, "550 5.1111.1111 x", OUTCOME_DEAD,
		  SERVER " answered 550: refused for good" },
		{ 550, "550 5.1 x", OUTCOME_DEAD,
		  SERVER " answered 550: refused for good" },
		{ 354, "", OUTCOME_RETRY,
		  SERVER " answered 354: nothing after the message: it may "
			 "have arrived" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct outcome_report r = { .outcome = OUTCOME_DISABLE };

		assert_true(mail_reply_judge(SERVER, rows[i].code,
					     rows[i].reply, &r));
		assert_int_equal(r.outcome, rows[i].outcome);
		assert_string_equal(r.error, rows[i].error);
		assert_false(r.refused);
		assert_int_equal(r.retry_after_ms, 0);
	}
}

/* Our account is wrong: no mail is lost for it. */
static void test_sign_in(void **state)
{
	static const long codes[] = { 530, 534, 535, 538 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		struct outcome_report r = { 0 };

		assert_true(mail_reply_judge(SERVER, codes[i], "", &r));
		assert_int_equal(r.outcome, OUTCOME_RETRY);
		assert_true(r.refused);
		assert_int_equal(r.retry_after_ms, OUTCOME_REFUSED_PAUSE_MS);
		assert_non_null(strstr(r.error, "sign-in refused"));
	}
}

static void test_not_a_refusal(void **state)
{
	static const long codes[] = { -1, 0, 220, 250, 334, 399, 600, 4500 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		struct outcome_report r = { .outcome = OUTCOME_DISABLE };

		assert_false(mail_reply_judge(SERVER, codes[i], "", &r));
		assert_int_equal(r.outcome, OUTCOME_DISABLE);
	}
}

static void test_the_last_refusal_is_kept(void **state)
{
	char reply[MAIL_REPLY_MAX] = "";
	char endless[2 * MAIL_REPLY_MAX];

	(void)state;
	mail_reply_note(reply, "250 fine", 8);
	assert_string_equal(reply, "");
	mail_reply_note(reply, "", 0);
	mail_reply_note(reply, "550 5.1.1 no", 12);
	mail_reply_note(reply, "221 bye", 7);
	assert_string_equal(reply, "550 5.1.1 no");
	memset(endless, '4', sizeof(endless));
	mail_reply_note(reply, endless, sizeof(endless));
	assert_int_equal(strlen(reply), MAIL_REPLY_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_sign_in),
		cmocka_unit_test(test_not_a_refusal),
		cmocka_unit_test(test_the_last_refusal_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
