/* Which alert is closer: what is rare and near counts more. */
#include "triage/kinship.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "util/compiler.h"
#include "util/strbuf.h"

#define MIN_MS INT64_C(60000)
#define HOUR (60 * MIN_MS)
#define DAY (24 * HOUR)
#define T INT64_C(1772442000000)

#define ENTITY(kind, value, n, id, apart)                                      \
	{                                                                      \
		RELATION_ENTITY, (char *)(kind), (char *)(value), n, id,       \
			T + (apart)                                            \
	}
#define OTHER(what, value, n, id, apart)                                       \
	{                                                                      \
		what, NULL, (char *)(value), n, id, T + (apart)                \
	}

/* The first of each pair is closer. */
static const struct {
	struct relation closer;
	int64_t closer_ms;
	struct relation farther;
	int64_t farther_ms;
} pairs[] = {
	/* rarer */
	{ ENTITY("ip", "a", 2, 1, 0), HOUR, ENTITY("ip", "b", 900, 2, 0),
	  HOUR },
	{ ENTITY("ip", "a", 3, 1, 0), HOUR, ENTITY("ip", "b", 4, 2, 0), HOUR },
	/* nearer */
	{ ENTITY("ip", "a", 9, 1, 0), HOUR, ENTITY("ip", "a", 9, 2, 0),
	  7 * HOUR },
	{ ENTITY("ip", "a", 9, 1, 0), 6 * DAY, ENTITY("ip", "a", 9, 2, 0),
	  40 * DAY },
	/* more telling */
	{ OTHER(RELATION_INCIDENT, "7", 9, 1, 0), 0,
	  OTHER(RELATION_TECHNIQUE, "T1", 9, 2, 0), 0 },
	{ ENTITY("account", "a", 9, 1, 0), 0, ENTITY("app", "a", 9, 2, 0), 0 },
	{ OTHER(RELATION_RESOURCE, "/x", 9, 1, 0), 0,
	  OTHER(RELATION_TECHNIQUE, "T1", 9, 2, 0), 0 },
	/* a rare one of last week before one of this hour that all have */
	{ ENTITY("account", "a", 2, 1, 0), 6 * DAY,
	  ENTITY("app", "Office", 1000, 2, 0), 0 },
};

static void test_what_counts_more(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		int64_t closer =
			kinship_score(&pairs[i].closer, pairs[i].closer_ms);
		int64_t farther =
			kinship_score(&pairs[i].farther, pairs[i].farther_ms);

		if (closer <= farther)
			fail_msg("pair %zu: %lld, %lld", i, (long long)closer,
				 (long long)farther);
	}
	/* Before or after is the same. */
	assert_int_equal(kinship_score(&pairs[0].closer, -HOUR),
			 kinship_score(&pairs[0].closer, HOUR));
	/* Whatever the count says, nothing is worth nothing. */
	assert_true(
		kinship_score(&(struct relation)OTHER(RELATION_TECHNIQUE, "T1",
						      INT64_MAX, 1, 0),
			      INT64_MAX) > 0);
}

static void add(struct relations *list, const struct relation *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		relations_add(list, &v[i]);
}

/* "ID:why,why ..." in order. */
static const char *ranked(struct relations *list)
{
	static char text[512];
	CLEANUP(kinship_release) struct kinship k = { 0 };
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	kinship_rank(list, T, &k);
	for (size_t i = 0; i < k.n; i++) {
		strbuf_addf(&sb, "%s%lld:", i > 0 ? " " : "",
			    (long long)k.v[i].alert_id);
		for (size_t j = 0; j < k.v[i].n_why; j++)
			strbuf_addf(&sb, "%s%s", j > 0 ? "," : "",
				    k.v[i].why[j]->value);
	}
	snprintf(text, sizeof(text), "%s", sb.buf ? sb.buf : "");
	return text;
}

static void test_ranking(void **state)
{
	CLEANUP(relations_release) struct relations list = { 0 };
	static const struct relation found[] = {
		ENTITY("app", "office", 900, 5, -HOUR),
		ENTITY("ip", "192.0.2.1", 3, 7, -2 * DAY),
		ENTITY("ip", "192.0.2.1", 3, 9, -HOUR),
		ENTITY("account", "ada", 4, 7, -2 * DAY),
		OTHER(RELATION_INCIDENT, "4711", 2, 9, -HOUR),
		/* the same under two roles, and in other letters */
		ENTITY("account", "Ada", 4, 7, -2 * DAY),
	};

	(void)state;
	add(&list, found, ARRAY_SIZE(found));
	assert_string_equal(ranked(&list), "9:4711,192.0.2.1 7:192.0.2.1,ada "
					   "5:office");
}

static void test_ties(void **state)
{
	CLEANUP(relations_release) struct relations list = { 0 };
	static const struct relation found[] = {
		ENTITY("ip", "x", 9, 1, -30 * MIN_MS),
		ENTITY("ip", "x", 9, 2, -20 * MIN_MS),
		ENTITY("ip", "x", 9, 3, 20 * MIN_MS),
	};

	(void)state;
	assert_string_equal(ranked(&list), "");
	add(&list, found, ARRAY_SIZE(found));
	assert_string_equal(ranked(&list), "3:x 2:x 1:x");
}

static void test_words(void **state)
{
	static const struct {
		struct relation r;
		const char *word;
	} rows[] = {
		{ ENTITY("account", "a", 2, 1, 0), "user" },
		{ ENTITY("ip", "a", 2, 1, 0), "address" },
		{ ENTITY("host", "a", 2, 1, 0), "host" },
		{ OTHER(RELATION_INCIDENT, "7", 2, 1, 0), "incident" },
		{ OTHER(RELATION_RESOURCE, "/x", 2, 1, 0), "resource" },
		{ OTHER(RELATION_TECHNIQUE, "T1", 2, 1, 0), "technique" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_string_equal(relation_word(&rows[i].r), rows[i].word);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_counts_more),
		cmocka_unit_test(test_ranking),
		cmocka_unit_test(test_ties),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
