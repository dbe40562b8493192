/*
 * The format ecs: Elastic Common Schema 8. What it has no field for is under
 * triaged.
 *
 * tested with: test_formats
 */
#include "forward/format_priv.h"

#include <sys/socket.h>
#include "util/xmalloc.h"
#include "version.h"

#define ECS_VERSION "8.11.0"

/* As Elastic's own detection rules count. */
static int risk_score(enum severity s)
{
	static const int scores[SEVERITY_MAX] = { 1, 21, 47, 73, 99 };

	return scores[s];
}

static json_t *event_of(const struct forward_record *r, const struct measure *m)
{
	const struct alert *a = &r->view.alert;
	json_t *o = json_object();
	CLEANUP(free_ptr) char *id = NULL;
	char hash[65];

	id = xasprintf("%lld", (long long)r->event.id);
	put_value(o, "kind", json_string(r->has_alert ? "alert" : "event"));
	if (r->has_alert)
		put_value(o, "category",
			  json_pack("[s]", "intrusion_detection"));
	put_value(o, "type", json_pack("[s]", "info"));
	put_text(o, "action", r->event.kind, m->word);
	put_value(o, "id", json_string(id));
	put_value(o, "hash", json_string(record_hash(r, hash)));
	put_instant(o, "created", r->event.at_ms);
	put_int(o, "severity", severity_ocsf(record_severity(r)));
	put_int(o, "risk_score", risk_score(record_severity(r)));
	put_value(o, "module", json_string(FORMAT_VENDOR));
	put_value(o, "dataset", json_string(FORMAT_VENDOR ".event"));
	if (!r->has_alert)
		return o;
	put_text(o, "code", a->alert_type, m->word);
	put_text(o, "provider", a->provider, m->word);
	put_instant(o, "start", a->activity_from_ms);
	put_instant(o, "end", a->activity_to_ms);
	put_lines(o, "reason", a->description, m->text);
	put_url(o, "url", a->portal_url, m);
	return o;
}

static json_t *one(const char *key, const char *s, size_t max)
{
	json_t *o = json_object();

	put_text(o, key, s, max);
	return o;
}

static json_t *threat_of(const struct alert *a, const struct measure *m)
{
	json_t *o = json_object();
	json_t *tactic = json_object(), *technique = json_object();

	put_words(tactic, "name", a->tactics, m);
	put_words(technique, "id", a->techniques, m);
	put_part(o, "tactic", tactic);
	put_part(o, "technique", technique);
	if (json_object_size(o))
		put_value(o, "framework", json_string("MITRE ATT&CK"));
	return o;
}

/* An index refuses the whole event for one that is none. */
static void put_addresses(json_t *object, const char *key,
			  const struct forward_record *r,
			  const struct measure *m)
{
	json_t *list;

	put_entities(object, key, r, "ip", m);
	list = json_object_get(object, key);
	for (size_t i = json_array_size(list); i-- > 0;)
		if (!is_address(json_string_value(json_array_get(list, i)),
				AF_UNSPEC))
			(void)json_array_remove(list, i);
	if (json_array_size(list) == 0)
		(void)json_object_del(object, key);
}

static json_t *related_of(const struct forward_record *r,
			  const struct measure *m)
{
	json_t *o = json_object();

	put_addresses(o, "ip", r, m);
	put_entities(o, "user", r, "account", m);
	put_entities(o, "hosts", r, "host", m);
	return o;
}

static json_t *cloud_of(const struct alert *a, const struct measure *m)
{
	json_t *o = json_object();

	put_part(o, "account", one("id", a->subscription, m->word));
	if (json_object_size(o))
		put_value(o, "provider", json_string("azure"));
	return o;
}

static void add_alert(json_t *root, const struct forward_record *r,
		      const struct measure *m)
{
	const struct alert *a = &r->view.alert;
	json_t *rule = json_object(), *related = related_of(r, m);
	const json_t *addresses = json_object_get(related, "ip");

	put_text(rule, "name", a->title, m->word);
	put_text(rule, "id", a->alert_type, m->word);
	put_part(root, "rule", rule);
	put_part(root, "threat", threat_of(a, m));
	put_part(root, "cloud", cloud_of(a, m));
	put_part(root, "host", one("name", record_entity(r, "host"), m->word));
	put_part(root, "user",
		 one("name", record_entity(r, "account"), m->word));
	put_part(root, "source",
		 one("ip", json_string_value(json_array_get(addresses, 0)),
		     m->word));
	put_part(root, "related", related);
}

static void add_own_alert(json_t *o, const struct forward_record *r,
			  const struct measure *m)
{
	const struct alert *a = &r->view.alert;
	const struct tracked *t = &r->view.tracked;
	char key[FORMAT_KEY_SIZE];

	put_int(o, "alert_id", t->id);
	put_text(o, "alert_key", record_key(r, key), sizeof(key));
	put_text(o, "native_id", a->native_id, m->word);
	put_text(o, "severity", severity_name(t->severity), m->word);
	put_text(o, "state", alert_state_name(t->state), m->word);
	put_text(o, "phase", phase_name(t->phase), m->word);
	put_int(o, "episode", t->episode);
	put_text(o, "owner", t->owner, m->word);
	put_text(o, "source", a->source, m->word);
	put_text(o, "tenant", a->tenant, m->word);
	put_text(o, "resource_id", a->resource_id, m->word);
	put_text(o, "incident", a->incident, m->word);
	put_text(o, "category", a->category, m->word);
	put_instant(o, "created_at", a->created_ms);
	put_instant(o, "triage_due_at", r->due_ms);
}

static json_t *own_of(const struct forward_record *r, const struct measure *m)
{
	json_t *o = json_object();
	json_t *detail = value_detail(r, m);

	put_text(o, "actor", r->event.actor, m->word);
	/* As text: its members differ from kind to kind, and an index has one
	 * type for each. */
	if (detail) {
		put_text(o, "detail", r->event.detail, m->text);
		json_decref(detail);
	}
	if (r->has_alert)
		add_own_alert(o, r, m);
	return o;
}

void event_ecs_add(const struct forward_record *r, const char *host,
		   const struct measure *m, struct strbuf *out)
{
	json_t *root = json_object();
	json_t *observer = one("hostname", host, m->word);

	put_instant(root, "@timestamp", r->event.at_ms);
	put_value(root, "ecs", json_pack("{s:s}", "version", ECS_VERSION));
	put_text(root, "message", record_title(r), m->word);
	put_value(root, "event", event_of(r, m));
	put_value(observer, "vendor", json_string(FORMAT_VENDOR));
	put_value(observer, "product", json_string(FORMAT_VENDOR));
	put_value(observer, "version", json_string(TRIAGED_VERSION));
	put_value(root, "observer", observer);
	if (r->has_alert) {
		add_alert(root, r, m);
		put_tags(root, "tags", r, m);
	}
	put_value(root, "triaged", own_of(r, m));
	value_write(root, out);
}
