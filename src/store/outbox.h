/*
 * The outbox: what is owed, to whom, and how it went. Put in the transaction
 * of the decision; leased, sent outside, settled. At least once.
 */
#ifndef STORE_OUTBOX_H
#define STORE_OUTBOX_H

#include "core/notice.h"
#include "store/audit.h"
#include "store/store.h"
#include "util/strlist.h"

/* The first pause of our own between two tries, which doubles, and the longest.
 */
#define OUTBOX_SHORTEST_PAUSE_MS 5000
#define OUTBOX_PATIENCE_MS 300000

/*
 * Owe a notice. The key is unique: putting the same again changes nothing.
 * 1 put, 0 it was there. *ret_id (may be NULL) is the row.
 */
int outbox_put(struct store *s, const struct notice *n, int64_t *ret_id,
	       struct err *err) must_check;
/* A sender that has not settled by then has died with its lease: longer than
 * any sender may take, or what it does would be done twice. */
#define OUTBOX_LEASE_MS 900000
/* How many a lease may bring: in all, and of either kind; or tests alone. */
struct outbox_room {
	size_t max, critical, other;
	bool tests;
};
#define OUTBOX_ROOM(n) (&(const struct outbox_room){ (n), (n), (n), false })
/*
 * Lease notices of @target due at @now_ms as far as there is room, criticals
 * first, then oldest; never a later notice of (target, recipient, alert) before
 * an earlier one is finished. The caller releases each. Returns how many.
 * Joins the transaction that is open, or has its own. attempts already counts
 * the try this lease is for; a notice past its expiry is closed as dead
 * ("expired") and not leased.
 */
int outbox_lease(struct store *s, const char *target, int64_t now_ms,
		 const struct outbox_room *room, struct notice *ret,
		 struct err *err) must_check;

struct settlement {
	int64_t id;
	enum notice_state state; /* SENT, RETRY, DEAD or SUPERSEDED */
	int64_t not_before_ms; /* RETRY */
	const char *error; /* NULL on success */
	/* Goes into the audit log with it; NULL: nothing does. */
	const struct audit_event *event;
	/* What it tells about the target, see store/targets.h. */
	enum settle_news {
		SETTLE_PLAIN,
		SETTLE_DISABLES, /* it is gone for good; @error says so */
		SETTLE_REFUSED, /* it refuses our credentials */
		SETTLE_WORKS, /* neither, any more */
	} news;
	int64_t print; /* SETTLE_DISABLES: of the address that is gone */
};
/*
 * Record how @n leased notices went, all or none; joins a transaction as above.
 * One that was superseded while it was leased ends so instead of being tried
 * again.
 */
int outbox_settle(struct store *s, const struct settlement *v, size_t n,
		  int64_t now_ms, struct err *err) must_check;
/* Give leases back unused; joins a transaction as above. */
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
/* What @target (NULL: any) is owed and waits after a failure is tried again at
 * @now_ms, unless it waits longer than a pause of ours may be: its target has
 * asked for that. Joins a transaction as above. Returns how many. */
int outbox_hasten(struct store *s, const char *target, int64_t now_ms,
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
 * for follow-ups; *ret is heap. Returns how many, however many they are. */
struct told {
	char *target, *recipient;
};
void told_release(struct told *t);
void told_free(struct told *v, size_t n);
int outbox_told(struct store *s, int64_t alert_id, int64_t episode,
		struct told **ret, struct err *err) must_check;
/* Also those a message was tried for without an answer that says no: a
 * receiver with a state of its own must hear of the end. */
int outbox_maybe_told(struct store *s, int64_t alert_id, int64_t episode,
		      struct told **ret, struct err *err) must_check;
/* Those a message of its own about the episode was tried for, so that it may
 * have reached them whatever became known of it. As outbox_told() otherwise. */
int outbox_tried(struct store *s, int64_t alert_id, int64_t episode,
		 struct told **ret, struct err *err) must_check;
/* Has the target of @n heard last that somebody has the alert? Then @n is the
 * first after it that calls somebody again. 1, 0. No transaction. */
int outbox_was_taken(struct store *s, const struct notice *n,
		     struct err *err) must_check;
/* Add the keys of the messages about several alerts that the target of @n got
 * and in which every alert is closed, that of @n among them. No transaction. */
int outbox_summaries_over(struct store *s, const struct notice *n,
			  struct strlist *ret, struct err *err) must_check;
struct response;
/* Those whom what asks for the approval of @r has reached, or may have. As
 * outbox_told() otherwise. */
int outbox_asked(struct store *s, const struct response *r, struct told **ret,
		 struct err *err) must_check;
/* What asks for it and has not left is not sent, nor what waits in a bundle; a
 * sender that has it may still get through. Needs a transaction. Returns how
 * many. */
int outbox_unask(struct store *s, const struct response *r, const char *why,
		 int64_t now_ms, struct err *err) must_check;
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
/* The same of its criticals alone, or of all others. */
int64_t outbox_next_kind_ms(struct store *s, const char *target, bool critical,
			    int64_t now_ms);
/* Returns how many criticals, or others, @target got after @since_ms, until
 * @until_ms. */
int outbox_sent_since(struct store *s, const char *target, bool critical,
		      int64_t since_ms, int64_t until_ms,
		      struct err *err) must_check;

/* --- what operators do; each needs a transaction --- */

/* A dead row back to pending with a fresh expiry. 1, 0. */
int outbox_retry(struct store *s, int64_t id, int64_t now_ms,
		 struct err *err) must_check;
/* Nobody is to get it any more; @why says who decided it. What a sender holds
 * ends so unless it arrives. 1, 0: it is finished already, or never was. */
int outbox_drop(struct store *s, int64_t id, const char *why,
		struct err *err) must_check;
/* Whose row it is: 1 with *ret_target (heap), 0 no such row. No transaction. */
int outbox_target(struct store *s, int64_t id, char **ret_target,
		  struct err *err) must_check;
/* Rows that a drop can end (@dead: dead ones alone) of @target (NULL, with
 * @dead: any); returns how many ids were written. No transaction. */
int outbox_list(struct store *s, const char *target, bool dead,
		int64_t *ret_ids, size_t max, struct err *err) must_check;
/* Every alert a row is about; returns how many were written. No transaction. */
int outbox_about(struct store *s, int64_t id, int64_t *ret_ids, size_t max,
		 struct err *err) must_check;

/* --- the second channel --- */

/* What does not get through to whom it is for. */
struct unheard {
	struct notice notice;
	bool dead; /* given up; else it is tried on */
	bool refused; /* its target refuses our credentials */
	bool waits; /* its target wants no try for long */
	bool gone; /* its target is in the settings no more */
	bool astray; /* its target has no such recipient any more */
};
/*
 * Criticals that call for an answer, and of which nobody else was told: dead,
 * at least @tries times failed or behind one that was, put off by the target
 * for longer than OUTBOX_PATIENCE_MS, or owed to a target that refuses our
 * credentials; oldest first. The caller releases each notice. Returns how many.
 * No transaction.
 */
int outbox_unheard(struct store *s, unsigned tries, int64_t now_ms,
		   struct unheard *ret, size_t max, struct err *err) must_check;
/*
 * Owed rows that no sender holds and whose target is none of @names (those of
 * the settings): whom they are for has gone. The caller releases each notice.
 * Returns how many. No transaction.
 */
int outbox_orphans(struct store *s, const struct strlist *names,
		   struct unheard *ret, size_t max, struct err *err) must_check;
/* Was, or is, @target to get the very news of @n, whoever reads it there?
 * 1, 0. No transaction. */
int outbox_has_news(struct store *s, const struct notice *n, const char *target,
		    struct err *err) must_check;
/* The same of one reader, NULL where the target has none. */
int outbox_reader_has_news(struct store *s, const struct notice *n,
			   const char *target, const char *recipient,
			   struct err *err) must_check;
/* Owe @n, which tells what row @of tells, alerts included. It is not passed on
 * again itself. 1 put, 0 it was there. Needs a transaction. */
int outbox_put_second(struct store *s, const struct notice *n, int64_t of,
		      struct err *err) must_check;
/* @target ("": nobody) was told instead of row @id. Needs a transaction. */
int outbox_told_instead(struct store *s, int64_t id, const char *target,
			struct err *err) must_check;

#endif
