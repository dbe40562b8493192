/*
 * A daily look back at the ladders: each step that was due has a notice, waits
 * in a bundle or was skipped on record. One that has none is an alert about
 * triaged itself.
 */
#ifndef DAEMON_PROOF_H
#define DAEMON_PROOF_H

#include "daemon/pipeline.h"

#define PROOF_EVERY_MS (INT64_C(24) * 3600 * 1000)
/* Ladders that started longer ago were looked at by the run before. */
#define PROOF_BACK_MS (INT64_C(2) * PROOF_EVERY_MS)

struct proof {
	struct pipeline *pipeline;
	char policy[17]; /* the hash seen last; "" none yet */
	int64_t policy_since_ms; /* older ladders followed another one */
	struct ladder_row after; /* the last one looked at */
	int64_t n_ladders, n_steps, n_missing; /* of this run */
};

/*
 * Another policy than the last time moves the beginning of what can be proven
 * to @now_ms, since ladders that began before climb by times of the old one.
 * Kept over restarts. To be called often; does nothing else.
 */
int proof_note_policy(struct proof *pr, int64_t now_ms,
		      struct err *err) must_check;
/*
 * The next slice of ladders. 1 when there may be more; 0 at the end, which is
 * the event ladders-audited with the counts of the run.
 */
int proof_slice(struct proof *pr, int64_t now_ms, struct err *err) must_check;

#endif
