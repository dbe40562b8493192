/* Rotations as the file says them, and every way to say them wrong. */
#include "conf_test.h"
#include "util/compiler.h"
#include "util/strbuf.h"

#define TARGETS                                                                \
	"targets:\n"                                                           \
	"  - {name: anna, type: folder, path: /var/tmp/a}\n"                   \
	"  - {name: bert, type: folder, path: /var/tmp/b}\n"                   \
	"  - {name: cem, type: folder, path: /var/tmp/c}\n"                    \
	"fallback: cem\n"
#define ROUTE "routes: [{ladder: [{after: 0s, notify: [primary]}]}]\n"
/* Line 9 is the first of them. */
#define HEAD SOURCE_FILES TARGETS ROUTE "rotations:\n"
#define FIRST                                                                  \
	"  - name: primary\n"                                                  \
	"    timezone: Europe/Berlin\n"

static const char good[] =
	HEAD FIRST "    start: 2026-01-05\n"
		   "    handover: \"mon 09:00\"\n"
		   "    members: [anna, bert, anna]\n"
		   "    overrides:\n"
		   "      - {from: 2026-02-01T09:00, to: 2026-02-03T24:00, "
		   "member: cem}\n"
		   "      - {from: \"2026-02-04 00:00\", to: 2026-02-05T00:00, "
		   "member: none}\n"
		   "  - {name: nights, timezone: UTC, start: 2026-01-06, "
		   "handover: \"18:30\", every: 2w, members: [bert]}\n"
		   "  - {name: daily, timezone: UTC, start: 2026-01-06, "
		   "handover: \"00:00\", members: [bert, cem]}\n";

static void reads_rotations(void **state)
{
	CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };
	CLEANUP(conf_free_ptr) struct conf *c = read_text(good, &f);
	const struct rotation *r;

	(void)state;
	assert_non_null(c);
	/* The other two are not used, and every target is. */
	assert_int_equal(f.n, 2);
	assert_true(has_fault(&f, 18, 5, "nights: no route uses this"));
	assert_true(has_fault(&f, 19, 5, "daily: no route uses this"));
	assert_int_equal(c->policy.n_rotations, 3);
	r = &c->policy.rotations[0];
	assert_string_equal(r->name, "primary");
	assert_string_equal(r->timezone, "Europe/Berlin");
	assert_int_equal(r->start.month, 1);
	assert_int_equal(r->start.day, 5);
	assert_int_equal(r->start.minute, 540);
	assert_int_equal(r->weekday, 0);
	assert_int_equal(r->every_days, 7);
	assert_int_equal(r->members.n, 3);
	assert_int_equal(r->n_overrides, 2);
	assert_string_equal(r->overrides[0].member, "cem");
	assert_int_equal(r->overrides[0].from.minute, 540);
	assert_int_equal(r->overrides[0].to.minute, 1440);
	assert_int_equal(r->overrides[0].mark.line, 16);
	assert_null(r->overrides[1].member);
	assert_int_equal(r[1].weekday, -1);
	assert_int_equal(r[1].every_days, 14);
	assert_int_equal(r[1].start.minute, 18 * 60 + 30);
	assert_int_equal(r[2].every_days, 1);
}

/* All of it comes back, and all of it is in the name of the policy. */
static void dumps_rotations(void **state)
{
	static const char *const lines[] = {
		"    handover: \"mon 09:00\"  # t.yaml:13\n",
		"    every: 1w  # t.yaml:10\n",
		"    every: 2w  # t.yaml:18\n",
		"    members: [\"anna\", \"bert\", \"anna\"]  # t.yaml:14\n",
		"      - {from: \"2026-02-04T00:00\", to: "
		"\"2026-02-05T00:00\", member: none}  # t.yaml:17\n",
	};
	CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };
	CLEANUP(conf_free_ptr) struct conf *c = read_text(good, &f);
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	CLEANUP(conf_free_ptr) struct conf *again = NULL;
	CLEANUP(conf_free_ptr) struct conf *other = NULL;
	char text[sizeof(good)];

	(void)state;
	conf_dump(c, &out);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		if (!strstr(out.buf, lines[i]))
			print_message("no %sin:\n%s", lines[i], out.buf);
		assert_non_null(strstr(out.buf, lines[i]));
	}
	again = read_text(out.buf, &f);
	assert_non_null(again);
	assert_string_equal(again->policy.hash, c->policy.hash);
	/* Who stands in makes another policy. */
	memcpy(text, good, sizeof(good));
	memcpy(strstr(text, "member: none"), "member: anna", 12);
	other = read_text(text, &f);
	assert_non_null(other);
	assert_string_not_equal(other->policy.hash, c->policy.hash);
}

#define OF(start, handover, more)                                              \
	HEAD FIRST "    start: " start "\n    handover: " handover             \
		   "\n    " more "\n"
#define OVERRIDES(list)                                                        \
	OF("2026-01-05", "mon 09:00", "members: [anna]\n    overrides:\n" list)

static const struct {
	const char *text;
	int line, column;
	const char *part;
} bad[] = {
	{ OF("2026-01-06", "mon 09:00", "members: [anna]"), 12, 12,
	  "2026-01-06 is a tue and handover says mon; the next mon is "
	  "2026-01-12" },
	{ OF("2026-02-30", "mon 09:00", "members: [anna]"), 12, 12,
	  "must be a date" },
	{ OF("2026-01-05", "monday 09:00", "members: [anna]"), 13, 15,
	  "a weekday and a time such as \"mon 09:00\"" },
	{ OF("2026-01-05", "24:00", "members: [anna]"), 13, 15,
	  "must be a time" },
	{ OF("2026-01-05", "mon", "members: [anna]"), 13, 15,
	  "must be a time" },
	{ OF("2026-01-05", "mon 09:00", "members: [anna, brt]"), 14, 21,
	  "unknown target 'brt' (did you mean 'bert'?)" },
	{ OF("2026-01-05", "mon 09:00", "members: [primary]"), 14, 15,
	  "'primary' is a rotation; name a target here" },
	{ OF("2026-01-05", "mon 09:00", "members: [anna, none]"), 14, 21,
	  "means nobody" },
	{ OF("2026-01-05", "mon 09:00", "members: []"), 14, 14,
	  "list of 1 to 100" },
	{ OF("2026-01-05", "mon 09:00", "members: anna"), 14, 14,
	  "list of 1 to 100" },
	{ OF("2026-01-05", "mon 09:00", "members: [anna]\n    every: 3d"), 15,
	  12, "every 1w, 2w or more" },
	{ OF("2026-01-05", "\"09:00\"", "members: [anna]\n    every: 12h"), 15,
	  12, "days or weeks such as 1d or 2w" },
	{ OF("2026-01-05", "\"09:00\"", "members: [anna]\n    every: 53w"), 15,
	  12, "at most 366d" },
	{ OF("2026-01-05", "\"09:00\"",
	     "members: [anna]\n    every: 99999999999999999999w"),
	  15, 12, "at most 366d" },
	{ OF("2026-01-05", "mon 09:00", "membrs: [anna]"), 14, 5,
	  "did you mean 'members'" },
	{ HEAD FIRST, 10, 5, "option 'members' is missing" },
	{ OVERRIDES("      - {from: 2026-02-01, to: 2026-02-03T09:00, member: "
		    "cem}"),
	  16, 16, "must be a local time such as" },
	{ OVERRIDES("      - {from: 2026-02-01T09:00, to: 2026-02-01T09:00, "
		    "member: cem}"),
	  16, 38, "must lie after from" },
	{ OVERRIDES("      - {from: 2026-02-01T09:00, to: 2026-02-02T09:00, "
		    "member: cm}"),
	  16, 64, "unknown target 'cm' (did you mean 'cem'?)" },
	{ OVERRIDES("      - {from: 2026-02-01T09:00, to: 2026-02-02T09:00}"),
	  16, 9, "option 'member' is missing" },
	{ OVERRIDES("      - {from: 2026-02-01T09:00, to: 2026-02-03T09:00, "
		    "member: cem}\n"
		    "      - {from: 2026-02-03T08:59, to: 2026-02-04T09:00, "
		    "member: none}"),
	  17, 9, "overlaps the override in line 16" },
	{ OVERRIDES("      - {from: 2026-01-01T09:00, to: 2026-01-05T09:00, "
		    "member: cem}"),
	  16, 9, "is over before the rotation starts" },
	{ SOURCE_FILES TARGETS "routes: [{ladder: [{after: 0s, notify: "
			       "[primry]}]}]\nrotations:\n" FIRST
			       "    start: 2026-01-05\n    handover: mon "
			       "09:00\n    members: [anna]\n",
	  8, 41,
	  "unknown target or rotation 'primry' (did you mean "
	  "'primary'?)" },
	{ SOURCE_FILES TARGETS ROUTE
	  "rotations:\n  - {name: primary, timezone: UTC, start: 2026-01-05, "
	  "handover: \"09:00\", members: [anna]}\n"
	  "  - {name: primary, timezone: UTC, start: 2026-01-05, "
	  "handover: \"09:00\", members: [anna]}\n",
	  11, 12, "the name 'primary' is taken by the entry at t.yaml:10" },
	{ SOURCE_FILES TARGETS
	  "rotations:\n  - {name: bert, timezone: UTC, start: 2026-01-05, "
	  "handover: \"09:00\", members: [anna]}\n",
	  9, 5, "the name 'bert' is taken by the target at t.yaml:5" },
	{ SOURCE_FILES
	  "targets:\n  - {name: anna, type: folder, path: /var/tmp/a}\n"
	  "fallback: primary\n"
	  "rotations:\n  - {name: primary, timezone: UTC, start: 2026-01-05, "
	  "handover: \"09:00\", members: [anna]}\n",
	  5, 11, "'primary' is a rotation; name a target here" },
};

static void refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };
		CLEANUP(conf_free_ptr) struct conf *c = NULL;

		c = read_text(bad[i].text, &f);
		if (c)
			print_message("%s", bad[i].text);
		assert_null(c);
		assert_true(
			has_fault(&f, bad[i].line, bad[i].column, bad[i].part));
	}
}

/* Two that touch do not overlap. */
static void overrides_may_touch(void **state)
{
	CLEANUP(conf_free_ptr)
	struct conf *c = read_good(
		SOURCE_FILES TARGETS
		"routes: [{ladder: [{after: 0s, notify: [primary, bert]}]}]\n"
		"rotations:\n" FIRST "    start: 2026-01-05\n"
		"    handover: \"mon 09:00\"\n"
		"    members: [anna]\n"
		"    overrides:\n"
		"      - {from: 2026-02-03T09:00, to: 2026-02-04T09:00, "
		"member: cem}\n"
		"      - {from: 2026-02-01T09:00, to: 2026-02-03T09:00, "
		"member: bert}\n");

	(void)state;
	assert_int_equal(c->policy.rotations[0].n_overrides, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_rotations),
		cmocka_unit_test(dumps_rotations),
		cmocka_unit_test(refuses),
		cmocka_unit_test(overrides_may_touch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
