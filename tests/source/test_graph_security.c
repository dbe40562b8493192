/* alerts_v2 against a scripted Graph: windows, pages, refusals, gaps. */
#include "source/source.h"

#include "source/cloud.h"
#include "util/clock.h"

#define MIN_MS INT64_C(60000)
#define HOUR_MS (60 * MIN_MS)
#define DAY_MS (24 * HOUR_MS)
#define NOW INT64_C(1795291200000) /* 2026-11-21T20:00:00Z */

#define BASE "/v1.0/security/alerts_v2?$filter="
#define BETWEEN(from, to)                                                      \
	"lastUpdateDateTime%20ge%20" from                                      \
	"%20and%20lastUpdateDateTime%20le%20" to
#define ORDER "&$orderby=lastUpdateDateTime%20asc HTTP"
#define URL(from, to) BASE BETWEEN(from, to) ORDER
#define DAY(n) "2026-11-" n "T20:00:00.000Z"
/* The window of a plan that has read up to NOW, a minute later. */
#define MINUTE URL("2026-11-21T19:45:00.000Z", "2026-11-21T20:01:00.000Z")

#define ALERT_AT(n, time)                                                      \
	"{\"id\":\"da" n "\",\"title\":\"Title " n                             \
	"\",\"severity\":\"high\",\"status\":\"new\",\"serviceSource\":"       \
	"\"microsoftDefenderForEndpoint\",\"lastUpdateDateTime\":\"" time      \
	"\"}"
#define LATEST "2026-11-21T20:00:59.1239999Z"
#define PAGE(items) "{\"@odata.context\":\"c\",\"value\":[" items "]}"
#define BAD "{\"values\":[]}"
#define FORBIDDEN "{\"error\":{\"code\":\"Forbidden\",\"message\":\"kim@a.b\"}}"

struct fixture {
	struct cloud cloud;
	struct source *source;
	struct skew skew;
	char endpoint[64];
};

static void open_source(struct fixture *f, const struct answer *answers,
			struct source_conf *conf)
{
	cloud_open(&f->cloud, answers);
	f->skew = (struct skew){ 0 };
	f->cloud.env.skew = &f->skew;
	snprintf(f->endpoint, sizeof(f->endpoint), "http://127.0.0.1:%d",
		 f->cloud.api.port);
	conf->name = (char *)"xdr";
	conf->type = SOURCE_GRAPH_SECURITY;
	conf->tenant = (char *)"tenant-1";
	conf->client_id = (char *)"1b1b1b1b-0000-4000-8000-000000000001";
	conf->graph = f->endpoint;
	conf->overlap_ms = 15 * MIN_MS;
	f->source = source_new(conf, &f->cloud.env);
	clock_hold(NOW, 1000000);
}

static void open_fixture(struct fixture *f, const struct answer *answers)
{
	struct source_conf conf = { 0 };

	open_source(f, answers, &conf);
}

/* As after a poll that read everything up to NOW. */
static void seed(struct fixture *f, const char *more)
{
	CLEANUP(free_ptr)
	char *text = xasprintf("alerts=w1 %lld %lld %lld 0 0 0%s",
			       (long long)(NOW - 7 * DAY_MS), (long long)NOW,
			       (long long)NOW, more);

	strlist_add(&f->cloud.door.cursors, text);
	clock_hold(NOW + MIN_MS, 1000000);
}

static void close_fixture(struct fixture *f)
{
	/* Nothing was asked of a stranger, and every answer was wanted. */
	assert_int_equal(f->cloud.stranger.n_connections, 0);
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

static const char *last_cursor(const struct fixture *f)
{
	return f->cloud.door.cursors.v[f->cloud.door.cursors.n - 1];
}

static void test_first_run(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER(URL(DAY("20"), DAY("21")), 200,
		       PAGE(ALERT_AT("1", "2026-11-21T19:00:00.1Z")),
		       .wants = "\r\nPrefer: include-unknown-enum-members\r\n"),
		ANSWER(URL(DAY("14"), DAY("15")), 200, PAGE("")),
		ANSWER(URL(DAY("15"), DAY("16")), 200, PAGE("")),
		ANSWER(URL(DAY("16"), DAY("17")), 200, PAGE("")),
		ANSWER(URL(DAY("17"), DAY("18")), 200, PAGE("")),
		ANSWER(URL(DAY("18"), DAY("19")), 200, PAGE("")),
		ANSWER(URL(DAY("19"), DAY("20")), 200,
		       PAGE(ALERT_AT("2", "2026-11-20T00:00:00Z"))),
		ANSWER(URL("2026-11-21T18:45:00.100Z",
			   "2026-11-21T20:01:00.000Z"),
		       200, PAGE(ALERT_AT("1", "2026-11-21T19:00:00.1Z"))),
	};
	const struct door_row *rows;
	struct fixture f;
	struct source_result r;

	(void)state;
	open_fixture(&f, answers);
	rows = f.cloud.door.rows;
	r = poll(&f);
	assert_true(r.complete);
	assert_int_equal(r.n_listings, 7);
	assert_string_equal(rows[0].scope, "alerts");
	assert_int_equal(rows[0].from_ms, NOW - DAY_MS);
	assert_int_equal(rows[0].to_ms, NOW);
	assert_int_equal(f.cloud.door.ids.n, 2);
	/* From the newest time seen on, not from the clock. */
	clock_hold(NOW + MIN_MS, 1000000);
	r = poll(&f);
	assert_true(r.complete);
	assert_int_equal(rows[7].n_unchanged, 1);
	close_fixture(&f);
}

/* Our clock is an hour behind, then ahead: the windows are of their time. */
static void test_clock_off(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER(MINUTE, 200, PAGE(""),
		       .headers = "Date: Sat, 21 Nov 2026 21:01:00 GMT\r\n"),
		ANSWER(URL("2026-11-21T19:45:00.000Z",
			   "2026-11-21T21:02:00.000Z"),
		       200, PAGE(ALERT_AT("1", "2026-11-21T21:01:30Z")),
		       .headers = "Date: Sat, 21 Nov 2026 21:02:00 GMT\r\n"),
		ANSWER(URL("2026-11-21T20:46:30.000Z",
			   "2026-11-21T21:03:00.000Z"),
		       200, PAGE("")),
	};
	struct fixture f;

	(void)state;
	open_fixture(&f, answers);
	seed(&f, "");
	assert_true(poll(&f).complete);
	clock_hold(NOW + 2 * MIN_MS, 1000000 + MIN_MS);
	assert_true(poll(&f).complete);
	assert_int_equal(f.cloud.door.ids.n, 1);
	clock_hold(NOW + 2 * HOUR_MS, 1000000 + 2 * MIN_MS);
	assert_true(poll(&f).complete);
	close_fixture(&f);
}

/* As one edit of an incident does it: 500 alerts with one instant. */
static char *tied_page(int from, const char *link)
{
	struct strbuf body = STRBUF_INIT;

	strbuf_addf(&body, "{%s\"value\":[", link);
	for (int i = from; i < from + 250; i++)
		strbuf_addf(&body,
			    "%s{\"id\":\"da%d\",\"title\":\"t\",\"severity\":"
			    "\"low\",\"lastUpdateDateTime\":\"" LATEST "\"}",
			    i > from ? "," : "", i);
	strbuf_addstr(&body, "]}");
	return strbuf_detach(&body);
}

static void test_tied(void **state)
{
	CLEANUP(free_ptr)
	char *first = tied_page(0, "\"@odata.nextLink\":\"http://127.0.0.1:"
				   "PORT/v1.0/security/alerts_v2?$skip=250\",");
	CLEANUP(free_ptr) char *second = tied_page(250, "");
	struct answer answers[CLOUD_ANSWERS] = {
		ANSWER(MINUTE, 200, first),
		ANSWER("/v1.0/security/alerts_v2?$skip=250 ", 400, "{}",
		       .wants = "Prefer: include-unknown"),
		ANSWER(MINUTE, 200, first),
		ANSWER("/v1.0/security/alerts_v2?$skip=250 ", 200, second),
		ANSWER(URL("2026-11-21T19:45:59.123Z",
			   "2026-11-21T20:02:00.000Z"),
		       200, second),
	};
	struct fixture f;
	struct source_result r;

	(void)state;
	open_fixture(&f, answers);
	seed(&f, "");
	/* The first try breaks off at its second page, whose link has ended:
	 * that says nothing about the order. */
	assert_false(poll(&f).complete);
	r = poll(&f);
	assert_true(r.complete);
	assert_int_equal(f.cloud.door.ids.n, 500);
	assert_non_null(strstr(f.cloud.door.rows[0].failed, "HTTP 400"));
	assert_int_equal(f.cloud.door.cursors.n, 2);
	/* The next window holds the tied instant once more. */
	clock_hold(NOW + 2 * MIN_MS, 1000000);
	r = poll(&f);
	assert_true(r.complete);
	assert_int_equal(f.cloud.door.rows[2].n_unchanged, 250);
	close_fixture(&f);
}

#define BAD_REQUEST "{\"error\":{\"code\":\"BadRequest\"}}"
#define UNORDERED(to) BASE BETWEEN("2026-11-21T19:45:00.000Z", to) " HTTP"

/* $orderby is not documented: what refuses it is asked without it for an hour.
 * When that does not help, it was not the order. */
static void test_unordered(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER(MINUTE, 400, BAD_REQUEST),
		ANSWER(UNORDERED("2026-11-21T20:01:00.000Z"), 400, BAD_REQUEST),
		ANSWER(MINUTE, 400, BAD_REQUEST),
		ANSWER(UNORDERED("2026-11-21T20:01:00.000Z"), 200, PAGE("")),
		ANSWER(UNORDERED("2026-11-21T21:00:00.000Z"), 200, PAGE("")),
		ANSWER(URL("2026-11-21T19:45:00.000Z",
			   "2026-11-21T21:01:00.000Z"),
		       200, PAGE("")),
	};
	struct fixture f;
	struct source_result r;

	(void)state;
	open_fixture(&f, answers);
	seed(&f, "");
	r = poll(&f);
	assert_false(r.complete);
	assert_non_null(strstr(r.error, "2026-11-21T19:45:00.000Z to "
					"2026-11-21T20:01:00.000Z: HTTP 400"));
	assert_true(poll(&f).complete);
	clock_hold(NOW + HOUR_MS, 1000000 + 59 * MIN_MS);
	assert_true(poll(&f).complete);
	clock_hold(NOW + HOUR_MS + MIN_MS, 1000000 + 60 * MIN_MS);
	assert_true(poll(&f).complete);
	close_fixture(&f);
}

struct refusal {
	struct answer answers[CLOUD_ANSWERS];
	const char *error; /* NULL: complete */
	bool auth_failed;
	int64_t retry_after_ms;
	size_t n_ids;
};

static const struct refusal refusals[] = {
	{ { ANSWER(MINUTE, 403, FORBIDDEN) },
	  "SecurityAlert.Read.All: az ad app permission add --id "
	  "1b1b1b1b-0000-4000-8000-000000000001 --api "
	  "00000003-0000-0000-c000-000000000000 --api-permissions "
	  "472e4a4d-bb4a-4026-98d1-0b0d74cb74a5=Role; az ad app permission "
	  "admin-consent --id 1b1b1b1b-0000-4000-8000-000000000001",
	  true,
	  0,
	  0 },
	{ { ANSWER(MINUTE, 429, "", .headers = "Retry-After: 600\r\n") },
	  "asks to wait 600 s",
	  false,
	  600000,
	  0 },
	{ { ANSWER(MINUTE, 401, "",
		   .headers = "WWW-Authenticate: Bearer error=\"insufficient_"
			      "claims\", claims=\"e30=\"\r\n"),
	    ANSWER(MINUTE, 200, PAGE(ALERT_AT("1", LATEST))) },
	  NULL,
	  false,
	  0,
	  1 },
	{ { ANSWER(MINUTE, 200,
		   "{\"@odata.nextLink\":\"http://127.0.0.1:OTHER/2\","
		   "\"value\":[" ALERT_AT("1", LATEST) "]}") },
	  "links to another host",
	  false,
	  0,
	  1 },
	{ { ANSWER(MINUTE, 206, PAGE(ALERT_AT("1", LATEST))) },
	  "HTTP 206",
	  false,
	  0,
	  1 },
};

static void test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		const struct refusal *row = &refusals[i];
		struct fixture f;
		struct source_result r;

		open_fixture(&f, row->answers);
		seed(&f, "");
		r = poll(&f);
		assert_int_equal(r.complete, row->error == NULL);
		if (row->error && !strstr(r.error, row->error))
			fail_msg("row %zu: %s", i, r.error);
		assert_null(strstr(r.error, "kim@"));
		assert_int_equal(r.auth_failed, row->auth_failed);
		assert_int_equal(r.retry_after_ms, row->retry_after_ms);
		assert_int_equal(f.cloud.door.ids.n, row->n_ids);
		/* What is not whole moves nothing. */
		assert_int_equal(f.cloud.door.cursors.n, row->error ? 1 : 2);
		close_fixture(&f);
	}
}

#define NEWER(from, to)                                                        \
	ANSWER(URL("2026-11-21T" from ":00.000Z",                              \
		   "2026-11-21T" to ":00.000Z"),                               \
	       200, PAGE(""))
#define HOLE URL("2026-11-21T09:00:00.000Z", "2026-11-21T09:01:00.000Z")
#define HOLE_TEXT "1795251600000-1795251660000"

/* The smallest slice fails three times, is a gap, and is read in the end. */
static void test_gap(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		NEWER("19:45", "20:01"),
		ANSWER(HOLE, 200, BAD),
		NEWER("19:45", "20:02"),
		ANSWER(HOLE, 206, PAGE("")),
		NEWER("19:45", "20:03"),
		ANSWER(HOLE, 200, BAD),
		NEWER("19:45", "21:04"),
		ANSWER(HOLE, 200, BAD),
		NEWER("19:45", "22:05"),
		ANSWER(HOLE, 200, PAGE(ALERT_AT("1", "2026-11-21T09:00:30Z"))),
	};
	static const int64_t minutes[] = { 1, 2, 3, 64, 125 };
	struct fixture f;
	struct strlist *gaps;

	(void)state;
	open_fixture(&f, answers);
	seed(&f, " h 1795251600000 1795251660000 0 0");
	gaps = &f.cloud.door.gaps;
	for (size_t i = 0; i < ARRAY_SIZE(minutes); i++) {
		struct source_result r;

		clock_hold(NOW + minutes[i] * MIN_MS, 1000000);
		r = poll(&f);
		if (r.complete != (i == 4))
			fail_msg("poll %zu: %s", i, r.error);
		/* Each try is told: it may be known no more. */
		assert_int_equal(gaps->n, i < 2 ? 0 : i < 3 ? 1 : 2);
	}
	assert_string_equal(gaps->v[0], "open alerts " HOLE_TEXT);
	assert_string_equal(gaps->v[1], gaps->v[0]);
	assert_int_equal(f.cloud.door.ids.n, 1);
	assert_null(strstr(last_cursor(&f), " g "));
	close_fixture(&f);
}

static void test_halving(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		NEWER("19:45", "20:01"),
		ANSWER(URL("2026-11-21T09:00:00.000Z",
			   "2026-11-21T11:00:00.000Z"),
		       200, BAD),
		NEWER("19:45", "20:02"),
		ANSWER(URL("2026-11-21T09:00:00.000Z",
			   "2026-11-21T10:00:00.000Z"),
		       200, PAGE("")),
		ANSWER(URL("2026-11-21T10:00:00.000Z",
			   "2026-11-21T11:00:00.000Z"),
		       200, PAGE("")),
	};
	struct fixture f;

	(void)state;
	open_fixture(&f, answers);
	/* It failed twice before. */
	seed(&f, " h 1795251600000 1795258800000 2 0");
	assert_false(poll(&f).complete);
	clock_hold(NOW + 2 * MIN_MS, 1000000);
	assert_true(poll(&f).complete);
	assert_int_equal(f.cloud.door.gaps.n, 0);
	assert_null(strstr(last_cursor(&f), " h "));
	close_fixture(&f);
}

static void test_sweep(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		NEWER("19:45", "20:01"),
		ANSWER(URL("2026-11-21T18:01:00.000Z",
			   "2026-11-21T20:01:00.000Z"),
		       200, PAGE(ALERT_AT("late", "2026-11-21T18:30:00Z"))),
		NEWER("19:45", "20:02"),
	};
	struct source_conf conf = { .sweep_every_ms = DAY_MS,
				    .sweep_window_ms = 2 * HOUR_MS };
	struct fixture f;

	(void)state;
	open_source(&f, answers, &conf);
	seed(&f, ""); /* due since the epoch */
	assert_true(poll(&f).complete);
	assert_int_equal(f.cloud.door.ids.n, 1);
	clock_hold(NOW + 2 * MIN_MS, 1000000);
	assert_true(poll(&f).complete);
	close_fixture(&f);
}

/* What was not committed did not happen. */
static void test_store_refuses(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER(MINUTE, 200, PAGE(ALERT_AT("1", LATEST))),
		ANSWER(MINUTE, 200, PAGE(ALERT_AT("1", LATEST))),
	};
	struct fixture f;
	struct source_result r;

	(void)state;
	open_fixture(&f, answers);
	seed(&f, "");
	f.cloud.door.refuse_cursor = true;
	r = poll(&f);
	assert_false(r.complete);
	assert_string_equal(r.error, "no cursor today");
	f.cloud.door.refuse_cursor = false;
	f.cloud.door.refuse_page = true;
	r = poll(&f);
	assert_false(r.complete);
	assert_false(r.auth_failed);
	assert_string_equal(r.error, "no page today");
	f.cloud.door.refuse_page = false;
	assert_true(poll(&f).complete);
	assert_int_equal(f.cloud.door.ids.n, 1);
	close_fixture(&f);
}

/* A cursor that is not ours: everything again, and the history says so. */
static void test_foreign_cursor(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER(URL(DAY("20"), DAY("21")), 403, FORBIDDEN),
	};
	struct fixture f;

	(void)state;
	open_fixture(&f, answers);
	strlist_add(&f.cloud.door.cursors, "alerts=2026-11-21T20:00:00Z");
	assert_false(poll(&f).complete);
	assert_int_equal(f.cloud.door.notes.n, 1);
	assert_non_null(strstr(f.cloud.door.notes.v[0], "cursor-reset"));
	close_fixture(&f);
}

static void test_services(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER(BASE BETWEEN(
			       "2026-11-21T19:45:00.000Z",
			       "2026-11-21T20:01:00."
			       "000Z") "%20and%20(serviceSource%20eq%20%27"
				       "microsoftDefenderForCloud%27%20or%20"
				       "serviceSource%20eq%20%27"
				       "microsoftAppGovernance%27)" ORDER,
		       200, PAGE("")),
	};
	struct source_conf conf = { 0 };
	struct fixture f;

	(void)state;
	strlist_add(&conf.service_sources, "microsoftDefenderForCloud");
	strlist_add(&conf.service_sources, "a' or 1 eq 1");
	strlist_add(&conf.service_sources, "microsoftAppGovernance");
	open_source(&f, answers, &conf);
	strlist_release(&conf.service_sources);
	seed(&f, "");
	assert_true(poll(&f).complete);
	close_fixture(&f);
}

#define INCIDENTS(from, to)                                                    \
	"/v1.0/security/incidents?$expand=alerts&$filter=" BETWEEN(from, to)   \
		ORDER
#define SEED_INCIDENTS                                                         \
	"incidents=w1 1794686400000 1795291200000 1795291200000 0 0 0"
#define INCIDENT(n)                                                            \
	"{\"id\":\"" n "\",\"displayName\":\"Incident " n                      \
	"\",\"incidentWebUrl\":\"\",\"severity\":\"high\",\"status\":"         \
	"\"active\",\"lastUpdateDateTime\":\"" LATEST "\",\"alerts\":[]}"

static void open_with_incidents(struct fixture *f, const struct answer *answers)
{
	struct source_conf conf = { .incidents = true };

	strlist_add(&conf.service_sources, "microsoftDefenderForEndpoint");
	open_source(f, answers, &conf);
	strlist_release(&conf.service_sources);
	strlist_add(&f->cloud.door.cursors, SEED_INCIDENTS);
	seed(f, "");
}

#define OF_SERVICES(from, to)                                                  \
	BASE BETWEEN(from, to) "%20and%20(serviceSource%20eq%20%27"            \
			       "microsoftDefenderForEndpoint%27)" ORDER
#define ALERTS_0                                                               \
	OF_SERVICES("2026-11-21T19:45:00.000Z", "2026-11-21T20:01:00.000Z")
#define INCIDENTS_0                                                            \
	INCIDENTS("2026-11-21T19:45:00.000Z", "2026-11-21T20:01:00.000Z")

/* Behind the alerts, with a window, a cursor and rows of their own. */
static void test_incidents(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER(ALERTS_0, 200, PAGE(ALERT_AT("1", LATEST))),
		ANSWER(INCIDENTS_0, 200,
		       "{\"@odata.nextLink\":\"http://127.0.0.1:PORT/v1.0/"
		       "security/incidents?$skip=1\",\"value\":[" INCIDENT(
			       "7") "]}",
		       .wants = "\r\nPrefer: include-unknown-enum-members\r\n"),
		ANSWER("/v1.0/security/incidents?$skip=1 ", 200,
		       PAGE(INCIDENT("8"))),
	};
	struct fixture f;
	struct source_result r;
	const struct door_row *row;

	(void)state;
	open_with_incidents(&f, answers);
	r = poll(&f);
	assert_true(r.complete);
	assert_string_equal(r.refused, "");
	assert_int_equal(r.n_listings, 2);
	row = &f.cloud.door.rows[1];
	assert_string_equal(row->scope, "incidents");
	assert_true(row->complete);
	assert_int_equal(row->to_ms - row->from_ms, 16 * MIN_MS);
	assert_int_equal(f.cloud.door.ids.n, 3);
	assert_string_equal(f.cloud.door.titles.v[2], "Incident 8");
	assert_true(strncmp(last_cursor(&f), "incidents=w1 ", 13) == 0);
	close_fixture(&f);
}

/* Refused, they cost the alerts nothing, and are asked for again later. */
static void test_incidents_refused(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER(ALERTS_0, 200, PAGE(ALERT_AT("1", LATEST))),
		ANSWER(INCIDENTS_0, 403, FORBIDDEN),
		ANSWER(OF_SERVICES("2026-11-21T19:45:59.123Z",
				   "2026-11-21T20:15:00.000Z"),
		       200, PAGE("")),
		ANSWER(OF_SERVICES("2026-11-21T19:45:59.123Z",
				   "2026-11-21T20:16:00.000Z"),
		       200, PAGE("")),
		ANSWER(INCIDENTS("2026-11-21T19:45:00.000Z",
				 "2026-11-21T20:16:00.000Z"),
		       200, PAGE(INCIDENT("7"))),
	};
	struct fixture f;
	struct source_result r;

	(void)state;
	open_with_incidents(&f, answers);
	for (int i = 0; i < 2; i++) {
		r = poll(&f);
		assert_true(r.complete);
		assert_false(r.auth_failed);
		assert_string_equal(r.error, "");
		assert_non_null(
			strstr(r.refused,
			       "incidents: HTTP 403 Forbidden: the "
			       "application lacks the permission "
			       "SecurityIncident.Read.All: az ad app "));
		assert_null(strstr(r.refused, "kim@"));
		clock_hold(NOW + 15 * MIN_MS, 1000000 + 14 * MIN_MS);
	}
	assert_non_null(f.cloud.door.rows[1].failed);
	clock_hold(NOW + 16 * MIN_MS, 1000000 + 15 * MIN_MS);
	r = poll(&f);
	assert_true(r.complete);
	assert_string_equal(r.refused, "");
	assert_int_equal(f.cloud.door.ids.n, 2);
	close_fixture(&f);
}

/* Another failure of theirs is one of the poll; where the alerts are refused,
 * nobody asks for them. */
static void test_incidents_fail(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER(ALERTS_0, 200, PAGE(ALERT_AT("1", LATEST))),
		ANSWER(INCIDENTS_0, 206, PAGE(INCIDENT("7"))),
		ANSWER(OF_SERVICES("2026-11-21T19:45:59.123Z",
				   "2026-11-21T20:02:00.000Z"),
		       403, FORBIDDEN),
	};
	struct fixture f;
	struct source_result r;

	(void)state;
	open_with_incidents(&f, answers);
	r = poll(&f);
	assert_false(r.complete);
	assert_false(r.auth_failed);
	assert_non_null(strstr(r.error, "HTTP 206"));
	assert_string_equal(r.refused, "");
	clock_hold(NOW + 2 * MIN_MS, 1000000);
	r = poll(&f);
	assert_true(r.auth_failed);
	assert_non_null(strstr(r.error, "SecurityAlert.Read.All"));
	close_fixture(&f);
}

/* Freed at every turn of a poll: no call, no leak. */
static void test_abandon(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER(MINUTE, 200, PAGE("")),
	};
	struct door_wait w = { 0 };

	(void)state;
	for (int turns = 0; turns < 8; turns++) {
		struct fixture f;

		open_fixture(&f, answers);
		seed(&f, "");
		source_poll(f.source, door_on_done, &w);
		for (int i = 0; i < turns && !w.done; i++)
			loop_turn(f.cloud.loop, 20);
		w.done = false;
		source_free(f.source);
		cloud_close(&f.cloud);
		clock_release();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_run),
		cmocka_unit_test(test_clock_off),
		cmocka_unit_test(test_tied),
		cmocka_unit_test(test_unordered),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_halving),
		cmocka_unit_test(test_sweep),
		cmocka_unit_test(test_store_refuses),
		cmocka_unit_test(test_foreign_cursor),
		cmocka_unit_test(test_services),
		cmocka_unit_test(test_incidents),
		cmocka_unit_test(test_incidents_refused),
		cmocka_unit_test(test_incidents_fail),
		cmocka_unit_test(test_abandon),
	};

	alarm(60);
	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
