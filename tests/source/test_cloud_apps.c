/* The poll of Defender for Cloud Apps: new alerts, then resolved ones. */
#include "source/source.h"

#include "source/cloud.h"
#include "util/clock.h"

#define DAY INT64_C(86400000)
/* Tuesday 2026-06-09 08:00 UTC. */
#define NOW INT64_C(1780992000000)
#define T0 "1780991000000"

#define ALERTS "/api/v1/alerts/ "
#define POSTED(wanted, status, body, ...)                                      \
	ANSWER(ALERTS, status, body, .method = "POST", .wants = (wanted),      \
	       __VA_ARGS__)
#define BY_DATE "{\"filters\":{\"date\":{\"gte\":"
#define BY_CLOSE "{\"filters\":{\"resolutionDate\":{\"gte\":"
#define SKIP(n) "\"sortField\":\"date\",\"sortDirection\":\"asc\",\"skip\":" n
#define ONE(id, more)                                                          \
	"{\"_id\":\"" id "\",\"timestamp\":" T0 ",\"title\":\"Title " id       \
	"\",\"severityValue\":2,\"contextId\":\"t\"" more "}"
#define PAGE(items, next, total)                                               \
	"{\"data\":[" items "],\"hasNext\":" next ",\"max\":100,"              \
	"\"total\":" total ",\"moreThanTotal\":false}"
#define NOTHING PAGE("", "false", "0")

struct fixture {
	struct cloud cloud;
	struct source *source;
	char endpoint[64];
	struct source_conf conf;
};

static void open_auth(struct fixture *f, const struct answer *answers,
		      enum auth_method auth)
{
	*f = (struct fixture){ 0 };
	cloud_open(&f->cloud, answers);
	snprintf(f->endpoint, sizeof(f->endpoint), "http://127.0.0.1:%d",
		 f->cloud.api.port);
	f->conf = (struct source_conf){
		.name = (char *)"portal",
		.type = SOURCE_CLOUD_APPS,
		.tenant = (char *)"t",
		.auth = auth,
		.url = f->endpoint,
		.overlap_ms = 900000,
	};
	f->source = source_new(&f->conf, &f->cloud.env);
	clock_hold(NOW, 1000000);
}

static void open_fixture(struct fixture *f, const struct answer *answers)
{
	open_auth(f, answers, AUTH_CLIENT_SECRET);
}

static void close_fixture(struct fixture *f)
{
	clock_release();
	source_free(f->source);
	cloud_close(&f->cloud);
}

static struct source_result poll(struct fixture *f)
{
	return door_poll(f->source, f->cloud.loop);
}

static size_t count_scope(const struct fixture *f, const char *scope)
{
	size_t n = 0;

	for (size_t i = 0; i < f->cloud.door.n_rows; i++)
		n += strcmp(f->cloud.door.rows[i].scope, scope) == 0;
	return n;
}

/* Pages by position; ids that come twice are known by their bytes. */
static void test_pages(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		POSTED(SKIP("0"), 200,
		       PAGE(ONE("a", "") "," ONE("b", ""), "true", "4")),
		POSTED(SKIP("2"), 200,
		       PAGE(ONE("b", "") "," ONE("c", ""), "true", "4")),
		POSTED(SKIP("4"), 200, PAGE(ONE("d", ""), "false", "4")),
		/* The rest of the week, then the list of the resolved. */
		POSTED(BY_DATE, 200, NOTHING),
		POSTED(BY_DATE, 200, NOTHING),
		POSTED(BY_DATE, 200, NOTHING),
		POSTED(BY_DATE, 200, NOTHING),
		POSTED(BY_DATE, 200, NOTHING),
		POSTED(BY_DATE, 200, NOTHING),
		POSTED(BY_CLOSE, 200, NOTHING),
	};
	struct fixture f;
	struct source_result r;
	const struct door_row *row = &f.cloud.door.rows[0];

	(void)state;
	open_fixture(&f, answers);
	r = poll(&f);
	assert_string_equal(r.error, "");
	assert_true(r.complete);
	assert_int_equal(row->n_alerts, 4);
	assert_int_equal(row->n_unchanged, 1);
	assert_int_equal(row->to_ms, NOW);
	assert_int_equal(row->from_ms, NOW - DAY);
	assert_int_equal(count_scope(&f, "alerts"), 7);
	assert_int_equal(count_scope(&f, "resolved"), 1);
	/* Each of the two has a cursor of its own. */
	assert_int_equal(f.cloud.door.cursors.n, 8);
	close_fixture(&f);
}

/* An old alert that is closed now: only the second list has it. */
static void test_resolved(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		POSTED(BY_DATE, 200, NOTHING),
		POSTED(BY_DATE, 200, NOTHING),
		POSTED(BY_DATE, 200, NOTHING),
		POSTED(BY_DATE, 200, NOTHING),
		POSTED(BY_DATE, 200, NOTHING),
		POSTED(BY_DATE, 200, NOTHING),
		POSTED(BY_DATE, 200, NOTHING),
		POSTED(BY_CLOSE, 200,
		       PAGE(ONE("old", ",\"resolutionStatusValue\":5,"
				       "\"resolveTime\":"
				       "\"2026-06-09T07:59:00Z\""),
			    "false", "1")),
	};
	struct fixture f;

	(void)state;
	open_fixture(&f, answers);
	assert_true(poll(&f).complete);
	assert_string_equal(f.cloud.door.ids.v[0], "old");
	assert_string_equal(f.cloud.door.states.v[0], "true positive");
	close_fixture(&f);
}

struct refusal {
	const char *name;
	struct answer answers[CLOUD_ANSWERS];
	enum auth_method auth;
	const char *error;
	bool auth_failed;
	int n_requests;
};

static const struct refusal refusals[] = {
	{ "400 keyed by field",
	  { POSTED(NULL, 400,
		   "{\"filters\":[{\"error\":\"kim@contoso.com is no date\","
		   "\"errorMessageCode\":\"CONSOLE_FORMS_NOT_VALID_VALUE\","
		   "\"errorMessageParams\":{}}],\"error\":true}"),
	    POSTED(BY_CLOSE, 200, NOTHING) },
	  AUTH_CLIENT_SECRET,
	  "HTTP 400 filters CONSOLE_FORMS_NOT_VALID_VALUE",
	  false,
	  2 },
	{ "400 with a list of errors",
	  { POSTED(NULL, 400, "{\"errors\":[{\"error\":\"Invalid filter\"}]}"),
	    POSTED(BY_CLOSE, 200, NOTHING) },
	  AUTH_CLIENT_SECRET,
	  "HTTP 400 Invalid filter",
	  false,
	  2 },
	{ "400 in HTML",
	  { POSTED(NULL, 400, "<html><h1>Bad Request</h1></html>"),
	    POSTED(BY_CLOSE, 200, NOTHING) },
	  AUTH_CLIENT_SECRET,
	  "HTTP 400",
	  false,
	  2 },
	{ "200 in HTML",
	  { POSTED(NULL, 200, "<html>Sign in</html>",
		   .headers = "Content-Type: text/html\r\n"),
	    POSTED(BY_CLOSE, 200, NOTHING) },
	  AUTH_CLIENT_SECRET,
	  "HTML, not JSON",
	  false,
	  2 },
	{ "a redirect, as without the slash at the end",
	  { POSTED(NULL, 302, "", .headers = "Location: /login\r\n"),
	    POSTED(BY_CLOSE, 200, NOTHING) },
	  AUTH_CLIENT_SECRET,
	  "HTTP 302",
	  false,
	  2 },
	{ "no hasNext",
	  { POSTED(NULL, 200, "{\"data\":[],\"total\":0}"),
	    POSTED(BY_CLOSE, 200, NOTHING) },
	  AUTH_CLIENT_SECRET,
	  "does not say whether there is more",
	  false,
	  2 },
	{ "401",
	  { POSTED(NULL, 401, ""), POSTED(NULL, 401, "") },
	  AUTH_CLIENT_SECRET,
	  "check that url is this tenant's own",
	  true,
	  2 },
	{ "401 for a token of the portal",
	  { POSTED(NULL, 401, ""), POSTED(NULL, 401, "") },
	  AUTH_TOKEN,
	  "the API token was revoked",
	  true,
	  2 },
	{ "403",
	  { POSTED(NULL, 403, "") },
	  AUTH_CLIENT_SECRET,
	  "the permission Investigation.read of Microsoft Cloud App Security",
	  true,
	  1 },
	{ "403 for a token of the portal",
	  { POSTED(NULL, 403, "") },
	  AUTH_TOKEN,
	  "the account that made the API token was removed",
	  true,
	  1 },
	{ "429 for long",
	  { POSTED(NULL, 429, "", .headers = "Retry-After: 900\r\n") },
	  AUTH_CLIENT_SECRET,
	  "asks to wait 900 s",
	  false,
	  1 },
};

static void test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		const struct refusal *row = &refusals[i];
		struct fixture f;
		struct source_result r;

		open_auth(&f, row->answers, row->auth);
		r = poll(&f);
		if (r.complete || !strstr(r.error, row->error))
			fail_msg("%s: %s", row->name, r.error);
		assert_null(strstr(r.error, "kim@"));
		assert_int_equal(r.auth_failed, row->auth_failed);
		if (f.cloud.api.n_requests != row->n_requests)
			fail_msg("%s: %d requests", row->name,
				 f.cloud.api.n_requests);
		close_fixture(&f);
	}
}

/* The store refuses: the cursor is not ahead of it afterwards. */
static void test_store_refuses(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		POSTED(BY_DATE, 200, PAGE(ONE("a", ""), "false", "1")),
		POSTED(BY_CLOSE, 200, NOTHING),
	};
	struct fixture f;
	struct source_result r;

	(void)state;
	open_fixture(&f, answers);
	f.cloud.door.refuse_page = true;
	r = poll(&f);
	assert_false(r.complete);
	assert_non_null(strstr(r.error, "no page today"));
	assert_int_equal(f.cloud.door.cursors.n, 0);
	close_fixture(&f);
}

/* What the service asked of one client of the tenant holds for all: nothing is
 * sent. (How many a minute is test_budget of net.) */
static void test_budget(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = { 0 };
	struct budget_book *book = budget_book_new();
	struct fixture f;
	struct source_result r;

	(void)state;
	open_fixture(&f, answers);
	clock_release();
	f.cloud.env.budget = budget_get(book, "t cloud-apps", 30);
	source_free(f.source);
	f.source = source_new(&f.conf, &f.cloud.env);
	budget_pause(f.cloud.env.budget, clock_mono_ms(), 900000);
	r = poll(&f);
	assert_false(r.complete);
	assert_true(r.retry_after_ms > 800000);
	assert_int_equal(f.cloud.api.n_requests, 0);
	close_fixture(&f);
	budget_book_free(book);
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
		POSTED(BY_DATE, 200, PAGE(ONE("a", ""), "true", "2")),
		POSTED(BY_DATE, 500, ""),
	};

	(void)state;
	for (int turns = 0; turns < 10; turns++) {
		struct fixture f;

		open_fixture(&f, answers);
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
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_resolved),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_store_refuses),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_abandon),
	};

	alarm(60);
	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
