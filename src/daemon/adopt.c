/*
 * See adopt.h. Called by pipeline.c. The log stays true: its events are of
 * now, by the source that read the import, and name who had done what, and
 * when, as the import tells it. They have kinds of their own, so that no
 * figure of a shift counts them as work of today.
 *
 * tested with: scenario/test_export
 */
#include "daemon/adopt.h"

#include <stdio.h>
#include <stdlib.h>
#include "daemon/story.h"
#include "store/audit.h"
#include "util/xmalloc.h"

static int adopt_event(struct pipeline *p, const struct subject *s,
		       const char *kind, const char *detail, struct err *err)
{
	CLEANUP(free_ptr)
	char *actor = xasprintf("source %s", s->alert->source);
	const struct audit_event e = {
		.alert_id = s->id,
		.at_ms = s->at->now_ms,
		.actor = actor,
		.kind = kind,
		.detail = detail,
	};

	return audit_add(p->store, &e, err);
}

/* "2026-11-22T07:58:51.000Z", NULL when nobody knows. */
static const char *when(int64_t ms, char buf[TIMEFMT_MAX])
{
	return ms ? timefmt_utc(ms, buf) : NULL;
}

static int adopt_notes(struct pipeline *p, const struct subject *s,
		       struct err *err)
{
	const struct imported *i = s->alert->imported;
	char at[TIMEFMT_MAX];
	int rc = 0;

	for (size_t n = 0; n < i->n_notes && rc >= 0; n++) {
		const struct imported_note *note = &i->notes[n];
		CLEANUP(free_ptr)
		char *detail =
			story_detail("{s:s, s:b, s:s*, s:s*}", "text",
				     note->text, "imported", true, "by",
				     note->by, "at", when(note->at_ms, at));

		rc = adopt_event(p, s, "note", detail, err);
	}
	return rc;
}

static int adopt_tell(struct pipeline *p, const struct subject *s,
		      struct err *err)
{
	const struct imported *i = s->alert->imported;
	const char *verdict = i->verdict ? verdict_name(i->verdict) : NULL;
	char taken[TIMEFMT_MAX], closed[TIMEFMT_MAX];
	CLEANUP(free_ptr)
	char *detail = story_detail(
		"{s:s, s:s, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*}",
		"state", alert_state_name(i->state), "phase",
		phase_name(i->phase), "owner", i->owner, "as", verdict,
		"acknowledged_by", i->acknowledged_by, "acknowledged_at",
		when(i->acknowledged_ms, taken), "acknowledge_note",
		i->acknowledge_note, "closed_by", i->closed_by, "closed_at",
		when(i->closed_ms, closed), "note", i->close_note);

	return adopt_event(p, s,
			   i->state == ALERT_CLOSED ? "imported-closed"
						    : "imported",
			   detail, err);
}

int adopt_work(struct pipeline *p, const struct subject *s, struct err *err)
{
	const struct imported *i = s->alert->imported;
	int rc;

	if (!i->has_work)
		return 0;
	/* A file that is read again takes nothing back. */
	rc = alerts_adopt(p->store, s->id, i, s->at->now_ms, err);
	if (rc <= 0)
		return rc;
	rc = adopt_tell(p, s, err);
	return rc < 0 ? rc : adopt_notes(p, s, err);
}
