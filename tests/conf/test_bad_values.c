/*
 * Values of the wrong kind, too long, or out of their range, wherever a value
 * may stand: each is one fault with its place and what would be right.
 *
 * Of load_value.c and load_calendar.c.
 */
#include "conf_test.h"
#include "util/compiler.h"
#include "util/strbuf.h"

#define CALENDAR(more)                                                         \
	"calendars:\n"                                                         \
	"  - {name: c, timezone: UTC, hours: {mon: [\"09:00-17:00\"]}" more    \
	"}\n"

struct row {
	const char *text; /* in front of MINIMAL; a % stands for @n times x */
	size_t n;
	const char *fault;
};

static void fill(const struct row *row, struct strbuf *out)
{
	for (const char *p = row->text; *p; p++) {
		if (*p != '%') {
			strbuf_addch(out, *p);
			continue;
		}
		for (size_t i = 0; i < row->n; i++)
			strbuf_addch(out, 'x');
	}
	strbuf_addstr(out, MINIMAL);
}

static void check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		fill(&rows[i], &text);
		assert_null(read_text(text.buf, &f));
		if (!has_fault(&f, 0, 0, rows[i].fault))
			fail_msg("row %zu: %s", i, rows[i].text);
	}
}

static void test_values(void **state)
{
	static const struct row rows[] = {
		{ "calendars:\n  - {name: [c], timezone: UTC}\n", 0,
		  "must be a name" },
		{ "calendars:\n  - {name: %, timezone: UTC}\n", 300,
		  "letters, digits" },
		{ "calendars:\n  - {name: 'a b', timezone: UTC}\n", 0,
		  "letters, digits" },
		{ "rules:\n  - {name: {a: b}, set: {severity: low}}\n", 0,
		  "must be a name" },
		{ "rules:\n  - {name: ' a', set: {severity: low}}\n", 0,
		  "letters, digits, blanks" },
		{ "rules:\n  - {name: 'a ', set: {severity: low}}\n", 0,
		  "letters, digits, blanks" },
		{ "rules:\n  - {name: a, reason: %, set: {severity: low}}\n",
		  20000, "longer than" },
		{ "state-directory: /%\n", 5000, "longer than" },
		{ "state-directory: var/lib\n", 0, "must be an absolute path" },
		{ "state-directory: [/var]\n", 0, "must be a path" },
		{ "import-horizon: soon\n", 0, "must be a duration" },
		{ "import-horizon: [1h]\n", 0, "must be a duration" },
		{ "import-horizon: 36500d\n", 0, "must be from" },
		{ "page-titles: perhaps\n", 0, "true or false" },
		{ "page-titles: [true]\n", 0, "true or false" },
		{ "routes:\n  - {digest: {at: [9], notify: ops}}\n", 0,
		  "must be a time such as" },
		{ "routes:\n  - {digest: {at: \"24:00\", notify: ops}}\n", 0,
		  "from \"00:00\" to \"23:59\"" },
		{ "routes:\n  - {digest: {at: \"09:60\", notify: ops}}\n", 0,
		  "from \"00:00\" to \"23:59\"" },
		{ "routes:\n  - {digest: {at: \"09:000\", notify: ops}}\n", 0,
		  "from \"00:00\" to \"23:59\"" },
	};

	(void)state;
	check_rows(rows, ARRAY_SIZE(rows));
}

static void test_calendars(void **state)
{
	static const struct row rows[] = {
		{ "calendars:\n  - {name: c, timezone: [UTC]}\n", 0,
		  "must be a time zone" },
		{ "calendars:\n  - {name: c, timezone: ../etc/passwd}\n", 0,
		  "must be a time zone" },
		{ "calendars:\n  - {name: c, timezone: /UTC}\n", 0,
		  "must be a time zone" },
		{ "calendars:\n  - {name: c, timezone: %}\n", 300,
		  "must be a time zone" },
		{ "calendars:\n  - {name: c, timezone: UTC, hours: [mon]}\n", 0,
		  "must be days with hours" },
		{ CALENDAR(", closed: 2026-12-25"), 0,
		  "must be a list of dates" },
		{ CALENDAR(", closed: [[2026-12-25]]"), 0, "must be a date" },
		{ CALENDAR(", closed: [2026-02-30]"), 0, "must be a date" },
		{ CALENDAR(", closed: [1969-12-31]"), 0, "must be a date" },
		{ CALENDAR(", closed: [2026-00-10]"), 0, "must be a date" },
		{ CALENDAR(", closed: [2026-10-00]"), 0, "must be a date" },
		{ CALENDAR(", closed: [2026-13-01]"), 0, "must be a date" },
		{ CALENDAR(", closed: [2026-1x-01]"), 0, "must be a date" },
		{ CALENDAR(", closed: [2026-12-25, 2026-12-25]"), 0,
		  "under closed already" },
		{ CALENDAR(", special: {2026-12-24: [\"09:00-10:00\"]}, "
			   "closed: [2026-12-24]"),
		  0, "under special already" },
		{ CALENDAR(", special: [2026-12-24]"), 0,
		  "must be dates with hours" },
		{ CALENDAR(", special: {2026-12-24: [\"09:00-12:00\", "
			   "\"11:00-13:00\"]}"),
		  0, "overlaps other hours" },
	};

	(void)state;
	check_rows(rows, ARRAY_SIZE(rows));
}

/* As many spans as a day may have, in no order, and one more. */
static void test_many_spans(void **state)
{
	static const struct {
		const char *before, *after;
		int n;
		bool good;
	} rows[] = {
		{ "hours: {mon: [", "]}", 24, true },
		{ "hours: {mon: [", "]}", 25, false },
		{ "hours: {mon: [\"23:50-23:55\"]}, special: {2026-12-24: [",
		  "]}", 24, true },
		{ "hours: {mon: [\"23:50-23:55\"]}, special: {2026-12-24: [",
		  "]}", 25, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
		CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };
		CLEANUP(conf_free_ptr) struct conf *c = NULL;

		strbuf_addf(&text,
			    "calendars:\n  - {name: c, timezone: UTC, %s",
			    rows[i].before);
		for (int k = rows[i].n - 1; k >= 0; k--)
			strbuf_addf(&text, "%s\"%02d:%02d-%02d:%02d\"",
				    k == rows[i].n - 1 ? "" : ", ", k * 30 / 60,
				    k * 30 % 60, k * 30 / 60, k * 30 % 60 + 5);
		strbuf_addf(&text, "%s}\n" MINIMAL, rows[i].after);
		c = read_text(text.buf, &f);
		assert_int_equal(c != NULL, rows[i].good);
		assert_true(rows[i].good ||
			    has_fault(&f, 0, 0, "more than 24 spans"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_calendars),
		cmocka_unit_test(test_many_spans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
