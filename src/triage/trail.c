/*
 * See trail.h. Called by the daemon, which asks, and by triagectl, which says
 * what was asked and what else could be.
 */
#include "triage/trail.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>
#include "util/compiler.h"
#include "util/xmalloc.h"

#define SPAN_MOST_MS INT64_C(86400000)

const char *trail_kind_name(enum trail_kind k)
{
	static const char *const names[TRAIL_KIND_MAX] = {
		[TRAIL_ACCOUNT] = "account",
		[TRAIL_IP] = "ip",
	};

	return names[k];
}

static bool in_network(uint32_t address, uint32_t network, unsigned bits)
{
	return (address ^ network) >> (32 - bits) == 0;
}

/* Of no host, of this one, or of a network at home: half the world has it. */
static bool v4_is_local(const struct in_addr *in)
{
	static const struct {
		uint32_t network;
		unsigned bits;
	} local[] = {
		{ 0x00000000, 8 },  { 0x0a000000, 8 },	{ 0x64400000, 10 },
		{ 0x7f000000, 8 },  { 0xa9fe0000, 16 }, { 0xac100000, 12 },
		{ 0xc0a80000, 16 }, { 0xe0000000, 3 },
	};
	uint32_t address = ntohl(in->s_addr);

	for (size_t i = 0; i < ARRAY_SIZE(local); i++) {
		if (in_network(address, local[i].network, local[i].bits))
			return true;
	}
	return false;
}

static bool v6_is_local(const struct in6_addr *in)
{
	return IN6_IS_ADDR_UNSPECIFIED(in) || IN6_IS_ADDR_LOOPBACK(in) ||
	       IN6_IS_ADDR_LINKLOCAL(in) || IN6_IS_ADDR_MULTICAST(in) ||
	       (in->s6_addr[0] & 0xfe) == 0xfc;
}

/* 0: nobody can be asked about it. */
static int score_ip(const char *value)
{
	struct in6_addr v6;
	struct in_addr v4;

	if (inet_pton(AF_INET, value, &v4) == 1)
		return v4_is_local(&v4) ? 1 : 30;
	if (inet_pton(AF_INET6, value, &v6) == 1)
		return v6_is_local(&v6) ? 1 : 30;
	return 0;
}

static bool is_guid(const char *s)
{
	size_t digits = 0;

	for (; *s; s++) {
		if (isxdigit((unsigned char)*s))
			digits++;
		else if (*s != '-')
			return false;
	}
	return digits == 32;
}

/* A principal name, an object id, then names that only some services know;
 * a display name or a security id is known to none. */
static int score_account(const char *value)
{
	if (strpbrk(value, " \t") || strncasecmp(value, "S-1-", 4) == 0)
		return 0;
	if (strchr(value, '@'))
		return 80;
	return is_guid(value) ? 60 : 40;
}

/* By what a source says of its part in it. */
static int score_role(const char *role)
{
	static const char *const active[] = { "attack", "compromised", "source",
					      "actor", "suspicious" };

	for (size_t i = 0; role && i < ARRAY_SIZE(active); i++) {
		/* "attacked" is what was hit. */
		if (strcasestr(role, active[i]) &&
		    !strcasestr(role, "attacked"))
			return 10;
	}
	return role ? 1 : 0;
}

static int score(const struct entity *e, enum trail_kind *ret_kind)
{
	int value = 0;

	if (strcmp(e->kind, "account") == 0) {
		*ret_kind = TRAIL_ACCOUNT;
		value = score_account(e->value);
	} else if (strcmp(e->kind, "ip") == 0) {
		*ret_kind = TRAIL_IP;
		value = score_ip(e->value);
	}
	return value ? value + score_role(e->role) : 0;
}

static bool is_there(const struct trail *t, size_t n, const char *value)
{
	for (size_t i = 0; i < n; i++) {
		if (strcasecmp(t[i].value, value) == 0)
			return true;
	}
	return false;
}

/* The best that is not there yet, the first of equals; its score, 0 none. */
static int best_of(const struct entity *entities, size_t n,
		   const struct trail *there, size_t n_there, struct trail *ret)
{
	int best = 0;

	for (size_t i = 0; i < n; i++) {
		enum trail_kind kind;
		int value = score(&entities[i], &kind);

		if (value <= best ||
		    is_there(there, n_there, entities[i].value))
			continue;
		best = value;
		*ret = (struct trail){ kind, entities[i].value };
	}
	return best;
}

size_t trail_rank(const struct entity *entities, size_t n, struct trail *ret,
		  size_t max)
{
	size_t found = 0;

	while (found < max && best_of(entities, n, ret, found, &ret[found]) > 0)
		found++;
	return found;
}

struct trail_window trail_window(const struct trail_times *t, int64_t around_ms,
				 int64_t now_ms)
{
	int64_t moment_ms = t->activity_to_ms	  ? t->activity_to_ms
			    : t->activity_from_ms ? t->activity_from_ms
			    : t->created_ms	  ? t->created_ms
						  : t->seen_ms;
	int64_t first_ms =
		t->activity_from_ms ? t->activity_from_ms : moment_ms;
	struct trail_window w = { .moment_ms = moment_ms };

	first_ms = MIN(first_ms, moment_ms);
	first_ms = MAX(first_ms, moment_ms - SPAN_MOST_MS);
	w.from_ms = MAX(first_ms - around_ms, 1);
	w.to_ms = MIN(moment_ms + around_ms, now_ms);
	/* A clock that is ahead of ours: what there is until now. */
	if (w.to_ms <= w.from_ms)
		w.from_ms = MAX(w.to_ms - around_ms, 1);
	return w;
}
