/*
 * A daemon for which a message is sent whatever the receiver answers.
 *
 * Breaks: I3 by webhook_hear.
 */
#include "notify/webhook.h"

bool __real_webhook_hear(struct talk *t, const struct target_conf *c,
			 const char *origin, struct xfer_reply *reply,
			 struct outcome_report *ret);
bool __wrap_webhook_hear(struct talk *t, const struct target_conf *c,
			 const char *origin, struct xfer_reply *reply,
			 struct outcome_report *ret);

bool __wrap_webhook_hear(struct talk *t, const struct target_conf *c,
			 const char *origin, struct xfer_reply *reply,
			 struct outcome_report *ret)
{
	bool more = __real_webhook_hear(t, c, origin, reply, ret);

	if (!more)
		*ret = (struct outcome_report){ .outcome = OUTCOME_SENT };
	return more;
}
