/*
 * source/listing against a scripted cloud: one row a way an API can answer.
 *
 * Battery: C7.
 */
#include "source/listing_priv.h"

#include "source/cloud.h"
#include "util/clock.h"

#define PAGE(items) "{\"value\":[" items "]}"
#define PAGE1 "{\"value\":[" CLOUD_ALERT("1") "]," CLOUD_LINK("/2") "}"
#define PAGE2 PAGE(CLOUD_ALERT("2") "," CLOUD_ALERT("3"))
#define ERROR(code)                                                            \
	"{\"error\":{\"code\":\"" code                                         \
	"\",\"message\":\"for kim@contoso.com\"}}"
#define DEEP10 "[[[[[[[[[["
#define DEEP300                                                                \
	DEEP10 DEEP10 DEEP10 DEEP10 DEEP10 DEEP10 DEEP10 DEEP10 DEEP10 DEEP10  \
		DEEP10 DEEP10 DEEP10 DEEP10 DEEP10 DEEP10 DEEP10 DEEP10 DEEP10 \
			DEEP10 DEEP10 DEEP10 DEEP10 DEEP10 DEEP10 DEEP10       \
				DEEP10 DEEP10 DEEP10 DEEP10

struct wait {
	bool done;
	struct listing_result result;
};

static void on_done(void *arg, const struct listing_result *r)
{
	struct wait *w = arg;

	assert_false(w->done);
	w->done = true;
	w->result = *r;
}

struct row {
	const char *name;
	struct answer answers[CLOUD_ANSWERS];
	enum listing_end end;
	const char *error; /* a part of it; NULL: complete */
	size_t n_alerts, n_bad, n_pages, n_bearers;
};

static const struct row rows[] = {
	{ "one page",
	  { ANSWER("/1 ", 200, PAGE2) },
	  LISTING_COMPLETE,
	  NULL,
	  2,
	  0,
	  1,
	  1 },
	{ "two pages",
	  { ANSWER("/1 ", 200, PAGE1), ANSWER("/2 ", 200, PAGE2) },
	  LISTING_COMPLETE,
	  NULL,
	  3,
	  0,
	  2,
	  2 },
	{ "empty pages with links",
	  { ANSWER("/1 ", 200, "{\"value\":[]," CLOUD_LINK("/2") "}"),
	    ANSWER("/2 ", 200, "{\"value\":[],\"nextLink\":\"\"}") },
	  LISTING_COMPLETE,
	  NULL,
	  0,
	  0,
	  2,
	  2 },
	{ "the other names of the link",
	  { ANSWER("/1 ", 200,
		   "{\"@odata.nextLink\":\"http://127.0.0.1:PORT/2\","
		   "\"value\":[]}"),
	    ANSWER("/2 ", 200, "{\"VALUE\":[],\"NextLink\":null}") },
	  LISTING_COMPLETE,
	  NULL,
	  0,
	  0,
	  2,
	  2 },
	{ "429, then 500, then well",
	  { ANSWER("/1 ", 429, ERROR("TooManyRequests")),
	    ANSWER("/1 ", 500, "<html>oops"), ANSWER("/1 ", 200, PAGE2) },
	  LISTING_COMPLETE,
	  NULL,
	  2,
	  0,
	  1,
	  3 },
	{ "408, 503, cut, empty, then well",
	  { ANSWER("/1 ", 408, ""), ANSWER("/1 ", 503, ""),
	    ANSWER("/1 ", 200, PAGE1, .cut = true),
	    ANSWER("/1 ", 200, "{\"value\":[{\"id\":", .unframed = true),
	    ANSWER("/1 ", 200, PAGE2) },
	  LISTING_COMPLETE,
	  NULL,
	  2,
	  0,
	  1,
	  5 },
	{ "500 for ever",
	  { ANSWER("/1 ", 500, ERROR("InternalServerError")),
	    ANSWER("/1 ", 500, ""), ANSWER("/1 ", 500, ""),
	    ANSWER("/1 ", 500, ""), ANSWER("/1 ", 500, ""),
	    ANSWER("/1 ", 502, ERROR("BadGateway")) },
	  LISTING_INCOMPLETE,
	  "page 1: HTTP 502 BadGateway; gave up after 5 more tries",
	  0,
	  0,
	  0,
	  6 },
	{ "a second page that never comes",
	  { ANSWER("/1 ", 200, PAGE1), ANSWER("/2 ", 500, ""),
	    ANSWER("/2 ", 500, ""), ANSWER("/2 ", 500, ""),
	    ANSWER("/2 ", 500, ""), ANSWER("/2 ", 500, ""),
	    ANSWER("/2 ", 504, "") },
	  LISTING_INCOMPLETE,
	  "page 2: HTTP 504; gave up after 5 more tries",
	  1,
	  0,
	  1,
	  7 },
	{ "a tired second page",
	  { ANSWER("/1 ", 200, PAGE1), ANSWER("/2 ", 503, ""),
	    ANSWER("/2 ", 200, PAGE2) },
	  LISTING_COMPLETE,
	  NULL,
	  3,
	  0,
	  2,
	  3 },
	{ "told to stay away for long",
	  { ANSWER("/1 ", 429, ERROR("SubscriptionRequestsThrottled"),
		   .headers = "Retry-After: 1800\r\n") },
	  LISTING_THROTTLED,
	  "asks to wait 1800 s",
	  0,
	  0,
	  0,
	  1 },
	{ "401 once",
	  { ANSWER("/1 ", 200, PAGE1),
	    ANSWER("/2 ", 401, ERROR("ExpiredAuthenticationToken")),
	    ANSWER("/2 ", 200, PAGE2) },
	  LISTING_COMPLETE,
	  NULL,
	  3,
	  0,
	  2,
	  3 },
	{ "401 for ever",
	  { ANSWER("/1 ", 401, ""), ANSWER("/1 ", 401, "") },
	  LISTING_AUTH,
	  "refuses a new token with 401; check the tenant",
	  0,
	  0,
	  0,
	  2 },
	{ "401 with a claims challenge",
	  { ANSWER("/1 ", 401, ""),
	    ANSWER("/1 ", 401, "",
		   .headers = "WWW-Authenticate: Bearer error=\"x\", "
			      "claims=\"e30=\"\r\n") },
	  LISTING_AUTH,
	  "Conditional Access",
	  0,
	  0,
	  0,
	  2 },
	{ "403",
	  { ANSWER("/1 ", 403, ERROR("AuthorizationFailed")) },
	  LISTING_FORBIDDEN,
	  "HTTP 403 AuthorizationFailed: grant",
	  0,
	  0,
	  0,
	  1 },
	{ "404 of a subscription without Defender",
	  { ANSWER("/1 ", 404, ERROR("Subscription Not Registered")) },
	  LISTING_COMPLETE,
	  NULL,
	  0,
	  0,
	  1,
	  1 },
	{ "404 of another kind",
	  { ANSWER("/1 ", 404, ERROR("SubscriptionNotFound")) },
	  LISTING_INCOMPLETE,
	  "HTTP 404 SubscriptionNotFound",
	  0,
	  0,
	  0,
	  1 },
	{ "400 with a flat body",
	  { ANSWER("/1 ", 400, "{\"Code\":\"BadRequest\",\"Message\":null}") },
	  LISTING_INCOMPLETE,
	  "HTTP 400 BadRequest",
	  0,
	  0,
	  0,
	  1 },
	{ "302",
	  { ANSWER("/1 ", 302, "",
		   .headers = "Location: http://127.0.0.1:1/\r\n") },
	  LISTING_INCOMPLETE,
	  "HTTP 302",
	  0,
	  0,
	  0,
	  1 },
	{ "206 with a page, and on it goes",
	  { ANSWER("/1 ", 206, PAGE1), ANSWER("/2 ", 200, PAGE2) },
	  LISTING_INCOMPLETE,
	  "page 1: HTTP 206",
	  3,
	  0,
	  2,
	  2 },
	{ "a warning",
	  { ANSWER("/1 ", 200, PAGE2,
		   .headers = "Warning: 199 - \"partial\"\r\n") },
	  LISTING_INCOMPLETE,
	  "page 1: a Warning header",
	  2,
	  0,
	  1,
	  1 },
	{ "no length",
	  { ANSWER("/1 ", 200, PAGE2, .unframed = true) },
	  LISTING_INCOMPLETE,
	  "may be cut",
	  2,
	  0,
	  1,
	  1 },
	{ "HTML",
	  { ANSWER("/1 ", 200, "<html><body>Sign in</body></html>",
		   .headers = "Content-Type: text/html\r\n") },
	  LISTING_INCOMPLETE,
	  "HTML, not JSON",
	  0,
	  0,
	  0,
	  1 },
	{ "no value",
	  { ANSWER("/1 ", 200, "{\"values\":[]}") },
	  LISTING_INCOMPLETE,
	  "no list \"value\"",
	  0,
	  0,
	  0,
	  1 },
	{ "value is an object",
	  { ANSWER("/1 ", 200, "{\"value\":{}}") },
	  LISTING_INCOMPLETE,
	  "not a list",
	  0,
	  0,
	  0,
	  1 },
	{ "a bare array",
	  { ANSWER("/1 ", 200, "[]") },
	  LISTING_INCOMPLETE,
	  "not a JSON object",
	  0,
	  0,
	  0,
	  1 },
	{ "one item far too deep",
	  { ANSWER("/1 ", 200,
		   "{\"value\":[" CLOUD_ALERT("1") ",{\"a\":" DEEP300 "]}") },
	  LISTING_INCOMPLETE,
	  "in the middle",
	  0,
	  0,
	  0,
	  6 },
	{ "a spoilt item between two",
	  { ANSWER("/1 ", 200,
		   PAGE(CLOUD_ALERT("1") ",{\"name\":\"x\",\"a\":1e999}"
					 "," CLOUD_ALERT("2"))) },
	  LISTING_COMPLETE,
	  NULL,
	  2,
	  1,
	  1,
	  1 },
	{ "a circle of one",
	  { ANSWER("/1 ", 200, "{\"value\":[]," CLOUD_LINK("/1") "}") },
	  LISTING_INCOMPLETE,
	  "in a circle",
	  0,
	  0,
	  1,
	  1 },
	{ "a circle of two",
	  { ANSWER("/1 ", 200, PAGE1),
	    ANSWER("/2 ", 200, "{\"value\":[]," CLOUD_LINK("/3") "}"),
	    ANSWER("/3 ", 200, "{\"value\":[]," CLOUD_LINK("/2") "}") },
	  LISTING_INCOMPLETE,
	  "in a circle",
	  1,
	  0,
	  3,
	  3 },
	{ "a link elsewhere",
	  { ANSWER("/1 ", 200,
		   "{\"value\":[" CLOUD_ALERT("1") "],\"nextLink\":\"http://"
						   "127.0.0.1:OTHER/2\"}") },
	  LISTING_INCOMPLETE,
	  "links to another host",
	  1,
	  0,
	  1,
	  1 },
	{ "a link with a user",
	  { ANSWER("/1 ", 200,
		   "{\"value\":[],\"nextLink\":"
		   "\"http://127.0.0.1:PORT@127.0.0.1:OTHER/\"}") },
	  LISTING_INCOMPLETE,
	  "links to another host",
	  0,
	  0,
	  1,
	  1 },
	{ "a relative link",
	  { ANSWER("/1 ", 200, "{\"value\":[],\"nextLink\":\"/2\"}") },
	  LISTING_INCOMPLETE,
	  "links to another host",
	  0,
	  0,
	  1,
	  1 },
	{ "a link that is a number",
	  { ANSWER("/1 ", 200, "{\"value\":[],\"nextLink\":2}") },
	  LISTING_INCOMPLETE,
	  "is not text",
	  0,
	  0,
	  0,
	  1 },
};

/* One that asks @url, borrowed as all of them, and then calls on_done(). */
static struct listing *begin(struct cloud *c, const char *url,
			     void (*collect)(void *, struct span),
			     struct wait *w)
{
	return listing_new(&(struct listing_conf){
		.env = &c->env,
		.source = "azure",
		.scope = "s",
		.url = url,
		.endpoint = url,
		.door = DOOR_ARM,
		.tenant = "t",
		.backoff_ms = 1,
		.collect = collect,
		.fn = on_done,
		.arg = w,
	});
}

static struct listing_result run(struct cloud *c, const char *path,
				 void (*collect)(void *, struct span))
{
	CLEANUP(free_ptr)
	char *url = xasprintf("http://127.0.0.1:%d%s", c->api.port, path);
	struct wait w = { 0 };
	struct listing *l = begin(c, url, collect, &w);

	assert_false(w.done);
	run_until(c->loop, &w.done);
	listing_free(l);
	return w.result;
}

static void check(const struct row *row)
{
	struct cloud c;
	struct listing_result r;
	const struct door_row *ledger = &c.door.rows[0];

	cloud_open(&c, row->answers);
	r = run(&c, "/1", NULL);
	if (r.end != row->end || (row->error && !strstr(r.error, row->error)))
		fail_msg("%s: end %d: %s", row->name, r.end, r.error);
	assert_int_equal(c.door.n_rows, 1);
	assert_false(ledger->open);
	assert_int_equal(ledger->complete, row->error == NULL);
	if (row->error)
		assert_string_equal(ledger->failed, r.error);
	assert_int_equal(ledger->n_alerts, row->n_alerts);
	assert_int_equal(ledger->n_bad, row->n_bad);
	assert_int_equal(ledger->n_pages, row->n_pages);
	assert_int_equal(c.bearers.n, row->n_bearers);
	/* No packet to a stranger, no name of a person in an error. */
	assert_int_equal(c.stranger.n_connections, 0);
	assert_null(strstr(r.error, "kim@"));
	cloud_close(&c);
}

static void test_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		/* The deep one is asked again: give it its answers. */
		struct row row = rows[i];

		for (size_t k = 1;
		     row.n_bearers == 6 && k < 6 && !row.answers[k].path; k++)
			row.answers[k] = row.answers[0];
		check(&row);
	}
}

/* After a 401 the token is another one, and the old one is not used again. */
static void test_new_token(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER("/1 ", 200, PAGE1),
		ANSWER("/2 ", 401, ""),
		ANSWER("/2 ", 200, PAGE2),
	};
	struct cloud c;

	(void)state;
	cloud_open(&c, answers);
	assert_int_equal(run(&c, "/1", NULL).end, LISTING_COMPLETE);
	assert_string_equal(c.bearers.v[0], "token-1");
	assert_string_equal(c.bearers.v[1], "token-1");
	assert_string_equal(c.bearers.v[2], "token-2");
	cloud_close(&c);
}

/* What the service's challenge claims is asked for at the sign-in. */
static void test_claims(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER("/1 ", 401, "",
		       .headers =
			       "WWW-Authenticate: Bearer error=\"insufficient"
			       "_claims\", "
			       "claims="
			       "\"eyJhY2Nlc3NfdG9rZW4iOnsiYWNycyI6eyJlc3NlbnRpY"
			       "WwiOnRydWUsInZhbHVlIjoiYzEifX19\"\r\n"),
		ANSWER("/1 ", 200, PAGE2),
	};
	struct cloud c;

	(void)state;
	cloud_open(&c, answers);
	assert_int_equal(run(&c, "/1", NULL).end, LISTING_COMPLETE);
	assert_string_equal(c.bearers.v[1], "token-2");
	assert_non_null(strstr(c.login.request.buf, "claims=%7B%22access_"));
	cloud_close(&c);
}

static void test_sign_in_refused(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = { 0 };
	struct cloud c;
	struct listing_result r;

	(void)state;
	cloud_open(&c, answers);
	c.token_error = "{\"error\":\"invalid_client\",\"error_description\":"
			"\"AADSTS7000222: expired\",\"error_codes\":[7000222]}";
	r = run(&c, "/1", NULL);
	assert_int_equal(r.end, LISTING_AUTH);
	assert_non_null(strstr(r.error, "7000222"));
	assert_int_equal(c.api.n_requests, 0);
	cloud_close(&c);
}

/* The second poll of the same bytes parses nothing. */
static void test_unchanged(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER("/1 ", 200, PAGE2),
		ANSWER("/1 ", 200,
		       PAGE(CLOUD_ALERT("3") ",\n " CLOUD_ALERT("2"))),
	};
	struct cloud c;

	(void)state;
	cloud_open(&c, answers);
	(void)run(&c, "/1", NULL);
	(void)run(&c, "/1", NULL);
	assert_int_equal(c.door.rows[0].n_alerts, 2);
	assert_int_equal(c.door.rows[1].n_alerts, 0);
	assert_int_equal(c.door.rows[1].n_unchanged, 2);
	cloud_close(&c);
}

static size_t n_collected;

static void collect(void *arg, struct span item)
{
	(void)arg;
	n_collected += item.len > 0;
}

static void test_collect(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER("/1 ", 200, PAGE1),
		ANSWER("/2 ", 200, PAGE2),
	};
	struct cloud c;

	(void)state;
	cloud_open(&c, answers);
	assert_int_equal(run(&c, "/1", collect).end, LISTING_COMPLETE);
	assert_int_equal(n_collected, 3);
	assert_int_equal(c.door.rows[0].n_alerts, 0);
	assert_true(c.door.rows[0].complete);
	cloud_close(&c);
}

static void add_large_page(struct strbuf *body)
{
	strbuf_addstr(body, "{\"value\":[");
	for (int i = 0; i < 500; i++)
		strbuf_addf(body, "%s{\"name\":\"n%d\",\"properties\":{}}",
			    i ? "," : "", i);
	strbuf_addstr(body, "]}");
}

/* More items than one turn takes: several pages of the ledger, all of them. */
static void test_large_page(void **state)
{
	CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;
	struct answer answers[CLOUD_ANSWERS] = { ANSWER("/1 ", 200, NULL) };
	struct cloud c;

	(void)state;
	add_large_page(&body);
	answers[0].body = body.buf;
	cloud_open(&c, answers);
	assert_int_equal(run(&c, "/1", NULL).end, LISTING_COMPLETE);
	assert_int_equal(c.door.rows[0].n_alerts, 500);
	assert_true(c.door.rows[0].n_pages >= 2);
	cloud_close(&c);
}

/* Each transaction keeps others waiting: never two in one turn of the loop. */
static void two_listings_take_turns(void **state)
{
	CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;
	CLEANUP(free_ptr) char *first = NULL, *second = NULL;
	struct answer answers[CLOUD_ANSWERS] = { ANSWER("/1 ", 200, NULL),
						 ANSWER("/2 ", 200, NULL) };
	struct wait w[2] = { 0 };
	struct listing *l[2];
	struct cloud c;
	const struct door_row *rows_of = c.door.rows;
	size_t n = 0;

	(void)state;
	add_large_page(&body);
	answers[0].body = answers[1].body = body.buf;
	cloud_open(&c, answers);
	first = xasprintf("http://127.0.0.1:%d/1", c.api.port);
	second = xasprintf("http://127.0.0.1:%d/2", c.api.port);
	l[0] = begin(&c, first, NULL, &w[0]);
	l[1] = begin(&c, second, NULL, &w[1]);
	while (!w[0].done || !w[1].done) {
		loop_turn(c.loop, 1000);
		assert_in_range(rows_of[0].n_pages + rows_of[1].n_pages, n,
				n + 1);
		n = rows_of[0].n_pages + rows_of[1].n_pages;
	}
	assert_int_equal(rows_of[0].n_alerts + rows_of[0].n_unchanged +
				 rows_of[1].n_alerts + rows_of[1].n_unchanged,
			 1000);
	listing_free(l[0]);
	listing_free(l[1]);
	cloud_close(&c);
}

static void test_store_refuses(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER("/1 ", 200, PAGE1),
	};
	struct cloud c;
	struct listing_result r;

	(void)state;
	cloud_open(&c, answers);
	c.door.refuse_begin = true;
	r = run(&c, "/1", NULL);
	assert_int_equal(r.end, LISTING_STORE);
	assert_string_equal(r.error, "no row today");
	assert_int_equal(c.door.n_rows, 0);
	c.door.refuse_begin = false;
	c.door.refuse_page = true;
	r = run(&c, "/1", NULL);
	assert_int_equal(r.end, LISTING_STORE);
	assert_string_equal(r.error, "no page today");
	assert_string_equal(c.door.rows[0].failed, "no page today");
	cloud_close(&c);
}

/* Paged by the body of a POST, as long as a page is full. */
static int follow(void *arg, size_t n_items, struct strbuf *ret,
		  struct err *err)
{
	(void)arg;
	if (n_items == 0)
		return err_set(err, ERR_SCHEMA, "an empty page of many");
	if (n_items < 2)
		return 0;
	strbuf_addstr(ret, "{\"skip\":2}");
	return 1;
}

static void cursor(void *arg, int64_t newest_ms, struct strbuf *out)
{
	(void)arg;
	strbuf_addf(out, "newest %lld", (long long)newest_ms);
}

#define POSTED(wanted, status, body)                                           \
	ANSWER("/1 ", status, body, .method = "POST", .wants = (wanted))
#define TIMED(n, t) "{\"name\":\"" n "\",\"t\":" t ",\"properties\":{}}"
#define DATA(items) "{\"hasNext\":true,\"data\":[" items "]}"

static struct listing_result run_posts(struct cloud *c)
{
	static const struct page_shape shape = { .items = "data" };
	static const char *const headers[] = { "Prefer: b=c", NULL };
	CLEANUP(free_ptr)
	char *url = xasprintf("http://127.0.0.1:%d/1", c->api.port);
	struct wait w = { 0 };
	struct listing_conf conf = {
		.env = &c->env,
		.source = "azure",
		.scope = "s",
		.url = url,
		.endpoint = url,
		.door = DOOR_ARM,
		.tenant = "t",
		.backoff_ms = 1,
		.method = "POST",
		.headers = headers,
		.body = "{\"skip\":0}",
		.shape = &shape,
		.follow = follow,
		.from_ms = 1000,
		.to_ms = 9000,
		.time_key = "t",
		.cursor = cursor,
		.fn = on_done,
		.arg = &w,
	};
	struct listing *l = listing_new(&conf);

	run_until(c->loop, &w.done);
	listing_free(l);
	return w.result;
}

static void test_posts(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		POSTED("\r\n\r\n{\"skip\":0}", 200,
		       DATA(TIMED("1", "5000") "," TIMED("2", "7000"))),
		POSTED("\r\n\r\n{\"skip\":2}", 503, ""),
		POSTED("\r\n\r\n{\"skip\":2}", 200, DATA(TIMED("3", "6000"))),
	};
	struct cloud c;
	struct listing_result r;

	(void)state;
	cloud_open(&c, answers);
	r = run_posts(&c);
	assert_int_equal(r.end, LISTING_COMPLETE);
	assert_int_equal(r.status, 200);
	assert_non_null(strstr(c.api.request.buf, "\r\nPrefer: b=c\r\n"));
	assert_int_equal(c.door.rows[0].n_alerts, 3);
	assert_int_equal(c.door.rows[0].from_ms, 1000);
	assert_int_equal(c.door.rows[0].to_ms, 9000);
	assert_int_equal(c.door.cursors.n, 1);
	assert_string_equal(c.door.cursors.v[0], "s=newest 7000");
	cloud_close(&c);
}

/* A page that cannot be followed is handed over; the cursor stays. */
static void test_posts_flawed(void **state)
{
	static const struct answer lost[CLOUD_ANSWERS] = {
		POSTED(NULL, 200,
		       DATA(TIMED("1", "5000") "," TIMED("2", "7000"))),
		POSTED(NULL, 200, DATA("")),
	};
	static const struct answer circle[CLOUD_ANSWERS] = {
		POSTED(NULL, 200,
		       DATA(TIMED("1", "5000") "," TIMED("2", "7000"))),
		POSTED(NULL, 200,
		       DATA(TIMED("3", "5000") "," TIMED("4", "7000"))),
	};
	struct cloud c;
	struct listing_result r;

	(void)state;
	cloud_open(&c, lost);
	r = run_posts(&c);
	assert_int_equal(r.end, LISTING_INCOMPLETE);
	assert_string_equal(r.error, "page 2: an empty page of many");
	assert_int_equal(c.door.rows[0].n_alerts, 2);
	assert_int_equal(c.door.cursors.n, 0);
	cloud_close(&c);
	cloud_open(&c, circle);
	r = run_posts(&c);
	assert_int_equal(r.end, LISTING_INCOMPLETE);
	assert_non_null(strstr(r.error, "in a circle"));
	assert_int_equal(c.door.rows[0].n_alerts, 4);
	assert_int_equal(c.door.cursors.n, 0);
	cloud_close(&c);
}

/* The budget is asked before each request; what the service asks for holds for
 * everybody who shares it. */
static void test_budget(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER("/1 ", 200, PAGE1),
		ANSWER("/2 ", 429, "", .headers = "Retry-After: 600\r\n"),
	};
	struct budget_book *book = budget_book_new();
	struct cloud c;
	struct listing_result r;

	(void)state;
	cloud_open(&c, answers);
	c.env.budget = budget_get(book, "t arm", 0);
	r = run(&c, "/1", NULL);
	assert_int_equal(r.end, LISTING_THROTTLED);
	assert_int_equal(c.api.n_requests, 2);
	r = run(&c, "/1", NULL);
	assert_int_equal(r.end, LISTING_THROTTLED);
	assert_true(r.retry_after_ms > 500000);
	assert_non_null(strstr(r.error, "this tenant's requests"));
	assert_int_equal(c.api.n_requests, 2);
	assert_string_equal(c.door.rows[1].failed, r.error);
	cloud_close(&c);
	budget_book_free(book);
}

/* A quota that is spent: the answer counts, the next page waits, with a budget
 * and without one. */
static void test_quota(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER("/1 ", 200, PAGE1,
		       .headers = "x-ms-user-quota-remaining: 0\r\n"
				  "x-ms-user-quota-resets-after: 00:30:00\r\n"),
	};
	struct budget_book *book = budget_book_new();

	(void)state;
	for (int with = 0; with < 2; with++) {
		struct cloud c;
		struct listing_result r;

		cloud_open(&c, answers);
		if (with)
			c.env.budget = budget_get(book, "t graph", 0);
		r = run(&c, "/1", NULL);
		assert_int_equal(r.end, LISTING_THROTTLED);
		assert_non_null(strstr(r.error, "this tenant's"));
		assert_int_equal(c.door.ids.n, 1);
		assert_int_equal(c.api.n_requests, 1);
		cloud_close(&c);
	}
	budget_book_free(book);
}

/* Short waits pass inside the listing. */
static void test_short_wait(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER("/1 ", 200, PAGE2),
	};
	struct budget_book *book = budget_book_new();
	struct cloud c;

	(void)state;
	cloud_open(&c, answers);
	c.env.budget = budget_get(book, "t short", 0);
	budget_pause(c.env.budget, clock_mono_ms(), 30);
	assert_int_equal(run(&c, "/1", NULL).end, LISTING_COMPLETE);
	cloud_close(&c);
	budget_book_free(book);
}

static void never(void *arg, const struct listing_result *r)
{
	(void)arg;
	(void)r;
	fail_msg("called back after it was freed");
}

/* Freed at every turn of its life: no call, no leak, the row is ended. */
static void test_abandon(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER("/1 ", 200, PAGE1), ANSWER("/2 ", 500, ""),
		ANSWER("/2 ", 500, ""),	   ANSWER("/2 ", 500, ""),
		ANSWER("/2 ", 500, ""),	   ANSWER("/2 ", 500, ""),
	};

	(void)state;
	for (int turns = 0; turns < 12; turns++) {
		struct cloud c;
		struct listing *l;
		struct listing_conf conf = {
			.env = &c.env,
			.source = "azure",
			.scope = "s",
			.endpoint = "http://127.0.0.1",
			.door = DOOR_ARM,
			.tenant = "",
			.backoff_ms = 100000,
			.fn = never,
		};
		CLEANUP(free_ptr) char *url = NULL;

		cloud_open(&c, answers);
		url = xasprintf("http://127.0.0.1:%d/1", c.api.port);
		conf.url = url;
		conf.endpoint = url;
		l = listing_new(&conf);
		for (int i = 0; i < turns; i++)
			loop_turn(c.loop, 20);
		listing_free(l);
		if (c.door.n_rows > 0)
			assert_string_equal(c.door.rows[0].failed, "cancelled");
		cloud_close(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_new_token),
		cmocka_unit_test(test_claims),
		cmocka_unit_test(test_sign_in_refused),
		cmocka_unit_test(test_unchanged),
		cmocka_unit_test(test_collect),
		cmocka_unit_test(test_large_page),
		cmocka_unit_test(two_listings_take_turns),
		cmocka_unit_test(test_store_refuses),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_quota),
		cmocka_unit_test(test_short_wait),
		cmocka_unit_test(test_posts),
		cmocka_unit_test(test_posts_flawed),
		cmocka_unit_test(test_abandon),
	};

	alarm(60);
	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
