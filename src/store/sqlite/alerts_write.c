/*
 * What a source said: first sight, and new content of a known alert. Called by
 * the pipeline inside the transaction of a page. What it means was decided in
 * triage/; this file writes it down.
 *
 * tested with: test_alerts
 */
#include "store/alerts.h"

#include <assert.h>
#include <string.h>
#include "store/audit.h"
#include "store/sqlite/engine_priv.h"
#include "store/sqlite/feeds_priv.h"
#include "store/sqlite/search_priv.h"
#include "store/sqlite/things_priv.h"
#include "util/xmalloc.h"

/* One alert being written: what all the steps below need. */
struct writing {
	struct store *store;
	int64_t id, revision, feed;
	const struct alert *alert;
	const struct decision *decision;
	const struct sighting *at;
	const char *changed; /* of the revision */
	uint8_t content_hash[ALERT_HASH_SIZE];
};

/* The columns that say where an alert stands. */
struct standing {
	enum alert_state state;
	enum phase phase;
	int64_t episode, episode_ms, acknowledged_ms, closed_ms;
	const char *acknowledged_by, *closed_by; /* borrowed */
};

/* Everything below binds in the order of the statements' texts. */
static void bind_texts(struct query *q, const struct alert *a)
{
	query_bind_text(q, "@provider", a->provider);
	query_bind_text(q, "@subscription", a->subscription);
	query_bind_text(q, "@linked_kind", a->linked_kind);
	query_bind_text(q, "@linked_id", a->linked_id);
	query_bind_text(q, "@title", a->title);
	query_bind_text(q, "@description", a->description);
	query_bind_text(q, "@alert_type", a->alert_type);
	query_bind_text(q, "@source_severity", a->source_severity);
	query_bind_text(q, "@source_status", a->source_status);
	query_bind_text(q, "@resource_id", a->resource_id);
	query_bind_text(q, "@resource_group", a->resource_group);
	query_bind_text(q, "@resource_type", a->resource_type);
	query_bind_text(q, "@entity", a->entity);
	query_bind_text(q, "@tactics", a->tactics);
	query_bind_text(q, "@techniques", a->techniques);
	query_bind_text(q, "@category", a->category);
	query_bind_text(q, "@policy", a->policy);
	query_bind_text(q, "@incident", a->incident);
	query_bind_text(q, "@correlation", a->correlation);
	query_bind_text(q, "@remediation", a->remediation);
	query_bind_text(q, "@portal_url", a->portal_url);
}

static void bind_content(struct query *q, const struct writing *w)
{
	const struct alert *a = w->alert;

	bind_texts(q, a);
	query_bind_ms(q, "@created_ms", a->created_ms);
	query_bind_ms(q, "@activity_from_ms", a->activity_from_ms);
	query_bind_ms(q, "@activity_to_ms", a->activity_to_ms);
	query_bind_ms(q, "@source_updated_ms", a->source_updated_ms);
	query_bind_int(q, "@source_state", a->source_state);
	query_bind_int(q, "@severity_unmapped", w->decision->unmapped);
	query_bind_int(q, "@is_incident", a->is_incident);
	query_bind_int(q, "@clipped", a->clipped);
	query_bind_blob(q, "@content_hash", w->content_hash,
			sizeof(w->content_hash));
}

static void bind_decision(struct query *q, const struct decision *d)
{
	query_bind_int(q, "@base", d->base);
	query_bind_int(q, "@severity", d->severity);
	query_bind_text(q, "@rule", d->rule);
	query_bind_text(q, "@policy_hash", d->policy_hash);
}

static void bind_standing(struct query *q, const struct standing *st)
{
	query_bind_int(q, "@state", st->state);
	query_bind_int(q, "@phase", st->phase);
	query_bind_int(q, "@episode", st->episode);
	query_bind_int(q, "@episode_ms", st->episode_ms);
	query_bind_ms(q, "@acknowledged_ms", st->acknowledged_ms);
	query_bind_text(q, "@acknowledged_by", st->acknowledged_by);
	query_bind_ms(q, "@closed_ms", st->closed_ms);
	query_bind_text(q, "@closed_by", st->closed_by);
}

static int write_feed(struct writing *w, struct err *err)
{
	if (w->at->poll != 0)
		return feed_of_poll(w->store, w->at->poll, &w->feed, err);
	return feed_of(w->store, w->alert->source, w->alert->kind, "", &w->feed,
		       err);
}

static int write_revision(const struct writing *w, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, w->store, STMT_REVISION_ADD, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", w->id);
	query_bind_int(&q, "@revision", w->revision);
	query_bind_int(&q, "@now", w->at->now_ms);
	query_bind_blob(&q, "@content_hash", w->content_hash,
			sizeof(w->content_hash));
	query_bind_text(&q, "@changed", w->changed);
	query_bind_raw(&q, "@raw", w->alert->raw, w->alert->raw_len);
	query_bind_int(&q, "@feed", w->feed);
	return query_run(&q, err);
}

/* For the two deletes that come before a list is written anew. */
static int write_delete(const struct writing *w, enum statement id,
			struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, w->store, id, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", w->id);
	return query_run(&q, err);
}

static int write_tag(const struct writing *w, const char *tag, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, w->store, STMT_TAG_ADD, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", w->id);
	query_bind_text(&q, "@tag", tag);
	return query_run(&q, err);
}

static int write_lists(const struct writing *w, struct err *err)
{
	const struct strlist *tags = w->decision->tags;
	int rc = things_write(w->store, w->id, w->alert, err);

	for (size_t i = 0; tags != NULL && i < tags->n && rc >= 0; i++)
		rc = write_tag(w, tags->v[i], err);
	return rc;
}

/* What the event says: which identity, and whose it is. */
static int conflict_detail(const struct writing *w, bool own, int64_t other,
			   char **ret, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	const struct alert *a = w->alert;
	int rc = query_open(&q, w->store, STMT_ORIGIN_CONFLICT, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@native_id", own ? a->native_id : a->linked_id);
	query_bind_text(&q, "@kind", own ? a->kind : a->linked_kind);
	query_bind_int(&q, "@other", other);
	rc = query_step(&q, err);
	if (rc == 1)
		*ret = row_text(&q, 0);
	return rc < 0 ? rc : 0;
}

static int conflict_is_told(const struct writing *w, const char *detail,
			    struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, w->store, STMT_EVENT_SAME, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@alert", w->id);
	query_bind_text(&q, "@kind", "origin-conflict");
	query_bind_text(&q, "@detail", detail);
	return query_step(&q, err);
}

/*
 * Two alerts that turn out to be one stay two: the identity keeps the alert it
 * has, the page goes on, and the log says it once.
 */
static int write_conflict(const struct writing *w, bool own, int64_t other,
			  struct err *err)
{
	CLEANUP(free_ptr) char *detail = NULL;
	struct audit_event e = { .alert_id = w->id,
				 .at_ms = w->at->now_ms,
				 .actor = "triaged",
				 .kind = "origin-conflict" };
	int rc = conflict_detail(w, own, other, &detail, err);

	if (rc < 0)
		return rc;
	rc = conflict_is_told(w, detail, err);
	if (rc != 0)
		return rc;
	e.detail = detail;
	return audit_add(w->store, &e, err);
}

/* An identity on its way into the store. */
struct identity {
	const struct alert_key *key;
	bool is_own; /* else the one at the other door */
	int64_t id; /* the row it has then */
};

/* It was there: whose is it, and which row? */
static int origin_find(const struct writing *w, struct identity *n,
		       int64_t *ret_alert, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, w->store, STMT_ORIGIN_ALERT, err);

	if (rc < 0)
		return rc;
	query_bind_blob(&q, "@key", n->key->b, sizeof(n->key->b));
	rc = query_one(&q, ret_alert, err);
	if (rc == 1)
		n->id = row_int(&q, 1);
	return rc;
}

/* 1 it is new and ours, 0 it was there. */
static int origin_add(const struct writing *w, struct identity *n,
		      struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	const struct alert *a = w->alert;
	int rc = query_open(&q, w->store, STMT_ORIGIN_ADD, err);

	if (rc < 0)
		return rc;
	query_bind_blob(&q, "@key", n->key->b, sizeof(n->key->b));
	query_bind_int(&q, "@alert", w->id);
	query_bind_text(&q, "@kind", n->is_own ? a->kind : a->linked_kind);
	query_bind_text(&q, "@native_id",
			n->is_own ? a->native_id : a->linked_id);
	query_bind_blob(&q, "@hash", n->is_own ? a->raw_hash : NULL,
			sizeof(a->raw_hash));
	rc = query_run(&q, err);
	if (rc > 0)
		n->id = sqlite3_last_insert_rowid(w->store->db);
	return rc;
}

static int origin_remember(const struct writing *w, int64_t origin,
			   struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, w->store, STMT_ORIGIN_REMEMBER, err);

	if (rc < 0)
		return rc;
	query_bind_blob(&q, "@hash", w->alert->raw_hash,
			sizeof(w->alert->raw_hash));
	query_bind_int(&q, "@origin", origin);
	return query_run(&q, err);
}

/* It stands for the alert; the own one stands for these bytes, too. */
static int write_origin(const struct writing *w, struct identity *n,
			struct err *err)
{
	int64_t other = w->id;
	int rc = origin_add(w, n, err);

	if (rc != 0)
		return rc;
	rc = origin_find(w, n, &other, err);
	if (rc >= 0 && other != w->id)
		rc = write_conflict(w, n->is_own, other, err);
	if (rc >= 0 && n->is_own)
		rc = origin_remember(w, n->id, err);
	return rc;
}

/* Every identity stands for the alert; the own one was seen. */
static int write_origins(const struct writing *w, struct err *err)
{
	struct alert_key keys[2];
	size_t n_keys = alert_keys(w->alert, keys);
	struct identity own = { .key = &keys[0], .is_own = true };
	struct identity linked = { .key = &keys[1] };
	int rc = write_origin(w, &own, err);

	if (rc >= 0 && n_keys > 1)
		rc = write_origin(w, &linked, err);
	if (rc >= 0)
		rc = feed_put_sight(w->store, w->feed, own.id, w->at, err);
	return rc < 0 ? rc : 0;
}

static int write_row(struct writing *w, const struct standing *st,
		     struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	const struct alert *a = w->alert;
	int rc = query_open(&q, w->store, STMT_ALERT_ADD, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@feed", w->feed);
	query_bind_text(&q, "@owner", w->decision->owner);
	query_bind_int(&q, "@historical", w->decision->historical);
	query_bind_int(&q, "@now", w->at->now_ms);
	query_bind_text(&q, "@kind", a->kind);
	query_bind_text(&q, "@tenant", a->tenant != NULL ? a->tenant : "");
	query_bind_text(&q, "@native_id", a->native_id);
	bind_content(&q, w);
	bind_decision(&q, w->decision);
	bind_standing(&q, st);
	/* So that starting its clock need not write the row again. */
	query_bind_int(&q, "@urgency",
		       w->decision->clock_start ? w->decision->clock.due_ms
						: STORE_NEVER_MS);
	rc = query_run(&q, err);
	if (rc < 0)
		return rc;
	w->id = sqlite3_last_insert_rowid(w->store->db);
	return 0;
}

/* Not by a trigger, with which the engine keeps a journal of the insert. */
static int write_count(const struct writing *w, const struct standing *st,
		       struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, w->store, STMT_ALERT_COUNT, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@severity", w->decision->severity);
	query_bind_int(&q, "@state", st->state);
	return query_run(&q, err);
}

int alerts_insert(struct store *s, const struct alert *a,
		  const struct decision *d, const struct sighting *at,
		  int64_t *ret_id, struct err *err)
{
	bool closed = d->transition == TRANSITION_SEEN_CLOSED;
	CLEANUP(free_ptr)
	char *closer = closed ? xasprintf("source %s", a->source) : NULL;
	struct writing w = { .store = s,
			     .revision = 1,
			     .alert = a,
			     .decision = d,
			     .at = at,
			     .changed = "" };
	struct standing st = { .state = closed ? ALERT_CLOSED : ALERT_OPEN,
			       .phase = PHASE_DETECT,
			       .episode = 1,
			       .episode_ms = at->now_ms,
			       .closed_ms = closed ? at->now_ms : 0,
			       .closed_by = closer };
	int rc = write_feed(&w, err);

	if (rc < 0)
		return rc;
	alert_content_hash(a, w.content_hash);
	rc = write_row(&w, &st, err);
	if (rc >= 0)
		rc = write_count(&w, &st, err);
	if (rc >= 0)
		rc = write_revision(&w, err);
	if (rc >= 0)
		rc = write_lists(&w, err);
	if (rc >= 0)
		rc = write_origins(&w, err);
	if (rc < 0)
		return rc;
	search_note_new(s, w.id, a, d->tags);
	*ret_id = w.id;
	return 0;
}

/* Where a known alert stands after the decision. */
static struct standing standing_after(const struct tracked *t,
				      const struct decision *d, int64_t now_ms,
				      const char *closer)
{
	struct standing st = { t->state,	   t->phase,
			       t->episode,	   t->episode_ms,
			       t->acknowledged_ms, t->closed_ms,
			       t->acknowledged_by, t->closed_by };

	if (d->transition == TRANSITION_REOPENED)
		return (struct standing){ .state = ALERT_OPEN,
					  .phase = PHASE_DETECT,
					  .episode = t->episode + 1,
					  .episode_ms = now_ms };
	if (d->transition == TRANSITION_CLOSED && t->state != ALERT_CLOSED) {
		st.state = ALERT_CLOSED;
		st.closed_ms = now_ms;
		st.closed_by = closer;
	} else if (d->withdraw_ack && t->state == ALERT_ACKNOWLEDGED) {
		/* acknowledged_by stays: notices name who had it. */
		st.state = ALERT_OPEN;
		st.acknowledged_ms = 0;
	}
	return st;
}

static int update_row(const struct writing *w, const struct standing *st,
		      struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, w->store, STMT_ALERT_UPDATE, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@revision", w->revision);
	query_bind_int(&q, "@now", w->at->now_ms);
	query_bind_text(&q, "@owner", w->decision->owner);
	bind_content(&q, w);
	bind_decision(&q, w->decision);
	bind_standing(&q, st);
	query_bind_int(&q, "@id", w->id);
	return query_run(&q, err);
}

static int update_all(const struct writing *w, const struct tracked *known,
		      struct err *err)
{
	CLEANUP(free_ptr)
	char *closer = xasprintf("source %s", w->alert->source);
	struct standing st =
		standing_after(known, w->decision, w->at->now_ms, closer);
	int rc = update_row(w, &st, err);

	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no alert %lld",
			       (long long)w->id);
	if (rc >= 0)
		rc = write_revision(w, err);
	if (rc >= 0)
		rc = write_delete(w, STMT_ENTITY_DELETE, err);
	if (rc >= 0)
		rc = write_delete(w, STMT_TAG_DELETE, err);
	if (rc >= 0)
		rc = write_lists(w, err);
	return rc;
}

static int update_content(const struct writing *w, const struct tracked *known,
			  struct err *err)
{
	int rc = search_note(w->store, w->id, err);

	return rc < 0 ? rc : update_all(w, known, err);
}

static int update_has_content(const struct writing *w, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, w->store, STMT_REVISION_HAS, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", w->id);
	query_bind_blob(&q, "@content_hash", w->content_hash,
			sizeof(w->content_hash));
	return query_step(&q, err);
}

/*
 * An older copy that was never seen: its bytes are kept as a revision of their
 * own, so that nothing a source ever served is lost, and the alert stays.
 */
static int update_stale(const struct writing *w, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = update_has_content(w, err);

	if (rc != 0)
		return rc;
	rc = write_revision(w, err);
	if (rc < 0)
		return rc;
	rc = query_open(&q, w->store, STMT_ALERT_REVISION, err);
	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", w->id);
	query_bind_int(&q, "@revision", w->revision);
	return query_run(&q, err);
}

int alerts_update(struct store *s, const struct tracked *known,
		  const struct alert *a, const struct decision *d,
		  const struct sighting *at, struct err *err)
{
	struct writing w = { .store = s,
			     .id = known->id,
			     .alert = a,
			     .revision = known->revision + 1,
			     .decision = d,
			     .at = at,
			     .changed = d->changed };
	int rc = write_feed(&w, err);

	if (rc < 0)
		return rc;
	alert_content_hash(a, w.content_hash);
	if (d->transition == TRANSITION_STALE) {
		w.changed = "older copy";
		rc = update_stale(&w, err);
	} else if (d->transition != TRANSITION_NONE) {
		rc = update_content(&w, known, err);
	}
	if (rc < 0)
		return rc;
	return write_origins(&w, err);
}

int alerts_repeats(struct store *s, int64_t id, int64_t revision,
		   const struct alert *a, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	uint8_t hash[ALERT_HASH_SIZE];
	int64_t same = 0;
	int rc = query_open(&q, s, STMT_REVISION_REPEATS, err);

	if (rc < 0)
		return rc;
	alert_content_hash(a, hash);
	query_bind_int(&q, "@id", id);
	query_bind_int(&q, "@revision", revision);
	query_bind_text(&q, "@source", a->source);
	query_bind_blob(&q, "@content_hash", hash, sizeof(hash));
	rc = query_one(&q, &same, err);
	return rc < 0 ? rc : same != 0;
}

int alerts_merge(struct store *s, int64_t from, int64_t into, int64_t now_ms,
		 struct err *err)
{
	CLEANUP(query_close) struct query move = QUERY_NONE;
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&move, s, STMT_ORIGIN_MOVE, err);

	if (rc < 0)
		return rc;
	query_bind_int(&move, "@into", into);
	query_bind_int(&move, "@id", from);
	rc = query_run(&move, err);
	if (rc >= 0)
		rc = query_open(&q, s, STMT_ALERT_MERGE, err);
	if (rc < 0)
		return rc;
	query_bind_int(&q, "@now", now_ms);
	query_bind_int(&q, "@into", into);
	query_bind_int(&q, "@id", from);
	rc = query_run(&q, err);
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no alert %lld",
			       (long long)from);
	return rc < 0 ? rc : 0;
}
