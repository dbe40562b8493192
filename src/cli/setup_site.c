/*
 * See setup_site.h: what is there, and the copy of it. Called by the flow of
 * `triagectl setup`.
 *
 * tested with: scenario/test_setup
 */
#include "cli/setup_site.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cli/setup_dropin.h"
#include "cli/setup_priv.h"
#include "cli/setup_run.h"
#include "paths.h"
#include "util/scratch.h"
#include "util/xmalloc.h"

void setup_site_release(struct setup_site *s)
{
	setup_stage_remove(s);
	free(s->directory);
	free(s->main_file);
	free(s->old);
	memset(s, 0, sizeof(*s));
}

/* ---- the site ---- */

static int refuse_directory(const char *directory, int error, struct err *err)
{
	if (error == EACCES || error == EPERM)
		return err_set(err, ERR_DENIED,
			       "you may not write to %s; as root: sudo "
			       "triagectl setup; or have the files made "
			       "elsewhere: triagectl setup --output DIRECTORY",
			       directory);
	return err_set(err, -error,
		       "%s: %s; have the files made elsewhere: triagectl setup "
		       "--output DIRECTORY",
		       directory, strerror(error));
}

int setup_site_open(struct setup_site *s, const char *file, bool make,
		    struct err *err)
{
	const char *slash = strrchr(file, '/');
	CLEANUP(free_ptr) char *above = NULL;

	s->main_file = xstrdup(file);
	s->directory =
		slash ? xstrndup(file, (size_t)(slash - file)) : xstrdup(".");
	s->is_system = strcmp(file, CONF_DEFAULT_FILE) == 0;
	if (access(s->directory, W_OK | X_OK) == 0)
		return 0;
	if (errno != ENOENT || !(make || s->is_system))
		return refuse_directory(s->directory, errno, err);
	/* It is made with the first file. */
	slash = strrchr(s->directory, '/');
	above = !slash ? xstrdup(".")
		: slash == s->directory
			? xstrdup("/")
			: xstrndup(s->directory,
				   (size_t)(slash - s->directory));
	return access(above, W_OK | X_OK) < 0
		       ? refuse_directory(s->directory, errno, err)
		       : 0;
}

int setup_read(const char *path, struct strbuf *out)
{
	FILE *f = fopen(path, "re");
	char buf[4096];
	size_t n;
	int rc;

	if (!f)
		return -errno;
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		strbuf_add(out, buf, n);
	rc = ferror(f) ? -EIO : 0;
	explicit_bzero(buf, sizeof(buf));
	(void)fclose(f); /* it was read */
	return rc;
}

/* Stored plainly, or sealed with the machine's key. */
static void recall_secret(const struct setup_site *s, struct setup_answers *a,
			  size_t i)
{
	const char *name = setup_question_at(i)->credential;
	CLEANUP(free_ptr) char *plain = setup_plain_path(s, name);
	CLEANUP(free_ptr) char *sealed = setup_sealed_path(s, name);
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(free_ptr) char *as = xasprintf("--name=%s", name);
	const char *const words[] = { "systemd-creds", "decrypt", as,
				      sealed,	       "-",	  NULL };

	if (a->secret[i])
		return;
	if (secret_read_file(plain, &a->secret[i], NULL) < 0 &&
	    access(sealed, R_OK) == 0 &&
	    setup_run(&(struct setup_program){ .words = words }, &text, NULL) ==
		    0)
		a->secret[i] = secret_new(text.buf, text.len);
	a->stored[i] = a->secret[i] != NULL;
	explicit_bzero(text.buf, text.len);
}

int setup_site_recall(struct setup_site *s, struct setup_answers *a,
		      struct err *err)
{
	CLEANUP(free_ptr)
	char *path = xasprintf("%s/" SETUP_DROPIN, s->directory);
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int rc = setup_read(path, &text);

	if (rc == -ENOENT)
		return 0;
	if (rc < 0)
		return err_set(err, rc, "%s cannot be read: %s", path,
			       strerror(-rc));
	for (size_t i = 0; setup_question_at(i); i++)
		if (setup_question_at(i)->credential)
			recall_secret(s, a, i);
	s->old = strbuf_detach(&text);
	return setup_dropin_read(a, s->old, strlen(s->old), err);
}

bool setup_stores_plain(const struct setup_site *s)
{
	for (size_t i = 0; setup_question_at(i); i++) {
		const char *name = setup_question_at(i)->credential;
		CLEANUP(free_ptr)
		char *path = name ? setup_plain_path(s, name) : NULL;

		if (path && access(path, F_OK) == 0)
			return true;
	}
	return false;
}

/* ---- the copy ---- */

void setup_stage_remove(struct setup_site *s)
{
	CLEANUP(free_ptr)
	char *drop_ins = s->stage ? xasprintf("%s/conf.d", s->stage) : NULL;

	if (!s->stage)
		return;
	scratch_remove(drop_ins);
	scratch_remove(s->stage_credentials);
	scratch_remove(s->stage);
	free(take(s->stage));
	free(take(s->stage_file));
	free(take(s->stage_credentials));
}

static int fail(const char *path, struct err *err)
{
	int rc = -errno;

	return err_set(err, rc, "cannot make %s: %s", path, strerror(-rc));
}

static int make_directories(struct setup_site *s, struct err *err)
{
	/* Secrets lie in memory where the machine has a place for that. */
	const char *const places[] = { getenv("XDG_RUNTIME_DIR"), "/run",
				       "/dev/shm", "/tmp" };
	CLEANUP(free_ptr) char *drop_ins = NULL;

	for (size_t i = places[0] ? 0 : 1; i < ARRAY_SIZE(places) && !s->stage;
	     i++) {
		CLEANUP(free_ptr)
		char *path = xasprintf("%s/triaged-setup-XXXXXX", places[i]);

		if (mkdtemp(path))
			s->stage = take(path);
	}
	if (!s->stage)
		return fail("a directory below /tmp", err);
	s->stage_file = xasprintf("%s/triaged.yaml", s->stage);
	s->stage_credentials = xasprintf("%s/credentials", s->stage);
	drop_ins = xasprintf("%s/conf.d", s->stage);
	if (mkdir(s->stage_credentials, 0700) < 0)
		return fail(s->stage_credentials, err);
	return mkdir(drop_ins, 0700) < 0 ? fail(drop_ins, err) : 0;
}

static int put(const char *path, const void *bytes, size_t len, struct err *err)
{
	FILE *f = fopen(path, "wxe");
	bool good;

	if (!f)
		return fail(path, err);
	good = fchmod(fileno(f), 0600) == 0 && fwrite(bytes, 1, len, f) == len;
	good = fclose(f) == 0 && good;
	return good ? 0 : fail(path, err);
}

/* The other drop-ins as they are. */
static int link_drop_ins(const struct setup_site *s, struct err *err)
{
	CLEANUP(free_ptr) char *from = realpath(s->directory, NULL);
	CLEANUP(free_ptr)
	char *directory = xasprintf("%s/conf.d", from ? from : s->directory);
	DIR *d = opendir(directory);
	const struct dirent *e;
	int rc = 0;

	while (d && rc == 0 && (e = readdir(d))) {
		CLEANUP(free_ptr)
		char *there = xasprintf("%s/%s", directory, e->d_name);
		CLEANUP(free_ptr)
		char *here = xasprintf("%s/conf.d/%s", s->stage, e->d_name);

		if (e->d_name[0] == '.' ||
		    strcmp(e->d_name, strrchr(SETUP_DROPIN, '/') + 1) == 0)
			continue;
		if (symlink(there, here) < 0)
			rc = fail(here, err);
	}
	if (d)
		(void)closedir(d);
	return rc;
}

static int link_main(const struct setup_site *s, struct err *err)
{
	CLEANUP(free_ptr) char *real = realpath(s->main_file, NULL);

	if (!real)
		return put(s->stage_file, SETUP_MAIN_TEXT,
			   strlen(SETUP_MAIN_TEXT), err);
	return symlink(real, s->stage_file) < 0 ? fail(s->stage_file, err) : 0;
}

/* Others' secrets that the settings name may be there, too. */
static void copy_credentials(const struct setup_site *s)
{
	CLEANUP(free_ptr)
	char *directory = xasprintf("%s/credentials", s->directory);
	DIR *d = opendir(directory);
	const struct dirent *e;

	while (d && (e = readdir(d))) {
		CLEANUP(secret_free_ptr) struct secret *secret = NULL;
		CLEANUP(free_ptr)
		char *from = xasprintf("%s/%s", directory, e->d_name);
		CLEANUP(free_ptr)
		char *to = xasprintf("%s/%s", s->stage_credentials, e->d_name);

		/* What cannot be read is missed, and named, by the check. */
		if (e->d_name[0] != '.' &&
		    secret_read_file(from, &secret, NULL) >= 0)
			(void)put(to, secret_peek(secret), secret_len(secret),
				  NULL);
	}
	if (d)
		(void)closedir(d);
}

static int put_secrets(const struct setup_site *s,
		       const struct setup_answers *a, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; setup_question_at(i) && rc >= 0; i++) {
		const char *name = setup_credential(a, i);
		CLEANUP(free_ptr) char *path = NULL;

		if (!name)
			continue;
		path = xasprintf("%s/%s", s->stage_credentials, name);
		(void)unlink(path); /* the one before it */
		rc = put(path, secret_peek(a->secret[i]),
			 secret_len(a->secret[i]), err);
	}
	return rc;
}

int setup_stage(struct setup_site *s, const struct setup_answers *a,
		const char *dropin, struct err *err)
{
	CLEANUP(free_ptr) char *path = NULL;
	int rc;

	setup_stage_remove(s);
	rc = make_directories(s, err);
	if (rc >= 0)
		rc = link_main(s, err);
	if (rc >= 0)
		rc = link_drop_ins(s, err);
	if (rc < 0)
		return rc;
	copy_credentials(s);
	path = xasprintf("%s/" SETUP_DROPIN, s->stage);
	rc = put(path, dropin, strlen(dropin), err);
	return rc < 0 ? rc : put_secrets(s, a, err);
}

char *setup_stage_translate(const struct setup_site *s, const char *text)
{
	struct strbuf out = STRBUF_INIT;
	const char *at;

	while (s->stage && (at = strstr(text, s->stage))) {
		strbuf_add(&out, text, (size_t)(at - text));
		strbuf_addstr(&out, s->directory);
		text = at + strlen(s->stage);
	}
	strbuf_addstr(&out, text);
	return strbuf_detach(&out);
}
