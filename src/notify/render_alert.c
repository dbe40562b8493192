/*
 * What a message says about one alert, and in which order. Called by
 * render_doc.c. The first two blocks must answer what, where, how bad, due
 * when and what to do first.
 *
 * tested with: test_render
 */
#include "notify/render_priv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "util/utf8.h"
#include "util/xmalloc.h"

static void say_lead(struct doc *d, const struct render_job *j,
		     const struct render_alert *a)
{
	struct strbuf sb = STRBUF_INIT;

	words_add_news(&sb, j, a);
	if (sb.len > 0)
		strbuf_addch(&sb, ' ');
	strbuf_addf(&sb, "%s: ", words_severity(a->view.tracked.severity));
	words_add_what(&sb, a, WORDS_TITLE_MAX);
	strbuf_addstr(&sb, ". ");
	words_add_due(&sb, j, a);
	while (sb.len > 0 && sb.buf[sb.len - 1] == ' ')
		strbuf_setlen(&sb, sb.len - 1);
	doc_take(d, BLOCK_LEAD, NULL, &sb);
	strbuf_release(&sb);
}

/* The line of @text at *@p, cut at its end; moves on. NULL at the end. */
static char *next_line(const char **p)
{
	while (**p) {
		size_t len = strcspn(*p, "\r\n");
		char *raw = xstrndup(*p, len);
		char *line =
			utf8_clean_dup(raw, WORDS_DESCRIPTION_MAX, UTF8_LINE);

		free(raw);
		*p += len + strspn(*p + len, "\r\n");
		if (line[strspn(line, " ")])
			return line;
		free(line);
	}
	return NULL;
}

void words_add_first_step(struct strbuf *out, const struct render_alert *a)
{
	const char *p = a->view.alert.remediation;
	CLEANUP(free_ptr) char *line = p ? next_line(&p) : NULL;

	if (line && a->view.tracked.state != ALERT_CLOSED)
		words_add(out, line, WORDS_FACT_MAX);
}

/* What to do first; without advice from the source, where to look, which
 * say_how then need not say again. Was there advice? */
static bool say_first_step(struct doc *d, const struct render_alert *a)
{
	CLEANUP(strbuf_release) struct strbuf step = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	words_add_first_step(&step, a);
	if (step.len > 0)
		strbuf_addf(&sb, "First step: %s", step.buf);
	else
		strbuf_addf(&sb, "Next: triagectl show %" PRId64,
			    a->view.tracked.id);
	doc_take(d, BLOCK_PARA, NULL, &sb);
	return step.len > 0;
}

static void say_instant(struct doc *d, const struct render_job *j,
			const char *label, int64_t ms)
{
	struct strbuf sb = STRBUF_INIT;

	if (ms != 0)
		words_add_instant(&sb, j, ms);
	doc_take(d, BLOCK_FACT, label, &sb);
	strbuf_release(&sb);
}

static void say_command(struct doc *d, const char *label, const char *verb,
			int64_t id)
{
	char *text = xasprintf("triagectl %s %" PRId64, verb, id);

	doc_say(d, BLOCK_COMMAND, label, text);
	free(text);
}

static void say_severity(struct doc *d, const struct render_alert *a)
{
	const struct tracked *t = &a->view.tracked;
	struct strbuf sb = STRBUF_INIT;

	strbuf_addstr(&sb, severity_name(t->severity));
	if (t->severity != t->base)
		strbuf_addf(&sb, " (%s at the source)", severity_name(t->base));
	doc_take(d, BLOCK_FACT, "Severity", &sb);
	strbuf_release(&sb);
}

static void say_state(struct doc *d, const struct render_alert *a)
{
	const struct tracked *t = &a->view.tracked;
	struct strbuf sb = STRBUF_INIT;
	const char *who = t->state == ALERT_CLOSED	   ? t->closed_by
			  : t->state == ALERT_ACKNOWLEDGED ? t->acknowledged_by
							   : NULL;

	strbuf_addstr(&sb, alert_state_name(t->state));
	if (who && who[0]) {
		strbuf_addstr(&sb, " by ");
		words_add(&sb, who, WORDS_FACT_MAX);
	}
	doc_take(d, BLOCK_FACT, "State", &sb);
	strbuf_release(&sb);
}

static void say_source(struct doc *d, const struct render_alert *a)
{
	const struct alert *alert = &a->view.alert;
	struct strbuf sb = STRBUF_INIT;

	words_add(&sb, alert->provider ? alert->provider : alert->kind, 80);
	if (alert->source) {
		strbuf_addstr(&sb, ", by source ");
		words_add(&sb, alert->source, 80);
	}
	doc_take(d, BLOCK_FACT, "From", &sb);
	strbuf_release(&sb);
}

static void say_what(struct doc *d, const struct render_job *j,
		     const struct render_alert *a)
{
	const struct alert *alert = &a->view.alert;

	say_severity(d, a);
	say_state(d, a);
	doc_fact(d, "Owner", a->view.tracked.owner);
	doc_fact(d, "Where", words_where(a));
	doc_fact(d, "Resource", alert->resource_id);
	doc_fact(d, "Kind", alert->alert_type);
	doc_fact(d, "Tactics", alert->tactics);
	doc_fact(d, "Incident", alert->incident);
	say_instant(d, j, "Raised", alert->created_ms);
	say_instant(d, j, "Seen here", a->view.tracked.seen_ms);
	if (alert->provider || alert->kind)
		say_source(d, a);
	doc_fact(d, "Their id", alert->native_id);
}

/* The link for the thumb, the code for the keyboard; without either the
 * number, which anybody knows. */
static void say_answer(struct doc *d, const struct render_job *j, int64_t id)
{
	CLEANUP(free_ptr) char *typed = NULL;

	if (j->ack_url)
		doc_say(d, BLOCK_LINK, "Acknowledge", j->ack_url);
	if (!j->ack_code) {
		say_command(d, j->ack_url ? "or" : "Acknowledge", "ack", id);
		return;
	}
	typed = xasprintf("triagectl ack %s", j->ack_code);
	doc_say(d, BLOCK_COMMAND, j->ack_url ? "or" : "Acknowledge", typed);
}

static void say_how(struct doc *d, const struct render_job *j,
		    const struct render_alert *a, bool more)
{
	const struct tracked *t = &a->view.tracked;

	doc_fact(d, "Why you", j->notice->reason);
	if (t->state == ALERT_OPEN)
		say_answer(d, j, t->id);
	if (more)
		say_command(d, "More", "show", t->id);
	if (words_link_ok(a->view.alert.portal_url))
		doc_say(d, BLOCK_LINK, "Portal", a->view.alert.portal_url);
}

/* Foreign text keeps its lines, so each is marked as a quotation. */
static void say_lines(struct doc *d, const char *text, enum block_kind kind,
		      size_t max_lines)
{
	size_t n = 0;

	for (const char *p = text; *p;) {
		char *line = n == max_lines ? NULL : next_line(&p);

		if (!line) {
			if (*p)
				doc_say(d, kind, NULL, "(cut here)");
			return;
		}
		doc_say(d, kind, NULL, line);
		free(line);
		n++;
	}
}

static void say_steps(struct doc *d, const struct render_alert *a)
{
	const char *p = a->view.alert.remediation;

	if (!p)
		return;
	/* The first one stands on top already. */
	free(next_line(&p));
	if (!p[strspn(p, "\r\n ")])
		return;
	doc_say(d, BLOCK_HEAD, NULL, "Further steps, as the source says");
	say_lines(d, p, BLOCK_ITEM, WORDS_STEPS_MAX);
}

static void say_description(struct doc *d, const struct render_alert *a)
{
	const char *text = a->view.alert.description;
	char *cut;

	if (!text || !text[0])
		return;
	cut = utf8_clean_dup(text, WORDS_DESCRIPTION_MAX, UTF8_KEEP_NEWLINES);
	doc_say(d, BLOCK_HEAD, NULL, "Description, as the source says");
	say_lines(d, cut, BLOCK_QUOTE, WORDS_DESCRIPTION_LINES);
	free(cut);
}

static void say_entity(struct doc *d, const struct entity *e)
{
	struct strbuf sb = STRBUF_INIT;

	words_add(&sb, e->kind ? e->kind : "entity", 40);
	strbuf_addch(&sb, ' ');
	words_add(&sb, e->value ? e->value : "", WORDS_FACT_MAX);
	if (e->role) {
		strbuf_addstr(&sb, " (");
		words_add(&sb, e->role, 40);
		strbuf_addch(&sb, ')');
	}
	doc_take(d, BLOCK_ITEM, NULL, &sb);
	strbuf_release(&sb);
}

static void say_entities(struct doc *d, const struct render_alert *a)
{
	const struct alert *alert = &a->view.alert;
	size_t n = MIN(alert->n_entities, (size_t)WORDS_ENTITIES_MAX);
	struct strbuf sb = STRBUF_INIT;

	if (n == 0)
		return;
	doc_say(d, BLOCK_HEAD, NULL, "Entities");
	for (size_t i = 0; i < n; i++)
		say_entity(d, &alert->entities[i]);
	if (alert->n_entities > n) {
		strbuf_addf(&sb, "+%zu more: triagectl show %" PRId64,
			    alert->n_entities - n, a->view.tracked.id);
		doc_take(d, BLOCK_PARA, NULL, &sb);
	}
	strbuf_release(&sb);
}

void doc_build_alert(struct doc *d, const struct render_job *j,
		     const struct render_alert *a)
{
	bool advised;

	say_lead(d, j, a);
	advised = say_first_step(d, a);
	doc_say_late(d, j);
	say_how(d, j, a, advised);
	say_what(d, j, a);
	say_steps(d, a);
	say_description(d, a);
	say_entities(d, a);
}
