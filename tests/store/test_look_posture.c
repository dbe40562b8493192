/* What is asked about the posture of subscriptions. */
#include "store/look.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "helpers/sample.h"
#include "store/alerts.h"
#include "store/posture_scene.h"
#include "store/sqlite/questions_priv.h"
#include "util/strbuf.h"

#define OTHER "22222222-0000-4000-8000-000000000002"

struct want {
	const char *columns; /* "name enabled" */
	struct strbuf out;
};

static bool is_wanted(const char *columns, const char *name)
{
	size_t len = strlen(name);
	const char *p = columns;

	while ((p = strstr(p, name))) {
		if ((p == columns || p[-1] == ' ') &&
		    (p[len] == ' ' || p[len] == '\0'))
			return true;
		p += len;
	}
	return false;
}

static int on_row(void *arg, size_t n, const char *const *names,
		  const struct cell *cells)
{
	struct want *w = arg;
	const char *between = w->out.len ? "; " : "";

	for (size_t i = 0; i < n; i++) {
		if (!is_wanted(w->columns, names[i]))
			continue;
		if (cells[i].type == CELL_REAL)
			strbuf_addf(&w->out, "%s%.2f", between, cells[i].real);
		else
			strbuf_addf(&w->out, "%s%s", between,
				    cells[i].text ? cells[i].text : "-");
		between = " ";
	}
	return 0;
}

static void check(struct tempstore *t, enum question q,
		  const struct selector *sel, const char *columns,
		  const char *expected)
{
	struct want w = { columns, STRBUF_INIT };
	struct err err = ERR_INIT;

	if (look(t->store, q, sel, on_row, &w, &err) < 0)
		fail_msg("question %d: %s", q, err.text);
	assert_string_equal(w.out.buf, expected);
	strbuf_release(&w.out);
}

static void test_plans(void **state)
{
	struct tempstore *t = *state;
	struct posture_page p = page_of(POSTURE_PLANS, T);

	add_plan(&p, "VirtualMachines", true);
	add_plan(&p, "Arm", false);
	add_plan(&p, "AAA", true);
	p.plans[2].is_deprecated = true;
	keep(t, &p);
	p = page_of(POSTURE_PLANS, T);
	p.subscription = OTHER;
	add_plan(&p, "Api", true);
	keep(t, &p);
	check(t, LOOK_PLANS, &(struct selector){ .id = 0 }, "name enabled",
	      "Arm 0; VirtualMachines 1; AAA 1; Api 1");
	check(t, LOOK_PLANS,
	      &(struct selector){ .subscription = SUB, .source = "azure" },
	      "name", "Arm; VirtualMachines; AAA");
	check(t, LOOK_PLANS, &(struct selector){ .source = "azur" }, "name",
	      "");
	check(t, LOOK_POSTURE_READS, &(struct selector){ .id = 0 },
	      "part items complete", "plans 1 3; plans 1 1");
	check(t, LOOK_POSTURE_READS,
	      &(struct selector){ .subscription = OTHER }, "part items",
	      "plans 1");
}

static void test_scores(void **state)
{
	struct tempstore *t = *state;
	static const int64_t current[] = { 1400, 2800, 3884 };
	struct posture_page p;

	for (size_t i = 0; i < ARRAY_SIZE(current); i++) {
		p = page_of(POSTURE_SCORES, T + (int64_t)i * 10 * DAY);
		add_score(&p, current[i]);
		keep(t, &p);
	}
	p = page_of(POSTURE_SCORES, T);
	p.subscription = OTHER;
	add_score(&p, 5600);
	keep(t, &p);
	check(t, LOOK_SCORES, &(struct selector){ .since_ms = T + 19 * DAY },
	      "day percent before_day before_percent",
	      "2024-10-24 69.35 2024-10-14 50.00; "
	      "2024-10-04 100.00 2024-10-04 100.00");
	check(t, LOOK_SCORES,
	      &(struct selector){ .since_ms = T - DAY, .subscription = SUB },
	      "day percent before_day before_percent", "2024-10-24 69.35 - -");
	check(t, LOOK_SCORE_DAYS, &(struct selector){ .since_ms = T + DAY },
	      "day current", "2024-10-24 38.84; 2024-10-14 28.00");
}

/* "a high", "b medium" ... */
static void add_weighed(struct posture_page *p, const char *machine,
			enum severity severity)
{
	struct advice *a = add_advice(p, machine, ADVICE_UNHEALTHY);

	a->has_severity = true;
	a->severity = severity;
}

static void test_recommendations(void **state)
{
	struct tempstore *t = *state;
	struct posture_page p = page_of(POSTURE_RECOMMENDATIONS, T);
	const struct selector all = { .id = 0 };

	add_weighed(&p, "a", SEVERITY_LOW);
	add_advice(&p, "b", ADVICE_UNHEALTHY);
	add_weighed(&p, "c", SEVERITY_HIGH);
	add_weighed(&p, "d", SEVERITY_CRITICAL);
	keep(t, &p);
	p = page_of(POSTURE_RECOMMENDATIONS, T + 1);
	add_weighed(&p, "a", SEVERITY_LOW);
	add_advice(&p, "b", ADVICE_UNHEALTHY);
	add_weighed(&p, "c", SEVERITY_HIGH);
	keep(t, &p);
	check(t, LOOK_RECOMMENDATIONS, &all, "id severity state",
	      "3 high open; 2 - open; 1 low open");
	check(t, LOOK_RECOMMENDATIONS, &(struct selector){ .since_ms = T + 1 },
	      "id gone_why", "3 -; 2 -; 1 -; 4 absent");
	check(t, LOOK_RECOMMENDATIONS, &(struct selector){ .since_ms = T + 2 },
	      "id", "3; 2; 1");
	check(t, LOOK_RECOMMENDATIONS,
	      &(struct selector){ .severities = BIT(SEVERITY_MEDIUM) |
						BIT(SEVERITY_LOW) },
	      "id", "2; 1");
	check(t, LOOK_RECOMMENDATIONS,
	      &(struct selector){ .resource = "*/VirtualMachines/C" }, "id",
	      "3");
	check(t, LOOK_RECOMMENDATIONS, &(struct selector){ .limit = 1 }, "id",
	      "3");
	check(t, LOOK_RECOMMENDATIONS, &(struct selector){ .source = "x" },
	      "id", "");
	check(t, LOOK_RECOMMENDATION, &(struct selector){ .id = 4 },
	      "id state severity", "4 critical gone");
	check(t, LOOK_RESOURCE_TYPES, &all, "type n",
	      "Microsoft.Compute/virtualMachines 3");
}

static void test_kinds(void **state)
{
	struct tempstore *t = *state;
	struct posture_page p = page_of(POSTURE_KINDS, T);
	struct advice_kind kind = { .kind = xstrdup("k1"),
				    .title = xstrdup("Encrypt disks"),
				    .has_severity = true,
				    .severity = SEVERITY_HIGH,
				    .effort = xstrdup("Low") };
	struct advice *odd;

	posture_page_add_kind(&p, &kind);
	keep(t, &p);
	p = page_of(POSTURE_RECOMMENDATIONS, T);
	add_advice(&p, "a", ADVICE_UNHEALTHY);
	add_advice(&p, "b", ADVICE_UNHEALTHY);
	odd = add_advice(&p, "c", ADVICE_UNHEALTHY);
	free(odd->kind);
	odd->kind = xstrdup("k2");
	odd->title = xstrdup("Close ports");
	keep(t, &p);
	check(t, LOOK_RECOMMENDATION_KINDS, &(struct selector){ .id = 0 },
	      "kind title severity n effort",
	      "k1 Encrypt disks high 2 Low; k2 Close ports medium 1 -");
	check(t, LOOK_RECOMMENDATION_KINDS, &(struct selector){ .id = 0 }, "id",
	      "1; 3");
	check(t, LOOK_RECOMMENDATIONS, &(struct selector){ .kind = "K1" }, "id",
	      "1; 2");
	check(t, LOOK_RECOMMENDATION_KINDS,
	      &(struct selector){ .resource = "*/b" }, "kind n", "k1 1");
}

static void test_settings(void **state)
{
	struct tempstore *t = *state;
	struct posture_page p = page_of(POSTURE_PROVISIONING, T);

	add_setting(&p, "default", true);
	keep(t, &p);
	p = page_of(POSTURE_CONTACTS, T);
	add_setting(&p, "contact 1", false);
	keep(t, &p);
	check(t, LOOK_POSTURE_SETTINGS, &(struct selector){ .id = 0 },
	      "part name enabled",
	      "contacts contact 1 0; provisioning default 1");
}

/* An alert about the machine, in whatever case its id is spelled. */
static int64_t add_alert(struct tempstore *t, const char *resource)
{
	CLEANUP(alert_release) struct alert a;
	const struct sighting at = { .now_ms = SAMPLE_NOW_MS };
	struct txn txn = TXN_NONE;
	struct decision d;
	int64_t id = 0;

	sample_arm(&a, 1);
	free(a.resource_id);
	a.resource_id = xstrdup(resource);
	a.n_keys = 0;
	d = sample_decision(&a);
	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	assert_int_equal(alerts_insert(t->store, &a, &d, &at, &id, NULL), 0);
	assert_int_equal(txn_commit(&txn, NULL), 0);
	return id;
}

static int on_plan(void *arg, size_t n, const char *const *names,
		   const struct cell *cells)
{
	(void)names;
	strbuf_addf(arg, "%s\n", cells[n - 1].text);
	return 0;
}

/* Those of an alert are about its resource, and sought. */
static void test_of_an_alert(void **state)
{
	struct tempstore *t = *state;
	struct posture_page p = page_of(POSTURE_RECOMMENDATIONS, T);
	CLEANUP(strbuf_release) struct strbuf plan = STRBUF_INIT;
	CLEANUP(free_ptr) char *text = NULL;
	int64_t id;

	add_weighed(&p, "a", SEVERITY_LOW);
	add_weighed(&p, "b", SEVERITY_HIGH);
	keep(t, &p);
	id = add_alert(t, "/SUBSCRIPTIONS/x/providers/microsoft.compute/"
			  "virtualmachines/B");
	check(t, LOOK_RECOMMENDED, &(struct selector){ .id = id },
	      "id severity", "2 high");
	check(t, LOOK_RECOMMENDED, &(struct selector){ .id = id + 1 }, "id",
	      "");
	text = xasprintf("EXPLAIN QUERY PLAN %s",
			 question_posture_text[LOOK_RECOMMENDED]);
	assert_true(look_query(t->store, text, 0, on_plan, &plan, NULL) > 0);
	assert_non_null(strstr(plan.buf, "advice_resource"));
	assert_null(strstr(plan.buf, "SCAN a\n"));
}

#define TEST(f)                                                                \
	cmocka_unit_test_setup_teardown(f, tempstore_setup, tempstore_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_plans),	    TEST(test_scores),
		TEST(test_recommendations), TEST(test_kinds),
		TEST(test_settings),	    TEST(test_of_an_alert),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
