/*
 * Looking: what screens, metrics and people ask. Reading only; works on a
 * store opened either way. Instants in milliseconds.
 */
#ifndef STORE_LOOK_H
#define STORE_LOOK_H

#include "core/severity.h"
#include "core/status.h"
#include "store/store.h"
#include "util/strlist.h"

/* One cell of an answer; text is NULL for null. */
struct cell {
	enum cell_type {
		CELL_NULL,
		CELL_INTEGER,
		CELL_REAL,
		CELL_TEXT,
		CELL_BYTES
	} type;
	int64_t integer;
	double real;
	const char *
		text; /* NUL-terminated also for bytes; borrowed for the call */
	size_t len;
};

/* A row; return non-zero to stop. @cells NULL, where it was asked for: there is
 * no row, only the names of the columns. */
typedef int look_row_fn(void *arg, size_t n, const char *const *names,
			const struct cell *cells);

/* Ready questions; each names its columns. Parameters in struct selector. */
enum question {
	LOOK_ALERTS, /* v_alerts by selector, worst and most urgent first */
	LOOK_ALERT, /* one, by id */
	LOOK_ENTITIES, /* of one alert */
	LOOK_CLOCKS, /* v_sla of one alert */
	LOOK_EVENTS, /* v_events of one alert, oldest first */
	LOOK_DELIVERIES, /* v_deliveries of one alert */
	LOOK_ORIGINS, /* v_origins of one alert */
	LOOK_REVISIONS, /* v_revisions of one alert, without raw */
	LOOK_CONTENTS, /* every revision of one alert: those columns, the hash
			  of what triage looks at (content_hash, in hex) and
			  raw */
	LOOK_OUTBOX, /* v_deliveries by selector state, unsent first */
	LOOK_SOURCES, /* one row per source and scope: last poll, last complete,
			 counts, error; not triaged itself, which is asked
			 for nothing */
	LOOK_POLLS, /* v_polls, newest first */
	LOOK_QUARANTINE,
	LOOK_COUNTS, /* severity, state, n; here and below without drills */
	LOOK_OVERDUE, /* severity, n of running clocks past due; none on hold */
	LOOK_OUTBOX_COUNTS, /* state, n */
	LOOK_OUTBOX_OLDEST, /* created_ms of the oldest unsent message that is
			       due or was tried */
	LOOK_NEXT_DUE, /* the open alert due soonest: id, severity, due_ms */
	LOOK_BREACHES, /* severity, n ever */
	LOOK_POLL_COUNTS, /* source, result, n */
	LOOK_INGEST_COUNTS, /* source, new, updated, noop, quarantined sums */
	LOOK_DELIVERY_COUNTS, /* target, state, n */
	LOOK_REMOVED, /* class, n rows that retention removed, ever */
	LOOK_TARGETS, /* v_targets, and dead_critical: how many dead ones are */
	LOOK_GAPS, /* v_gaps that are open, oldest first */
	LOOK_LADDERS, /* of one alert: episode, route, started_ms, step and
			 repeat (from 0) that are next at next_ms, stopped_why
		       */
	LOOK_RUNNING, /* id, clock, due_ms of each clock that runs, of alerts
			 that are not closed, due before until_ms: soonest first
		       */
	LOOK_SUPPRESSIONS, /* v_suppressions of one alert; of a silence also
			      silence_author, silence_reason */
	LOOK_SILENCES, /* v_silences: those that have not ended, and those that
			  ended since since_ms when that is given */
	LOOK_HOLDING, /* cause, cause_name, n alerts that wait now */
	LOOK_FORWARDS, /* v_forwards that the settings name, by name */
	LOOK_DELIVERY, /* v_deliveries, one by id */
	LOOK_DELIVERY_ALERTS, /* id, severity, state, title of each alert of
				 the message id */
	LOOK_GIVEN_UP, /* n, which grows with each message that is given up,
			  and its id, behind n after_id */
	LOOK_LAPSED, /* the same of those that ran out unsent: n, id, target,
			alert_id, last_error */
	LOOK_GIVEN_UP_BEFORE, /* n of the last one given up before until_ms */
	LOOK_DELIVERY_SELECTED, /* n alerts of the message after_id that the
				   selector takes */
	LOOK_MOMENT, /* activity_from_ms, activity_to_ms, created_ms, seen_ms of
			one alert */
	LOOK_EVIDENCE, /* v_evidence of one alert without raw, oldest first,
			  that a fetch about `about` found (NULL: any), from
			  since_ms to until_ms */
	LOOK_EVIDENCE_FETCHES, /* v_evidence_fetches of one alert, newest first
				*/
	LOOK_RESPONSES, /* v_responses of one alert, oldest first */
	LOOK_RESPONSE, /* v_responses, one by id */
	LOOK_RESPONSES_OPEN, /* v_responses that have not ended, oldest first,
				each with its alert's severity and title */
	/* Of the time from since_ms to until_ms: */
	LOOK_SHIFT_CAME, /* kind (opened, seen-closed, reopened), severity, n */
	LOOK_SHIFT_DONE, /* kind (acknowledged, triaged, closed), actor,
			    verdict, n */
	LOOK_SHIFT_BREACHED, /* each clock that ran out: clock, breached_ms, and
				id, severity, title, state, owner,
				acknowledged_by of its alert as it is now */
	LOOK_SHIFT_TOLD, /* target, recipient, n messages sent, how many of them
			    at night and critical, last_ms */
	LOOK_SHIFT_RESPONDED, /* v_responses that ended, in that order */
	LOOK_SHIFT_TOTALS, /* one row, whatever there is: breached, clocks that
			      ran out; dead, messages given up */
	LOOK_UNATTENDED, /* v_alerts of those whose triage clock runs and is
			    late, or whom nobody has, worst and most urgent
			    first; and total, how many there are */
	LOOK_RUNNING_COUNT, /* severity, n of LOOK_RUNNING, and how many of them
			       are late */
	LOOK_TARGET_TROUBLES, /* target, trouble (disabled, refused), n 0 or 1
			       */
	LOOK_EVENTS_AFTER, /* events behind after_id, each with its alert's
			      severity, state, source, owner, entity,
			      resource_id and title; narrowed: only of alerts
			      that the selector takes */
	LOOK_EVENT_BEFORE, /* id of the newest event before until_ms */
	/* For the metrics; a few seeks each, however much there is: */
	LOOK_WORST_OVERDUE, /* severity, n milliseconds that the open alert
			whose triage clock ran out first is late; 0 none */
	LOOK_OLDEST_OWED, /* target, n milliseconds since its oldest unsent
			     message was made */
	LOOK_GAP_COUNTS, /* source, n open gaps, ms that they span */
	LOOK_QUARANTINE_COUNTS, /* source, n items still not understood */
	LOOK_HELD_COUNTS, /* cause, n messages that wait for its end */
	LOOK_EVENT_COUNT, /* n events in the audit log */
	LOOK_RESPONSE_COUNTS, /* state, n responses that have not ended */
	LOOK_RESPONSE_ENDS, /* action, result, n that have */
	LOOK_SILENCE_COUNT, /* n silences that hold now */
	LOOK_DRILLS, /* v_drills, newest first; of one alert when id is given */
	/* The posture; by source and subscription: */
	LOOK_PLANS, /* v_plans; deprecated ones last */
	LOOK_SCORES, /* the newest of v_secure_score of each subscription, and
			before_day, before_percent: the newest of a day that is
			not behind since_ms */
	LOOK_SCORE_DAYS, /* v_secure_score since since_ms, newest first */
	LOOK_RECOMMENDATIONS, /* v_recommendations that are open, and those gone
				 since since_ms when that is given, by
				 severities (what has none counts as medium),
				 resource and kind: open and worst first */
	LOOK_RECOMMENDATION, /* one of v_recommendations, by id */
	LOOK_RECOMMENDED, /* v_recommendations, open and gone, about the very
			     resource of one alert: open and worst first */
	LOOK_RECOMMENDATION_KINDS, /* kind, title, severity, n resources that
				      open ones are about, effort, since_ms of
				      the oldest, id of one of them; by
				      severities and resource: worst first */
	LOOK_POSTURE_READS, /* v_posture_reads */
	LOOK_POSTURE_SETTINGS, /* v_posture_settings */
	LOOK_RESOURCE_TYPES, /* v_resource_types */
	LOOK_SUBSCRIPTIONS, /* v_subscriptions; those that are read first */
	LOOK_POSTURE_STATE, /* of each source of which some was read: parts,
			       how many incomplete, tried_ms of the last try,
			       complete_ms of the oldest that is whole (kinds
			       apart, which are read when one is new; null
			       while one never was), and of the incomplete one
			       that was whole longest ago part, subscription
			       and trouble */
};
#define QUESTION_MAX (LOOK_POSTURE_STATE + 1)

struct selector {
	int64_t id; /* of the alert; 0 none */
	unsigned severities; /* BIT(SEVERITY_*); 0 all */
	unsigned states; /* BIT(ALERT_*); 0 all */
	const char *phase, *source, *owner,
		*resource; /* resource is a glob; NULL any */
	const char *delivery_state; /* LOOK_OUTBOX: NULL = unsent and dead */
	const char *target; /* LOOK_OUTBOX; NULL any */
	const char *about; /* LOOK_EVIDENCE; NULL any */
	const char *subscription; /* the posture; NULL any */
	const char *kind; /* of recommendations; NULL any */
	int64_t since_ms, until_ms; /* of seen_at; 0 open */
	bool overdue; /* a clock of it has run out, and is not on hold */
	int64_t after_id; /* LOOK_EVENTS_AFTER */
	bool narrowed; /* LOOK_EVENTS_AFTER: no events without an alert */
	const char *sort; /* NULL: urgency; "seen" "due" "severity" "id" */
	int64_t limit; /* 0: 1000 */
	bool head; /* no row: call once with the names alone */
	int64_t now_ms;
};

int look(struct store *s, enum question q, const struct selector *sel,
	 look_row_fn *fn, void *arg, struct err *err) must_check;

/*
 * A question in the engine's own language, by somebody who knows the views:
 * refused unless it only reads; stopped after @limit_ms (0: 10 s). Without a
 * row @fn gets the names alone. Returns the number of rows or a negative code.
 */
int look_query(struct store *s, const char *text, int64_t limit_ms,
	       look_row_fn *fn, void *arg, struct err *err) must_check;

/* The ready queries that are offered to somebody who gives none. */
struct ready_query {
	const char *name, *about, *text;
};
const struct ready_query *look_ready_query(size_t i); /* NULL behind the last */

/* Prefix of an id as people type it: the number, or a native id. 1 one, 0 none,
 * ERR_CONF many. */
int look_resolve_id(struct store *s, const char *word, int64_t *ret_id,
		    struct err *err) must_check;

#endif
