/* What the doors of Microsoft Graph share. */
#ifndef SOURCE_GRAPH_PRIV_H
#define SOURCE_GRAPH_PRIV_H

#include <stddef.h>
#include "conf/conf.h"

/* How many letters and digits @word begins with. */
size_t graph_word_len(const char *word);

/*
 * What an operator does about a 403 (heap): the permission @name of Graph with
 * the role id @role, for the application @client_id (NULL: the machine's own
 * identity).
 */
char *graph_needs(const char *name, const char *role, const char *client_id);
/* The same for the permissions that @c needs to read alerts, and incidents. */
char *graph_alerts_needs(const struct source_conf *c);
char *graph_incidents_needs(const struct source_conf *c);
/* The same for the permission to hunt. */
char *graph_hunting_needs(const struct source_conf *c);

#endif
