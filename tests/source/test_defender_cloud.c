/* The poll of Defender for Cloud: discovery, then one listing each. */
#include "source/source.h"

#include "source/cloud.h"
#include "source/resource_graph_priv.h"
#include "util/clock.h"

#define SUBS "/subscriptions?api-version=2022-12-01 "
#define OF(s)                                                                  \
	"/subscriptions/" s                                                    \
	"/providers/Microsoft.Security/alerts?api-version=2022-01-01 "
#define EMPTY "{\"value\":[]}"
#define TWO                                                                    \
	"{\"value\":[{\"subscriptionId\":\"aaa\",\"state\":\"Enabled\"},"      \
	"{\"subscriptionId\":\"bbb\"},{\"subscriptionId\":\"AAA\"}],"          \
	"\"count\":{\"type\":\"Total\",\"value\":2}}"
#define BUT_ONE                                                                \
	"{\"value\":[{\"subscriptionId\":\"ddd\"},"                            \
	"{\"subscriptionId\":\"bbb\"}]}"
#define WHOLE "{\"count\":0,\"data\":[],\"resultTruncated\":\"false\"}"
#define FORBIDDEN "{\"error\":{\"code\":\"AuthorizationFailed\"}}"

struct fixture {
	struct cloud cloud;
	struct source *source;
	char endpoint[64];
};

static void open_conf(struct fixture *f, const struct answer *answers,
		      struct source_conf *conf)
{
	cloud_open(&f->cloud, answers);
	f->cloud.any_order = true;
	snprintf(f->endpoint, sizeof(f->endpoint), "http://127.0.0.1:%d",
		 f->cloud.api.port);
	conf->name = (char *)"azure";
	conf->type = SOURCE_DEFENDER_FOR_CLOUD;
	conf->tenant = (char *)"tenant-1";
	conf->client_id = (char *)"client-1";
	conf->resource_manager = f->endpoint;
	f->source = source_new(conf, &f->cloud.env);
	strlist_release(&conf->subscriptions);
	strlist_release(&conf->management_groups);
}

static void open_fixture(struct fixture *f, const struct answer *answers,
			 const char *subscription)
{
	struct source_conf conf = { 0 };

	if (subscription)
		strlist_add(&conf.subscriptions, subscription);
	open_conf(f, answers, &conf);
}

static void open_graph(struct fixture *f, const struct answer *answers,
		       const char *subscription, const char *group)
{
	struct source_conf conf = { .resource_graph = true };

	if (subscription)
		strlist_add(&conf.subscriptions, subscription);
	if (group)
		strlist_add(&conf.management_groups, group);
	open_conf(f, answers, &conf);
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
	assert_string_equal(r.error,
			    "aaa: HTTP 403 AuthorizationFailed: grant the role "
			    "Security Reader: az role assignment create "
			    "--assignee client-1 --role \"Security Reader\" "
			    "--scope /subscriptions/aaa");
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

static void wait_an_hour(void)
{
	clock_hold(clock_wall_ms() + 3600000, clock_mono_ms() + 3600000);
}

/* Asked hourly. A failing discovery: those of the last one are read all the
 * same, and it is asked again with the next poll. */
static void test_hourly(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER(SUBS, 200, TWO),	       ANSWER(OF("aaa"), 200, EMPTY),
		ANSWER(OF("bbb"), 200, EMPTY), ANSWER(OF("aaa"), 200, EMPTY),
		ANSWER(OF("bbb"), 200, EMPTY), ANSWER(SUBS, 400, ""),
		ANSWER(OF("aaa"), 200, EMPTY), ANSWER(OF("bbb"), 200, EMPTY),
		ANSWER(SUBS, 200, BUT_ONE),    ANSWER(OF("bbb"), 200, EMPTY),
		ANSWER(OF("ddd"), 200, EMPTY),
	};
	struct fixture f;
	struct source_result r;

	(void)state;
	open_fixture(&f, answers, NULL);
	assert_int_equal(poll(&f).n_listings, 3);
	assert_int_equal(poll(&f).n_listings, 2);
	wait_an_hour();
	r = poll(&f);
	assert_false(r.complete);
	assert_string_equal(r.error, "subscriptions: HTTP 400");
	assert_int_equal(r.n_listings, 3);
	assert_int_equal(f.cloud.door.notes.n, 0);
	r = poll(&f);
	assert_true(r.complete);
	assert_int_equal(r.n_listings, 3);
	assert_int_equal(f.cloud.door.notes.n, 2);
	clock_release();
	close_fixture(&f);
}

/* What is refused or gone is looked for again before the hour is over. */
static void test_doubt(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER(SUBS, 200, TWO),
		ANSWER(OF("aaa"), 404,
		       "{\"error\":{\"code\":\"SubscriptionNotFound\"}}"),
		ANSWER(OF("bbb"), 200, EMPTY),
		ANSWER(SUBS, 200, "{\"value\":[{\"subscriptionId\":\"bbb\"}]}"),
		ANSWER(OF("bbb"), 200, EMPTY),
	};
	struct fixture f;
	struct source_result r;

	(void)state;
	open_fixture(&f, answers, NULL);
	r = poll(&f);
	assert_string_equal(r.error, "aaa: HTTP 404 SubscriptionNotFound");
	assert_true(poll(&f).complete);
	assert_string_equal(f.cloud.door.notes.v[0],
			    "subscription-lost {\"subscription\":\"aaa\"}");
	close_fixture(&f);
}

#define SPENT(s, code)                                                         \
	ANSWER(OF(s), 429, "{\"error\":{\"code\":\"" code "\"}}",              \
	       .headers = "Retry-After: 600\r\n")
#define MINUTE_MS 60000

static void open_many(struct fixture *f, const struct answer *answers,
		      const char *const *ids)
{
	struct source_conf conf = { .interval_ms = MINUTE_MS };

	for (; *ids; ids++)
		strlist_add(&conf.subscriptions, *ids);
	open_conf(f, answers, &conf);
}

static void wait_for(int64_t ms)
{
	clock_hold(clock_wall_ms() + ms, clock_mono_ms() + ms);
}

/* A subscription's quota is its own: the others are read meanwhile, and it is
 * not asked before it may be. */
static void test_one_waits(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		SPENT("aaa", "SubscriptionRequestsThrottled"),
		ANSWER(OF("bbb"), 200, EMPTY),
		ANSWER(OF("ccc"), 403, FORBIDDEN),
		ANSWER(OF("bbb"), 200, EMPTY),
		ANSWER(OF("ccc"), 200, EMPTY),
		ANSWER(OF("aaa"), 200, EMPTY),
		ANSWER(OF("bbb"), 200, EMPTY),
		ANSWER(OF("ccc"), 200, EMPTY),
	};
	static const char *const ids[] = { "aaa", "bbb", "ccc", NULL };
	struct fixture f;
	struct source_result r;

	(void)state;
	clock_hold(INT64_C(1600000000000), 1000000);
	open_many(&f, answers, ids);
	r = poll(&f);
	assert_false(r.complete);
	assert_int_equal(r.retry_after_ms, MINUTE_MS);
	wait_for(599999);
	r = poll(&f);
	assert_false(r.complete);
	assert_string_equal(r.error,
			    "aaa: HTTP 429 SubscriptionRequestsThrottled; the "
			    "service asks to wait 600 s, until "
			    "2020-09-13T12:36:40Z");
	assert_int_equal(r.retry_after_ms, 1);
	assert_int_equal(r.n_listings, 2);
	wait_for(1);
	r = poll(&f);
	assert_true(r.complete);
	assert_int_equal(r.retry_after_ms, 0);
	assert_int_equal(f.cloud.door.n_rows, 8);
	clock_release();
	close_fixture(&f);
}

/* One that waits is not one that is refused, and hides no other trouble. */
static void test_waits_beside_forbidden(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		SPENT("aaa", "ResourceRequestsThrottled"),
		ANSWER(OF("bbb"), 200, EMPTY),
		ANSWER(OF("bbb"), 403, FORBIDDEN),
	};
	static const char *const ids[] = { "aaa", "bbb", NULL };
	struct fixture f;
	struct source_result r;

	(void)state;
	open_many(&f, answers, ids);
	assert_false(poll(&f).complete);
	r = poll(&f);
	assert_false(r.auth_failed);
	assert_non_null(strstr(r.error, "bbb: HTTP 403"));
	close_fixture(&f);
}

/* With nobody else to ask, nothing is to be done before. */
static void test_all_wait(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		SPENT("aaa", "SubscriptionRequestsThrottled"),
		SPENT("bbb", "TooManyRequests"),
	};
	static const char *const ids[] = { "aaa", "bbb", NULL };
	struct fixture f;
	struct source_result r;

	(void)state;
	clock_hold(INT64_C(1600000000000), 1000000);
	open_many(&f, answers, ids);
	assert_int_equal(poll(&f).retry_after_ms, 600000);
	wait_for(1000);
	r = poll(&f);
	assert_int_equal(r.retry_after_ms, 599000);
	assert_int_equal(r.n_listings, 0);
	assert_false(r.complete);
	clock_release();
	close_fixture(&f);
}

#define FIVE                                                                   \
	{                                                                      \
		"aaa", "bbb", "ccc", "ddd", "eee", NULL                        \
	}

/* What a tenant may ask is spent for every subscription. */
static void test_tenant_waits(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		SPENT("aaa", "TenantRequestsThrottled"),
		SPENT("bbb", "TenantRequestsThrottled"),
		SPENT("ccc", "TenantRequestsThrottled"),
		SPENT("ddd", "TenantRequestsThrottled"),
	};
	static const char *const ids[] = FIVE;
	struct fixture f;
	struct source_result r;

	(void)state;
	open_many(&f, answers, ids);
	r = poll(&f);
	assert_false(r.complete);
	assert_int_equal(r.retry_after_ms, 600000);
	assert_int_equal(f.cloud.n_answered, 4);
	close_fixture(&f);
}

/* Whose quota it is the service does not say: that of all, if all of those that
 * are asked at a time are told the same. The next poll begins with those that
 * were left out, or they would never be read. */
static void test_doubt_about_quota(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		SPENT("aaa", ""),
		SPENT("bbb", ""),
		SPENT("ccc", ""),
		SPENT("ddd", ""),
		ANSWER(OF("eee"), 200, EMPTY),
		ANSWER(OF("aaa"), 200, EMPTY),
		ANSWER(OF("bbb"), 200, EMPTY),
		ANSWER(OF("ccc"), 200, EMPTY),
		ANSWER(OF("ddd"), 200, EMPTY),
	};
	static const char *const ids[] = FIVE;
	struct fixture f;
	int n_left_out = 0;

	(void)state;
	clock_hold(INT64_C(1600000000000), 1000000);
	open_many(&f, answers, ids);
	assert_int_equal(poll(&f).retry_after_ms, 600000);
	assert_int_equal(f.cloud.door.n_rows, 4);
	wait_for(600000);
	assert_true(poll(&f).complete);
	assert_int_equal(f.cloud.door.n_rows, 9);
	/* Of those that begin together any may be the first. */
	for (size_t i = 4; i < 8; i++)
		n_left_out += f.cloud.door.rows[i].scope[0] == 'e';
	assert_int_equal(n_left_out, 1);
	clock_release();
	close_fixture(&f);
}

/* Others are read: it is theirs alone. */
static void test_no_doubt_about_quota(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		SPENT("aaa", ""),
		SPENT("bbb", ""),
		SPENT("ccc", ""),
		ANSWER(OF("ddd"), 200, EMPTY),
		ANSWER(OF("eee"), 200, EMPTY),
	};
	static const char *const ids[] = FIVE;
	struct fixture f;

	(void)state;
	open_many(&f, answers, ids);
	assert_int_equal(poll(&f).retry_after_ms, MINUTE_MS);
	assert_int_equal(f.cloud.door.n_rows, 5);
	close_fixture(&f);
}

/* The list of subscriptions is the tenant's. */
static void test_discovery_waits(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER(SUBS, 429, "", .headers = "Retry-After: 600\r\n"),
	};
	struct fixture f;
	struct source_result r;

	(void)state;
	open_fixture(&f, answers, NULL);
	r = poll(&f);
	assert_false(r.complete);
	assert_int_equal(r.retry_after_ms, 600000);
	close_fixture(&f);
}

#define SIX                                                                    \
	"{\"value\":[{\"subscriptionId\":\"a\"},{\"subscriptionId\":\"b\"},"   \
	"{\"subscriptionId\":\"c\"},{\"subscriptionId\":\"d\"},"               \
	"{\"subscriptionId\":\"e\"},{\"subscriptionId\":\"f\"}]}"

/* Once nobody gets in, no new listing begins. */
static void test_refused_to_all(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER(SUBS, 200, SIX),	  ANSWER(OF("a"), 401, ""),
		ANSWER(OF("b"), 401, ""), ANSWER(OF("c"), 401, ""),
		ANSWER(OF("d"), 401, ""), ANSWER(OF("a"), 401, ""),
		ANSWER(OF("b"), 401, ""), ANSWER(OF("c"), 401, ""),
		ANSWER(OF("d"), 401, ""),
	};
	struct fixture f;
	struct source_result r;

	(void)state;
	open_fixture(&f, answers, NULL);
	r = poll(&f);
	assert_true(r.auth_failed);
	assert_int_equal(r.n_listings, 5);
	close_fixture(&f);
}

static int n_hanging;

static enum peer_then on_api_hangs(struct peer *p, const char *request,
				   struct strbuf *reply)
{
	(void)p;
	if (strncmp(request, "GET " SUBS, strlen("GET " SUBS)) != 0) {
		n_hanging++;
		return PEER_KEEP;
	}
	strbuf_addf(reply, "HTTP/1.1 200 X\r\nContent-Length: %zu\r\n\r\n%s",
		    strlen(SIX), SIX);
	return PEER_KEEP;
}

static void never(void *arg, const struct source_result *r)
{
	(void)arg;
	(void)r;
	fail_msg("called back after it was freed");
}

static void test_four_at_a_time(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = { 0 };
	struct fixture f;

	(void)state;
	open_fixture(&f, answers, NULL);
	f.cloud.api.fn = on_api_hangs;
	n_hanging = 0;
	source_poll(f.source, never, NULL);
	for (int i = 0; i < 10000 && n_hanging < 4; i++)
		loop_turn(f.cloud.loop, 20);
	/* A fifth would come in the turns after. */
	for (int i = 0; i < 10; i++)
		loop_turn(f.cloud.loop, 5);
	assert_int_equal(n_hanging, 4);
	assert_int_equal(f.cloud.door.n_rows, 5);
	close_fixture(&f);
}

#define GRAPH RESOURCE_GRAPH_PATH " "
#define POSTED(wanted, status, body, ...)                                      \
	ANSWER(GRAPH, status, body, .method = "POST", .wants = (wanted),       \
	       __VA_ARGS__)

/* Rows of both spellings, two pages, one listing; no discovery. */
static void test_resource_graph(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		POSTED("\"resultFormat\":\"objectArray\",\"$top\":1000}", 200,
		       "{\"totalRecords\":2,\"count\":1,\"data\":[" CLOUD_ALERT(
			       "1") "],\"facets\":[],\"resultTruncated\":"
				    "\"false\","
				    "\"$skipToken\":\"to/ken==\"}"),
		POSTED("\"$skipToken\":\"to/ken==\"", 200,
		       "{\"totalRecords\":2,\"count\":1,\"data\":[{\"id\":"
		       "\"/subscriptions/s/providers/Microsoft.Security/"
		       "locations/l/alerts/2\",\"name\":\"2\",\"properties\":"
		       "{\"SystemAlertId\":\"2\",\"AlertDisplayName\":"
		       "\"Title 2\",\"Status\":\"Active\"}}],"
		       "\"resultTruncated\":\"false\"}"),
	};
	struct fixture f;
	struct source_result r;

	(void)state;
	open_graph(&f, answers, NULL, NULL);
	r = poll(&f);
	assert_string_equal(r.error, "");
	assert_true(r.complete);
	assert_int_equal(r.n_listings, 1);
	assert_string_equal(f.cloud.door.rows[0].scope, "resource-graph");
	assert_true(f.cloud.door.rows[0].complete);
	assert_int_equal(f.cloud.door.ids.n, 2);
	assert_string_equal(f.cloud.door.titles.v[1], "Title 2");
	close_fixture(&f);
}

static void test_resource_graph_scopes(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		POSTED("\"managementGroups\":[\"root\"]", 200, WHOLE),
		POSTED("\"subscriptions\":[\"s1\"]", 200, WHOLE),
	};
	struct fixture f;

	(void)state;
	open_graph(&f, answers, "s1", "root");
	assert_true(poll(&f).complete);
	assert_string_equal(f.cloud.door.rows[0].scope, "resource-graph");
	assert_string_equal(f.cloud.door.rows[1].scope,
			    "resource-graph subscriptions");
	close_fixture(&f);
}

/* What proves nothing is not complete, though its rows are kept. */
static void test_resource_graph_flaws(void **state)
{
	static const struct {
		struct answer answers[CLOUD_ANSWERS];
		const char *error;
	} rows[] = {
		{ { POSTED(NULL, 200,
			   "{\"data\":[" CLOUD_ALERT(
				   "1") "],\"resultTruncated\":\"true\"}") },
		  "truncated and has no token" },
		{ { POSTED(NULL, 200, "{\"data\":[" CLOUD_ALERT("1") "]}") },
		  "does not say whether" },
		{ { POSTED(NULL, 200,
			   "{\"count\":2,\"data\":[" CLOUD_ALERT(
				   "1") "],\"resultTruncated\":\"false\"}") },
		  "has 1 rows and says 2" },
		{ { POSTED(NULL, 200,
			   "{\"data\":[" CLOUD_ALERT(
				   "1") "],\"resultTruncated\":\"false\"}",
			   .headers = "x-ms-tenant-subscription-limit-hit: "
				      "true\r\n") },
		  "more subscriptions than one answer covers" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fixture f;
		struct source_result r;

		open_graph(&f, rows[i].answers, NULL, NULL);
		r = poll(&f);
		assert_false(r.complete);
		if (!strstr(r.error, rows[i].error))
			fail_msg("%s", r.error);
		assert_int_equal(f.cloud.door.ids.n, 1);
		close_fixture(&f);
	}
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
		cmocka_unit_test(test_nobody_gets_in),
		cmocka_unit_test(test_hourly),
		cmocka_unit_test(test_doubt),
		cmocka_unit_test(test_one_waits),
		cmocka_unit_test(test_waits_beside_forbidden),
		cmocka_unit_test(test_all_wait),
		cmocka_unit_test(test_tenant_waits),
		cmocka_unit_test(test_doubt_about_quota),
		cmocka_unit_test(test_no_doubt_about_quota),
		cmocka_unit_test(test_discovery_waits),
		cmocka_unit_test(test_store_refuses),
		cmocka_unit_test(test_refused_to_all),
		cmocka_unit_test(test_four_at_a_time),
		cmocka_unit_test(test_resource_graph),
		cmocka_unit_test(test_resource_graph_scopes),
		cmocka_unit_test(test_resource_graph_flaws),
		cmocka_unit_test(test_abandon),
	};

	alarm(60);
	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
