/* Which subscriptions there are, for who reads something else of them. */
#include "source/subscriptions.h"

#include "source/cloud.h"

#define ALL "/subscriptions?api-version=2022-12-01 "
#define SUB(id) "{\"subscriptionId\":\"" id "\",\"state\":\"Enabled\"}"

struct fixture {
	struct cloud cloud;
	char endpoint[64];
	struct source_conf conf;
	struct subscriptions *question;
	bool done;
	char *list;
	char error[800];
	int64_t retry_after_ms;
};

/* Frees it from within, as its caller may. */
static void on_done(void *arg, const struct subscriptions_result *r)
{
	struct fixture *f = arg;

	assert_false(f->done);
	f->done = true;
	f->list = strlist_join(r->list, " ");
	snprintf(f->error, sizeof(f->error), "%s", r->error);
	f->retry_after_ms = r->retry_after_ms;
	f->question = subscriptions_free(f->question);
}

static void open_fixture(struct fixture *f, const struct answer *answers)
{
	*f = (struct fixture){ 0 };
	cloud_open(&f->cloud, answers);
	snprintf(f->endpoint, sizeof(f->endpoint), "http://127.0.0.1:%d",
		 f->cloud.api.port);
	f->conf = (struct source_conf){ .name = (char *)"azure",
					.type = SOURCE_DEFENDER_FOR_CLOUD,
					.client_id = (char *)"client-1",
					.resource_manager = f->endpoint };
}

static void ask_all(struct fixture *f)
{
	f->question = subscriptions_ask(&f->conf, &f->cloud.env, on_done, f);
	assert_false(f->done);
	run_until(f->cloud.loop, &f->done);
}

static void close_fixture(struct fixture *f)
{
	subscriptions_free(f->question);
	/* Neither a poll of alerts nor news. */
	assert_int_equal(f->cloud.door.n_rows, 0);
	assert_int_equal(f->cloud.door.notes.n, 0);
	strlist_release(&f->conf.subscriptions);
	strlist_release(&f->conf.management_groups);
	free(f->list);
	cloud_close(&f->cloud);
}

static void test_all(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER(ALL, 200,
		       "{\"value\":[" SUB("b") "," SUB(
			       "a") ",{\"subscriptionId\":\"c\","
				    "\"state\":\"Deleted\"}]}"),
	};
	struct fixture f;

	(void)state;
	open_fixture(&f, answers);
	ask_all(&f);
	assert_string_equal(f.list, "a b");
	assert_string_equal(f.error, "");
	close_fixture(&f);
}

/* Those that are named are nobody's to find. */
static void test_named(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = { 0 };
	struct fixture f;

	(void)state;
	open_fixture(&f, answers);
	strlist_add(&f.conf.subscriptions, "x");
	ask_all(&f);
	assert_string_equal(f.list, "x");
	assert_string_equal(f.error, "");
	close_fixture(&f);
}

/* What failed is told, with those that are known all the same. */
static void test_failures(void **state)
{
	static const struct answer refused[CLOUD_ANSWERS] = {
		ANSWER("/providers/Microsoft.Management/managementGroups/mg/"
		       "descendants?",
		       403, "{\"error\":{\"code\":\"AuthorizationFailed\"}}"),
	};
	static const struct answer throttled[CLOUD_ANSWERS] = {
		ANSWER(ALL, 429, "{}", .headers = "Retry-After: 1800\r\n"),
	};
	static const struct answer odd[CLOUD_ANSWERS] = {
		ANSWER(ALL, 200, "{\"value\":[" SUB("a") "," SUB("../x") "]}"),
	};
	struct fixture f;

	(void)state;
	open_fixture(&f, refused);
	strlist_add(&f.conf.subscriptions, "x");
	strlist_add(&f.conf.management_groups, "mg");
	ask_all(&f);
	assert_string_equal(f.list, "x");
	assert_non_null(strstr(f.error, "management-group mg: HTTP 403 "
					"AuthorizationFailed: grant the role"));
	close_fixture(&f);
	open_fixture(&f, throttled);
	ask_all(&f);
	assert_string_equal(f.list, "");
	assert_int_equal(f.retry_after_ms, 1800000);
	close_fixture(&f);
	open_fixture(&f, odd);
	ask_all(&f);
	assert_string_equal(f.list, "a");
	assert_non_null(strstr(f.error, "without a usable id"));
	close_fixture(&f);
}

static void test_abandoned(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = { 0 };
	struct fixture f;

	(void)state;
	open_fixture(&f, answers);
	f.question = subscriptions_ask(&f.conf, &f.cloud.env, on_done, &f);
	f.question = subscriptions_free(f.question);
	assert_false(f.done);
	close_fixture(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_named),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_abandoned),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
