/*
 * The outbox: what is owed, to whom, and how it went. Put in the transaction
 * of the decision; leased, sent outside, settled. At least once.
 */
#ifndef STORE_OUTBOX_H
#define STORE_OUTBOX_H

#include "core/notice.h"
#include "store/audit.h"
#include "store/store.h"

/*
 * Owe a notice. The key is unique: putting the same again changes nothing.
 * 1 put, 0 it was there. *ret_id (may be NULL) is the row.
 */
int outbox_put(struct store *s, const struct notice *n, int64_t *ret_id,
	       struct err *err) must_check;
/* A sender that has not settled by then has died with its lease. */
#define OUTBOX_LEASE_MS 300000
/*
 * Lease up to @max notices of @target due at @now_ms, criticals first, then
 * oldest; never a later notice of (target, recipient, alert) before an earlier
 * one is finished. The caller releases each. Returns how many. Opens its own
 * transaction. attempts already counts the try this lease is for; a notice
 * past its expiry is closed as dead ("expired") and not leased.
 */
int outbox_lease(struct store *s, const char *target, int64_t now_ms,
		 struct notice *ret, size_t max, struct err *err) must_check;

struct settlement {
	int64_t id;
	enum notice_state state; /* SENT, RETRY, DEAD or SUPERSEDED */
	int64_t not_before_ms; /* RETRY */
	const char *error; /* NULL on success */
	/* Goes into the audit log with it; NULL: nothing does. */
	const struct audit_event *event;
};
/*
 * Record how @n leased notices went, in one transaction of its own. One that
 * was superseded while it was leased ends so instead of being tried again.
 */
int outbox_settle(struct store *s, const struct settlement *v, size_t n,
		  int64_t now_ms, struct err *err) must_check;
/* Give leases back unused (shutdown). Own transaction. */
int outbox_release(struct store *s, const int64_t *ids, size_t n,
		   struct err *err) must_check;
/*
 * Leases that ran out become pending, flagged maybe_duplicate; notices past
 * their expiry become dead ("expired"). With @all every lease has run out
 * (start-up: we hold the lock, so nobody else sends). Returns how many leases.
 * Own transaction.
 */
int outbox_recover(struct store *s, int64_t now_ms, bool all,
		   struct err *err) must_check;
/* Unsent notices of an episode that make no sense any more (it is closed); one
 * in flight ends superseded unless it arrives. Returns how many. */
int outbox_supersede(struct store *s, int64_t alert_id, int64_t episode,
		     const char *why, int64_t now_ms,
		     struct err *err) must_check;
/* The same for its escalations and warnings alone (it is acknowledged). */
int outbox_supersede_ladder(struct store *s, int64_t alert_id, int64_t episode,
			    const char *why, int64_t now_ms,
			    struct err *err) must_check;
/* (target, recipient) pairs told about an episode so far (sent, or in flight),
 * for follow-ups; the caller releases each. Returns how many. */
struct told {
	char *target, *recipient;
};
void told_release(struct told *t);
int outbox_told(struct store *s, int64_t alert_id, int64_t episode,
		struct told *ret, size_t max, struct err *err) must_check;
/* Those a message of its own about the episode was tried for, so that it may
 * have reached them whatever became known of it. As outbox_told() otherwise. */
int outbox_tried(struct store *s, int64_t alert_id, int64_t episode,
		 struct told *ret, size_t max, struct err *err) must_check;
/*
 * Open alerts that @target was told of in their present episode, each by itself
 * or with others, lowest id first. *ret is heap; NULL for none. Needs no
 * transaction.
 */
int outbox_standing(struct store *s, const char *target, int64_t **ret,
		    size_t *ret_n, struct err *err) must_check;
/* Alerts a digest carries; returns how many ids were written. */
int outbox_alerts(struct store *s, int64_t delivery, int64_t *ret_ids,
		  size_t max, int64_t *ret_total, struct err *err) must_check;
/* The nearest moment @target (NULL: any) has something to do; 0 never. Needs no
 * transaction. */
int64_t outbox_next_ms(struct store *s, const char *target, int64_t now_ms);
/* Owed rows whose target is not in @names any more become superseded, with the
 * reason. Own transaction. Returns how many. */
struct strlist;
int outbox_drop_targets(struct store *s, const struct strlist *names,
			int64_t now_ms, struct err *err) must_check;
/* A dead row back to pending with a fresh expiry, by an operator. Needs a
 * transaction. 1, 0. */
int outbox_retry(struct store *s, int64_t id, int64_t now_ms,
		 struct err *err) must_check;

#endif
