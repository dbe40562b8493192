/* What a probe asks of each API, what it tells, and where it stops. */
#include "source/probe.h"

#include "source/cloud.h"

#define SUBSCRIPTION "22222222-3333-4444-5555-666666666666"
#define OTHER_ONE "33333333-3333-4444-5555-666666666666"
#define ALERTS(id) "/subscriptions/" id "/providers/Microsoft.Security/alerts?"
#define EMPTY "{\"value\":[]}"

struct fixture {
	struct cloud cloud;
	char endpoint[64];
	struct source_conf conf;
	struct strbuf told;
	struct loop *loop;
};

static void on_step(void *arg, const struct probe_step *s)
{
	struct fixture *f = arg;

	strbuf_addf(&f->told, "%s|%s|%s\n", s->ok ? "ok" : "no", s->name,
		    s->text);
}

static void on_done(void *arg)
{
	struct fixture *f = arg;

	loop_stop(f->loop);
}

static void open_fixture(struct fixture *f, enum source_type type,
			 const struct answer *answers)
{
	memset(f, 0, sizeof(*f));
	strbuf_init(&f->told);
	cloud_open(&f->cloud, answers);
	f->loop = f->cloud.loop;
	snprintf(f->endpoint, sizeof(f->endpoint), "http://127.0.0.1:%d",
		 f->cloud.api.port);
	f->conf = (struct source_conf){ .name = (char *)"azure",
					.type = type,
					.auth = AUTH_CLIENT_SECRET,
					.client_id = (char *)"client-1",
					.resource_manager = f->endpoint,
					.graph = f->endpoint,
					.url = f->endpoint };
}

/* All that was told; every answer was asked for. */
static const char *run(struct fixture *f)
{
	struct probe *p =
		probe_new(&f->conf, &f->cloud.env, on_step, on_done, f);

	loop_run(f->loop);
	probe_free(p);
	if (f->cloud.n_answered < CLOUD_ANSWERS)
		assert_null(f->cloud.answers[f->cloud.n_answered].path);
	assert_int_equal(f->cloud.door.n_rows, 0);
	return f->told.buf;
}

static void close_fixture(struct fixture *f)
{
	strlist_release(&f->conf.subscriptions);
	strlist_release(&f->conf.management_groups);
	strbuf_release(&f->told);
	cloud_close(&f->cloud);
}

static void test_found_subscriptions(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER("/subscriptions?", 200,
		       "{\"value\":[{\"subscriptionId\":\"" SUBSCRIPTION
		       "\",\"state\":\"Enabled\"},{\"subscriptionId\":"
		       "\"../../x\"},{\"subscriptionId\":\"" OTHER_ONE
		       "\",\"state\":\"Disabled\"}]," CLOUD_LINK("/more") "}"),
		ANSWER(ALERTS(SUBSCRIPTION), 200, EMPTY),
	};
	struct fixture f;

	(void)state;
	open_fixture(&f, SOURCE_DEFENDER_FOR_CLOUD, answers);
	assert_string_equal(run(&f),
			    "ok|sign-in|client-1\n"
			    "ok|subscriptions|1\n"
			    "ok|alerts of " SUBSCRIPTION "|may be read\n");
	close_fixture(&f);
}

static void test_none_is_a_missing_role(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER("/subscriptions?", 200, EMPTY),
	};
	struct fixture f;

	(void)state;
	open_fixture(&f, SOURCE_DEFENDER_FOR_CLOUD, answers);
	assert_non_null(
		strstr(run(&f),
		       "no|subscriptions|the application sees no "
		       "subscription: grant the role Security Reader: "
		       "az role assignment create --assignee client-1"));
	close_fixture(&f);
}

/* All that are named are asked, whatever one of them says; once each. */
static void test_named_ones(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER("/providers/Microsoft.Management/managementGroups/"
		       "mg/descendants?",
		       200, EMPTY),
		ANSWER(ALERTS(SUBSCRIPTION), 403,
		       "{\"error\":{\"code\":\"AuthorizationFailed\"}}"),
		ANSWER(ALERTS(OTHER_ONE), 429, "{}",
		       .headers = "Retry-After: 600\r\n"),
	};
	struct fixture f;

	(void)state;
	open_fixture(&f, SOURCE_DEFENDER_FOR_CLOUD, answers);
	strlist_add(&f.conf.management_groups, "mg");
	strlist_add(&f.conf.subscriptions, SUBSCRIPTION);
	strlist_add(&f.conf.subscriptions, OTHER_ONE);
	assert_string_equal(
		run(&f),
		"ok|sign-in|client-1\n"
		"ok|management group mg|may be read\n"
		"no|alerts of " SUBSCRIPTION
		"|HTTP 403 AuthorizationFailed: grant the role Security "
		"Reader: az role assignment create --assignee client-1 --role "
		"\"Security Reader\" --scope /subscriptions/" SUBSCRIPTION "\n"
		"no|alerts of " OTHER_ONE "|HTTP 429\n");
	close_fixture(&f);
}

static void test_resource_graph(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER("/providers/Microsoft.ResourceGraph/resources?", 200,
		       "{\"resultTruncated\":\"true\",\"data\":[]}",
		       .method = "POST", .wants = "securityresources"),
	};
	struct fixture f;

	(void)state;
	open_fixture(&f, SOURCE_DEFENDER_FOR_CLOUD, answers);
	f.conf.resource_graph = true;
	assert_string_equal(run(&f), "ok|sign-in|client-1\n"
				     "ok|alerts by Resource Graph|may be "
				     "read\n");
	close_fixture(&f);
}

static void test_graph(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER("/v1.0/security/alerts_v2?$top=1 ", 200, EMPTY),
		ANSWER("/v1.0/security/incidents?$top=1 ", 403, "{}"),
	};
	struct fixture f;

	(void)state;
	open_fixture(&f, SOURCE_GRAPH_SECURITY, answers);
	f.conf.incidents = true;
	assert_non_null(strstr(run(&f), "ok|alerts|may be read\n"
					"no|incidents|HTTP 403: the "
					"application lacks the permission "
					"SecurityIncident.Read.All: az "));
	close_fixture(&f);
}

static void test_hunting_and_cloud_apps(void **state)
{
	static const struct answer hunting[CLOUD_ANSWERS] = {
		ANSWER("/v1.0/security/runHuntingQuery ", 200,
		       "{\"results\":[{\"BehaviorId\":\"b\"}]}",
		       .method = "POST", .wants = "BehaviorInfo | take 1"),
	};
	static const struct answer portal[CLOUD_ANSWERS] = {
		ANSWER("/api/v1/alerts/ ", 200,
		       "{\"data\":[{}],\"hasNext\":true}", .method = "POST",
		       .wants = "\"limit\":1}"),
	};
	struct fixture f;

	(void)state;
	open_fixture(&f, SOURCE_GRAPH_HUNTING, hunting);
	assert_non_null(strstr(run(&f), "ok|behaviors|may be read\n"));
	close_fixture(&f);
	open_fixture(&f, SOURCE_CLOUD_APPS, portal);
	assert_non_null(strstr(run(&f), "ok|alerts|may be read\n"));
	close_fixture(&f);
}

/* A cut answer, or one that is no page, is no second try. */
static void test_bad_answers(void **state)
{
	static const struct answer rows[][CLOUD_ANSWERS] = {
		{ ANSWER("/v1.0/", 200, EMPTY, .cut = true) },
		{ ANSWER("/v1.0/", 200, "<html>") },
		{ ANSWER("/v1.0/", 500, "") },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fixture f;

		open_fixture(&f, SOURCE_GRAPH_SECURITY, rows[i]);
		assert_non_null(strstr(run(&f), "no|alerts|"));
		close_fixture(&f);
	}
}

static void test_sign_in_refused(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = { 0 };
	struct fixture f;

	(void)state;
	open_fixture(&f, SOURCE_GRAPH_SECURITY, answers);
	f.cloud.token_error = "{\"error\":\"invalid_client\","
			      "\"error_codes\":[7000222]}";
	assert_non_null(strstr(run(&f), "no|sign-in|"));
	assert_non_null(strstr(f.told.buf, "AADSTS7000222"));
	close_fixture(&f);
}

/* A folder is looked at; that nothing is there yet is no fault. */
static void test_files(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = { 0 };
	struct fixture f;

	(void)state;
	open_fixture(&f, SOURCE_FILE, answers);
	f.conf.path = (char *)"/nonexistent/*.json";
	f.cloud.env.token = NULL;
	assert_string_equal(run(&f), "ok|files|0 now\n");
	f.cloud.env.token = f.cloud.token;
	close_fixture(&f);
}

static void test_abandoned(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER("/v1.0/", 200, EMPTY),
	};
	struct fixture f;
	struct probe *p;
	size_t told;

	(void)state;
	open_fixture(&f, SOURCE_GRAPH_SECURITY, answers);
	p = probe_new(&f.conf, &f.cloud.env, on_step, on_done, &f);
	loop_turn(f.loop, 0);
	probe_free(p);
	assert_null(probe_free(NULL));
	told = f.told.len;
	for (int i = 0; i < 10; i++)
		loop_turn(f.loop, 1);
	assert_int_equal(f.told.len, told);
	close_fixture(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found_subscriptions),
		cmocka_unit_test(test_none_is_a_missing_role),
		cmocka_unit_test(test_named_ones),
		cmocka_unit_test(test_resource_graph),
		cmocka_unit_test(test_graph),
		cmocka_unit_test(test_hunting_and_cloud_apps),
		cmocka_unit_test(test_bad_answers),
		cmocka_unit_test(test_sign_in_refused),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_abandoned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
