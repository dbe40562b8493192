/* `triagectl note ID TEXT`: a sentence for the history of an alert. */
#include "cli/change.h"
#include "util/jsonx.h"

int cmd_note(struct session *session, const struct arguments *args,
	     struct err *err)
{
	CLEANUP(jsonx_unref)
	json_t *more = json_pack("{s:s}", "text", args->words[1]);
	const struct change change = {
		.verb = CTL_VERB_NOTE,
		.done = "noted",
		.args = more,
		.of = CHANGE_OF_ANY,
		.n_tail = 1,
	};

	return change_all(session, args, &change, "triaged.note.v1", err);
}
