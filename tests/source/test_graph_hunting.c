/* Hunting for behaviors against a scripted Graph. */
#include "source/source.h"

#include "source/cloud.h"
#include "source/reader_priv.h"
#include "util/clock.h"

#define MIN_MS INT64_C(60000)
#define NOW INT64_C(1795291200000) /* 2026-11-21T20:00:00Z */

#define QUERY(from, to)                                                        \
	"\r\n\r\n{\"Query\":\"BehaviorInfo | where Timestamp >= datetime("     \
	"2026-11-" from ") and Timestamp <= datetime(2026-11-" to ")"
#define ASKED(from, to, status, body)                                          \
	ANSWER("/v1.0/security/runHuntingQuery ", status, body,                \
	       .method = "POST", .wants = QUERY(from, to))
#define FOUND(rows)                                                            \
	"{\"schema\":[{\"name\":\"Timestamp\",\"type\":\"DateTime\"}],"        \
	"\"results\":[" rows "]}"
#define BEHAVIOR                                                               \
	"{\"Timestamp\":\"2026-11-21T20:00:30Z\",\"BehaviorId\":\"bh1\","      \
	"\"ActionType\":\"MultipleFailedLoginAttempts\",\"Entities\":["        \
	"{\"EntityType\":\"Ip\",\"RemoteIP\":\"192.0.2.7\"}]}"

struct fixture {
	struct cloud cloud;
	struct source *source;
	char endpoint[64];
};

/* As after a poll that read everything up to NOW, but for @more. */
static void open_fixture(struct fixture *f, const struct answer *answers,
			 const char *more)
{
	struct source_conf conf = {
		.name = (char *)"behaviors",
		.type = SOURCE_GRAPH_HUNTING,
		.tenant = (char *)"tenant-1",
		.client_id = (char *)"client-1",
		.graph = f->endpoint,
		.overlap_ms = 15 * MIN_MS,
	};
	CLEANUP(free_ptr) char *text = NULL;

	cloud_open(&f->cloud, answers);
	snprintf(f->endpoint, sizeof(f->endpoint), "http://127.0.0.1:%d",
		 f->cloud.api.port);
	f->source = source_new(&conf, &f->cloud.env);
	text = xasprintf("behaviors=w1 %lld %lld %lld 0 0 0%s",
			 (long long)(NOW - 10000 * MIN_MS), (long long)NOW,
			 (long long)NOW, more);
	strlist_add(&f->cloud.door.cursors, text);
	clock_hold(NOW + MIN_MS, 1000000);
}

static void close_fixture(struct fixture *f)
{
	if (f->cloud.n_answered < CLOUD_ANSWERS)
		assert_null(f->cloud.answers[f->cloud.n_answered].path);
	source_free(f->source);
	cloud_close(&f->cloud);
	clock_release();
}

static struct source_result poll(struct fixture *f)
{
	return door_poll(f->source, f->cloud.loop);
}

static void test_behaviors(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ASKED("21T19:45:00.000Z", "21T20:01:00.000Z", 200,
		      FOUND(BEHAVIOR)),
		ASKED("21T19:45:30.000Z", "21T20:02:00.000Z", 200,
		      FOUND(BEHAVIOR)),
	};
	struct fixture f;
	const struct door_row *rows;

	(void)state;
	open_fixture(&f, answers, "");
	rows = f.cloud.door.rows;
	assert_true(poll(&f).complete);
	assert_string_equal(rows[0].scope, "behaviors");
	assert_int_equal(rows[0].from_ms, NOW - 15 * MIN_MS);
	assert_int_equal(f.cloud.door.ids.n, 1);
	assert_string_equal(f.cloud.door.ids.v[0], "bh1");
	assert_string_equal(f.cloud.door.severities.v[0], "low");
	assert_non_null(strstr(f.cloud.api.request.buf,
			       "\r\nContent-Type: application/json\r\n"));
	clock_hold(NOW + 2 * MIN_MS, 1000000);
	assert_true(poll(&f).complete);
	assert_int_equal(rows[1].n_unchanged, 1);
	close_fixture(&f);
}

/* The cursor that a poll of @tenant leaves, of which nothing else changes. */
static char *cursor_of(const char *tenant)
{
	CLEANUP(free_ptr)
	char *text =
		xasprintf(" i %s",
			  reader_identity(tenant, NULL,
					  (char[READER_IDENTITY_SIZE]){ 0 }));
	static const struct answer answers[CLOUD_ANSWERS] = {
		ASKED("21T19:45:00.000Z", "21T20:01:00.000Z", 200, FOUND("")),
	};
	struct fixture f;
	char *cursor;

	open_fixture(&f, answers, text);
	assert_true(poll(&f).complete);
	cursor = xstrdup(f.cloud.door.cursors.v[f.cloud.door.cursors.n - 1]);
	assert_int_equal(f.cloud.door.notes.n, 0);
	close_fixture(&f);
	return cursor;
}

/* What was read of another tenant says nothing about this one: it is read anew,
 * and that is told once. */
static void test_another_tenant(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER("/v1.0/security/runHuntingQuery ", 403, "{}",
		       .method = "POST"),
		ANSWER("/v1.0/security/runHuntingQuery ", 403, "{}",
		       .method = "POST"),
	};
	CLEANUP(free_ptr) char *same = cursor_of("TENANT-1");
	struct fixture f;

	(void)state;
	assert_non_null(strstr(same, " i "));
	open_fixture(&f, answers, " i 0123456789abcdef");
	assert_true(poll(&f).auth_failed);
	assert_true(f.cloud.door.rows[0].from_ms < NOW - 60 * MIN_MS);
	assert_int_equal(f.cloud.door.n_anew, 1);
	assert_int_equal(f.cloud.door.notes.n, 1);
	assert_non_null(strstr(f.cloud.door.notes.v[0],
			       "cursor-reset {\"reason\":\"the source reads "
			       "another tenant"));
	assert_true(poll(&f).auth_failed);
	assert_int_equal(f.cloud.door.notes.n, 1);
	assert_int_equal(f.cloud.door.n_anew, 1);
	close_fixture(&f);
}

static void test_forbidden(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ASKED("21T19:45:00.000Z", "21T20:01:00.000Z", 403, "{}"),
	};
	struct fixture f;
	struct source_result r;

	(void)state;
	open_fixture(&f, answers, "");
	r = poll(&f);
	assert_true(r.auth_failed);
	assert_non_null(strstr(r.error, "ThreatHunting.Read.All: az ad app "
					"permission add --id client-1"));
	close_fixture(&f);
}

static void test_not_an_answer(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ASKED("21T19:45:00.000Z", "21T20:01:00.000Z", 200,
		      "{\"schema\":[],\"value\":[]}"),
	};
	struct fixture f;
	struct source_result r;

	(void)state;
	open_fixture(&f, answers, "");
	r = poll(&f);
	assert_false(r.complete);
	assert_non_null(strstr(r.error, "no list \"results\""));
	close_fixture(&f);
}

/* As many rows as an answer can have are too many: half of the time each. */
static void test_full_answer(void **state)
{
	CLEANUP(strbuf_release) struct strbuf full = STRBUF_INIT;
	struct answer answers[CLOUD_ANSWERS] = {
		ASKED("21T19:45:00.000Z", "21T20:01:00.000Z", 200, FOUND("")),
		ASKED("21T09:00:00.000Z", "21T11:00:00.000Z", 200, NULL),
		ASKED("21T19:45:00.000Z", "21T20:02:00.000Z", 200, FOUND("")),
		ASKED("21T09:00:00.000Z", "21T10:00:00.000Z", 200, FOUND("")),
		ASKED("21T10:00:00.000Z", "21T11:00:00.000Z", 200, FOUND("")),
	};
	struct fixture f;
	struct source_result r;

	(void)state;
	strbuf_addstr(&full, "{\"results\":[0");
	for (int i = 1; i < 100000; i++)
		strbuf_addstr(&full, ",0");
	strbuf_addstr(&full, "]}");
	answers[1].body = full.buf;
	open_fixture(&f, answers, " h 1795251600000 1795258800000 2 0");
	r = poll(&f);
	assert_false(r.complete);
	assert_non_null(strstr(r.error, "page 1: 100000 rows"));
	clock_hold(NOW + 2 * MIN_MS, 1000000);
	assert_true(poll(&f).complete);
	close_fixture(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_behaviors),
		cmocka_unit_test(test_another_tenant),
		cmocka_unit_test(test_forbidden),
		cmocka_unit_test(test_not_an_answer),
		cmocka_unit_test(test_full_answer),
	};

	alarm(60);
	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
