/*
 * See turnback.h. Called by the start and by the job that watches the clock;
 * which times are waits is the store's to know.
 *
 * How far the clock went back is kept in the database: the waits can be moved
 * only by whoever knows it, and a start may come between.
 *
 * tested with: test_turnback scenario/test_fault_clock
 */
#include "daemon/turnback.h"

#include <jansson.h>

#include "daemon/book.h"
#include "daemon/hush.h"
#include "daemon/story.h"
#include "daemon/tidings.h"
#include "store/alerts.h"
#include "store/audit.h"
#include "store/cases.h"
#include "store/coverage.h"
#include "store/txn.h"
#include "store/waits.h"
#include "triage/casework.h"
#include "triage/sla.h"
#include "triaged/messages.h"
#include "util/jsonx.h"
#include "util/log.h"
#include "util/xmalloc.h"

#define META_BY "turnback_ms"
#define META_SINCE "turnback_since_ms"

static int keep(const struct turnback *t, struct store *s, int64_t now_ms,
		struct err *err)
{
	int rc = store_meta_set(s, META_BY, t->by_ms, err);

	return rc < 0 ? rc : store_meta_set(s, META_SINCE, now_ms, err);
}

/* In the log it stands at the earlier time: the next start sees by the newest
 * event how far the clock went back since. */
static int write_set_back(struct store *s, int64_t by_ms, int64_t now_ms,
			  struct err *err)
{
	CLEANUP(free_ptr)
	char *detail = story_detail("{s:I}", "by_ms", (json_int_t)by_ms);

	return audit_add(s,
			 &(struct audit_event){ .at_ms = now_ms,
						.actor = "triaged",
						.kind = "clock-set-back",
						.detail = detail },
			 err);
}

/* What the run before left to do. */
static int recall_kept(struct turnback *t, struct store *s, int64_t now_ms,
		       int64_t mono_ms, struct err *err)
{
	int64_t since_ms = now_ms;
	int rc = store_meta_get(s, META_BY, &t->by_ms, err);

	if (rc > 0)
		rc = store_meta_get(s, META_SINCE, &since_ms, err);
	if (rc < 0)
		return rc;
	/* It counts on; a time to come is of a clock that went back since. */
	t->since_mono_ms = mono_ms;
	if (since_ms < now_ms)
		t->since_mono_ms -= MIN(now_ms - since_ms, TURNBACK_SETTLE_MS);
	return 0;
}

int turnback_recall(struct turnback *t, struct store *s, int64_t now_ms,
		    int64_t mono_ms, struct err *err)
{
	struct turnback found = { .by_ms = 0 };
	int64_t last_ms = 0;
	int rc = recall_kept(&found, s, now_ms, mono_ms, err);

	if (rc >= 0)
		rc = audit_last_ms(s, &last_ms, err);
	if (rc < 0)
		return rc;
	if (last_ms - now_ms > TURNBACK_LEAST_MS) {
		found.by_ms += last_ms - now_ms;
		found.since_mono_ms = mono_ms;
		rc = keep(&found, s, now_ms, err);
		if (rc >= 0)
			rc = write_set_back(s, last_ms - now_ms, now_ms, err);
		if (rc < 0)
			return rc;
		tidings_log(s, LOG_WARNING, MSG_CLOCK_JUMP,
			    "the wall clock shows less than when triaged last "
			    "wrote something down",
			    kv_int("JUMP_MS", now_ms - last_ms));
	}
	*t = found;
	return 0;
}

int turnback_jump(struct turnback *t, struct pipeline *p, int64_t jump_ms,
		  int64_t now_ms, int64_t mono_ms, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct turnback next = { .by_ms = t->by_ms - jump_ms,
				 .since_mono_ms = mono_ms };
	int rc;

	/* Back where it was, or ahead of that. */
	if (next.by_ms < TURNBACK_LEAST_MS)
		next.by_ms = 0;
	if (next.by_ms == t->by_ms)
		return 0;
	/* Known also when it cannot be kept. */
	*t = next;
	rc = txn_begin(&txn, p->store, err);
	if (rc >= 0)
		rc = keep(t, p->store, now_ms, err);
	if (rc >= 0 && jump_ms < 0)
		rc = write_set_back(p->store, -jump_ms, now_ms, err);
	return rc < 0 ? rc : txn_commit(&txn, err);
}

static int write_moved(struct pipeline *p, const struct turnback *t,
		       const int64_t n[WAIT_KIND_MAX], int64_t now_ms,
		       struct err *err)
{
	CLEANUP(jsonx_unref) json_t *detail = json_object();
	CLEANUP(free_ptr) char *text = NULL;

	(void)json_object_set_new(detail, "by_ms", json_integer(t->by_ms));
	for (int k = 0; k < WAIT_KIND_MAX; k++)
		(void)json_object_set_new(detail, wait_kind_name(k),
					  json_integer(n[k]));
	text = jsonx_dump(detail);
	return audit_add(p->store,
			 &(struct audit_event){ .at_ms = now_ms,
						.actor = "triaged",
						.kind = "waits-moved",
						.detail = text },
			 err);
}

static void say_moved(const struct turnback *t, const int64_t n[WAIT_KIND_MAX])
{
	log_event(LOG_WARNING, MSG_WAITS_MOVED,
		  "waits that began before the clock was set back end earlier",
		  kv_int("BY_MS", t->by_ms),
		  kv_int("ACKNOWLEDGEMENTS", n[WAIT_ACKNOWLEDGEMENT]),
		  kv_int("CLOCKS", n[WAIT_CLOCK]),
		  kv_int("LADDERS", n[WAIT_LADDER]),
		  kv_int("MESSAGES", n[WAIT_MESSAGE] + n[WAIT_BUNDLE] +
					     n[WAIT_TOO_OLD]),
		  kv_int("SILENCES", n[WAIT_SILENCE]),
		  kv_int("DRILLS", n[WAIT_DRILL]),
		  kv_int("RESPONSES", n[WAIT_RESPONSE]));
}

static int64_t total(const int64_t n[WAIT_KIND_MAX])
{
	int64_t sum = 0;

	for (size_t i = 0; i < WAIT_KIND_MAX; i++)
		sum += n[i];
	return sum;
}

/* --- business hours do not move --- */

static bool has_calendar(const struct pipeline *p, const struct wait_clock *c)
{
	return sla_target_of(triage_policy(p->triage), (enum clock_kind)c->kind,
			     (enum severity)c->severity)
		       ->calendar != NULL;
}

static int align_one(struct pipeline *p, int64_t id, int64_t by_ms,
		     int64_t now_ms, struct err *err)
{
	CLEANUP(book_case_release) struct book_case c;
	int rc = book_case(p, id, now_ms, &c, err);

	return rc <= 0 ? rc : casework_turned_back(&c.work, by_ms, err);
}

static int align(struct pipeline *p, const struct wait_clock *clocks, int n,
		 int64_t by_ms, int64_t now_ms, struct err *err)
{
	int64_t done = 0;
	int rc = 0;

	for (int i = 0; i < n && rc >= 0; i++) {
		if (clocks[i].alert_id == done || !has_calendar(p, &clocks[i]))
			continue;
		done = clocks[i].alert_id;
		rc = align_one(p, done, by_ms, now_ms, err);
	}
	return rc;
}

static int move(struct pipeline *p, int64_t by_ms, int64_t now_ms,
		int64_t n[WAIT_KIND_MAX], struct err *err)
{
	CLEANUP(free_ptr) struct wait_clock *clocks = NULL;
	int n_clocks = waits_clocks(p->store, now_ms, &clocks, err);
	int rc;

	if (n_clocks < 0)
		return n_clocks;
	rc = waits_move(p->store, now_ms, by_ms, n, err);
	return rc < 0 ? rc : align(p, clocks, n_clocks, by_ms, now_ms, err);
}

int turnback_look(struct turnback *t, struct pipeline *p, bool behind,
		  int64_t now_ms, int64_t mono_ms, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	static const struct turnback done = { .by_ms = 0 };
	int64_t n[WAIT_KIND_MAX];
	int rc;

	if (behind || turnback_in_ms(t, mono_ms) != 0)
		return 0;
	rc = txn_begin(&txn, p->store, err);
	if (rc >= 0)
		rc = move(p, t->by_ms, now_ms, n, err);
	if (rc >= 0)
		rc = coverage_cut(p->store,
				  now_ms - (mono_ms - t->since_mono_ms), err);
	if (rc >= 0)
		rc = keep(&done, p->store, now_ms, err);
	if (rc >= 0 && total(n) > 0)
		rc = write_moved(p, t, n, now_ms, err);
	if (rc >= 0)
		rc = txn_commit(&txn, err);
	if (rc < 0)
		return rc;
	if (total(n) > 0)
		say_moved(t, n);
	*t = done;
	hush_forget(p, now_ms);
	p->on_commit(p->arg);
	return total(n) > 0;
}

int64_t turnback_in_ms(const struct turnback *t, int64_t mono_ms)
{
	if (t->by_ms == 0)
		return -1;
	return MAX(t->since_mono_ms + TURNBACK_SETTLE_MS - mono_ms, 0);
}
