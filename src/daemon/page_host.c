/*
 * See page_host.h. Called by health.c; pure.
 *
 * tested with: test_page_host
 */
#include "daemon/page_host.h"

#include <string.h>
#include <strings.h>

/* Without the port: of "a:80", "[::1]:80" and "a". */
static size_t name_len(const char *host)
{
	size_t n;

	if (host[0] != '[')
		return strcspn(host, ":/");
	n = strcspn(host, "]");
	return n + (host[n] == ']');
}

static bool same_name(const char *a, const char *b)
{
	size_t n = name_len(a);

	return n == name_len(b) && strncasecmp(a, b, n) == 0;
}

/* Four numbers of which the first is 127: "127.evil.example" is a name. */
static bool is_loopback_number(const char *host)
{
	size_t n = name_len(host);

	return strncmp(host, "127.", 4) == 0 &&
	       strspn(host, "0123456789.") == n;
}

/* Nothing but a port behind the name. */
static bool ends_well(const char *host)
{
	const char *p = host + name_len(host);

	if (*p == ':')
		p += 1 + strspn(p + 1, "0123456789");
	return *p == '\0';
}

bool page_host_is_ours(const struct conf *c, const char *host)
{
	const char *public =
		c->public_url ? strstr(c->public_url, "://") : NULL;

	if (!host[0] || strncmp(c->listen, "unix:", 5) == 0)
		return true;
	if (!ends_well(host))
		return false;
	if (public && same_name(host, public + 3))
		return true;
	return same_name(host, "localhost") || same_name(host, "[::1]") ||
	       is_loopback_number(host);
}
