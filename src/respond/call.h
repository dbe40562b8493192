/*
 * What a response asks of a service: pure, from a row to requests. Two for each
 * response, in this order:
 *
 *	look	how the subject stands now. What it says is stored before
 *		anything is changed (found), and compared: with what is
 *		protected, and with what is wanted, since nothing is called for
 *		what is so already
 *	change	the one call that changes something
 *
 *			look				change
 *	revoke-sessions	GET users/X			POST users/X/
 *							  revokeSignInSessions
 *	suspend-user	GET users/X			PATCH users/X
 *	restore-user	the same			the same
 *	dismiss ...	ARM: GET the alert		POST the alert/dismiss
 *			Graph: GET alerts_v2/X		PATCH alerts_v2/X
 *			portal: GET alerts/X		POST alerts/close_...
 *
 * notify-user goes by the outbox and exec by a program: neither is a call.
 * Names come out of alerts, so from whoever chose them: they are encoded in a
 * URL and data in JSON.
 */
#ifndef RESPOND_CALL_H
#define RESPOND_CALL_H

#include "core/response.h"
#include "util/err.h"

/* Whose API it is. */
enum respond_door {
	RESPOND_GRAPH_USERS,
	RESPOND_GRAPH_ALERTS,
	RESPOND_ARM_ALERTS,
	RESPOND_PORTAL_ALERTS, /* Cloud Apps */
};
#define RESPOND_DOOR_MAX (RESPOND_PORTAL_ALERTS + 1)

enum respond_step { RESPOND_LOOK, RESPOND_CHANGE };

/* Where it is done; borrowed. */
struct respond_place {
	enum respond_door door;
	const char *base; /* of the API, no trailing slash */
	/* The subject as this API has it: user, id of the alert, or its ARM id
	 * ("/subscriptions/..."). */
	const char *id;
	/* By whom, for words about permissions; NULL: the machine's identity.
	 */
	const char *client_id;
};

struct respond_call {
	const char *method;
	char *url;
	char *body; /* JSON; NULL: none, a POST then sends length 0 */
};
void respond_call_release(struct respond_call *c);

/* Can @door do @a, with this verdict? 0, or ERR_REFUSED or ERR_CONF with what
 * to do instead. Asked when it is planned. */
int respond_can(enum respond_door door, enum response_action a,
		enum verdict verdict, struct err *err) must_check;
/* The words of the plan: "POST https://... {...}". Heap. */
char *respond_call_text(const struct respond_call *c) must_check;
/* The request of one step, for an action that the door can do. The caller
 * releases it. 0, or ERR_REFUSED: the id is none of this API. */
int respond_call_make(const struct respond_place *p, const struct response *r,
		      enum respond_step step, struct respond_call *ret,
		      struct err *err) must_check;

/*
 * The ARM id of an alert, out of the item as it came: heap, "/subscriptions/
 * .../providers/Microsoft.Security/locations/.../alerts/...". ERR_SCHEMA when
 * there is none, or it has what no such id has.
 */
int respond_arm_id(const char *raw, size_t len, char **ret,
		   struct err *err) must_check;

#endif
