/*
 * The life of a response as tables: actions, states, what undoes what. Called
 * by triage/consent, the store, respond/ and both programs; knows no service
 * and who may do what.
 */
#include "core/response.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "util/compiler.h"

static const struct action_row {
	const char *name;
	enum response_about about;
	bool repeatable, inverse;
	enum response_found wants;
} actions[] = {
	/* A second time ends the sessions that began since, which is what was
	 * wanted at the first. */
	[RESPONSE_REVOKE_SESSIONS] = { .name = "revoke-sessions",
				       .about = RESPONSE_ABOUT_USER,
				       .repeatable = true },
	[RESPONSE_SUSPEND_USER] = { .name = "suspend-user",
				    .about = RESPONSE_ABOUT_USER,
				    .repeatable = true,
				    .wants = FOUND_DISABLED },
	[RESPONSE_RESTORE_USER] = { .name = "restore-user",
				    .about = RESPONSE_ABOUT_USER,
				    .repeatable = true,
				    .inverse = true,
				    .wants = FOUND_ENABLED },
	/* Owed to the outbox under a key of its own, which takes it once. */
	[RESPONSE_NOTIFY_USER] = { .name = "notify-user",
				   .about = RESPONSE_ABOUT_USER,
				   .repeatable = true },
	[RESPONSE_DISMISS] = { .name = "dismiss",
			       .about = RESPONSE_ABOUT_ALERT,
			       .repeatable = true,
			       .wants = FOUND_DISMISSED },
	[RESPONSE_RESOLVE] = { .name = "resolve",
			       .about = RESPONSE_ABOUT_ALERT,
			       .repeatable = true,
			       .wants = FOUND_RESOLVED },
	[RESPONSE_IN_PROGRESS] = { .name = "in-progress",
				   .about = RESPONSE_ABOUT_ALERT,
				   .repeatable = true,
				   .wants = FOUND_IN_PROGRESS },
	[RESPONSE_ACTIVATE] = { .name = "activate",
				.about = RESPONSE_ABOUT_ALERT,
				.repeatable = true,
				.inverse = true,
				.wants = FOUND_ACTIVE },
	/* Nobody here knows what the program does. */
	[RESPONSE_EXEC] = { .name = "exec", .about = RESPONSE_ABOUT_SITE },
};
_Static_assert(ARRAY_SIZE(actions) == RESPONSE_ACTION_MAX, "an action lacks");

static const struct state_row {
	const char *name;
	unsigned may; /* states it may go to; 0: an end */
} states[] = {
	[RESPONSE_PLANNED] = { "planned", BIT(RESPONSE_WAITING) |
						  BIT(RESPONSE_APPROVED) |
						  BIT(RESPONSE_REFUSED) |
						  BIT(RESPONSE_EXPIRED) },
	[RESPONSE_WAITING] = { "waiting", BIT(RESPONSE_APPROVED) |
						  BIT(RESPONSE_REFUSED) |
						  BIT(RESPONSE_EXPIRED) },
	[RESPONSE_APPROVED] = { "approved", BIT(RESPONSE_RUNNING) |
						    BIT(RESPONSE_REFUSED) |
						    BIT(RESPONSE_EXPIRED) },
	/* Back to approved: it is tried again. */
	[RESPONSE_RUNNING] = { "running", BIT(RESPONSE_APPROVED) |
						  BIT(RESPONSE_DONE) |
						  BIT(RESPONSE_FAILED) |
						  BIT(RESPONSE_REFUSED) },
	[RESPONSE_DONE] = { "done", 0 },
	[RESPONSE_FAILED] = { "failed", 0 },
	[RESPONSE_REFUSED] = { "refused", 0 },
	[RESPONSE_EXPIRED] = { "expired", 0 },
};
_Static_assert(ARRAY_SIZE(states) == RESPONSE_STATE_MAX, "a state lacks");

static const char *const found_names[] = {
	[FOUND_UNKNOWN] = "unknown",	     [FOUND_ENABLED] = "enabled",
	[FOUND_DISABLED] = "disabled",	     [FOUND_ACTIVE] = "active",
	[FOUND_IN_PROGRESS] = "in-progress", [FOUND_RESOLVED] = "resolved",
	[FOUND_DISMISSED] = "dismissed",
};
_Static_assert(ARRAY_SIZE(found_names) == RESPONSE_FOUND_MAX, "a word lacks");

void response_release(struct response *r)
{
	free(r->subject);
	free(r->source);
	free(r->asked_by);
	free(r->reason);
	free(r->approved_by);
	free(r->ended_by);
	free(r->answer);
	free(r->request_id);
	*r = (struct response){ 0 };
}

void response_policy_release(struct response_policy *p)
{
	strlist_release(&p->hooks);
	strlist_release(&p->protect);
	free(p->notify_by);
	p->notify_by = NULL;
}

bool response_is_enabled(const struct response_policy *p,
			 enum response_action a, const char *hook)
{
	if (a == RESPONSE_EXEC)
		return hook && strlist_has(&p->hooks, hook);
	/* Whoever may do it may take it back. */
	if (a == RESPONSE_RESTORE_USER)
		a = RESPONSE_SUSPEND_USER;
	if (a == RESPONSE_ACTIVATE)
		return p->enabled &
		       (BIT(RESPONSE_DISMISS) | BIT(RESPONSE_RESOLVE) |
			BIT(RESPONSE_IN_PROGRESS));
	return p->enabled & BIT(a);
}

/* A number from a newer or damaged database must still print. */
const char *response_action_name(enum response_action a)
{
	return (unsigned)a < RESPONSE_ACTION_MAX ? actions[a].name : "unknown";
}

bool response_action_parse(const char *word, enum response_action *ret)
{
	for (size_t i = 0; word && i < RESPONSE_ACTION_MAX; i++) {
		if (strcasecmp(word, actions[i].name) == 0) {
			*ret = (enum response_action)i;
			return true;
		}
	}
	return false;
}

const char *response_state_name(enum response_state s)
{
	return (unsigned)s < RESPONSE_STATE_MAX ? states[s].name : "unknown";
}

const char *response_found_name(enum response_found f)
{
	return (unsigned)f < RESPONSE_FOUND_MAX ? found_names[f] : "unknown";
}

enum response_about response_action_about(enum response_action a)
{
	return actions[a].about;
}

bool response_is_repeatable(enum response_action a)
{
	return actions[a].repeatable;
}

bool response_is_inverse(enum response_action a)
{
	return actions[a].inverse;
}

bool response_may_enter(enum response_state from, enum response_state to)
{
	return states[from].may & BIT(to);
}

bool response_has_ended(enum response_state s)
{
	return states[s].may == 0;
}

enum response_found response_wants(enum response_action a)
{
	return actions[a].wants;
}

bool response_inverse(enum response_action a, enum response_found found,
		      enum response_action *ret)
{
	/* Ended sessions and sent messages nobody brings back. */
	if (found == FOUND_UNKNOWN || found == actions[a].wants ||
	    actions[a].wants == FOUND_UNKNOWN)
		return false;
	for (size_t i = 0; i < RESPONSE_ACTION_MAX; i++) {
		if (actions[i].wants == found &&
		    actions[i].about == actions[a].about) {
			*ret = (enum response_action)i;
			return true;
		}
	}
	return false;
}

/* 8-4-4-4-12 */
static bool is_object_id(const char *s)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	size_t i;

	for (i = 0; form[i] && s[i]; i++) {
		if (form[i] == '-' ? s[i] != '-'
				   : !strchr("0123456789abcdefABCDEF", s[i]))
			return false;
	}
	return !form[i] && !s[i];
}

bool response_user_is_known_upstream(const char *account)
{
	const char *at;

	if (is_object_id(account))
		return true;
	at = strchr(account, '@');
	/* What could mean something to a URL, or a screen, is in no name. */
	for (const char *c = account; *c; c++)
		if ((unsigned char)*c <= ' ' || strchr("\\/?%\"<>", *c))
			return false;
	return at && at != account && at[1] && !strchr(at + 1, '@') &&
	       strchr(at + 1, '.');
}

int64_t response_transition(int64_t id, enum response_state s)
{
	return id * RESPONSE_STATE_MAX + (int64_t)s;
}
