/*
 * Grouping, silences, maintenance, quiet hours and storms: may a message go to
 * a target now, and where does it wait else? Pure but for what it remembers of
 * the last messages of each target, which whoever starts it fills in again.
 *
 * Order (semantics 6): critical bypass, silence, maintenance, quiet hours,
 * throttle, send. No verdict ever drops: what waits is in a bundle.
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
 * tenant, alert type and entity. A short readable word with a hash.
 */
#define NOISE_GROUP_MAX 48
void noise_group(const struct alert *a, char ret[NOISE_GROUP_MAX]);

struct noise_offer {
	struct match_subject subject; /* effective severity */
	const char *target;
	enum notice_kind kind;
	const char *group; /* by noise_group() */
	bool first; /* opens, re-opens or worsens: a group may wait for it */
	/* Leaves this bundle: its cause has just ended and does not hold. */
	enum noise_cause leaves;
	int64_t now_ms;
};

struct noise_verdict {
	struct bundle_place place; /* cause NOISE_NONE: send it now */
	/* It breaks out of its group (more severe, a crown jewel, a new
	 * tactic): what waits in the group's bundle goes with it. */
	bool breaks_out;
};
void noise_judge(const struct noise *n, const struct noise_offer *o,
		 struct noise_verdict *ret);

/*
 * @n_due groups' bundles of @target are due together: does each go by itself
 * (cause NOISE_NONE) or all in a storm's summary?
 */
void noise_judge_flush(const struct noise *n, const char *target,
		       enum severity worst, size_t n_due, int64_t now_ms,
		       struct noise_verdict *ret);

/* A message was put into the outbox; also for those before the start. */
struct noise_sent {
	const char *target;
	const char *group; /* NULL: of several groups, or none */
	enum severity severity;
	const char *tactics; /* comma-separated; may be NULL */
	bool crown_jewel;
	bool summary; /* of a storm */
	int64_t now_ms;
};
void noise_note_sent(struct noise *n, const struct noise_sent *s);

/* Is a storm on at @target, and since when? 0 no. */
int64_t noise_storm_since(const struct noise *n, const char *target,
			  int64_t now_ms);

#endif
