/*
 * Collects what a notice is about from the store: the alerts as they are now,
 * not as they were when the notice was put. Called by deliver.c, and by
 * standing.c, where there is no notice. The only render file that knows the
 * store.
 */
#include "notify/render.h"

#include <stdlib.h>
#include <string.h>
#include "store/alerts.h"
#include "store/bundles.h"
#include "store/cases.h"
#include "store/outbox.h"
#include "util/log.h"
#include "util/xmalloc.h"

static void render_alert_release(struct render_alert *a)
{
	alert_view_release(&a->view);
}

void render_job_release(struct render_job *j)
{
	for (size_t i = 0; i < j->n_alerts; i++)
		render_alert_release(&j->alerts[i]);
	free(j->alerts);
	free(j->cause_name);
	strlist_release(&j->over);
	memset(j, 0, sizeof(*j));
}

/*
 * The subject shows the severity the alert was opened with; the audit log is
 * the record of it. Where it does not say, the present one must do: a changed
 * subject is a lesser evil than a mail that is not sent.
 */
static void find_opened(struct store *s, const struct notice *n,
			struct render_alert *a)
{
	struct err err = ERR_INIT;

	a->opened = a->view.tracked.severity;
	if (n->kind == NOTICE_OPENED && a->view.tracked.episode <= 1)
		a->opened = n->severity;
	else if (alerts_opened_as(s, a->view.tracked.id, &a->opened, &err) < 0)
		log_debug("severity at opening not found: %s", err.text);
}

/* 1 gathered, 0 the alert is gone. */
static int gather_alert(struct store *s, int64_t id, struct render_alert *ret,
			struct err *err)
{
	struct casefile file;
	int rc = alerts_load(s, id, &ret->view, err);

	if (rc <= 0)
		return rc;
	rc = cases_load(s, &ret->view.tracked, &file, err);
	if (rc < 0) {
		render_alert_release(ret);
		return rc;
	}
	ret->clock = file.clocks[CLOCK_TRIAGE];
	return 1;
}

/* Worst first, then soonest due, then oldest. */
static int by_urgency(const void *pa, const void *pb)
{
	const struct render_alert *a = pa;
	const struct render_alert *b = pb;
	const int64_t never = INT64_MAX;
	int64_t due_a = a->clock.due_ms && !a->clock.stopped_ms
				? a->clock.due_ms
				: never;
	int64_t due_b = b->clock.due_ms && !b->clock.stopped_ms
				? b->clock.due_ms
				: never;

	if (a->view.tracked.severity != b->view.tracked.severity)
		return a->view.tracked.severity > b->view.tracked.severity ? -1
									   : 1;
	if (due_a != due_b)
		return due_a < due_b ? -1 : 1;
	return (a->view.tracked.id > b->view.tracked.id) -
	       (a->view.tracked.id < b->view.tracked.id);
}

static int gather_cause(struct store *s, const struct notice *n,
			struct render_job *job, struct err *err)
{
	CLEANUP(bundle_row_release) struct bundle_row b = { 0 };
	int rc = n->bundle_id ? bundles_get(s, n->bundle_id, &b, err) : 0;

	if (rc <= 0)
		return rc;
	job->cause = b.cause;
	job->cause_name = b.name;
	b.name = NULL;
	return 0;
}

static int gather_several(struct store *s, const int64_t *ids, size_t n,
			  struct render_job *job, struct err *err)
{
	job->alerts = xcalloc(n + 1, sizeof(*job->alerts));
	for (size_t i = 0; i < n; i++) {
		struct render_alert *a = &job->alerts[job->n_alerts];
		int rc = gather_alert(s, ids[i], a, err);

		if (rc < 0)
			return rc;
		if (rc == 0)
			continue;
		a->opened = a->view.tracked.severity;
		job->n_alerts++;
	}
	return 0;
}

static int gather_digest(struct store *s, const struct notice *n,
			 struct render_job *job, struct err *err)
{
	int64_t ids[RENDER_DIGEST_MAX];
	int n_ids = outbox_alerts(s, n->id, ids, RENDER_DIGEST_MAX,
				  &job->n_total, err);
	int rc = n_ids;

	if (rc >= 0)
		rc = gather_cause(s, n, job, err);
	if (rc < 0)
		return rc;
	rc = gather_several(s, ids, (size_t)n_ids, job, err);
	if (rc < 0)
		return rc;
	qsort(job->alerts, job->n_alerts, sizeof(*job->alerts), by_urgency);
	return 0;
}

/* What it changes at a receiver that keeps a state beside the alert's. */
static int gather_standing(struct store *s, const struct notice *n,
			   struct render_job *job, struct err *err)
{
	const struct tracked *t = &job->alerts[0].view.tracked;
	bool calls = n->kind == NOTICE_ESCALATED ||
		     (n->kind == NOTICE_UPDATED &&
		      !notice_is_about_response(n->step));
	int rc = 0;

	if (n->kind == NOTICE_CLOSED)
		return outbox_summaries_over(s, n, &job->over, err);
	if (calls && t->state == ALERT_OPEN)
		rc = outbox_was_taken(s, n, err);
	job->was_taken = rc > 0;
	return MIN(rc, 0);
}

static int gather_one(struct store *s, const struct notice *n,
		      struct render_job *job, struct err *err)
{
	int rc;

	job->alerts = xcalloc(1, sizeof(*job->alerts));
	rc = gather_alert(s, n->alert_id, &job->alerts[0], err);
	if (rc <= 0)
		return rc;
	job->n_alerts = 1;
	job->n_total = 1;
	find_opened(s, n, &job->alerts[0]);
	return gather_standing(s, n, job, err);
}

int render_gather(struct store *s, const struct notice *n,
		  struct render_job *ret, struct err *err)
{
	CLEANUP(render_job_release) struct render_job job = { .notice = n };
	int rc = 0;

	if (n->kind == NOTICE_DIGEST)
		rc = gather_digest(s, n, &job, err);
	else if (n->alert_id)
		rc = gather_one(s, n, &job, err);
	if (rc < 0)
		return rc;
	*ret = job;
	memset(&job, 0, sizeof(job));
	return 0;
}

int render_gather_alerts(struct store *s, const int64_t *ids, size_t n,
			 struct render_job *ret, struct err *err)
{
	CLEANUP(render_job_release) struct render_job job = { 0 };
	int rc = gather_several(s, ids, n, &job, err);

	if (rc < 0)
		return rc;
	job.n_total = (int64_t)job.n_alerts;
	*ret = job;
	memset(&job, 0, sizeof(job));
	return 0;
}
