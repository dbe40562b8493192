/* Managed identities: a VM's service and Azure Arc's agent, in process. */
#include "net/token_rig.h"

static struct token_source *source_new(struct rig *r, const char *metadata,
				       const char *client_id)
{
	struct token_conf c = {
		.method = AUTH_MANAGED_IDENTITY,
		.client_id = client_id,
		.instance_metadata = metadata,
		.arc_folder = r->dir,
		.scope = "https://management.azure.com/.default",
		.proxy = "http://192.0.2.1:3128",
	};

	return token_source_new(r->pool, &c);
}

static int setup(void **state)
{
	unsetenv("IDENTITY_ENDPOINT");
	unsetenv("IDENTITY_HEADER");
	return rig_setup(state);
}

#define PATH "GET /metadata/identity/oauth2/token?api-version="
#define RESOURCE "&resource=https%3A%2F%2Fmanagement.azure.com"

static void test_virtual_machine(void **state)
{
	struct rig *r = *state;
	struct token_source *ts = source_new(r, r->base, NULL);

	assert_int_equal(rig_ask(r, ts), 1);
	assert_string_equal(r->token, "token-1");
	assert_string_equal(token_scheme(ts), "Bearer");
	assert_ptr_equal(rig_find(r,
				  PATH "2018-02-01" RESOURCE " HTTP/1.1\r\n"),
			 rig_last_request(r));
	assert_non_null(rig_find(r, "\r\nMetadata: true\r\n"));
	assert_null(rig_find(r, "Authorization"));
	/* expires_in came as a string */
	rig_tick(r, 48 * RIG_MINUTE - 1);
	assert_int_equal(rig_ask(r, ts), 0);
	rig_tick(r, 1);
	assert_int_equal(rig_ask(r, ts), 1);
	assert_null(token_source_free(ts));
}

static void test_one_of_several(void **state)
{
	struct rig *r = *state;
	struct token_source *ts = source_new(r, r->base, "id&1");

	rig_ask(r, ts);
	assert_non_null(rig_find(r, RESOURCE "&client_id=id%261 HTTP/1.1\r\n"));
	token_source_free(ts);
}

#define REFUSED                                                                \
	"{\"error\":\"invalid_request\",\"error_description\":"                \
	"\"Identity not found\\r\\nmore\"}"

static const struct {
	struct rig_answer answer;
	int code;
	const char *says;
} refusals[] = {
	{ { 404, NULL, NULL }, ERR_HTTP, "tried again" },
	{ { 410, NULL, NULL }, ERR_HTTP, "tried again" },
	{ { 429, NULL, NULL }, ERR_THROTTLED, "tried again" },
	{ { 500, NULL, "{\"error\":\"unknown\"}" }, ERR_HTTP, "tried again" },
	{ { 503, NULL, "<html>" }, ERR_HTTP, "tried again" },
	{ { 302, NULL, NULL }, ERR_HTTP, "302" },
	{ { 400, NULL, REFUSED },
	  ERR_AUTH,
	  "assign one to it; set client-id when it has several (Identity not "
	  "found)" },
	{ { 403, NULL, NULL }, ERR_AUTH, "himds" },
	{ { 405, NULL, NULL }, ERR_AUTH, "instance-metadata" },
};

static void test_refusals(void **state)
{
	struct rig *r = *state;

	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		struct token_source *ts = source_new(r, r->base, NULL);

		rig_say(r, &refusals[i].answer, 1);
		assert_int_equal(rig_ask(r, ts), 1);
		if (r->err.code != refusals[i].code ||
		    !strstr(r->err.text, refusals[i].says))
			fail_msg("%ld: %d %s", refusals[i].answer.status,
				 r->err.code, r->err.text);
		assert_int_equal(rig_ask(r, ts), 0);
		/* What passes is tried again in seconds, what does not, is
		 * not. */
		rig_tick(r, 7000);
		assert_int_equal(rig_ask(r, ts),
				 refusals[i].code == ERR_AUTH ? 0 : 1);
		token_source_free(ts);
	}
}

static void test_no_service(void **state)
{
	struct rig *r = *state;
	struct token_source *ts = source_new(r, "http://127.0.0.1:1", NULL);

	assert_int_equal(rig_ask(r, ts), 0);
	assert_int_equal(r->err.code, ERR_NET);
	assert_non_null(strstr(r->err.text, "no managed identity service"));
	token_source_free(ts);
}

/* --- Azure Arc --- */

struct arc {
	char endpoint[128], key[128], challenge[256];
};

static struct token_source *arc_new(struct rig *r, struct arc *a,
				    const char *realm)
{
	snprintf(a->endpoint, sizeof(a->endpoint),
		 "%s/metadata/identity/oauth2/token", r->base);
	snprintf(a->key, sizeof(a->key), "%s/x-1.key", r->dir);
	snprintf(a->challenge, sizeof(a->challenge),
		 "WWW-Authenticate: Basic realm=%s\r\n",
		 realm ? realm : a->key);
	setenv("IDENTITY_ENDPOINT", a->endpoint, 1);
	return source_new(r, NULL, "ignored");
}

static void test_arc(void **state)
{
	struct rig *r = *state;
	struct arc a;
	struct token_source *ts = arc_new(r, &a, NULL);
	const struct rig_answer answers[] = {
		{ 401, a.challenge, NULL },
		{ 0 },
		{ 401, a.challenge, NULL },
		{ 0 },
	};

	rig_say(r, answers, ARRAY_SIZE(answers));
	rig_put(a.key, "c2VjcmV0:/+=\n", 0400);
	assert_int_equal(rig_ask(r, ts), 2);
	assert_string_equal(r->token, "token-2");
	assert_ptr_equal(strstr(r->requests.v[0],
				PATH "2019-11-01" RESOURCE " HTTP/1.1\r\n"),
			 r->requests.v[0]);
	assert_null(strstr(r->requests.v[0], "Authorization"));
	assert_non_null(rig_find(r, "\r\nMetadata: true\r\n"));
	assert_non_null(
		rig_find(r, "\r\nAuthorization: Basic c2VjcmV0:/+=\r\n"));
	/* Each time with the key of that time. */
	rig_tick(r, 50 * RIG_MINUTE);
	assert_int_equal(unlink(a.key), 0);
	rig_put(a.key, "second", 0400);
	assert_int_equal(rig_ask(r, ts), 2);
	assert_non_null(rig_find(r, "\r\nAuthorization: Basic second\r\n"));
	unlink(a.key);
	token_source_free(ts);
}

/* The key is sent once; a second 401 is an end, not a loop. */
static void test_arc_refuses_the_key(void **state)
{
	struct rig *r = *state;
	struct arc a;
	struct token_source *ts = arc_new(r, &a, NULL);
	const struct rig_answer answers[] = {
		{ 401, a.challenge, NULL },
		{ 401, a.challenge, "{\"error_description\":\"no: the-key\"}" },
	};

	rig_say(r, answers, ARRAY_SIZE(answers));
	rig_put(a.key, "the-key", 0400);
	assert_int_equal(rig_ask(r, ts), 2);
	assert_int_equal(r->err.code, ERR_AUTH);
	assert_null(strstr(r->err.text, "the-key"));
	assert_int_equal(rig_ask(r, ts), 0);
	unlink(a.key);
	token_source_free(ts);
}

static void test_arc_names_a_foreign_file(void **state)
{
	struct rig *r = *state;
	struct arc a;
	struct token_source *ts = arc_new(r, &a, "/etc/passwd");
	const struct rig_answer answer = { 401, a.challenge, NULL };

	rig_say(r, &answer, 1);
	assert_int_equal(rig_ask(r, ts), 1);
	assert_int_equal(r->err.code, ERR_AUTH);
	assert_non_null(strstr(r->err.text, "/etc/passwd"));
	assert_int_equal(rig_ask(r, ts), 0);
	token_source_free(ts);
}

/* Without a realm a 401 is a refusal like another; and a VM's service that
 * speaks like Arc's agent is not believed. */
static void test_401_is_not_arc(void **state)
{
	struct rig *r = *state;
	struct arc a;
	struct token_source *ts = arc_new(r, &a, NULL);
	const struct rig_answer plain = { 401, NULL, NULL };
	const struct rig_answer challenge = { 401, a.challenge, NULL };

	rig_say(r, &plain, 1);
	assert_int_equal(rig_ask(r, ts), 1);
	assert_int_equal(r->err.code, ERR_AUTH);
	token_source_free(ts);
	rig_put(a.key, "the-key", 0400);
	ts = source_new(r, r->base, NULL);
	rig_say(r, &challenge, 1);
	assert_int_equal(rig_ask(r, ts), 1);
	assert_int_equal(r->err.code, ERR_AUTH);
	unlink(a.key);
	token_source_free(ts);
}

static const struct {
	const char *metadata, *endpoint, *header;
	const char *url;
	bool is_arc;
} places[] = {
	{ NULL, NULL, NULL,
	  "http://169.254.169.254/metadata/identity/oauth2/token", false },
	{ "http://169.254.169.254/", NULL, NULL,
	  "http://169.254.169.254/metadata/identity/oauth2/token", false },
	{ "http://169.254.169.254", "http://localhost:40342/x", NULL,
	  "http://localhost:40342/x", true },
	{ NULL, "http://localhost:40342/x", "app-service",
	  "http://169.254.169.254/metadata/identity/oauth2/token", false },
	{ NULL, "", NULL,
	  "http://169.254.169.254/metadata/identity/oauth2/token", false },
	{ "http://localhost:40342", NULL, NULL,
	  "http://localhost:40342/metadata/identity/oauth2/token", true },
	{ "http://127.0.0.1:40342", NULL, NULL,
	  "http://127.0.0.1:40342/metadata/identity/oauth2/token", true },
	{ "http://127.0.0.1:9000", "http://localhost:40342/x", NULL,
	  "http://127.0.0.1:9000/metadata/identity/oauth2/token", false },
};

static void test_places(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct token_conf c = { .method = AUTH_MANAGED_IDENTITY,
					.scope = "s",
					.instance_metadata =
						places[i].metadata };
		struct token_login l;

		unsetenv("IDENTITY_ENDPOINT");
		unsetenv("IDENTITY_HEADER");
		if (places[i].endpoint)
			setenv("IDENTITY_ENDPOINT", places[i].endpoint, 1);
		if (places[i].header)
			setenv("IDENTITY_HEADER", places[i].header, 1);
		token_login_init(&l, &c);
		assert_string_equal(l.url, places[i].url);
		assert_int_equal(l.is_arc, places[i].is_arc);
		assert_string_equal(l.arc_folder, "/var/opt/azcmagent/tokens");
		token_login_release(&l);
	}
}

/* The key goes to this machine alone, whatever the environment says. */
static void test_arc_is_on_loopback(void **state)
{
	struct rig *r = *state;
	struct token_source *ts;

	setenv("IDENTITY_ENDPOINT", "http://192.0.2.7/token", 1);
	ts = source_new(r, NULL, NULL);
	assert_int_equal(rig_ask(r, ts), 0);
	assert_int_equal(r->err.code, ERR_REFUSED);
	token_source_free(ts);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_virtual_machine),
		TEST(test_one_of_several),
		TEST(test_refusals),
		TEST(test_no_service),
		TEST(test_arc),
		TEST(test_arc_refuses_the_key),
		TEST(test_arc_names_a_foreign_file),
		TEST(test_401_is_not_arc),
		TEST(test_places),
		TEST(test_arc_is_on_loopback),
	};

	alarm(120);
	jsonx_init();
	return cmocka_run_group_tests_name("token_identity", tests, NULL, NULL);
}
