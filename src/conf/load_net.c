/*
 * Readers of addresses: endpoints, listen, directory ids, mail servers and
 * mailboxes, webhook URLs. A URL is never quoted in a message: people paste
 * passwords into them.
 *
 * tested with: test_load
 */
#include "conf/conf_priv.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "util/compiler.h"
#include "util/xmalloc.h"

#define SUBSCRIPTIONS_MAX 1000
#define METADATA_HOST "169.254.169.254" /* Azure Instance Metadata Service */
#define GRAPH_EXAMPLE "https://graph.microsoft.com"
#define PORTAL_EXAMPLE "https://contoso.eu.portal.cloudappsecurity.com"
#define PORTAL_PATH "/api/v1"
#define PUBLIC_EXAMPLE "https://triage.example.org"
#define PUBLIC_PATH                                                            \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/"

/* Takes @value over. */
static void field_take(void *object, const struct option *o, char *value)
{
	char **field = FIELD(char *, object, o);

	free(*field);
	*field = value;
}

/* The parts of an address without a query; http only where @plain_ok says. */
static bool endpoint_parse(struct load *l, const struct node *v,
			   const char *example,
			   bool (*plain_ok)(const struct url *u),
			   struct url *ret)
{
	struct url u;

	if (!load_is_text(l, v, "an https URL"))
		return false;
	if (!url_parse(v->text, &u) || strchr(u.rest, '?')) {
		load_fault(l, &v->mark,
			   "must be a URL such as %s (no user name, no query)",
			   example);
		return false;
	}
	if (strcmp(u.scheme, "https") != 0 &&
	    !(strcmp(u.scheme, "http") == 0 && plain_ok(&u))) {
		load_fault(l, &v->mark,
			   "must begin with https:// (http: only to loopback)");
		return false;
	}
	*ret = u;
	return true;
}

static void endpoint_set(void *object, const struct option *o,
			 const struct node *v)
{
	size_t n = strlen(v->text);

	while (v->text[n - 1] == '/')
		n--;
	field_take(object, o, xstrndup(v->text, n));
}

void load_endpoint(struct load *l, const struct option *o, const struct node *v,
		   void *object)
{
	struct url u;

	if (endpoint_parse(l, v, o->shown.fallback, url_is_loopback, &u))
		endpoint_set(object, o, v);
}

/* The service of the virtual machine we are on has no certificate; nor has the
 * agent of Azure Arc, which is on loopback. */
static bool metadata_may_be_plain(const struct url *u)
{
	return strcmp(u->host, METADATA_HOST) == 0 || url_is_loopback(u);
}

void load_metadata(struct load *l, const struct option *o, const struct node *v,
		   void *object)
{
	struct url u;

	if (endpoint_parse(l, v, o->shown.fallback, metadata_may_be_plain, &u))
		endpoint_set(object, o, v);
}

/* People copy it from the portal with the path of the API. */
void load_portal(struct load *l, const struct option *o, const struct node *v,
		 void *object)
{
	struct url u;
	size_t n;

	if (!endpoint_parse(l, v, PORTAL_EXAMPLE, url_is_loopback, &u))
		return;
	n = strlen(u.rest);
	while (n > 0 && u.rest[n - 1] == '/')
		n--;
	if (n > 0 && (n != strlen(PORTAL_PATH) ||
		      strncmp(u.rest, PORTAL_PATH, n) != 0)) {
		load_fault(l, &v->mark,
			   "must be the API URL that the portal shows under "
			   "Settings, Cloud Apps, About, such as %s; behind "
			   "the host nothing but %s may stand",
			   PORTAL_EXAMPLE, PORTAL_PATH);
		return;
	}
	field_take(object, o, xstrndup(v->text, (size_t)(u.rest - v->text)));
}

/* It goes into messages, with a token behind it that a comma or a bracket at
 * the end would cut off in some mail programs. */
void load_public_url(struct load *l, const struct option *o,
		     const struct node *v, void *object)
{
	struct url u;

	if (!endpoint_parse(l, v, PUBLIC_EXAMPLE, url_is_loopback, &u))
		return;
	if (strlen(v->text) > CONF_PUBLIC_MAX ||
	    strspn(u.rest, PUBLIC_PATH) != strlen(u.rest)) {
		load_fault(l, &v->mark,
			   "must be at most %d characters, and of a path only "
			   "letters, digits, '-', '.', '_', '~' and '/'",
			   CONF_PUBLIC_MAX);
		return;
	}
	endpoint_set(object, o, v);
}

static bool listen_is_loopback(const char *text)
{
	CLEANUP(free_ptr) char *as_url = xasprintf("http://%s", text);
	struct url u;

	return url_parse(as_url, &u) && u.port && !*u.rest &&
	       url_is_loopback(&u);
}

void load_listen(struct load *l, const struct option *o, const struct node *v,
		 void *object)
{
	static const char unix_prefix[] = "unix:/";

	if (!load_is_text(l, v, "an address such as 127.0.0.1:9847"))
		return;
	if (strncmp(v->text, unix_prefix, sizeof(unix_prefix) - 1) == 0) {
		if (strlen(v->text) - strlen("unix:") > CONF_SOCKET_MAX) {
			load_fault(l, &v->mark,
				   "a socket's path has at most %d bytes",
				   CONF_SOCKET_MAX);
			return;
		}
	} else if (strcmp(v->text, "off") != 0 &&
		   !listen_is_loopback(v->text)) {
		load_fault(l, &v->mark,
			   "must be a loopback address with a port "
			   "(127.0.0.1:9847, [::1]:9847), unix:/path or off, "
			   "not '%.60s'; put a reverse proxy in front for "
			   "other machines",
			   v->text);
		return;
	}
	field_take(object, o, xstrdup(v->text));
}

bool text_is_guid(const char *s)
{
	static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	if (strlen(s) != sizeof(shape) - 1)
		return false;
	for (size_t i = 0; shape[i]; i++)
		if (shape[i] == '-' ? s[i] != '-'
				    : !strchr("0123456789abcdefABCDEF", s[i]))
			return false;
	return true;
}

bool text_is_domain(const char *s)
{
	size_t label = 0, n = strlen(s);

	if (n == 0 || n > 253)
		return false;
	for (; *s; s++) {
		bool edge = label == 0 || s[1] == '.' || s[1] == '\0';

		if (*s == '.') {
			if (label == 0)
				return false;
			label = 0;
			continue;
		}
		if (!strchr("abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-",
			    *s) ||
		    (*s == '-' && edge) || ++label > 63)
			return false;
	}
	return label > 0;
}

void load_guid(struct load *l, const struct option *o, const struct node *v,
	       void *object)
{
	if (!load_is_text(l, v, "a GUID"))
		return;
	if (text_is_guid(v->text))
		field_take(object, o, xstrdup(v->text));
	else
		load_fault(l, &v->mark,
			   "must be a GUID such as 11111111-2222-3333-4444-"
			   "555555555555, not '%.60s'",
			   v->text);
}

void load_subscriptions(struct load *l, const struct option *o,
			const struct node *v, void *object)
{
	struct strlist *field = FIELD(struct strlist, object, o);

	strlist_release(field);
	if (v->kind == NODE_TEXT && strcmp(v->text, "all") == 0)
		return;
	if (v->kind != NODE_LIST || v->n == 0 || v->n > SUBSCRIPTIONS_MAX) {
		load_fault(l, &v->mark,
			   "must be 'all' or a list of 1 to %d "
			   "subscription ids",
			   SUBSCRIPTIONS_MAX);
		return;
	}
	for (size_t i = 0; i < v->n; i++) {
		const struct node *one = v->items[i].value;

		if (!load_is_text(l, one, "a subscription id"))
			continue;
		if (!text_is_guid(one->text))
			load_fault(l, &one->mark,
				   "must be a subscription id (a GUID), not "
				   "'%.60s'",
				   one->text);
		else if (strlist_has_ci(field, one->text))
			load_fault(l, &one->mark, "'%s' stands here twice",
				   one->text);
		else
			strlist_add(field, one->text);
	}
}

/* Microsoft Graph as a way for mail: a scheme and a host. */
static void load_graph(struct load *l, const struct option *o,
		       const struct node *v, void *object)
{
	struct url u;

	if (!endpoint_parse(l, v, GRAPH_EXAMPLE, url_is_loopback, &u))
		return;
	if (*u.rest && strcmp(u.rest, "/") != 0) {
		load_fault(l, &v->mark,
			   "must be the address of Microsoft Graph without a "
			   "path, such as " GRAPH_EXAMPLE);
		return;
	}
	endpoint_set(object, o, v);
}

void load_server(struct load *l, const struct option *o, const struct node *v,
		 void *object)
{
	struct url u;
	int port;

	if (!load_is_text(l, v, "smtp://HOST:PORT or smtps://HOST:PORT"))
		return;
	if (strncmp(v->text, "http", strlen("http")) == 0) {
		load_graph(l, o, v, object);
		return;
	}
	if (!url_parse(v->text, &u) || (*u.rest && strcmp(u.rest, "/") != 0) ||
	    (strcmp(u.scheme, "smtp") != 0 && strcmp(u.scheme, "smtps") != 0)) {
		load_fault(l, &v->mark,
			   "must be smtp://HOST:PORT or smtps://HOST:PORT (no "
			   "user name; the port may be left out), "
			   "or " GRAPH_EXAMPLE);
		return;
	}
	port = u.port ? u.port : strcmp(u.scheme, "smtps") == 0 ? 465 : 25;
	field_take(object, o,
		   u.ipv6 ? xasprintf("%s://[%s]:%d", u.scheme, u.host, port)
			  : xasprintf("%s://%s:%d", u.scheme, u.host, port));
}

/* Plain RFC 5321 mailboxes without quoting or SMTPUTF8: libcurl sends what it
 * is given, so anything odder could inject a command. */
static const char *address_fault(const char *s)
{
	const char *at = strchr(s, '@');
	size_t local = at ? (size_t)(at - s) : 0;

	for (const char *p = s; *p; p++)
		if (*p <= 0x20 || *p >= 0x7f)
			return "is not a plain ASCII address";
	if (!at || strchr(at + 1, '@') || local == 0 || local > 64 ||
	    strlen(s) > 254)
		return "is not an address such as oncall@example.org";
	if (strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		      "0123456789.!#$%&'*+-/=?^_`{|}~") != local ||
	    !text_is_domain(at + 1))
		return "is not an address such as oncall@example.org";
	return NULL;
}

void load_address(struct load *l, const struct option *o, const struct node *v,
		  void *object)
{
	const char *why;

	if (!load_is_text(l, v, "an e-mail address"))
		return;
	why = address_fault(v->text);
	if (why)
		load_fault(l, &v->mark, "'%.60s' %s", v->text, why);
	else
		field_take(object, o, xstrdup(v->text));
}

static void address_add(struct load *l, const struct node *v,
			struct strlist *list)
{
	const char *why;

	if (!load_is_text(l, v, "an e-mail address"))
		return;
	why = address_fault(v->text);
	if (!why && strlist_has_ci(list, v->text))
		why = "stands here twice";
	if (why)
		load_fault(l, &v->mark, "'%.60s' %s", v->text, why);
	else
		strlist_add(list, v->text);
}

void load_addresses(struct load *l, const struct option *o,
		    const struct node *v, void *object)
{
	struct strlist *field = FIELD(struct strlist, object, o);

	strlist_release(field);
	if (v->kind != NODE_LIST) {
		address_add(l, v, field);
		return;
	}
	if (v->n == 0 || v->n > CONF_RECIPIENTS_MAX)
		load_fault(l, &v->mark, "must be a list of 1 to %d addresses",
			   CONF_RECIPIENTS_MAX);
	for (size_t i = 0; i < v->n && i < CONF_RECIPIENTS_MAX; i++)
		address_add(l, v->items[i].value, field);
}

/* A webhook's URL is often its own password: a plain one is kept as a secret.
 * Whether it may be private is known when the whole entry is: load_target.c. */
void load_webhook_url(struct load *l, const struct option *o,
		      const struct node *v, void *object)
{
	struct secret_ref *ref = FIELD(struct secret_ref, object, o);

	if (v->kind == NODE_MAP) {
		load_secret(l, o, v, object);
		return;
	}
	if (!load_is_text(l, v,
			  "an https URL, {credential: NAME} or {file: "
			  "PATH}"))
		return;
	secret_ref_release(ref);
	*ref = (struct secret_ref){ SECRET_PLAIN, NULL,
				    secret_new(v->text, strlen(v->text)),
				    v->mark };
}
