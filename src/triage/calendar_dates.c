/*
 * A set of dates, for closed days and holidays. Called by the calendar files
 * alone. tested with: test_calendar_ics
 */
#include "triage/calendar_priv.h"

#include <stdlib.h>
#include <string.h>
#include "util/xmalloc.h"

/* Index of the first date that is not before @day. */
static size_t lower_bound(const struct date_set *set, int64_t day)
{
	size_t low = 0, high = set->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (set->v[mid] < day)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

void calendar_dates_add(struct date_set *set, int64_t day)
{
	size_t at = lower_bound(set, day);

	if (at < set->n && set->v[at] == day)
		return;
	GROW(set->v, set->n + 1, set->n_alloc);
	memmove(&set->v[at + 1], &set->v[at], (set->n - at) * sizeof(*set->v));
	set->v[at] = day;
	set->n++;
}

bool calendar_dates_has(const struct date_set *set, int64_t day)
{
	return calendar_dates_any(set, day, day);
}

bool calendar_dates_any(const struct date_set *set, int64_t from, int64_t to)
{
	size_t at = lower_bound(set, from);

	return at < set->n && set->v[at] <= to;
}

void calendar_dates_release(struct date_set *set)
{
	free(set->v);
	memset(set, 0, sizeof(*set));
}
