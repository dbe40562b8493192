/* What a silence may be, how it is written, what it covers and when. */
#include "triage/silences.h"

#include "triage/fixture.h"

#define DAY_MS (24 * HOUR_MS)

static void test_reads_keys(void **state)
{
	CLEANUP(silence_release) struct silence s = { 0 };
	struct err err = ERR_INIT;
	const struct match *m = &s.when;

	(void)state;
	assert_int_equal(silence_parse_when(
				 "  severity=low,medium  title=\"a b, c\",*x* "
				 "not.entity=srv1 not.tag=vip incident=true "
				 "severity=info",
				 &s, &err),
			 0);
	assert_int_equal(m->globs[MATCH_SEVERITY].n, 3);
	assert_string_equal(m->globs[MATCH_SEVERITY].v[2], "info");
	assert_int_equal(m->globs[MATCH_TITLE].n, 2);
	assert_string_equal(m->globs[MATCH_TITLE].v[0], "a b, c");
	assert_string_equal(m->globs[MATCH_TITLE].v[1], "*x*");
	assert_string_equal(m->globs[MATCH_INCIDENT].v[0], "yes");
	assert_non_null(m->deny);
	assert_string_equal(m->deny->globs[MATCH_ENTITY].v[0], "srv1");
	assert_string_equal(m->deny->globs[MATCH_TAG].v[0], "vip");
	/* A second text takes the place of the first. */
	assert_int_equal(silence_parse_when("source=azure", &s, &err), 0);
	assert_int_equal(m->globs[MATCH_SEVERITY].n, 0);
	assert_null(m->deny);
	assert_string_equal(s.when_text, "source=azure");
	/* Its own text too, as it came from the store. */
	assert_int_equal(silence_parse_when(s.when_text, &s, &err), 0);
	assert_string_equal(s.when_text, "source=azure");
	assert_int_equal(m->globs[MATCH_SOURCE].n, 1);
}

static void test_refuses_what_cannot_be_meant(void **state)
{
	CLEANUP(silence_release) struct silence s = { 0 };
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "sevrity=low",
		  "'sevrity' is no key to match an alert by (did you mean "
		  "'severity'?)" },
		{ "not.titel=x", "(did you mean 'title'?)" },
		{ "zebra=x", "'zebra' is no key to match an alert by" },
		{ "low", "'low' is no key=glob" },
		{ "title = x", "'title' is no key=glob" },
		{ "title=", "title= has an empty glob" },
		{ "title=a,,b", "title= has an empty glob" },
		{ "title=\"a", "the quotation mark of title= is not closed" },
		{ "title=\"a\"b", "a blank must stand between title=" },
		{ "severity=hihg", "severity=hihg matches no severity" },
		{ "incident=maybe", "incident= must be yes or no" },
		{ "title=\xff", "is not UTF-8" },
		{ "=x", "'' is no key" },
	};

	(void)state;
	s.when_text = xstrdup("kept");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct err err = ERR_INIT;

		assert_int_equal(silence_parse_when(rows[i].text, &s, &err),
				 ERR_CONF);
		if (!strstr(err.text, rows[i].says))
			fail_msg("row %zu: %s", i, err.text);
		assert_string_equal(s.when_text, "kept");
	}
}

static void test_refuses_what_is_endless(void **state)
{
	CLEANUP(silence_release) struct silence s = { 0 };
	struct err err = ERR_INIT;
	char text[3000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memcpy(text, "title=", 6);
	assert_int_equal(silence_parse_when(text, &s, &err), ERR_CONF);
	text[507] = '\0';
	assert_int_equal(silence_parse_when(text, &s, &err), ERR_CONF);
	text[506] = '\0';
	assert_int_equal(silence_parse_when(text, &s, &err), 0);
}

/* The limits of semantics 6, at their edges. */
static void test_limits(void **state)
{
	static const struct {
		const char *when;
		bool critical;
		int64_t starts, length;
		const char *says; /* NULL: it may stand */
	} rows[] = {
		{ "severity=low", false, 0, 7 * DAY_MS, NULL },
		{ "severity=low", false, 0, 7 * DAY_MS + 1, "7 days" },
		{ "severity=low", false, DAY_MS, 7 * DAY_MS, NULL },
		{ "severity=low", false, 7 * DAY_MS, HOUR_MS, NULL },
		{ "severity=low", false, 7 * DAY_MS + 1, HOUR_MS, "ahead" },
		{ "severity=high", false, 0, DAY_MS, NULL },
		{ "severity=high", false, 0, DAY_MS + 1, "24 hours" },
		{ "severity=*", false, 0, DAY_MS + 1, "24 hours" },
		/* Without a severity it can match high. */
		{ "title=*x*", false, 0, DAY_MS, NULL },
		{ "title=*x*", false, 0, DAY_MS + 1, "24 hours" },
		{ "title=*x* not.severity=high", false, 0, 7 * DAY_MS, NULL },
		{ "title=*x* not.severity=h*,crit*", false, 0, 7 * DAY_MS,
		  NULL },
		{ "title=*x* not.severity=high not.tag=y", false, 0, DAY_MS + 1,
		  "24 hours" },
		{ "title=*x*", true, 0, 4 * HOUR_MS, NULL },
		{ "title=*x*", true, 0, 4 * HOUR_MS + 1, "4 hours" },
		{ "severity=critical", true, 0, 4 * HOUR_MS + 1, "4 hours" },
		{ "severity=low", true, 0, HOUR_MS, "matches none" },
		{ "severity=low", false, 0, 0, "already" },
		{ "severity=low", false, HOUR_MS, 0, "before it begins" },
		{ "severity=low", false, -2 * HOUR_MS, HOUR_MS, "already" },
		{ "", false, 0, HOUR_MS, "say what it matches" },
		{ "not.severity=high", false, 0, HOUR_MS,
		  "say what it matches" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(silence_release) struct silence s = { 0 };
		struct err err = ERR_INIT;
		int rc;

		s.author = xstrdup("kim");
		s.reason = xstrdup("disk test");
		s.covers_critical = rows[i].critical;
		s.starts_ms = NOW_MS + rows[i].starts;
		s.ends_ms = s.starts_ms + rows[i].length;
		assert_int_equal(silence_parse_when(rows[i].when, &s, &err), 0);
		rc = silence_check(&s, NOW_MS, &err);
		if ((rc == 0) != !rows[i].says ||
		    (rows[i].says && !strstr(err.text, rows[i].says)))
			fail_msg("row %zu: %d %s", i, rc, err.text);
	}
}

static void test_author_and_reason(void **state)
{
	CLEANUP(silence_release) struct silence s = { 0 };
	struct err err = ERR_INIT;

	(void)state;
	s.starts_ms = NOW_MS;
	s.ends_ms = NOW_MS + 1;
	assert_int_equal(silence_parse_when("severity=low", &s, &err), 0);
	s.reason = xstrdup("test");
	assert_int_equal(silence_check(&s, NOW_MS, &err), ERR_CONF);
	assert_non_null(strstr(err.text, "author"));
	s.author = xstrdup("kim");
	free(s.reason);
	s.reason = xstrdup("  ");
	assert_int_equal(silence_check(&s, NOW_MS, &err), ERR_CONF);
	assert_non_null(strstr(err.text, "reason"));
	free(s.reason);
	s.reason = xstrdup("test");
	assert_int_equal(silence_check(&s, NOW_MS, &err), 0);
}

static void test_covers(void **state)
{
	CLEANUP(silence_release) struct silence s = { 0 };
	CLEANUP(alert_release) struct alert a;
	struct match_subject m = { .alert = &a, .severity = SEVERITY_HIGH };
	struct err err = ERR_INIT;

	(void)state;
	alert_init(&a);
	a.title = xstrdup("Port scan");
	s.starts_ms = NOW_MS;
	s.ends_ms = NOW_MS + HOUR_MS;
	assert_int_equal(silence_parse_when("title=*scan*", &s, &err), 0);
	assert_false(silence_covers(&s, &m, NOW_MS - 1));
	assert_true(silence_covers(&s, &m, NOW_MS));
	assert_true(silence_covers(&s, &m, s.ends_ms - 1));
	assert_false(silence_covers(&s, &m, s.ends_ms));
	m.severity = SEVERITY_CRITICAL;
	assert_false(silence_covers(&s, &m, NOW_MS));
	s.covers_critical = true;
	assert_true(silence_covers(&s, &m, NOW_MS));
	s.ended_ms = NOW_MS + MINUTE_MS; /* somebody ended it */
	assert_true(silence_covers(&s, &m, NOW_MS));
	assert_false(silence_covers(&s, &m, NOW_MS + MINUTE_MS));
	s.ended_ms = 0;
	a.title[5] = 'S';
	assert_true(silence_covers(&s, &m, NOW_MS));
	a.title[5] = 'x';
	assert_false(silence_covers(&s, &m, NOW_MS));
}

static void test_announced_an_hour_before(void **state)
{
	struct silence s = { .starts_ms = NOW_MS };

	(void)state;
	s.ends_ms = NOW_MS + 3 * HOUR_MS;
	assert_int_equal(silence_announce_ms(&s), NOW_MS + 2 * HOUR_MS);
	s.ends_ms = NOW_MS + HOUR_MS / 2;
	assert_int_equal(silence_announce_ms(&s), NOW_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_keys),
		cmocka_unit_test(test_refuses_what_cannot_be_meant),
		cmocka_unit_test(test_refuses_what_is_endless),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_author_and_reason),
		cmocka_unit_test(test_covers),
		cmocka_unit_test(test_announced_an_hour_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
