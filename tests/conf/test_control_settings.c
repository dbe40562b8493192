/* control: which groups may do what by the control socket. */
#include "conf/conf.h"

#include <grp.h>
#include "conf_test.h"
#include "util/compiler.h"

/* Two groups that every machine has; Debian's base-passwd gives both. */
#define ONE "daemon"
#define TWO "sys"

static gid_t gid_of(const char *name)
{
	const struct group *g = getgrnam(name);

	assert_non_null(g);
	return g->gr_gid;
}

static void groups_are_read_and_found(void **state)
{
	CLEANUP(faults_release) struct faults f = { 0 };
	CLEANUP(conf_free_ptr)
	struct conf *c = read_good("control:\n"
				   "  operate: [" ONE ", " TWO "]\n"
				   "  admin: " TWO "\n" MINIMAL);
	const struct role_groups *of = c->control.of;

	(void)state;
	assert_false(of[ROLE_READ].given);
	assert_true(of[ROLE_OPERATE].given);
	assert_int_equal(of[ROLE_OPERATE].names.n, 2);
	assert_null(of[ROLE_OPERATE].gids);
	assert_int_equal(conf_find_groups(c, &f), 0);
	assert_int_equal(f.n, 0);
	assert_int_equal(of[ROLE_OPERATE].gids[0], gid_of(ONE));
	assert_int_equal(of[ROLE_OPERATE].gids[1], gid_of(TWO));
	assert_int_equal(of[ROLE_ADMIN].gids[0], gid_of(TWO));
	/* Again, as a reload would not, but it may: nothing is lost. */
	assert_int_equal(conf_find_groups(c, &f), 0);
	assert_int_equal(of[ROLE_ADMIN].gids[0], gid_of(TWO));
}

static void not_given_is_not_empty(void **state)
{
	CLEANUP(conf_free_ptr) struct conf *c = read_good(MINIMAL);
	CLEANUP(conf_free_ptr)
	struct conf *none = read_good("control: {operate: []}\n" MINIMAL);

	(void)state;
	assert_false(c->control.of[ROLE_OPERATE].given);
	assert_true(none->control.of[ROLE_OPERATE].given);
	assert_int_equal(none->control.of[ROLE_OPERATE].names.n, 0);
}

/* Every unknown group is named, where it stands. */
static void unknown_groups_are_faults(void **state)
{
	CLEANUP(faults_release) struct faults f = { 0 };
	CLEANUP(conf_free_ptr)
	struct conf *c = read_good("control:\n"
				   "  read: [" ONE ", no-such-readers]\n"
				   "  admin: [no-such-chiefs]\n" MINIMAL);

	(void)state;
	assert_int_equal(conf_find_groups(c, &f), ERR_CONF);
	assert_int_equal(f.n, 2);
	assert_true(has_fault(&f, 2, 0,
			      "control.read: there is no group "
			      "no-such-readers on this machine"));
	assert_true(has_fault(&f, 3, 0,
			      "control.admin: there is no group "
			      "no-such-chiefs"));
}

static void wrong_words_are_faults(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "control: {operate: {a: b}}\n", "must be the name of a" },
		{ "control: {operate: [[a]]}\n", "must be the name of a" },
		{ "control: {operate: \"\"}\n", "has no value" },
		{ "control: {operate: \"a:b\"}\n", "cannot be the name of" },
		{ "control: {operate: [a, b, a]}\n", "named twice" },
		{ "control: {operates: [a]}\n", "did you mean 'operate'" },
		{ "control: [a]\n", "control" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(faults_release) struct faults f = { 0 };
		char text[500];

		snprintf(text, sizeof(text), "%s" MINIMAL, rows[i].text);
		assert_null(read_text(text, &f));
		if (!has_fault(&f, 1, 0, rows[i].says))
			fail_msg("%s: %s", rows[i].text, f.v[0].text);
	}
}

static void dump_loads_again(void **state)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	CLEANUP(conf_free_ptr)
	struct conf *c = read_good("control: {read: [], admin: [a b, " ONE
				   "]}\n" MINIMAL);
	CLEANUP(conf_free_ptr) struct conf *again = NULL;

	(void)state;
	conf_dump(c, &out);
	assert_non_null(strstr(out.buf, "\n  read: []"));
	assert_null(strstr(out.buf, "\n  operate:"));
	again = read_good(out.buf);
	assert_true(again->control.of[ROLE_READ].given);
	assert_false(again->control.of[ROLE_OPERATE].given);
	assert_string_equal(again->control.of[ROLE_ADMIN].names.v[0], "a b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_are_read_and_found),
		cmocka_unit_test(not_given_is_not_empty),
		cmocka_unit_test(unknown_groups_are_faults),
		cmocka_unit_test(wrong_words_are_faults),
		cmocka_unit_test(dump_loads_again),
	};

	return cmocka_run_group_tests_name("control_settings", tests, NULL,
					   NULL);
}
