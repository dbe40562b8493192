/*
 * Responses that nobody moves any more: their time is over, nobody has answered
 * for half of it, their runner has died, or a restore ended them. Called by the
 * timed job of the runner, in its transaction.
 *
 * tested with: test_responding test_responding_word
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

/* Once: the row says so before anybody hears it, and a restart reads the row.
 */
static int remind(struct pipeline *p, struct response *r, int64_t now_ms,
		  struct err *err)
{
	int rc;

	r->remind_ms = 0;
	rc = responses_move(p->store, r, RESPONSE_WAITING, err);
	return rc < 0 ? rc : responding_ask_again(p, r, now_ms, err);
}

/* Once, too. */
static int tell_restored(struct pipeline *p, struct response *r, int64_t now_ms,
			 struct err *err)
{
	int rc = responses_move(p->store, r, RESPONSE_REFUSED, err);

	return rc < 0 ? rc : responding_tell_restored(p, r, now_ms, err);
}

static int tend_lapsed(struct pipeline *p, bool starting, int64_t now_ms,
		       struct err *err)
{
	for (int n = 0;; n++) {
		CLEANUP(response_release) struct response r = { 0 };
		int rc = responses_lapsed(p->store, now_ms, starting, &r, err);

		if (rc == 1)
			rc = recover(p, &r, now_ms, err);
		else if (rc == 0)
			return n;
		if (rc < 0)
			return rc;
	}
}

typedef int find_fn(struct store *s, int64_t now_ms, struct response *ret,
		    struct err *err);
typedef int treat_fn(struct pipeline *p, struct response *r, int64_t now_ms,
		     struct err *err);

static int tend_each(struct pipeline *p, find_fn *find, treat_fn *treat,
		     int64_t now_ms, struct err *err)
{
	for (int n = 0;; n++) {
		CLEANUP(response_release) struct response r = { 0 };
		int rc = find(p->store, now_ms, &r, err);

		if (rc == 1)
			rc = treat(p, &r, now_ms, err);
		else if (rc == 0)
			return n;
		if (rc < 0)
			return rc;
	}
}

/* What is over asks nobody again, so it ends first. */
int responding_tend(struct pipeline *p, bool starting, int64_t now_ms,
		    struct err *err)
{
	int lapsed = tend_lapsed(p, starting, now_ms, err);
	int restored = 0, expired, reminded;

	if (lapsed >= 0 && starting)
		restored = tend_each(p, responses_restored, tell_restored,
				     now_ms, err);
	if (lapsed < 0 || restored < 0)
		return MIN(lapsed, restored);
	expired = tend_each(p, responses_expired, expire, now_ms, err);
	if (expired < 0)
		return expired;
	reminded = tend_each(p, responses_to_remind, remind, now_ms, err);
	return reminded < 0 ? reminded : lapsed + restored + expired + reminded;
}
