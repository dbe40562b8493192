/* core/role: who has which role, and how that is said. */
#include "core/role.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "util/compiler.h"
#include "util/xmalloc.h"

#define OWN 990
#define SOCKET_GROUP 991
#define AUDITORS 50
#define SOC 51
#define CHIEFS 52

static const struct role_house house = { OWN, SOCKET_GROUP, "triaged",
					 "triaged" };

static void give(struct roles *r, enum role role, const char *name, gid_t gid)
{
	struct role_groups *g = &r->of[role];
	gid_t *gids = xcalloc(g->names.n + 1, sizeof(*gids));

	for (size_t i = 0; i < g->names.n; i++)
		gids[i] = g->gids[i];
	gids[g->names.n] = gid;
	strlist_add(&g->names, name);
	free(g->gids);
	g->gids = gids;
	g->given = true;
}

struct row {
	uid_t uid;
	gid_t groups[3];
	size_t n;
	enum role role;
};

static void check_rows(const struct roles *r, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		enum role got = role_of(r, &house, rows[i].uid, rows[i].groups,
					rows[i].n);

		if (got != rows[i].role)
			fail_msg("row %zu: %s instead of %s", i, role_name(got),
				 role_name(rows[i].role));
	}
}

/* Without settings: the socket's group works, root and the daemon do all. */
static void test_defaults(void **state)
{
	static const struct row rows[] = {
		{ 0, { 0 }, 1, ROLE_ADMIN },
		{ OWN, { SOCKET_GROUP }, 1, ROLE_ADMIN },
		{ 1000, { 1000, SOCKET_GROUP }, 2, ROLE_OPERATE },
		{ 1000, { SOCKET_GROUP }, 1, ROLE_OPERATE },
		{ 1000, { 1000, 4 }, 2, ROLE_READ },
		{ 1000, { 0 }, 1, ROLE_READ }, /* root's group is not root */
	};
	struct roles r = { 0 };

	(void)state;
	check_rows(&r, rows, ARRAY_SIZE(rows));
}

static void test_groups(void **state)
{
	static const struct row rows[] = {
		{ 0, { 0 }, 1, ROLE_ADMIN },
		{ OWN, { OWN }, 1, ROLE_ADMIN },
		{ 1000, { 1000, SOCKET_GROUP, CHIEFS }, 3, ROLE_ADMIN },
		{ 1000, { SOC, SOCKET_GROUP }, 2, ROLE_OPERATE },
		{ 1000, { AUDITORS, SOC, CHIEFS }, 3, ROLE_ADMIN },
		{ 1000, { SOCKET_GROUP, AUDITORS }, 2, ROLE_READ },
		{ 1000, { SOCKET_GROUP }, 1, ROLE_NONE },
		{ 1000, { 0 }, 0, ROLE_NONE },
	};
	CLEANUP(roles_release) struct roles r = { 0 };

	(void)state;
	give(&r, ROLE_READ, "auditors", AUDITORS);
	give(&r, ROLE_OPERATE, "day-shift", 60);
	give(&r, ROLE_OPERATE, "soc", SOC);
	give(&r, ROLE_ADMIN, "chiefs", CHIEFS);
	check_rows(&r, rows, ARRAY_SIZE(rows));
}

/* "operate: []" is nobody's, and not the default. */
static void test_empty_list_is_nobody(void **state)
{
	static const struct row rows[] = {
		{ 0, { 0 }, 1, ROLE_ADMIN },
		{ 1000, { SOCKET_GROUP }, 1, ROLE_READ },
	};
	struct roles r = { 0 };

	(void)state;
	r.of[ROLE_OPERATE].given = true;
	check_rows(&r, rows, ARRAY_SIZE(rows));
}

static void check_holders(const struct roles *r, enum role role,
			  const char *want)
{
	CLEANUP(strbuf_release) struct strbuf got = STRBUF_INIT;

	role_holders(r, &house, role, &got);
	assert_string_equal(got.buf, want);
}

static void test_holders_are_named(void **state)
{
	CLEANUP(roles_release) struct roles r = { 0 };

	(void)state;
	check_holders(&r, ROLE_READ, "everybody who can open the socket");
	check_holders(&r, ROLE_OPERATE,
		      "members of the group triaged, and root and triaged");
	check_holders(&r, ROLE_ADMIN, "root and triaged");
	give(&r, ROLE_READ, "auditors", AUDITORS);
	give(&r, ROLE_OPERATE, "soc", SOC);
	give(&r, ROLE_OPERATE, "chiefs", CHIEFS);
	give(&r, ROLE_ADMIN, "chiefs", CHIEFS);
	check_holders(&r, ROLE_READ,
		      "members of the groups auditors, soc, chiefs, and root "
		      "and triaged");
	check_holders(&r, ROLE_OPERATE,
		      "members of the groups soc, chiefs, and root and "
		      "triaged");
	check_holders(&r, ROLE_ADMIN,
		      "members of the group chiefs, and root and triaged");
}

static void test_who_may_be_one_person(void **state)
{
	(void)state;
	assert_true(role_may_be_same("ann", "ann"));
	assert_false(role_may_be_same("ann", "ben"));
	assert_true(role_may_be_same("uid 7", "uid 7"));
	assert_false(role_may_be_same("uid 7", "uid 77"));
	assert_true(role_may_be_same("ann", "uid 7"));
	assert_true(role_may_be_same("uid 7", "ann"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_empty_list_is_nobody),
		cmocka_unit_test(test_holders_are_named),
		cmocka_unit_test(test_who_may_be_one_person),
	};

	return cmocka_run_group_tests_name("role", tests, NULL, NULL);
}
