/*
 * How long our own store needs for what people ask most, without the program
 * around it: each question so many times, of things drawn at random. Called by
 * bench_query.py and bench_growth.py; the database is one of seed.c.
 *
 *	ask DATABASE TIMES
 *
 * Prints for each "NAME p50 p99 p99-by-the-clock" in microseconds, the first
 *two of the processor: others on the machine are in the third. The same numbers
 *are drawn each time.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "store/look.h"
#include "store/search.h"
#include "util/clock.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

#define SCREEN 50 /* rows that a person looks at */

struct asking {
	struct store *store;
	int64_t newest, now_ms;
	uint64_t state; /* of the random numbers */
	int64_t *work_us, *took_us;
};

static int64_t below(struct asking *a, int64_t n)
{
	a->state ^= a->state << 13;
	a->state ^= a->state >> 7;
	a->state ^= a->state << 17;
	return (int64_t)((a->state >> 11) % (uint64_t)n);
}

/* As seed.c draws them: the small ones are in most alerts. */
static int64_t skewed(struct asking *a, int64_t n)
{
	int64_t first = below(a, n), second = below(a, n);

	return first * second / n * below(a, n) / n;
}

static int take_row(void *arg, size_t n, const char *const *names,
		    const struct cell *cells)
{
	(void)arg;
	(void)n;
	(void)names;
	(void)cells;
	return 0;
}

static int take_newest(void *arg, size_t n, const char *const *names,
		       const struct cell *cells)
{
	struct asking *a = arg;

	(void)names;
	a->newest = n == 1 && cells ? cells[0].integer : 0;
	return 0;
}

static int ask_queue(struct asking *a, struct err *err)
{
	struct selector sel = { .states = BIT(ALERT_OPEN) |
					  BIT(ALERT_ACKNOWLEDGED),
				.limit = SCREEN,
				.now_ms = a->now_ms };

	return look(a->store, LOOK_ALERTS, &sel, take_row, NULL, err);
}

static int ask_overdue(struct asking *a, struct err *err)
{
	struct selector sel = { .overdue = true,
				.limit = SCREEN,
				.now_ms = a->now_ms };

	return look(a->store, LOOK_ALERTS, &sel, take_row, NULL, err);
}

static int ask_id(struct asking *a, struct err *err)
{
	struct selector sel = { .id = 1 + below(a, a->newest),
				.now_ms = a->now_ms };

	return look(a->store, LOOK_ALERT, &sel, take_row, NULL, err);
}

static int ask_resource(struct asking *a, struct err *err)
{
	CLEANUP(free_ptr)
	char *glob = xasprintf("*vm-web-%" PRId64 "*", skewed(a, 3000));
	struct selector sel = { .states = BIT(ALERT_OPEN) |
					  BIT(ALERT_ACKNOWLEDGED),
				.resource = glob,
				.limit = SCREEN,
				.now_ms = a->now_ms };

	return look(a->store, LOOK_ALERTS, &sel, take_row, NULL, err);
}

/* A user, a machine, an address, and now and then a word of many alerts. */
static char *draw_text(struct asking *a)
{
	static const char *const words[] = { "ransomware", "mining", "tor",
					     "forwarding rule" };

	switch (below(a, 4)) {
	case 0:
		return xasprintf("user%" PRId64 "@contoso.com",
				 skewed(a, 20000));
	case 1:
		return xasprintf("vm-web-%" PRId64, skewed(a, 3000));
	case 2:
		return xasprintf("10.0.%" PRId64 ".%" PRId64, below(a, 256),
				 skewed(a, 256));
	default:
		return xstrdup(words[below(a, ARRAY_SIZE(words))]);
	}
}

static int ask_text(struct asking *a, struct err *err)
{
	CLEANUP(free_ptr) char *text = draw_text(a);
	struct search what = {
		.text = text, .sel = { .limit = SCREEN, .now_ms = a->now_ms }
	};
	struct search_outcome outcome;

	return search_alerts(a->store, &what, take_row, NULL, &outcome, err);
}

static int ask_counts(struct asking *a, struct err *err)
{
	struct selector sel = { .now_ms = a->now_ms };
	int rc = look(a->store, LOOK_COUNTS, &sel, take_row, NULL, err);

	return rc < 0 ? rc
		      : look(a->store, LOOK_OVERDUE, &sel, take_row, NULL, err);
}

static const struct question_row {
	const char *name;
	int (*ask)(struct asking *a, struct err *err);
} questions[] = {
	{ "queue", ask_queue }, { "overdue", ask_overdue },
	{ "id", ask_id },	{ "resource", ask_resource },
	{ "text", ask_text },	{ "counts", ask_counts },
};

static int64_t work_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* always there */
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Once before it counts: what is in memory then, stays there. */
static int time_question(struct asking *a, const struct question_row *q,
			 int64_t times, struct err *err)
{
	int rc = q->ask(a, err);

	for (int64_t i = 0; i < times && rc >= 0; i++) {
		int64_t begun_us = clock_mono_us(), worked_us = work_us();

		rc = q->ask(a, err);
		a->work_us[i] = work_us() - worked_us;
		a->took_us[i] = clock_mono_us() - begun_us;
	}
	if (rc < 0)
		return rc;
	qsort(a->work_us, (size_t)times, sizeof(*a->work_us), compare);
	qsort(a->took_us, (size_t)times, sizeof(*a->took_us), compare);
	printf("%s %" PRId64 " %" PRId64 " %" PRId64 "\n", q->name,
	       a->work_us[times / 2], a->work_us[times * 99 / 100],
	       a->took_us[times * 99 / 100]);
	return 0;
}

static int ask_all(struct asking *a, int64_t times, struct err *err)
{
	int rc = look_query(a->store, "SELECT max(id) FROM v_alerts", 0,
			    take_newest, a, err);

	for (size_t i = 0; i < ARRAY_SIZE(questions) && rc >= 0; i++)
		rc = time_question(a, &questions[i], times, err);
	return rc;
}

int main(int argc, char **argv)
{
	CLEANUP(store_close_ptr) struct store *store = NULL;
	struct asking a = { .state = UINT64_C(88172645463325252),
			    .now_ms = clock_wall_ms() };
	int64_t times = argc == 3 ? strtoll(argv[2], NULL, 10) : 0;
	struct err err = ERR_INIT;
	int rc;

	if (times <= 0) {
		fprintf(stderr, "usage: ask DATABASE TIMES\n");
		return 2;
	}
	a.work_us = xcalloc((size_t)times, sizeof(*a.work_us));
	a.took_us = xcalloc((size_t)times, sizeof(*a.took_us));
	rc = store_open_read(argv[1], &store, &err);
	a.store = store;
	if (rc >= 0)
		rc = ask_all(&a, times, &err);
	if (rc < 0)
		fprintf(stderr, "ask: %s\n", err.text);
	free(a.work_us);
	free(a.took_us);
	return rc < 0;
}
