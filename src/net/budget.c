/*
 * Budgets of requests: a sliding window, kept as the moments of the last
 * requests, so that no minute however placed holds more than allowed (a bucket
 * that refills lets twice as many through after a quiet time). Called by
 * source/ before each request; it must not know what is asked for.
 */
#include "net/budget.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include "util/compiler.h"
#include "util/xmalloc.h"

#define WINDOW_MS 60000
/* Our own constants; a mistake there must not become a large allocation. */
#define PER_MINUTE_MAX 100000

struct budget {
	SLIST_ENTRY(budget) link;
	char *key;
	int64_t paused_until_ms;
	size_t n_slots; /* requests a window; 0: no limit */
	size_t n_taken; /* slots that were ever used */
	size_t oldest; /* the slot that is used next */
	int64_t taken_ms[]; /* a ring */
};

struct budget_book {
	SLIST_HEAD(, budget) budgets;
};

struct budget_book *budget_book_new(void)
{
	struct budget_book *b = xcalloc(1, sizeof(*b));

	SLIST_INIT(&b->budgets);
	return b;
}

struct budget_book *budget_book_free(struct budget_book *book)
{
	struct budget *b;

	if (!book)
		return NULL;
	while ((b = SLIST_FIRST(&book->budgets))) {
		SLIST_REMOVE_HEAD(&book->budgets, link);
		free(b->key);
		free(b);
	}
	free(book);
	return NULL;
}

struct budget *budget_get(struct budget_book *book, const char *key,
			  unsigned per_minute)
{
	struct budget *b;

	assert(per_minute <= PER_MINUTE_MAX);
	SLIST_FOREACH(b, &book->budgets, link)
	if (!strcmp(b->key, key))
		return b;
	b = xcalloc(1, sizeof(*b) + per_minute * sizeof(b->taken_ms[0]));
	b->key = xstrdup(key);
	b->paused_until_ms = INT64_MIN;
	b->n_slots = per_minute;
	SLIST_INSERT_HEAD(&book->budgets, b, link);
	return b;
}

int64_t budget_take(struct budget *b, int64_t mono_ms)
{
	int64_t free_ms = b->paused_until_ms;

	if (b->n_slots && b->n_taken == b->n_slots)
		free_ms = MAX(free_ms, b->taken_ms[b->oldest] + WINDOW_MS);
	if (free_ms > mono_ms)
		return free_ms - mono_ms;
	if (!b->n_slots)
		return 0;
	b->taken_ms[b->oldest] = mono_ms;
	b->oldest = (b->oldest + 1) % b->n_slots;
	b->n_taken = MIN(b->n_taken + 1, b->n_slots);
	return 0;
}

void budget_pause(struct budget *b, int64_t mono_ms, int64_t for_ms)
{
	b->paused_until_ms = MAX(b->paused_until_ms, mono_ms + for_ms);
}
