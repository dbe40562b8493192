/*
 * Wiring: what is made of what, in which order, and what happens when it ends.
 * The order of start is the order of this file's table; stop is that table
 * backwards. Jobs of the agenda are here too, each a few lines.
 *
 * tested with: scenario/test_life
 */
#include "daemon/app.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/app_priv.h"
#include "daemon/requarantine.h"
#include "daemon/second.h"
#include "daemon/service.h"
#include "daemon/story.h"
#include "daemon/timed.h"
#include "daemon/trouble.h"
#include "source/source.h"
#include "store/audit.h"
#include "store/ledger.h"
#include "store/look.h"
#include "store/outbox.h"
#include "store/txn.h"
#include "triaged/messages.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"
#include "version.h"

/* SIGTERM: transfers get this long to finish; the promise is 10 s. */
#define STOP_GRACE_MS 8000
#define HOUSEKEEPING_MS (5 * 60 * 1000)
#define STATUS_MS 30000
#define STORE_RETRY_MS 2000
/* --once: more than the settle time people need. */
#define ONCE_FORWARD_MS 30000

static void app_on_commit(void *arg)
{
	struct app *a = arg;

	deliver_kick(a->deliver);
	agenda_kick(a->agenda);
}

static void app_on_progress(void *arg, const char *source)
{
	struct app *a = arg;

	poller_progress(a->poller, source);
	app_store_trouble(a, NULL);
}

static void app_on_source_idle(void *arg)
{
	struct app *a = arg;

	agenda_kick(a->agenda);
}

void app_store_trouble(struct app *a, const struct err *err)
{
	if (err) {
		if (a->store_err.code != err->code)
			log_event(LOG_ERR, MSG_STORE_FAILED,
				  "the database refused a change",
				  kv_str("ERROR", err->text));
		a->store_err = *err;
		return;
	}
	if (a->store_err.code)
		log_event(LOG_NOTICE, MSG_STORE_RECOVERED,
			  "the database takes changes again");
	a->store_err.code = 0;
}

/* --- jobs --- */

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

static int64_t job_watchdog(void *arg, int64_t now_ms, int64_t mono_ms)
{
	struct app *a = arg;
	const char *why;
	int64_t every = service_watchdog_ms();

	(void)now_ms;
	(void)mono_ms;
	if (!every)
		return -1;
	if (app_is_healthy(a, &why))
		service_watchdog();
	return every;
}

static int64_t job_status(void *arg, int64_t now_ms, int64_t mono_ms)
{
	struct app *a = arg;
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;

	(void)now_ms;
	if (mono_ms < a->next_status_mono_ms)
		return a->next_status_mono_ms - mono_ms;
	a->next_status_mono_ms = mono_ms + STATUS_MS;
	app_status_line(a, &line);
	service_status(line.buf);
	return STATUS_MS;
}

static int64_t job_housekeeping(void *arg, int64_t now_ms, int64_t mono_ms)
{
	struct app *a = arg;
	struct err err = ERR_INIT;

	if (mono_ms < a->next_housekeeping_mono_ms)
		return a->next_housekeeping_mono_ms - mono_ms;
	a->next_housekeeping_mono_ms = mono_ms + HOUSEKEEPING_MS;
	if (outbox_recover(a->store, now_ms, false, &err) < 0)
		app_store_trouble(a, &err);
	store_checkpoint(a->store);
	return HOUSEKEEPING_MS;
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
	a->next_proof_mono_ms =
		mono_ms + (rc < 0 ? PROOF_FIRST_MS : PROOF_EVERY_MS);
	return a->next_proof_mono_ms - mono_ms;
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

static int64_t job_clock(void *arg, int64_t now_ms, int64_t mono_ms)
{
	struct app *a = arg;
	int64_t offset = now_ms - mono_ms;
	int64_t jump = offset - a->clock_offset_ms;

	if (a->clock_offset_ms && (jump > 5000 || jump < -5000))
		log_event(LOG_WARNING, MSG_CLOCK_JUMP, "the wall clock jumped",
			  kv_int("JUMP_MS", jump));
	a->clock_offset_ms = offset;
	return -1;
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
static int64_t job_leave(void *arg, int64_t now_ms, int64_t mono_ms)
{
	struct app *a = arg;
	size_t failed = 0;
	struct err err = ERR_INIT;
	int64_t due_ms;

	if (a->stopping) {
		if (mono_ms < a->stop_by_mono_ms && !deliver_idle(a->deliver))
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
	if (failed || a->n_undelivered)
		a->exit_status = 1;
	app_ask_stop(a);
	return 0;
}

static const struct agenda_job jobs[] = {
	{ "clock", job_clock },	    { "timed", job_timed },
	{ "sources", job_sources }, { "watchdog", job_watchdog },
	{ "status", job_status },   { "housekeeping", job_housekeeping },
	{ "leave", job_leave },	    { "requarantine", job_requarantine },
	{ "proof", job_proof },	    { "storms", job_storms },
	{ "forward", job_forward }, { NULL, NULL },
};

/* --- start and stop --- */

static void app_on_signal(void *arg, int signo)
{
	struct app *a = arg;

	if (signo == SIGHUP) {
		(void)app_reload(a, NULL); /* it logs what went wrong */
	} else if (a->stopping) {
		/* Who asks twice does not want to wait for what hangs. */
		a->stop_by_mono_ms = 0;
		agenda_kick(a->agenda);
	} else {
		app_ask_stop(a);
	}
}

/* What-if reads from it when nobody looked at clocks and ladders. */
static int write_started(struct app *a, int64_t now_ms, struct err *err)
{
	CLEANUP(free_ptr)
	char *detail =
		story_detail("{s:s, s:s}", "version", TRIAGED_VERSION,
			     "policy_hash", a->settings.conf->policy.hash);

	return audit_add(a->store,
			 &(struct audit_event){
				 .at_ms = now_ms,
				 .actor = "triaged",
				 .kind = "started",
				 .detail = detail,
			 },
			 err);
}

static int start_store(struct app *a, struct err *err)
{
	const struct conf *c = a->settings.conf;
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int64_t now_ms = clock_wall_ms();
	int rc;

	service_extend(5 * 60 * 1000);
	rc = store_open(c->state_directory, &a->store, err);
	if (rc < 0)
		return rc;
	rc = outbox_recover(a->store, now_ms, true, err);
	if (rc > 0)
		log_event(LOG_NOTICE, MSG_RECOVERED_LEASES,
			  "notices whose fate is unknown go out again",
			  kv_int("COUNT", rc));
	if (rc >= 0)
		rc = ledger_recover(a->store, now_ms, err);
	if (rc >= 0)
		rc = txn_begin(&txn, a->store, err);
	if (rc >= 0)
		rc = write_started(a, now_ms, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < c->n_sources; i++) {
		rc = ledger_source(a->store, c->sources[i].name,
				   source_kind(c->sources[i].type), now_ms,
				   err);
		if (rc < 0)
			return rc;
	}
	return txn_commit(&txn, err);
}

static int start_loop(struct app *a, struct err *err)
{
	(void)err;
	a->loop = loop_new();
	a->pool = xfer_pool_new(a->loop, "triaged/" TRIAGED_VERSION);
	loop_on_signal(a->loop, SIGHUP, app_on_signal, a);
	loop_on_signal(a->loop, SIGTERM, app_on_signal, a);
	loop_on_signal(a->loop, SIGINT, app_on_signal, a);
	return 0;
}

static int start_pipeline(struct app *a, struct err *err)
{
	a->pipeline = (struct pipeline){
		.store = a->store,
		.conf = a->settings.conf,
		.triage = a->settings.triage,
		.up_since_ms = a->up_since_ms,
		.on_commit = app_on_commit,
		.on_news = app_on_news,
		.on_progress = app_on_progress,
		.arg = a,
	};
	return pipeline_init(&a->pipeline, err);
}

/* Without a key messages are poorer, but they go out. */
static int start_acklink(struct app *a, struct err *err)
{
	struct err why = ERR_INIT;

	(void)err;
	if (acklink_open(&a->acklink, a->settings.conf->state_directory,
			 a->store, &why) < 0)
		log_event(LOG_ERR, MSG_ACK_KEY,
			  "messages have no link and no code to acknowledge",
			  kv_str("ERROR", why.text));
	return 0;
}

static void app_on_offer(void *arg, const struct notice *n, int64_t now_ms,
			 struct deliver_ack *ret)
{
	const struct app *a = arg;

	acklink_offer(&a->acklink, a->settings.conf, n, now_ms, ret);
}

static int start_deliver(struct app *a, struct err *err)
{
	struct deliver_env env = {
		.store = a->store,
		.loop = a->loop,
		.pool = a->pool,
		.host = a->host,
		.fn = app_on_delivery,
		.ack_fn = app_on_offer,
		.arg = a,
		.zone_offset = calendar_zone_offset,
	};

	env.timezone = app_timezone(a);
	a->deliver = deliver_new(a->settings.conf, &env, err);
	return a->deliver ? 0 : err->code;
}

static int start_forward(struct app *a, struct err *err)
{
	a->forward = forward_new(a->settings.conf,
				 &(struct forward_env){
					 .store = a->store,
					 .loop = a->loop,
					 .host = a->host,
					 .fn = forwarder_on_news,
					 .arg = a,
				 },
				 err);
	return a->forward ? 0 : err->code;
}

static int start_doors(struct app *a, struct err *err)
{
	const struct conf *c = a->settings.conf;

	a->ctl = ctl_server_new(a->loop, c->control_socket, control_handle, a,
				err);
	if (!a->ctl)
		return err->code;
	if (strcmp(c->listen, "off") == 0)
		return 0;
	a->httpd = httpd_new(a->loop, c->listen, health_answer, a, err);
	return a->httpd ? 0 : err->code;
}

static int start_sources(struct app *a, struct err *err)
{
	(void)err;
	a->poller = poller_new(&(struct poller_env){
		.loop = a->loop,
		.pool = a->pool,
		.pipeline = &a->pipeline,
		.on_idle = app_on_source_idle,
		.arg = a,
	});
	poller_configure(a->poller, a->settings.conf);
	a->agenda = agenda_new(a->loop, jobs, a);
	trouble_recall(a);
	return 0;
}

int app_start(struct app *a, struct err *err)
{
	static int (*const steps[])(struct app *, struct err *) = {
		start_store,   start_loop,    start_pipeline,
		start_acklink, start_deliver, app_start_standing,
		start_forward, start_sources, start_doors,
	};
	int rc;

	a->up_since_ms = clock_wall_ms();
	a->up_since_mono_ms = clock_mono_ms();
	if (gethostname(a->host, sizeof(a->host) - 1) < 0)
		(void)snprintf(a->host, sizeof(a->host), "localhost");
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		rc = steps[i](a, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

void app_stop(struct app *a)
{
	struct err err = ERR_INIT;
	CLEANUP(txn_end) struct txn txn = TXN_NONE;

	a->httpd = httpd_free(a->httpd);
	a->ctl = ctl_server_free(a->ctl);
	a->agenda = agenda_free(a->agenda);
	a->poller = poller_free(a->poller);
	a->standing = standing_free(a->standing);
	a->deliver = deliver_free(a->deliver);
	acklink_close(&a->acklink);
	a->forward = forward_free(a->forward);
	a->pool = xfer_pool_free(a->pool);
	a->loop = loop_free(a->loop);
	if (a->store && txn_begin(&txn, a->store, &err) >= 0 &&
	    store_meta_set(a->store, "stopped_ms", clock_wall_ms(), &err) >=
		    0 &&
	    txn_commit(&txn, &err) < 0)
		log_debug("the time of stopping was not kept: %s", err.text);
	txn_end(&txn);
	pipeline_release(&a->pipeline);
	storms_release(&a->storms);
	a->store = store_close(a->store);
	settings_release(&a->settings);
}

void app_ask_stop(struct app *a)
{
	if (a->stopping)
		return;
	a->stopping = true;
	a->stop_by_mono_ms = clock_mono_ms() + STOP_GRACE_MS;
	service_stopping();
	poller_drain(a->poller);
	deliver_drain(a->deliver);
	forward_drain(a->forward);
	agenda_kick(a->agenda);
}

int app_run(struct app *a)
{
	service_ready();
	loop_run(a->loop);
	return a->exit_status;
}

bool app_is_healthy(struct app *a, const char **ret_why)
{
	const char *stuck = poller_stuck(a->poller, clock_mono_ms());

	*ret_why = NULL;
	if (stuck)
		*ret_why = "a source makes no progress";
	else if (a->store_err.code)
		*ret_why = "the database refuses changes";
	/* A full disk heals without a restart: only a stuck loop is killed. */
	return !stuck;
}
