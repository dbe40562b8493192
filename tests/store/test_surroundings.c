/* Two high detectors on one entity: when they are near, and when they are not.
 */
#include "store/surroundings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "helpers/sample.h"
#include "helpers/tempstore.h"
#include "store/alerts.h"
#include "store/txn.h"
#include "util/compiler.h"
#include "util/xmalloc.h"

#define T SAMPLE_NOW_MS
#define HOUR INT64_C(3600000)

static struct txn txn;

static int setup(void **state)
{
	if (tempstore_setup(state) < 0)
		return -1;
	return txn_begin(&txn, ((struct tempstore *)*state)->store, NULL);
}

static int teardown(void **state)
{
	txn_end(&txn);
	return tempstore_teardown(state);
}

static void make(struct alert *a, const char *type)
{
	alert_init(a);
	a->alert_type = xstrdup(type);
	a->resource_id = xstrdup("/subscriptions/1");
	alert_add_entity(a, "account", "kim@example.org", NULL);
	alert_add_entity(a, "app", "Office 365", NULL);
}

/* A stored alert of base high, the fixture's content apart. */
static int64_t store_high(struct store *s, int n, const struct alert *a,
			  int64_t seen_ms)
{
	CLEANUP(alert_release) struct alert row;
	struct sighting at = { 0, seen_ms };
	struct decision d;
	struct high_sight h = { .alert = a,
				.seen_ms = seen_ms,
				.is_new = true };

	sample_arm(&row, n);
	d = sample_decision(&row);
	assert_int_equal(alerts_insert(s, &row, &d, &at, &h.alert_id, NULL), 0);
	assert_int_equal(surroundings_keep(s, &h, true, NULL), 0);
	return h.alert_id;
}

static int ask(struct store *s, const struct alert *a, int64_t id,
	       int64_t seen_ms, int64_t now_ms)
{
	const struct high_sight h = { .alert_id = id,
				      .alert = a,
				      .seen_ms = seen_ms };

	return surroundings_other_high(s, &h, now_ms, NULL);
}

static void within_an_hour_of_it(void **state)
{
	struct store *s = ((struct tempstore *)*state)->store;
	static const struct {
		int64_t after, now;
		int found;
	} rows[] = {
		{ 0, 0, 1 },
		{ HOUR, HOUR, 1 },
		{ HOUR + 1, HOUR + 1, 0 },
		/* Also when this one came first, once the other is there. */
		{ -HOUR, 0, 1 },
		{ -HOUR, -1, 0 },
		{ -HOUR - 1, 0, 0 },
		/* The answer is the same days later. */
		{ HOUR, 99 * HOUR, 1 },
	};
	CLEANUP(alert_release) struct alert first, second;

	make(&first, "VM_Login");
	make(&second, "VM_Miner");
	store_high(s, 1, &first, T);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(ask(s, &second, 0, T + rows[i].after,
				     T + rows[i].now),
				 rows[i].found);
}

static void what_makes_two_of_them(void **state)
{
	struct store *s = ((struct tempstore *)*state)->store;
	CLEANUP(alert_release) struct alert first, same, upper, other, none;
	int64_t id;

	make(&first, "VM_Login");
	make(&same, "vm_login");
	make(&upper, "A_Miner"); /* before it in the order of the index */
	free(upper.entities[0].value);
	upper.entities[0].value = xstrdup("KIM@example.org");
	make(&other, "VM_Miner");
	free(other.entities[0].value);
	other.entities[0].value = xstrdup("lee@example.org");
	make(&none, "");
	id = store_high(s, 1, &first, T);
	assert_int_equal(ask(s, &same, 0, T, T), 0);
	assert_int_equal(ask(s, &upper, 0, T, T), 1);
	/* The application and the subscription are shared, which is nothing. */
	assert_int_equal(ask(s, &other, 0, T, T), 0);
	assert_int_equal(ask(s, &none, 0, T, T), 0);
	/* Never itself, under whatever name. */
	assert_int_equal(ask(s, &upper, id, T, T), 0);
}

static void one_resource(void **state)
{
	static const char resource[] =
		"/subscriptions/1/resourceGroups/rg/providers/x";
	struct store *s = ((struct tempstore *)*state)->store;
	CLEANUP(alert_release) struct alert first, second;

	make(&first, "VM_Login");
	make(&second, "VM_Miner");
	free(second.entities[0].value);
	second.entities[0].value = xstrdup("lee@example.org");
	free(first.resource_id);
	first.resource_id = xstrdup(resource);
	alert_add_entity(&second, "resource", resource, NULL);
	store_high(s, 1, &first, T);
	assert_int_equal(ask(s, &second, 0, T, T), 1);
}

static void follows_what_it_is_now(void **state)
{
	struct store *s = ((struct tempstore *)*state)->store;
	CLEANUP(alert_release) struct alert first, second;
	struct high_sight h = { .alert = &first, .seen_ms = T };

	make(&first, "VM_Login");
	make(&second, "VM_Miner");
	h.alert_id = store_high(s, 1, &first, T);
	assert_int_equal(surroundings_keep(s, &h, true, NULL), 0); /* again */
	assert_int_equal(ask(s, &second, 0, T, T), 1);
	free(first.entities[0].value);
	first.entities[0].value = xstrdup("lee@example.org");
	assert_int_equal(surroundings_keep(s, &h, true, NULL), 0);
	assert_int_equal(ask(s, &second, 0, T, T), 0);
	free(first.entities[0].value);
	first.entities[0].value = xstrdup("kim@example.org");
	assert_int_equal(surroundings_keep(s, &h, true, NULL), 0);
	assert_int_equal(ask(s, &second, 0, T, T), 1);
	assert_int_equal(surroundings_keep(s, &h, false, NULL), 0); /* fell */
	assert_int_equal(ask(s, &second, 0, T, T), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(within_an_hour_of_it, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_makes_two_of_them, setup,
						teardown),
		cmocka_unit_test_setup_teardown(one_resource, setup, teardown),
		cmocka_unit_test_setup_teardown(follows_what_it_is_now, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
