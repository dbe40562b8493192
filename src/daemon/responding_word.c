/*
 * What people hear of a response by the targets of its alert, besides who sits
 * at a terminal: that it waits for a second person, and that it ended without
 * anybody knowing whether it was done, or too late. In the transaction of the
 * change.
 *
 * tested with: test_responding
 */
#include "daemon/responding_priv.h"

#include <inttypes.h>

#include "daemon/owe.h"
#include "util/strbuf.h"
#include "util/timefmt.h"

/* Whoever was told of the alert can tell who may approve; roles are names of
 * Unix groups, which have no mailbox. */
static int tell(struct pipeline *p, const struct alert_view *v,
		const struct response *r, const char *reason, int64_t now_ms,
		struct err *err)
{
	return owe_told(p,
			&(struct owing){
				.alert_id = r->alert_id,
				.episode = v->tracked.episode,
				.alert = &v->alert,
				.tags = &v->tags,
				.severity = v->tracked.severity,
				.kind = NOTICE_UPDATED,
				.step = NOTICE_STEP_ABOUT_RESPONSE,
				/* Once for each state of each response. */
				.transition = r->id * RESPONSE_STATE_MAX +
					      (int64_t)r->state,
				.reason = reason,
				.now_ms = now_ms,
			},
			true, err);
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
int responding_ask_second(struct pipeline *p, const struct alert_view *v,
			  const struct response *r, int64_t now_ms,
			  struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	char minute[TIMEFMT_MAX];

	strbuf_addf(&sb,
		    "triagectl approve %" PRId64 " (no: triagectl approve "
		    "%" PRId64
		    " --refuse), by %s UTC, not by %s, who asks for ",
		    r->id, r->id, timefmt_minute(r->expires_ms, 0, minute),
		    r->asked_by);
	add_what(&sb, r);
	if (r->reason && *r->reason)
		strbuf_addf(&sb, ": %s", r->reason);
	return tell(p, v, r, sb.buf, now_ms, err);
}

/* Who approved it has long left the screen; a refusal is a person's word. */
static bool is_to_be_told(const struct response *r)
{
	return (r->state == RESPONSE_FAILED && r->uncertain) ||
	       (r->state == RESPONSE_EXPIRED && r->approved_ms);
}

int responding_tell_end(struct pipeline *p, const struct response *r,
			int64_t now_ms, struct err *err)
{
	CLEANUP(alert_view_release) struct alert_view v = { 0 };
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	int rc;

	if (!is_to_be_told(r))
		return 0;
	rc = responding_alert(p, r->alert_id, &v, err);
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
	return tell(p, &v, r, sb.buf, now_ms, err);
}
