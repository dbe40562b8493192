/*
 * net/xfer_guard: same origin (faults C14), private addresses (D5).
 *
 * Battery: C14 D5.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include "net/xfer.h"

#define BASE "https://management.azure.com"

static const struct {
	const char *url, *base;
	bool same;
} origins[] = {
	/* the same */
	{ BASE "/subscriptions?api-version=1&%24skiptoken=a%2fb", BASE, true },
	{ BASE, BASE, true },
	{ BASE ":443/x", BASE, true },
	{ BASE "/x", BASE ":443/", true },
	{ "HTTPS://Management.AZURE.com/x", BASE, true },
	{ BASE "?a@b", BASE, true }, /* a query: still the same host */
	{ BASE "/a@b", BASE, true },
	{ BASE "#a@b", BASE, true },
	{ "http://127.0.0.1:8080/x", "http://127.0.0.1:8080", true },
	{ "http://127.0.0.1/x", "http://127.0.0.1:80", true },
	{ "https://[::1]:8443/x", "https://[::1]:8443/", true },
	/* another host, port or scheme */
	{ "https://evil.example/x", BASE, false },
	{ BASE ".evil.example/x", BASE, false },
	{ "https://management.azure.comevil.example/", BASE, false },
	{ "https://xmanagement.azure.com/", BASE, false },
	{ "https://azure.com/", BASE, false },
	{ BASE ":444/x", BASE, false },
	{ BASE ":80/x", BASE, false },
	{ "http://management.azure.com/x", BASE, false },
	{ "http://management.azure.com:443/x", BASE, false },
	{ "ftp://management.azure.com/x", BASE, false },
	{ "file:///etc/passwd", BASE, false },
	{ "file://management.azure.com/x", "file://management.azure.com/x",
	  false },
	{ "gopher://management.azure.com/x", BASE, false },
	/* a user part, in any costume */
	{ "https://user@management.azure.com/x", BASE, false },
	{ "https://user:pw@management.azure.com/x", BASE, false },
	{ "https://@management.azure.com/x", BASE, false },
	{ "https://management.azure.com@evil.example/x", BASE, false },
	{ "https://management.azure.com:443@evil.example/x", BASE, false },
	{ "https://evil.example?@management.azure.com/", BASE, false },
	{ "https://evil.example#@management.azure.com/", BASE, false },
	{ "https://evil.example/@management.azure.com/", BASE, false },
	/* relative, or not quite absolute */
	{ "//management.azure.com/x", BASE, false },
	{ "/subscriptions", BASE, false },
	{ "management.azure.com/x", BASE, false },
	{ "https:management.azure.com/x", BASE, false },
	{ "https:/management.azure.com/x", BASE, false },
	{ "https:///management.azure.com/x", BASE, false },
	{ "https:/management.azure.com/a://b", BASE, false },
	{ "https:/evil.example/://management.azure.com/", BASE, false },
	{ "https://", BASE, false },
	{ "https:///", BASE, false },
	{ "https://:443/", BASE, false },
	{ "", BASE, false },
	{ NULL, BASE, false },
	{ BASE, NULL, false },
	{ BASE, "", false },
	/* characters on which parsers disagree */
	{ "https://management.azure.com\\@evil.example/", BASE, false },
	{ "https://evil.example\\.management.azure.com/", BASE, false },
	{ "https:\\\\management.azure.com/x", BASE, false },
	{ BASE "/a\\b", BASE, false },
	{ " " BASE, BASE, false },
	{ BASE " ", BASE, false },
	{ BASE "/a b", BASE, false },
	{ "https://management.azure.com\t.evil.example/", BASE, false },
	{ "https://manage\tment.azure.com/", BASE, false },
	{ "https://manage\nment.azure.com/", BASE, false },
	{ BASE "/x\r\nHost: evil.example", BASE, false },
	{ BASE "\x7f", BASE, false },
	/* look-alikes: Cyrillic a, fullwidth stop, escapes, punycode */
	{ "https://man\xd0\xb0gement.azure.com/", BASE, false },
	{ "https://management\xef\xbc\x8e"
	  "azure.com/",
	  BASE, false },
	{ "https://management%2eazure.com/", BASE, false },
	{ "https://management.azure.com%00.evil.example/", BASE, false },
	{ "https://management.azure.com%2f.evil.example/", BASE, false },
	{ "https://xn--mangement-1jg.azure.com/", BASE, false },
	{ "https://management.azure.com./x", BASE, false },
	{ "https://management.azure.com../x", BASE, false },
	{ "https://[fe80::1%25eth0]/", "https://[fe80::1%25eth0]/", false },
	{ BASE ":/x", BASE, true }, /* an empty port is the default one */
	{ BASE ":0443/x", BASE, true },
	{ BASE ":65979/x", BASE, false }, /* 443 + 65536 */
	{ BASE ":443x/", BASE, false },
	{ BASE ":-443/", BASE, false },
};

static void test_same_origin(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(origins); i++) {
		bool same = xfer_same_origin(origins[i].url, origins[i].base);

		if (same != origins[i].same)
			fail_msg("%s against %s: %d", origins[i].url,
				 origins[i].base, same);
	}
}

static const char *const shown[][2] = {
	{ "https://hooks.example.org/T1/SECRET?key=SECRET",
	  "https://hooks.example.org:443" },
	{ "http://127.0.0.1:8080/x", "http://127.0.0.1:8080" },
	{ "https://[::1]/x", "https://[::1]:443" },
	{ "https://user:SECRET@example.org/x", "(no valid URL)" },
	{ "SECRET", "(no valid URL)" },
	{ NULL, "(no valid URL)" },
};

static void test_origin_shows_no_secret(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(shown); i++) {
		char *text = xfer_origin(shown[i][0]);

		assert_string_equal(text, shown[i][1]);
		free(text);
	}
}

static const struct {
	const char *text;
	bool is_private;
} addresses[] = {
	{ "0.0.0.0", true },
	{ "0.1.2.3", true },
	{ "9.255.255.255", false },
	{ "10.0.0.0", true },
	{ "10.255.255.255", true },
	{ "11.0.0.0", false },
	{ "100.63.255.255", false },
	{ "100.64.0.0", true },
	{ "100.127.255.255", true },
	{ "100.128.0.0", false },
	{ "126.255.255.255", false },
	{ "127.0.0.1", true },
	{ "127.255.255.255", true },
	{ "128.0.0.0", false },
	{ "168.63.129.16", true },
	{ "168.63.129.15", false },
	{ "169.253.255.255", false },
	{ "169.254.169.254", true },
	{ "169.255.0.0", false },
	{ "172.15.255.255", false },
	{ "172.16.0.0", true },
	{ "172.31.255.255", true },
	{ "172.32.0.0", false },
	{ "192.0.0.8", true },
	{ "192.0.2.1", true },
	{ "192.167.255.255", false },
	{ "192.168.0.1", true },
	{ "192.169.0.0", false },
	{ "198.17.255.255", false },
	{ "198.18.0.0", true },
	{ "198.19.255.255", true },
	{ "198.51.100.7", true },
	{ "203.0.113.7", true },
	{ "223.255.255.255", false },
	{ "224.0.0.1", true },
	{ "239.255.255.255", true },
	{ "240.0.0.1", true },
	{ "255.255.255.255", true },
	{ "8.8.8.8", false },
	{ "20.190.128.1", false },
	{ "::", true },
	{ "::1", true },
	{ "::2", true },
	{ "::127.0.0.1", true },
	{ "::8.8.8.8", true }, /* deprecated form: nobody needs it */
	{ "::ffff:127.0.0.1", true },
	{ "::ffff:10.1.2.3", true },
	{ "::ffff:169.254.169.254", true },
	{ "::ffff:8.8.8.8", false },
	{ "64:ff9b::127.0.0.1", true },
	{ "64:ff9b::8.8.8.8", false },
	{ "64:ff9b:1::8.8.8.8", true },
	{ "100::1", true },
	{ "2001::1", true }, /* Teredo */
	{ "2001:db8::1", true },
	{ "2001:4860:4860::8888", false },
	{ "2002:7f00:1::", true }, /* 6to4 of 127.0.0.1 */
	{ "2002:a00:1::", true },
	{ "2002:808:808::", false },
	{ "2603:1036::1", false },
	{ "3fff::1", true },
	{ "3ffe::1", false },
	{ "4000::1", true },
	{ "fbff::1", true },
	{ "fc00::1", true },
	{ "fdff::1", true },
	{ "fe80::1", true },
	{ "febf::1", true },
	{ "fec0::1", true },
	{ "ff02::1", true },
};

static void test_private_addresses(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		struct sockaddr_in in = { .sin_family = AF_INET };
		struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
		const struct sockaddr *sa = (const void *)&in;
		const char *text = addresses[i].text;

		if (strchr(text, ':')) {
			sa = (const void *)&in6;
			assert_int_equal(inet_pton(AF_INET6, text,
						   &in6.sin6_addr),
					 1);
		} else {
			assert_int_equal(inet_pton(AF_INET, text, &in.sin_addr),
					 1);
		}
		if (xfer_address_is_private(sa) != addresses[i].is_private)
			fail_msg("%s", text);
	}
}

static void test_other_families_are_private(void **state)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	(void)state;
	assert_true(xfer_address_is_private((const void *)&un));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_origin),
		cmocka_unit_test(test_origin_shows_no_secret),
		cmocka_unit_test(test_private_addresses),
		cmocka_unit_test(test_other_families_are_private),
	};

	return cmocka_run_group_tests_name("xfer_guard", tests, NULL, NULL);
}
