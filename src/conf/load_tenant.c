/*
 * Sign-in: `tenants:` entries, and what sources say themselves. A source may
 * take its sign-in from an entry of any file, so it is judged when everything
 * is read (tenants_apply). Which options were given is asked of origin.c:
 * several share one field.
 *
 * tested with: test_sources test_load
 */
#include "conf/conf_priv.h"

#include <stdlib.h>
#include <string.h>
#include "util/compiler.h"
#include "util/xmalloc.h"

#define BY_SECRET BIT(AUTH_CLIENT_SECRET)
#define BY_CERTIFICATE BIT(AUTH_CLIENT_CERTIFICATE)
#define BY_WORKLOAD BIT(AUTH_WORKLOAD_IDENTITY)
#define BY_MACHINE BIT(AUTH_MANAGED_IDENTITY)
#define BY_TOKEN BIT(AUTH_TOKEN)
#define BY_APPLICATION (BY_SECRET | BY_CERTIFICATE | BY_WORKLOAD)

/* What `auth:` may say. A token needs no word: it stands there or not. */
static const struct {
	const char *word;
	enum auth_method method;
} methods[] = {
	{ "client-secret", AUTH_CLIENT_SECRET },
	{ "client-certificate", AUTH_CLIENT_CERTIFICATE },
	{ "workload-identity", AUTH_WORKLOAD_IDENTITY },
	{ "managed-identity", AUTH_MANAGED_IDENTITY },
};

/* Which options go with which method. */
static const struct sign_in_option {
	const char *name;
	unsigned allowed, required;
} sign_in_options[] = {
	{ "auth", BY_APPLICATION | BY_MACHINE, 0 },
	{ "client-id", BY_APPLICATION | BY_MACHINE, BY_APPLICATION },
	{ "client-secret", BY_SECRET, BY_SECRET },
	{ "client-certificate", BY_CERTIFICATE, BY_CERTIFICATE },
	{ "federated-token-file", BY_WORKLOAD, BY_WORKLOAD },
	{ "token", BY_TOKEN, BY_TOKEN },
};

const char *auth_word(enum auth_method m)
{
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (methods[i].method == m)
			return methods[i].word;
	return NULL;
}

void load_auth(struct load *l, const struct option *o, const struct node *v,
	       void *object)
{
	enum auth_method *field = FIELD(enum auth_method, object, o);
	struct suggest s = { .word = v->text };
	char buf[SUGGEST_TEXT_MAX];

	/* Without a method nothing else of the sign-in can be judged. */
	*field = AUTH_NONE;
	if (!load_is_text(l, v, "a way to sign in"))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		suggest_offer(&s, methods[i].word);
		if (strcmp(v->text, methods[i].word) == 0)
			*field = methods[i].method;
	}
	if (*field == AUTH_NONE)
		load_fault(l, &v->mark,
			   "must be client-secret, client-certificate, "
			   "workload-identity or managed-identity, not "
			   "'%.40s'%s",
			   v->text, suggest_text(&s, buf));
}

/* The one method that has @option for itself. */
static const char *owner_of(const struct sign_in_option *option)
{
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (option->allowed & BIT(methods[i].method))
			return methods[i].word;
	return option->name;
}

static void misfit_say(struct load *l, const struct sign_in_option *option,
		       enum auth_method auth, const struct mark *at)
{
	if (auth == AUTH_TOKEN)
		load_fault(l, at,
			   "option '%s' does not go with token, which is the "
			   "whole sign-in",
			   option->name);
	else
		load_fault(l, at,
			   "option '%s' belongs to auth: %s, not to auth: "
			   "%s%s",
			   option->name, owner_of(option), auth_word(auth),
			   load_given(l, "auth") ? "" : ", the default");
}

/* True when an option was given that another method would use. */
static bool misfit_find(struct load *l, enum auth_method auth)
{
	bool found = false;

	for (size_t i = 0; i < ARRAY_SIZE(sign_in_options); i++) {
		const struct sign_in_option *option = &sign_in_options[i];
		const struct mark *at = load_given(l, option->name);

		if (!at || (option->allowed & BIT(auth)) ||
		    load_is_spoilt(l, at))
			continue;
		misfit_say(l, option, auth, at);
		found = true;
	}
	return found;
}

/* The options of the entry at the path we are at. False: @secret may be that
 * of another method. */
static bool sign_in_check(struct load *l, enum auth_method auth,
			  const struct mark *entry)
{
	if (auth == AUTH_NONE)
		return true; /* enough was said */
	/* The missing one most likely is what stands there misplaced. */
	if (misfit_find(l, auth))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(sign_in_options); i++) {
		const struct sign_in_option *option = &sign_in_options[i];

		if ((option->required & BIT(auth)) &&
		    !load_given(l, option->name))
			load_fault(l, entry,
				   "option '%s' is missing; auth: %s needs it",
				   option->name, auth_word(auth));
	}
	return true;
}

static void load_tenant(struct load *l, const struct node *map)
{
	struct tenant t = { .mark = map->mark };

	load_defaults(l, "tenants", 0, &t);
	load_section(l, "tenants", map, 0, &t);
	if (!sign_in_check(l, t.auth, &map->mark))
		secret_ref_release(&t.client_secret);
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
	(void)object; /* entries go where tenants_apply() finds them */
	load_entries(l, v, load_tenant);
}

void tenant_release(struct tenant *t)
{
	free(t->name);
	free(t->id);
	free(t->client_id);
	free(t->federated_token_file);
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

const struct tenant *tenant_find(const struct load *l, const char *name)
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
static void tenant_origin(struct load *l, const struct tenant *t,
			  const char *from, const char *to)
{
	CLEANUP(free_ptr)
	char *there = xasprintf("tenants.%s.%s", t->name, from);
	CLEANUP(free_ptr) char *here = xasprintf("%s.%s", l->path.buf, to);
	const struct mark *at = origin_find(l->c, there);
	struct mark copy;

	if (!at)
		return;
	copy = *at; /* origin_set may move what it points into */
	origin_set(l->c, here, &copy);
}

static void tenant_copy_id(struct load *l, struct source_conf *s,
			   const struct tenant *t)
{
	free(s->tenant);
	s->tenant = xstrdup(t->id);
	if (!load_given(l, "tenant"))
		tenant_origin(l, t, "id", "tenant");
}

/* Own sign-in beside a tenants entry: which one counts would be a guess. */
static bool tenant_disputed(struct load *l, const struct tenant *t)
{
	bool disputed = false;

	for (size_t i = 0; i < ARRAY_SIZE(sign_in_options); i++) {
		const char *name = sign_in_options[i].name;
		const struct mark *at = load_given(l, name);

		if (!at)
			continue;
		load_fault(l, at,
			   "the tenants entry '%s' brings the sign-in; remove "
			   "%s here",
			   t->name, name);
		disputed = true;
	}
	return disputed;
}

static void tenant_copy(struct load *l, struct source_conf *s,
			const struct tenant *t)
{
	static const char *const copied[] = { "auth", "client-id",
					      "federated-token-file" };

	if (tenant_disputed(l, t))
		return;
	tenant_copy_id(l, s, t);
	s->auth = t->auth;
	s->client_id = xstrdup(t->client_id);
	s->federated_token_file = xstrdup(t->federated_token_file);
	secret_ref_copy(&s->client_secret, &t->client_secret);
	for (size_t i = 0; i < ARRAY_SIZE(copied); i++)
		tenant_origin(l, t, copied[i], copied[i]);
}

/* The entry that @s names. Where there is only one it need not be named, but a
 * source that signs in by itself says where. */
static const struct tenant *tenant_of(const struct load *l,
				      const struct source_conf *s)
{
	if (s->tenant)
		return tenant_find(l, s->tenant);
	if (l->n_tenants != 1 || !l->tenants[0].name ||
	    load_given(l, "tenant") || s->auth == AUTH_TOKEN)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(sign_in_options); i++)
		if (load_given(l, sign_in_options[i].name))
			return NULL;
	return &l->tenants[0];
}

static void source_sign_in(struct load *l, struct source_conf *s)
{
	bool online = SOURCE_ONLINE & BIT(s->type);
	const struct mark *at = load_given(l, "tenant");
	const struct tenant *t;

	if (load_given(l, "token"))
		s->auth = AUTH_TOKEN;
	t = online || s->tenant ? tenant_of(l, s) : NULL;
	if (t && online && s->auth != AUTH_TOKEN) {
		tenant_copy(l, s, t);
		return; /* what the entry lacks was said there */
	}
	if (t)
		tenant_copy_id(l, s, t);
	else if (s->tenant)
		tenant_unknown(l, s, at ? at : &s->mark);
	else if (online && s->auth != AUTH_TOKEN && !at)
		load_fault(l, &s->mark, "option 'tenant' is missing%s",
			   l->n_tenants > 1 ? "; name an entry of tenants"
					    : "");
	if (online && !sign_in_check(l, s->auth, &s->mark))
		secret_ref_release(&s->client_secret);
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
