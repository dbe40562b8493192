/*
 * Wiring: what is made of what, in which order, and what happens when it ends.
 * The order of start is the order of this file's table; stop is that table
 * backwards.
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
#include "daemon/hush.h"
#include "daemon/inquiries.h"
#include "daemon/surveyor.h"
#include "daemon/opening.h"
#include "daemon/responder.h"
#include "daemon/service.h"
#include "daemon/story.h"
#include "daemon/trouble.h"
#include "source/source.h"
#include "store/ledger.h"
#include "store/txn.h"
#include "triaged/messages.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/xmalloc.h"
#include "version.h"

/* SIGTERM: transfers get this long to finish; the promise is 10 s. */
#define STOP_GRACE_MS 8000

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

/* A surveyor_env.lend */
static bool app_lend_source(void *arg, const char *source,
			    struct source_env *ret,
			    const struct source_conf **ret_conf)
{
	const struct app *a = arg;

	return poller_lend(a->poller, source, ret, ret_conf);
}

/* A surveyor_env.on_store */
static void app_on_store(void *arg, const struct err *err)
{
	app_store_trouble(arg, err);
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

/* job_clock() sees by how much. */
static void app_on_clock_set(void *arg)
{
	struct app *a = arg;

	agenda_kick(a->agenda);
}

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

	store_for_no_questions();
	rc = opening_store(c->state_directory, &a->store, &a->vanished, err);
	if (rc < 0)
		return rc;
	rc = lapse_begin(&a->lapse, a->store, err);
	if (rc >= 0)
		rc = outbox_recover(a->store, now_ms, true, err);
	if (rc > 0)
		log_event(LOG_NOTICE, MSG_RECOVERED_LEASES,
			  "notices whose fate is unknown go out again",
			  kv_int("COUNT", rc));
	/* As at a reload: a restart is how a secret of systemd's is mended. */
	if (rc >= 0)
		rc = outbox_hasten(a->store, NULL, now_ms, err);
	if (rc >= 0)
		rc = lapse_tell(&a->lapse, a->store, err);
	if (rc >= 0)
		rc = ledger_recover(a->store, now_ms, err);
	if (rc >= 0)
		rc = txn_begin(&txn, a->store, err);
	if (rc >= 0)
		rc = turnback_recall(&a->turnback, a->store, now_ms,
				     clock_mono_ms(), err);
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
	a->clock_watch = clock_watch_new(a->loop, app_on_clock_set, a);
	loop_on_signal(a->loop, SIGHUP, app_on_signal, a);
	loop_on_signal(a->loop, SIGTERM, app_on_signal, a);
	loop_on_signal(a->loop, SIGINT, app_on_signal, a);
	return 0;
}

static int start_pipeline(struct app *a, struct err *err)
{
	int rc;

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
	rc = pipeline_init(&a->pipeline, err);
	/* The settings may be others than those of the last life. */
	return rc < 0 ? rc : hush_hasten(&a->pipeline, a->up_since_ms, err);
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
	CLEANUP(leaving_release) struct leaving leaving = { 0 };
	int rc = leaving_collect(&leaving, a->store, a->settings.conf, err);

	if (rc < 0)
		return rc;
	a->forward = forward_new(a->settings.conf,
				 &(struct forward_env){
					 .store = a->store,
					 .loop = a->loop,
					 .host = a->host,
					 .fn = forwarder_on_news,
					 .arg = a,
				 },
				 err);
	if (!a->forward)
		return err->code;
	leaving_tell(&leaving, NULL);
	return 0;
}

static int start_doors(struct app *a, struct err *err)
{
	const struct conf *c = a->settings.conf;
	int rc;

	a->ctl = ctl_server_new(a->loop, c->control_socket, control_handle, a,
				err);
	if (!a->ctl)
		return err->code;
	rc = gate_open(&a->gate, c->control_socket, err);
	if (rc < 0)
		return rc;
	listening_open(a);
	return 0;
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
	a->inquiries = inquiries_new(&(struct inquiries_env){
		.pipeline = &a->pipeline,
		.poller = a->poller,
	});
	a->surveyor = surveyor_new(&(struct surveyor_env){
		.loop = a->loop,
		.store = a->store,
		.arg = a,
		.lend = app_lend_source,
		.on_idle = app_on_source_idle,
		.on_store = app_on_store,
	});
	surveyor_configure(a->surveyor, a->settings.conf, clock_mono_ms());
	a->responder = responder_new(&(struct responder_env){
		.loop = a->loop,
		.pool = a->pool,
		.pipeline = &a->pipeline,
		.poller = a->poller,
		.host = a->host,
		.on_end = app_on_source_idle,
		.arg = a,
	});
	app_tend_begin(a);
	a->agenda = agenda_new(a->loop, app_jobs, a);
	trouble_recall(a);
	return 0;
}

int app_start(struct app *a, struct err *err)
{
	static int (*const steps[])(struct app *, struct err *) = {
		start_store,   start_loop,    start_pipeline,
		start_acklink, start_deliver, app_start_standing,
		start_forward, start_sources, start_doors,
		beat_start,
	};
	int rc;

	a->up_since_ms = clock_wall_ms();
	a->counters.settings_ms = a->up_since_ms;
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

	/* Who asked for a beat is answered through ctl. */
	a->heartbeats = heartbeats_free(a->heartbeats);
	listening_close(&a->listening);
	a->ctl = ctl_server_free(a->ctl);
	gate_close(&a->gate);
	app_tend_end(a);
	a->agenda = agenda_free(a->agenda);
	/* They sign in and count requests with what is the poller's. */
	a->inquiries = inquiries_free(a->inquiries);
	a->surveyor = surveyor_free(a->surveyor);
	a->responder = responder_free(a->responder);
	a->poller = poller_free(a->poller);
	a->standing = standing_free(a->standing);
	a->deliver = deliver_free(a->deliver);
	acklink_close(&a->acklink);
	a->forward = forward_free(a->forward);
	emergency_drop(a);
	a->pool = xfer_pool_free(a->pool);
	a->clock_watch = clock_watch_free(a->clock_watch);
	a->loop = loop_free(a->loop);
	if (a->store && txn_begin(&txn, a->store, &err) >= 0 &&
	    store_meta_set(a->store, "stopped_ms", clock_wall_ms(), &err) >=
		    0 &&
	    txn_commit(&txn, &err) < 0)
		log_debug("the time of stopping was not kept: %s", err.text);
	txn_end(&txn);
	pipeline_release(&a->pipeline);
	storms_release(&a->storms);
	counters_release(&a->counters);
	a->store = store_close(a->store);
	free(a->vanished);
	a->vanished = NULL;
	settings_release(&a->settings);
	confine_release(&a->confine);
}

void app_ask_stop(struct app *a)
{
	if (a->stopping)
		return;
	a->stopping = true;
	a->stop_by_mono_ms = clock_mono_ms() + STOP_GRACE_MS;
	service_stopping();
	poller_drain(a->poller);
	surveyor_drain(a->surveyor);
	responder_drain(a->responder);
	deliver_drain(a->deliver);
	forward_drain(a->forward);
	if (a->heartbeats)
		heartbeats_stop(a->heartbeats);
	agenda_kick(a->agenda);
}

int app_run(struct app *a)
{
	service_ready();
	loop_run(a->loop);
	return a->exit_status;
}
