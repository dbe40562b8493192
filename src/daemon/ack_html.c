/*
 * The page of a link as HTML: what is the matter, whose it is, and one button.
 * Called by ack_page.c; pure. No script, no picture, nothing loaded; all text
 * that is not ours is escaped, and has no place in an attribute.
 */
#include "daemon/ack_html.h"

#include <inttypes.h>
#include <string.h>

#include "notify/template.h"
#include "util/timefmt.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

#define TEXT_MAX 300 /* characters */

static const struct {
	int status;
	const char *head, *text;
} screens[] = {
	[ACK_SCREEN_ASK] = { 200, "Take this alert?",
			     "Nobody has it yet. With the button you take it: "
			     "the escalation stops, and everybody who was "
			     "told sees that you have it." },
	[ACK_SCREEN_DONE] = { 200, "You have it now",
			      "The escalation has stopped. Whoever was told "
			      "of it hears that you have it." },
	[ACK_SCREEN_TAKEN] = { 200, "Somebody has it",
			       "It is acknowledged already; nothing is left "
			       "to do here." },
	[ACK_SCREEN_CLOSED] = { 200, "It is closed",
				"The alert is closed; nothing is left to do "
				"here." },
	[ACK_SCREEN_OTHER_EPISODE] = { 410, "This link is over",
				       "The alert was re-opened since this "
				       "message was sent. Use the link of the "
				       "newest message about it." },
	[ACK_SCREEN_EXPIRED] = { 410, "This link has expired",
				 "Use the link of a newer message, or "
				 "triagectl ack with the number of the "
				 "alert." },
	[ACK_SCREEN_REFUSED] = { 403, "This link is not valid",
				 "Open it again from the message, whole; some "
				 "mail programs break long links. Or use "
				 "triagectl ack with the number of the "
				 "alert." },
	[ACK_SCREEN_GONE] = { 404, "There is no such alert",
			      "The alert is not in the database any more." },
	[ACK_SCREEN_MISUSED] = { 400, "Nothing was changed",
				 "That was not the button of this page. Open "
				 "the link of the message again." },
	[ACK_SCREEN_FAILED] = { 503, "It could not be acknowledged",
				"triaged could not store it. Nothing was "
				"changed; try again in a moment, and see "
				"triagectl doctor." },
};

_Static_assert(ARRAY_SIZE(screens) == ACK_SCREEN_KIND_MAX, "a screen lacks");

static const char begin[] =
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
	"<meta name=\"viewport\" content=\"width=device-width,"
	"initial-scale=1\"><meta name=\"robots\" content=\"noindex\">"
	"<title>triaged</title><style>"
	"body{margin:0;padding:16px;font:18px/1.45 -apple-system,'Segoe UI',"
	"Roboto,Arial,sans-serif;background:#fff;color:#1b1b1b}"
	"main{max-width:640px;margin:auto;overflow-wrap:anywhere}"
	"h1{font-size:24px;margin:0 0 8px}"
	"dt{color:#5f6368;font-size:15px;margin-top:10px}dd{margin:0}"
	"button{width:100%;margin:20px 0 0;padding:16px;font:inherit;"
	"font-weight:bold;border:0;border-radius:8px;background:#14532d;"
	"color:#fff}"
	"@media(prefers-color-scheme:dark){body{background:#111;color:#eee}"
	"dt{color:#aaa}button{background:#22c55e;color:#000}}"
	"</style></head>\n<body><main>\n";

static void add_text(struct strbuf *out, const char *s)
{
	CLEANUP(free_ptr) char *cut = utf8_clean_dup(s, TEXT_MAX, UTF8_LINE);

	template_escape_html(out, cut, strlen(cut));
}

/* What is unknown is not said. */
static void add_fact(struct strbuf *out, const char *label, const char *s)
{
	if (!s || !*s)
		return;
	strbuf_addf(out, "<dt>%s</dt><dd>", label);
	add_text(out, s);
	strbuf_addstr(out, "</dd>\n");
}

/* "2026-11-21 13:05 UTC, in 2 h 40 min": right in every time zone. */
static void add_due(struct strbuf *out, const struct ack_screen *s)
{
	char moment[TIMEFMT_MAX], span[TIMEFMT_MAX];
	int64_t left_ms = s->due_ms - s->now_ms;

	if (!s->due_ms)
		return;
	strbuf_addf(out, "<dt>Triage due</dt><dd>%s UTC, ",
		    timefmt_minute(s->due_ms, 0, moment));
	if (left_ms >= 0)
		strbuf_addf(out, "in %s</dd>\n", timefmt_span(left_ms, span));
	else
		strbuf_addf(out, "%s ago</dd>\n", timefmt_span(-left_ms, span));
}

static void add_state(struct strbuf *out, const struct tracked *t)
{
	const char *who = t->state == ALERT_CLOSED	   ? t->closed_by
			  : t->state == ALERT_ACKNOWLEDGED ? t->acknowledged_by
							   : NULL;
	int64_t since_ms = t->state == ALERT_CLOSED	    ? t->closed_ms
			   : t->state == ALERT_ACKNOWLEDGED ? t->acknowledged_ms
							    : 0;
	char moment[TIMEFMT_MAX];

	strbuf_addf(out, "<dt>State</dt><dd>%s", alert_state_name(t->state));
	if (who && *who) {
		strbuf_addstr(out, " by ");
		add_text(out, who);
	}
	if (since_ms)
		strbuf_addf(out, ", %s UTC",
			    timefmt_minute(since_ms, 0, moment));
	strbuf_addstr(out, "</dd>\n");
}

static void add_alert(struct strbuf *out, const struct ack_screen *s)
{
	const struct alert *a = &s->view->alert;

	strbuf_addstr(out, "<dl>\n");
	add_fact(out, "Alert", a->title ? a->title : a->alert_type);
	add_fact(out, "Severity", severity_name(s->view->tracked.severity));
	add_fact(out, "Where", a->entity);
	add_fact(out, "Resource", a->resource_id);
	add_due(out, s);
	add_state(out, &s->view->tracked);
	add_fact(out, "This message was sent to", s->told);
	strbuf_addstr(out, "</dl>\n");
}

int ack_html_write(const struct ack_screen *s, struct strbuf *out)
{
	strbuf_addstr(out, begin);
	strbuf_addf(out, "<h1>%s</h1>\n<p>%s</p>\n", screens[s->kind].head,
		    screens[s->kind].text);
	if (s->alert_id)
		strbuf_addf(out, "<p>Alert #%" PRId64 "</p>\n", s->alert_id);
	if (s->view)
		add_alert(out, s);
	/* Without an action it goes to where it came from, behind any proxy. */
	if (s->kind == ACK_SCREEN_ASK)
		strbuf_addstr(out, "<form method=\"post\"><button "
				   "name=\"acknowledge\" value=\"yes\">"
				   "Acknowledge</button></form>\n");
	strbuf_addstr(out, "</main></body></html>\n");
	return screens[s->kind].status;
}
