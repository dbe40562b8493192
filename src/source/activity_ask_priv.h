/* What is asked for an audit trail, as text; whatever the value holds. */
#ifndef SOURCE_ACTIVITY_ASK_PRIV_H
#define SOURCE_ACTIVITY_ASK_PRIV_H

#include "source/activities.h"

/* Members of the portal's "filters" (heap), without the braces. */
char *activity_ask_filter(const struct activities_query *q) must_check;
/* The body of a hunting query (heap): one row more than q->most. */
char *activity_ask_hunting(const struct activities_query *q) must_check;

#endif
