/*
 * Made-up messages (custom_sample.h). Called by custom_check.c. Every member
 * of the payload has a value in one of them: a name that none has is a slip.
 *
 * tested with: test_custom_check
 */
#include "notify/custom_sample.h"

#include <stdlib.h>
#include <string.h>
#include "util/compiler.h"
#include "util/xmalloc.h"

#define MINUTE_MS INT64_C(60000)
#define NOW_MS INT64_C(1772442000000) /* 2026-03-02T09:00:00Z */
#define KEY "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"

/* What an attacker may choose, in places that are all too often trusted. */
#define HOSTILE                                                                \
	"x\r\nBcc: a@example.org\r\n.\r\n</td><script>alert(1)</script>"       \
	"\x1b]0;t\x07\xe2\x80\xae \xff \"}],{\\ {{type}} @everyone <!channel>" \
	" *b* [l](https://example.org) \xf0\x9f\x94\xa5"

static void fill_entities(struct alert *a)
{
	alert_add_entity(a, "host", "vm-web-1", "target");
	alert_add_entity(a, "ip", "192.0.2.7", "attacker");
}

static void fill_alert(struct alert *a)
{
	a->source = xstrdup("azure");
	a->kind = xstrdup(ALERT_KIND_ARM);
	a->provider = xstrdup("defender-for-cloud");
	a->tenant = xstrdup("11111111-2222-3333-4444-555555555555");
	a->subscription = xstrdup("22222222-3333-4444-5555-666666666666");
	a->native_id = xstrdup("2517538088322968242_3a01");
	a->title = xstrdup("Suspicious PowerShell");
	a->description = xstrdup("PowerShell ran an encoded command.\n"
				 "It was started by a web server.");
	a->alert_type = xstrdup("VM_SuspiciousPowerShell");
	a->category = xstrdup("Execution");
	a->policy = xstrdup("Behavior analytics");
	a->resource_id = xstrdup("/subscriptions/22222222-3333-4444-5555-"
				 "666666666666/resourceGroups/rg-web/"
				 "providers/Microsoft.Compute/"
				 "virtualMachines/vm-web-1");
	a->resource_group = xstrdup("rg-web");
	a->resource_type = xstrdup("virtualMachines");
	a->entity = xstrdup("vm-web-1");
	a->tactics = xstrdup("Execution, Persistence");
	a->techniques = xstrdup("T1059.001");
	a->incident = xstrdup("INC-7");
	a->remediation = xstrdup("Isolate the machine.\n"
				 "Look at its processes.");
	a->portal_url = xstrdup("https://portal.example.org/alert?a=1&b=2");
	a->created_ms = NOW_MS - 20 * MINUTE_MS;
	fill_entities(a);
}

static void fill(struct render_alert *ret, int64_t id)
{
	struct tracked *t = &ret->view.tracked;

	memset(ret, 0, sizeof(*ret));
	fill_alert(&ret->view.alert);
	strlist_add(&ret->view.tags, "crown-jewels");
	t->id = id;
	t->severity = t->base = ret->opened = SEVERITY_HIGH;
	t->episode = 1;
	t->seen_ms = t->episode_ms = NOW_MS - 15 * MINUTE_MS;
	t->owner = xstrdup("web team");
	ret->clock.alert_id = id;
	ret->clock.started_ms = t->seen_ms;
	ret->clock.due_ms = NOW_MS + 160 * MINUTE_MS;
}

/* ---- the kinds, each as it may find the alert ---- */

static void be_escalated(struct custom_sample *s)
{
	/* Raised since it was opened: a subject that shows it changes. */
	s->alerts[0].view.tracked.severity = SEVERITY_CRITICAL;
}

static void be_acknowledged(struct custom_sample *s)
{
	s->alerts[0].view.tracked.state = ALERT_ACKNOWLEDGED;
	s->alerts[0].view.tracked.acknowledged_by = xstrdup("anna");
	s->alerts[0].clock.stopped_ms = NOW_MS;
}

static void be_breached(struct custom_sample *s)
{
	s->alerts[0].clock.due_ms = NOW_MS - MINUTE_MS;
	s->alerts[0].clock.breached_ms = NOW_MS;
	s->notice.created_ms = NOW_MS - 10 * MINUTE_MS;
	s->notice.maybe_duplicate = true;
}

static void be_closed(struct custom_sample *s)
{
	s->alerts[0].view.tracked.state = ALERT_CLOSED;
	s->alerts[0].view.tracked.closed_by = xstrdup("source");
	s->alerts[0].clock.stopped_ms = NOW_MS;
}

static void be_reopened(struct custom_sample *s)
{
	s->alerts[0].view.tracked.episode = 2;
}

static void be_digest(struct custom_sample *s)
{
	fill(&s->alerts[1], 1043);
	fill(&s->alerts[2], 1044);
	s->alerts[2].view.tracked.severity = SEVERITY_LOW;
	s->notice.alert_id = 0;
	s->job.n_alerts = 3;
	s->job.n_total = 3;
	s->job.cause = NOISE_GROUP;
	s->job.cause_name = xstrdup("incident INC-7");
}

static void be_without_alert(struct custom_sample *s)
{
	s->notice.alert_id = 0;
	s->job.n_alerts = 0;
	s->job.n_total = 0;
}

static void be_gone(struct custom_sample *s)
{
	s->job.n_alerts = 0;
	s->job.n_total = 0;
}

static void be_hostile(struct custom_sample *s)
{
	struct alert *a = &s->alerts[0].view.alert;
	char **fields[] = {
		&a->source,	    &a->kind,
		&a->provider,	    &a->tenant,
		&a->subscription,   &a->native_id,
		&a->title,	    &a->description,
		&a->alert_type,	    &a->category,
		&a->policy,	    &a->resource_id,
		&a->resource_group, &a->resource_type,
		&a->entity,	    &a->tactics,
		&a->techniques,	    &a->incident,
		&a->remediation,    &a->portal_url,
		&s->notice.reason,  &a->entities[0].value,
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		free(*fields[i]);
		*fields[i] = xstrdup(HOSTILE);
	}
	strlist_add(&s->alerts[0].view.tags, HOSTILE);
}

static const struct {
	const char *name;
	enum notice_kind kind;
	void (*be)(struct custom_sample *s); /* NULL: as it is */
} kinds[] = {
	{ "opened", NOTICE_OPENED, NULL },
	{ "escalated", NOTICE_ESCALATED, be_escalated },
	{ "updated", NOTICE_UPDATED, NULL },
	{ "acknowledged", NOTICE_ACKNOWLEDGED, be_acknowledged },
	{ "warning", NOTICE_WARNING, NULL },
	{ "breached", NOTICE_BREACHED, be_breached },
	{ "closed", NOTICE_CLOSED, be_closed },
	{ "reopened", NOTICE_REOPENED, be_reopened },
	{ "digest", NOTICE_DIGEST, be_digest },
	{ "test", NOTICE_TEST, be_without_alert },
	{ "silence", NOTICE_SILENCE, be_without_alert },
	{ "response", NOTICE_RESPONSE, be_without_alert },
	{ "of an alert that is gone", NOTICE_OPENED, be_gone },
	{ "with hostile text", NOTICE_OPENED, be_hostile },
};

bool custom_sample_init(struct custom_sample *ret, size_t i)
{
	if (i >= ARRAY_SIZE(kinds))
		return false;
	memset(ret, 0, sizeof(*ret));
	ret->name = kinds[i].name;
	fill(&ret->alerts[0], 1042);
	ret->notice = (struct notice){
		.id = 7,
		.alert_id = 1042,
		.episode = 1,
		.target = xstrdup("oncall"),
		.recipient = xstrdup("anna@example.org"),
		.kind = kinds[i].kind,
		.severity = SEVERITY_HIGH,
		.reason = xstrdup("route 1, step 1: told at once"),
		.attempts = 1,
		.created_ms = NOW_MS,
	};
	memcpy(ret->notice.key, KEY, sizeof(ret->notice.key));
	ret->job = (struct render_job){
		.notice = &ret->notice,
		.alerts = ret->alerts,
		.n_alerts = 1,
		.n_total = 1,
		.now_ms = NOW_MS,
		.host = "triage-1.example.org",
		.ack_url = "https://triage.example.org/ack/sample",
		.ack_expires_ms = NOW_MS + 60 * MINUTE_MS,
		.ack_code = "1042-K7PMX",
	};
	if (kinds[i].be)
		kinds[i].be(ret);
	return true;
}

void custom_sample_release(struct custom_sample *s)
{
	for (size_t i = 0; i < CUSTOM_SAMPLE_ALERTS; i++)
		alert_view_release(&s->alerts[i].view);
	free(s->job.cause_name);
	notice_release(&s->notice);
}
