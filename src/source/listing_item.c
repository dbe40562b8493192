/*
 * When an item of a page last changed, without building it. Called by
 * listing.c, for the cursors of its callers.
 */
#include "source/listing_priv.h"

#include <stdlib.h>
#include <string.h>
#include "util/timefmt.h"
#include "util/xmalloc.h"

/* The last instant of the year 9999: what is later is no time. */
#define LATEST_MS INT64_C(253402300799999)

int64_t listing_item_time(struct span item, const char *key)
{
	CLEANUP(free_ptr) char *text = NULL;
	struct span value;
	int64_t ms = 0;
	char *end;

	if (jscan_member(item, key, &value) <= 0 || value.len > TIMEFMT_MAX)
		return 0;
	if (jscan_type(value) == JSCAN_STRING) {
		text = jscan_string(value);
		if (!text || timefmt_parse(text, strlen(text), &ms) <= 0)
			return 0;
		return MAX(ms, 0);
	}
	text = xstrndup(value.p, value.len);
	ms = strtoll(text, &end, 10);
	return *end == '\0' && ms > 0 && ms <= LATEST_MS ? ms : 0;
}
