/*
 * What the formats share.
 *
 *	formats.c        picks the renderer, makes it fit
 *	format_field.c   what a record says: levels, names, first of a kind
 *	format_value.c   hostile text as JSON values
 *	event_json.c, event_cef.c, event_leef.c, event_ocsf.c, event_ecs.c
 */
#ifndef FORWARD_FORMAT_PRIV_H
#define FORWARD_FORMAT_PRIV_H

#include <jansson.h>
#include "forward/formats.h"

#define FORMAT_VENDOR "triaged"
#define FORMAT_KEY_SIZE (2 * ALERT_KEY_SIZE + 1)

/* How much is said; text in characters, of up to four bytes each. */
struct measure {
	size_t text; /* descriptions and the like */
	size_t word; /* titles, names, ids */
	size_t items; /* of a list */
	size_t detail; /* bytes of the event's own JSON; more: left out */
};

typedef void format_fn(const struct forward_record *r, const char *host,
		       const struct measure *m, struct strbuf *out);
format_fn event_json_add, event_cef_add, event_leef_add, event_ocsf_add,
	event_ecs_add;

/* format_field.c. Of an event without alert: info, NULL, "". */
enum severity record_severity(const struct forward_record *r);
/* Stable over the life of the alert, the same as in notices; "" none. */
const char *record_key(const struct forward_record *r,
		       char ret[FORMAT_KEY_SIZE]);
/* The alert's title, else what happened to the daemon in words. */
const char *record_title(const struct forward_record *r);
/* Value of the first entity of @kind, or NULL. */
const char *record_entity(const struct forward_record *r, const char *kind);
/* Is it an address of @family? AF_UNSPEC: of either. Readers take a field that
 * is typed as one for wrong, or the event, and what an alert calls an address
 * is in the hands of whoever caused it. */
bool is_address(const char *s, int family);
/* The first entity that is one, or NULL. */
const char *record_address(const struct forward_record *r, int family);
/* "123" and the hash of the log's chain in hex: the identity of the event. */
const char *record_hash(const struct forward_record *r, char ret[65]);
/* 1 to 10, as CEF and LEEF count. */
int severity_ten(enum severity s);
/* 1 to 5, as OCSF counts. */
int severity_ocsf(enum severity s);

/* format_value.c. @s NULL or empty, or a limit of 0: the member is left out. */
json_t *value_text(const char *s, size_t max);
void put_value(json_t *object, const char *key, json_t *value);
void put_text(json_t *object, const char *key, const char *s, size_t max);
void put_lines(json_t *object, const char *key, const char *s, size_t max);
void put_int(json_t *object, const char *key, int64_t value);
/* An instant as text, or as milliseconds; 0: left out. */
void put_instant(json_t *object, const char *key, int64_t ms);
void put_ms(json_t *object, const char *key, int64_t ms);
/* "A, B" as ["A","B"]; none: left out. */
void put_words(json_t *object, const char *key, const char *list,
	       const struct measure *m);
/* Values of all entities of @kind, each once. */
void put_entities(json_t *object, const char *key,
		  const struct forward_record *r, const char *kind,
		  const struct measure *m);
void put_tags(json_t *object, const char *key, const struct forward_record *r,
	      const struct measure *m);
/* What the event says of itself; borrowed by the caller: json_decref. NULL when
 * there is nothing or it is longer than @m allows. */
json_t *value_detail(const struct forward_record *r, const struct measure *m);
/* A URL that is cut is none. */
void put_url(json_t *object, const char *key, const char *url,
	     const struct measure *m);
/* Non-empty objects only. Takes @part over. */
void put_part(json_t *object, const char *key, json_t *part);
/* Writes @root as one line and drops it. */
void value_write(json_t *root, struct strbuf *out);

#endif
