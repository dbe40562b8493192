/* `triagectl hold ID...`: have resolve clocks wait, or run again. */
#include "cli/change.h"
#include "util/jsonx.h"
#include "util/timefmt.h"

static int hold_end(struct session *session, const struct arguments *args,
		    struct err *err)
{
	CLEANUP(jsonx_unref)
	json_t *more = json_pack("{s:b, s:s*}", "end", true, "reason",
				 arguments_value(args, "reason"));
	const struct change change = {
		.verb = CTL_VERB_HOLD,
		.done = "taken off hold",
		.args = more,
	};

	if (arguments_has(args, "for"))
		return err_set(err, ERR_CONF,
			       "hold: --for begins a hold and --end ends one; "
			       "give one of them");
	return change_all(session, args, &change, "triaged.hold.v1", err);
}

int cmd_hold(struct session *session, const struct arguments *args,
	     struct err *err)
{
	const char *span = arguments_value(args, "for");
	const char *reason = arguments_value(args, "reason");
	CLEANUP(jsonx_unref) json_t *more = NULL;
	struct change change = {
		.verb = CTL_VERB_HOLD,
		.done = "put on hold",
	};
	int64_t for_ms;

	if (arguments_has(args, "end"))
		return hold_end(session, args, err);
	if (!span || !reason)
		return err_set(err, ERR_CONF,
			       "hold needs --for TIME and --reason TEXT, or "
			       "--end");
	if (timefmt_parse_duration(span, &for_ms) < 0 || for_ms <= 0)
		return err_set(err, ERR_CONF,
			       "--for: '%s' is no time such as 4h or 2d", span);
	more = json_pack("{s:I, s:s}", "for_ms", (json_int_t)for_ms, "reason",
			 reason);
	change.args = more;
	return change_all(session, args, &change, "triaged.hold.v1", err);
}
