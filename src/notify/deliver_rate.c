/*
 * How many messages a target gets, and when there is room again. Criticals
 * have a budget of their own, so that a flood of others delays none. Called by
 * deliver.c and deliver_target.c.
 *
 * tested with: test_deliver_rate
 */
#include "notify/deliver_priv.h"

#include "util/clock.h"
#include "util/log.h"

/* A restart must not fill the buckets: what the store has sent within the
 * period is spent. Not known: full, as for a new target. */
static void start_kind(struct target *t, bool critical)
{
	const struct target_conf *c = t->conf;
	int64_t now_ms = clock_wall_ms();
	int spent = 0;
	struct err err = ERR_INIT;

	/* Also what a clock that was a bit ahead has sent. */
	if (c->rate.messages)
		spent = outbox_sent_since(t->deliver->env.store, t->name,
					  critical, now_ms - c->rate.within_ms,
					  now_ms + c->rate.within_ms, &err);
	if (spent < 0)
		log_debug("target %s: %s", t->name, err.text);
	rate_init(&t->rates[critical], c->rate.messages, c->rate.within_ms,
		  MAX(spent, 0), clock_mono_ms());
}

void target_start_rate(struct target *t)
{
	start_kind(t, false);
	start_kind(t, true);
}

void target_lease_room(struct target *t, size_t max, struct outbox_room *ret)
{
	int64_t mono_ms = clock_mono_ms();

	*ret = (struct outbox_room){
		.max = max,
		.critical = rate_room(&t->rates[true], mono_ms),
		.other = rate_room(&t->rates[false], mono_ms),
	};
}

bool target_spend(struct target *t, const struct notice *n)
{
	bool critical = n->severity == SEVERITY_CRITICAL;

	rate_spend(&t->rates[critical], 1, clock_mono_ms());
	/* A try of before, and not this, is the reason of a retry's delay. */
	return n->attempts <= 1 && t->dry_ms[critical] &&
	       n->not_before_ms <= t->dry_ms[critical];
}

/* When notices of a kind can go: 0 never. */
static int64_t kind_next_ms(struct target *t, bool critical, int64_t now_ms)
{
	int64_t mono_ms = clock_mono_ms();
	int64_t free_ms =
		now_ms + rate_next_ms(&t->rates[critical], mono_ms) - mono_ms;
	int64_t due_ms = outbox_next_kind_ms(t->deliver->env.store, t->name,
					     critical, now_ms);

	if (due_ms == 0)
		return 0;
	if (due_ms <= now_ms && free_ms > now_ms)
		t->dry_ms[critical] = now_ms;
	return MAX(due_ms, free_ms);
}

static bool has_room(struct target *t)
{
	struct outbox_room room;

	target_lease_room(t, 1, &room);
	return room.critical > 0 && room.other > 0;
}

int64_t target_next_ms(struct target *t, int64_t now_ms)
{
	int64_t critical_ms, other_ms;

	if (has_room(t))
		return outbox_next_ms(t->deliver->env.store, t->name, now_ms);
	critical_ms = kind_next_ms(t, true, now_ms);
	other_ms = kind_next_ms(t, false, now_ms);
	if (critical_ms == 0 || other_ms == 0)
		return MAX(critical_ms, other_ms);
	return MIN(critical_ms, other_ms);
}

int64_t target_waits_until_ms(struct target *t)
{
	int64_t now_ms = clock_wall_ms();
	int64_t until_ms = 0;

	for (int critical = 0; critical < 2; critical++) {
		int64_t next_ms = kind_next_ms(t, critical, now_ms);
		int64_t due_ms = outbox_next_kind_ms(t->deliver->env.store,
						     t->name, critical, now_ms);

		if (due_ms && due_ms <= now_ms && next_ms > now_ms)
			until_ms = MAX(until_ms, next_ms);
	}
	return until_ms;
}
