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
	int64_t ms = certificate_ends_ms(pem);

	secret_free(pem);
	return ms;
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

static void test_what_has_no_end(void **state)
{
	static const char text[] = "-----BEGIN CERTIFICATE-----\nx\n"
				   "-----END CERTIFICATE-----\n";

	(void)state;
	assert_int_equal(certificate_ends_ms(NULL), 0);
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
		cmocka_unit_test(test_what_has_no_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
