/* Items of advice/checklist.h as the rows of an answer. */
#ifndef CLI_CHORE_ROWS_H
#define CLI_CHORE_ROWS_H

#include "advice/checklist.h"
#include "cli/posture_view.h"

/*
 * source, subscription, item, state, what, why, next, read_ms: the worst first,
 * else in the order they have; those in @states alone (BIT(CHORE_*), 0 all),
 * the others are counted too.
 */
struct chore_rows {
	struct rows rows;
	size_t n[CHORE_STATE_MAX]; /* of each state */
};
/* What stands in the way of the rules: a source of which nothing was read, or
 * settings that cannot be read. What is not known then: @of a source, and @own
 * of triaged. */
void chores_add_unread(struct chores *l, const struct posture_view *v,
		       const char *of, const char *own);
void chore_rows_take(struct chore_rows *to, const struct chores *items,
		     unsigned states);
void chore_rows_release(struct chore_rows *r);

/* A line or two of row @i, under the label @label: what, of whom (unless all of
 * @v is about that one), why, how old; and the next command. */
void chore_rows_say(struct writer *w, const struct rows *r, size_t i,
		    const char *label, const struct posture_view *v);

#endif
