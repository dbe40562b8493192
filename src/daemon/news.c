/*
 * The log: every event an operator acts on, with its MESSAGE_ID. Fixed text,
 * typed fields. In the demo the same events go to the screen instead.
 *
 * tested with: scenario/test_life
 */
#include <string.h>

#include "core/notice.h"
#include "daemon/app_priv.h"
#include "daemon/second.h"
#include "daemon/trouble.h"
#include "triaged/messages.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

static const struct {
	int level;
	const char *id, *text;
} lines[] = {
	[NEWS_OPENED] = { LOG_NOTICE, MSG_ALERT_OPENED, "alert opened" },
	[NEWS_UPDATED] = { LOG_INFO, NULL, "alert updated" },
	[NEWS_CLOSED] = { LOG_NOTICE, MSG_ALERT_CLOSED, "alert closed" },
	[NEWS_REOPENED] = { LOG_NOTICE, MSG_ALERT_REOPENED, "alert re-opened" },
	[NEWS_ACKNOWLEDGED] = { LOG_NOTICE, MSG_ALERT_ACKNOWLEDGED,
				"alert acknowledged" },
	[NEWS_TRIAGED] = { LOG_NOTICE, MSG_ALERT_TRIAGED, "alert triaged" },
	[NEWS_HELD] = { LOG_NOTICE, MSG_ALERT_HELD, "resolve clock on hold" },
	[NEWS_HOLD_ENDED] = { LOG_NOTICE, MSG_HOLD_ENDED,
			      "resolve clock runs again" },
	[NEWS_ACK_EXPIRED] = { LOG_WARNING, MSG_ACK_EXPIRED,
			       "acknowledgement ran out, escalating again" },
	[NEWS_ESCALATED] = { LOG_NOTICE, NULL, "alert escalated" },
	[NEWS_WARNING] = { LOG_NOTICE, MSG_SLA_WARNING,
			   "SLA clock is running out" },
	[NEWS_BREACHED] = { LOG_WARNING, MSG_SLA_BREACHED, "SLA breached" },
	[NEWS_UNROUTED] = { LOG_WARNING, MSG_UNROUTED,
			    "no route covers the alert, fallback notified" },
	[NEWS_SKIPPED] = { LOG_WARNING, MSG_NOBODY_ON_CALL,
			   "nobody is on call, step skipped" },
	[NEWS_QUARANTINED] = { LOG_WARNING, MSG_QUARANTINED,
			       "item could not be understood, kept raw" },
};

/* Words of the metrics: they stay. */
static const char *const kind_names[] = {
	[NEWS_OPENED] = "opened",
	[NEWS_UPDATED] = "updated",
	[NEWS_CLOSED] = "closed",
	[NEWS_REOPENED] = "reopened",
	[NEWS_ACKNOWLEDGED] = "acknowledged",
	[NEWS_TRIAGED] = "triaged",
	[NEWS_HELD] = "held",
	[NEWS_HOLD_ENDED] = "hold-ended",
	[NEWS_ACK_EXPIRED] = "acknowledgement-expired",
	[NEWS_ESCALATED] = "escalated",
	[NEWS_WARNING] = "warned",
	[NEWS_BREACHED] = "breached",
	[NEWS_UNROUTED] = "unrouted",
	[NEWS_SKIPPED] = "nobody-on-call",
	[NEWS_QUARANTINED] = "quarantined",
};
_Static_assert(ARRAY_SIZE(kind_names) == NEWS_KIND_MAX, "a kind lacks");

const char *news_kind_name(enum news_kind k)
{
	return kind_names[k];
}

/* What triaged raises about itself has a text of its own. */
static const char *message_id(const struct news *n)
{
	const struct alert *al = n->alert;

	if (n->kind != NEWS_OPENED || strcmp(al->source, SELF_SOURCE) != 0)
		return lines[n->kind].id;
	return strncmp(al->native_id, SELF_UNMAPPED, strlen(SELF_UNMAPPED)) == 0
		       ? MSG_SEVERITY_UNMAPPED
		       : MSG_SELF_ALERT;
}

void app_on_news(void *arg, const struct news *n)
{
	struct app *a = arg;
	const struct alert *al = n->alert;
	char due[TIMEFMT_MAX];
	const char *due_text;

	a->counters.news[n->kind]++;
	if (n->kind == NEWS_OPENED && al->created_ms)
		a->counters.detection_lag_ms = clock_wall_ms() - al->created_ms;
	if (a->on_news) {
		a->on_news(a->demo, n);
		return;
	}
	if (!al) {
		log_event(lines[n->kind].level, lines[n->kind].id,
			  lines[n->kind].text, kv_str("REASON", n->detail));
		return;
	}
	due_text = n->due_ms		    ? timefmt_utc(n->due_ms, due)
		   : n->kind == NEWS_OPENED ? "never"
					    : NULL;
	log_event(lines[n->kind].level, message_id(n), lines[n->kind].text,
		  kv_int("ALERT_ID", n->alert_id),
		  kv_str("SEVERITY", severity_name(n->severity)),
		  kv_str("SOURCE", al->source), kv_str("TITLE", al->title),
		  kv_str("CLOCK", n->clock), kv_str("DUE", due_text),
		  kv_str("DETAIL", n->detail));
}

static void delivery_retry(struct app *a, const struct deliver_event *e)
{
	a->n_undelivered++;
	tally_add(&a->counters.retries, e->target);
	if (!a->on_sent)
		log_event(LOG_WARNING, MSG_DELIVERY_RETRY,
			  "notice not delivered yet",
			  kv_str("TARGET", e->target),
			  kv_int("DELIVERY", e->notice->id),
			  kv_int("ATTEMPT", e->notice->attempts),
			  kv_str("ERROR", e->error));
}

/* A notice that was given up: a person must hear of it another way. */
static void delivery_dead(struct app *a, const struct deliver_event *e)
{
	a->n_undelivered++;
	log_event(LOG_ERR, MSG_DELIVERY_DEAD, "notice given up",
		  kv_str("TARGET", e->target), kv_str("ERROR", e->error),
		  kv_int("DELIVERY", e->notice->id),
		  kv_int("ALERT_ID", e->notice->alert_id));
	if (e->notice->severity == SEVERITY_CRITICAL)
		trouble_raise(a, e->target, TROUBLE_DEAD, e->error);
}

/* What is not stored now is with its next try. */
static void delivery_astray(struct app *a, const struct deliver_event *e)
{
	struct err err = ERR_INIT;

	if (second_readdress(&a->pipeline, e->notice, clock_wall_ms(), &err) <
	    0)
		app_store_trouble(a, &err);
}

/* It is on its way all the same. */
static void template_failed(struct app *a, const struct deliver_event *e)
{
	a->counters.template_failures++;
	if (!e->again)
		log_event(LOG_WARNING, MSG_TEMPLATE_FAILED,
			  "a template failed, the built-in words are sent",
			  kv_str("TARGET", e->target),
			  kv_int("DELIVERY", e->notice->id),
			  kv_str("ERROR", e->error));
}

void app_on_delivery(void *arg, const struct deliver_event *e)
{
	struct app *a = arg;

	switch (e->news) {
	case DELIVER_PLAIN:
		template_failed(a, e);
		return;
	case DELIVER_SENT:
		break;
	case DELIVER_RETRY:
		delivery_retry(a, e);
		break;
	case DELIVER_ASTRAY:
		delivery_astray(a, e);
		return;
	case DELIVER_DEAD:
		delivery_dead(a, e);
		break;
	case DELIVER_TARGET_DISABLED:
		log_event(LOG_ERR, MSG_TARGET_DISABLED,
			  "target disabled itself", kv_str("TARGET", e->target),
			  kv_str("ERROR", e->error));
		trouble_raise(a, e->target, TROUBLE_DISABLED, e->error);
		return;
	case DELIVER_TARGET_REFUSED:
		log_event(LOG_ERR, MSG_TARGET_REFUSED,
			  "target refuses the credentials",
			  kv_str("TARGET", e->target),
			  kv_str("ERROR", e->error));
		trouble_raise(a, e->target, TROUBLE_REFUSED, e->error);
		return;
	case DELIVER_TARGET_WORKS:
		log_event(LOG_NOTICE, MSG_TARGET_WORKS,
			  "target takes messages again",
			  kv_str("TARGET", e->target));
		trouble_end(a, e->target);
		return;
	}
	counters_latency(&a->counters, e->elapsed_ms);
	if (a->on_sent)
		a->on_sent(a->demo, e);
	if (e->news != DELIVER_SENT) /* perhaps somebody else is to be told */
		agenda_kick(a->agenda);
}
