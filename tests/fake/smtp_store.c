/*
 * Where the fake mail server keeps what it accepted: DIR/new/N.eml, complete
 * as soon as it has its name, as in a maildir; the envelope is in the log.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fake/smtp_priv.h"
#include "util/compiler.h"
#include "util/xmalloc.h"

static void write_file(const char *path, const struct strbuf *text)
{
	FILE *f = fopen(path, "we");

	if (!f || fwrite(text->buf, 1, text->len, f) != text->len ||
	    fclose(f) != 0)
		peer_die("%s: cannot write", path);
}

static char *put_file(struct smtp_conn *c)
{
	const char *dir = c->smtp->peer->dir;
	CLEANUP(free_ptr) char *tmp_dir = xasprintf("%s/tmp", dir);
	CLEANUP(free_ptr) char *new_dir = xasprintf("%s/new", dir);
	CLEANUP(free_ptr) char *tmp = NULL;
	char *path;

	/* They may be there already; writing tells. */
	(void)mkdir(dir, 0755);
	(void)mkdir(tmp_dir, 0755);
	(void)mkdir(new_dir, 0755);
	tmp = xasprintf("%s/%lld.eml", tmp_dir, (long long)c->smtp->n_messages);
	path = xasprintf("%s/%06lld.eml", new_dir,
			 (long long)c->smtp->n_messages);
	write_file(tmp, &c->text);
	if (rename(tmp, path) < 0)
		peer_die("%s: cannot rename", path);
	return path;
}

void smtp_store(struct smtp_conn *c)
{
	CLEANUP(free_ptr) char *path = NULL;

	c->smtp->n_messages++;
	if (c->smtp->peer->dir)
		path = put_file(c);
	peer_log(c->smtp->peer,
		 json_pack("{s:s, s:I, s:s, s:O, s:s?, s:s?, s:b, s:I, s:I, "
			   "s:I}",
			   "event", "message", "connection", c->number, "from",
			   c->sender, "to", c->recipients, "file", path, "user",
			   c->user, "tls", c->tls, "size",
			   (json_int_t)c->text.len, "longest_line",
			   c->longest_line, "bare_newlines",
			   c->n_bare_newlines));
}
