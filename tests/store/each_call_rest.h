/*
 * The second half of each_call.h: what people do, what is kept beside alerts,
 * and how it all ends.
 */
#ifndef TESTS_STORE_EACH_CALL_REST_H
#define TESTS_STORE_EACH_CALL_REST_H

#include "store/each_call.h"
#include "store/waits.h"

/* --- what people do --- */

static const struct human_way way = { "link", "soc", 1, NULL };
static const struct human_change change = {
	.id = FIRST, .who = "ada", .note = "mine", .now_ms = T + 20, .way = &way
};

static int do_acknowledge(struct store *s, struct err *err)
{
	return alerts_acknowledge(s, &change, T + HOUR, err);
}

static int do_unacknowledge(struct store *s, struct err *err)
{
	return alerts_unacknowledge(s, FIRST, T + 21, err);
}

static int do_assign(struct store *s, struct err *err)
{
	return alerts_assign(s, &change, "ada", err);
}

static int do_phase(struct store *s, struct err *err)
{
	return alerts_set_phase(s, &change, PHASE_INVESTIGATE, err);
}

static int do_triaged(struct store *s, struct err *err)
{
	return alerts_set_triaged(s, &change, err);
}

static int do_let_go(struct store *s, struct err *err)
{
	return alerts_let_go(s, &change, T + HOUR, err);
}

static int do_touch(struct store *s, struct err *err)
{
	return alerts_touch(s, &change, err);
}

static int do_supersede_ladder(struct store *s, struct err *err)
{
	return outbox_supersede_ladder(s, FIRST, 1, "acknowledged", T + 22,
				       err);
}

static int do_close(struct store *s, struct err *err)
{
	return alerts_close(s, &change, VERDICT_TRUE_POSITIVE, err);
}

static int do_supersede(struct store *s, struct err *err)
{
	return outbox_supersede(s, FIRST, 1, "closed", T + 23, err);
}

static int do_reopen(struct store *s, struct err *err)
{
	return alerts_reopen(s, &change, err);
}

static int do_adopt(struct store *s, struct err *err)
{
	const struct imported i = { .has_work = true,
				    .state = ALERT_ACKNOWLEDGED,
				    .owner = WORD("eve"),
				    .assigned_by = WORD("eve"),
				    .acknowledged_by = WORD("eve"),
				    .acknowledged_ms = T - 5 };

	return alerts_adopt(s, SECOND, &i, T + 24, err);
}

static int do_opened_as(struct store *s, struct err *err)
{
	enum severity severity;

	return alerts_opened_as(s, FIRST, &severity, err);
}

static int do_event(struct store *s, struct err *err)
{
	static const struct audit_event e = { FIRST, T, "triaged", "opened",
					      "{\"severity\":\"high\"}" };

	return audit_add(s, &e, err);
}

static int do_verify(struct store *s, struct err *err)
{
	int64_t n, id;

	return audit_verify(s, &n, &id, err);
}

static int do_walk(struct store *s, struct err *err)
{
	struct audit_report r;

	return audit_walk(s, NULL, 0, NULL, &r, err);
}

/* --- silences, drills, responses, evidence --- */

static int do_silence(struct store *s, struct err *err)
{
	const struct silence v = { .author = WORD("ann"),
				   .reason = WORD("known noise"),
				   .when_text = WORD("title=*x*"),
				   .created_ms = T,
				   .starts_ms = T,
				   .ends_ms = T + HOUR };
	int64_t id;

	return silence_rows_add(s, &v, &id, err);
}

static int do_silences_open(struct store *s, struct err *err)
{
	struct silence *v = NULL;
	size_t n = 0;
	int rc = silence_rows_open(s, &v, &n, err);

	silence_rows_free(v, n);
	return rc;
}

static int do_silence_get(struct store *s, struct err *err)
{
	CLEANUP(silence_release) struct silence v = { 0 };

	return silence_rows_get(s, 1, &v, err);
}

static int do_silence_announced(struct store *s, struct err *err)
{
	return silence_rows_announced(s, 1, T + 1, err);
}

/* Of a time before all of it: each wait is moved. */
static int do_waits(struct store *s, struct err *err)
{
	int64_t n[WAIT_KIND_MAX];

	return waits_move(s, T - HOUR, 1, n, err);
}

static int do_waits_clocks(struct store *s, struct err *err)
{
	CLEANUP(free_ptr) struct wait_clock *v = NULL;

	return waits_clocks(s, T - HOUR, &v, err);
}

static int do_audit_last(struct store *s, struct err *err)
{
	int64_t last_ms;

	return audit_last_ms(s, &last_ms, err);
}

static int do_audit_first(struct store *s, struct err *err)
{
	int64_t first_ms;

	return audit_first_ms(s, &first_ms, err);
}

static int do_silence_end(struct store *s, struct err *err)
{
	return silence_rows_end(s, 1, "ann", T + 2, err);
}

static int do_drill(struct store *s, struct err *err)
{
	const struct drill d = { .asked_by = WORD("ann"),
				 .severity = SEVERITY_HIGH,
				 .started_ms = T,
				 .ends_ms = T + HOUR };
	int64_t id;

	return drill_rows_add(s, &d, &id, err);
}

static int do_drill_bind(struct store *s, struct err *err)
{
	return drill_rows_bind(s, 1, SECOND, err);
}

static int do_drill_running(struct store *s, struct err *err)
{
	CLEANUP(drill_release) struct drill d = { 0 };

	return drill_rows_running(s, &d, err);
}

static int do_drill_told(struct store *s, struct err *err)
{
	CLEANUP(strlist_release) struct strlist names = STRLIST_INIT;

	return drill_rows_told(s, FIRST, &names, err);
}

static int do_drill_end(struct store *s, struct err *err)
{
	return drill_rows_end(s, 1, "ann", DRILL_PASSED, T + 3, err);
}

static int do_response(struct store *s, struct err *err)
{
	const struct response r = { .alert_id = FIRST,
				    .episode = 1,
				    .alert_version = 1,
				    .action = RESPONSE_SUSPEND_USER,
				    .state = RESPONSE_WAITING,
				    .subject = WORD("ada@example.org"),
				    .source = WORD("graph"),
				    .asked_by = WORD("ann"),
				    .reason = WORD("stolen password"),
				    .planned_ms = T,
				    .expires_ms = T + HOUR,
				    .remind_ms = T + HOUR / 2 };
	int64_t id;

	return responses_add(s, &r, &id, err);
}

static int do_response_get(struct store *s, struct err *err)
{
	CLEANUP(response_release) struct response r = { 0 };

	return responses_get(s, 1, &r, err);
}

static int do_response_other(struct store *s, struct err *err)
{
	const struct response r = { .action = RESPONSE_SUSPEND_USER,
				    .subject = WORD("ada@example.org") };
	int64_t id;

	return responses_other(s, &r, &id, err);
}

static int do_response_same(struct store *s, struct err *err)
{
	CLEANUP(response_release) struct response r = { 0 };
	int rc = responses_get(s, 1, &r, err);

	return rc < 0 ? rc : responses_same(s, &r, err);
}

static int do_response_remind(struct store *s, struct err *err)
{
	CLEANUP(response_release) struct response r = { 0 };

	return responses_to_remind(s, T + HOUR, &r, err);
}

static int do_response_restored(struct store *s, struct err *err)
{
	CLEANUP(response_release) struct response r = { 0 };

	return responses_restored(s, T + HOUR, &r, err);
}

static int do_asked(struct store *s, struct err *err)
{
	const struct response r = { .id = 1, .alert_id = FIRST };
	struct told *v = NULL;
	int n = outbox_asked(s, &r, &v, err);

	if (n >= 0)
		told_free(v, (size_t)n);
	return n;
}

static int do_unask(struct store *s, struct err *err)
{
	const struct response r = { .id = 1, .alert_id = FIRST };

	return outbox_unask(s, &r, "decided", T, err);
}

static int do_response_expired(struct store *s, struct err *err)
{
	CLEANUP(response_release) struct response r = { 0 };

	return responses_expired(s, T + 2 * HOUR, &r, err);
}

static int move(struct store *s, enum response_state to, struct err *err)
{
	CLEANUP(response_release) struct response r = { 0 };
	int rc = responses_get(s, 1, &r, err);

	if (rc < 0)
		return rc;
	free(r.approved_by);
	r.approved_by = xstrdup("ben");
	r.approved_ms = T + 4;
	r.found = FOUND_ENABLED;
	r.called = true;
	if (response_has_ended(to)) {
		r.finished_ms = T + 6;
		r.ended_by = xstrdup("triaged");
	}
	return responses_move(s, &r, to, err);
}

static int do_response_approve(struct store *s, struct err *err)
{
	return move(s, RESPONSE_APPROVED, err);
}

static int do_response_lease(struct store *s, struct err *err)
{
	CLEANUP(response_release) struct response r = { 0 };

	return responses_lease(s, T + 5, &r, err);
}

static int do_response_lapsed(struct store *s, struct err *err)
{
	CLEANUP(response_release) struct response r = { 0 };

	return responses_lapsed(s, T + 6, true, &r, err);
}

static int do_response_done(struct store *s, struct err *err)
{
	return move(s, RESPONSE_DONE, err);
}

static int do_response_changed(struct store *s, struct err *err)
{
	CLEANUP(response_release) struct response r = { 0 };

	return responses_changed(s, RESPONSE_RESTORE_USER, "ada@example.org",
				 &r, err);
}

static int do_response_recent(struct store *s, struct err *err)
{
	int64_t n;

	return responses_recent(s, 1, T + HOUR, &n, err);
}

static int do_response_item(struct store *s, struct err *err)
{
	CLEANUP(free_ptr) char *raw = NULL;

	return responses_item(s, FIRST, "defender-for-cloud", &raw, err);
}

static int do_evidence(struct store *s, struct err *err)
{
	CLEANUP(evidence_list_release)
	struct evidence_list found = EVIDENCE_LIST_INIT;
	const struct evidence_fetch f = { .alert_id = FIRST,
					  .kind = EVIDENCE_ACTIVITY,
					  .source = "cloud",
					  .about_kind = "account",
					  .about = "ada@example.org",
					  .from_ms = T - HOUR,
					  .to_ms = T,
					  .most = 9,
					  .fetched_ms = T,
					  .fetched_by = "eve" };
	struct evidence e = { .native_id = xstrdup("a"),
			      .at_ms = T - 5,
			      .action = xstrdup("Log on"),
			      .raw = xstrdup("{\"_id\":\"a\"}") };
	struct audit_event seal = { FIRST, T, "eve", EVIDENCE_EVENT, NULL };
	CLEANUP(free_ptr) char *detail = NULL;
	struct evidence_kept kept;
	int rc;

	evidence_list_add(&found, &e);
	rc = evidence_keep(s, &f, &found, &kept, err);
	if (rc < 0)
		return rc;
	detail = xasprintf("{\"fetch\":%lld,\"sha256\":\"%s\"}",
			   (long long)kept.fetch, kept.hash);
	seal.detail = detail;
	return audit_add(s, &seal, err);
}

static int do_evidence_verify(struct store *s, struct err *err)
{
	return evidence_verify(s, FIRST, err);
}

static int do_evidence_verify_all(struct store *s, struct err *err)
{
	struct evidence_place found;
	int64_t n;

	return evidence_verify_all(s, &found, &n, err);
}

/* --- the log to a SIEM; the posture; the rest --- */

static int do_unlist(struct store *s, struct err *err)
{
	return forwards_unlist(s, err);
}

static int do_forward(struct store *s, struct err *err)
{
	struct forward_place at;

	return forwards_begin(s, "siem", true, T, &at, err);
}

static int do_forward_last(struct store *s, struct err *err)
{
	int64_t id;

	return forwards_last(s, &id, err);
}

static int do_forward_read(struct store *s, struct err *err)
{
	struct logged_event v[2];
	int n = forwards_read(s, 0, v, 2, err);

	for (int i = 0; i < n; i++)
		logged_event_release(&v[i]);
	return n;
}

static int do_forward_advance(struct store *s, struct err *err)
{
	return forwards_advance(s, "siem", 1, 1, T + 5, err);
}

static int do_forward_fail(struct store *s, struct err *err)
{
	return forwards_fail(s, "siem", "refused", T + 6, err);
}

static struct posture_page page_of(enum posture_part part)
{
	return (struct posture_page){ .source = "azure",
				      .subscription = SAMPLE_SUBSCRIPTION,
				      .part = part,
				      .now_ms = T };
}

static int keep(struct store *s, struct posture_page *p, struct err *err)
{
	struct posture_kept kept = { 0 };
	size_t at = 0;
	int rc = posture_rows_keep(s, p, &at, 9, &kept, err);

	posture_page_release(p);
	return rc;
}

static int do_plans(struct store *s, struct err *err)
{
	struct posture_page p = page_of(POSTURE_PLANS);
	struct plan item = { .name = xstrdup("Servers"), .is_on = true };

	posture_page_add_plan(&p, &item);
	return keep(s, &p, err);
}

static int do_score(struct store *s, struct err *err)
{
	struct posture_page p = page_of(POSTURE_SCORES);
	struct secure_score item = { .name = xstrdup("ascScore"),
				     .current = 30,
				     .max = 60,
				     .percent = 5000 };

	posture_page_add_score(&p, &item);
	return keep(s, &p, err);
}

static int do_advice(struct store *s, struct err *err)
{
	struct posture_page p = page_of(POSTURE_RECOMMENDATIONS);
	struct advice item = { .native_id = xstrdup("/x/assessments/k1"),
			       .kind = xstrdup("k1"),
			       .resource_id = xstrdup("/x"),
			       .resource_type = xstrdup("x/y"),
			       .state = ADVICE_UNHEALTHY };

	posture_page_add_advice(&p, &item);
	return keep(s, &p, err);
}

/* The same is told no more. */
static int do_no_advice(struct store *s, struct err *err)
{
	struct posture_page p = page_of(POSTURE_RECOMMENDATIONS);

	p.now_ms = T + HOUR;
	return keep(s, &p, err);
}

static int do_posture_settings(struct store *s, struct err *err)
{
	struct posture_page p = page_of(POSTURE_CONTACTS);
	struct posture_setting item = { .name = xstrdup("MCAS") };

	posture_page_add_setting(&p, &item);
	return keep(s, &p, err);
}

static int do_posture_standing(struct store *s, struct err *err)
{
	struct posture_standing standing;

	return posture_rows_standing(s, "azure", HOUR, 1, &standing, err);
}

static int watch(struct store *s, const char *subscription, struct err *err)
{
	CLEANUP(strlist_release) struct strlist names = STRLIST_INIT;

	if (subscription)
		strlist_add(&names, subscription);
	return posture_rows_watch(s, "azure", &names, true, T + 8, err);
}

static int do_posture_watch(struct store *s, struct err *err)
{
	return watch(s, SAMPLE_SUBSCRIPTION, err);
}

static int do_posture_lose(struct store *s, struct err *err)
{
	return watch(s, NULL, err);
}

static int do_posture_sources(struct store *s, struct err *err)
{
	CLEANUP(strlist_release) struct strlist names = STRLIST_INIT;

	return posture_rows_sources(s, &names, err);
}

static int do_posture_leave(struct store *s, struct err *err)
{
	return posture_rows_leave(s, "azure", T + 8, err);
}

static int do_posture_expire(struct store *s, struct err *err)
{
	return posture_rows_expire(s, T + 9 * HOUR, 10, err);
}

static int do_meta_set(struct store *s, struct err *err)
{
	return store_meta_set(s, "last_up_ms", T, err);
}

static int do_meta_get(struct store *s, struct err *err)
{
	int64_t value;

	return store_meta_get(s, "last_up_ms", &value, err);
}

static int do_facts(struct store *s, struct err *err)
{
	struct store_facts f;

	return store_facts(s, &f, err);
}

static int do_space(struct store *s, struct err *err)
{
	struct store_space space;

	return store_space(s, &space, err);
}

static int do_retention(struct store *s, struct err *err)
{
	int64_t removed = 0;
	int rc = 0;

	for (int c = 0; c < RETENTION_MAX && rc >= 0; c++) {
		struct retention_walk w = { .class = c,
					    .before_ms = T + 99 * HOUR };

		do
			rc = retention_step(s, &w, T + 99 * HOUR, &removed,
					    err);
		while (rc == 1);
	}
	return rc;
}

static int do_untold(struct store *s, struct err *err)
{
	int64_t n[RETENTION_MAX];

	return retention_untold(s, n, err);
}

static int do_told_removed(struct store *s, struct err *err)
{
	return retention_told(s, err);
}

static int do_gone(struct store *s, struct err *err)
{
	CLEANUP(alert_release) struct alert a;

	sample_arm(&a, 1);
	return retention_gone(s, &a, T + 99 * HOUR, err);
}

#endif
