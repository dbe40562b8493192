/*
 * net/token with a scripted sign-in service and a clock that stands still.
 *
 * Battery: C1.
 */
#include "net/peer.h"

#include <stdio.h>
#include "net/token.h"
#include "util/clock.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

#define SECRET "p@ss w\xc3\xb6rd&=+%~"
#define MIN_MS ((int64_t)60 * 1000)

struct seen {
	int n, n_token;
	char token[64];
	struct err err;
	int64_t retry_after_ms;
};

struct fixture {
	struct loop *loop;
	struct xfer_pool *pool;
	struct peer peer;
	struct token_source *ts;
	int64_t mono_ms;
	struct seen seen;
	struct token_wait *victim;
	bool reject;
	const char *json; /* the answer's body; NULL: token-N, one hour */
	long status; /* 0: the connection is closed without an answer */
	const char *headers;
};

static void tick(struct fixture *f, int64_t ms)
{
	f->mono_ms += ms;
	clock_hold(1800000000000 + f->mono_ms, f->mono_ms);
}

static enum peer_then on_request(struct peer *p, const char *request,
				 struct strbuf *reply)
{
	struct fixture *f = (void *)p->script;
	char json[128];

	(void)request;
	if (!f->status)
		return PEER_CLOSE;
	snprintf(json, sizeof(json),
		 "{\"token_type\":\"Bearer\",\"expires_in\":3600,"
		 "\"access_token\":\"token-%d\"}",
		 p->n_requests);
	strbuf_addf(reply, "HTTP/1.1 %ld X\r\n%sContent-Length: %zu\r\n\r\n%s",
		    f->status, f->headers, strlen(f->json ? f->json : json),
		    f->json ? f->json : json);
	return PEER_KEEP;
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	struct secret *secret = secret_new(SECRET, strlen(SECRET));
	char login[64];
	struct token_conf c = { .method = AUTH_CLIENT_SECRET,
				.login = login,
				.tenant = "contoso/../x",
				.client_id = "id-1",
				.client_secret = secret,
				.scope = "https://api.example/.default" };

	f->loop = loop_new();
	f->pool = xfer_pool_new(f->loop, "triaged/test");
	peer_open(&f->peer, f->loop);
	f->peer.fn = on_request;
	f->peer.script = (void *)f;
	f->status = 200;
	f->headers = "";
	snprintf(login, sizeof(login), "http://127.0.0.1:%d/", f->peer.port);
	f->ts = token_source_new(f->pool, &c);
	secret_free(secret);
	tick(f, 1000000);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	token_source_free(f->ts);
	xfer_pool_free(f->pool);
	peer_close(&f->peer);
	loop_free(f->loop);
	clock_release();
	free(f);
	return 0;
}

static void on_token(void *arg, const char *token, const struct err *err,
		     int64_t retry_after_ms)
{
	struct fixture *f = arg;
	struct seen *s = &f->seen;

	s->n++;
	s->n_token += token != NULL;
	if (f->reject)
		token_reject(f->ts, token);
	snprintf(s->token, sizeof(s->token), "%s", token ? token : "");
	s->err = *err;
	s->retry_after_ms = retry_after_ms;
	f->victim = token_cancel(f->victim);
	assert_int_equal(!token, err->code < 0);
	assert_null(strstr(err->text, "p@ss"));
}

/* One answer; returns how many requests it took. */
static int ask(struct fixture *f)
{
	int n = f->seen.n, n_requests = f->peer.n_requests;

	token_get(f->ts, on_token, f);
	assert_int_equal(f->seen.n, n); /* never before it returned */
	while (f->seen.n == n)
		loop_turn(f->loop, 1000);
	return f->peer.n_requests - n_requests;
}

static void test_request(void **state)
{
	struct fixture *f = *state;
	const char *body;

	assert_int_equal(ask(f), 1);
	assert_string_equal(f->seen.token, "token-1");
	assert_ptr_equal(strstr(f->peer.request.buf,
				"POST /contoso%2F..%2Fx/oauth2/v2.0/token "),
			 f->peer.request.buf);
	assert_non_null(strstr(f->peer.request.buf,
			       "Content-Type: "
			       "application/x-www-form-urlencoded\r\n"));
	body = strstr(f->peer.request.buf, "\r\n\r\n") + 4;
	assert_string_equal(body,
			    "client_id=id-1"
			    "&scope=https%3A%2F%2Fapi.example%2F.default"
			    "&grant_type=client_credentials"
			    "&client_secret=p%40ss%20w%C3%B6rd%26%3D%2B%25~");
}

static void test_three_wait_for_one_request(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 3; i++)
		token_get(f->ts, on_token, f);
	while (f->seen.n < 3)
		loop_turn(f->loop, 1000);
	assert_int_equal(f->seen.n_token, 3);
	assert_int_equal(f->peer.n_requests, 1);
	assert_int_equal(ask(f), 0);
	assert_string_equal(f->seen.token, "token-1");
}

static void test_renewed_at_four_fifths(void **state)
{
	struct fixture *f = *state;

	ask(f);
	tick(f, 48 * MIN_MS - 1);
	assert_int_equal(ask(f), 0);
	tick(f, 1);
	assert_int_equal(ask(f), 1);
	assert_string_equal(f->seen.token, "token-2");
}

/* While the old one is good, a renewal that fails costs nobody a poll. */
static void test_old_token_outlives_failed_renewal(void **state)
{
	struct fixture *f = *state;

	ask(f);
	tick(f, 50 * MIN_MS);
	f->status = 503;
	f->json = "";
	assert_int_equal(ask(f), 1);
	assert_string_equal(f->seen.token, "token-1");
	assert_int_equal(ask(f), 0); /* backs off */
	assert_string_equal(f->seen.token, "token-1");
	tick(f, 10 * MIN_MS); /* its end */
	assert_int_equal(ask(f), 1);
	assert_string_equal(f->seen.token, "");
	assert_int_equal(f->seen.err.code, ERR_HTTP);
}

static void test_rejected_token_is_replaced_once(void **state)
{
	struct fixture *f = *state;

	ask(f);
	token_reject(f->ts, "another");
	assert_int_equal(ask(f), 0);
	token_reject(f->ts, "token-1");
	assert_int_equal(ask(f), 1);
	assert_string_equal(f->seen.token, "token-2");
	/* Two more pollers got their 401 with the old one. */
	token_reject(f->ts, "token-1");
	token_reject(f->ts, "token-1");
	assert_int_equal(ask(f), 0);
}

/* The token is borrowed for the call, even when it is rejected in it. */
static void test_rejected_inside_call_back(void **state)
{
	struct fixture *f = *state;

	f->reject = true;
	token_get(f->ts, on_token, f);
	assert_int_equal(ask(f), 1);
	while (f->seen.n < 2)
		loop_turn(f->loop, 1000);
	assert_int_equal(f->seen.n_token, 2);
}

static void test_permanent_refusal_backs_off(void **state)
{
	struct fixture *f = *state;

	f->status = 401;
	f->json = "{\"error\":\"invalid_client\",\"error_codes\":[7000222],"
		  "\"error_description\":\"AADSTS7000222: Expired.\"}";
	assert_int_equal(ask(f), 1);
	assert_int_equal(f->seen.err.code, ERR_AUTH);
	assert_non_null(strstr(f->seen.err.text, "http://127.0.0.1:"));
	assert_non_null(strstr(f->seen.err.text, "has expired"));
	for (int i = 0; i < 100; i++)
		assert_int_equal(ask(f), 0); /* no storm */
	assert_int_equal(f->seen.err.code, ERR_AUTH);
	tick(f, 3 * MIN_MS); /* 5 min, a quarter off at most */
	assert_int_equal(ask(f), 0);
	tick(f, 4 * MIN_MS);
	assert_int_equal(ask(f), 1);
	tick(f, 7 * MIN_MS); /* doubled */
	assert_int_equal(ask(f), 0);
	for (int i = 0; i < 10; i++) {
		tick(f, 76 * MIN_MS); /* never more than an hour */
		assert_int_equal(ask(f), 1);
	}
	/* Mended: at once good again, and forgotten. */
	f->status = 200;
	f->json = NULL;
	tick(f, 76 * MIN_MS);
	assert_int_equal(ask(f), 1);
	assert_int_equal(f->seen.err.code, 0);
}

static void test_passing_failure_backs_off(void **state)
{
	struct fixture *f = *state;

	f->status = 500;
	f->json = "";
	assert_int_equal(ask(f), 1);
	assert_int_equal(f->seen.err.code, ERR_HTTP);
	assert_int_equal(f->seen.retry_after_ms, 0);
	tick(f, 3000); /* 5 s, a quarter off at most */
	assert_int_equal(ask(f), 0);
	tick(f, 4000);
	assert_int_equal(ask(f), 1);
	tick(f, 7000); /* doubled */
	assert_int_equal(ask(f), 0);
	for (int i = 0; i < 10; i++) {
		tick(f, 7 * MIN_MS);
		assert_int_equal(ask(f), 1);
	}
}

static void test_retry_after_is_obeyed(void **state)
{
	struct fixture *f = *state;

	f->status = 429;
	f->json = "";
	f->headers = "Retry-After: 600\r\n";
	assert_int_equal(ask(f), 1);
	assert_int_equal(f->seen.err.code, ERR_THROTTLED);
	assert_int_equal(f->seen.retry_after_ms, 600000);
	tick(f, 599000);
	assert_int_equal(ask(f), 0);
	assert_int_equal(f->seen.retry_after_ms, 1000);
	tick(f, 1000);
	f->status = 200;
	f->json = NULL;
	assert_int_equal(ask(f), 1);
	assert_string_equal(f->seen.token, "token-2");
}

static const struct {
	const char *json;
	int64_t good_ms; /* 0: refused */
} lives[] = {
	{ "{\"access_token\":\"t\",\"expires_in\":\"3600\"}", 3600000 },
	{ "{\"access_token\":\"t\",\"expires_in\":60}", 60000 },
	{ "{\"access_token\":\"t\",\"expires_in\":1000000000000000000}",
	  (int64_t)28 * 3600 * 1000 },
	{ "{\"access_token\":\"t\",\"expires_in\":0}", 0 },
	{ "{\"access_token\":\"t\",\"expires_in\":-1}", 0 },
	{ "{\"access_token\":\"t\",\"expires_in\":\"soon\"}", 0 },
	{ "{\"access_token\":\"t\"}", 0 },
	{ "{\"expires_in\":3600}", 0 },
	{ "{\"access_token\":7,\"expires_in\":3600}", 0 },
	{ "{\"access_token\":\"\",\"expires_in\":3600}", 0 },
	{ "{\"access_token\":\"a\\r\\nX: b\",\"expires_in\":3600}", 0 },
	{ "{\"access_token\":\"t\",\"expires_in\":3600", 0 },
	{ "<html>sign in</html>", 0 },
	{ "[]", 0 },
	{ "", 0 },
};

static void test_answers(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(lives); i++) {
		f->json = lives[i].json;
		assert_int_equal(ask(f), 1);
		if ((lives[i].good_ms != 0) != !f->seen.err.code)
			fail_msg("%s: %s", f->json, f->seen.err.text);
		if (!lives[i].good_ms) {
			assert_int_equal(f->seen.err.code, ERR_SCHEMA);
			tick(f, 7 * MIN_MS);
			continue;
		}
		tick(f, lives[i].good_ms * 4 / 5 - 1);
		assert_int_equal(ask(f), 0);
		tick(f, lives[i].good_ms);
	}
}

static void test_transport_failure_passes(void **state)
{
	struct fixture *f = *state;

	f->status = 0;
	assert_int_equal(ask(f), 1);
	assert_int_equal(f->seen.err.code, ERR_NET);
}

/* An echo of the request in the refusal does not reach our text. */
static void test_echoed_secret_is_not_shown(void **state)
{
	struct fixture *f = *state;

	f->status = 400;
	f->json = "{\"error\":\"invalid_client\",\"error_description\":"
		  "\"AADSTS1: no such secret " SECRET "\"}";
	assert_int_equal(ask(f), 1);
	assert_int_equal(f->seen.err.code, ERR_AUTH);
	assert_non_null(strstr(f->seen.err.text, "not shown"));
}

/* Nor one whose first letter is spelt as an escape of JSON. */
static void test_escaped_echo_is_not_shown(void **state)
{
	CLEANUP(free_ptr) char *json = NULL;
	struct fixture *f = *state;

	json = xasprintf("{\"error\":\"invalid_client\",\"error_description\":"
			 "\"AADSTS1: no such secret \\u%04x%s\"}",
			 SECRET[0], &SECRET[1]);
	f->status = 400;
	f->json = json;
	assert_int_equal(ask(f), 1);
	assert_int_equal(f->seen.err.code, ERR_AUTH);
	assert_null(strstr(f->seen.err.text, SECRET));
	assert_non_null(strstr(f->seen.err.text, "not shown"));
}

static void test_cancel(void **state)
{
	struct fixture *f = *state;
	struct token_wait *w = token_get(f->ts, on_token, f);

	assert_null(token_cancel(w));
	assert_null(token_cancel(NULL));
	loop_turn(f->loop, 1);
	assert_int_equal(f->peer.n_requests, 0);
	/* Itself and the next in line, from inside. */
	f->victim = token_get(f->ts, on_token, f);
	ask(f);
	assert_int_equal(f->seen.n, 2);
	w = token_get(f->ts, on_token, f);
	f->victim = token_get(f->ts, on_token, f);
	while (f->seen.n < 3)
		loop_turn(f->loop, 1000);
	loop_turn(f->loop, 1);
	assert_int_equal(f->seen.n, 3);
}

static void test_free_with_request_in_flight(void **state)
{
	struct fixture *f = *state;

	token_get(f->ts, on_token, f);
	loop_turn(f->loop, 1000);
	/* teardown frees it; nobody is called */
	assert_int_equal(f->seen.n, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_request),
		TEST(test_three_wait_for_one_request),
		TEST(test_renewed_at_four_fifths),
		TEST(test_old_token_outlives_failed_renewal),
		TEST(test_rejected_token_is_replaced_once),
		TEST(test_rejected_inside_call_back),
		TEST(test_permanent_refusal_backs_off),
		TEST(test_passing_failure_backs_off),
		TEST(test_retry_after_is_obeyed),
		TEST(test_answers),
		TEST(test_transport_failure_passes),
		TEST(test_echoed_secret_is_not_shown),
		TEST(test_escaped_echo_is_not_shown),
		TEST(test_cancel),
		TEST(test_free_with_request_in_flight),
	};

	alarm(120);
	jsonx_init();
	return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
