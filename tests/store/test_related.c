/* What alerts have in common, found along indexes. */
#include "store/related.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "alert_scene.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

static void replace(char **field, const char *text)
{
	free(*field);
	*field = text ? xstrdup(text) : NULL;
}

/* An alert that shares nothing with the others but what is given. */
static int64_t put(struct scene *sc, int n, const char *user,
		   const char *incident, const char *techniques)
{
	struct alert *a = &sc->a;
	char *value;

	alert_release(a);
	sample_arm(a, n);
	for (size_t i = 0; i < a->n_entities; i++) {
		value = xasprintf("%s-%d", a->entities[i].value, n);
		free(a->entities[i].value);
		a->entities[i].value = value;
	}
	alert_add_entity(a, "account", user, NULL);
	replace(&a->incident, incident);
	replace(&a->techniques, techniques);
	sc->d = sample_decision(a);
	sc->at.now_ms = SAMPLE_NOW_MS + n * 60000;
	return insert(sc);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "ID:value*n ..." sorted. */
static const char *found(struct scene *sc, int64_t id)
{
	static char text[1024];
	CLEANUP(relations_release) struct relations list = { 0 };
	CLEANUP(strlist_release) struct strlist words = { 0 };
	CLEANUP(free_ptr) char *joined = NULL;
	struct err err = ERR_INIT;
	int64_t seen_ms = 0;

	if (sc->txn.store != NULL)
		assert_int_equal(txn_commit(&sc->txn, NULL), 0);
	if (related_find(sc->s, id, &list, &seen_ms, &err) != 1)
		fail_msg("%s", err.text);
	assert_int_equal(seen_ms, SAMPLE_NOW_MS + id * 60000);
	for (size_t i = 0; i < list.n; i++) {
		CLEANUP(free_ptr)
		char *word =
			xasprintf("%lld:%s*%lld", (long long)list.v[i].alert_id,
				  list.v[i].value, (long long)list.v[i].n);

		assert_int_equal(list.v[i].seen_ms,
				 SAMPLE_NOW_MS + list.v[i].alert_id * 60000);
		strlist_add(&words, word);
	}
	if (words.n > 0)
		qsort(words.v, words.n, sizeof(*words.v), by_text);
	joined = strlist_join(&words, " ");
	snprintf(text, sizeof(text), "%s", joined);
	assert_int_equal(txn_begin(&sc->txn, sc->s, NULL), 0);
	return text;
}

static void test_every_kind(void **state)
{
	struct scene *sc = *state;

	put(sc, 1, "mallory@contoso.com", "4711", "T1078,T1110");
	put(sc, 2, "MALLORY@contoso.com", NULL, NULL);
	put(sc, 3, "ada@contoso.com", "4711", NULL);
	put(sc, 4, "kim@contoso.com", NULL, "T1110");
	put(sc, 5, "lee@contoso.com", NULL, NULL);
	assert_string_equal(found(sc, 1), "2:mallory@contoso.com*2 3:4711*2 "
					  "4:T1110*2");
	assert_string_equal(found(sc, 2), "1:MALLORY@contoso.com*2");
	assert_string_equal(found(sc, 5), "");
}

static void test_the_same_resource(void **state)
{
	struct scene *sc = *state;

	put(sc, 1, "a", NULL, NULL);
	put(sc, 2, "b", NULL, NULL);
	assert_int_equal(txn_commit(&sc->txn, NULL), 0);
	tempstore_exec(sc->t, "UPDATE alert SET resource_id = "
			      "'/subscriptions/1/resourceGroups/RG/x/vm-1'");
	assert_int_equal(txn_begin(&sc->txn, sc->s, NULL), 0);
	assert_string_equal(found(sc, 1),
			    "2:/subscriptions/1/resourceGroups/RG/x/vm-1*2");
}

/* Of what thousands have, the nearest. */
static void test_nearest_only(void **state)
{
	struct scene *sc = *state;
	CLEANUP(relations_release) struct relations list = { 0 };
	int64_t seen_ms, least = INT64_MAX, most = 0;

	for (int i = 1; i <= 1200; i++)
		put(sc, i, "everybody", NULL, NULL);
	assert_int_equal(txn_commit(&sc->txn, NULL), 0);
	assert_int_equal(related_find(sc->s, 600, &list, &seen_ms, NULL), 1);
	assert_int_equal(list.n, 2 * RELATED_NEAR);
	for (size_t i = 0; i < list.n; i++) {
		assert_int_equal(list.v[i].n, RELATION_MANY);
		assert_true(list.v[i].alert_id != 600);
		least = MIN(least, list.v[i].alert_id);
		most = MAX(most, list.v[i].alert_id);
	}
	assert_int_equal(least, 600 - RELATED_NEAR);
	assert_int_equal(most, 600 + RELATED_NEAR);
}

static void test_hostile_and_absent(void **state)
{
	struct scene *sc = *state;
	CLEANUP(relations_release) struct relations list = { 0 };
	int64_t seen_ms;

	put(sc, 1, "\" OR alert MATCH '", "'; DROP", "T1\" OR \"T2, NEAR(");
	put(sc, 2, "\" OR alert MATCH '", "'; DROP", "\", T2");
	assert_non_null(strstr(found(sc, 1), "2:'; DROP*2"));
	assert_int_equal(related_find(sc->s, 99, &list, &seen_ms, NULL), 0);
	assert_int_equal(list.n, 0);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_every_kind),
		WITH(test_the_same_resource),
		WITH(test_nearest_only),
		WITH(test_hostile_and_absent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
