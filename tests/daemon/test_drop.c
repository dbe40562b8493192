/*
 * daemon/drop: who does not stay root, and what is said when that fails. What
 * only root may do is done by the functions below, which stand in the place of
 * the C library's; a scenario (test_confine) does it in earnest.
 */
#include "daemon/drop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <ftw.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>
#include "util/compiler.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

#define UID 4711
#define GID 4712

/* What the machine is like, and what was asked of it. */
static struct {
	uid_t euid;
	int account_errno; /* there is none, because of that; 0 there is one */
	uid_t uid; /* the account's */
	const char *fails; /* the call that fails with EPERM */
	bool returns; /* root can be had again */
	struct strbuf calls;
} machine;

static int called(const char *name, long id)
{
	strbuf_addf(&machine.calls, "%s %ld; ", name, id);
	if (!machine.fails || strcmp(machine.fails, name) != 0)
		return 0;
	errno = EPERM;
	return -1;
}

uid_t geteuid(void)
{
	return machine.euid;
}

struct passwd *getpwnam(const char *name)
{
	static struct passwd pw;

	strbuf_addf(&machine.calls, "account %s; ", name);
	errno = machine.account_errno;
	if (strcmp(name, "nobody-there") == 0)
		return NULL;
	pw = (struct passwd){ .pw_name = (char *)"account",
			      .pw_uid = machine.uid,
			      .pw_gid = GID };
	return machine.account_errno ? NULL : &pw;
}

int initgroups(const char *name, gid_t gid)
{
	assert_string_equal(name, "account");
	return called("initgroups", gid);
}

int setresgid(gid_t real, gid_t effective, gid_t saved)
{
	assert_true(real == effective && real == saved);
	return called("setresgid", real);
}

int setresuid(uid_t real, uid_t effective, uid_t saved)
{
	assert_true(real == effective && real == saved);
	return called("setresuid", real);
}

int setuid(uid_t uid)
{
	assert_int_equal(uid, 0);
	strbuf_addstr(&machine.calls, "setuid 0; ");
	errno = EPERM;
	return machine.returns ? 0 : -1;
}

int fchown(int fd, uid_t uid, gid_t gid)
{
	assert_true(fd >= 0);
	assert_int_equal(gid, GID);
	return called("fchown", uid);
}

/* ---- a site ---- */

struct fixture {
	char directory[64];
	char *file, *state, *run;
};

static void write_settings(struct fixture *f, const char *user)
{
	FILE *to = fopen(f->file, "we");

	assert_non_null(to);
	assert_true(fprintf(to,
			    "state-directory: %s\n"
			    "control-socket: %s/c.sock\n"
			    "targets: [{name: t, type: folder, path: %s}]\n"
			    "fallback: t\n%s",
			    f->state, f->run, f->directory, user) > 0);
	assert_int_equal(fclose(to), 0);
}

static int open_fixture(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	memset(&machine, 0, sizeof(machine));
	machine.uid = UID;
	strbuf_init(&machine.calls);
	snprintf(f->directory, sizeof(f->directory), "/tmp/test-drop-XXXXXX");
	assert_non_null(mkdtemp(f->directory));
	f->file = xasprintf("%s/triaged.yaml", f->directory);
	f->state = xasprintf("%s/state", f->directory);
	f->run = xasprintf("%s/run", f->directory);
	write_settings(f, "user: account\n");
	*state = f;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int kind,
		      struct FTW *at)
{
	(void)st, (void)kind, (void)at;
	return remove(path);
}

static int close_fixture(void **state)
{
	struct fixture *f = *state;

	(void)nftw(f->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(f->file);
	free(f->state);
	free(f->run);
	free(f);
	strbuf_release(&machine.calls);
	return 0;
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) < 0 ? 0 : st.st_mode & 07777;
}

static void assert_fails(struct fixture *f, const char *why)
{
	struct err err = ERR_INIT;

	assert_int_equal(drop_root(f->file, &err), ERR_CONF);
	if (!strstr(err.text, why))
		fail_msg("%s, not %s", err.text, why);
}

/* ---- tests ---- */

static void test_becomes_another(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	/* Only root enters a folder that nobody may. */
	mode_t before = umask(getuid() == 0 ? 0777 : 0277);
	int rc = drop_root(f->file, &err);

	umask(before);
	assert_int_equal(rc, 0);
	/* Its groups while we may, and root cannot be had again. */
	assert_string_equal(machine.calls.buf,
			    "account account; fchown 4711; fchown 4711; "
			    "initgroups 4712; setresgid 4712; setresuid 4711; "
			    "setuid 0; ");
	assert_int_equal(mode_of(f->state), 0750);
	assert_int_equal(mode_of(f->run), 0750);
	/* What is there is not given away. */
	assert_int_equal(chmod(f->state, 0700), 0);
	strbuf_reset(&machine.calls);
	assert_int_equal(drop_root(f->file, &err), 0);
	assert_null(strstr(machine.calls.buf, "fchown"));
	assert_int_equal(mode_of(f->state), 0700);
}

static void test_stays(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	machine.euid = UID;
	assert_int_equal(drop_root("/nonexistent/triaged.yaml", &err), 0);
	assert_string_equal(machine.calls.buf, "");
	/* An account of any name may be root's. */
	machine.euid = machine.uid = 0;
	assert_int_equal(drop_root(f->file, &err), 0);
	assert_string_equal(machine.calls.buf,
			    "account account; fchown 0; fchown 0; ");
}

static void test_unusable_settings(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	assert_int_equal(drop_root("/nonexistent/triaged.yaml", &err),
			 DROP_UNUSABLE);
	write_settings(f, "user: [\n");
	assert_int_equal(drop_root(f->file, &err), DROP_UNUSABLE);
	assert_string_equal(machine.calls.buf, "");
	assert_int_equal(mode_of(f->state), 0);
}

static void test_no_account(void **state)
{
	struct fixture *f = *state;

	write_settings(f, "user: nobody-there\n");
	assert_fails(f, "user: there is no account 'nobody-there' on this "
			"machine");
	write_settings(f, "");
	machine.account_errno = ENOENT;
	assert_fails(f, "there is no account 'triaged' that it could become");
	machine.account_errno = EIO;
	assert_fails(f, "account triaged: Input/output error");
	assert_int_equal(mode_of(f->state), 0);
}

/* Whatever of it fails: we are not somebody by half, and go no further. */
static void test_cannot_become(void **state)
{
	static const char *const calls[] = { "initgroups", "setresgid",
					     "setresuid" };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		machine.fails = calls[i];
		strbuf_reset(&machine.calls);
		assert_fails(f, "cannot become account: Operation not "
				"permitted");
		/* It was the last. */
		assert_null(strchr(strstr(machine.calls.buf, calls[i]), ';')[2]
				    ? machine.calls.buf
				    : NULL);
	}
	machine.fails = NULL;
	machine.returns = true;
	assert_fails(f, "became account, and could become root again");
}

/* A directory that could not be given away is not left behind: the next start
 * would take it for somebody's, and fail in it as the account. */
static void test_directories_that_fail(void **state)
{
	struct fixture *f = *state;

	machine.fails = "fchown";
	for (int i = 0; i < 2; i++) {
		assert_fails(f, "state to account: Operation not permitted");
		assert_int_equal(mode_of(f->state), 0);
	}
	machine.fails = NULL;
	free(f->run);
	f->run = xasprintf("%s/none/run", f->directory);
	write_settings(f, "user: account\n");
	assert_fails(f, "none/run: No such file or directory");
	assert_null(strstr(machine.calls.buf, "setresuid"));
	assert_int_equal(mode_of(f->state), 0750);
}

#define with_site(fn)                                                          \
	cmocka_unit_test_setup_teardown(fn, open_fixture, close_fixture)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_site(test_becomes_another),
		with_site(test_stays),
		with_site(test_unusable_settings),
		with_site(test_no_account),
		with_site(test_cannot_become),
		with_site(test_directories_that_fail),
	};

	return cmocka_run_group_tests_name("drop", tests, NULL, NULL);
}
