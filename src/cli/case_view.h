/*
 * Everything the database has about one alert, and what the settings make of
 * it: for the commands that explain and foretell.
 */
#ifndef CLI_CASE_VIEW_H
#define CLI_CASE_VIEW_H

#include "cli/session.h"
#include "triage/forecast.h"
#include "triage/match.h"

/* How far ahead what comes next is looked for. */
#define CASE_HORIZON_MS (INT64_C(30) * 24 * 3600 * 1000)

struct case_view {
	struct rows alert; /* one row of v_alerts */
	/* All there are, of all episodes, in the order of their questions. */
	struct rows clocks, ladders, events, deliveries, origins;
	struct rows entities, revisions;
	struct rows advice; /* recommendations about its resource */
	struct rows responses; /* of LOOK_RESPONSES */
	struct rows held; /* of LOOK_SUPPRESSIONS */
	struct alert_view view; /* the record, for matching */
	struct casefile file; /* of the present episode; borrows the record */
	/* Borrowed from the session; both NULL: no settings to go by, */
	const struct conf *conf;
	const struct triage *triage;
	struct err missing; /* for this reason */
	/* What happens if nobody does anything; none without settings. */
	struct forecast next;
	int64_t now_ms;
};

/*
 * Fill @ret (all zero) with all there is about alert @id. Without settings it
 * succeeds all the same. On error @ret is released.
 */
int case_view_load(struct session *session, int64_t id, struct case_view *ret,
		   struct err *err) must_check;
/* Only what a forecast needs: the alert, its clocks and ladders. */
int case_view_load_brief(struct session *session, int64_t id,
			 struct case_view *ret, struct err *err) must_check;
void case_view_release(struct case_view *v);

/* Of the row of v_alerts. NULL for null; 0 for null. */
const char *case_text(const struct case_view *v, const char *name);
int64_t case_integer(const struct case_view *v, const char *name);
struct match_subject case_subject_of(const struct case_view *v);

#endif
