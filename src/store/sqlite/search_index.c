/*
 * The full text index follows the alerts: a new one comes in, one whose text
 * changed leaves and comes back. Noted by alerts_write.c, written by txn.c;
 * what was stored before there was an index is brought in from the daemon's
 * idle time, and merged there. Who removes a row of alert calls search_remove()
 * first.
 *
 * Why at the end of a transaction: whenever the engine opens a savepoint of its
 * own, as for most statements that insert an alert, it first writes out what
 * the index has collected. Alert by alert this would cost three times as much.
 *
 * tested with: test_search
 */
#include "store/sqlite/search_priv.h"

#include <stdlib.h>
#include <string.h>
#include "store/txn.h"
#include "util/xmalloc.h"

/* Alerts of one slice: some 10 ms. */
#define FILL_SLICE 64
#define BELOW "search_below"

/* An alert as the index knows it, or is to know it. */
struct text {
	bool indexed;
	char *columns[SEARCH_COLUMNS]; /* NULL for null */
};

struct search_notes {
	struct note {
		int64_t id;
		struct text before; /* not indexed: it is new */
		bool is_ready; /* now is what comes into the index */
		struct text now;
	} * v;
	size_t n, n_alloc;
};

static void text_release(struct text *t)
{
	for (size_t i = 0; i < SEARCH_COLUMNS; i++)
		free(t->columns[i]);
	*t = (struct text){ 0 };
}

/* 1, or 0 when there is no such alert. */
static int text_load(struct store *s, int64_t id, struct text *ret,
		     struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_SEARCH_TEXT, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", id);
	rc = query_step(&q, err);
	if (rc != 1)
		return rc;
	ret->indexed = row_int(&q, SEARCH_COLUMNS) != 0;
	for (int i = 0; i < SEARCH_COLUMNS; i++)
		ret->columns[i] = row_text(&q, i);
	return 1;
}

/* Texts, each behind the end of a line but the first. */
static void add_line(struct strbuf *sb, const char *text)
{
	strbuf_addch(sb, '\n');
	if (text)
		strbuf_addstr(sb, text);
}

/* Most need no more, and grow once. */
#define TEXT_BYTES 500

static char *text_entities(const struct alert *a)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_reserve(&sb, TEXT_BYTES);
	if (a->entity)
		strbuf_addstr(&sb, a->entity);
	for (size_t i = 0; i < a->n_entities; i++)
		add_line(&sb, a->entities[i].value);
	if (a->n_entities == 0)
		add_line(&sb, NULL);
	return strbuf_detach(&sb);
}

static char *text_lines(const char *const *texts, size_t n)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_reserve(&sb, TEXT_BYTES);
	if (texts[0])
		strbuf_addstr(&sb, texts[0]);
	for (size_t i = 1; i < n; i++)
		add_line(&sb, texts[i]);
	return strbuf_detach(&sb);
}

static int compare_tags(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Each once and in order, as the table has them. */
static char *text_tags(const struct strlist *tags)
{
	CLEANUP(free_ptr) char **sorted = NULL;
	struct strbuf sb = STRBUF_INIT;
	size_t n = tags ? tags->n : 0;

	if (n == 0)
		return NULL;
	sorted = xcalloc(n, sizeof(*sorted));
	memcpy(sorted, tags->v, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare_tags);
	strbuf_addstr(&sb, sorted[0]);
	for (size_t i = 1; i < n; i++)
		if (strcmp(sorted[i - 1], sorted[i]) != 0)
			add_line(&sb, sorted[i]);
	return strbuf_detach(&sb);
}

/* What the view alert_text says of an alert that was just stored, without
 * reading it back. */
static struct text text_of(const struct alert *a, const struct strlist *tags)
{
	const char *const types[] = {
		a->alert_type, a->category,   a->policy,
		a->tactics,    a->techniques, a->provider
	};
	const char *const ids[] = { a->native_id, a->linked_id, a->incident,
				    a->correlation };
	const char *resource = a->resource_id	   ? a->resource_id
			       : a->resource_group ? a->resource_group
						   : a->subscription;

	return (struct text){ .columns = {
				      [SEARCH_TITLE] = xstrdup(a->title),
				      [SEARCH_ENTITIES] = text_entities(a),
				      [SEARCH_RESOURCE] = xstrdup(resource),
				      [SEARCH_TYPE] =
					      text_lines(types,
							 ARRAY_SIZE(types)),
				      [SEARCH_IDS] =
					      text_lines(ids, ARRAY_SIZE(ids)),
				      [SEARCH_TAGS] = text_tags(tags),
				      [SEARCH_DESCRIPTION] =
					      xstrdup(a->description),
			      } };
}

/*
 * Whether what failed says that the index is not what was written there: the
 * engine's own words for damage, or a piece that is there already. A disk that
 * is full or fails is something else.
 */
static bool index_is_damaged(const struct store *s)
{
	switch (sqlite3_errcode(s->db) & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_CONSTRAINT:
	case SQLITE_ERROR:
		return sqlite3_get_autocommit(s->db) == 0;
	default:
		return false;
	}
}

/* A statement that writes to the index. */
static int index_write(struct query *q, struct err *err)
{
	struct store *s = q->store;
	int rc = query_run(q, err);

	s->search_is_unwritten = true;
	s->search_is_damaged = rc < 0 && index_is_damaged(s);
	return MIN(rc, 0);
}

static int index_run(struct store *s, enum statement what, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, what, err);

	return rc < 0 ? rc : index_write(&q, err);
}

/* STMT_SEARCH_ADD or STMT_SEARCH_REMOVE, which needs the words it added. */
static int text_write(struct store *s, enum statement how, int64_t id,
		      const struct text *t, struct err *err)
{
	static const char *const names[SEARCH_COLUMNS] = {
		"@title", "@entities", "@resource",    "@type",
		"@ids",	  "@tags",     "@description",
	};
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, how, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", id);
	for (size_t i = 0; i < SEARCH_COLUMNS; i++)
		query_bind_text(&q, names[i], t->columns[i]);
	return index_write(&q, err);
}

static bool text_equal(const struct text *a, const struct text *b)
{
	for (size_t i = 0; i < SEARCH_COLUMNS; i++) {
		const char *x = a->columns[i], *y = b->columns[i];

		if (x != y && (!x || !y || strcmp(x, y) != 0))
			return false;
	}
	return true;
}

static int note_write(struct store *s, const struct note *note, struct err *err)
{
	CLEANUP(text_release) struct text now = { 0 };
	int rc;

	if (note->is_ready)
		return text_write(s, STMT_SEARCH_ADD, note->id, &note->now,
				  err);
	rc = text_load(s, note->id, &now, err);
	/* Most changes are of state and severity. */
	if (rc != 1 || (now.indexed && text_equal(&note->before, &now)))
		return MIN(rc, 0);
	if (note->before.indexed) {
		rc = text_write(s, STMT_SEARCH_REMOVE, note->id, &note->before,
				err);
		if (rc < 0)
			return rc;
	}
	return text_write(s, STMT_SEARCH_ADD, note->id, &now, err);
}

static struct note *note_add(struct store *s, int64_t id)
{
	struct search_notes *notes = s->notes;

	if (notes == NULL)
		notes = s->notes = xcalloc(1, sizeof(*notes));
	GROW(notes->v, notes->n + 1, notes->n_alloc);
	notes->v[notes->n] = (struct note){ .id = id };
	return &notes->v[notes->n++];
}

void search_note_new(struct store *s, int64_t id, const struct alert *a,
		     const struct strlist *tags)
{
	struct note *note = note_add(s, id);

	note->is_ready = true;
	note->now = text_of(a, tags);
}

/* The note about @id, for whom the text changes once more. */
static bool note_again(struct store *s, int64_t id)
{
	for (size_t i = 0; s->notes && i < s->notes->n; i++) {
		struct note *note = &s->notes->v[i];

		if (note->id != id)
			continue;
		note->is_ready = false;
		text_release(&note->now);
		return true;
	}
	return false;
}

int search_note(struct store *s, int64_t id, struct err *err)
{
	CLEANUP(text_release) struct text before = { 0 };
	int rc;

	/* What the index has is the text before the first change. */
	if (note_again(s, id))
		return 0;
	rc = text_load(s, id, &before, err);
	if (rc != 1)
		return rc;
	note_add(s, id)->before = before;
	before = (struct text){ 0 };
	return 0;
}

static int index_empty(struct store *s, struct err *err)
{
	int rc = index_run(s, STMT_SEARCH_EMPTY, err);

	return rc < 0 ? rc : search_fill_again(s, err);
}

int search_empty(struct store *s, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int rc = txn_begin(&txn, s, err);

	if (rc >= 0)
		rc = index_empty(s, err);
	return rc < 0 ? rc : txn_commit(&txn, err);
}

/*
 * Empty the index, to be filled anew: what it had collected for this
 * transaction goes, too. @rc and @err are of what failed, and stay when this
 * fails as well: then it is the file that is damaged.
 */
static int index_renew(struct store *s, int rc, struct err *err)
{
	if (!s->search_is_damaged)
		return rc;
	s->search_is_damaged = false;
	if (index_empty(s, NULL) < 0)
		return rc;
	if (err)
		*err = (struct err)ERR_INIT;
	search_forget_notes(s);
	s->n_search_renewals++;
	s->suspect = true; /* the engine reads it anew, too */
	return 0;
}

int64_t search_renewals(const struct store *s)
{
	return s->n_search_renewals;
}

int search_remove(struct store *s, int64_t id, struct err *err)
{
	CLEANUP(text_release) struct text t = { 0 };
	int rc = text_load(s, id, &t, err);

	if (rc != 1 || !t.indexed)
		return MIN(rc, 0);
	rc = text_write(s, STMT_SEARCH_REMOVE, id, &t, err);
	return rc < 0 ? index_renew(s, rc, err) : 0;
}

/* Have the engine write what it would write at the commit, where a failure
 * could not be told from one of the rest. */
static int index_flush(struct store *s, struct err *err)
{
	int rc;

	if (!s->search_is_unwritten)
		return 0;
	rc = index_run(s, STMT_SEARCH_FLUSH, err);
	if (rc == 0)
		rc = index_run(s, STMT_SEARCH_FLUSHED, err);
	s->search_is_unwritten = false;
	return rc;
}

int search_write_notes(struct store *s, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; s->notes && i < s->notes->n && rc == 0; i++)
		rc = note_write(s, &s->notes->v[i], err);
	if (rc == 0)
		rc = index_flush(s, err);
	if (rc == 0)
		search_forget_notes(s);
	return rc < 0 ? index_renew(s, rc, err) : 0;
}

void search_forget_notes(struct store *s)
{
	struct search_notes *notes = s->notes;

	s->search_is_unwritten = s->search_is_damaged = false;
	if (notes == NULL)
		return;
	for (size_t i = 0; i < notes->n; i++) {
		text_release(&notes->v[i].before);
		text_release(&notes->v[i].now);
	}
	free(notes->v);
	free(notes);
	s->notes = NULL;
}

/* Note the next alerts below @below. *ret_below is the lowest, 0 for none. */
static int fill_note(struct store *s, int64_t below, int64_t *ret_below,
		     struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int64_t ids[FILL_SLICE];
	int rc = query_open(&q, s, STMT_SEARCH_BELOW, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@below", below);
	query_bind_int(&q, "@max", FILL_SLICE);
	rc = query_ids(&q, ids, FILL_SLICE, err);
	if (rc < 0)
		return rc;
	*ret_below = rc > 0 ? ids[rc - 1] : 0;
	for (int i = 0, n = rc; i < n; i++) {
		rc = search_note(s, ids[i], err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int search_fill(struct store *s, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int64_t below = 0;
	int rc = store_meta_get(s, BELOW, &below, err);

	if (rc < 0 || below == 0)
		return MIN(rc, 0);
	rc = txn_begin(&txn, s, err);
	if (rc == 0)
		rc = fill_note(s, below, &below, err);
	if (rc == 0)
		rc = store_meta_set(s, BELOW, below, err);
	if (rc == 0)
		rc = txn_commit(&txn, err);
	return rc < 0 ? rc : below != 0;
}

int search_fill_again(struct store *s, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int64_t newest = 0;
	int rc = query_open(&q, s, STMT_SEARCH_BELOW, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@below", INT64_MAX);
	query_bind_int(&q, "@max", 1);
	rc = query_one(&q, &newest, err);
	/* Later ones come in with their own transactions. */
	return rc < 0 ? rc : store_meta_set(s, BELOW, newest + 1, err);
}

/* The engine says by the changes it counts whether it merged anything. */
static int tidy(struct store *s, struct err *err)
{
	int before = sqlite3_total_changes(s->db);
	int rc = index_run(s, STMT_SEARCH_MERGE, err);

	if (rc < 0) {
		rc = index_renew(s, rc, err);
		return rc < 0 ? rc : 1;
	}
	return sqlite3_total_changes(s->db) - before >= 2;
}

int search_tidy(struct store *s, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int more, rc = txn_begin(&txn, s, err);

	if (rc < 0)
		return rc;
	more = tidy(s, err);
	if (more < 0)
		return more;
	rc = txn_commit(&txn, err);
	return rc < 0 ? rc : more;
}
