/*
 * Secrets of `triagectl setup` that its settings do not name any more, since
 * another way to sign in or another target was chosen. Called by setup_plan.c.
 *
 * Settings of one's own may use the same file. Who cannot be asked, or cannot
 * be read, may name it: a secret too many is a smaller harm than one too few.
 *
 * tested with: test_setup_plan
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include "cli/setup_dropin.h"
#include "cli/setup_priv.h"
#include "util/xmalloc.h"

static bool is_of_name(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '_' || c == '.';
}

/* As a word of its own in a line that is no comment. */
static bool line_names(const char *line, const char *name)
{
	size_t len = strlen(name);

	if (line[strspn(line, " \t")] == '#')
		return false;
	for (const char *at = line; (at = strstr(at, name)); at++)
		if ((at == line || !is_of_name(at[-1])) && !is_of_name(at[len]))
			return true;
	return false;
}

static bool file_names(const char *path, const char *name)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	char *rest, *line;
	int rc = setup_read(path, &text);

	if (rc < 0)
		return rc != -ENOENT;
	rest = text.buf;
	while ((line = strsep(&rest, "\n")))
		if (line_names(line, name))
			return true;
	return false;
}

/* The other drop-ins that are read. */
static bool is_drop_in(const char *name)
{
	size_t len = strlen(name);

	return name[0] != '.' && len > 5 &&
	       strcmp(name + len - 5, ".yaml") == 0 &&
	       strcmp(name, strrchr(SETUP_DROPIN, '/') + 1) != 0;
}

static bool others_name(const struct setup_site *s, const char *name)
{
	CLEANUP(free_ptr)
	char *directory = xasprintf("%s/conf.d", s->directory);
	DIR *d = opendir(directory);
	const struct dirent *e;
	bool named = !d && errno != ENOENT;

	while (d && !named && (e = readdir(d))) {
		CLEANUP(free_ptr)
		char *path = xasprintf("%s/%s", directory, e->d_name);

		named = is_drop_in(e->d_name) && file_names(path, name);
	}
	if (d)
		(void)closedir(d);
	return named || file_names(s->main_file, name);
}

bool setup_is_unused(const struct setup_site *s, const struct setup_answers *a,
		     size_t i)
{
	const char *name = setup_question_at(i)->credential;

	/* Without settings of ours it was put there by somebody else. */
	return s->old && name && !setup_credential(a, i) &&
	       !others_name(s, name);
}
