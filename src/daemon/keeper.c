/*
 * See keeper.h. Called by the agenda; what may go is the store's to say, when
 * it goes is the settings'.
 *
 * Why in slices with pauses: a removal writes as much as an arrival, and this
 * is the thread that fetches alerts and tells people.
 *
 * tested with: test_keeper
 */
#include "daemon/keeper.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/pipeline_priv.h"
#include "daemon/story.h"
#include "store/audit.h"
#include "store/posture_rows.h"
#include "store/txn.h"
#include "triaged/messages.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/xmalloc.h"

#define DAY_MS INT64_C(86400000)
/* A slice ends at the first step behind either: steps take a millisecond. */
#define SLICE_US 8000
#define SLICE_STEPS 64
/* Pages given back in one slice. */
#define SLICE_PAGES 256
/* So many free pages are kept for what comes next. */
#define SPARE_PAGES 1024
/* Below the limit by this part of it, so that not every alert is above. */
#define SLACK_PART 20
/* What was removed is remembered so long where the class is kept for ever. */
#define MEMORY_MS (400 * DAY_MS)
#define META_TOLD "retention_told_ms"
#define META_AGE "retention_age_ms"
/* Stored as seldom as this. */
#define AGE_STORE_MS INT64_C(3600000)
/* So much faster than time it comes up with the wall clock. */
#define AGE_SPEED 2

static const struct retention_conf *settings(const struct keeper *k)
{
	return &k->pipeline->conf->retention;
}

static int64_t kept_ms(const struct keeper *k, enum retention_class class)
{
	const struct retention_conf *r = settings(k);

	switch (class) {
	case RETENTION_RAW:
		return r->raw_ms;
	case RETENTION_QUARANTINE:
	case RETENTION_POLLS:
		return r->polls_ms;
	case RETENTION_DELIVERIES:
	case RETENTION_BUNDLES:
		return r->deliveries_ms;
	case RETENTION_ALERTS:
		return r->closed_alerts_ms;
	case RETENTION_GONE:
		return r->closed_alerts_ms ? r->closed_alerts_ms : MEMORY_MS;
	}
	return 0;
}

/* --- by which time things are old --- */

static int recall_age(struct keeper *k, int64_t now_ms, struct err *err)
{
	int64_t age_ms = now_ms; /* nobody has looked before */
	int rc = store_meta_get(k->pipeline->store, META_AGE, &age_ms, err);

	if (rc < 0)
		return rc;
	k->age_stored_ms = rc > 0 ? age_ms : 0;
	k->age_ms = age_ms;
	k->age_mono_ms = clock_mono_ms();
	return 0;
}

static int store_age(struct keeper *k, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int rc = txn_begin(&txn, k->pipeline->store, err);

	if (rc >= 0)
		rc = store_meta_set(k->pipeline->store, META_AGE, k->age_ms,
				    err);
	if (rc >= 0)
		rc = txn_commit(&txn, err);
	if (rc < 0)
		return rc;
	k->age_stored_ms = k->age_ms;
	return 0;
}

static int follow_clock(struct keeper *k, int64_t now_ms, struct err *err)
{
	int64_t mono_ms = clock_mono_ms(), step_ms;
	int rc = k->age_ms ? 0 : recall_age(k, now_ms, err);

	if (rc < 0)
		return rc;
	step_ms = AGE_SPEED * (mono_ms - k->age_mono_ms);
	if (now_ms > k->age_ms)
		k->age_ms = MIN(now_ms, k->age_ms + step_ms);
	else
		k->age_ms = MAX(now_ms, k->age_ms - step_ms);
	k->age_mono_ms = mono_ms;
	return llabs(k->age_ms - k->age_stored_ms) < AGE_STORE_MS
		       ? 0
		       : store_age(k, err);
}

/* What ended before this goes; 0 nothing does. */
static int64_t before_ms(const struct keeper *k, enum retention_class class,
			 int64_t now_ms)
{
	int64_t keep_ms = kept_ms(k, class);

	if (k->stage == KEEPER_URGENT && class != RETENTION_GONE)
		keep_ms = retention_floor_ms(k->pipeline->conf);
	return keep_ms ? MAX(MIN(now_ms, k->age_ms) - keep_ms, 0) : 0;
}

static void begin_class(struct keeper *k, int class, int64_t now_ms)
{
	k->walk = (struct retention_walk){ .class = class };
	if (class < RETENTION_MAX)
		k->walk.before_ms = before_ms(k, class, now_ms);
}

static void enter(struct keeper *k, enum keeper_stage stage, int64_t now_ms)
{
	log_debug("keeper: %d -> %d", k->stage, stage);
	k->stage = stage;
	begin_class(k, 0, now_ms);
}

static bool is_above(const struct keeper *k, bool by_slack)
{
	int64_t limit = settings(k)->size_limit;

	return limit &&
	       k->space.used > limit - (by_slack ? limit / SLACK_PART : 0);
}

static int look_at_size(struct keeper *k, struct err *err)
{
	return store_space(k->pipeline->store, &k->space, err);
}

/* Steps of the class at work: 1 it goes on, 0 it is through. */
static int remove_some(struct keeper *k, int64_t now_ms, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int64_t begin_us = clock_mono_us(), removed = 0;
	int more = 1;
	int rc = txn_begin(&txn, k->pipeline->store, err);

	for (int i = 0; i < SLICE_STEPS && more > 0 && rc >= 0; i++) {
		more = retention_step(k->pipeline->store, &k->walk, now_ms,
				      &removed, err);
		if (clock_mono_us() - begin_us > SLICE_US)
			break;
	}
	if (rc < 0 || more < 0)
		return rc < 0 ? rc : more;
	rc = removed ? txn_commit(&txn, err) : 0;
	return rc < 0 ? rc : more;
}

/* --- what is told --- */

static int write_event(struct keeper *k, const int64_t n[RETENTION_MAX],
		       int64_t now_ms, struct err *err)
{
	CLEANUP(free_ptr)
	char *detail =
		story_detail("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "alerts",
			     (json_int_t)n[RETENTION_ALERTS], "raw",
			     (json_int_t)n[RETENTION_RAW], "polls",
			     (json_int_t)n[RETENTION_POLLS], "quarantine",
			     (json_int_t)n[RETENTION_QUARANTINE], "deliveries",
			     (json_int_t)n[RETENTION_DELIVERIES], "bundles",
			     (json_int_t)n[RETENTION_BUNDLES], "bytes",
			     (json_int_t)k->space.used);

	return audit_add(k->pipeline->store,
			 &(struct audit_event){
				 .at_ms = now_ms,
				 .actor = "triaged",
				 .kind = "retention",
				 .detail = detail,
			 },
			 err);
}

static void say_removed(const struct keeper *k, const int64_t n[RETENTION_MAX])
{
	log_event(LOG_INFO, MSG_RETENTION, "what is over was removed",
		  kv_int("ALERTS", n[RETENTION_ALERTS]),
		  kv_int("RAW", n[RETENTION_RAW]),
		  kv_int("POLLS", n[RETENTION_POLLS]),
		  kv_int("QUARANTINE", n[RETENTION_QUARANTINE]),
		  kv_int("DELIVERIES", n[RETENTION_DELIVERIES]),
		  kv_int("BUNDLES", n[RETENTION_BUNDLES]),
		  kv_int("BYTES", k->space.used));
}

/* Once a day at most: the first removal at once, the rest with the next. */
static int tell(struct keeper *k, int64_t now_ms, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct store *s = k->pipeline->store;
	int64_t n[RETENTION_MAX], told_ms = 0;
	int rc = retention_untold(s, n, err);

	if (rc > 0)
		rc = store_meta_get(s, META_TOLD, &told_ms, err);
	else
		return rc;
	if (rc < 0 || (told_ms <= now_ms && now_ms - told_ms < DAY_MS))
		return rc < 0 ? rc : 0;
	rc = txn_begin(&txn, s, err);
	if (rc >= 0)
		rc = write_event(k, n, now_ms, err);
	if (rc >= 0)
		rc = retention_told(s, err);
	if (rc >= 0)
		rc = store_meta_set(s, META_TOLD, now_ms, err);
	if (rc >= 0)
		rc = txn_commit(&txn, err);
	if (rc >= 0)
		say_removed(k, n);
	return rc < 0 ? rc : 0;
}

static int alert_about_size(struct keeper *k, bool resolved, struct err *err)
{
	CLEANUP(free_ptr)
	char *text = xasprintf(
		"The database uses %" PRId64 " MiB, and the settings allow "
		"%" PRId64 " MiB. Everything that may go before its time is "
		"gone; what remains is open, owed, too young or the audit log. "
		"Alerts are stored and told as before.",
		k->space.used >> 20, settings(k)->size_limit >> 20);

	return pipeline_self_alert(
		k->pipeline,
		&(struct self_alert){
			.slug = "database-size",
			.severity = SEVERITY_MEDIUM,
			.title = "The database is larger than it may be",
			.description = text,
			.remediation = "Give retention: size-limit more room, "
				       "or close alerts that are done.\n"
				       "triagectl list --sort age",
			.resolved = resolved,
		},
		err);
}

/* Behind an urgent round, and whenever the size is looked at. */
static int judge_size(struct keeper *k, bool over, struct err *err)
{
	int rc = alert_about_size(k, !over, err);

	if (rc < 0)
		return rc;
	if (over && !k->over)
		log_event(LOG_WARNING, MSG_DATABASE_SIZE,
			  "the database is larger than it may be, and nothing "
			  "more may be removed",
			  kv_int("BYTES", k->space.used),
			  kv_int("LIMIT", settings(k)->size_limit));
	k->over = over;
	return 0;
}

/* --- the stages: each returns 1 to go on, 0 when it rests --- */

static int rest(struct keeper *k, int64_t now_ms, struct err *err)
{
	enter(k, KEEPER_IDLE, now_ms);
	return tell(k, now_ms, err);
}

static int look(struct keeper *k, int64_t now_ms, struct err *err)
{
	bool is_time = !k->round_ms ||
		       now_ms - k->round_ms >= KEEPER_EVERY_MS ||
		       now_ms < k->round_ms;
	int rc = 0;

	if (k->over && !is_above(k, false))
		rc = judge_size(k, false, err);
	if (rc < 0)
		return rc;
	if (is_time) {
		k->round_ms = now_ms;
		enter(k, KEEPER_ROUND, now_ms);
		return 1;
	}
	if (!is_above(k, false) || k->over)
		return 0;
	enter(k, KEEPER_URGENT, now_ms);
	return 1;
}

static int end_round(struct keeper *k, int64_t now_ms, struct err *err)
{
	bool was_urgent = k->stage == KEEPER_URGENT;
	int rc;

	if (!was_urgent && is_above(k, false)) {
		enter(k, KEEPER_URGENT, now_ms);
		return 1;
	}
	/* An alert of the run before ends here, too. */
	rc = judge_size(k, was_urgent && is_above(k, false), err);
	enter(k, KEEPER_SHRINK, now_ms);
	return rc < 0 ? rc : 1;
}

/* What the posture has of former times: 1 there may be more, 0 none. */
static int expire_posture(struct keeper *k, int64_t now_ms, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int64_t keep_ms = settings(k)->closed_alerts_ms;
	int64_t age_ms = MIN(now_ms, k->age_ms);
	int n, rc;

	if (!keep_ms || age_ms < keep_ms)
		return 0;
	rc = txn_begin(&txn, k->pipeline->store, err);
	if (rc < 0)
		return rc;
	n = posture_rows_expire(k->pipeline->store, age_ms - keep_ms,
				SLICE_STEPS, err);
	if (n <= 0)
		return n;
	rc = txn_commit(&txn, err);
	return rc < 0 ? rc : 1;
}

static int walk(struct keeper *k, int64_t now_ms, struct err *err)
{
	int more = 0;

	if (k->stage == KEEPER_URGENT && !is_above(k, true))
		return end_round(k, now_ms, err);
	if (k->walk.before_ms)
		more = remove_some(k, now_ms, err);
	if (more < 0) {
		begin_class(k, (int)k->walk.class, now_ms);
		return more;
	}
	if (more)
		return 1;
	if (k->walk.class == RETENTION_MAX - 1) {
		more = expire_posture(k, now_ms, err);
		return more ? more : end_round(k, now_ms, err);
	}
	begin_class(k, (int)k->walk.class + 1, now_ms);
	return 1;
}

static int shrink(struct keeper *k, int64_t now_ms, struct err *err)
{
	int rc;

	if (!k->space.shrinks || k->space.free_pages <= SPARE_PAGES)
		return rest(k, now_ms, err);
	rc = store_shrink(k->pipeline->store, SLICE_PAGES, err);
	return rc < 0 ? rc : 1;
}

int keeper_slice(struct keeper *k, int64_t now_ms, struct err *err)
{
	int rc = look_at_size(k, err);

	if (rc >= 0)
		rc = follow_clock(k, now_ms, err);
	if (rc < 0)
		return rc;
	switch (k->stage) {
	case KEEPER_IDLE:
		return look(k, now_ms, err);
	case KEEPER_ROUND:
	case KEEPER_URGENT:
		return walk(k, now_ms, err);
	case KEEPER_SHRINK:
		return shrink(k, now_ms, err);
	}
	return 0;
}

void keeper_reload(struct keeper *k)
{
	k->stage = KEEPER_IDLE;
	k->round_ms = 0;
}
