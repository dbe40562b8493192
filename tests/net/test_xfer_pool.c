/* net/xfer_pool: connections, lanes, call backs that begin anew. */
#include "net/xfer_fixture.h"

/* A webhook must not ride on a source's connection. */
static void test_lanes_share_no_connection(void **state)
{
	struct fixture *f = *state;
	struct xfer_request r = request_of(f);

	run_script(f, OK_JSON, PEER_KEEP);
	assert_int_equal(f->reply.status, 200);
	r.allow_private = false;
	run(f, &r);
	assert_int_equal(f->reply.err.code, ERR_REFUSED);
	assert_has(f->reply.err.text, "a private address");
	assert_int_equal(f->peer.n_requests, 1);
}

static void test_connection_is_reused(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 3; i++)
		run_script(f, OK_JSON, PEER_KEEP);
	assert_int_equal(f->peer.n_requests, 3);
	assert_int_equal(f->peer.n_connections, 1);
}

static void on_done_again(void *arg, struct xfer_reply *reply)
{
	struct fixture *f = arg;
	struct xfer_request r = request_of(f);

	on_done(f, reply);
	r.url = "bad";
	xfer_start(f->pool, &r, on_done_again, f);
}

/* A caller that never gives up still leaves the loop to others. */
static void test_start_inside_call_back(void **state)
{
	struct fixture *f = *state;
	struct xfer_request r = request_of(f);

	r.url = "bad";
	xfer_start(f->pool, &r, on_done_again, f);
	for (int i = 0; i < 5; i++)
		loop_turn(f->loop, 1000);
	assert_true(f->n_done >= 2 && f->n_done <= 5);
	assert_int_equal(xfer_pool_busy(f->pool), 1);
}

static void test_many_at_once(void **state)
{
	struct fixture *f = *state;
	struct xfer_request r = request_of(f);

	peer_say(&f->peer, OK_JSON, PEER_KEEP);
	for (int i = 0; i < 40; i++)
		xfer_start(f->pool, &r, on_done, f);
	assert_int_equal(xfer_pool_busy(f->pool), 40);
	while (f->n_done < 40)
		loop_turn(f->loop, 1000);
	assert_int_equal(f->peer.n_requests, 40);
	assert_in_range(f->peer.n_connections, 1, 16);
}

static void test_free_with_work_in_flight(void **state)
{
	struct fixture *f = *state;
	struct xfer_request r = request_of(f);

	peer_say(&f->peer, "", PEER_KEEP);
	xfer_start(f->pool, &r, on_done, f);
	while (!f->peer.n_requests)
		loop_turn(f->loop, 1000);
	xfer_start(f->pool, &r, on_done, f);
	r.url = "bad";
	xfer_start(f->pool, &r, on_done, f);
	/* teardown frees the pool; nobody is called */
	assert_int_equal(f->n_done, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_lanes_share_no_connection),
		TEST(test_connection_is_reused),
		TEST(test_start_inside_call_back),
		TEST(test_many_at_once),
		TEST(test_free_with_work_in_flight),
	};

	alarm(120);
	return cmocka_run_group_tests_name("xfer_pool", tests, NULL, NULL);
}
