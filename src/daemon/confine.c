/*
 * See confine.h. Called by the start and by reload. Knows which setting is a
 * path, and nothing of how the kernel is asked.
 *
 * tested with: scenario/test_confine
 */
#include "daemon/confine.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "notify/runbook.h"
#include "triaged/messages.h"
#include "util/landlock.h"
#include "util/log.h"
#include "util/xmalloc.h"

#define READ LANDLOCK_READ
#define RUN (LANDLOCK_READ | LANDLOCK_RUN)
#define WRITE (LANDLOCK_READ | LANDLOCK_WRITE)

struct confined_path {
	char *path; /* as the kernel resolved it */
	unsigned may;
};

/* What programs need to run at all: ours, and hooks. */
static const struct {
	const char *path;
	unsigned may;
} system_paths[] = {
	{ "/usr", RUN },
	{ "/bin", RUN },
	{ "/sbin", RUN },
	{ "/lib", RUN },
	{ "/lib32", RUN },
	{ "/lib64", RUN },
	{ "/libx32", RUN },
	{ "/opt", RUN },
	{ "/etc", READ },
	{ "/srv", READ },
	{ "/run", READ }, /* resolver, accounts, journal */
	{ "/proc", READ },
	{ "/sys", READ },
	{ "/dev", READ },
	{ "/dev/null", WRITE },
	{ "/dev/full", WRITE },
	{ "/dev/tty", WRITE },
	{ "/tmp", WRITE },
	{ "/var/tmp", WRITE },
	/* accounts by sssd, authorities of other distributions, Azure Arc */
	{ "/var/lib/sss", READ },
	{ "/var/lib/ca-certificates", READ },
	{ "/var/opt/azcmagent/tokens", READ },
};

typedef void path_fn(void *arg, const char *path, unsigned may,
		     const struct mark *mark);

struct walk {
	path_fn *fn;
	void *arg;
	const struct mark *mark;
};

static void visit(const struct walk *w, const char *path, unsigned may)
{
	if (path && path[0] == '/')
		w->fn(w->arg, path, may, w->mark);
}

/* The directory of @path: files there are replaced, or come later. Of a glob,
 * the part before the first pattern. */
static void visit_folder(const struct walk *w, const char *path, unsigned may)
{
	CLEANUP(free_ptr) char *folder = path ? xstrdup(path) : NULL;
	char *slash;

	if (!folder)
		return;
	folder[strcspn(folder, "*?[")] = '\0';
	slash = strrchr(folder, '/');
	if (slash)
		slash[slash == folder ? 1 : 0] = '\0';
	visit(w, folder, may);
}

static void visit_secret(const struct walk *w, const struct secret_ref *r)
{
	if (r->kind == SECRET_FILE)
		visit_folder(w, r->name, READ);
}

static void visit_source(struct walk *w, const struct source_conf *s)
{
	w->mark = &s->mark;
	visit_secret(w, &s->client_secret);
	visit_folder(w, s->federated_token_file, READ);
	visit_folder(w, s->ca_file, READ);
	visit_folder(w, s->path, READ);
}

static void visit_target(struct walk *w, const struct target_conf *t)
{
	const struct secret_ref *secrets[] = {
		&t->password,	   &t->oauth.client_secret,
		&t->url,	   &t->signing_secret,
		&t->webhook.key,   &t->signing_secret_next,
		&t->webhook.token, &t->webhook.client_certificate,
	};

	w->mark = &t->mark;
	for (size_t i = 0; i < ARRAY_SIZE(secrets); i++)
		visit_secret(w, secrets[i]);
	visit_folder(w, t->oauth.federated_token_file, READ);
	visit_folder(w, t->ca_file, READ);
	visit(w, t->path, WRITE);
	if (t->type == TARGET_EXEC && !runbook_is_socket(t->command.v[0]))
		visit(w, t->command.v[0], RUN);
}

static void visit_forward(struct walk *w, const struct forward_conf *f)
{
	w->mark = &f->mark;
	visit_folder(w, f->ca_file, READ);
	visit_secret(w, &f->client_certificate);
	visit_folder(w, f->path, WRITE);
}

static void visit_calendars(struct walk *w, const struct policy *p)
{
	for (size_t i = 0; i < p->n_calendars; i++) {
		w->mark = &p->calendars[i].marks.holidays;
		visit_folder(w, p->calendars[i].holidays, READ);
	}
}

/* What the start alone makes use of. */
static void visit_fixed(const struct conf *c, path_fn *fn, void *arg)
{
	struct walk w = { .fn = fn, .arg = arg };

	visit(&w, c->state_directory, WRITE);
	visit_folder(&w, c->control_socket, WRITE);
	if (strncmp(c->listen, "unix:", 5) == 0)
		visit_folder(&w, c->listen + 5, WRITE);
}

/* Every other path that @c names, with what is done there. */
static void visit_rest(const struct conf *c, path_fn *fn, void *arg)
{
	struct walk w = { .fn = fn, .arg = arg };

	for (size_t i = 0; i < c->files.n; i++)
		visit_folder(&w, c->files.v[i], READ);
	for (size_t i = 0; i < c->sandbox.read.n; i++)
		visit(&w, c->sandbox.read.v[i], READ);
	for (size_t i = 0; i < c->sandbox.write.n; i++)
		visit(&w, c->sandbox.write.v[i], WRITE);
	for (size_t i = 0; i < c->n_sources; i++)
		visit_source(&w, &c->sources[i]);
	for (size_t i = 0; i < c->n_targets; i++)
		visit_target(&w, &c->targets[i]);
	for (size_t i = 0; i < c->n_heartbeats; i++)
		visit_target(&w, &c->heartbeats[i]);
	for (size_t i = 0; i < c->n_forwards; i++)
		visit_forward(&w, &c->forwards[i]);
	visit_calendars(&w, &c->policy);
}

/* ---- the start ---- */

struct building {
	struct confine *co;
	struct landlock *rules;
	struct err err; /* the first */
};

static void keep(struct confine *co, const char *path, unsigned may)
{
	char *real = realpath(path, NULL);

	for (size_t i = 0; real && i < co->n; i++) {
		if (strcmp(co->v[i].path, real) == 0) { /* named twice */
			co->v[i].may |= may;
			free(real);
			return;
		}
	}
	co->v = xreallocarray(co->v, co->n + 1, sizeof(*co->v));
	co->v[co->n++] =
		(struct confined_path){ real ? real : xstrdup(path), may };
}

static void allow(void *arg, const char *path, unsigned may,
		  const struct mark *mark)
{
	struct building *b = arg;

	(void)mark;
	if (!b->err.code && landlock_allow(b->rules, path, may, &b->err) > 0)
		keep(b->co, path, may);
}

static void tell_none(const char *why)
{
	log_event(LOG_NOTICE, MSG_NOT_CONFINED,
		  "the program could not limit itself to its own files",
		  kv_str("REASON", why));
}

static void tell_limited(const struct confine *co)
{
	CLEANUP(strbuf_release) struct strbuf write = STRBUF_INIT;

	for (size_t i = 0; i < co->n; i++)
		if (co->v[i].may & LANDLOCK_WRITE)
			strbuf_addf(&write, "%s%s", write.len ? " " : "",
				    co->v[i].path);
	log_event(LOG_INFO, MSG_CONFINED,
		  "the program limited itself to its own files",
		  kv_str("WRITES", write.buf), kv_int("ABI", landlock_abi()));
}

/* The folders that the unit gives us: names of variables of systemd, each a
 * list by colons. */
static void allow_given(struct building *b)
{
	static const char *const names[] = { "STATE_DIRECTORY",
					     "RUNTIME_DIRECTORY",
					     "LOGS_DIRECTORY",
					     "CACHE_DIRECTORY" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *value = getenv(names[i]);
		CLEANUP(free_ptr) char *list = value ? xstrdup(value) : NULL;
		char *rest = list;
		char *one;

		while ((one = strsep(&rest, ":")))
			if (one[0] == '/')
				allow(b, one, WRITE, NULL);
	}
}

void confine_start(struct confine *co, const struct conf *c)
{
	CLEANUP(landlock_free_ptr) struct landlock *rules = NULL;
	struct building b = { .co = co };

	*co = (struct confine){ 0 };
	if (!c->sandbox.landlock) {
		tell_none("the settings say landlock: false");
		return;
	}
	rules = landlock_new();
	if (!rules) {
		tell_none(
			"the kernel has no Landlock, or a container around us "
			"does not let it through");
		return;
	}
	b.rules = rules;
	for (size_t i = 0; i < ARRAY_SIZE(system_paths); i++)
		allow(&b, system_paths[i].path, system_paths[i].may, NULL);
	visit(&(struct walk){ .fn = allow, .arg = &b },
	      getenv("CREDENTIALS_DIRECTORY"), READ);
	allow_given(&b);
	visit_fixed(c, allow, &b);
	visit_rest(c, allow, &b);
	if (b.err.code || landlock_enforce(rules, &b.err) < 0) {
		tell_none(b.err.text);
		return;
	}
	co->in_force = true;
	tell_limited(co);
}

void confine_release(struct confine *co)
{
	for (size_t i = 0; i < co->n; i++)
		free(co->v[i].path);
	free(co->v);
	*co = (struct confine){ 0 };
}

/* ---- a reload ---- */

struct checking {
	const struct confine *co;
	struct faults *faults;
};

static bool is_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return strcmp(folder, "/") == 0 ||
	       (strncmp(path, folder, n) == 0 &&
		(path[n] == '/' || path[n] == '\0'));
}

static bool is_allowed(const struct confine *co, const char *path, unsigned may)
{
	unsigned has = 0;

	/* Rules add up along the way to the root. */
	for (size_t i = 0; i < co->n; i++)
		if (is_below(path, co->v[i].path))
			has |= co->v[i].may;
	return (has & may) == may;
}

static void check(void *arg, const char *path, unsigned may,
		  const struct mark *mark)
{
	struct checking *ch = arg;
	char *real = realpath(path, NULL);

	/* What is not there is told by whoever wants to use it. */
	if (real && !is_allowed(ch->co, real, may))
		faults_add(ch->faults, mark,
			   "%s is outside of what triaged limited itself to "
			   "when it started, so this takes a restart (or give "
			   "a folder around it to sandbox: %s, once)",
			   path, may & LANDLOCK_WRITE ? "write" : "read");
	free(real);
}

void confine_check(const struct confine *co, const struct conf *c,
		   struct faults *faults)
{
	struct checking ch = { co, faults };

	if (co->in_force)
		visit_rest(c, check, &ch);
}
