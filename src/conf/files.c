/*
 * From files to a struct conf: the main file, conf.d beside it, then the
 * checks across all of them. Called by the doors. Every fault of every file
 * is collected before it gives up.
 *
 * tested with: test_load
 */
#include "conf/conf_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include "util/compiler.h"
#include "util/digest.h"
#include "util/xmalloc.h"

#define DROP_INS_MAX 100
#define HASH_BYTES 8

static void load_begin(struct load *l, struct faults *faults)
{
	*l = (struct load){ .c = xcalloc(1, sizeof(*l->c)), .faults = faults };
	strbuf_init(&l->path);
	load_defaults(l, "", 0, l->c);
}

static void load_release(struct load *l)
{
	for (size_t i = 0; i < l->n_tenants; i++)
		tenant_release(&l->tenants[i]);
	for (size_t i = 0; i < l->n_refs; i++) {
		free(l->refs[i].name);
		free(l->refs[i].path);
	}
	free(l->tenants);
	free(l->refs);
	free(l->spoilt);
	strbuf_release(&l->path);
	conf_free(l->c);
}

static void load_bytes(struct load *l, const char *name, const char *text,
		       size_t len)
{
	CLEANUP(node_free_ptr) struct node *root = NULL;
	const char *file;

	strlist_add(&l->c->files, name);
	file = l->c->files.v[l->c->files.n - 1];
	if (parse_yaml(file, text, len, &root, l->faults) < 0)
		l->incomplete = true;
	else if (root)
		load_section(l, "", root, 0, l->c);
}

static int file_fault(struct load *l, const char *path, const char *why)
{
	faults_add(l->faults, &(struct mark){ path, 1, 1 }, "%s", why);
	l->incomplete = true;
	return ERR_CONF;
}

static int file_read(struct load *l, const char *path, int fd,
		     struct strbuf *out)
{
	char buf[65536];
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return file_fault(l, path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return file_fault(l, path, "is not a regular file");
	/* One byte more than allowed is enough for parse_yaml to refuse it. */
	while (out->len <= PARSE_BYTES_MAX) {
		n = read(fd, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return file_fault(l, path, strerror(errno));
		if (n == 0)
			break;
		strbuf_add(out, buf, (size_t)n);
	}
	return 0;
}

static void load_file(struct load *l, const char *path)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int fd, rc;

	/* A FIFO somebody put there must not hold us up. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		strbuf_addf(&text, "cannot be opened: %s", strerror(errno));
		if (l->c->files.n == 0)
			strlist_add(&l->c->files, path);
		(void)file_fault(l, path, text.buf); /* recorded there */
		return;
	}
	rc = file_read(l, path, fd, &text);
	close(fd);
	if (rc == 0)
		load_bytes(l, path, text.buf, text.len);
	else
		strlist_add(&l->c->files, path);
}

static bool has_ending(const char *name, const char *ending)
{
	size_t n = strlen(name), m = strlen(ending);

	return n > m && strcmp(name + n - m, ending) == 0;
}

static int drop_in_wanted(const struct dirent *d)
{
	return d->d_name[0] != '.' && has_ending(d->d_name, ".yaml");
}

/* Who made it believes that it is in force: also .YAML of another system. */
static int drop_in_missed(const struct dirent *d)
{
	const char *ending = strrchr(d->d_name, '.');

	return ending && d->d_name[0] != '.' && !drop_in_wanted(d) &&
	       (strcasecmp(ending, ".yml") == 0 ||
		strcasecmp(ending, ".yaml") == 0);
}

/* By bytes: the order must not depend on who starts us in which locale. */
static int drop_in_order(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void warn_missed(struct load *l, const char *dir)
{
	struct dirent **entries = NULL;
	int n = scandir(dir, &entries, drop_in_missed, drop_in_order);

	for (int i = 0; i < n; i++) {
		CLEANUP(free_ptr)
		char *file = xasprintf("%s/%s", dir, entries[i]->d_name);

		if (i < DROP_INS_MAX)
			faults_warn(l->faults, &(struct mark){ file, 1, 1 },
				    "this file is not read: its name does not "
				    "end with .yaml");
		free(entries[i]);
	}
	free(entries);
}

/* None need be there; but who made something of this name wants it read. */
static void drop_ins_fault(struct load *l, const char *dir, int why)
{
	struct stat st;

	if (why == ENOENT && lstat(dir, &st) == 0)
		(void)file_fault(l, dir, "is a link to nothing");
	else if (why == ENOTDIR && lstat(dir, &st) == 0)
		(void)file_fault(l, dir, "is not a directory");
	else if (why != ENOENT && why != ENOTDIR)
		(void)file_fault(l, dir, strerror(why));
}

static void load_drop_ins(struct load *l, const char *path)
{
	const char *slash = strrchr(path, '/');
	CLEANUP(free_ptr)
	char *dir = xasprintf("%.*sconf.d", slash ? (int)(slash - path) + 1 : 0,
			      path);
	struct dirent **entries = NULL;
	int n = scandir(dir, &entries, drop_in_wanted, drop_in_order);

	if (n < 0)
		drop_ins_fault(l, dir, errno);
	if (n > DROP_INS_MAX)
		(void)file_fault(l, dir, "holds more than 100 files");
	for (int i = 0; i < n; i++) {
		CLEANUP(free_ptr)
		char *file = xasprintf("%s/%s", dir, entries[i]->d_name);

		if (i < DROP_INS_MAX)
			load_file(l, file);
		free(entries[i]);
	}
	free(entries);
	warn_missed(l, dir);
}

static void text_hash(const struct strbuf *text, char ret[2 * HASH_BYTES + 1])
{
	uint8_t sum[DIGEST_SIZE];

	digest_sha256(text->buf, text->len, sum);
	digest_hex(sum, HASH_BYTES, ret);
}

static void policy_name(struct policy *p)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	dump_policy(p, NULL, &text);
	text_hash(&text, p->hash);
}

/* Behind a `continue` several routes may have one `when`: their order counts.
 */
static void route_name_when(struct policy *p, struct route *r)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	dump_match(&text, &r->when);
	text_hash(&text, r->when_hash);
	for (const struct route *before = p->routes; before < r; before++) {
		if (strcmp(before->when_hash, r->when_hash) != 0)
			continue;
		strbuf_addch(&text, '+');
		text_hash(&text, r->when_hash);
	}
}

static void load_check(struct load *l)
{
	/* A file left out would make every name it defines unknown. */
	if (!l->incomplete) {
		shipped_calendar(l);
		validate(l);
	}
	faults_sort(l->faults, &l->c->files);
}

static void load_complete(struct load *l)
{
	struct policy *p = &l->c->policy;

	p->critical_storm.within_ms = p->storm.within_ms;
	shipped_rules(p);
	shipped_routes(p);
	for (size_t i = 0; i < p->n_routes; i++)
		route_name_when(p, &p->routes[i]);
	policy_name(p);
}

/* The end of a run: check across files, or say why there is nothing. */
static int load_end(struct load *l, struct conf **ret)
{
	load_check(l);
	if (faults_fatal(l->faults))
		return ERR_CONF;
	load_complete(l);
	*ret = take(l->c);
	return 0;
}

/* A default is nobody's word when another file may say otherwise. */
static void drop_unread(struct load *l, const char *option, char **field)
{
	const struct mark *at = origin_find(l->c, option);

	if (at ? !load_is_spoilt(l, at) : !l->incomplete)
		return;
	free(*field);
	*field = NULL;
}

/* Compiled, they would have faults that only follow from their own. */
static void drop_spoilt_calendars(struct load *l)
{
	struct policy *p = &l->c->policy;
	size_t kept = 0;

	for (size_t i = 0; i < p->n_calendars; i++) {
		if (load_is_spoilt(l, &p->calendars[i].mark))
			calendar_def_release(&p->calendars[i]);
		else
			p->calendars[kept++] = p->calendars[i];
	}
	p->n_calendars = kept;
}

static void drop_spoilt_rotations(struct load *l)
{
	struct policy *p = &l->c->policy;
	size_t kept = 0;

	for (size_t i = 0; i < p->n_rotations; i++) {
		if (load_is_spoilt(l, &p->rotations[i].mark))
			rotation_release(&p->rotations[i]);
		else
			p->rotations[kept++] = p->rotations[i];
	}
	p->n_rotations = kept;
}

static void drop_spoilt_windows(struct load *l)
{
	struct policy *p = &l->c->policy;
	size_t kept = 0;

	for (size_t i = 0; i < p->n_quiet; i++) {
		if (load_is_spoilt(l, &p->quiet[i].mark))
			quiet_plan_release(&p->quiet[i]);
		else
			p->quiet[kept++] = p->quiet[i];
	}
	p->n_quiet = kept;
	kept = 0;
	for (size_t i = 0; i < p->n_maintenance; i++) {
		if (load_is_spoilt(l, &p->maintenance[i].mark))
			maintenance_plan_release(&p->maintenance[i]);
		else
			p->maintenance[kept++] = p->maintenance[i];
	}
	p->n_maintenance = kept;
}

int conf_load(const char *path, struct conf **ret, struct faults *faults)
{
	CLEANUP(load_release) struct load l;

	load_begin(&l, faults);
	load_file(&l, path);
	load_drop_ins(&l, path);
	return load_end(&l, ret);
}

struct conf *conf_load_partial(const char *path, struct faults *faults)
{
	CLEANUP(load_release) struct load l;

	load_begin(&l, faults);
	load_file(&l, path);
	load_drop_ins(&l, path);
	load_check(&l);
	if (!faults_fatal(faults)) {
		load_complete(&l);
		return take(l.c);
	}
	drop_unread(&l, "state-directory", &l.c->state_directory);
	drop_unread(&l, "control-socket", &l.c->control_socket);
	drop_spoilt_calendars(&l);
	drop_spoilt_rotations(&l);
	drop_spoilt_windows(&l);
	l.c->unusable = true;
	return take(l.c);
}

int conf_load_text(const char *name, const char *text, size_t len,
		   struct conf **ret, struct faults *faults)
{
	CLEANUP(load_release) struct load l;

	load_begin(&l, faults);
	l.demo = strcmp(name, CONF_DEMO_NAME) == 0;
	load_bytes(&l, name, text, len);
	return load_end(&l, ret);
}
