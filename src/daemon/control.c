/*
 * The verbs of the control socket: decode, call the room, answer values. Each
 * is one event and one transaction. Who may connect is decided by the mode of
 * the socket (group triaged), who may do what by the role that each row of the
 * tables names; who did it, or was not let, is written to the audit log. What
 * people do to alerts is in verbs_people.c, what they do to messages in
 * verbs_outbox.c, what they have done upstream in verbs_respond.c.
 *
 * tested with: test_control scenario/test_control
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/notice.h"
#include "ctl/wire.h"
#include "daemon/control_priv.h"
#include "daemon/doctor.h"
#include "daemon/owe.h"
#include "daemon/story.h"
#include "daemon/test_notice.h"
#include "store/audit.h"
#include "store/outbox.h"
#include "store/txn.h"
#include "triaged/ctl.h"
#include "triaged/messages.h"
#include "util/clock.h"
#include "util/digest.h"
#include "util/log.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"
#include "version.h"

static const char *code_of(int rc)
{
	switch (rc) {
	case ERR_NOT_FOUND:
		return CTL_NOT_FOUND;
	case ERR_CONFLICT:
	case ERR_BAD_STATE:
		return CTL_CONFLICT;
	case ERR_DENIED:
		return CTL_DENIED;
	case ERR_CONF:
		return CTL_USAGE;
	default:
		return CTL_FAILED;
	}
}

void command_fail(struct command *c, int rc, const struct err *err)
{
	ctl_reply(c->call, code_of(rc), err->text, NULL);
}

int64_t command_integer(const struct command *c, const char *name)
{
	return json_integer_value(json_object_get(c->args, name));
}

static void do_test_notify(struct command *c)
{
	const char *name =
		json_string_value(json_object_get(c->args, "target"));
	const struct target_conf *t =
		name ? conf_target(c->app->settings.conf, name) : NULL;
	const struct target_conf *beat =
		conf_heartbeat(c->app->settings.conf, name);
	CLEANUP(free_ptr) char *reason = NULL;
	json_t *ids;
	struct err err = ERR_INIT;
	int rc;

	if (beat) {
		beat_test(c->app, beat, c->call);
		return;
	}
	if (!t) {
		(void)err_set(&err, ERR_NOT_FOUND,
			      "there is no target '%.80s'; see targets: in %s",
			      name ? name : "", c->app->conf_path);
		command_fail(c, ERR_NOT_FOUND, &err);
		return;
	}
	ids = json_array();
	reason = xasprintf("a test asked for by %s with triagectl test-notify",
			   c->peer->name);
	rc = test_notice_put(c->app->store, t, reason, ids, &err);
	if (rc < 0) {
		json_decref(ids);
		command_fail(c, rc, &err);
		return;
	}
	deliver_try(c->app->deliver, t->name);
	ctl_reply(c->call, CTL_OK, NULL, json_pack("{s:o}", "deliveries", ids));
}

static void do_reload(struct command *c)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int rc = app_reload(c->app, &text);

	ctl_reply(c->call, rc < 0 ? CTL_FAILED : CTL_OK, text.buf, NULL);
}

static json_t *source_states(const struct app *a)
{
	json_t *list = json_array();

	for (size_t i = 0; i < poller_count(a->poller); i++) {
		struct poller_state s;

		poller_state(a->poller, i, &s);
		(void)json_array_append_new(
			list,
			json_pack("{s:s, s:s, s:b, s:b, s:I, s:I, s:s}",
				  "source", s.name, "kind", s.kind, "busy",
				  s.busy, "failing", s.failing,
				  "last_complete_ms",
				  (json_int_t)s.last_complete_ms, "next_in_ms",
				  (json_int_t)s.next_in_ms, "error", s.error));
	}
	return list;
}

static json_t *target_states(const struct app *a)
{
	json_t *list = json_array();
	struct deliver_target_state s;

	for (size_t i = 0; deliver_target_state(a->deliver, i, &s); i++)
		(void)json_array_append_new(
			list,
			json_pack("{s:s, s:I, s:i, s:I}", "target", s.name,
				  "waits_until_ms",
				  (json_int_t)s.waits_until_ms, "messages",
				  s.rate.messages, "within_ms",
				  (json_int_t)s.rate.within_ms));
	return list;
}

/* NULL: nobody keeps the journal of recent writes from shrinking. */
static json_t *log_state(const struct app *a)
{
	int64_t held_ms = tend_held_ms(&a->tend, clock_mono_ms());

	if (!held_ms)
		return NULL;
	return json_pack("{s:I, s:I, s:i}", "since_ms",
			 (json_int_t)(clock_wall_ms() - held_ms), "bytes",
			 (json_int_t)a->tend.log.bytes, "pid",
			 tend_reader_pid(&a->tend));
}

static void do_status(struct command *c)
{
	struct app *a = c->app;
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
	const char *why = NULL;
	bool healthy = app_is_healthy(a, &why);

	app_status_line(a, &line);
	ctl_reply(c->call, CTL_OK, line.buf,
		  json_pack("{s:I, s:s, s:I, s:b, s:s*, s:s, s:o, s:o, s:o, "
			    "s:o*, s:o*, s:s*}",
			    "pid", (json_int_t)getpid(), "version",
			    TRIAGED_VERSION, "up_since_ms",
			    (json_int_t)a->up_since_ms, "healthy",
			    healthy && !why, "trouble", why, "policy_hash",
			    a->settings.conf->policy.hash, "sources",
			    source_states(a), "targets", target_states(a),
			    "heartbeats", beat_states(a), "log_head",
			    app_head(a), "log_held", log_state(a),
			    "page_trouble", listening_trouble(a)));
}

static void do_doctor(struct command *c)
{
	ctl_reply(c->call, CTL_OK, NULL, doctor_findings(c->app));
}

static const struct verb verbs[] = {
	{ CTL_VERB_STATUS, ROLE_READ, do_status },
	{ CTL_VERB_TEST_NOTIFY, ROLE_OPERATE, do_test_notify },
	{ CTL_VERB_RELOAD, ROLE_ADMIN, do_reload },
	{ CTL_VERB_DOCTOR, ROLE_READ, do_doctor },
	{ 0 },
};

/* Each ends with an empty row. */
static const struct verb *const tables[] = { verbs,	     verbs_people,
					     verbs_silence,  verbs_outbox,
					     verbs_evidence, verbs_drill,
					     verbs_respond };

const struct verb *control_verb_at(size_t i)
{
	for (size_t t = 0; t < ARRAY_SIZE(tables); t++) {
		for (const struct verb *v = tables[t]; v->name; v++) {
			if (i-- == 0)
				return v;
		}
	}
	return NULL;
}

static const struct verb *find_verb(const char *name)
{
	const struct verb *v;
	size_t i = 0;

	while ((v = control_verb_at(i++)) && strcmp(v->name, name) != 0)
		;
	return v;
}

/* A refusal that the audit log cannot take is in the journal all the same. */
static void write_denial(struct command *c, const char *verb, enum role needs,
			 const char *why, int64_t untold)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	CLEANUP(free_ptr)
	char *detail = story_detail("{s:s, s:s, s:s, s:s*, s:I, s:I, s:I}",
				    "verb", verb, "needs", role_name(needs),
				    "has", role_name(c->role), "why", why,
				    "uid", (json_int_t)c->peer->uid, "pid",
				    (json_int_t)c->peer->pid, "untold_before",
				    (json_int_t)untold);
	struct err err = ERR_INIT;
	int rc = txn_begin(&txn, c->app->store, &err);

	if (rc >= 0)
		rc = audit_add(c->app->store,
			       &(struct audit_event){
				       .at_ms = clock_wall_ms(),
				       .actor = c->peer->name,
				       .kind = "denied",
				       .detail = detail,
			       },
			       &err);
	if (rc >= 0)
		rc = txn_commit(&txn, &err);
	if (rc < 0)
		app_store_trouble(c->app, &err);
}

void command_denied(struct command *c, const char *verb, enum role needs,
		    const char *why)
{
	struct app *a = c->app;
	int64_t untold;

	a->counters.control_denied++;
	if (!gate_is_news(&a->gate, c->peer->uid, clock_mono_ms(), &untold))
		return;
	log_event(LOG_WARNING, MSG_CONTROL_DENIED,
		  "a control request was refused", kv_str("VERB", verb),
		  kv_str("WHO", c->peer->name), kv_int("UID", c->peer->uid),
		  kv_int("PID", c->peer->pid),
		  kv_str("NEEDS", role_name(needs)),
		  kv_str("HAS", role_name(c->role)), kv_str("WHY", why),
		  kv_int("UNTOLD_BEFORE", untold));
	write_denial(c, verb, needs, why, untold);
}

static void deny(struct command *c, const struct verb *v)
{
	struct app *a = c->app;
	CLEANUP(strbuf_release) struct strbuf holders = STRBUF_INIT;
	CLEANUP(free_ptr) char *text = NULL;

	command_denied(c, v->name, v->role, NULL);
	role_holders(&a->settings.conf->control, &a->gate.house, v->role,
		     &holders);
	text = xasprintf("%s is refused: it needs the role %s, and %s has "
			 "%s; who has it: %s. See control: in %s",
			 v->name, role_name(v->role), c->peer->name,
			 role_name(c->role), holders.buf, a->conf_path);
	ctl_reply(c->call, CTL_DENIED, text, NULL);
}

void control_handle(void *arg, struct ctl_call *call,
		    const struct ctl_peer *peer, const char *verb,
		    const json_t *args)
{
	struct app *a = arg;
	enum role has = role_of(&a->settings.conf->control, &a->gate.house,
				peer->uid, peer->groups, peer->n_groups);
	struct command c = { a, call, peer, args, has };
	const struct verb *v = find_verb(verb);
	struct err err = ERR_INIT;
	int rc;

	a->counters.control_requests++;
	if (!v)
		ctl_reply(call, CTL_USAGE,
			  "this version of triaged does not know that verb",
			  NULL);
	else if (has < v->role)
		deny(&c, v);
	else if ((rc = wire_check_args(verb, args, &err)) < 0)
		command_fail(&c, rc, &err);
	else
		v->run(&c);
}
