/* Whose trail is asked for, and over which time. */
#include "triage/trail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "util/compiler.h"
#include "util/strbuf.h"

#define HOUR INT64_C(3600000)
#define DAY (24 * HOUR)
#define T (1000 * DAY)

#define E(k, v, r)                                                             \
	{                                                                      \
		(char *)(k), (char *)(v), (char *)(r)                          \
	}

static const struct row {
	const char *name;
	struct entity entities[6];
	const char *expected;
} rows[] = {
	{ "nobody", { E("host", "vm-1", NULL), E("file", "a", NULL) }, "" },
	{ "an account before an address",
	  { E("ip", "203.0.113.9", "attacker"),
	    E("account", "ada@example.org", NULL) },
	  "account=ada@example.org ip=203.0.113.9" },
	{ "who attacked before who was hit",
	  { E("account", "hit@example.org", "attacked"),
	    E("account", "did@example.org", "attacker"),
	    E("account", "lost@example.org", "compromised") },
	  "account=did@example.org account=lost@example.org "
	  "account=hit@example.org" },
	{ "by the name that services know",
	  { E("account", "root", NULL),
	    E("account", "3fa9f28b-eb0e-463a-ba7b-8089fe9991e2", NULL),
	    E("account", "ada@example.org", NULL) },
	  "account=ada@example.org "
	  "account=3fa9f28b-eb0e-463a-ba7b-8089fe9991e2 account=root" },
	{ "names that no service knows",
	  { E("account", "Ada Lovelace", "attacker"),
	    E("account", "S-1-5-21-7", NULL), E("ip", "not an address", NULL) },
	  "" },
	{ "addresses of everybody last",
	  { E("ip", "192.168.1.4", "attacker"), E("ip", "fe80::1", NULL),
	    E("ip", "203.0.113.9", NULL), E("ip", "2001:db8::9", NULL) },
	  "ip=203.0.113.9 ip=2001:db8::9 ip=192.168.1.4 ip=fe80::1" },
	{ "each once",
	  { E("account", "Ada@example.org", NULL),
	    E("account", "ada@EXAMPLE.org", "attacker"),
	    E("ip", "203.0.113.9", NULL), E("ip", "203.0.113.9", "source") },
	  "account=ada@EXAMPLE.org ip=203.0.113.9" },
};

static void test_rank(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strbuf_release) struct strbuf found = STRBUF_INIT;
		struct trail trails[8];
		size_t n = 0;

		while (n < ARRAY_SIZE(rows[i].entities) &&
		       rows[i].entities[n].kind)
			n++;
		n = trail_rank(rows[i].entities, n, trails, 8);
		for (size_t k = 0; k < n; k++)
			strbuf_addf(&found, "%s%s=%s", k ? " " : "",
				    trail_kind_name(trails[k].kind),
				    trails[k].value);
		if (strcmp(found.buf, rows[i].expected) != 0)
			fail_msg("%s: %s", rows[i].name, found.buf);
	}
}

static void test_no_more_than_asked_for(void **state)
{
	static const struct entity e[] = { E("ip", "203.0.113.1", NULL),
					   E("ip", "203.0.113.2", NULL),
					   E("ip", "203.0.113.3", NULL) };
	struct trail t[2];

	(void)state;
	assert_int_equal(trail_rank(e, 3, t, 2), 2);
	assert_int_equal(trail_rank(e, 3, t, 0), 0);
}

static const struct window_row {
	const char *name;
	struct trail_times t;
	int64_t around, now;
	struct trail_window expected; /* relative to T */
} window_rows[] = {
	{ "around its activity",
	  { T - HOUR, T, T + HOUR, T + 2 * HOUR },
	  2 * HOUR,
	  T + DAY,
	  { -3 * HOUR, 2 * HOUR, 0 } },
	{ "only the last is known",
	  { 0, T, T + HOUR, 1 },
	  HOUR,
	  T + DAY,
	  { -HOUR, HOUR, 0 } },
	{ "only the first is known",
	  { T, 0, T + HOUR, 1 },
	  HOUR,
	  T + DAY,
	  { -HOUR, HOUR, 0 } },
	{ "when it was raised",
	  { 0, 0, T, T + HOUR },
	  HOUR,
	  T + DAY,
	  { -HOUR, HOUR, 0 } },
	{ "when we saw it", { 0, 0, 0, T }, HOUR, T + DAY, { -HOUR, HOUR, 0 } },
	{ "not beyond now",
	  { 0, T, 0, 0 },
	  HOUR,
	  T + 60000,
	  { -HOUR, 60000, 0 } },
	{ "an alert about a month counts with its last day",
	  { T - 30 * DAY, T, 0, 0 },
	  HOUR,
	  T + DAY,
	  { -DAY - HOUR, HOUR, 0 } },
	{ "times that run backwards",
	  { T + DAY, T, 0, 0 },
	  HOUR,
	  T + DAY,
	  { -HOUR, HOUR, 0 } },
	{ "an alert of tomorrow",
	  { 0, T + DAY, 0, 0 },
	  HOUR,
	  T,
	  { -HOUR, 0, DAY } },
};

static void test_window(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(window_rows); i++) {
		const struct window_row *row = &window_rows[i];
		struct trail_window w =
			trail_window(&row->t, row->around, row->now);

		if (w.from_ms - T != row->expected.from_ms ||
		    w.to_ms - T != row->expected.to_ms ||
		    w.moment_ms - T != row->expected.moment_ms)
			fail_msg("%s: %lld %lld %lld", row->name,
				 (long long)(w.from_ms - T),
				 (long long)(w.to_ms - T),
				 (long long)(w.moment_ms - T));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rank),
		cmocka_unit_test(test_no_more_than_asked_for),
		cmocka_unit_test(test_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
