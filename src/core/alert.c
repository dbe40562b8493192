/*
 * The alert as a record: its life, its identity, and the hash that tells
 * whether anything triage looks at has changed. Called by every room. Knows no
 * API and no database.
 */
#include "core/alert.h"

#include <stdlib.h>
#include <string.h>
#include "util/compiler.h"
#include "util/digest.h"
#include "util/xmalloc.h"

void alert_init(struct alert *a)
{
	memset(a, 0, sizeof(*a));
}

static void entities_release(struct alert *a)
{
	for (size_t i = 0; i < a->n_entities; i++) {
		free(a->entities[i].kind);
		free(a->entities[i].value);
		free(a->entities[i].role);
	}
	free(a->entities);
}

void alert_release(struct alert *a)
{
	char *const owned[] = {
		a->source,	  a->kind,	   a->provider,
		a->tenant,	  a->subscription, a->native_id,
		a->linked_kind,	  a->linked_id,	   a->title,
		a->description,	  a->alert_type,   a->source_severity,
		a->source_status, a->resource_id,  a->resource_group,
		a->resource_type, a->entity,	   a->tactics,
		a->techniques,	  a->incident,	   a->correlation,
		a->remediation,	  a->portal_url,   a->raw,
		a->category,	  a->policy,
	};

	for (size_t i = 0; i < ARRAY_SIZE(owned); i++)
		free(owned[i]);
	entities_release(a);
	imported_free(a->imported);
	alert_init(a);
}

void alert_move(struct alert *to, struct alert *from)
{
	*to = *from;
	alert_init(from);
}

/* NULL sorts before every text and equals only itself. */
static int text_compare(const char *a, const char *b)
{
	if (!a || !b)
		return (a != NULL) - (b != NULL);
	return strcmp(a, b);
}

static int entity_compare(const struct entity *a, const struct entity *b)
{
	int order = text_compare(a->kind, b->kind);

	if (order == 0)
		order = text_compare(a->value, b->value);
	if (order == 0)
		order = text_compare(a->role, b->role);
	return order;
}

static bool entity_known(const struct alert *a, const struct entity *e)
{
	for (size_t i = 0; i < a->n_entities; i++) {
		if (entity_compare(&a->entities[i], e) == 0)
			return true;
	}
	return false;
}

void alert_add_entity(struct alert *a, const char *kind, const char *value,
		      const char *role)
{
	struct entity e = { .kind = (char *)kind,
			    .value = (char *)value,
			    .role = (char *)role };

	if (!kind || !*kind || !value || !*value || entity_known(a, &e))
		return;
	if (a->n_entities >= ALERT_ENTITIES_MAX) {
		a->clipped = true;
		return;
	}
	GROW(a->entities, a->n_entities + 1, a->n_entities_alloc);
	a->entities[a->n_entities++] = (struct entity){
		.kind = xstrdup(kind),
		.value = xstrdup(value),
		.role = xstrdup(role),
	};
}

bool alert_is_detected(const struct alert *a)
{
	return !a->is_incident && strcmp(a->kind, ALERT_KIND_SELF) != 0 &&
	       strcmp(a->kind, ALERT_KIND_GRAPH_INCIDENT) != 0 &&
	       !alert_is_drill(a);
}

bool alert_is_drill(const struct alert *a)
{
	return a->kind && strcmp(a->kind, ALERT_KIND_DRILL) == 0;
}

/*
 * Identities are compared without case (the ARM API writes the same GUID and
 * path in several spellings); only ASCII, since no id has more.
 */
static void add_folded(struct digest *d, const char *s)
{
	digest_add_folded(d, s ? s : "");
}

void alert_key(const char *kind, const char *tenant, const char *id,
	       struct alert_key *ret)
{
	struct digest *d = digest_new();
	uint8_t sum[DIGEST_SIZE];

	add_folded(d, kind);
	add_folded(d, tenant);
	add_folded(d, id);
	digest_finish(d, sum);
	memcpy(ret->b, sum, sizeof(ret->b));
}

static size_t make_keys(const struct alert *a, struct alert_key *ret)
{
	alert_key(a->kind, a->tenant, a->native_id, &ret[0]);
	if (!a->linked_kind || !a->linked_id)
		return 1;
	alert_key(a->linked_kind, a->tenant, a->linked_id, &ret[1]);
	if (memcmp(ret[0].b, ret[1].b, sizeof(ret[0].b)) == 0)
		return 1;
	return 2;
}

void alert_seal(struct alert *a)
{
	a->n_keys = make_keys(a, a->keys);
}

size_t alert_keys(const struct alert *a, struct alert_key *ret)
{
	if (a->n_keys == 0)
		return make_keys(a, ret);
	memcpy(ret, a->keys, a->n_keys * sizeof(*ret));
	return a->n_keys;
}

static int entity_order(const void *a, const void *b)
{
	return entity_compare(*(const struct entity *const *)a,
			      *(const struct entity *const *)b);
}

/* As a set: the APIs give entities in another order from answer to answer. */
static void add_entities(struct digest *d, const struct alert *a)
{
	CLEANUP(free_ptr) const struct entity **sorted = NULL;
	size_t n = a->n_entities;

	if (n == 0)
		return;
	sorted = xreallocarray(NULL, n, sizeof(*sorted));
	for (size_t i = 0; i < n; i++)
		sorted[i] = &a->entities[i];
	qsort(sorted, n, sizeof(*sorted), entity_order);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && entity_compare(sorted[i - 1], sorted[i]) == 0)
			continue;
		digest_add_field(d, sorted[i]->kind);
		digest_add_field(d, sorted[i]->value);
		digest_add_field(d, sorted[i]->role);
	}
}

/*
 * Only where there is something to say, so that what was stored before these
 * two existed keeps its hash; no entity has an empty kind.
 */
static void add_recognized(struct digest *d, const struct alert *a)
{
	if (!a->category && !a->policy)
		return;
	digest_add_field(d, "");
	digest_add_field(d, a->category);
	digest_add_field(d, a->policy);
}

void alert_content_hash(const struct alert *a, uint8_t ret[ALERT_HASH_SIZE])
{
	struct digest *d = digest_new();
	uint8_t state = (uint8_t)a->source_state;
	uint8_t sum[DIGEST_SIZE];

	digest_add_field(d, severity_name(a->base));
	add_folded(d, a->source_severity);
	digest_add(d, &state, sizeof(state));
	add_folded(d, a->source_status);
	digest_add_field(d, a->title);
	digest_add_field(d, a->description);
	digest_add_field(d, a->alert_type);
	add_folded(d, a->resource_id);
	digest_add_field(d, a->entity);
	digest_add_field(d, a->tactics);
	digest_add_field(d, a->techniques);
	digest_add_field(d, a->incident);
	digest_add_field(d, a->is_incident ? "incident" : "alert");
	add_recognized(d, a);
	add_entities(d, a);
	digest_finish(d, sum);
	memcpy(ret, sum, ALERT_HASH_SIZE);
}
