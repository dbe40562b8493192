/*
 * Alerts of the other Defender products. Called by fake_azure.c and its doors;
 * knows no HTTP. What an alert looks like stands in xdr_render.c.
 */
#include "fake/xdr.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake/fault.h"
#include "fake/peer.h"
#include "util/clock.h"
#include "util/compiler.h"
#include "util/jsonx.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

#define WORD_SIZE 24

static const struct xdr_product products[] = {
	{ "ca", "microsoftDefenderForCloudApps", "cloudAppSecurity",
	  "Microsoft Defender for Cloud Apps", false },
	{ "da", "microsoftDefenderForEndpoint", "microsoftDefenderForEndpoint",
	  "Microsoft Defender for Endpoint", false },
	{ "ma", "microsoftAppGovernance", "appGovernanceDetection",
	  "App Governance", false },
	{ "ad", "azureAdIdentityProtection", "azureAdIdentityProtection",
	  "AAD Identity Protection", false },
	{ "fa", "microsoftDefenderForOffice365",
	  "microsoftDefenderForOffice365", "Microsoft Defender for Office 365",
	  false },
	{ "sn", "microsoftSentinel", "scheduledAlerts", "Microsoft Sentinel",
	  true },
};

const struct xdr_product xdr_defender_for_cloud = {
	"dc", "microsoftDefenderForCloud", "microsoftDefenderForServers",
	"Microsoft Defender for Cloud", true
};

struct xdr_alert {
	const struct xdr_product *product;
	int64_t created_ticks, updated_ticks;
	char status[WORD_SIZE], severity[WORD_SIZE];
};

struct xdr {
	uint64_t seed;
	const struct xdr_product *turn[ARRAY_SIZE(products)];
	size_t n_turn;
	struct xdr_alert *alerts;
	size_t n_alerts, n_alloc;
	int64_t *behaviors; /* when, in ms */
	size_t n_behaviors, n_behaviors_alloc;
};

/* splitmix64, as in estate.c but of another stream. */
uint64_t xdr_draw(const struct xdr *x, size_t index, unsigned what)
{
	uint64_t z = (x->seed + 77) * UINT64_C(0x9e3779b97f4a7c15) +
		     index * UINT64_C(0xd1342543de82ef95) +
		     what * UINT64_C(0x2545f4914f6cdd1d);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static void set_word(char word[WORD_SIZE], const char *text)
{
	(void)snprintf(word, WORD_SIZE, "%s", text);
}

/* Of every ten: 1 high, 3 medium, 5 low, 1 informational. */
static const char *pick_severity(uint64_t chance)
{
	static const char *const names[] = { "high",	     "medium", "medium",
					     "medium",	     "low",    "low",
					     "low",	     "low",    "low",
					     "informational" };

	return names[chance % ARRAY_SIZE(names)];
}

static int64_t ticks_near(int64_t ms, uint64_t chance)
{
	/* One in eight has whole milliseconds. */
	return ms * XDR_TICKS_MS +
	       (chance % 8 ? (int64_t)(chance / 8 % XDR_TICKS_MS) : 0);
}

static void append(struct xdr *x, int64_t created_ms)
{
	size_t index = x->n_alerts;
	struct xdr_alert *a;

	GROW(x->alerts, x->n_alerts + 1, x->n_alloc);
	a = &x->alerts[x->n_alerts++];
	a->product = x->turn[index % x->n_turn];
	a->created_ticks = ticks_near(created_ms, xdr_draw(x, index, 1));
	a->updated_ticks =
		a->created_ticks + (int64_t)(xdr_draw(x, index, 2) % 9999);
	set_word(a->status, xdr_draw(x, index, 3) % 10 ? "new" : "resolved");
	set_word(a->severity, pick_severity(xdr_draw(x, index, 4)));
}

static void append_behavior(struct xdr *x, int64_t ms)
{
	GROW(x->behaviors, x->n_behaviors + 1, x->n_behaviors_alloc);
	x->behaviors[x->n_behaviors++] = ms;
}

static const struct xdr_product *find_product(const char *prefix)
{
	for (size_t i = 0; i < ARRAY_SIZE(products); i++)
		if (strcmp(products[i].prefix, prefix) == 0)
			return &products[i];
	peer_die("script: no product \"%s\"", prefix);
}

static void read_products(struct xdr *x, const json_t *script)
{
	json_t *names = json_object_get(script, "products");

	x->n_turn = names ? json_array_size(names) : ARRAY_SIZE(products);
	if (x->n_turn == 0 || x->n_turn > ARRAY_SIZE(products))
		peer_die("script: products out of range");
	for (size_t i = 0; i < x->n_turn; i++)
		x->turn[i] = names ? find_product(json_string_value(
					     json_array_get(names, i)))
				   : &products[i];
}

static int64_t read_time(const json_t *script, const char *name,
			 int64_t otherwise_ms)
{
	const char *text = jsonx_str(script, name);
	int64_t ms = otherwise_ms;

	if (text && timefmt_parse(text, strlen(text), &ms) != 1)
		peer_die("script: %s is no time: %s", name, text);
	return ms;
}

struct xdr *xdr_new(const json_t *script)
{
	struct xdr *x = xcalloc(1, sizeof(*x));
	int64_t base_ms = read_time(script, "base", clock_wall_ms());
	int64_t spread_ms = fault_int(script, "spread_s", 86400) * 1000;
	json_int_t n = fault_int(script, "xdr", 0);
	json_int_t n_behaviors = fault_int(script, "behaviors", 0);

	x->seed = (uint64_t)fault_int(script, "seed", 1);
	read_products(x, script);
	if (n < 0 || n_behaviors < 0)
		peer_die("script: xdr or behaviors out of range");
	for (json_int_t i = 0; i < n; i++)
		append(x, base_ms - spread_ms * (n - 1 - i) / n);
	for (json_int_t i = 0; i < n_behaviors; i++)
		append_behavior(x, base_ms - spread_ms * (n_behaviors - 1 - i) /
						     n_behaviors);
	return x;
}

struct xdr *xdr_free(struct xdr *x)
{
	if (x) {
		free(x->alerts);
		free(x->behaviors);
		free(x);
	}
	return NULL;
}

void xdr_add(struct xdr *x, size_t n, int64_t base_ms)
{
	for (size_t i = 0; i < n; i++)
		append(x, base_ms);
}

void xdr_add_behaviors(struct xdr *x, size_t n, int64_t base_ms)
{
	for (size_t i = 0; i < n; i++)
		append_behavior(x, base_ms);
}

void xdr_set(struct xdr *x, const json_t *change)
{
	size_t index = (size_t)fault_int(change, "index", 0);
	const char *status = jsonx_str(change, "status");
	const char *severity = jsonx_str(change, "severity");
	struct xdr_alert *a;

	if (index >= x->n_alerts)
		return;
	a = &x->alerts[index];
	if (status)
		set_word(a->status, status);
	if (severity)
		set_word(a->severity, severity);
	if (jsonx_str(change, "created"))
		a->created_ticks =
			read_time(change, "created", 0) * XDR_TICKS_MS;
	if (!jsonx_bool(change, "still"))
		a->updated_ticks =
			read_time(change, "updated", clock_wall_ms()) *
			XDR_TICKS_MS;
}

size_t xdr_n_alerts(const struct xdr *x)
{
	return x->n_alerts;
}

const struct xdr_product *xdr_product_of(const struct xdr *x, size_t index)
{
	return x->alerts[index].product;
}

int64_t xdr_created_ticks(const struct xdr *x, size_t index)
{
	return x->alerts[index].created_ticks;
}

int64_t xdr_updated_ticks(const struct xdr *x, size_t index)
{
	return x->alerts[index].updated_ticks;
}

const char *xdr_status(const struct xdr *x, size_t index)
{
	return x->alerts[index].status;
}

const char *xdr_severity(const struct xdr *x, size_t index)
{
	return x->alerts[index].severity;
}

void xdr_provider_id(const struct xdr *x, size_t index, char ret[XDR_ID_SIZE])
{
	uint64_t one = xdr_draw(x, index, 5), two = xdr_draw(x, index, 6);

	/* Cloud Apps: 24 digits, of which some begin like a prefix. */
	if (strcmp(x->alerts[index].product->prefix, "ca") == 0)
		(void)snprintf(ret, XDR_ID_SIZE, "%s%014" PRIx64 "%08x",
			       index % 16 ? "6a" : "ca",
			       one & UINT64_C(0xffffffffffffff),
			       (unsigned)(two & 0xffffffff));
	else
		(void)snprintf(ret, XDR_ID_SIZE,
			       "%08x-%04x-4%03x-a%03x-%012" PRIx64 "_1",
			       (unsigned)(one & 0xffffffff),
			       (unsigned)(one >> 32 & 0xffff),
			       (unsigned)(one >> 48 & 0xfff),
			       (unsigned)(two >> 48 & 0xfff),
			       two & UINT64_C(0xffffffffffff));
}

size_t xdr_n_behaviors(const struct xdr *x)
{
	return x->n_behaviors;
}

int64_t xdr_behavior_ms(const struct xdr *x, size_t behavior)
{
	return x->behaviors[behavior];
}
