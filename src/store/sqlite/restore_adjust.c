/*
 * Makes the copy of a backup ready to go on where the world has gone on
 * without it. Called by restore.c while nobody else knows the file.
 *
 * Messages: a key names the alert at its source, the episode, and the step of
 * a ladder that began at a moment. So what the replaced database has sent for
 * an alert that the backup knows is put into the outbox as sent, and is not
 * owed again. Only of the kinds that belong to an episode as a whole: a later
 * update or re-opening would get the number, and so the key, of one that was
 * lost, and must not be kept from anybody. An alert that is fetched anew is
 * told anew: it has another number, and who had taken it is forgotten.
 *
 * tested with: test_restore
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "store/sqlite/restore_priv.h"
#include "store/txn.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

/* What the one before has sent since is not owed any more. */
static const char *const sent_since =
	"UPDATE delivery SET state = 2, next_ms = NULL, "
	"sent_ms = p.sent_ms, attempts = p.attempts, "
	"last_error = p.last_error, maybe_duplicate = p.maybe_duplicate "
	"FROM before.delivery AS p WHERE p.key = delivery.key "
	"AND p.state = 2 AND delivery.state IN (0, 1, 3)";

/* Kinds: opened, escalated, warning, breached. */
static const char *const sent_of_others =
	"INSERT INTO delivery (key, alert_id, episode, target, recipient, "
	"kind, step, severity, reason, state, attempts, created_ms, "
	"not_before_ms, expires_ms, sent_ms, maybe_duplicate, last_error) "
	"SELECT p.key, a.id, p.episode, p.target, p.recipient, p.kind, "
	"p.step, p.severity, p.reason, 2, p.attempts, p.created_ms, "
	"p.not_before_ms, p.expires_ms, p.sent_ms, p.maybe_duplicate, "
	"p.last_error FROM before.delivery AS p "
	"JOIN before.alert AS b ON b.id = p.alert_id "
	"JOIN alert AS a ON a.id = b.id AND a.kind = b.kind "
	"AND a.native_id = b.native_id "
	"WHERE p.state = 2 AND p.kind IN (0, 1, 4, 5) "
	"AND p.episode = a.episode AND NOT EXISTS "
	"(SELECT 1 FROM delivery AS d WHERE d.key = p.key)";

/* A lease of the one before: nobody knows whether it arrived. */
static const char *const maybe_sent =
	"UPDATE delivery SET maybe_duplicate = 1 WHERE state IN (0, 1, 3) "
	"AND key IN (SELECT p.key FROM before.delivery AS p WHERE "
	"p.state = 1 OR p.maybe_duplicate)";

/* Numbers that people were told are not given to other alerts. The log's are:
 * its chain has no holes. */
static const char *const numbers =
	"UPDATE sqlite_sequence SET seq = max(seq, ifnull((SELECT p.seq FROM "
	"before.sqlite_sequence AS p WHERE p.name = sqlite_sequence.name), "
	"0)) WHERE name IN ('alert', 'delivery', 'silence')";

static const char *const numbers_of_none =
	"INSERT INTO sqlite_sequence (name, seq) SELECT p.name, p.seq FROM "
	"before.sqlite_sequence AS p WHERE p.name IN ('alert', 'delivery', "
	"'silence') AND p.name NOT IN (SELECT name FROM sqlite_sequence)";

/* Nothing is known of what was sent since. */
static const char *const all_maybe_sent =
	"UPDATE delivery SET maybe_duplicate = 1 WHERE state IN (0, 1, 3)";

static int run(struct store *s, const char *text, int64_t *ret_n,
	       struct err *err)
{
	int rc = engine_exec(s, text, err);

	if (rc >= 0 && ret_n)
		*ret_n += sqlite3_changes64(s->db);
	return rc;
}

static int attach(struct store *s, const char *present, struct err *err)
{
	CLEANUP(engine_finalize) sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(s->db, "ATTACH @file AS before", -1, &stmt,
				    NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(stmt, 1, present, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	return rc == SQLITE_DONE ? 0 : engine_error(s, rc, "compare", err);
}

static int take_over(struct store *s, struct restore_report *r, struct err *err)
{
	int rc = run(s, sent_since, &r->n_taken_over, err);

	if (rc >= 0)
		rc = run(s, sent_of_others, &r->n_taken_over, err);
	if (rc >= 0)
		rc = run(s, maybe_sent, NULL, err);
	if (rc >= 0)
		rc = run(s, numbers, NULL, err);
	return rc < 0 ? rc : run(s, numbers_of_none, NULL, err);
}

static int note(struct store *s, const struct restore_order *o,
		const struct restore_report *r, struct err *err)
{
	CLEANUP(jsonx_unref)
	json_t *detail =
		json_pack("{s:I, s:s*, s:b, s:I, s:s*, s:I}", "from_event",
			  (json_int_t)r->backup.head_id, "from_hash",
			  r->backup.head_id ? r->backup.head : NULL, "earlier",
			  r->is_earlier, "replaced_event",
			  (json_int_t)r->present.head_id, "replaced_hash",
			  r->present.head_id ? r->present.head : NULL,
			  "taken_over", (json_int_t)r->n_taken_over);
	CLEANUP(free_ptr)
	char *text = detail ? jsonx_dump(detail) : NULL;

	return audit_add(s,
			 &(struct audit_event){ .at_ms = o->now_ms,
						.actor = o->who,
						.kind = "restored",
						.detail = text },
			 err);
}

static int adjust(struct store *s, const struct restore_order *o,
		  const char *present, struct restore_report *r,
		  struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int rc = present ? attach(s, present, err) : 0;

	if (rc >= 0)
		rc = txn_begin(&txn, s, err);
	if (rc >= 0 && present)
		rc = take_over(s, r, err);
	else if (rc >= 0)
		rc = run(s, all_maybe_sent, NULL, err);
	if (rc >= 0)
		rc = restore_responses(s, o, present != NULL, r, err);
	if (rc >= 0)
		rc = note(s, o, r, err);
	return rc < 0 ? rc : txn_commit(&txn, err);
}

int restore_adjust(const struct restore_order *o, const char *path,
		   const char *present, struct restore_report *r,
		   struct err *err)
{
	CLEANUP(store_close_ptr) struct store *s = xcalloc(1, sizeof(*s));
	int rc;

	s->path = xstrdup(path);
	s->lock_fd = -1;
	rc = sqlite3_open_v2(path, &s->db,
			     SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
				     SQLITE_OPEN_EXRESCODE,
			     NULL);
	if (rc == SQLITE_OK) /* no log beside it, and nobody else */
		rc = sqlite3_exec(s->db,
				  "PRAGMA locking_mode = EXCLUSIVE; "
				  "PRAGMA journal_mode = MEMORY; "
				  "PRAGMA foreign_keys = ON",
				  NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return engine_error(s, rc, "open", err);
	return adjust(s, o, present, r, err);
}
