/* A listing for somebody else: every page, its ends, and none in the ledger. */
#include "source/pages.h"

#include "source/cloud.h"

#define ID "22222222-3333-4444-5555-666666666666"
#define BELOW "/subscriptions/" ID
#define PLANS BELOW "/providers/Microsoft.Security/pricings?"

struct fixture {
	struct cloud cloud;
	char endpoint[64];
	struct source_conf conf;
	struct pages *pages;
	struct strbuf items;
	bool done;
	enum pages_end end;
	int64_t retry_after_ms;
	long status;
	char error[512];
};

static void on_item(void *arg, struct span item)
{
	struct fixture *f = arg;

	strbuf_addf(&f->items, "%.*s ", (int)item.len, item.p);
}

/* Frees it from within, as its caller may. */
static void on_done(void *arg, const struct pages_result *r)
{
	struct fixture *f = arg;

	assert_false(f->done);
	f->done = true;
	f->end = r->end;
	f->retry_after_ms = r->retry_after_ms;
	f->status = r->status;
	snprintf(f->error, sizeof(f->error), "%s", r->error);
	f->pages = pages_free(f->pages);
}

static void begin(struct fixture *f, const struct answer *answers)
{
	CLEANUP(free_ptr) char *url = NULL;

	*f = (struct fixture){ .items = STRBUF_INIT };
	cloud_open(&f->cloud, answers);
	snprintf(f->endpoint, sizeof(f->endpoint), "http://127.0.0.1:%d",
		 f->cloud.api.port);
	f->conf = (struct source_conf){ .name = (char *)"azure",
					.type = SOURCE_DEFENDER_FOR_CLOUD,
					.client_id = (char *)"client-1",
					.resource_manager = f->endpoint };
	url = xasprintf("%s" PLANS "api-version=2024-01-01", f->endpoint);
	f->pages = pages_new(&f->conf, &f->cloud.env,
			     &(struct pages_conf){ .url = url,
						   .below = BELOW,
						   .item = on_item,
						   .done = on_done,
						   .arg = f });
	assert_false(f->done);
}

static void close_fixture(struct fixture *f)
{
	pages_free(f->pages);
	/* Nothing of it is a poll of alerts. */
	assert_int_equal(f->cloud.door.n_rows, 0);
	strbuf_release(&f->items);
	cloud_close(&f->cloud);
}

static void test_every_page(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER(PLANS, 200,
		       "{\"value\":[{\"a\":1},{\"b\":2}]," CLOUD_LINK(
			       "/more") "}"),
		ANSWER("/more", 200, "{\"value\":[{\"c\":{}}]}"),
	};
	struct fixture f;

	(void)state;
	begin(&f, answers);
	run_until(f.cloud.loop, &f.done);
	assert_int_equal(f.end, PAGES_ALL);
	assert_string_equal(f.items.buf, "{\"a\":1} {\"b\":2} {\"c\":{}} ");
	assert_string_equal(f.error, "");
	close_fixture(&f);
}

/* How it ends is who may go on, and what an operator reads. */
static const struct ending {
	int status;
	const char *body, *headers;
	enum pages_end end;
	const char *error;
	int64_t retry_after_ms;
} endings[] = {
	{ 403, "{\"error\":{\"code\":\"AuthorizationFailed\"}}", NULL,
	  PAGES_PART,
	  "HTTP 403 AuthorizationFailed: grant the role Security Reader: az "
	  "role assignment create --assignee client-1 --role \"Security "
	  "Reader\" --scope " BELOW,
	  0 },
	{ 404, "{\"error\":{\"code\":\"Subscription Not Registered\"}}", NULL,
	  PAGES_ALL, "", 0 }, /* nothing is enabled there */
	{ 404, "{\"error\":{\"code\":\"SubscriptionNotFound\"}}", NULL,
	  PAGES_PART, "HTTP 404 SubscriptionNotFound", 0 },
	{ 200, "{\"values\":[]}", NULL, PAGES_PART, "no list \"value\"", 0 },
	{ 429, "{}", "Retry-After: 1800\r\n", PAGES_STOP, "HTTP 429", 1800000 },
};

static void test_endings(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
		const struct ending *e = &endings[i];
		const struct answer answers[CLOUD_ANSWERS] = {
			ANSWER(PLANS, e->status, e->body,
			       .headers = e->headers),
		};
		struct fixture f;

		begin(&f, answers);
		run_until(f.cloud.loop, &f.done);
		assert_int_equal(f.end, e->end);
		assert_int_equal(f.status, e->status);
		if (!strstr(f.error, e->error))
			fail_msg("%s", f.error);
		assert_int_equal(f.retry_after_ms, e->retry_after_ms);
		close_fixture(&f);
	}
}

/* Abandoned before it has begun: no call comes. */
static void test_abandoned(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = { 0 };
	struct fixture f;

	(void)state;
	begin(&f, answers);
	f.pages = pages_free(f.pages);
	assert_false(f.done);
	close_fixture(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_page),
		cmocka_unit_test(test_endings),
		cmocka_unit_test(test_abandoned),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
