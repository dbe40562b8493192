/* What the daemon becomes and may touch: defaults, lists, refusals, dump. */
#include "conf_test.h"
#include "util/compiler.h"
#include "util/strbuf.h"

static void has_defaults(void **state)
{
	CLEANUP(conf_free_ptr) struct conf *c = read_good(MINIMAL);

	(void)state;
	assert_null(c->user);
	assert_true(c->sandbox.landlock);
	assert_int_equal(c->sandbox.read.n, 0);
	assert_int_equal(c->sandbox.write.n, 0);
}

static void reads_and_dumps_what_is_given(void **state)
{
	CLEANUP(conf_free_ptr)
	struct conf *c = read_good(
		MINIMAL "user: alerts\n"
			"sandbox: {landlock: false, read: [/data, /mnt/x], "
			"write: /data/out}\n");
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	(void)state;
	assert_string_equal(c->user, "alerts");
	assert_false(c->sandbox.landlock);
	assert_int_equal(c->sandbox.read.n, 2);
	assert_string_equal(c->sandbox.read.v[1], "/mnt/x");
	assert_int_equal(c->sandbox.write.n, 1);
	conf_dump(c, &out);
	assert_non_null(strstr(out.buf, "user: \"alerts\""));
	assert_non_null(strstr(out.buf, "  landlock: false"));
	assert_non_null(strstr(out.buf, "/mnt/x"));
	assert_non_null(strstr(out.buf, "  write: "));
}

static void refuses(void **state)
{
	static const struct {
		const char *text, *fault;
	} cases[] = {
		{ MINIMAL "user: \"\"\n", "has no value" },
		{ MINIMAL "user: a b\n", "cannot be the name of an account" },
		{ MINIMAL "user: [a]\n", "must be" },
		{ MINIMAL "user: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
		  "cannot be the name of an account" },
		{ MINIMAL "sandbox: {read: [data]}\n",
		  "'data' must be an absolute path" },
		{ MINIMAL "sandbox: {write: []}\n", "must be a list" },
		{ MINIMAL "sandbox: {landlock: maybe}\n", "true or false" },
		{ MINIMAL "sandbox: {execute: [/x]}\n", "unknown option" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };
		CLEANUP(conf_free_ptr)
		struct conf *c = read_text(cases[i].text, &f);

		assert_null(c);
		if (!has_fault(&f, 0, 0, cases[i].fault))
			fail_msg("not told: %s", cases[i].fault);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_defaults),
		cmocka_unit_test(reads_and_dumps_what_is_given),
		cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
