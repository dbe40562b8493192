/*
 * Responses that nobody moves any more: their time is over, or their runner has
 * died. Called by the timed job of the runner, in its transaction.
 *
 * tested with: test_responding
 */
#include "daemon/responding_priv.h"

#include "store/responses.h"

static int expire(struct pipeline *p, struct response *r, int64_t now_ms,
		  struct err *err)
{
	const struct respond_ending e = {
		.state = RESPONSE_EXPIRED,
		.answer = r->state == RESPONSE_APPROVED
				  ? "it could not be done in time"
				  : "nobody approved it in time",
	};

	return responding_enter(p, r, &e, "triaged", now_ms, err);
}

/* Before the call or after. */
static int recover(struct pipeline *p, struct response *r, int64_t now_ms,
		   struct err *err)
{
	static const struct respond_ending uncertain = {
		.state = RESPONSE_FAILED,
		.uncertain = true,
		.answer = "triaged ended while it was done, so it may have "
			  "been done or not; look before you plan it again",
	};

	if (r->called && !response_is_repeatable(r->action))
		return responding_enter(p, r, &uncertain, "triaged", now_ms,
					err);
	r->not_before_ms = now_ms;
	return responses_move(p->store, r, RESPONSE_APPROVED, err);
}

int responding_tend(struct pipeline *p, bool starting, int64_t now_ms,
		    struct err *err)
{
	int n = 0, rc;

	for (;; n++) {
		CLEANUP(response_release) struct response r = { 0 };

		rc = responses_lapsed(p->store, now_ms, starting, &r, err);
		if (rc == 1)
			rc = recover(p, &r, now_ms, err);
		else if (rc == 0)
			break;
		if (rc < 0)
			return rc;
	}
	for (;; n++) {
		CLEANUP(response_release) struct response r = { 0 };

		rc = responses_expired(p->store, now_ms, &r, err);
		if (rc == 1)
			rc = expire(p, &r, now_ms, err);
		else if (rc == 0)
			return n;
		if (rc < 0)
			return rc;
	}
}
