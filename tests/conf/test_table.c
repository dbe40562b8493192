/*
 * The option table, the sample file and the manual page say the same. Run
 * from the top of the source tree.
 */
#include "conf_test.h"
#include "conf/conf_priv.h"
#include "util/compiler.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

#include <ctype.h>
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

/* The head of the sample says that it does. */
static bool shows_default(const char *text, const struct conf_option *o)
{
	/* Without a line: what is there is another choice, and says so. */
	static const char *const others[] = { "allow-plain", "resolve" };
	CLEANUP(free_ptr)
	char *plain = xasprintf("%s: %s", o->name, o->fallback);
	CLEANUP(free_ptr)
	char *quoted = xasprintf("%s: \"%s\"", o->name, o->fallback);

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (strcmp(o->name, others[i]) == 0)
			return true;
	return strstr(text, plain) || strstr(text, quoted);
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
		if (!o->fallback || !*o->fallback)
			continue;
		if (!shows_default(text.buf, o))
			fail_msg("%s shows another default of %s.%s", SAMPLE,
				 o->section, o->name);
		/* Of the top level, in a line of its own. */
		if (*o->section)
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

/* Is the word @word in the text from @at to @to, nothing of it another's? */
static bool stands(const char *at, const char *to, const char *word)
{
	size_t n = strlen(word);

	for (; (at = strstr(at, word)) != NULL && at < to; at++)
		if (!isalnum((unsigned char)at[-1]) &&
		    !isalnum((unsigned char)at[n]))
			return true;
	return false;
}

/* @limit stands there, in a unit that people would choose. */
static bool names_limit(const char *at, const char *to, int64_t limit)
{
	static const struct {
		const char *word;
		int64_t is;
	} units[] = {
		{ "", 1 },
		{ "s", 1000 },
		{ "m", 60000 },
		{ "h", 3600000 },
		{ "d", 86400000 },
		{ "KiB", 1 << 10 },
		{ "MiB", 1 << 20 },
		{ "GiB", 1 << 30 },
		{ "TiB", INT64_C(1) << 40 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		CLEANUP(free_ptr)
		char *word =
			xasprintf("%lld%s", (long long)(limit / units[i].is),
				  units[i].word);

		if (limit % units[i].is == 0 && stands(at, to, word))
			return true;
	}
	return false;
}

/* Where @o is told: from @ret to @ret_to; *@ret_list is where its list begins.
 */
static const char *item_of(const char *page, const struct conf_option *o,
			   const char **ret_list, const char **ret_to)
{
	const char *section = *o->section ? o->section : "top level";
	CLEANUP(free_ptr)
	char *start = xasprintf(".\\\" options: %s\n", section);
	CLEANUP(free_ptr) char *item = xasprintf("\n.It Ic %s\n", o->name);
	const char *at, *next;

	*ret_list = strstr(page, start);
	assert_non_null(*ret_list);
	at = strstr(*ret_list, item);
	assert_non_null(at);
	*ret_to = strstr(at, ".\\\" end of options");
	assert_non_null(*ret_to);
	next = strstr(at + 1, "\n.It Ic ");
	if (next && next < *ret_to)
		*ret_to = next;
	return at;
}

/* The paragraph above @list, which tells what holds for all of it. */
static const char *paragraph_above(const char *page, const char *list)
{
	const char *p = list;

	while (p > page && strncmp(p, "\n.Pp\n", 5) != 0 &&
	       strncmp(p, "\n.S", 3) != 0)
		p--;
	return p;
}

/* What an option may be at least, if that is not 0, and at most stands with
 * it, or above all that share it. */
static void manual_names_every_limit(void **state)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const struct conf_option *o;
	size_t n = 0, lacking = 0;

	(void)state;
	read_file(MANUAL, &text);
	for (size_t i = 0; (o = conf_option_at(i)) != NULL; i++) {
		const struct option *row = option_find(o->section, o->name);
		const char *list, *to;
		const char *at = item_of(text.buf, o, &list, &to);
		const char *above = paragraph_above(text.buf, list);

		if (row->max == 0)
			continue;
		n++;
		for (int j = 0; j < 2; j++) {
			int64_t limit = j ? row->max : row->min;

			if (limit == 0 || names_limit(at, to, limit) ||
			    names_limit(above, list, limit))
				continue;
			print_message("%s: %s.%s lacks its limit %lld\n",
				      MANUAL, o->section, o->name,
				      (long long)limit);
			lacking++;
		}
	}
	assert_true(n > 40);
	assert_int_equal(lacking, 0);
}

/* Of a whole section that is fixed its heading says so. */
static void manual_says_what_needs_a_restart(void **state)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const struct conf_option *o;

	(void)state;
	read_file(MANUAL, &text);
	for (size_t i = 0; (o = conf_option_at(i)) != NULL; i++) {
		const char *list, *to, *says;
		const char *at = item_of(text.buf, o, &list, &to);

		if (*o->section)
			continue;
		says = strstr(at, "\nChanging it needs a restart.\n");
		if ((says && says < to) == o->reloadable)
			fail_msg("%s: %s and its row disagree on a restart",
				 MANUAL, o->name);
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
		cmocka_unit_test(manual_names_every_limit),
		cmocka_unit_test(manual_says_what_needs_a_restart),
		cmocka_unit_test(rows_are_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
