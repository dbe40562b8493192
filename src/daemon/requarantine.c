/*
 * The second look at what could not be understood (semantics 7): after an
 * upgrade it may be. Called hourly by the agenda, a slice a turn.
 *
 * An item may be days old. When its alert has come again since in a form that
 * was understood, the stored copy is the newer one, and stays.
 */
#include "daemon/requarantine.h"

#include <string.h>

#include "daemon/pipeline_priv.h"
#include "daemon/story.h"
#include "source/normalize.h"
#include "store/audit.h"
#include "store/ledger.h"
#include "store/txn.h"
#include "util/clock.h"
#include "util/xmalloc.h"

#define SLICE_ITEMS 100

static const struct source_conf *source_of(const struct pipeline *p,
					   const char *name)
{
	for (size_t i = 0; i < p->conf->n_sources; i++)
		if (strcmp(p->conf->sources[i].name, name) == 0)
			return &p->conf->sources[i];
	return NULL;
}

/* As its source reads it. */
static enum door door_of(const struct source_conf *c)
{
	switch (c->type) {
	case SOURCE_DEFENDER_FOR_CLOUD:
		return c->resource_graph ? DOOR_ANY : DOOR_ARM;
	case SOURCE_GRAPH_SECURITY:
		return DOOR_GRAPH;
	case SOURCE_CLOUD_APPS:
		return DOOR_CLOUD_APPS;
	case SOURCE_FILE:
		return DOOR_FILE;
	case SOURCE_GRAPH_HUNTING:
	case SOURCE_DEMO:
		break;
	}
	return DOOR_ANY;
}

/* 1 there is an alert of this identity that the item must not overwrite. */
static int is_overtaken(struct pipeline *p, const struct alert *a,
			struct err *err)
{
	CLEANUP(tracked_release) struct tracked known = { 0 };
	struct alert_key keys[2];
	int found;

	found = alerts_find(p->store, keys, alert_keys(a, keys), &known, err);
	if (found <= 0)
		return found;
	return a->source_updated_ms <= known.source_updated_ms;
}

static int resolve(struct pipeline *p, const struct quarantined *q,
		   struct item *it, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	CLEANUP(free_ptr) char *detail = NULL;
	struct sighting at = { .poll = q->poll, .now_ms = clock_wall_ms() };
	int overtaken, rc;

	rc = txn_begin(&txn, p->store, err);
	if (rc < 0)
		return rc;
	free_ptr(&it->alert.source);
	it->alert.source = xstrdup(q->source);
	overtaken = is_overtaken(p, &it->alert, err);
	if (overtaken < 0)
		return overtaken;
	if (!overtaken) {
		rc = pipeline_accept(p, &it->alert, &at, NULL, err);
		if (rc < 0)
			return rc;
	}
	rc = ledger_quarantine_resolve(p->store, q->id, at.now_ms, err);
	if (rc < 0)
		return rc;
	detail =
		story_detail("{s:I, s:s, s:b}", "quarantine", (json_int_t)q->id,
			     "source", q->source, "stored", !overtaken);
	rc = audit_add(p->store,
		       &(struct audit_event){
			       .at_ms = at.now_ms,
			       .actor = "triaged",
			       .kind = "quarantine-resolved",
			       .detail = detail,
		       },
		       err);
	return rc < 0 ? rc : txn_commit(&txn, err);
}

/* 1 it was understood, 0 not (or its source is gone). */
static int try_item(struct pipeline *p, const struct quarantined *q,
		    struct err *err)
{
	const struct source_conf *c = source_of(p, q->source);
	struct item it = { 0 };
	int rc = 0;

	if (!c)
		return 0;
	alert_init(&it.alert);
	normalize_item(door_of(c), c->tenant ? c->tenant : "",
		       (struct span){ q->raw, q->raw_len }, &it);
	normalize_raw_hash(p->ingest.raw_key,
			   (struct span){ q->raw, q->raw_len },
			   it.alert.raw_hash);
	if (it.kind == ITEM_ALERT)
		rc = resolve(p, q, &it, err);
	alert_release(&it.alert);
	return rc < 0 ? rc : it.kind == ITEM_ALERT;
}

int requarantine_slice(struct pipeline *p, int64_t *after,
		       int64_t *ret_resolved, struct err *err)
{
	int64_t resolved = 0;
	int found = 1, rc = 0;

	for (int i = 0; i < SLICE_ITEMS && found > 0 && rc >= 0; i++) {
		CLEANUP(quarantined_release) struct quarantined q = { 0 };

		found = ledger_quarantined(p->store, *after, &q, err);
		if (found > 0) {
			rc = try_item(p, &q, err);
			resolved += rc > 0;
			*after = q.id;
		}
	}
	*ret_resolved += resolved;
	if (resolved)
		p->on_commit(p->arg);
	if (found < 0 || rc < 0)
		return found < 0 ? found : rc;
	if (!found)
		*after = 0;
	return found;
}
