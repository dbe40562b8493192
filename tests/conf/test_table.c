/*
 * The option table, the sample file and the manual page say the same. Run
 * from the top of the source tree.
 */
#include "conf_test.h"
#include "conf/conf_priv.h"
#include "util/compiler.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SAMPLE "etc/triaged.yaml"
#define MANUAL "man/triaged.yaml.5"

static void read_file(const char *path, struct strbuf *out)
{
	FILE *f = fopen(path, "r");
	char buf[4096];
	size_t n;

	if (!f)
		print_message("%s: run this from the source tree\n", path);
	assert_non_null(f);
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		strbuf_add(out, buf, n);
	assert_int_equal(fclose(f), 0);
}

/* "#name: value", or one of its lines further in: "#  - name: value". A blank
 * behind the # makes it prose. */
static bool is_unused_option(const char *hash)
{
	const char *p = hash + 1 + strspn(hash + 1, " ");
	size_t word = strspn(p, "abcdefghijklmnopqrstuvwxyz-");

	if (*hash != '#' || p == hash + 2)
		return false;
	return strncmp(p, "- ", 2) == 0 || (word > 0 && p[word] == ':');
}

static void use_all_options(const char *text, struct strbuf *out)
{
	for (const char *p = text; *p;) {
		size_t len = strcspn(p, "\n"), blanks = strspn(p, " ");

		if (is_unused_option(p + blanks)) {
			strbuf_add(out, p, blanks);
			strbuf_add(out, p + blanks + 1, len - blanks - 1);
		} else {
			strbuf_add(out, p, len);
		}
		strbuf_addch(out, '\n');
		p += len + (p[len] == '\n');
	}
}

static void sample_loads(void **state)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct conf *c;

	(void)state;
	read_file(SAMPLE, &text);
	c = read_good(text.buf);
	assert_int_equal(c->n_sources, 1);
	assert_int_equal(c->n_targets, 2);
	conf_free(c);
}

static void sample_loads_with_secrets(void **state)
{
	static const struct {
		const char *name, *value;
	} secrets[] = {
		{ "azure-secret", "a~b" },
		{ "smtp-password", "p w" },
		{ "soc-url", "https://hooks.example.org/x" },
		{ "soc-signing",
		  "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=" },
	};
	CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(conf_free_ptr) struct conf *c = NULL;
	char dir[] = "/tmp/triaged-sample-XXXXXX", path[100];

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", dir, 1), 0);
	for (size_t i = 0; i < ARRAY_SIZE(secrets); i++) {
		FILE *out;

		snprintf(path, sizeof(path), "%s/%s", dir, secrets[i].name);
		out = fopen(path, "w");
		assert_non_null(out);
		assert_true(fputs(secrets[i].value, out) >= 0);
		assert_int_equal(fclose(out), 0);
		assert_int_equal(chmod(path, 0400), 0);
	}
	read_file(SAMPLE, &text);
	c = read_good(text.buf);
	assert_int_equal(conf_load_secrets(c, &f), 0);
	for (size_t i = 0; i < ARRAY_SIZE(secrets); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, secrets[i].name);
		assert_int_equal(unlink(path), 0);
	}
	assert_int_equal(rmdir(dir), 0);
}

/* With every commented option in use it still loads: none is misspelt. */
static void sample_loads_in_full(void **state)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf all = STRBUF_INIT;
	CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };
	CLEANUP(conf_free_ptr) struct conf *c = NULL;

	(void)state;
	read_file(SAMPLE, &text);
	use_all_options(text.buf, &all);
	c = read_text(all.buf, &f);
	print_faults(&f);
	assert_non_null(c);
	assert_int_equal(c->n_sources, 5);
	assert_true(c->n_targets > 8);
	assert_int_equal(c->policy.triage[SEVERITY_HIGH].elapsed_ms,
			 4 * 3600 * 1000);
	/* Some targets are in no route: said, but no fault. */
	for (size_t i = 0; i < f.n; i++)
		assert_true(f.v[i].warning);
}

/* Is "NAME:" somewhere in @text as a key? */
static bool has_key(const char *text, const char *name)
{
	CLEANUP(free_ptr) char *key = xasprintf("%s:", name);
	const char *p = text;

	while ((p = strstr(p, key)) != NULL) {
		if (p == text || strchr(" #{\n", p[-1]))
			return true;
		p++;
	}
	return false;
}

static void sample_names_every_option(void **state)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const struct conf_option *o;

	(void)state;
	read_file(SAMPLE, &text);
	for (size_t i = 0; (o = conf_option_at(i)) != NULL; i++) {
		CLEANUP(free_ptr)
		char *line = xasprintf("#%s: %s\n", o->name,
				       o->fallback ? o->fallback : "");

		if (!has_key(text.buf, o->name))
			print_message("%s lacks %s.%s\n", SAMPLE, o->section,
				      o->name);
		assert_true(has_key(text.buf, o->name));
		/* A default of the top level is shown as it is. */
		if (*o->section || !o->fallback || !*o->fallback)
			continue;
		if (!strstr(text.buf, line))
			print_message("%s lacks %s", SAMPLE, line);
		assert_non_null(strstr(text.buf, line));
	}
}

/* The manual has `.\" options: SECTION`, then an item for each row. */
static void manual_names_every_option(void **state)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const struct conf_option *o;

	(void)state;
	read_file(MANUAL, &text);
	for (size_t i = 0; (o = conf_option_at(i)) != NULL; i++) {
		CLEANUP(free_ptr)
		char *start = xasprintf(".\\\" options: %s\n",
					*o->section ? o->section : "top level");
		CLEANUP(free_ptr)
		char *item = xasprintf("\n.It Ic %s\n", o->name);
		const char *from = strstr(text.buf, start);
		const char *to =
			from ? strstr(from, ".\\\" end of options") : NULL;
		const char *at = from ? strstr(from, item) : NULL;
		const char *next, *shown;

		if (!to || !at || at > to)
			print_message("%s lacks %s.%s\n", MANUAL, o->section,
				      o->name);
		assert_true(to && at && at < to);
		if (!o->fallback)
			continue;
		next = strstr(at + 1, "\n.It ");
		shown = strstr(at, *o->fallback ? o->fallback : "Required");
		if (!shown || (next && shown > next) || shown > to)
			print_message("%s: %s.%s lacks its default %s\n",
				      MANUAL, o->section, o->name, o->fallback);
		assert_true(shown && (!next || shown < next) && shown < to);
	}
}

/* Readers of rows never meet a default they refuse. */
static void rows_are_sound(void **state)
{
	const struct conf_option *o;
	size_t n = 0;

	(void)state;
	for (; (o = conf_option_at(n)) != NULL; n++) {
		const struct option *row = option_find(o->section, o->name);

		assert_ptr_equal(&row->shown, o); /* no name twice */
		assert_non_null(row->load);
		assert_true(row->min <= row->max || row->max == 0);
		assert_true(*o->help && *o->type);
	}
	assert_true(n > 80);
	assert_null(conf_option_at(n + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sample_loads),
		cmocka_unit_test(sample_loads_with_secrets),
		cmocka_unit_test(sample_loads_in_full),
		cmocka_unit_test(sample_names_every_option),
		cmocka_unit_test(manual_names_every_option),
		cmocka_unit_test(rows_are_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
