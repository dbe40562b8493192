/*
 * Responses of the copy of a backup, where the world has gone on without it.
 * Called by restore_adjust.c, in its transaction.
 *
 * What the replaced database knows to have been done is known again: without it
 * nothing of that could be taken back, and the cap of an hour would begin anew.
 * Nothing is begun by a copy: what has not ended ends, as uncertain where
 * nobody knows whether it was done in the time that is lost. So nobody can
 * answer a question any more, and those that did not leave are taken back.
 *
 * tested with: test_restore
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/notice.h"
#include "core/response.h"
#include "store/sqlite/restore_priv.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

#define COLUMNS                                                                \
	"id, episode, alert_version, action, state, subject, source, "         \
	"verdict, contain, asked_by, reason, planned_ms, expires_ms, "         \
	"approved_by, approved_ms, not_before_ms, lease_ms, attempts, "        \
	"called, found, finished_ms, ended_by, uncertain, answer, "            \
	"request_id, undoes"

/* The same one, as it was when the backup was made. */
static const char *const older =
	"DELETE FROM response WHERE finished_ms IS NULL AND EXISTS (SELECT 1 "
	"FROM before.response AS p WHERE p.id = response.id AND p.planned_ms "
	"= response.planned_ms AND p.subject = response.subject)";

/* An alert that is fetched anew has another number, so they have none. What
 * they undo comes before them. */
static const char *const newer =
	"INSERT INTO response (alert_id, " COLUMNS ") SELECT (SELECT a.id "
	"FROM alert AS a JOIN before.alert AS b ON b.id = a.id AND b.kind = "
	"a.kind AND b.native_id = a.native_id WHERE a.id = "
	"p.alert_id), " COLUMNS
	" FROM before.response AS p WHERE p.id NOT IN (SELECT id FROM "
	"response) ORDER BY p.id";

/* What an earlier release does not have. */
static const char *const table_here =
	"SELECT count(*) FROM main.sqlite_schema WHERE name = 'response'";
static const char *const table_before =
	"SELECT count(*) FROM before.sqlite_schema WHERE name = 'response'";
static const char *const reminder_here =
	"SELECT count(*) FROM pragma_table_info('response', 'main') "
	"WHERE name = 'remind_ms'";
static const char *const transition_here =
	"SELECT count(*) FROM pragma_table_info('delivery', 'main') "
	"WHERE name = 'transition'";

static int is_there(struct store *s, const char *text, bool *ret,
		    struct err *err)
{
	CLEANUP(engine_finalize) sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(s->db, text, -1, &stmt, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc != SQLITE_ROW)
		return engine_error(s, rc, "ask", err);
	*ret = sqlite3_column_int64(stmt, 0) > 0;
	return 0;
}

/* What of a row goes into its event. */
struct ended {
	int64_t alert_id, response;
	json_t *detail;
};

static void ended_release(struct ended *e)
{
	json_decref(e->detail);
}

static void ended_read(struct ended *e, const struct query *q)
{
	CLEANUP(free_ptr) char *subject = row_text(q, 3);
	CLEANUP(free_ptr) char *answer = row_text(q, 5);
	enum response_action action = (enum response_action)row_int(q, 2);

	e->alert_id = row_int(q, 0);
	e->response = row_int(q, 1);
	e->detail =
		json_pack("{s:I, s:s, s:s, s:s, s:b}", "response",
			  (json_int_t)e->response, "action",
			  response_action_name(action), "subject", subject,
			  "answer", answer, "uncertain", row_int(q, 4) != 0);
}

/* 1 with what is to be told of it, 0 when all have ended. */
static int end_row(struct store *s, const struct restore_order *o, bool known,
		   struct ended *ret, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_RESPONSE_RESTORED, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@now", o->now_ms);
	query_bind_text(&q, "@who", o->who);
	query_bind_int(&q, "@lost", !known);
	query_bind_text(&q, "@unknown",
			"the database was restored, and what was done before "
			"is not known; look before you plan it again");
	query_bind_text(&q, "@undone",
			"the database was restored; plan it again if it is "
			"still wanted");
	rc = query_step(&q, err);
	if (rc == 1)
		ended_read(ret, &q);
	return rc;
}

static void report_ended(struct restore_report *r, int64_t response)
{
	size_t len = strlen(r->responses);
	CLEANUP(free_ptr)
	char *number = xasprintf("%s%" PRId64, len ? ", " : "", response);

	r->n_responses++;
	if (len + strlen(number) < sizeof(r->responses))
		(void)snprintf(r->responses + len, sizeof(r->responses) - len,
			       "%s", number);
}

/* The first that has not ended; 1, 0 there is none. */
static int end_one(struct store *s, const struct restore_order *o, bool known,
		   struct restore_report *r, struct err *err)
{
	CLEANUP(ended_release) struct ended e = { 0 };
	CLEANUP(free_ptr) char *text = NULL;
	int rc = end_row(s, o, known, &e, err);

	if (rc != 1)
		return rc;
	text = e.detail ? jsonx_dump(e.detail) : NULL;
	rc = audit_add(s,
		       &(struct audit_event){ .alert_id = e.alert_id,
					      .at_ms = o->now_ms,
					      .actor = o->who,
					      .kind = "response-refused",
					      .detail = text },
		       err);
	if (rc < 0)
		return rc;
	report_ended(r, e.response);
	return 1;
}

/* Of what somebody was asked, or had approved, people hear when the daemon
 * starts: responses_restored() finds it by this. 0 planned: only who typed it
 * knows, and where a copy has no such column nobody could be told. */
static int mark_to_tell(struct store *s, const struct restore_order *o,
			struct err *err)
{
	CLEANUP(free_ptr)
	char *text = xasprintf("UPDATE response SET remind_ms = iif(state = 0, "
			       "NULL, %" PRId64 ") WHERE finished_ms IS NULL",
			       o->now_ms);
	bool known;
	int rc = is_there(s, reminder_here, &known, err);

	return rc < 0 || !known ? rc : engine_exec(s, text, err);
}

static int unask_in(struct store *s, enum statement id, int64_t now_ms,
		    struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, id, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@step", NOTICE_STEP_ABOUT_RESPONSE);
	query_bind_int(&q, "@states", RESPONSE_STATE_MAX);
	query_bind_int(&q, "@planned", RESPONSE_PLANNED);
	query_bind_int(&q, "@waiting", RESPONSE_WAITING);
	query_bind_text(&q, "@why",
			"the database was restored, and the response has "
			"ended");
	if (id == STMT_BUNDLE_UNASK_ALL)
		query_bind_int(&q, "@now", now_ms);
	return query_run(&q, err);
}

/* Messages of a release that does not note what each asks for stay: one of them
 * may tell that nobody knows whether a response was done. */
static int unask(struct store *s, int64_t now_ms, struct err *err)
{
	bool known;
	int rc = is_there(s, transition_here, &known, err);

	if (rc >= 0 && known)
		rc = unask_in(s, STMT_NOTICE_UNASK_ALL, now_ms, err);
	return rc < 0 ? rc : unask_in(s, STMT_BUNDLE_UNASK_ALL, now_ms, err);
}

int restore_responses(struct store *s, const struct restore_order *o,
		      bool present, struct restore_report *r, struct err *err)
{
	bool here, known = false;
	int rc = is_there(s, table_here, &here, err);

	if (rc >= 0 && here && present)
		rc = is_there(s, table_before, &known, err);
	if (rc < 0 || !here)
		return rc;
	if (known)
		rc = engine_exec(s, older, err);
	if (rc >= 0 && known)
		rc = engine_exec(s, newer, err);
	if (rc >= 0)
		rc = mark_to_tell(s, o, err);
	if (rc >= 0)
		rc = 1;
	while (rc == 1)
		rc = end_one(s, o, known, r, err);
	return rc < 0 ? rc : unask(s, o->now_ms, err);
}
