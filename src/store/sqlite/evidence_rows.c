/*
 * Evidence: fetches, what they found, and the seal over it. Called by the
 * daemon, which writes the event that carries the seal, and by triagectl, which
 * looks whether it holds. Knows nothing of where evidence comes from.
 */
#include "store/evidence_rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "store/sqlite/engine_priv.h"

static void bind_fetch(struct query *q, const struct evidence_fetch *f)
{
	query_bind_int(q, "@alert", f->alert_id);
	query_bind_text(q, "@kind", f->kind);
	query_bind_text(q, "@source", f->source);
	query_bind_text(q, "@about_kind", f->about_kind);
	query_bind_text(q, "@about", f->about);
	query_bind_int(q, "@from", f->from_ms);
	query_bind_int(q, "@to", f->to_ms);
	query_bind_int(q, "@most", f->most);
	query_bind_int(q, "@unread", f->n_unread);
	query_bind_int(q, "@now", f->fetched_ms);
	query_bind_text(q, "@who", f->fetched_by);
	query_bind_text(q, "@trouble", f->trouble);
}

static int fetch_add(struct store *s, const struct evidence_fetch *f,
		     int64_t *ret_id, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_EVIDENCE_FETCH_ADD, err);

	if (rc < 0)
		return rc;
	bind_fetch(&q, f);
	rc = query_run(&q, err);
	if (rc < 0)
		return rc;
	*ret_id = sqlite3_last_insert_rowid(s->db);
	return 0;
}

/* 1 it is new, 0 the alert had it. */
static int item_add(struct store *s, const struct evidence_fetch *f,
		    int64_t fetch, const struct evidence *e, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_EVIDENCE_ADD, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@alert", f->alert_id);
	query_bind_int(&q, "@fetch", fetch);
	query_bind_text(&q, "@kind", f->kind);
	query_bind_text(&q, "@native", e->native_id);
	query_bind_ms(&q, "@at", e->at_ms);
	query_bind_text(&q, "@actor", e->actor);
	query_bind_text(&q, "@ip", e->ip);
	query_bind_text(&q, "@action", e->action);
	query_bind_text(&q, "@app", e->app);
	query_bind_text(&q, "@object", e->object);
	query_bind_text(&q, "@location", e->location);
	query_bind_text(&q, "@raw", e->raw);
	query_bind_int(&q, "@clipped", e->clipped);
	return query_run(&q, err);
}

/* 1 it was not among what this fetch found yet, 0 it was. */
static int item_link(struct store *s, const struct evidence_fetch *f,
		     int64_t fetch, const struct evidence *e, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_EVIDENCE_LINK, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@fetch", fetch);
	query_bind_int(&q, "@alert", f->alert_id);
	query_bind_text(&q, "@kind", f->kind);
	query_bind_text(&q, "@native", e->native_id);
	return query_run(&q, err);
}

/* One row as it goes into the seal: every column but our own numbers. */
static void seal_row(struct digest *d, const struct query *q)
{
	int n = sqlite3_column_count(q->stmt);

	for (int i = 0; i < n; i++)
		digest_add_field(d,
				 (const char *)sqlite3_column_text(q->stmt, i));
}

/* Over what stands in the database, not over what was meant to. */
static int fetch_hash(struct store *s, int64_t fetch, uint8_t ret[DIGEST_SIZE],
		      struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	struct digest *d;
	int rc = query_open(&q, s, STMT_EVIDENCE_WALK, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@fetch", fetch);
	d = digest_new();
	while ((rc = query_step(&q, err)) == 1)
		seal_row(d, &q);
	digest_finish(d, ret);
	return rc;
}

static int fetch_seal(struct store *s, int64_t fetch,
		      const struct evidence_kept *kept,
		      const uint8_t hash[DIGEST_SIZE], struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_EVIDENCE_SEAL, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", fetch);
	query_bind_int(&q, "@found", kept->n_found);
	query_bind_int(&q, "@added", kept->n_added);
	query_bind_blob(&q, "@hash", hash, DIGEST_SIZE);
	rc = query_run(&q, err);
	return rc < 0 ? rc : 0;
}

int evidence_keep(struct store *s, const struct evidence_fetch *f,
		  const struct evidence_list *found, struct evidence_kept *ret,
		  struct err *err)
{
	struct evidence_kept kept = { 0 };
	uint8_t hash[DIGEST_SIZE];
	int rc = fetch_add(s, f, &kept.fetch, err);

	for (size_t i = 0; i < found->n && rc >= 0; i++) {
		rc = item_add(s, f, kept.fetch, &found->v[i], err);
		if (rc < 0)
			break;
		kept.n_added += rc;
		rc = item_link(s, f, kept.fetch, &found->v[i], err);
		if (rc > 0)
			kept.n_found += rc;
	}
	if (rc >= 0)
		rc = fetch_hash(s, kept.fetch, hash, err);
	if (rc >= 0)
		rc = fetch_seal(s, kept.fetch, &kept, hash, err);
	if (rc < 0)
		return rc;
	digest_hex(hash, sizeof(hash), kept.hash);
	*ret = kept;
	return 0;
}

/* The row's own seal, and the one that the audit log remembers. */
struct seal {
	struct evidence_place place;
	uint8_t hash[DIGEST_SIZE];
	char logged[DIGEST_HEX_SIZE];
};

/* The fetch behind the one in *ret; @alert_id 0: of any alert. */
static int seal_next(struct store *s, int64_t alert_id, struct seal *ret,
		     struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s,
			    alert_id ? STMT_EVIDENCE_SEALS
				     : STMT_EVIDENCE_ALL_SEALS,
			    err);

	if (rc < 0)
		return rc;
	if (alert_id)
		query_bind_int(&q, "@alert", alert_id);
	query_bind_int(&q, "@after", ret->place.fetch);
	rc = query_step(&q, err);
	if (rc != 1)
		return rc;
	*ret = (struct seal){ .place = { .fetch = row_int(&q, 0),
					 .alert_id = row_int(&q, 3),
					 .at_ms = row_int(&q, 4) } };
	row_blob(&q, 1, ret->hash, sizeof(ret->hash));
	row_blob(&q, 2, ret->logged, sizeof(ret->logged) - 1);
	row_blob(&q, 5, ret->place.by, sizeof(ret->place.by) - 1);
	return 1;
}

/* 1 it holds, 0 it was altered. */
static int seal_check(struct store *s, const struct seal *seal, struct err *err)
{
	uint8_t hash[DIGEST_SIZE];
	char text[DIGEST_HEX_SIZE];
	int rc = fetch_hash(s, seal->place.fetch, hash, err);

	if (rc < 0)
		return rc;
	return memcmp(hash, seal->hash, DIGEST_SIZE) == 0 &&
	       strcmp(digest_hex(hash, DIGEST_SIZE, text), seal->logged) == 0;
}

int evidence_verify(struct store *s, int64_t alert_id, struct err *err)
{
	struct seal seal = { 0 };
	int rc;

	while ((rc = seal_next(s, alert_id, &seal, err)) == 1) {
		rc = seal_check(s, &seal, err);
		if (rc < 0)
			return rc;
		if (rc == 0)
			return err_set(err, ERR_STORE_DAMAGED,
				       "the evidence of alert %" PRId64
				       " was altered after it was kept: fetch "
				       "%" PRId64 " does not match its hash; "
				       "compare with a backup",
				       alert_id, seal.place.fetch);
	}
	return rc;
}

static int find_lost(struct store *s, struct evidence_place *ret,
		     struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_EVIDENCE_LOST, err);

	if (rc < 0)
		return rc;
	rc = query_step(&q, err);
	if (rc != 1)
		return rc;
	*ret = (struct evidence_place){ .alert_id = row_int(&q, 0),
					.fetch = row_int(&q, 1),
					.at_ms = row_int(&q, 2),
					.lost = true };
	row_blob(&q, 3, ret->by, sizeof(ret->by) - 1);
	return 1;
}

int evidence_verify_all(struct store *s, struct evidence_place *ret,
			int64_t *ret_n, struct err *err)
{
	struct seal seal = { 0 };
	int64_t n = 0;
	int rc;

	for (; (rc = seal_next(s, 0, &seal, err)) == 1; n++) {
		rc = seal_check(s, &seal, err);
		if (rc < 0)
			return rc;
		if (rc == 0) {
			*ret = seal.place;
			return 1;
		}
	}
	if (rc >= 0)
		rc = find_lost(s, ret, err);
	if (rc == 0)
		*ret_n = n;
	return rc;
}
