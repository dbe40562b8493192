/*
 * Grouping, silences, maintenance, quiet hours and storms: may a message go to
 * a target now, and where does it wait else? Pure but for what it remembers of
 * the last messages of each target, which whoever starts it fills in again.
 *
 * Order (semantics 6): critical bypass, silence, maintenance, quiet hours,
 * throttle, group, send. No verdict ever drops: what waits is in a bundle.
 *
 * To use it: noise_judge() for each message, then noise_note() with what was
 * done about it.
 */
#ifndef TRIAGE_NOISE_H
#define TRIAGE_NOISE_H

#include "core/bundle.h"
#include "core/silence.h"
#include "triage/match.h"
#include "triage/triage.h"

struct noise;

/* @t is borrowed until noise_set_triage(). Never NULL. */
struct noise *noise_new(const struct triage *t);
struct noise *noise_free(struct noise *n); /* returns NULL */
/* After a reload: the new policy, what is remembered stays. */
void noise_set_triage(struct noise *n, const struct triage *t);
/* The silences that have not ended; borrowed until the next call. */
void noise_set_silences(struct noise *n, const struct silence *v, size_t n_v);

/*
 * The group of an alert (semantics 5): incident, else correlation key, else
 * tenant, alert type and entity; a drill is one by itself, which no storm
 * counts. A short readable word with a hash.
 */
#define NOISE_GROUP_MAX 48
void noise_group(const struct alert *a, char ret[NOISE_GROUP_MAX]);

struct noise_offer {
	struct match_subject subject; /* effective severity */
	const char *target;
	enum notice_kind kind;
	const char *group; /* by noise_group() */
	bool first; /* by noise_is_first(): a group may wait for it */
	/*
	 * Leaves this bundle: its cause has just ended. The causes before it
	 * are not asked again, it does not wait for a group again, and what a
	 * storm's summary carries goes.
	 */
	enum noise_cause leaves;
	int64_t now_ms;
};

/* The name of the storm's bundle that criticals wait in; the other's is "". */
#define NOISE_STORM_CRITICAL "critical"

struct noise_verdict {
	struct bundle_place place; /* cause NOISE_NONE: send it now */
	/* It breaks out of its group (more severe, a crown jewel, a new
	 * tactic): what waits in the group's bundle, if any, goes with it. */
	bool breaks_out;
};
void noise_judge(const struct noise *n, const struct noise_offer *o,
		 struct noise_verdict *ret);

/*
 * Bundles of groups of one target are due together: does each go by itself
 * (cause NOISE_NONE) or do all go in a storm's summary?
 */
struct noise_flush {
	const char *target;
	enum severity worst; /* of all of them */
	size_t n_due;
	int64_t now_ms;
};
void noise_judge_flush(const struct noise *n, const struct noise_flush *f,
		       struct noise_verdict *ret);

/*
 * A message was put into the outbox, or what it would have been into the bundle
 * of its group or of a storm (the other causes need no note). At the start fill
 * in what is stored of the last NOISE_REMEMBER_MS, oldest first.
 */
#define NOISE_REMEMBER_MS (INT64_C(24) * 3600 * 1000)
struct noise_notice {
	const char *target;
	const char *group; /* NULL: of several groups, or none */
	enum severity severity; /* the worst it tells of */
	const char *tactics; /* comma-separated; may be NULL */
	bool crown_jewel;
	bool first; /* as offered */
	bool summary; /* of a storm; severity critical: of the criticals' */
	/* NOISE_NONE: it is in the outbox. NOISE_GROUP, NOISE_STORM: there. */
	enum noise_cause held;
	enum noise_cause leaves; /* the bundle it was in; NOISE_NONE: none */
	int64_t now_ms;
};
void noise_note(struct noise *n, const struct noise_notice *s);

/* The last storm at a target. */
struct noise_storm {
	const char *target; /* borrowed until the next note */
	bool critical; /* by the budget of critical alerts */
	bool is_on;
	int64_t since_ms;
	size_t groups; /* more than so many messages ... */
	int64_t within_ms; /* ... in so long a time */
	size_t n_held; /* messages that it has taken in so far ... */
	size_t n_summaries; /* ... and those that told of them */
};
/* Writes at most @max; returns how many. */
size_t noise_storms(const struct noise *n, int64_t now_ms,
		    struct noise_storm *ret, size_t max);

/* Since when is a storm on at @target? 0: there is none. */
int64_t noise_storm_since(const struct noise *n, const char *target,
			  int64_t now_ms);
/* Does such a notice open, re-open or worsen? The rest follows what was told.
 */
bool noise_is_first(enum notice_kind k);
/* Does an alert bring a crown jewel: has it that tag? */
#define NOISE_TAG_CROWN_JEWEL "crown-jewel"
bool noise_is_crown_jewel(const struct strlist *tags);

#endif
