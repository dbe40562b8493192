/* When a certificate ends that is stored as PEM text, and what has no end. */
#include "net/certificate_dates.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "net/certificate.h"

#define ENDS_S ((time_t)1800000000)

static int64_t ends(const char *text, size_t len)
{
	struct secret *pem = secret_new(text, len);
	CLEANUP(certificate_end_release) struct certificate_end end = { 0 };

	certificate_chain_end(pem, &end);
	secret_free(pem);
	assert_null(end.above);
	return end.ends_ms;
}

static void test_the_first_one(void **state)
{
	CLEANUP(strbuf_release) struct strbuf pem = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf behind = STRBUF_INIT;
	EVP_PKEY *key = certificate_key(0);
	X509 *shown = certificate_make(key, 0, ENDS_S);
	X509 *above = certificate_make(key, 0, ENDS_S + 86400);

	(void)state;
	certificate_add(&pem, shown);
	assert_int_equal(ends(pem.buf, pem.len), (int64_t)ENDS_S * 1000);
	certificate_add(&pem, above);
	certificate_add_key(&pem, key, NULL);
	assert_int_equal(ends(pem.buf, pem.len), (int64_t)ENDS_S * 1000);
	certificate_add_key(&behind, key, NULL);
	certificate_add(&behind, shown);
	assert_int_equal(ends(behind.buf, behind.len), (int64_t)ENDS_S * 1000);
	/* Cut anywhere it is no certificate, and nothing is read past it. */
	strbuf_reset(&behind);
	certificate_add(&behind, shown);
	for (size_t len = 0; len < behind.len - 2; len++)
		assert_int_equal(ends(behind.buf, len), 0);
	X509_free(shown);
	X509_free(above);
	EVP_PKEY_free(key);
}

/* One certificate of a chain: the days for which it holds from ENDS_S on. */
struct link {
	const char *subject, *issuer;
	int days;
};

/* Which end of the chain comes first, and whose it is. */
static void test_chains(void **state)
{
	static const struct {
		struct link links[4];
		int days;
		const char *above;
	} rows[] = {
		{ { { "leaf", "mid", 10 } }, 10, NULL },
		{ { { "leaf", "mid", 10 }, { "mid", "root", 20 } }, 10, NULL },
		{ { { "leaf", "mid", 10 }, { "mid", "root", 5 } },
		  5,
		  "CN=mid" },
		{ { { "leaf", "low", 10 },
		    { "low", "mid", 9 },
		    { "mid", "root", 4 } },
		  4,
		  "CN=mid" },
		/* In any order behind the first. */
		{ { { "leaf", "low", 10 },
		    { "mid", "root", 4 },
		    { "low", "mid", 9 } },
		  4,
		  "CN=mid" },
		/* A root is the receiver's own, and strangers are nobody's. */
		{ { { "leaf", "root", 10 }, { "root", "root", 5 } }, 10, NULL },
		{ { { "leaf", "mid", 10 },
		    { "old", "mid", 1 },
		    { "mid", "root", 20 } },
		  10,
		  NULL },
		/* Of two of one name the newer counts. */
		{ { { "leaf", "mid", 10 },
		    { "mid", "root", 5 },
		    { "mid", "root", 30 } },
		  10,
		  NULL },
		/* A ring ends, too. */
		{ { { "leaf", "a", 10 }, { "a", "b", 9 }, { "b", "a", 8 } },
		  8,
		  "CN=b" },
		{ { { "leaf", "B\xc3\xbcro\n", 10 },
		    { "B\xc3\xbcro\n", "root", 5 } },
		  5,
		  "CN=B\xc3\xbcro\\0A" },
	};
	EVP_PKEY *key = certificate_key(0);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
		CLEANUP(certificate_end_release)
		struct certificate_end end = { 0 };
		struct secret *pem;

		for (size_t j = 0; j < 4 && rows[i].links[j].subject; j++) {
			const struct link *l = &rows[i].links[j];
			X509 *cert =
				certificate_issue(key, l->subject, l->issuer, 0,
						  ENDS_S + l->days * 86400);

			certificate_add(&text, cert);
			X509_free(cert);
		}
		pem = secret_new(text.buf, text.len);
		certificate_chain_end(pem, &end);
		secret_free(pem);
		assert_int_equal(end.ends_ms,
				 ((int64_t)ENDS_S + rows[i].days * 86400) *
					 1000);
		if (!rows[i].above)
			assert_null(end.above);
		else
			assert_string_equal(end.above, rows[i].above);
	}
	EVP_PKEY_free(key);
}

static void test_what_has_no_end(void **state)
{
	static const char text[] = "-----BEGIN CERTIFICATE-----\nx\n"
				   "-----END CERTIFICATE-----\n";
	CLEANUP(certificate_end_release) struct certificate_end end = { 0 };

	(void)state;
	certificate_chain_end(NULL, &end);
	assert_int_equal(end.ends_ms, 0);
	assert_int_equal(ends("", 0), 0);
	assert_int_equal(ends(text, sizeof(text) - 1), 0);
	/* A date that is none: the 31st of February. */
	ASN1_TIME *t = ASN1_TIME_new();
	int64_t ms;

	assert_int_equal(ASN1_STRING_set(t, "270231000000Z", -1), 1);
	assert_false(certificate_time(t, &ms));
	ASN1_TIME_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_first_one),
		cmocka_unit_test(test_chains),
		cmocka_unit_test(test_what_has_no_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
