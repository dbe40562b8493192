/*
 * See setup_site.h: which files have to change, and changing them. First each
 * is written beside its place and brought to the disk; only when all of them
 * are there do they get their names, the secrets before the settings that name
 * them. What is interrupted before that leaves nothing behind.
 *
 * tested with: test_setup_plan
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cli/setup_dropin.h"
#include "cli/setup_priv.h"
#include "cli/setup_run.h"
#include "util/xmalloc.h"

#define SETTINGS_MODE 0644 /* triagectl of everybody reads them */
#define SECRET_MODE 0600

const char *setup_change_name(enum setup_change c)
{
	switch (c) {
	case SETUP_NEW:
		return "new";
	case SETUP_CHANGED:
		return "changed";
	case SETUP_REMOVED:
		return "removed";
	}
	return "";
}

char *setup_plain_path(const struct setup_site *s, const char *name)
{
	return xasprintf("%s/credentials/%s", s->directory, name);
}

char *setup_sealed_path(const struct setup_site *s, const char *name)
{
	return xasprintf("%s/%s.cred", s->directory, name);
}

/* ---- what has to change ---- */

/* @mode where there is no such file yet. */
static void add_bytes(struct setup_plan *p, char *path, struct secret *bytes,
		      mode_t mode)
{
	struct setup_file *f = &p->files[p->n++];
	struct stat st;
	bool there = stat(path, &st) == 0;

	*f = (struct setup_file){ .path = path,
				  .change = there ? SETUP_CHANGED : SETUP_NEW,
				  .bytes = bytes,
				  .mode = there ? st.st_mode & 0777 : mode };
	if (mode == SECRET_MODE)
		f->mode = mode;
}

static bool holds(const char *path, const void *bytes, size_t len)
{
	CLEANUP(strbuf_release) struct strbuf now = STRBUF_INIT;
	bool same = setup_read(path, &now) == 0 && now.len == len &&
		    memcmp(now.buf, bytes, len) == 0;

	explicit_bzero(now.buf, now.len);
	return same;
}

/* Takes @path over. True: it has to change. */
static bool add_text(struct setup_plan *p, char *path, const char *text,
		     mode_t mode)
{
	if (holds(path, text, strlen(text))) {
		free(path);
		return false;
	}
	add_bytes(p, path, secret_new(text, strlen(text)), mode);
	return true;
}

static bool add_removal(struct setup_plan *p, char *path)
{
	if (access(path, F_OK) < 0) {
		free(path);
		return false;
	}
	p->files[p->n++] =
		(struct setup_file){ .path = path, .change = SETUP_REMOVED };
	return true;
}

#define INSTEAD "store secrets as they are: triagectl setup --no-encrypt"

/* systemd-creds ended with @status, and @said this. */
static int refuse_seal(const char *name, int status, const char *said,
		       struct err *err)
{
	if (status == SETUP_NO_PROGRAM)
		return err_set(err, ERR_BAD_STATE,
			       "cannot encrypt %s: there is no program "
			       "systemd-creds on this machine; nothing was "
			       "changed; install it (systemd 250 or newer), "
			       "or " INSTEAD,
			       name);
	if (!*said)
		return err_set(
			err, ERR_BAD_STATE,
			"systemd-creds cannot encrypt %s: it ended with "
			"status %d and no word; nothing was changed; try "
			"it: systemd-creds encrypt --with-key=host - -; "
			"or " INSTEAD,
			name, status);
	return err_set(err, ERR_BAD_STATE,
		       "systemd-creds cannot encrypt %s: %.200s; nothing was "
		       "changed; mend that, or " INSTEAD,
		       name, said);
}

/* With the key of this machine, bound to the name. */
static int seal(const char *name, const struct secret *secret,
		struct secret **ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	CLEANUP(free_ptr) char *as = xasprintf("--name=%s", name);
	const char *const words[] = { "systemd-creds",
				      "encrypt",
				      "--with-key=host",
				      as,
				      "-",
				      "-",
				      NULL };
	int rc = setup_run(&(struct setup_program){ .words = words,
						    .input = secret },
			   &out, err);

	if (rc < 0)
		return rc;
	if (rc > 0)
		return refuse_seal(name, rc, out.buf, err);
	*ret = secret_new(out.buf, out.len);
	return 0;
}

/* @i has a secret that is wanted. */
static int add_sealed(struct setup_plan *p, const struct setup_site *s,
		      const struct setup_answers *a, size_t i, struct err *err)
{
	const char *name = setup_question_at(i)->credential;
	CLEANUP(free_ptr) char *path = setup_sealed_path(s, name);
	CLEANUP(free_ptr) char *plain = setup_plain_path(s, name);
	struct secret *sealed = NULL;
	int rc;

	/* Sealing the same again gives other bytes. But what lies there plainly
	 * is what was read, and goes: the sealed one may be another. */
	if (!a->stored[i] || access(path, F_OK) < 0 ||
	    access(plain, F_OK) == 0) {
		rc = seal(name, a->secret[i], &sealed, err);
		if (rc < 0)
			return rc;
		add_bytes(p, take(path), sealed, SECRET_MODE);
		p->secrets = true;
	}
	p->secrets |= add_removal(p, take(plain));
	return 0;
}

static void add_plain(struct setup_plan *p, const struct setup_site *s,
		      const struct setup_answers *a, size_t i)
{
	const char *name = setup_question_at(i)->credential;

	p->secrets |= add_text(p, setup_plain_path(s, name),
			       secret_peek(a->secret[i]), SECRET_MODE);
	p->secrets |= add_removal(p, setup_sealed_path(s, name));
}

static int add_secrets(struct setup_plan *p, const struct setup_site *s,
		       const struct setup_answers *a, bool encrypt,
		       struct err *err)
{
	int rc = 0;

	for (size_t i = 0; setup_question_at(i) && rc >= 0; i++) {
		if (!setup_credential(a, i))
			continue;
		if (encrypt)
			rc = add_sealed(p, s, a, i, err);
		else
			add_plain(p, s, a, i);
	}
	return rc;
}

/* At rest they serve nobody but a thief. */
static void add_unused(struct setup_plan *p, const struct setup_site *s,
		       const struct setup_answers *a)
{
	for (size_t i = 0; setup_question_at(i); i++) {
		const char *name = setup_question_at(i)->credential;

		if (!setup_is_unused(s, a, i))
			continue;
		p->secrets |= add_removal(p, setup_plain_path(s, name));
		p->secrets |= add_removal(p, setup_sealed_path(s, name));
	}
}

static void add_unit(struct setup_plan *p, const struct setup_site *s,
		     const struct setup_answers *a, bool encrypt)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (!s->is_system)
		return;
	if (!encrypt) {
		p->unit = add_removal(p, xstrdup(SETUP_UNIT_DROPIN));
		return;
	}
	strbuf_addstr(&text, "# Written by triagectl setup.\n[Service]\n");
	for (size_t i = 0; setup_question_at(i); i++) {
		const char *name = setup_credential(a, i);
		CLEANUP(free_ptr) char *path = NULL;

		if (!name)
			continue;
		path = setup_sealed_path(s, name);
		strbuf_addf(&text, "LoadCredentialEncrypted=%s:%s\n", name,
			    path);
	}
	p->unit = add_text(p, xstrdup(SETUP_UNIT_DROPIN), text.buf,
			   SETTINGS_MODE);
}

/* Not read, since its name does not end with .yaml. A copy that is there is
 * never written over: it may hold what somebody wrote by hand. */
static void add_copy(struct setup_plan *p, const struct setup_site *s)
{
	size_t len = strlen(s->old);
	char *path = xasprintf("%s/" SETUP_DROPIN ".before", s->directory);
	struct stat st;

	for (unsigned n = 2; lstat(path, &st) == 0; n++) {
		bool same = holds(path, s->old, len);

		free(path);
		if (same)
			return;
		path = xasprintf("%s/" SETUP_DROPIN ".before.%u", s->directory,
				 n);
	}
	add_bytes(p, path, secret_new(s->old, len), SETTINGS_MODE);
}

int setup_plan_make(struct setup_plan *p, const struct setup_site *s,
		    const struct setup_answers *a, const char *dropin,
		    bool encrypt, struct err *err)
{
	int rc = add_secrets(p, s, a, encrypt, err);

	if (rc < 0)
		return rc;
	add_unit(p, s, a, encrypt);
	if (access(s->main_file, F_OK) < 0)
		(void)add_text(p, xstrdup(s->main_file), SETUP_MAIN_TEXT,
			       SETTINGS_MODE);
	if (s->old && strcmp(s->old, dropin) != 0)
		add_copy(p, s);
	(void)add_text(p, xasprintf("%s/" SETUP_DROPIN, s->directory), dropin,
		       SETTINGS_MODE);
	add_unused(p, s, a);
	return 0;
}

/* ---- changing them ---- */

void setup_plan_release(struct setup_plan *p)
{
	for (size_t i = 0; i < p->n; i++) {
		struct setup_file *f = &p->files[i];

		if (f->part)
			(void)unlink(f->part); /* it never got its name */
		free(f->part);
		free(f->path);
		secret_free_ptr(&f->bytes);
	}
	p->n = 0;
}

static int fail(const char *path, int error, struct err *err)
{
	return err_set(err, -error, "cannot write %s: %s; nothing was changed",
		       path, strerror(error));
}

static int make_directory(const char *directory, mode_t mode, struct err *err)
{
	const char *slash = strrchr(directory, '/');
	CLEANUP(free_ptr) char *above = NULL;
	int rc = 0;

	if (access(directory, F_OK) == 0)
		return 0;
	if (slash && slash > directory) {
		above = xstrndup(directory, (size_t)(slash - directory));
		rc = make_directory(above, 0755, err);
	}
	if (rc < 0)
		return rc;
	if (mkdir(directory, mode) < 0 && errno != EEXIST)
		return fail(directory, errno, err);
	/* Whatever the umask of who types it. */
	return chmod(directory, mode) < 0 ? fail(directory, errno, err) : 0;
}

static int write_all(int fd, const struct secret *bytes)
{
	const char *at = secret_peek(bytes);
	size_t left = secret_len(bytes);

	while (left > 0) {
		ssize_t n = write(fd, at, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		at += n;
		left -= (size_t)n;
	}
	return 0;
}

/* As the one in whose place it comes. */
static int give_owner(int fd, const char *path)
{
	struct stat st;

	if (geteuid() != 0 || stat(path, &st) < 0)
		return 0;
	return fchown(fd, st.st_uid, st.st_gid) < 0 ? errno : 0;
}

static int write_part(struct setup_file *f, struct err *err)
{
	const char *slash = strrchr(f->path, '/');
	CLEANUP(free_ptr)
	char *part = xasprintf("%.*s/.%s.XXXXXX", (int)(slash - f->path),
			       f->path, slash + 1);
	CLEANUP(free_ptr)
	char *directory = xstrndup(f->path, (size_t)(slash - f->path));
	int rc = make_directory(directory, f->mode == SECRET_MODE ? 0700 : 0755,
				err);
	int fd, error;

	if (rc < 0)
		return rc;
	fd = mkostemp(part, O_CLOEXEC);
	if (fd < 0)
		return fail(f->path, errno, err);
	f->part = take(part);
	error = write_all(fd, f->bytes);
	if (!error)
		error = give_owner(fd, f->path);
	if (!error && (fchmod(fd, f->mode) < 0 || fsync(fd) < 0))
		error = errno;
	if (close(fd) < 0 && !error)
		error = errno;
	return error ? fail(f->path, error, err) : 0;
}

/* @first: of all that change. */
static int put_in_place(struct setup_file *f, bool first, struct err *err)
{
	const char *slash = strrchr(f->path, '/');
	CLEANUP(free_ptr)
	char *directory = xstrndup(f->path, (size_t)(slash - f->path));
	int fd, rc;

	rc = f->change == SETUP_REMOVED ? unlink(f->path)
					: rename(f->part, f->path);
	if (rc < 0 && first)
		return fail(f->path, errno, err);
	if (rc < 0)
		return err_set(err, -errno,
			       "cannot write %s: %s; other files were changed "
			       "before it: once that is mended, run triagectl "
			       "setup again",
			       f->path, strerror(errno));
	free(take(f->part));
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		(void)fsync(fd); /* in place it is; a power cut may undo it */
		close(fd);
	}
	return 0;
}

int setup_plan_write(struct setup_plan *p, struct err *err)
{
	size_t done = 0;
	int rc = 0;

	for (size_t i = 0; i < p->n && rc >= 0; i++)
		if (p->files[i].change != SETUP_REMOVED)
			rc = write_part(&p->files[i], err);
	for (size_t i = 0; i < p->n && rc >= 0; i++)
		if (p->files[i].change != SETUP_REMOVED)
			rc = put_in_place(&p->files[i], done++ == 0, err);
	/* Last: what is not named any more by anything in place. */
	for (size_t i = 0; i < p->n && rc >= 0; i++)
		if (p->files[i].change == SETUP_REMOVED)
			rc = put_in_place(&p->files[i], done++ == 0, err);
	return rc;
}
