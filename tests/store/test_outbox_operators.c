/* What operators do, who is told instead, and what is kept about targets. */
#include "store/outbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "store/outbox_scene.h"
#include "store/targets.h"
#include "util/strlist.h"
#include "util/xmalloc.h"

static int64_t put_critical(struct scene *sc, int64_t alert, const char *target,
			    enum notice_kind kind)
{
	static int number = 100;
	struct notice v = sample_notice(alert, target, number++);

	v.severity = SEVERITY_CRITICAL;
	v.kind = kind;
	return put_notice(sc, &v, 1);
}

/* Runs one changing call in a transaction of its own. */
#define IN_TXN(sc, call)                                                       \
	do {                                                                   \
		struct txn txn_ = TXN_NONE;                                    \
		assert_int_equal(txn_begin(&txn_, (sc)->s, NULL), 0);          \
		call;                                                          \
		assert_int_equal(txn_commit(&txn_, NULL), 0);                  \
	} while (0)

static int drop(struct scene *sc, int64_t id)
{
	int rc;

	IN_TXN(sc, rc = outbox_drop(sc->s, id, "dropped by ada: told", NULL));
	return rc;
}

static void test_drop(void **state)
{
	struct scene *sc = *state;

	for (int i = 1; i <= 3; i++)
		put(sc, i, "soc", i);
	assert_int_equal(lease(sc, "soc", T, 2), 2);
	settle(sc, 1, NOTICE_DEAD, 0, "HTTP 404");
	assert_int_equal(drop(sc, 1), 1);
	assert_int_equal(drop(sc, 1), 0);
	assert_int_equal(drop(sc, 9), 0);
	assert_int_equal(drop(sc, 3), 1);
	/* In flight: it ends so unless it arrives. */
	assert_int_equal(drop(sc, 2), 1);
	assert_string_equal(row(sc),
			    "1superseded1:dropped by ada: told 2leased1 "
			    "3superseded0:dropped by ada: told");
	settle(sc, 2, NOTICE_RETRY, T + 9, "HTTP 500");
	assert_non_null(strstr(row(sc), "2superseded1:dropped by ada: told"));
}

static void test_list_of_a_target(void **state)
{
	struct scene *sc = *state;
	int64_t ids[4];

	put(sc, 1, "soc", 1);
	put(sc, 2, "soc", 2);
	put(sc, 3, "mail", 3);
	assert_int_equal(lease(sc, "soc", T, 1), 1);
	settle(sc, 1, NOTICE_DEAD, 0, "HTTP 404");
	assert_int_equal(outbox_list(sc->s, "soc", false, ids, 4, NULL), 2);
	assert_int_equal(outbox_list(sc->s, "soc", true, ids, 4, NULL), 1);
	assert_int_equal(ids[0], 1);
	assert_int_equal(outbox_list(sc->s, "mail", true, ids, 4, NULL), 0);
	assert_int_equal(outbox_list(sc->s, NULL, true, ids, 4, NULL), 1);
	assert_int_equal(outbox_about(sc->s, 3, ids, 4, NULL), 1);
	assert_int_equal(ids[0], 3);
}

static void fail_once(struct scene *sc, const char *target)
{
	assert_int_equal(lease(sc, target, T + 1000, 1), 1);
	settle(sc, sc->got[0].id, NOTICE_RETRY, T + 10, "HTTP 500");
}

static int unheard(struct scene *sc, int64_t *ret_id)
{
	struct unheard v[4];
	int n = outbox_unheard(sc->s, 3, T, v, 4, NULL);

	assert_true(n >= 0);
	for (int i = 0; i < n; i++) {
		*ret_id = v[i].notice.id;
		notice_release(&v[i].notice);
	}
	return n;
}

static void test_unheard_after_three_tries(void **state)
{
	struct scene *sc = *state;
	int64_t id, critical = put_critical(sc, 1, "soc", NOTICE_OPENED);

	put(sc, 2, "soc", 1); /* high: nobody else is told of it */
	put_critical(sc, 3, "mail", NOTICE_CLOSED); /* calls for nothing */
	for (int i = 0; i < 3; i++) {
		assert_int_equal(unheard(sc, &id), 0);
		fail_once(sc, "soc");
	}
	assert_int_equal(unheard(sc, &id), 1);
	assert_int_equal(id, critical);
	IN_TXN(sc,
	       assert_int_equal(outbox_told_instead(sc->s, id, "mail", NULL),
				1));
	assert_int_equal(unheard(sc, &id), 0);
}

/* A rise to critical begins the ladder anew; about a response somebody has
 * asked for, others have nothing to say. */
static void test_unheard_rise(void **state)
{
	struct scene *sc = *state;
	int64_t id, rise = put_critical(sc, 1, "soc", NOTICE_UPDATED);
	struct notice v = sample_notice(2, "soc", 99);

	v.severity = SEVERITY_CRITICAL;
	v.kind = NOTICE_UPDATED;
	v.step = NOTICE_STEP_ABOUT_RESPONSE;
	put_notice(sc, &v, 1);
	assert_int_equal(lease(sc, "soc", T, 2), 2);
	settle(sc, sc->got[0].id, NOTICE_DEAD, 0, "HTTP 404");
	settle(sc, sc->got[1].id, NOTICE_DEAD, 0, "HTTP 404");
	assert_int_equal(unheard(sc, &id), 1);
	assert_int_equal(id, rise);
}

/* One try, and the target wants the next in an hour (Retry-After). */
static void test_unheard_when_put_off(void **state)
{
	struct scene *sc = *state;
	int64_t id, soon = put_critical(sc, 1, "soc", NOTICE_OPENED);
	int64_t late = put_critical(sc, 2, "mail", NOTICE_OPENED);

	assert_int_equal(lease(sc, "soc", T, 1), 1);
	settle(sc, soon, NOTICE_RETRY, T + OUTBOX_PATIENCE_MS, "HTTP 503");
	assert_int_equal(unheard(sc, &id), 0);
	assert_int_equal(lease(sc, "mail", T, 1), 1);
	settle(sc, late, NOTICE_RETRY, T + 3600000, "HTTP 429");
	assert_int_equal(unheard(sc, &id), 1);
	assert_int_equal(id, late);
}

/* It waits behind the first message of its alert, which was none of a critical
 * and does not get through: it would not either. */
static void test_unheard_behind_another(void **state)
{
	struct scene *sc = *state;
	int64_t id, rise;

	put(sc, 1, "soc", 1);
	for (int i = 0; i < 2; i++)
		fail_once(sc, "soc");
	rise = put_critical(sc, 1, "soc", NOTICE_UPDATED);
	put_critical(sc, 2, "mail", NOTICE_OPENED); /* nobody before it */
	assert_int_equal(unheard(sc, &id), 0);
	fail_once(sc, "soc");
	assert_int_equal(unheard(sc, &id), 1);
	assert_int_equal(id, rise);
}

static void test_unheard_when_refused_or_dead(void **state)
{
	struct scene *sc = *state;
	int64_t id, first = put_critical(sc, 1, "soc", NOTICE_OPENED);
	struct settlement v = { .id = first,
				.state = NOTICE_RETRY,
				.not_before_ms = T + 10,
				.error = "HTTP 401",
				.news = SETTLE_REFUSED };
	int64_t second;

	assert_int_equal(lease(sc, "soc", T, 1), 1);
	assert_int_equal(outbox_settle(sc->s, &v, 1, T, NULL), 0);
	second = put_critical(sc, 2, "soc", NOTICE_ESCALATED);
	assert_int_equal(unheard(sc, &id), 2);
	assert_int_equal(id, second);
	IN_TXN(sc, assert_int_equal(targets_enable(sc->s, "soc", NULL), 1));
	assert_int_equal(unheard(sc, &id), 0);
	assert_int_equal(lease(sc, "soc", T, 1), 1);
	settle(sc, second, NOTICE_DEAD, 0, "HTTP 404");
	assert_int_equal(unheard(sc, &id), 1);
	assert_int_equal(id, second);
}

static void test_second_is_put_once(void **state)
{
	struct scene *sc = *state;
	int64_t id, of = put_critical(sc, 1, "soc", NOTICE_OPENED);
	struct notice n = sample_notice(1, "mail", 7);

	n.severity = SEVERITY_CRITICAL;
	assert_int_equal(outbox_has_news(sc->s, &n, "mail", NULL), 0);
	IN_TXN(sc, assert_int_equal(outbox_put_second(sc->s, &n, of, NULL), 1));
	IN_TXN(sc, assert_int_equal(outbox_put_second(sc->s, &n, of, NULL), 0));
	assert_int_equal(outbox_has_news(sc->s, &n, "mail", NULL), 1);
	assert_int_equal(outbox_has_news(sc->s, &n, "other", NULL), 0);
	n.created_ms++;
	assert_int_equal(outbox_has_news(sc->s, &n, "mail", NULL), 0);
	/* It is passed on to nobody itself. */
	for (int i = 0; i < 3; i++)
		fail_once(sc, "mail");
	assert_int_equal(unheard(sc, &id), 0);
	notice_release(&n);
}

static void test_room_by_kind(void **state)
{
	struct scene *sc = *state;
	const struct outbox_room room = { 4, 1, 2, false };

	for (int i = 1; i <= 3; i++)
		put(sc, i, "soc", i);
	put_critical(sc, 0, "soc", NOTICE_OPENED);
	put_critical(sc, 0, "soc", NOTICE_OPENED);
	assert_int_equal(outbox_next_kind_ms(sc->s, "soc", true, 0), T);
	assert_int_equal(outbox_next_kind_ms(sc->s, "soc", false, T + 9),
			 T + 9);
	assert_int_equal(outbox_next_kind_ms(sc->s, "mail", true, 0), 0);
	sc->n = outbox_lease(sc->s, "soc", T, &room, sc->got, NULL);
	assert_int_equal(sc->n, 3);
	assert_int_equal(sc->got[0].id, 4);
	assert_int_equal(sc->got[1].id, 1);
	assert_int_equal(sc->got[2].id, 2);
}

static void test_sent_since(void **state)
{
	struct scene *sc = *state;

	put(sc, 1, "soc", 1);
	put_critical(sc, 2, "soc", NOTICE_OPENED);
	assert_int_equal(lease(sc, "soc", T, 2), 2);
	settle(sc, 1, NOTICE_SENT, 0, NULL); /* at T + 5 */
	settle(sc, 2, NOTICE_RETRY, T + 9, "HTTP 500");
	assert_int_equal(outbox_sent_since(sc->s, "soc", false, T, INT64_MAX,
					   NULL),
			 1);
	assert_int_equal(outbox_sent_since(sc->s, "soc", false, T, T + 4, NULL),
			 0);
	assert_int_equal(outbox_sent_since(sc->s, "soc", true, T, INT64_MAX,
					   NULL),
			 0);
	assert_int_equal(outbox_sent_since(sc->s, "soc", false, T + 5,
					   INT64_MAX, NULL),
			 0);
}

static void test_disabled_is_kept(void **state)
{
	struct scene *sc = *state;
	CLEANUP(target_state_release) struct target_state t = { 0 };
	struct settlement v = { .id = 1,
				.state = NOTICE_DEAD,
				.error = "HTTP 410",
				.news = SETTLE_DISABLES,
				.print = 4711 };

	put(sc, 1, "soc", 1);
	assert_int_equal(targets_get(sc->s, "soc", &t, NULL), 0);
	assert_int_equal(t.disabled_ms, 0);
	assert_int_equal(lease(sc, "soc", T, 1), 1);
	assert_int_equal(outbox_settle(sc->s, &v, 1, T + 5, NULL), 0);
	assert_int_equal(targets_get(sc->s, "soc", &t, NULL), 0);
	assert_int_equal(t.disabled_ms, T + 5);
	assert_int_equal(t.print, 4711);
	assert_string_equal(t.disabled_why, "HTTP 410");
	IN_TXN(sc, assert_int_equal(targets_enable(sc->s, "soc", NULL), 1));
	IN_TXN(sc, assert_int_equal(targets_enable(sc->s, "soc", NULL), 0));
}

/* What a sender holds may still arrive, and is none until it comes back. */
static void test_orphans(void **state)
{
	struct scene *sc = *state;
	CLEANUP(strlist_release) struct strlist names = STRLIST_INIT;
	struct unheard v[4];
	int n;

	put(sc, 1, "soc", 1);
	put(sc, 1, "gone", 1);
	put(sc, 2, "gone", 1);
	put(sc, 1, "left", 1);
	strlist_add(&names, "soc");
	assert_int_equal(lease(sc, "gone", T, 1), 1);
	n = outbox_orphans(sc->s, &names, v, 4, NULL);
	assert_int_equal(n, 2);
	for (int i = 0; i < n; i++) {
		assert_true(v[i].gone);
		assert_string_not_equal(v[i].notice.target, "soc");
		assert_int_equal(drop(sc, v[i].notice.id), 1);
		notice_release(&v[i].notice);
	}
	assert_int_equal(outbox_orphans(sc->s, &names, v, 4, NULL), 0);
	settle(sc, 2, NOTICE_RETRY, T + 60000, "HTTP 503");
	assert_int_equal(outbox_orphans(sc->s, &names, v, 4, NULL), 1);
	assert_int_equal(v[0].notice.id, 2);
	notice_release(&v[0].notice);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_drop),
		WITH(test_list_of_a_target),
		WITH(test_unheard_after_three_tries),
		WITH(test_unheard_rise),
		WITH(test_unheard_when_put_off),
		WITH(test_unheard_behind_another),
		WITH(test_unheard_when_refused_or_dead),
		WITH(test_second_is_put_once),
		WITH(test_orphans),
		WITH(test_room_by_kind),
		WITH(test_sent_since),
		WITH(test_disabled_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
