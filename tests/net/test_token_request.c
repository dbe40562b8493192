/*
 * How each method signs in, and what a 401 with claims leads to.
 *
 * Battery: C1.
 */
#include "net/token_rig.h"
#include "net/certificate.h"
#include "util/digest.h"

#define WALL_S (RIG_WALL_MS / 1000)

static struct token_conf conf_of(const struct rig *r, enum auth_method method)
{
	return (struct token_conf){ .method = method,
				    .login = r->base,
				    .tenant = "tenant-1",
				    .client_id = "id-1",
				    .scope = "https://api.example/.default" };
}

static char *field(const struct rig *r, const char *name)
{
	const char *body = rig_find(r, "\r\n\r\n") + 4;
	CLEANUP(free_ptr) char *key = xasprintf("&%s=", name);
	const char *p = strstr(body, key + 1);

	if (p != body)
		p = strstr(body, key);
	if (!p)
		return NULL;
	p = strchr(p, '=') + 1;
	return xstrndup(p, strcspn(p, "&"));
}

static void expect_field(const struct rig *r, const char *name,
			 const char *value)
{
	CLEANUP(free_ptr) char *is = field(r, name);

	if (!is || strcmp(is, value) != 0)
		fail_msg("%s: %s", name, is ? is : "absent");
}

static bool has_field(const struct rig *r, const char *name)
{
	CLEANUP(free_ptr) char *is = field(r, name);

	return is != NULL;
}

#define JWT_BEARER                                                             \
	"urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"

/* --- certificate --- */

static struct token_source *certificate_source(struct rig *r, EVP_PKEY *key,
					       int64_t ends_s)
{
	struct token_conf c = conf_of(r, AUTH_CLIENT_CERTIFICATE);
	struct strbuf pem = STRBUF_INIT;
	X509 *cert = certificate_make(key, 0, ends_s);
	struct token_source *ts;
	struct secret *secret;

	certificate_add(&pem, cert);
	certificate_add_key(&pem, key, NULL);
	secret = secret_new(pem.buf, pem.len);
	c.client_secret = secret;
	ts = token_source_new(r->pool, &c);
	secret_free(secret);
	strbuf_release(&pem);
	X509_free(cert);
	return ts;
}

static json_t *claims_of(const char *jwt)
{
	const char *dot = strchr(jwt, '.') + 1;
	CLEANUP(free_ptr) char *text = xstrndup(dot, strcspn(dot, "."));
	CLEANUP(free_ptr) char *plain = NULL;
	size_t len;

	assert_int_equal(digest_unbase64url(text, &plain, &len), 0);
	return jsonx_parse(plain, len, 0, NULL);
}

static void check_sent_assertion(struct rig *r, EVP_PKEY *key)
{
	CLEANUP(free_ptr) char *jwt = field(r, "client_assertion");
	CLEANUP(free_ptr) char *signature = NULL;
	CLEANUP(free_ptr)
	char *audience = xasprintf("%s/tenant-1/oauth2/v2.0/token", r->base);
	CLEANUP(jsonx_unref) json_t *claims = NULL;
	const char *last;
	int64_t exp;
	size_t len;

	assert_non_null(jwt);
	last = strrchr(jwt, '.');
	claims = claims_of(jwt);
	assert_string_equal(jsonx_str(claims, "aud"), audience);
	assert_true(jsonx_int(claims, "exp", &exp));
	assert_int_equal(exp, (RIG_WALL_MS + r->mono_ms) / 1000 + 600);
	assert_int_equal(digest_unbase64url(last + 1, &signature, &len), 0);
	assert_true(certificate_verifies(key, jwt, (size_t)(last - jwt),
					 signature, len));
}

static void test_certificate(void **state)
{
	struct rig *r = *state;
	EVP_PKEY *key = certificate_key(2048);
	struct token_source *ts = certificate_source(r, key, WALL_S + 86400);

	assert_int_equal(token_certificate_ends_ms(ts),
			 RIG_WALL_MS + (int64_t)86400 * 1000);
	assert_int_equal(rig_ask(r, ts), 1);
	assert_string_equal(r->token, "token-1");
	assert_ptr_equal(rig_find(r, "POST /tenant-1/oauth2/v2.0/token "),
			 rig_last_request(r));
	expect_field(r, "client_id", "id-1");
	expect_field(r, "grant_type", "client_credentials");
	expect_field(r, "client_assertion_type", JWT_BEARER);
	assert_false(has_field(r, "client_secret"));
	check_sent_assertion(r, key);
	/* A new one for each request. */
	rig_tick(r, 50 * RIG_MINUTE);
	assert_int_equal(rig_ask(r, ts), 1);
	check_sent_assertion(r, key);
	assert_string_not_equal(r->requests.v[0], r->requests.v[1]);
	assert_null(strstr(rig_last_request(r), "PRIVATE"));
	token_source_free(ts);
	EVP_PKEY_free(key);
}

/* Nobody is asked when it cannot help; the old token lives until its end. */
static void test_certificate_ends(void **state)
{
	struct rig *r = *state;
	EVP_PKEY *key = certificate_key(2048);
	struct token_source *ts = certificate_source(r, key, WALL_S + 2400);

	assert_int_equal(rig_ask(r, ts), 1);
	rig_tick(r, 50 * RIG_MINUTE);
	assert_int_equal(rig_ask(r, ts), 0);
	assert_string_equal(r->token, "token-1");
	rig_tick(r, 10 * RIG_MINUTE);
	assert_int_equal(rig_ask(r, ts), 0);
	assert_int_equal(r->err.code, ERR_AUTH);
	assert_non_null(strstr(r->err.text, "client-certificate ended at"));
	token_source_free(ts);
	EVP_PKEY_free(key);
}

static void test_certificate_unusable(void **state)
{
	struct rig *r = *state;
	struct token_conf c = conf_of(r, AUTH_CLIENT_CERTIFICATE);
	struct secret *secret = secret_new("nonsense", 8);
	struct token_source *ts;

	c.client_secret = secret;
	ts = token_source_new(r->pool, &c);
	secret_free(secret);
	assert_int_equal(token_certificate_ends_ms(ts), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(rig_ask(r, ts), 0);
		assert_int_equal(r->err.code, ERR_AUTH);
		assert_non_null(strstr(r->err.text, "client-certificate"));
		assert_null(strstr(r->err.text, "nonsense"));
		rig_tick(r, 10 * RIG_MINUTE);
	}
	token_source_free(ts);
}

/* --- workload identity --- */

static void test_workload_identity(void **state)
{
	struct rig *r = *state;
	struct token_conf c = conf_of(r, AUTH_WORKLOAD_IDENTITY);
	CLEANUP(free_ptr) char *path = xasprintf("%s/token", r->dir);
	struct token_source *ts;

	c.federated_token_file = path;
	ts = token_source_new(r->pool, &c);
	/* Not mounted yet: passes, in seconds. */
	assert_int_equal(rig_ask(r, ts), 0);
	assert_int_equal(r->err.code, -ENOENT);
	rig_tick(r, 7000);
	rig_put(path, "first.one.x\n", 0644);
	assert_int_equal(rig_ask(r, ts), 1);
	expect_field(r, "client_assertion", "first.one.x");
	expect_field(r, "client_assertion_type", JWT_BEARER);
	assert_false(has_field(r, "client_secret"));
	/* Rotated: seen at the very next request. */
	rig_put(path, "second.one.x", 0644);
	rig_tick(r, 50 * RIG_MINUTE);
	assert_int_equal(rig_ask(r, ts), 1);
	expect_field(r, "client_assertion", "second.one.x");
	unlink(path);
	token_source_free(ts);
}

static void test_assertion_is_not_echoed(void **state)
{
	static const struct rig_answer answer = {
		401, NULL,
		"{\"error\":\"invalid_client\",\"error_codes\":[700213],"
		"\"error_description\":\"AADSTS700213: no match for "
		"eyJhbGciOiJSUzI1NiIsImtpZCI6IjEy...\"}"
	};
	struct rig *r = *state;
	struct token_conf c = conf_of(r, AUTH_WORKLOAD_IDENTITY);
	CLEANUP(free_ptr) char *path = xasprintf("%s/token", r->dir);
	struct token_source *ts;

	c.federated_token_file = path;
	rig_put(path, "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEyMzQ1Njc4In0.a.b", 0644);
	ts = token_source_new(r->pool, &c);
	rig_say(r, &answer, 1);
	assert_int_equal(rig_ask(r, ts), 1);
	assert_int_equal(r->err.code, ERR_AUTH);
	assert_null(strstr(r->err.text, "eyJ"));
	unlink(path);
	token_source_free(ts);
}

/* --- legacy token --- */

static struct token_source *legacy_source(struct rig *r, const char *token)
{
	struct token_conf c = conf_of(r, AUTH_TOKEN);
	struct secret *secret = secret_new(token, strlen(token));
	struct token_source *ts;

	c.client_secret = secret;
	c.login = NULL;
	c.tenant = NULL;
	c.client_id = NULL;
	ts = token_source_new(r->pool, &c);
	secret_free(secret);
	return ts;
}

static void test_legacy_token(void **state)
{
	struct rig *r = *state;
	struct token_source *ts = legacy_source(r, "SECRET-1==");

	assert_string_equal(token_scheme(ts), "Token");
	rig_ask(r, ts);
	assert_string_equal(r->token, "SECRET-1==");
	rig_tick(r, 100000 * RIG_MINUTE);
	rig_ask(r, ts);
	assert_string_equal(r->token, "SECRET-1==");
	/* Refused: an error for five minutes, and then it is tried. */
	token_reject(ts, "SECRET-1==");
	rig_ask(r, ts);
	assert_int_equal(r->err.code, ERR_AUTH);
	assert_null(strstr(r->err.text, "SECRET"));
	rig_tick(r, 5 * RIG_MINUTE - 1);
	rig_ask(r, ts);
	assert_int_equal(r->err.code, ERR_AUTH);
	rig_tick(r, 2 * RIG_MINUTE);
	rig_ask(r, ts);
	assert_string_equal(r->token, "SECRET-1==");
	token_challenge(ts, "SECRET-1==", "Bearer claims=\"e30\"");
	rig_tick(r, 7 * RIG_MINUTE);
	rig_ask(r, ts);
	assert_int_equal(r->err.code, ERR_AUTH); /* doubled */
	assert_int_equal(r->requests.n, 0);
	token_source_free(ts);
	ts = legacy_source(r, "two\nlines");
	rig_ask(r, ts);
	assert_int_equal(r->err.code, ERR_AUTH);
	token_source_free(ts);
}

/* --- claims --- */

static struct token_source *secret_source(struct rig *r)
{
	struct token_conf c = conf_of(r, AUTH_CLIENT_SECRET);
	struct secret *secret = secret_new("s3cret", 6);
	struct token_source *ts;

	c.client_secret = secret;
	ts = token_source_new(r->pool, &c);
	secret_free(secret);
	return ts;
}

/* {"a":1} */
#define CHALLENGE                                                              \
	"Bearer error=\"insufficient_claims\", claims=\"eyJhIjoxfQ==\""

static void test_claims(void **state)
{
	struct rig *r = *state;
	struct token_source *ts = secret_source(r);

	assert_int_equal(rig_ask(r, ts), 1);
	assert_false(has_field(r, "claims"));
	token_challenge(ts, "token-1", CHALLENGE);
	assert_int_equal(rig_ask(r, ts), 1);
	expect_field(r, "claims", "%7B%22a%22%3A1%7D");
	assert_string_equal(r->token, "token-2");
	/* Another poller was refused with the old one: no further request. */
	token_challenge(ts, "token-1", CHALLENGE);
	assert_int_equal(rig_ask(r, ts), 0);
	/* The next renewal is an ordinary one. */
	rig_tick(r, 50 * RIG_MINUTE);
	assert_int_equal(rig_ask(r, ts), 1);
	assert_false(has_field(r, "claims"));
	token_source_free(ts);
}

/* They wait for a success, over a failure that passes. */
static void test_claims_outlive_a_failure(void **state)
{
	static const struct rig_answer down = { 503, NULL, NULL };
	struct rig *r = *state;
	struct token_source *ts = secret_source(r);

	rig_ask(r, ts);
	token_challenge(ts, "token-1", CHALLENGE);
	rig_say(r, &down, 1);
	assert_int_equal(rig_ask(r, ts), 1);
	rig_tick(r, 7000);
	assert_int_equal(rig_ask(r, ts), 1);
	assert_true(has_field(r, "claims"));
	assert_int_equal(r->err.code, 0);
	token_source_free(ts);
}

/* A token with the claims is refused as well: an end, not a loop. */
static void test_claims_do_not_help(void **state)
{
	struct rig *r = *state;

	for (int with = 0; with < 2; with++) {
		struct token_source *ts = secret_source(r);

		rig_ask(r, ts);
		token_challenge(ts, r->token, CHALLENGE);
		assert_int_equal(rig_ask(r, ts), 1);
		token_challenge(ts, r->token, with ? CHALLENGE : "Bearer");
		for (int i = 0; i < 20; i++) {
			assert_int_equal(rig_ask(r, ts), 0);
			assert_int_equal(r->err.code, ERR_AUTH);
			rig_tick(r, 14000);
		}
		assert_non_null(strstr(r->err.text, "Conditional Access"));
		rig_tick(r, 8 * RIG_MINUTE);
		assert_int_equal(rig_ask(r, ts), 1); /* mended? */
		assert_int_equal(has_field(r, "claims"), with);
		assert_int_equal(r->err.code, 0);
		token_source_free(ts);
	}
}

/* A day of refusals costs so many requests and no more. */
static void test_refusals_are_no_storm(void **state)
{
	struct rig *r = *state;

	for (int with = 0; with < 2; with++) {
		struct token_source *ts = secret_source(r);
		size_t n = r->requests.n;

		for (int i = 0; i < 24 * 60 * 2; i++) {
			rig_ask(r, ts);
			if (r->token[0])
				token_challenge(ts, r->token,
						with ? CHALLENGE : "Bearer x");
			rig_tick(r, 30000);
		}
		n = r->requests.n - n;
		if (n < 24 || n > 24 * 3)
			fail_msg("%zu requests", n);
		token_source_free(ts);
	}
}

/* What is not understood is a plain refusal. */
static void test_malformed_claims(void **state)
{
	struct rig *r = *state;
	struct token_source *ts = secret_source(r);

	rig_ask(r, ts);
	token_challenge(ts, "token-1", "Bearer claims=\"%%%\"");
	assert_int_equal(rig_ask(r, ts), 1);
	assert_false(has_field(r, "claims"));
	assert_string_equal(r->token, "token-2");
	/* A second plain one so soon keeps the new token. */
	token_challenge(ts, "token-2", "");
	assert_int_equal(rig_ask(r, ts), 0);
	assert_string_equal(r->token, "token-2");
	rig_tick(r, 7 * RIG_MINUTE);
	token_reject(ts, "token-2");
	assert_int_equal(rig_ask(r, ts), 1);
	assert_string_equal(r->token, "token-3");
	token_source_free(ts);
}

/* Claims that come while a renewal without them is in flight. */
static void test_claims_while_asking(void **state)
{
	static const struct rig_answer silence = { RIG_HANGS, NULL, NULL };
	struct rig *r = *state;
	struct token_source *ts = secret_source(r);
	int n;

	rig_ask(r, ts);
	rig_tick(r, 50 * RIG_MINUTE);
	rig_say(r, &silence, 1);
	n = r->n_seen;
	token_get(ts, rig_on_token, r);
	while (r->requests.n < 2)
		loop_turn(r->loop, 1000);
	token_challenge(ts, "token-1", CHALLENGE);
	while (r->n_seen == n)
		loop_turn(r->loop, 1000);
	assert_true(has_field(r, "claims"));
	assert_int_equal(r->err.code, 0);
	token_source_free(ts);
}

/* A tenant that is throttled by name is left alone for minutes. */
static void test_throttled_tenant(void **state)
{
	static const struct rig_answer answer = {
		400, NULL,
		"{\"error\":\"invalid_request\",\"error_codes\":[90055],"
		"\"error_description\":\"AADSTS90055: Too many.\"}"
	};
	struct rig *r = *state;
	struct token_source *ts = secret_source(r);

	rig_say(r, &answer, 1);
	assert_int_equal(rig_ask(r, ts), 1);
	assert_int_equal(r->err.code, ERR_THROTTLED);
	rig_tick(r, 5 * RIG_MINUTE - 1);
	assert_int_equal(rig_ask(r, ts), 0);
	rig_tick(r, 2 * RIG_MINUTE);
	assert_int_equal(rig_ask(r, ts), 1);
	assert_int_equal(r->err.code, 0);
	token_source_free(ts);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_certificate),
		TEST(test_certificate_ends),
		TEST(test_certificate_unusable),
		TEST(test_workload_identity),
		TEST(test_assertion_is_not_echoed),
		TEST(test_legacy_token),
		TEST(test_claims),
		TEST(test_claims_outlive_a_failure),
		TEST(test_claims_do_not_help),
		TEST(test_refusals_are_no_storm),
		TEST(test_malformed_claims),
		TEST(test_claims_while_asking),
		TEST(test_throttled_tenant),
	};

	alarm(120);
	jsonx_init();
	return cmocka_run_group_tests_name("token_request", tests, NULL, NULL);
}
