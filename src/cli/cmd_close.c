/* `triagectl close ID... --as VERDICT`: close alerts. */
#include "cli/change.h"
#include "cli/values.h"
#include "util/jsonx.h"

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
	size_t verdict;
	int rc;

	if (!as)
		return err_set(
			err, ERR_CONF,
			"close needs a verdict: --as true-positive, --as "
			"false-positive or --as benign");
	rc = values_pick("VERDICT", "--as", as, &verdict, err);
	if (rc < 0)
		return rc;
	return change_all(session, args, &change, "triaged.close.v1", err);
}
