/*
 * Alerts as named texts: see the header. Called by the formats of receivers
 * that keep alerts of their own. Knows nothing of what any of them accepts but
 * the limits it is given.
 *
 * tested with: test_format_pagerduty
 */
#include "notify/format_facts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "notify/format_words.h"
#include "notify/template.h"
#include "util/timefmt.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

#define ENTITIES_SHOWN 10
#define ENTITY_MAX 60
/* Longer links are somebody's mistake; half a link is none. */
#define LINK_MAX 1000

struct facts {
	json_t *object;
	const struct facts_limits *limits;
	size_t used;
};

/* @text is clean. */
static void put(struct facts *f, const char *name, const char *text)
{
	size_t n = strlen(name) + utf8_length(text);

	if (!*text || f->used + n > f->limits->total)
		return;
	f->used += n;
	/* jansson frees the value also when it fails. */
	(void)json_object_set_new(f->object, name, json_string(text));
}

static void put_cut(struct facts *f, const char *name, const char *s,
		    size_t max, enum utf8_clean how)
{
	CLEANUP(free_ptr) char *clean = utf8_clean_dup(s, max, how);

	if (clean && max > 0)
		put(f, name, clean);
}

static void put_word(struct facts *f, const char *name, const char *s)
{
	put_cut(f, name, s, f->limits->word, UTF8_LINE);
}

static void put_instant(struct facts *f, const char *name, int64_t ms)
{
	char buf[TIMEFMT_MAX];

	if (ms != 0)
		put(f, name, timefmt_utc(ms, buf));
}

static void put_link(struct facts *f, const char *name, const char *url)
{
	if (words_link_ok(url) && strlen(url) <= LINK_MAX)
		put(f, name, url);
}

static void put_state(struct facts *f, const struct tracked *t)
{
	put(f, "severity", severity_name(t->severity));
	put(f, "state", alert_state_name(t->state));
	if (t->state == ALERT_ACKNOWLEDGED)
		put_word(f, "acknowledged_by", t->acknowledged_by);
	if (t->state == ALERT_CLOSED)
		put_word(f, "closed_by", t->closed_by);
	put_word(f, "owner", t->owner);
}

static void put_clock(struct facts *f, const struct render_alert *a)
{
	put_instant(f, "triage_due_at", a->clock.due_ms);
	put(f, "triage", render_sla_state(a));
}

/* The first line that says something. */
static void put_first_step(struct facts *f, const struct alert *a)
{
	CLEANUP(free_ptr) char *line = NULL;
	const char *p = a->remediation;

	if (!p)
		return;
	p += strspn(p, "\r\n ");
	line = xstrndup(p, strcspn(p, "\r\n"));
	put_word(f, "first_step", line);
}

static void put_answer(struct facts *f, const struct render_job *j,
		       const struct tracked *t)
{
	CLEANUP(free_ptr)
	char *show = xasprintf("triagectl show %" PRId64, t->id);
	CLEANUP(free_ptr) char *ack = NULL;

	put(f, "show_command", show);
	if (t->state != ALERT_OPEN)
		return;
	put_link(f, "acknowledge_url", j->ack_url);
	ack = j->ack_code ? xasprintf("triagectl ack %s", j->ack_code)
			  : xasprintf("triagectl ack %" PRId64, t->id);
	put(f, "acknowledge_command", ack);
}

static void put_entities(struct facts *f, const struct alert *a)
{
	size_t n = MIN(a->n_entities, (size_t)ENTITIES_SHOWN);
	CLEANUP(strbuf_release) struct strbuf list = STRBUF_INIT;

	for (size_t i = 0; i < n; i++) {
		const struct entity *e = &a->entities[i];

		strbuf_addstr(&list, i > 0 ? ", " : "");
		words_add(&list, e->kind ? e->kind : "entity", ENTITY_MAX);
		strbuf_addch(&list, ' ');
		words_add(&list, e->value ? e->value : "", ENTITY_MAX);
	}
	if (a->n_entities > n)
		strbuf_addf(&list, " and %zu more", a->n_entities - n);
	put(f, "entities", list.buf);
}

static void put_content(struct facts *f, const struct alert *a)
{
	put_word(f, "resource", a->resource_id);
	put_word(f, "resource_group", a->resource_group);
	put_word(f, "alert_type", a->alert_type);
	put_word(f, "category", a->category);
	put_word(f, "policy", a->policy);
	put_word(f, "tactics", a->tactics);
	put_word(f, "techniques", a->techniques);
	put_word(f, "incident", a->incident);
	put_word(f, "provider", a->provider);
	put_word(f, "source", a->source);
	put_word(f, "tenant", a->tenant);
	put_word(f, "subscription", a->subscription);
	put_word(f, "native_id", a->native_id);
	put_instant(f, "raised_at", a->created_ms);
	put_entities(f, a);
	put_link(f, "portal_url", a->portal_url);
}

/* What matters most comes first: what does not fit is left out. */
static void put_alert(struct facts *f, const struct render_job *j,
		      const struct render_alert *a)
{
	CLEANUP(free_ptr)
	char *id = xasprintf("%" PRId64, a->view.tracked.id);

	put(f, "alert_id", id);
	put_state(f, &a->view.tracked);
	put_word(f, "entity", words_where(a));
	put_clock(f, a);
	put_first_step(f, &a->view.alert);
	put_answer(f, j, &a->view.tracked);
	put_content(f, &a->view.alert);
	put_instant(f, "seen_at", a->view.tracked.seen_ms);
	put_cut(f, "description", a->view.alert.description, f->limits->text,
		UTF8_KEEP_NEWLINES);
}

static void put_late(struct facts *f, const struct render_job *j)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	words_add_late(&text, j);
	put_word(f, "late", text.buf);
}

json_t *format_facts(const struct render_job *j, const struct render_alert *a,
		     const struct facts_limits *limits)
{
	struct facts f = { .object = json_object(), .limits = limits };
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	put_word(&f, "reason", j->notice->reason);
	if (a) {
		put_late(&f, j);
		put_alert(&f, j, a);
		return f.object;
	}
	if (limits->text > 0)
		format_add_text(&text, j, limits->text);
	put(&f, "text", text.buf);
	return f.object;
}

/* ---- for people ---- */

void format_add_what(struct strbuf *out, const struct render_alert *a,
		     size_t max)
{
	CLEANUP(strbuf_release) struct strbuf what = STRBUF_INIT;

	words_add_what(&what, a, WORDS_TITLE_MAX);
	strbuf_addf(out, "%s: ", words_severity(a->view.tracked.severity));
	words_add(out, what.buf, max);
	strbuf_addf(out, " (#%" PRId64 ")", a->view.tracked.id);
}

void format_add_headline(struct strbuf *out, const struct render_job *j,
			 size_t max)
{
	const struct render_alert *a = render_alert_of(j);
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
	CLEANUP(doc_release) struct doc d = { 0 };

	if (format_add_own_title(j, &line)) {
		words_add(out, line.buf, max);
		return;
	}
	if (a) {
		words_add_news(&line, j, a);
		strbuf_addstr(&line, line.len > 0 ? " " : "");
		format_add_what(&line, a, 0);
	} else {
		doc_build(j, &d);
		strbuf_addstr(&line, d.n > 0 ? d.v[0].text : "");
	}
	words_add(out, line.buf, max);
}

void format_add_text(struct strbuf *out, const struct render_job *j, size_t max)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(doc_release) struct doc d = { 0 };

	if (!render_custom(j, SLOT_TEXT, template_escape_text, &text)) {
		doc_build(j, &d);
		doc_add_text(&d, &text);
	}
	utf8_add_clean(out, text.buf, max, UTF8_KEEP_NEWLINES);
}

void format_put(json_t *object, const char *name, const char *s, size_t max)
{
	CLEANUP(free_ptr) char *clean = utf8_clean_dup(s, max, UTF8_LINE);

	if (clean && *clean)
		(void)json_object_set_new(object, name, json_string(clean));
}

void format_put_instant(json_t *object, const char *name, int64_t ms)
{
	char buf[TIMEFMT_MAX];

	if (ms != 0)
		(void)json_object_set_new(object, name,
					  json_string(timefmt_utc(ms, buf)));
}
