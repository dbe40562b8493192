/* A page on its way: known, new and bad items, and an empty batch after. */
#include "source/batch_priv.h"

#include "source/door.h"
#include "util/jsonx.h"

static void test_page(void **state)
{
	static const char text[] = "{\"_id\":\"1\",\"severityValue\":1}";
	const struct span raw = { text, sizeof(text) - 1 };
	const struct poll_window window = { .source = "s", .scope = "x" };
	struct door_keeper door;
	struct batch b = { .door = DOOR_ANY, .tenant = "" };
	int64_t poll = 0;

	(void)state;
	door_init(&door);
	b.ingest = &door.ingest;
	batch_init(&b, 3);
	assert_int_equal(door_begin(&door, &window, &poll, NULL), 0);
	batch_add(&b, raw);
	batch_add(&b, (struct span){ "{}", 2 });
	assert_false(batch_is_full(&b));
	batch_add_bad(&b, (struct span){ "x", 1 }, "because");
	assert_true(batch_is_full(&b));
	/* A cursor goes with the last page only. */
	assert_int_equal(batch_send(&b, poll, false, "cursor", NULL), 0);
	assert_int_equal(b.n, 0);
	assert_int_equal(door.cursors.n, 0);
	batch_add(&b, raw);
	assert_int_equal(batch_send(&b, poll, true, "cursor", NULL), 0);
	assert_int_equal(door.cursors.n, 1);
	assert_int_equal(door.rows[0].n_alerts, 1);
	assert_int_equal(door.rows[0].n_unchanged, 1);
	assert_int_equal(door.rows[0].n_bad, 2);
	assert_string_equal(door.reasons.v[1], "because");
	batch_release(&b);
	door_release(&door);
}

/* What makes one bad item another: more than the counters of its answer. */
static void test_bad(void **state)
{
	static const char *const texts[] = { "{\"$id\":\"1\",\"a\":1}",
					     "{\"$id\":\"97\",\"a\":1}",
					     "{\"$id\":\"97\",\"a\":2}" };
	struct door_keeper door;
	struct batch b = { .door = DOOR_ARM, .tenant = "" };
	size_t n = ARRAY_SIZE(texts);

	(void)state;
	door_init(&door);
	b.ingest = &door.ingest;
	batch_init(&b, 2 * n);
	for (size_t i = 0; i < 2 * n; i++) {
		const char *text = texts[i % n];
		const struct span raw = { text, strlen(text) };

		if (i < n)
			batch_add(&b, raw);
		else
			batch_add_bad(&b, raw, "because");
		assert_int_equal(b.items[i].kind, ITEM_BAD);
		assert_int_equal(memcmp(b.items[i].raw_hash,
					b.items[i / n * n].raw_hash,
					ALERT_HASH_SIZE) == 0,
				 i % n < 2);
	}
	batch_release(&b);
	door_release(&door);
}

static void test_refused(void **state)
{
	const struct poll_window window = { .source = "s", .scope = "x" };
	struct door_keeper door;
	struct batch b = { .door = DOOR_ANY, .tenant = "" };
	struct err err = ERR_INIT;
	int64_t poll = 0;

	(void)state;
	door_init(&door);
	b.ingest = &door.ingest;
	batch_init(&b, 1);
	assert_int_equal(door_begin(&door, &window, &poll, NULL), 0);
	batch_add(&b, (struct span){ "{}", 2 });
	door.refuse_page = true;
	assert_int_equal(batch_send(&b, poll, true, NULL, &err), ERR_STORE);
	assert_int_equal(b.n, 0);
	batch_release(&b);
	door_release(&door);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_refused),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
