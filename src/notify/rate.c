/*
 * See rate.h. Called by deliver_rate.c, which keeps two for each target.
 */
#include "notify/rate.h"

#include "util/compiler.h"

/* The bucket gains `messages` a millisecond up to messages * within_ms. A clock
 * that goes back costs nothing but that time. */
static void rate_refill(struct rate *r, int64_t now_ms)
{
	int64_t full = r->messages * r->within_ms;
	int64_t passed_ms = MAX(now_ms - r->at_ms, INT64_C(0));

	r->at_ms = now_ms;
	/* A long time fills it anyway, and would overflow. */
	if (passed_ms >= r->within_ms)
		passed_ms = r->within_ms;
	r->level = MIN(r->level + passed_ms * r->messages, full);
}

void rate_init(struct rate *r, int64_t messages, int64_t within_ms,
	       int64_t spent, int64_t now_ms)
{
	*r = (struct rate){
		.messages = messages,
		.within_ms = within_ms,
		.level = MAX(messages - spent, INT64_C(0)) * within_ms,
		.at_ms = now_ms,
	};
}

size_t rate_room(struct rate *r, int64_t now_ms)
{
	if (r->messages == 0)
		return SIZE_MAX;
	rate_refill(r, now_ms);
	return r->level > 0 ? (size_t)(r->level / r->within_ms) : 0;
}

void rate_spend(struct rate *r, size_t n, int64_t now_ms)
{
	if (r->messages == 0)
		return;
	rate_refill(r, now_ms);
	r->level -= (int64_t)n * r->within_ms;
}

int64_t rate_next_ms(struct rate *r, int64_t now_ms)
{
	int64_t lacks;

	if (rate_room(r, now_ms) > 0)
		return now_ms;
	lacks = r->within_ms - r->level;
	return now_ms + (lacks + r->messages - 1) / r->messages;
}
