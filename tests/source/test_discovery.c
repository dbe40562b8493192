/* Which subscriptions there are: all, or those below groups; what changed. */
#include "source/discovery_priv.h"

#include "source/cloud.h"
#include "util/clock.h"

#define SUBS "/subscriptions?api-version=2022-12-01 "
#define BELOW(g)                                                               \
	"/providers/Microsoft.Management/managementGroups/" g                  \
	"/descendants?api-version=2020-05-01"
#define SUB(id, state) "{\"subscriptionId\":\"" id "\",\"state\":\"" state "\"}"
#define IN_GROUP(id)                                                           \
	"{\"id\":\"/subscriptions/" id "\",\"type\":\"Microsoft.Management/"   \
	"managementGroups/subscriptions\",\"name\":\"" id "\"}"
#define GROUP_IN_GROUP(id)                                                     \
	"{\"type\":\"Microsoft.Management/managementGroups\",\"name\":\"" id   \
	"\"}"
#define LIST(items) "{\"value\":[" items "]}"

struct fixture {
	struct cloud cloud;
	struct discovery *discovery;
	struct strlist subscriptions, groups;
	char endpoint[64];
	bool done;
	struct discovery_result result;
};

static void on_done(void *arg, const struct discovery_result *r)
{
	struct fixture *f = arg;

	assert_false(f->done);
	f->done = true;
	f->result = *r;
}

static void open_fixture(struct fixture *f, const struct answer *answers,
			 const char *subscription, const char *group)
{
	*f = (struct fixture){ 0 };
	cloud_open(&f->cloud, answers);
	snprintf(f->endpoint, sizeof(f->endpoint), "http://127.0.0.1:%d",
		 f->cloud.api.port);
	if (subscription)
		strlist_add(&f->subscriptions, subscription);
	if (group)
		strlist_add(&f->groups, group);
	f->discovery = discovery_new(&(struct discovery_conf){
		.env = &f->cloud.env,
		.source = "azure",
		.endpoint = f->endpoint,
		.client_id = "client-1",
		.subscriptions = &f->subscriptions,
		.groups = &f->groups,
		.fn = on_done,
		.arg = f,
	});
}

static void close_fixture(struct fixture *f)
{
	discovery_free(f->discovery);
	strlist_release(&f->subscriptions);
	strlist_release(&f->groups);
	cloud_close(&f->cloud);
}

static void discover(struct fixture *f)
{
	f->done = false;
	discovery_begin(f->discovery);
	assert_false(f->done);
	run_until(f->cloud.loop, &f->done);
}

static void check_list(struct fixture *f, const char *expected)
{
	CLEANUP(free_ptr)
	char *text = strlist_join(discovery_list(f->discovery), " ");

	assert_string_equal(text, expected);
}

/* The first round is no news; later, what came and what went is. */
static void test_changes(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER(SUBS, 200,
		       LIST(SUB("bbb", "Enabled") "," SUB(
			       "aaa", "Warned") "," SUB("AAA", "Warned"))),
		ANSWER(SUBS, 200,
		       LIST(SUB("BBB", "Enabled") "," SUB("ccc", "PastDue"))),
	};
	struct fixture f;

	(void)state;
	open_fixture(&f, answers, NULL, NULL);
	assert_true(discovery_is_due(f.discovery, clock_mono_ms()));
	discover(&f);
	assert_int_equal(f.result.worst.end, LISTING_COMPLETE);
	check_list(&f, "aaa bbb");
	assert_int_equal(f.cloud.door.notes.n, 0);
	assert_false(discovery_is_due(f.discovery, clock_mono_ms()));
	assert_true(discovery_is_due(f.discovery,
				     clock_mono_ms() + DISCOVERY_EVERY_MS));
	discover(&f);
	check_list(&f, "BBB ccc");
	assert_int_equal(f.cloud.door.notes.n, 2);
	assert_string_equal(f.cloud.door.notes.v[0],
			    "subscription-found {\"subscription\":\"ccc\"}");
	assert_string_equal(f.cloud.door.notes.v[1],
			    "subscription-lost {\"subscription\":\"aaa\"}");
	close_fixture(&f);
}

/* A cancelled one is not read, and that is said once. */
static void test_skipped(void **state)
{
	static const char body[] = LIST(SUB("a", "disabled") "," SUB(
		"b", "Enabled") "," SUB("c", "Deleted"));
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER(SUBS, 200, body),
		ANSWER(SUBS, 200, body),
		ANSWER(SUBS, 200,
		       LIST(SUB("a", "Enabled") "," SUB("b", "Disabled"))),
	};
	struct fixture f;
	struct strlist *notes = &f.cloud.door.notes;

	(void)state;
	open_fixture(&f, answers, NULL, NULL);
	discover(&f);
	discover(&f);
	check_list(&f, "b");
	assert_int_equal(notes->n, 2);
	assert_string_equal(notes->v[0],
			    "subscription-skipped {\"subscription\":\"a\","
			    "\"state\":\"Disabled\"}");
	assert_string_equal(notes->v[1],
			    "subscription-skipped {\"subscription\":\"c\","
			    "\"state\":\"Deleted\"}");
	discover(&f);
	check_list(&f, "a");
	assert_int_equal(notes->n, 5); /* found a, lost b, skipped b */
	close_fixture(&f);
}

/* Groups list groups below them too, over pages; named ones join them. */
static void test_groups(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER(BELOW("top%20%2Fx") " ", 200,
		       "{\"value\":[" GROUP_IN_GROUP("inner") "," IN_GROUP(
			       "bbb") "]," CLOUD_LINK("/2") "}"),
		ANSWER("/2 ", 200, LIST(IN_GROUP("aaa"))),
	};
	struct fixture f;

	(void)state;
	open_fixture(&f, answers, "zzz", "top /x");
	assert_true(discovery_is_due(f.discovery, clock_mono_ms()));
	check_list(&f, "zzz");
	discover(&f);
	check_list(&f, "aaa bbb zzz");
	assert_string_equal(f.cloud.door.rows[0].scope,
			    "management-group top /x");
	close_fixture(&f);
}

static void test_forbidden_group(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER(BELOW("g") " ", 403,
		       "{\"error\":{\"code\":\"AuthorizationFailed\"}}"),
	};
	struct fixture f;

	(void)state;
	open_fixture(&f, answers, "zzz", "g");
	discover(&f);
	assert_int_equal(f.result.worst.end, LISTING_FORBIDDEN);
	assert_string_equal(f.result.scope, "management-group g");
	assert_non_null(strstr(f.result.worst.error,
			       "az role assignment create --assignee client-1 "
			       "--role \"Security Reader\" --scope /providers/"
			       "Microsoft.Management/managementGroups/g"));
	/* The named one is read all the same, and the group asked again. */
	check_list(&f, "zzz");
	assert_true(discovery_is_due(f.discovery, clock_mono_ms()));
	close_fixture(&f);
}

/* A failing round changes nothing and notes nothing. */
static void test_failure_keeps(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER(SUBS, 200, LIST(SUB("a", "Enabled"))),
		ANSWER(SUBS, 206, LIST(SUB("b", "Enabled"))),
	};
	struct fixture f;

	(void)state;
	open_fixture(&f, answers, NULL, NULL);
	discover(&f);
	discovery_doubt(f.discovery);
	assert_true(discovery_is_due(f.discovery, clock_mono_ms()));
	discover(&f);
	assert_int_equal(f.result.worst.end, LISTING_INCOMPLETE);
	check_list(&f, "a");
	assert_int_equal(f.cloud.door.notes.n, 0);
	close_fixture(&f);
}

static void test_unusable(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER(SUBS, 200,
		       LIST(SUB("../x", "Enabled") ",7," SUB("b", "Enabled"))),
	};
	struct fixture f;

	(void)state;
	open_fixture(&f, answers, NULL, NULL);
	discover(&f);
	assert_true(f.result.unusable);
	check_list(&f, "b");
	assert_true(discovery_is_due(f.discovery, clock_mono_ms()));
	close_fixture(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_skipped),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_forbidden_group),
		cmocka_unit_test(test_failure_keeps),
		cmocka_unit_test(test_unusable),
	};

	alarm(60);
	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
