/*
 * net/xfer_setup: what a request may be, and what is never followed.
 *
 * Battery: C15 D3 D5.
 */
#include "net/xfer_fixture.h"

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

/* Loopback never goes through a proxy, so this asks for an address that no
 * packet can be sent to. */
static void test_environment_is_not_asked(void **state)
{
	static const char *const names[] = { "http_proxy", "https_proxy",
					     "HTTPS_PROXY", "all_proxy",
					     "ALL_PROXY" };
	struct fixture *f = *state;
	struct xfer_request r = request_of(f);
	char proxy[64];

	snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%d", f->peer.port);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		setenv(names[i], proxy, 1);
	peer_say(&f->peer, OK_JSON, PEER_KEEP);
	r.url = "https://255.255.255.255/";
	run(f, &r);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		unsetenv(names[i]);
	assert_int_equal(f->reply.err.code, ERR_NET);
	assert_int_equal(f->peer.n_connections, 0);
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

/* What the settings let through and curl cannot use is refused before anything
 * is sent, in words that hold no secret. */
/* It is not the host of the request that refuses. */
static void test_proxy_refuses(void **state)
{
	struct fixture *f = *state;
	struct xfer_request r = request_of(f);
	struct peer gone;
	char proxy[64], says[128];

	peer_open(&gone, f->loop);
	peer_close(&gone);
	snprintf(f->url, sizeof(f->url), "https://a.example/");
	snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%d", gone.port);
	snprintf(says, sizeof(says),
		 "connection refused by the proxy 127.0.0.1:%d", gone.port);
	r.proxy = proxy;
	run(f, &r);
	assert_int_equal(f->reply.err.code, ERR_NET);
	assert_string_equal(f->reply.err.text, says);
	snprintf(proxy, sizeof(proxy), "http://localhost:%d", gone.port);
	snprintf(says, sizeof(says),
		 "connection refused by the proxy localhost:%d (", gone.port);
	run(f, &r);
	assert_has(f->reply.err.text, says);
}

static void test_bad_proxy(void **state)
{
	static const char *const proxies[] = {
		"http://pro xy:3128", "http://proxy:port", "http://proxy:65536",
		"http://u:SECRET@", "http://[::1:3128"
	};
	struct fixture *f = *state;
	struct xfer_request r = request_of(f);

	r.url = "https://api.example.invalid/x";
	for (size_t i = 0; i < ARRAY_SIZE(proxies); i++) {
		r.proxy = proxies[i];
		run(f, &r);
		if (f->reply.err.code != ERR_CONF)
			fail_msg("%s: %s", r.proxy, f->reply.err.text);
		assert_string_equal(f->reply.err.text,
				    "the proxy is not a valid URL");
	}
}

static void test_bad_client_certificate(void **state)
{
	static const char *const pems[] = {
		"SECRET",
		"-----BEGIN CERTIFICATE-----\nSECRET\n"
		"-----END CERTIFICATE-----\n",
	};
	struct fixture *f = *state;
	struct xfer_request r = request_of(f);

	peer_say(&f->peer, OK_JSON, PEER_CLOSE);
	snprintf(f->url, sizeof(f->url), "https://127.0.0.1:%d/", f->peer.port);
	for (size_t i = 0; i < ARRAY_SIZE(pems); i++) {
		struct secret *pem = secret_new(pems[i], strlen(pems[i]));

		r.client_certificate = pem;
		run(f, &r);
		secret_free(pem);
		assert_int_equal(f->reply.err.code, ERR_CONF);
		assert_has(f->reply.err.text, "client-certificate for "
					      "127.0.0.1 cannot be used");
	}
	assert_int_equal(f->peer.n_requests, 0);
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

/* One rule says what is asked for directly. Were it curl's own, these names
 * would be: by a connection of which we think that it goes to the proxy, which
 * may be anywhere. */
static void test_names_of_loopback_are_not_proxied(void **state)
{
	static const char *const hosts[] = { "LOCALHOST", "a.localhost" };
	struct fixture *f = *state;
	struct xfer_request r = request_of(f);
	int n = 0;

	peer_say(&f->peer, OK_JSON, PEER_CLOSE);
	r.proxy = "http://127.0.0.1:1";
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		r.allow_private = false;
		snprintf(f->url, sizeof(f->url), "https://%s:%d/", hosts[i],
			 f->peer.port);
		run(f, &r);
		if (f->reply.err.code != ERR_REFUSED)
			fail_msg("%s: %s", hosts[i], f->reply.err.text);
		assert_int_equal(f->peer.n_connections, n);
		r.allow_private = true;
		snprintf(f->url, sizeof(f->url), "http://%s:%d/", hosts[i],
			 f->peer.port);
		run(f, &r);
		assert_int_equal(f->reply.status, 200);
		n = f->peer.n_connections;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_redirect_is_not_followed),
		TEST(test_private_is_refused),
		TEST(test_refused_urls),
		TEST(test_post),
		TEST(test_header_injection),
		TEST(test_environment_is_not_asked),
		TEST(test_proxy),
		TEST(test_proxy_refuses),
		TEST(test_bad_proxy),
		TEST(test_bad_client_certificate),
		TEST(test_loopback_is_not_proxied),
		TEST(test_names_of_loopback_are_not_proxied),
	};

	alarm(120);
	return cmocka_run_group_tests_name("xfer_setup", tests, NULL, NULL);
}
