/*
 * From the words of an error to the step that failed and the next command.
 * Called by the doctor; the words are those of net/xfer_words, net/token_error
 * and source/listing, and the test takes them from there.
 */
#include "advice/diagnose.h"

#include <string.h>

#include "util/compiler.h"

/*
 * The first row whose words stand in the error counts. In a command {client}
 * is the application, {host} the host the error names, {endpoint} the address
 * that was asked, {scope} the subscription, {path} the file source's, {grant}
 * the command that grants what the source needs.
 */
/* A source that knows the command ends its error with it. */
#define COMMAND_FOLLOWS ": az "

struct hint {
	const char *words, *step, *next;
};

#define NEW_SECRET "az ad app credential reset --id {client} --append"
#define TRY_ENDPOINT "curl -sv --max-time 10 -o /dev/null {endpoint}"
#define LOOK_CLOCK "timedatectl"
#define LOOK_TENANT "az account list --all --query \"[].tenantId\""
#define LOOK_LOG "journalctl -u triaged --since -1h"

static const struct hint hints[] = {
	{ "cannot resolve", "name resolution", "getent ahosts {host}" },
	{ "certificate of ", "TLS",
	  "openssl s_client -connect {host}:443 -servername {host}" },
	{ "no TLS 1.2", "TLS",
	  "openssl s_client -connect {host}:443 -servername {host}" },
	{ "cannot read certificates from ca-file", "TLS",
	  "triaged --check-config" },
	{ "connection refused by", "connection", TRY_ENDPOINT },
	{ "cannot connect to", "connection", TRY_ENDPOINT },
	{ "no connection to", "connection", TRY_ENDPOINT },
	{ "no socket for", "connection", TRY_ENDPOINT },
	{ "the connection to", "connection", TRY_ENDPOINT },
	{ "no answer from", "connection", TRY_ENDPOINT },
	{ "answers too slowly", "connection", TRY_ENDPOINT },
	{ "the proxy", "connection", TRY_ENDPOINT },
	{ "AADSTS7000215:", "sign-in", NEW_SECRET },
	{ "AADSTS7000222:", "sign-in", NEW_SECRET },
	{ "AADSTS700016:", "sign-in", "az ad sp show --id {client}" },
	{ "AADSTS7000112:", "sign-in",
	  "az ad sp update --id {client} --set accountEnabled=true" },
	{ "AADSTS90002:", "sign-in", LOOK_TENANT },
	{ "AADSTS90038:", "sign-in", LOOK_TENANT },
	{ "AADSTS900382:", "sign-in", LOOK_TENANT },
	{ "AADSTS50012:", "sign-in", LOOK_CLOCK },
	{ "AADSTS700027:", "sign-in", LOOK_CLOCK },
	{ "AADSTS700024:", "sign-in", LOOK_CLOCK },
	{ "AADSTS700213:", "sign-in",
	  "az ad app federated-credential list --id {client}" },
	{ "AADSTS", "sign-in", "az ad sp show --id {client}" },
	{ "sign-in", "sign-in", LOOK_LOG },
	{ "sees no subscription", "permission", "{grant}" },
	{ "HTTP 403", "permission", "{grant}" },
	{ "with 401", "permission", "{grant}" },
	{ "HTTP 401", "permission", "{grant}" },
	{ "HTTP 429", "throttling", "triagectl coverage" },
	{ "asks to wait", "throttling", "triagectl coverage" },
	{ "triaged.db", "database", LOOK_LOG },
};
static const struct hint otherwise = { "", "reading", LOOK_LOG };
static const struct hint of_file = { "", "reading", "ls -l {path}" };

/* The permission is a Graph application role; consent is an act of its own. */
#define GRAPH_ALERTS                                                           \
	"az ad app permission add --id {client} --api "                        \
	"00000003-0000-0000-c000-000000000000 --api-permissions "              \
	"472e4a4d-bb4a-4026-98d1-0b0d74cb74a5=Role && az ad app permission "   \
	"admin-consent --id {client}  # SecurityAlert.Read.All"
#define GRAPH_INCIDENTS                                                        \
	"az ad app permission add --id {client} --api "                        \
	"00000003-0000-0000-c000-000000000000 --api-permissions "              \
	"45cc0394-e837-488b-a098-1918f48d186c=Role && az ad app permission "   \
	"admin-consent --id {client}  # SecurityIncident.Read.All"
#define GRAPH_HUNTING                                                          \
	"az ad app permission admin-consent --id {client}  # after adding "    \
	"ThreatHunting.Read.All (application) of Microsoft Graph"
#define CLOUD_APPS_READ                                                        \
	"az ad app permission admin-consent --id {client}  # after adding "    \
	"investigation.read (application) of Microsoft Cloud App Security"

static const char *grant_of(const struct source_conf *c, const char *error)
{
	switch (c->type) {
	case SOURCE_GRAPH_SECURITY:
		return strstr(error, "SecurityIncident.Read.All")
			       ? GRAPH_INCIDENTS
			       : GRAPH_ALERTS;
	case SOURCE_GRAPH_HUNTING:
		return GRAPH_HUNTING;
	case SOURCE_CLOUD_APPS:
		return CLOUD_APPS_READ;
	case SOURCE_DEFENDER_FOR_CLOUD:
	case SOURCE_FILE:
	case SOURCE_DEMO:
		break;
	}
	return "az role assignment create --assignee {client} --role "
	       "\"Security Reader\" --scope {scope}";
}

static const struct hint *hint_of(const struct source_conf *c,
				  const char *error)
{
	for (size_t i = 0; i < ARRAY_SIZE(hints); i++)
		if (strstr(error, hints[i].words))
			return &hints[i];
	return c->type == SOURCE_FILE ? &of_file : &otherwise;
}

/* What may stand unquoted in a shell's word; an error quotes strangers. */
static size_t plain_len(const char *text)
{
	return strspn(text, "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_");
}

static const char *api_of(const struct source_conf *c)
{
	switch (c->type) {
	case SOURCE_GRAPH_SECURITY:
	case SOURCE_GRAPH_HUNTING:
		return c->graph;
	case SOURCE_CLOUD_APPS:
		return c->url;
	case SOURCE_DEFENDER_FOR_CLOUD:
	case SOURCE_FILE:
	case SOURCE_DEMO:
		break;
	}
	return c->resource_manager;
}

/* The sign-in puts its address before its errors. */
static const char *endpoint_of(const struct source_conf *c, const char *error)
{
	const char *api = api_of(c);

	if (c->login && strstr(error, c->login))
		return c->login;
	return api ? api : "";
}

static void add_host(struct strbuf *out, const struct source_conf *c,
		     const char *error)
{
	const char *endpoint = endpoint_of(c, error);
	const char *host = strstr(endpoint, "://");

	host = host ? host + 3 : endpoint;
	strbuf_add(out, host, strcspn(host, ":/"));
}

/* "SUBSCRIPTION: ...": the listing that failed is named first. */
static void add_scope(struct strbuf *out, const char *error)
{
	size_t len = plain_len(error);

	strbuf_addstr(out, "/subscriptions/");
	if (len == 36 && error[len] == ':')
		strbuf_add(out, error, len);
	else
		strbuf_addstr(out, "SUBSCRIPTION");
}

static void add_word(struct strbuf *out, const struct source_conf *c,
		     const char *error, const char *word)
{
	if (strncmp(word, "{client}", 8) == 0)
		strbuf_addstr(out, c->client_id ? c->client_id
						: "OBJECT-ID-OF-THE-IDENTITY");
	else if (strncmp(word, "{host}", 6) == 0)
		add_host(out, c, error);
	else if (strncmp(word, "{endpoint}", 10) == 0)
		strbuf_addstr(out, endpoint_of(c, error));
	else if (strncmp(word, "{scope}", 7) == 0)
		add_scope(out, error);
	else if (strncmp(word, "{path}", 6) == 0)
		strbuf_addstr(out, c->path ? c->path : "");
}

bool diagnose_may_be_clock(const char *error)
{
	/* A new token is refused when it is not yet, or no more, valid. */
	if (strstr(error, "refuses a new token"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(hints); i++)
		if (strstr(error, hints[i].words))
			return strcmp(hints[i].next, LOOK_CLOCK) == 0;
	return false;
}

const char *diagnose_command(const char *error)
{
	const char *at = strstr(error, COMMAND_FOLLOWS);

	return at ? at + strlen(COMMAND_FOLLOWS) - strlen("az ") : NULL;
}

const char *diagnose_source(const struct source_conf *c, const char *error,
			    struct strbuf *ret_next)
{
	const struct hint *hint = hint_of(c, error);
	const char *own = diagnose_command(error);
	const char *p = hint->next;

	if (own) {
		strbuf_addstr(ret_next, own);
		return hint->step;
	}
	if (strcmp(p, "{grant}") == 0)
		p = grant_of(c, error);
	while (*p) {
		size_t len = strcspn(p, "{");

		strbuf_add(ret_next, p, len);
		p += len;
		if (*p) {
			add_word(ret_next, c, error, p);
			p += strcspn(p, "}") + 1;
		}
	}
	return hint->step;
}
