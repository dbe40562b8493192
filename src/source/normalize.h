/*
 * From an API's JSON object to struct alert. Pure: bytes in, record out. Each
 * door has its own file (arm_alert.c, graph_alert.c, cloud_apps_alert.c); this
 * is what they share and how the right one is found.
 */
#ifndef SOURCE_NORMALIZE_H
#define SOURCE_NORMALIZE_H

#include <jansson.h>
#include "core/alert.h"
#include "core/ingest.h"
#include "util/err.h"
#include "util/jscan.h"

enum door {
	DOOR_ARM,
	DOOR_GRAPH,
	DOOR_CLOUD_APPS,
	DOOR_ANY,
	DOOR_BEHAVIOR, /* rows of the hunting tables */
	DOOR_FILE, /* as DOOR_ANY, and what an import brings along */
};

/* The identity space of behaviors; they are alerts nowhere else. */
#define ALERT_KIND_BEHAVIOR "graph-hunting"

/*
 * Turn one item's bytes into @ret (initialised by the caller): ITEM_ALERT, or
 * ITEM_BAD with the reason in words. With DOOR_ANY the shape decides. @tenant
 * is the configured directory ("" : take what the item says). Never fails. The
 * alert's raw_hash is the caller's to fill.
 */
void normalize_item(enum door door, const char *tenant, struct span item,
		    struct item *ret);
/* Would normalize_item() with DOOR_ANY see an alert in this object? Cheap:
 * looks at member names only. */
bool normalize_is_alert(struct span object);
/* Identity without building the alert, for the unchanged check: false when it
 * cannot be told cheaply. */
bool normalize_peek_key(enum door door, const char *tenant, struct span raw,
			struct alert_key *ret);

/* The doors. 0, or ERR_SCHEMA with the reason. */
int arm_alert_parse(const json_t *object, const char *tenant, struct alert *ret,
		    struct err *err);
int graph_alert_parse(const json_t *object, const char *tenant,
		      struct alert *ret, struct err *err);
/* An incident of Defender XDR, as an alert of its own. */
int graph_incident_parse(const json_t *object, const char *tenant,
			 struct alert *ret, struct err *err);
int cloud_apps_alert_parse(const json_t *object, const char *tenant,
			   struct alert *ret, struct err *err);
int behavior_alert_parse(const json_t *object, const char *tenant,
			 struct alert *ret, struct err *err);

/* 128-bit hash of an item's bytes without the values of $id and $ref members:
 * a repeat poll gives the same. @key is the database's. */
void normalize_raw_hash(const uint8_t key[ALERT_RAW_KEY_SIZE], struct span raw,
			uint8_t ret[ALERT_HASH_SIZE]);

#endif
