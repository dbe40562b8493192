/*
 * The posture of a subscription as Azure Resource Manager tells it (sections 7
 * and 8 of the API notes): which request brings which part, and what an item of
 * its answer means. Pure: bytes in, records of core/posture.h out. It asks
 * nobody and keeps nothing.
 *
 *	parts_url()   -> who asks follows the pages of that listing
 *	parts_read()  <- each item of them, into the page of that part
 *	the page, whole or with its trouble -> who keeps it
 *
 * What can be read differs: a part that a role does not reach, or that a cloud
 * does not have, costs none of the others.
 */
#ifndef POSTURE_PARTS_H
#define POSTURE_PARTS_H

#include "core/posture.h"
#include "util/err.h"
#include "util/jscan.h"

/* An item is some kilobytes; one beyond this is not read. */
#define POSTURE_ITEM_MAX ((size_t)1 << 20)

/*
 * The address of the first page (heap) of @part of @subscription ("" for
 * POSTURE_SUBSCRIPTIONS), below @endpoint ("https://management.azure.com"); the
 * subscription was checked to be a GUID.
 */
char *parts_url(const char *endpoint, const char *subscription,
		enum posture_part part) must_check;

/*
 * One item of the listing of page->part, added to @page. 0, or ERR_SCHEMA /
 * ERR_LIMIT with why it could not be understood; @page is untouched then.
 * Hostile @item is survived.
 */
int parts_read(struct posture_page *page, struct span item,
	       struct err *err) must_check;

#endif
