/* Alerts, their revisions, entities and origins. Writers need a transaction. */
#ifndef STORE_ALERTS_H
#define STORE_ALERTS_H

#include "core/decision.h"
#include "core/ingest.h"
#include "store/store.h"

/*
 * Of the items that are ITEM_UNREAD: is the last content stored for the
 * identity exactly these bytes? Then it becomes ITEM_UNCHANGED, and origin the
 * identity's row, for alerts_bump. Needs no transaction. What cannot be told
 * stays unread: it is parsed then, nothing is lost.
 */
void alerts_known(struct store *s, struct item *items, size_t n);
/*
 * The alert that any of @keys stands for, own key first. 1 found, 0 not.
 * *ret's strings are owned by the caller (tracked_release).
 */
int alerts_find(struct store *s, const struct alert_key *keys, size_t n_keys,
		struct tracked *ret, struct err *err) must_check;
/*
 * Every alert that any of @keys stands for, the oldest first, each once; @ret
 * has room for @n_keys. Returns how many.
 */
int alerts_find_all(struct store *s, const struct alert_key *keys,
		    size_t n_keys, int64_t *ret_ids,
		    struct err *err) must_check;
int alerts_find_id(struct store *s, int64_t id, struct tracked *ret,
		   struct err *err) must_check;
/* Bump last seen of an identity; 1 when it was known. Its poll may be 0: seen
 * by something that is no poll. */
int alerts_bump(struct store *s, int64_t origin, const struct sighting *at,
		struct err *err) must_check;
/* The same of all @n, which are sorted; who is not known is passed over. */
int alerts_bump_all(struct store *s, int64_t *origins, size_t n,
		    const struct sighting *at, struct err *err) must_check;
/* In a database without alerts: the first one gets number @id. In a
 * transaction. */
int alerts_number_from(struct store *s, int64_t id, struct err *err) must_check;
/*
 * First sight: the row, revision 1, entities, origins under every key.
 * Historical and seen-closed alerts included. *ret_id is the new id.
 */
int alerts_insert(struct store *s, const struct alert *a,
		  const struct decision *d, const struct sighting *at,
		  int64_t *ret_id, struct err *err) must_check;
/*
 * New content of a known alert: what changed is written, a revision is
 * numbered, entities replaced, the origin refreshed; state, episode, severity,
 * owner and acknowledgement follow @d; a field the copy does not have (NULL, 0)
 * keeps its stored value. For TRANSITION_NONE only the origin is refreshed (its
 * bytes are remembered). TRANSITION_STALE does that and, when this content was
 * never stored, keeps it as a revision ("older copy"): the alert stays as it is
 * but for the count of revisions.
 */
int alerts_update(struct store *s, const struct tracked *known,
		  const struct alert *a, const struct decision *d,
		  const struct sighting *at, struct err *err) must_check;

/*
 * Is the last content that a->source gave for alert @id, up to @revision,
 * exactly that of @a? 1 yes, 0 no, also when it gave none.
 */
int alerts_repeats(struct store *s, int64_t id, int64_t revision,
		   const struct alert *a, struct err *err) must_check;

/*
 * Two rows are one alert: the identities of @from (with their sightings) go to
 * @into, and @from is closed as its duplicate. Its clock, ladders and notices
 * are the caller's.
 */
int alerts_merge(struct store *s, int64_t from, int64_t into, int64_t now_ms,
		 struct err *err) must_check;

/* How somebody did it who was no account at the control socket. */
struct human_way {
	const char *by; /* "link" or "code", of a message */
	const char *target; /* of that message */
	int64_t delivery; /* its row; 0 unknown */
	const char *typed_by; /* the account that typed a code; NULL none */
};

/* What people do. */
struct human_change {
	int64_t id;
	int64_t version; /* must be the row's (0: any), else ERR_CONFLICT */
	const char *who, *note; /* note may be NULL */
	int64_t now_ms;
	const struct human_way *way; /* NULL: @who asked himself */
};
/* ERR_BAD_STATE when it is closed; ERR_NOT_FOUND. @expires_ms 0: never. The
 * first acknowledgement moves the phase from detect to triage. */
int alerts_acknowledge(struct store *s, const struct human_change *c,
		       int64_t expires_ms, struct err *err) must_check;
/* The acknowledgement ran out: open again. acknowledged_by stays, notices name
 * who had it. ERR_BAD_STATE when it is not acknowledged. */
int alerts_unacknowledge(struct store *s, int64_t id, int64_t now_ms,
			 struct err *err) must_check;
int alerts_close(struct store *s, const struct human_change *c,
		 enum verdict verdict, struct err *err) must_check;
/*
 * @owner has it now, NULL nobody. What a person assigned no rule takes back;
 * what nobody owns gets the owner of a rule with its next revision.
 */
int alerts_assign(struct store *s, const struct human_change *c,
		  const char *owner, struct err *err) must_check;
/* A person says how far the work is, and with that confirms the present
 * severity: see tracked.severity_confirmed. */
int alerts_set_phase(struct store *s, const struct human_change *c,
		     enum phase phase, struct err *err) must_check;
/* It is triaged, by @c->who: acknowledged until something happens. In the
 * transaction that changed owner or phase, and part of that change: the version
 * stays. */
int alerts_set_triaged(struct store *s, const struct human_change *c,
		       struct err *err) must_check;
/* It is triaged no more: an acknowledgement that had no end gets one.
 * @expires_ms 0: it keeps none. The version stays, as above. */
int alerts_let_go(struct store *s, const struct human_change *c,
		  int64_t expires_ms, struct err *err) must_check;
/*
 * An alert without a clock gets what people had done to it where @i was
 * exported. 1; 0 when that was done once, and nothing is. In a transaction; the
 * events are the caller's.
 */
int alerts_adopt(struct store *s, int64_t id, const struct imported *i,
		 int64_t now_ms, struct err *err) must_check;
/* Something that belongs to the alert changes: a new version, nothing else. */
int alerts_touch(struct store *s, const struct human_change *c,
		 struct err *err) must_check;
/* A closed alert begins a new episode, in phase detect. ERR_BAD_STATE when it
 * is not closed, or a duplicate whose sightings another alert has. */
int alerts_reopen(struct store *s, const struct human_change *c,
		  struct err *err) must_check;

/* The present content as a record, for matching and rendering. 1, 0. */
int alerts_load(struct store *s, int64_t id, struct alert_view *ret,
		struct err *err) must_check;
/* The same without how it stands and without its entities, which are most of
 * the work: for whoever goes through thousands. 1, 0. */
int alerts_load_outline(struct store *s, int64_t id, struct alert_view *ret,
			struct err *err) must_check;
/* The severity an alert was first opened with, as the audit log has it. 1, or 0
 * and *ret as it was when the log does not say. */
int alerts_opened_as(struct store *s, int64_t id, enum severity *ret,
		     struct err *err) must_check;

/*
 * After a complete listing of (source, scope) by @poll: alerts of it not seen
 * by this nor the listing before get missing_since (once, until they are seen
 * again); returns how many. Before or after ledger_poll_end.
 */
int alerts_mark_missing(struct store *s, const char *source, const char *scope,
			int64_t poll, int64_t now_ms,
			struct err *err) must_check;

#endif
