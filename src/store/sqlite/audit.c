/*
 * The event log as a chain of hashes. Called by everything that decides or
 * changes something, in the transaction of the change.
 */
#include "store/audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "store/sqlite/engine_priv.h"
#include "util/digest.h"

/* One row as it goes into the chain; strings borrowed. */
struct link {
	int64_t id, alert_id, at_ms;
	const char *actor, *kind, *detail;
};

static void link_add_number(struct digest *d, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, value);
	digest_add_field(d, text);
}

/* Turns the hash of the row before into that of @l. */
static void link_hash(const struct link *l, uint8_t hash[DIGEST_SIZE])
{
	struct digest *d = digest_new();

	digest_add(d, hash, DIGEST_SIZE);
	link_add_number(d, l->id);
	link_add_number(d, l->alert_id);
	link_add_number(d, l->at_ms);
	digest_add_field(d, l->actor);
	digest_add_field(d, l->kind);
	digest_add_field(d, l->detail);
	digest_finish(d, hash);
}

/*
 * The last number ever given and the hash of the last row. The number comes
 * from the engine's own count: a log whose end was cut off goes on with a gap,
 * which audit_verify finds.
 */
static int audit_head(struct store *s, int64_t *ret_id,
		      uint8_t ret_hash[DIGEST_SIZE], struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_EVENT_HEAD, err);

	if (rc < 0)
		return rc;
	rc = query_one(&q, ret_id, err);
	if (rc == 1)
		row_blob(&q, 1, ret_hash, DIGEST_SIZE);
	return rc;
}

int audit_add(struct store *s, const struct audit_event *e, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	struct link l = { 0,	    e->alert_id,
			  e->at_ms, e->actor,
			  e->kind,  e->detail != NULL ? e->detail : "{}" };
	uint8_t hash[DIGEST_SIZE] = { 0 };
	int rc = audit_head(s, &l.id, hash, err);

	if (rc < 0)
		return rc;
	l.id++;
	link_hash(&l, hash);
	rc = query_open(&q, s, STMT_EVENT_ADD, err);
	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", l.id);
	query_bind_ms(&q, "@alert", l.alert_id);
	query_bind_int(&q, "@at", l.at_ms);
	query_bind_text(&q, "@actor", l.actor);
	query_bind_text(&q, "@kind", l.kind);
	query_bind_text(&q, "@detail", l.detail);
	query_bind_blob(&q, "@hash", hash, sizeof(hash));
	rc = query_run(&q, err);
	return rc < 0 ? rc : 0;
}

static const char *link_text(const struct query *q, int column)
{
	const char *text = (const char *)sqlite3_column_text(q->stmt, column);

	return text != NULL ? text : "";
}

/* Does the row the statement stands on follow @hash? Moves @hash on to it. */
static bool link_holds(const struct query *q, int64_t expected_id,
		       uint8_t hash[DIGEST_SIZE])
{
	uint8_t stored[DIGEST_SIZE];
	struct link l = { row_int(q, 0),   row_int(q, 1),   row_int(q, 2),
			  link_text(q, 3), link_text(q, 4), link_text(q, 5) };

	link_hash(&l, hash);
	row_blob(q, 6, stored, sizeof(stored));
	return l.id == expected_id && memcmp(stored, hash, sizeof(stored)) == 0;
}

static int audit_broken(const struct store *s, int64_t id, struct err *err)
{
	return err_set(err, ERR_STORE_DAMAGED,
		       "the audit log in %s was altered: event %" PRId64
		       " does not follow from the one before; compare with a "
		       "backup",
		       s->path, id);
}

/* A log without a row is whole when no number was ever given. One question, so
 * that a first event written meanwhile is no alarm. */
static int audit_check_empty(struct store *s, int64_t *ret_id, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_EVENT_HEAD, err);

	if (rc < 0)
		return rc;
	rc = query_step(&q, err);
	if (rc < 0)
		return rc;
	if (row_int(&q, 0) == 0 ||
	    sqlite3_column_type(q.stmt, 1) != SQLITE_NULL)
		return 0;
	*ret_id = 1;
	return audit_broken(s, 1, err);
}

int audit_verify(struct store *s, int64_t *ret_n, int64_t *ret_id,
		 struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	uint8_t hash[DIGEST_SIZE] = { 0 };
	int64_t n = 0, given = 0;
	int rc = query_open(&q, s, STMT_EVENT_WALK, err);

	if (rc < 0)
		return rc;
	while ((rc = query_step(&q, err)) == 1) {
		given = row_int(&q, 7);
		if (!link_holds(&q, n + 1, hash)) {
			*ret_id = n + 1;
			return audit_broken(s, n + 1, err);
		}
		n++;
	}
	if (rc == 0 && n == 0)
		rc = audit_check_empty(s, ret_id, err);
	if (rc < 0)
		return rc;
	if (n != 0 && given != n) { /* the end was cut off */
		*ret_id = n + 1;
		return audit_broken(s, n + 1, err);
	}
	*ret_n = n;
	return 0;
}
