/*
 * The control verbs of drills: decode, bound what was typed, call drilling.c,
 * answer. Called by control.c.
 *
 * tested with: test_control scenario/test_drill
 */
#include "daemon/control_priv.h"

#include "daemon/drilling.h"
#include "triaged/ctl.h"
#include "util/clock.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

static const char *text_arg(const struct command *c, const char *name)
{
	return json_string_value(json_object_get(c->args, name));
}

static void begin(struct command *c, bool with_hooks)
{
	CLEANUP(drill_release) struct drill d = { 0 };
	CLEANUP(free_ptr)
	char *reason = utf8_clean_dup(text_arg(c, "reason"), CTL_REASON_MAX,
				      UTF8_LINE);
	const char *severity = text_arg(c, "severity");
	struct drill_order o = { .who = c->peer->name,
				 .reason = reason,
				 .severity = SEVERITY_CRITICAL,
				 .match = text_arg(c, "match"),
				 .for_ms = command_integer(c, "for_ms"),
				 .with_hooks = with_hooks,
				 .now_ms = clock_wall_ms() };
	struct err err = ERR_INIT;
	int rc = 0;

	if (severity && !severity_parse(severity, &o.severity))
		rc = err_set(&err, ERR_CONF,
			     "'%.40s' is no severity; critical, high, medium "
			     "or low",
			     severity);
	if (rc >= 0)
		rc = drilling_begin(&c->app->pipeline, &o, &d, &err);
	if (rc < 0)
		command_fail(c, rc, &err);
	else
		ctl_reply(c->call, CTL_OK, NULL,
			  json_pack("{s:I, s:I, s:I}", "drill",
				    (json_int_t)d.id, "alert",
				    (json_int_t)d.alert_id, "ends_ms",
				    (json_int_t)d.ends_ms));
}

static void do_drill(struct command *c)
{
	begin(c, false);
}

static void do_drill_with_hooks(struct command *c)
{
	begin(c, true);
}

static void do_drill_end(struct command *c)
{
	enum drill_result result;
	struct err err = ERR_INIT;
	int64_t alert_id;
	const struct drill_stop stop = { .alert_id =
						 command_integer(c, "alert"),
					 .who = c->peer->name,
					 .now_ms = clock_wall_ms() };
	int rc = drilling_end(&c->app->pipeline, &stop, &alert_id, &result,
			      &err);

	if (rc < 0)
		command_fail(c, rc, &err);
	else
		ctl_reply(c->call, CTL_OK, NULL,
			  json_pack("{s:I, s:s}", "alert", (json_int_t)alert_id,
				    "result", drill_result_name(result)));
}

/* What a hook does to the world is not undone when the drill is over. */
const struct verb verbs_drill[] = {
	{ CTL_VERB_DRILL, ROLE_OPERATE, do_drill },
	{ CTL_VERB_DRILL_WITH_HOOKS, ROLE_ADMIN, do_drill_with_hooks },
	{ CTL_VERB_DRILL_END, ROLE_OPERATE, do_drill_end },
	{ 0 },
};
