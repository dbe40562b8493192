/* `triagectl close ID... --as VERDICT`: close alerts. */
#include "cli/change.h"
#include "util/jsonx.h"
#include "util/suggest.h"

static int refuse_verdict(const char *word, struct err *err)
{
	const char *names[VERDICT_MAX - 1], *meant;

	for (int v = VERDICT_NONE + 1; v < VERDICT_MAX; v++)
		names[v - 1] = verdict_name((enum verdict)v);
	meant = suggest_word(word, names, ARRAY_SIZE(names));
	return err_set(err, ERR_CONF,
		       "--as: unknown verdict '%s'%s%s%s; one of: %s %s %s",
		       word, meant ? " (did you mean '" : "",
		       meant ? meant : "", meant ? "'?)" : "", names[0],
		       names[1], names[2]);
}

int cmd_close(struct session *session, const struct arguments *args,
	      struct err *err)
{
	const char *as = arguments_value(args, "as");
	CLEANUP(jsonx_unref)
	json_t *more = json_pack("{s:s*, s:s*}", "as", as, "note",
				 arguments_value(args, "note"));
	const struct change change = {
		.verb = CTL_VERB_CLOSE,
		.done = "closed",
		.args = more,
	};
	enum verdict verdict;

	if (!as)
		return err_set(
			err, ERR_CONF,
			"close needs a verdict: --as true-positive, --as "
			"false-positive or --as benign");
	if (!verdict_parse(as, &verdict) || verdict == VERDICT_NONE)
		return refuse_verdict(as, err);
	return change_all(session, args, &change, "triaged.close.v1", err);
}
