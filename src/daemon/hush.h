/*
 * What holds messages back, as the daemon knows it: the silences that stand,
 * and the memory of groups and storms. Filled from the database at the start,
 * and again when a transaction was rolled back whose messages it remembers;
 * what is decided with it is triage/noise.
 */
#ifndef DAEMON_HUSH_H
#define DAEMON_HUSH_H

#include "daemon/pipeline.h"
#include "triage/noise.h"

struct hush;

/* Makes p->hush; pipeline_init() and pipeline_release() call these. */
int hush_open(struct pipeline *p, int64_t now_ms, struct err *err) must_check;
void hush_close(struct pipeline *p);

/*
 * Inside the transaction that is to judge messages, before it puts any: what
 * one that failed has left in the memory is gone.
 */
int hush_recall(struct pipeline *p, int64_t now_ms, struct err *err) must_check;
const struct noise *hush_noise(const struct pipeline *p);
/* As noise_note(), until the transaction is rolled back. */
void hush_note(struct pipeline *p, const struct noise_notice *n);
/* The silences that have not ended; good until hush_refresh(). */
const struct silence *hush_silences(const struct pipeline *p, size_t *ret_n);
/* Read the silences again, after a commit that changed one. */
int hush_refresh(struct pipeline *p, struct err *err) must_check;
/* The clock was set: what is remembered, and the silences, are read again, now
 * or before the next message is judged. */
void hush_forget(struct pipeline *p, int64_t now_ms);
/*
 * The policy of @p is about to be another one, or may be since the last life:
 * what maintenance and quiet hours hold is judged again soon, by the policy of
 * then. In a transaction of its own.
 */
int hush_hasten(struct pipeline *p, int64_t now_ms, struct err *err) must_check;
/* The policy of @p is another one. */
void hush_reload(struct pipeline *p);

#endif
