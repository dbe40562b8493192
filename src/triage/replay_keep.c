/*
 * What a replay keeps of an alert: its content and where it stands, as
 * alerts_insert() and alerts_update() write the row. Called by
 * replay_happen.c.
 *
 * tested with: test_replay
 */
#include "triage/replay_priv.h"

#include <stdlib.h>
#include "util/xmalloc.h"

void replay_keep_text(char **kept, const char *said)
{
	if (!said)
		return;
	free(*kept);
	*kept = xstrdup(said);
}

static void keep_ms(int64_t *kept, int64_t said_ms)
{
	if (said_ms != 0)
		*kept = said_ms;
}

static void keep_texts(struct alert *k, const struct alert *a)
{
	replay_keep_text(&k->provider, a->provider);
	replay_keep_text(&k->subscription, a->subscription);
	replay_keep_text(&k->linked_kind, a->linked_kind);
	replay_keep_text(&k->linked_id, a->linked_id);
	replay_keep_text(&k->title, a->title);
	replay_keep_text(&k->description, a->description);
	replay_keep_text(&k->alert_type, a->alert_type);
	replay_keep_text(&k->source_severity, a->source_severity);
	replay_keep_text(&k->source_status, a->source_status);
	replay_keep_text(&k->resource_id, a->resource_id);
	replay_keep_text(&k->resource_group, a->resource_group);
	replay_keep_text(&k->resource_type, a->resource_type);
	replay_keep_text(&k->entity, a->entity);
	replay_keep_text(&k->tactics, a->tactics);
	replay_keep_text(&k->techniques, a->techniques);
	replay_keep_text(&k->category, a->category);
	replay_keep_text(&k->policy, a->policy);
	replay_keep_text(&k->incident, a->incident);
	replay_keep_text(&k->correlation, a->correlation);
}

/* As alerts_update() does: what a copy does not have stays. */
static void keep_content(struct alert *k, const struct alert *a)
{
	if (!k->kind) {
		replay_keep_text(&k->source, a->source);
		replay_keep_text(&k->kind, a->kind);
		replay_keep_text(&k->tenant, a->tenant);
		replay_keep_text(&k->native_id, a->native_id);
	}
	keep_texts(k, a);
	keep_ms(&k->created_ms, a->created_ms);
	keep_ms(&k->activity_from_ms, a->activity_from_ms);
	keep_ms(&k->activity_to_ms, a->activity_to_ms);
	keep_ms(&k->source_updated_ms, a->source_updated_ms);
	k->base = a->base;
	k->source_state = a->source_state;
	k->is_incident = a->is_incident;
	for (size_t i = 0; i < k->n_entities; i++) {
		free(k->entities[i].kind);
		free(k->entities[i].value);
		free(k->entities[i].role);
	}
	k->n_entities = 0;
	for (size_t i = 0; i < a->n_entities; i++)
		alert_add_entity(k, a->entities[i].kind, a->entities[i].value,
				 a->entities[i].role);
}

void replay_keep_nothing(struct replay_life *r)
{
	struct tracked *k = &r->known;

	k->historical = false;
	k->acknowledged_ms = k->closed_ms = 0;
	free(k->acknowledged_by);
	k->acknowledged_by = NULL;
	r->has_confirmed = false;
}

/* Where it stands after the decision: as alerts_insert() and alerts_update()
 * write the row. */
static void keep_standing(struct replay_life *r, const struct decision *d)
{
	int64_t now_ms = r->replay->now_ms;
	struct tracked *k = &r->known;

	switch (d->transition) {
	case TRANSITION_OPENED:
	case TRANSITION_SEEN_CLOSED:
		k->seen_ms = now_ms;
		k->historical = d->historical;
		break;
	case TRANSITION_REOPENED:
		replay_keep_nothing(r);
		break;
	case TRANSITION_UPDATED:
	case TRANSITION_CLOSED:
	case TRANSITION_NONE:
	case TRANSITION_STALE:
		break;
	}
	if (d->transition == TRANSITION_OPENED ||
	    d->transition == TRANSITION_REOPENED) {
		k->state = ALERT_OPEN;
	} else if (d->transition == TRANSITION_SEEN_CLOSED ||
		   (d->transition == TRANSITION_CLOSED &&
		    k->state != ALERT_CLOSED)) {
		k->state = ALERT_CLOSED;
		k->closed_ms = now_ms;
	} else if (d->withdraw_ack && k->state == ALERT_ACKNOWLEDGED) {
		k->state = ALERT_OPEN;
		k->acknowledged_ms = 0;
	}
	if (k->episode != r->file.episode)
		k->episode_ms = now_ms;
	k->episode = r->file.episode;
	k->base = d->base;
	k->severity = d->severity;
	if (!r->assigned)
		replay_keep_text(&k->owner, d->owner);
	r->tags = d->tags;
}

void replay_keep(struct replay_life *r, const struct alert *a,
		 const struct decision *d)
{
	struct tracked *k = &r->known;

	keep_content(&r->kept, a);
	keep_standing(r, d);
	k->revision++;
	k->source_state = a->source_state;
	keep_ms(&k->source_updated_ms, a->source_updated_ms);
	keep_ms(&k->activity_to_ms, a->activity_to_ms);
	replay_keep_text(&k->linked_kind, a->linked_kind);
	alert_content_hash(a, k->content_hash);
}

void replay_update_file(struct replay_life *r)
{
	const struct tracked *k = &r->known;

	r->file.severity = k->severity;
	r->file.state = k->state;
	r->file.owner = k->owner;
	r->file.acknowledged_by = k->acknowledged_by;
	if (k->state != ALERT_ACKNOWLEDGED)
		r->file.acknowledge_expires_ms = 0;
}
