/*
 * Alerts pushed to an Alertmanager, API v2, as Prometheus does it:
 * https://prometheus.io/docs/alerting/latest/alerts_api. Called through
 * webhook_format.c.
 *
 * Labels are what an alert is known by there. They hold what stays, and the
 * level: when that changes the alert goes on under the new one, while the old
 * one, told no more, ends by itself. All else is annotation. A digest is
 * pushed as the alerts in it, since grouping is the Alertmanager's own work.
 *
 * tested with: test_format_alertmanager
 */
#include "notify/format_alertmanager.h"

#include <stdlib.h>
#include <string.h>
#include "notify/format_facts.h"
#include "notify/format_wire.h"
#include "notify/render_priv.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

#define SUMMARY_MAX 300
static const struct facts_limits annotations = { 200, 500, 8000 };
/* A message that no end will follow: long enough to be noticed. */
#define TELLING_MS (60 * 60000)

static const char *const levels[SEVERITY_MAX] = {
	[SEVERITY_INFO] = "info",	  [SEVERITY_LOW] = "low",
	[SEVERITY_MEDIUM] = "medium",	  [SEVERITY_HIGH] = "high",
	[SEVERITY_CRITICAL] = "critical",
};

size_t alertmanager_count(const struct render_job *j)
{
	if (render_is_digest(j) && j->n_alerts > 0)
		return MIN(j->n_alerts, (size_t)ALERTMANAGER_BATCH);
	return 1;
}

/* NULL: a notice that is not about alerts, or whose alerts are gone. */
static const struct render_alert *alert_at(const struct render_job *j, size_t i)
{
	return i < j->n_alerts ? &j->alerts[i] : NULL;
}

static void put(json_t *object, const char *name, json_t *value)
{
	(void)json_object_set_new(object, name, value);
}

static const char *name_of(const struct render_job *j,
			   const struct render_alert *a)
{
	if (a)
		return alert_is_detected(&a->view.alert) ? "DefenderAlert"
							 : "TriagedAlert";
	switch (j->notice->kind) {
	case NOTICE_TEST:
		return "TriagedTest";
	case NOTICE_SILENCE:
		return "TriagedSilence";
	case NOTICE_DIGEST:
		return "TriagedDigest";
	case NOTICE_OPENED:
	case NOTICE_ESCALATED:
	case NOTICE_UPDATED:
	case NOTICE_ACKNOWLEDGED:
	case NOTICE_WARNING:
	case NOTICE_BREACHED:
	case NOTICE_CLOSED:
	case NOTICE_REOPENED:
	case NOTICE_RESPONSE:
		break;
	}
	return "DefenderAlert"; /* it is gone from the database */
}

/* One alert of several, as if it were the only one. */
static struct render_job job_at(const struct render_job *j, size_t i)
{
	struct render_job one = *j;

	one.alerts = i < j->n_alerts ? &j->alerts[i] : NULL;
	one.n_alerts = one.alerts ? 1 : 0;
	return one;
}

json_t *alertmanager_labels(const struct talk_view *v, size_t i)
{
	const struct render_alert *a = alert_at(v->job, i);
	const struct render_job one = job_at(v->job, i);
	const struct talk_view view = { v->target, &one };
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	char own[RENDER_KEY_SIZE];
	json_t *o = json_object();

	if (a && render_alert_key(a, own))
		strbuf_addstr(&key, own);
	else
		format_add_key(v->job, &key);
	put(o, "alertname", json_string(name_of(v->job, a)));
	put(o, "severity", json_string(format_level(&view, levels)));
	put(o, "alert_key", json_string(key.buf));
	if (a)
		format_put(o, "tenant", a->view.alert.tenant, 64);
	return o;
}

json_t *alertmanager_annotations(const struct talk *t,
				 const struct talk_view *v, size_t i)
{
	const struct render_alert *a = alert_at(v->job, i);
	CLEANUP(strbuf_release) struct strbuf summary = STRBUF_INIT;
	json_t *o = t->shorten ? json_object()
			       : format_facts(v->job, a, &annotations);

	/* The same each time it is told: what is new shows in "state". */
	if (a)
		format_add_what(&summary, a, SUMMARY_MAX);
	else
		format_add_headline(&summary, v->job, SUMMARY_MAX);
	put(o, "summary", json_string(summary.buf));
	return o;
}

const char *alertmanager_link(const struct render_job *j, size_t i)
{
	const struct render_alert *a = alert_at(j, i);
	const char *url = a ? a->view.alert.portal_url : NULL;

	return words_link_ok(url) ? url : "";
}

void alertmanager_times(const struct render_job *j, size_t i,
			struct alertmanager_times *ret)
{
	const struct render_alert *a = alert_at(j, i);
	const struct tracked *t = a ? &a->view.tracked : NULL;

	ret->from_ms = t ? t->episode_ms : j->notice->created_ms;
	ret->firing = !t || t->state != ALERT_CLOSED;
	if (!t)
		ret->until_ms = ret->from_ms + TELLING_MS;
	else if (ret->firing)
		ret->until_ms = j->now_ms + ALERTMANAGER_FIRING_MS;
	else
		ret->until_ms = t->closed_ms ? t->closed_ms : j->now_ms;
	/* The clock may have been put back: an end before the beginning would
	 * be refused. */
	ret->until_ms = MAX(ret->until_ms, ret->from_ms);
}

static json_t *make_alert(const struct talk *t, const struct talk_view *v,
			  size_t i)
{
	struct alertmanager_times times;
	json_t *o = json_object();
	const char *link = alertmanager_link(v->job, i);

	alertmanager_times(v->job, i, &times);
	put(o, "labels", alertmanager_labels(v, i));
	put(o, "annotations", alertmanager_annotations(t, v, i));
	format_put_instant(o, "startsAt", times.from_ms);
	format_put_instant(o, "endsAt", times.until_ms);
	if (*link)
		put(o, "generatorURL", json_string(link));
	return o;
}

static void ask_alertmanager(const struct talk *t, const struct talk_view *v,
			     struct webhook_request *ret)
{
	struct notice notice = *v->job->notice;
	struct render_job job = *v->job;
	const struct talk_view view = { v->target, &job };
	json_t *array = json_array();

	/*
	 * It is told again without a notice, and must not change by that: what
	 * belongs to one message, the link to answer it above all, stays out.
	 */
	job.ack_url = job.ack_code = NULL;
	if (job.n_alerts > 0) {
		notice.reason = NULL;
		notice.created_ms = job.now_ms;
		notice.maybe_duplicate = false;
		job.notice = &notice;
	}
	wire_extend_url(&ret->url, "api/v2/alerts");
	for (size_t i = 0; i < alertmanager_count(&job); i++)
		(void)json_array_append_new(array, make_alert(t, &view, i));
	format_set_json(ret, array);
}

static bool hear_alertmanager(struct talk *t, const struct target_conf *target,
			      const struct xfer_reply *reply,
			      struct outcome_report *ret)
{
	CLEANUP(jsonx_unref) json_t *root = wire_parse(reply);

	(void)t;
	if (ret->outcome == OUTCOME_DEAD)
		wire_explain(ret, reply, root, target->webhook.token.value);
	return false;
}

const struct format format_alertmanager = {
	.ask = ask_alertmanager,
	.hear = hear_alertmanager,
};
