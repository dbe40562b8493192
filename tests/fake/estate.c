/*
 * The fake cloud. Called by fake_azure.c; knows no HTTP. Everything about an
 * alert follows from seed and index, but its age, status and severity, which
 * a script may change.
 */
#include "fake/estate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fake/fault.h"
#include "fake/peer.h"
#include "fake/shapes.h"
#include "util/clock.h"
#include "util/jsonx.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

#define WORD_SIZE 24
#define TIME_SIZE 40
#define IP_SIZE 24
#define TICKS_MS 10000 /* Graph counts 100 ns */

struct fake_alert {
	int64_t raised_ms; /* timeGeneratedUtc */
	int64_t updated_ticks; /* lastUpdateDateTime, of Graph alone */
	char status[WORD_SIZE], severity[WORD_SIZE];
};

struct estate {
	uint64_t seed;
	size_t n_subs;
	char status[WORD_SIZE]; /* "" mixed */
	json_t *severities; /* weights */
	json_int_t severity_sum;
	struct fake_alert *alerts;
	size_t n_alerts, n_alloc;
};

/* splitmix64: what for is any number that keeps two uses apart. */
static uint64_t draw(const struct estate *e, uint64_t index, uint64_t what)
{
	uint64_t z = e->seed * UINT64_C(0x9e3779b97f4a7c15) +
		     index * UINT64_C(0xd1342543de82ef95) +
		     what * UINT64_C(0x2545f4914f6cdd1d);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static void make_guid(const struct estate *e, uint64_t index, uint64_t what,
		      char ret[ESTATE_GUID_SIZE])
{
	uint64_t a = draw(e, index, what), b = draw(e, index, what + 1);

	(void)snprintf(ret, ESTATE_GUID_SIZE,
		       "%08x-%04x-4%03x-a%03x-%012" PRIx64,
		       (unsigned)(a & 0xffffffff), (unsigned)(a >> 32 & 0xffff),
		       (unsigned)(a >> 48 & 0xfff), (unsigned)(b >> 48 & 0xfff),
		       b & UINT64_C(0xffffffffffff));
}

static const char *pick_severity(const struct estate *e, uint64_t index)
{
	json_int_t at =
		(json_int_t)(draw(e, index, 20) % (uint64_t)e->severity_sum);
	const char *name;
	json_t *weight;

	json_object_foreach(e->severities, name, weight)
	{
		at -= json_integer_value(weight);
		if (at < 0)
			return name;
	}
	return "Medium";
}

static const char *pick_status(const struct estate *e, uint64_t index)
{
	unsigned at = (unsigned)(draw(e, index, 21) % 100);

	if (e->status[0])
		return e->status;
	if (at < 85)
		return "Active";
	if (at < 90)
		return "InProgress";
	return at < 96 ? "Resolved" : "Dismissed";
}

static void set_word(char word[WORD_SIZE], const char *text)
{
	(void)snprintf(word, WORD_SIZE, "%s", text);
}

static void append(struct estate *e, int64_t raised_ms)
{
	struct fake_alert *a;
	size_t index = e->n_alerts;

	GROW(e->alerts, e->n_alerts + 1, e->n_alloc);
	a = &e->alerts[e->n_alerts++];
	a->raised_ms = raised_ms;
	a->updated_ticks =
		raised_ms * TICKS_MS + (int64_t)(draw(e, index, 22) % TICKS_MS);
	set_word(a->status, pick_status(e, index));
	set_word(a->severity, pick_severity(e, index));
}

static json_t *read_severities(const json_t *script, json_int_t *ret_sum)
{
	json_t *given = json_object_get(script, "severities");
	json_t *severities = json_is_object(given)
				     ? json_incref(given)
				     : json_pack("{s:i, s:i, s:i, s:i}", "High",
						 10, "Medium", 30, "Low", 45,
						 "Informational", 15);
	const char *name;
	json_t *weight;

	*ret_sum = 0;
	json_object_foreach(severities, name, weight) *ret_sum +=
		json_integer_value(weight);
	if (*ret_sum <= 0)
		peer_die("script: severities need weights");
	return severities;
}

static int64_t read_base(const json_t *script)
{
	const char *base = jsonx_str(script, "base");
	int64_t base_ms = clock_wall_ms();

	if (base && timefmt_parse(base, strlen(base), &base_ms) != 1)
		peer_die("script: base is no time: %s", base);
	return base_ms;
}

struct estate *estate_new(const json_t *script)
{
	struct estate *e = xcalloc(1, sizeof(*e));
	const char *status = jsonx_str(script, "status");
	int64_t base_ms = read_base(script);
	int64_t spread_ms = fault_int(script, "spread_s", 86400) * 1000;
	json_int_t n = fault_int(script, "alerts", 100);

	e->seed = (uint64_t)fault_int(script, "seed", 1);
	e->n_subs = (size_t)fault_int(script, "subscriptions", 3);
	if (e->n_subs == 0 || n < 0)
		peer_die("script: subscriptions or alerts out of range");
	e->severities = read_severities(script, &e->severity_sum);
	if (status)
		set_word(e->status, status);
	for (json_int_t i = 0; i < n; i++)
		append(e, base_ms - spread_ms * (n - 1 - i) / n);
	return e;
}

struct estate *estate_free(struct estate *e)
{
	if (e) {
		json_decref(e->severities);
		free(e->alerts);
		free(e);
	}
	return NULL;
}

void estate_add(struct estate *e, size_t n, int64_t base_ms)
{
	for (size_t i = 0; i < n; i++)
		append(e, base_ms);
}

void estate_set(struct estate *e, const json_t *change)
{
	size_t index = (size_t)fault_int(change, "index", 0);
	const char *status = jsonx_str(change, "status");
	const char *severity = jsonx_str(change, "severity");
	const char *updated = jsonx_str(change, "updated");
	int64_t ms = clock_wall_ms();

	if (index >= e->n_alerts)
		return;
	if (status)
		set_word(e->alerts[index].status, status);
	if (severity)
		set_word(e->alerts[index].severity, severity);
	if (updated && timefmt_parse(updated, strlen(updated), &ms) != 1)
		peer_die("script: updated is no time: %s", updated);
	if (!jsonx_bool(change, "still"))
		e->alerts[index].updated_ticks = ms * TICKS_MS;
}

const char *estate_status(const struct estate *e, size_t index)
{
	return e->alerts[index].status;
}

const char *estate_severity(const struct estate *e, size_t index)
{
	return e->alerts[index].severity;
}

int64_t estate_raised_ms(const struct estate *e, size_t index)
{
	return e->alerts[index].raised_ms;
}

int64_t estate_updated_ticks(const struct estate *e, size_t index)
{
	return e->alerts[index].updated_ticks;
}

size_t estate_n_subs(const struct estate *e)
{
	return e->n_subs;
}

void estate_sub_id(const struct estate *e, size_t sub,
		   char ret[ESTATE_GUID_SIZE])
{
	make_guid(e, sub, 1, ret);
}

size_t estate_find_sub(const struct estate *e, const char *id, size_t len)
{
	char guid[ESTATE_GUID_SIZE];
	size_t sub;

	for (sub = 0; sub < e->n_subs; sub++) {
		estate_sub_id(e, sub, guid);
		if (len == strlen(guid) && strncasecmp(guid, id, len) == 0)
			break;
	}
	return sub;
}

size_t estate_n_alerts(const struct estate *e)
{
	return e->n_alerts;
}

/* Alert i belongs to subscription i % n_subs. */
size_t estate_count(const struct estate *e, size_t sub)
{
	return (e->n_alerts + e->n_subs - 1 - sub) / e->n_subs;
}

size_t estate_at(const struct estate *e, size_t sub, size_t place)
{
	return sub + (estate_count(e, sub) - 1 - place) * e->n_subs;
}

/* As the service writes it: up to 7 digits, trailing zeroes dropped. */
static int64_t format_time(int64_t ms, uint64_t chance, char ret[TIME_SIZE])
{
	char utc[TIMEFMT_MAX];
	char fraction[16] = "";
	int64_t ticks = ms % 1000 * 10000 + (int64_t)(chance % 10000);

	/* One in eight has no fraction at all. */
	if (chance / 10000 % 8 == 0)
		ticks = 0;
	(void)timefmt_utc(ms, utc);
	if (ticks)
		(void)snprintf(fraction, sizeof(fraction), ".%07" PRId64,
			       ticks);
	for (size_t n = strlen(fraction); n && fraction[n - 1] == '0'; n--)
		fraction[n - 1] = '\0';
	(void)snprintf(ret, TIME_SIZE, "%.19s%sZ", utc, fraction);
	return (ms / 1000 + INT64_C(62135596800)) * 10000000 + ticks;
}

/* Everything that differs, as text. */
struct alert_text {
	char sub[ESTATE_GUID_SIZE], guid[ESTATE_GUID_SIZE];
	char name[64];
	char start[TIME_SIZE], end[TIME_SIZE];
	char generated[TIME_SIZE], processed[TIME_SIZE];
	char group[WORD_SIZE], resource[WORD_SIZE], user[WORD_SIZE];
	char ip[3][IP_SIZE];
};

static size_t shape_of(const struct estate *e, size_t index)
{
	return draw(e, index, 2) % shape_count();
}

static void fill_times(const struct estate *e, size_t index,
		       struct alert_text *t)
{
	int64_t raised_ms = e->alerts[index].raised_ms;
	size_t delay_max_s = shape_delay_max_s(shape_of(e, index));
	int64_t delay_ms =
		(int64_t)(draw(e, index, 3) % (delay_max_s * 1000)) + 2000;
	int64_t start_ms = raised_ms - delay_ms;
	int64_t ticks;

	(void)format_time(start_ms + (int64_t)(draw(e, index, 4) % 2000),
			  draw(e, index, 5), t->end);
	(void)format_time(raised_ms, draw(e, index, 6), t->generated);
	(void)format_time(raised_ms - 200, draw(e, index, 7), t->processed);
	ticks = format_time(start_ms, draw(e, index, 8), t->start);
	make_guid(e, index, 9, t->guid);
	/* The name of a real alert begins like this too. */
	(void)snprintf(t->name, sizeof(t->name), "%019" PRId64 "_%s",
		       INT64_C(3155378975999999999) - ticks, t->guid);
}

static void fill_names(const struct estate *e, size_t index,
		       struct alert_text *t)
{
	static const char *const users[] = { "amira", "bogdan", "chen",
					     "dolores", "eero" };

	estate_sub_id(e, index % e->n_subs, t->sub);
	(void)snprintf(t->group, sizeof(t->group), "rg-%u",
		       (unsigned)(draw(e, index, 11) % 40));
	(void)snprintf(t->resource, sizeof(t->resource), "srv%04u",
		       (unsigned)(draw(e, index, 12) % 2000));
	set_word(t->user, users[draw(e, index, 13) % ARRAY_SIZE(users)]);
	for (unsigned i = 0; i < 3; i++) {
		/* The blocks of RFC 5737, for documentation. */
		static const char *const nets[] = { "192.0.2", "198.51.100",
						    "203.0.113" };

		(void)snprintf(t->ip[i], IP_SIZE, "%s.%u", nets[i],
			       (unsigned)(draw(e, index, 14 + i) % 254 + 1));
	}
}

static const char *location_of(const struct estate *e, size_t index)
{
	return draw(e, index, 18) % 3 ? "westeurope" : "centralus";
}

unsigned estate_render(const struct estate *e, size_t index, unsigned first_id,
		       struct strbuf *sb)
{
	const struct fake_alert *a = &e->alerts[index];
	struct alert_text t;
	const char *const fields[SHAPE_FIELD_MAX] = {
		[SHAPE_SUB] = t.sub,
		[SHAPE_REAL_SUB] = t.sub,
		[SHAPE_GROUP] = t.group,
		[SHAPE_LOCATION] = location_of(e, index),
		[SHAPE_NAME] = t.name,
		[SHAPE_STATUS] = a->status,
		[SHAPE_SEVERITY] = a->severity,
		[SHAPE_START] = t.start,
		[SHAPE_END] = t.end,
		[SHAPE_GENERATED] = t.generated,
		[SHAPE_PROCESSED] = t.processed,
		[SHAPE_RESOURCE] = t.resource,
		[SHAPE_USER] = t.user,
		[SHAPE_IP1] = t.ip[0],
		[SHAPE_IP2] = t.ip[1],
		[SHAPE_IP3] = t.ip[2],
	};

	fill_times(e, index, &t);
	fill_names(e, index, &t);
	return shape_render(shape_of(e, index), fields, first_id, sb);
}

char *estate_id(const struct estate *e, size_t index)
{
	struct alert_text t;

	fill_times(e, index, &t);
	fill_names(e, index, &t);
	return xasprintf("/subscriptions/%s/resourceGroups/%s/providers/"
			 "Microsoft.Security/locations/%s/alerts/%s",
			 t.sub, t.group, location_of(e, index), t.name);
}

json_t *estate_describe(const struct estate *e, size_t index)
{
	struct alert_text t;

	fill_times(e, index, &t);
	fill_names(e, index, &t);
	return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s}", "index",
			 (json_int_t)index, "subscription", t.sub, "name",
			 t.name, "status", e->alerts[index].status, "severity",
			 e->alerts[index].severity, "generated", t.generated);
}
