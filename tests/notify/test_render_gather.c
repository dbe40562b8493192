/* What a notice is about, read back from a real store. */
#include "notify/render.h"

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
#include "store/audit.h"
#include "store/bundles.h"
#include "store/cases.h"
#include "store/outbox.h"
#include "store/txn.h"
#include "util/xmalloc.h"

static const struct sighting at = { .poll = 0, .now_ms = SAMPLE_NOW_MS };

/* Alert number @n of the severity, with a clock that is due at @due_ms. */
static int64_t add_alert(struct store *s, int n, enum severity severity,
			 int64_t due_ms)
{
	CLEANUP(alert_release) struct alert a;
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct clock_row clock = { .episode = 1,
				   .policy = "test",
				   .due_ms = due_ms };
	struct err err = ERR_INIT;
	struct decision d;
	int64_t id = 0;

	sample_arm(&a, n);
	d = sample_decision(&a);
	d.severity = severity;
	assert_int_equal(txn_begin(&txn, s, &err), 0);
	if (alerts_insert(s, &a, &d, &at, &id, &err) < 0)
		fail_msg("%s", err.text);
	clock.alert_id = id;
	clock.severity = severity;
	clock.started_ms = SAMPLE_NOW_MS;
	clock.next_ms = due_ms;
	if (due_ms && cases_put_clock(s, &clock, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(txn_commit(&txn, &err), 0);
	return id;
}

static void add_event(struct store *s, int64_t id, const char *kind,
		      const char *detail)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct audit_event e = {
		.alert_id = id,
		.at_ms = SAMPLE_NOW_MS,
		.actor = "triaged",
		.kind = kind,
		.detail = detail,
	};
	struct err err = ERR_INIT;

	assert_int_equal(txn_begin(&txn, s, &err), 0);
	if (audit_add(s, &e, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(txn_commit(&txn, &err), 0);
}

static enum severity opened(struct store *s, const struct notice *n)
{
	struct err err = ERR_INIT;
	struct render_job job;
	enum severity severity;

	assert_int_equal(render_gather(s, n, &job, &err), 0);
	assert_int_equal(job.n_alerts, 1);
	severity = job.alerts[0].opened;
	render_job_release(&job);
	return severity;
}

static void test_one_alert(void **state)
{
	struct tempstore *t = *state;
	int64_t due_ms = SAMPLE_NOW_MS + 3600000;
	int64_t id = add_alert(t->store, 1, SEVERITY_HIGH, due_ms);
	CLEANUP(notice_release) struct notice n = sample_notice(id, "soc", 1);
	struct err err = ERR_INIT;
	struct render_job job;

	assert_int_equal(render_gather(t->store, &n, &job, &err), 0);
	assert_ptr_equal(job.notice, &n);
	assert_int_equal(job.n_alerts, 1);
	assert_int_equal(job.n_total, 1);
	assert_int_equal(job.alerts[0].view.tracked.id, id);
	assert_int_equal(job.alerts[0].clock.due_ms, due_ms);
	assert_non_null(job.alerts[0].view.alert.title);
	assert_int_equal(job.now_ms, 0);
	render_job_release(&job);
	assert_int_equal(job.n_alerts, 0);
}

static void test_severity_at_opening(void **state)
{
	struct tempstore *t = *state;
	int64_t id = add_alert(t->store, 1, SEVERITY_CRITICAL, 0);
	CLEANUP(notice_release) struct notice n = sample_notice(id, "soc", 1);

	/* Nobody wrote it down: the present one. */
	n.kind = NOTICE_UPDATED;
	n.severity = SEVERITY_LOW;
	assert_int_equal(opened(t->store, &n), SEVERITY_CRITICAL);
	add_event(t->store, id, "severity", "{\"severity\":\"low\"}");
	add_event(t->store, id, "opened", "{\"severity\":\"medium\"}");
	add_event(t->store, id, "opened", "{\"severity\":\"info\"}");
	assert_int_equal(opened(t->store, &n), SEVERITY_MEDIUM);
	/* The first notice of all knows it itself. */
	n.kind = NOTICE_OPENED;
	n.severity = SEVERITY_HIGH;
	assert_int_equal(opened(t->store, &n), SEVERITY_HIGH);
}

static void test_odd_event_is_no_obstacle(void **state)
{
	static const char *const details[] = { NULL, "{}", "{\"severity\":7}",
					       "{\"severity\":\"vast\"}" };
	struct tempstore *t = *state;

	for (int i = 0; i < 4; i++) {
		int64_t id = add_alert(t->store, i, SEVERITY_HIGH, 0);
		struct notice n = sample_notice(id, "soc", i);

		n.kind = NOTICE_CLOSED;
		add_event(t->store, id, "opened", details[i]);
		assert_int_equal(opened(t->store, &n), SEVERITY_HIGH);
		notice_release(&n);
	}
}

static void test_alert_is_gone(void **state)
{
	struct tempstore *t = *state;
	CLEANUP(notice_release) struct notice n = sample_notice(4711, "soc", 1);
	struct err err = ERR_INIT;
	struct render_job job;

	assert_int_equal(render_gather(t->store, &n, &job, &err), 0);
	assert_int_equal(job.n_alerts, 0);
	render_job_release(&job);
}

static void test_test_notice_needs_no_alert(void **state)
{
	struct tempstore *t = *state;
	CLEANUP(notice_release) struct notice n = sample_notice(0, "soc", 1);
	struct err err = ERR_INIT;
	struct render_job job;

	n.alert_id = 0;
	n.kind = NOTICE_TEST;
	assert_int_equal(render_gather(t->store, &n, &job, &err), 0);
	assert_int_equal(job.n_alerts, 0);
	render_job_release(&job);
}

/* The row of a digest, its alerts linked as a due bundle's are. */
static int64_t put_digest(struct store *s, const int64_t *ids, size_t n,
			  struct notice *notice)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct err err = ERR_INIT;
	const struct bundle_place place = { .cause = NOISE_DIGEST,
					    .name = "digest",
					    .target = "soc",
					    .due_ms = SAMPLE_NOW_MS };
	struct bundle_row bundle;
	int64_t delivery = 0;

	assert_int_equal(txn_begin(&txn, s, &err), 0);
	for (size_t i = 0; i < n; i++) {
		const struct bundle_entry e = { .alert_id = ids[i],
						.episode = 1 };

		if (bundles_add(s, &place, &e, SAMPLE_NOW_MS, NULL, &err) < 0)
			fail_msg("%s", err.text);
	}
	assert_int_equal(bundles_due(s, SAMPLE_NOW_MS, &bundle, 1, &err), 1);
	if (outbox_put(s, notice, &delivery, &err) != 1)
		fail_msg("%s", err.text);
	if (bundles_send(s, bundle.id, &delivery, 1, SAMPLE_NOW_MS, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(txn_commit(&txn, &err), 0);
	free(bundle.name);
	free(bundle.target);
	return delivery;
}

static void test_digest_is_worst_first(void **state)
{
	struct tempstore *t = *state;
	int64_t later = SAMPLE_NOW_MS + 2000;
	int64_t sooner = SAMPLE_NOW_MS + 1000;
	int64_t ids[] = {
		add_alert(t->store, 1, SEVERITY_LOW, later),
		add_alert(t->store, 2, SEVERITY_HIGH, later),
		add_alert(t->store, 3, SEVERITY_LOW, 0),
		add_alert(t->store, 4, SEVERITY_LOW, sooner),
	};
	const int64_t expected[] = { ids[1], ids[3], ids[0], ids[2] };
	CLEANUP(notice_release) struct notice n = sample_notice(0, "soc", 1);
	struct err err = ERR_INIT;
	struct render_job job;

	n.alert_id = 0;
	n.kind = NOTICE_DIGEST;
	n.id = put_digest(t->store, ids, 4, &n);
	assert_int_equal(render_gather(t->store, &n, &job, &err), 0);
	assert_int_equal(job.n_alerts, 4);
	assert_int_equal(job.n_total, 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(job.alerts[i].view.tracked.id, expected[i]);
	render_job_release(&job);
}

#define with_store(fn)                                                         \
	cmocka_unit_test_setup_teardown(fn, tempstore_setup, tempstore_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_store(test_one_alert),
		with_store(test_severity_at_opening),
		with_store(test_odd_event_is_no_obstacle),
		with_store(test_alert_is_gone),
		with_store(test_test_notice_needs_no_alert),
		with_store(test_digest_is_worst_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
