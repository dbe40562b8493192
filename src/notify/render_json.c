/*
 * A notice as the documented JSON payload (include/triaged/payload.h and the
 * manual). Called by deliver.c for webhooks and folders. A promise to
 * strangers: members are added, never renamed; what is unknown is null.
 */
#include "notify/render.h"

#include <stdlib.h>
#include <string.h>
#include "notify/render_priv.h"
#include "triaged/payload.h"
#include "util/jsonx.h"
#include "util/timefmt.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

/* Standard Webhooks asks for payloads under 20 kB. */
#define PAYLOAD_BYTES_MAX 20000
#define BRIEF_BYTES_MAX 2000
#define BRIEF_ROW 4 /* of measures, where a brief payload begins */
#define WORD_ITEMS_MAX 20

/*
 * How much is said, most first. Text costs up to four bytes a character, so
 * the last row is small enough for anything.
 */
struct measure {
	size_t description, word, entities, alerts;
};
static const struct measure measures[] = {
	{ 4000, 500, 20, 50 }, { 1500, 300, 20, 50 }, { 500, 200, 10, 50 },
	{ 200, 100, 5, 30 },   { 0, 40, 0, 15 },      { 0, 12, 0, 3 },
};

static const char *type_of(enum notice_kind kind)
{
	switch (kind) {
	case NOTICE_OPENED:
		return PAYLOAD_TYPE_OPENED;
	case NOTICE_ESCALATED:
		return PAYLOAD_TYPE_ESCALATED;
	case NOTICE_UPDATED:
		return PAYLOAD_TYPE_UPDATED;
	case NOTICE_ACKNOWLEDGED:
		return PAYLOAD_TYPE_ACKNOWLEDGED;
	case NOTICE_WARNING:
		return PAYLOAD_TYPE_WARNING;
	case NOTICE_BREACHED:
		return PAYLOAD_TYPE_BREACHED;
	case NOTICE_CLOSED:
		return PAYLOAD_TYPE_CLOSED;
	case NOTICE_REOPENED:
		return PAYLOAD_TYPE_REOPENED;
	case NOTICE_DIGEST:
		return PAYLOAD_TYPE_DIGEST;
	case NOTICE_TEST:
		return PAYLOAD_TYPE_TEST;
	case NOTICE_SILENCE:
		return PAYLOAD_TYPE_SILENCE;
	case NOTICE_RESPONSE:
		return PAYLOAD_TYPE_RESPONSE;
	}
	return PAYLOAD_TYPE_TEST;
}

/* Cleaned and cut; null for NULL and for a limit of 0. */
static json_t *text(const char *s, size_t max, enum utf8_clean how)
{
	struct strbuf sb = STRBUF_INIT;
	json_t *value;

	if (!s || max == 0)
		return json_null();
	utf8_add_clean(&sb, s, max, how);
	value = json_stringn_nocheck(sb.buf, sb.len);
	strbuf_release(&sb);
	return value;
}

static json_t *instant(int64_t ms)
{
	char buf[TIMEFMT_MAX];

	return ms ? json_string(timefmt_utc(ms, buf)) : json_null();
}

/* jansson frees @value also when it fails; a member lost for want of memory
 * is noticed by json_dumps or by nobody. */
static void put(json_t *object, const char *key, json_t *value)
{
	(void)json_object_set_new_nocheck(object, key, value);
}

static void put_word(json_t *object, const char *key, const char *s,
		     const struct measure *m)
{
	put(object, key, text(s, m->word, UTF8_LINE));
}

/* "A, B" as ["A","B"]. */
static json_t *words_of(const char *s, const struct measure *m)
{
	json_t *array = json_array();
	CLEANUP(free_ptr) char *copy = xstrdup(s ? s : "");
	char *rest = copy;
	char *word;

	while ((word = strsep(&rest, ",")) &&
	       json_array_size(array) < WORD_ITEMS_MAX) {
		word += strspn(word, " ");
		if (*word)
			(void)json_array_append_new(array,
						    text(word, m->word / 4,
							 UTF8_LINE));
	}
	return array;
}

static json_t *tags_of(const struct strlist *tags, const struct measure *m)
{
	json_t *array = json_array();

	for (size_t i = 0; i < tags->n && i < WORD_ITEMS_MAX; i++)
		(void)json_array_append_new(array, text(tags->v[i], m->word / 4,
							UTF8_LINE));
	return array;
}

static json_t *entities_of(const struct alert *a, const struct measure *m)
{
	json_t *array = json_array();

	for (size_t i = 0; i < a->n_entities && i < m->entities; i++) {
		const struct entity *e = &a->entities[i];
		json_t *object = json_object();

		put_word(object, "kind", e->kind, m);
		put_word(object, "value", e->value, m);
		put_word(object, "role", e->role, m);
		(void)json_array_append_new(array, object);
	}
	return array;
}

static json_t *resource_of(const struct alert *a, const struct measure *m)
{
	json_t *object;

	if (!a->resource_id && !a->resource_group && !a->resource_type)
		return json_null();
	object = json_object();
	put_word(object, "id", a->resource_id, m);
	put_word(object, "group", a->resource_group, m);
	put_word(object, "type", a->resource_type, m);
	return object;
}

static json_t *sla_of(const struct render_job *j, const struct render_alert *a)
{
	const struct clock_row *c = &a->clock;
	json_t *object = json_object();
	bool running = c->due_ms && !c->stopped_ms;

	put(object, "due_at", instant(c->due_ms));
	put(object, "state", json_string(render_sla_state(a)));
	put(object, "remaining_seconds",
	    running ? json_integer((c->due_ms - j->now_ms) / 1000)
		    : json_null());
	return object;
}

/* What a list shows of an alert, and what every description begins with. */
static json_t *alert_head(const struct render_alert *a, const struct measure *m,
			  size_t title_max)
{
	const struct alert *alert = &a->view.alert;
	const struct tracked *t = &a->view.tracked;
	json_t *object = json_object();
	char key[RENDER_KEY_SIZE];

	put(object, "id", json_integer(t->id));
	put(object, "key",
	    render_alert_key(a, key) ? json_string(key) : json_null());
	put(object, "title", text(words_title(a), title_max, UTF8_LINE));
	put(object, "severity", json_string(severity_name(t->severity)));
	put(object, "state", json_string(alert_state_name(t->state)));
	put(object, "entity",
	    text(alert->entity, MIN(m->word, title_max), UTF8_LINE));
	return object;
}

static json_t *alert_of(const struct render_alert *a, const struct measure *m)
{
	const struct alert *alert = &a->view.alert;
	const struct tracked *t = &a->view.tracked;
	json_t *o = alert_head(a, m, m->word);

	put_word(o, "kind", alert->kind, m);
	put_word(o, "native_id", alert->native_id, m);
	put_word(o, "provider", alert->provider, m);
	put_word(o, "source", alert->source, m);
	put_word(o, "tenant", alert->tenant, m);
	put_word(o, "subscription", alert->subscription, m);
	put_word(o, "alert_type", alert->alert_type, m);
	put_word(o, "category", alert->category, m);
	put_word(o, "policy", alert->policy, m);
	put(o, "description",
	    text(alert->description, m->description, UTF8_KEEP_NEWLINES));
	put(o, "phase", json_string(phase_name(t->phase)));
	put(o, "episode", json_integer(t->episode));
	put_word(o, "owner", t->owner, m);
	put_word(o, "acknowledged_by",
		 t->state == ALERT_ACKNOWLEDGED ? t->acknowledged_by : NULL, m);
	put_word(o, "closed_by", t->state == ALERT_CLOSED ? t->closed_by : NULL,
		 m);
	put(o, "resource", resource_of(alert, m));
	put(o, "tactics", words_of(alert->tactics, m));
	put(o, "techniques", words_of(alert->techniques, m));
	put_word(o, "incident", alert->incident, m);
	put(o, "created_at", instant(alert->created_ms));
	put(o, "seen_at", instant(t->seen_ms));
	put(o, "entities", entities_of(alert, m));
	put(o, "entities_total", json_integer((json_int_t)alert->n_entities));
	/* Half a link is none. */
	put(o, "portal_url",
	    words_link_ok(alert->portal_url) &&
			    strlen(alert->portal_url) <= 4 * m->word
		    ? json_string(alert->portal_url)
		    : json_null());
	put(o, "tags", tags_of(&a->view.tags, m));
	return o;
}

static json_t *digest_of(const struct render_job *j, const struct measure *m)
{
	json_t *array = json_array();

	for (size_t i = 0; i < j->n_alerts && i < m->alerts; i++) {
		json_t *o = alert_head(&j->alerts[i], m, MIN(m->word, 120ul));

		put(o, "sla", sla_of(j, &j->alerts[i]));
		(void)json_array_append_new(array, o);
	}
	return array;
}

/* How many of each level, of those that were gathered. */
static json_t *severities_of(const struct render_job *j)
{
	json_t *object = json_object();
	size_t counts[SEVERITY_MAX];

	render_count(j, counts);
	for (int s = SEVERITY_CRITICAL; s >= SEVERITY_INFO; s--)
		put(object, severity_name((enum severity)s),
		    json_integer((json_int_t)counts[s]));
	return object;
}

static json_t *notice_of(const struct render_job *j, const struct measure *m)
{
	const struct notice *n = j->notice;
	json_t *object = json_object();

	put(object, "key", json_string(n->key));
	put(object, "kind", json_string(notice_kind_name(n->kind)));
	put(object, "step", json_integer(n->step));
	put(object, "attempt", json_integer((json_int_t)n->attempts));
	put(object, "maybe_duplicate", json_boolean(n->maybe_duplicate));
	put_word(object, "target", n->target, m);
	put_word(object, "reason", n->reason, m);
	put_word(object, "host", j->host, m);
	put(object, "late_seconds", json_integer(render_late_ms(j) / 1000));
	return object;
}

/* Half a link is none: nothing of it is cut. */
static json_t *acknowledge_of(const struct render_job *j)
{
	json_t *object;

	if (!j->ack_url && !j->ack_code)
		return json_null();
	object = json_object();
	put(object, "url", j->ack_url ? json_string(j->ack_url) : json_null());
	put(object, "code",
	    j->ack_code ? json_string(j->ack_code) : json_null());
	put(object, "expires_at", instant(j->ack_url ? j->ack_expires_ms : 0));
	return object;
}

static json_t *payload(const struct render_job *j, const struct measure *m)
{
	const struct render_alert *a = render_alert_of(j);
	json_t *root = json_object();
	json_t *data = json_object();

	put(root, "type", json_string(type_of(j->notice->kind)));
	put(root, "timestamp", instant(j->notice->created_ms));
	put(root, "version", json_integer(PAYLOAD_VERSION));
	put(data, "notice", notice_of(j, m));
	if (render_is_digest(j)) {
		put(data, "alerts", digest_of(j, m));
		put(data, "total", json_integer(j->n_total));
		put(data, "severities", severities_of(j));
		put(data, "cause",
		    j->cause != NOISE_NONE
			    ? json_string(noise_cause_name(j->cause))
			    : json_null());
		put_word(data, "cause_name", j->cause_name, m);
	} else if (a) {
		put(data, "alert", alert_of(a, m));
		put(data, "sla", sla_of(j, a));
		put(data, "acknowledge", acknowledge_of(j));
	} else if (j->notice->kind != NOTICE_TEST &&
		   j->notice->kind != NOTICE_SILENCE &&
		   j->notice->kind != NOTICE_RESPONSE) {
		/* Removed while its notice waited. */
		put(data, "alert", json_null());
		put(data, "sla", json_null());
	}
	put(root, "data", data);
	return root;
}

/* The most that fits, and its text; NULL out of memory. */
static json_t *fit(const struct render_job *j, bool brief, char **ret_text)
{
	size_t max = brief ? BRIEF_BYTES_MAX : PAYLOAD_BYTES_MAX;
	size_t last = ARRAY_SIZE(measures) - 1;

	for (size_t i = brief ? BRIEF_ROW : 0; i <= last; i++) {
		json_t *root = payload(j, &measures[i]);
		char *text = jsonx_dump(root);

		if (text && (strlen(text) <= max || i == last)) {
			*ret_text = text;
			return root;
		}
		free(text);
		json_decref(root);
	}
	return NULL;
}

json_t *render_payload(const struct render_job *j, bool brief)
{
	CLEANUP(free_ptr) char *text = NULL;

	return fit(j, brief, &text);
}

void render_json(const struct render_job *j, bool brief, struct strbuf *out)
{
	CLEANUP(free_ptr) char *text = NULL;

	/* A hundred small values, for one text. */
	jsonx_scope_begin();
	jsonx_scope_end(fit(j, brief, &text));
	if (text) {
		strbuf_addstr(out, text);
		return;
	}
	/* Out of memory in the library: the key still lets the receiver ask. */
	strbuf_addf(out,
		    "{\"type\":\"%s\",\"version\":%d,"
		    "\"data\":{\"notice\":{\"key\":\"%s\"}}}",
		    type_of(j->notice->kind), PAYLOAD_VERSION, j->notice->key);
}
