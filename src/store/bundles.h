/*
 * Messages that wait: digests, summaries, and what a group, a silence,
 * maintenance, quiet hours or a storm holds back. No entry is ever removed:
 * each ends with the message that carried it or with a reason.
 */
#ifndef STORE_BUNDLES_H
#define STORE_BUNDLES_H

#include "core/bundle.h"
#include "store/store.h"

/*
 * Put @e into the open bundle of @place; one that does not exist yet is made.
 * Its due time is the nearest that any of its entries was given. 1 put, 0 this
 * very notice is in it already. *ret_bundle may be NULL.
 */
int bundles_add(struct store *s, const struct bundle_place *place,
		const struct bundle_entry *e, int64_t now_ms,
		int64_t *ret_bundle, struct err *err) must_check;

struct bundle_row {
	int64_t id;
	enum noise_cause cause;
	char *name, *target; /* owned */
	int64_t opened_ms, due_ms;
	enum severity worst; /* of the alerts that wait, as they are now */
	int64_t n_alerts; /* that wait; each once */
};
void bundle_row_release(struct bundle_row *b);
/* Open bundles due at @now_ms, oldest first, but a storm's last: what is found
 * to belong there is in its summary then. The caller releases each. Returns how
 * many. */
int bundles_due(struct store *s, int64_t now_ms, struct bundle_row *ret,
		size_t max, struct err *err) must_check;
/* When the next one is due; 0 none. Needs no transaction. */
int64_t bundles_next_ms(struct store *s);
/* The open bundle of a place: 1, 0. */
int bundles_find(struct store *s, const struct bundle_place *place,
		 struct bundle_row *ret, struct err *err) must_check;
/* Any bundle: 1, 0. What waits in it is counted. Needs no transaction. */
int bundles_get(struct store *s, int64_t bundle, struct bundle_row *ret,
		struct err *err) must_check;

/* Something that waits. entry.reason is owned here. */
struct bundle_wait {
	int64_t id, added_ms;
	struct bundle_entry entry;
};
void bundle_waits_free(struct bundle_wait *v, size_t n);
/* All that waits in a bundle, by alert, oldest first. */
int bundles_waiting(struct store *s, int64_t bundle, struct bundle_wait **ret,
		    size_t *ret_n, struct err *err) must_check;
/* What became of one entry; @why (may be NULL) is kept. */
int bundles_settle(struct store *s, int64_t entry, enum bundle_outcome outcome,
		   const char *why, int64_t now_ms, struct err *err) must_check;

/*
 * What still waits in a bundle went out with @deliveries, one a recipient, and
 * the bundle ends. Those that carry several alerts (alert_id 0) get a row for
 * each. Without deliveries a bundle ends in which nothing waits.
 */
int bundles_send(struct store *s, int64_t bundle, const int64_t *deliveries,
		 size_t n_deliveries, int64_t now_ms,
		 struct err *err) must_check;
/* How many alerts open bundles of (cause, name) hold; each once. */
int bundles_count(struct store *s, enum noise_cause cause, const char *name,
		  int64_t *ret, struct err *err) must_check;
/* It stays open, with another due time. */
int bundles_defer(struct store *s, int64_t bundle, int64_t due_ms,
		  struct err *err) must_check;
/* What @cause (of that @name; NULL any) holds is due now. Returns how many
 * bundles. */
int bundles_hasten(struct store *s, enum noise_cause cause, const char *name,
		   int64_t now_ms, struct err *err) must_check;

/*
 * What happened of late, so that the memory of groups and storms outlives a
 * restart: a message that was put, or an entry of a group's or storm's bundle.
 */
struct bundle_past {
	int64_t delivery; /* of one recipient; 0: an entry */
	int64_t alert_id; /* 0: about several */
	char *target, *name; /* owned; name of the bundle, or NULL */
	enum notice_kind kind;
	enum severity severity;
	enum noise_cause held; /* of an entry */
	enum noise_cause leaves; /* of a message: the bundle it came from */
	int64_t at_ms;
};
void bundle_pasts_free(struct bundle_past *v, size_t n);
/* From @since_ms to @until_ms, oldest first, a message to several recipients
 * once; of no more than the last BUNDLE_PAST_MAX rows of each. */
#define BUNDLE_PAST_MAX 5000
int bundles_past(struct store *s, int64_t since_ms, int64_t until_ms,
		 struct bundle_past **ret, size_t *ret_n,
		 struct err *err) must_check;

#endif
