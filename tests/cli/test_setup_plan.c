/* cli/setup_plan: which files change, with which modes, and all or none. */
#include "cli/setup_rig.h"
#include "cli/setup_priv.h"

#include <dirent.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "util/xmalloc.h"

static char *usual_path;

struct fixture {
	char directory[64];
	struct setup_site site;
	struct setup_answers answers;
	struct setup_plan plan;
};

static void open_fixture(struct fixture *f)
{
	CLEANUP(free_ptr) char *file = NULL;
	struct err err = ERR_INIT;

	memset(f, 0, sizeof(*f));
	snprintf(f->directory, sizeof(f->directory), "/tmp/test-plan-XXXXXX");
	assert_non_null(mkdtemp(f->directory));
	file = xasprintf("%s/site/triaged.yaml", f->directory);
	assert_int_equal(setup_site_open(&f->site, file, true, &err), 0);
	give_usual(&f->answers);
}

static int remove_one(const char *path, const struct stat *st, int kind,
		      struct FTW *at)
{
	(void)st, (void)kind, (void)at;
	return remove(path);
}

static void close_fixture(struct fixture *f)
{
	setup_plan_release(&f->plan);
	setup_answers_release(&f->answers);
	setup_site_release(&f->site);
	assert_int_equal(nftw(f->directory, remove_one, 8,
			      FTW_DEPTH | FTW_PHYS),
			 0);
}

/* "new triaged.yaml 644, ...": the plan, without its directory. */
static char *told(const struct fixture *f)
{
	struct strbuf out = STRBUF_INIT;

	for (size_t i = 0; i < f->plan.n; i++) {
		const struct setup_file *file = &f->plan.files[i];

		strbuf_addf(&out, "%s %s %o\n", setup_change_name(file->change),
			    file->path + strlen(f->site.directory) + 1,
			    (unsigned)file->mode);
	}
	return strbuf_detach(&out);
}

static void plan(struct fixture *f, const char *dropin)
{
	struct err err = ERR_INIT;

	setup_plan_release(&f->plan);
	memset(&f->plan, 0, sizeof(f->plan));
	assert_int_equal(setup_plan_make(&f->plan, &f->site, &f->answers,
					 dropin, false, &err),
			 0);
}

/* The plan's last file is none of it; 1. */
static size_t drop_last(struct fixture *f)
{
	struct setup_file *last = &f->plan.files[f->plan.n - 1];

	free(last->path);
	secret_free_ptr(&last->bytes);
	return 1;
}

/* A directory of the name, and what it lies in. */
static void make_below(const struct fixture *f, const char *path)
{
	CLEANUP(free_ptr)
	char *above = xstrndup(path, (size_t)(strrchr(path, '/') - path));

	assert_int_equal(mkdir(f->site.directory, 0755), 0);
	assert_int_equal(mkdir(above, 0755), 0);
	assert_int_equal(mkdir(path, 0755), 0);
}

static int count_hidden(const struct fixture *f, const char *name)
{
	CLEANUP(free_ptr)
	char *path = xasprintf("%s/%s", f->site.directory, name);
	DIR *d = opendir(path);
	struct dirent *e;
	int n = 0;

	assert_non_null(d);
	while ((e = readdir(d)))
		n += e->d_name[0] == '.' && strcmp(e->d_name, ".") != 0 &&
		     strcmp(e->d_name, "..") != 0;
	closedir(d);
	return n;
}

static mode_t mode_of(const struct fixture *f, const char *name)
{
	CLEANUP(free_ptr)
	char *path = xasprintf("%s/%s", f->site.directory, name);
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 0777;
}

static void test_new_and_again(void **state)
{
	CLEANUP(free_ptr) char *first = NULL;
	CLEANUP(free_ptr) char *second = NULL;
	CLEANUP(free_ptr) char *third = NULL;
	struct err err = ERR_INIT;
	struct fixture f;

	(void)state;
	open_fixture(&f);
	plan(&f, "text: 1\n");
	first = told(&f);
	assert_string_equal(first, "new credentials/azure-secret 600\n"
				   "new triaged.yaml 644\n"
				   "new conf.d/10-setup.yaml 644\n");
	assert_true(f.plan.secrets);
	assert_int_equal(setup_plan_write(&f.plan, &err), 0);
	assert_int_equal(mode_of(&f, "credentials"), 0700);
	assert_int_equal(mode_of(&f, "credentials/azure-secret"), 0600);
	assert_int_equal(mode_of(&f, "conf.d/10-setup.yaml"), 0644);
	/* The same again is nothing; another text keeps the one before. */
	f.site.old = xstrdup("text: 1\n");
	plan(&f, "text: 1\n");
	second = told(&f);
	assert_string_equal(second, "");
	plan(&f, "text: 2\n");
	third = told(&f);
	assert_string_equal(third, "new conf.d/10-setup.yaml.before 644\n"
				   "changed conf.d/10-setup.yaml 644\n");
	assert_false(f.plan.secrets);
	assert_int_equal(setup_plan_write(&f.plan, &err), 0);
	close_fixture(&f);
}

static void expect_text(const struct fixture *f, const char *name,
			const char *text)
{
	CLEANUP(free_ptr)
	char *path = xasprintf("%s/%s", f->site.directory, name);
	CLEANUP(strbuf_release) struct strbuf now = STRBUF_INIT;

	assert_int_equal(setup_read(path, &now), 0);
	assert_string_equal(now.buf, text);
}

/* What somebody wrote into it by hand is in the first copy for ever. */
static void test_copies_stay(void **state)
{
	static const struct {
		const char *old, *expected;
	} runs[] = {
		{ "by hand\n", "new conf.d/10-setup.yaml.before 644\n"
			       "changed conf.d/10-setup.yaml 644\n" },
		{ "second\n", "new conf.d/10-setup.yaml.before.2 644\n"
			      "changed conf.d/10-setup.yaml 644\n" },
		{ "third\n", "new conf.d/10-setup.yaml.before.3 644\n"
			     "changed conf.d/10-setup.yaml 644\n" },
		/* Kept already, wherever. */
		{ "second\n", "changed conf.d/10-setup.yaml 644\n" },
	};
	struct err err = ERR_INIT;
	struct fixture f;

	(void)state;
	open_fixture(&f);
	plan(&f, "first\n");
	assert_int_equal(setup_plan_write(&f.plan, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(runs); i++) {
		CLEANUP(free_ptr) char *text = xasprintf("run %zu\n", i);
		CLEANUP(free_ptr) char *what = NULL;

		free(f.site.old);
		f.site.old = xstrdup(runs[i].old);
		plan(&f, text);
		what = told(&f);
		assert_string_equal(what, runs[i].expected);
		assert_int_equal(setup_plan_write(&f.plan, &err), 0);
	}
	expect_text(&f, "conf.d/10-setup.yaml.before", "by hand\n");
	expect_text(&f, "conf.d/10-setup.yaml.before.2", "second\n");
	expect_text(&f, "conf.d/10-setup.yaml.before.3", "third\n");
	close_fixture(&f);
}

/* When the last one cannot be written, the first ones are not either. */
static void test_all_or_nothing(void **state)
{
	CLEANUP(free_ptr) char *blocked = NULL;
	CLEANUP(free_ptr) char *secret = NULL;
	struct err err = ERR_INIT;
	struct fixture f;

	(void)state;
	open_fixture(&f);
	blocked = xasprintf("%s/conf.d", f.site.directory);
	secret = xasprintf("%s/credentials/azure-secret", f.site.directory);
	plan(&f, "text: 1\n");
	assert_int_equal(mkdir(f.site.directory, 0755), 0);
	/* Where its directory should be. */
	assert_int_equal(symlink("/nonexistent", blocked), 0);
	assert_true(setup_plan_write(&f.plan, &err) < 0);
	assert_non_null(strstr(err.text, "nothing was changed"));
	assert_int_equal(access(secret, F_OK), -1);
	setup_plan_release(&f.plan);
	{
		CLEANUP(free_ptr)
		char *left = xasprintf("%s/credentials", f.site.directory);

		/* Nothing in it: it can be removed. */
		assert_int_equal(rmdir(left), 0);
	}
	close_fixture(&f);
}

/* What stands in the way of a name shows only when it is given: then it is said
 * what was done by then. */
static void test_half_way(void **state)
{
	static const struct {
		const char *name, *why;
	} v[] = {
		{ "credentials/azure-secret", "; nothing was changed" },
		{ "conf.d/10-setup.yaml", "; other files were changed before "
					  "it: once that is mended, run "
					  "triagectl setup again" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		CLEANUP(free_ptr) char *path = NULL;
		CLEANUP(free_ptr) char *why = NULL;
		struct err err = ERR_INIT;
		struct fixture f;

		open_fixture(&f);
		plan(&f, "text: 1\n");
		path = xasprintf("%s/%s", f.site.directory, v[i].name);
		why = xasprintf("cannot write %s: Is a directory%s", path,
				v[i].why);
		make_below(&f, path);
		assert_true(setup_plan_write(&f.plan, &err) < 0);
		assert_string_equal(err.text, why);
		assert_int_equal(rmdir(path), 0);
		/* The same again makes the rest. */
		plan(&f, "text: 1\n");
		assert_int_equal(setup_plan_write(&f.plan, &err), 0);
		plan(&f, "text: 1\n");
		assert_int_equal(f.plan.n, 0);
		/* And no part is left of either. */
		setup_plan_release(&f.plan);
		assert_int_equal(count_hidden(&f, "credentials") +
					 count_hidden(&f, "conf.d"),
				 0);
		close_fixture(&f);
	}
}

/* A systemd-creds that says what it was asked for, or fails. */
static void fake_creds(const struct fixture *f, const char *script)
{
	CLEANUP(free_ptr)
	char *path = xasprintf("%s/systemd-creds", f->directory);
	CLEANUP(free_ptr)
	char *all = xasprintf("%s:%s", f->directory, usual_path);
	FILE *to = fopen(path, "we");

	assert_non_null(to);
	assert_true(fprintf(to, "#!/bin/sh\n%s\n", script) > 0);
	assert_int_equal(fchmod(fileno(to), 0755), 0);
	assert_int_equal(fclose(to), 0);
	assert_int_equal(setenv("PATH", all, 1), 0);
}

static int plan_sealed(struct fixture *f, struct err *err)
{
	setup_plan_release(&f->plan);
	memset(&f->plan, 0, sizeof(f->plan));
	return setup_plan_make(&f->plan, &f->site, &f->answers, "text: 1\n",
			       true, err);
}

static void test_sealed(void **state)
{
	CLEANUP(free_ptr) char *first = NULL;
	CLEANUP(free_ptr) char *again = NULL;
	CLEANUP(free_ptr) char *mixed = NULL;
	struct err err = ERR_INIT;
	struct fixture f;
	size_t i;

	(void)state;
	open_fixture(&f);
	i = number_of("client-secret");
	fake_creds(&f, "echo cannot >&2; exit 1");
	assert_int_equal(plan_sealed(&f, &err), ERR_BAD_STATE);
	assert_non_null(strstr(err.text, "systemd-creds cannot encrypt "
					 "azure-secret: cannot"));
	assert_null(strstr(err.text, "canary"));
	fake_creds(&f, "echo \"$*\"; tr a-z n-za-m");
	assert_int_equal(plan_sealed(&f, &err), 0);
	first = told(&f);
	assert_string_equal(first, "new azure-secret.cred 600\n"
				   "new triaged.yaml 644\n"
				   "new conf.d/10-setup.yaml 644\n");
	assert_string_equal(secret_peek(f.plan.files[0].bytes),
			    "encrypt --with-key=host --name=azure-secret - -\n"
			    "pnanel~.inyhr");
	assert_int_equal(setup_plan_write(&f.plan, &err), 0);
	/* It is there: it would be other bytes for the same. */
	f.answers.stored[i] = true;
	assert_int_equal(plan_sealed(&f, &err), 0);
	again = told(&f);
	assert_string_equal(again, "");
	/* Somebody put one beside it by hand, and that was read. */
	plan(&f, "text: 1\n");
	assert_int_equal(f.plan.files[0].change, SETUP_NEW);
	f.plan.n -= drop_last(&f); /* the sealed one stays */
	assert_int_equal(setup_plan_write(&f.plan, &err), 0);
	assert_int_equal(plan_sealed(&f, &err), 0);
	mixed = told(&f);
	assert_string_equal(mixed, "changed azure-secret.cred 600\n"
				   "removed credentials/azure-secret 0\n");
	assert_int_equal(setup_plan_write(&f.plan, &err), 0);
	assert_int_equal(setenv("PATH", usual_path, 1), 0);
	close_fixture(&f);
}

static void put_file(const struct fixture *f, const char *name,
		     const char *text)
{
	CLEANUP(free_ptr)
	char *path = xasprintf("%s/%s", f->site.directory, name);
	FILE *to = fopen(path, "we");

	assert_non_null(to);
	assert_true(fputs(text, to) >= 0);
	assert_int_equal(fclose(to), 0);
}

static void expect_plan(struct fixture *f, const char *dropin,
			const char *expected)
{
	CLEANUP(free_ptr) char *text = NULL;

	plan(f, dropin);
	text = told(f);
	assert_string_equal(text, expected);
}

#define DROPINS                                                                \
	"new conf.d/10-setup.yaml.before 644\n"                                \
	"changed conf.d/10-setup.yaml 644\n"
#define NEITHER                                                                \
	DROPINS "removed credentials/azure-secret 0\n"                         \
		"removed azure-secret.cred 0\n"

/* Another way to sign in leaves no secret behind that nothing names. */
static void test_unused_secret(void **state)
{
	static const char names_it[] = "a: {credential: azure-secret}\n";
	struct err err = ERR_INIT;
	struct fixture f;

	(void)state;
	open_fixture(&f);
	plan(&f, "text: 1\n");
	assert_int_equal(setup_plan_write(&f.plan, &err), 0);
	f.site.old = xstrdup("text: 1\n");
	put_file(&f, "azure-secret.cred", "sealed");
	put_file(&f, "credentials/of-others", "canary");
	give(&f.answers, "auth", "managed-identity");
	expect_plan(&f, "text: 2\n", NEITHER);
	assert_true(f.plan.secrets);
	/* Settings of one's own may name it, too. */
	put_file(&f, "conf.d/20-own.yaml", names_it);
	expect_plan(&f, "text: 2\n", DROPINS);
	put_file(&f, "conf.d/20-own.yaml",
		 "  # {credential: azure-secret}\n"
		 "a: {credential: azure-secret-of-test}\n");
	expect_plan(&f, "text: 2\n", NEITHER);
	put_file(&f, "triaged.yaml", names_it);
	expect_plan(&f, "text: 2\n", DROPINS);
	put_file(&f, "triaged.yaml", "# none\n");
	/* Where setup was never run it is not its own. */
	free(take(f.site.old));
	expect_plan(&f, "text: 2\n", "changed conf.d/10-setup.yaml 644\n");
	f.site.old = xstrdup("text: 1\n");
	expect_plan(&f, "text: 2\n", NEITHER);
	assert_int_equal(setup_plan_write(&f.plan, &err), 0);
	free(f.site.old);
	f.site.old = xstrdup("text: 2\n");
	expect_plan(&f, "text: 2\n", "");
	close_fixture(&f);
}

/* The words say what is missing, and the way without it. */
static void test_no_systemd_creds(void **state)
{
	struct err err = ERR_INIT;
	struct fixture f;

	(void)state;
	open_fixture(&f);
	assert_int_equal(setenv("PATH", f.directory, 1), 0);
	assert_int_equal(plan_sealed(&f, &err), ERR_BAD_STATE);
	assert_string_equal(err.text,
			    "cannot encrypt azure-secret: there is no program "
			    "systemd-creds on this machine; nothing was "
			    "changed; install it (systemd 250 or newer), or "
			    "store secrets as they are: triagectl setup "
			    "--no-encrypt");
	assert_int_equal(setenv("PATH", usual_path, 1), 0);
	fake_creds(&f, "exit 3");
	assert_int_equal(plan_sealed(&f, &err), ERR_BAD_STATE);
	assert_string_equal(err.text,
			    "systemd-creds cannot encrypt azure-secret: it "
			    "ended with status 3 and no word; nothing was "
			    "changed; try it: systemd-creds encrypt "
			    "--with-key=host - -; or store secrets as they "
			    "are: triagectl setup --no-encrypt");
	assert_int_equal(setenv("PATH", usual_path, 1), 0);
	close_fixture(&f);
}

static void test_no_place(void **state)
{
	struct setup_site s = { 0 };
	struct err err = ERR_INIT;

	(void)state;
	assert_true(setup_site_open(&s, "/nonexistent/triaged.yaml", false,
				    &err) < 0);
	assert_non_null(strstr(err.text, "setup --output"));
	setup_site_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new_and_again),
		cmocka_unit_test(test_copies_stay),
		cmocka_unit_test(test_all_or_nothing),
		cmocka_unit_test(test_half_way),
		cmocka_unit_test(test_sealed),
		cmocka_unit_test(test_unused_secret),
		cmocka_unit_test(test_no_systemd_creds),
		cmocka_unit_test(test_no_place),
	};
	CLEANUP(free_ptr) char *path = xstrdup(getenv("PATH"));

	usual_path = path;
	return cmocka_run_group_tests_name("setup_plan", tests, NULL, NULL);
}
