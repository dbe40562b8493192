/*
 * Which permission each request needs, in words for who administers the
 * directory. Called when a plan is shown, and when a service said 403.
 *
 * tested with: test_answer
 */
#include "respond/answer_priv.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "respond/answer.h"

/* The permission of Microsoft Graph. */
static const char *graph_permission(const struct respond_place *p,
				    const struct response *r,
				    enum respond_step step)
{
	if (p->door == RESPOND_GRAPH_ALERTS)
		return step == RESPOND_LOOK ? "SecurityAlert.Read.All"
					    : "SecurityAlert.ReadWrite.All";
	if (step == RESPOND_LOOK)
		return "User.Read.All";
	return r->action == RESPONSE_REVOKE_SESSIONS
		       ? "User.RevokeSessions.All"
		       : "User.EnableDisableAccount.All";
}

static void say_graph(const struct respond_place *p, const struct response *r,
		      enum respond_step step, char *ret, size_t size)
{
	bool user = p->door == RESPOND_GRAPH_USERS && step == RESPOND_CHANGE;

	snprintf(ret, size,
		 "Microsoft Graph refused it: %s%s needs the application "
		 "permission %s with admin consent%s",
		 p->client_id ? "the application " : "the managed identity",
		 p->client_id ? p->client_id : "", graph_permission(p, r, step),
		 user ? "; for an account with an administrator's role also "
			"the directory role Privileged Authentication "
			"Administrator"
		      : "");
}

/* The subscription is what stands before the third slash behind it. */
static void say_arm(const struct respond_place *p, enum respond_step step,
		    char *ret, size_t size)
{
	const char *end = p->id + strlen("/subscriptions/");

	end += strcspn(end, "/");
	snprintf(ret, size,
		 "Azure refused it: az role assignment create --assignee %s "
		 "--role \"%s\" --scope %.*s",
		 p->client_id ? p->client_id : "IDENTITY",
		 step == RESPOND_LOOK ? "Security Reader" : "Security Admin",
		 (int)(end - p->id), p->id);
}

void respond_needs(const struct respond_place *p, const struct response *r,
		   char *ret, size_t size)
{
	switch (p->door) {
	case RESPOND_GRAPH_USERS:
		snprintf(ret, size, "the application permissions %s and %s",
			 graph_permission(p, r, RESPOND_LOOK),
			 graph_permission(p, r, RESPOND_CHANGE));
		return;
	case RESPOND_GRAPH_ALERTS:
		snprintf(ret, size, "the application permission %s",
			 graph_permission(p, r, RESPOND_CHANGE));
		return;
	case RESPOND_ARM_ALERTS:
		snprintf(ret, size,
			 "the role Security Admin in the subscription");
		return;
	case RESPOND_PORTAL_ALERTS:
		snprintf(ret, size, "a token with Investigation.manage");
		return;
	}
}

void answer_permission(const struct respond_place *p, const struct response *r,
		       enum respond_step step, char *ret, size_t size)
{
	switch (p->door) {
	case RESPOND_GRAPH_USERS:
	case RESPOND_GRAPH_ALERTS:
		say_graph(p, r, step, ret, size);
		return;
	case RESPOND_ARM_ALERTS:
		say_arm(p, step, ret, size);
		return;
	case RESPOND_PORTAL_ALERTS:
		snprintf(ret, size,
			 "the Cloud Apps portal refused it: the token needs "
			 "the permission %s",
			 step == RESPOND_LOOK ? "Investigation.read"
					      : "Investigation.manage");
		return;
	}
}
