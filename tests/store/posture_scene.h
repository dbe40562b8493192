/* Pages of a posture, and keeping them as the daemon does. */
#ifndef TESTS_STORE_POSTURE_SCENE_H
#define TESTS_STORE_POSTURE_SCENE_H

#include "helpers/tempstore.h"
#include "store/ledger.h"
#include "store/posture_rows.h"
#include "store/txn.h"
#include "util/xmalloc.h"

#define DAY INT64_C(86400000)
#define T (INT64_C(20000) * DAY + 1000)
#define SUB "11111111-0000-4000-8000-00000000000A"
#define VM "/subscriptions/x/providers/Microsoft.Compute/virtualMachines/"

static inline struct posture_page page_of(enum posture_part part,
					  int64_t now_ms)
{
	return (struct posture_page){ .source = "azure",
				      .subscription = SUB,
				      .part = part,
				      .now_ms = now_ms };
}

/* One page, in steps of two items. */
static inline struct posture_kept keep(struct tempstore *t,
				       struct posture_page *p)
{
	struct txn txn = TXN_NONE;
	struct posture_kept kept = { 0 };
	struct err err = ERR_INIT;
	size_t at = 0;
	int rc;

	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	assert_int_equal(ledger_source(t->store, p->source,
				       "defender-for-cloud", T, NULL),
			 0);
	while ((rc = posture_rows_keep(t->store, p, &at, 2, &kept, &err)) > 0)
		assert_true(at % 2 == 0 && at < p->n);
	if (rc < 0)
		fail_msg("%s", err.text);
	assert_int_equal(at, p->n);
	assert_int_equal(txn_commit(&txn, NULL), 0);
	posture_page_release(p);
	return kept;
}

static inline void add_plan(struct posture_page *p, const char *name, bool on)
{
	struct plan item = { .name = xstrdup(name),
			     .is_on = on,
			     .tier = xstrdup(on ? "Standard" : "Free"),
			     .trial_left_ms = on ? DAY : 0 };

	posture_page_add_plan(p, &item);
}

/* The kind "k1" of recommendation about a machine. */
static inline struct advice *add_advice(struct posture_page *p,
					const char *machine,
					enum advice_state state)
{
	struct advice item = {
		.native_id = xasprintf(VM "%s/providers/Microsoft.Security/"
					  "assessments/k1",
				       machine),
		.kind = xstrdup("k1"),
		.resource_id = xasprintf(VM "%s", machine),
		.resource_type = xstrdup("Microsoft.Compute/virtualMachines"),
		.state = state,
	};

	posture_page_add_advice(p, &item);
	return &p->advices[p->n - 1];
}

static inline void add_score(struct posture_page *p, int64_t current)
{
	struct secure_score item = { .name = xstrdup("ascScore"),
				     .current = current,
				     .max = 5600,
				     .percent = current * 10000 / 5600,
				     .weight = 7 };

	posture_page_add_score(p, &item);
}

static inline void add_setting(struct posture_page *p, const char *name,
			       bool on)
{
	struct posture_setting item = { .name = xstrdup(name), .is_on = on };

	posture_page_add_setting(p, &item);
}

#endif
