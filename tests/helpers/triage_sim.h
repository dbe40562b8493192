/*
 * A daemon without a database: alerts as rows in memory, a heap of moments, and
 * a book that checks what triage does with them. Wall time is what the rows
 * speak of and may jump; mono time is the simulation's own and does not.
 *
 * What would become of a call on its way to people (groups, silences ...) has
 * its place in sim_on_call().
 */
#ifndef TESTS_HELPERS_TRIAGE_SIM_H
#define TESTS_HELPERS_TRIAGE_SIM_H

#include "triage/fixture.h"
#include "core/casefile.h"
#include "triage/casework.h"

#define SECOND_MS INT64_C(1000)
#define DAY_MS (24 * HOUR_MS)
/* What is due waits so long at most while the daemon is up. */
#define SIM_TICK_MS SECOND_MS
#define SIM_LADDERS_MAX 6
#define SIM_POLICIES 3

/* What is broken on purpose, to see that it is noticed. */
enum sabotage {
	SABOTAGE_NONE,
	SABOTAGE_LATE, /* the daemon sleeps too long */
	SABOTAGE_LOST, /* a restart forgets some of what is due */
	SABOTAGE_DOUBLE, /* a step is taken again */
	SABOTAGE_AFTERACK, /* an acknowledgement stops no ladder */
	SABOTAGE_UNARMED, /* a row loses its next moment */
	SABOTAGE_DUE, /* a clock gets another due time */
	SABOTAGE_SILENT, /* a ladder begins without its first call */
};
#define SABOTAGE_MAX (SABOTAGE_SILENT + 1)
extern const char *const sabotage_names[SABOTAGE_MAX];

/* An alert as its rows are. */
struct sim_rows {
	enum severity base, severity;
	enum source_state source_state;
	enum alert_state state;
	bool historical;
	int episode;
	int64_t episode_ms, closed_ms;
	int64_t acknowledged_ms, acknowledge_expires_ms;
	uint8_t content_hash[ALERT_HASH_SIZE];
	struct clock_row clocks[CLOCK_KIND_MAX];
	struct ladder_row ladders[SIM_LADDERS_MAX];
	size_t n_ladders;
	int written_after[SIM_LADDERS_MAX]; /* the checks': so many reloads */
};

struct sim_alert {
	struct sim_rows rows;
	size_t number;
	/* The rest is known to the source or to the checks alone. */
	enum severity at_source;
	enum source_state state_there;
	int64_t created_ms, activity_ms;
	int64_t changed_ms; /* a row was written then */
	int64_t wanted_start_ms, wanted_due_ms; /* by the rules; 0 none */
	bool wanted_stopped, wanted_level; /* stopped for want of a level */
	bool was_breached;
	bool called; /* somebody was, in this episode */
	size_t heap_at; /* its place in the heap, from 1; 0 none */
	int64_t next_ms; /* the key of it */
};

struct sim {
	uint64_t seed, draw;
	enum sabotage sabotage;
	struct policy policies[SIM_POLICIES];
	struct triage *triages[SIM_POLICIES];
	int policy; /* the one in force */
	struct sim_alert *alerts;
	size_t n, max;
	size_t *heap; /* of alerts, by next moment */
	size_t n_heap;
	int64_t mono_ms, offset_ms; /* wall = mono + offset */
	int64_t up_since_ms; /* wall */
	int64_t calm_since_ms; /* wall: neither a start nor a jump since */
	int n_reloads;
	uint64_t *keys; /* of every call ever committed */
	size_t n_keys, keys_mask;
	/* Of the transaction that is open. */
	struct sim_alert *at;
	uint64_t fresh[64];
	size_t n_fresh;
	bool called;
	int fail_in; /* operations until the book fails; 0 it does not */
	size_t n_calls, n_events, n_rollbacks;
};

uint64_t sim_draw(struct sim *s, uint64_t below);
static inline bool sim_chance(struct sim *s, uint64_t one_in)
{
	return sim_draw(s, one_in) == 0;
}

/* triage_policies.c: three ways to run an office; released by sim_close. */
void sim_policies(struct sim *s);
/* Makes libc tell the time where policy @i has its office. */
void sim_zone(int i);
/* When a triage clock is due, by libc and by hand; 0 none. */
int64_t sim_plan_due(const struct sim *s, enum severity severity,
		     int64_t start_ms);

/* triage_sim.c */
void sim_open(struct sim *s, uint64_t seed, size_t max_alerts);
void sim_close(struct sim *s);
int64_t sim_now(const struct sim *s);
const struct triage *sim_triage(const struct sim *s);
/* When the next tick is due, on the mono clock; INT64_MAX never. */
int64_t sim_next_tick(const struct sim *s);
/* Everything that is due now. */
void sim_tick(struct sim *s);
/* The source says what it has of @a now. */
void sim_accept(struct sim *s, struct sim_alert *a);
struct sim_alert *sim_add(struct sim *s);
/* What people do; nothing when the state does not allow it. */
void sim_acknowledge(struct sim *s, struct sim_alert *a);
void sim_triaged(struct sim *s, struct sim_alert *a);
void sim_close_alert(struct sim *s, struct sim_alert *a);
void sim_hold(struct sim *s, struct sim_alert *a);
/* Down for @ms; then everything is made from the rows again. */
void sim_restart(struct sim *s, int64_t ms);
void sim_reload(struct sim *s);
void sim_jump(struct sim *s, int64_t ms);
/* What must hold of every alert at any time. */
void sim_check_all(const struct sim *s);

#define sim_fail(s, a, ...)                                                    \
	do {                                                                   \
		fprintf(stderr, "seed %llu, alert %zu, second %lld: ",         \
			(unsigned long long)(s)->seed, (a)->number,            \
			(long long)((s)->mono_ms / SECOND_MS));                \
		fprintf(stderr, __VA_ARGS__);                                  \
		fprintf(stderr, "\n");                                         \
		fail();                                                        \
	} while (0)

#endif
