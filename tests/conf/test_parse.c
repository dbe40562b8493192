/* What YAML can do and a configuration must not. */
#include "conf_test.h"
#include "conf/node_priv.h"
#include "util/compiler.h"

#include <stdlib.h>

struct bad {
	const char *text;
	int line, column;
	const char *part;
};

static void refuses(void **state)
{
	static const struct bad cases[] = {
		{ "a: &x 1\n", 1, 4, "anchor" },
		{ "a: &x [1]\n", 1, 4, "anchor" },
		{ "b: 1\na: *x\n", 2, 4, "alias" },
		{ "a: !!str 1\n", 1, 4, "tag" },
		{ "a: !x {b: c}\n", 1, 4, "tag" },
		{ "a: 1\n---\nb: 2\n", 2, 1, "second document" },
		{ "a: 1\nb: 2\na: 3\n", 3, 1, "twice, first in line 1" },
		{ "a:\n\tb: 1\n", 2, 1, "tab cannot indent" },
		{ "a:\t1\n", 1, 3, "tab cannot stand here" },
		{ "\"x\\ny\": a\n", 1, 1, "several lines" },
		{ "a: \"x\\n\\ay\"\n", 1, 4, "one line" },
		{ "a: \"x\\ty\"\n", 1, 4, "one line" },
		{ "a: \"x\\0y\"\n", 1, 4, "one line" },
		{ "a: \"\\u202Ex\"\n", 1, 4, "one line" },
		{ "a: \"\\uFEFFx\"\n", 1, 4, "one line" },
		{ "a: b\n  c: d\n", 2, 4, "not valid YAML" },
		{ "a: [1\n", 2, 1, "not valid YAML" },
		{ "a: 1\nb: \xff\n", 2, 4, "not valid UTF-8" },
		{ "a: \xc3\xa4\xed\xa0\x80\n", 1, 5, "not valid UTF-8" },
		{ "a: x\x01y\n", 1, 5, "control character (0x01)" },
		{ "[a]: 1\n", 1, 1, "name of an option must be text" },
		/* what looks like a blank */
		{ "a: true\xc2\xa0\n", 1, 4, "is none (U+00A0)" },
		{ "a: '10.0.0.1\xe2\x80\x8b'\n", 1, 4, "is none (U+200B)" },
		{ "a: x\xc2\xa0# y\n", 1, 4, "is none (U+00A0)" },
		{ "a: |-\n  \xc2\xa0x\n", 1, 4, "is none (U+00A0)" },
		{ "- a:\xe2\x80\xafx\n", 1, 3, "is none (U+202F)" },
		{ "a:\n\xc2\xa0 b: 1\n", 2, 1, "is none (U+00A0)" },
		{ "b: 1\na:\xc2\xa0" "1\nc: 1\n", 2, 3,
		  "not valid YAML: what looks like a blank here is none "
		  "(U+00A0)" },
		{ "a: [[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]\n", 1, 19,
		  "deeper than 16" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct faults f = { NULL, 0, 0 };
		struct node *n = NULL;

		/* Some faults leave a tree that can be looked through. */
		if (parse_yaml("t.yaml", cases[i].text, strlen(cases[i].text),
			       &n, &f) < 0)
			assert_null(n);
		assert_true(has_fault(&f, cases[i].line, cases[i].column,
				      cases[i].part));
		node_free(n);
		faults_release(&f);
	}
}

/* What follows a broken place means nothing, so nothing is said about it. */
static void stops_at_broken_syntax(void **state)
{
	static const char *const cases[] = {
		"a: [b, [c, {d: [e, @]}]]\n",
		"a: {b: {c: [d, 'e\n",
		"a:\n  - b\n  - c: d\n   e: f\n",
		"a: [[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct faults f = { NULL, 0, 0 };
		struct node *n = NULL;

		assert_int_equal(parse_yaml("t.yaml", cases[i],
					    strlen(cases[i]), &n, &f),
				 ERR_CONF);
		assert_null(n);
		assert_int_equal(f.n, 1);
		faults_release(&f);
	}
}

static void accepts(void **state)
{
	static const char *const cases[] = {
		"",
		"# only a comment\n",
		"---\n",
		("\xef\xbb\xbf"
		 "a: 1\n"),
		"a: 1 # a\ttab in a comment\n\t\n",
		"#\ttab\na: 1\n",
		"a: 1\r\nb: 2\r\n",
		"---\na: {b: [c, d]}\n...\n",
		"a: >-\n  folded\n  text\n",
		"a: '\xc2\xab\xc2\xa0y\xc2\xa0: z'\nb: |\n  \xc2\xa0x\n"
		"c: \"\\u00a0x\\ny\"\n",
		"a: [[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct faults f = { NULL, 0, 0 };
		struct node *n = NULL;

		assert_int_equal(parse_yaml("t.yaml", cases[i],
					    strlen(cases[i]), &n, &f),
				 0);
		print_faults(&f);
		assert_int_equal(f.n, 0);
		node_free(n);
		faults_release(&f);
	}
}

static void keeps_places(void **state)
{
	static const char text[] = "one: 1\ntwo:\n  - x\n  - {k: v}\n";
	struct faults f = { NULL, 0, 0 };
	struct node *root = NULL;
	const struct node *two, *k;

	(void)state;
	assert_int_equal(parse_yaml("t.yaml", text, strlen(text), &root, &f),
			 0);
	two = node_get(root, "two");
	assert_int_equal(two->kind, NODE_LIST);
	assert_int_equal(two->n, 2);
	assert_string_equal(two->items[0].value->text, "x");
	k = node_get(two->items[1].value, "k");
	assert_string_equal(k->text, "v");
	assert_int_equal(k->mark.line, 4);
	assert_int_equal(k->mark.column, 9);
	assert_string_equal(k->mark.file, "t.yaml");
	assert_null(node_get(root, "three"));
	assert_null(node_get(two, "two"));
	node_free(root);
}

static void has_limits(void **state)
{
	char *big = malloc(PARSE_BYTES_MAX + 2);
	struct faults f = { NULL, 0, 0 };
	struct node *n = NULL;
	size_t len = 0;

	(void)state;
	memset(big, '#', PARSE_BYTES_MAX + 1);
	assert_int_equal(parse_yaml("t.yaml", big, PARSE_BYTES_MAX, &n, &f), 0);
	assert_int_equal(parse_yaml("t.yaml", big, PARSE_BYTES_MAX + 1, &n, &f),
			 ERR_CONF);
	assert_true(has_fault(&f, 1, 1, "larger than"));
	faults_release(&f);
	len += (size_t)sprintf(big, "a: [");
	for (int i = 0; i < PARSE_ENTRIES_MAX + 1; i++)
		len += (size_t)sprintf(big + len, "%d,", i);
	len += (size_t)sprintf(big + len, "]\n");
	assert_int_equal(parse_yaml("t.yaml", big, len, &n, &f), ERR_CONF);
	assert_true(has_fault(&f, 1, 4, "more than 1000 entries"));
	faults_release(&f);
	len = 0;
	for (int i = 0; i < 100; i++) {
		len += (size_t)sprintf(big + len, "k%d: [", i);
		for (int j = 0; j < 990; j++)
			len += (size_t)sprintf(big + len, "1,");
		len += (size_t)sprintf(big + len, "]\n");
	}
	assert_int_equal(parse_yaml("t.yaml", big, len, &n, &f), ERR_CONF);
	assert_true(has_fault(&f, 0, 0, "more than 50000 values"));
	assert_null(n);
	faults_release(&f);
	free(big);
}

/* A file full of faults: told in one run, and not without end. */
static void collects_but_not_forever(void **state)
{
	struct faults f = { NULL, 0, 0 };
	char text[32 * 900], *p = text;
	struct node *n = NULL;

	(void)state;
	for (int i = 0; i < 900; i++)
		p += sprintf(p, "key%d: &anchor x\n", i);
	assert_int_equal(parse_yaml("t.yaml", text, (size_t)(p - text), &n, &f),
			 0);
	assert_int_equal(f.n, 501);
	assert_string_equal(f.v[500].text, "more follow; correct these first");
	node_free(n);
	faults_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses),
		cmocka_unit_test(stops_at_broken_syntax),
		cmocka_unit_test(accepts),
		cmocka_unit_test(keeps_places),
		cmocka_unit_test(has_limits),
		cmocka_unit_test(collects_but_not_forever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
