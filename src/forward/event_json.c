/*
 * The format json: an event and its alert under the names that the payload of
 * webhooks uses.
 *
 * tested with: test_formats
 */
#include "forward/format_priv.h"

#include "version.h"

#define EVENT_TYPE "triaged.event"
#define EVENT_VERSION 1

static json_t *resource_of(const struct alert *a, const struct measure *m)
{
	json_t *o = json_object();

	put_text(o, "id", a->resource_id, m->word);
	put_text(o, "group", a->resource_group, m->word);
	put_text(o, "type", a->resource_type, m->word);
	return o;
}

static json_t *entities_of(const struct alert *a, const struct measure *m)
{
	json_t *array = json_array();

	for (size_t i = 0; i < a->n_entities && i < m->items; i++) {
		const struct entity *e = &a->entities[i];
		json_t *o = json_object();

		put_text(o, "kind", e->kind, m->word);
		put_text(o, "value", e->value, m->word);
		put_text(o, "role", e->role, m->word);
		(void)json_array_append_new(array, o);
	}
	return array;
}

/* What the source said. */
static void add_content(json_t *o, const struct alert *a,
			const struct measure *m)
{
	put_text(o, "title", a->title, m->word);
	put_lines(o, "description", a->description, m->text);
	put_text(o, "kind", a->kind, m->word);
	put_text(o, "native_id", a->native_id, m->word);
	put_text(o, "provider", a->provider, m->word);
	put_text(o, "source", a->source, m->word);
	put_text(o, "tenant", a->tenant, m->word);
	put_text(o, "subscription", a->subscription, m->word);
	put_text(o, "alert_type", a->alert_type, m->word);
	put_text(o, "category", a->category, m->word);
	put_text(o, "policy", a->policy, m->word);
	put_text(o, "entity", a->entity, m->word);
	put_part(o, "resource", resource_of(a, m));
	put_words(o, "tactics", a->tactics, m);
	put_words(o, "techniques", a->techniques, m);
	put_text(o, "incident", a->incident, m->word);
	put_instant(o, "created_at", a->created_ms);
	put_instant(o, "activity_from_at", a->activity_from_ms);
	put_instant(o, "activity_to_at", a->activity_to_ms);
	put_part(o, "entities", entities_of(a, m));
	put_int(o, "entities_total", (int64_t)a->n_entities);
	put_url(o, "portal_url", a->portal_url, m);
	put_lines(o, "remediation", a->remediation, m->text);
}

static json_t *alert_of(const struct forward_record *r, const struct measure *m)
{
	const struct tracked *t = &r->view.tracked;
	json_t *o = json_object();
	char key[FORMAT_KEY_SIZE];

	put_int(o, "id", t->id);
	put_text(o, "key", record_key(r, key), m->word + sizeof(key));
	put_text(o, "severity", severity_name(t->severity), m->word);
	put_text(o, "state", alert_state_name(t->state), m->word);
	put_text(o, "phase", phase_name(t->phase), m->word);
	put_int(o, "episode", t->episode);
	put_text(o, "owner", t->owner, m->word);
	if (t->state == ALERT_ACKNOWLEDGED)
		put_text(o, "acknowledged_by", t->acknowledged_by, m->word);
	if (t->state == ALERT_CLOSED)
		put_text(o, "closed_by", t->closed_by, m->word);
	put_instant(o, "seen_at", t->seen_ms);
	put_instant(o, "triage_due_at", r->due_ms);
	put_tags(o, "tags", r, m);
	add_content(o, &r->view.alert, m);
	return o;
}

void event_json_add(const struct forward_record *r, const char *host,
		    const struct measure *m, struct strbuf *out)
{
	json_t *root = json_object();
	json_t *detail = value_detail(r, m);
	char hash[65];

	put_value(root, "type", json_string(EVENT_TYPE));
	put_int(root, "version", EVENT_VERSION);
	put_int(root, "id", r->event.id);
	put_instant(root, "at", r->event.at_ms);
	put_text(root, "kind", r->event.kind, m->word);
	put_text(root, "actor", r->event.actor, m->word);
	if (detail)
		put_value(root, "detail", detail);
	put_value(root, "hash", json_string(record_hash(r, hash)));
	put_text(root, "host", host, m->word);
	put_value(root, "program", json_string("triaged " TRIAGED_VERSION));
	if (r->event.alert_id)
		put_int(root, "alert_id", r->event.alert_id);
	if (r->has_alert)
		put_value(root, "alert", alert_of(r, m));
	value_write(root, out);
}
