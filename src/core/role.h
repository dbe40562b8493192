/*
 * Who may do what through the control socket: roles, and the groups of this
 * machine whose members have them. Each role includes the ones before it.
 */
#ifndef CORE_ROLE_H
#define CORE_ROLE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "core/policy.h"
#include "util/strbuf.h"
#include "util/strlist.h"

enum role { ROLE_NONE, ROLE_READ, ROLE_OPERATE, ROLE_ADMIN };
#define ROLE_MAX (ROLE_ADMIN + 1)

/* The groups that have one role. Owns names and gids. */
struct role_groups {
	bool given; /* else the role has its default */
	struct strlist names;
	gid_t *gids; /* as many; NULL until they were looked up */
	struct mark mark;
};

/*
 * What the settings say, by role; none has nothing. A role that is not given:
 * read is everybody's who is let in, operate the members' of the socket's own
 * group, admin nobody's but root's and the daemon's own user's, who have it in
 * any case.
 */
struct roles {
	struct role_groups of[ROLE_MAX];
};

/* The daemon and its socket. */
struct role_house {
	uid_t uid;
	gid_t socket_gid;
	const char *user, *socket_group; /* their names, or numbers */
};

/* How somebody stands in the log of whom this machine tells no login name: this
 * and the number. */
#define PERSON_NUMBER "uid "

/* May @a and @b, as they stand in the log, be one person? A name and a number
 * may, since nobody knows whose name it is. */
bool role_may_be_same(const char *a, const char *b);

const char *role_name(enum role r); /* "none" "read" "operate" "admin" */
/* The highest role of a user with these groups. */
enum role role_of(const struct roles *r, const struct role_house *house,
		  uid_t uid, const gid_t *groups, size_t n_groups);
/* Who has @role or a higher one: "members of the group soc, and root". */
void role_holders(const struct roles *r, const struct role_house *house,
		  enum role role, struct strbuf *out);
void roles_release(struct roles *r);

#endif
