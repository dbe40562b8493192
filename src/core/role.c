/*
 * Roles by groups: pure, over numbers that others looked up. Called by the
 * daemon for every request; must not ask the system who is in a group, because
 * that may take a directory server's time.
 */
#include "core/role.h"

#include <stdlib.h>
#include <string.h>
#include "util/compiler.h"
#include "util/xmalloc.h"

static bool is_number(const char *who)
{
	return strncmp(who, PERSON_NUMBER, strlen(PERSON_NUMBER)) == 0;
}

bool role_may_be_same(const char *a, const char *b)
{
	return is_number(a) != is_number(b) || strcmp(a, b) == 0;
}

const char *role_name(enum role r)
{
	static const char *const names[ROLE_MAX] = {
		[ROLE_NONE] = "none",
		[ROLE_READ] = "read",
		[ROLE_OPERATE] = "operate",
		[ROLE_ADMIN] = "admin",
	};

	return names[r];
}

static bool has_group(const gid_t *groups, size_t n, gid_t wanted)
{
	for (size_t i = 0; i < n; i++) {
		if (groups[i] == wanted)
			return true;
	}
	return false;
}

static bool has_one_of(const struct role_groups *g, const gid_t *groups,
		       size_t n)
{
	for (size_t i = 0; g->gids && i < g->names.n; i++) {
		if (has_group(groups, n, g->gids[i]))
			return true;
	}
	return false;
}

enum role role_of(const struct roles *r, const struct role_house *house,
		  uid_t uid, const gid_t *groups, size_t n_groups)
{
	const struct role_groups *of = r->of;

	if (uid == 0 || uid == house->uid ||
	    has_one_of(&of[ROLE_ADMIN], groups, n_groups))
		return ROLE_ADMIN;
	if (of[ROLE_OPERATE].given
		    ? has_one_of(&of[ROLE_OPERATE], groups, n_groups)
		    : has_group(groups, n_groups, house->socket_gid))
		return ROLE_OPERATE;
	if (!of[ROLE_READ].given ||
	    has_one_of(&of[ROLE_READ], groups, n_groups))
		return ROLE_READ;
	return ROLE_NONE;
}

static void add_group(struct strlist *groups, const char *name)
{
	if (!strlist_has(groups, name))
		strlist_add(groups, name);
}

void role_holders(const struct roles *r, const struct role_house *house,
		  enum role role, struct strbuf *out)
{
	CLEANUP(strlist_release) struct strlist groups = STRLIST_INIT;
	CLEANUP(free_ptr) char *names = NULL;

	if (role <= ROLE_READ && !r->of[ROLE_READ].given) {
		strbuf_addstr(out, "everybody who can open the socket");
		return;
	}
	for (int level = role; level < ROLE_MAX; level++) {
		const struct role_groups *g = &r->of[level];

		for (size_t i = 0; i < g->names.n; i++)
			add_group(&groups, g->names.v[i]);
		if (level == ROLE_OPERATE && !g->given)
			add_group(&groups, house->socket_group);
	}
	names = strlist_join(&groups, ", ");
	if (groups.n > 0)
		strbuf_addf(out, "members of the group%s %s, and ",
			    groups.n == 1 ? "" : "s", names);
	strbuf_addstr(out, "root");
	if (house->uid != 0)
		strbuf_addf(out, " and %s", house->user);
}

void roles_release(struct roles *r)
{
	for (int i = 0; i < ROLE_MAX; i++) {
		strlist_release(&r->of[i].names);
		free(r->of[i].gids);
		r->of[i] = (struct role_groups){ 0 };
	}
}
