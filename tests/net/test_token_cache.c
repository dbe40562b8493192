/* net/token_cache: who shares a token, and who must not. */
#include "net/token_rig.h"

struct shared {
	struct token_cache *cache;
	struct secret *secret;
	struct token_conf conf;
};

static void shared_open(struct rig *r, struct shared *s)
{
	s->cache = token_cache_new(r->pool);
	s->secret = secret_new("s3cret", 6);
	s->conf = (struct token_conf){ .method = AUTH_CLIENT_SECRET,
				       .login = r->base,
				       .tenant = "t",
				       .client_id = "c",
				       .client_secret = s->secret,
				       .scope = "https://a/.default" };
}

static void shared_close(struct shared *s)
{
	assert_null(token_cache_free(s->cache));
	secret_free(s->secret);
}

/* Two sources of one sign-in: one request for both. */
static void test_one_request_for_two(void **state)
{
	struct rig *r = *state;
	struct shared s;
	struct token_source *a, *b;
	struct secret *same = secret_new("s3cret", 6);

	shared_open(r, &s);
	a = token_cache_get(s.cache, &s.conf);
	s.conf.client_secret = same; /* another object, the same bytes */
	b = token_cache_get(s.cache, &s.conf);
	assert_ptr_equal(a, b);
	token_get(a, rig_on_token, r);
	token_get(b, rig_on_token, r);
	while (r->n_seen < 2)
		loop_turn(r->loop, 1000);
	assert_int_equal(r->requests.n, 1);
	assert_string_equal(r->token, "token-1");
	/* One refusal is the refusal of both. */
	token_reject(a, "token-1");
	assert_int_equal(rig_ask(r, b), 1);
	assert_int_equal(rig_ask(r, a), 0);
	assert_string_equal(r->token, "token-2");
	secret_free(same);
	shared_close(&s);
}

static void test_differences(void **state)
{
	struct rig *r = *state;
	struct shared s;
	struct secret *other = secret_new("s3cret2", 7);
	struct token_source *seen[11];
	size_t n = 0;

	shared_open(r, &s);
	seen[n++] = token_cache_get(s.cache, &s.conf);
#define WITH(field, value)                                                     \
	do {                                                                   \
		struct token_conf c = s.conf;                                  \
		c.field = (value);                                             \
		seen[n++] = token_cache_get(s.cache, &c);                      \
	} while (0)
	WITH(method, AUTH_TOKEN);
	WITH(login, "http://127.0.0.1:1");
	WITH(tenant, "t2");
	WITH(client_id, "c2");
	WITH(client_secret, other);
	WITH(scope, "https://b/.default");
	WITH(ca_file, "/ca.pem");
	WITH(proxy, "http://proxy:3128");
	WITH(federated_token_file, "/f");
	WITH(instance_metadata, "http://127.0.0.1:2");
#undef WITH
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			assert_ptr_not_equal(seen[i], seen[k]);
	/* All are still there. */
	assert_ptr_equal(token_cache_get(s.cache, &s.conf), seen[0]);
	secret_free(other);
	shared_close(&s);
}

/* The machine has one identity, whichever tenant a source names. */
static void test_machine_has_one_identity(void **state)
{
	struct rig *r = *state;
	struct shared s;
	struct token_source *first;

	shared_open(r, &s);
	s.conf.method = AUTH_MANAGED_IDENTITY;
	s.conf.client_secret = NULL;
	s.conf.instance_metadata = r->base;
	first = token_cache_get(s.cache, &s.conf);
	s.conf.tenant = "t2";
	assert_ptr_equal(token_cache_get(s.cache, &s.conf), first);
	s.conf.client_id = "c2";
	assert_ptr_not_equal(token_cache_get(s.cache, &s.conf), first);
	shared_close(&s);
	assert_null(token_cache_free(NULL));
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_request_for_two),
		TEST(test_differences),
		TEST(test_machine_has_one_identity),
	};

	alarm(60);
	jsonx_init();
	return cmocka_run_group_tests_name("token_cache", tests, NULL, NULL);
}
