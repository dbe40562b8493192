/*
 * The recurring work of the daemon, one function a job: what to do, and when it
 * wants to come back. Called by the agenda, and by nobody else.
 *
 * tested with: scenario/test_life
 */
#include "daemon/app_priv.h"

#include "daemon/expiry.h"
#include "daemon/opening.h"
#include "daemon/requarantine.h"
#include "daemon/responder.h"
#include "daemon/second.h"
#include "daemon/service.h"
#include "daemon/surveyor.h"
#include "daemon/timed.h"
#include "net/skew.h"
#include "store/search.h"
#include "triaged/messages.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/timefmt.h"

#define HOUSEKEEPING_MS (5 * 60 * 1000)
#define STATUS_MS 30000
/* Who has just started it looks at it. */
#define STATUS_YOUNG_MS 2000
/* For a chore that is not due, or was just done: it goes with whatever wakes us
 * next, at the latest the agenda's look of each minute. */
#define WITH_OTHERS -1
#define STORE_RETRY_MS 2000
/* What has no room for a ping may have some in a moment. */
#define WATCHDOG_AGAIN_MS 1000
/* --once: more than the settle time people need. */
#define ONCE_FORWARD_MS 30000

static int64_t job_timed(void *arg, int64_t now_ms, int64_t mono_ms)
{
	struct app *a = arg;
	struct err err = ERR_INIT;
	int64_t next_ms;
	int rc;

	(void)mono_ms;
	/* Whom else to tell goes first: there a critical waits already. */
	rc = second_run(&a->pipeline, now_ms, &err);
	if (rc == 0)
		rc = timed_run(&a->pipeline, now_ms, &err);
	if (rc < 0) {
		app_store_trouble(a, &err);
		return STORE_RETRY_MS;
	}
	if (rc > 0)
		return 0;
	next_ms = timed_next_ms(&a->pipeline);
	return next_ms ? MAX(next_ms - now_ms, 0) : -1;
}

static int64_t job_sources(void *arg, int64_t now_ms, int64_t mono_ms)
{
	struct app *a = arg;

	(void)now_ms;
	if (a->once) {
		size_t failed;

		if (poller_all_once(a->poller, &failed))
			return -1;
	}
	return poller_run(a->poller, mono_ms);
}

/* What is urgent comes first; --once is for alerts. */
static int64_t job_posture(void *arg, int64_t now_ms, int64_t mono_ms)
{
	struct app *a = arg;

	(void)now_ms;
	if (a->stopping || a->once)
		return -1;
	return surveyor_run(a->surveyor, mono_ms);
}

static int64_t job_watchdog(void *arg, int64_t now_ms, int64_t mono_ms)
{
	struct app *a = arg;
	const char *why;
	int64_t every = service_watchdog_ms();

	(void)now_ms;
	(void)mono_ms;
	if (!every)
		return -1;
	if (app_is_healthy(a, &why) && !service_watchdog())
		return MIN(every, WATCHDOG_AGAIN_MS);
	return every;
}

static int64_t job_status(void *arg, int64_t now_ms, int64_t mono_ms)
{
	struct app *a = arg;
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
	bool young = mono_ms - a->up_since_mono_ms < STATUS_MS;

	(void)now_ms;
	if (!service_is_heard())
		return -1;
	if (mono_ms < a->next_status_mono_ms)
		return young ? a->next_status_mono_ms - mono_ms : WITH_OTHERS;
	a->next_status_mono_ms =
		mono_ms + (young ? STATUS_YOUNG_MS : STATUS_MS);
	app_status_line(a, &line);
	service_status(line.buf);
	return young ? STATUS_YOUNG_MS : WITH_OTHERS;
}

static int64_t job_housekeeping(void *arg, int64_t now_ms, int64_t mono_ms)
{
	struct app *a = arg;
	struct err err = ERR_INIT;

	if (mono_ms < a->next_housekeeping_mono_ms)
		return WITH_OTHERS;
	a->next_housekeeping_mono_ms = mono_ms + HOUSEKEEPING_MS;
	if (outbox_recover(a->store, now_ms, false, &err) < 0 ||
	    lapse_tell(&a->lapse, a->store, &err) < 0)
		app_store_trouble(a, &err);
	return WITH_OTHERS;
}

static void tend_on_turn(void *arg)
{
	struct app *a = arg;
	int64_t mono_ms = clock_mono_ms();

	tend_look(&a->tend, a->store, mono_ms);
	a->next_tend_mono_ms = mono_ms + tend_pause_ms(&a->tend);
	if (tend_is_busy(&a->tend))
		agenda_kick(a->agenda);
}

/* In the queue it keeps its place. */
static void tend_soon(void *arg)
{
	struct app *a = arg;

	if (!loop_timer_is_set(a->tend_turn))
		loop_timer_queue(a->tend_turn);
}

void app_tend_begin(struct app *a)
{
	a->tend_turn = loop_timer_new(a->loop, tend_on_turn, a);
	store_on_log(a->store, tend_soon, a);
}

void app_tend_end(struct app *a)
{
	if (a->store)
		store_on_log(a->store, NULL, NULL);
	a->tend_turn = loop_timer_free(a->tend_turn);
}

static int64_t job_tend(void *arg, int64_t now_ms, int64_t mono_ms)
{
	struct app *a = arg;

	(void)now_ms;
	if (mono_ms >= a->next_tend_mono_ms) {
		tend_soon(a);
		return WITH_OTHERS;
	}
	return tend_is_busy(&a->tend) ? a->next_tend_mono_ms - mono_ms
				      : WITH_OTHERS;
}

/* Not in the first minutes: what fell due while it was down goes first. */
#define KEEPER_FIRST_MS 120000

static int64_t job_keeper(void *arg, int64_t now_ms, int64_t mono_ms)
{
	struct app *a = arg;
	struct err err = ERR_INIT;
	int64_t pause_ms = KEEPER_LOOK_MS;
	int rc;

	if (a->stopping || a->once)
		return -1;
	if (!a->next_keeper_mono_ms)
		a->next_keeper_mono_ms = mono_ms + KEEPER_FIRST_MS;
	if (mono_ms < a->next_keeper_mono_ms)
		return a->next_keeper_mono_ms - mono_ms;
	a->keeper.pipeline = &a->pipeline;
	rc = keeper_slice(&a->keeper, now_ms, &err);
	if (rc < 0)
		app_store_trouble(a, &err);
	else if (rc > 0)
		pause_ms = KEEPER_PAUSE_MS;
	a->next_keeper_mono_ms = mono_ms + pause_ms;
	return pause_ms;
}

/* Not in the first moments: what is urgent goes first. */
#define REQUARANTINE_FIRST_MS 30000

static int64_t job_requarantine(void *arg, int64_t now_ms, int64_t mono_ms)
{
	struct app *a = arg;
	struct err err = ERR_INIT;
	int64_t resolved = 0;
	int rc;

	(void)now_ms;
	if (!a->next_requarantine_mono_ms)
		a->next_requarantine_mono_ms = mono_ms + REQUARANTINE_FIRST_MS;
	if (a->stopping || a->once)
		return -1;
	if (mono_ms < a->next_requarantine_mono_ms)
		return a->next_requarantine_mono_ms - mono_ms;
	rc = requarantine_slice(&a->pipeline, &a->requarantine_after, &resolved,
				&err);
	if (rc > 0)
		return 0;
	if (rc < 0)
		app_store_trouble(a, &err);
	a->next_requarantine_mono_ms = mono_ms + REQUARANTINE_EVERY_MS;
	return REQUARANTINE_EVERY_MS;
}

/* Alerts from before there was a search index, a slice at a time with room for
 * others in between: a million takes a quarter of an hour. Then the pieces of
 * the index are merged, which a commit leaves undone as long as it can. */
#define SEARCH_FIRST_MS 10000
#define SEARCH_PAUSE_MS 30
#define SEARCH_EVERY_MS (60 * 1000)

/* No change that somebody asked for: the database takes alerts all the same, or
 * the next one tells of it. */
static int merge_search(struct app *a)
{
	struct err err = ERR_INIT;
	int rc = search_tidy(a->store, &err);

	if (rc < 0 && a->search_unmerged != rc)
		log_event(LOG_WARNING, MSG_SEARCH_UNMERGED,
			  "pieces of the search index cannot be merged",
			  kv_str("ERROR", err.text));
	a->search_unmerged = MIN(rc, 0);
	return rc;
}

/* A disk that changes what was written may change more than this. */
static void tell_search_renewals(struct app *a)
{
	int64_t n = search_renewals(a->store);

	if (n != a->n_search_renewals)
		log_event(LOG_WARNING, MSG_SEARCH_RENEWED,
			  "the search index was damaged and is made anew");
	a->n_search_renewals = n;
}

static int64_t job_search(void *arg, int64_t now_ms, int64_t mono_ms)
{
	struct app *a = arg;
	struct err err = ERR_INIT;
	int rc;

	(void)now_ms;
	tell_search_renewals(a);
	if (!a->next_search_mono_ms)
		a->next_search_mono_ms = mono_ms + SEARCH_FIRST_MS;
	if (a->stopping || a->once)
		return -1;
	if (mono_ms >= a->next_search_mono_ms) {
		rc = search_fill(a->store, &err);
		if (rc < 0)
			app_store_trouble(a, &err);
		else if (rc == 0)
			rc = merge_search(a);
		a->search_rests = rc <= 0;
		a->next_search_mono_ms =
			mono_ms + (rc > 0 ? SEARCH_PAUSE_MS : SEARCH_EVERY_MS);
	}
	return a->search_rests ? WITH_OTHERS : a->next_search_mono_ms - mono_ms;
}

/* The steps that fell due while the daemon was down are taken by then. */
#define PROOF_FIRST_MS 300000

static int64_t job_proof(void *arg, int64_t now_ms, int64_t mono_ms)
{
	struct app *a = arg;
	struct err err = ERR_INIT;
	int rc;

	if (a->stopping || a->once)
		return -1;
	a->proof.pipeline = &a->pipeline;
	rc = proof_note_policy(&a->proof, now_ms, &err);
	if (!a->next_proof_mono_ms)
		a->next_proof_mono_ms = mono_ms + PROOF_FIRST_MS;
	if (rc >= 0 && mono_ms < a->next_proof_mono_ms)
		return a->next_proof_mono_ms - mono_ms;
	if (rc >= 0)
		rc = proof_slice(&a->proof, now_ms, &err);
	if (rc > 0)
		return 0;
	if (rc < 0)
		app_store_trouble(a, &err);
	else
		app_log_head(a);
	a->next_proof_mono_ms =
		mono_ms + (rc < 0 ? PROOF_FIRST_MS : PROOF_EVERY_MS);
	return a->next_proof_mono_ms - mono_ms;
}

static int64_t job_vanished(void *arg, int64_t now_ms, int64_t mono_ms)
{
	struct app *a = arg;
	struct err err = ERR_INIT;

	(void)now_ms;
	(void)mono_ms;
	if (!a->vanished)
		return -1;
	if (opening_tell_vanished(&a->pipeline, a->vanished, &err) < 0) {
		app_store_trouble(a, &err);
		return STORE_RETRY_MS;
	}
	free(a->vanished);
	a->vanished = NULL;
	return -1;
}

/* What ends by itself, whatever else happens. */
static int64_t job_almanac(void *arg, int64_t now_ms, int64_t mono_ms)
{
	struct app *a = arg;
	struct err err = ERR_INIT;

	if (a->stopping || a->once)
		return -1;
	if (mono_ms < a->next_almanac_mono_ms)
		return WITH_OTHERS;
	if (almanac_look(&a->pipeline, now_ms, &err) < 0 ||
	    expiry_look(&a->pipeline, now_ms, &err) < 0)
		app_store_trouble(a, &err);
	a->next_almanac_mono_ms = mono_ms + ALMANAC_EVERY_MS;
	return WITH_OTHERS;
}

static void app_on_storm(void *arg, const struct noise_storm *storm, bool ended)
{
	const char *which = storm->critical ? "critical" : "not critical";
	int64_t lasted_ms = clock_wall_ms() - storm->since_ms;
	char span[TIMEFMT_MAX];

	(void)arg;
	if (!ended) {
		log_event(LOG_WARNING, MSG_STORM_BEGAN,
			  "storm of notices, summaries go instead",
			  kv_str("TARGET", storm->target),
			  kv_str("ALERTS", which),
			  kv_int("LIMIT", (int64_t)storm->groups),
			  kv_str("WITHIN",
				 timefmt_span(storm->within_ms, span)));
		return;
	}
	log_event(LOG_NOTICE, MSG_STORM_ENDED, "storm of notices is over",
		  kv_str("TARGET", storm->target), kv_str("ALERTS", which),
		  kv_str("LASTED", timefmt_span(MAX(lasted_ms, 0), span)),
		  kv_int("HELD", (int64_t)storm->n_held),
		  kv_int("SUMMARIES", (int64_t)storm->n_summaries));
}

static int64_t job_storms(void *arg, int64_t now_ms, int64_t mono_ms)
{
	struct app *a = arg;
	struct err err = ERR_INIT;

	(void)mono_ms;
	if (storms_look(&a->storms, &a->pipeline, now_ms, app_on_storm, a,
			&err) < 0)
		app_store_trouble(a, &err);
	return a->storms.n > 0 ? STORMS_EVERY_MS : -1;
}

static int64_t job_respond(void *arg, int64_t now_ms, int64_t mono_ms)
{
	struct app *a = arg;
	struct err err = ERR_INIT;
	int64_t next_ms;

	(void)mono_ms;
	if (a->once)
		return -1; /* it leaves before a service has answered */
	if (responder_run(a->responder, now_ms, &next_ms, &err) < 0) {
		app_store_trouble(a, &err);
		return STORE_RETRY_MS;
	}
	return next_ms ? MAX(next_ms - now_ms, 0) : -1;
}

/* Does a service say that our clock is behind? */
static bool clock_is_behind(const struct app *a)
{
	for (size_t i = 0; i < poller_count(a->poller); i++) {
		struct poller_state s;

		poller_state(a->poller, i, &s);
		if (s.skew_ms < -SKEW_MAX_MS)
			return true;
	}
	return false;
}

static int clock_jumped(struct app *a, int64_t jump_ms, int64_t now_ms,
			int64_t mono_ms, struct err *err)
{
	int64_t up_ms = mono_ms - a->up_since_mono_ms;

	log_event(LOG_WARNING, MSG_CLOCK_JUMP, "the wall clock jumped",
		  kv_int("JUMP_MS", jump_ms));
	/* It sleeps by the other clock. */
	deliver_kick(a->deliver);
	/* We are not up since a time to come. */
	a->up_since_ms = MIN(a->up_since_ms, now_ms - up_ms);
	a->pipeline.up_since_ms = a->up_since_ms;
	return turnback_jump(&a->turnback, &a->pipeline, jump_ms, now_ms,
			     mono_ms, err);
}

static int64_t job_clock(void *arg, int64_t now_ms, int64_t mono_ms)
{
	struct app *a = arg;
	struct err err = ERR_INIT;
	int64_t offset = now_ms - mono_ms;
	int64_t jump = offset - a->clock_offset_ms;
	int64_t in_ms;
	int rc = 0;

	if (a->clock_offset_ms && (jump > 5000 || jump < -5000))
		rc = clock_jumped(a, jump, now_ms, mono_ms, &err);
	a->clock_offset_ms = offset;
	if (rc >= 0)
		rc = turnback_look(&a->turnback, &a->pipeline,
				   clock_is_behind(a), now_ms, mono_ms, &err);
	if (rc < 0)
		app_store_trouble(a, &err);
	in_ms = turnback_in_ms(&a->turnback, mono_ms);
	/* Not at once: it may wait for a clock that is right. */
	return in_ms < 0 ? -1 : MAX(in_ms, STORE_RETRY_MS);
}

/* Whatever was added to the log, by whom ever. */
static int64_t job_forward(void *arg, int64_t now_ms, int64_t mono_ms)
{
	struct app *a = arg;

	(void)now_ms;
	(void)mono_ms;
	forward_kick(a->forward);
	return -1;
}

/* --once: what goes to a SIEM settles, or had its time. */
static bool forwarded_once(struct app *a, int64_t mono_ms)
{
	if (!a->once_by_mono_ms)
		a->once_by_mono_ms = mono_ms + ONCE_FORWARD_MS;
	return mono_ms >= a->once_by_mono_ms || forward_settled(a->forward);
}

/* --once: all polled, all tried; leave. Stopping: nothing in flight; leave. */
/* Hours may pass until a flood is told; the next run goes on with it. */
static bool some_wait_for_rate(struct app *a)
{
	struct deliver_target_state t;
	bool any = false;

	for (size_t i = 0; deliver_target_state(a->deliver, i, &t); i++) {
		if (t.waits_until_ms == 0)
			continue;
		any = true;
		log_event(LOG_WARNING, NULL,
			  "notices wait for the rate of their target and leave "
			  "with the next run",
			  kv_str("TARGET", t.name),
			  kv_int("MESSAGES", t.rate.messages),
			  kv_int("WITHIN_MS", t.rate.within_ms));
	}
	return any;
}

static int64_t job_leave(void *arg, int64_t now_ms, int64_t mono_ms)
{
	struct app *a = arg;
	size_t failed = 0;
	struct err err = ERR_INIT;
	int64_t due_ms;

	if (a->stopping) {
		if (mono_ms < a->stop_by_mono_ms &&
		    !(deliver_idle(a->deliver) && responder_idle(a->responder)))
			return 50;
		loop_stop(a->loop);
		return -1;
	}
	if (!a->once || !poller_all_once(a->poller, &failed))
		return -1;
	due_ms = timed_next_ms(&a->pipeline);
	if (due_ms && due_ms <= now_ms)
		return 0;
	if (timed_flush(&a->pipeline, now_ms, &err) < 0)
		app_store_trouble(a, &err);
	if (!deliver_settled(a->deliver) || !forwarded_once(a, mono_ms))
		return 50;
	if (failed || a->n_undelivered || some_wait_for_rate(a))
		a->exit_status = 1;
	app_ask_stop(a);
	return 0;
}

static int64_t job_emergency(void *arg, int64_t now_ms, int64_t mono_ms)
{
	return emergency_look(arg, now_ms, mono_ms);
}

static int64_t job_listen(void *arg, int64_t now_ms, int64_t mono_ms)
{
	(void)now_ms;
	return listening_look(arg, mono_ms);
}

const struct agenda_job app_jobs[] = {
	{ "clock", job_clock },		{ "timed", job_timed },
	{ "sources", job_sources },	{ "watchdog", job_watchdog },
	{ "status", job_status },	{ "housekeeping", job_housekeeping },
	{ "leave", job_leave },		{ "requarantine", job_requarantine },
	{ "proof", job_proof },		{ "storms", job_storms },
	{ "posture", job_posture },	{ "forward", job_forward },
	{ "vanished", job_vanished },	{ "almanac", job_almanac },
	{ "tend", job_tend },		{ "keeper", job_keeper },
	{ "search", job_search },	{ "respond", job_respond },
	{ "emergency", job_emergency }, { "listen", job_listen },
	{ NULL, NULL },
};
