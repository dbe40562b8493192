/*
 * The life of a drill's record. What a drill does is known to daemon/drill.c.
 *
 * tested with: store/test_drill_rows
 */
#include "core/drill.h"

#include <stdlib.h>
#include <string.h>

const char *drill_result_name(enum drill_result r)
{
	static const char *const names[DRILL_RESULT_MAX] = {
		[DRILL_RUNNING] = "running",
		[DRILL_PASSED] = "passed",
		[DRILL_UNANSWERED] = "unanswered",
		[DRILL_UNREACHED] = "unreached",
	};

	return names[r];
}

void drill_release(struct drill *d)
{
	free(d->asked_by);
	free(d->reason);
	memset(d, 0, sizeof(*d));
}
