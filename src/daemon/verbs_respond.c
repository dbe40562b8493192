/*
 * The control verbs of responses: decode, bound what was typed, call
 * responding.c, answer with the plan. Called by control.c. Who may let
 * something be done is decided by triage/consent; the table asks for the least
 * role that settings can ask for.
 *
 * tested with: scenario/test_respond_cli
 */
#include "daemon/control_priv.h"

#include <string.h>

#include "daemon/respond_plan.h"
#include "store/responses.h"
#include "triaged/ctl.h"
#include "util/clock.h"
#include "util/jsonx.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

static const char *text_arg(const struct command *c, const char *name)
{
	const char *text = json_string_value(json_object_get(c->args, name));

	return text && *text ? text : NULL;
}

static char *reason_arg(const struct command *c)
{
	return utf8_clean_dup(text_arg(c, "reason"), CTL_REASON_MAX, UTF8_LINE);
}

static struct respond_decision asker_of(const struct command *c, int64_t now_ms)
{
	return (struct respond_decision){ .id = command_integer(c, "response"),
					  .who = c->peer->name,
					  .role = c->role,
					  .now_ms = now_ms };
}

/* @reason is borrowed. */
static int order_of(const struct command *c, const char *reason,
		    struct respond_order *ret, struct err *err)
{
	const char *action = text_arg(c, "action"), *as = text_arg(c, "as");

	*ret = (struct respond_order){
		.alert_id = command_integer(c, "alert"),
		.who = c->peer->name,
		.user = text_arg(c, "user"),
		.hook = text_arg(c, "hook"),
		.reason = reason,
		.contain = json_is_true(json_object_get(c->args, "contain")),
		.now_ms = clock_wall_ms(),
	};
	if (!action || !response_action_parse(action, &ret->action))
		return err_set(err, ERR_CONF,
			       "respond needs action: revoke-sessions, "
			       "suspend-user, restore-user, notify-user, "
			       "dismiss, resolve, in-progress, activate or "
			       "exec");
	if (as && !verdict_parse(as, &ret->verdict))
		return err_set(err, ERR_CONF,
			       "as is true-positive, false-positive or "
			       "benign");
	return 0;
}

/* What was shown is what is planned: the alert is of that version still. */
static int check_version(const struct command *c, const struct response *r,
			 struct err *err)
{
	int64_t version = command_integer(c, "version");

	if (version == 0 || version == r->alert_version)
		return 0;
	return err_set(err, ERR_CONFLICT,
		       "alert %lld has changed since you looked at it; look "
		       "again: triagectl show %lld",
		       (long long)r->alert_id, (long long)r->alert_id);
}

/* The plan of @r, with who may approve it in words. */
static int plan_of(struct command *c, const struct response *r,
		   const struct respond_decision *asker, json_t **ret,
		   struct err *err)
{
	struct app *a = c->app;
	CLEANUP(strbuf_release) struct strbuf holders = STRBUF_INIT;
	int rc = respond_plan_say(&a->pipeline, r, asker, ret, err);

	if (rc < 0)
		return rc;
	role_holders(&a->settings.conf->control, &a->gate.house,
		     a->settings.conf->respond.approver, &holders);
	(void)json_object_set_new(*ret, "approvers", json_string(holders.buf));
	return 0;
}

static void reply_plan(struct command *c, int rc, json_t *data,
		       const struct err *err)
{
	if (rc < 0)
		command_fail(c, rc, err);
	else
		ctl_reply(c->call, CTL_OK, NULL, json_incref(data));
}

/*
 * First as if, for all that the settings or the alert may lack: what is stored
 * can be done.
 */
static int plan_new(struct command *c, bool dry, json_t **ret, struct err *err)
{
	CLEANUP(response_release) struct response seen = { 0 };
	CLEANUP(response_release) struct response made = { 0 };
	CLEANUP(free_ptr) char *reason = reason_arg(c);
	CLEANUP(jsonx_unref) json_t *plan = NULL;
	struct respond_decision asker;
	struct respond_order o;
	int rc = order_of(c, reason, &o, err);

	if (rc < 0)
		return rc;
	o.dry = true;
	asker = asker_of(c, o.now_ms);
	rc = responding_plan(&c->app->pipeline, &o, &seen, err);
	if (rc >= 0)
		rc = check_version(c, &seen, err);
	if (rc >= 0)
		rc = plan_of(c, &seen, &asker, &plan, err);
	o.dry = false;
	if (rc >= 0 && !dry)
		rc = responding_plan(&c->app->pipeline, &o, &made, err);
	if (rc < 0)
		return rc;
	if (!dry)
		(void)json_object_set_new(plan, "response",
					  json_integer(made.id));
	*ret = take(plan);
	return 0;
}

static int plan_stored(struct command *c, json_t **ret, struct err *err)
{
	CLEANUP(response_release) struct response r = { 0 };
	const struct respond_decision asker = asker_of(c, clock_wall_ms());
	int rc = responses_get(c->app->store, asker.id, &r, err);

	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND,
			       "there is no response %lld; those that wait: "
			       "triagectl approve",
			       (long long)asker.id);
	return rc < 0 ? rc : plan_of(c, &r, &asker, ret, err);
}

static void do_plan(struct command *c)
{
	CLEANUP(jsonx_unref) json_t *plan = NULL;
	struct err err = ERR_INIT;
	int rc = command_integer(c, "response")
			 ? plan_stored(c, &plan, &err)
			 : plan_new(c, true, &plan, &err);

	reply_plan(c, rc, plan, &err);
}

static void do_respond(struct command *c)
{
	CLEANUP(jsonx_unref) json_t *plan = NULL;
	struct err err = ERR_INIT;
	int rc = plan_new(c, false, &plan, &err);

	reply_plan(c, rc, plan, &err);
}

typedef int decide_fn(struct pipeline *p, const struct respond_decision *d,
		      struct response *ret, struct err *err);

static void decide(struct command *c, const char *verb, decide_fn *fn)
{
	CLEANUP(response_release) struct response r = { 0 };
	CLEANUP(free_ptr) char *reason = reason_arg(c);
	struct respond_decision d = asker_of(c, clock_wall_ms());
	struct err err = ERR_INIT;
	int rc;

	d.reason = reason;
	rc = fn(&c->app->pipeline, &d, &r, &err);
	if (rc == ERR_DENIED)
		command_denied(c, verb, c->app->settings.conf->respond.approver,
			       err.text);
	if (rc < 0)
		command_fail(c, rc, &err);
	else
		ctl_reply(c->call, CTL_OK, NULL,
			  json_pack("{s:I, s:I, s:s}", "response",
				    (json_int_t)r.id, "alert",
				    (json_int_t)r.alert_id, "state",
				    response_state_name(r.state)));
}

static void do_approve(struct command *c)
{
	decide(c, CTL_VERB_APPROVE, responding_approve);
}

static void do_refuse(struct command *c)
{
	decide(c, CTL_VERB_REFUSE, responding_refuse);
}

const struct verb verbs_respond[] = {
	{ CTL_VERB_RESPOND_PLAN, ROLE_READ, do_plan },
	{ CTL_VERB_RESPOND, ROLE_OPERATE, do_respond },
	{ CTL_VERB_APPROVE, ROLE_OPERATE, do_approve },
	{ CTL_VERB_REFUSE, ROLE_OPERATE, do_refuse },
	{ 0 },
};
