/*
 * The settings of one sign-in, copied and ready to use. Called by token.c;
 * the environment of Azure Arc is looked at here and nowhere else.
 *
 * tested with: test_token_identity test_token_request
 */
#include "net/token_priv.h"

#include <stdlib.h>
#include <string.h>
#include "util/xmalloc.h"

#define IMDS "http://169.254.169.254"
#define IDENTITY_PATH "/metadata/identity/oauth2/token"
#define ARC_FOLDER "/var/opt/azcmagent/tokens"

static void add_base(struct strbuf *sb, const char *base)
{
	size_t len = strlen(base);

	while (len && base[len - 1] == '/')
		len--;
	strbuf_add(sb, base, len);
}

static char *tenant_url(const char *login, const char *tenant)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	add_base(&sb, login);
	strbuf_addch(&sb, '/');
	token_add_escaped(&sb, tenant, strlen(tenant));
	strbuf_addstr(&sb, "/oauth2/v2.0/token");
	return strbuf_detach(&sb);
}

/* Azure Arc's agent listens there unless its environment says otherwise. */
static bool is_arc_origin(const char *url)
{
	return xfer_same_origin(url, "http://localhost:40342") ||
	       xfer_same_origin(url, "http://127.0.0.1:40342");
}

/*
 * A VM's service has one fixed address. A machine of Azure Arc has its own in
 * the environment; App Service has too, of another protocol, which is told by
 * IDENTITY_HEADER. What the configuration says counts more than either.
 */
static char *identity_url(const char *base, bool *ret_is_arc)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	const char *arc = getenv("IDENTITY_ENDPOINT");

	if (!base)
		base = IMDS;
	if (xfer_same_origin(base, IMDS) && arc && *arc &&
	    !getenv("IDENTITY_HEADER")) {
		*ret_is_arc = true;
		return xstrdup(arc);
	}
	*ret_is_arc = is_arc_origin(base);
	add_base(&sb, base);
	strbuf_addstr(&sb, IDENTITY_PATH);
	return strbuf_detach(&sb);
}

static void set_url(struct token_login *l, const struct token_conf *c)
{
	if (c->method == AUTH_MANAGED_IDENTITY)
		l->url = identity_url(c->instance_metadata, &l->is_arc);
	else if (c->method == AUTH_TOKEN)
		l->url = xstrdup("");
	else
		l->url = tenant_url(c->login, c->tenant);
}

/* What is wrong with it is told whenever a token is asked for. */
static void take_certificate(struct token_login *l, const struct secret *pem)
{
	struct err fault = ERR_INIT;

	if (token_certificate_new(pem, &l->certificate, &fault) < 0)
		l->fault = fault;
}

void token_login_init(struct token_login *l, const struct token_conf *c)
{
	*l = (struct token_login){ .method = c->method };
	set_url(l, c);
	l->client_id = xstrdup(c->client_id);
	l->scope = xstrdup(c->scope);
	l->federated_token_file = xstrdup(c->federated_token_file);
	l->ca_file = xstrdup(c->ca_file);
	l->proxy = xstrdup(c->proxy);
	l->arc_folder = xstrdup(c->arc_folder ? c->arc_folder : ARC_FOLDER);
	if (c->method == AUTH_CLIENT_CERTIFICATE)
		take_certificate(l, c->client_secret);
	else if (c->client_secret)
		l->client_secret = secret_new(secret_peek(c->client_secret),
					      secret_len(c->client_secret));
}

void token_login_release(struct token_login *l)
{
	free(l->url);
	free(l->client_id);
	free(l->scope);
	free(l->federated_token_file);
	free(l->ca_file);
	free(l->proxy);
	free(l->arc_folder);
	secret_free(l->client_secret);
	token_certificate_free(l->certificate);
}

bool token_login_takes_claims(const struct token_login *l)
{
	return l->method != AUTH_MANAGED_IDENTITY && l->method != AUTH_TOKEN;
}
