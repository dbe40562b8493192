/* A pool and a scripted peer, and one request after the other, for the tests of
 * net/xfer*. */
#ifndef TESTS_NET_XFER_FIXTURE_H
#define TESTS_NET_XFER_FIXTURE_H

#include "net/peer.h"

#include <stdio.h>
#include "net/xfer.h"
#include "util/xmalloc.h"

#define OK_JSON                                                                \
	"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"                \
	"Content-Length: 11\r\n\r\n{\"ok\":true}"

struct fixture {
	struct loop *loop;
	struct xfer_pool *pool;
	struct peer peer;
	char url[128];
	/* What the call back saw. */
	bool done;
	int n_done;
	struct xfer_reply reply; /* body is taken */
	struct xfer *victim; /* cancelled by the call back */
	struct xfer *self;
};

PEER_FOR_SOME static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->loop = loop_new();
	f->pool = xfer_pool_new(f->loop, "triaged/test");
	peer_open(&f->peer, f->loop);
	snprintf(f->url, sizeof(f->url),
		 "http://127.0.0.1:%d/alerts?key=SECRET", f->peer.port);
	strbuf_init(&f->reply.body);
	*state = f;
	return 0;
}

PEER_FOR_SOME static int teardown(void **state)
{
	struct fixture *f = *state;

	xfer_pool_free(f->pool);
	peer_close(&f->peer);
	loop_free(f->loop);
	strbuf_release(&f->reply.body);
	free(f);
	return 0;
}

PEER_FOR_SOME static void on_done(void *arg, struct xfer_reply *reply)
{
	struct fixture *f = arg;

	strbuf_release(&f->reply.body);
	f->reply = *reply;
	strbuf_init(&reply->body); /* taken */
	f->done = true;
	f->n_done++;
	f->victim = xfer_cancel(f->victim);
	f->self = xfer_cancel(f->self);
}

PEER_FOR_SOME static struct xfer_request request_of(const struct fixture *f)
{
	return (struct xfer_request){ .method = "GET",
				      .url = f->url,
				      .total_ms = 20000,
				      .allow_private = true };
}

PEER_FOR_SOME static void run(struct fixture *f, const struct xfer_request *r)
{
	int before = f->n_done;

	f->done = false;
	xfer_start(f->pool, r, on_done, f);
	assert_false(f->done); /* never before it returned */
	assert_int_equal(xfer_pool_busy(f->pool), 1);
	run_until(f->loop, &f->done);
	assert_int_equal(f->n_done, before + 1);
	assert_int_equal(xfer_pool_busy(f->pool), 0);
	assert_null(strstr(f->reply.err.text, "SECRET"));
}

PEER_FOR_SOME static void run_script(struct fixture *f, const char *script,
				     enum peer_then then)
{
	struct xfer_request r = request_of(f);

	peer_say(&f->peer, script, then);
	run(f, &r);
}

#define assert_has(text, part)                                                 \
	do {                                                                   \
		if (!strstr((text), (part)))                                   \
			fail_msg("\"%s\" lacks \"%s\"", (text), (part));       \
	} while (0)

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
