/*
 * The fake cloud: subscriptions and their alerts, the same for the same seed.
 * Alerts are made from their number when they are asked for, so that a hundred
 * thousand cost no memory worth mentioning.
 */
#ifndef FAKE_ESTATE_H
#define FAKE_ESTATE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include "util/strbuf.h"

#define ESTATE_GUID_SIZE 37

struct estate;

/*
 * From the script's keys, each optional: seed, subscriptions (3), alerts
 * (100), base (time text; now) and spread_s (86400): the alerts start within
 * spread_s before base; severities {name: weight}; status (all alike).
 */
struct estate *estate_new(const json_t *script);
struct estate *estate_free(struct estate *e);
/* @n newer alerts, raised at @base_ms. */
void estate_add(struct estate *e, size_t n, int64_t base_ms);
/*
 * {index, status, severity, still, updated}: what is not given stays, but the
 * update time that Graph shows moves to now, unless it is given or the change
 * is still. An index that does not exist is ignored.
 */
void estate_set(struct estate *e, const json_t *change);

size_t estate_n_subs(const struct estate *e);
/* Its id in @ret. */
void estate_sub_id(const struct estate *e, size_t sub,
		   char ret[ESTATE_GUID_SIZE]);
/* By id, case ignored; the count of subscriptions when there is none. */
size_t estate_find_sub(const struct estate *e, const char *id, size_t len);
size_t estate_n_alerts(const struct estate *e);
size_t estate_count(const struct estate *e, size_t sub);
/* Index of the alert at @place of the list of @sub, newest first. */
size_t estate_at(const struct estate *e, size_t sub, size_t place);
const char *estate_status(const struct estate *e, size_t index);
const char *estate_severity(const struct estate *e, size_t index);
int64_t estate_raised_ms(const struct estate *e, size_t index);
/* In 100 ns since 1970; Resource Manager never shows it. */
int64_t estate_updated_ticks(const struct estate *e, size_t index);
/* The id of the resource the alert is (heap). */
char *estate_id(const struct estate *e, size_t index);
/* The alert as the API shows it; returns the $id numbers used. */
unsigned estate_render(const struct estate *e, size_t index, unsigned first_id,
		       struct strbuf *sb);
/* {index, subscription, name, status, severity} for a test. Heap. */
json_t *estate_describe(const struct estate *e, size_t index);

#endif
