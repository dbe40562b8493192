/*
 * What people type is text: nothing of it is syntax of the engine.
 *
 * Battery: G1.
 */
#include "store/sqlite/search_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "util/compiler.h"
#include "util/xmalloc.h"

static const struct {
	const char *text, *match, *path;
} asked[] = {
	{ "mallory", "\"mallory\"", NULL },
	{ "  two   words ", "\"two\" \"words\"", NULL },
	{ "mallory@contoso.com", "\"mallory@contoso.com\"", NULL },
	/* An address: first of all its rare part. */
	{ "203.0.113.9", "\"113.9\" \"203.0.113.9\"", NULL },
	{ "tor 203.0.113.9 10.0.0.1",
	  "\"113.9\" \"0.1\" \"tor\" \"203.0.113.9\" \"10.0.0.1\"", NULL },
	{ "203.0.113", "\"203.0.113\"", NULL },
	{ "203.0.113.", "\"203.0.113.\"", NULL },
	{ "203.0..9", "\"203.0..9\"", NULL },
	{ ".0.113.9", "\".0.113.9\"", NULL },
	{ "203.0.113.9.1", "\"203.0.113.9.1\"", NULL },
	{ "203.0.113.9/24", "\"203.0.113.9/24\"", NULL },
	{ "203.0.113.991*", "\"203.0.113.991\"*", NULL },
	{ "203.0.113.*", "\"203.0.113.\"", NULL },
	{ "2001:db8::1", "\"2001:db8::1\"", NULL },
	{ "mallo*", "\"mallo\"*", NULL },
	{ "mallo**", "\"mallo\"*", NULL },
	{ "vm-web*", "\"vm-web\"*", NULL },
	{ "\"tor exit\" node", "\"tor exit\" \"node\"", NULL },
	{ "\"tor exi\"*", "\"tor exi\"*", NULL },
	{ "\"not closed", "\"\"\"not\" \"closed\"", NULL },
	{ "a\"b", "\"a\"\"b\"", NULL },
	{ "AND OR NOT NEAR(a b)", "\"AND\" \"OR\" \"NOT\" \"NEAR(a\" \"b)\"",
	  NULL },
	{ "title:x ^y -z + {w}", "\"title:x\" \"^y\" \"-z\" \"{w}\"", NULL },
	{ "'; DROP TABLE alert; --", "\"DROP\" \"TABLE\" \"alert;\"", NULL },
	{ "C:\\Windows\\Temp\\evil.exe", "\"C:\\Windows\\Temp\\evil.exe\"",
	  NULL },
	{ "line\nbreak\ttab", "\"line\" \"break\" \"tab\"", NULL },
	{ "Zürich", "\"Zürich\"", NULL },
	{ "* word ** -", "\"word\"", NULL },
	{ "/subscriptions/1/resourceGroups/rg/providers/a/b/vm-1",
	  "{resource entities} :\"vm-1\"",
	  "/subscriptions/1/resourceGroups/rg/providers/a/b/vm-1" },
	{ "crypto /Subscriptions/1/resourcegroups/rg/",
	  "\"crypto\" {resource entities} :\"rg\"",
	  "/Subscriptions/1/resourcegroups/rg" },
	{ "/etc/passwd", "\"/etc/passwd\"", NULL },
};

static void test_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		CLEANUP(search_words_release)
		struct search_words w = SEARCH_WORDS_NONE;
		struct err err = ERR_INIT;

		if (search_words_parse(asked[i].text, &w, &err) < 0)
			fail_msg("'%s': %s", asked[i].text, err.text);
		assert_string_equal(w.match.buf, asked[i].match);
		if (asked[i].path != NULL)
			assert_string_equal(w.path, asked[i].path);
		else
			assert_null(w.path);
	}
}

/* The same words in the same order, of which one is enough. */
static void test_any_of_them(void **state)
{
	CLEANUP(search_words_release)
	struct search_words w = SEARCH_WORDS_NONE;

	(void)state;
	assert_int_equal(
		search_words_parse("a\"b 10.0.1.2 tor* /subscriptions/1/x-y",
				   &w, NULL),
		0);
	assert_string_equal(w.any.buf,
			    "\"a\"\"b\" OR \"10.0.1.2\" OR \"tor\"* OR "
			    "{resource entities} :\"x-y\"");
	assert_int_equal(w.n_hints, 1);
}

/* The whole text, where it can be the name of something. */
static void test_name(void **state)
{
	static const struct {
		const char *text, *name;
	} cases[] = {
		{ " vm-web-1 ", "vm-web-1" },
		{ "\"Exchange Online\"", "Exchange Online" },
		{ "Exchange Online", NULL },
		{ "vm-web*", NULL },
		{ "vm-web-1 -", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(search_words_release)
		struct search_words w = SEARCH_WORDS_NONE;

		assert_int_equal(search_words_parse(cases[i].text, &w, NULL),
				 0);
		if (cases[i].name)
			assert_string_equal(w.name, cases[i].name);
		else
			assert_null(w.name);
	}
}

static const struct {
	const char *text, *complaint;
} refused[] = {
	{ "", "no letter or digit" },
	{ " ** -- \"\" ", "no letter or digit" },
	{ "vm*", "at least 3 letters" },
	{ "10.0.1*", "at least 3 letters" },
	{ "\"ransom wa\"*", "at least 3 letters" },
	{ "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 "
	  "26 27 28 29 30 31 32 33",
	  "too many words" },
};

static void test_refusals(void **state)
{
	CLEANUP(free_ptr) char *endless = xcalloc(1, 1102);
	struct search_words w;
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		assert_int_equal(search_words_parse(refused[i].text, &w, &err),
				 ERR_CONF);
		if (strstr(err.text, refused[i].complaint) == NULL)
			fail_msg("'%s': %s", refused[i].text, err.text);
	}
	memset(endless, 'a', 1101);
	assert_int_equal(search_words_parse(endless, &w, &err), ERR_CONF);
	assert_non_null(strstr(err.text, "too long"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_any_of_them),
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
