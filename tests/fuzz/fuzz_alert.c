/*
 * One item of any API through its normalizer. The first byte chooses the door
 * and, by its highest bit, whether the tenant is configured. What comes out is
 * an alert with all of it clean and within its limits, the same each time, or
 * a reason.
 */
#include "fuzz/fuzz.h"

#include <strings.h>
#include "source/normalize.h"
#include "source/word_priv.h"

/* The last instant of the year 9999. */
#define LAST_MS INT64_C(253402300799999)

static void check_words(const struct alert *a)
{
	const char *const lines[] = {
		a->kind,	  a->provider,
		a->tenant,	  a->subscription,
		a->native_id,	  a->linked_kind,
		a->linked_id,	  a->title,
		a->alert_type,	  a->source_status,
		a->resource_id,	  a->resource_group,
		a->resource_type, a->entity,
		a->tactics,	  a->techniques,
		a->category,	  a->policy,
		a->incident,	  a->correlation,
		a->portal_url,	  a->source_severity,
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		must(is_clean(lines[i], 4096, UTF8_LINE));
	must(is_clean(a->title, ALERT_TITLE_MAX, UTF8_LINE));
	must(is_clean(a->native_id, ALERT_ID_MAX, UTF8_LINE));
	must(is_clean(a->description, ALERT_TEXT_MAX, UTF8_KEEP_NEWLINES));
	must(is_clean(a->remediation, ALERT_TEXT_MAX, UTF8_KEEP_NEWLINES));
}

static void check_entities(const struct alert *a)
{
	must(a->n_entities <= ALERT_ENTITIES_MAX);
	for (size_t i = 0; i < a->n_entities; i++) {
		const struct entity *e = &a->entities[i];

		must(e->kind && *e->kind && e->value && *e->value);
		must(is_clean(e->kind, 64, UTF8_LINE));
		must(is_clean(e->value, ALERT_WORD_MAX, UTF8_LINE));
		must(is_clean(e->role, 64, UTF8_LINE));
	}
}

static void check_alert(const struct alert *a)
{
	const int64_t times[] = { a->created_ms, a->activity_from_ms,
				  a->activity_to_ms, a->source_updated_ms };

	must(a->kind && *a->kind && a->native_id && *a->native_id);
	must(a->tenant);
	must(a->n_keys == 1 + (a->linked_id != NULL));
	must(!a->portal_url || word_is_portal_url(a->portal_url));
	for (size_t i = 0; i < ARRAY_SIZE(times); i++)
		must(times[i] <= LAST_MS);
	must((int)a->base >= 0 && severity_name(a->base));
	check_words(a);
	check_entities(a);
}

/* Has an object in it a member twice, but for the case? */
static bool has_twins(json_t *value)
{
	const char *key, *other;
	json_t *inner, *another;
	bool found = false;
	size_t i;

	json_object_foreach(value, key, inner)
	{
		json_object_foreach(value, other, another) found |=
			key != other && strcasecmp(key, other) == 0;
		found |= has_twins(inner);
	}
	json_array_foreach(value, i, inner) found |= has_twins(inner);
	return found;
}

/*
 * The quick look at an identity never sees another one. Of twins it takes the
 * first and the parser the one in the usual case, and it clips no tenant that
 * is endless: such an item is parsed each time it comes, and nothing else.
 */
static void check_peek(enum door door, const char *tenant, struct span raw,
		       const struct item *it)
{
	struct alert_key peeked;
	json_t *value;

	if (!normalize_peek_key(door, tenant, raw, &peeked) ||
	    memcmp(&peeked, &it->key, sizeof(peeked)) == 0)
		return;
	value = json_loadb(raw.p, raw.len, 0, NULL);
	must(!value || has_twins(value) || it->alert.clipped);
	json_decref(value);
}

static void check_again(enum door door, const char *tenant, struct span raw,
			const struct alert *a)
{
	static const uint8_t key[ALERT_RAW_KEY_SIZE] = { 1 };
	uint8_t one[ALERT_HASH_SIZE], two[ALERT_HASH_SIZE];
	struct item again = { 0 };

	alert_init(&again.alert);
	normalize_item(door, tenant, raw, &again);
	must(again.kind == ITEM_ALERT);
	alert_content_hash(a, one);
	alert_content_hash(&again.alert, two);
	must(memcmp(one, two, sizeof(one)) == 0);
	normalize_raw_hash(key, raw, one);
	normalize_raw_hash(key, (struct span){ a->raw, a->raw_len }, two);
	must(a->imported || memcmp(one, two, sizeof(one)) == 0);
	alert_release(&again.alert);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum door doors[] = { DOOR_ARM,	    DOOR_GRAPH,
					   DOOR_CLOUD_APPS, DOOR_ANY,
					   DOOR_BEHAVIOR,   DOOR_FILE };
	struct feed f = { data, size };
	unsigned choice = feed_byte(&f);
	enum door door = doors[(choice & 0x7f) % ARRAY_SIZE(doors)];
	const char *tenant = choice & 0x80 ? "our-tenant" : "";
	struct span raw = { (const char *)f.p, f.left };
	struct item it = { 0 };

	alert_init(&it.alert);
	normalize_item(door, tenant, raw, &it);
	if (it.kind == ITEM_ALERT) {
		check_alert(&it.alert);
		check_peek(door, tenant, raw, &it);
		check_again(door, tenant, raw, &it.alert);
	} else {
		must(it.kind == ITEM_BAD && it.raw == raw.p);
		must(it.reason[0] &&
		     is_clean(it.reason, sizeof(it.reason), UTF8_LINE));
	}
	alert_release(&it.alert);
	return 0;
}
