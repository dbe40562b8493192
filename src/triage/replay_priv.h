/* What the files of the replay share. */
#ifndef TRIAGE_REPLAY_PRIV_H
#define TRIAGE_REPLAY_PRIV_H

#include "triage/casework.h"
#include "triage/noise.h"
#include "triage/replay.h"

/* Somebody who heard of this episode. */
struct heard {
	char *target;
	int64_t since_ms;
};

struct replay_life {
	struct replay *replay;
	void *of;
	struct tracked known; /* episode 0: nothing was said yet */
	bool assigned; /* its owner is a person's word: no rule takes it back */
	bool is_copy; /* another row went on as this alert */
	bool has_confirmed;
	enum severity confirmed; /* the level a person confirmed */
	struct alert kept; /* content, as the copies left it */
	const struct strlist *tags; /* of the policy; NULL none */
	struct casefile file; /* of the present episode */
	struct heard *heard; /* each target once */
	size_t n_heard, n_heard_alloc;
	uint64_t *keys; /* of every message that was put, as notice_key() */
	size_t n_keys, n_keys_alloc;
	size_t n_acts; /* tells apart the answers */
	size_t n_waiting; /* notices of it that wait somewhere */
	size_t heap_at; /* its place among what falls due, from 1; 0 none */
	int64_t next_ms; /* the key of it */
	bool left; /* only what falls due happens */
};

/* One notice in a bundle. */
struct replay_wait {
	struct replay_life *life;
	struct replay_notice notice;
	int64_t transition;
	size_t number;
};

/* An open bundle. */
struct replay_bundle {
	enum noise_cause cause;
	char *name, *target;
	int64_t due_ms;
	size_t number;
	struct replay_wait *waits;
	size_t n_waits, n_waits_alloc;
};

struct replay {
	const struct triage *t;
	struct replay_world world;
	struct replay_out out;
	struct noise *noise;
	struct silence *silences; /* shallow copies, with their true ends */
	struct replay_life **lives, **heap;
	size_t n_lives, n_lives_alloc, n_heap, n_heap_alloc;
	size_t n_left; /* since the last sweep */
	struct replay_bundle **bundles; /* that are open, oldest first */
	size_t n_bundles, n_bundles_alloc;
	size_t n_numbers; /* of bundles, waits */
	int64_t n_messages;
	int64_t now_ms; /* the virtual clock; it never goes back */
	int64_t up_since_ms; /* the end of the last pause */
};

/* --- replay_life.c --- */

struct replay_life *replay_life_new(struct replay *r, int64_t alert_id,
				    void *of);
struct replay_life *replay_life_free(struct replay_life *l);
/* Rows and calls of casework; ctx is the life. */
struct casebook replay_book(struct replay_life *l);
/* The alert as it is kept, now. @book must live as long. */
struct casework replay_work(struct replay_life *l, const struct casebook *book);
void replay_forget_heard(struct replay_life *l);
void replay_note_heard(struct replay_life *l, const char *target,
		       int64_t since_ms);
/* Those who were told hear how it goes on (acknowledged, closed). */
int replay_answer(struct replay_life *l, const struct alert *a,
		  enum notice_kind kind, struct err *err) must_check;
/* It is said to @target beside all ladders. */
int replay_tell(struct replay_life *l, const char *target,
		struct err *err) must_check;

/* --- replay_keep.c --- */

/* The source's word @a was decided about: content and standing after it. */
void replay_keep(struct replay_life *r, const struct alert *a,
		 const struct decision *d);
/* A new episode knows nothing of the one before. */
void replay_keep_nothing(struct replay_life *r);
void replay_keep_text(char **kept, const char *said);
/* The part of the file that is the row's. */
void replay_update_file(struct replay_life *r);

/* --- replay_happen.c --- */

/* The clock stands at its moment. 1 it did happen, 0 it cannot in this life. */
int replay_do(struct replay_life *r, const struct replay_item *item,
	      struct err *err) must_check;

/* --- replay_funnel.c --- */

/* A notice on its way, as struct owing of the daemon. */
struct saying {
	struct replay_life *life;
	const struct alert *alert;
	const struct strlist *tags;
	enum severity severity;
	int64_t transition;
	struct replay_notice notice;
};
/* It goes now, or waits in a bundle. */
int replay_say(struct replay *r, struct saying *s, struct err *err) must_check;
/* It waits there, asking nobody: a digest, the import. */
int replay_collect(struct replay *r, struct saying *s,
		   const struct bundle_place *place,
		   struct err *err) must_check;
/* What it would have been, from the bundle of @leaves into that of @place. */
int replay_detain(struct replay *r, struct saying *s,
		  const struct bundle_place *place, enum noise_cause leaves,
		  struct err *err) must_check;
/* It goes, as a message of its own: 1, or 0 when the same was put before. */
int replay_put(struct replay *r, const struct saying *s,
	       enum noise_cause leaves);
void replay_describe(const struct saying *s, const char *target, int64_t now_ms,
		     char group[NOISE_GROUP_MAX], struct noise_offer *ret);
struct replay_bundle *replay_find_bundle(struct replay *r,
					 const struct bundle_place *place);

/* --- replay_flush.c --- */

/* When the next bundle is due; INT64_MAX never. */
int64_t replay_flush_next_ms(const struct replay *r);
/* Bundles that were due before now. */
int replay_flush(struct replay *r, struct err *err) must_check;
struct replay_bundle *replay_bundle_free(struct replay_bundle *b);

#endif
