/*
 * Members of a stranger's JSON object as fields of an alert: cleaned, clipped
 * to their limit (the alert is marked), wrong types read as absent.
 */
#ifndef SOURCE_FIELD_PRIV_H
#define SOURCE_FIELD_PRIV_H

#include <jansson.h>
#include "core/alert.h"
#include "util/compiler.h"
#include "util/err.h"
#include "util/strbuf.h"

/* The first member of @keys (up to a NULL) that is text, and not only blanks;
 * borrowed or NULL. */
const char *field_first(const json_t *object, const char *const *keys);
#define FIELD_FIRST(object, ...)                                               \
	field_first((object), (const char *const[]){ __VA_ARGS__, NULL })

/* One line of at most @max characters, trimmed; NULL when nothing is left. */
char *field_line(struct alert *a, const char *s, size_t max) must_check;
/* Several lines, HTML read as text, at most ALERT_TEXT_MAX. */
char *field_text(struct alert *a, const char *s) must_check;
/*
 * An id exactly as it was sent, blanks around it too. 0 with *ret set, or
 * ERR_SCHEMA: none, too long to be one, or with something in it that is not
 * kept (an id that is cut or cleaned would name another alert).
 */
int field_id(const char *s, char **ret, struct err *err) must_check;
/*
 * Whose alert it is: the tenant that is configured, or with none (NULL or "")
 * what the item @says, which may be NULL. @a->tenant is "" when nobody knows.
 */
void field_set_tenant(struct alert *a, const char *configured,
		      const char *says);

/* The first of @keys that is a time (RFC 3339 or epoch milliseconds) before the
 * year 9999, else 0. */
int64_t field_time(const json_t *object, const char *const *keys);
#define FIELD_TIME(object, ...)                                                \
	field_time((object), (const char *const[]){ __VA_ARGS__, NULL })

/*
 * Member @key as object or array, also when it is JSON inside a string (flat
 * exports). A new reference, NULL when it is neither.
 */
json_t *field_container(const json_t *object, const char *key) must_check;

/* Append @word to a comma-separated list unless it is there, empty or
 * "unknown"; commas inside it separate words of their own. */
void field_add_words(struct strbuf *list, const char *word);
/* Each string of an array, or a single string. */
void field_add_all(struct strbuf *list, const json_t *value);
/* The list as a field; NULL when it is empty. */
char *field_list(struct alert *a, struct strbuf *list) must_check;

/* Append the lines of @s to @steps, one step each, blank ones left out. */
void field_add_steps(struct strbuf *steps, const char *s);

/* Entity with cleaned words. */
void field_add_entity(struct alert *a, const char *kind, const char *value,
		      const char *role);

/* The segment behind "/@name/" of an ARM id (heap), NULL when there is none. */
char *field_arm_segment(const char *arm_id, const char *name) must_check;
/* "Microsoft.Compute/virtualMachines" of an ARM id (heap), or NULL. */
char *field_arm_type(const char *arm_id) must_check;
/* Behind the last slash; borrowed. */
const char *field_arm_name(const char *arm_id);

#endif
