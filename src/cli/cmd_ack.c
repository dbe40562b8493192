/* `triagectl ack ID...`: take alerts, by their name or a message's code. */
#include "cli/change.h"
#include "util/jsonx.h"

int cmd_ack(struct session *session, const struct arguments *args,
	    struct err *err)
{
	CLEANUP(jsonx_unref)
	json_t *more =
		json_pack("{s:s*}", "note", arguments_value(args, "note"));
	const struct change change = {
		.verb = CTL_VERB_ACK,
		.done = "acknowledged",
		.args = more,
		.take = arguments_has(args, "take"),
		.codes = true,
	};

	return change_all(session, args, &change, "triaged.ack.v1", err);
}
