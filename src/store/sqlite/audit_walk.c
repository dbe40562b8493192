/*
 * Walks the chain of events and names the first place where it does not hold.
 * Called by `triagectl audit verify`, restore, and tests; changes nothing.
 *
 * The hashes have no key: who may write to the file can make the whole chain
 * anew from any place on. That is what the marks are for, which somebody noted
 * elsewhere.
 *
 * tested with: test_audit
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "store/evidence_rows.h"
#include "store/sqlite/audit_priv.h"
#include "store/sqlite/inspect_priv.h"

/* Rows between two looks at who watches. */
#define WATCH_ROWS 1024
#define MARKS_MAX 8

struct walk {
	struct store *store;
	const struct audit_mark *marks;
	size_t n_marks;
	bool met[MARKS_MAX];
	const struct store_watch *watch;
	struct audit_states *states;
	struct query q;
	uint8_t hash[DIGEST_SIZE]; /* of the last row that holds */
	struct audit_report report;
};

static const char *link_text(const struct query *q, int column)
{
	const char *text = (const char *)sqlite3_column_text(q->stmt, column);

	return text != NULL ? text : "";
}

/* The row the statement stands on; its strings live until the next step. */
static struct audit_link link_read(const struct query *q)
{
	return (struct audit_link){ row_int(q, 0),   row_int(q, 1),
				    row_int(q, 2),   link_text(q, 3),
				    link_text(q, 4), link_text(q, 5) };
}

static void walk_found(struct walk *w, enum audit_fault fault,
		       const struct audit_link *l)
{
	struct audit_report *r = &w->report;

	r->fault = fault;
	r->id = r->last_id = l->id;
	r->alert_id = l->alert_id;
	r->at_ms = l->at_ms;
	snprintf(r->kind, sizeof(r->kind), "%s", l->kind);
	snprintf(r->actor, sizeof(r->actor), "%s", l->actor);
}

/* The events between the last that holds and @l, which stands behind them. */
static void walk_missing(struct walk *w, const struct audit_link *l)
{
	walk_found(w, AUDIT_MISSING, l);
	w->report.id = w->report.head.id + 1;
	w->report.last_id = l->id - 1;
}

/* Behind an altered row: does the next one follow from the hash it carries? */
static int walk_look_behind(struct walk *w, uint8_t hash[DIGEST_SIZE],
			    struct err *err)
{
	uint8_t stored[DIGEST_SIZE];
	struct audit_link l;
	int rc = query_step(&w->q, err);

	if (rc <= 0)
		return rc;
	l = link_read(&w->q);
	row_blob(&w->q, 6, stored, sizeof(stored));
	audit_link_hash(&l, hash);
	w->report.goes_on = memcmp(hash, stored, DIGEST_SIZE) == 0;
	return 0;
}

static void walk_mark(struct walk *w, const struct audit_link *l,
		      const uint8_t hash[DIGEST_SIZE])
{
	for (size_t i = 0; i < w->n_marks; i++) {
		const struct audit_mark *m = &w->marks[i];
		bool same = memcmp(hash, m->hash, DIGEST_SIZE) == 0;

		if (m->id != 0 && m->id != l->id)
			continue;
		w->met[i] |= same;
		if (m->id != 0 && !same) {
			walk_found(w, AUDIT_MADE_ANEW, l);
			w->report.mark = i + 1;
		}
	}
}

/* 1 it holds, 0 it does not and the report says why. */
static int walk_row(struct walk *w, struct err *err)
{
	struct audit_link l = link_read(&w->q);
	uint8_t stored[DIGEST_SIZE];
	int64_t expected = w->report.head.id + 1;

	if (l.id < expected) {
		walk_found(w, AUDIT_INSERTED, &l);
		return 0;
	}
	if (l.id > expected) {
		walk_missing(w, &l);
		return 0;
	}
	row_blob(&w->q, 6, stored, sizeof(stored));
	audit_link_hash(&l, w->hash);
	if (memcmp(stored, w->hash, DIGEST_SIZE) != 0) {
		walk_found(w, AUDIT_ALTERED, &l);
		return walk_look_behind(w, stored, err);
	}
	walk_mark(w, &l, stored);
	if (w->report.fault != AUDIT_WHOLE)
		return 0;
	audit_states_note(w->states, &l);
	w->report.n++;
	w->report.head.id = l.id;
	memcpy(w->report.head.hash, stored, DIGEST_SIZE);
	w->report.head_ms = l.at_ms;
	return 1;
}

static int walk_rows(struct walk *w, struct err *err)
{
	struct store_progress p = { .what = "reading the log" };
	int rc = query_open(&w->q, w->store, STMT_EVENT_WALK, err);

	if (rc >= 0)
		rc = inspect_number(w->store, "SELECT max(id) FROM event",
				    &p.total, err);
	while (rc >= 0 && (rc = query_step(&w->q, err)) == 1) {
		rc = walk_row(w, err);
		if (rc <= 0)
			break;
		p.done = w->report.n;
		if (p.done % WATCH_ROWS == 0 && store_watch_step(w->watch, &p))
			return err_set(
				err, ERR_CANCELLED,
				"the audit of %s was stopped after %" PRId64
				" events",
				w->store->path, p.done);
	}
	query_close(&w->q);
	return rc < 0 ? rc : 0;
}

/* More numbers were given than there are rows: the end was cut off. A log
 * without a row is whole when no number was ever given. */
static int walk_end(struct walk *w, struct err *err)
{
	struct audit_report *r = &w->report;
	int64_t given = 0;
	int rc = inspect_number(w->store,
				"SELECT seq FROM sqlite_sequence "
				"WHERE name = 'event'",
				&given, err);

	if (rc < 0)
		return rc;
	if (given > r->head.id) {
		r->fault = AUDIT_CUT;
		r->id = r->head.id + 1;
		r->last_id = given;
	}
	return 0;
}

static void walk_unmet(struct walk *w)
{
	struct audit_report *r = &w->report;

	for (size_t i = 0; i < w->n_marks && r->fault == AUDIT_WHOLE; i++) {
		if (w->met[i])
			continue;
		r->fault = w->marks[i].id ? AUDIT_CUT : AUDIT_UNMARKED;
		r->mark = i + 1;
		r->id = r->head.id + 1;
		r->last_id = w->marks[i].id;
	}
}

static int walk_states(struct walk *w, struct err *err)
{
	struct audit_report *r = &w->report;
	int64_t alert = 0;
	int rc = audit_states_compare(w->store, w->states, &alert, &r->n_alerts,
				      err);

	if (rc >= 0 && alert != 0) {
		r->fault = AUDIT_STATE;
		r->alert_id = alert;
	}
	return rc;
}

/* Older schemas have none. */
#define EVIDENCE_SCHEMA 10

static int walk_evidence(struct walk *w, struct err *err)
{
	struct audit_report *r = &w->report;
	struct evidence_place place;
	int rc = 0;

	if (w->store->version >= EVIDENCE_SCHEMA)
		rc = evidence_verify_all(w->store, &place, &r->n_fetches, err);
	if (rc <= 0)
		return rc;
	r->fault = AUDIT_EVIDENCE;
	r->alert_id = place.alert_id;
	r->at_ms = place.at_ms;
	r->fetch = place.fetch;
	r->fetch_lost = place.lost;
	snprintf(r->kind, sizeof(r->kind), EVIDENCE_EVENT);
	snprintf(r->actor, sizeof(r->actor), "%s", place.by);
	return 0;
}

static int walk_all(struct walk *w, struct err *err)
{
	int64_t last = 0;
	int rc = inspect_number(w->store, "SELECT max(id) FROM alert", &last,
				err);

	if (rc < 0)
		return rc;
	w->states = audit_states_new(last);
	rc = walk_rows(w, err);
	if (rc >= 0 && w->report.fault == AUDIT_WHOLE)
		rc = walk_end(w, err);
	if (rc >= 0 && w->report.fault == AUDIT_WHOLE)
		walk_unmet(w);
	if (rc >= 0 && w->report.fault == AUDIT_WHOLE)
		rc = walk_states(w, err);
	if (rc >= 0 && w->report.fault == AUDIT_WHOLE)
		rc = walk_evidence(w, err);
	return rc;
}

int audit_walk(struct store *s, const struct audit_mark *marks, size_t n_marks,
	       const struct store_watch *watch, struct audit_report *ret,
	       struct err *err)
{
	struct walk w = { .store = s,
			  .marks = marks,
			  .n_marks = n_marks < MARKS_MAX ? n_marks : MARKS_MAX,
			  .watch = watch };
	bool own = !s->in_txn;
	int rc = own ? engine_exec(s, "BEGIN", err) : 0; /* one moment */

	if (rc < 0)
		return rc;
	rc = walk_all(&w, err);
	query_close(&w.q);
	audit_states_free(&w.states);
	if (own) /* it only read: what could fail harms nobody */
		(void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	if (rc < 0)
		return rc;
	*ret = w.report;
	return 0;
}

int audit_verify(struct store *s, int64_t *ret_n, int64_t *ret_id,
		 struct err *err)
{
	struct audit_report r;
	int rc = audit_walk(s, NULL, 0, NULL, &r, err);

	if (rc < 0)
		return rc;
	if (audit_log_holds(&r)) {
		*ret_n = r.n;
		return 0;
	}
	*ret_id = r.id;
	return err_set(err, ERR_STORE_DAMAGED,
		       "the audit log in %s was altered: event %" PRId64
		       " does not follow from the one before; see: triagectl "
		       "audit verify",
		       s->path, r.id);
}
