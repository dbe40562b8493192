/*
 * Readers for `user` and `sandbox`: what the daemon takes from itself when no
 * systemd does. Called through the rows of table_top.c and by dump.c.
 *
 * tested with: test_sandbox_settings
 */
#include "conf/conf_priv.h"

#include <stdlib.h>
#include <string.h>
#include "util/xmalloc.h"

/* As useradd(8) has it; also the longest name that login records hold. */
#define USER_NAME_MAX 32

void load_user(struct load *l, const struct option *o, const struct node *v,
	       void *object)
{
	char **field = FIELD(char *, object, o);

	if (!load_is_text(l, v, "the name of an account"))
		return;
	if (!v->text[0] || strlen(v->text) > USER_NAME_MAX ||
	    strpbrk(v->text, ":/ \t\n")) {
		load_fault(l, &v->mark,
			   "'%.40s' cannot be the name of an account", v->text);
		return;
	}
	free(*field);
	*field = xstrdup(v->text);
}

static const char *path_fault(const char *s)
{
	if (s[0] != '/')
		return "must be an absolute path";
	return strlen(s) > CONF_PATH_MAX ? "is too long" : NULL;
}

void load_path_list(struct load *l, const struct option *o,
		    const struct node *v, void *object)
{
	load_texts(l, v, FIELD(struct strlist, object, o), path_fault);
}

static void dump_paths(struct strbuf *out, const struct conf *c,
		       const char *name, const struct strlist *paths)
{
	CLEANUP(free_ptr) char *path = xasprintf("sandbox.%s", name);

	if (paths->n == 0)
		return;
	strbuf_addf(out, "  %s: ", name);
	dump_list(out, paths);
	dump_end(out, c, path, NULL);
}

void dump_sandbox(struct strbuf *out, const struct conf *c)
{
	if (c->user) {
		strbuf_addstr(out, "user: ");
		dump_text(out, c->user);
		dump_end(out, c, "user", NULL);
	}
	strbuf_addf(out, "sandbox:\n  landlock: %s",
		    c->sandbox.landlock ? "true" : "false");
	dump_end(out, c, "sandbox.landlock", NULL);
	dump_paths(out, c, "read", &c->sandbox.read);
	dump_paths(out, c, "write", &c->sandbox.write);
}
