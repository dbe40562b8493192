/*
 * net/xfer_words: failures in words, without secrets.
 *
 * Battery: C4 C5.
 */
#include "net/xfer_fixture.h"

static const struct {
	const char *script, *says;
	long status;
} cuts[] = {
	{ "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\":1}",
	  "cut off after 7 bytes", 200 },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n",
	  "cut off after 4 bytes", 200 },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabcd",
	  "cut off after 4 bytes", 200 },
	{ "", "lost before it answered", 0 },
	{ "SSH-2.0-OpenSSH_9.2\r\n", "does not answer in HTTP", 0 },
};

static void test_cut_body_is_an_error(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cuts); i++) {
		run_script(f, cuts[i].script, PEER_CLOSE);
		assert_int_equal(f->reply.err.code, ERR_NET);
		assert_int_equal(f->reply.status, cuts[i].status);
		assert_has(f->reply.err.text, cuts[i].says);
	}
}

static void test_hang_times_out(void **state)
{
	struct fixture *f = *state;
	struct xfer_request r = request_of(f);

	r.total_ms = 60;
	peer_say(&f->peer, "", PEER_KEEP);
	run(f, &r);
	assert_int_equal(f->reply.err.code, ERR_NET);
	assert_int_equal(f->reply.status, 0);
	assert_has(f->reply.err.text, "no answer from 127.0.0.1 within ");
	peer_say(&f->peer, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab",
		 PEER_KEEP);
	run(f, &r);
	assert_int_equal(f->reply.err.code, ERR_NET);
	assert_has(f->reply.err.text, "no whole answer from 127.0.0.1 within");
}

static void test_connection_refused(void **state)
{
	struct fixture *f = *state;
	struct xfer_request r = request_of(f);
	struct peer gone;
	char says[64];

	peer_open(&gone, f->loop);
	peer_close(&gone);
	snprintf(f->url, sizeof(f->url), "http://127.0.0.1:%d/", gone.port);
	snprintf(says, sizeof(says), "connection refused by 127.0.0.1:%d",
		 gone.port);
	run(f, &r);
	assert_int_equal(f->reply.err.code, ERR_NET);
	assert_string_equal(f->reply.err.text, says);
	snprintf(f->url, sizeof(f->url), "http://localhost:%d/", gone.port);
	run(f, &r);
	assert_has(f->reply.err.text, "connection refused by localhost (");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_cut_body_is_an_error),
		TEST(test_hang_times_out),
		TEST(test_connection_refused),
	};

	alarm(120);
	return cmocka_run_group_tests_name("xfer_words", tests, NULL, NULL);
}
