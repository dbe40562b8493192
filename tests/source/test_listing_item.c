/* The time of an item's last change, in every way it is written. */
#include "source/listing_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

static void test_times(void **state)
{
	static const struct {
		const char *item;
		int64_t ms;
	} rows[] = {
		{ "{\"t\":\"2026-11-21T20:00:00Z\"}", 1795291200000 },
		{ "{\"a\":[],\"T\":\"2026-11-21T20:00:00.1239999Z\"}",
		  1795291200123 },
		{ "{\"t\":1795291200123}", 1795291200123 },
		{ "{\"a\":1,\"t\": 7 }", 7 },
		/* No time: it moves nothing. */
		{ "{}", 0 },
		{ "{\"t\":null}", 0 },
		{ "{\"t\":\"\"}", 0 },
		{ "{\"t\":\"0001-01-01T00:00:00Z\"}", 0 },
		{ "{\"t\":\"1969-01-01T00:00:00Z\"}", 0 },
		{ "{\"t\":-5}", 0 },
		{ "{\"t\":1e12}", 0 },
		{ "{\"t\":99999999999999999999}", 0 },
		{ "{\"t\":{\"t\":3}}", 0 },
		{ "{\"a\":{\"t\":3}}", 0 },
		{ "[3]", 0 },
		{ "nonsense", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct span item = { rows[i].item, strlen(rows[i].item) };

		if (listing_item_time(item, "t") != rows[i].ms)
			fail_msg("%s: %lld", rows[i].item,
				 (long long)listing_item_time(item, "t"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
