/*
 * What triage decides about one alert at one moment, and what it must know of
 * the past to do so. Plain records between triage/, store/ and daemon/.
 */
#ifndef CORE_DECISION_H
#define CORE_DECISION_H

#include <stdbool.h>
#include <stdint.h>
#include "core/alert.h"
#include "core/policy.h"

/* The row of an alert that is already known. Strings are owned. */
struct tracked {
	int64_t id;
	int64_t version; /* +1 with every change of the row */
	enum severity base, severity;
	enum alert_state state;
	enum phase phase;
	int64_t episode; /* from 1 */
	int64_t revision; /* last numbered content, from 1 */
	enum source_state source_state;
	int64_t seen_ms; /* first committed sight */
	int64_t episode_ms; /* when the present episode began */
	int64_t clock_started_ms; /* its triage clock; 0: none, or not known */
	int64_t source_updated_ms;
	int64_t activity_to_ms;
	int64_t acknowledged_ms, acknowledge_expires_ms; /* 0: not, or never */
	int64_t closed_ms;
	char *acknowledged_by, *closed_by, *owner;
	/* Somebody has set a phase at this level or above: see
	 * alerts_set_phase. With an owner it is triaged. */
	bool severity_confirmed;
	/* The other door of the copy that was written last; NULL none. */
	char *linked_kind;
	char *source_severity; /* as alert.source_severity */
	bool is_incident;
	bool historical;
	uint8_t content_hash[ALERT_HASH_SIZE];
};

void tracked_release(struct tracked *t);

/* An alert as it is kept now: content, row, tags. */
struct alert_view {
	struct alert alert; /* without raw */
	struct tracked tracked;
	struct strlist tags;
};

void alert_view_release(struct alert_view *v);

enum transition {
	TRANSITION_NONE, /* same content: bump last seen, nothing else */
	TRANSITION_OPENED, /* first sight, active at the source */
	TRANSITION_SEEN_CLOSED, /* first sight, already closed there */
	TRANSITION_UPDATED, /* new content, same episode */
	TRANSITION_CLOSED, /* the source closed it */
	TRANSITION_REOPENED, /* closed here, active again */
	TRANSITION_STALE, /* an older copy: recorded, changes nothing */
};

/* A clock to start or move. due_ms 0: no clock. */
struct clock_plan {
	int64_t started_ms, due_ms;
	char policy[64]; /* what pinned it: "high 4h", "low next-business-day
			    office" */
};

/* Why a triage clock starts when it does. */
enum start_basis {
	START_SEEN, /* sla-start is seen: this sight */
	START_SOURCE, /* the source's time of creation or re-opening */
	/* sla-start is source, and yet this sight: */
	START_UNDATED, /* the source names no time */
	START_FUTURE, /* its time is still to come */
	START_TOO_OLD, /* its time is older than the import horizon */
	START_BEFORE_CLOSE, /* its time belongs to the life before */
	START_ROSE, /* no earlier word of it asked for a clock */
};
/* "seen", "source", "source-undated" ...: as events have it. */
const char *start_basis_name(enum start_basis b);

struct decision {
	/* An import of what has no clock here: nothing starts, and nobody is
	 * told. */
	bool quiet;
	enum transition transition;
	enum severity base, severity;
	const char *rule; /* borrowed from the policy; NULL none */
	const char *owner; /* borrowed; NULL: leave as it is */
	const struct strlist *tags; /* borrowed; NULL none */
	const char *policy_hash; /* borrowed */
	bool unmapped; /* severity by the rule for unknown words */
	bool historical; /* older than the import horizon at first sight */
	bool withdraw_ack; /* risen above what was acknowledged */
	bool severity_rose, severity_fell;
	bool clock_start, clock_move, clock_stop;
	/*
	 * For clock_start and clock_move. With clock_move it is planned from
	 * the episode's start; whoever holds the stored clock asks sla_replan()
	 * with that row instead, since an open clock keeps the due time it got
	 * when its policy was another one. clock_start and clock_stop together:
	 * start it, then stop it (work has begun at the source already).
	 */
	struct clock_plan clock;
	enum start_basis start; /* of clock_start */
	bool ladder_start, ladder_stop;
	char changed[128]; /* "severity,status": what the revision changed */
};

/* Which poll saw it, and when. */
struct sighting {
	int64_t poll, now_ms;
};

/* Stored numbers. */
enum clock_kind { CLOCK_TRIAGE = 0, CLOCK_RESOLVE = 1 };
#define CLOCK_KIND_MAX (CLOCK_RESOLVE + 1)

/* A clock as stored, for the timed jobs. */
struct clock_row {
	int64_t alert_id, episode;
	enum clock_kind kind;
	enum severity severity;
	char policy[64]; /* what pinned it, as in struct clock_plan */
	int64_t started_ms, due_ms, breached_ms, stopped_ms;
	const char *stopped_why; /* static or borrowed; NULL it runs */
	int64_t held_ms, hold_until_ms; /* on hold since and until; 0 not */
	int64_t waited_ms; /* spent on hold so far; the due time has it in it */
	/* The last hold that somebody ended: since and until; 0 none. */
	int64_t last_held_ms, unheld_ms;
	int warned; /* highest warning given: 0, 50, 80 */
	int64_t next_ms; /* when to look again; 0 never */
};

/* A ladder as stored; an alert has one for each of its routes that has steps.
 */
#define LADDER_ROUTE_MAX 64
struct ladder_row {
	int64_t alert_id, episode;
	char route[LADDER_ROUTE_MAX]; /* the route's name, cut to fit */
	/* Of the route when the ladder began; "": begun before schema 31. */
	char when_hash[ROUTE_HASH_SIZE];
	int64_t started_ms; /* after: counts from here */
	int step; /* index of the step that is due at next_ms */
	int repeat; /* how often that step was repeated so far */
	int64_t next_ms; /* 0: it is at its end, or stopped */
	int64_t stopped_ms; /* 0: it was not stopped */
	const char *stopped_why; /* static or borrowed */
};

#endif
