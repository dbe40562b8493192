/*
 * The life of a lease: taken, settled, given back, run out. Called by the
 * deliverer: nothing is sent that is not on the disk as leased, and an answer
 * counts once it is on the disk.
 *
 * tested with: test_outbox
 */
#include "store/outbox.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "store/sqlite/outbox_priv.h"
#include "store/txn.h"
#include "util/xmalloc.h"

int notice_read(struct notice *n, const struct query *q)
{
	int c = 0;

	*n = (struct notice){ 0 };
	n->id = row_int(q, c++);
	n->alert_id = row_int(q, c++);
	n->episode = row_int(q, c++);
	n->target = row_text(q, c++);
	n->recipient = row_text(q, c++);
	n->kind = row_int(q, c++);
	n->step = (int)row_int(q, c++);
	if (n->kind == NOTICE_SILENCE && n->step == NOTICE_STEP_RESPONSE) {
		n->kind = NOTICE_RESPONSE;
		n->step = 0;
	}
	n->severity = row_int(q, c++);
	n->reason = row_text(q, c++);
	row_blob(q, c++, n->key, sizeof(n->key) - 1);
	n->attempts = (unsigned)row_int(q, c++);
	n->created_ms = row_int(q, c++);
	n->not_before_ms = row_int(q, c++);
	n->expires_ms = row_int(q, c++);
	n->maybe_duplicate = row_int(q, c++) != 0;
	n->last_error = row_text(q, c++);
	n->bundle_id = row_int(q, c++);
	return c;
}

static void lease_forget(struct notice *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		notice_release(&v[i]);
}

/* Which notices a lease is for. */
struct wanted {
	const char *target;
	int64_t now_ms;
	bool critical; /* those alone; else all others */
	bool tests; /* of them, those alone */
};

/* All rows first, changes after: a statement that is being walked must not see
 * its index change. */
static int lease_collect(struct store *s, const struct wanted *w,
			 struct notice *ret, size_t max, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	size_t n = 0;
	int rc = query_open(&q, s, STMT_NOTICE_DUE, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@target", w->target);
	query_bind_int(&q, "@critical", w->critical);
	query_bind_int(&q, "@tests", w->tests);
	query_bind_int(&q, "@now", w->now_ms);
	query_bind_int(&q, "@max", (int64_t)max);
	while (n < max && (rc = query_step(&q, err)) == 1)
		(void)notice_read(&ret[n++], &q);
	if (rc < 0)
		lease_forget(ret, n);
	return rc < 0 ? rc : (int)n;
}

static int lease_take(struct store *s, struct notice *n, int64_t now_ms,
		      struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_NOTICE_LEASE, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", n->id);
	query_bind_int(&q, "@until", now_ms + OUTBOX_LEASE_MS);
	n->attempts++;
	return query_run(&q, err);
}

static int lease_expire(struct store *s, int64_t id, int64_t now_ms,
			struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_NOTICE_EXPIRE_ONE, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", id);
	query_bind_int(&q, "@now", now_ms);
	return query_run(&q, err);
}

/* Leases what was collected; what has expired is closed and dropped from the
 * list. Returns how many are left in @v; on failure all are still there. */
static int lease_each(struct store *s, struct notice *v, size_t n,
		      int64_t now_ms, struct err *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		bool late = v[i].expires_ms != 0 && v[i].expires_ms <= now_ms;
		int rc = late ? lease_expire(s, v[i].id, now_ms, err)
			      : lease_take(s, &v[i], now_ms, err);

		if (rc < 0)
			return rc;
	}
	for (size_t i = 0; i < n; i++) {
		if (v[i].expires_ms != 0 && v[i].expires_ms <= now_ms)
			notice_release(&v[i]);
		else
			v[kept++] = v[i];
	}
	return (int)kept;
}

static int lease_some(struct store *s, const struct wanted *w,
		      struct notice *ret, size_t max, struct err *err)
{
	int n, kept;

	if (max == 0)
		return 0;
	/* Again while a round found only what is too late to send. */
	do {
		n = lease_collect(s, w, ret, max, err);
		if (n <= 0)
			return n;
		kept = lease_each(s, ret, (size_t)n, w->now_ms, err);
	} while (kept == 0);
	if (kept < 0)
		lease_forget(ret, (size_t)n);
	return kept;
}

int outbox_lease(struct store *s, const char *target, int64_t now_ms,
		 const struct outbox_room *room, struct notice *ret,
		 struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct wanted w = { target, now_ms, true, room->tests };
	int n, more, rc = txn_join(&txn, s, err);

	if (rc < 0)
		return rc;
	n = lease_some(s, &w, ret, MIN(room->critical, room->max), err);
	if (n < 0)
		return n;
	w.critical = false;
	more = lease_some(s, &w, ret + n,
			  MIN(room->other, room->max - (size_t)n), err);
	rc = more < 0 ? more : txn_commit(&txn, err);
	if (rc >= 0)
		return n + more;
	lease_forget(ret, (size_t)(n + MAX(more, 0)));
	return rc;
}

int outbox_hasten(struct store *s, const char *target, int64_t now_ms,
		  struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int n, rc = txn_join(&txn, s, err);

	if (rc >= 0)
		rc = query_open(&q, s, STMT_NOTICE_HASTEN, err);
	if (rc < 0)
		return rc;
	query_bind_text(&q, "@target", target);
	query_bind_int(&q, "@now", now_ms);
	query_bind_int(&q, "@shortest", OUTBOX_SHORTEST_PAUSE_MS);
	query_bind_int(&q, "@longest", OUTBOX_PATIENCE_MS);
	query_bind_int(&q, "@refused", OUTCOME_REFUSED_PAUSE_MS);
	n = query_run(&q, err);
	if (n < 0)
		return n;
	rc = txn_commit(&txn, err);
	return rc < 0 ? rc : n;
}

static const enum statement settle_statements[] = {
	[SETTLE_DISABLES] = STMT_TARGET_DISABLE,
	[SETTLE_REFUSED] = STMT_TARGET_REFUSED,
	[SETTLE_WORKS] = STMT_TARGET_WORKS,
};

/* What the target's row remembers; @target is borrowed from a statement. */
static int settle_target_as(struct store *s, enum statement id,
			    const char *target, const struct settlement *v,
			    int64_t now_ms, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, id, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@target", target);
	if (id != STMT_TARGET_WORKS)
		query_bind_int(&q, "@now", now_ms);
	if (id != STMT_TARGET_WORKS && id != STMT_TARGET_SENT)
		query_bind_text(&q, "@error", v->error);
	if (id == STMT_TARGET_DISABLE)
		query_bind_int(&q, "@print", v->print);
	return query_run(&q, err);
}

static int settle_target(struct store *s, const char *target,
			 const struct settlement *v, int64_t now_ms,
			 struct err *err)
{
	bool sent = v->state == NOTICE_SENT;
	int rc;

	if (!sent && v->error == NULL)
		return 0;
	rc = settle_target_as(s, sent ? STMT_TARGET_SENT : STMT_TARGET_ERROR,
			      target, v, now_ms, err);
	/* What it refused with this one need not wait any more. */
	if (rc >= 0 && v->news == SETTLE_WORKS)
		rc = outbox_hasten(s, target, now_ms, err);
	if (rc < 0 || v->news == SETTLE_PLAIN)
		return rc;
	return settle_target_as(s, settle_statements[v->news], target, v,
				now_ms, err);
}

/* Many of a burst arrive at one target: its row hears of it once. */
static bool settle_repeats(const struct settlement *v, const char *told,
			   const char *target)
{
	return v->state == NOTICE_SENT && v->news == SETTLE_PLAIN && told &&
	       strcmp(told, target) == 0;
}

/*
 * *@told (heap, may be NULL) is the target that something was sent to last, in
 * this transaction.
 *
 * A notice that is finished already stays so, except that an accepted one was
 * accepted whatever happened to its row meanwhile.
 */
static int settle_one(struct store *s, const struct settlement *v, char **told,
		      int64_t now_ms, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	CLEANUP(free_ptr) char *target = NULL;
	int rc = query_open(&q, s, STMT_NOTICE_SETTLE, err);

	assert(v->state == NOTICE_SENT || v->state == NOTICE_RETRY ||
	       v->state == NOTICE_DEAD || v->state == NOTICE_SUPERSEDED);
	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", v->id);
	query_bind_int(&q, "@state", v->state);
	query_bind_int(&q, "@not_before",
		       v->not_before_ms != 0 ? v->not_before_ms : now_ms);
	query_bind_int(&q, "@now", now_ms);
	query_bind_text(&q, "@error", v->error);
	rc = query_step(&q, err);
	if (rc != 1)
		return rc;
	target = row_text(&q, 0);
	rc = query_run(&q, err);
	if (rc < 0)
		return rc;
	if (!settle_repeats(v, *told, target))
		rc = settle_target(s, target, v, now_ms, err);
	if (rc >= 0 && v->event)
		rc = audit_add(s, v->event, err);
	free(*told);
	*told = v->state == NOTICE_SENT ? take(target) : NULL;
	return rc;
}

int outbox_settle(struct store *s, const struct settlement *v, size_t n,
		  int64_t now_ms, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	CLEANUP(free_ptr) char *told = NULL;
	int rc = txn_join(&txn, s, err);

	for (size_t i = 0; i < n && rc >= 0; i++)
		rc = settle_one(s, &v[i], &told, now_ms, err);
	return rc < 0 ? rc : txn_commit(&txn, err);
}

static int release_one(struct store *s, int64_t id, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_NOTICE_RELEASE, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", id);
	return query_run(&q, err);
}

int outbox_release(struct store *s, const int64_t *ids, size_t n,
		   struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int rc = txn_join(&txn, s, err);

	for (size_t i = 0; i < n && rc >= 0; i++)
		rc = release_one(s, ids[i], err);
	return rc < 0 ? rc : txn_commit(&txn, err);
}

static int recover_leases(struct store *s, int64_t now_ms, bool all,
			  struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_NOTICE_RECOVER, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@now", now_ms);
	query_bind_int(&q, "@all", all);
	return query_run(&q, err);
}

static int recover_expired(struct store *s, int64_t now_ms, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_NOTICE_EXPIRE, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@now", now_ms);
	return query_run(&q, err);
}

int outbox_recover(struct store *s, int64_t now_ms, bool all, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int n, rc = txn_begin(&txn, s, err);

	if (rc < 0)
		return rc;
	n = recover_leases(s, now_ms, all, err);
	if (n < 0)
		return n;
	rc = recover_expired(s, now_ms, err);
	if (rc < 0)
		return rc;
	rc = txn_commit(&txn, err);
	return rc < 0 ? rc : n;
}
