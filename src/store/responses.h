/*
 * Responses as rows (core/response.h). None is ever removed. Each change of
 * state is one step from a state that the caller has seen, so that two who
 * decide at once do not both win. Writers need a transaction; the events are
 * the caller's.
 */
#ifndef STORE_RESPONSES_H
#define STORE_RESPONSES_H

#include "core/response.h"
#include "store/store.h"

/* A runner that has not said more by then has died. */
#define RESPONSE_LEASE_MS 180000

/* A new one, planned or waiting; *ret_id is its number. */
int responses_add(struct store *s, const struct response *r, int64_t *ret_id,
		  struct err *err) must_check;
/* The caller releases it. 1, 0. */
int responses_get(struct store *s, int64_t id, struct response *ret,
		  struct err *err) must_check;
/*
 * From the state it has in @r to @to, with all else that @r says of its way;
 * @r->state is @to then. The present state again: what is known now is kept.
 * ERR_CONFLICT when the row has another state meanwhile.
 */
int responses_move(struct store *s, struct response *r, enum response_state to,
		   struct err *err) must_check;
/*
 * The next one to run, leased until @now_ms + RESPONSE_LEASE_MS: running, one
 * more attempt. Never two for one subject at once, and in the order in which
 * they were approved. 1, 0.
 */
int responses_lease(struct store *s, int64_t now_ms, struct response *ret,
		    struct err *err) must_check;

/* --- who has to be looked after; no transaction needed. 1, 0. --- */

/* One that runs, and whose runner has died; with @all, any (start-up). */
int responses_lapsed(struct store *s, int64_t now_ms, bool all,
		     struct response *ret, struct err *err) must_check;
/* One whose time is over, and for which nothing was called. */
int responses_expired(struct store *s, int64_t now_ms, struct response *ret,
		      struct err *err) must_check;
/* One that waits, and whose remind_ms has come. */
int responses_to_remind(struct store *s, int64_t now_ms, struct response *ret,
			struct err *err) must_check;
/* One that a restore ended, and of which nobody was told; who tells moves it to
 * the state that it has. */
int responses_restored(struct store *s, int64_t now_ms, struct response *ret,
		       struct err *err) must_check;
/* When to look again: 0 never. A runner asks: who does not run what is due then
 * would ask for ever. */
int64_t responses_next_ms(struct store *s);

/* The newest item about alert @alert_id, as it came, that a source of kind
 * @kind gave and that is still kept. Heap. 1, 0. */
int responses_item(struct store *s, int64_t alert_id, const char *kind,
		   char **ret, struct err *err) must_check;

/* --- what consent asks; no transaction needed --- */

/* The number of one of the action and subject of @r that has not ended; of a
 * program also of its alert, since it does another thing for each. 1, 0. */
int responses_other(struct store *s, const struct response *r, int64_t *ret_id,
		    struct err *err) must_check;
/* Does the alert of @r say the same as when that was planned? What people note,
 * take and assign does not count; what its source changed does, and a close. 1,
 * 0. */
int responses_same(struct store *s, const struct response *r,
		   struct err *err) must_check;
/* The last by which we changed how @subject stands, among those about what
 * @a is about. The caller releases it. 1, 0. */
int responses_changed(struct store *s, enum response_action a,
		      const char *subject, struct response *ret,
		      struct err *err) must_check;
/* How many were approved after @since_ms, until @until_ms, inverses apart. */
int responses_recent(struct store *s, int64_t since_ms, int64_t until_ms,
		     int64_t *ret, struct err *err) must_check;

#endif
