/*
 * See proof.h. Called by the agenda; triage/ladder_audit.c knows what was due,
 * the store what has left a trace.
 *
 * tested with: test_proof
 */
#include "daemon/proof.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/pipeline_priv.h"
#include "daemon/story.h"
#include "store/audit.h"
#include "store/cases.h"
#include "store/txn.h"
#include "triage/ladder.h"
#include "triage/ladder_audit.h"
#include "util/xmalloc.h"

#define SLICE 64
#define STEPS_MAX 64

static int64_t policy_number(const struct proof *pr)
{
	return (int64_t)strtoull(pr->pipeline->conf->policy.hash, NULL, 16);
}

/* Since when this policy holds: kept from the run before, or from now on. */
static int policy_since(struct proof *pr, int64_t now_ms, int64_t *ret_ms,
			struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct store *s = pr->pipeline->store;
	int64_t kept = 0, since_ms = now_ms;
	int rc = txn_begin(&txn, s, err);

	if (rc >= 0)
		rc = store_meta_get(s, "proof_policy", &kept, err);
	if (rc > 0 && kept == policy_number(pr) && !pr->policy[0]) {
		rc = store_meta_get(s, "proof_since_ms", &since_ms, err);
	} else if (rc >= 0) {
		rc = store_meta_set(s, "proof_policy", policy_number(pr), err);
		if (rc >= 0)
			rc = store_meta_set(s, "proof_since_ms", now_ms, err);
	}
	if (rc >= 0)
		rc = txn_commit(&txn, err);
	if (rc >= 0)
		*ret_ms = since_ms;
	return rc < 0 ? rc : 0;
}

int proof_note_policy(struct proof *pr, int64_t now_ms, struct err *err)
{
	int rc;

	if (strcmp(pr->policy, pr->pipeline->conf->policy.hash) == 0)
		return 0;
	rc = policy_since(pr, now_ms, &pr->policy_since_ms, err);
	if (rc >= 0)
		(void)snprintf(pr->policy, sizeof(pr->policy), "%s",
			       pr->pipeline->conf->policy.hash);
	return rc;
}

static int tell(struct proof *pr, const struct ladder_row *row, int step,
		int64_t due_ms, int64_t now_ms, struct err *err)
{
	char due[TIMEFMT_MAX];
	CLEANUP(free_ptr)
	char *slug =
		xasprintf("ladder-audit/%" PRId64 "/%" PRId64 "/%s/%d",
			  row->alert_id, row->episode, row->route, step + 1);
	CLEANUP(free_ptr)
	char *title = xasprintf("Step %d of alert %" PRId64 " was not taken",
				step + 1, row->alert_id);
	CLEANUP(free_ptr)
	char *text = xasprintf("Step %d of route %s was due for alert %" PRId64
			       " at %s, and there is neither a notice of it "
			       "nor a reason why not. Whoever it names has "
			       "probably not heard of the alert.",
			       step + 1, row->route, row->alert_id,
			       timefmt_utc(due_ms, due));
	CLEANUP(free_ptr)
	char *remedy = xasprintf("triagectl show %" PRId64 "\n"
				 "Tell them yourself, and report the fault.",
				 row->alert_id);

	pr->n_missing++;
	return self_accept(pr->pipeline,
			   &(struct self_alert){ .slug = slug,
						 .severity = SEVERITY_HIGH,
						 .title = title,
						 .description = text,
						 .remediation = remedy },
			   now_ms, err);
}

/* Of the present episode alone: what is over was looked at while it was not. */
static int look_at(struct proof *pr, const struct ladder_row *row,
		   int64_t now_ms, struct err *err)
{
	struct pipeline *p = pr->pipeline;
	const struct route *route = ladder_route_of(p->triage, row, NULL);
	CLEANUP(tracked_release) struct tracked t = { 0 };
	struct casefile file;
	bool traces[STEPS_MAX];
	struct ladder_proof proof = { .route = route,
				      .row = row,
				      .traces = traces,
				      .n_traces = STEPS_MAX,
				      .now_ms = now_ms };
	int64_t due_ms, n_due;
	int step, rc;

	if (!route || route->n_steps > STEPS_MAX)
		return 0;
	rc = alerts_find_id(p->store, row->alert_id, &t, err);
	if (rc <= 0 || t.episode != row->episode)
		return rc < 0 ? rc : 0;
	rc = cases_load(p->store, &t, &file, err);
	if (rc >= 0)
		rc = cases_step_traces(p->store, row, traces, STEPS_MAX, err);
	if (rc < 0)
		return rc;
	if (file.clocks[CLOCK_TRIAGE].started_ms)
		proof.clock = &file.clocks[CLOCK_TRIAGE];
	rc = ladder_audit(p->triage, &proof, &step, &due_ms, &n_due, err);
	if (rc < 0)
		return rc;
	pr->n_ladders++;
	pr->n_steps += n_due;
	return rc > 0 ? tell(pr, row, step, due_ms, now_ms, err) : 0;
}

static int finish(struct proof *pr, int64_t now_ms, struct err *err)
{
	CLEANUP(free_ptr)
	char *detail = story_detail("{s:I, s:I, s:I}", "ladders",
				    (json_int_t)pr->n_ladders, "steps",
				    (json_int_t)pr->n_steps, "missing",
				    (json_int_t)pr->n_missing);
	int rc = audit_add(pr->pipeline->store,
			   &(struct audit_event){
				   .at_ms = now_ms,
				   .actor = "triaged",
				   .kind = "ladders-audited",
				   .detail = detail,
			   },
			   err);

	pr->after = (struct ladder_row){ .alert_id = 0 };
	pr->n_ladders = pr->n_steps = pr->n_missing = 0;
	return rc < 0 ? rc : 0;
}

int proof_slice(struct proof *pr, int64_t now_ms, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct store *s = pr->pipeline->store;
	int64_t since_ms = MAX(pr->policy_since_ms, now_ms - PROOF_BACK_MS);
	int64_t n_before = pr->n_missing;
	struct ladder_row row;
	int found = 1;
	int rc = txn_begin(&txn, s, err);

	for (int i = 0; i < SLICE && found > 0 && rc >= 0; i++) {
		found = cases_ladder_behind(s, &pr->after, since_ms, &row, err);
		if (found <= 0)
			break;
		rc = look_at(pr, &row, now_ms, err);
		pr->after = row;
	}
	if (rc < 0 || found < 0)
		return rc < 0 ? rc : found;
	n_before -= pr->n_missing;
	rc = found ? 0 : finish(pr, now_ms, err);
	if (rc >= 0)
		rc = txn_commit(&txn, err);
	if (rc >= 0 && n_before)
		pr->pipeline->on_commit(pr->pipeline->arg);
	return rc < 0 ? rc : found;
}
