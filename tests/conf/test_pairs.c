/* Files of answers, in YAML and JSON, and what is none. */
#include "conf/pairs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/strbuf.h"

static void on_pair(void *arg, const struct pair *p)
{
	strbuf_addf(arg, "%d %s=%s%s\n", p->mark->line, p->name,
		    p->is_file ? "@" : "", p->text);
}

static int load(const char *text, struct strbuf *out, struct faults *faults)
{
	char path[] = "/tmp/test-pairs-XXXXXX";
	int fd = mkstemp(path);
	int rc;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	rc = pairs_load(path, on_pair, out, faults);
	unlink(path);
	return rc;
}

static void test_good_ones(void **state)
{
	static const struct {
		const char *text, *pairs;
	} rows[] = {
		{ "", "" },
		{ "a: yes\nb: [x, \"y z\"]\nc: {file: /f}\n",
		  "1 a=yes\n2 b=x, y z\n3 c=@/f\n" },
		{ "{\"a\": \"1\",\n \"b\": [\"x\"]}", "1 a=1\n2 b=x\n" },
		{ "a: ''\nb: []\n", "1 a=\n2 b=\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
		CLEANUP(faults_release) struct faults faults = { 0 };

		assert_int_equal(load(rows[i].text, &out, &faults), 0);
		assert_string_equal(out.buf, rows[i].pairs);
	}
}

static void test_bad_ones(void **state)
{
	static const struct {
		const char *text, *says;
		int line;
	} rows[] = {
		{ "- a\n", "must be lines of", 1 },
		{ "a: x\na: y\n", "a", 2 },
		{ "a: x\nb: {c: d}\n", "b: must be a text", 2 },
		{ "a: [[x]]\n", "a: must be a list of texts", 1 },
		{ "a: {file: x, b: y}\n", "a: must be a text", 1 },
		{ "a: \"x\n", "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
		CLEANUP(faults_release) struct faults faults = { 0 };

		assert_int_equal(load(rows[i].text, &out, &faults), ERR_CONF);
		assert_true(faults.n > 0);
		if (!strstr(faults.v[0].text, rows[i].says) ||
		    (rows[i].line && faults.v[0].line != rows[i].line))
			fail_msg("row %zu: %d %s", i, faults.v[0].line,
				 faults.v[0].text);
	}
}

static void test_no_file(void **state)
{
	CLEANUP(faults_release) struct faults faults = { 0 };

	(void)state;
	assert_int_equal(pairs_load("/nonexistent", on_pair, NULL, &faults),
			 ERR_CONF);
	assert_non_null(strstr(faults.v[0].text, "cannot be read"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_ones),
		cmocka_unit_test(test_bad_ones),
		cmocka_unit_test(test_no_file),
	};

	return cmocka_run_group_tests_name("pairs", tests, NULL, NULL);
}
