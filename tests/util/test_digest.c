/* Tests of util/digest: published vectors, framing of fields, strictness of
 * base64. */
#include "util/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "util/err.h"
#include "util/xmalloc.h"

static void expect_hex(const uint8_t *bytes, const char *want)
{
	char hex[DIGEST_HEX_SIZE];

	assert_string_equal(digest_hex(bytes, DIGEST_SIZE, hex), want);
}

/* FIPS 180-2 appendix B. */
static void sha256_matches_fips_vectors(void **state)
{
	uint8_t out[DIGEST_SIZE];
	struct digest *d = digest_new();

	(void)state;
	digest_sha256("abc", 3, out);
	expect_hex(out, "ba7816bf8f01cfea414140de5dae2223"
			"b00361a396177a9cb410ff61f20015ad");
	digest_sha256("", 0, out);
	expect_hex(out, "e3b0c44298fc1c149afbf4c8996fb924"
			"27ae41e4649b934ca495991b7852b855");
	digest_add(d, "a", 1);
	digest_add(d, "bc", 2);
	digest_finish(d, out);
	expect_hex(out, "ba7816bf8f01cfea414140de5dae2223"
			"b00361a396177a9cb410ff61f20015ad");
}

/* RFC 4231 test case 2; and an empty key, which OpenSSL takes for "again". */
static void hmac_matches_rfc4231(void **state)
{
	const char *text = "what do ya want for nothing?";
	uint8_t out[DIGEST_SIZE];

	(void)state;
	digest_hmac_sha256("Jefe", 4, text, strlen(text), out);
	expect_hex(out, "5bdcc146bf60754e6a042426089575c7"
			"5a003f089d2739839dec58b964ec3843");
	digest_hmac_sha256(NULL, 0, "", 0, out);
	expect_hex(out, "b613679a0814d9ec772f95d778c35fc5"
			"ff1697c493715653c6c712144292c5ad");
}

static void fields_of(const char *a, const char *b, uint8_t *out)
{
	struct digest *d = digest_new();

	digest_add_field(d, a);
	digest_add_field(d, b);
	digest_finish(d, out);
}

/* RFC 8439 section 2.5.2, in one piece and in two. */
static void quick_matches_rfc8439(void **state)
{
	static const uint8_t key[DIGEST_QUICK_KEY_SIZE] = {
		0x85, 0xd6, 0xbe, 0x78, 0x57, 0x55, 0x6d, 0x33,
		0x7f, 0x44, 0x52, 0xfe, 0x42, 0xd5, 0x06, 0xa8,
		0x01, 0x03, 0x80, 0x8a, 0xfb, 0x0d, 0xb2, 0xfd,
		0x4a, 0xbf, 0xf6, 0xaf, 0x41, 0x49, 0xf5, 0x1b,
	};
	static const char text[] = "Cryptographic Forum Research Group";
	size_t len = strlen(text);
	uint8_t sum[DIGEST_QUICK_SIZE];
	char hex[2 * DIGEST_QUICK_SIZE + 1];

	(void)state;
	for (size_t cut = 0; cut <= len; cut++) {
		struct digest_quick *d = digest_quick_new(key);

		digest_quick_add(d, text, cut);
		digest_quick_add(d, text + cut, len - cut);
		digest_quick_finish(d, sum);
		assert_string_equal(digest_hex(sum, sizeof(sum), hex),
				    "a8061dc1305136c6c22b8baf0c0127a9");
	}
}

static void fields_cannot_run_into_each_other(void **state)
{
	static const char *const pairs[][2] = {
		{ "ab", "c" }, { "a", "bc" }, { "abc", "" }, { "", "abc" },
		{ "", "" },    { NULL, "" },  { "", NULL },
	};
	uint8_t out[ARRAY_SIZE(pairs)][DIGEST_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		fields_of(pairs[i][0], pairs[i][1], out[i]);
		for (size_t k = 0; k < i; k++)
			assert_memory_not_equal(out[i], out[k], DIGEST_SIZE);
	}
}

/* RFC 4648 section 10. */
/* As the field of the small text, whatever its length, and no byte that is not
 * an ASCII letter is touched. */
static void folded_is_the_small_field(void **state)
{
	char text[256], small[256];
	uint8_t want[DIGEST_SIZE], got[DIGEST_SIZE];

	(void)state;
	text[255] = small[255] = '\0';
	for (size_t i = 0; i < 255; i++) {
		text[i] = (char)(i + 1);
		small[i] = text[i] >= 'A' && text[i] <= 'Z'
				   ? (char)(text[i] + 'a' - 'A')
				   : text[i];
	}
	for (size_t from = 0; from < 255; from++) {
		struct digest *a = digest_new();
		struct digest *b = digest_new(); /* two at a time */

		digest_add_folded(a, text + from);
		digest_add_field(b, small + from);
		digest_finish(a, got);
		digest_finish(b, want);
		assert_memory_equal(got, want, DIGEST_SIZE);
	}
}

static void base64_there_and_back(void **state)
{
	static const char *const rows[][2] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
		{ "\xfb\xff\xbf", "+/+/" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *text = digest_base64(rows[i][0], strlen(rows[i][0]));
		uint8_t *bytes = NULL;
		size_t len = 99;

		assert_string_equal(text, rows[i][1]);
		assert_int_equal(digest_unbase64(text, &bytes, &len), 0);
		assert_int_equal(len, strlen(rows[i][0]));
		assert_string_equal((char *)bytes, rows[i][0]);
		free(bytes);
		free(text);
	}
}

static void unbase64_refuses_what_is_not_canonical(void **state)
{
	static const char *const bad[] = {
		"Z",	"Zg",	"Zg=",	    "Zg==Zg==", "=",
		"====", "Z===", "Zm9v Zm9", "Zm9-",	"Zh==",
		"Zm9=", "Zm=v", "Zg==\n",   "\xffm9v",	"Zm9vA",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		uint8_t *bytes = NULL;
		size_t len = 99;

		assert_int_equal(digest_unbase64(bad[i], &bytes, &len),
				 ERR_SCHEMA);
		assert_null(bytes);
		assert_int_equal(len, 99);
	}
}

static void base64url_there_and_back(void **state)
{
	static const char bytes[] = "\xfb\xff\xfe\x00x";
	CLEANUP(free_ptr) char *text = digest_base64url(bytes, 5);
	CLEANUP(free_ptr) char *back = NULL;
	size_t len;

	(void)state;
	assert_string_equal(text, "-__-AHg");
	assert_int_equal(digest_unbase64url(text, &back, &len), 0);
	assert_int_equal(len, 5);
	assert_memory_equal(back, bytes, 5);
	assert_int_equal(digest_unbase64url("a", &back, &len), ERR_SCHEMA);
	assert_int_equal(digest_unbase64url("a b=", &back, &len), ERR_SCHEMA);
}

static void equal_looks_at_every_byte(void **state)
{
	uint8_t a[32] = { 1, 2, 3 }, b[32];

	(void)state;
	memcpy(b, a, sizeof(b));
	assert_true(digest_equal(a, b, sizeof(a)));
	for (size_t i = 0; i < sizeof(b); i++) {
		b[i] ^= 0x80;
		assert_false(digest_equal(a, b, sizeof(a)));
		b[i] = a[i];
	}
	assert_true(digest_equal(a, b, 0));
}

static void random_bytes_differ(void **state)
{
	uint8_t a[1000] = { 0 }, b[1000] = { 0 };

	(void)state;
	digest_random(a, sizeof(a));
	digest_random(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	digest_random(a, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_matches_fips_vectors),
		cmocka_unit_test(hmac_matches_rfc4231),
		cmocka_unit_test(quick_matches_rfc8439),
		cmocka_unit_test(fields_cannot_run_into_each_other),
		cmocka_unit_test(folded_is_the_small_field),
		cmocka_unit_test(base64_there_and_back),
		cmocka_unit_test(unbase64_refuses_what_is_not_canonical),
		cmocka_unit_test(base64url_there_and_back),
		cmocka_unit_test(equal_looks_at_every_byte),
		cmocka_unit_test(random_bytes_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
