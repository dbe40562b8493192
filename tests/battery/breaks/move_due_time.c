/*
 * A daemon in which a clock is due a minute later each time that it is looked
 * at.
 *
 * Breaks: I6 by cases_put_clock.
 */
#include "store/cases.h"

int __real_cases_put_clock(struct store *s, const struct clock_row *row,
			   struct err *err);
int __wrap_cases_put_clock(struct store *s, const struct clock_row *row,
			   struct err *err);

int __wrap_cases_put_clock(struct store *s, const struct clock_row *row,
			   struct err *err)
{
	struct clock_row later = *row;

	later.due_ms += 60000;
	return __real_cases_put_clock(s, &later, err);
}
