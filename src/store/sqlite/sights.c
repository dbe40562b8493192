/*
 * What a poll finds as it was: told by the hash of its bytes, and its last
 * sight moved. Called by the pipeline for every item of a page, which is most
 * of what triaged ever does.
 *
 * Why so much ado: a listing names alerts in nearly the same order as the last
 * time, so their rows follow each other. The next row of a statement that runs
 * costs a tenth of a new look-up, and of rows in one piece all are written by
 * one statement. Who comes out of order is looked up by himself.
 */
#include "store/alerts.h"

#include <stdlib.h>
#include <string.h>
#include "store/sqlite/engine_priv.h"
#include "store/sqlite/feeds_priv.h"

/* Identities between two neighbours of a listing: those of other doors. */
#define NEAR 4
/* Fewer in one piece are written one by one. */
#define PIECE_MIN 8

/* Rows of origin in order, while items come in the same. */
struct follower {
	struct query rows;
	int64_t last; /* the row found last; 0 none */
};

static void follower_release(struct follower *f)
{
	query_close(&f->rows);
}

static void judge(const struct query *q, struct item *it)
{
	uint8_t stored[ALERT_HASH_SIZE];

	row_blob(q, 1, stored, sizeof(stored));
	if (memcmp(stored, it->raw_hash, sizeof(stored)) != 0)
		return;
	it->kind = ITEM_UNCHANGED;
	it->origin = row_int(q, 0);
}

/* Is the next row the item's? */
static bool follow(struct follower *f, struct item *it)
{
	uint8_t key[sizeof(it->key.b)];

	if (!f->rows.stmt)
		return false;
	if (query_step(&f->rows, NULL) == 1) {
		row_blob(&f->rows, 2, key, sizeof(key));
		if (memcmp(key, it->key.b, sizeof(key)) == 0) {
			f->last = row_int(&f->rows, 0);
			judge(&f->rows, it);
			return true;
		}
	}
	query_close(&f->rows);
	return false;
}

/* The item was found at row @id: will its neighbours be the next? */
static void follow_from(struct store *s, struct follower *f, int64_t id)
{
	bool in_order = f->last > 0 && id > f->last && id - f->last <= NEAR;

	f->last = id;
	if (!in_order || query_open(&f->rows, s, STMT_ORIGIN_BEHIND, NULL) < 0)
		return;
	query_bind_int(&f->rows, "@after", id);
}

static void look_up(struct store *s, struct follower *f, struct item *it)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;

	if (follow(f, it) || query_open(&q, s, STMT_ORIGIN_HASH, NULL) < 0)
		return;
	query_bind_blob(&q, "@key", it->key.b, sizeof(it->key.b));
	if (query_step(&q, NULL) != 1)
		return;
	judge(&q, it);
	follow_from(s, f, row_int(&q, 0));
}

static void look_up_all(struct store *s, struct item *items, size_t n)
{
	CLEANUP(follower_release) struct follower f = { QUERY_NONE, 0 };

	for (size_t i = 0; i < n; i++)
		if (items[i].kind == ITEM_UNREAD)
			look_up(s, &f, &items[i]);
}

void alerts_known(struct store *s, struct item *items, size_t n)
{
	/* One moment for all: by itself each would take the readers' lock, and
	 * begin anew with what the log holds. Without it they still can. */
	bool own = !s->in_txn && s->db && engine_exec(s, "BEGIN", NULL) == 0;

	look_up_all(s, items, n);
	if (own && engine_exec(s, "COMMIT", NULL) < 0)
		s->suspect = true;
}

/* Seen by something that is no poll: an import, a test, triaged itself. */
static int bump_touch(struct store *s, int64_t origin, int64_t now_ms,
		      struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_SIGHT_TOUCH, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@now", now_ms);
	query_bind_int(&q, "@origin", origin);
	rc = query_run(&q, err);
	return rc > 0 ? 1 : rc;
}

/* As the last poll of the feed did, or by a feed that is new to it. */
static int bump_feed(struct store *s, enum statement id, int64_t origin,
		     const struct sighting *at, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int64_t feed;
	int rc = feed_of_poll(s, at->poll, &feed, err);

	if (rc >= 0)
		rc = query_open(&q, s, id, err);
	if (rc < 0)
		return rc;
	query_bind_int(&q, "@poll", at->poll);
	query_bind_int(&q, "@now", at->now_ms);
	query_bind_int(&q, "@feed", feed);
	query_bind_int(&q, "@origin", origin);
	return query_run(&q, err);
}

int alerts_bump(struct store *s, int64_t origin, const struct sighting *at,
		struct err *err)
{
	int rc;

	if (at->poll == 0)
		return bump_touch(s, origin, at->now_ms, err);
	rc = bump_feed(s, STMT_SIGHT_AGAIN, origin, at, err);
	return rc != 0 ? rc : bump_feed(s, STMT_SIGHT_FIRST, origin, at, err);
}

static int compare_ids(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* In order, each once; how many. */
static size_t sort_ids(int64_t *ids, size_t n)
{
	size_t kept = 0;

	qsort(ids, n, sizeof(*ids), compare_ids);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || ids[kept - 1] != ids[i])
			ids[kept++] = ids[i];
	return kept;
}

/* How many of @origins, from the first on, are in one piece: all the feed has
 * seen between them. */
static int piece_length(struct store *s, int64_t feed, const int64_t *origins,
			size_t n, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	size_t len = 0;
	int rc = query_open(&q, s, STMT_SIGHT_WALK, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@feed", feed);
	query_bind_int(&q, "@first", origins[0]);
	query_bind_int(&q, "@last", origins[n - 1]);
	while (len < n && (rc = query_step(&q, err)) == 1 &&
	       row_int(&q, 0) == origins[len])
		len++;
	return rc < 0 ? rc : (int)len;
}

static int bump_piece(struct store *s, int64_t feed, const int64_t *origins,
		      size_t n, const struct sighting *at, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_SIGHT_PIECE, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@poll", at->poll);
	query_bind_int(&q, "@now", at->now_ms);
	query_bind_int(&q, "@feed", feed);
	query_bind_int(&q, "@first", origins[0]);
	query_bind_int(&q, "@last", origins[n - 1]);
	return query_run(&q, err);
}

static int bump_each(struct store *s, const int64_t *origins, size_t n,
		     const struct sighting *at, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc >= 0; i++)
		rc = alerts_bump(s, origins[i], at, err);
	return rc;
}

/* The next ones; how many. */
static int bump_some(struct store *s, const int64_t *origins, size_t n,
		     const struct sighting *at, struct err *err)
{
	size_t few = MIN(n, (size_t)PIECE_MIN);
	int64_t feed;
	int len = 0, rc = 0;

	if (n >= PIECE_MIN && at->poll != 0) {
		rc = feed_of_poll(s, at->poll, &feed, err);
		if (rc >= 0)
			rc = len = piece_length(s, feed, origins, n, err);
	}
	if (rc < 0)
		return rc;
	if (len >= PIECE_MIN) {
		rc = bump_piece(s, feed, origins, (size_t)len, at, err);
		return rc < 0 ? rc : len;
	}
	rc = bump_each(s, origins, few, at, err);
	return rc < 0 ? rc : (int)few;
}

int alerts_bump_all(struct store *s, int64_t *origins, size_t n,
		    const struct sighting *at, struct err *err)
{
	if (n > 0)
		n = sort_ids(origins, n);
	for (size_t i = 0; i < n;) {
		int rc = bump_some(s, origins + i, n - i, at, err);

		if (rc < 0)
			return rc;
		i += (size_t)rc;
	}
	return 0;
}
