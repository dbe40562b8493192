/*
 * Links of strangers. Whatever stands in one, the token follows it only to the
 * origin that is configured, judged here by the plain text of both; and only
 * this machine's own names open the status page. The first byte chooses the
 * base.
 */
#include "fuzz/fuzz.h"

#include <ctype.h>
#include <strings.h>
#include "conf/conf.h"
#include "daemon/page_host.h"
#include "net/xfer_priv.h"

struct base {
	const char *url, *scheme, *host;
	unsigned long port, usual;
};

static const struct base bases[] = {
	{ "https://management.azure.com", "https", "management.azure.com", 443,
	  443 },
	{ "https://graph.microsoft.com/v1.0/security", "https",
	  "graph.microsoft.com", 443, 443 },
	{ "https://contoso.eu2.portal.cloudappsecurity.com:8443/api/", "https",
	  "contoso.eu2.portal.cloudappsecurity.com", 8443, 443 },
	{ "http://localhost:8080", "http", "localhost", 8080, 80 },
};

/* scheme "://" host [":" port], then the end or a path, query or fragment. */
static bool is_there(const char *url, const struct base *b)
{
	size_t n = strlen(b->scheme), h = strlen(b->host);
	unsigned long port = b->usual;
	char *end;

	if (strncasecmp(url, b->scheme, n) != 0 ||
	    strncmp(url + n, "://", 3) != 0 ||
	    strncasecmp(url + n + 3, b->host, h) != 0)
		return false;
	url += n + 3 + h;
	if (*url == ':' && isdigit((unsigned char)url[1])) {
		port = strtoul(url + 1, &end, 10);
		url = end;
	} else if (*url == ':') {
		url++;
	}
	return port == b->port && (!*url || strchr("/?#", *url));
}

static void check_link(const char *url, const struct base *b)
{
	CLEANUP(free_ptr) char *origin = xfer_origin(url);
	CLEANUP(free_ptr) char *again = xfer_origin(origin);
	bool same = xfer_same_origin(url, b->url);

	must(!same || is_there(url, b));
	must(same == xfer_same_origin(b->url, url));
	must(strcmp(origin, again) == 0);
	must(utf8_valid(origin, strlen(origin)) &&
	     is_clean(origin, SIZE_MAX, UTF8_LINE));
	if (origin[0] != '(')
		must(xfer_same_origin(url, url) &&
		     xfer_same_origin(origin, url));
}

/* A name of this machine, whatever the port behind it. */
static bool is_ours(const char *host)
{
	static const char *const names[] = { "localhost", "[::1]",
					     "soc.example.org", "127." };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		size_t n = strlen(names[i]);

		if (strncasecmp(host, names[i], n) != 0)
			continue;
		if (i == 3)
			n += strspn(host + n, "0123456789.");
		if (!host[n] || host[n] == ':')
			return true;
	}
	return false;
}

static void check_host(char *host)
{
	struct conf c = { .listen = (char *)"127.0.0.1:9465",
			  .public_url = (char *)"https://soc.example.org/t" };

	if (*host)
		must(!page_host_is_ours(&c, host) || is_ours(host));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = { data, size };
	unsigned choice = feed_byte(&f);
	CLEANUP(free_ptr) char *url = feed_text(&f);
	CLEANUP(free_ptr) char *proxy = xfer_proxy_host(url);

	check_link(url, &bases[choice % ARRAY_SIZE(bases)]);
	check_host(url);
	must(!proxy || !strchr(proxy, '@'));
	return 0;
}
