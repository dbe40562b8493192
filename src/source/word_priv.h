/* The words of the three APIs and what they mean here. Pure tables. */
#ifndef SOURCE_WORD_PRIV_H
#define SOURCE_WORD_PRIV_H

#include "core/alert.h"

/*
 * Fill source_severity, base and the two flags from the source's word (NULL:
 * it sent none), by the table of severities: what nobody knows is medium and
 * flagged, never low.
 */
void word_set_severity(struct alert *a, const char *word);
/* Fill source_status and source_state; an unknown or absent word is active. */
void word_set_status(struct alert *a, const char *word);

/* Our name of a product ("defender-for-cloud"); an unknown one in small
 * letters with dashes. Heap; NULL for NULL. */
char *word_provider(const char *word);
/* The product by the two letters in front of a Graph alert id, or NULL. */
const char *word_provider_by_prefix(const char *graph_id);

/* The words behind Cloud Apps' numbers; NULL for a number nobody knows. */
const char *word_cloud_apps_severity(int64_t value);
const char *word_cloud_apps_status(int64_t value);
const char *word_cloud_apps_intent(int64_t value);
const char *word_cloud_apps_story(int64_t value);

/* https, and a host of the fixed list of Microsoft portals. */
bool word_is_portal_url(const char *url);

#endif
