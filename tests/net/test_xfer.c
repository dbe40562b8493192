/* net/xfer: a whole answer, and every way to cancel. */
#include "net/xfer_fixture.h"

static void test_whole_answer(void **state)
{
	struct fixture *f = *state;

	run_script(f,
		   "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
		   "x-ms-request-id: abc-1\r\nContent-Length: 11\r\n\r\n"
		   "{\"ok\":true}",
		   PEER_KEEP);
	assert_int_equal(f->reply.err.code, 0);
	assert_int_equal(f->reply.status, 200);
	assert_string_equal(f->reply.body.buf, "{\"ok\":true}");
	assert_string_equal(f->reply.content_type, "application/json");
	assert_string_equal(f->reply.request_id, "abc-1");
	assert_false(f->reply.unframed);
	assert_false(f->reply.warning);
	assert_has(f->peer.request.buf, "GET /alerts?key=SECRET HTTP/1.1\r\n");
	assert_has(f->peer.request.buf, "\r\nUser-Agent: triaged/test\r\n");
	assert_has(f->peer.request.buf, "\r\nAccept-Encoding: gzip\r\n");
}

static void test_cancel_in_flight(void **state)
{
	struct fixture *f = *state;
	struct xfer_request r = request_of(f);
	struct xfer *x;

	peer_say(&f->peer, "", PEER_KEEP);
	x = xfer_start(f->pool, &r, on_done, f);
	while (!f->peer.n_requests)
		loop_turn(f->loop, 1000);
	assert_null(xfer_cancel(x));
	assert_int_equal(xfer_pool_busy(f->pool), 0);
	run_script(f, OK_JSON, PEER_KEEP); /* one call back: its own */
	assert_int_equal(f->reply.status, 200);
	xfer_cancel(xfer_start(f->pool, &r, on_done, f));
	r.url = "bad";
	xfer_cancel(xfer_start(f->pool, &r, on_done, f));
	loop_turn(f->loop, 1);
	assert_int_equal(f->n_done, 1);
}

/* The call back cancels itself, and one that runs or is done as well. */
static void test_cancel_inside_call_back(void **state)
{
	struct fixture *f = *state;
	struct xfer_request r = request_of(f), bad = r;
	struct peer silent;
	char url[64];

	peer_open(&silent, f->loop);
	peer_say(&silent, "", PEER_KEEP);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/", silent.port);
	peer_say(&f->peer, OK_JSON, PEER_KEEP);
	f->self = xfer_start(f->pool, &r, on_done, f);
	r.url = url;
	f->victim = xfer_start(f->pool, &r, on_done, f);
	run_until(f->loop, &f->done);
	assert_int_equal(f->n_done, 1);
	assert_int_equal(xfer_pool_busy(f->pool), 0);
	peer_close(&silent);
	/* Both of these are done in the same turn. */
	bad.url = "bad";
	f->self = xfer_start(f->pool, &bad, on_done, f);
	f->victim = xfer_start(f->pool, &bad, on_done, f);
	f->done = false;
	run_until(f->loop, &f->done);
	loop_turn(f->loop, 1);
	assert_int_equal(f->n_done, 2);
	assert_int_equal(xfer_pool_busy(f->pool), 0);
}

/* The connection alone: the peer is asked for nothing. */
static void test_connect_only(void **state)
{
	struct fixture *f = *state;
	struct xfer_request r = request_of(f);
	struct peer nobody;
	char url[64];

	peer_say(&f->peer, OK_JSON, PEER_KEEP);
	r.connect_only = true;
	xfer_start(f->pool, &r, on_done, f);
	run_until(f->loop, &f->done);
	assert_int_equal(f->reply.err.code, 0);
	assert_int_equal(f->reply.status, 0);
	assert_false(f->reply.unframed);
	assert_int_equal(f->peer.n_requests, 0);
	assert_int_equal(xfer_pool_busy(f->pool), 0);
	/* Nobody listens there any more. */
	peer_open(&nobody, f->loop);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/", nobody.port);
	peer_close(&nobody);
	r.url = url;
	f->done = false;
	xfer_start(f->pool, &r, on_done, f);
	run_until(f->loop, &f->done);
	assert_int_equal(f->reply.err.code, ERR_NET);
	assert_has(f->reply.err.text, "connection refused");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_whole_answer),
		TEST(test_connect_only),
		TEST(test_cancel_in_flight),
		TEST(test_cancel_inside_call_back),
	};

	alarm(120);
	return cmocka_run_group_tests_name("xfer", tests, NULL, NULL);
}
