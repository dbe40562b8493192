/*
 * A store, a loop and a peer on loopback for the tests of delivery. The clock
 * stands still and is moved by hand.
 */
#ifndef TESTS_NOTIFY_WORLD_H
#define TESTS_NOTIFY_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "helpers/sample.h"
#include "helpers/tempstore.h"
#include "notify/deliver.h"
#include "notify/peer.h"
#include "store/alerts.h"
#include "store/outbox.h"
#include "store/txn.h"
#include "util/clock.h"
#include "util/jsonx.h"

/* The peer serves one connection at a time, so none is kept. */
#define CLOSE "Connection: close\r\n"
#define OK "HTTP/1.1 200 OK\r\n" CLOSE "Content-Length: 2\r\n\r\nok"
#define ANSWER(line) "HTTP/1.1 " line "\r\n" CLOSE "Content-Length: 0\r\n\r\n"

struct world {
	struct tempstore *t;
	struct loop *loop;
	struct xfer_pool *pool;
	struct peer peer;
	bool has_peer;
	struct target_conf targets[2];
	struct conf conf;
	struct deliver *deliver;
	const char *timezone;
	zone_offset_fn *zone_offset;
	deliver_ack_fn *ack_fn;
	int64_t now_ms, mono_ms;
	int n_told[DELIVER_NEWS_MAX];
	char last_error[256];
};

static inline void on_event(void *arg, const struct deliver_event *e)
{
	struct world *w = arg;

	w->n_told[e->news]++;
	assert_string_equal(e->target, "soc");
	assert_non_null(e->notice);
	assert_int_equal(e->error == NULL,
			 e->news == DELIVER_SENT ||
				 e->news == DELIVER_TARGET_WORKS);
	snprintf(w->last_error, sizeof(w->last_error), "%s",
		 e->error ? e->error : "");
}

static inline void set_clock(struct world *w, int64_t forward_ms)
{
	w->now_ms += forward_ms;
	w->mono_ms += forward_ms;
	clock_hold(w->now_ms, w->mono_ms);
}

static inline void world_init(struct world *w, void **state)
{
	memset(w, 0, sizeof(*w));
	w->t = *state;
	w->loop = loop_new();
	w->pool = xfer_pool_new(w->loop, "triaged-test");
	w->now_ms = SAMPLE_NOW_MS;
	w->mono_ms = 1000000;
	set_clock(w, 0);
	w->conf.targets = w->targets;
	w->conf.n_targets = 1;
	w->targets[0].name = xstrdup("soc");
}

static inline void world_start(struct world *w)
{
	struct deliver_env env = {
		.store = w->t->store,
		.loop = w->loop,
		.pool = w->pool,
		.host = "triage-1",
		.timezone = w->timezone,
		.zone_offset = w->zone_offset,
		.fn = on_event,
		.ack_fn = w->ack_fn,
		.arg = w,
	};
	struct err err = ERR_INIT;

	w->deliver = deliver_new(&w->conf, &env, &err);
	if (!w->deliver)
		fail_msg("%s", err.text);
}

static inline void serve_by(struct world *w,
			    void (*serve)(struct peer *p, int fd), void *script)
{
	CLEANUP(free_ptr) char *url = NULL;

	peer_start(&w->peer, serve, script);
	w->has_peer = true;
	url = xasprintf("http://127.0.0.1:%d/in/canary-path", w->peer.port);
	w->targets[0].type = TARGET_WEBHOOK;
	w->targets[0].url.value = secret_new(url, strlen(url));
	w->targets[0].allow_private = true;
}

static inline void serve_http(struct world *w, struct http_script *script)
{
	serve_by(w, http_serve, script);
}

static inline void serve_smtp(struct world *w, struct smtp_script *script)
{
	peer_start(&w->peer, smtp_serve, script);
	w->has_peer = true;
	w->targets[0].type = TARGET_EMAIL;
	w->targets[0].server = xasprintf("smtp://127.0.0.1:%d", w->peer.port);
	w->targets[0].from = xstrdup("triaged@example.org");
}

static inline void world_release(struct world *w)
{
	struct target_conf *t = &w->targets[0];

	w->deliver = deliver_free(w->deliver);
	xfer_pool_free(w->pool);
	loop_free(w->loop);
	if (w->has_peer)
		peer_stop(&w->peer);
	secret_free(t->url.value);
	free(t->name);
	free(t->server);
	free(t->from);
	free(t->path);
	strlist_release(&t->to);
	clock_release();
}

static inline int64_t add_alert(struct world *w, int n)
{
	CLEANUP(alert_release) struct alert a;
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct sighting at = { .now_ms = SAMPLE_NOW_MS };
	struct err err = ERR_INIT;
	struct decision d;
	int64_t id = 0;

	sample_arm(&a, n);
	d = sample_decision(&a);
	assert_int_equal(txn_begin(&txn, w->t->store, &err), 0);
	if (alerts_insert(w->t->store, &a, &d, &at, &id, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(txn_commit(&txn, &err), 0);
	return id;
}

/* Owes notice @n about an alert of its own; returns its row. The target has
 * @recipient from now on. */
static inline int64_t owe(struct world *w, int n, const char *recipient)
{
	int64_t alert = add_alert(w, n);
	CLEANUP(notice_release)
	struct notice notice = sample_notice(alert, "soc", n);
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct err err = ERR_INIT;
	int64_t id = 0;

	free(notice.recipient);
	notice.recipient = xstrdup(recipient);
	if (recipient && !strlist_has(&w->targets[0].to, recipient))
		strlist_add(&w->targets[0].to, recipient);
	notice.created_ms = notice.not_before_ms = w->now_ms;
	notice.expires_ms = w->now_ms + 24 * 3600000;
	assert_int_equal(txn_begin(&txn, w->t->store, &err), 0);
	if (outbox_put(w->t->store, &notice, &id, &err) != 1)
		fail_msg("%s", err.text);
	assert_int_equal(txn_commit(&txn, &err), 0);
	return id;
}

static inline const char *cell(struct world *w, int64_t id, const char *column)
{
	CLEANUP(free_ptr)
	char *query =
		xasprintf("SELECT %s FROM v_deliveries WHERE id = %" PRId64,
			  column, id);

	return tempstore_value(w->t, query);
}

/* Turns until all that is due was tried; the limit is for broken builds. */
static inline void settle(struct world *w)
{
	deliver_kick(w->deliver);
	for (int i = 0; i < 3000 && !deliver_settled(w->deliver); i++)
		loop_turn(w->loop, 20);
	assert_true(deliver_settled(w->deliver));
}

static inline void wait_requests(struct world *w, int n)
{
	for (int i = 0; i < 3000; i++) {
		if (peer_count(&w->peer, &w->peer.n_requests) >= n)
			return;
		loop_turn(w->loop, 20);
	}
	fail_msg("request %d never came", n);
}

static inline void assert_requests(struct world *w, int n)
{
	assert_int_equal(peer_count(&w->peer, &w->peer.n_requests), n);
}

static inline void assert_state(struct world *w, int64_t id,
				const char *expected)
{
	assert_string_equal(cell(w, id, "state"), expected);
}

#define with_store(fn)                                                         \
	cmocka_unit_test_setup_teardown(fn, tempstore_setup, tempstore_teardown)

#endif
