/*
 * The messages that ask for the approval of a response: whom they reached, and
 * taking back those that did not leave. Called when it is decided.
 *
 * tested with: test_outbox_asked
 */
#include "store/outbox.h"

#include "core/response.h"
#include "store/sqlite/outbox_priv.h"

/* The first time and the second. */
static int asked_open(struct query *q, struct store *s, enum statement id,
		      const struct response *r, struct err *err)
{
	int rc = query_open(q, s, id, err);

	if (rc < 0)
		return rc;
	query_bind_int(q, "@alert", r->alert_id);
	query_bind_int(q, "@step", NOTICE_STEP_ABOUT_RESPONSE);
	query_bind_int(q, "@from",
		       response_transition(r->id, RESPONSE_PLANNED));
	query_bind_int(q, "@to", response_transition(r->id, RESPONSE_WAITING));
	return 0;
}

int outbox_asked(struct store *s, const struct response *r, struct told **ret,
		 struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = asked_open(&q, s, STMT_NOTICE_ASKED, r, err);

	return rc < 0 ? rc : outbox_pairs(&q, ret, err);
}

static int unask(struct store *s, enum statement id, const struct response *r,
		 const char *why, int64_t now_ms, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = asked_open(&q, s, id, r, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@why", why);
	if (id == STMT_BUNDLE_UNASK)
		query_bind_int(&q, "@now", now_ms);
	return query_run(&q, err);
}

int outbox_unask(struct store *s, const struct response *r, const char *why,
		 int64_t now_ms, struct err *err)
{
	int n = unask(s, STMT_NOTICE_UNASK, r, why, now_ms, err);
	int rc;

	if (n < 0)
		return n;
	rc = unask(s, STMT_BUNDLE_UNASK, r, why, now_ms, err);
	return rc < 0 ? rc : n + rc;
}
