/*
 * Fetches what the configuration only refers to. Called by the daemon, never
 * by triagectl. No message here contains a byte of a secret.
 */
#include "conf/conf_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "util/compiler.h"
#include "util/digest.h"
#include "util/xmalloc.h"

/* Standard Webhooks: 24 to 64 bytes behind this prefix. */
#define SIGNING_PREFIX "whsec_"
#define SIGNING_MIN 24
#define SIGNING_MAX 64

struct fetch_secrets {
	struct faults *faults;
	const char *section, *entry;
	bool failed;
};

/* Of a source or an e-mail target. */
struct sign_in {
	enum auth_method auth;
	struct secret_ref *secret;
	const char *token_file;
	const struct mark *mark;
};

static void secret_fault(struct fetch_secrets *f, const struct secret_ref *ref,
			 const char *option, const char *why)
{
	/* An entry may lack its name where other faults were found too. */
	faults_add(f->faults, &ref->mark, "%s.%s.%s: %s", f->section,
		   f->entry ? f->entry : "[]", option, why);
	f->failed = true;
}

/* Fills ref->value; false when there is nothing to check. */
static bool secret_fetch(struct fetch_secrets *f, struct secret_ref *ref,
			 const char *option)
{
	struct err err = ERR_INIT;
	struct secret *value = NULL;
	int rc = 0;

	if (ref->kind == SECRET_CREDENTIAL)
		rc = secret_read_credential(ref->name, &value, &err);
	else if (ref->kind == SECRET_FILE)
		rc = secret_read_file(ref->name, &value, &err);
	else
		return false;
	if (rc < 0) {
		secret_fault(f, ref, option, err.text);
		return false;
	}
	secret_free(ref->value);
	ref->value = value;
	return true;
}

static const char *secret_text_fault(const struct secret *s)
{
	const char *p = secret_peek(s);

	if (secret_len(s) == 0)
		return "the secret is empty";
	if (strlen(p) != secret_len(s))
		return "the secret contains a NUL byte";
	for (; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return "the secret contains a line break or another "
			       "control character; it must be one line";
	return NULL;
}

static void fetch_text(struct fetch_secrets *f, struct secret_ref *ref,
		       const char *option)
{
	const char *why;

	if (!secret_fetch(f, ref, option))
		return;
	why = secret_text_fault(ref->value);
	if (why)
		secret_fault(f, ref, option, why);
}

static void fetch_url(struct fetch_secrets *f, struct secret_ref *ref,
		      bool allow_private)
{
	CLEANUP(free_ptr) char *text = NULL;
	const char *why;

	if (!secret_fetch(f, ref, "url"))
		return;
	why = secret_text_fault(ref->value);
	if (!why)
		why = webhook_url_fault(secret_peek(ref->value), allow_private);
	if (!why)
		return;
	text = xasprintf("the URL there %s", why);
	secret_fault(f, ref, "url", text);
}

static bool signing_secret_ok(const struct secret *s)
{
	const size_t prefix = strlen(SIGNING_PREFIX);
	const char *text = secret_peek(s);
	uint8_t *key = NULL;
	size_t len = 0;

	if (strncmp(text, SIGNING_PREFIX, prefix) != 0 ||
	    digest_unbase64(text + prefix, &key, &len) < 0)
		return false;
	explicit_bzero(key, len);
	free(key);
	return len >= SIGNING_MIN && len <= SIGNING_MAX;
}

static void fetch_signing(struct fetch_secrets *f, struct secret_ref *ref,
			  const char *option)
{
	if (secret_fetch(f, ref, option) && !signing_secret_ok(ref->value))
		secret_fault(f, ref, option,
			     "a signing secret is whsec_ and the base64 of 24 "
			     "to 64 random bytes; make one with: printf "
			     "'whsec_%s\\n' \"$(openssl rand -base64 32)\"");
}

/*
 * A certificate and its key, in one PEM text (RFC 7468). Only the labels are
 * looked at: what they hold is read by net/. To sign in (@to_sign) a PS256
 * signature is made with it, by an RSA key; TLS takes others too. And there is
 * nobody to type a passphrase.
 */
static const char *pem_fault(const struct secret *s, bool to_sign)
{
	const char *text = secret_peek(s);
	bool certificate = strstr(text, "-----BEGIN CERTIFICATE-----");
	bool key = strstr(text, "-----BEGIN PRIVATE KEY-----") ||
		   strstr(text, "-----BEGIN RSA PRIVATE KEY-----");
	bool ec_key = strstr(text, "-----BEGIN EC PRIVATE KEY-----");

	if (strlen(text) != secret_len(s))
		return "the secret contains a NUL byte; it must be PEM text";
	if (strstr(text, "-----BEGIN ENCRYPTED PRIVATE KEY-----") ||
	    strstr(text, "Proc-Type: 4,ENCRYPTED"))
		return "the private key there has a passphrase, which nobody "
		       "could type; take it off with: openssl rsa";
	if (!key && ec_key && to_sign)
		return "the private key there is an EC key; sign-in with a "
		       "certificate needs an RSA key";
	key = key || ec_key;
	if (!certificate && !key)
		return "there is neither a certificate (-----BEGIN "
		       "CERTIFICATE-----) nor a private key (-----BEGIN "
		       "PRIVATE KEY-----); it must hold both, as PEM text";
	if (!certificate)
		return "there is a private key but no certificate (-----BEGIN "
		       "CERTIFICATE-----); put both into one PEM text";
	if (!key)
		return "there is a certificate but no private key (-----BEGIN "
		       "PRIVATE KEY-----); put both into one PEM text";
	return NULL;
}

static void fetch_pem(struct fetch_secrets *f, struct secret_ref *ref,
		      bool to_sign)
{
	static const char option[] = "client-certificate";
	const char *why;

	if (!secret_fetch(f, ref, option))
		return;
	why = pem_fault(ref->value, to_sign);
	if (why)
		secret_fault(f, ref, option, why);
}

/* The platform may write it a moment after we start, and it is read anew for
 * every sign-in: no reason not to start. */
static void look_for_token(struct fetch_secrets *f, const struct sign_in *s)
{
	if (s->token_file && access(s->token_file, R_OK) < 0)
		faults_warn(f->faults, s->mark,
			    "%s.%s.federated-token-file: %s cannot be read "
			    "now: %s",
			    f->section, f->entry, s->token_file,
			    strerror(errno));
}

static void fetch_sign_in(struct fetch_secrets *f, const struct sign_in *s)
{
	switch (s->auth) {
	case AUTH_CLIENT_SECRET:
		fetch_text(f, s->secret, "client-secret");
		break;
	case AUTH_CLIENT_CERTIFICATE:
		fetch_pem(f, s->secret, true);
		break;
	case AUTH_TOKEN:
		fetch_text(f, s->secret, "token");
		break;
	case AUTH_WORKLOAD_IDENTITY:
		look_for_token(f, s);
		break;
	case AUTH_NONE:
	case AUTH_MANAGED_IDENTITY:
		break;
	}
}

static void fetch_source(struct fetch_secrets *f, struct source_conf *s)
{
	fetch_sign_in(f,
		      &(struct sign_in){ s->auth, &s->client_secret,
					 s->federated_token_file, &s->mark });
}

static void fetch_oauth(struct fetch_secrets *f, struct target_conf *t)
{
	struct mail_oauth *o = &t->oauth;

	if (!o->entry)
		return;
	/* The fault is the entry's. */
	f->section = "tenants";
	f->entry = o->entry;
	fetch_sign_in(f,
		      &(struct sign_in){ o->auth, &o->client_secret,
					 o->federated_token_file, &t->mark });
	f->section = "targets";
	f->entry = t->name;
}

static void fetch_webhook(struct fetch_secrets *f, struct webhook_conf *w)
{
	fetch_text(f, &w->key,
		   w->format == FORMAT_PAGERDUTY ? "routing-key" : "api-key");
	fetch_text(f, &w->token, "token");
	/* Whether it is a certificate with its key, TLS says. */
	(void)secret_fetch(f, &w->client_certificate, "client-certificate");
}

static void fetch_target(struct fetch_secrets *f, struct target_conf *t)
{
	f->entry = t->name;
	fetch_text(f, &t->password, "password");
	fetch_oauth(f, t);
	fetch_url(f, &t->url, t->allow_private);
	fetch_signing(f, &t->signing_secret, "signing-secret");
	fetch_signing(f, &t->signing_secret_next, "signing-secret-next");
	fetch_webhook(f, &t->webhook);
}

int conf_load_secrets(struct conf *c, struct faults *faults)
{
	struct fetch_secrets f = { .faults = faults, .section = "sources" };

	for (size_t i = 0; i < c->n_sources; i++) {
		f.entry = c->sources[i].name;
		fetch_source(&f, &c->sources[i]);
	}
	f.section = "targets";
	for (size_t i = 0; i < c->n_targets; i++)
		fetch_target(&f, &c->targets[i]);
	for (size_t i = 0; i < c->n_heartbeats; i++)
		fetch_target(&f, &c->heartbeats[i]);
	f.section = "forward";
	for (size_t i = 0; i < c->n_forwards; i++) {
		f.entry = c->forwards[i].name;
		fetch_pem(&f, &c->forwards[i].client_certificate, false);
	}
	return f.failed ? ERR_CONF : 0;
}
