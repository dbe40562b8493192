/*
 * A notice as the parts of an e-mail. Called by deliver.c for e-mail and
 * folder targets; how the parts become a message is mail_compose.c's matter.
 */
#include "notify/render.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "notify/render_priv.h"
#include "util/xmalloc.h"

/* "[DIGEST] 3 alerts: 3 low", "[CRITICAL] STORM: 40 alerts: 1 critical, 39
 * low",
 * "[HIGH] GROUP: Suspicious sign-in and 2 more". */
static void add_digest_subject(struct strbuf *out, const struct render_job *j)
{
	if (render_is_planned(j))
		strbuf_addstr(out, "[DIGEST] ");
	else
		strbuf_addf(out, "[%s] ", words_severity(render_severity(j)));
	words_add_cause(out, j);
	if (j->cause != NOISE_GROUP || j->n_alerts == 0) {
		words_add_counts(out, j);
		return;
	}
	words_add(out, words_title(&j->alerts[0]), WORDS_TITLE_MAX);
	strbuf_addf(out, " and %" PRId64 " more", j->n_total - 1);
}

/*
 * The same for every mail of one alert, whatever its state: some web clients
 * split a thread when the subject changes. So it has the severity at first
 * sight, and news stand in the first line of the body.
 */
char *render_subject(const struct render_job *j)
{
	const struct render_alert *a = render_alert_of(j);
	struct strbuf sb = STRBUF_INIT;

	if (a) {
		strbuf_addf(&sb, "[%s] ", words_severity(a->opened));
		words_add(&sb, words_title(a), WORDS_TITLE_MAX);
		strbuf_addf(&sb, " (#%" PRId64 ")", a->view.tracked.id);
	} else if (render_is_digest(j)) {
		add_digest_subject(&sb, j);
	} else if (j->notice->kind == NOTICE_TEST) {
		strbuf_addstr(&sb, "[TEST] triaged test notice for target ");
		words_add(&sb, j->notice->target, 80);
	} else if (j->notice->kind == NOTICE_SILENCE) {
		strbuf_addstr(&sb, "[SILENCE] A silence of yours ends soon");
	} else if (j->notice->kind == NOTICE_RESPONSE) {
		strbuf_addstr(&sb, "[SECURITY] About your account ");
		words_add(&sb, j->notice->recipient, 100);
	} else {
		strbuf_addf(&sb, "[%s] Alert #%" PRId64,
			    words_severity(j->notice->severity),
			    j->notice->alert_id);
	}
	return strbuf_detach(&sb);
}

static char *make_alert_key(const struct render_job *j)
{
	const struct render_alert *a = render_alert_of(j);
	char key[RENDER_KEY_SIZE];

	return a && render_alert_key(a, key) ? xstrdup(key) : NULL;
}

static const char *importance(const struct render_job *j)
{
	enum notice_kind kind = j->notice->kind;

	/* Good news and summaries wait until somebody looks. */
	if (kind == NOTICE_CLOSED || kind == NOTICE_ACKNOWLEDGED ||
	    render_is_planned(j) || kind == NOTICE_TEST ||
	    kind == NOTICE_SILENCE)
		return "normal";
	if (kind == NOTICE_RESPONSE)
		return "high";
	switch (render_severity(j)) {
	case SEVERITY_CRITICAL:
	case SEVERITY_HIGH:
		return "high";
	case SEVERITY_MEDIUM:
	case SEVERITY_LOW:
		return "normal";
	case SEVERITY_INFO:
		return "low";
	}
	return "normal";
}

static char *make_subject(const struct render_job *j)
{
	struct strbuf own = STRBUF_INIT;

	return render_custom(j, SLOT_SUBJECT, template_escape_line, &own)
		       ? strbuf_detach(&own)
		       : render_subject(j);
}

/* Most programs show the HTML: without a template for it, it says what the
 * text says, not our words. */
static void add_text_as_html(const struct strbuf *text, struct strbuf *html)
{
	strbuf_addstr(html, "<!DOCTYPE html>\n<html><head>"
			    "<meta charset=\"utf-8\"><title>triaged</title>"
			    "</head>\n<body><div style=\"white-space:pre-wrap;"
			    "overflow-wrap:anywhere\">");
	template_escape_html(html, text->buf, text->len);
	strbuf_addstr(html, "</div></body></html>\n");
}

static void make_texts(const struct render_job *j, struct strbuf *text,
		       struct strbuf *html)
{
	CLEANUP(doc_release) struct doc doc = { 0 };
	bool own = render_custom(j, SLOT_TEXT, template_escape_text, text);

	doc_build(j, &doc);
	if (!own)
		doc_add_text(&doc, text);
	if (render_custom(j, SLOT_HTML, template_escape_html, html))
		return;
	if (own)
		add_text_as_html(text, html);
	else
		doc_add_html(&doc, render_severity(j), html);
}

void render_mail(const struct render_job *j, struct render_mail *ret)
{
	struct strbuf text = STRBUF_INIT;
	struct strbuf html = STRBUF_INIT;

	make_texts(j, &text, &html);
	*ret = (struct render_mail){
		.subject = make_subject(j),
		.text = strbuf_detach(&text),
		.html = strbuf_detach(&html),
		.alert_key = make_alert_key(j),
		.importance = importance(j),
	};
}

void render_mail_release(struct render_mail *m)
{
	free(m->subject);
	free(m->text);
	free(m->html);
	free(m->alert_key);
	memset(m, 0, sizeof(*m));
}
