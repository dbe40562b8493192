/* The poll of Defender for Cloud: discovery, then one listing each. */
#include "source/source.h"

#include "source/cloud.h"

#define SUBS "/subscriptions?api-version=2022-12-01 "
#define OF(s)                                                                  \
	"/subscriptions/" s                                                    \
	"/providers/Microsoft.Security/alerts?api-version=2022-01-01 "
#define EMPTY "{\"value\":[]}"
#define TWO                                                                    \
	"{\"value\":[{\"subscriptionId\":\"aaa\",\"state\":\"Enabled\"},"      \
	"{\"subscriptionId\":\"bbb\"},{\"subscriptionId\":\"AAA\"}],"          \
	"\"count\":{\"type\":\"Total\",\"value\":2}}"
#define FORBIDDEN "{\"error\":{\"code\":\"AuthorizationFailed\"}}"

struct fixture {
	struct cloud cloud;
	struct source *source;
	char endpoint[64];
};

static void open_fixture(struct fixture *f, const struct answer *answers,
			 const char *subscription)
{
	struct source_conf conf = {
		.name = (char *)"azure",
		.type = SOURCE_DEFENDER_FOR_CLOUD,
		.tenant = (char *)"tenant-1",
		.resource_manager = f->endpoint,
	};

	cloud_open(&f->cloud, answers);
	snprintf(f->endpoint, sizeof(f->endpoint), "http://127.0.0.1:%d",
		 f->cloud.api.port);
	if (subscription)
		strlist_add(&conf.subscriptions, subscription);
	f->source = source_new(&conf, &f->cloud.env);
	strlist_release(&conf.subscriptions);
}

static void close_fixture(struct fixture *f)
{
	source_free(f->source);
	cloud_close(&f->cloud);
}

static struct source_result poll(struct fixture *f)
{
	return door_poll(f->source, f->cloud.loop);
}

static void test_discovers(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER(SUBS, 200, TWO),
		ANSWER(OF("aaa"), 200, "{\"value\":[" CLOUD_ALERT("1") "]}"),
		ANSWER(OF("bbb"), 200, "{\"value\":[" CLOUD_ALERT("2") "]}"),
	};
	struct fixture f;
	struct source_result r;

	(void)state;
	open_fixture(&f, answers, NULL);
	r = poll(&f);
	assert_true(r.complete);
	assert_string_equal(r.error, "");
	assert_int_equal(r.n_listings, 3);
	assert_string_equal(f.cloud.door.rows[0].scope, "subscriptions");
	assert_int_equal(f.cloud.door.rows[0].n_alerts, 0);
	assert_true(f.cloud.door.rows[0].complete);
	assert_string_equal(f.cloud.door.rows[1].scope, "aaa");
	assert_string_equal(f.cloud.door.rows[2].scope, "bbb");
	assert_int_equal(f.cloud.door.ids.n, 2);
	close_fixture(&f);
}

static void test_configured(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER(OF("ccc"), 200, EMPTY),
		ANSWER(OF("ccc"), 200, EMPTY),
	};
	struct fixture f;

	(void)state;
	open_fixture(&f, answers, "ccc");
	assert_true(poll(&f).complete);
	assert_true(poll(&f).complete);
	assert_int_equal(f.cloud.door.n_rows, 2);
	close_fixture(&f);
}

static void test_one_forbidden(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER(SUBS, 200, TWO),
		ANSWER(OF("aaa"), 403, FORBIDDEN),
		ANSWER(OF("bbb"), 200, "{\"value\":[" CLOUD_ALERT("2") "]}"),
	};
	struct fixture f;
	struct source_result r;

	(void)state;
	open_fixture(&f, answers, NULL);
	r = poll(&f);
	assert_false(r.complete);
	assert_false(r.auth_failed);
	assert_non_null(strstr(r.error, "aaa: HTTP 403 AuthorizationFailed"));
	assert_int_equal(f.cloud.door.ids.n, 1);
	close_fixture(&f);
}

static void test_all_forbidden(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER(OF("ccc"), 403, FORBIDDEN),
	};
	struct fixture f;
	struct source_result r;

	(void)state;
	open_fixture(&f, answers, "ccc");
	r = poll(&f);
	assert_false(r.complete);
	assert_true(r.auth_failed);
	close_fixture(&f);
}

static void test_no_subscription(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER(SUBS, 200, EMPTY),
	};
	struct fixture f;
	struct source_result r;

	(void)state;
	open_fixture(&f, answers, NULL);
	r = poll(&f);
	assert_false(r.complete);
	assert_true(r.auth_failed);
	assert_non_null(strstr(r.error, "sees no subscription"));
	close_fixture(&f);
}

/* What would be a path of its own is not put into one. */
static void test_strange_id(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER(SUBS, 200,
		       "{\"value\":[{\"subscriptionId\":\"../x\"},{\"a\":1},"
		       "{\"subscriptionId\":\"bbb\"}]}"),
		ANSWER(OF("bbb"), 200, EMPTY),
	};
	struct fixture f;
	struct source_result r;

	(void)state;
	open_fixture(&f, answers, NULL);
	r = poll(&f);
	assert_false(r.complete);
	assert_non_null(strstr(r.error, "without a usable id"));
	assert_int_equal(r.n_listings, 2);
	close_fixture(&f);
}

/* A failing discovery: those of the last one are read all the same. */
static void test_keeps_known(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER(SUBS, 200, TWO),	       ANSWER(OF("aaa"), 200, EMPTY),
		ANSWER(OF("bbb"), 200, EMPTY), ANSWER(SUBS, 400, ""),
		ANSWER(OF("aaa"), 200, EMPTY), ANSWER(OF("bbb"), 200, EMPTY),
	};
	struct fixture f;
	struct source_result r;

	(void)state;
	open_fixture(&f, answers, NULL);
	assert_true(poll(&f).complete);
	r = poll(&f);
	assert_false(r.complete);
	assert_string_equal(r.error, "subscriptions: HTTP 400");
	assert_int_equal(r.n_listings, 3);
	close_fixture(&f);
}

static void test_throttled(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER(SUBS, 200, TWO),
		ANSWER(OF("aaa"), 429, "", .headers = "Retry-After: 600\r\n"),
	};
	struct fixture f;
	struct source_result r;

	(void)state;
	open_fixture(&f, answers, NULL);
	r = poll(&f);
	assert_false(r.complete);
	assert_int_equal(r.retry_after_ms, 600000);
	assert_int_equal(r.n_listings, 2);
	close_fixture(&f);
}

static void test_nobody_gets_in(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER(SUBS, 401, ""),
		ANSWER(SUBS, 401, ""),
	};
	struct fixture f;
	struct source_result r;

	(void)state;
	open_fixture(&f, answers, NULL);
	r = poll(&f);
	assert_true(r.auth_failed);
	assert_int_equal(r.n_listings, 1);
	close_fixture(&f);
}

static void test_store_refuses(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER(SUBS, 200, TWO),
	};
	struct fixture f;
	struct source_result r;

	(void)state;
	open_fixture(&f, answers, NULL);
	f.cloud.door.refuse_page = true;
	r = poll(&f);
	assert_false(r.complete);
	assert_string_equal(r.error, "subscriptions: no page today");
	assert_int_equal(r.n_listings, 1);
	close_fixture(&f);
}

static void never(void *arg, const struct source_result *r)
{
	(void)arg;
	(void)r;
	fail_msg("called back after it was freed");
}

static void test_abandon(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER(SUBS, 200, TWO),
		ANSWER(OF("aaa"), 200, EMPTY),
		ANSWER(OF("bbb"), 500, ""),
	};

	(void)state;
	for (int turns = 0; turns < 14; turns++) {
		struct fixture f;

		open_fixture(&f, answers, NULL);
		source_poll(f.source, never, NULL);
		for (int i = 0; i < turns; i++)
			loop_turn(f.cloud.loop, 20);
		f.source = source_free(f.source);
		for (size_t i = 0; i < f.cloud.door.n_rows; i++)
			assert_false(f.cloud.door.rows[i].open);
		close_fixture(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_discovers),
		cmocka_unit_test(test_configured),
		cmocka_unit_test(test_one_forbidden),
		cmocka_unit_test(test_all_forbidden),
		cmocka_unit_test(test_no_subscription),
		cmocka_unit_test(test_strange_id),
		cmocka_unit_test(test_keeps_known),
		cmocka_unit_test(test_throttled),
		cmocka_unit_test(test_nobody_gets_in),
		cmocka_unit_test(test_store_refuses),
		cmocka_unit_test(test_abandon),
	};

	alarm(60);
	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
