/* The posture of a source, from its API to its rows. */
#include "daemon/surveyor.h"

#include "helpers/tempstore.h"
#include "source/cloud.h"
#include "store/ledger.h"
#include "store/txn.h"
#include "util/clock.h"

#define ALL "/subscriptions?api-version=2022-12-01 "
#define SUB "22222222-3333-4444-5555-666666666666"
#define PART(word)                                                             \
	"/subscriptions/" SUB "/providers/Microsoft.Security/" word "?"
#define EMPTY "{\"value\":[]}"
#define PLAN                                                                   \
	"{\"value\":[{\"name\":\"Arm\",\"properties\":{\"pricingTier\":"       \
	"\"Free\"}}]}"
#define LIST                                                                   \
	ANSWER(ALL, 200,                                                       \
	       "{\"value\":[{\"subscriptionId\":\"" SUB "\","                  \
	       "\"displayName\":\"Payments\"}]}")
#define REST                                                                   \
	ANSWER(PART("secureScores"), 200, EMPTY),                              \
		ANSWER(PART("assessments"), 200, EMPTY),                       \
		ANSWER(PART("securityContacts"), 200, EMPTY),                  \
		ANSWER(PART("automations"), 200, EMPTY),                       \
		ANSWER(PART("autoProvisioningSettings"), 200, EMPTY),          \
		ANSWER(PART("settings"), 200, EMPTY)

struct fixture {
	struct cloud cloud;
	struct tempstore *t;
	char endpoint[64];
	struct source_conf source;
	struct conf conf;
	struct surveyor *surveyor;
	bool idle;
	size_t n_store_troubles;
};

static bool on_lend(void *arg, const char *source, struct source_env *ret,
		    const struct source_conf **ret_conf)
{
	struct fixture *f = arg;

	assert_string_equal(source, "azure");
	*ret = f->cloud.env;
	*ret_conf = &f->source;
	return true;
}

static void on_idle(void *arg)
{
	struct fixture *f = arg;

	f->idle = true;
}

static void on_store(void *arg, const struct err *err)
{
	struct fixture *f = arg;

	f->n_store_troubles += err != NULL;
}

/* The ledger knows the source: its alerts were polled before. */
static void know_source(struct store *s)
{
	struct txn txn = TXN_NONE;

	assert_int_equal(txn_begin(&txn, s, NULL), 0);
	assert_int_equal(ledger_source(s, "azure", "defender-for-cloud", 1,
				       NULL),
			 0);
	assert_int_equal(txn_commit(&txn, NULL), 0);
}

static void open_fixture(struct fixture *f, void *state,
			 const struct answer *answers)
{
	*f = (struct fixture){ .t = state };
	cloud_open(&f->cloud, answers);
	snprintf(f->endpoint, sizeof(f->endpoint), "http://127.0.0.1:%d",
		 f->cloud.api.port);
	f->source = (struct source_conf){ .name = (char *)"azure",
					  .type = SOURCE_DEFENDER_FOR_CLOUD,
					  .client_id = (char *)"client-1",
					  .posture_every_ms = 7200000,
					  .resource_manager = f->endpoint };
	f->conf = (struct conf){ .sources = &f->source, .n_sources = 1 };
	know_source(f->t->store);
	f->surveyor = surveyor_new(&(struct surveyor_env){
		.loop = f->cloud.loop,
		.store = f->t->store,
		.arg = f,
		.lend = on_lend,
		.on_idle = on_idle,
		.on_store = on_store,
	});
	surveyor_configure(f->surveyor, &f->conf,
			   clock_mono_ms() - SURVEYOR_FIRST_MS);
}

static void close_fixture(struct fixture *f)
{
	surveyor_free(f->surveyor);
	cloud_close(&f->cloud);
}

/* The whole round that is due now. */
static struct surveyor_state run_round(struct fixture *f)
{
	struct surveyor_state st;

	f->idle = false;
	assert_int_equal(surveyor_run(f->surveyor, clock_mono_ms()), -1);
	assert_true(surveyor_state(f->surveyor, 0, 0, &st) && st.busy);
	run_until(f->cloud.loop, &f->idle);
	assert_true(surveyor_state(f->surveyor, 0, clock_mono_ms(), &st));
	assert_false(st.busy);
	return st;
}

static void test_round(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		LIST,
		LIST,
		ANSWER(PART("pricings"), 200, PLAN),
		REST,
	};
	struct surveyor_state st;
	struct fixture f;

	open_fixture(&f, *state, answers);
	st = run_round(&f);
	assert_true(st.complete);
	assert_string_equal(st.error, "");
	assert_in_range(st.next_in_ms, 7100000, 7200000);
	assert_string_equal(tempstore_value(f.t, "SELECT source || ' ' || "
						 "subscription || ' ' || name "
						 "|| enabled FROM v_plans"),
			    "azure " SUB " Arm0");
	assert_int_equal(tempstore_number(f.t, "SELECT sum(complete) FROM "
					       "v_posture_reads"),
			 8);
	assert_string_equal(tempstore_value(f.t, "SELECT name || watched FROM "
						 "v_subscriptions"),
			    "Payments1");
	assert_int_equal(st.n_incomplete, 0);
	assert_true(st.oldest_ms > 0);
	assert_int_equal(f.n_store_troubles, 0);
	/* Not due before its time. */
	assert_in_range(surveyor_run(f.surveyor, clock_mono_ms()), 1, 7200000);
	/* Nor by a surveyor that comes after it. */
	surveyor_free(f.surveyor);
	f.surveyor = surveyor_new(&(struct surveyor_env){
		.loop = f.cloud.loop,
		.store = f.t->store,
		.arg = &f,
		.lend = on_lend,
		.on_idle = on_idle,
		.on_store = on_store,
	});
	surveyor_configure(f.surveyor, &f.conf, clock_mono_ms());
	assert_true(surveyor_state(f.surveyor, 0, clock_mono_ms(), &st));
	assert_in_range(st.next_in_ms, 7100000, 7200000);
	close_fixture(&f);
}

/* What fails is named, in the rows and by the round, which comes again soon. */
static void test_missing_role(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		LIST,
		ANSWER(PART("pricings"), 403,
		       "{\"error\":{\"code\":\"AuthorizationFailed\"}}"),
		REST,
	};
	struct surveyor_state st;
	struct fixture f;

	open_fixture(&f, *state, answers);
	strlist_add(&f.source.subscriptions, SUB);
	st = run_round(&f);
	assert_false(st.complete);
	assert_non_null(strstr(st.error, "plans of subscription " SUB
					 ": HTTP 403 AuthorizationFailed"));
	assert_in_range(st.next_in_ms, 3500000, SURVEYOR_AGAIN_MS);
	/* Who reads the settings again may have mended it. */
	surveyor_configure(f.surveyor, &f.conf, clock_mono_ms());
	assert_true(surveyor_state(f.surveyor, 0, clock_mono_ms(), &st));
	assert_int_equal(st.next_in_ms, 0);
	assert_non_null(strstr(tempstore_value(f.t, "SELECT trouble FROM "
						    "v_posture_reads WHERE NOT "
						    "complete"),
			       "grant the role Security Reader"));
	strlist_release(&f.source.subscriptions);
	close_fixture(&f);
}

/* Told to stay away it does, and goes on with the very part. */
static void test_throttled(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		LIST,
		ANSWER(PART("pricings"), 429, "{}",
		       .headers = "Retry-After: 1800\r\n"),
	};
	struct surveyor_state st;
	struct fixture f;

	open_fixture(&f, *state, answers);
	strlist_add(&f.source.subscriptions, SUB);
	st = run_round(&f);
	assert_false(st.complete);
	assert_in_range(st.next_in_ms, 1700000, 1800000);
	surveyor_configure(f.surveyor, &f.conf, clock_mono_ms());
	assert_true(surveyor_state(f.surveyor, 0, clock_mono_ms(), &st));
	assert_in_range(st.next_in_ms, 1700000, 1800000);
	assert_int_equal(f.cloud.n_answered, 2);
	strlist_release(&f.source.subscriptions);
	close_fixture(&f);
}

/* What the store does not take is its trouble, and the round's. */
static void test_store_refuses(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		LIST,
		LIST,
		ANSWER(PART("pricings"), 200, PLAN),
		REST,
	};
	struct surveyor_state st;
	struct fixture f;

	open_fixture(&f, *state, answers);
	strlist_add(&f.source.subscriptions, SUB);
	tempstore_exec(f.t, "CREATE TRIGGER full BEFORE INSERT ON posture_read "
			    "BEGIN SELECT raise(ABORT, 'full'); END");
	st = run_round(&f);
	assert_false(st.complete);
	assert_int_equal(f.n_store_troubles, 1);
	assert_int_equal(f.cloud.n_answered, 1);
	assert_int_equal(strncmp(st.error, "subscriptions: ", 15), 0);
	assert_int_equal(tempstore_number(f.t, "SELECT count(*) FROM "
					       "v_posture_reads"),
			 0);
	/* Another surveyor begins anew. */
	tempstore_exec(f.t, "DROP TRIGGER full");
	f.source.posture_every_ms = 0;
	surveyor_configure(f.surveyor, &f.conf, clock_mono_ms());
	f.source.posture_every_ms = 7200000;
	surveyor_configure(f.surveyor, &f.conf,
			   clock_mono_ms() - SURVEYOR_FIRST_MS);
	st = run_round(&f);
	assert_true(st.complete);
	assert_int_equal(f.n_store_troubles, 1);
	strlist_release(&f.source.subscriptions);
	close_fixture(&f);
}

/* A source that is told not to, is gone, or a surveyor that stops. */
static void test_settings(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = { 0 };
	struct surveyor_state st;
	struct fixture f;
	int64_t now = clock_mono_ms();

	open_fixture(&f, *state, answers);
	f.source.posture_every_ms = 60000;
	surveyor_configure(f.surveyor, &f.conf, now);
	assert_true(surveyor_state(f.surveyor, 0, now, &st));
	assert_false(st.complete);
	assert_int_equal(surveyor_run(f.surveyor, now), -1); /* it begins */
	surveyor_configure(f.surveyor, &f.conf, now);
	assert_true(surveyor_state(f.surveyor, 0, now, &st) && st.busy);
	f.source.posture_every_ms = 0;
	surveyor_configure(f.surveyor, &f.conf, now);
	assert_false(surveyor_state(f.surveyor, 0, now, &st));
	assert_int_equal(surveyor_run(f.surveyor, now), -1);
	f.source.posture_every_ms = 60000;
	surveyor_configure(f.surveyor, &f.conf, now);
	assert_int_equal(surveyor_run(f.surveyor, now), SURVEYOR_FIRST_MS);
	surveyor_drain(f.surveyor);
	assert_int_equal(surveyor_run(f.surveyor, now + 86400000), -1);
	assert_true(surveyor_state(f.surveyor, 0, now, &st) && !st.busy);
	close_fixture(&f);
}

#define TEST(fn)                                                               \
	cmocka_unit_test_setup_teardown(fn, tempstore_setup, tempstore_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_round),     TEST(test_missing_role),
		TEST(test_throttled), TEST(test_store_refuses),
		TEST(test_settings),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
