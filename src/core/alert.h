/*
 * An alert as every source is normalized to it: a plain record. Every string
 * is owned by the record, valid UTF-8, cleaned of control characters and
 * clipped to its limit; NULL means the source did not say. Times are
 * milliseconds UTC, 0 = absent.
 */
#ifndef CORE_ALERT_H
#define CORE_ALERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/imported.h"
#include "core/severity.h"
#include "core/status.h"

#define ALERT_KEY_SIZE 16
#define ALERT_HASH_SIZE 16
#define ALERT_RAW_KEY_SIZE 32 /* of the hash of raw bytes */

/* Limits in characters. */
#define ALERT_ID_MAX 512
#define ALERT_TITLE_MAX 500
#define ALERT_TEXT_MAX 16000
#define ALERT_WORD_MAX 500
#define ALERT_ENTITIES_MAX 1000

/* The identity spaces of semantics 1; they name what the native id means. */
#define ALERT_KIND_ARM "defender-for-cloud"
#define ALERT_KIND_GRAPH "graph-security"
#define ALERT_KIND_GRAPH_INCIDENT "graph-incident"
#define ALERT_KIND_CLOUD_APPS "cloud-apps"
#define ALERT_KIND_SELF "triaged"
#define ALERT_KIND_DRILL "drill" /* also the name of their source */

struct alert_key {
	uint8_t b[ALERT_KEY_SIZE];
};

struct entity {
	char *kind; /* account ip host resource app file process url ... */
	char *value;
	char *role; /* NULL, or the source's word: attacker, target ... */
};

struct alert {
	char *source; /* configured name; the pipeline fills it in */
	char *kind; /* one of ALERT_KIND_* */
	char *provider; /* product: defender-for-cloud, defender-for-endpoint
			   ... */
	char *tenant; /* directory id; "" when nobody knows it */
	char *subscription;
	char *native_id; /* as the source sent it */
	/* The same alert through another door: its kind and id there. */
	char *linked_kind, *linked_id;

	char *title, *description;
	char *alert_type; /* detector id: the best key for "same kind" */
	char *source_severity; /* the source's word, NULL when it sent none */
	enum severity base; /* by the table of semantics 2 */
	bool severity_absent; /* no severity in this copy: never lowers a stored
				 one */
	bool severity_unmapped;
	char *source_status;
	enum source_state source_state;

	char *resource_id, *resource_group, *resource_type;
	char *entity; /* display name of what is hit */
	char *tactics; /* comma-separated, source's words */
	char *techniques;
	/* Recognized here: the threat it stands for, and the built-in policy
	 * or plan that raised it (source/recognize.c). */
	char *category, *policy;
	char *incident; /* incident id */
	char *correlation;
	bool is_incident; /* several alerts; of Defender XDR: tactics */
	char *remediation; /* first steps, one per line */
	char *portal_url; /* https and a known Microsoft portal, else NULL */

	int64_t created_ms; /* raised at the source */
	int64_t activity_from_ms, activity_to_ms;
	int64_t source_updated_ms; /* 0 where the source has no such time */

	struct entity *entities;
	size_t n_entities, n_entities_alloc;
	bool clipped; /* something was longer than its limit */

	char *raw; /* the item's bytes as they came */
	size_t raw_len;
	uint8_t raw_hash[ALERT_HASH_SIZE]; /* see source/normalize.h */

	struct imported *imported; /* NULL: as it is at its source now */

	struct alert_key keys[2];
	size_t n_keys; /* 0: not sealed */
};

void alert_init(struct alert *a);
/* Frees what it owns; as after alert_init. Usable with CLEANUP. */
void alert_release(struct alert *a);
/* Hands the whole record on: *to (not released first) gets it, *from is as
 * after alert_init. */
void alert_move(struct alert *to, struct alert *from);
/* Adds an entity unless an equal one is there; NULL or empty values are
 * skipped. Above ALERT_ENTITIES_MAX it sets clipped instead. */
void alert_add_entity(struct alert *a, const char *kind, const char *value,
		      const char *role);

/* Does it come from a detector? An incident stands beside its own alerts, what
 * is about triaged itself hit nothing, and a drill never happened. */
bool alert_is_detected(const struct alert *a);
/* Did somebody ask for it, to see whether it reaches anybody? */
bool alert_is_drill(const struct alert *a);

/* Identity: SHA-256 of (kind, tenant, id), ASCII case ignored, cut to 16 bytes.
 */
void alert_key(const char *kind, const char *tenant, const char *id,
	       struct alert_key *ret);
/* The identities stay what they are from here on, so their keys are made once
 * for all who ask. */
void alert_seal(struct alert *a);
/*
 * Own key first, then the linked one. Returns how many (1 or 2) were written
 * to @ret, which has room for two. Of an alert that is not sealed, too.
 */
size_t alert_keys(const struct alert *a, struct alert_key *ret);
/*
 * Hash over what triage looks at: severity, status, title, description, alert
 * type, entities (as a set), resource, tactics, techniques, incident, category
 * and policy. Nothing
 * that changes from answer to answer ($id counters, links, key order).
 */
void alert_content_hash(const struct alert *a, uint8_t ret[ALERT_HASH_SIZE]);

#endif
