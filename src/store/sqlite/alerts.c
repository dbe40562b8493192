/*
 * Alerts as they are kept: looked up by identity or id, and loaded. Called by
 * the pipeline; what a poll finds unchanged is in sights.c, writing new content
 * in alerts_write.c, what people do in alerts_people.c.
 */
#include "store/alerts.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>
#include "store/sqlite/engine_priv.h"
#include "store/sqlite/feeds_priv.h"
#include "util/xmalloc.h"

static void tracked_read(struct tracked *t, const struct query *q)
{
	int c = 0;

	*t = (struct tracked){ 0 };
	t->id = row_int(q, c++);
	t->version = row_int(q, c++);
	t->base = row_int(q, c++);
	t->severity = row_int(q, c++);
	t->state = row_int(q, c++);
	t->phase = row_int(q, c++);
	t->episode = row_int(q, c++);
	t->revision = row_int(q, c++);
	t->source_state = row_int(q, c++);
	t->seen_ms = row_int(q, c++);
	t->episode_ms = row_int(q, c++);
	t->source_updated_ms = row_int(q, c++);
	t->activity_to_ms = row_int(q, c++);
	t->acknowledged_ms = row_int(q, c++);
	t->closed_ms = row_int(q, c++);
	t->acknowledged_by = row_text(q, c++);
	t->closed_by = row_text(q, c++);
	t->owner = row_text(q, c++);
	t->historical = row_int(q, c++) != 0;
	t->linked_kind = row_text(q, c++);
	row_blob(q, c++, t->content_hash, sizeof(t->content_hash));
	t->acknowledge_expires_ms = row_int(q, c++);
	t->severity_confirmed = row_int(q, c++) != 0;
	t->clock_started_ms = row_int(q, c++);
	t->source_severity = row_text(q, c++);
	t->is_incident = row_int(q, c++) != 0;
}

int alerts_find_id(struct store *s, int64_t id, struct tracked *ret,
		   struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_ALERT_TRACKED, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", id);
	rc = query_step(&q, err);
	if (rc == 1)
		tracked_read(ret, &q);
	return rc;
}

static int alerts_id_of(struct store *s, const struct alert_key *key,
			int64_t *ret, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_ORIGIN_ALERT, err);

	if (rc < 0)
		return rc;
	query_bind_blob(&q, "@key", key->b, sizeof(key->b));
	return query_one(&q, ret, err);
}

int alerts_find(struct store *s, const struct alert_key *keys, size_t n_keys,
		struct tracked *ret, struct err *err)
{
	int64_t id;
	int rc = 0;

	for (size_t i = 0; i < n_keys && rc == 0; i++)
		rc = alerts_id_of(s, &keys[i], &id, err);
	return rc == 1 ? alerts_find_id(s, id, ret, err) : rc;
}

int alerts_find_all(struct store *s, const struct alert_key *keys,
		    size_t n_keys, int64_t *ret_ids, struct err *err)
{
	int n = 0;

	for (size_t i = 0; i < n_keys; i++) {
		int64_t id;
		int at = 0;
		int rc = alerts_id_of(s, &keys[i], &id, err);

		if (rc < 0)
			return rc;
		while (at < n && ret_ids[at] < id)
			at++;
		if (rc == 0 || (at < n && ret_ids[at] == id))
			continue;
		memmove(&ret_ids[at + 1], &ret_ids[at],
			(size_t)(n - at) * sizeof(*ret_ids));
		ret_ids[at] = id;
		n++;
	}
	return n;
}

static void content_read(struct alert *a, const struct query *q)
{
	int c = 0;

	alert_init(a);
	a->source = row_text(q, c++);
	a->kind = row_text(q, c++);
	a->provider = row_text(q, c++);
	a->tenant = row_text(q, c++);
	a->subscription = row_text(q, c++);
	a->native_id = row_text(q, c++);
	a->linked_kind = row_text(q, c++);
	a->linked_id = row_text(q, c++);
	a->title = row_text(q, c++);
	a->description = row_text(q, c++);
	a->alert_type = row_text(q, c++);
	a->source_severity = row_text(q, c++);
	a->source_status = row_text(q, c++);
	a->resource_id = row_text(q, c++);
	a->resource_group = row_text(q, c++);
	a->resource_type = row_text(q, c++);
	a->entity = row_text(q, c++);
	a->tactics = row_text(q, c++);
	a->techniques = row_text(q, c++);
	a->category = row_text(q, c++);
	a->policy = row_text(q, c++);
	a->incident = row_text(q, c++);
	a->correlation = row_text(q, c++);
	a->remediation = row_text(q, c++);
	a->portal_url = row_text(q, c++);
	a->base = row_int(q, c++);
	a->severity_unmapped = row_int(q, c++) != 0;
	a->source_state = row_int(q, c++);
	a->is_incident = row_int(q, c++) != 0;
	a->created_ms = row_int(q, c++);
	a->activity_from_ms = row_int(q, c++);
	a->activity_to_ms = row_int(q, c++);
	a->source_updated_ms = row_int(q, c++);
	a->clipped = row_int(q, c++) != 0;
	a->severity_absent = a->source_severity == NULL;
}

static int view_content(struct store *s, int64_t id, struct alert *ret,
			struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_ALERT_CONTENT, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", id);
	rc = query_step(&q, err);
	if (rc == 1)
		content_read(ret, &q);
	return rc;
}

static int view_entities(struct store *s, int64_t id, struct alert *a,
			 struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_ENTITY_LIST, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", id);
	while ((rc = query_step(&q, err)) == 1)
		alert_add_entity(a,
				 (const char *)sqlite3_column_text(q.stmt, 0),
				 (const char *)sqlite3_column_text(q.stmt, 1),
				 (const char *)sqlite3_column_text(q.stmt, 2));
	return rc;
}

static int view_tags(struct store *s, int64_t id, struct strlist *tags,
		     struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_TAG_LIST, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", id);
	while ((rc = query_step(&q, err)) == 1)
		strlist_add(tags, (const char *)sqlite3_column_text(q.stmt, 0));
	return rc;
}

static int load(struct store *s, int64_t id, bool whole, struct alert_view *ret,
		struct err *err)
{
	CLEANUP(alert_view_release) struct alert_view v = { 0 };
	int rc = 1;

	alert_init(&v.alert);
	if (whole)
		rc = alerts_find_id(s, id, &v.tracked, err);
	if (rc == 1)
		rc = view_content(s, id, &v.alert, err);
	if (rc != 1)
		return rc;
	if (whole)
		rc = view_entities(s, id, &v.alert, err);
	if (rc >= 0)
		rc = view_tags(s, id, &v.tags, err);
	if (rc < 0)
		return rc;
	*ret = v;
	v = (struct alert_view){ 0 };
	return 1;
}

int alerts_load(struct store *s, int64_t id, struct alert_view *ret,
		struct err *err)
{
	return load(s, id, true, ret, err);
}

int alerts_load_outline(struct store *s, int64_t id, struct alert_view *ret,
			struct err *err)
{
	return load(s, id, false, ret, err);
}

int alerts_opened_as(struct store *s, int64_t id, enum severity *ret,
		     struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	CLEANUP(free_ptr) char *word = NULL;
	int rc = query_open(&q, s, STMT_ALERT_OPENED, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@alert", id);
	rc = query_step(&q, err);
	if (rc != 1)
		return rc;
	word = row_text(&q, 0);
	return word && severity_parse(word, ret);
}

int alerts_number_from(struct store *s, int64_t id, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_ALERT_NUMBER, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", id);
	rc = query_run(&q, err);
	return rc < 0 ? rc : 0;
}

static int missing_previous(struct store *s, int64_t feed, int64_t poll,
			    int64_t *ret, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_FEED_PREVIOUS, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@feed", feed);
	query_bind_int(&q, "@poll", poll);
	return query_one(&q, ret, err);
}

/*
 * Polls are numbered in order: what the complete poll before this one did not
 * see, nor anything since, has an older number. A listing of a slice of time
 * says nothing about what lies outside of it.
 */
int alerts_mark_missing(struct store *s, const char *source, const char *scope,
			int64_t poll, int64_t now_ms, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int64_t feed, previous = 0;
	int rc = feed_find(s, source, scope, &feed, err);

	if (rc != 1)
		return rc;
	rc = missing_previous(s, feed, poll, &previous, err);
	if (rc < 0 || previous == 0)
		return rc < 0 ? rc : 0;
	rc = query_open(&q, s, STMT_SIGHT_MISSING, err);
	if (rc < 0)
		return rc;
	query_bind_int(&q, "@feed", feed);
	query_bind_int(&q, "@previous", previous);
	query_bind_int(&q, "@now", now_ms);
	return query_run(&q, err);
}
