/*
 * `oauth:` of e-mail targets: the sign-in of a `tenants:` entry instead of a
 * password. The entry may stand in any file, so it is fetched when everything
 * is read (oauth_apply); what the target says by itself is judged before.
 *
 * tested with: test_oauth
 */
#include "conf/conf_priv.h"

#include <string.h>
#include "util/compiler.h"
#include "util/xmalloc.h"

/* Without a token they would have no effect. */
static const char *const with_token[] = { "cloud", "endpoints.login",
					  "endpoints.instance-metadata" };

void oauth_check(struct load *l, const struct target_conf *t)
{
	const struct mark *at = load_given(l, "server");

	if (t->oauth.entry && t->password.kind != SECRET_ABSENT)
		load_fault(l, load_given(l, "password"),
			   "oauth brings the sign-in; remove password here");
	if (t->oauth.entry)
		return;
	if (target_is_graph(t))
		load_fault(l, at ? at : &t->mark,
			   "mail through Microsoft Graph needs oauth, the name "
			   "of a tenants entry; a mail server is "
			   "smtp://HOST:PORT or smtps://HOST:PORT");
	for (size_t i = 0; i < ARRAY_SIZE(with_token); i++)
		if (load_given(l, with_token[i]))
			load_fault(l, load_given(l, with_token[i]),
				   "option '%s' goes with oauth alone",
				   with_token[i]);
}

static void entry_unknown(struct load *l, const struct target_conf *t)
{
	struct suggest near = { .word = t->oauth.entry };
	const struct mark *at = load_given(l, "oauth");
	char buf[SUGGEST_TEXT_MAX];

	for (size_t i = 0; i < l->n_tenants; i++)
		if (l->tenants[i].name)
			suggest_offer(&near, l->tenants[i].name);
	load_fault(l, at ? at : &t->mark,
		   "oauth: no entry of tenants has the name '%.60s'%s",
		   t->oauth.entry, suggest_text(&near, buf));
}

static void target_sign_in(struct load *l, struct target_conf *t)
{
	const struct tenant *entry = tenant_find(l, t->oauth.entry);
	struct mail_oauth *o = &t->oauth;

	cloud_apply_mail(l, t);
	if (!entry) {
		entry_unknown(l, t);
		return;
	}
	o->tenant = xstrdup(entry->id);
	o->auth = entry->auth;
	o->client_id = xstrdup(entry->client_id);
	o->federated_token_file = xstrdup(entry->federated_token_file);
	secret_ref_copy(&o->client_secret, &entry->client_secret);
}

void oauth_apply(struct load *l)
{
	for (size_t i = 0; i < l->c->n_targets; i++) {
		struct target_conf *t = &l->c->targets[i];
		size_t len;

		if (!t->name || !t->oauth.entry)
			continue;
		len = load_push(l, "targets");
		load_push(l, t->name);
		target_sign_in(l, t);
		load_pop(l, len);
	}
}
