/*
 * A notice and its alert for the renderers' tests: one HIGH alert on vm-web-1,
 * owed 2026-11-21 10:25 UTC, due 13:05 UTC. Everything is owned by the
 * struct sample.
 */
#ifndef TESTS_NOTIFY_SAMPLE_H
#define TESTS_NOTIFY_SAMPLE_H

#include <stdlib.h>
#include <string.h>

#include "notify/render.h"
#include "util/xmalloc.h"

#define SAMPLE_NOW_MS INT64_C(1795256700000) /* 2026-11-21T10:25:00Z */
#define SAMPLE_MINUTE_MS INT64_C(60000)
#define SAMPLE_KEY                                                             \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

struct sample {
	struct notice notice;
	struct render_alert alert;
	struct render_job job;
};

/* An hour east of UTC, for any name but one. */
static inline bool sample_zone_offset(const char *zone, int64_t ms, int *ret)
{
	(void)ms;
	if (strcmp(zone, "No/Where") == 0)
		return false;
	*ret = 3600;
	return true;
}

static inline void sample_alert_init(struct render_alert *ret)
{
	struct alert *a = &ret->view.alert;
	struct tracked *t = &ret->view.tracked;

	memset(ret, 0, sizeof(*ret));
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
	a->resource_id = xstrdup("/subscriptions/s/resourceGroups/rg-web/x/"
				 "vm-web-1");
	a->resource_group = xstrdup("rg-web");
	a->entity = xstrdup("vm-web-1");
	a->tactics = xstrdup("Execution, Persistence");
	a->remediation = xstrdup("Isolate the machine.\nLook at its "
				 "processes.");
	a->portal_url = xstrdup("https://portal.azure.com/#blade/x?a=1&b=2");
	a->created_ms = SAMPLE_NOW_MS - 20 * SAMPLE_MINUTE_MS;
	alert_add_entity(a, "host", "vm-web-1", NULL);
	alert_add_entity(a, "ip", "192.0.2.7", "attacker");
	t->id = 42;
	t->severity = t->base = ret->opened = SEVERITY_HIGH;
	t->episode = 1;
	t->seen_ms = t->episode_ms = SAMPLE_NOW_MS;
	ret->clock.alert_id = 42;
	ret->clock.started_ms = SAMPLE_NOW_MS;
	ret->clock.due_ms = SAMPLE_NOW_MS + 160 * SAMPLE_MINUTE_MS;
}

static inline void sample_init(struct sample *s, enum notice_kind kind)
{
	memset(s, 0, sizeof(*s));
	sample_alert_init(&s->alert);
	s->notice.id = 7;
	s->notice.alert_id = 42;
	s->notice.episode = 1;
	s->notice.target = xstrdup("oncall");
	s->notice.recipient = xstrdup("anna@example.org");
	s->notice.kind = kind;
	s->notice.severity = SEVERITY_HIGH;
	s->notice.reason = xstrdup("route 1, step 1: told at once");
	memcpy(s->notice.key, SAMPLE_KEY, sizeof(s->notice.key));
	s->notice.created_ms = SAMPLE_NOW_MS;
	s->job.notice = &s->notice;
	s->job.alerts = &s->alert;
	s->job.n_alerts = 1;
	s->job.n_total = 1;
	s->job.now_ms = SAMPLE_NOW_MS;
	s->job.host = "triage-1.example.org";
}

static inline void sample_release(struct sample *s)
{
	alert_view_release(&s->alert.view);
	notice_release(&s->notice);
}

/* Replace an owned string. */
static inline void sample_set(char **field, const char *value)
{
	free(*field);
	*field = xstrdup(value);
}

/* @n characters "A" with an emoji at the end of each ten: cuts meet it. */
static inline char *sample_long_text(size_t n)
{
	struct strbuf sb = STRBUF_INIT;

	for (size_t i = 1; i <= n; i++)
		strbuf_addstr(&sb, i % 10 == 0 ? "\xf0\x9f\x94\xa5" : "A");
	return strbuf_detach(&sb);
}

/* What an attacker would put into a name. */
#define SAMPLE_HOSTILE                                                         \
	"x\r\nBcc: evil@example.com\r\n.\r\n<script>alert(1)</script>\x1b]0;t" \
	"\x07\xe2\x80\xae"                                                     \
	"gpj \xff\xc3( <img src=x onerror='a'> \"%s%n\" =?UTF-8?B?eA==?="

static inline void sample_make_hostile(struct sample *s)
{
	struct alert *a = &s->alert.view.alert;
	struct tracked *t = &s->alert.view.tracked;
	char **fields[] = {
		&a->source,
		&a->kind,
		&a->provider,
		&a->tenant,
		&a->subscription,
		&a->native_id,
		&a->title,
		&a->description,
		&a->alert_type,
		&a->resource_id,
		&a->resource_group,
		&a->resource_type,
		&a->entity,
		&a->tactics,
		&a->techniques,
		&a->incident,
		&a->remediation,
		&a->portal_url,
		&t->owner,
		&t->acknowledged_by,
		&t->closed_by,
		&s->notice.reason,
		&s->notice.last_error,
		&s->notice.target,
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		sample_set(fields[i], SAMPLE_HOSTILE);
	for (size_t i = 0; i < a->n_entities; i++) {
		sample_set(&a->entities[i].kind, SAMPLE_HOSTILE);
		sample_set(&a->entities[i].value, SAMPLE_HOSTILE);
		sample_set(&a->entities[i].role, SAMPLE_HOSTILE);
	}
	strlist_add(&s->alert.view.tags, SAMPLE_HOSTILE);
}

/* Every field as long as a stranger may want it. */
static inline void sample_make_huge(struct sample *s)
{
	struct alert *a = &s->alert.view.alert;
	char *mega = sample_long_text(1000000);
	char *word = sample_long_text(ALERT_WORD_MAX);
	char **words[] = {
		&a->source,
		&a->kind,
		&a->provider,
		&a->tenant,
		&a->subscription,
		&a->native_id,
		&a->title,
		&a->alert_type,
		&a->resource_id,
		&a->resource_group,
		&a->resource_type,
		&a->entity,
		&a->tactics,
		&a->techniques,
		&a->incident,
		&s->notice.reason,
		&s->notice.last_error,
		&s->notice.target,
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		sample_set(words[i], word);
	sample_set(&a->description, mega);
	sample_set(&a->remediation, mega);
	for (int i = 0; i < 500; i++) {
		char *value = xasprintf("%d%s", i, word);

		alert_add_entity(a, word, value, word);
		strlist_add(&s->alert.view.tags, value);
		free(value);
	}
	free(mega);
	free(word);
}

#endif
