/* Addresses are judged by what they are, not by how they are written. */
#include "conf_test.h"
#include "conf/conf_priv.h"
#include "util/compiler.h"

static void parses(void **state)
{
	struct url u;

	(void)state;
	assert_true(url_parse("HTTPS://Hooks.Example.org:8443/a?b=c", &u));
	assert_string_equal(u.scheme, "https");
	assert_string_equal(u.host, "hooks.example.org");
	assert_int_equal(u.port, 8443);
	assert_string_equal(u.rest, "/a?b=c");
	assert_true(url_parse("http://[::1]:80", &u));
	assert_string_equal(u.host, "::1");
	assert_true(u.ipv6);
	assert_string_equal(u.rest, "");
}

static void refuses(void **state)
{
	static const char *const bad[] = {
		"",
		"hooks.example.org",
		"https://",
		"https:///path",
		"https://user:pass@host/",
		"https://host#fragment",
		"https://host:0/",
		"https://host:65536/",
		"https://host:/",
		"https://ho st/",
		"https://host/\n",
		"https://[::1/",
		"https://[::zz]/",
		"https://h\xc3\xb6st/",
		"https://.host/",
		"1https://host/",
		"averylongscheme://host/",
	};
	struct url u;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(url_parse(bad[i], &u));
}

static void knows_private(void **state)
{
	static const struct {
		const char *url;
		bool loopback, private;
	} cases[] = {
		{ "http://localhost/", true, true },
		{ "http://a.localhost./", true, true },
		{ "http://localhost.example.org/", false, false },
		{ "http://127.0.0.1/", true, true },
		{ "http://127.1/", true, true },
		{ "http://2130706433/", true, true },
		{ "http://0x7f000001/", true, true },
		{ "http://[::1]/", true, true },
		{ "http://[::ffff:127.0.0.1]/", true, true },
		{ "http://0.0.0.0/", false, true },
		{ "http://10.1.2.3/", false, true },
		{ "http://172.31.255.255/", false, true },
		{ "http://172.32.0.1/", false, false },
		{ "http://192.168.0.1/", false, true },
		{ "http://169.254.169.254/", false, true },
		{ "http://100.64.0.1/", false, true },
		{ "http://[fe80::1]/", false, true },
		{ "http://[fd00::1]/", false, true },
		{ "http://[2001:db8::1]/", false, false },
		{ "http://8.8.8.8/", false, false },
		{ "http://hooks.example.org/", false, false },
	};
	struct url u;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_true(url_parse(cases[i].url, &u));
		assert_int_equal(url_is_loopback(&u), cases[i].loopback);
		assert_int_equal(url_is_private(&u), cases[i].private);
	}
}

static void judges_webhooks(void **state)
{
	static const struct {
		const char *url;
		bool allow_private;
		const char *part; /* NULL: fine */
	} cases[] = {
		{ "https://hooks.example.org/x", false, NULL },
		{ "http://hooks.example.org/x", false, "https://" },
		{ "http://hooks.example.org/x", true, NULL },
		{ "https://10.0.0.1/x", false, "allow-private" },
		{ "https://10.0.0.1/x", true, NULL },
		{ "https://a.webhook.office.com/x", true, "Power Automate" },
		{ "https://webhook.office.com./x", false, "Power Automate" },
		{ "https://notwebhook.office.com/x", false, NULL },
		{ "ftp://hooks.example.org/x", true, "https://" },
		{ "no url", true, "not a URL" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *why =
			webhook_url_fault(cases[i].url, cases[i].allow_private);

		if (!cases[i].part)
			assert_null(why);
		else
			assert_non_null(strstr(why, cases[i].part));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses),
		cmocka_unit_test(refuses),
		cmocka_unit_test(knows_private),
		cmocka_unit_test(judges_webhooks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
