/*
 * The format ocsf: Open Cybersecurity Schema Framework 1.8. An event of an
 * alert is a Detection Finding (class 2004): created when it was first seen,
 * closed when it was closed, everything else updates it. An event without an
 * alert is a Base Event (class 0).
 *
 * tested with: test_formats
 */
#include "forward/format_priv.h"

#include <string.h>
#include "util/jsonx.h"
#include "util/xmalloc.h"
#include "version.h"

#define OCSF_VERSION "1.8.0"
#define CLASS_FINDING 2004
#define CLASS_BASE 0
#define ACTIVITY_OTHER 99

struct activity {
	int id;
	const char *name;
};

static struct activity activity_of(const struct forward_record *r)
{
	if (!r->has_alert)
		return (struct activity){ ACTIVITY_OTHER, r->event.kind };
	if (strcmp(r->event.kind, "opened") == 0 ||
	    strcmp(r->event.kind, "seen-closed") == 0)
		return (struct activity){ 1, "Create" };
	if (strcmp(r->event.kind, "closed") == 0)
		return (struct activity){ 3, "Close" };
	return (struct activity){ 2, "Update" };
}

static json_t *product(void)
{
	return json_pack("{s:s, s:s, s:s}", "name", FORMAT_VENDOR,
			 "vendor_name", FORMAT_VENDOR, "version",
			 TRIAGED_VERSION);
}

static bool has_incident(const struct forward_record *r)
{
	return r->has_alert &&
	       (r->view.tracked.owner || r->view.tracked.state == ALERT_CLOSED);
}

static json_t *metadata_of(const struct forward_record *r,
			   const struct measure *m)
{
	json_t *o = json_object();
	json_t *profiles = json_array();
	CLEANUP(free_ptr) char *uid = NULL;
	char key[FORMAT_KEY_SIZE];

	uid = xasprintf("%lld", (long long)r->event.id);
	put_value(o, "version", json_string(OCSF_VERSION));
	put_value(o, "product", product());
	put_value(o, "uid", json_string(uid));
	put_text(o, "event_code", r->event.kind, m->word);
	put_text(o, "correlation_uid", record_key(r, key), sizeof(key));
	put_ms(o, "logged_time", r->event.at_ms);
	if (r->has_alert && r->view.alert.subscription)
		(void)json_array_append_new(profiles, json_string("cloud"));
	if (has_incident(r))
		(void)json_array_append_new(profiles, json_string("incident"));
	put_part(o, "profiles", profiles);
	return o;
}

static void add_attack(json_t *array, const char *part, const char *member,
		       const char *list, const struct measure *m)
{
	CLEANUP(jsonx_unref) json_t *words = json_object();
	json_t *word;
	size_t i;

	put_words(words, "v", list, m);
	json_array_foreach(json_object_get(words, "v"), i, word)(void)
		json_array_append_new(array, json_pack("{s:{s:O}}", part,
						       member, word));
}

static json_t *attacks_of(const struct alert *a, const struct measure *m)
{
	json_t *array = json_array();

	add_attack(array, "tactic", "name", a->tactics, m);
	add_attack(array, "technique", "uid", a->techniques, m);
	return array;
}

static json_t *finding_of(const struct forward_record *r,
			  const struct measure *m)
{
	const struct alert *a = &r->view.alert;
	json_t *o = json_object();
	json_t *source = json_object();

	/* The schema wants it: never left out, however short. */
	put_value(o, "uid",
		  value_text(a->native_id ? a->native_id : "", m->word));
	put_text(o, "title", a->title, m->word);
	put_lines(o, "desc", a->description, m->text);
	put_words(o, "types", a->alert_type, m);
	put_ms(o, "created_time", a->created_ms);
	put_ms(o, "modified_time", a->source_updated_ms);
	put_ms(o, "first_seen_time", a->activity_from_ms);
	put_ms(o, "last_seen_time", a->activity_to_ms);
	put_url(o, "src_url", a->portal_url, m);
	put_text(source, "name", a->provider, m->word);
	if (json_object_size(source))
		put_value(source, "vendor_name", json_string("Microsoft"));
	put_part(o, "product", source);
	put_part(o, "attacks", attacks_of(a, m));
	return o;
}

static json_t *resources_of(const struct alert *a, const struct measure *m)
{
	json_t *array = json_array();
	json_t *o = json_object();

	put_text(o, "uid", a->resource_id, m->word);
	put_text(o, "name", a->entity, m->word);
	put_text(o, "type", a->resource_type, m->word);
	put_text(o, "namespace", a->resource_group, m->word);
	if (json_object_size(o))
		(void)json_array_append(array, o);
	json_decref(o);
	return array;
}

static void add_status(json_t *root, const struct tracked *t)
{
	static const struct activity states[] = {
		[ALERT_OPEN] = { 1, "New" },
		[ALERT_ACKNOWLEDGED] = { 2, "In Progress" },
		[ALERT_CLOSED] = { 4, "Resolved" },
	};
	struct activity status = states[t->state];

	if (t->state == ALERT_CLOSED && t->source_state == SOURCE_DISMISSED)
		status = (struct activity){ 3, "Suppressed" };
	put_int(root, "status_id", status.id);
	put_value(root, "status", json_string(status.name));
}

/* Of the incident profile: who has it, and what it was when it was closed. */
static void add_incident(json_t *root, const struct forward_record *r,
			 const json_t *detail, const struct measure *m)
{
	static const int verdicts[VERDICT_MAX] = { 0, 2, 1, 5 };
	const struct tracked *t = &r->view.tracked;
	json_t *assignee = json_object();
	enum verdict verdict = VERDICT_NONE;
	const char *word = detail ? jsonx_str(detail, "as") : NULL;

	if (!has_incident(r)) {
		json_decref(assignee);
		return;
	}
	put_text(assignee, "name", t->owner, m->word);
	put_part(root, "assignee", assignee);
	put_int(root, "priority_id",
		t->severity == SEVERITY_INFO ? 1 : (int)t->severity);
	if (word && verdict_parse(word, &verdict)) {
		put_int(root, "verdict_id", verdicts[verdict]);
		put_text(root, "verdict", verdict_name(verdict), m->word);
	}
}

static void add_alert(json_t *root, const struct forward_record *r,
		      const json_t *detail, const struct measure *m)
{
	const struct alert *a = &r->view.alert;
	json_t *remediation = json_object();

	put_value(root, "finding_info", finding_of(r, m));
	add_status(root, &r->view.tracked);
	put_part(root, "resources", resources_of(a, m));
	if (a->subscription)
		put_value(root, "cloud",
			  json_pack("{s:s, s:{s:o}}", "provider", "Azure",
				    "account", "uid",
				    value_text(a->subscription, m->word)));
	add_incident(root, r, detail, m);
	put_lines(remediation, "desc", a->remediation, m->text);
	put_part(root, "remediation", remediation);
}

/* What the schema has no place for. */
static json_t *unmapped_of(const struct forward_record *r, const char *host,
			   const struct measure *m)
{
	json_t *o = json_object();
	char hash[65];

	put_text(o, "actor", r->event.actor, m->word);
	put_text(o, "host", host, m->word);
	put_value(o, "hash", json_string(record_hash(r, hash)));
	if (!r->has_alert)
		return o;
	put_int(o, "alert_id", r->view.tracked.id);
	put_text(o, "tenant", r->view.alert.tenant, m->word);
	put_text(o, "source", r->view.alert.source, m->word);
	put_text(o, "incident", r->view.alert.incident, m->word);
	put_text(o, "category", r->view.alert.category, m->word);
	put_text(o, "phase", phase_name(r->view.tracked.phase), m->word);
	put_int(o, "episode", r->view.tracked.episode);
	put_ms(o, "triage_due_time", r->due_ms);
	put_tags(o, "tags", r, m);
	put_entities(o, "accounts", r, "account", m);
	put_entities(o, "ips", r, "ip", m);
	put_entities(o, "hosts", r, "host", m);
	return o;
}

void event_ocsf_add(const struct forward_record *r, const char *host,
		    const struct measure *m, struct strbuf *out)
{
	struct activity activity = activity_of(r);
	int class = r->has_alert ? CLASS_FINDING : CLASS_BASE;
	json_t *detail = value_detail(r, m);
	json_t *unmapped = unmapped_of(r, host, m);
	json_t *root = json_object();

	put_int(root, "category_uid", class / 1000);
	put_value(root, "category_name",
		  json_string(r->has_alert ? "Findings" : "Uncategorized"));
	put_int(root, "class_uid", class);
	put_value(root, "class_name",
		  json_string(r->has_alert ? "Detection Finding"
					   : "Base Event"));
	put_int(root, "activity_id", activity.id);
	put_text(root, "activity_name", activity.name, m->word);
	put_int(root, "type_uid", class * 100 + activity.id);
	put_int(root, "severity_id", severity_ocsf(record_severity(r)));
	put_text(root, "severity", severity_name(record_severity(r)), m->word);
	put_int(root, "time", r->event.at_ms);
	put_text(root, "message", record_title(r), m->word);
	if (r->has_alert && activity.id == 1)
		put_value(root, "is_alert", json_true());
	put_value(root, "metadata", metadata_of(r, m));
	if (r->has_alert)
		add_alert(root, r, detail, m);
	if (detail)
		put_value(unmapped, "detail", detail);
	put_part(root, "unmapped", unmapped);
	value_write(root, out);
}
