/*
 * Who stands behind the control socket, and how often a refusal is news.
 * Called by control.c and by the start.
 */
#include "daemon/gate.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "util/xmalloc.h"

/* At the start the time of a directory server is nobody else's. */
static char *user_name(uid_t uid)
{
	const struct passwd *pw = getpwuid(uid);

	return pw ? xstrdup(pw->pw_name)
		  : xasprintf("uid %lu", (unsigned long)uid);
}

static char *group_name(gid_t gid)
{
	const struct group *gr = getgrgid(gid);

	return gr ? xstrdup(gr->gr_name)
		  : xasprintf("gid %lu", (unsigned long)gid);
}

int gate_open(struct gate *g, const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_set(err, -errno, "socket %s: %s", path,
			       strerror(errno));
	g->user = user_name(geteuid());
	g->socket_group = group_name(st.st_gid);
	g->house = (struct role_house){ geteuid(), st.st_gid, g->user,
					g->socket_group };
	return 0;
}

void gate_close(struct gate *g)
{
	free(g->user);
	free(g->socket_group);
	*g = (struct gate){ 0 };
}

/* The user's own place, else a free one, else that of who was told longest
 * ago. */
static struct gate_user *place_of(struct gate *g, uid_t uid)
{
	struct gate_user *best = &g->users[0];

	for (size_t i = 0; i < GATE_USERS; i++) {
		struct gate_user *u = &g->users[i];

		if (u->used && u->uid == uid)
			return u;
		if (!best->used)
			continue;
		if (!u->used || u->told_mono_ms < best->told_mono_ms)
			best = u;
	}
	*best = (struct gate_user){ .uid = uid };
	return best;
}

bool gate_is_news(struct gate *g, uid_t uid, int64_t mono_ms,
		  int64_t *ret_untold)
{
	struct gate_user *u = place_of(g, uid);

	if (u->used && mono_ms - u->told_mono_ms < GATE_QUIET_MS) {
		u->n_untold++;
		return false;
	}
	*ret_untold = u->n_untold;
	*u = (struct gate_user){ uid, true, mono_ms, 0 };
	return true;
}
