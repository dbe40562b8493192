/*
 * The table of jobs on one timer. A commit or a reload kicks it; otherwise it
 * sleeps until the nearest moment any job named. Knows no job.
 *
 * tested with: scenario/test_life
 */
#include "daemon/agenda.h"

#include "util/clock.h"
#include "util/compiler.h"
#include "util/log.h"
#include "util/xmalloc.h"

/*
 * Wall-clock deadlines are slept for in monotonic time. Who sets the clock is
 * noticed (net/clock_watch.h); looking at least once a minute shows it, too,
 * where the kernel does not tell, and after a suspend.
 */
#define LONGEST_SLEEP_MS 60000

struct agenda {
	struct loop_timer *timer;
	const struct agenda_job *jobs;
	void *arg;
	int64_t last_ms;
};

static void agenda_on_timer(void *arg)
{
	struct agenda *a = arg;
	int64_t sleep_ms = LONGEST_SLEEP_MS;

	a->last_ms = clock_mono_ms();
	loop_timer_stop(a->timer);
	for (const struct agenda_job *j = a->jobs; j->fn; j++) {
		int64_t delay = j->fn(a->arg, clock_wall_ms(), clock_mono_ms());

		if (delay >= 0)
			sleep_ms = MIN(sleep_ms, delay);
	}
	/* A job may have kicked us already. */
	if (!loop_timer_is_set(a->timer))
		loop_timer_set(a->timer, sleep_ms);
}

struct agenda *agenda_new(struct loop *l, const struct agenda_job *jobs,
			  void *arg)
{
	struct agenda *a = xcalloc(1, sizeof(*a));

	a->jobs = jobs;
	a->arg = arg;
	a->last_ms = clock_mono_ms();
	a->timer = loop_timer_new(l, agenda_on_timer, a);
	loop_timer_set(a->timer, 0);
	return a;
}

struct agenda *agenda_free(struct agenda *a)
{
	if (!a)
		return NULL;
	loop_timer_free(a->timer);
	free_ptr(&a);
	return NULL;
}

void agenda_kick(struct agenda *a)
{
	if (a)
		loop_timer_set(a->timer, 0);
}

int64_t agenda_last_ms(const struct agenda *a)
{
	return a->last_ms;
}
