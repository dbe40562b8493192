/* What the files of the simulation share. */
#ifndef TESTS_HELPERS_TRIAGE_SIM_PRIV_H
#define TESTS_HELPERS_TRIAGE_SIM_PRIV_H

#include <stdio.h>
#include "helpers/triage_sim.h"

static inline bool sim_sabotaged(struct sim *s, enum sabotage how,
				 uint64_t one_in)
{
	return s->sabotage == how && sim_chance(s, one_in);
}

static inline int64_t sim_sooner(int64_t a_ms, int64_t b_ms)
{
	if (a_ms == 0 || b_ms == 0)
		return a_ms ? a_ms : b_ms;
	return MIN(a_ms, b_ms);
}

/* triage_sim.c */
#define SIM_ID_MAX 24
#define SIM_TITLES 4
extern const char *const sim_titles[SIM_TITLES];
void sim_fill_alert(const struct sim_alert *a, struct alert *ret,
		    char id[SIM_ID_MAX]);
#define SIM_TACTICS 5
/* The index of its tactics; and those of several, as bits, in one list. */
size_t sim_tactic(const struct sim_alert *a);
const char *sim_tactics_of(unsigned bits);
const struct strlist *sim_tags(const struct sim_alert *a);
struct tracked sim_tracked(const struct sim_alert *a);

/* triage_sim_heap.c */
int64_t sim_heap_key(const struct sim *s, size_t at);
/* As a store would find it: the least moment of any row. */
int64_t sim_rows_next(const struct sim_rows *r);
void sim_heap_arm(struct sim *s, struct sim_alert *a);

/* triage_sim_book.c */
extern const struct casebook sim_book;
void sim_load(const struct sim *s, const struct sim_alert *a,
	      struct casefile *ret);
void sim_commit_keys(struct sim *s);
void sim_check_alert(const struct sim *s, const struct sim_alert *a);
/* Was every step of its ladders taken? */
void sim_audit(struct sim *s, const struct sim_alert *a);

/* triage_sim_want.c */
void sim_want_follow(struct sim *s, struct sim_alert *a,
		     const struct decision *d, enum severity from,
		     enum source_state there);
void sim_want_stop(struct sim *s, struct sim_alert *a, enum clock_kind kind);
void sim_want_hold(struct sim *s, struct sim_alert *a, int64_t until_ms);
/* The time has come to @a. */
void sim_want_tick(struct sim *s, struct sim_alert *a);
void sim_want_check(const struct sim *s, const struct sim_alert *a);

/* triage_sim_noise.c */
int sim_target(struct sim *s, const char *name);
/* Somebody is to get it; nothing happens before sim_noise_commit(). */
void sim_owe(struct sim *s, const struct sim_notice *n);
void sim_noise_commit(struct sim *s, struct sim_alert *a);
void sim_noise_hasten(struct sim *s, enum noise_cause cause, const char *name);
void sim_noise_open(struct sim *s);
void sim_noise_close(struct sim *s);
void sim_noise_restart(struct sim *s);
void sim_noise_reload(struct sim *s);
void sim_noise_check(const struct sim *s);

/* What it is to be asked about, and what is remembered of the answer. */
void sim_describe(const struct sim *s, const struct sim_alert *a,
		  const struct alert *alert, const struct sim_notice *n,
		  struct noise_offer *ret);
struct noise_notice sim_note_of(const struct sim *s, const struct sim_alert *a,
				const struct noise_offer *o,
				enum noise_cause held);
void sim_note(struct sim *s, const struct noise_notice *m);
/* It waits there; it is in a message; here is one. */
void sim_put_aside(struct sim *s, const struct sim_notice *n,
		   const struct bundle_place *place, int target);
void sim_carried(struct sim *s, struct sim_alert *a,
		 const struct sim_notice *n);
void sim_message(struct sim *s, const struct sim_alert *a,
		 const struct noise_notice *m);
void sim_bundle_put(struct sim *s, const struct sim_bundle *b);
void sim_bundles_arm(struct sim *s);
/* Has it waited for too long? */
void sim_check_wait(const struct sim *s, const struct sim_bundle *b);

/* triage_sim_flush.c */
void sim_noise_flush(struct sim *s);

/* triage_sim_hush.c */
/* A verdict: may it be so? @leaves: the bundle it was in. */
void sim_check_place(const struct sim *s, const struct sim_alert *a,
		     const struct noise_offer *o,
		     const struct bundle_place *place);
/* The end of a wait for no reason, or a message without one. */
void sim_check_outcome(const struct sim *s, const struct sim_alert *a,
		       const struct sim_notice *n, const char *why);
void sim_count_asked(struct sim *s, int target, enum severity severity);
/* A message to @target, from the bundle of @leaves. */
void sim_count_message(struct sim *s, const struct sim_alert *a,
		       const struct noise_notice *m);
void sim_silences_tick(struct sim *s);
int64_t sim_silences_next_ms(const struct sim *s);

#endif
