/* What a link or a code of a message proves, and everything it must not. */
#include "core/acktoken.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "util/compiler.h"
#include "util/digest.h"
#include "util/xmalloc.h"

#define NOW_MS INT64_C(1795000000000)

static const struct ack_claim claim = {
	.alert_id = 1042,
	.episode = 2,
	.expires_ms = NOW_MS + 3600000,
	.delivery = 77,
	.who = 0xfedcba9876543210,
};
static const struct ack_subject subject = {
	.alert_id = 1042,
	.episode = 2,
	.target = "oncall",
	.recipient = "ada@example.org",
};

static struct secret *key_of(const char *text)
{
	return secret_new(text, strlen(text));
}

static int setup(void **state)
{
	*state = key_of("0123456789abcdef0123456789abcdef");
	return 0;
}

static int teardown(void **state)
{
	secret_free(*state);
	return 0;
}

static bool same(const struct ack_claim *a, const struct ack_claim *b)
{
	return a->alert_id == b->alert_id && a->episode == b->episode &&
	       a->expires_ms == b->expires_ms && a->delivery == b->delivery &&
	       a->who == b->who;
}

/* Links in mail outlive a release: the literals pin the form. */
static void test_never_changes(void **state)
{
	char token[ACKTOKEN_SIZE], code[ACKCODE_SIZE];

	acktoken_make(*state, &claim, token);
	assert_string_equal(
		token, "AQAAAAAAAAQSAAAAAAAAAAIAAAAAav2U0AAAAAAAAABN_ty6mHZU"
		       "MhAQW245dj3ox-4GccVF2vgr");
	ackcode_make(*state, &subject, code);
	assert_string_equal(code, "6F1N5");
}

static void test_there_and_back(void **state)
{
	char token[ACKTOKEN_SIZE];
	struct ack_claim back;

	acktoken_make(*state, &claim, token);
	assert_int_equal(strlen(token), ACKTOKEN_LEN);
	assert_int_equal(acktoken_read(*state, token, NOW_MS, &back), ACK_GOOD);
	assert_true(same(&claim, &back));
}

static void test_expiry(void **state)
{
	char token[ACKTOKEN_SIZE];
	struct ack_claim back = { 0 };

	acktoken_make(*state, &claim, token);
	assert_int_equal(acktoken_read(*state, token, claim.expires_ms - 1,
				       &back),
			 ACK_GOOD);
	back = (struct ack_claim){ 0 };
	assert_int_equal(acktoken_read(*state, token, claim.expires_ms, &back),
			 ACK_EXPIRED);
	/* The page tells what it was about. */
	assert_true(same(&claim, &back));
}

/* Each bit of each character, as far as it gives another digit of the
 * alphabet: none is idle, and no other text says the same. */
static void test_every_digit_counts(void **state)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789-_+/=. ";
	struct ack_claim back = { .alert_id = -1 };
	char token[ACKTOKEN_SIZE];

	acktoken_make(*state, &claim, token);
	for (size_t i = 0; i < ACKTOKEN_LEN; i++) {
		char was = token[i];

		for (const char *d = digits; *d; d++) {
			enum ack_verdict v;

			if (*d == was)
				continue;
			token[i] = *d;
			v = acktoken_read(*state, token, NOW_MS, &back);
			if (v != ACK_FORGED && v != ACK_MALFORMED)
				fail_msg("digit %zu as %c", i, *d);
		}
		token[i] = was;
	}
	assert_int_equal(back.alert_id, -1);
}

static void test_malformed(void **state)
{
	static const char *const bad[] = {
		"",
		"A",
		"1042-K7PMX",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		"AA"
		"AAAAAAAAAAAA",
		"\xff\xff",
	};
	struct ack_claim back;
	char token[ACKTOKEN_SIZE + 1];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(acktoken_read(*state, bad[i], NOW_MS, &back),
				 ACK_MALFORMED);
	acktoken_make(*state, &claim, token);
	token[ACKTOKEN_LEN] = 'A';
	token[ACKTOKEN_LEN + 1] = '\0';
	assert_int_equal(acktoken_read(*state, token, NOW_MS, &back),
			 ACK_MALFORMED);
	token[ACKTOKEN_LEN - 1] = '\0';
	assert_int_equal(acktoken_read(*state, token, NOW_MS, &back),
			 ACK_MALFORMED);
}

static void test_other_key(void **state)
{
	struct secret *other = key_of("0123456789abcdef0123456789abcdeF");
	char token[ACKTOKEN_SIZE], code[ACKCODE_SIZE];
	struct ack_claim back;

	acktoken_make(other, &claim, token);
	assert_int_equal(acktoken_read(*state, token, NOW_MS, &back),
			 ACK_FORGED);
	ackcode_make(other, &subject, code);
	assert_false(ackcode_is(*state, &subject, code));
	assert_true(acktoken_who(*state, "a", "b") !=
		    acktoken_who(other, "a", "b"));
	secret_free(other);
}

/* Claims that differ have tokens that differ, and read back as they were; a
 * token with a random change, or none at all, is never good. */
static void test_random(void **state)
{
	for (int i = 0; i < 2000; i++) {
		char token[ACKTOKEN_SIZE], other[ACKTOKEN_SIZE];
		struct ack_claim c, back;
		uint8_t noise[ACKTOKEN_LEN];
		uint32_t seconds;

		digest_random(&c, sizeof(c));
		digest_random(&seconds, sizeof(seconds));
		c.expires_ms = (int64_t)seconds * 1000;
		acktoken_make(*state, &c, token);
		assert_int_equal(acktoken_read(*state, token, c.expires_ms - 1,
					       &back),
				 ACK_GOOD);
		assert_true(same(&c, &back));
		digest_random(noise, sizeof(noise));
		memcpy(other, token, sizeof(other));
		for (size_t k = 0; k < ACKTOKEN_LEN; k++)
			if (noise[k] < 8)
				other[k] = (char)('A' + noise[k]);
		if (strcmp(other, token) != 0)
			assert_int_not_equal(acktoken_read(*state, other, 0,
							   &back),
					     ACK_GOOD);
		for (size_t k = 0; k < ACKTOKEN_LEN; k++)
			other[k] = (char)noise[k];
		assert_int_not_equal(acktoken_read(*state, other, 0, &back),
				     ACK_GOOD);
	}
}

static void test_who(void **state)
{
	static const char *const pairs[][2] = {
		{ "oncall", "ada@example.org" },
		{ "oncall", "bob@example.org" },
		{ "boss", "ada@example.org" },
		{ "oncall", NULL },
		{ "oncall", "" },
		{ "oncallada", "@example.org" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		for (size_t k = 0; k < ARRAY_SIZE(pairs); k++)
			assert_int_equal(acktoken_who(*state, pairs[i][0],
						      pairs[i][1]) ==
						 acktoken_who(*state,
							      pairs[k][0],
							      pairs[k][1]),
					 i == k);
}

static void test_code_is_bound(void **state)
{
	const struct ack_subject others[] = {
		{ 1043, 2, "oncall", "ada@example.org" },
		{ 1042, 3, "oncall", "ada@example.org" },
		{ 1042, 2, "boss", "ada@example.org" },
		{ 1042, 2, "oncall", "bob@example.org" },
		{ 1042, 2, "oncall", NULL },
	};
	char code[ACKCODE_SIZE];

	ackcode_make(*state, &subject, code);
	assert_true(ackcode_is(*state, &subject, code));
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_false(ackcode_is(*state, &others[i], code));
	for (size_t i = 0; i < ACKCODE_LEN; i++) {
		char was = code[i];

		code[i] = was == '0' ? '1' : '0';
		assert_false(ackcode_is(*state, &subject, code));
		code[i] = was;
	}
	assert_false(ackcode_is(*state, &subject, ""));
}

static void test_code_as_typed(void **state)
{
	static const struct {
		const char *typed;
		int64_t id; /* 0: no code */
		const char *code;
	} rows[] = {
		{ "1042-K7PMX", 1042, "K7PMX" },
		{ "1042-k7pmx", 1042, "K7PMX" },
		{ "1-oOiIl", 1, "00111" },
		{ "9223372036854775807-00000", INT64_MAX, "00000" },
		{ "9223372036854775808-00000", 0, NULL },
		{ "0-K7PMX", 0, NULL },
		{ "-1-K7PMX", 0, NULL },
		{ "+1-K7PMX", 0, NULL },
		{ " 1-K7PMX", 0, NULL },
		{ "1042-K7PM", 0, NULL },
		{ "1042-K7PMXX", 0, NULL },
		{ "1042-K7PMU", 0, NULL }, /* no letter of Crockford's */
		{ "1042-K7 MX", 0, NULL },
		{ "1042K7PMX", 0, NULL },
		{ "1042--7PMX", 0, NULL },
		{ "1042", 0, NULL },
		{ "", 0, NULL },
		{ "x-K7PMX", 0, NULL },
		{ "1042-K7PM\xff", 0, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char code[ACKCODE_SIZE] = "";
		int64_t id = 0;

		if (ackcode_parse(rows[i].typed, &id, code) != (rows[i].id > 0))
			fail_msg("%s", rows[i].typed);
		assert_int_equal(id, rows[i].id);
		if (rows[i].id)
			assert_string_equal(code, rows[i].code);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_never_changes), TEST(test_there_and_back),
		TEST(test_expiry),	  TEST(test_every_digit_counts),
		TEST(test_malformed),	  TEST(test_other_key),
		TEST(test_random),	  TEST(test_who),
		TEST(test_code_is_bound), TEST(test_code_as_typed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
