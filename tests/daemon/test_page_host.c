/* daemon/page_host: who asks by a name that is not ours gets no page. */
#include "daemon/page_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "util/compiler.h"

static char tcp[] = "127.0.0.1:9847", unix_socket[] = "unix:/run/http";
static char public[] = "https://Triage.example.org/page";

static void test_names(void **state)
{
	static const struct {
		const char *host;
		bool ours, with_public;
	} rows[] = {
		{ "", true, true },
		{ "localhost", true, true },
		{ "LocalHost:9847", true, true },
		{ "127.0.0.1:9847", true, true },
		{ "127.1.2.3", true, true },
		{ "[::1]:9847", true, true },
		{ "[::1]", true, true },
		{ "triage.example.org", false, true },
		{ "triage.example.org:443", false, true },
		{ "localhost.evil.example", false, false },
		{ "127.evil.example:9847", false, false },
		{ "127.0.0.1.evil.example", false, false },
		{ "10.0.0.1:9847", false, false },
		{ "[::2]", false, false },
		{ "[::1", false, false },
		{ "[::1]evil.example:9847", false, false },
		{ "localhost:9847.evil.example", false, false },
		{ "localhost/evil.example", false, false },
		{ "evil.example:127.0.0.1", false, false },
		{ "triage.example.org.evil.example", false, false },
		{ ":9847", false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct conf plain = { .listen = tcp };
		const struct conf proxied = { .listen = tcp,
					      .public_url = public };
		const struct conf socket = { .listen = unix_socket };

		assert_int_equal(page_host_is_ours(&plain, rows[i].host),
				 rows[i].ours);
		assert_int_equal(page_host_is_ours(&proxied, rows[i].host),
				 rows[i].with_public);
		assert_true(page_host_is_ours(&socket, rows[i].host));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
