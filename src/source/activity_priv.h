/* An entry of the Cloud Apps audit trail, as each door shows it. */
#ifndef SOURCE_ACTIVITY_PRIV_H
#define SOURCE_ACTIVITY_PRIV_H

#include "core/evidence.h"
#include "util/err.h"
#include "util/jscan.h"

enum activity_door {
	ACTIVITY_CLOUD_APPS, /* the portal's activities endpoint */
	ACTIVITY_HUNTING, /* a row of CloudAppEvents */
};

/*
 * 0 with *ret filled, or ERR_SCHEMA / ERR_LIMIT with what is wrong: it is no
 * JSON, has no id, or no time. Hostile @item is survived.
 */
int activity_parse(enum activity_door door, struct span item,
		   struct evidence *ret, struct err *err) must_check;

#endif
