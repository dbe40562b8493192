/*
 * See respond_plan.h. Called by the control verbs of responses; makes the same
 * requests that the runner will, and sends none of them.
 *
 * tested with: test_respond_plan scenario/test_respond_cli
 */
#include "daemon/respond_plan.h"

#include <string.h>

#include "daemon/respond_subject.h"
#include "daemon/responding_priv.h"
#include "respond/answer.h"
#include "store/responses.h"
#include "util/jsonx.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

/* --- what is done, in words --- */

static void add_call(json_t *calls, const char *step, const char *text)
{
	(void)json_array_append_new(calls, json_pack("{s:s, s:s}", "step", step,
						     "call", text));
}

/* A message and a program are one step each, and no look before it. */
static int add_own(const struct conf *c, const struct response *r,
		   json_t *calls, struct err *err)
{
	const char *name =
		r->action == RESPONSE_EXEC ? r->subject : c->respond.notify_by;
	const struct target_conf *t = name ? conf_target(c, name) : NULL;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (!t)
		return err_set(err, ERR_CONF,
			       "there is no target %s in the settings any more",
			       name ? name : "for notify-by");
	if (r->action == RESPONSE_NOTIFY_USER) {
		strbuf_addf(&text,
			    "e-mail to %s by target %s, with the reason as all "
			    "its text",
			    r->subject, t->name);
	} else {
		strbuf_addstr(&text, "run");
		for (size_t i = 0; i < t->command.n; i++)
			strbuf_addf(&text, " %s", t->command.v[i]);
		strbuf_addstr(&text, ", the alert as JSON on its standard "
				     "input");
	}
	add_call(calls, "change", text.buf);
	return 0;
}

static int add_requests(const struct respond_place *place,
			const struct response *r, json_t *calls,
			struct err *err)
{
	static const struct {
		enum respond_step step;
		const char *name;
	} steps[] = { { RESPOND_LOOK, "look" }, { RESPOND_CHANGE, "change" } };

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		CLEANUP(respond_call_release) struct respond_call call = { 0 };
		CLEANUP(free_ptr) char *text = NULL;
		int rc = respond_call_make(place, r, steps[i].step, &call, err);

		if (rc < 0)
			return rc;
		text = respond_call_text(&call);
		add_call(calls, steps[i].name, text);
	}
	return 0;
}

/* The calls, and what they need of who makes them. */
static int add_calls(struct pipeline *p, const struct alert_view *v,
		     const struct response *r, json_t *data, struct err *err)
{
	CLEANUP(free_ptr) char *id = NULL;
	struct respond_way way;
	struct respond_place place;
	json_t *calls = json_array();
	char needs[RESPOND_NEEDS_MAX];
	int rc;

	(void)json_object_set_new(data, "calls", calls);
	if (r->action == RESPONSE_NOTIFY_USER || r->action == RESPONSE_EXEC)
		return add_own(p->conf, r, calls, err);
	rc = respond_find_way(p->conf, &v->alert, r->action, r->source, &way,
			      err);
	if (rc >= 0)
		rc = respond_subject_find(p->store, r, &way, &id, err);
	if (rc < 0)
		return rc;
	place = (struct respond_place){ .door = way.door,
					.base = way.base,
					.id = id,
					.client_id = way.source->client_id };
	rc = add_requests(&place, r, calls, err);
	if (rc < 0)
		return rc;
	respond_needs(&place, r, needs, sizeof(needs));
	(void)json_object_set_new(data, "needs", json_string(needs));
	return 0;
}

/* --- what stands beside it --- */

/* As a guest is called in the directory that invited him. */
static bool is_guest(const char *user)
{
	return strcasestr(user, "#EXT#") != NULL;
}

static const char *caution_of(const struct response *r)
{
	const struct respond_seen seen = { .guest = is_guest(r->subject) };

	if (r->action == RESPONSE_EXEC)
		return "what the program does is not known here, and nothing "
		       "takes it back";
	if (r->action == RESPONSE_NOTIFY_USER)
		return "who took over the account may read the message, too";
	return respond_caution(r, &seen);
}

/* By what the subject most likely is before it; the look tells for sure. */
static const char *undo_of(const struct response *r)
{
	bool user = response_action_about(r->action) == RESPONSE_ABOUT_USER;
	enum response_action by;

	if (response_is_inverse(r->action) ||
	    !response_inverse(r->action, user ? FOUND_ENABLED : FOUND_ACTIVE,
			      &by))
		return NULL;
	return response_action_name(by);
}

static json_t *number_or_null(int64_t n)
{
	return n ? json_integer(n) : json_null();
}

static json_t *row_data(const struct response *r)
{
	return json_pack(
		"{s:o, s:s, s:I, s:I, s:s, s:s, s:s?, s:s?, s:b, s:s, s:s?, "
		"s:I, s:o}",
		"response", number_or_null(r->id), "state",
		response_state_name(r->state), "alert", (json_int_t)r->alert_id,
		"version", (json_int_t)r->alert_version, "action",
		response_action_name(r->action), "subject", r->subject,
		"source", r->source, "verdict",
		r->verdict ? verdict_name(r->verdict) : NULL, "contain",
		r->contain, "asked_by", r->asked_by, "reason", r->reason,
		"expires_ms", (json_int_t)r->expires_ms, "undoes",
		number_or_null(r->undoes));
}

/* Who may say yes, and why the one who asks may not. */
static int add_consent(struct pipeline *p, const struct alert_view *v,
		       const struct response *r,
		       const struct respond_decision *asker, json_t *data,
		       struct err *err)
{
	struct err no = ERR_INIT;
	struct consent c;
	int rc = responding_consent_now(p, v, r, asker->now_ms, &c, err);

	if (rc < 0)
		return rc;
	rc = consent_approve(&c, asker->who, asker->role, &no);
	(void)json_object_update_new(
		data,
		json_pack("{s:s?, s:b, s:s, s:s?, s:I, s:i}", "privileged",
			  consent_is_privileged(&c), "second_person",
			  consent_needs_second(&c), "approver",
			  role_name(p->conf->respond.approver), "you_may_not",
			  rc < 0 ? no.text : NULL, "approved",
			  (json_int_t)c.n_recent, "per_hour",
			  p->conf->respond.per_hour));
	return 0;
}

int respond_plan_say(struct pipeline *p, const struct response *r,
		     const struct respond_decision *asker, json_t **ret,
		     struct err *err)
{
	CLEANUP(alert_view_release) struct alert_view v = { 0 };
	CLEANUP(jsonx_unref) json_t *data = NULL;
	int rc = responding_alert(p, r->alert_id, &v, err);

	if (rc < 0)
		return rc;
	data = row_data(r);
	(void)json_object_update_new(data, json_pack("{s:s?, s:s?}", "undo",
						     undo_of(r), "caution",
						     caution_of(r)));
	rc = add_consent(p, &v, r, asker, data, err);
	if (rc >= 0)
		rc = add_calls(p, &v, r, data, err);
	if (rc < 0)
		return rc;
	*ret = take(data);
	return 0;
}
