/*
 * What triage keeps about an alert beside its content, as one file: both
 * clocks, the ladders, the acknowledgement.
 */
#ifndef STORE_CASES_H
#define STORE_CASES_H

#include "core/casefile.h"
#include "store/store.h"

/*
 * The file of the present episode of @t, which lends *ret its strings. A
 * clock's or ladder's stopped_why says that there is one, not which; of more
 * ladders than there is room for those that are over are left out.
 */
int cases_load(struct store *s, const struct tracked *t, struct casefile *ret,
	       struct err *err) must_check;
/* The row as it is now; a reason for a stop that is there already stays. */
int cases_put_clock(struct store *s, const struct clock_row *row,
		    struct err *err) must_check;
int cases_put_ladder(struct store *s, const struct ladder_row *row,
		     struct err *err) must_check;

/* Alerts of which a clock, a ladder or an acknowledgement is due at @now_ms,
 * each once, the longest due first. Returns how many. */
int cases_due(struct store *s, int64_t now_ms, int64_t *ret_ids, size_t max,
	      struct err *err) must_check;
/* Alerts that are open or acknowledged, worst first. Returns how many. */
int cases_open(struct store *s, int64_t *ret_ids, size_t max,
	       struct err *err) must_check;
/* The same of one kind, in no order. */
int cases_open_of(struct store *s, const char *kind, int64_t *ret_ids,
		  size_t max, struct err *err) must_check;
/*
 * The first ladder behind *@after (its alert, episode and route; zero from the
 * beginning) that started at or after @since_ms. 1, 0.
 */
int cases_ladder_behind(struct store *s, const struct ladder_row *after,
			int64_t since_ms, struct ladder_row *ret,
			struct err *err) must_check;
/* Of the steps of a ladder: which were called for, collected, or recorded as
 * skipped since it started? */
int cases_step_traces(struct store *s, const struct ladder_row *row, bool *ret,
		      size_t n_steps, struct err *err) must_check;
/* The nearest such moment; 0 none. Needs no transaction. */
int64_t cases_next_ms(struct store *s);

#endif
