/*
 * What triage keeps about one alert beside its content: clocks, ladders,
 * acknowledgement. And the door through which its decisions leave, so that the
 * same code runs over the database, in a simulation and in what-if.
 */
#ifndef CORE_CASEFILE_H
#define CORE_CASEFILE_H

#include "core/decision.h"
#include "core/notice.h"
#include "util/err.h"
#include "util/strlist.h"

/* An alert climbs at most so many routes at once (`continue: true`). */
#define CASEFILE_LADDERS_MAX 32

struct casefile {
	int64_t alert_id, episode;
	enum severity severity;
	enum alert_state state;
	enum phase phase;
	const char *owner; /* borrowed; NULL nobody */
	const char *acknowledged_by; /* borrowed; NULL nobody ever */
	int64_t acknowledge_expires_ms; /* 0: none, or it never does */
	/* By enum clock_kind; started_ms 0: there is none. */
	struct clock_row clocks[CLOCK_KIND_MAX];
	struct ladder_row ladders[CASEFILE_LADDERS_MAX];
	size_t n_ladders;
};

/* Somebody is to be told something about an alert. All borrowed. */
struct call {
	const struct casefile *file;
	const struct alert *alert;
	const struct strlist *tags; /* NULL none */
	enum notice_kind kind;
	/* Names of targets or rotations; NULL: everybody told so far. */
	const struct strlist *notify;
	bool or_fallback; /* when nobody was told so far */
	const char *route; /* NULL: not by a ladder */
	int step, repeat;
	int64_t collect_ms; /* goes with the route's digest then; 0: by itself
			     */
	int64_t transition; /* tells apart events of one kind */
	const char *reason; /* why this person gets it, one line */
	int64_t due_ms; /* when it should have been said */
	int64_t now_ms;
};

/* Something that belongs in the history of an alert. All borrowed. */
struct case_event {
	const struct casefile *file;
	const struct alert *alert;
	enum case_event_kind {
		CASE_WARNED_50,
		CASE_WARNED_80,
		CASE_BREACHED,
		CASE_ACK_EXPIRED,
		CASE_ESCALATED, /* a step after the first was taken */
		CASE_STEP_SKIPPED, /* it resolves to nobody */
		CASE_UNROUTED,
		CASE_HOLD_EXPIRED,
	} kind;
	enum clock_kind clock; /* of a warning or breach */
	const char *route; /* of a step */
	int step, repeat;
	bool while_down; /* fell due before the daemon was up again */
	bool before_seen; /* fell due before the alert was known here */
	int64_t due_ms; /* when this was to happen; the clock is in @file */
	int64_t now_ms;
};

/*
 * What the decisions do. daemon/ implements it inside a transaction, a
 * simulation with counters, what-if with a record. 0 or an error, which ends
 * the decision that made the call; nothing of it counts then.
 */
struct casebook {
	void *ctx;
	/* The row as it is now: started, moved, marked or stopped. */
	int (*clock)(void *ctx, const struct clock_row *row, struct err *err);
	int (*ladder)(void *ctx, const struct ladder_row *row, struct err *err);
	/* The acknowledgement ran out: open again. */
	int (*unacknowledge)(void *ctx, const struct casefile *c,
			     int64_t now_ms, struct err *err);
	int (*call)(void *ctx, const struct call *c, struct err *err);
	int (*event)(void *ctx, const struct case_event *e, struct err *err);
};

#endif
