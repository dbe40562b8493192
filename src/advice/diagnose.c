/*
 * From the words of an error to the step that failed, what it comes from and
 * the next command. Called by the doctor, on both sides of the control socket;
 * the rows are in diagnose_hints.c.
 */
#include "advice/diagnose_priv.h"

#include <string.h>
#include <strings.h>

#include "util/compiler.h"
#include "util/xmalloc.h"

/* A source that knows the command ends its error with it. */
#define COMMAND_FOLLOWS ": az "

#define SCOPE_LETTERS                                                          \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-"

#define LOOK_LOG "journalctl -u triaged --since -1h"

/* The application id of Microsoft Graph, the same in every tenant, and its
 * roles (Microsoft Graph permissions reference). */
#define GRAPH_APP_ID "00000003-0000-0000-c000-000000000000"
#define ALERTS_ROLE "472e4a4d-bb4a-4026-98d1-0b0d74cb74a5"
#define INCIDENTS_ROLE "45cc0394-e837-488b-a098-1918f48d186c"
#define HUNTING_ROLE "dd98c7f5-2d42-42d3-a0e4-633161547251"

#define CLOUD_APPS_READ                                                        \
	"az ad app permission admin-consent --id {client}  # after adding "    \
	"investigation.read (application) of Microsoft Cloud App Security"
#define SECURITY_READER                                                        \
	"az role assignment create --assignee {client} --role "                \
	"\"Security Reader\" --scope {scope}"

/* The role of Graph that is missing; NULL: it is no source of Graph. */
static const char *graph_role(const struct source_conf *c, const char *error)
{
	switch (c->type) {
	case SOURCE_GRAPH_SECURITY:
		return strstr(error, "SecurityIncident.Read.All")
			       ? INCIDENTS_ROLE
			       : ALERTS_ROLE;
	case SOURCE_GRAPH_HUNTING:
		return HUNTING_ROLE;
	case SOURCE_CLOUD_APPS:
	case SOURCE_DEFENDER_FOR_CLOUD:
	case SOURCE_FILE:
	case SOURCE_DEMO:
		break;
	}
	return NULL;
}

/* Consent is an act of its own. */
static void add_permission(const char *client, const char *role,
			   struct strbuf *ret)
{
	strbuf_addf(ret,
		    "az ad app permission add --id %s --api " GRAPH_APP_ID
		    " --api-permissions %s=Role && az ad app permission "
		    "admin-consent --id %s",
		    client, role, client);
}

/* An identity of a machine has no registration that a permission could be added
 * to: the role is assigned by Graph alone. */
static void add_assignment(const struct source_conf *c, const char *role,
			   struct strbuf *ret)
{
	CLEANUP(free_ptr)
	char *object = c->client_id ? xasprintf("$(az ad sp show --id %s "
						"--query id -o tsv)",
						c->client_id)
				    : xstrdup("OBJECT-ID-OF-THE-IDENTITY");

	strbuf_addf(
		ret,
		"az rest --method POST --url "
		"\"%s/v1.0/servicePrincipals/%s/appRoleAssignments\" --body "
		"\"{\\\"principalId\\\":\\\"%s\\\",\\\"resourceId\\\":"
		"\\\"$(az ad sp show --id " GRAPH_APP_ID
		" --query id -o tsv)\\\",\\\"appRoleId\\\":\\\"%s\\\"}\"",
		c->graph, object, object, role);
}

static void add_grant(const struct subject *s, const struct source_conf *c,
		      struct strbuf *ret)
{
	const char *role = graph_role(c, s->error);

	if (role && c->auth == AUTH_MANAGED_IDENTITY)
		add_assignment(c, role, ret);
	else if (role)
		add_permission(s->client ? s->client : "APPLICATION-ID", role,
			       ret);
	else
		subject_command(s,
				c->type == SOURCE_CLOUD_APPS ? CLOUD_APPS_READ
							     : SECURITY_READER,
				ret);
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

static const struct hint *hint_find(const struct hint *h, const char *error)
{
	for (; h->words; h++)
		if (strstr(error, h->words) &&
		    (!h->more || strstr(error, h->more)))
			return h;
	return NULL;
}

/* The first row of either table, else @otherwise. */
static const struct hint *hint_of(const struct hint *own,
				  const struct hint *otherwise,
				  const char *error)
{
	const struct hint *h = hint_find(network_hints, error);

	if (!h)
		h = hint_find(own, error);
	return h ? h : otherwise;
}

static struct subject subject_of_source(const struct source_conf *c,
					const char *error)
{
	static const struct hint otherwise = { "", NULL, STEP_READING, NULL,
					       LOOK_LOG };
	static const struct hint of_file = { "", NULL, STEP_READING, NULL,
					     "ls -l {pattern}" };

	return (struct subject){
		.name = c->name,
		.client = c->client_id,
		.endpoint = endpoint_of(c, error),
		.proxy = c->proxy,
		.path = c->path,
		.secret = &c->client_secret,
		.error = error,
		.hint = hint_of(source_hints,
				c->type == SOURCE_FILE ? &of_file : &otherwise,
				error),
	};
}

static const struct secret_ref *secret_of(const struct target_conf *t)
{
	if (t->oauth.entry)
		return &t->oauth.client_secret;
	if (t->password.kind != SECRET_ABSENT)
		return &t->password;
	if (t->webhook.key.kind != SECRET_ABSENT)
		return &t->webhook.key;
	if (t->webhook.token.kind != SECRET_ABSENT)
		return &t->webhook.token;
	return &t->url;
}

/* smtps: begins with TLS, whatever starttls says. */
static bool begins_plain(const struct target_conf *t)
{
	return t->type == TARGET_EMAIL && t->starttls && t->server &&
	       strncasecmp(t->server, "smtps:", 6) != 0;
}

static struct subject subject_of_target(const struct target_conf *t,
					const char *error)
{
	static const struct hint otherwise = { "", NULL, STEP_DELIVERY, NULL,
					       "triagectl test-notify {name}" };
	const char *program = t->command.n > 0 ? t->command.v[0] : NULL;

	return (struct subject){
		.name = t->name,
		.client = t->oauth.client_id,
		.endpoint = t->server ? t->server : "",
		.proxy = t->webhook.proxy,
		.path = program ? program : t->path,
		.starttls = begins_plain(t) ? " -starttls smtp" : NULL,
		.secret = secret_of(t),
		.error = error,
		.hint = hint_of(target_hints, &otherwise, error),
	};
}

/* What reaches for a proxy and fails there is not the peer's connection. */
static bool is_of_proxy(const struct subject *s)
{
	/* The settings may be newer than the error, and have none. */
	return s->proxy && strcmp(s->hint->step, STEP_CONNECTION) == 0 &&
	       strstr(s->error, " the proxy ");
}

static bool is_of_device(const struct subject *s)
{
	return strcmp(s->hint->step, STEP_TLS) == 0 && !s->hint->more &&
	       is_intercepted(s->error);
}

static const char *step_of(const struct subject *s)
{
	if (is_of_proxy(s))
		return STEP_PROXY;
	return is_of_device(s) ? STEP_INTERCEPTION : s->hint->step;
}

static const char *means_of(const struct subject *s)
{
	if (is_of_proxy(s))
		return "nobody answers where proxy: of the settings points";
	if (is_of_device(s))
		return "a device between here and {host} opens TLS and signs "
		       "in its place: have {host} exempted from that, or give "
		       "the device's CA as ca-file";
	return s->hint->means;
}

/* What to do about it comes behind the error, what it is before it. */
static bool is_instruction(const struct subject *s)
{
	return strcmp(s->hint->step, STEP_SIGN_IN) == 0 ||
	       strcmp(s->hint->step, "address") == 0;
}

/* The command that an error ends with, if it does; whose, is another matter. */
static const char *command_in(const char *error)
{
	const char *at = strstr(error, COMMAND_FOLLOWS);

	return at ? at + strlen(COMMAND_FOLLOWS) - strlen("az ") : NULL;
}

static void add_cause(const struct subject *s, struct strbuf *ret)
{
	const char *command = command_in(s->error);
	const char *means = means_of(s);
	/* The command is shown by itself. */
	size_t len = command ? (size_t)(command - s->error) - strlen(": ")
			     : strlen(s->error);

	if (!means) {
		strbuf_add(ret, s->error, len);
	} else if (is_instruction(s)) {
		strbuf_add(ret, s->error, len);
		strbuf_addstr(ret, "; ");
		subject_say(s, means, ret);
	} else {
		subject_say(s, means, ret);
		strbuf_addstr(ret, ". The error: ");
		strbuf_add(ret, s->error, len);
	}
}

/*
 * The command at the end of an error, which knows the scope. An error quotes
 * strangers, so it must be the one that a source makes, letter for letter.
 */
static const char *own_command(const struct source_conf *c, const char *error)
{
	const char *own = command_in(error);
	CLEANUP(free_ptr)
	char *begin = xasprintf("az role assignment create --assignee %s "
				"--role \"Security Reader\" --scope ",
				c->client_id ? c->client_id : "APPLICATION-ID");
	size_t len = strlen(begin);

	if (!own || strncmp(own, begin, len) != 0 ||
	    own[len + strspn(own + len, SCOPE_LETTERS)] != '\0')
		return NULL;
	return own;
}

const char *diagnose_source(const struct source_conf *c, const char *error,
			    struct strbuf *ret_next)
{
	const struct subject s = subject_of_source(c, error);
	const char *own = own_command(c, error);

	if (own)
		strbuf_addstr(ret_next, own);
	else if (strcmp(s.hint->next, "{grant}") == 0)
		add_grant(&s, c, ret_next);
	else
		subject_command(&s, s.hint->next, ret_next);
	return step_of(&s);
}

const char *diagnose_target(const struct target_conf *t, const char *error,
			    struct strbuf *ret_next)
{
	const struct subject s = subject_of_target(t, error);

	subject_command(&s, s.hint->next, ret_next);
	return step_of(&s);
}

void diagnose_source_cause(const struct source_conf *c, const char *error,
			   struct strbuf *ret)
{
	const struct subject s = subject_of_source(c, error);

	add_cause(&s, ret);
}

void diagnose_target_cause(const struct target_conf *t, const char *error,
			   struct strbuf *ret)
{
	const struct subject s = subject_of_target(t, error);

	add_cause(&s, ret);
}

char *diagnose_unresolved(const char *error)
{
	static const char *const words[] = { "cannot resolve the proxy ",
					     "cannot resolve ",
					     "Could not resolve host: " };
	const char *name = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t len = error_word(error, words[i], &name);

		if (len) {
			len = MIN(address_host(name, &name), len);
			return xstrndup(name, len);
		}
	}
	return NULL;
}

bool diagnose_may_be_clock(const char *error)
{
	const struct hint *h;

	/* A new token is refused when it is not yet, or no more, valid. */
	if (strstr(error, "refuses a new token"))
		return true;
	h = hint_of(source_hints, NULL, error);
	return h && strcmp(h->next, "timedatectl") == 0;
}

const char *diagnose_step_at(size_t i)
{
	static const char *const steps[] = {
		STEP_NAMES,	 STEP_PROXY,	    STEP_CONNECTION,
		STEP_TLS,	 STEP_INTERCEPTION, STEP_SIGN_IN,
		STEP_PERMISSION, STEP_THROTTLING,   STEP_DATABASE,
		STEP_READING,
	};

	return i < ARRAY_SIZE(steps) ? steps[i] : NULL;
}
