/* The $filter of Graph: comparisons, and, or, parentheses. */
#ifndef FAKE_AZURE_FILTER_H
#define FAKE_AZURE_FILTER_H

#include <stdbool.h>
#include <stdint.h>

struct azure_filter;

/* What a filter can ask an alert for. */
struct azure_filter_item {
	const char *service, *status, *severity;
	int64_t created_ticks, updated_ticks;
};

/* NULL: the text is not one this service takes. */
struct azure_filter *azure_filter_new(const char *text);
struct azure_filter *azure_filter_free(struct azure_filter *f);
bool azure_filter_matches(const struct azure_filter *f,
			  const struct azure_filter_item *item);

#endif
