/* Positions in a list that moves: which page is asked for next. */
#include "source/skip_pages_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "util/compiler.h"

static void test_request(void **state)
{
	CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;
	struct skip_pages p;

	(void)state;
	skip_pages_begin(&p, "date", 1000, INT64_C(1780992000000));
	skip_pages_request(&p, &body);
	assert_string_equal(body.buf,
			    "{\"filters\":{\"date\":{\"gte\":1000,\"lte\":"
			    "1780992000000}},\"sortField\":\"date\","
			    "\"sortDirection\":\"asc\",\"skip\":0,"
			    "\"limit\":100}");
}

/* What a page says, and what is asked for then. */
struct page {
	const char *has_next, *total, *more; /* NULL: not said */
	size_t n_items;
	int rc; /* of the step */
	const char *has; /* the next request, or the error */
};

struct row {
	const char *name;
	struct page pages[6];
};

#define ASKS(skip, limit) "\"skip\":" skip ",\"limit\":" limit "}"

static const struct row rows[] = {
	{ "one page", { { "false", "7", "false", 7, 0, NULL } } },
	{ "nothing", { { "false", "0", "false", 0, 0, NULL } } },
	{ "as many as came, not as were asked for",
	  { { "true", "170", "false", 90, 1, ASKS("90", "100") },
	    { "true", "170", "false", 50, 1, ASKS("140", "100") },
	    { "false", "170", "false", 30, 0, NULL } } },
	{ "no total",
	  { { "true", NULL, NULL, 100, 1, ASKS("100", "100") },
	    { "false", "null", NULL, 5, 0, NULL } } },
	{ "one left meanwhile: a page back",
	  { { "true", "250", "false", 100, 1, ASKS("100", "100") },
	    { "true", "249", "false", 100, 1, ASKS("0", "99") },
	    { "true", "249", "false", 99, 1, ASKS("99", "99") },
	    { "true", "249", "false", 99, 1, ASKS("198", "99") },
	    { "false", "249", "false", 51, 0, NULL } } },
	{ "the last page says so",
	  { { "true", "150", "false", 100, 1, ASKS("100", "100") },
	    { "false", "149", "false", 49, 1, ASKS("0", "99") },
	    { "true", "149", "false", 99, 1, ASKS("99", "99") },
	    { "false", "149", "false", 50, 0, NULL } } },
	{ "many left: as many back",
	  { { "true", "900", "false", 300, 1, ASKS("300", "100") },
	    { "true", "900", "false", 300, 1, ASKS("600", "100") },
	    { "true", "650", "false", 50, 1, ASKS("350", "99") } } },
	{ "a capped total: every page overlaps",
	  { { "true", "500", "true", 100, 1, ASKS("90", "100") },
	    { "true", "500", "true", 100, 1, ASKS("180", "100") },
	    { "false", "500", "true", 100, 0, NULL } } },
	{ "a small page of a capped total goes on",
	  { { "true", "500", "true", 10, 1, ASKS("10", "100") } } },
	{ "no hasNext",
	  { { NULL, "7", "false", 7, ERR_SCHEMA, "does not say whether" } } },
	{ "a hasNext that is no truth value",
	  { { "\"yes\"", "7", "false", 7, ERR_SCHEMA, "does not say" } } },
	{ "an empty page of many",
	  { { "true", "7", "false", 0, ERR_SCHEMA, "an empty page" } } },
};

static void say(struct skip_pages *p, const char *key, const char *value)
{
	if (value)
		skip_pages_member(p, (struct span){ key, strlen(key) },
				  (struct span){ value, strlen(value) });
}

static int step(struct skip_pages *p, const struct page *page,
		struct strbuf *next, struct err *err)
{
	say(p, "hasNext", page->has_next);
	say(p, "total", page->total);
	say(p, "moreThanTotal", page->more);
	say(p, "max", "100");
	return skip_pages_follow(p, page->n_items, next, err);
}

static void test_steps(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct page *page = rows[i].pages;
		struct skip_pages p;

		skip_pages_begin(&p, "date", 1, 2);
		for (; page->n_items || page->has_next || page->total; page++) {
			CLEANUP(strbuf_release)
			struct strbuf next = STRBUF_INIT;
			struct err err = ERR_INIT;
			int rc = step(&p, page, &next, &err);

			if (rc != page->rc ||
			    (page->has &&
			     !strstr(rc < 0 ? err.text : next.buf, page->has)))
				fail_msg("%s: %d %s%s", rows[i].name, rc,
					 next.buf, err.text);
		}
	}
}

/* Newest first, of somebody, and no more than is wanted. */
static void test_most(void **state)
{
	struct page page = { "true", "900", "false", 100, 1, NULL };
	CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf next = STRBUF_INIT;
	struct err err = ERR_INIT;
	struct skip_pages p;

	(void)state;
	skip_pages_begin(&p, "date", 1, 2);
	p.also = "\"ip.address\":{\"eq\":[\"203.0.113.9\"]}";
	p.descending = true;
	p.most = 150;
	skip_pages_request(&p, &body);
	assert_string_equal(body.buf,
			    "{\"filters\":{\"date\":{\"gte\":1,\"lte\":2},"
			    "\"ip.address\":{\"eq\":[\"203.0.113.9\"]}},"
			    "\"sortField\":\"date\",\"sortDirection\":"
			    "\"desc\",\"skip\":0,\"limit\":100}");
	assert_int_equal(step(&p, &page, &next, &err), 1);
	assert_false(p.cut);
	assert_int_equal(step(&p, &page, &next, &err), 0);
	assert_true(p.cut);
	/* As many as were wanted, and no more there: nothing was cut. */
	skip_pages_begin(&p, "date", 1, 2);
	p.most = 100;
	page.has_next = "false";
	assert_int_equal(step(&p, &page, &next, &err), 0);
	assert_false(p.cut);
}

/* A list that never stands still ends the listing, and no request of it is
 * like another. */
static void test_restless(void **state)
{
	struct page page = { "true", NULL, "false", 100, 1, NULL };
	struct skip_pages p;
	struct err err = ERR_INIT;
	char total[24];
	int n = 0, rc = 1;

	(void)state;
	skip_pages_begin(&p, "date", 1, 2);
	for (; rc > 0 && n < 1000; n++) {
		CLEANUP(strbuf_release) struct strbuf next = STRBUF_INIT;

		snprintf(total, sizeof(total), "%d", 5000 - n);
		page.total = total;
		rc = step(&p, &page, &next, &err);
	}
	assert_int_equal(rc, ERR_SCHEMA);
	assert_string_equal(err.text,
			    "the list changed 9 times while it was read");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_most),
		cmocka_unit_test(test_restless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
