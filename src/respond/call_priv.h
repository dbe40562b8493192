/* What the files of requests share. */
#ifndef RESPOND_CALL_PRIV_H
#define RESPOND_CALL_PRIV_H

#include <stdbool.h>
#include "respond/call.h"

/* call.c: the path of an alert, and of nothing else. */
bool call_is_arm_id(const char *id);

/* call_alert.c: what each door calls an action. Bodies are heap. */
const char *call_arm_verb(const struct response *r);
const char *call_portal_verb(const struct response *r);
char *call_graph_body(const struct response *r);
char *call_portal_body(const struct respond_place *p, const struct response *r);

#endif
