/*
 * See drop.h. Called by main() before anything else is opened.
 *
 * tested with: test_drop scenario/test_confine
 */
#include "daemon/drop.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/conf.h"
#include "util/log.h"
#include "util/xmalloc.h"

/* As the unit has them. */
#define DIRECTORY_MODE 0750

static int find(const struct conf *c, struct passwd **ret, struct err *err)
{
	const char *name = c->user ? c->user : DROP_DEFAULT_USER;

	errno = 0;
	*ret = getpwnam(name);
	if (*ret)
		return 0;
	if (errno && errno != ENOENT && errno != ESRCH)
		return err_set(err, ERR_CONF, "account %s: %s", name,
			       strerror(errno));
	if (c->user)
		return err_set(err, ERR_CONF,
			       "user: there is no account '%s' on this machine",
			       name);
	return err_set(err, ERR_CONF,
		       "triaged does not run as root, and there is no account "
		       "'%s' that it could become; make one (systemd-sysusers, "
		       "or useradd --system %s), or name another with user: in "
		       "the settings (user: root stays root)",
		       name, name);
}

/* Only what we make is given away: what is there belongs to whom it belongs. */
static int make_directory(const char *path, const struct passwd *pw,
			  struct err *err)
{
	int rc = 0;
	int fd;

	if (!path || mkdir(path, DIRECTORY_MODE) < 0) {
		if (!path || errno == EEXIST)
			return 0;
		return err_set(err, ERR_CONF, "cannot make %s: %s", path,
			       strerror(errno));
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchown(fd, pw->pw_uid, pw->pw_gid) < 0 ||
	    fchmod(fd, DIRECTORY_MODE) < 0)
		rc = err_set(err, ERR_CONF, "cannot give %s to %s: %s", path,
			     pw->pw_name, strerror(errno));
	if (fd >= 0)
		close(fd);
	/* Else the next start takes it for somebody's. */
	if (rc < 0)
		(void)rmdir(path); /* it is empty, or not ours any more */
	return rc;
}

static int make_directories(const struct conf *c, const struct passwd *pw,
			    struct err *err)
{
	CLEANUP(free_ptr)
	char *run = c->control_socket ? xstrdup(c->control_socket) : NULL;
	char *slash = run ? strrchr(run, '/') : NULL;
	int rc = make_directory(c->state_directory, pw, err);

	if (rc < 0 || !slash || slash == run)
		return rc;
	*slash = '\0';
	return make_directory(run, pw, err);
}

static int become(const struct passwd *pw, struct err *err)
{
	if (initgroups(pw->pw_name, pw->pw_gid) < 0 ||
	    setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) < 0 ||
	    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) < 0)
		return err_set(err, ERR_CONF, "cannot become %s: %s",
			       pw->pw_name, strerror(errno));
	/* A kernel that gave root back would be a stranger one than we know. */
	if (setuid(0) == 0)
		return err_set(err, ERR_CONF,
			       "became %s, and could become root again",
			       pw->pw_name);
	/* The change of user may have made us dumpable. */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	return 0;
}

int drop_root(const char *conf_path, struct err *err)
{
	CLEANUP(conf_free_ptr) struct conf *c = NULL;
	CLEANUP(faults_release) struct faults faults = { 0 };
	struct passwd *pw;
	int rc;

	if (geteuid() != 0)
		return 0;
	c = conf_load_partial(conf_path, &faults);
	if (c->unusable)
		return DROP_UNUSABLE;
	rc = find(c, &pw, err);
	if (rc < 0)
		return rc;
	rc = make_directories(c, pw, err);
	if (rc < 0)
		return rc;
	if (pw->pw_uid == 0) {
		log_event(LOG_WARNING, NULL,
			  "runs as root, because the settings say so",
			  kv_str("FILE", conf_path));
		return 0;
	}
	return become(pw, err);
}
