/* Who has the duty: by a table from another implementation, and how it is
 * said. */
#include "triage/rotation.h"

#include <stdio.h>
#include "triage/fixture.h"
#include "util/strbuf.h"

struct golden_rotation {
	const char *name, *zone, *start;
	int minute, every_days;
	const char *members; /* separated by blanks */
};

struct golden_override {
	const char *rotation, *from, *to, *member;
};

struct golden_duty {
	const char *rotation, *now, *member, *until;
};

#include "triage/golden_rotation.inc"

static struct civil civil_of(const char *text)
{
	struct civil c = { 0 };
	int hour = 0, minute = 0;

	assert_true(sscanf(text, "%d-%d-%dT%d:%d", &c.year, &c.month, &c.day,
			   &hour, &minute) >= 3);
	c.minute = hour * 60 + minute;
	return c;
}

static void add_members(struct rotation *r, const char *names)
{
	while (*names) {
		size_t n = strcspn(names, " ");
		CLEANUP(free_ptr) char *name = xstrndup(names, n);

		strlist_add(&r->members, name);
		names += n + (names[n] == ' ');
	}
}

static void add_override(struct rotation *r, const char *from, const char *to,
			 const char *member)
{
	size_t n = r->n_overrides++;

	r->overrides = xreallocarray(r->overrides, r->n_overrides,
				     sizeof(*r->overrides));
	r->overrides[n] = (struct rotation_override){
		.from = civil_of(from),
		.to = civil_of(to),
		.member = member ? xstrdup(member) : NULL,
		.mark = { "t", 20 + (int)n, 1 },
	};
}

static struct rotation *add_rotation(struct policy *p,
				     const struct golden_rotation *g)
{
	struct rotation *r;

	p->rotations = xreallocarray(p->rotations, p->n_rotations + 1,
				     sizeof(*p->rotations));
	r = &p->rotations[p->n_rotations++];
	*r = (struct rotation){
		.name = xstrdup(g->name),
		.timezone = xstrdup(g->zone),
		.start = civil_of(g->start),
		.weekday = -1,
		.every_days = g->every_days,
		.mark = { "t", 10, 1 },
	};
	r->start.minute = g->minute;
	add_members(r, g->members);
	return r;
}

static const struct golden_rotation weekly = {
	"primary", "Europe/Berlin", "2026-01-05", 540, 7, "anna bert cem"
};

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool check_duty(const struct policy *p, const struct golden_duty *row)
{
	struct duty d;
	char until[TIMEFMT_MAX];

	rotation_resolve(p, row->rotation, at(row->now), &d);
	assert_non_null(d.rotation);
	assert_string_equal(d.rotation->name, row->rotation);
	assert_ptr_equal(rotation_at(d.rotation, at(row->now)), d.target);
	if (same(d.target, row->member) && d.until_ms == at(row->until))
		return true;
	print_error("%s at %s: %s until %s, expected %s until %s\n",
		    row->rotation, row->now, d.target ? d.target : "nobody",
		    timefmt_utc(d.until_ms, until),
		    row->member ? row->member : "nobody", row->until);
	return false;
}

static void test_golden_duties(void **state)
{
	CLEANUP(policy_release) struct policy p = { 0 };
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(golden_rotations); i++)
		add_rotation(&p, &golden_rotations[i]);
	for (size_t i = 0; i < ARRAY_SIZE(golden_overrides); i++) {
		const struct golden_override *o = &golden_overrides[i];

		for (size_t j = 0; j < p.n_rotations; j++) {
			if (strcmp(p.rotations[j].name, o->rotation) == 0)
				add_override(&p.rotations[j], o->from, o->to,
					     o->member);
		}
	}
	assert_true(ARRAY_SIZE(golden_duties) >= 100);
	for (size_t i = 0; i < ARRAY_SIZE(golden_duties); i++)
		wrong += !check_duty(&p, &golden_duties[i]);
	assert_int_equal(wrong, 0);
}

static void test_a_target_is_itself(void **state)
{
	CLEANUP(policy_release) struct policy p = { 0 };
	char text[DUTY_TEXT_MAX];
	struct duty d;

	(void)state;
	add_rotation(&p, &weekly);
	rotation_resolve(&p, "soc", NOW_MS, &d);
	assert_string_equal(d.target, "soc");
	assert_null(d.rotation);
	assert_string_equal(duty_text(&d, NOW_MS, text), "");
	assert_null(rotation_named(&p, "Primary"));
	assert_ptr_equal(rotation_named(&p, "primary"), p.rotations);
}

/* In the rotation's own time, with a date when a weekday could be another. */
static void test_how_it_is_said(void **state)
{
	static const struct {
		const char *now, *text;
	} rows[] = {
		{ "2026-01-05T08:00:00Z",
		  "on call: anna (rotation primary until Mon 2026-01-12 "
		  "09:00)" },
		{ "2026-01-05T08:00:01Z",
		  "on call: anna (rotation primary until Mon 09:00)" },
		{ "2026-03-29T21:00:00Z",
		  "on call: cem (rotation primary until Mon 09:00)" },
		{ "2026-01-13T12:00:00Z",
		  "on call: nobody (rotation primary until Wed 00:00)" },
	};
	CLEANUP(policy_release) struct policy p = { 0 };
	struct rotation *r;

	(void)state;
	r = add_rotation(&p, &weekly);
	add_override(r, "2026-01-13T12:00", "2026-01-14T00:00", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[DUTY_TEXT_MAX];
		struct duty d;

		rotation_duty(r, at(rows[i].now), &d);
		assert_string_equal(duty_text(&d, at(rows[i].now), text),
				    rows[i].text);
	}
}

static void test_unknown_zone(void **state)
{
	CLEANUP(policy_release) struct policy p = { 0 };
	struct err err = ERR_INIT;
	struct rotation *r;

	(void)state;
	r = add_rotation(&p, &weekly);
	assert_int_equal(rotation_check(r, &err), 0);
	r->timezone[0] = 'X';
	assert_int_equal(rotation_check(r, &err), ERR_CONF);
	assert_non_null(strstr(err.text, "rotation primary: time zone "
					 "\"Xurope/Berlin\""));
}

static void note(void *arg, const struct mark *mark, const char *text)
{
	strbuf_addf(arg, "%d: %.19s\n", mark->line, text);
}

static void test_lint(void **state)
{
	CLEANUP(policy_release) struct policy p = { 0 };
	CLEANUP(strbuf_release) struct strbuf said = STRBUF_INIT;
	struct rotation *r;

	(void)state;
	r = add_rotation(&p, &weekly);
	add_override(r, "2026-03-29T02:15", "2026-03-29T03:15", "cem");
	rotation_lint(r, at("2026-01-05T08:00:00Z"), note, &said);
	assert_string_equal(said.buf, "");
	add_override(r, "2027-03-28T02:15", "2027-03-28T02:45", "cem");
	rotation_lint(r, at("2026-01-05T07:59:59Z"), note, &said);
	assert_string_equal(said.buf, "10: has not begun; unti\n"
				      "21: this override never\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden_duties),
		cmocka_unit_test(test_a_target_is_itself),
		cmocka_unit_test(test_how_it_is_said),
		cmocka_unit_test(test_unknown_zone),
		cmocka_unit_test(test_lint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
