/* `triagectl phase ID... PHASE`: how far the work on alerts is. */
#include "cli/change.h"
#include "util/jsonx.h"
#include "util/suggest.h"
#include "util/xmalloc.h"

static int refuse_phase(const char *word, struct err *err)
{
	const char *names[PHASE_MAX - 1], *meant;

	for (int p = PHASE_DETECT + 1; p < PHASE_MAX; p++)
		names[p - 1] = phase_name((enum phase)p);
	meant = suggest_word(word, names, ARRAY_SIZE(names));
	return err_set(err, ERR_CONF,
		       "phase: unknown phase '%s'%s%s%s; one of: %s %s %s %s "
		       "%s",
		       word, meant ? " (did you mean '" : "",
		       meant ? meant : "", meant ? "'?)" : "", names[0],
		       names[1], names[2], names[3], names[4]);
}

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
	enum phase phase;

	if (!phase_parse(word, &phase))
		return refuse_phase(word, err);
	if (phase == PHASE_DETECT)
		return err_set(err, ERR_CONF,
			       "phase: an alert is in detect until somebody "
			       "looks at it, and never again");
	done = xasprintf("in phase %s", phase_name(phase));
	more = json_pack("{s:s, s:s*}", "phase", phase_name(phase), "note",
			 arguments_value(args, "note"));
	change.done = done;
	change.args = more;
	return change_all(session, args, &change, "triaged.phase.v1", err);
}
