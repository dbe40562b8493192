/*
 * Judges addresses before anything connects to them: shape, loopback, private
 * ranges. Used by load_net.c and secrets.c. It resolves no name: what a name
 * points to is checked by net/ when the connection is made.
 */
#include "conf/conf_priv.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include "util/compiler.h"

#define URL_MAX 2048 /* workflow URLs of Power Automate exceed 300 */

static bool url_chars_ok(const char *s)
{
	size_t n = strlen(s);

	if (n == 0 || n > URL_MAX)
		return false;
	for (; *s; s++)
		if (*s <= 0x20 || *s >= 0x7f || strchr("\"<>\\^`{|}#", *s))
			return false;
	return true;
}

static bool url_parse_scheme(const char **p, struct url *u)
{
	const char *end = strstr(*p, "://");
	size_t n = end ? (size_t)(end - *p) : 0;

	if (n == 0 || n >= sizeof(u->scheme))
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = (char)((*p)[i] | 0x20);

		if (c < 'a' || c > 'z')
			return false;
		u->scheme[i] = c;
	}
	*p = end + 3;
	return true;
}

static bool url_parse_host(const char **p, struct url *u)
{
	const char *s = *p;
	bool bracket = *s == '[';
	size_t n;

	s += bracket;
	n = strspn(s, bracket ? "0123456789abcdefABCDEF:."
			      : "abcdefghijklmnopqrstuvwxyz"
				"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_");
	if (n == 0 || n >= sizeof(u->host) || (bracket && s[n] != ']'))
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = s[i];

		u->host[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
	}
	u->ipv6 = bracket;
	*p = s + n + bracket;
	if (bracket) {
		struct in6_addr a;

		return inet_pton(AF_INET6, u->host, &a) == 1;
	}
	return u->host[0] != '.' && u->host[0] != '-';
}

static bool url_parse_port(const char **p, struct url *u)
{
	const char *s = *p;
	int port = 0;

	if (*s != ':')
		return true;
	for (s++; *s >= '0' && *s <= '9' && port <= 65535; s++)
		port = port * 10 + (*s - '0');
	u->port = port;
	*p = s;
	return port >= 1 && port <= 65535;
}

bool url_parse(const char *text, struct url *ret)
{
	struct url u = { .port = 0 };
	const char *p = text;

	/* A host ends at / or ?, so "user:password@host" never gets through. */
	if (!url_chars_ok(text) || !url_parse_scheme(&p, &u) ||
	    !url_parse_host(&p, &u) || !url_parse_port(&p, &u) ||
	    (*p && *p != '/' && *p != '?'))
		return false;
	u.rest = p;
	*ret = u;
	return true;
}

static bool ipv4_is_loopback(uint32_t a)
{
	return a >> 24 == 127;
}

/* The ranges of RFC 6890 that no service on the internet answers from. */
static bool ipv4_is_private(uint32_t a)
{
	static const struct {
		uint32_t net;
		int bits;
	} ranges[] = {
		{ 0x00000000, 8 },  { 0x0a000000, 8 },	{ 0x64400000, 10 },
		{ 0x7f000000, 8 },  { 0xa9fe0000, 16 }, { 0xac100000, 12 },
		{ 0xc0000000, 24 }, { 0xc0a80000, 16 }, { 0xc6120000, 15 },
		{ 0xe0000000, 3 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
		if ((a ^ ranges[i].net) >> (32 - ranges[i].bits) == 0)
			return true;
	return false;
}

static bool ipv6_is_private(const struct in6_addr *a)
{
	const uint8_t *b = a->s6_addr;

	return IN6_IS_ADDR_UNSPECIFIED(a) || IN6_IS_ADDR_LOOPBACK(a) ||
	       (b[0] & 0xfe) == 0xfc || /* unique local */
	       IN6_IS_ADDR_LINKLOCAL(a) || IN6_IS_ADDR_SITELOCAL(a) ||
	       IN6_IS_ADDR_MULTICAST(a);
}

/* The address in the host, also as the resolver would read "127.1" or
 * "2130706433". */
static bool url_ipv4(const struct url *u, uint32_t *ret)
{
	struct in6_addr a6;
	struct in_addr a;

	if (!u->ipv6) {
		if (!inet_aton(u->host, &a))
			return false;
		*ret = ntohl(a.s_addr);
		return true;
	}
	if (inet_pton(AF_INET6, u->host, &a6) != 1 ||
	    !IN6_IS_ADDR_V4MAPPED(&a6))
		return false;
	memcpy(&a, a6.s6_addr + 12, sizeof(a));
	*ret = ntohl(a.s_addr);
	return true;
}

/* @host is @domain or ends with ".@domain"; a final dot changes nothing. */
static bool host_is_under(const char *host, const char *domain)
{
	size_t n = strlen(host), m = strlen(domain);

	if (n > 0 && host[n - 1] == '.')
		n--;
	return n >= m && strncmp(host + n - m, domain, m) == 0 &&
	       (n == m || host[n - m - 1] == '.');
}

bool url_is_loopback(const struct url *u)
{
	struct in6_addr a6;
	uint32_t a;

	if (url_ipv4(u, &a))
		return ipv4_is_loopback(a);
	if (u->ipv6)
		return inet_pton(AF_INET6, u->host, &a6) == 1 &&
		       IN6_IS_ADDR_LOOPBACK(&a6);
	return host_is_under(u->host, "localhost");
}

bool url_is_private(const struct url *u)
{
	struct in6_addr a6;
	uint32_t a;

	if (url_ipv4(u, &a))
		return ipv4_is_private(a);
	if (u->ipv6)
		return inet_pton(AF_INET6, u->host, &a6) != 1 ||
		       ipv6_is_private(&a6);
	return host_is_under(u->host, "localhost");
}

const char *webhook_url_fault(const char *text, bool allow_private)
{
	struct url u;

	if (!url_parse(text, &u))
		return "is not a URL such as https://hooks.example.org/path "
		       "(no user name, no fragment)";
	if (host_is_under(u.host, "webhook.office.com"))
		return "is an Office 365 connector (webhook.office.com), which "
		       "Microsoft has retired; make a Power Automate workflow "
		       "with the trigger \"When a Teams webhook request is "
		       "received\" and use its URL";
	if (strcmp(u.scheme, "https") != 0 && strcmp(u.scheme, "http") != 0)
		return "must begin with https://";
	if (allow_private)
		return NULL;
	if (strcmp(u.scheme, "http") == 0)
		return "must begin with https:// (http: needs allow-private: "
		       "true)";
	if (url_is_private(&u))
		return "leads to a loopback or private address; that needs "
		       "allow-private: true";
	return NULL;
}
