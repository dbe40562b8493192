/*
 * Everything the daemon holds, in the order it is started. One object, one
 * loop, one thread (mail has workers of its own, see notify/mail.h, and login
 * names are asked for by some, see ctl/names.h).
 */
#ifndef DAEMON_APP_H
#define DAEMON_APP_H

#include "ctl/server.h"
#include "daemon/acklink.h"
#include "daemon/agenda.h"
#include "daemon/almanac.h"
#include "daemon/check.h"
#include "daemon/confine.h"
#include "daemon/counters.h"
#include "daemon/emergency.h"
#include "daemon/keeper.h"
#include "daemon/lapse.h"
#include "daemon/listening.h"
#include "daemon/gate.h"
#include "daemon/pipeline.h"
#include "daemon/proof.h"
#include "daemon/poller.h"
#include "daemon/storms.h"
#include "daemon/tend.h"
#include "daemon/turnback.h"
#include "forward/forward.h"
#include "net/clock_watch.h"
#include "net/loop.h"
#include "net/xfer.h"
#include "notify/deliver.h"
#include "notify/heartbeat.h"
#include "notify/standing.h"
#include "util/strlist.h"

struct app {
	const char *conf_path;
	struct settings settings;
	struct confine confine;
	struct store *store;
	struct loop *loop;
	struct xfer_pool *pool;
	struct pipeline pipeline;
	struct deliver *deliver;
	struct forward *forward;
	struct standing *standing;
	struct heartbeats *heartbeats; /* NULL: --once and the demo have none */
	struct poller *poller;
	struct inquiries *inquiries;
	struct surveyor *surveyor;
	struct responder *responder;
	struct agenda *agenda;
	struct ctl_server *ctl;
	struct gate gate; /* who may do what there */
	struct listening listening;
	struct lapse lapse;
	struct counters counters;
	char host[256];
	int64_t up_since_ms, up_since_mono_ms;
	bool once; /* poll once, deliver, leave */
	bool stopping;
	int64_t stop_by_mono_ms;
	int64_t once_by_mono_ms; /* --once: forwards no longer */
	int exit_status;
	struct clock_watch *clock_watch; /* NULL: the kernel does not tell */
	int64_t clock_offset_ms; /* wall minus monotonic, to notice jumps */
	struct turnback turnback;
	int64_t next_status_mono_ms, next_housekeeping_mono_ms;
	int64_t next_requarantine_mono_ms, next_proof_mono_ms;
	char *vanished; /* shows a lost database; NULL once it is told of */
	int64_t next_almanac_mono_ms;
	int64_t next_search_mono_ms;
	bool search_rests; /* nothing was left to add at the last look */
	int search_unmerged; /* why it was not merged; 0 it was */
	int64_t n_search_renewals; /* those that were told of */
	int64_t next_keeper_mono_ms, next_tend_mono_ms;
	struct proof proof;
	struct keeper keeper;
	struct tend tend;
	struct loop_timer *tend_turn;
	struct storms storms;
	struct acklink acklink;
	int64_t requarantine_after; /* id; see requarantine.h */
	size_t n_undelivered; /* attempts that failed, for --once */
	struct err store_err; /* last refusal of the database; code 0: fine */
	int64_t store_tried_mono_ms; /* see condition.h */
	struct emergency emergency;
	/* The demo looks over the shoulder; NULL otherwise. */
	void (*on_news)(void *arg, const struct news *n);
	void (*on_sent)(void *arg, const struct deliver_event *e);
	void *demo;
};

/*
 * Start in order: store, loop, network, pipeline, delivery, control, sources.
 * a->settings and a->conf_path are set. On failure what stood is torn down by
 * app_stop(). Logs nothing; @err says what and why.
 */
int app_start(struct app *a, struct err *err) must_check;
/* Tear down, last started first. Safe on a half-started object. */
void app_stop(struct app *a);
/* loghead.c: the head of the audit log goes to the journal, out of reach of
 * who can write to the database. */
void app_log_head(const struct app *a);
/* Runs until asked to stop (or, with once, until all is done); the exit status.
 */
int app_run(struct app *a);
/* Begin to stop: no new work, what is in flight finishes or is given back. */
void app_ask_stop(struct app *a);

/* condition.c: is everything making progress? The watchdog asks. *ret_why is
 * what is wrong, in fixed words, also when that is no reason to be killed. */
bool app_is_healthy(struct app *a, const char **ret_why);
/* One live line for `systemctl status` and `triagectl status`. */
void app_status_line(struct app *a, struct strbuf *out);
/* The database refused something (@err), or works again (NULL). */
void app_store_trouble(struct app *a, const struct err *err);

#endif
