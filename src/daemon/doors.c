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
#include "daemon/story.h"
#include "store/audit.h"
#include "store/clocks.h"
#include "store/outbox.h"
#include "util/xmalloc.h"

static int stop_younger(struct pipeline *p, const struct tracked *t,
			const char *why, int64_t now_ms, struct err *err)
{
	int rc = clocks_stop(p->store, t->id, t->episode, now_ms, why, err);

	if (rc >= 0)
		rc = ladders_stop(p->store, t->id, t->episode, why, err);
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

static int note_merged(struct pipeline *p, int64_t younger, int64_t older,
		       int64_t now_ms, struct err *err)
{
	CLEANUP(free_ptr)
	char *into = story_detail("{s:I}", "into", (json_int_t)older);
	CLEANUP(free_ptr)
	char *from = story_detail("{s:I}", "from", (json_int_t)younger);
	int rc = note(p, younger, now_ms, "merged", into, err);

	return rc < 0 ? rc : note(p, older, now_ms, "merged", from, err);
}

static int merge(struct pipeline *p, int64_t younger, int64_t older,
		 int64_t now_ms, struct err *err)
{
	CLEANUP(tracked_release) struct tracked t = { 0 };
	CLEANUP(free_ptr)
	char *why = xasprintf("merged into alert %" PRId64, older);
	int rc = alerts_find_id(p->store, younger, &t, err);

	if (rc <= 0)
		return rc;
	rc = stop_younger(p, &t, why, now_ms, err);
	if (rc >= 0)
		rc = alerts_merge(p->store, younger, older, now_ms, err);
	if (rc < 0)
		return rc;
	return note_merged(p, younger, older, now_ms, err);
}

int doors_find(struct pipeline *p, const struct alert *a,
	       const struct sighting *at, struct tracked *ret, struct err *err)
{
	struct alert_key keys[2];
	int64_t ids[2];
	int n, rc;

	n = alerts_find_all(p->store, keys, alert_keys(a, keys), ids, err);
	if (n <= 0)
		return n;
	if (n == 2) {
		rc = merge(p, ids[1], ids[0], at->now_ms, err);
		if (rc < 0)
			return rc;
	}
	return alerts_find_id(p->store, ids[0], ret, err);
}

/* Each copy names the other door, so what the row is linked to is the door
 * that did not write it last. */
static bool is_other_door(const struct subject *s)
{
	return s->known->linked_kind &&
	       strcasecmp(s->known->linked_kind, s->alert->kind) == 0;
}

int doors_compare(struct pipeline *p, const struct subject *s, struct err *err)
{
	const struct tracked *k = s->known;
	const struct alert *a = s->alert;
	bool severity = !a->severity_absent && a->base != k->base;
	bool status = a->source_state != k->source_state;
	CLEANUP(free_ptr) char *detail = NULL;

	if (!is_other_door(s) || (!severity && !status))
		return 0;
	detail =
		story_detail("{s:s, s:s*, s:s, s:s, s:s, s:s}", "door", a->kind,
			     "other_door", a->linked_kind, "severity",
			     severity_name(severity ? a->base : k->base),
			     "severity_there", severity_name(k->base), "status",
			     source_state_name(a->source_state), "status_there",
			     source_state_name(k->source_state));
	return note(p, s->id, s->at->now_ms, "doors-disagree", detail, err);
}
