/* What the files of the replay share. */
#ifndef TRIAGE_REPLAY_PRIV_H
#define TRIAGE_REPLAY_PRIV_H

#include "triage/casework.h"
#include "triage/replay.h"

/* Somebody who heard of this episode. */
struct heard {
	char *target;
	int64_t since_ms;
};

struct replay {
	const struct triage *t;
	const struct pause *pauses;
	size_t n_pauses;
	struct replay_out out;
	struct casebook book; /* ctx is this object */
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
	int64_t now_ms; /* the virtual clock; it never goes back */
	int64_t up_since_ms; /* the end of the last pause */
};

/* replay.c: the alert as it is kept, now. */
struct casework replay_work(struct replay *r);
void replay_forget_heard(struct replay *r);

/* replay_keep.c */

/* The source's word @a was decided about: content and standing after it. */
void replay_keep(struct replay *r, const struct alert *a,
		 const struct decision *d);
/* A new episode knows nothing of the one before. */
void replay_keep_nothing(struct replay *r);
void replay_keep_text(char **kept, const char *said);
/* The part of the file that is the row's. */
void replay_update_file(struct replay *r);

/* replay_happen.c: the clock stands at its moment. 1 it did happen, 0 it
 * cannot in this life. */
int replay_do(struct replay *r, const struct replay_item *item,
	      struct err *err) must_check;

#endif
