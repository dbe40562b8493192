/* A round through subscriptions: what is asked, what is kept, what goes on. */
#include "posture/collect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "util/jsonx.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

#define NOW 1800000000000

/* The last word of an address, before the version. */
static char *word_of(const char *url)
{
	CLEANUP(free_ptr) char *path = xstrndup(url, strcspn(url, "?"));

	return xstrdup(strrchr(path, '/') + 1);
}

/* What the door is asked, answered by the test, one listing at a time. */
struct world {
	struct collect *collect;
	struct collect_door door;
	struct strlist subscriptions;

	char *asked; /* "a assessments"; NULL: nothing */
	struct listed_sink to;
	size_t n_cancelled;

	struct strbuf kept; /* "a plans 2; ..." and " ! why" */
	bool store_is_full;
	size_t slice; /* items that are kept in a turn; 0: all */
	size_t n_turns; /* that were asked for */
	size_t n_rounds;
	struct collect_result result;
};

static void *on_list(void *ctx, const char *url, const char *subscription,
		     const struct listed_sink *to)
{
	struct world *w = ctx;
	CLEANUP(free_ptr) char *word = word_of(url);

	assert_null(w->asked);
	assert_ptr_equal(strstr(url, "https://arm.example/subscriptions"), url);
	w->asked = xasprintf("%s %s", subscription, word);
	w->to = *to;
	return w;
}

static void on_cancel(void *ctx, void *listing)
{
	struct world *w = ctx;

	assert_ptr_equal(listing, w);
	w->n_cancelled++;
}

static int on_keep(void *ctx, const struct posture_page *p, size_t *at,
		   struct err *err)
{
	struct world *w = ctx;

	if (w->store_is_full)
		return err_set(err, ERR_STORE_FULL, "the disk is full");
	assert_int_equal(p->now_ms, NOW);
	if (w->slice && p->n - *at > w->slice) {
		*at += w->slice;
		return 1;
	}
	assert_string_equal(p->source, "azure");
	strbuf_addf(&w->kept, "%s%s %s %zu", w->kept.len ? "; " : "",
		    p->subscription, posture_part_name(p->part), p->n);
	if (p->n_unread)
		strbuf_addf(&w->kept, " ?%zu", p->n_unread);
	if (p->trouble)
		strbuf_addf(&w->kept, " ! %s", p->trouble);
	return 0;
}

static void on_turn(void *ctx)
{
	struct world *w = ctx;

	w->n_turns++;
}

static int64_t on_now(void *ctx)
{
	(void)ctx;
	return NOW;
}

static void on_done(void *arg, const struct collect_result *r)
{
	struct world *w = arg;

	w->n_rounds++;
	w->result = *r;
}

static int open_world(void **state)
{
	static struct world w;

	w = (struct world){ .kept = STRBUF_INIT };
	w.door = (struct collect_door){ .ctx = &w,
					.list = on_list,
					.cancel = on_cancel,
					.keep = on_keep,
					.turn = on_turn,
					.now_ms = on_now };
	strlist_add(&w.subscriptions, "a");
	strlist_add(&w.subscriptions, "b");
	w.collect = collect_new("azure", "https://arm.example", &w.door);
	*state = &w;
	return 0;
}

static int close_world(void **state)
{
	struct world *w = *state;

	collect_free(w->collect);
	strlist_release(&w->subscriptions);
	strbuf_release(&w->kept);
	free(w->asked);
	return 0;
}

static void begin(struct world *w)
{
	collect_begin(w->collect, &w->subscriptions, on_done, w);
}

/* The listing that runs must be @asked; it has one item (NULL: none). */
static void answer(struct world *w, const char *asked, const char *item,
		   enum listed end, const char *error)
{
	const struct listed_result r = { .end = end,
					 .error = error,
					 .retry_after_ms = end == LISTED_STOP
								   ? 5000
								   : 0 };

	assert_non_null(w->asked);
	assert_string_equal(w->asked, asked);
	assert_true(collect_is_busy(w->collect));
	if (item)
		w->to.item(w->to.arg, (struct span){ item, strlen(item) });
	free(take(w->asked));
	w->to.done(w->to.arg, &r);
}

static void whole(struct world *w, const char *asked, const char *item)
{
	answer(w, asked, item, LISTED_ALL, NULL);
}

/* Everything that is asked from here on is there, and empty. */
static void whole_rest(struct world *w)
{
	while (w->asked) {
		CLEANUP(free_ptr) char *asked = xstrdup(w->asked);

		whole(w, asked, NULL);
	}
}

/* A new round, up to the first subscription. */
static void begin_anew(struct world *w)
{
	begin(w);
	whole(w, " subscriptions", "{\"subscriptionId\":\"a\"}");
}

#define PLAN "{\"name\":\"Arm\",\"properties\":{\"pricingTier\":\"Free\"}}"
#define FOUND(kind, code)                                                      \
	"{\"id\":\"/subscriptions/a/providers/Microsoft.Security/"             \
	"assessments/" kind "\",\"name\":\"" kind                              \
	"\",\"properties\":{\"status\":{\"code\":"                             \
	"\"" code "\"}}}"
#define KIND(kind)                                                             \
	"{\"name\":\"" kind "\",\"properties\":{\"displayName\":\"E\"}}"

static void test_every_part_of_every_subscription(void **state)
{
	struct world *w = *state;

	begin_anew(w);
	whole(w, "a pricings", PLAN);
	whole(w, "a secureScores", NULL);
	whole(w, "a assessments", FOUND("k1", "Healthy"));
	whole(w, "a securityContacts", NULL);
	whole(w, "a automations", NULL);
	whole(w, "a autoProvisioningSettings", NULL);
	assert_int_equal(w->n_rounds, 0);
	whole(w, "a settings", "[]");
	whole(w, "b pricings", NULL);
	whole_rest(w);
	assert_string_equal(
		w->kept.buf,
		" subscriptions 1; a plans 1; a scores 0; a recommendations 1; "
		"a contacts 0; a exports 0; a provisioning 0; "
		"a sharing 0 ?1; b plans 0; b scores 0; "
		"b recommendations 0; b contacts 0; b exports 0; "
		"b provisioning 0; b sharing 0");
	assert_int_equal(w->n_rounds, 1);
	assert_true(w->result.complete && !w->result.stopped);
	assert_int_equal(w->result.n_listings, 15);
	assert_string_equal(w->result.error, "");
	assert_false(collect_is_busy(w->collect));
}

/* What is said of kinds is asked where one is new, and once. */
static void test_kinds(void **state)
{
	struct world *w = *state;

	strlist_add(&w->subscriptions, "c");
	begin_anew(w);
	whole(w, "a pricings", NULL);
	whole(w, "a secureScores", NULL);
	whole(w, "a assessments", FOUND("k1", "Unhealthy"));
	whole(w, "a assessmentMetadata", KIND("K1"));
	whole(w, "a securityContacts", NULL);
	while (strcmp(w->asked, "b assessments") != 0) {
		CLEANUP(free_ptr) char *asked = xstrdup(w->asked);

		whole(w, asked, NULL);
	}
	whole(w, "b assessments", FOUND("k1", "Unhealthy"));
	whole(w, "b securityContacts", NULL);
	while (strcmp(w->asked, "c assessments") != 0) {
		CLEANUP(free_ptr) char *asked = xstrdup(w->asked);

		whole(w, asked, NULL);
	}
	whole(w, "c assessments", FOUND("k0", "Quantum"));
	whole(w, "c assessmentMetadata", KIND("k0"));
	whole_rest(w);
	assert_true(w->result.complete);
	/* The next round asks anew: words change. */
	begin_anew(w);
	whole(w, "a pricings", NULL);
	whole(w, "a secureScores", NULL);
	whole(w, "a assessments", FOUND("k1", "Unhealthy"));
	whole(w, "a assessmentMetadata", KIND("k1"));
}

/* What fails costs nothing else, and is kept with its reason. */
static void test_trouble_costs_its_part(void **state)
{
	struct world *w = *state;

	begin_anew(w);
	answer(w, "a pricings", PLAN, LISTED_PART, "a role is missing");
	answer(w, "a secureScores", NULL, LISTED_PART, "it was cut");
	whole_rest(w);
	assert_non_null(strstr(w->kept.buf, "a plans 1 ! a role is missing; "
					    "a scores 0 ! it was cut; "
					    "a recommendations 0; "));
	assert_false(w->result.complete);
	assert_false(w->result.stopped);
	assert_int_equal(w->result.n_troubled, 2);
	assert_string_equal(w->result.error, "plans of subscription a: a role "
					     "is missing");
}

/* A round that is stopped goes on with the very listing. */
static void test_stop_and_go_on(void **state)
{
	struct world *w = *state;

	begin_anew(w);
	whole(w, "a pricings", NULL);
	answer(w, "a secureScores", NULL, LISTED_STOP, "throttled");
	assert_null(w->asked);
	assert_int_equal(w->n_rounds, 1);
	assert_true(w->result.stopped && !w->result.complete);
	assert_int_equal(w->result.retry_after_ms, 5000);
	/* Whatever is configured now: the round is still this one. */
	strlist_release(&w->subscriptions);
	strlist_add(&w->subscriptions, "z");
	begin(w);
	whole(w, "a secureScores", NULL);
	whole_rest(w);
	assert_non_null(strstr(w->kept.buf, "a scores 0 ! throttled; "
					    "a scores 0; "));
	assert_non_null(strstr(w->kept.buf, "b sharing 0"));
	assert_true(w->result.complete);
	begin_anew(w);
	whole(w, "z pricings", NULL);
}

/* What failed before a stop is missing still when the rest has come. */
static void test_trouble_outlives_a_stop(void **state)
{
	struct world *w = *state;

	begin_anew(w);
	answer(w, "a pricings", NULL, LISTED_PART, "a role is missing");
	answer(w, "a secureScores", NULL, LISTED_STOP, "throttled");
	begin(w);
	answer(w, "a secureScores", NULL, LISTED_STOP, "throttled");
	begin(w);
	whole_rest(w);
	assert_false(w->result.stopped);
	assert_false(w->result.complete);
	assert_int_equal(w->result.n_troubled, 1);
	assert_string_equal(w->result.error, "plans of subscription a: a role "
					     "is missing");
	begin_anew(w);
	whole_rest(w);
	assert_true(w->result.complete);
}

static void test_full_store_stops(void **state)
{
	struct world *w = *state;

	begin_anew(w);
	w->store_is_full = true;
	whole(w, "a pricings", PLAN);
	assert_null(w->asked);
	assert_true(w->result.stopped);
	assert_string_equal(w->result.error,
			    "plans of subscription a: the disk is full");
	w->store_is_full = false;
	begin(w);
	whole(w, "a pricings", PLAN);
	assert_string_equal(w->kept.buf, " subscriptions 1; a plans 1");
}

/* What is large is kept turn by turn, and nothing else happens meanwhile. */
static void test_large_page(void **state)
{
	struct world *w = *state;

	begin_anew(w);
	w->slice = 1;
	for (size_t i = 0; i < 2; i++)
		w->to.item(w->to.arg, (struct span){ PLAN, strlen(PLAN) });
	answer(w, "a pricings", PLAN, LISTED_PART, "it was cut");
	assert_int_equal(w->n_turns, 1);
	assert_null(w->asked);
	assert_true(collect_is_busy(w->collect));
	collect_turn(w->collect);
	assert_int_equal(w->n_turns, 2);
	assert_string_equal(w->kept.buf, " subscriptions 1");
	collect_turn(w->collect);
	assert_int_equal(w->n_turns, 2);
	assert_string_equal(w->kept.buf,
			    " subscriptions 1; a plans 3 ! it was cut");
	assert_string_equal(w->asked, "a secureScores");
	whole_rest(w);
	assert_int_equal(w->n_rounds, 1);
	/* Abandoned in the middle of one, nothing comes any more. */
	begin_anew(w);
	w->to.item(w->to.arg, (struct span){ PLAN, strlen(PLAN) });
	whole(w, "a pricings", PLAN);
	w->collect = collect_free(w->collect);
	assert_int_equal(w->n_cancelled, 0);
	assert_int_equal(w->n_rounds, 1);
}

/* Without any there still is their list, whose trouble is nobody's else. */
static void test_nothing_to_read(void **state)
{
	struct world *w = *state;

	strlist_release(&w->subscriptions);
	begin(w);
	answer(w, " subscriptions", NULL, LISTED_PART, "it was cut");
	assert_string_equal(w->kept.buf, " subscriptions 0 ! it was cut");
	assert_int_equal(w->n_rounds, 1);
	assert_string_equal(w->result.error, "subscriptions: it was cut");
	assert_false(collect_is_busy(w->collect));
}

static void test_abandoned(void **state)
{
	struct world *w = *state;

	begin(w);
	w->to.item(w->to.arg, (struct span){ PLAN, strlen(PLAN) });
	w->collect = collect_free(w->collect);
	assert_int_equal(w->n_cancelled, 1);
	assert_int_equal(w->kept.len, 0);
	assert_int_equal(w->n_rounds, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_every_part_of_every_subscription),
		TEST(test_kinds),
		TEST(test_trouble_costs_its_part),
		TEST(test_stop_and_go_on),
		TEST(test_trouble_outlives_a_stop),
		TEST(test_full_store_stops),
		TEST(test_large_page),
		TEST(test_nothing_to_read),
		TEST(test_abandoned),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
