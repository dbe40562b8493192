/*
 * `control:`, the groups that may do something by the control socket: reading
 * it, looking the groups up, writing it down again. Called through the option
 * table, by the daemon (the look-up alone) and by dump.c.
 *
 * tested with: test_control_settings
 */
#include "conf/conf_priv.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include "util/compiler.h"
#include "util/xmalloc.h"

#define GROUPS_MAX 100
/* useradd(8) and the directory services allow less. */
#define GROUP_NAME_MAX 255
/* A group of a large company with all its members. */
#define GROUP_BYTES_MAX ((size_t)16 * 1024 * 1024)

/* A directory service may have blanks, dots, even a backslash in it: only what
 * group(5) separates fields with can be in no name. */
static bool group_name_is_sane(const char *s)
{
	return strlen(s) <= GROUP_NAME_MAX && !strchr(s, ':');
}

static void add_group(struct load *l, const struct node *v,
		      struct role_groups *g)
{
	if (!load_is_text(l, v, "the name of a group"))
		return;
	if (!group_name_is_sane(v->text))
		load_fault(l, &v->mark,
			   "cannot be the name of a group: it is longer than "
			   "%d bytes or has a colon",
			   GROUP_NAME_MAX);
	else if (strlist_has(&g->names, v->text))
		load_fault(l, &v->mark, "the group %s is named twice", v->text);
	else
		strlist_add(&g->names, v->text);
}

/* One name or a list of them; [] is nobody. */
void load_role_groups(struct load *l, const struct option *o,
		      const struct node *v, void *object)
{
	struct role_groups *g = FIELD(struct role_groups, object, o);

	strlist_release(&g->names);
	g->given = true;
	g->mark = v->mark;
	if (v->kind != NODE_LIST) {
		add_group(l, v, g);
		return;
	}
	if (v->n > GROUPS_MAX) {
		load_fault(l, &v->mark, "more than %d groups", GROUPS_MAX);
		return;
	}
	for (size_t i = 0; i < v->n; i++)
		add_group(l, v->items[i].value, g);
}

/* 1 found, 0 there is none, else an errno of the system. */
static int find_group(const char *name, gid_t *ret)
{
	struct group group, *found = NULL;
	size_t size = 4096;
	int rc;

	do {
		CLEANUP(free_ptr) char *buf = xmalloc(size);

		rc = getgrnam_r(name, &group, buf, size, &found);
		if (rc == 0 && found)
			*ret = group.gr_gid;
		size *= 2;
	} while (rc == ERANGE && size <= GROUP_BYTES_MAX);
	/* getgrnam(3) lists what the system may say of a name it has not. */
	if (rc == ENOENT || rc == ESRCH || rc == EBADF || rc == EPERM)
		return 0;
	return rc == 0 ? found != NULL : -rc;
}

static bool find_groups_of(enum role role, struct role_groups *g,
			   struct faults *faults)
{
	bool all = true;

	free(g->gids);
	g->gids = xcalloc(MAX(g->names.n, (size_t)1), sizeof(*g->gids));
	for (size_t i = 0; i < g->names.n; i++) {
		int rc = find_group(g->names.v[i], &g->gids[i]);

		if (rc > 0)
			continue;
		all = false;
		if (rc == 0)
			faults_add(faults, &g->mark,
				   "control.%s: there is no group %s on this "
				   "machine; see: getent group",
				   role_name(role), g->names.v[i]);
		else
			faults_add(faults, &g->mark,
				   "control.%s: the group %s could not be "
				   "looked up: %s",
				   role_name(role), g->names.v[i],
				   strerror(-rc));
	}
	return all;
}

int conf_find_groups(struct conf *c, struct faults *faults)
{
	bool all = true;

	for (int r = ROLE_READ; r < ROLE_MAX; r++)
		all = find_groups_of((enum role)r, &c->control.of[r], faults) &&
		      all;
	return all ? 0 : ERR_CONF;
}

void dump_control(struct strbuf *out, const struct conf *c)
{
	bool any = false;

	for (int r = ROLE_READ; r < ROLE_MAX; r++) {
		const struct role_groups *g = &c->control.of[r];
		CLEANUP(free_ptr) char *path = NULL;

		if (!g->given)
			continue;
		if (!any)
			strbuf_addstr(out, "control:\n");
		any = true;
		strbuf_addf(out, "  %s: ", role_name((enum role)r));
		dump_list(out, &g->names);
		path = xasprintf("control.%s", role_name((enum role)r));
		dump_end(out, c, path, NULL);
	}
}
