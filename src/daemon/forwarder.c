/*
 * What people hear of forwarding: the log, and an alert about triaged itself
 * when a destination of the event log refuses or stands still, closed when it
 * goes again. Called by the forwarder; decides nothing about sending.
 *
 * tested with: scenario/test_forward
 */
#include "daemon/app_priv.h"
#include "triaged/messages.h"
#include "util/log.h"
#include "util/xmalloc.h"

/* The text does not change while the trouble lasts: it is told once. */
static bool forwarder_tell(struct app *a, const struct forward_conf *c,
			   const char *error, bool resolved)
{
	CLEANUP(free_ptr) char *slug = xasprintf("forward-stuck/%s", c->name);
	CLEANUP(free_ptr)
	char *title = xasprintf("Events are not forwarded to %s", c->name);
	CLEANUP(free_ptr)
	char *text = xasprintf(
		"The destination %s of the event log (%s%s) takes no events. "
		"Nothing is lost: they wait in the database and are sent when "
		"it takes them. Until then whoever watches there does not see "
		"what happens here. The reason: %s",
		c->name, c->path ? "file " : "server ",
		c->path ? c->path : c->host, error ? error : "");
	struct err err = ERR_INIT;

	if (pipeline_self_alert(&a->pipeline,
				&(struct self_alert){
					.slug = slug,
					.severity = SEVERITY_MEDIUM,
					.title = title,
					.description = text,
					.remediation = "triagectl doctor\n"
						       "triagectl status\n"
						       "journalctl -u triaged",
					.resolved = resolved,
				},
				&err) >= 0)
		return true;
	app_store_trouble(a, &err);
	return false;
}

bool forwarder_on_news(void *arg, enum forward_news news,
		       const struct forward_conf *c, const char *error)
{
	struct app *a = arg;
	struct err err = ERR_INIT;

	switch (news) {
	case FORWARD_FAILED:
		log_event(LOG_WARNING, MSG_FORWARD_FAILED,
			  "events cannot be forwarded now",
			  kv_str("DESTINATION", c->name),
			  kv_str("ERROR", error));
		return true;
	case FORWARD_STUCK:
		log_event(LOG_ERR, MSG_FORWARD_STUCK,
			  "events have not been forwarded for long",
			  kv_str("DESTINATION", c->name),
			  kv_str("ERROR", error));
		return forwarder_tell(a, c, error, false);
	case FORWARD_GOES:
		if (error)
			log_event(LOG_NOTICE, MSG_FORWARD_GOES,
				  "events are forwarded again",
				  kv_str("DESTINATION", c->name));
		return forwarder_tell(a, c, NULL, true);
	case FORWARD_STORE:
		(void)err_set(&err, ERR_STORE, "%s", error);
		app_store_trouble(a, &err);
		return true;
	}
	return true;
}
