/* What asks for a response: whom it reached, and taking the rest back. */
#include "store/outbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/response.h"
#include "store/outbox_scene.h"
#include "util/xmalloc.h"

#define ID 7

static int64_t ask_for(struct scene *sc, int64_t id, enum response_state word,
		       const char *target, int n)
{
	struct notice v = sample_notice(1, target, n);

	v.step = NOTICE_STEP_ABOUT_RESPONSE;
	v.transition = response_transition(id, word);
	return put_notice(sc, &v, 1);
}

static int unask(struct scene *sc)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	const struct response r = { .id = ID, .alert_id = 1 };
	int n;

	assert_int_equal(txn_begin(&txn, sc->s, NULL), 0);
	n = outbox_unask(sc->s, &r, "decided", T, NULL);
	assert_int_equal(txn_commit(&txn, NULL), 0);
	return n;
}

/* The first time and the second, and nothing else of that alert. */
static void test_unask(void **state)
{
	struct scene *sc = *state;

	put(sc, 1, "soc", 1);
	ask_for(sc, ID, RESPONSE_WAITING, "soc", 2);
	ask_for(sc, ID, RESPONSE_PLANNED, "soc", 3);
	ask_for(sc, ID, RESPONSE_FAILED, "soc", 4);
	ask_for(sc, ID - 1, RESPONSE_WAITING, "soc", 5);
	ask_for(sc, ID + 1, RESPONSE_PLANNED, "soc", 6);
	assert_int_equal(unask(sc), 2);
	assert_string_equal(row(sc), "1pending0 2superseded0:decided "
				     "3superseded0:decided 4pending0 5pending0 "
				     "6pending0");
	assert_int_equal(unask(sc), 0);
}

/* What a sender has may arrive; it is not tried again. */
static void test_unask_leased(void **state)
{
	struct scene *sc = *state;
	int64_t a = ask_for(sc, ID, RESPONSE_WAITING, "soc", 1);
	int64_t b = ask_for(sc, ID, RESPONSE_WAITING, "mail", 2);

	assert_int_equal(lease(sc, "soc", T, 8), 1);
	assert_int_equal(lease(sc, "mail", T, 8), 1);
	assert_int_equal(unask(sc), 2);
	settle(sc, a, NOTICE_SENT, 0, NULL);
	settle(sc, b, NOTICE_RETRY, T + 9, "timeout");
	assert_string_equal(row(sc), "1sent1 2superseded1:decided");
}

static void expect_asked(struct scene *sc, int n, const char *first)
{
	const struct response r = { .id = ID, .alert_id = 1 };
	struct told *v = NULL;

	assert_int_equal(outbox_asked(sc->s, &r, &v, NULL), n);
	if (n > 0)
		assert_string_equal(v[0].target, first);
	told_free(v, (size_t)n);
}

/* Each once, and nobody whom it did not reach. */
static void test_asked(void **state)
{
	struct scene *sc = *state;
	int64_t dead = ask_for(sc, ID, RESPONSE_WAITING, "mail", 1);
	int64_t other = ask_for(sc, ID + 1, RESPONSE_WAITING, "other", 2);

	ask_for(sc, ID, RESPONSE_WAITING, "soc", 3);
	assert_int_equal(lease(sc, "mail", T, 8), 1);
	assert_int_equal(lease(sc, "other", T, 8), 1);
	settle(sc, dead, NOTICE_DEAD, 0, "no such box");
	settle(sc, other, NOTICE_SENT, 0, NULL);
	expect_asked(sc, 0, NULL);
	assert_int_equal(lease(sc, "soc", T, 8), 1);
	expect_asked(sc, 1, "soc"); /* it may be there by now */
	settle(sc, 3, NOTICE_SENT, 0, NULL);
	settle(sc, ask_for(sc, ID, RESPONSE_PLANNED, "soc", 4), NOTICE_SENT, 0,
	       NULL);
	expect_asked(sc, 1, "soc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_unask, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unask_leased, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_asked, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
