/* A line that `triagectl import` made of one of an export: an alert, and what
 * people had done to it. */
#ifndef SOURCE_IMPORT_ITEM_PRIV_H
#define SOURCE_IMPORT_ITEM_PRIV_H

#include "core/imported.h"
#include "util/err.h"
#include "util/jscan.h"

/* The member by which it is known, and the other one, the alert as text. */
#define IMPORT_ITEM_WORK "triaged_import"
#define IMPORT_ITEM_RAW "raw"

/* Takes it apart: both results are the caller's, *ret_raw with a NUL behind.
 * 0, or ERR_SCHEMA or ERR_LIMIT with the reason. */
int import_item_parse(struct span item, struct imported **ret, char **ret_raw,
		      struct err *err) must_check;

#endif
