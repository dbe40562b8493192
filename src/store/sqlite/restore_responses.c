/*
 * Responses of the copy of a backup, where the world has gone on without it.
 * Called by restore_adjust.c, in its transaction.
 *
 * What the replaced database knows to have been done is known again: without it
 * nothing of that could be taken back, and the cap of an hour would begin anew.
 * Nothing is begun by a copy: what has not ended ends, as uncertain where
 * nobody knows whether it was done in the time that is lost.
 *
 * tested with: test_restore
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "store/responses.h"
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

static const char *const first_open =
	"SELECT id FROM response WHERE finished_ms IS NULL ORDER BY id LIMIT 1";

/* One number, 0 when there is no row. */
static int ask(struct store *s, const char *text, int64_t *ret, struct err *err)
{
	CLEANUP(engine_finalize) sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(s->db, text, -1, &stmt, NULL);

	*ret = 0;
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		*ret = sqlite3_column_int64(stmt, 0);
	return rc == SQLITE_ROW || rc == SQLITE_DONE
		       ? 0
		       : engine_error(s, rc, "ask", err);
}

/* A database of an earlier release has none. */
static int has_table(struct store *s, const char *schema, bool *ret,
		     struct err *err)
{
	CLEANUP(free_ptr)
	char *text = xasprintf("SELECT count(*) FROM %s.sqlite_schema WHERE "
			       "name = 'response'",
			       schema);
	int64_t n;
	int rc = ask(s, text, &n, err);

	*ret = n > 0;
	return rc;
}

static int end_one(struct store *s, const struct restore_order *o, int64_t id,
		   bool known, struct err *err)
{
	CLEANUP(response_release) struct response r = { 0 };
	CLEANUP(free_ptr) char *text = NULL;
	CLEANUP(jsonx_unref) json_t *detail = NULL;
	int rc = responses_get(s, id, &r, err);

	if (rc < 0)
		return rc;
	r.uncertain = r.called || !known;
	r.finished_ms = o->now_ms;
	free(r.ended_by);
	r.ended_by = xstrdup(o->who);
	free(r.answer);
	r.answer = xstrdup(r.uncertain
				   ? "the database was restored, and what was "
				     "done before is not known; look before "
				     "you plan it again"
				   : "the database was restored; plan it again "
				     "if it is still wanted");
	rc = responses_move(s, &r, RESPONSE_REFUSED, err);
	if (rc < 0)
		return rc;
	detail = json_pack("{s:I, s:s, s:s, s:s, s:b}", "response",
			   (json_int_t)r.id, "action",
			   response_action_name(r.action), "subject", r.subject,
			   "answer", r.answer, "uncertain", r.uncertain);
	text = detail ? jsonx_dump(detail) : NULL;
	return audit_add(s,
			 &(struct audit_event){ .alert_id = r.alert_id,
						.at_ms = o->now_ms,
						.actor = o->who,
						.kind = "response-refused",
						.detail = text },
			 err);
}

int restore_responses(struct store *s, const struct restore_order *o,
		      bool present, struct err *err)
{
	bool here, known = false;
	int64_t id;
	int rc = has_table(s, "main", &here, err);

	if (rc >= 0 && here && present)
		rc = has_table(s, "before", &known, err);
	if (rc < 0 || !here)
		return rc;
	if (known)
		rc = engine_exec(s, older, err);
	if (rc >= 0 && known)
		rc = engine_exec(s, newer, err);
	while (rc >= 0 && (rc = ask(s, first_open, &id, err)) >= 0 && id)
		rc = end_one(s, o, id, known, err);
	return rc < 0 ? rc : 0;
}
