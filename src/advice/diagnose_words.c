/*
 * Names out of an error, and into a command: an error quotes strangers, so
 * only what may stand unquoted in a shell's word gets there. Called by
 * diagnose.c.
 *
 * tested with: test_diagnose
 */
#include "advice/diagnose_priv.h"

#include <string.h>
#include <strings.h>

#include "util/compiler.h"
#include "util/shell.h"

#define LETTERS                                                                \
	"abcdefghijklmnopqrstuvwxyz"                                           \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define UUID_LEN 36

/*
 * By these names the devices that open TLS sign; a word of the certificate's
 * issuer. None of them is a public authority.
 */
static const char *const makers[] = {
	"zscaler",    "netskope",    "palo alto",     "panw",
	"forti",      "blue coat",   "bluecoat",      "symantec web",
	"forcepoint", "websense",    "sophos",	      "check point",
	"checkpoint", "umbrella",    "barracuda",     "watchguard",
	"sonicwall",  "mcafee web",  "skyhigh",	      "iboss",
	"cato net",   "menlo",	     "contentkeeper", "smoothwall",
	"untangle",   "squid",	     "mitmproxy",     "charles proxy",
	"fiddler",    "portswigger", "burp",	      "kaspersky",
	"eset ssl",   "avast",	     "bitdefender",   "inspection",
	"intercept",  "decrypt",     "web gateway",   "proxy",
	"firewall",
};

/* Certificates of these come from public authorities alone. */
static const char *const public_hosts[] = {
	".microsoftonline.com", ".microsoftonline.us",	 ".chinacloudapi.cn",
	".azure.com",		".usgovcloudapi.net",	 ".microsoft.com",
	".microsoft.us",	".cloudappsecurity.com",
};

size_t error_word(const char *error, const char *words, const char **ret)
{
	const char *at = words[0] ? strstr(error, words) : NULL;
	size_t len;

	if (!at)
		return 0;
	at += strlen(words);
	len = strspn(at, LETTERS ".-_:[]/");
	while (len > 0 && strchr(":.", at[len - 1]))
		len--;
	*ret = at;
	return len;
}

size_t address_host(const char *address, const char **ret)
{
	const char *host = strstr(address, "://");

	host = host ? host + 3 : address;
	*ret = host;
	if (*host == '[')
		return strcspn(host, "]") + (strchr(host, ']') != NULL);
	return strcspn(host, ":/");
}

static bool ends_with(const char *text, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len > n && strncasecmp(text + len - n, end, n) == 0;
}

bool is_intercepted(const char *error)
{
	const char *issuer = strstr(error, "issued by ");
	const char *host;
	size_t len = error_word(error, "certificate of ", &host);

	for (size_t i = 0; len && i < ARRAY_SIZE(public_hosts); i++)
		if (ends_with(host, len, public_hosts[i]))
			return true;
	for (size_t i = 0; issuer && i < ARRAY_SIZE(makers); i++)
		if (strcasestr(issuer, makers[i]))
			return true;
	return false;
}

static size_t host_of(const struct subject *s, const char **ret)
{
	size_t len = error_word(s->error, s->hint->words, ret);

	/* A port of its own is not part of the name. */
	if (len)
		return address_host(*ret, ret) < len ? address_host(*ret, ret)
						     : len;
	return address_host(s->endpoint, ret);
}

/* The port: of the endpoint when it is the same host, else the usual one. */
static void add_port(struct strbuf *out, const struct subject *s,
		     const char *host, size_t len)
{
	const char *own;
	size_t own_len = address_host(s->endpoint, &own);
	const char *port = own + own_len;

	if (own_len == len && strncmp(own, host, len) == 0 && *port == ':')
		strbuf_add(out, port, strcspn(port, "/"));
	else if (strncmp(s->endpoint, "smtp", 4) == 0)
		strbuf_addstr(out, s->starttls ? ":587" : ":465");
	else
		strbuf_addstr(out, ":443");
}

static void add_host(struct strbuf *out, const struct subject *s, bool port)
{
	const char *host = "";
	size_t len = host_of(s, &host);

	strbuf_add(out, host, len);
	if (port)
		add_port(out, s, host, len);
}

static void add_word(struct strbuf *out, const struct subject *s)
{
	const char *word = "";
	size_t len = error_word(s->error, s->hint->words, &word);

	strbuf_add(out, word, len);
}

/* "https://HOST:PORT: ..." in @error; 0: there is none. */
static size_t origin_of(const char *error, const char **ret)
{
	const char *at = strstr(error, "http://");
	size_t len;

	if (!at)
		at = strstr(error, "https://");
	if (!at)
		return 0;
	*ret = at;
	len = strcspn(at, " ,;()");
	while (len > 0 && at[len - 1] == ':')
		len--;
	return len;
}

/* A webhook's address may be a secret: then there is what the error tells, or
 * its host alone. */
static void add_endpoint(struct strbuf *out, const struct subject *s)
{
	const char *origin;
	size_t len;

	if (s->endpoint[0]) {
		strbuf_addstr(out, s->endpoint);
		return;
	}
	len = origin_of(s->error, &origin);
	if (len) {
		strbuf_add(out, origin, len);
		return;
	}
	strbuf_addstr(out, "https://");
	add_host(out, s, false);
}

/* "SUBSCRIPTION: ...": the listing that failed is named first. */
static void add_scope(struct strbuf *out, const char *error)
{
	size_t len = strspn(error, LETTERS ".-_");

	strbuf_addstr(out, "/subscriptions/");
	if (len == UUID_LEN && error[len] == ':')
		strbuf_add(out, error, len);
	else
		strbuf_addstr(out, "SUBSCRIPTION");
}

void diagnose_secret(const struct secret_ref *ref, struct strbuf *out)
{
	if (ref && ref->name && ref->kind == SECRET_CREDENTIAL)
		strbuf_addf(out, "credential %s", ref->name);
	else if (ref && ref->name && ref->kind == SECRET_FILE)
		strbuf_addf(out, "file %s", ref->name);
	else
		strbuf_addstr(out, "the settings say");
}

static void add_proxy(struct strbuf *out, const struct subject *s,
		      const char *option, bool bare)
{
	const char *host;
	CLEANUP(strbuf_release) struct strbuf word = STRBUF_INIT;

	if (!s->proxy)
		return;
	strbuf_addf(out, " %s ", option);
	if (bare && address_host(s->proxy, &host))
		strbuf_add(&word, host, strcspn(host, "/"));
	else
		strbuf_addstr(&word, s->proxy);
	shell_add(out, word.buf);
}

static bool is_hole(const char *at, const char *name)
{
	size_t len = strlen(name);

	return strncmp(at + 1, name, len) == 0 && at[len + 1] == '}';
}

static bool fill_option(const struct subject *s, const char *at,
			struct strbuf *out)
{
	if (is_hole(at, "via"))
		add_proxy(out, s, "--proxy", false);
	else if (is_hole(at, "tunnel"))
		add_proxy(out, s, "-proxy", true);
	else if (is_hole(at, "starttls"))
		strbuf_addstr(out, s->starttls ? s->starttls : "");
	else
		return false;
	return true;
}

static void fill_one(const struct subject *s, const char *at,
		     struct strbuf *out)
{
	if (is_hole(at, "client"))
		strbuf_addstr(out, s->client ? s->client
					     : "OBJECT-ID-OF-THE-IDENTITY");
	else if (is_hole(at, "host"))
		add_host(out, s, false);
	else if (is_hole(at, "word"))
		add_word(out, s);
	else if (is_hole(at, "address"))
		add_host(out, s, true);
	else if (is_hole(at, "endpoint"))
		add_endpoint(out, s);
	else if (is_hole(at, "proxy"))
		strbuf_addstr(out, s->proxy ? s->proxy : "the proxy");
	else if (is_hole(at, "secret"))
		diagnose_secret(s->secret, out);
	else if (is_hole(at, "scope"))
		add_scope(out, s->error);
	else if (is_hole(at, "path") || is_hole(at, "pattern"))
		strbuf_addstr(out, s->path ? s->path : "");
	else if (is_hole(at, "name"))
		strbuf_addstr(out, s->name);
}

static void fill_word(const struct subject *s, const char *at,
		      struct strbuf *out)
{
	CLEANUP(strbuf_release) struct strbuf word = STRBUF_INIT;

	fill_one(s, at, &word);
	if (is_hole(at, "pattern"))
		shell_add_pattern(out, word.buf);
	else
		shell_add(out, word.buf);
}

static void fill(const struct subject *s, const char *text, bool command,
		 struct strbuf *out)
{
	while (*text) {
		size_t len = strcspn(text, "{");

		strbuf_add(out, text, len);
		text += len;
		if (!*text)
			return;
		if (!fill_option(s, text, out))
			(command ? fill_word : fill_one)(s, text, out);
		text += strcspn(text, "}") + 1;
	}
}

void subject_say(const struct subject *s, const char *text, struct strbuf *out)
{
	fill(s, text, false, out);
}

void subject_command(const struct subject *s, const char *text,
		     struct strbuf *out)
{
	fill(s, text, true, out);
}
