/* `triagectl reopen ID...`: what was closed needs somebody after all. */
#include "cli/change.h"
#include "util/jsonx.h"

int cmd_reopen(struct session *session, const struct arguments *args,
	       struct err *err)
{
	CLEANUP(jsonx_unref)
	json_t *more =
		json_pack("{s:s*}", "note", arguments_value(args, "note"));
	const struct change change = {
		.verb = CTL_VERB_REOPEN,
		.done = "re-opened",
		.args = more,
		.of = CHANGE_OF_CLOSED,
	};

	return change_all(session, args, &change, "triaged.reopen.v1", err);
}
