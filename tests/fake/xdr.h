/*
 * What the fake cloud holds beside the alerts of estate.h: alerts of the other
 * Defender products (Graph shows all of them, Cloud Apps its own) and the
 * behaviors of the hunting tables. The same for the same seed.
 */
#ifndef FAKE_XDR_H
#define FAKE_XDR_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "util/strbuf.h"

#define XDR_TICKS_MS 10000 /* times of Graph count 100 ns */
#define XDR_ID_SIZE 48

struct xdr;

struct xdr_product {
	const char *prefix; /* of an id of Graph */
	const char *service, *detection, *name;
	bool later; /* a member the enum did not begin with */
};
extern const struct xdr_product xdr_defender_for_cloud;

/*
 * From the script's keys, each optional: seed, xdr (0 alerts), behaviors (0),
 * products (of which prefixes, taken in turn), base, spread_s.
 */
struct xdr *xdr_new(const json_t *script);
struct xdr *xdr_free(struct xdr *x);
void xdr_add(struct xdr *x, size_t n, int64_t base_ms);
void xdr_add_behaviors(struct xdr *x, size_t n, int64_t base_ms);
/*
 * {index, status, severity, still, updated, created}: the update time moves to
 * now, unless it is given or the change is still.
 */
void xdr_set(struct xdr *x, const json_t *change);

size_t xdr_n_alerts(const struct xdr *x);
const struct xdr_product *xdr_product_of(const struct xdr *x, size_t index);
/* Times in 100 ns since 1970. */
int64_t xdr_created_ticks(const struct xdr *x, size_t index);
int64_t xdr_updated_ticks(const struct xdr *x, size_t index);
const char *xdr_status(const struct xdr *x, size_t index);
const char *xdr_severity(const struct xdr *x, size_t index);
/* What the product itself calls it. */
void xdr_provider_id(const struct xdr *x, size_t index, char ret[XDR_ID_SIZE]);
/* A number that belongs to the alert. */
uint64_t xdr_draw(const struct xdr *x, size_t index, unsigned what);

size_t xdr_n_behaviors(const struct xdr *x);
int64_t xdr_behavior_ms(const struct xdr *x, size_t behavior);
/* The rows a query for behaviors gives: one for each entity. */
json_t *xdr_behavior_rows(const struct xdr *x, size_t behavior, bool entities);

/* As Graph shows it, and as Cloud Apps does. */
void xdr_render_graph(const struct xdr *x, size_t index, bool later_members,
		      struct strbuf *sb);
json_t *xdr_cloud_apps_alert(const struct xdr *x, size_t index);
/* "2026-11-21T21:22:00.1Z": trailing zeroes dropped. */
void xdr_format_ticks(int64_t ticks, char ret[XDR_ID_SIZE]);

#endif
