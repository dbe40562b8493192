/*
 * Heartbeats: what they tell of the daemon, and what the daemon tells of them.
 * They are sent by notify/heartbeat.h; the judgement whether all is well is
 * the one of the watchdog and of /-/ready.
 *
 * tested with: scenario/test_heartbeat
 */
#include <string.h>

#include "daemon/app_priv.h"
#include "daemon/condition.h"
#include "daemon/exposition.h"
#include "store/ledger.h"
#include "triaged/ctl.h"
#include "triaged/messages.h"
#include "util/clock.h"
#include "util/log.h"
#include "version.h"

/* Of the source that has not been read whole for longest; -1: one never was. */
static int64_t poll_age_ms(const struct app *a, int64_t now_ms)
{
	int64_t age_ms = poller_count(a->poller) > 0 ? 0 : -1;

	for (size_t i = 0; i < poller_count(a->poller); i++) {
		struct poller_state s;
		struct err err = ERR_INIT;
		int64_t last_ms = 0;

		poller_state(a->poller, i, &s);
		if (ledger_last_complete(a->store, s.name, &last_ms, &err) <
			    0 ||
		    last_ms == 0)
			return -1;
		age_ms = MAX(age_ms, now_ms - last_ms);
	}
	return age_ms;
}

static const char *beat_look(void *arg, struct heartbeat_facts *ret)
{
	struct app *a = arg;
	struct summary s;
	const char *why;

	condition_try_store(a, 0);
	if (!app_is_healthy(a, &why) || why)
		return why;
	if (!app_summarize(a, &s))
		return "the database does not answer";
	memcpy(ret->open, s.open, sizeof(ret->open));
	ret->overdue = s.overdue;
	ret->owed = s.undelivered;
	ret->poll_age_ms = poll_age_ms(a, clock_wall_ms());
	return NULL;
}

static void beat_on_change(void *arg, const struct heartbeat_report *r)
{
	(void)arg;
	switch (r->state) {
	case HEARTBEAT_BEATS:
		log_event(LOG_NOTICE, MSG_HEARTBEAT_BEATS, "heartbeats arrive",
			  kv_str("TARGET", r->target));
		break;
	case HEARTBEAT_LOST:
		log_event(LOG_WARNING, MSG_HEARTBEAT_LOST,
			  "a heartbeat did not arrive",
			  kv_str("TARGET", r->target), kv_str("ERROR", r->why));
		break;
	case HEARTBEAT_SILENT:
		log_event(LOG_ERR, MSG_HEARTBEAT_SILENT,
			  "no heartbeat is sent, because triaged is not well",
			  kv_str("TARGET", r->target),
			  kv_str("REASON", r->why));
		break;
	case HEARTBEAT_NEW:
		break;
	}
}

int beat_start(struct app *a, struct err *err)
{
	(void)err;
	if (a->once)
		return 0;
	a->heartbeats = heartbeats_new(a->settings.conf,
				       &(struct heartbeat_env){
					       .loop = a->loop,
					       .pool = a->pool,
					       .host = a->host,
					       .version = TRIAGED_VERSION,
					       .look_fn = beat_look,
					       .fn = beat_on_change,
					       .arg = a,
				       });
	return 0;
}

static json_t *beat_json(const struct heartbeat_report *r)
{
	return json_pack("{s:s, s:s, s:I, s:s}", "target", r->target, "state",
			 heartbeat_state_name(r->state), "last_ms",
			 (json_int_t)r->last_ms, "reason", r->why);
}

json_t *beat_states(const struct app *a)
{
	json_t *list = json_array();

	for (size_t i = 0; i < heartbeats_count(a->heartbeats); i++) {
		struct heartbeat_report r;

		heartbeats_report(a->heartbeats, i, &r);
		(void)json_array_append_new(list, beat_json(&r));
	}
	return list;
}

void beat_write_ages(const struct app *a, struct strbuf *out)
{
	int64_t now_ms = clock_wall_ms();

	for (size_t i = 0; i < heartbeats_count(a->heartbeats); i++) {
		struct heartbeat_report r;

		heartbeats_report(a->heartbeats, i, &r);
		exposition_add(out, "triaged_heartbeat_age_seconds",
			       LABELS({ "target", r.target }),
			       r.last_ms ? MAX(now_ms - r.last_ms, 0) / 1000
					 : EXPOSITION_INFINITE);
	}
}

static void beat_on_tested(void *arg, const struct heartbeat_report *r)
{
	struct ctl_call *call = arg;

	if (!r)
		ctl_reply(call, CTL_CONFLICT,
			  "the heartbeat is gone from the settings, or triaged "
			  "stops",
			  NULL);
	else
		ctl_reply(call, CTL_OK, NULL,
			  json_pack("{s:[], s:o}", "deliveries", "heartbeat",
				    beat_json(r)));
}

void beat_test(struct app *a, const struct target_conf *t,
	       struct ctl_call *call)
{
	struct err err = ERR_INIT;

	if (heartbeat_send(a->heartbeats, t->name, beat_on_tested, call, &err) <
	    0)
		ctl_reply(call, CTL_CONFLICT, err.text, NULL);
}
