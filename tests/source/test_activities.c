/* The audit trail around a moment, against a scripted portal and Graph. */
#include "source/activities.h"

#include "source/cloud.h"
#include "util/clock.h"

#define NOW INT64_C(1780992000000) /* 2026-06-09T08:00:00Z */
#define MOMENT (NOW - 3600000)
#define FROM (MOMENT - 7200000)

#define PATH "/api/v1/activities/"
#define POSTED(w, s, b) ANSWER(PATH, s, b, .method = "POST", .wants = (w))
#define HUNTED(s, b)                                                           \
	ANSWER("/v1.0/security/runHuntingQuery", s, b, .method = "POST",       \
	       .wants = "CloudAppEvents | where Timestamp >= "                 \
			"datetime(2026-06-09T05:00:00.000Z)")
#define PAGE(data, next)                                                       \
	"{\"data\":[" data "],\"hasNext\":" next ",\"total\":9}"
#define ONE(id, ms)                                                            \
	"{\"_id\":\"" id "\",\"timestamp\":" ms ",\"description\":\"Log on\"}"
/* Before, at and behind the moment. */
#define BEFORE "1780988000000"
#define AT "1780988400000"
#define BEHIND "1780989000000"
#define ASC "\"sortDirection\":\"asc\",\"skip\":0"
#define DESC "\"sortDirection\":\"desc\",\"skip\":0"
#define NOTHING PAGE("", "false")
#define WHOM                                                                   \
	"{\"filters\":{\"date\":{\"gte\":1780988400001,\"lte\":"               \
	"1780992000000},\"user.username\":{\"eq\":[\"ada@x.org\"]}}"

struct fixture {
	struct cloud cloud;
	struct activities *activities;
	struct source_conf conf;
	char endpoint[64];
	struct activities_query query;
	struct activities_result *result; /* NULL: not yet */
	struct budget_book *budgets;
};

static void on_done(void *arg, struct activities_result *r)
{
	struct fixture *f = arg;

	assert_null(f->result);
	f->result = r;
}

static void open_fixture(struct fixture *f, enum source_type type,
			 const struct answer *answers)
{
	*f = (struct fixture){ 0 };
	cloud_open(&f->cloud, answers);
	snprintf(f->endpoint, sizeof(f->endpoint), "http://127.0.0.1:%d",
		 f->cloud.api.port);
	f->conf = (struct source_conf){
		.name = (char *)"cloud",
		.type = type,
		.tenant = (char *)"t",
		.auth = AUTH_CLIENT_SECRET,
		.client_id = (char *)"client-1",
		.url = type == SOURCE_CLOUD_APPS ? f->endpoint : NULL,
		.graph = type == SOURCE_CLOUD_APPS ? NULL : f->endpoint,
	};
	f->query = (struct activities_query){ .about = ACTIVITIES_ACCOUNT,
					      .value = "ada@x.org",
					      .from_ms = FROM,
					      .moment_ms = MOMENT,
					      .to_ms = NOW,
					      .most = 500 };
	clock_hold(NOW, 1000000);
}

static void begin(struct fixture *f)
{
	assert_int_equal(activities_check(&f->query, NULL), 0);
	f->activities =
		activities_new(&f->conf, &f->cloud.env, &f->query, on_done, f);
	assert_null(f->result);
}

static void run(struct fixture *f)
{
	begin(f);
	for (int i = 0; i < 10000 && !f->result; i++)
		loop_turn(f->cloud.loop, 1000);
	assert_non_null(f->result);
}

static void close_fixture(struct fixture *f)
{
	clock_release();
	activities_free(f->activities);
	budget_book_free(f->budgets);
	cloud_close(&f->cloud);
}

static void expect_ids(const struct fixture *f, const char *expected)
{
	CLEANUP(strbuf_release) struct strbuf ids = STRBUF_INIT;

	for (size_t i = 0; i < f->result->found.n; i++)
		strbuf_addf(&ids, "%s%s", i ? " " : "",
			    f->result->found.v[i].native_id);
	assert_string_equal(ids.buf, expected);
}

/* Behind the moment oldest first, then before it newest first. */
static void test_portal(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		POSTED(WHOM, 200, PAGE(ONE("c", BEHIND), "true")),
		POSTED("\"skip\":1,", 200, PAGE(ONE("d", BEHIND), "false")),
		POSTED(DESC, 200,
		       PAGE(ONE("b", AT) "," ONE("a", BEFORE), "false")),
	};
	struct fixture f;

	(void)state;
	open_fixture(&f, SOURCE_CLOUD_APPS, answers);
	run(&f);
	assert_string_equal(f.result->error, "");
	assert_string_equal(f.result->trouble, "");
	assert_int_equal(f.result->n_unread, 0);
	expect_ids(&f, "c d b a");
	assert_string_equal(f.result->found.v[0].action, "Log on");
	/* Polls and their ledger have nothing to do with it. */
	assert_int_equal(f.cloud.door.n_rows, 0);
	close_fixture(&f);
}

/* An alert of this minute has no behind. */
static void test_no_behind(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		POSTED(DESC, 200, NOTHING),
	};
	struct fixture f;

	(void)state;
	open_fixture(&f, SOURCE_CLOUD_APPS, answers);
	f.query.moment_ms = NOW + 5;
	run(&f);
	assert_string_equal(f.result->error, "");
	expect_ids(&f, "");
	close_fixture(&f);
}

/* A limit: half from behind, the rest from before, and it is said. */
static void test_limit(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		POSTED(ASC, 200,
		       PAGE(ONE("c", BEHIND) "," ONE("d", BEHIND) "," ONE(
				    "e", BEHIND),
			    "true")),
		POSTED(DESC, 200,
		       PAGE(ONE("b", AT) "," ONE("a", BEFORE), "false")),
	};
	struct fixture f;

	(void)state;
	open_fixture(&f, SOURCE_CLOUD_APPS, answers);
	f.query.most = 3;
	run(&f);
	expect_ids(&f, "c d b");
	assert_string_equal(f.result->trouble,
			    "there are more; the 3 nearest to the alert were "
			    "kept");
	close_fixture(&f);
}

/* Nothing is believed that was not asked for, or that is no activity. */
static void test_strange_entries(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		POSTED(ASC, 200,
		       PAGE(ONE("old",
				"1000000000000") ",17,{\"_id\":5},"
						 "\"x\",null," ONE("c", BEHIND),
			    "false")),
		POSTED(DESC, 200, PAGE(ONE("late", BEHIND), "false")),
	};
	struct fixture f;

	(void)state;
	open_fixture(&f, SOURCE_CLOUD_APPS, answers);
	run(&f);
	expect_ids(&f, "c");
	assert_int_equal(f.result->n_unread, 6);
	close_fixture(&f);
}

/* Always one more page, always the same entry: the limit ends it. */
static void test_endless(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		POSTED(ASC, 200, PAGE(ONE("c", BEHIND), "true")),
		POSTED("\"skip\":1,", 200, PAGE(ONE("c", BEHIND), "true")),
		POSTED("\"skip\":2,", 200, PAGE(ONE("c", BEHIND), "true")),
		POSTED(DESC, 200, PAGE(ONE("b", AT), "true")),
		POSTED("\"skip\":1,", 200, PAGE(ONE("b", AT), "true")),
		POSTED("\"skip\":2,", 200, PAGE(ONE("b", AT), "true")),
	};
	struct fixture f;

	(void)state;
	open_fixture(&f, SOURCE_CLOUD_APPS, answers);
	f.query.most = 6;
	run(&f);
	assert_int_equal(f.result->found.n, 6);
	assert_non_null(strstr(f.result->trouble, "there are more"));
	assert_int_equal(f.cloud.api.n_requests, 6);
	close_fixture(&f);
}

struct refusal {
	const char *name;
	enum source_type type;
	struct answer answers[CLOUD_ANSWERS];
	const char *error;
	bool refused;
	int64_t retry_after_ms;
};

static const struct refusal refusals[] = {
	{ "no permission at the portal",
	  SOURCE_CLOUD_APPS,
	  { POSTED(ASC, 403, "{}") },
	  "HTTP 403: grant the application the permission Investigation.read",
	  true,
	  0 },
	{ "no permission to hunt",
	  SOURCE_GRAPH_HUNTING,
	  { HUNTED(403, "{\"error\":{\"code\":\"Forbidden\"}}") },
	  "ThreatHunting.Read.All: az ad app permission add --id client-1",
	  true,
	  0 },
	{ "another tenant's token",
	  SOURCE_CLOUD_APPS,
	  { POSTED(ASC, 401, "{}"), POSTED(ASC, 401, "{}") },
	  "check that url is this tenant's own",
	  true,
	  0 },
	{ "told to wait for long",
	  SOURCE_CLOUD_APPS,
	  { ANSWER(PATH, 429, "{}", .method = "POST",
		   .headers = "Retry-After: 600\r\n") },
	  "the service asks to wait 600 s",
	  false,
	  600000 },
	{ "no such table",
	  SOURCE_GRAPH_HUNTING,
	  { HUNTED(400, "{\"error\":{\"code\":\"BadRequest\"}}") },
	  "HTTP 400 BadRequest: the query was refused; the table "
	  "CloudAppEvents",
	  false,
	  0 },
	{ "no page at all",
	  SOURCE_CLOUD_APPS,
	  { POSTED(ASC, 200, "{\"value\":[]}") },
	  "no list \"data\"",
	  false,
	  0 },
};

static void test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		const struct refusal *r = &refusals[i];
		struct fixture f;

		open_fixture(&f, r->type, r->answers);
		run(&f);
		if (!strstr(f.result->error, r->error) ||
		    f.result->refused != r->refused ||
		    f.result->retry_after_ms != r->retry_after_ms)
			fail_msg("%s: %s", r->name, f.result->error);
		assert_string_equal(f.result->trouble, "");
		assert_int_equal(f.result->found.n, 0);
		close_fixture(&f);
	}
}

/* What was read before the trouble is kept, with the trouble. */
static void test_half_read(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		POSTED(ASC, 200, PAGE(ONE("c", BEHIND), "false")),
		POSTED(DESC, 200, "{\"data\":[" ONE("b", AT) "]}"),
	};
	struct fixture f;

	(void)state;
	open_fixture(&f, SOURCE_CLOUD_APPS, answers);
	run(&f);
	assert_string_equal(f.result->error, "");
	assert_non_null(strstr(f.result->trouble, "hasNext"));
	expect_ids(&f, "c b");
	close_fixture(&f);
}

static void test_hunting(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		HUNTED(200,
		       "{\"schema\":[],\"results\":["
		       "{\"ReportId\":\"a\",\"Timestamp\":"
		       "\"2026-06-09T07:00:00Z\",\"ActionType\":\"UserLoggedIn"
		       "\"},{\"ReportId\":\"b\",\"Timestamp\":"
		       "\"2026-06-09T07:10:00Z\"},{\"ReportId\":\"c\","
		       "\"Timestamp\":\"2026-06-09T07:20:00Z\"}]}"),
	};
	struct fixture f;

	(void)state;
	open_fixture(&f, SOURCE_GRAPH_HUNTING, answers);
	f.query.most = 2;
	run(&f);
	assert_string_equal(f.result->error, "");
	expect_ids(&f, "a b");
	assert_string_equal(f.result->found.v[0].action, "UserLoggedIn");
	assert_non_null(strstr(f.result->trouble, "there are more"));
	close_fixture(&f);
}

/* The tenant's budget is spent for longer than anybody waits. */
static void test_waits_for_its_turn(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		POSTED(ASC, 200, NOTHING),
		POSTED(DESC, 200, NOTHING),
	};
	struct activities_progress p;
	struct fixture f;

	(void)state;
	open_fixture(&f, SOURCE_CLOUD_APPS, answers);
	f.budgets = budget_book_new();
	f.cloud.env.budget = budget_get(f.budgets, "t cloud-apps", 30);
	budget_pause(f.cloud.env.budget, clock_mono_ms(), 20000);
	begin(&f);
	loop_turn(f.cloud.loop, 0);
	activities_progress(f.activities, &p);
	assert_int_equal(p.wait_ms, 20000);
	assert_int_equal(p.n_found, 0);
	assert_int_equal(f.cloud.api.n_requests, 0);
	/* Given up in the middle: nobody is called. */
	f.activities = activities_free(f.activities);
	loop_turn(f.cloud.loop, 0);
	assert_null(f.result);
	close_fixture(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_portal),
		cmocka_unit_test(test_no_behind),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_strange_entries),
		cmocka_unit_test(test_endless),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_half_read),
		cmocka_unit_test(test_hunting),
		cmocka_unit_test(test_waits_for_its_turn),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
