/*
 * An alert with all that belongs to it. Called by cmd_why, cmd_forecast and
 * cmd_show. Says nothing to anybody: see why_*.c.
 *
 * tested with: test_why
 */
#include "cli/case_view.h"

#include "store/alerts.h"
#include "store/cases.h"

void case_view_release(struct case_view *v)
{
	rows_release(&v->alert);
	rows_release(&v->clocks);
	rows_release(&v->ladders);
	rows_release(&v->events);
	rows_release(&v->deliveries);
	rows_release(&v->origins);
	rows_release(&v->entities);
	rows_release(&v->revisions);
	rows_release(&v->advice);
	rows_release(&v->responses);
	rows_release(&v->held);
	alert_view_release(&v->view);
	*v = (struct case_view){ 0 };
}

const char *case_text(const struct case_view *v, const char *name)
{
	const char *text = rows_text(&v->alert, 0, name);

	return text && *text ? text : NULL;
}

int64_t case_integer(const struct case_view *v, const char *name)
{
	return rows_integer(&v->alert, 0, name);
}

struct match_subject case_subject_of(const struct case_view *v)
{
	return (struct match_subject){
		.alert = &v->view.alert,
		.severity = v->view.tracked.severity,
		.tags = &v->view.tags,
	};
}

/* A calendar without an answer takes the future away, not the past. */
static void foresee(struct case_view *v)
{
	const struct casework w = { .triage = v->triage,
				    .file = &v->file,
				    .alert = &v->view.alert,
				    .tags = &v->view.tags,
				    .now_ms = v->now_ms };

	if (v->triage && forecast_case(&w, v->now_ms + CASE_HORIZON_MS,
				       &v->next, &v->missing) < 0)
		v->next.n = 0;
}

static int load(struct session *session, int64_t id, bool whole,
		struct case_view *v, struct err *err)
{
	/* Whoever explains, or puts on record, leaves nothing out. */
	const struct selector sel = { .id = id,
				      .now_ms = session->now_ms,
				      .limit = INT64_MAX };
	const struct {
		enum question question;
		struct rows *rows;
	} parts[] = {
		{ LOOK_CLOCKS, &v->clocks },
		{ LOOK_LADDERS, &v->ladders },
		{ LOOK_EVENTS, &v->events },
		{ LOOK_DELIVERIES, &v->deliveries },
		{ LOOK_ORIGINS, &v->origins },
		{ LOOK_ENTITIES, &v->entities },
		{ LOOK_REVISIONS, &v->revisions },
		{ LOOK_RECOMMENDED, &v->advice },
		{ LOOK_RESPONSES, &v->responses },
		{ LOOK_SUPPRESSIONS, &v->held },
	};
	int rc = session_alert_row(session, id, &v->alert, err);

	for (size_t i = 0; rc >= 0 && whole && i < ARRAY_SIZE(parts); i++)
		rc = session_look(session, parts[i].question, &sel,
				  parts[i].rows, err);
	if (rc < 0)
		return rc;
	rc = alerts_load(session->store, id, &v->view, err);
	if (rc == 0) /* gone since the row was read */
		return err_set(err, ERR_NOT_FOUND, "no alert %lld",
			       (long long)id);
	if (rc < 0)
		return rc;
	return cases_load(session->store, &v->view.tracked, &v->file, err);
}

static int view_load(struct session *session, int64_t id, bool whole,
		     struct case_view *ret, struct err *err)
{
	int rc = load(session, id, whole, ret, err);

	if (rc < 0) {
		case_view_release(ret);
		return rc;
	}
	ret->now_ms = session->now_ms;
	if (session_triage(session, &ret->triage, &ret->missing) >= 0)
		ret->conf = session->conf;
	foresee(ret);
	return 0;
}

int case_view_load(struct session *session, int64_t id, struct case_view *ret,
		   struct err *err)
{
	return view_load(session, id, true, ret, err);
}

int case_view_load_brief(struct session *session, int64_t id,
			 struct case_view *ret, struct err *err)
{
	return view_load(session, id, false, ret, err);
}
