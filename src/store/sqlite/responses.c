/*
 * Responses as rows. Called by the control verbs and by the daemon's timed job;
 * what may be done is known to triage/consent, how to respond/.
 */
#include "store/responses.h"

#include <assert.h>
#include <inttypes.h>
#include "store/sqlite/engine_priv.h"
#include "util/compiler.h"

int responses_add(struct store *s, const struct response *r, int64_t *ret_id,
		  struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_RESPONSE_ADD, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@alert", r->alert_id);
	query_bind_int(&q, "@episode", r->episode);
	query_bind_int(&q, "@version", r->alert_version);
	query_bind_int(&q, "@action", r->action);
	query_bind_int(&q, "@state", r->state);
	query_bind_text(&q, "@subject", r->subject);
	query_bind_text(&q, "@source", r->source);
	query_bind_int(&q, "@verdict", r->verdict);
	query_bind_int(&q, "@contain", r->contain);
	query_bind_text(&q, "@asked_by", r->asked_by);
	query_bind_text(&q, "@reason", r->reason);
	query_bind_int(&q, "@planned", r->planned_ms);
	query_bind_int(&q, "@expires", r->expires_ms);
	query_bind_ms(&q, "@undoes", r->undoes);
	query_bind_ms(&q, "@remind", r->remind_ms);
	rc = query_one(&q, ret_id, err);
	return rc < 0 ? rc : 0;
}

static void response_read(struct response *r, const struct query *q)
{
	int c = 0;

	*r = (struct response){ .id = row_int(q, c++) };
	r->alert_id = row_int(q, c++);
	r->episode = row_int(q, c++);
	r->alert_version = row_int(q, c++);
	r->action = (enum response_action)row_int(q, c++);
	r->state = (enum response_state)row_int(q, c++);
	r->subject = row_text(q, c++);
	r->source = row_text(q, c++);
	r->verdict = (enum verdict)row_int(q, c++);
	r->contain = row_int(q, c++) != 0;
	r->asked_by = row_text(q, c++);
	r->reason = row_text(q, c++);
	r->planned_ms = row_int(q, c++);
	r->expires_ms = row_int(q, c++);
	r->approved_by = row_text(q, c++);
	r->approved_ms = row_int(q, c++);
	r->not_before_ms = row_int(q, c++);
	r->lease_ms = row_int(q, c++);
	r->attempts = row_int(q, c++);
	r->called = row_int(q, c++) != 0;
	r->found = (enum response_found)row_int(q, c++);
	r->finished_ms = row_int(q, c++);
	r->ended_by = row_text(q, c++);
	r->uncertain = row_int(q, c++) != 0;
	r->answer = row_text(q, c++);
	r->request_id = row_text(q, c++);
	r->undoes = row_int(q, c++);
	r->remind_ms = row_int(q, c++);
	r->since_ms = row_int(q, c++);
}

/* The first row, if there is one. */
static int read_one(struct query *q, struct response *ret, struct err *err)
{
	int rc = query_step(q, err);

	if (rc == 1)
		response_read(ret, q);
	return rc;
}

int responses_get(struct store *s, int64_t id, struct response *ret,
		  struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_RESPONSE_GET, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", id);
	return read_one(&q, ret, err);
}

static int move_row(struct store *s, const struct response *r,
		    enum response_state to, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_RESPONSE_MOVE, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@to", to);
	query_bind_int(&q, "@expires", r->expires_ms);
	query_bind_text(&q, "@approved_by", r->approved_by);
	query_bind_ms(&q, "@approved", r->approved_ms);
	query_bind_ms(&q, "@not_before", r->not_before_ms);
	query_bind_ms(&q, "@lease", r->lease_ms);
	query_bind_int(&q, "@attempts", r->attempts);
	query_bind_int(&q, "@called", r->called);
	query_bind_int(&q, "@found", r->found);
	query_bind_ms(&q, "@finished", r->finished_ms);
	query_bind_text(&q, "@ended_by", r->ended_by);
	query_bind_int(&q, "@uncertain", r->uncertain);
	query_bind_text(&q, "@answer", r->answer);
	query_bind_text(&q, "@request", r->request_id);
	query_bind_ms(&q, "@remind", r->remind_ms);
	query_bind_int(&q, "@id", r->id);
	query_bind_int(&q, "@from", r->state);
	return query_run(&q, err);
}

int responses_move(struct store *s, struct response *r, enum response_state to,
		   struct err *err)
{
	int rc;

	assert(to == r->state || response_may_enter(r->state, to));
	if (to != RESPONSE_RUNNING)
		r->lease_ms = 0;
	if (to != RESPONSE_WAITING)
		r->remind_ms = 0;
	rc = move_row(s, r, to, err);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return err_set(err, ERR_CONFLICT,
			       "number %" PRId64
			       " is not %s any more; look at it again",
			       r->id, response_state_name(r->state));
	r->state = to;
	return 0;
}

int responses_lease(struct store *s, int64_t now_ms, struct response *ret,
		    struct err *err)
{
	CLEANUP(response_release) struct response r = { 0 };
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_RESPONSE_DUE, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@now", now_ms);
	rc = read_one(&q, &r, err);
	query_close(&q);
	if (rc != 1)
		return rc;
	r.lease_ms = now_ms + RESPONSE_LEASE_MS;
	r.not_before_ms = 0;
	r.attempts++;
	rc = responses_move(s, &r, RESPONSE_RUNNING, err);
	if (rc < 0)
		return rc;
	*ret = r;
	r = (struct response){ 0 };
	return 1;
}

int responses_lapsed(struct store *s, int64_t now_ms, bool all,
		     struct response *ret, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_RESPONSE_LAPSED, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@all", all);
	query_bind_int(&q, "@now", now_ms);
	return read_one(&q, ret, err);
}

int responses_expired(struct store *s, int64_t now_ms, struct response *ret,
		      struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_RESPONSE_EXPIRED, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@now", now_ms);
	return read_one(&q, ret, err);
}

int responses_to_remind(struct store *s, int64_t now_ms, struct response *ret,
			struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_RESPONSE_REMIND, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@now", now_ms);
	return read_one(&q, ret, err);
}

int responses_restored(struct store *s, int64_t now_ms, struct response *ret,
		       struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_RESPONSE_TO_TELL, err);

	(void)now_ms; /* whenever that was */
	return rc < 0 ? rc : read_one(&q, ret, err);
}

int64_t responses_next_ms(struct store *s)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	struct err err = ERR_INIT;
	int64_t next_ms = 0;

	/* Who cannot read it cannot do it either: the next write tells. */
	if (query_open(&q, s, STMT_RESPONSE_NEXT, &err) < 0 ||
	    query_one(&q, &next_ms, &err) < 1)
		return 0;
	return next_ms;
}

int responses_item(struct store *s, int64_t alert_id, const char *kind,
		   char **ret, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_RESPONSE_ITEM, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", alert_id);
	query_bind_text(&q, "@kind", kind);
	rc = query_step(&q, err);
	if (rc == 1)
		*ret = row_text(&q, 0);
	return rc;
}

int responses_other(struct store *s, const struct response *r, int64_t *ret_id,
		    struct err *err)
{
	bool site = response_action_about(r->action) == RESPONSE_ABOUT_SITE;
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_RESPONSE_OTHER, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@subject", r->subject);
	query_bind_int(&q, "@action", r->action);
	query_bind_int(&q, "@alert", site ? r->alert_id : 0);
	return query_one(&q, ret_id, err);
}

int responses_same(struct store *s, const struct response *r, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int64_t same = 0;
	int rc = query_open(&q, s, STMT_RESPONSE_SAME, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@alert", r->alert_id);
	query_bind_int(&q, "@id", r->id);
	rc = query_one(&q, &same, err);
	return rc < 0 ? rc : same != 0;
}

/* Those about what @a is about, after which it stands in some way. */
static int64_t changing_actions(enum response_action a)
{
	int64_t mask = 0;

	for (int i = 0; i < RESPONSE_ACTION_MAX; i++) {
		enum response_action o = (enum response_action)i;

		if (response_wants(o) != FOUND_UNKNOWN &&
		    response_action_about(o) == response_action_about(a))
			mask |= BIT(o);
	}
	return mask;
}

int responses_changed(struct store *s, enum response_action a,
		      const char *subject, struct response *ret,
		      struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_RESPONSE_CHANGED, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@subject", subject);
	query_bind_int(&q, "@actions", changing_actions(a));
	return read_one(&q, ret, err);
}

int responses_recent(struct store *s, int64_t since_ms, int64_t until_ms,
		     int64_t *ret, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int64_t mask = 0;
	int rc = query_open(&q, s, STMT_RESPONSE_RECENT, err);

	if (rc < 0)
		return rc;
	for (int i = 0; i < RESPONSE_ACTION_MAX; i++)
		if (!response_is_inverse((enum response_action)i))
			mask |= BIT(i);
	query_bind_int(&q, "@since", since_ms);
	query_bind_int(&q, "@until", until_ms);
	query_bind_int(&q, "@actions", mask);
	rc = query_one(&q, ret, err);
	return rc < 0 ? rc : 0;
}
