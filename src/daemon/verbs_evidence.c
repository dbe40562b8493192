/*
 * The control verb that asks for evidence, and looks how that goes. Called by
 * control.c; the work is in inquiries.c.
 *
 * tested with: scenario/test_activities
 */
#include "daemon/control_priv.h"

#include "daemon/inquiries.h"
#include "triage/trail.h"
#include "triaged/ctl.h"
#include "util/clock.h"

static const char *text_arg(const struct command *c, const char *name)
{
	return json_string_value(json_object_get(c->args, name));
}

static json_t *asking_json(const struct inquiry_state *s)
{
	return json_pack("{s:I, s:I, s:I}", "pages",
			 (json_int_t)s->progress.n_pages, "found",
			 (json_int_t)s->progress.n_found, "wait_ms",
			 (json_int_t)s->progress.wait_ms);
}

static json_t *kept_json(const struct inquiry_state *s)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:s*}", "fetch",
			 (json_int_t)s->kept.fetch, "found",
			 (json_int_t)s->kept.n_found, "added",
			 (json_int_t)s->kept.n_added, "unread",
			 (json_int_t)s->n_unread, "trouble",
			 s->trouble[0] ? s->trouble : NULL);
}

static json_t *failed_json(const struct inquiry_state *s)
{
	return json_pack("{s:s, s:I}", "error", s->error, "retry_at_ms",
			 (json_int_t)s->retry_at_ms);
}

static void reply_state(struct command *c, int64_t number)
{
	struct inquiry_state s;
	json_t *data, *more;

	if (!inquiry_look(c->app->inquiries, number, &s)) {
		ctl_reply(c->call, CTL_NOT_FOUND,
			  "triaged does not remember that inquiry; what was "
			  "kept of it is shown by: triagectl activities",
			  NULL);
		return;
	}
	more = s.stage == INQUIRY_ASKING ? asking_json(&s)
	       : s.stage == INQUIRY_KEPT ? kept_json(&s)
					 : failed_json(&s);
	data = json_pack("{s:I, s:s, s:s, s:s, s:s}", "inquiry",
			 (json_int_t)number, "state",
			 inquiry_stage_name(s.stage), "source", s.source,
			 "about_kind",
			 trail_kind_name(s.about == ACTIVITIES_ADDRESS
						 ? TRAIL_IP
						 : TRAIL_ACCOUNT),
			 "about", s.value);
	/* Only memory can fail here, and then the answer says less. */
	if (data && more)
		(void)json_object_update(data, more);
	json_decref(more);
	ctl_reply(c->call, CTL_OK, NULL, data);
}

static void begin(struct command *c)
{
	const char *user = text_arg(c, "user"), *ip = text_arg(c, "ip");
	const struct inquiry_ask ask = {
		.alert_id = command_integer(c, "alert"),
		.who = c->peer->name,
		.value = user ? user : ip,
		.about = user ? ACTIVITIES_ACCOUNT : ACTIVITIES_ADDRESS,
		.around_ms = command_integer(c, "around_ms"),
		.most = command_integer(c, "limit"),
		.now_ms = clock_wall_ms(),
	};
	struct err err = ERR_INIT;
	int64_t number;
	int rc;

	if (user && ip) {
		ctl_reply(c->call, CTL_USAGE,
			  "activities are asked for by user or by ip, not by "
			  "both",
			  NULL);
		return;
	}
	rc = inquiry_begin(c->app->inquiries, &ask, &number, &err);
	if (rc < 0)
		command_fail(c, rc, &err);
	else
		reply_state(c, number);
}

static void do_activities(struct command *c)
{
	int64_t number = command_integer(c, "inquiry");

	if (number)
		reply_state(c, number);
	else
		begin(c);
}

const struct verb verbs_evidence[] = {
	{ CTL_VERB_ACTIVITIES, ROLE_OPERATE, do_activities },
	{ 0 },
};
