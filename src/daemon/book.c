/*
 * struct casebook over the store. Called by casework through the pipeline, the
 * timed job, people.c and doors.c; decides nothing.
 *
 * tested with: test_pipeline
 */
#include "daemon/book.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/owe.h"
#include "daemon/story.h"
#include "daemon/tidings.h"
#include "store/alerts.h"
#include "store/audit.h"
#include "store/cases.h"
#include "util/compiler.h"
#include "util/xmalloc.h"

static int book_clock(void *ctx, const struct clock_row *row, struct err *err)
{
	struct pipeline *p = ctx;

	return cases_put_clock(p->store, row, err);
}

static int book_ladder(void *ctx, const struct ladder_row *row, struct err *err)
{
	struct pipeline *p = ctx;

	return cases_put_ladder(p->store, row, err);
}

static int book_unacknowledge(void *ctx, const struct casefile *c,
			      int64_t now_ms, struct err *err)
{
	struct pipeline *p = ctx;

	return alerts_unacknowledge(p->store, c->alert_id, now_ms, err);
}

static int book_call(void *ctx, const struct call *c, struct err *err)
{
	struct pipeline *p = ctx;
	const struct owing o = {
		.alert_id = c->file->alert_id,
		.episode = c->file->episode,
		.alert = c->alert,
		.tags = c->tags,
		.severity = c->file->severity,
		.kind = c->kind,
		.step = c->step,
		.transition = c->transition,
		.reason = c->reason,
		.now_ms = c->now_ms,
	};
	int rc = 0;

	if (!c->notify)
		return owe_told(p, &o, c->or_fallback, err);
	for (size_t i = 0; i < c->notify->n && rc >= 0; i++) {
		const char *name = c->notify->v[i];

		rc = c->collect_ms ? owe_digest(p, &o, c->route, name,
						c->collect_ms, err)
				   : owe_named(p, &o, name, err);
	}
	return rc < 0 ? rc : 0;
}

static const char *clock_word(const struct case_event *e)
{
	return e->clock == CLOCK_RESOLVE ? "resolve" : "triage";
}

static char *clock_detail(const struct case_event *e)
{
	int64_t due_ms = e->file->clocks[e->clock].due_ms;
	char due[TIMEFMT_MAX];

	return story_detail("{s:s, s:s, s:I, s:b, s:b}", "clock", clock_word(e),
			    "due_at", timefmt_utc(due_ms, due), "late_ms",
			    (json_int_t)MAX(e->now_ms - due_ms, 0),
			    "while_down", e->while_down, "before_seen",
			    e->before_seen);
}

static char *step_detail(const struct case_event *e)
{
	if (e->repeat == 0)
		return story_detail("{s:s, s:i}", "route", e->route, "step",
				    e->step + 1);
	return story_detail("{s:s, s:i, s:i}", "route", e->route, "step",
			    e->step + 1, "repeat", e->repeat);
}

static const char *who_had_it(const struct case_event *e)
{
	return e->file->acknowledged_by ? e->file->acknowledged_by : "somebody";
}

static char *event_detail(struct pipeline *p, const struct case_event *e)
{
	switch (e->kind) {
	case CASE_WARNED_50:
	case CASE_WARNED_80:
	case CASE_BREACHED:
	case CASE_HOLD_EXPIRED:
		return clock_detail(e);
	case CASE_ESCALATED:
	case CASE_STEP_SKIPPED:
		return step_detail(e);
	case CASE_ACK_EXPIRED:
		return story_detail("{s:s}", "acknowledged_by", who_had_it(e));
	case CASE_UNROUTED:
		break;
	}
	return story_detail("{s:s}", "fallback", p->conf->policy.fallback);
}

static const struct {
	const char *event;
	bool has_news;
	enum news_kind news;
} words[] = {
	[CASE_WARNED_50] = { "sla-warning-50", true, NEWS_WARNING },
	[CASE_WARNED_80] = { "sla-warning-80", true, NEWS_WARNING },
	[CASE_BREACHED] = { "sla-breached", true, NEWS_BREACHED },
	[CASE_ACK_EXPIRED] = { "acknowledgement-expired", true,
			       NEWS_ACK_EXPIRED },
	[CASE_ESCALATED] = { "escalated", true, NEWS_ESCALATED },
	[CASE_STEP_SKIPPED] = { "step-skipped", true, NEWS_SKIPPED },
	[CASE_UNROUTED] = { "unrouted", true, NEWS_UNROUTED },
	[CASE_HOLD_EXPIRED] = { "hold-expired", true, NEWS_HOLD_ENDED },
};

static void book_tell(struct pipeline *p, const struct case_event *e)
{
	struct news n = {
		.kind = words[e->kind].news,
		.alert_id = e->file->alert_id,
		.alert = e->alert,
		.severity = e->file->severity,
		.due_ms = e->file->clocks[CLOCK_TRIAGE].due_ms,
		.detail = e->route,
	};

	if (e->kind == CASE_ACK_EXPIRED)
		n.detail = who_had_it(e);
	if (n.kind == NEWS_WARNING || n.kind == NEWS_BREACHED) {
		n.due_ms = e->file->clocks[e->clock].due_ms;
		n.clock = clock_word(e);
		n.detail = e->before_seen  ? "before it was seen"
			   : e->while_down ? "while down"
					   : NULL;
	}
	tidings_tell(p, &n);
}

static int book_event(void *ctx, const struct case_event *e, struct err *err)
{
	struct pipeline *p = ctx;
	CLEANUP(free_ptr) char *detail = event_detail(p, e);
	const struct audit_event event = {
		.alert_id = e->file->alert_id,
		.at_ms = e->now_ms,
		.actor = "triaged",
		.kind = words[e->kind].event,
		.detail = detail,
	};
	int rc = audit_add(p->store, &event, err);

	if (rc < 0)
		return rc;
	if (words[e->kind].has_news)
		book_tell(p, e);
	return 0;
}

struct casebook book_of(struct pipeline *p)
{
	return (struct casebook){
		.ctx = p,
		.clock = book_clock,
		.ladder = book_ladder,
		.unacknowledge = book_unacknowledge,
		.call = book_call,
		.event = book_event,
	};
}

int book_case(struct pipeline *p, int64_t id, int64_t now_ms,
	      struct book_case *ret, struct err *err)
{
	int rc;

	memset(ret, 0, sizeof(*ret));
	rc = alerts_load(p->store, id, &ret->view, err);
	if (rc <= 0)
		return rc;
	rc = cases_load(p->store, &ret->view.tracked, &ret->file, err);
	if (rc < 0)
		return rc;
	ret->book = book_of(p);
	ret->work = (struct casework){ .triage = p->triage,
				       .file = &ret->file,
				       .alert = &ret->view.alert,
				       .tags = &ret->view.tags,
				       .now_ms = now_ms,
				       .up_since_ms = p->up_since_ms,
				       .book = &ret->book };
	return 1;
}

void book_case_release(struct book_case *c)
{
	alert_view_release(&c->view);
}
