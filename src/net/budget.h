/*
 * One budget of requests per tenant and API, shared by all sources that spend
 * it: so many a minute, and nothing while the service has asked us to wait.
 */
#ifndef NET_BUDGET_H
#define NET_BUDGET_H

#include <stdint.h>

struct budget;
struct budget_book; /* all budgets of the process */

struct budget_book *budget_book_new(void);
struct budget_book *budget_book_free(struct budget_book *b); /* NULL */
/* The budget named @key ("TENANT cloud-apps"), made when new with @per_minute
 * (0: no limit of its own). Borrowed; lives as long as the book. */
struct budget *budget_get(struct budget_book *b, const char *key,
			  unsigned per_minute);
/* At most @per_minute in any 60 s. 0: spent one, go ahead. Else nothing was
 * spent: come back after so many ms. */
int64_t budget_take(struct budget *b, int64_t mono_ms);
/* The service said Retry-After: nobody asks before. */
void budget_pause(struct budget *b, int64_t mono_ms, int64_t for_ms);

#endif
