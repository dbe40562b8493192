/*
 * Starts what tells Alertmanagers of alerts that still fire, and logs when one
 * does not take it: once, though it is tried every minute. Called by app.c.
 *
 * tested with: scenario/test_alertmanager
 */
#include "daemon/app_priv.h"

#include "triaged/messages.h"
#include "util/log.h"

static void app_on_standing(void *arg, const char *target, const char *error)
{
	(void)arg;
	if (error)
		log_event(LOG_WARNING, MSG_STANDING_FAILED,
			  "alerts that still fire cannot be told again",
			  kv_str("TARGET", target), kv_str("ERROR", error));
	else
		log_event(LOG_NOTICE, MSG_STANDING_WORKS,
			  "alerts that still fire are told again",
			  kv_str("TARGET", target));
}

int app_start_standing(struct app *a, struct err *err)
{
	(void)err; /* it has nothing that could fail */
	a->standing =
		standing_new(a->settings.conf, &(struct standing_env){
						       .store = a->store,
						       .loop = a->loop,
						       .pool = a->pool,
						       .host = a->host,
						       .fn = app_on_standing,
						       .arg = a,
					       });
	return 0;
}
