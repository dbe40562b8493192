/*
 * A daemon without a database: alerts and bundles as rows in memory, a heap of
 * moments, and a book that checks what triage does with them. Wall time is what
 * the rows speak of and may jump; mono time is the simulation's own and does
 * not.
 *
 * triage_sim.c		transactions, and what happens to alerts and the daemon
 * triage_sim_heap.c	when to look at an alert next
 * triage_sim_book.c	what casework calls for, and checks of it
 * triage_sim_want.c	when clocks are due, by the rules and not by the code
 * triage_sim_noise.c	what goes and what waits
 * triage_sim_flush.c	what becomes of what waits
 * triage_sim_hush.c	silences, windows, and what may hold a notice at all
 * triage_policies.c	three ways to run an office
 */
#ifndef TESTS_HELPERS_TRIAGE_SIM_H
#define TESTS_HELPERS_TRIAGE_SIM_H

#include "triage/fixture.h"
#include "core/bundle.h"
#include "core/casefile.h"
#include "core/silence.h"
#include "triage/casework.h"
#include "triage/noise.h"

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
	SABOTAGE_RESOLVE, /* a resolve clock gets another due time */
	SABOTAGE_UNCLIMBED, /* a step of a ladder is left out */
	SABOTAGE_STUCK, /* a bundle gets another due time */
	SABOTAGE_DROPPED, /* a bundle goes without one of its notices */
	SABOTAGE_FORGOTTEN, /* a restart forgets a bundle */
	SABOTAGE_LEAK, /* what is held goes all the same */
	SABOTAGE_HUSHED, /* a silence covers criticals without saying so */
	SABOTAGE_FLOOD, /* nobody counts the messages */
	SABOTAGE_UNTOLD, /* a notice that waits ends for no reason */
	SABOTAGE_UNHASTENED, /* a silence ends and nothing follows */
	SABOTAGE_HASTY, /* a storm's summaries know no distance */
	SABOTAGE_QUIETED, /* quiet hours hold a critical */
	SABOTAGE_STORMY, /* a storm without messages */
	SABOTAGE_PATIENT, /* a group waits longer than it may */
	SABOTAGE_EARLY, /* quiet hours and maintenance end too early */
	SABOTAGE_STALE, /* what is over is told all the same */
	SABOTAGE_ENDLESS, /* any silence may stand */
};
#define SABOTAGE_MAX (SABOTAGE_ENDLESS + 1)
extern const char *const sabotage_names[SABOTAGE_MAX];

#define SIM_TARGETS_MAX 16
#define SIM_SILENCES_MAX 12
#define SIM_OFFERS_MAX 64
#define SIM_COUNTED_MAX 64

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
	/* The checks': by ladder, so many reloads before it was written and
	 * before it began, and which of its steps have left a trace. */
	int written_after[SIM_LADDERS_MAX], begun_after[SIM_LADDERS_MAX];
	uint64_t traces[SIM_LADDERS_MAX];
};

/* A clock by the rules. */
struct sim_want {
	int64_t start_ms, due_ms; /* 0 none */
	bool stopped, level; /* stopped for want of a level */
	int64_t held_ms, until_ms, waited_ms;
};

struct sim_alert {
	struct sim_rows rows;
	size_t number;
	/* The rest is known to the source or to the checks alone. */
	enum severity at_source;
	enum source_state state_there;
	int64_t created_ms, activity_ms;
	int64_t changed_ms; /* a row was written then */
	struct sim_want want[CLOCK_KIND_MAX];
	bool was_breached;
	bool called; /* somebody was, in this episode */
	char group[NOISE_GROUP_MAX];
	unsigned told; /* bits of targets, in this episode */
	/* Notices that anybody was to get, and what became of them. */
	size_t n_owed, n_carried, n_needless, n_waiting;
};

/* One notice: asked for, or waiting. */
struct sim_notice {
	size_t alert, order;
	int episode;
	enum notice_kind kind;
	int step;
	int64_t transition;
	int target; /* SIM_TOLD: everybody told so far */
	bool or_fallback;
	const char *digest; /* NULL: by itself */
	int64_t collect_ms;
};
#define SIM_TOLD (-1)

struct sim_bundle {
	size_t id;
	enum noise_cause cause;
	char name[BUNDLE_NAME_MAX];
	int target;
	int64_t opened_ms, due_ms;
	int64_t wanted_ms; /* the checks': it may wait until then */
	struct sim_notice *v;
	size_t n, n_alloc;
};

/* The last moments of something; the oldest gives way. */
struct sim_counted {
	int64_t v[SIM_COUNTED_MAX]; /* mono */
	size_t n;
};

/* The messages of a target as the checks count them. */
struct sim_account {
	/* Those that asked to go; messages but summaries of storms; and those
	 * of them that had to ask whether a storm is on. */
	struct sim_counted asked, went, throttled;
	int64_t summary_mono_ms; /* of the last storm's; 0 none */
};

/* A silence as the checks read it. */
struct sim_hush {
	unsigned levels; /* bits of enum severity */
	int title, no_title; /* the only one, the one left out; -1 none */
	bool covers_critical;
};

/* When an alert is to be looked at next. */
struct sim_due {
	int64_t at_ms;
	size_t alert;
};

struct sim {
	uint64_t seed, draw;
	enum sabotage sabotage;
	struct policy policies[SIM_POLICIES];
	struct triage *triages[SIM_POLICIES];
	int policy; /* the one in force */
	struct sim_alert *alerts;
	size_t n, max;
	struct sim_due *heap; /* from 1, by moment */
	size_t n_heap;
	size_t *heap_at; /* where an alert stands there; 0 nowhere */
	int64_t mono_ms, offset_ms; /* wall = mono + offset */
	int64_t up_since_ms; /* wall */
	int64_t calm_since_ms; /* wall: neither a start nor a jump since */
	int64_t steady_since_ms; /* mono: nor a reload */
	int n_reloads;
	uint64_t *keys; /* of every call ever committed */
	size_t n_keys, keys_mask;
	/* Of the transaction that is open. */
	struct sim_alert *at;
	uint64_t fresh[64];
	size_t n_fresh;
	struct sim_notice offers[SIM_OFFERS_MAX];
	size_t n_offers;
	bool called;
	int fail_in; /* operations until the book fails; 0 it does not */
	size_t n_calls, n_events, n_rollbacks, n_audited;
	/* Noise. */
	struct noise *noise;
	const char *targets[SIM_TARGETS_MAX];
	size_t n_targets;
	struct sim_bundle *bundles; /* those that are open */
	size_t n_bundles, n_bundles_alloc, n_bundles_ever;
	int64_t bundles_next_ms; /* 0 none */
	struct silence silences[SIM_SILENCES_MAX];
	struct sim_hush hushes[SIM_SILENCES_MAX];
	size_t n_silences;
	int64_t n_silences_ever;
	struct noise_notice *past; /* the memory is made from it again */
	size_t n_past, n_past_alloc;
	struct sim_account accounts[SIM_TARGETS_MAX][2]; /* 1: criticals' */
	size_t n_owed, n_carried, n_needless, n_messages;
	size_t n_held[NOISE_CAUSE_MAX]; /* that much of it happened */
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
/* When a clock is due, by libc and by hand; 0 none. */
int64_t sim_plan_due(enum clock_kind kind, enum severity severity,
		     int64_t start_ms);
/* The end of the quiet hours of @target, or of the maintenance that covers
 * alerts of that title (@ret_name), at @now_ms by libc; 0: none. */
int64_t sim_quiet_end(const struct sim *s, const char *target, int64_t now_ms);
int64_t sim_work_end(const struct sim *s, size_t title, int64_t now_ms,
		     const char **ret_name);

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
/* Somebody asks for a silence, or ends one. */
void sim_silence(struct sim *s);
void sim_unsilence(struct sim *s);
/* Down for @ms; then everything is made from the rows again. */
void sim_restart(struct sim *s, int64_t ms);
void sim_reload(struct sim *s);
void sim_jump(struct sim *s, int64_t ms);
/* What must hold at any time; of every alert, and of some. */
void sim_check_all(struct sim *s);
void sim_check_some(struct sim *s);

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
