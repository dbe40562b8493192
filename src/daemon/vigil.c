/*
 * The conditions of a source that become alerts about triaged itself
 * (semantics 7). Called by the poller; decides nothing about polling.
 *
 * Texts must not change while the condition lasts: each change would be an
 * update of the alert.
 */
#include "daemon/vigil.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/expiry.h"
#include "net/skew.h"
#include "triaged/messages.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

#define STALE_LEAST_MS INT64_C(600000)

static void vigil_untold(const struct vigil *v, const char *slug,
			 const struct err *err)
{
	log_event(LOG_ERR, MSG_STORE_FAILED,
		  "an alert about a source could not be stored",
		  kv_str("SOURCE", v->conf->name), kv_str("ALERT", slug),
		  kv_str("ERROR", err->text));
}

/* True when the database took it. */
static bool vigil_tell(struct vigil *v, const struct self_alert *s)
{
	struct err err = ERR_INIT;

	if (pipeline_self_alert(v->pipeline, s, &err) >= 0)
		return true;
	vigil_untold(v, s->slug, &err);
	return false;
}

static bool tell_stale(struct vigil *v, const char *error, bool resolved)
{
	const char *name = v->conf->name;
	CLEANUP(free_ptr) char *slug = xasprintf("source-stale/%s", name);
	CLEANUP(free_ptr)
	char *title = xasprintf("Source %s has no complete poll", name);
	CLEANUP(free_ptr) char *text = NULL;
	char span[TIMEFMT_MAX];

	timefmt_span(clock_mono_ms() - v->complete_mono_ms, span);
	text = xasprintf("No poll of source %s has been complete for %s, so "
			 "new alerts may be missing. Last error: %s",
			 name, span, error[0] ? error : "none");
	return vigil_tell(v, &(struct self_alert){
				     .slug = slug,
				     .severity = SEVERITY_HIGH,
				     .title = title,
				     .description = text,
				     .remediation = "triagectl doctor\n"
						    "triagectl coverage\n"
						    "journalctl -u triaged",
				     .resolved = resolved,
			     });
}

static bool tell_refused(struct vigil *v, const char *error, bool resolved)
{
	const char *name = v->conf->name;
	CLEANUP(free_ptr) char *slug = xasprintf("source-refused/%s", name);
	CLEANUP(free_ptr) char *title = xasprintf("Source %s is refused", name);
	CLEANUP(free_ptr)
	char *text = xasprintf("The service refuses source %s, and trying "
			       "again does not help, so new alerts are "
			       "missing. The reason: %s",
			       name, error);

	return vigil_tell(v, &(struct self_alert){
				     .slug = slug,
				     .severity = SEVERITY_HIGH,
				     .title = title,
				     .description = text,
				     .remediation = "triagectl doctor",
				     .resolved = resolved,
			     });
}

static void end_refusal(struct vigil *v)
{
	if (v->refused_known && !v->refused)
		return;
	if (tell_refused(v, "", true)) {
		v->refused = false;
		v->refused_known = true;
	}
}

void vigil_begin(struct vigil *v, struct pipeline *p,
		 const struct source_conf *c)
{
	*v = (struct vigil){
		.pipeline = p,
		.conf = c,
		.complete_mono_ms = clock_mono_ms(),
	};
}

void vigil_complete(struct vigil *v)
{
	v->complete_mono_ms = clock_mono_ms();
	v->complete_ms = clock_wall_ms();
	end_refusal(v);
	if (v->stale_known && !v->stale)
		return;
	if (tell_stale(v, "", true)) {
		v->stale = false;
		v->stale_known = true;
	}
}

void vigil_failed(struct vigil *v, const char *error, bool refused,
		  bool progressed)
{
	if (refused && !v->refused) {
		v->refused = tell_refused(v, error, false);
		v->refused_known |= v->refused;
	} else if (!refused && progressed) {
		end_refusal(v);
	}
}

static bool tell_part(struct vigil *v, const char *refused)
{
	const char *name = v->conf->name;
	CLEANUP(free_ptr)
	char *slug = xasprintf("source-part-refused/%s", name);
	CLEANUP(free_ptr)
	char *title = xasprintf("A part of source %s is refused", name);
	CLEANUP(free_ptr)
	char *text = xasprintf("Source %s may not read everything that the "
			       "settings ask for. The rest of it is read. "
			       "What is missing, and why: %s",
			       name, refused);

	return vigil_tell(v, &(struct self_alert){
				     .slug = slug,
				     .severity = SEVERITY_MEDIUM,
				     .title = title,
				     .description = text,
				     .remediation = "triagectl doctor",
				     .resolved = !refused[0],
			     });
}

void vigil_part(struct vigil *v, const char *refused, bool complete)
{
	bool is_refused = refused[0] != '\0';

	/* A poll that broke off may not have got as far as to be refused. */
	if (!is_refused && !complete)
		return;
	if (v->part_known && v->part == is_refused)
		return;
	if (tell_part(v, refused)) {
		v->part = is_refused;
		v->part_known = true;
	}
}

static bool tell_clock(struct vigil *v, int64_t skew_ms, bool resolved)
{
	const char *name = v->conf->name;
	CLEANUP(free_ptr) char *slug = xasprintf("clock-off/%s", name);
	CLEANUP(free_ptr)
	char *title = xasprintf("The clock of this machine is off, and source "
				"%s is refused",
				name);
	CLEANUP(free_ptr) char *text = NULL;
	char span[TIMEFMT_MAX];

	timefmt_span(skew_ms < 0 ? -skew_ms : skew_ms, span);
	text = xasprintf("The service refuses the sign-in of source %s in the "
			 "way it does when a clock is off, and this machine's "
			 "is %s %s the service's. Nothing is read until it is "
			 "set; due times and the times in messages are off "
			 "too.",
			 name, span, skew_ms < 0 ? "behind" : "ahead of");
	return vigil_tell(v, &(struct self_alert){
				     .slug = slug,
				     .severity = SEVERITY_HIGH,
				     .title = title,
				     .description = text,
				     .remediation = "timedatectl\n"
						    "timedatectl set-ntp true\n"
						    "systemctl restart triaged",
				     .resolved = resolved,
			     });
}

/* Told once with the difference of then: it would change with every poll. */
void vigil_clock(struct vigil *v, int64_t skew_ms, bool refused)
{
	bool off = skew_ms > SKEW_MAX_MS || skew_ms < -SKEW_MAX_MS;

	if (off && refused && !v->clock) {
		v->clock = tell_clock(v, skew_ms, false);
		v->clock_known |= v->clock;
		return;
	}
	if ((off && refused) || (v->clock_known && !v->clock))
		return;
	if (tell_clock(v, skew_ms, true)) {
		v->clock = false;
		v->clock_known = true;
	}
}

void vigil_look(struct vigil *v, const char *error)
{
	int64_t limit_ms = MAX(3 * v->conf->interval_ms, STALE_LEAST_MS);

	if (v->stale || clock_mono_ms() - v->complete_mono_ms <= limit_ms)
		return;
	v->stale = tell_stale(v, error, false);
	v->stale_known |= v->stale;
}

void vigil_certificate(struct vigil *v, int64_t ends_ms)
{
	int64_t now_ms = clock_wall_ms();
	int step = expiry_step(ends_ms, now_ms);
	struct err err = ERR_INIT;
	CLEANUP(free_ptr) char *slug = NULL;
	CLEANUP(free_ptr) char *whose = NULL;
	int rc;

	if (v->told && v->told_step == step)
		return;
	slug = xasprintf("certificate-ends/%s", v->conf->name);
	whose = xasprintf("source %s", v->conf->name);
	rc = expiry_tell(v->pipeline,
			 &(struct expiring){
				 .slug = slug,
				 .whose = whose,
				 .does = EXPIRY_SIGNS_IN,
				 .then = "nothing is read from it",
				 .remediation = EXPIRY_RENEW_SIGN_IN,
				 .ends_ms = ends_ms,
			 },
			 now_ms, &err);
	if (rc < 0)
		vigil_untold(v, slug, &err);
	v->told = rc >= 0;
	v->told_step = step;
}
