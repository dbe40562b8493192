/*
 * Reads `sources:` and `tenants:`. A source may take its sign-in from a
 * tenants entry of any file, so that happens last (tenants_apply).
 *
 * tested with: test_load
 */
#include "conf/conf_priv.h"

#include <stdlib.h>
#include <string.h>
#include "util/compiler.h"
#include "util/xmalloc.h"

static const struct type_word source_types[] = {
	{ "defender-for-cloud", SOURCE_DEFENDER_FOR_CLOUD },
	{ "file", SOURCE_FILE },
	{ "graph-security", -1 },
	{ "graph-hunting", -1 },
	{ "cloud-apps", -1 },
	/* Last: nobody but the built-in demonstration may know it. */
	{ "demo", SOURCE_DEMO },
};

static void source_check(struct load *l, const struct node *map,
			 const struct source_conf *s)
{
	const struct node *name = node_get(map, "name");

	for (size_t i = 0; i < l->c->n_sources; i++)
		if (!load_unique(l, map, s->name, l->c->sources[i].name,
				 &l->c->sources[i].mark))
			return;
	/* What triaged says about itself comes under this name. */
	if (s->name && strcmp(s->name, "triaged") == 0)
		load_fault(l, &name->mark,
			   "the name 'triaged' is that of the daemon itself");
}

static void load_source(struct load *l, const struct node *map)
{
	struct source_conf s = { .mark = map->mark };
	int type = load_type(l, map, source_types,
			     ARRAY_SIZE(source_types) - !l->demo);
	const struct node *name = node_get(map, "name");

	if (type >= 0) {
		s.type = (enum source_type)type;
		load_defaults(l, "sources", BIT(type), &s);
		load_section(l, "sources", map, BIT(type), &s);
	} else if (name && name->kind == NODE_TEXT) {
		/* Its name still resolves, so that one fault stays one. */
		s.name = xstrdup(name->text);
	}
	source_check(l, map, &s);
	l->c->sources =
		xreallocarray(l->c->sources, l->c->n_sources + 1, sizeof(s));
	l->c->sources[l->c->n_sources++] = s;
}

void load_sources(struct load *l, const struct option *o, const struct node *v,
		  void *object)
{
	(void)o;
	(void)object; /* entries go where tenants_apply() finds them */
	load_entries(l, v, load_source);
}

static void load_tenant(struct load *l, const struct node *map)
{
	struct tenant t = { .mark = map->mark };

	load_section(l, "tenants", map, 0, &t);
	for (size_t i = 0; i < l->n_tenants; i++)
		if (!load_unique(l, map, t.name, l->tenants[i].name,
				 &l->tenants[i].mark))
			break;
	GROW(l->tenants, l->n_tenants + 1, l->n_tenants_alloc);
	l->tenants[l->n_tenants++] = t;
}

void load_tenants(struct load *l, const struct option *o, const struct node *v,
		  void *object)
{
	(void)o;
	(void)object;
	load_entries(l, v, load_tenant);
}

void tenant_release(struct tenant *t)
{
	free(t->name);
	free(t->id);
	free(t->client_id);
	secret_ref_release(&t->client_secret);
}

/* The directory of a tenants entry. Sources name an entry or a directory, and
 * which it is shows only at the end: they use load_text. */
void load_directory(struct load *l, const struct option *o,
		    const struct node *v, void *object)
{
	char **field = FIELD(char *, object, o);

	if (!load_is_text(l, v, "a directory id"))
		return;
	if (!text_is_guid(v->text) &&
	    !(text_is_domain(v->text) && strchr(v->text, '.'))) {
		load_fault(l, &v->mark,
			   "must be a directory id (a GUID) or a domain such "
			   "as contoso.onmicrosoft.com, not '%.60s'",
			   v->text);
		return;
	}
	free(*field);
	*field = xstrdup(v->text);
}

static const struct tenant *tenant_find(const struct load *l, const char *name)
{
	for (size_t i = 0; i < l->n_tenants; i++)
		if (l->tenants[i].name && strcmp(l->tenants[i].name, name) == 0)
			return &l->tenants[i];
	return NULL;
}

static void tenant_unknown(struct load *l, const struct source_conf *s,
			   const struct mark *at)
{
	struct suggest near = { .word = s->tenant };
	char buf[SUGGEST_TEXT_MAX];

	if (text_is_guid(s->tenant) ||
	    (text_is_domain(s->tenant) && strchr(s->tenant, '.')))
		return;
	for (size_t i = 0; i < l->n_tenants; i++)
		if (l->tenants[i].name)
			suggest_offer(&near, l->tenants[i].name);
	load_fault(l, at,
		   "'%.60s' is neither an entry of tenants nor a directory id "
		   "(a GUID or a domain)%s",
		   s->tenant, suggest_text(&near, buf));
}

/* --dump-config names the line that was copied. */
static void tenant_origin(struct load *l, const struct source_conf *s,
			  const struct tenant *t)
{
	CLEANUP(free_ptr)
	char *from = xasprintf("tenants.%s.client-id", t->name);
	CLEANUP(free_ptr) char *to = xasprintf("sources.%s.client-id", s->name);
	const struct mark *at = origin_find(l->c, from);
	struct mark copy;

	if (!at)
		return;
	copy = *at; /* origin_set may move what it points into */
	origin_set(l->c, to, &copy);
}

/* Own sign-in beside a tenants entry: which one counts would be a guess. */
static void tenant_copy(struct load *l, struct source_conf *s,
			const struct tenant *t, const struct mark *at)
{
	if (s->client_id || s->client_secret.kind != SECRET_ABSENT) {
		load_fault(l, at,
			   "the tenants entry '%s' brings the sign-in; remove "
			   "client-id and client-secret here",
			   t->name);
		return;
	}
	free(s->tenant);
	s->tenant = xstrdup(t->id);
	if (s->type != SOURCE_DEFENDER_FOR_CLOUD)
		return;
	s->client_id = xstrdup(t->client_id);
	secret_ref_copy(&s->client_secret, &t->client_secret);
	tenant_origin(l, s, t);
}

/* Missing, or given wrongly? Of the latter enough was said. */
static void sign_in_missing(struct load *l, const struct source_conf *s,
			    const char *option)
{
	CLEANUP(free_ptr)
	char *path = xasprintf("sources.%s.%s", s->name, option);

	if (!origin_find(l->c, path))
		load_fault(l, &s->mark, "option '%s' is missing", option);
}

static void source_sign_in(struct load *l, struct source_conf *s)
{
	CLEANUP(free_ptr)
	char *path = xasprintf("sources.%s.tenant", s->name ? s->name : "");
	const struct mark *at = origin_find(l->c, path);
	const struct tenant *t = s->tenant ? tenant_find(l, s->tenant) : NULL;

	if (!at)
		at = &s->mark;
	if (t) {
		tenant_copy(l, s, t, at);
		return; /* what the entry lacks was said there */
	}
	if (s->tenant)
		tenant_unknown(l, s, at);
	else if (s->type == SOURCE_DEFENDER_FOR_CLOUD)
		load_fault(l, at, "option 'tenant' is missing");
	if (s->type != SOURCE_DEFENDER_FOR_CLOUD)
		return;
	if (!s->client_id)
		sign_in_missing(l, s, "client-id");
	if (s->client_secret.kind == SECRET_ABSENT)
		sign_in_missing(l, s, "client-secret");
}

void tenants_apply(struct load *l)
{
	for (size_t i = 0; i < l->c->n_sources; i++) {
		struct source_conf *s = &l->c->sources[i];
		size_t len;

		/* Without a name or a known type enough was said already. */
		if (!s->name || !s->interval_ms)
			continue;
		len = load_push(l, "sources");
		load_push(l, s->name);
		source_sign_in(l, s);
		load_pop(l, len);
	}
	for (size_t i = 0; i < l->c->n_sources; i++)
		if (!l->c->sources[i].tenant)
			l->c->sources[i].tenant = xstrdup("");
}
