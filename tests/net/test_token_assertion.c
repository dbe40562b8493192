/* net/token_assertion: verified with OpenSSL alone, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>
#include "net/certificate.h"
#include "net/token_priv.h"
#include "util/digest.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

#define NOW_S ((time_t)1800000000)
#define NOW_MS ((int64_t)NOW_S * 1000)
#define DAY_S 86400
#define AUDIENCE "https://login.example/t\"1/oauth2/v2.0/token"

struct fixture {
	EVP_PKEY *key, *other;
	X509 *cert;
	struct strbuf pem;
};

static int setup(void **state)
{
	static struct fixture f;

	f.key = certificate_key(2048);
	f.other = certificate_key(2048);
	f.cert = certificate_make(f.key, NOW_S - DAY_S, NOW_S + 30 * DAY_S);
	strbuf_init(&f.pem);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	EVP_PKEY_free(f->key);
	EVP_PKEY_free(f->other);
	X509_free(f->cert);
	strbuf_release(&f->pem);
	return 0;
}

static int load(const struct fixture *f, struct token_certificate **ret,
		struct err *err)
{
	struct secret *pem = secret_new(f->pem.buf, f->pem.len);
	int rc = token_certificate_new(pem, ret, err);

	secret_free(pem);
	return rc;
}

static struct token_certificate *load_ok(const struct fixture *f)
{
	struct token_certificate *c = NULL;
	struct err err = ERR_INIT;

	if (load(f, &c, &err) < 0)
		fail_msg("%s", err.text);
	return c;
}

static json_t *segment(const char *from, const char *to)
{
	CLEANUP(free_ptr) char *text = xstrndup(from, (size_t)(to - from));
	CLEANUP(free_ptr) char *plain = NULL;
	size_t len;
	json_t *json;

	assert_null(strpbrk(text, "+/="));
	assert_int_equal(digest_unbase64url(text, &plain, &len), 0);
	json = jsonx_parse(plain, len, 0, NULL);
	assert_true(json_is_object(json));
	return json;
}

static void check_header(struct fixture *f, const json_t *header)
{
	CLEANUP(free_ptr) char *thumbprint = NULL;
	CLEANUP(free_ptr) char *wants = NULL;
	uint8_t digest[DIGEST_SIZE];
	unsigned char *der = NULL;
	int len = i2d_X509(f->cert, &der);

	assert_int_equal(json_object_size(header), 3);
	assert_string_equal(jsonx_str(header, "alg"), "PS256");
	assert_string_equal(jsonx_str(header, "typ"), "JWT");
	digest_sha256(der, (size_t)len, digest);
	OPENSSL_free(der);
	wants = digest_base64url(digest, sizeof(digest));
	assert_int_equal(strlen(wants), 43);
	assert_string_equal(jsonx_str(header, "x5t#S256"), wants);
}

static void check_claims(const json_t *claims)
{
	int64_t nbf, iat, exp;

	assert_int_equal(json_object_size(claims), 7);
	assert_string_equal(jsonx_str(claims, "aud"), AUDIENCE);
	assert_string_equal(jsonx_str(claims, "iss"), "id-1");
	assert_string_equal(jsonx_str(claims, "sub"), "id-1");
	assert_true(json_is_integer(jsonx_get(claims, "exp")));
	assert_true(jsonx_int(claims, "nbf", &nbf));
	assert_true(jsonx_int(claims, "iat", &iat));
	assert_true(jsonx_int(claims, "exp", &exp));
	assert_int_equal(nbf, NOW_S);
	assert_int_equal(iat, NOW_S);
	assert_int_equal(exp, NOW_S + 600);
	assert_int_equal(strlen(jsonx_str(claims, "jti")), 36);
	assert_int_equal(jsonx_str(claims, "jti")[14], '4'); /* version */
}

/* The three segments, the signature over the first two. */
static void check_assertion(struct fixture *f, const char *jwt, char **ret_jti)
{
	const char *dot = strchr(jwt, '.'), *last = strrchr(jwt, '.');
	CLEANUP(jsonx_unref) json_t *header = segment(jwt, dot);
	CLEANUP(jsonx_unref) json_t *claims = segment(dot + 1, last);
	CLEANUP(free_ptr) char *signature = NULL;
	size_t len;

	assert_true(dot != last);
	check_header(f, header);
	check_claims(claims);
	assert_null(strpbrk(last + 1, "+/=."));
	assert_int_equal(digest_unbase64url(last + 1, &signature, &len), 0);
	assert_int_equal(len, 256);
	assert_true(certificate_verifies(f->key, jwt, (size_t)(last - jwt),
					 signature, len));
	assert_false(certificate_verifies(f->other, jwt, (size_t)(last - jwt),
					  signature, len));
	*ret_jti = xstrdup(jsonx_str(claims, "jti"));
}

static void test_assertion(void **state)
{
	struct fixture *f = *state;
	CLEANUP(free_ptr) char *first = NULL;
	CLEANUP(free_ptr) char *second = NULL;
	struct token_certificate *c;
	char **jti[] = { &first, &second };

	certificate_add(&f->pem, f->cert);
	certificate_add_key(&f->pem, f->key, NULL);
	c = load_ok(f);
	assert_int_equal(token_certificate_ends(c),
			 NOW_MS + (int64_t)30 * DAY_S * 1000);
	for (size_t i = 0; i < ARRAY_SIZE(jti); i++) {
		struct secret *jwt = NULL;
		struct err err = ERR_INIT;

		if (token_assertion_new(c, AUDIENCE, "id-1", NOW_MS + 999, &jwt,
					&err) < 0)
			fail_msg("%s", err.text);
		check_assertion(f, secret_peek(jwt), jti[i]);
		secret_free(jwt);
	}
	assert_string_not_equal(first, second);
	assert_null(token_certificate_free(c));
}

/* The key first, an issuer's certificate first, text between them. */
static void test_any_order(void **state)
{
	struct fixture *f = *state;
	CLEANUP(free_ptr) char *jti = NULL;
	struct token_certificate *c;
	struct secret *jwt = NULL;
	X509 *issuer = certificate_make(f->other, 0, NOW_S);

	strbuf_addstr(&f->pem, "Bag Attributes\n    friendlyName: x\r\n");
	certificate_add_key(&f->pem, f->key, NULL);
	strbuf_addstr(&f->pem, "\r\nsubject=CN = issuer\n");
	certificate_add(&f->pem, issuer);
	certificate_add(&f->pem, f->cert);
	X509_free(issuer);
	c = load_ok(f);
	assert_int_equal(token_assertion_new(c, AUDIENCE, "id-1", NOW_MS, &jwt,
					     NULL),
			 0);
	check_assertion(f, secret_peek(jwt), &jti);
	secret_free(jwt);
	token_certificate_free(c);
}

static void expect_refusal(struct fixture *f, const char *says)
{
	struct token_certificate *c = NULL;
	struct err err = ERR_INIT;

	assert_int_equal(load(f, &c, &err), ERR_AUTH);
	assert_null(c);
	if (!strstr(err.text, says) || strstr(err.text, "BEGIN"))
		fail_msg("%s", err.text);
	assert_non_null(strstr(err.text, "store the certificate"));
	strbuf_reset(&f->pem);
}

static void test_bad_pem(void **state)
{
	struct fixture *f = *state;
	EVP_PKEY *small = certificate_key(1024), *ec = certificate_key(0);

	strbuf_addstr(&f->pem, "not PEM at all");
	expect_refusal(f, "no readable private key");
	certificate_add(&f->pem, f->cert);
	expect_refusal(f, "no readable private key");
	certificate_add_key(&f->pem, f->key, NULL);
	expect_refusal(f, "no readable certificate");
	certificate_add_key(&f->pem, f->key, NULL);
	strbuf_setlen(&f->pem, f->pem.len / 2);
	expect_refusal(f, "no readable private key");
	certificate_add(&f->pem, f->cert);
	certificate_add_key(&f->pem, f->other, NULL);
	expect_refusal(f, "does not belong to the certificate");
	certificate_add(&f->pem, f->cert);
	certificate_add_key(&f->pem, f->key, "geheim");
	expect_refusal(f, "passphrase");
	certificate_add_key(&f->pem, small, NULL);
	expect_refusal(f, "1024 bits");
	certificate_add_key(&f->pem, ec, NULL);
	expect_refusal(f, "not an RSA key");
	EVP_PKEY_free(small);
	EVP_PKEY_free(ec);
}

static const struct {
	int64_t now_ms;
	const char *says; /* NULL: signs */
} moments[] = {
	{ NOW_MS - (int64_t)DAY_S * 1000 - 1, "timedatectl" },
	{ NOW_MS - (int64_t)DAY_S * 1000, NULL },
	{ NOW_MS + (int64_t)30 * DAY_S * 1000 - 1, NULL },
	{ NOW_MS + (int64_t)30 * DAY_S * 1000, "ended at 2027-02-14 08:00" },
};

static void test_dates(void **state)
{
	struct fixture *f = *state;
	struct token_certificate *c;

	certificate_add(&f->pem, f->cert);
	certificate_add_key(&f->pem, f->key, NULL);
	c = load_ok(f);
	for (size_t i = 0; i < ARRAY_SIZE(moments); i++) {
		struct secret *jwt = NULL;
		struct err err = ERR_INIT;
		int rc = token_assertion_new(c, AUDIENCE, "id-1",
					     moments[i].now_ms, &jwt, &err);

		assert_int_equal(rc, moments[i].says ? ERR_AUTH : 0);
		if (moments[i].says && !strstr(err.text, moments[i].says))
			fail_msg("%s", err.text);
		secret_free(jwt);
	}
	token_certificate_free(c);
}

/* A client-id that no JSON can hold is an error, not our end. */
static void test_bad_client_id(void **state)
{
	struct fixture *f = *state;
	struct token_certificate *c;
	struct secret *jwt = NULL;
	struct err err = ERR_INIT;

	certificate_add(&f->pem, f->cert);
	certificate_add_key(&f->pem, f->key, NULL);
	c = load_ok(f);
	assert_int_equal(token_assertion_new(c, AUDIENCE, "\xff", NOW_MS, &jwt,
					     &err),
			 ERR_AUTH);
	assert_non_null(strstr(err.text, "client-id"));
	token_certificate_free(c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_assertion),	  TEST(test_any_order),
		TEST(test_bad_pem),	  TEST(test_dates),
		TEST(test_bad_client_id),
	};

	jsonx_init();
	return cmocka_run_group_tests_name("token_assertion", tests, NULL,
					   NULL);
}
