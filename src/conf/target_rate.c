/*
 * Reads how many messages a target gets. What is not given follows from what
 * the target is: the services publish limits, and who is beyond them is cut
 * off when it matters most.
 *
 * tested with: test_target_rate
 */
#include "conf/conf_priv.h"

#define MINUTE_MS 60000

static const struct message_rate webhook_rates[WEBHOOK_FORMAT_MAX] = {
	[FORMAT_JSON] = { 300, MINUTE_MS },
	[FORMAT_CLOUDEVENTS] = { 300, MINUTE_MS },
	[FORMAT_SLACK] = { 30, MINUTE_MS / 2 },
	[FORMAT_TEAMS] = { 60, MINUTE_MS / 2 },
	[FORMAT_PAGERDUTY] = { 120, MINUTE_MS },
	[FORMAT_OPSGENIE] = { 120, MINUTE_MS },
	[FORMAT_SERVICENOW] = { 60, MINUTE_MS },
	[FORMAT_JIRA] = { 60, MINUTE_MS },
	[FORMAT_NTFY] = { 60, 5 * MINUTE_MS },
	[FORMAT_ALERTMANAGER] = { 300, MINUTE_MS },
	[FORMAT_ALERTMANAGER_WEBHOOK] = { 300, MINUTE_MS },
};

struct message_rate target_rate_default(const struct target_conf *t)
{
	switch (t->type) {
	case TARGET_EMAIL:
		/* Exchange Online takes 30 a minute from a mailbox. */
		return (struct message_rate){ t->oauth.entry ? 30 : 60,
					      MINUTE_MS };
	case TARGET_WEBHOOK:
		return webhook_rates[t->webhook.format];
	case TARGET_FOLDER:
	case TARGET_EXEC:
		break; /* of this machine */
	case TARGET_HEARTBEAT:
		break; /* has its interval */
	}
	return (struct message_rate){ 0, 0 };
}

void load_rate(struct load *l, const struct option *o, const struct node *v,
	       void *object)
{
	struct target_conf *t = object;
	bool on;

	t->rate_given = true;
	if (v->kind != NODE_TEXT)
		load_section(l, "targets.rate", v, 0, object);
	else if (!text_is_bool(v->text, &on) || on)
		load_fault(l, &v->mark,
			   "must be a block such as {messages: 30, within: "
			   "1m}, or off, not '%.40s'",
			   v->text);
	(void)o;
}
