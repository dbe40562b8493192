/*
 * See pairs.h. Called by triagectl setup; knows no name.
 *
 * tested with: test_pairs
 */
#include "conf/pairs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "conf/node_priv.h"
#include "util/read_fully.h"
#include "util/strlist.h"
#include "util/xmalloc.h"

static int read_all(const char *path, struct strbuf *out, struct faults *faults)
{
	const struct mark mark = { path, 1, 1 };
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char buf[4096];
	ssize_t n = fd < 0 ? -errno : 0;

	while (fd >= 0 && out->len <= PARSE_BYTES_MAX &&
	       (n = read_fully(fd, buf, sizeof(buf))) > 0)
		strbuf_add(out, buf, (size_t)n);
	if (n < 0)
		faults_add(faults, &mark, "cannot be read: %s",
			   strerror((int)-n));
	explicit_bzero(buf, sizeof(buf));
	if (fd >= 0)
		close(fd);
	return n < 0 ? ERR_CONF : 0;
}

/* Heap; NULL with a fault when it is no list of texts. */
static char *join(const struct node *v, const char *name, struct faults *faults)
{
	CLEANUP(strlist_release) struct strlist l = STRLIST_INIT;

	for (size_t i = 0; i < v->n; i++) {
		const struct node *item = v->items[i].value;

		if (item->kind != NODE_TEXT) {
			faults_add(faults, &item->mark,
				   "%s: must be a list of texts", name);
			return NULL;
		}
		strlist_add(&l, item->text);
	}
	return strlist_join(&l, ", ");
}

static void give(const struct node_item *item, pair_fn *fn, void *arg,
		 struct faults *faults)
{
	const struct node *v = item->value;
	const struct node *file = node_get(v, "file");
	CLEANUP(free_ptr) char *joined = NULL;
	struct pair p = { .mark = &v->mark, .name = item->key->text };

	if (v->kind == NODE_TEXT) {
		p.text = v->text;
	} else if (v->kind == NODE_LIST) {
		p.text = joined = join(v, p.name, faults);
		if (!joined)
			return;
	} else if (file && v->n == 1 && file->kind == NODE_TEXT) {
		p.text = file->text;
		p.is_file = true;
	} else {
		faults_add(faults, &v->mark,
			   "%s: must be a text, a list of texts or {file: "
			   "PATH}",
			   p.name);
		return;
	}
	fn(arg, &p);
}

int pairs_load(const char *path, pair_fn *fn, void *arg, struct faults *faults)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(node_free_ptr) struct node *root = NULL;

	if (read_all(path, &text, faults) < 0 ||
	    parse_yaml(path, text.buf, text.len, &root, faults) < 0)
		return ERR_CONF;
	if (root && root->kind != NODE_MAP)
		faults_add(faults, &root->mark,
			   "must be lines of \"name: value\"");
	for (size_t i = 0; root && root->kind == NODE_MAP && i < root->n; i++)
		give(&root->items[i], fn, arg, faults);
	return faults_fatal(faults) ? ERR_CONF : 0;
}
