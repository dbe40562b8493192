/* net/xfer against a scripted peer: answers, limits, refusals, cancelling. */
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

static int setup(void **state)
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

static int teardown(void **state)
{
	struct fixture *f = *state;

	xfer_pool_free(f->pool);
	peer_close(&f->peer);
	loop_free(f->loop);
	strbuf_release(&f->reply.body);
	free(f);
	return 0;
}

static void on_done(void *arg, struct xfer_reply *reply)
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

static struct xfer_request request_of(const struct fixture *f)
{
	return (struct xfer_request){ .method = "GET",
				      .url = f->url,
				      .total_ms = 20000,
				      .allow_private = true };
}

static void run(struct fixture *f, const struct xfer_request *r)
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

static void run_script(struct fixture *f, const char *script,
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

static void test_headers_are_noted(void **state)
{
	struct fixture *f = *state;

	run_script(f,
		   "HTTP/1.1 100 Continue\r\nRetry-After: 9\r\n"
		   "Warning: 199 - \"x\"\r\n\r\n"
		   "HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\n"
		   "x-ms-retry-after-ms: 7500\r\nrequest-id: r1\r\n"
		   "WWW-Authenticate: Basic realm=x\r\n"
		   "WWW-Authenticate: Bearer error=\"invalid_token\"\r\n"
		   "Content-Type: a\x01\xff\r\n"
		   "Content-Length: 0\r\n\r\n",
		   PEER_KEEP);
	assert_int_equal(f->reply.err.code, 0);
	assert_int_equal(f->reply.status, 429);
	assert_int_equal(f->reply.retry_after_ms, 7500);
	assert_false(f->reply.warning);
	assert_string_equal(f->reply.request_id, "r1");
	assert_string_equal(f->reply.content_type, "a??");
	assert_string_equal(f->reply.www_authenticate,
			    "Bearer error=\"invalid_token\"");
	run_script(f,
		   "HTTP/1.1 200 OK\r\nWarning: 199 - \"partial\"\r\n"
		   "Content-Length: 0\r\n\r\n",
		   PEER_KEEP);
	assert_true(f->reply.warning);
}

static void test_gzip(void **state)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 31\r\n"
				   "Content-Encoding: gzip\r\n\r\n";
	static const char gz[] =
		"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\xca\xcf"
		"\x56\xb2\x2a\x29\x2a\x4d\xad\x05\x00\x90\x5f\xd4\xa7\x0b"
		"\x00\x00\x00";
	struct fixture *f = *state;
	struct xfer_request r = request_of(f);
	char script[128];

	memcpy(script, head, sizeof(head) - 1);
	memcpy(script + sizeof(head) - 1, gz, 31);
	f->peer.script = script;
	f->peer.script_len = sizeof(head) - 1 + 31;
	run(f, &r);
	assert_int_equal(f->reply.err.code, 0);
	assert_string_equal(f->reply.body.buf, "{\"ok\":true}");
	script[sizeof(head) + 12] ^= 0x55;
	run(f, &r);
	assert_int_equal(f->reply.err.code, ERR_NET);
	assert_has(f->reply.err.text, "gzip");
}

static const struct {
	const char *script;
	bool unframed;
} framings[] = {
	{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", false },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	  "2\r\nab\r\n0\r\n\r\n",
	  false },
	{ "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nab", false },
	{ "HTTP/1.1 204 No Content\r\n\r\n", false },
	{ "HTTP/1.0 200 OK\r\n\r\nab", true },
	{ "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nab", true },
	{ "HTTP/1.1 200 OK\r\n\r\nab", true },
};

static void test_framing(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(framings); i++) {
		run_script(f, framings[i].script, PEER_CLOSE);
		assert_int_equal(f->reply.err.code, 0);
		if (f->reply.unframed != framings[i].unframed)
			fail_msg("%s", framings[i].script);
	}
}

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

/* @n bytes of 'a', in chunks or with a length. */
static enum peer_then say_large(struct peer *p, const char *request,
				struct strbuf *reply)
{
	bool chunked = p->script[0] == 'c';
	char block[1024];

	(void)request;
	memset(block, 'a', sizeof(block));
	if (chunked)
		strbuf_addstr(reply, "HTTP/1.1 200 OK\r\n"
				     "Transfer-Encoding: chunked\r\n\r\n");
	else
		strbuf_addstr(reply, "HTTP/1.1 200 OK\r\n"
				     "Content-Length: 4194304\r\n\r\n");
	for (int i = 0; i < 4096; i++) {
		if (chunked)
			strbuf_addstr(reply, "400\r\n");
		strbuf_add(reply, block, sizeof(block));
		if (chunked)
			strbuf_addstr(reply, "\r\n");
	}
	if (chunked)
		strbuf_addstr(reply, "0\r\n\r\n");
	return PEER_KEEP;
}

/* Deflate with fixed codes (RFC 1951 3.2.6): one 'a', then copies of 258. */
struct bits {
	struct strbuf *sb;
	unsigned acc;
	int n;
};

static void put_bit(struct bits *b, unsigned bit)
{
	b->acc |= bit << b->n;
	if (++b->n < 8)
		return;
	strbuf_addch(b->sb, (char)b->acc);
	b->acc = 0;
	b->n = 0;
}

static void put_code(struct bits *b, unsigned code, int len)
{
	while (len--)
		put_bit(b, code >> len & 1);
}

static enum peer_then say_bomb(struct peer *p, const char *request,
			       struct strbuf *reply)
{
	CLEANUP(strbuf_release) struct strbuf gz = STRBUF_INIT;
	struct bits b = { .sb = &gz };

	(void)p;
	(void)request;
	strbuf_add(&gz, "\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
	put_code(&b, 6, 3); /* not reversed: last block, fixed codes */
	put_code(&b, 0x91, 8);
	for (int i = 0; i < 100000; i++) {
		put_code(&b, 0xc5, 8);
		put_code(&b, 0, 5);
	}
	strbuf_addf(reply,
		    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
		    "Content-Length: %zu\r\n\r\n",
		    gz.len);
	strbuf_add(reply, gz.buf, gz.len); /* 25 MB in 160 KB */
	return PEER_KEEP;
}

static void test_body_over_limit(void **state)
{
	static peer_fn *const says[] = { say_large, say_large, say_bomb };
	static const char *const how[] = { "chunked", "length", "gzip" };
	struct fixture *f = *state;
	struct xfer_request r = request_of(f);

	for (size_t i = 0; i < ARRAY_SIZE(says); i++) {
		f->peer.fn = says[i];
		f->peer.script = how[i];
		r.max_body = 1000000;
		r.cut_body = false;
		run(f, &r);
		assert_int_equal(f->reply.err.code, ERR_LIMIT);
		assert_has(f->reply.err.text, "larger than 1000000 bytes");
		r.cut_body = true;
		run(f, &r);
		assert_int_equal(f->reply.err.code, 0);
		assert_int_equal(f->reply.status, 200);
		assert_int_equal(f->reply.body.len, 1000000);
		r.max_body = 0; /* 64 KiB */
		run(f, &r);
		assert_int_equal(f->reply.body.len, 65536);
	}
}

static enum peer_then say_headers(struct peer *p, const char *request,
				  struct strbuf *reply)
{
	(void)request;
	if (p->script[0] == 'i') {
		for (int i = 0; i < 5000; i++)
			strbuf_addstr(reply, "HTTP/1.1 100 Continue\r\n\r\n");
	} else {
		strbuf_addstr(reply, "HTTP/1.1 200 OK\r\n");
		for (int i = 0; i < 5000; i++)
			strbuf_addstr(reply, "X-Filler: aaaaaaaaaaaaaaaa\r\n");
	}
	return PEER_KEEP;
}

static void test_headers_over_limit(void **state)
{
	struct fixture *f = *state;
	struct xfer_request r = request_of(f);

	f->peer.fn = say_headers;
	for (int i = 0; i < 2; i++) {
		f->peer.script = i ? "interim" : "headers";
		run(f, &r);
		assert_int_equal(f->reply.err.code, ERR_LIMIT);
		assert_has(f->reply.err.text, "bytes of headers");
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

static void test_redirect_is_not_followed(void **state)
{
	static const int codes[] = { 301, 302, 303, 307, 308 };
	struct fixture *f = *state;
	struct peer other;
	char script[256];

	peer_open(&other, f->loop);
	peer_say(&other, OK_JSON, PEER_KEEP);
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		snprintf(script, sizeof(script),
			 "HTTP/1.1 %d Moved\r\nContent-Length: 0\r\n"
			 "Location: http://127.0.0.1:%d/\r\n\r\n",
			 codes[i], other.port);
		run_script(f, script, PEER_KEEP);
		assert_int_equal(f->reply.err.code, 0);
		assert_int_equal(f->reply.status, codes[i]);
	}
	assert_int_equal(other.n_connections, 0);
	peer_close(&other);
}

/* Every way to write this machine, when private addresses are not allowed. */
static void test_private_is_refused(void **state)
{
	static const char *const hosts[] = {
		"127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1",
		"127.1",     "localhost",  "[::1]",  "[::ffff:127.0.0.1]"
	};
	struct fixture *f = *state;
	struct xfer_request r = request_of(f);

	r.allow_private = false;
	peer_say(&f->peer, OK_JSON, PEER_KEEP);
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		for (int tls = 0; tls < 2; tls++) {
			snprintf(f->url, sizeof(f->url), "%s://%s:%d/SECRET",
				 tls ? "https" : "http", hosts[i],
				 f->peer.port);
			run(f, &r);
			assert_int_equal(f->reply.err.code, ERR_REFUSED);
			assert_int_equal(f->reply.status, 0);
		}
	}
	assert_int_equal(f->peer.n_connections, 0);
}

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

static const char *const refused_urls[] = {
	"http://192.0.2.1/SECRET",
	"http://example.invalid/SECRET",
	"http://localhost.example.invalid/",
	"http://127.0.0.1.example.invalid/",
	"http://[2001:db8::1]/",
	"http://[::ffff:127.0.0.1]/", /* not what anybody means */
	"https://user:SECRET@127.0.0.1/",
	"ftp://127.0.0.1/",
	"file:///etc/passwd",
	"gopher://127.0.0.1/",
	"//127.0.0.1/",
	"127.0.0.1/",
	"https://127.0.0.1\\@x/",
	"https://127.0.0.1/a b",
	"",
};

static void test_refused_urls(void **state)
{
	struct fixture *f = *state;
	struct xfer_request r = request_of(f);

	for (size_t i = 0; i < ARRAY_SIZE(refused_urls); i++) {
		r.url = refused_urls[i];
		run(f, &r);
		if (f->reply.err.code != ERR_REFUSED)
			fail_msg("%s: %s", r.url, f->reply.err.text);
	}
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

static void test_post(void **state)
{
	static const char *const headers[] = { "Content-Type: text/x-test",
					       "Authorization: Bearer tok",
					       NULL };
	struct fixture *f = *state;
	struct xfer_request r = request_of(f);
	char body[] = "a\0b";

	peer_say(&f->peer, OK_JSON, PEER_KEEP);
	r.method = "POST";
	run(f, &r);
	assert_has(f->peer.request.buf, "POST /alerts");
	assert_has(f->peer.request.buf, "\r\nContent-Length: 0\r\n");
	assert_null(strcasestr(f->peer.request.buf, "Expect"));
	assert_null(strcasestr(f->peer.request.buf, "Content-Type"));
	r.headers = headers;
	r.body = body;
	r.body_len = 3;
	f->done = false;
	xfer_start(f->pool, &r, on_done, f);
	memset(body, 'x', sizeof(body)); /* it was copied */
	run_until(f->loop, &f->done);
	assert_has(f->peer.request.buf, "\r\nContent-Type: text/x-test\r\n");
	assert_has(f->peer.request.buf, "\r\nAuthorization: Bearer tok\r\n");
	assert_memory_equal(f->peer.request.buf + f->peer.request.len - 3,
			    "a\0b", 3);
	r.method = "PATCH";
	run(f, &r);
	assert_has(f->peer.request.buf, "PATCH /alerts");
	r.method = "HEAD";
	run(f, &r);
	assert_int_equal(f->reply.err.code, ERR_REFUSED);
}

static const char *const bad_headers[] = {
	"X-Key: SECRET\r\nX-Evil: 1",
	"X-Key: SECRET\nX-Evil: 1",
	"X-Key: SECRET\r",
	"X Key: SECRET",
	"SECRET",
	": SECRET",
	"",
};

static void test_header_injection(void **state)
{
	struct fixture *f = *state;
	struct xfer_request r = request_of(f);

	for (size_t i = 0; i < ARRAY_SIZE(bad_headers); i++) {
		const char *headers[] = { bad_headers[i], NULL };

		r.headers = headers;
		run(f, &r);
		assert_int_equal(f->reply.err.code, ERR_REFUSED);
	}
	assert_int_equal(f->peer.n_connections, 0);
}

static void test_environment_is_not_asked(void **state)
{
	static const char *const names[] = { "http_proxy", "https_proxy",
					     "all_proxy", "ALL_PROXY" };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		setenv(names[i], "http://127.0.0.1:1", 1);
	run_script(f, OK_JSON, PEER_KEEP);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		unsetenv(names[i]);
	assert_int_equal(f->reply.err.code, 0);
	assert_int_equal(f->reply.status, 200);
}

static void test_proxy(void **state)
{
	static const char *const headers[] = { "Authorization: Bearer SECRET",
					       NULL };
	struct fixture *f = *state;
	struct xfer_request r = request_of(f);
	char proxy[64], host[64];

	snprintf(proxy, sizeof(proxy), "http://u:SECRET@127.0.0.1:%d",
		 f->peer.port);
	snprintf(host, sizeof(host), "127.0.0.1:%d", f->peer.port);
	r.url = "https://api.example.invalid/x";
	r.proxy = proxy;
	r.headers = headers;
	r.allow_private = false; /* the proxy itself is the operator's */
	peer_say(&f->peer, "HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n",
		 PEER_CLOSE);
	run(f, &r);
	assert_int_equal(f->reply.err.code, ERR_NET);
	assert_has(f->reply.err.text, "wants a user and password");
	assert_has(f->reply.err.text, host);
	assert_has(f->peer.request.buf, "CONNECT api.example.invalid:443 ");
	assert_null(strstr(f->peer.request.buf, "SECRET"));
	peer_say(&f->peer, "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n",
		 PEER_CLOSE);
	run(f, &r);
	assert_has(f->reply.err.text, "refuses to connect to "
				      "api.example.invalid (403)");
	/* No guard at the other end: what names an address is refused here. */
	r.url = "https://169.254.169.254/";
	run(f, &r);
	assert_int_equal(f->reply.err.code, ERR_REFUSED);
	assert_int_equal(f->peer.n_requests, 2);
}

static void test_loopback_is_not_proxied(void **state)
{
	struct fixture *f = *state;
	struct xfer_request r = request_of(f);

	peer_say(&f->peer, OK_JSON, PEER_KEEP);
	r.proxy = "http://127.0.0.1:1";
	run(f, &r);
	assert_int_equal(f->reply.status, 200);
	assert_has(f->peer.request.buf, "GET /alerts"); /* not the whole URL */
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_whole_answer),
		TEST(test_headers_are_noted),
		TEST(test_gzip),
		TEST(test_framing),
		TEST(test_cut_body_is_an_error),
		TEST(test_body_over_limit),
		TEST(test_headers_over_limit),
		TEST(test_hang_times_out),
		TEST(test_redirect_is_not_followed),
		TEST(test_private_is_refused),
		TEST(test_lanes_share_no_connection),
		TEST(test_connection_is_reused),
		TEST(test_refused_urls),
		TEST(test_connection_refused),
		TEST(test_post),
		TEST(test_header_injection),
		TEST(test_environment_is_not_asked),
		TEST(test_proxy),
		TEST(test_loopback_is_not_proxied),
		TEST(test_cancel_in_flight),
		TEST(test_cancel_inside_call_back),
		TEST(test_start_inside_call_back),
		TEST(test_many_at_once),
		TEST(test_free_with_work_in_flight),
	};

	alarm(120);
	return cmocka_run_group_tests_name("xfer", tests, NULL, NULL);
}
