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
	int64_t fetch;
	uint8_t hash[DIGEST_SIZE];
	char logged[DIGEST_HEX_SIZE];
};

static int seal_next(struct store *s, int64_t alert_id, int64_t after,
		     struct seal *ret, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_EVIDENCE_SEALS, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@alert", alert_id);
	query_bind_int(&q, "@after", after);
	rc = query_step(&q, err);
	if (rc != 1)
		return rc;
	*ret = (struct seal){ .fetch = row_int(&q, 0) };
	row_blob(&q, 1, ret->hash, sizeof(ret->hash));
	row_blob(&q, 2, ret->logged, sizeof(ret->logged) - 1);
	return 1;
}

static bool seal_holds(const struct seal *seal, const uint8_t *hash)
{
	char text[DIGEST_HEX_SIZE];

	return memcmp(hash, seal->hash, DIGEST_SIZE) == 0 &&
	       strcmp(digest_hex(hash, DIGEST_SIZE, text), seal->logged) == 0;
}

int evidence_verify(struct store *s, int64_t alert_id, struct err *err)
{
	uint8_t hash[DIGEST_SIZE];
	struct seal seal = { 0 };
	int rc;

	while ((rc = seal_next(s, alert_id, seal.fetch, &seal, err)) == 1) {
		rc = fetch_hash(s, seal.fetch, hash, err);
		if (rc < 0)
			return rc;
		if (!seal_holds(&seal, hash))
			return err_set(err, ERR_STORE_DAMAGED,
				       "the evidence of alert %" PRId64
				       " was altered after it was kept: fetch "
				       "%" PRId64 " does not match its hash; "
				       "compare with a backup",
				       alert_id, seal.fetch);
	}
	return rc;
}
