/*
 * What people hear of a response by the targets of its alert, besides who sits
 * at a terminal: that it waits for a second person, once more when nobody
 * answers, that it is decided, and that it ended without anybody knowing
 * whether it was done, too late, or by a restore. In the transaction of the
 * change.
 *
 * tested with: test_responding_word
 */
#include "daemon/responding_priv.h"

#include <inttypes.h>

#include "daemon/owe.h"
#include "store/outbox.h"
#include "util/strbuf.h"
#include "util/timefmt.h"

static struct owing owing_of(const struct alert_view *v,
			     const struct response *r, const char *reason,
			     int64_t now_ms)
{
	return (struct owing){
		.alert_id = r->alert_id,
		.episode = v->tracked.episode,
		.alert = &v->alert,
		.tags = &v->tags,
		.severity = v->tracked.severity,
		.kind = NOTICE_UPDATED,
		.step = NOTICE_STEP_ABOUT_RESPONSE,
		.transition = response_transition(r->id, r->state),
		.reason = reason,
		.now_ms = now_ms,
	};
}

/* "suspend-user ada@contoso.com". The id that the alert has elsewhere tells
 * nobody anything. */
static void add_what(struct strbuf *sb, const struct response *r)
{
	strbuf_addstr(sb, response_action_name(r->action));
	if (response_action_about(r->action) == RESPONSE_ABOUT_ALERT)
		strbuf_addf(sb, " alert %" PRId64, r->alert_id);
	else
		strbuf_addf(sb, " %s", r->subject);
}

/* Commands first: what does not fit is cut at the end. */
static void add_question(struct strbuf *sb, const struct response *r)
{
	char minute[TIMEFMT_MAX];

	strbuf_addf(sb,
		    "triagectl approve %" PRId64 " (no: triagectl approve "
		    "%" PRId64
		    " --refuse), by %s UTC, not by %s, who asks for ",
		    r->id, r->id, timefmt_minute(r->expires_ms, 0, minute),
		    r->asked_by);
	add_what(sb, r);
	if (r->reason && *r->reason)
		strbuf_addf(sb, ": %s", r->reason);
}

/* Whoever was told of the alert can tell who may approve; roles are names of
 * Unix groups, which have no mailbox. */
int responding_ask_second(struct pipeline *p, const struct alert_view *v,
			  const struct response *r, int64_t now_ms,
			  struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	struct owing o;

	add_question(&sb, r);
	o = owing_of(v, r, sb.buf, now_ms);
	return owe_told(p, &o, true, err);
}

int responding_ask_again(struct pipeline *p, const struct response *r,
			 int64_t now_ms, struct err *err)
{
	CLEANUP(alert_view_release) struct alert_view v = { 0 };
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	struct consent c;
	struct owing o;
	int rc = responding_alert(p, r->alert_id, &v, err);

	if (rc >= 0)
		rc = responding_consent_now(p, &v, r, now_ms, &c, err);
	if (rc < 0)
		return rc == ERR_NOT_FOUND ? 0 : rc;
	if (c.alert_version != r->alert_version)
		return 0;
	strbuf_addstr(&sb, "nobody has answered yet: ");
	add_question(&sb, r);
	o = owing_of(&v, r, sb.buf, now_ms);
	o.transition = response_transition(r->id, RESPONSE_PLANNED);
	return owe_told(p, &o, true, err);
}

/* --- it is decided --- */

/* "ben approved it at 2026-06-09 08:12 UTC" */
static void add_decision(struct strbuf *sb, const struct response *r,
			 const char *who, int64_t now_ms)
{
	char minute[TIMEFMT_MAX];

	switch (r->state) {
	case RESPONSE_EXPIRED:
		strbuf_addf(sb, "nobody approved it by %s UTC",
			    timefmt_minute(r->expires_ms, 0, minute));
		return;
	case RESPONSE_REFUSED:
		strbuf_addf(sb, "%s refused it at %s UTC", who,
			    timefmt_minute(now_ms, 0, minute));
		if (r->answer && *r->answer)
			strbuf_addf(sb, " (%s)", r->answer);
		return;
	case RESPONSE_APPROVED:
	case RESPONSE_PLANNED:
	case RESPONSE_WAITING:
	case RESPONSE_RUNNING:
	case RESPONSE_DONE:
	case RESPONSE_FAILED:
		break;
	}
	strbuf_addf(sb, "%s approved it at %s UTC", who,
		    timefmt_minute(now_ms, 0, minute));
}

static int tell_asked(struct pipeline *p, const struct alert_view *v,
		      const struct response *r, const char *reason,
		      int64_t now_ms, struct err *err)
{
	struct owing o = owing_of(v, r, reason, now_ms);
	struct told *told = NULL;
	int n = outbox_asked(p->store, r, &told, err);
	int rc;

	if (n < 0)
		return n;
	o.step = NOTICE_STEP_RESPONSE_DECIDED;
	rc = owe_those(p, &o, told, (size_t)n, err);
	told_free(told, (size_t)n);
	return MIN(rc, 0);
}

int responding_tell_decided(struct pipeline *p, const struct response *r,
			    const char *who, int64_t now_ms, struct err *err)
{
	CLEANUP(alert_view_release) struct alert_view v = { 0 };
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	int rc;

	add_decision(&sb, r, who, now_ms);
	rc = outbox_unask(p->store, r, sb.buf, now_ms, err);
	if (rc >= 0)
		rc = responding_alert(p, r->alert_id, &v, err);
	if (rc < 0)
		return rc == ERR_NOT_FOUND ? 0 : rc;
	/* They heard that it was closed; a pager would open it again. */
	if (v.tracked.state == ALERT_CLOSED || v.tracked.episode != r->episode)
		return 0;
	strbuf_addf(&sb, ": number %" PRId64 ", ", r->id);
	add_what(&sb, r);
	strbuf_addf(&sb, ", asked for by %s", r->asked_by);
	return tell_asked(p, &v, r, sb.buf, now_ms, err);
}

/* --- it ended --- */

/* Who approved it has long left the screen; a refusal is a person's word. */
static bool is_to_be_told(const struct response *r)
{
	return (r->state == RESPONSE_FAILED && r->uncertain) ||
	       (r->state == RESPONSE_EXPIRED && r->approved_ms);
}

static int tell_end(struct pipeline *p, const struct response *r,
		    int64_t now_ms, struct err *err)
{
	CLEANUP(alert_view_release) struct alert_view v = { 0 };
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	struct owing o;
	int rc = responding_alert(p, r->alert_id, &v, err);

	if (rc == ERR_NOT_FOUND)
		return 0; /* removed meanwhile: nobody is told of it */
	if (rc < 0)
		return rc;
	strbuf_addf(&sb,
		    "triagectl approve %" PRId64 " --plan tells about it: ",
		    r->id);
	add_what(&sb, r);
	strbuf_addf(&sb, " %s, asked for by %s: %s",
		    r->uncertain ? "may have been done or not" : "was not done",
		    r->asked_by, r->answer ? r->answer : "nothing is known");
	o = owing_of(&v, r, sb.buf, now_ms);
	return owe_told(p, &o, true, err);
}

int responding_tell_end(struct pipeline *p, const struct response *r,
			int64_t now_ms, struct err *err)
{
	return is_to_be_told(r) ? tell_end(p, r, now_ms, err) : 0;
}

int responding_tell_restored(struct pipeline *p, const struct response *r,
			     int64_t now_ms, struct err *err)
{
	return tell_end(p, r, now_ms, err);
}
