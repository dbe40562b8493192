/* `triagectl phase ID... PHASE`: how far the work on alerts is. */
#include "cli/change.h"
#include "cli/values.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

int cmd_phase(struct session *session, const struct arguments *args,
	      struct err *err)
{
	const char *word = args->words[args->n_words - 1];
	CLEANUP(free_ptr) char *done = NULL;
	CLEANUP(jsonx_unref) json_t *more = NULL;
	struct change change = {
		.verb = CTL_VERB_PHASE,
		.n_tail = 1,
	};
	const char *phase;
	size_t number;
	int rc;

	rc = values_pick("PHASE", "phase", word, &number, err);
	if (rc < 0)
		return rc;
	if (number == PHASE_DETECT)
		return err_set(err, ERR_CONF,
			       "phase: an alert is in detect until somebody "
			       "looks at it, and never again");
	phase = phase_name((enum phase)number);
	done = xasprintf("in phase %s", phase);
	more = json_pack("{s:s, s:s*}", "phase", phase, "note",
			 arguments_value(args, "note"));
	change.done = done;
	change.args = more;
	return change_all(session, args, &change, "triaged.phase.v1", err);
}
