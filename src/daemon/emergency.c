/*
 * See emergency.h. Called by the agenda, by a reload and at the end.
 *
 * tested with: scenario/test_disk
 */
#include "daemon/emergency.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/app_priv.h"
#include "store/alerts.h"
#include "store/outbox.h"
#include "store/txn.h"
#include "triage/calendar.h"
#include "triaged/messages.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/scratch.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

/* Shorter than that is a disk that hiccups. */
#define AFTER_MS INT64_C(60000)
/* A target has a message for each recipient. */
#define DROPS 256
/* Alerts here have numbers that none of the real database has: who types what
 * the message offers acknowledges nothing else. */
#define NUMBERS_FROM INT64_C(900000000)
#define FOLDER_NAME "triaged-emergency-XXXXXX"

struct emergency_post {
	struct app *app;
	char *folder; /* NULL: not there */
	struct store *store;
	struct pipeline pipeline;
	bool has_pipeline, sent;
	struct deliver *deliver;
};

static void post_free(struct emergency_post *post)
{
	if (!post)
		return;
	post->deliver = deliver_free(post->deliver);
	if (post->has_pipeline)
		pipeline_release(&post->pipeline);
	post->store = store_close(post->store);
	if (post->folder)
		scratch_remove(post->folder);
	free(post->folder);
	free(post);
}

static void post_free_ptr(struct emergency_post **post)
{
	post_free(*post);
}

static void post_on_commit(void *arg)
{
	(void)arg; /* delivery is told when it is there */
}

static void post_on_news(void *arg, const struct news *n)
{
	(void)arg; /* the log has it from the database's trouble */
	(void)n;
}

static void post_on_progress(void *arg, const char *source)
{
	(void)arg;
	(void)source;
}

/* The key is all by which a log and what its receiver has can be compared: the
 * message has no row that anybody could look at. Freed at the next look:
 * delivery still works with it. */
static void post_on_delivery(void *arg, const struct deliver_event *e)
{
	struct emergency_post *post = arg;
	const char *key = e->notice ? e->notice->key : NULL;

	if (e->news == DELIVER_SENT) {
		log_event(LOG_NOTICE, MSG_EMERGENCY_SENT,
			  "the fallback was told that the database refuses "
			  "changes",
			  kv_str("TARGET", e->target), kv_str("KEY", key));
		post->sent = true;
		agenda_kick(post->app->agenda);
	} else if (e->error) {
		log_event(LOG_WARNING, MSG_EMERGENCY_FAILED,
			  "the fallback could not be told that the database "
			  "refuses changes",
			  kv_str("TARGET", e->target), kv_str("KEY", key),
			  kv_str("ERROR", e->error));
	}
}

/* Beside the control socket, in memory under systemd; else where every program
 * puts what it needs for a while. */
static int make_folder(struct emergency_post *post, struct err *err)
{
	const char *socket = post->app->settings.conf->control_socket;
	const char *slash = strrchr(socket, '/');
	const char *temporary = getenv("TMPDIR");
	char *places[] = {
		xasprintf("%.*s/" FOLDER_NAME,
			  slash ? (int)(slash - socket) : 1,
			  slash ? socket : "."),
		xasprintf("%s/" FOLDER_NAME,
			  temporary && *temporary ? temporary : "/tmp"),
	};
	int number = 0;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (!post->folder && mkdtemp(places[i]))
			post->folder = take(places[i]);
		else if (!post->folder)
			number = errno;
		free(places[i]);
	}
	if (post->folder)
		return 0;
	return err_set(err, -number, "no folder for an emergency message: %s",
		       strerror(number));
}

static int drop_of(struct store *s, const char *target, struct err *err)
{
	int64_t ids[DROPS];
	int rc = outbox_list(s, target, false, ids, ARRAY_SIZE(ids), err);

	for (int i = 0, n = rc; i < n && rc >= 0; i++)
		rc = outbox_drop(s, ids[i], "the fallback alone is told", err);
	return rc;
}

/* A disk that is full at night is news for one. */
static int keep_fallback(struct emergency_post *post, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	const struct conf *c = post->app->settings.conf;
	int rc = txn_begin(&txn, post->store, err);

	for (size_t i = 0; i < c->n_targets && rc >= 0; i++)
		if (strcmp(c->targets[i].name, c->policy.fallback) != 0)
			rc = drop_of(post->store, c->targets[i].name, err);
	return rc < 0 ? rc : txn_commit(&txn, err);
}

static int number(struct emergency_post *post, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int rc = txn_begin(&txn, post->store, err);

	if (rc >= 0)
		rc = alerts_number_from(post->store, NUMBERS_FROM, err);
	return rc < 0 ? rc : txn_commit(&txn, err);
}

static int put(struct emergency_post *post, int64_t now_ms, struct err *err)
{
	const struct app *a = post->app;
	char at[TIMEFMT_MAX];
	CLEANUP(free_ptr)
	char *slug = xasprintf("database-refuses-changes/%s",
			       timefmt_utc(now_ms, at));
	CLEANUP(free_ptr)
	char *text = xasprintf("%s. Until that is mended no alert is taken in "
			       "and no other message leaves.",
			       a->store_err.text);

	return pipeline_self_alert(
		&post->pipeline,
		&(struct self_alert){
			.slug = slug,
			.severity = SEVERITY_CRITICAL,
			.title = "triaged cannot write to its database",
			.description = text,
			.remediation = "triagectl doctor",
			.avoid_target = "", /* whatever the routes say */
		},
		err);
}

static int post_open(struct emergency_post *post, int64_t now_ms,
		     struct err *err)
{
	struct app *a = post->app;
	int rc = make_folder(post, err);

	if (rc >= 0)
		rc = store_open(post->folder, &post->store, err);
	if (rc < 0)
		return rc;
	post->pipeline = (struct pipeline){
		.store = post->store,
		.conf = a->settings.conf,
		.triage = a->settings.triage,
		.up_since_ms = a->up_since_ms,
		.on_commit = post_on_commit,
		.on_news = post_on_news,
		.on_progress = post_on_progress,
		.arg = post,
	};
	rc = pipeline_init(&post->pipeline, err);
	if (rc < 0)
		return rc;
	post->has_pipeline = true;
	rc = number(post, err);
	if (rc >= 0)
		rc = put(post, now_ms, err);
	if (rc >= 0)
		rc = keep_fallback(post, err);
	if (rc < 0)
		return rc;
	post->deliver = deliver_new(a->settings.conf,
				    &(struct deliver_env){
					    .store = post->store,
					    .loop = a->loop,
					    .pool = a->pool,
					    .host = a->host,
					    .fn = post_on_delivery,
					    .arg = post,
					    .zone_offset = calendar_zone_offset,
					    .timezone = app_timezone(a),
				    },
				    err);
	if (!post->deliver)
		return err->code;
	deliver_kick(post->deliver);
	return 0;
}

static void tell(struct app *a, int64_t now_ms)
{
	CLEANUP(post_free_ptr)
	struct emergency_post *post = xcalloc(1, sizeof(*post));
	struct err err = ERR_INIT;

	post->app = a;
	if (post_open(post, now_ms, &err) < 0) {
		log_event(LOG_ERR, MSG_EMERGENCY_FAILED,
			  "the fallback could not be told that the database "
			  "refuses changes",
			  kv_str("TARGET", a->settings.conf->policy.fallback),
			  kv_str("ERROR", err.text));
		return;
	}
	a->emergency.post = take(post);
}

int64_t emergency_look(struct app *a, int64_t now_ms, int64_t mono_ms)
{
	struct emergency *e = &a->emergency;

	if (e->post && (e->post->sent || !a->store_err.code)) {
		post_free(e->post);
		e->post = NULL;
	}
	if (a->stopping || a->once || !a->store_err.code) {
		e->since_mono_ms = 0;
		e->told = false;
		return -1;
	}
	if (!e->since_mono_ms)
		e->since_mono_ms = mono_ms;
	if (e->told)
		return -1;
	if (mono_ms < e->since_mono_ms + AFTER_MS)
		return e->since_mono_ms + AFTER_MS - mono_ms;
	e->told = true;
	tell(a, now_ms);
	return -1;
}

void emergency_drop(struct app *a)
{
	if (a->emergency.post && !a->emergency.post->sent)
		a->emergency.told = false;
	post_free(a->emergency.post);
	a->emergency.post = NULL;
}
