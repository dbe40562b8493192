/*
 * Ninety days of a security office from a seed: alerts come singly and in
 * bursts, change, close and open again at their source; people acknowledge,
 * triage, hold, close; the daemon is restarted, killed in the middle, given
 * another policy; the clock of the machine jumps, and the offices' zones change
 * theirs. People ask for silences and end them, some hours are quiet, some are
 * for maintenance. What triage decides is checked at every step, and so is what
 * becomes of each notice: see triage_sim.h.
 *
 *	PROPERTY_SEEDS=1000	so many seeds (24; 2 with a sanitizer)
 *	PROPERTY_SEED=17	this one alone; a failure prints its number
 *	PROPERTY_ALERTS=2000	so many alerts for each (50000; 30000)
 *	PROPERTY_BREAK=late	break something, see that it is noticed:
 *				one of sabotage_names
 *
 * Battery: B1 B2.
 */
#include "helpers/lots.h"
#include "helpers/triage_sim.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define SEEDS LOTS(24, 2)
/* Every other pair of offices is a calmer one: pairs, so that two processes
 * with every other seed have as much to do. */
#define ALERTS 50000
#define ALERTS_CALM 20000
#define DAYS 90
#define WORKERS_MAX 8
#define BURST_SPAN_MS (20 * MINUTE_MS)

#define TROUBLE (-1) /* to the daemon */
#define SILENCE (-2)

/* Something that happens at a moment, to an alert or to the daemon. */
struct happening {
	int64_t at_ms; /* mono */
	int64_t alert; /* or TROUBLE, SILENCE */
};

struct script {
	struct sim sim;
	int64_t *arrivals; /* sorted */
	size_t n_arrived;
	struct happening *heap; /* from 1 */
	size_t n_heap;
};

static void script_add(struct script *t, int64_t at_ms, int64_t alert)
{
	size_t at = ++t->n_heap;

	for (; at > 1 && t->heap[at / 2].at_ms > at_ms; at /= 2)
		t->heap[at] = t->heap[at / 2];
	t->heap[at] = (struct happening){ at_ms, alert };
}

static struct happening script_take(struct script *t)
{
	struct happening first = t->heap[1], last = t->heap[t->n_heap--];
	size_t at = 1, child;

	while ((child = 2 * at) <= t->n_heap) {
		if (child < t->n_heap &&
		    t->heap[child + 1].at_ms < t->heap[child].at_ms)
			child++;
		if (t->heap[child].at_ms >= last.at_ms)
			break;
		t->heap[at] = t->heap[child];
		at = child;
	}
	t->heap[at] = last;
	return first;
}

static int by_time(const void *pa, const void *pb)
{
	int64_t a = *(const int64_t *)pa, b = *(const int64_t *)pb;

	return (a > b) - (a < b);
}

/* Two in five come in bursts of many. */
static void plan_arrivals(struct script *t)
{
	struct sim *s = &t->sim;
	int64_t burst_ms = 0;

	for (size_t i = 0; i < s->max; i++) {
		if (i % 500 == 0)
			burst_ms = (int64_t)sim_draw(s, DAYS * DAY_MS);
		t->arrivals[i] =
			sim_draw(s, 5) < 2
				? burst_ms + (int64_t)sim_draw(s, BURST_SPAN_MS)
				: (int64_t)sim_draw(s, DAYS * DAY_MS);
	}
	qsort(t->arrivals, s->max, sizeof(*t->arrivals), by_time);
}

static enum severity draw_severity(struct sim *s)
{
	static const enum severity levels[] = {
		SEVERITY_CRITICAL, SEVERITY_HIGH, SEVERITY_HIGH,
		SEVERITY_HIGH,	   SEVERITY_HIGH, SEVERITY_MEDIUM,
		SEVERITY_MEDIUM,   SEVERITY_LOW,  SEVERITY_LOW,
		SEVERITY_INFO,
	};

	return levels[sim_draw(s, ARRAY_SIZE(levels))];
}

/* Soon, within hours, or some day. */
static int64_t draw_delay(struct sim *s)
{
	static const int64_t spans[] = { 3 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS,
					 3 * DAY_MS };

	return 1 + (int64_t)sim_draw(
			   s, (uint64_t)spans[sim_draw(s, ARRAY_SIZE(spans))]);
}

static void arrive(struct script *t)
{
	struct sim *s = &t->sim;
	struct sim_alert *a = sim_add(s);

	t->n_arrived++;
	a->at_source = draw_severity(s);
	a->state_there = sim_chance(s, 20) ? SOURCE_IN_PROGRESS : SOURCE_ACTIVE;
	if (sim_chance(s, 50))
		a->state_there = SOURCE_RESOLVED;
	a->created_ms = sim_now(s) - (int64_t)sim_draw(s, HOUR_MS);
	if (sim_chance(s, 50))
		a->created_ms -= 3 * DAY_MS; /* history */
	a->activity_ms = a->created_ms;
	sim_accept(s, a);
	script_add(t, s->mono_ms + draw_delay(s), (int64_t)a->number);
}

static void source_says(struct sim *s, struct sim_alert *a)
{
	switch (sim_draw(s, 4)) {
	case 0:
	case 1:
		a->at_source = draw_severity(s);
		break;
	case 2:
		a->state_there =
			(enum source_state)sim_draw(s, SOURCE_STATE_MAX);
		break;
	default:
		a->state_there = SOURCE_ACTIVE;
		a->activity_ms = sim_now(s);
		break;
	}
	sim_accept(s, a);
}

static void live(struct script *t, size_t number)
{
	struct sim *s = &t->sim;
	struct sim_alert *a = &s->alerts[number];

	switch (sim_draw(s, 10)) {
	case 0:
	case 1:
	case 2:
		sim_acknowledge(s, a);
		break;
	case 3:
		sim_triaged(s, a);
		break;
	case 4:
	case 5:
		sim_close_alert(s, a);
		break;
	case 6:
		sim_hold(s, a);
		break;
	default:
		source_says(s, a);
		break;
	}
	if (!sim_chance(s, 3))
		script_add(t, s->mono_ms + draw_delay(s), (int64_t)number);
}

/* A kill, an upgrade, a night without power. */
static void trouble(struct script *t)
{
	struct sim *s = &t->sim;
	static const int64_t downs[] = { SECOND_MS, 5 * MINUTE_MS,
					 6 * HOUR_MS };

	sim_check_some(s);
	switch (sim_draw(s, 4)) {
	case 0:
		sim_restart(s, 1 + (int64_t)sim_draw(
					   s, (uint64_t)downs[sim_draw(s, 3)]));
		break;
	case 1:
		sim_reload(s);
		break;
	case 2:
		sim_jump(s, HOUR_MS);
		break;
	default:
		sim_jump(s, -HOUR_MS);
		break;
	}
	script_add(t, s->mono_ms + (int64_t)sim_draw(s, 2 * DAY_MS), TROUBLE);
}

/* Somebody wants to hear less, or more again. */
static void silence(struct script *t)
{
	struct sim *s = &t->sim;

	if (sim_chance(s, 3))
		sim_unsilence(s);
	else
		sim_silence(s);
	script_add(t, s->mono_ms + (int64_t)sim_draw(s, 16 * HOUR_MS), SILENCE);
}

static void happen(struct script *t)
{
	struct happening h = script_take(t);

	t->sim.mono_ms = MAX(t->sim.mono_ms, h.at_ms);
	if (h.alert == TROUBLE)
		trouble(t);
	else if (h.alert == SILENCE)
		silence(t);
	else
		live(t, (size_t)h.alert);
}

static int64_t next_arrival(const struct script *t)
{
	return t->n_arrived < t->sim.max ? t->arrivals[t->n_arrived]
					 : INT64_MAX;
}

static void run(struct script *t)
{
	struct sim *s = &t->sim;

	for (;;) {
		int64_t arrival_ms = next_arrival(t);
		int64_t happen_ms = t->heap[1].at_ms; /* there is always one */
		int64_t script_ms = MIN(arrival_ms, happen_ms);
		int64_t tick_ms = sim_next_tick(s);

		if (MIN(script_ms, tick_ms) > DAYS * DAY_MS)
			break;
		if (tick_ms <= script_ms) {
			s->mono_ms = MAX(s->mono_ms, tick_ms);
			sim_tick(s);
		} else if (arrival_ms <= happen_ms) {
			s->mono_ms = MAX(s->mono_ms, arrival_ms);
			arrive(t);
		} else {
			happen(t);
		}
	}
	sim_check_all(s);
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static enum sabotage sabotage_from(const char *name)
{
	const char *text = getenv(name);

	for (int i = 0; text && i < SABOTAGE_MAX; i++)
		if (strcmp(text, sabotage_names[i]) == 0)
			return (enum sabotage)i;
	if (text)
		fail_msg("nothing breaks by the name of %s", text);
	return SABOTAGE_NONE;
}

static void run_seed(uint64_t seed)
{
	struct script *t = xcalloc(1, sizeof(*t));
	struct sim *s = &t->sim;

	sim_open(s, seed,
		 number_from("PROPERTY_ALERTS",
			     seed / 2 % 2 ? ALERTS_CALM : ALERTS));
	s->sabotage = sabotage_from("PROPERTY_BREAK");
	t->arrivals = xcalloc(s->max, sizeof(*t->arrivals));
	t->heap = xcalloc(s->max + 4, sizeof(*t->heap));
	plan_arrivals(t);
	script_add(t, HOUR_MS, TROUBLE);
	script_add(t, HOUR_MS, SILENCE);
	run(t);
	/* All of it happened: a simulation of nothing would pass. */
	assert_true(s->n_calls > s->n && s->n_events > s->n / 2);
	assert_true(s->n_rollbacks > 0 && s->n_audited > s->n / 20);
	assert_true(s->n_carried > s->n / 2 && s->n_needless > s->n / 50);
	for (int i = NOISE_DIGEST; i < NOISE_CAUSE_MAX; i++)
		assert_true(s->n_held[i] > 0);
	sim_close(s);
	free(t->arrivals);
	free(t->heap);
	free(t);
}

/* --- so many seeds over so many processes --- */

static uint64_t seed_from, seed_to, seed_by;

static void test_seeds(void **state)
{
	(void)state;
	for (uint64_t seed = seed_from; seed <= seed_to; seed += seed_by)
		run_seed(seed);
}

static int run_worker(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_seeds) };

	return cmocka_run_group_tests_name("random triage", tests, NULL, NULL);
}

int main(void)
{
	uint64_t one = number_from("PROPERTY_SEED", 0);
	long n_workers = MIN(sysconf(_SC_NPROCESSORS_ONLN), WORKERS_MAX);
	int failed = 0, status;

	seed_from = one ? one : 1;
	seed_to = one ? one : number_from("PROPERTY_SEEDS", SEEDS);
	seed_by = one ? 1 : (uint64_t)MAX(n_workers, 1);
	if (seed_by == 1)
		return run_worker();
	for (uint64_t i = 0; i < seed_by; i++, seed_from++) {
		pid_t pid = fork();

		if (pid == 0)
			exit(run_worker());
		failed += pid < 0;
	}
	while (wait(&status) > 0)
		failed += status != 0;
	return failed != 0;
}
