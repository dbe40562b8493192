/*
 * What the three products call the end of an alert, and what each of them
 * lacks. Defender for Cloud sets a status; Defender XDR sets a status and
 * closes as something; the Cloud Apps portal only closes as something. Called
 * by call.c and by the plan.
 *
 * tested with: test_call
 */
#include "respond/call_priv.h"

#include <stdlib.h>
#include "util/compiler.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

/* Case matters to it. */
const char *call_arm_verb(const struct response *r)
{
	switch (r->action) {
	case RESPONSE_DISMISS:
		return "dismiss";
	case RESPONSE_RESOLVE:
		return "resolve";
	case RESPONSE_IN_PROGRESS:
		return "inProgress";
	default:
		return "activate";
	}
}

const char *call_portal_verb(const struct response *r)
{
	if (r->action == RESPONSE_RESOLVE)
		return "close_true_positive";
	return r->verdict == VERDICT_BENIGN ? "close_benign"
					    : "close_false_positive";
}

static const char *classification(enum verdict v)
{
	switch (v) {
	case VERDICT_TRUE_POSITIVE:
		return "truePositive";
	case VERDICT_FALSE_POSITIVE:
		return "falsePositive";
	case VERDICT_BENIGN:
		return "informationalExpectedActivity";
	case VERDICT_NONE:
		return NULL;
	}
	return NULL;
}

char *call_graph_body(const struct response *r)
{
	CLEANUP(jsonx_unref) json_t *body = NULL;
	const char *status = "resolved", *closes_as = NULL;
	char *text;

	if (r->action == RESPONSE_IN_PROGRESS)
		status = "inProgress";
	else if (r->action == RESPONSE_ACTIVATE)
		status = "new";
	else
		closes_as = classification(r->verdict);
	body = json_pack("{s:s, s:s*}", "status", status, "classification",
			 closes_as);
	text = jsonx_dump(body);
	if (!text)
		abort();
	return text;
}

/* Without the id the filter would select every alert there is: the caller
 * refuses an empty one. */
char *call_portal_body(const struct respond_place *p, const struct response *r)
{
	CLEANUP(jsonx_unref)
	json_t *body = json_pack("{s:{s:{s:[s]}}, s:s*}", "filters", "id", "eq",
				 p->id, "comment", r->reason);
	char *text = jsonx_dump(body);

	if (!text)
		abort();
	return text;
}

static int can_portal(enum response_action a, enum verdict verdict,
		      struct err *err)
{
	if (a == RESPONSE_IN_PROGRESS)
		return err_set(err, ERR_REFUSED,
			       "the Cloud Apps portal has no alerts in "
			       "progress; where the alert comes by Microsoft "
			       "Graph too, it is set there");
	if (a == RESPONSE_ACTIVATE)
		return err_set(err, ERR_REFUSED,
			       "the Cloud Apps portal opens no closed alert "
			       "again; do it in the Defender portal");
	if (a == RESPONSE_DISMISS && verdict == VERDICT_NONE)
		return err_set(err, ERR_CONF,
			       "the Cloud Apps portal closes an alert as "
			       "something: add --as false-positive or --as "
			       "benign");
	return 0;
}

static int can_graph(enum response_action a, enum verdict verdict,
		     struct err *err)
{
	if (a == RESPONSE_DISMISS && verdict == VERDICT_NONE)
		return err_set(err, ERR_CONF,
			       "Defender XDR closes an alert as something: add "
			       "--as false-positive or --as benign");
	return 0;
}

int respond_can(enum respond_door door, enum response_action a,
		enum verdict verdict, struct err *err)
{
	enum response_about about = response_action_about(a);

	if (about == RESPONSE_ABOUT_SITE || a == RESPONSE_NOTIFY_USER ||
	    (about == RESPONSE_ABOUT_USER) != (door == RESPOND_GRAPH_USERS))
		return err_set(err, ERR_REFUSED,
			       "%s is not done by this service",
			       response_action_name(a));
	switch (door) {
	case RESPOND_GRAPH_ALERTS:
		return can_graph(a, verdict, err);
	case RESPOND_PORTAL_ALERTS:
		return can_portal(a, verdict, err);
	case RESPOND_ARM_ALERTS:
	case RESPOND_GRAPH_USERS:
		return 0;
	}
	return 0;
}
