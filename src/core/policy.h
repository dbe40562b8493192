/*
 * What the operator decided, as plain records: conf/ fills them, triage/ reads
 * them. Everything is owned by the struct policy and freed with it.
 */
#ifndef CORE_POLICY_H
#define CORE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/severity.h"
#include "util/strlist.h"

/* Where in the configuration something stands. */
struct mark {
	const char *file; /* borrowed from struct conf; NULL: built in */
	int line, column; /* from 1 */
};

enum match_key {
	MATCH_SEVERITY,
	MATCH_SOURCE,
	MATCH_PROVIDER,
	MATCH_TENANT,
	MATCH_SUBSCRIPTION,
	MATCH_RESOURCE,
	MATCH_RESOURCE_TYPE,
	MATCH_ALERT_TYPE,
	MATCH_TITLE,
	MATCH_ENTITY,
	MATCH_TACTIC,
	MATCH_TECHNIQUE,
	MATCH_STATUS,
	MATCH_TAG,
	MATCH_INCIDENT,
	MATCH_CATEGORY,
	MATCH_POLICY,
	MATCH_ACCOUNT,
};
#define MATCH_KEY_MAX (MATCH_ACCOUNT + 1)
/* "severity", "resource-type" ...: the key of a `when` block. */
const char *match_key_name(enum match_key k);

/* A `when` block: all keys that are given must match, `deny` must not. */
struct match {
	struct strlist globs[MATCH_KEY_MAX]; /* empty: key not given */
	struct match *deny; /* `not:`; NULL none */
};

enum sla_kind { SLA_NONE, SLA_ELAPSED, SLA_NEXT_BUSINESS_DAY };

/* What a triage clock counts from: our first sight, or the source's own time.
 */
enum sla_start { SLA_START_SEEN, SLA_START_SOURCE };

struct sla_target {
	enum sla_kind kind;
	int64_t elapsed_ms; /* SLA_ELAPSED */
	/* Name. SLA_NEXT_BUSINESS_DAY needs one; SLA_ELAPSED counts its open
	 * hours alone, and around the clock when NULL. */
	char *calendar;
	struct mark mark;
};

struct rule {
	char *name;
	struct match when;
	/* Only for an alert of which struct surroundings says so. */
	bool other_high_type;
	bool sets_severity;
	enum severity severity;
	char *owner; /* NULL: not set */
	struct strlist tags;
	char *reason; /* a rule that lowers needs owner, reason, expiry */
	int64_t expires_ms; /* 0 never */
	struct mark mark;
};

enum after_kind { AFTER_ELAPSED, AFTER_PERCENT, AFTER_DUE_DAY_OPEN };

struct ladder_step {
	enum after_kind after;
	int64_t after_ms; /* AFTER_ELAPSED: from the start of the episode */
	int after_percent; /* AFTER_PERCENT: of the triage clock */
	struct strlist notify; /* names of targets and rotations */
	int64_t repeat_ms; /* 0 no repeat */
	int times; /* how many repeats */
	struct mark mark;
};

struct digest_plan {
	int at_minute; /* local minute of the day */
	int weekday; /* weekly: 1 = Monday to 7; 0 each business day */
	char *calendar;
	struct strlist notify;
};

#define ROUTE_HASH_SIZE 17
struct route {
	char *name; /* given, or "route 2" */
	bool named; /* given: a number says where it stands, and no more */
	struct match when;
	/* Names `when`, and which of several routes with the same; hex. */
	char when_hash[ROUTE_HASH_SIZE];
	struct ladder_step *steps;
	size_t n_steps;
	struct digest_plan *digest; /* NULL: a ladder */
	bool go_on; /* `continue: true` */
	struct mark mark;
};

struct hours_span {
	int from_minute,
		to_minute; /* half-open; to may be 1440 or, overnight, more */
};

struct calendar_day { /* `special:` hours of one date */
	int year, month, day;
	struct hours_span *spans;
	size_t n_spans;
	struct mark mark;
};

struct calendar_def {
	char *name;
	char *timezone; /* IANA name */
	struct hours_span *spans[7]; /* 0 = Monday */
	size_t n_spans[7];
	struct calendar_day *closed; /* dates without spans */
	size_t n_closed;
	struct calendar_day *special;
	size_t n_special;
	char *holidays; /* ICS file; NULL none */
	struct mark mark;
	struct {
		struct mark hours, closed, special, holidays;
	} marks; /* of these options; file NULL: not given */
};

/* More than `groups` messages to one target within `within_ms`: a summary
 * every `every_ms` until there are half as many. groups 0: there never is. */
struct storm_plan {
	int groups;
	int64_t within_ms, every_ms;
};

/* Hours in which a target hears of criticals alone. */
struct quiet_plan {
	char *target; /* NULL: every target */
	struct calendar_def hours; /* open = quiet */
	struct mark mark;
};

/* Civil time of some zone. */
struct civil {
	int year, month, day,
		minute; /* minute of the day, 0 to 1440 and beyond */
};

/* Planned work: its alerts are held back. */
struct maintenance_plan {
	char *name, *owner, *reason;
	struct match when; /* empty: every alert */
	bool once;
	struct civil from, to; /* once: half-open, in the zone of hours */
	struct calendar_def hours; /* else: open = work goes on */
	struct mark mark;
};

/* Somebody else has the duty, or nobody. */
struct rotation_override {
	struct civil from, to; /* half-open */
	char *member; /* target name; NULL: nobody */
	struct mark mark;
};

/* Targets that take turns. All times are civil, of its zone. */
struct rotation {
	char *name;
	char *timezone; /* IANA name */
	struct civil start; /* the first hand-over */
	int weekday; /* of every hand-over, 0 = Monday; negative: any */
	int every_days; /* from one hand-over to the next */
	struct strlist members; /* target names, in order of their turns */
	struct rotation_override *overrides;
	size_t n_overrides;
	struct mark mark;
};

struct policy {
	enum sla_start sla_start;
	struct sla_target triage[SEVERITY_MAX];
	struct sla_target resolve[SEVERITY_MAX]; /* SLA_NONE: no such clock */
	struct rule *rules; /* configured ones, then the shipped defaults */
	size_t n_rules;
	/* Globs that the shipped promotions look for. */
	struct strlist crown_jewels; /* resource ids, or subscriptions */
	struct strlist always_critical; /* alert types */
	struct strlist privileged_accounts;
	struct route *routes;
	size_t n_routes;
	struct calendar_def *calendars;
	size_t n_calendars;
	struct rotation *rotations;
	size_t n_rotations;
	/* Targets that are programs: groups, storms and quiet hours are for
	 * people. */
	struct strlist machines;
	char *fallback; /* target name; never NULL once validated */
	int64_t acknowledge_expires_ms[SEVERITY_MAX]; /* 0 never */
	int64_t import_horizon_ms;
	int64_t reopen_window_ms;
	int64_t group_wait_ms[SEVERITY_MAX]; /* critical: always 0 */
	struct storm_plan storm, critical_storm;
	struct quiet_plan *quiet;
	size_t n_quiet;
	struct maintenance_plan *maintenance;
	size_t n_maintenance;
	bool ack_counts; /* acknowledging stops the triage clock */
	char hash[17]; /* names this policy in decisions; hex */
};

void match_release(struct match *m);
void rule_release(struct rule *r);
void route_release(struct route *r);
void calendar_def_release(struct calendar_def *c);
void rotation_release(struct rotation *r);
void quiet_plan_release(struct quiet_plan *q);
void maintenance_plan_release(struct maintenance_plan *m);
void policy_release(struct policy *p);

#endif
