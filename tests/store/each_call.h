/*
 * The life of a database as a list of calls, each of store/ at least once:
 * what one wrote the next finds. For the test that lets each question to the
 * engine fail in each of them.
 */
#ifndef TESTS_STORE_EACH_CALL_H
#define TESTS_STORE_EACH_CALL_H

#include <stdlib.h>
#include <string.h>

#include "helpers/sample.h"
#include "helpers/tempstore.h"
#include "store/alerts.h"
#include "store/audit.h"
#include "store/backup.h"
#include "store/bundles.h"
#include "store/cases.h"
#include "store/coverage.h"
#include "store/drill_rows.h"
#include "store/evidence_rows.h"
#include "store/forwards.h"
#include "store/ledger.h"
#include "store/outbox.h"
#include "store/posture_rows.h"
#include "store/related.h"
#include "store/responses.h"
#include "store/retention.h"
#include "store/silence_rows.h"
#include "store/surroundings.h"
#include "store/targets.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

#define T SAMPLE_NOW_MS
#define HOUR INT64_C(3600000)
/* Where numbers begin, see do_number_from. */
#define FIRST 7
#define SECOND 8
#define THIRD 9

/* Owned, as records have them; never written to. */
#define WORD(text) ((char *)(text))

static const struct sighting sight = { 1, T };

/* --- a source, and what it brings --- */

static int do_source(struct store *s, struct err *err)
{
	return ledger_source(s, "azure", "defender-for-cloud", T, err);
}

static int do_poll_begin(struct store *s, struct err *err)
{
	const struct poll_window w = { "azure", SAMPLE_SUBSCRIPTION, T - HOUR,
				       T };
	int64_t poll;

	return ledger_poll_begin(s, &w, T, &poll, err);
}

static int do_number_from(struct store *s, struct err *err)
{
	return alerts_number_from(s, FIRST, err);
}

static int insert(struct store *s, struct alert *a, struct err *err)
{
	struct decision d = sample_decision(a);
	int64_t id;
	int rc = alerts_insert(s, a, &d, &sight, &id, err);

	alert_release(a);
	return rc;
}

static int do_insert(struct store *s, struct err *err)
{
	struct alert a;

	sample_arm(&a, 1);
	return insert(s, &a, err);
}

static int do_insert_second(struct store *s, struct err *err)
{
	struct alert a;

	sample_arm(&a, 2);
	return insert(s, &a, err);
}

/* The first again, from a source that does not say which it is. */
static int do_insert_double(struct store *s, struct err *err)
{
	struct alert a;

	sample_graph(&a, 3);
	return insert(s, &a, err);
}

static int do_find(struct store *s, struct err *err)
{
	CLEANUP(tracked_release) struct tracked t = { 0 };
	CLEANUP(alert_release) struct alert a;
	struct alert_key keys[2];

	sample_arm(&a, 1);
	return alerts_find(s, keys, alert_keys(&a, keys), &t, err);
}

static int do_find_all(struct store *s, struct err *err)
{
	CLEANUP(alert_release) struct alert a;
	struct alert_key keys[2];
	int64_t ids[2];

	sample_graph(&a, 3);
	return alerts_find_all(s, keys, alert_keys(&a, keys), ids, err);
}

static int do_bump(struct store *s, struct err *err)
{
	return alerts_bump(s, 1, &sight, err);
}

static int do_bump_all(struct store *s, struct err *err)
{
	int64_t origins[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };

	return alerts_bump_all(s, origins, ARRAY_SIZE(origins), &sight, err);
}

static int update(struct store *s, const char *title, enum transition to,
		  struct err *err)
{
	CLEANUP(tracked_release) struct tracked known = { 0 };
	CLEANUP(alert_release) struct alert a;
	struct decision d;
	int rc;

	sample_arm(&a, 1);
	sample_change(&a, title, title);
	alert_add_entity(&a, "file", title, NULL);
	d = sample_decision(&a);
	d.transition = to;
	rc = alerts_find_id(s, FIRST, &known, err);
	return rc < 0 ? rc : alerts_update(s, &known, &a, &d, &sight, err);
}

static int do_update(struct store *s, struct err *err)
{
	return update(s, "Other words", TRANSITION_UPDATED, err);
}

static int do_update_stale(struct store *s, struct err *err)
{
	return update(s, "Older words", TRANSITION_STALE, err);
}

static int do_repeats(struct store *s, struct err *err)
{
	CLEANUP(alert_release) struct alert a;

	sample_arm(&a, 1);
	return alerts_repeats(s, FIRST, 2, &a, err);
}

static int do_merge(struct store *s, struct err *err)
{
	return alerts_merge(s, THIRD, SECOND, T + 1, err);
}

static int do_mark_missing(struct store *s, struct err *err)
{
	return alerts_mark_missing(s, "azure", SAMPLE_SUBSCRIPTION, 1, T + 2,
				   err);
}

static int do_poll_add(struct store *s, struct err *err)
{
	const struct poll_counts c = { .pages = 1, .fetched = 3, .added = 3 };

	return ledger_poll_add(s, 1, &c, err);
}

static int do_quarantine(struct store *s, struct err *err)
{
	const struct item it = {
		.raw = "{\"x\":", .raw_len = 5, .reason = "not whole"
	};

	return ledger_quarantine(s, 1, &it, T, err);
}

static int do_poll_end(struct store *s, struct err *err)
{
	return ledger_poll_end(s, 1, NULL, T + 5, err);
}

static int do_poll_scope(struct store *s, struct err *err)
{
	CLEANUP(free_ptr) char *source = NULL, *scope = NULL;

	return ledger_poll_scope(s, 1, &source, &scope, err);
}

static int do_was_whole(struct store *s, struct err *err)
{
	return ledger_was_whole(s, 1, err);
}

static int do_anew(struct store *s, struct err *err)
{
	return ledger_anew(s, "azure", SAMPLE_SUBSCRIPTION, err);
}

static int do_last_complete(struct store *s, struct err *err)
{
	int64_t ms;

	return ledger_last_complete(s, "azure", &ms, err);
}

static int do_quarantined(struct store *s, struct err *err)
{
	struct quarantined q = { 0 };
	int rc = ledger_quarantined(s, 0, &q, err);

	quarantined_release(&q);
	return rc;
}

static int do_quarantine_resolve(struct store *s, struct err *err)
{
	return ledger_quarantine_resolve(s, 1, T + 9, err);
}

static int do_cursor_set(struct store *s, struct err *err)
{
	return ledger_cursor_set(s, "azure", "scope", "next", T, err);
}

static int do_cursor_get(struct store *s, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	return ledger_cursor_get(s, "azure", "scope", &sb, err);
}

static int do_recover_polls(struct store *s, struct err *err)
{
	return ledger_recover(s, T + 10, err);
}

static int do_gap_open(struct store *s, struct err *err)
{
	const struct poll_window w = { "azure", SAMPLE_SUBSCRIPTION,
				       T - HOUR / 2, T - HOUR / 3 };

	return coverage_gap_open(s, &w, "outage", T, err);
}

static int ignore_coverage(void *arg, const struct coverage *c)
{
	(void)arg;
	(void)c;
	return 0;
}

static int do_coverage_look(struct store *s, struct err *err)
{
	return coverage_look(s, T + HOUR, ignore_coverage, NULL, err);
}

static int do_gap_close(struct store *s, struct err *err)
{
	struct poll_window w;

	return coverage_gap_close(s, 1, T + 11, &w, err);
}

static int do_coverage_cut(struct store *s, struct err *err)
{
	return coverage_cut(s, T + HOUR, err);
}

static int do_load(struct store *s, struct err *err)
{
	CLEANUP(alert_view_release) struct alert_view v = { 0 };

	return alerts_load(s, FIRST, &v, err);
}

static int do_other_high(struct store *s, struct err *err)
{
	CLEANUP(alert_release) struct alert a;
	struct high_sight h = { .alert_id = FIRST, .alert = &a, .seen_ms = T };

	sample_arm(&a, 1);
	return surroundings_other_high(s, &h, T + 5, err);
}

static int do_keep_high(struct store *s, struct err *err)
{
	CLEANUP(alert_release) struct alert a;
	struct high_sight h = { .alert_id = FIRST, .alert = &a, .seen_ms = T };

	sample_arm(&a, 1);
	return surroundings_keep(s, &h, true, err);
}

static int do_forget_high(struct store *s, struct err *err)
{
	CLEANUP(alert_release) struct alert a;
	struct high_sight h = { .alert_id = FIRST, .alert = &a, .seen_ms = T };

	sample_arm(&a, 1);
	return surroundings_keep(s, &h, false, err);
}

static int do_related(struct store *s, struct err *err)
{
	CLEANUP(relations_release) struct relations r = { 0 };
	int64_t seen;

	return related_find(s, FIRST, &r, &seen, err);
}

/* --- clocks and ladders --- */

static int do_put_clock(struct store *s, struct err *err)
{
	const struct clock_row c = { .alert_id = FIRST,
				     .episode = 1,
				     .kind = CLOCK_TRIAGE,
				     .severity = SEVERITY_HIGH,
				     .policy = "high 4h",
				     .started_ms = T,
				     .due_ms = T + 100,
				     .breached_ms = T + 100,
				     .next_ms = T + 50 };

	return cases_put_clock(s, &c, err);
}

static const struct ladder_row ladder = { .alert_id = FIRST,
					  .episode = 1,
					  .route = "rest",
					  .started_ms = T,
					  .step = 1,
					  .next_ms = T + 60 };

static int do_put_ladder(struct store *s, struct err *err)
{
	return cases_put_ladder(s, &ladder, err);
}

static int do_load_case(struct store *s, struct err *err)
{
	CLEANUP(tracked_release) struct tracked t = { 0 };
	struct casefile f;
	int rc = alerts_find_id(s, FIRST, &t, err);

	return rc < 0 ? rc : cases_load(s, &t, &f, err);
}

static int do_cases_due(struct store *s, struct err *err)
{
	int64_t ids[4];

	return cases_due(s, T + 90, ids, 4, err);
}

static int do_cases_open(struct store *s, struct err *err)
{
	int64_t ids[4];

	return cases_open(s, ids, 4, err);
}

static int do_cases_open_of(struct store *s, struct err *err)
{
	int64_t ids[4];

	return cases_open_of(s, ALERT_KIND_SELF, ids, 4, err);
}

static int do_ladder_behind(struct store *s, struct err *err)
{
	const struct ladder_row none = { 0 };
	struct ladder_row found;

	return cases_ladder_behind(s, &none, 1, &found, err);
}

static int do_step_traces(struct store *s, struct err *err)
{
	bool traces[3];

	return cases_step_traces(s, &ladder, traces, 3, err);
}

/* --- what is owed --- */

static int put(struct store *s, const char *target, int n, struct err *err)
{
	CLEANUP(notice_release)
	struct notice v = sample_notice(FIRST, target, n);

	v.severity = SEVERITY_CRITICAL;
	v.recipient = xstrdup("ada@example.org");
	return outbox_put(s, &v, NULL, err);
}

static int do_put(struct store *s, struct err *err)
{
	return put(s, "soc", 1, err);
}

static int do_put_mail(struct store *s, struct err *err)
{
	return put(s, "mail", 2, err);
}

static int do_put_boss(struct store *s, struct err *err)
{
	return put(s, "boss", 3, err);
}

static int lease(struct store *s, const char *target, struct err *err)
{
	struct notice got[2];
	int n = outbox_lease(s, target, T + 1, OUTBOX_ROOM(2), got, err);

	for (int i = 0; i < n; i++)
		notice_release(&got[i]);
	return n;
}

static int do_lease(struct store *s, struct err *err)
{
	return lease(s, "soc", err);
}

static int do_lease_mail(struct store *s, struct err *err)
{
	return lease(s, "mail", err);
}

static int settle(struct store *s, struct settlement v, struct err *err)
{
	static const struct audit_event e = { FIRST, T, "triaged", "told",
					      NULL };

	v.event = &e;
	return outbox_settle(s, &v, 1, T + 5, err);
}

static int do_settle(struct store *s, struct err *err)
{
	return settle(s,
		      (struct settlement){ .id = 1,
					   .state = NOTICE_SENT,
					   .news = SETTLE_WORKS },
		      err);
}

static int do_settle_retry(struct store *s, struct err *err)
{
	return settle(s,
		      (struct settlement){ .id = 2,
					   .state = NOTICE_RETRY,
					   .not_before_ms = T + 6,
					   .error = "HTTP 401",
					   .news = SETTLE_REFUSED },
		      err);
}

static int do_settle_gone(struct store *s, struct err *err)
{
	return settle(s,
		      (struct settlement){ .id = 2,
					   .state = NOTICE_DEAD,
					   .error = "HTTP 410",
					   .news = SETTLE_DISABLES,
					   .print = 5 },
		      err);
}

static int do_release(struct store *s, struct err *err)
{
	static const int64_t ids[] = { 2 };

	return outbox_release(s, ids, 1, err);
}

static int do_hasten(struct store *s, struct err *err)
{
	return outbox_hasten(s, "mail", T + 6, err);
}

static int do_recover_leases(struct store *s, struct err *err)
{
	return outbox_recover(s, T + 5, true, err);
}

typedef int told_fn(struct store *s, int64_t alert, int64_t episode,
		    struct told **ret, struct err *err);

static int told(told_fn *fn, struct store *s, struct err *err)
{
	struct told *v = NULL;
	int n = fn(s, FIRST, 1, &v, err);

	if (n > 0)
		told_free(v, (size_t)n);
	return n;
}

static int do_told(struct store *s, struct err *err)
{
	return told(outbox_told, s, err);
}

static int do_maybe_told(struct store *s, struct err *err)
{
	return told(outbox_maybe_told, s, err);
}

static int do_tried(struct store *s, struct err *err)
{
	return told(outbox_tried, s, err);
}

static int do_was_taken(struct store *s, struct err *err)
{
	static char target[] = "mail";
	const struct notice n = {
		.id = 1000, .alert_id = FIRST, .episode = 1, .target = target
	};

	return outbox_was_taken(s, &n, err);
}

static int do_summaries_over(struct store *s, struct err *err)
{
	CLEANUP(strlist_release) struct strlist keys = STRLIST_INIT;
	static char target[] = "mail";
	const struct notice n = { .alert_id = FIRST,
				  .episode = 1,
				  .target = target };

	return outbox_summaries_over(s, &n, &keys, err);
}

static int do_standing(struct store *s, struct err *err)
{
	CLEANUP(free_ptr) int64_t *ids = NULL;
	size_t n;

	return outbox_standing(s, "soc", &ids, &n, err);
}

static int do_sent_since(struct store *s, struct err *err)
{
	return outbox_sent_since(s, "soc", true, 1, T + HOUR, err);
}

static int unheard_done(struct unheard *v, int n)
{
	for (int i = 0; i < n; i++)
		notice_release(&v[i].notice);
	return n;
}

static int do_unheard(struct store *s, struct err *err)
{
	struct unheard v[4];

	return unheard_done(v, outbox_unheard(s, 1, T, v, 4, err));
}

static int do_orphans(struct store *s, struct err *err)
{
	struct strlist none = STRLIST_INIT;
	struct unheard v[4];

	return unheard_done(v, outbox_orphans(s, &none, v, 4, err));
}

static int do_has_news(struct store *s, struct err *err)
{
	CLEANUP(notice_release)
	struct notice v = sample_notice(FIRST, "boss", 3);

	return outbox_has_news(s, &v, "soc", err);
}

static int do_put_second(struct store *s, struct err *err)
{
	CLEANUP(notice_release)
	struct notice v = sample_notice(FIRST, "fallback", 8);

	return outbox_put_second(s, &v, 2, err);
}

static int do_told_instead(struct store *s, struct err *err)
{
	return outbox_told_instead(s, 2, "fallback", err);
}

static int do_target(struct store *s, struct err *err)
{
	CLEANUP(free_ptr) char *target = NULL;

	return outbox_target(s, 2, &target, err);
}

static int do_list(struct store *s, struct err *err)
{
	int64_t ids[4];

	return outbox_list(s, NULL, false, ids, 4, err);
}

static int do_about(struct store *s, struct err *err)
{
	int64_t ids[4];

	return outbox_about(s, 2, ids, 4, err);
}

static int do_retry(struct store *s, struct err *err)
{
	return outbox_retry(s, 2, T + 7, err);
}

static int do_drop(struct store *s, struct err *err)
{
	return outbox_drop(s, 2, "ada said so", err);
}

static int do_target_state(struct store *s, struct err *err)
{
	CLEANUP(target_state_release) struct target_state state = { 0 };

	return targets_get(s, "mail", &state, err);
}

static int do_target_enable(struct store *s, struct err *err)
{
	return targets_enable(s, "mail", err);
}

/* --- what waits --- */

static const struct bundle_place place = {
	.cause = NOISE_GROUP, .name = "g", .target = "soc", .due_ms = T + 50
};

static int bundle(struct store *s, int64_t alert, struct err *err)
{
	const struct bundle_entry e = { .alert_id = alert,
					.episode = 1,
					.kind = NOTICE_OPENED,
					.severity = SEVERITY_HIGH,
					.reason = "because" };

	return bundles_add(s, &place, &e, T, NULL, err);
}

static int do_bundle(struct store *s, struct err *err)
{
	return bundle(s, FIRST, err);
}

static int do_bundle_second(struct store *s, struct err *err)
{
	return bundle(s, SECOND, err);
}

static int bundles_done(struct bundle_row *v, int n)
{
	for (int i = 0; i < n; i++)
		bundle_row_release(&v[i]);
	return n;
}

static int do_bundles_due(struct store *s, struct err *err)
{
	struct bundle_row v[2];

	return bundles_done(v, bundles_due(s, T + 60, v, 2, err));
}

static int do_bundle_find(struct store *s, struct err *err)
{
	struct bundle_row v[1];

	return bundles_done(v, bundles_find(s, &place, v, err));
}

static int do_bundle_get(struct store *s, struct err *err)
{
	struct bundle_row v[1];

	return bundles_done(v, bundles_get(s, 1, v, err));
}

static int do_bundle_waiting(struct store *s, struct err *err)
{
	struct bundle_wait *v = NULL;
	size_t n = 0;
	int rc = bundles_waiting(s, 1, &v, &n, err);

	bundle_waits_free(v, n);
	return rc;
}

static int do_bundle_count(struct store *s, struct err *err)
{
	int64_t n;

	return bundles_count(s, NOISE_GROUP, "g", &n, err);
}

static int do_bundle_settle(struct store *s, struct err *err)
{
	return bundles_settle(s, 2, BUNDLE_NEEDLESS, "closed", T + 1, err);
}

static int do_bundle_defer(struct store *s, struct err *err)
{
	return bundles_defer(s, 1, T + 70, err);
}

static int do_bundle_hasten(struct store *s, struct err *err)
{
	return bundles_hasten(s, NOISE_GROUP, NULL, T + 2, err);
}

static int do_bundle_send(struct store *s, struct err *err)
{
	static const int64_t deliveries[] = { 3 };

	return bundles_send(s, 1, deliveries, 1, T + 3, err);
}

static int do_digest_alerts(struct store *s, struct err *err)
{
	int64_t ids[2], total;

	return outbox_alerts(s, 3, ids, 2, &total, err);
}

static int do_bundle_past(struct store *s, struct err *err)
{
	struct bundle_past *v = NULL;
	size_t n = 0;
	int rc = bundles_past(s, 1, T + HOUR, &v, &n, err);

	bundle_pasts_free(v, n);
	return rc;
}

#endif
