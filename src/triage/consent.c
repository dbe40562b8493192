/*
 * Who may do what to whom, as pure decisions. Called by the control verbs and
 * by the daemon's timed job, before a row changes its state and before a call
 * is made; knows no network, no clock and no database.
 */
#include "triage/consent.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>
#include "triage/match.h"
#include "util/compiler.h"
#include "util/strbuf.h"
#include "util/timefmt.h"

/* Of the accounts that an alert has. */
#define NAMES_TOLD 4

static bool is_account(const struct entity *e)
{
	return strcmp(e->kind, "account") == 0;
}

static int find_named(const struct alert *a, const char *wanted,
		      const char **ret, struct err *err)
{
	for (size_t i = 0; i < a->n_entities; i++) {
		if (is_account(&a->entities[i]) &&
		    strcasecmp(a->entities[i].value, wanted) == 0) {
			*ret = a->entities[i].value;
			return 0;
		}
	}
	return err_set(err, ERR_NOT_FOUND,
		       "the alert has no account %s; triagectl show names "
		       "those it has",
		       wanted);
}

static int find_only(const struct alert *a, const char **ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf names = STRBUF_INIT;
	const char *found = NULL;
	size_t n = 0;

	for (size_t i = 0; i < a->n_entities; i++) {
		const char *value = a->entities[i].value;

		if (!is_account(&a->entities[i]) ||
		    !response_user_is_known_upstream(value))
			continue;
		/* The same one in another role. */
		if (found && strcasecmp(found, value) == 0)
			continue;
		found = value;
		if (n++ < NAMES_TOLD)
			strbuf_addf(&names, "%s%s", n > 1 ? ", " : "", value);
	}
	if (n == 0)
		return err_set(err, ERR_NOT_FOUND,
			       "the alert has no account that the directory "
			       "knows (like ada@example.org or an object id)");
	if (n > 1)
		return err_set(err, ERR_CONF,
			       "the alert has %zu accounts; say which one with "
			       "--user: %s%s",
			       n, names.buf, n > NAMES_TOLD ? ", ..." : "");
	*ret = found;
	return 0;
}

int consent_user(const struct alert *a, const char *wanted, const char **ret,
		 struct err *err)
{
	const char *found = NULL;
	int rc = wanted ? find_named(a, wanted, &found, err)
			: find_only(a, &found, err);

	if (rc < 0)
		return rc;
	if (!response_user_is_known_upstream(found))
		return err_set(err, ERR_REFUSED,
			       "%s is no account of the directory but of one "
			       "machine or domain; nothing can be done to it "
			       "from here",
			       found);
	*ret = found;
	return 0;
}

static const char *covering(const struct strlist *globs, const char *name)
{
	for (size_t i = 0; globs && name && i < globs->n; i++)
		if (match_glob(globs->v[i], name))
			return globs->v[i];
	return NULL;
}

/* By the name the alert has for the user, and by those of the directory. */
static const char *covers_user(const struct consent *c,
			       const struct strlist *globs)
{
	const struct response *r = c->response;
	const char *glob;

	if (response_action_about(r->action) != RESPONSE_ABOUT_USER)
		return NULL;
	glob = covering(globs, r->subject);
	for (size_t i = 0; !glob && c->names && i < c->names->n; i++)
		glob = covering(globs, c->names->v[i]);
	return glob;
}

const char *consent_protects(const struct consent *c)
{
	if (response_is_inverse(c->response->action))
		return NULL;
	return covers_user(c, &c->policy->protect);
}

const char *consent_is_privileged(const struct consent *c)
{
	return covers_user(c, c->privileged);
}

bool consent_needs_second(const struct consent *c)
{
	if (consent_is_privileged(c))
		return true;
	switch (c->policy->second) {
	case SECOND_FOR_USERS:
		return response_action_about(c->response->action) !=
		       RESPONSE_ABOUT_ALERT;
	case SECOND_ALWAYS:
		return true;
	case SECOND_NEVER:
		return false;
	}
	return true;
}

static int check_enabled(const struct consent *c, struct err *err)
{
	const struct response *r = c->response;

	if (response_is_enabled(c->policy, r->action, r->subject))
		return 0;
	if (r->action == RESPONSE_EXEC)
		return err_set(err, ERR_REFUSED,
			       "the program %s is not enabled; an "
			       "administrator adds it to respond.hooks",
			       r->subject);
	return err_set(err, ERR_REFUSED,
		       "%s is not enabled; an administrator adds it to "
		       "respond.actions",
		       response_action_name(r->action));
}

static int check_protected(const struct consent *c, struct err *err)
{
	const char *glob = consent_protects(c);

	if (!glob)
		return 0;
	return err_set(err, ERR_REFUSED,
		       "%s is protected (%s in respond.protect): nothing is "
		       "done to it from here",
		       c->response->subject, glob);
}

/* What never happened, or happened to triaged itself, is nobody's fault. */
static int check_alert(const struct consent *c, struct err *err)
{
	if (alert_is_drill(c->alert))
		return err_set(err, ERR_REFUSED,
			       "the alert is a drill: nothing is done about "
			       "it");
	if (strcmp(c->alert->kind, ALERT_KIND_SELF) == 0)
		return err_set(err, ERR_REFUSED,
			       "the alert is about triaged itself: nothing can "
			       "be done about it upstream");
	return 0;
}

static int check_inverse(const struct consent *c, struct err *err)
{
	const struct response *r = c->response, *u = c->undone;
	enum response_action by;

	if (!response_is_inverse(r->action))
		return 0;
	if (u && u->state == RESPONSE_DONE && u->subject &&
	    strcasecmp(u->subject, r->subject) == 0 &&
	    response_inverse(u->action, u->found, &by) && by == r->action)
		return 0;
	return err_set(err, ERR_REFUSED,
		       "%s takes back what was done here, and nothing was done "
		       "to %s that it could take back",
		       response_action_name(r->action), r->subject);
}

/* The portal of Cloud Apps and Graph close an alert as something. */
static int check_verdict(const struct consent *c, struct err *err)
{
	const struct response *r = c->response;
	bool closes =
		r->action == RESPONSE_DISMISS || r->action == RESPONSE_RESOLVE;

	if (r->verdict == VERDICT_NONE)
		return 0;
	if (!closes)
		return err_set(err, ERR_CONF,
			       "--as goes with dismiss and resolve alone");
	if ((r->verdict == VERDICT_TRUE_POSITIVE) ==
	    (r->action == RESPONSE_RESOLVE))
		return 0;
	return err_set(err, ERR_CONF,
		       "%s is what %s stands for; %s goes with %s",
		       verdict_name(r->verdict),
		       r->action == RESPONSE_RESOLVE ? "dismiss" : "resolve",
		       response_action_name(r->action),
		       r->action == RESPONSE_RESOLVE
			       ? "true-positive"
			       : "false-positive or benign");
}

int consent_plan(const struct consent *c, struct err *err)
{
	static int (*const checks[])(const struct consent *, struct err *) = {
		check_alert,   check_enabled, check_protected,
		check_inverse, check_verdict,
	};
	const struct response *r = c->response;

	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		int rc = checks[i](c, err);

		if (rc < 0)
			return rc;
	}
	if (c->other)
		return err_set(err, ERR_BUSY,
			       "number %" PRId64 " is to %s %s already; see: "
			       "triagectl approve %" PRId64 " --plan",
			       c->other, response_action_name(r->action),
			       r->subject, c->other);
	return 0;
}

static int check_in_time(const struct consent *c, struct err *err)
{
	char at[TIMEFMT_MAX];

	if (c->now_ms < c->response->expires_ms)
		return 0;
	return err_set(err, ERR_BAD_STATE,
		       "number %" PRId64 " expired at %s; plan it again: "
		       "triagectl respond %" PRId64 " %s",
		       c->response->id,
		       timefmt_utc(c->response->expires_ms, at),
		       c->response->alert_id,
		       response_action_name(c->response->action));
}

static int check_person(const struct consent *c, const char *who,
			enum role role, struct err *err)
{
	const struct response *r = c->response;

	if (role < c->policy->approver)
		return err_set(err, ERR_DENIED,
			       "approving needs the role %s, and yours is %s; "
			       "the settings say who has it (control)",
			       role_name(c->policy->approver), role_name(role));
	if (!role_may_be_same(who, r->asked_by) || !consent_needs_second(c))
		return 0;
	if (strcmp(who, r->asked_by) == 0)
		return err_set(err, ERR_DENIED,
			       "you asked for it yourself, so somebody else "
			       "with the role %s must approve it",
			       role_name(c->policy->approver));
	return err_set(err, ERR_DENIED,
		       "%s asked for it and you are %s: the accounts of this "
		       "machine do not tell who the number is, so it may be "
		       "one person; try again when names are found (getent "
		       "passwd), or plan it again",
		       r->asked_by, who);
}

static int check_cap(const struct consent *c, struct err *err)
{
	if (response_is_inverse(c->response->action) ||
	    c->n_recent < c->policy->per_hour)
		return 0;
	return err_set(err, ERR_LIMIT,
		       "%" PRId64 " were approved within the last hour, and "
		       "respond.per-hour allows %d; wait, or have an "
		       "administrator raise it",
		       c->n_recent, c->policy->per_hour);
}

int consent_approve(const struct consent *c, const char *who, enum role role,
		    struct err *err)
{
	const struct response *r = c->response;
	int rc;

	if (!response_may_enter(r->state, RESPONSE_APPROVED) ||
	    r->state == RESPONSE_RUNNING)
		return err_set(err, ERR_BAD_STATE,
			       "number %" PRId64 " is %s already", r->id,
			       response_state_name(r->state));
	rc = check_person(c, who, role, err);
	if (rc == 0)
		rc = check_in_time(c, err);
	if (rc == 0 && c->alert_version != r->alert_version)
		return err_set(err, ERR_CONFLICT,
			       "alert %" PRId64 " has changed since number "
			       "%" PRId64 " was planned; look at it (triagectl "
			       "show %" PRId64 "), and say no to this one "
			       "(triagectl approve %" PRId64
			       " --refuse) before "
			       "you ask again",
			       r->alert_id, r->id, r->alert_id, r->id);
	if (rc == 0)
		rc = check_enabled(c, err);
	if (rc == 0)
		rc = check_protected(c, err);
	return rc < 0 ? rc : check_cap(c, err);
}

/* Only the directory may know by which of his names somebody is privileged. */
static int check_second(const struct consent *c, struct err *err)
{
	const struct response *r = c->response;

	if (!role_may_be_same(r->approved_by, r->asked_by) ||
	    !consent_needs_second(c))
		return 0;
	return err_set(err, ERR_REFUSED,
		       "%s approved it alone, for all that is known, and it "
		       "needs a second person; plan it again and have somebody "
		       "else approve it",
		       r->approved_by);
}

int consent_run(const struct consent *c, struct err *err)
{
	int rc = check_enabled(c, err);

	if (rc == 0)
		rc = check_protected(c, err);
	if (rc == 0)
		rc = check_second(c, err);
	/* What was called must be followed to its end. */
	if (rc == 0 && !c->response->called)
		rc = check_in_time(c, err);
	return rc;
}
