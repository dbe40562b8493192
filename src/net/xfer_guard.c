/*
 * Which URLs and addresses are acceptable. Called by the transfer pool for
 * every request, and by source/ before it follows a link. Pure: it neither
 * resolves nor connects.
 *
 * URLs are split by curl's own parser, so that what is judged here is what
 * curl will connect to; a strict look at the text comes first, because
 * parsers disagree about exactly the characters that it refuses.
 */
#include "net/xfer.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "net/xfer_priv.h"
#include "util/xmalloc.h"

/* RFC 3986 is ASCII without blanks; a backslash is a slash to browsers. */
static bool text_is_plain(const char *url)
{
	for (const char *p = url; *p; p++) {
		unsigned char c = (unsigned char)*p;

		if (c <= ' ' || c >= 0x7f || c == '\\')
			return false;
	}
	return true;
}

/*
 * The authority must stand after exactly two slashes: curl takes one to three.
 * '@' would begin a user part, '%' an escaped host or an IPv6 zone.
 */
static bool authority_is_plain(const char *url)
{
	/* The first colon ends the scheme: "https:/a://b" is a host "a". */
	const char *authority = url + strcspn(url, ":/?#");
	size_t len;

	if (strncmp(authority, "://", 3) != 0)
		return false;
	authority += 3;
	len = strcspn(authority, "/?#");
	return len && !memchr(authority, '@', len) &&
	       !memchr(authority, '%', len);
}

/* IPv6 hosts come in brackets, which no other use of a host wants. */
static void strip_brackets(char *host)
{
	size_t len = strlen(host);

	if (len < 2 || host[0] != '[' || host[len - 1] != ']')
		return;
	memmove(host, host + 1, len - 2);
	host[len - 2] = '\0';
}

static bool origin_read(CURLU *u, const char *url,
			struct xfer_origin_parts *ret)
{
	if (curl_url_set(u, CURLUPART_URL, url, CURLU_DISALLOW_USER) ||
	    curl_url_get(u, CURLUPART_SCHEME, &ret->scheme, 0) ||
	    curl_url_get(u, CURLUPART_HOST, &ret->host, 0) ||
	    curl_url_get(u, CURLUPART_PORT, &ret->port, CURLU_DEFAULT_PORT))
		return false;
	strip_brackets(ret->host);
	return *ret->host && (!strcasecmp(ret->scheme, "https") ||
			      !strcasecmp(ret->scheme, "http"));
}

bool xfer_origin_parse(const char *url, struct xfer_origin_parts *ret)
{
	struct xfer_origin_parts parts = { 0 };
	CURLU *u;
	bool ok;

	if (!url || !text_is_plain(url) || !authority_is_plain(url))
		return false;
	u = curl_url();
	if (!u)
		xmalloc_die("out of memory");
	ok = origin_read(u, url, &parts);
	curl_url_cleanup(u);
	if (ok)
		*ret = parts;
	else
		xfer_origin_release(&parts);
	return ok;
}

void xfer_origin_release(struct xfer_origin_parts *o)
{
	curl_free(o->scheme);
	curl_free(o->host);
	curl_free(o->port);
	*o = (struct xfer_origin_parts){ 0 };
}

bool xfer_same_origin(const char *url, const char *base)
{
	CLEANUP(xfer_origin_release) struct xfer_origin_parts a = { 0 };
	CLEANUP(xfer_origin_release) struct xfer_origin_parts b = { 0 };

	if (!xfer_origin_parse(url, &a) || !xfer_origin_parse(base, &b))
		return false;
	return !strcasecmp(a.scheme, b.scheme) && !strcasecmp(a.host, b.host) &&
	       !strcmp(a.port, b.port);
}

char *xfer_origin(const char *url)
{
	CLEANUP(xfer_origin_release) struct xfer_origin_parts o = { 0 };
	bool v6;

	if (!xfer_origin_parse(url, &o))
		return xstrdup("(no valid URL)");
	v6 = strchr(o.host, ':');
	return xasprintf("%s://%s%s%s:%s", o.scheme, v6 ? "[" : "", o.host,
			 v6 ? "]" : "", o.port);
}

/* "proxy:3128" is a proxy's URL too, as curl reads it. */
char *xfer_proxy_host(const char *proxy)
{
	CURLU *u = curl_url();
	char *host = NULL, *port = NULL, *text = NULL;

	if (!u)
		xmalloc_die("out of memory");
	if (text_is_plain(proxy) &&
	    !curl_url_set(u, CURLUPART_URL, proxy,
			  CURLU_DEFAULT_SCHEME | CURLU_NON_SUPPORT_SCHEME) &&
	    !curl_url_get(u, CURLUPART_HOST, &host, 0)) {
		/* curl's own default, not the scheme's */
		if (curl_url_get(u, CURLUPART_PORT, &port, 0))
			port = NULL;
		text = xasprintf("%s:%s", host, port ? port : "1080");
	}
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(u);
	return text;
}

struct v4_net {
	uint32_t net;
	int bits;
};

#define V4(a, b, c, d)                                                         \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 |      \
	 (uint32_t)(d))

/* The IANA special-purpose registry (RFC 6890 and later), and multicast. */
static const struct v4_net v4_private[] = {
	{ V4(0, 0, 0, 0), 8 }, /* this network */
	{ V4(10, 0, 0, 0), 8 },
	{ V4(100, 64, 0, 0), 10 }, /* shared, RFC 6598 */
	{ V4(127, 0, 0, 0), 8 },
	{ V4(168, 63, 129, 16), 32 }, /* Azure's host, seen from its VMs */
	{ V4(169, 254, 0, 0), 16 }, /* link-local: cloud metadata */
	{ V4(172, 16, 0, 0), 12 },
	{ V4(192, 0, 0, 0), 24 },
	{ V4(192, 0, 2, 0), 24 }, /* documentation */
	{ V4(192, 88, 99, 0), 24 }, /* 6to4 relays */
	{ V4(192, 168, 0, 0), 16 },
	{ V4(198, 18, 0, 0), 15 }, /* benchmarking */
	{ V4(198, 51, 100, 0), 24 }, /* documentation */
	{ V4(203, 0, 113, 0), 24 }, /* documentation */
	{ V4(224, 0, 0, 0), 4 }, /* multicast */
	{ V4(240, 0, 0, 0), 4 }, /* reserved, broadcast */
};

static bool v4_is_private(uint32_t addr)
{
	for (size_t i = 0; i < ARRAY_SIZE(v4_private); i++) {
		const struct v4_net *n = &v4_private[i];

		if ((addr ^ n->net) >> (32 - n->bits) == 0)
			return true;
	}
	return false;
}

struct v6_net {
	uint8_t net[16];
	int bits;
	int v4_at; /* an IPv4 address stands at this byte; 0 none */
};

/*
 * Everything outside 2000::/3 is private but what carries an IPv4 address;
 * inside it, these are.
 */
static const struct v6_net v6_embedding[] = {
	{ { [10] = 0xff, [11] = 0xff }, 96, 12 }, /* ::ffff:0:0, mapped */
	{ { 0x00, 0x64, 0xff, 0x9b }, 96, 12 }, /* NAT64, RFC 6052 */
	{ { 0x20, 0x02 }, 16, 2 }, /* 6to4 */
};
static const struct v6_net v6_private[] = {
	{ { 0x20, 0x01 }, 23, 0 }, /* protocol assignments, Teredo */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32, 0 }, /* documentation */
	{ { 0x3f, 0xff }, 20, 0 }, /* documentation, RFC 9637 */
};

static bool v6_in(const uint8_t addr[16], const struct v6_net *n)
{
	int whole = n->bits / 8, rest = n->bits % 8;

	if (memcmp(addr, n->net, (size_t)whole))
		return false;
	return !rest || (addr[whole] ^ n->net[whole]) >> (8 - rest) == 0;
}

static uint32_t v4_of(const uint8_t *p)
{
	return V4(p[0], p[1], p[2], p[3]);
}

static bool v6_is_private(const uint8_t addr[16])
{
	for (size_t i = 0; i < ARRAY_SIZE(v6_embedding); i++) {
		const struct v6_net *n = &v6_embedding[i];

		if (v6_in(addr, n))
			return v4_is_private(v4_of(addr + n->v4_at));
	}
	if (addr[0] >> 5 != 1)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(v6_private); i++)
		if (v6_in(addr, &v6_private[i]))
			return true;
	return false;
}

bool xfer_address_is_private(const struct sockaddr *sa)
{
	if (sa->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)sa;

		return v4_is_private(ntohl(in->sin_addr.s_addr));
	}
	if (sa->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)sa;

		return v6_is_private(in6->sin6_addr.s6_addr);
	}
	return true; /* nothing else is the Internet */
}

bool xfer_address_is_loopback(const struct sockaddr *sa)
{
	if (sa->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)sa;

		return ntohl(in->sin_addr.s_addr) >> 24 == 127;
	}
	if (sa->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)sa;

		return IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
	}
	return false;
}

static bool address_of_text(const char *host, struct sockaddr_storage *ret)
{
	struct sockaddr_in *in = (void *)ret;
	struct sockaddr_in6 *in6 = (void *)ret;

	memset(ret, 0, sizeof(*ret));
	if (inet_pton(AF_INET, host, &in->sin_addr) == 1)
		in->sin_family = AF_INET;
	else if (inet_pton(AF_INET6, host, &in6->sin6_addr) == 1)
		in6->sin6_family = AF_INET6;
	else
		return false;
	return true;
}

/* RFC 6761: "localhost" and every name below it; a final dot changes nothing.
 */
static bool name_is_localhost(const char *host)
{
	static const char name[] = "localhost";
	size_t len = strlen(host);
	size_t name_len = sizeof(name) - 1;

	if (len > 0 && host[len - 1] == '.')
		len--;
	return len >= name_len &&
	       !strncasecmp(host + len - name_len, name, name_len) &&
	       (len == name_len || host[len - name_len - 1] == '.');
}

bool xfer_host_is_loopback(const char *host)
{
	struct sockaddr_storage ss;

	if (name_is_localhost(host))
		return true;
	return address_of_text(host, &ss) &&
	       xfer_address_is_loopback((const void *)&ss);
}

bool xfer_host_is_private(const char *host)
{
	struct sockaddr_storage ss;

	return address_of_text(host, &ss) &&
	       xfer_address_is_private((const void *)&ss);
}

void xfer_address_text(const struct sockaddr *sa, char ret[XFER_ADDRESS_TEXT])
{
	const struct sockaddr_in *in = (const void *)sa;
	const struct sockaddr_in6 *in6 = (const void *)sa;
	char host[INET6_ADDRSTRLEN] = "?";

	if (sa->sa_family == AF_INET) {
		(void)inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
		(void)snprintf(ret, XFER_ADDRESS_TEXT, "%s:%u", host,
			       ntohs(in->sin_port));
	} else if (sa->sa_family == AF_INET6) {
		(void)inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
		(void)snprintf(ret, XFER_ADDRESS_TEXT, "[%s]:%u", host,
			       ntohs(in6->sin6_port));
	} else {
		(void)snprintf(ret, XFER_ADDRESS_TEXT, "an unknown address");
	}
}
