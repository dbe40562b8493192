/* `triagectl ack ID...`: take alerts. */
#include "cli/change.h"

int cmd_ack(struct session *session, const struct arguments *args,
	    struct err *err)
{
	const struct change change = {
		.verb = CTL_VERB_ACK,
		.done = "acknowledged",
		.note = arguments_value(args, "note"),
		.take = arguments_has(args, "take"),
	};

	return change_all(session, args, &change, "triaged.ack.v1", err);
}
