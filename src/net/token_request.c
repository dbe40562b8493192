/*
 * How each method asks for a token. Called by token.c for every request, so
 * that an assertion is fresh and a rotated file is seen at once.
 */
#include "net/token_priv.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "util/clock.h"

#define REPLY_MAX ((size_t)65536)
/* The service of the machine itself answers at once or is not there. */
#define IDENTITY_CONNECT_MS 2000
#define IMDS_VERSION "2018-02-01"
#define ARC_VERSION "2019-11-01"
#define JWT_BEARER "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

void token_order_init(struct token_order *o)
{
	*o = (struct token_order){ .url = STRBUF_INIT };
	strbuf_init(&o->form);
	strbuf_init(&o->authorization);
}

void token_order_release(struct token_order *o)
{
	explicit_bzero(o->form.buf, o->form.len);
	explicit_bzero(o->authorization.buf, o->authorization.len);
	strbuf_release(&o->url);
	strbuf_release(&o->form);
	strbuf_release(&o->authorization);
	o->sent = secret_free(o->sent);
}

static void add_field(struct strbuf *sb, const char *name, const char *value)
{
	if (sb->len)
		strbuf_addch(sb, '&');
	strbuf_addstr(sb, name);
	strbuf_addch(sb, '=');
	token_add_escaped(sb, value, strlen(value));
}

/* The proof of who we are, made or read now. */
static int fill_proof(struct token_order *o, const struct token_login *l,
		      struct err *err)
{
	switch (l->method) {
	case AUTH_CLIENT_SECRET:
		o->sent = secret_new(secret_peek(l->client_secret),
				     secret_len(l->client_secret));
		return 0;
	case AUTH_CLIENT_CERTIFICATE:
		if (l->fault.code) {
			*err = l->fault;
			return err->code;
		}
		return token_assertion_new(l->certificate, l->url, l->client_id,
					   clock_wall_ms(), &o->sent, err);
	case AUTH_WORKLOAD_IDENTITY:
		return token_file_assertion(l->federated_token_file, &o->sent,
					    err);
	case AUTH_MANAGED_IDENTITY:
	case AUTH_TOKEN:
	case AUTH_NONE:
		break;
	}
	assert(!"a method without a proof");
	return ERR_BAD_STATE;
}

static int fill_form(struct token_order *o, const struct token_login *l,
		     const char *claims, struct err *err)
{
	int rc;

	rc = fill_proof(o, l, err);
	if (rc < 0)
		return rc;
	add_field(&o->form, "client_id", l->client_id);
	add_field(&o->form, "scope", l->scope);
	add_field(&o->form, "grant_type", "client_credentials");
	if (claims)
		add_field(&o->form, "claims", claims);
	if (l->method == AUTH_CLIENT_SECRET) {
		add_field(&o->form, "client_secret", secret_peek(o->sent));
	} else {
		add_field(&o->form, "client_assertion_type", JWT_BEARER);
		add_field(&o->form, "client_assertion", secret_peek(o->sent));
	}
	strbuf_addstr(&o->url, l->url);
	o->headers[0] = "Content-Type: application/x-www-form-urlencoded";
	o->headers[1] = "Accept: application/json";
	o->request.method = "POST";
	o->request.body = o->form.buf;
	o->request.body_len = o->form.len;
	o->request.proxy = l->proxy;
	return 0;
}

/* A scope is "RESOURCE/.default"; this older protocol wants the resource. */
static void add_resource(struct strbuf *sb, const char *scope)
{
	static const char ending[] = "/.default";
	size_t len = strlen(scope), n = strlen(ending);

	if (len > n && !strcmp(scope + len - n, ending))
		len -= n;
	token_add_escaped(sb, scope, len);
}

static void fill_identity(struct token_order *o, const struct token_login *l,
			  const struct secret *arc_key)
{
	strbuf_addf(&o->url, "%s%capi-version=%s&resource=", l->url,
		    strchr(l->url, '?') ? '&' : '?',
		    l->is_arc ? ARC_VERSION : IMDS_VERSION);
	add_resource(&o->url, l->scope);
	/* A machine of Azure Arc has its one identity and no choice. */
	if (l->client_id && *l->client_id && !l->is_arc)
		add_field(&o->url, "client_id", l->client_id);
	o->headers[0] = "Metadata: true";
	o->headers[1] = "Accept: application/json";
	if (arc_key) {
		strbuf_addf(&o->authorization, "Authorization: Basic %s",
			    secret_peek(arc_key));
		o->headers[2] = o->authorization.buf;
		o->sent = secret_new(secret_peek(arc_key), secret_len(arc_key));
	}
	/* Never through a proxy: it would be told the token. */
	o->request.method = "GET";
	o->request.connect_ms = IDENTITY_CONNECT_MS;
	o->request.allow_http = !l->is_arc; /* Arc's is on loopback */
}

int token_order_fill(struct token_order *o, const struct token_login *l,
		     const char *claims, const struct secret *arc_key,
		     struct err *err)
{
	int rc = 0;

	if (l->method == AUTH_MANAGED_IDENTITY)
		fill_identity(o, l, arc_key);
	else
		rc = fill_form(o, l, claims, err);
	if (rc < 0)
		return rc;
	o->request.url = o->url.buf;
	o->request.headers = o->headers;
	o->request.max_body = REPLY_MAX;
	o->request.ca_file = l->ca_file;
	o->request.allow_private = true; /* private links, the machine itself */
	return 0;
}
