/*
 * Phrases: an alert, an instant, what is new, as somebody says them who
 * answers a telephone at 03:00. Called by the other render files. All text
 * from outside passes words_add.
 *
 * tested with: test_render
 */
#include "notify/render_priv.h"

#include <inttypes.h>
#include <string.h>
#include "util/timefmt.h"
#include "util/utf8.h"

#define ZONE_MAX 40
#define PERSON_MAX 80

void words_add(struct strbuf *out, const char *s, size_t max)
{
	utf8_add_clean(out, s, max, UTF8_LINE);
}

const char *words_severity(enum severity s)
{
	static const char *const names[] = {
		[SEVERITY_INFO] = "INFO",	  [SEVERITY_LOW] = "LOW",
		[SEVERITY_MEDIUM] = "MEDIUM",	  [SEVERITY_HIGH] = "HIGH",
		[SEVERITY_CRITICAL] = "CRITICAL",
	};

	return (unsigned)s < SEVERITY_MAX ? names[s] : "UNKNOWN";
}

const char *words_title(const struct render_alert *a)
{
	const struct alert *alert = &a->view.alert;

	if (alert->title && alert->title[0])
		return alert->title;
	if (alert->alert_type && alert->alert_type[0])
		return alert->alert_type;
	return "Alert without a title";
}

const char *words_where(const struct render_alert *a)
{
	const struct alert *alert = &a->view.alert;
	const char *slash;

	if (alert->entity && alert->entity[0])
		return alert->entity;
	if (!alert->resource_id || !alert->resource_id[0])
		return NULL;
	slash = strrchr(alert->resource_id, '/');
	return slash && slash[1] ? slash + 1 : alert->resource_id;
}

void words_add_what(struct strbuf *out, const struct render_alert *a,
		    size_t max)
{
	const char *title = words_title(a);
	const char *where = words_where(a);

	words_add(out, title, max);
	if (!where || strcasestr(title, where))
		return;
	strbuf_addstr(out, " on ");
	words_add(out, where, max / 2);
}

/* "Europe/Berlin" -> "Berlin time": the clock on the wall of a person. */
static void add_zone(struct strbuf *out, const char *zone)
{
	const char *slash = strrchr(zone, '/');
	size_t from = out->len;

	words_add(out, slash ? slash + 1 : zone, ZONE_MAX);
	for (size_t i = from; i < out->len; i++) {
		if (out->buf[i] == '_')
			out->buf[i] = ' ';
	}
	strbuf_addstr(out, slash ? " time" : "");
}

/* @text is "2026-11-21 21:22"; the day is left out when it is @day. */
static void add_minute(struct strbuf *out, const char *text, const char *day)
{
	const size_t date_len = strlen("2026-11-21");
	bool same = strncmp(text, day, date_len) == 0;

	strbuf_addstr(out, same ? text + date_len + 1 : text);
}

void words_add_instant(struct strbuf *out, const struct render_job *j,
		       int64_t ms)
{
	char utc[TIMEFMT_MAX], local[TIMEFMT_MAX], today[TIMEFMT_MAX];
	bool has_zone = j->timezone && j->zone_offset &&
			strcmp(j->timezone, "UTC") != 0;
	int offset_s = 0;
	int now_offset_s = 0;

	has_zone = has_zone && j->zone_offset(j->timezone, ms, &offset_s) &&
		   j->zone_offset(j->timezone, j->now_ms, &now_offset_s);
	timefmt_minute(ms, 0, utc);
	if (!has_zone) {
		timefmt_minute(j->now_ms, 0, today);
		add_minute(out, utc, today);
		strbuf_addstr(out, " UTC");
		return;
	}
	timefmt_minute(ms, offset_s, local);
	timefmt_minute(j->now_ms, now_offset_s, today);
	add_minute(out, local, today);
	strbuf_addch(out, ' ');
	add_zone(out, j->timezone);
	strbuf_addstr(out, " (");
	add_minute(out, utc, local);
	strbuf_addstr(out, " UTC)");
}

void words_add_due(struct strbuf *out, const struct render_job *j,
		   const struct render_alert *a)
{
	const struct clock_row *c = &a->clock;
	char span[TIMEFMT_MAX];
	int64_t left_ms = c->due_ms - j->now_ms;

	if (c->due_ms == 0)
		return;
	if (c->stopped_ms) {
		strbuf_addstr(out, c->breached_ms ? "Triage came late."
						  : "Triage was in time.");
		return;
	}
	strbuf_addstr(out, left_ms < 0 ? "Triage was due " : "Triage due ");
	words_add_instant(out, j, c->due_ms);
	timefmt_span(left_ms < 0 ? -left_ms : left_ms, span);
	strbuf_addf(out, left_ms < 0 ? ", %s ago." : ", in %s.", span);
}

static void add_by(struct strbuf *out, const char *what, const char *who)
{
	strbuf_addstr(out, what);
	if (who && who[0]) {
		strbuf_addstr(out, " by ");
		words_add(out, who, PERSON_MAX);
	}
	strbuf_addch(out, '.');
}

static void add_breach(struct strbuf *out, const struct render_job *j,
		       const struct render_alert *a)
{
	char span[TIMEFMT_MAX];
	int64_t over_ms = j->now_ms - a->clock.due_ms;

	if (a->clock.due_ms == 0 || over_ms < 0)
		strbuf_addstr(out, "BREACHED.");
	else
		strbuf_addf(out, "BREACHED %s ago.",
			    timefmt_span(over_ms, span));
}

/* What the notice was put for, when nobody has the alert yet. */
static void add_kind_news(struct strbuf *out, const struct render_job *j,
			  const struct render_alert *a)
{
	switch (j->notice->kind) {
	case NOTICE_ESCALATED:
		strbuf_addstr(out, "ESCALATED: nobody has it yet.");
		break;
	case NOTICE_UPDATED:
		strbuf_addstr(out, "CHANGED.");
		break;
	case NOTICE_WARNING:
		strbuf_addstr(out, "TIME IS RUNNING OUT.");
		break;
	case NOTICE_BREACHED:
		add_breach(out, j, a);
		break;
	case NOTICE_REOPENED:
		strbuf_addstr(out, "REOPENED: it is active again.");
		break;
	case NOTICE_ACKNOWLEDGED:
		strbuf_addstr(out, "Was acknowledged, but nobody has it now.");
		break;
	case NOTICE_CLOSED:
		strbuf_addstr(out, "Was closed, but is active again.");
		break;
	case NOTICE_OPENED:
	case NOTICE_DIGEST:
	case NOTICE_TEST:
	case NOTICE_SILENCE:
	case NOTICE_RESPONSE:
		break;
	}
}

/*
 * A late message tells the present: what somebody did meanwhile comes before
 * the reason the notice was put for.
 */
void words_add_news(struct strbuf *out, const struct render_job *j,
		    const struct render_alert *a)
{
	const struct tracked *t = &a->view.tracked;
	enum notice_kind kind = j->notice->kind;

	/* True whoever has the alert, and the reason says what to do. */
	if (kind == NOTICE_UPDATED &&
	    notice_is_about_response(j->notice->step)) {
		strbuf_addstr(out, j->notice->step == NOTICE_STEP_ABOUT_RESPONSE
					   ? "A RESPONSE NEEDS YOU."
					   : "A RESPONSE NEEDS NOBODY ANY "
					     "MORE.");
		return;
	}
	switch (t->state) {
	case ALERT_CLOSED:
		add_by(out,
		       kind == NOTICE_CLOSED ? "CLOSED" : "CLOSED meanwhile",
		       t->closed_by);
		break;
	case ALERT_ACKNOWLEDGED:
		if (kind == NOTICE_BREACHED) {
			add_breach(out, j, a);
			strbuf_addch(out, ' ');
		}
		add_by(out,
		       kind == NOTICE_ACKNOWLEDGED ? "ACKNOWLEDGED"
						   : "Acknowledged already",
		       t->acknowledged_by);
		break;
	case ALERT_OPEN:
		add_kind_news(out, j, a);
		break;
	}
}

void words_add_late(struct strbuf *out, const struct render_job *j)
{
	const struct notice *n = j->notice;
	int64_t late_ms = render_late_ms(j);
	char span[TIMEFMT_MAX];

	if (n->maybe_duplicate)
		strbuf_addstr(out, "You may have this message already: its "
				   "first sending was cut off. ");
	if (late_ms == 0)
		return;
	strbuf_addf(out, "This message is %s late: it was due ",
		    timefmt_span(late_ms, span));
	words_add_instant(out, j, n->created_ms);
	if (!n->last_error || !n->last_error[0]) {
		strbuf_addstr(out, j->paced ? "; it waited for the rate of "
					      "its target."
					    : ".");
		return;
	}
	strbuf_addstr(out, "; the last try failed (");
	words_add(out, n->last_error, WORDS_FACT_MAX);
	strbuf_addstr(out, ").");
}

void words_add_cause(struct strbuf *out, const struct render_job *j)
{
	const char *name = j->cause_name ? j->cause_name : "";

	switch (j->cause) {
	case NOISE_NONE:
	case NOISE_DIGEST:
	case NOISE_IMPORT:
		return;
	case NOISE_GROUP:
		/* Its name is no word for people: the worst of it is. */
		strbuf_addstr(out, "GROUP");
		name = "";
		break;
	case NOISE_SILENCE:
		strbuf_addstr(out, "END OF SILENCE ");
		break;
	case NOISE_MAINTENANCE:
		strbuf_addstr(out, "END OF MAINTENANCE ");
		break;
	case NOISE_QUIET:
		strbuf_addstr(out, "END OF QUIET HOURS");
		break;
	case NOISE_STORM:
		strbuf_addstr(out, "STORM");
		name = "";
		break;
	}
	words_add(out, name, WORDS_CAUSE_MAX);
	strbuf_addstr(out, ": ");
}

void words_add_counts(struct strbuf *out, const struct render_job *j)
{
	size_t counts[SEVERITY_MAX];
	const char *separator = ": ";

	render_count(j, counts);
	strbuf_addf(out, "%" PRId64 " alert%s", j->n_total,
		    j->n_total == 1 ? "" : "s");
	for (int s = SEVERITY_CRITICAL; s >= SEVERITY_INFO; s--) {
		if (counts[s] == 0)
			continue;
		strbuf_addf(out, "%s%zu %s", separator, counts[s],
			    severity_name((enum severity)s));
		separator = ", ";
	}
	if (j->n_total > (int64_t)j->n_alerts && j->n_alerts > 0)
		strbuf_addf(out, ", %" PRId64 " more",
			    j->n_total - (int64_t)j->n_alerts);
}

bool words_link_ok(const char *url)
{
	if (!url || strncmp(url, "https://", strlen("https://")) != 0)
		return false;
	for (const char *p = url; *p; p++) {
		if (*p <= ' ' || *p > '~' || strchr("\"'<>\\`", *p))
			return false;
	}
	return true;
}
