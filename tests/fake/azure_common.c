/*
 * What the doors of the fake cloud share: pages and their links, limits, named
 * errors. Called by the azure_*.c; knows no alert.
 */
#include "fake/azure_priv.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"
#include "util/jsonx.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

#define METER_MS 60000

const struct azure_error *azure_error_find(const struct azure_error *table,
					   size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	peer_die("script: no error \"%s\" of this door", name);
}

struct azure_position azure_position_of(struct azure *a,
					const struct web_request *req)
{
	CLEANUP(free_ptr) char *token = web_param(req->query, "$skiptoken");
	CLEANUP(free_ptr) char *skip = web_param(req->query, "$skip");
	struct azure_position at = { 0, 0 };
	char *end;

	if (skip)
		at.place = strtoull(skip, NULL, 10);
	if (!token) {
		at.listing = ++a->n_listings;
		return at;
	}
	at.place = strtoull(token, &end, 10);
	if (*end == '-')
		at.listing = strtoull(end + 1, NULL, 10);
	return at;
}

static bool is_place(const char *pair, size_t len)
{
	static const char *const names[] = { "$skip=", "$skiptoken=",
					     "%24skip=", "%24skiptoken=" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (len >= strlen(names[i]) &&
		    strncmp(pair, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

/* The address of @req without its place, ending where one can be added. */
static void add_address(struct strbuf *sb, const struct azure *a,
			const struct web_request *req)
{
	const char *pair = req->query;
	char between = '?';

	strbuf_addf(sb, "%s://%s%.*s", a->tls ? "https" : "http",
		    web_header(req, "host"), (int)strcspn(req->target, "?"),
		    req->target);
	while (*pair) {
		size_t len = strcspn(pair, "&");

		if (!is_place(pair, len)) {
			strbuf_addch(sb, between);
			strbuf_add(sb, pair, len);
			between = '&';
		}
		pair += len + (pair[len] == '&');
	}
	strbuf_addch(sb, between);
}

void azure_add_next_link(struct strbuf *sb, const struct azure *a,
			 const struct web_request *req, const json_t *effect,
			 const char *name, const struct azure_position *next)
{
	const char *wanted = jsonx_str(effect, "next_link");

	if ((!wanted && !next) || (wanted && strcmp(wanted, "none") == 0))
		return;
	strbuf_addf(sb, ",\"%s\":\"", name);
	if (wanted && strcmp(wanted, "self") == 0) {
		strbuf_addf(sb, "%s://%s%s", a->tls ? "https" : "http",
			    web_header(req, "host"), req->target);
	} else if (wanted && strcmp(wanted, "first") == 0) {
		add_address(sb, a, req);
		strbuf_setlen(sb, sb->len - 1);
	} else if (wanted) {
		strbuf_addstr(sb, wanted);
	} else {
		add_address(sb, a, req);
		/* Resource Manager knows no $skip. */
		if (a->skiptoken || a->shuffle || strcmp(name, "nextLink") == 0)
			strbuf_addf(sb, "%%24skiptoken=%zu-%llu", next->place,
				    (unsigned long long)next->listing);
		else
			strbuf_addf(sb, "%%24skip=%zu", next->place);
	}
	strbuf_addch(sb, '"');
}

bool azure_meter_take(struct azure_meter *m)
{
	int64_t now = clock_mono_ms();

	if (m->n == 0 || now - m->began_mono_ms >= METER_MS) {
		m->began_mono_ms = now;
		m->n = 0;
	}
	m->n++;
	if (m->per_minute == 0 || m->n <= m->per_minute)
		return true;
	m->n_refused++;
	return false;
}

uint64_t azure_mix(uint64_t n, uint64_t listing)
{
	uint64_t z = n * UINT64_C(0x9e3779b97f4a7c15) +
		     listing * UINT64_C(0xd1342543de82ef95);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

bool azure_parse_ticks(const char *text, int64_t *ret)
{
	const char *digit = strchr(text, '.');
	int64_t ms, unit = 100000000;

	if (timefmt_parse(text, strlen(text), &ms) != 1)
		return false;
	*ret = ms * XDR_TICKS_MS;
	/* The three digits that are in ms already, then four more. */
	for (int i = 0; digit && i < 7 && isdigit((unsigned char)digit[1]);
	     i++, digit++) {
		unit /= 10;
		if (i >= 3)
			*ret += (digit[1] - '0') * unit / 10;
	}
	return true;
}

bool azure_order_is(struct azure_order *o, const char *key, uint64_t generation)
{
	if (o->key && o->generation == generation && strcmp(o->key, key) == 0)
		return true;
	free(o->key);
	free(o->items);
	*o = (struct azure_order){ .key = xstrdup(key),
				   .generation = generation };
	return false;
}
