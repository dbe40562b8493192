/*
 * The same alert by several doors (Graph and Resource Manager, Graph and Cloud
 * Apps) is one row. Called by pipeline_accept inside its transaction. Knows no
 * API: which identities belong together was settled by the normalizers, by
 * exact match alone.
 */
#include "daemon/doors.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "daemon/book.h"
#include "daemon/story.h"
#include "store/audit.h"
#include "store/cases.h"
#include "store/outbox.h"
#include "util/xmalloc.h"

static int stop_owing(struct pipeline *p, const struct tracked *t,
		      const char *why, int64_t now_ms, struct err *err)
{
	const struct casebook book = book_of(p);
	struct casefile c;
	int rc = cases_load(p->store, t, &c, err);

	if (rc >= 0)
		rc = casework_close(&(struct casework){ .file = &c,
							.now_ms = now_ms,
							.book = &book },
				    why, err);
	if (rc >= 0)
		rc = outbox_supersede(p->store, t->id, t->episode, why, now_ms,
				      err);
	return rc < 0 ? rc : 0;
}

static int note(struct pipeline *p, int64_t id, int64_t now_ms,
		const char *kind, const char *detail, struct err *err)
{
	return audit_add(p->store,
			 &(struct audit_event){ .alert_id = id,
						.at_ms = now_ms,
						.actor = "triaged",
						.kind = kind,
						.detail = detail },
			 err);
}

static int note_merged(struct pipeline *p, int64_t from, int64_t into,
		       int64_t now_ms, struct err *err)
{
	CLEANUP(free_ptr)
	char *into_text = story_detail("{s:I}", "into", (json_int_t)into);
	CLEANUP(free_ptr)
	char *from_text = story_detail("{s:I}", "from", (json_int_t)from);
	int rc = note(p, from, now_ms, "merged", into_text, err);

	return rc < 0 ? rc : note(p, into, now_ms, "merged", from_text, err);
}

static int merge(struct pipeline *p, const struct tracked *from, int64_t into,
		 int64_t now_ms, struct err *err)
{
	CLEANUP(free_ptr)
	char *why = xasprintf("merged into alert %" PRId64, into);
	int rc = stop_owing(p, from, why, now_ms, err);

	if (rc >= 0)
		rc = alerts_merge(p->store, from->id, into, now_ms, err);
	if (rc < 0)
		return rc;
	return note_merged(p, from->id, into, now_ms, err);
}

/*
 * Closed by its source, while the other door has the alert active: the newer
 * update wins (semantics 1). Where a door tells no time of an update nobody
 * knows which is newer, and an alert that may need somebody must not be hidden.
 * What a human has closed stays so.
 */
static bool is_outlived(const struct tracked *older,
			const struct tracked *younger)
{
	if (older->state != ALERT_CLOSED || younger->state == ALERT_CLOSED ||
	    !source_state_is_closed(older->source_state))
		return false;
	return older->source_updated_ms == 0 ||
	       younger->source_updated_ms == 0 ||
	       younger->source_updated_ms >= older->source_updated_ms;
}

/* The row that goes on: @ids are the older one and the younger one. */
static int make_one(struct pipeline *p, const int64_t *ids, int64_t now_ms,
		    int64_t *ret, struct err *err)
{
	CLEANUP(tracked_release) struct tracked older = { 0 };
	CLEANUP(tracked_release) struct tracked younger = { 0 };
	bool outlived;
	int rc = alerts_find_id(p->store, ids[0], &older, err);

	if (rc > 0)
		rc = alerts_find_id(p->store, ids[1], &younger, err);
	if (rc < 0)
		return rc;
	outlived = is_outlived(&older, &younger);
	*ret = ids[outlived];
	return merge(p, outlived ? &older : &younger, *ret, now_ms, err);
}

int doors_find(struct pipeline *p, const struct alert *a,
	       const struct sighting *at, struct tracked *ret, struct err *err)
{
	struct alert_key keys[2];
	int64_t ids[2], id;
	int n, rc;

	n = alerts_find_all(p->store, keys, alert_keys(a, keys), ids, err);
	if (n <= 0)
		return n;
	id = ids[0];
	if (n == 2) {
		rc = make_one(p, ids, at->now_ms, &id, err);
		if (rc < 0)
			return rc;
	}
	return alerts_find_id(p->store, id, ret, err);
}

/* Each copy names the other door, so what the row is linked to is the door
 * that did not write it last. */
static bool is_other_door(const struct subject *s)
{
	return s->known->linked_kind &&
	       strcasecmp(s->known->linked_kind, s->alert->kind) == 0;
}

/*
 * Doors follow each other by minutes, and none but Graph tells the time of an
 * update: a copy that says something new is news, which the other door has yet
 * to follow. They disagree when a door comes with what it had said already
 * before the other one spoke: it could have followed, and did not.
 */
int doors_compare(struct pipeline *p, const struct subject *s, struct err *err)
{
	const struct tracked *k = s->known;
	const struct alert *a = s->alert;
	bool severity = !a->severity_absent && a->base != k->base;
	bool status = a->source_state != k->source_state;
	CLEANUP(free_ptr) char *detail = NULL;
	int rc;

	if (!is_other_door(s) || (!severity && !status))
		return 0;
	rc = alerts_repeats(p->store, s->id, k->revision, a, err);
	if (rc <= 0)
		return rc;
	detail =
		story_detail("{s:s, s:s*, s:s, s:s, s:s, s:s}", "door", a->kind,
			     "other_door", a->linked_kind, "severity",
			     severity_name(severity ? a->base : k->base),
			     "severity_there", severity_name(k->base), "status",
			     source_state_name(a->source_state), "status_there",
			     source_state_name(k->source_state));
	return note(p, s->id, s->at->now_ms, "doors-disagree", detail, err);
}
