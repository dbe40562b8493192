/*
 * What every renderer asks about a notice, and the one-line form of it.
 * Called by the other render files, deliver.c and the demo. Knows neither
 * mail nor JSON.
 */
#include "notify/render.h"

#include "notify/render_priv.h"
#include "util/digest.h"
#include "util/timefmt.h"

bool render_is_digest(const struct render_job *j)
{
	return j->notice->kind == NOTICE_DIGEST;
}

bool render_is_planned(const struct render_job *j)
{
	return render_is_digest(j) &&
	       (j->cause == NOISE_NONE || j->cause == NOISE_DIGEST ||
		j->cause == NOISE_IMPORT);
}

const struct render_alert *render_alert_of(const struct render_job *j)
{
	if (render_is_digest(j) || j->n_alerts == 0)
		return NULL;
	return &j->alerts[0];
}

bool render_asks(const struct render_job *j)
{
	const struct render_alert *a = render_alert_of(j);

	if (!a || a->view.tracked.state != ALERT_OPEN ||
	    a->view.tracked.episode != j->notice->episode)
		return false;
	switch (j->notice->kind) {
	case NOTICE_OPENED:
	case NOTICE_ESCALATED:
	case NOTICE_WARNING:
	case NOTICE_BREACHED:
	case NOTICE_REOPENED:
		return true;
	case NOTICE_UPDATED:
		return !notice_is_about_response(j->notice->step);
	case NOTICE_ACKNOWLEDGED:
	case NOTICE_CLOSED:
	case NOTICE_DIGEST:
	case NOTICE_TEST:
	case NOTICE_SILENCE:
	case NOTICE_RESPONSE:
		return false;
	}
	return false;
}

bool render_alert_key(const struct render_alert *a, char ret[RENDER_KEY_SIZE])
{
	struct alert_key keys[2];
	size_t n;

	if (!a->view.alert.native_id)
		return false;
	n = alert_keys(&a->view.alert, keys);
	digest_hex(keys[n - 1].b, sizeof(keys[n - 1].b), ret);
	return true;
}

enum severity render_severity(const struct render_job *j)
{
	/* A digest is sorted, so its first is its worst. */
	if (j->n_alerts == 0)
		return j->notice->severity;
	return j->alerts[0].view.tracked.severity;
}

int64_t render_late_ms(const struct render_job *j)
{
	int64_t late_ms = j->now_ms - j->notice->created_ms;

	return late_ms > WORDS_LATE_MS ? late_ms : 0;
}

const char *render_sla_state(const struct render_alert *a)
{
	if (a->clock.due_ms == 0)
		return "none";
	if (a->clock.breached_ms)
		return "breached";
	return a->clock.stopped_ms ? "met" : "running";
}

void render_count(const struct render_job *j, size_t *ret)
{
	for (size_t i = 0; i < SEVERITY_MAX; i++)
		ret[i] = 0;
	for (size_t i = 0; i < j->n_alerts; i++) {
		enum severity s = j->alerts[i].view.tracked.severity;

		if ((unsigned)s < SEVERITY_MAX)
			ret[s]++;
	}
}

static void add_line_due(struct strbuf *out, const struct render_job *j,
			 const struct render_alert *a)
{
	char text[TIMEFMT_MAX];
	const char *state = render_sla_state(a);

	if (a->clock.due_ms == 0)
		return;
	if (a->clock.stopped_ms) {
		strbuf_addf(out, ", %s", state);
		return;
	}
	timefmt_minute(a->clock.due_ms, 0, text);
	strbuf_addf(out, ", due %s UTC%s", text,
		    a->clock.due_ms < j->now_ms ? " (overdue)" : "");
}

void render_line(const struct render_job *j, struct strbuf *out)
{
	const struct render_alert *a = render_alert_of(j);

	if (a) {
		strbuf_addf(out, "%-8s  ",
			    severity_name(a->view.tracked.severity));
		words_add_what(out, a, WORDS_TITLE_MAX);
		add_line_due(out, j, a);
	} else if (render_is_digest(j)) {
		strbuf_addstr(out, "digest    ");
		words_add_cause(out, j);
		words_add_counts(out, j);
	} else if (j->notice->kind == NOTICE_TEST) {
		strbuf_addstr(out, "test      a test notice");
	} else if (j->notice->kind == NOTICE_RESPONSE) {
		strbuf_addstr(out, "response  a message to somebody it is "
				   "about");
	} else if (j->notice->kind == NOTICE_SILENCE) {
		strbuf_addstr(out, "silence   ");
		words_add(out, j->notice->reason, WORDS_FACT_MAX);
	} else {
		strbuf_addf(out, "%-8s  alert #%lld, which is gone",
			    severity_name(j->notice->severity),
			    (long long)j->notice->alert_id);
	}
}
