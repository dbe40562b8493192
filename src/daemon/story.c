/*
 * What is written down about a change, and who hears of it: audit events in
 * the transaction, news for the log or the demo's screen. Called by the
 * pipeline and the timed jobs; decides nothing.
 *
 * tested with: test_pipeline
 */
#include "daemon/story.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/pipeline_priv.h"
#include "daemon/tidings.h"
#include "store/audit.h"
#include "store/ledger.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

char *story_detail(const char *format, ...)
{
	char *text;
	va_list ap;

	va_start(ap, format);
	text = jsonx_pack_text(format, ap);
	va_end(ap);
	return text ? text : xstrdup("{}");
}

static const char *source_actor(const struct subject *s, char *buf, size_t size)
{
	if (strcmp(s->alert->kind, ALERT_KIND_SELF) == 0)
		return "triaged";
	(void)snprintf(buf, size, "source %s", s->alert->source);
	return buf;
}

/* What a clock that starts counts from; NULL: it counts from now, as always. */
static const char *started_from(const struct decision *d)
{
	return d->clock_start && d->start != START_SEEN
		       ? start_basis_name(d->start)
		       : NULL;
}

static const char *started_at(const struct decision *d, char buf[TIMEFMT_MAX])
{
	return started_from(d) ? timefmt_utc(d->clock.started_ms, buf) : NULL;
}

static char *opened_detail(const struct subject *s)
{
	const struct decision *d = s->decision;
	char due[TIMEFMT_MAX], started[TIMEFMT_MAX];

	return story_detail(
		"{s:s, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:s, s:b, s:I}",
		"severity", severity_name(d->severity), "source_severity",
		s->alert->source_severity, "rule", d->rule, "policy",
		d->clock_start ? d->clock.policy : NULL, "due_at",
		d->clock_start ? timefmt_utc(d->clock.due_ms, due) : NULL,
		"clock_from", started_from(d), "clock_started_at",
		started_at(d, started), "policy_hash", d->policy_hash,
		"historical", d->historical, "detection_lag_ms",
		(json_int_t)(s->alert->created_ms
				     ? s->at->now_ms - s->alert->created_ms
				     : 0));
}

static char *changed_detail(const struct subject *s)
{
	const struct decision *d = s->decision;
	char due[TIMEFMT_MAX], started[TIMEFMT_MAX];

	return story_detail("{s:s, s:s, s:s, s:s*, s:s*, s:s*, s:s*, s:s*, "
			    "s:b, s:I}",
			    "changed", d->changed, "severity_from",
			    severity_name(s->known->severity), "severity_to",
			    severity_name(d->severity), "rule", d->rule,
			    "source_status", s->alert->source_status, "due_at",
			    (d->clock_start || d->clock_move)
				    ? timefmt_utc(d->clock.due_ms, due)
				    : NULL,
			    "clock_from", started_from(d), "clock_started_at",
			    started_at(d, started), "acknowledgement_withdrawn",
			    d->withdraw_ack, "episode", (json_int_t)s->episode);
}

static const struct {
	const char *event;
	bool has_news;
	enum news_kind news;
} words[] = {
	[TRANSITION_OPENED] = { "opened", true, NEWS_OPENED },
	[TRANSITION_SEEN_CLOSED] = { "seen-closed", false, 0 },
	[TRANSITION_UPDATED] = { "updated", true, NEWS_UPDATED },
	[TRANSITION_CLOSED] = { "closed", true, NEWS_CLOSED },
	[TRANSITION_REOPENED] = { "reopened", true, NEWS_REOPENED },
};

int story_write(struct pipeline *p, const struct subject *s, struct err *err)
{
	const struct decision *d = s->decision;
	CLEANUP(free_ptr) char *detail = NULL;
	char actor[160];
	int rc;

	detail = s->known ? changed_detail(s) : opened_detail(s);
	rc = audit_add(p->store,
		       &(struct audit_event){
			       .alert_id = s->id,
			       .at_ms = s->at->now_ms,
			       .actor = source_actor(s, actor, sizeof(actor)),
			       .kind = words[d->transition].event,
			       .detail = detail,
		       },
		       err);
	if (rc < 0)
		return rc;
	if (words[d->transition].has_news && !d->historical)
		tidings_tell(p,
			     &(struct news){
				     .kind = words[d->transition].news,
				     .alert_id = s->id,
				     .alert = s->alert,
				     .severity = d->severity,
				     .due_ms = d->clock.due_ms,
				     .detail = s->known ? d->changed : d->rule,
			     });
	return 0;
}

/*
 * An attacker who can make an alert unreadable must not make it invisible:
 * somebody is told, once for each source and day.
 */
static int tell_somebody(struct pipeline *p, const char *source,
			 const struct item *it, int64_t now_ms, struct err *err)
{
	char day[TIMEFMT_MAX];
	CLEANUP(free_ptr)
	char *slug = xasprintf("quarantined/%s/%.10s", source,
			       timefmt_utc(now_ms, day));
	CLEANUP(free_ptr)
	char *title =
		xasprintf("Source %s sent what cannot be understood", source);
	CLEANUP(free_ptr)
	char *text = xasprintf("At least one item of source %s is kept raw and "
			       "has no clock and no notice of its own. The "
			       "first reason today: %s",
			       source, it->reason);

	return self_accept(p,
			   &(struct self_alert){
				   .slug = slug,
				   .severity = SEVERITY_MEDIUM,
				   .title = title,
				   .description = text,
				   .remediation =
					   "triagectl sql unknown-items\n"
					   "Look at them in the portal.",
			   },
			   now_ms, err);
}

int story_quarantine(struct pipeline *p, const char *source,
		     const struct item *it, const struct sighting *at,
		     struct err *err)
{
	CLEANUP(free_ptr) char *detail = NULL;
	int rc;

	rc = ledger_quarantine(p->store, at->poll, it, at->now_ms, err);
	if (rc <= 0)
		return rc;
	detail = story_detail("{s:I, s:s, s:I}", "poll", (json_int_t)at->poll,
			      "reason", it->reason, "bytes",
			      (json_int_t)it->raw_len);
	rc = audit_add(p->store,
		       &(struct audit_event){
			       .at_ms = at->now_ms,
			       .actor = "triaged",
			       .kind = "quarantined",
			       .detail = detail,
		       },
		       err);
	if (rc < 0)
		return rc;
	tidings_tell(p, &(struct news){
				.kind = NEWS_QUARANTINED,
				.detail = it->reason,
			});
	return tell_somebody(p, source, it, at->now_ms, err);
}
